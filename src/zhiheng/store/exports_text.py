"""Exports as text: CSV, SDMX-CSV 2.0 and the long form of IAMC.

SDMX-CSV 2.0: STRUCTURE, STRUCTURE_ID and ACTION first, then dimensions, the measure and
attributes (data-message field guide of the SDMX technical working group). IAMC: model,
scenario, region, variable, unit and year, further columns behind them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from zhiheng.store.exports_rows import COLUMNS, not_ours

STRUCTURE = ("dataflow", "ZHIHENG:OBSERVATIONS(1.0.0)", "I")
SDMX = {
    "frequency": "FREQ",
    "entity": "REF_AREA",
    "series": "INDICATOR",
    "source": "SOURCE",
    "vintage": "VINTAGE",
    "time": "TIME_PERIOD",
    "value": "OBS_VALUE",
    "unit": "UNIT_MEASURE",
    "obs_status": "OBS_STATUS",
    "status": "ZH_STATUS",
    "period": "ZH_PERIOD",
    "file": "ZH_FILE",
    "cell": "ZH_CELL",
    "level": "ZH_LEVEL",
    "name_zh": "REF_AREA_NAME_ZH",
    "name_en": "REF_AREA_NAME_EN",
}
"""Our columns and their components: dimensions down to TIME_PERIOD, the measure, attributes."""

OBS_STATUS = {
    "observed": "A",
    "revised": "A",
    "estimated": "E",
    "interpolated": "I",
    "imputed": "I",
    "absent": "M",
}
"""The nearest code of the SDMX list CL_OBS_STATUS; the exact status stands in ZH_STATUS."""

IAMC = {"source": "model", "vintage": "scenario", "entity": "region", "series": "variable"}
_IAMC_FIRST = ("model", "scenario", "region", "variable", "unit")
NO_MODEL, NO_SCENARIO = "unspecified", "historical"
"""IAMC allows no empty model or scenario; our own columns keep what was there."""


def write_csv(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """CSV in UTF-8 with a mark, so that spreadsheets read Chinese."""
    return _write(COLUMNS, [columns[c] for c in COLUMNS])


def read_csv(raw: bytes, where: str) -> dict[str, list[str]]:
    """The columns of a CSV export."""
    return _read(raw, where)


def write_sdmx(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """SDMX-CSV 2.0."""
    n = len(columns["entity"])
    given = {**columns, "obs_status": [OBS_STATUS[s] for s in columns["status"]]}
    heads = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *SDMX.values())
    return _write(heads, [*([word] * n for word in STRUCTURE), *(given[c] for c in SDMX)])


def read_sdmx(raw: bytes, where: str) -> dict[str, list[str]]:
    """The columns of an SDMX-CSV export of ours."""
    found = _read(raw, where)
    return {ours: found[theirs] for ours, theirs in SDMX.items() if ours in COLUMNS}


def write_iamc(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """The long form of IAMC; annual data have ``year``, others ``time``."""
    annual = set(columns["frequency"]) <= {"A"}
    given = {
        "model": [s or NO_MODEL for s in columns["source"]],
        "scenario": [v or NO_SCENARIO for v in columns["vintage"]],
        "region": columns["entity"],
        "variable": columns["series"],
        "unit": columns["unit"],
        "year" if annual else "time": columns["period" if annual else "time"],
        "value": columns["value"],
    }
    extras = [c for c in COLUMNS if c not in ("entity", "series", "unit", "value", "time")]
    given |= {f"zh_{c}": columns[c] for c in extras}
    return _write(tuple(given), list(given.values()))


def read_iamc(raw: bytes, where: str) -> dict[str, list[str]]:
    """The columns of an IAMC export of ours."""
    found = _read(raw, where)
    named = {"entity": "region", "series": "variable", "unit": "unit", "value": "value"}
    return {c: found[named.get(c, f"zh_{c}")] for c in COLUMNS if c != "time"}


def form_of(raw: bytes) -> str:
    """Which of our text exports the bytes are: ``csv``, ``sdmx``, ``iamc``, or empty."""
    head = raw[:4096].decode("utf-8-sig", "replace").split("\n", 1)[0].rstrip("\r")
    names = next(csv.reader([head]), [])
    if names == list(COLUMNS):
        return "csv"
    if names[3:] == list(SDMX.values()):
        return "sdmx"
    if tuple(names[:5]) == _IAMC_FIRST and f"zh_{COLUMNS[1]}" in names:
        return "iamc"
    return ""


def _write(heads: Sequence[str], columns: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(heads)
    writer.writerows(zip(*columns, strict=True))  # a float is written by repr: it reads back equal
    return ("\ufeff" + buffer.getvalue()).encode()


def _read(raw: bytes, where: str) -> dict[str, list[str]]:
    if not raw.endswith(b"\r\n"):  # every export ends with a whole line
        raise not_ours(where, "the last line is cut off")
    try:
        text = raw.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise not_ours(where, repr(error)) from error
    heads, body = lines[0], lines[1:]
    if not body or any(len(line) != len(heads) for line in body):
        raise not_ours(where, "rows of unequal length" if body else "no rows")
    return {h: list(c) for h, c in zip(heads, zip(*body, strict=True), strict=True)}
