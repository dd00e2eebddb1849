"""BACI of CEPII: columns t, i, j, k, v, q with the table of country codes beside it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.opening import csv_rows, fingerprint, first_row, lacking, places, unreadable
from zhiheng.sources.trade import TradeRecords, table

pc: Any = pyarrow.compute
"""Arrow makes its functions at import, where a type checker cannot see them."""

SOURCE = "baci"
COLUMNS = ("t", "i", "j", "k", "v", "q")
_COUNTRY = {
    "code": ("country_code", "cty_code"),
    "iso3": ("country_iso3", "iso_3digit_alpha", "iso3"),
}


def sniff(raw: bytes, name: str) -> bool:
    """Whether the header is t, i, j, k, v, q."""
    del name
    return tuple(first_row(raw)) == COLUMNS


def parse(raw: bytes, name: str, *, countries: bytes) -> TradeRecords:
    """Read one year of BACI (about 11 million rows take some seconds).

    Parameters
    ----------
    raw : bytes
    name : str
    countries : bytes
        The file ``country_codes_V….csv`` of the same release: BACI's numbers are its own
        variant of M49, so that no other table serves.

    Returns
    -------
    TradeRecords
        One row a flow, with the exporter as reporter; ``mirrored()`` gives imports.
        Values in thousand US dollars, weights in kilograms (the file has tonnes).

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, S562 a country that the table lacks.
    """
    if not sniff(raw, name):
        raise lacking(name, "BACI", COLUMNS)
    codes = _countries(countries)
    read = _read(raw, name)
    if not read.num_rows:
        raise unreadable(name, "BACI", "no rows")
    n = read.num_rows
    columns: dict[str, Any] = {
        "period": read["t"],
        "row": pa.array(np.arange(2, n + 2)),
        "reporter": _iso(read["i"], codes, name),
        "partner": _iso(read["j"], codes, name),
        "flow": pa.repeat("export", n),
        "product": pc.utf8_lpad(read["k"], 6, "0"),
        "value": read["v"],
        "weight": pc.multiply(read["q"], 1000.0),
    }
    return TradeRecords(table(columns), "1000 USD", "A", fingerprint(raw, name), SOURCE)


def _read(raw: bytes, name: str) -> Any:
    from pyarrow import csv

    types = {"t": pa.int64(), "i": pa.int64(), "j": pa.int64(), "k": pa.string()}
    options = csv.ConvertOptions(
        column_types={**types, "v": pa.float64(), "q": pa.float64()},
        null_values=["", "NA", "           NA"],
        strings_can_be_null=False,
    )
    text = raw.removeprefix(b"\xef\xbb\xbf").replace(b" ", b"")  # BACI pads its numbers
    try:
        read = csv.read_csv(io.BytesIO(text), convert_options=options)
    except (pa.ArrowException, ValueError) as error:
        raise unreadable(name, "BACI", str(error)) from None
    whole = all(read[c].null_count == 0 for c in ("t", "i", "j", "k", "v"))
    years = read.num_rows == 0 or (pc.min(read["t"]).as_py() or 0) > 1900
    digits = pc.all(pc.match_substring_regex(read["k"], r"^\d{1,6}$")).as_py() is not False
    finite = pc.all(pc.is_finite(read["v"])).as_py() is not False
    if not (whole and years and digits and finite):
        raise unreadable(name, "BACI", "an empty or impossible t, i, j, k or v")
    return read


def _countries(raw: bytes) -> dict[int, str]:
    rows = csv_rows(raw, "country_codes")
    at = places(rows[0] if rows else [], _COUNTRY)
    if len(at) < len(_COUNTRY):
        raise lacking("country_codes", "BACI", ["country_code", "country_iso3"])
    return {
        int(row[at["code"]]): row[at["iso3"]]
        for row in rows[1:]
        if len(row) > max(at.values()) and row[at["code"]].isascii() and row[at["code"]].isdigit()
    }


def _iso(codes: Any, known: dict[int, str], name: str) -> Any:
    unknown = sorted(set(codes.unique().to_pylist()) - known.keys())
    if unknown:
        raise ZhihengError(
            "S562",
            Text("国家代码表里没有这些代码。", "The table of countries lacks some codes."),
            evidence=[{"file": name, "code": code} for code in unknown[:20]],
            fix=Text(
                "用同一版 BACI 的 country_codes 文件。",
                "Use the file country_codes of the same release of BACI.",
            ),
        )
    keys = pa.array(list(known), pa.int64())
    return pa.array(list(known.values()), pa.string()).take(pc.index_in(codes, keys))
