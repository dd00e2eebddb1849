"""Our World in Data: the CSV of a chart (Entity, Code, Year or Day, columns) and its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    first_row,
    lacking,
    load_json,
    unreadable,
)

SOURCE = "owid"


def sniff(raw: bytes, name: str) -> bool:
    """Whether the header is that of a chart's CSV."""
    del name
    row = [h.casefold() for h in first_row(raw)]
    return row[:2] == ["entity", "code"] and row[2:3] in (["year"], ["day"], ["date"])


def parse(
    raw: bytes,
    name: str,
    *,
    metadata: bytes | None = None,
    units: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read the CSV of a chart.

    Parameters
    ----------
    raw : bytes
    name : str
    metadata : bytes, optional
        The chart's ``.metadata.json``: gives the unit of each column.
    units : mapping of column to unit, optional
        Goes before the metadata; a column in neither has an unstated unit.
    unknown : {"refuse", "drop", "keep"}
        The files hold continents and income groups beside economies.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, D103 no number, S550/S551 periods, C401
        unknown region, U210/U211 units.
    """
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    if not sniff(",".join(f'"{h}"' for h in header).encode(), name) or len(header) < 4:
        raise lacking(name, "OWID CSV", ["Entity", "Code", "Year", "…"])
    known = {**_units(metadata, name), **(units or {})}
    clock, bad = Clock(name), BadCells(name)
    found: list[Reading] = []
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise unreadable(name, "OWID CSV", f"row {i} has {len(row)} cells")
        period = clock.read(row[2], f"C{i}")
        entity = row[1] if len(row[1]) == 3 else row[0]
        for c in range(3, len(header)):
            cell = f"{column_letters(c)}{i}"
            value = bad.number(row[c], cell)
            if value is not None:
                unit = known.get(header[c], "")
                found.append(Reading(entity, period, header[c], value, unit, cell))
    bad.stop()
    return assemble(
        found, file=fingerprint(raw, name), source=SOURCE, frequency=clock.frequency or "A",
        unknown=unknown,
    )  # fmt: skip


def _units(metadata: bytes | None, name: str) -> dict[str, str]:
    if metadata is None:
        return {}
    document: Any = load_json(metadata, f"{name} metadata")
    columns = document.get("columns") if isinstance(document, dict) else None
    if not isinstance(columns, dict):
        raise lacking(f"{name} metadata", "OWID metadata", ["columns"])
    units: dict[str, str] = {}
    for column, about in columns.items():
        unit = about.get("unit") if isinstance(about, dict) else None
        if isinstance(unit, str) and unit:
            units[str(column)] = unit
            short = about.get("shortName")
            if isinstance(short, str):
                units[short] = unit
    return units
