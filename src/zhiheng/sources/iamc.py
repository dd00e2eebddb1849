"""IAMC wide CSV: Model, Scenario, Region, Variable, Unit and years; in and out.

``source`` of an observation is ``model / scenario``, so that two scenarios of one
file stay apart: choose one with `scenario`, or rank them with ``panel(prefer=…)``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.periods import label
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import csv_rows, fingerprint, first_row, lacking, places, unreadable

COLUMNS = ("Model", "Scenario", "Region", "Variable", "Unit")
_WANTED = {c: (c,) for c in COLUMNS}
BETWEEN = " / "
"""Stands between model and scenario in a source."""


def sniff(raw: bytes, name: str) -> bool:
    """Whether the header has the five index columns."""
    del name
    return set(COLUMNS) <= {h.capitalize() for h in first_row(raw)}


def parse(
    raw: bytes,
    name: str,
    *,
    model: str = "",
    scenario: str = "",
    units: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read scenario data.

    Parameters
    ----------
    raw : bytes
    name : str
    model, scenario : str, optional
        Keep only this model or scenario.
    units : mapping of the file's unit to a catalogued one, optional
        For spellings that ``units.toml`` does not know, such as ``billion US$2010/yr``.
    unknown : {"refuse", "drop", "keep"}
        What to do with regions such as ``World`` or ``R5ASIA``.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, D103 no number, S550/S551 periods, C401
        unknown region, U210/U211 units, S502 nothing left.
    """
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    at = places(header, _WANTED)
    if len(at) < len(COLUMNS):
        raise lacking(name, "IAMC CSV", [c for c in COLUMNS if c not in at])
    clock, bad = Clock(name), BadCells(name)
    times = [
        (c, clock.read(h, f"{column_letters(c)}1"))
        for c, h in enumerate(header)
        if c not in at.values() and h
    ]
    found: list[Reading] = []
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise unreadable(name, "IAMC CSV", f"row {i} has {len(row)} cells")
        if (model or row[at["Model"]]) != row[at["Model"]]:
            continue
        if (scenario or row[at["Scenario"]]) != row[at["Scenario"]]:
            continue
        found += _row(row, i, at, times, units or {}, bad)
    bad.stop()
    return assemble(
        found, file=fingerprint(raw, name), source=name, frequency=clock.frequency or "A",
        unknown=unknown,
    )  # fmt: skip


def _row(
    row: list[str],
    i: int,
    at: Mapping[str, int],
    times: list[tuple[int, int]],
    units: Mapping[str, str],
    bad: BadCells,
) -> list[Reading]:
    region, variable, unit = (row[at[c]] for c in ("Region", "Variable", "Unit"))
    source = row[at["Model"]] + BETWEEN + row[at["Scenario"]]
    found: list[Reading] = []
    for c, period in times:
        cell = f"{column_letters(c)}{i}"
        value = bad.number(row[c], cell)
        if value is not None:
            unit_here = units.get(unit, unit) or "1"  # the format writes no unit as an empty cell
            found.append(Reading(region, period, variable, value, unit_here, cell, source=source))
    return found


def write(observations: Observations, *, model: str = "", scenario: str = "") -> bytes:
    """Observations as IAMC CSV; `parse` reads the same values back, digit for digit.

    Parameters
    ----------
    observations : Observations
    model, scenario : str, optional
        For sources that are not of the form ``model / scenario``.

    Raises
    ------
    ZhihengError
        S556 the source names no model and scenario, D102 two values for one cell.
    """
    periods = sorted({int(p) for p in observations.period})
    lines: dict[tuple[str, ...], dict[int, str]] = {}
    for i in range(len(observations)):
        key = (
            *_named(str(observations.source[i]), model, scenario),
            str(observations.entity[i]),
            str(observations.series[i]),
            str(observations.unit[i]),
        )
        cells = lines.setdefault(key, {})
        period = int(observations.period[i])
        if period in cells:
            raise _twice(key, period)
        cells[period] = repr(float(observations.value[i]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(label(observations.frequency, p) for p in periods)])
    writer.writerows([*key, *(cells.get(p, "") for p in periods)] for key, cells in lines.items())
    return out.getvalue().encode()


def _named(source: str, model: str, scenario: str) -> tuple[str, str]:
    parts = source.split(BETWEEN)
    if len(parts) == 2:
        return model or parts[0], scenario or parts[1]
    if model and scenario:
        return model, scenario
    raise ZhihengError(
        "S556",
        Text("导出 IAMC 要有模型名和情景名。", "IAMC needs a model and a scenario."),
        evidence=[{"source": source}],
        fix=Text("写明 model=… 和 scenario=…。", "Give model=… and scenario=…."),
    )


def _twice(key: tuple[str, ...], period: int) -> ZhihengError:
    row: Row = {"entity": key[2], "series": key[3], "period": period}
    return ZhihengError(
        "D102",
        Text("同一格有两个值。", "Two values are given for one cell."),
        evidence=[row],
        fix=Text("先选定一个来源再导出。", "Choose one source before exporting."),
    )
