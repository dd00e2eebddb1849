"""Exports as workbooks, Stata files and Parquet."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store import schema
from zhiheng.store.exports_rows import COLUMNS, About, cannot_carry, not_ours

MOST_ROWS = 1_048_575
"""Rows of a sheet of xlsx below its header."""

MOST_CHARACTERS = 32_767
"""Characters of a cell of xlsx; libraries cut what is longer without a word."""

MOST_STATA = 8.988e307
"""Stata reads larger magnitudes as missing."""

SHEET = "observations"
_WIDTHS = {"entity": 10, "series": 24, "value": 16, "source": 18, "file": 28, "name_zh": 12}


def write_xlsx(columns: Mapping[str, Sequence[Any]], about: About) -> bytes:
    """A workbook with a sheet of rows and a sheet that says what they are."""
    from openpyxl import Workbook

    _refuse_text("xlsx", columns, _bad_in_xlsx)
    if len(columns["entity"]) > MOST_ROWS:
        raise cannot_carry("xlsx", [{"rows": len(columns["entity"]), "most": MOST_ROWS}])
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(SHEET)
    for i, name in enumerate(COLUMNS):
        sheet.column_dimensions[chr(65 + i)].width = _WIDTHS.get(name, 11)
    sheet.append(COLUMNS)
    for row in zip(*(columns[c] for c in COLUMNS), strict=True):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    said: Any = book.create_sheet("about")
    for line in (("version", about.version), ("licence", "; ".join(about.licences)),
                 ("sources", "; ".join(about.sources))):  # fmt: skip
        said.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read_xlsx(raw: bytes, where: str) -> dict[str, list[Any]] | None:
    """The columns of a workbook of ours; None when it is another's."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        return None
    if SHEET not in book.sheetnames:
        return None
    lines = book[SHEET].iter_rows(values_only=True)
    if next(lines, None) != COLUMNS:
        return None
    found = list(zip(*lines, strict=True))
    if not found:
        raise not_ours(where, "no rows")
    numbers = ("period", "value")
    return {
        name: list(values) if name in numbers else ["" if v is None else str(v) for v in values]
        for name, values in zip(COLUMNS, found, strict=True)
    }


def write_dta(columns: Mapping[str, Sequence[Any]], about: About) -> bytes:
    """Stata 14 and later (format 118), text in UTF-8, long text as strL."""
    import pandas as pd

    _refuse_text("dta", columns, _bad_in_stata)
    large = [v for v in columns["value"] if abs(v) > MOST_STATA]
    if large:
        raise cannot_carry("dta", [{"value": v} for v in large])
    frame = pd.DataFrame({c: list(columns[c]) for c in COLUMNS})
    long = [c for c in COLUMNS if isinstance(columns[c][0], str) and _longest(columns[c]) > 2000]
    buffer = io.BytesIO()
    frame.to_stata(
        buffer, write_index=False, version=118, convert_strl=long,
        data_label=f"zhiheng {about.version}"[:80],
    )  # fmt: skip
    return buffer.getvalue()


def read_dta(raw: bytes) -> dict[str, list[Any]] | None:
    """The columns of a Stata file of ours; None when it is another's."""
    import pandas as pd

    try:
        frame = pd.read_stata(io.BytesIO(raw), convert_categoricals=False)
    except (ValueError, OSError, KeyError, UnicodeDecodeError):
        return None
    if tuple(frame.columns) != COLUMNS:
        return None
    return {name: frame[name].tolist() for name in COLUMNS}


def write_parquet(observations: Observations, about: About) -> bytes:
    """Parquet with the types of the store, rows as they are, names and notes in the footer."""
    kept = {
        "export": 1,
        "version": about.version,
        "licences": list(about.licences),
        "level": observations.level,
        "frequency": observations.frequency,
        "labels": {k: {"zh": v.zh, "en": v.en} for k, v in observations.labels.items()},
        "notes": [{"zh": n.zh, "en": n.en} for n in observations.notes],
    }
    table = pa.table(
        {f.name: pa.array(getattr(observations, f.name), f.type) for f in schema.SCHEMA},
        schema=schema.SCHEMA,
    )
    return schema.parquet_bytes(table, kept)


def read_parquet(raw: bytes, where: str) -> Observations | None:
    """Observations from a Parquet export of ours; None when it is another's."""
    try:
        about = schema.about_of(raw)
        if "export" not in about:
            return None
        table = schema.conform(pq.read_table(io.BytesIO(raw)))
        known = {int(s) for s in Status}
        if not set(table["status"].unique().to_pylist()) <= known:
            raise ValueError("status")
    except (pa.ArrowException, ValueError, KeyError, OSError, json.JSONDecodeError) as error:
        raise not_ours(where, repr(error)) from error
    return schema.observations_of(
        table,
        frequency=about["frequency"],
        level=about["level"],
        labels={k: Text(v["zh"], v["en"]) for k, v in about["labels"].items()},
        notes=tuple(Text(n["zh"], n["en"]) for n in about["notes"]),
    )


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    """The value, or a cell where the library would change it on the way."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str) and value[:1] in ("=", "#"):
        cell: Any = WriteOnlyCell(sheet, value)
        cell.data_type = "s"  # text that looks like a formula stays text
        return cell
    if isinstance(value, float) and (f"{value:.16g}" == "-0" or float(f"{value:.16g}") != value):
        cell = WriteOnlyCell(sheet, value)
        # The library writes sixteen digits; some numbers need seventeen, and -0 its sign.
        cell._value = repr(value)
        return cell
    return value


def _longest(words: Sequence[str]) -> int:
    return max(len(w.encode()) for w in words)


def _bad_in_stata(word: str) -> bool:
    return "\x00" in word


def _bad_in_xlsx(word: str) -> bool:
    # XML has no control characters but tab and newline, and readers turn \r into \n.
    control = any(ord(c) < 32 and c not in "\t\n" for c in word)
    return control or len(word) > MOST_CHARACTERS or any(c in word for c in "\ufffe\uffff")


def _refuse_text(form: str, columns: Mapping[str, Sequence[Any]], bad: Any) -> None:
    rows = [
        {"row": i + 1, "column": name, "text": repr(word)[:40]}
        for name in COLUMNS
        if isinstance(columns[name][0], str)
        for i, word in enumerate(columns[name])
        if bad(word)
    ]
    if rows:
        raise cannot_carry(form, rows)
