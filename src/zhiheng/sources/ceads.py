"""CEADs emission inventories: workbooks of sector × fuel by province or year, and of cities.

An inventory sheet (``Shanghai2015``, ``2019``) has fuels as columns, ``Mt CO2`` below
them, then a total and 47 sectors. A city workbook has one long sheet. Figures are
taken as published; sheets that only add others up are left out with a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    cell_text,
    fingerprint,
    is_zip,
    lacking,
    load_workbook,
)

SOURCE = "ceads"
TOTAL, ALL_FUELS = "total", "scope_1_total"
_SCOPE_2 = ("scope_2_heat", "scope_2_electricity")
_SHEET = re.compile(r"(?P<place>[A-Za-z ]*?)(?P<year>\d{4})")
_CITY_COLUMNS = ["id", "city", "year", "emission"]

Rows = Sequence[tuple[Any, ...]]


class Gap(NamedTuple):
    """A sum that differs from its published total."""

    entity: str
    period: int
    what: str
    total: float
    parts: float

    @property
    def relative(self) -> float:
        """The difference as a share of the total."""
        return abs(self.parts - self.total) / max(abs(self.total), 1.0)


def sniff(raw: bytes, name: str) -> bool:
    """Whether a workbook is an inventory; only the archive's text parts are searched."""
    del name
    if not is_zip(raw):
        return False
    try:
        return any(_kind(title, rows) for title, rows in load_workbook(raw, "").items())
    except Exception:  # noqa: BLE001  a file that cannot be opened is not recognised
        return False


def parse(
    raw: bytes, name: str, *, sheets: Sequence[str] = (), unknown: Unknown = "refuse"
) -> Observations:
    """Read a national, provincial or city inventory.

    Series are ``co2.SECTOR.FUEL`` in tonnes, such as ``co2.total.raw_coal`` and
    ``co2.total.scope_1_total``; of cities there is one series ``co2``, with the
    city's name as it stands.

    Parameters
    ----------
    raw : bytes
    name : str
    sheets : sequence of str, optional
        Only these sheets.
    unknown : {"refuse", "drop", "keep"}

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 no inventory in the workbook, D103 no number, C401, U210.
    """
    book = load_workbook(raw, name)
    kinds = {t: _kind(t, rows) for t, rows in book.items() if not sheets or t in sheets}
    clock, bad = Clock(name), BadCells(name)
    cities = [t for t, kind in kinds.items() if kind == "cities"]
    used = cities or [t for t, kind in kinds.items() if kind == "inventory"]
    if not used:
        raise lacking(name, "CEADs", ["Raw Coal … Scope 1 Total", "ID, city, year, emission"])
    found: list[Reading] = []
    for title in used:
        found += (_cities if cities else _inventory)(title, book[title], clock, bad, name)
    bad.stop()
    skipped = [t for t in book if t not in used]
    return assemble(
        found, file=fingerprint(raw, name), source=SOURCE, frequency=clock.frequency or "A",
        unknown=unknown, notes=_notes(skipped), own_labels={} if cities else None,
    )  # fmt: skip


def gaps(observations: Observations) -> list[Gap]:
    """Every sector's and fuel's published total beside the sum of its parts.

    Use it to see whether an inventory adds up. Scope 2 is not part of the scope 1 total.
    """
    values = {
        (str(e), int(p), str(s)): float(v)
        for e, p, s, v in zip(
            observations.entity,
            observations.period,
            observations.series,
            observations.value,
            strict=True,
        )
    }
    by_fuel: dict[tuple[str, int, str], float] = {}
    by_sector: dict[tuple[str, int, str], float] = {}
    for (entity, period, series), value in values.items():
        _, sector, fuel = series.split(".")
        if sector != TOTAL:
            key = (entity, period, f"co2.{TOTAL}.{fuel}")
            by_fuel[key] = by_fuel.get(key, 0.0) + value
        if fuel not in (*_SCOPE_2, ALL_FUELS):
            key = (entity, period, f"co2.{sector}.{ALL_FUELS}")
            by_sector[key] = by_sector.get(key, 0.0) + value
    return [
        Gap(*key, values[key], parts)
        for sums in (by_fuel, by_sector)
        for key, parts in sums.items()
        if key in values
    ]


def slug(title: str) -> str:
    """``Raw_Coal``, ``CleanedCoal`` and ``Raw Coal `` as names of one form."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", title)
    plain = re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")
    return TOTAL if plain in ("total_consumption", "total_emissions") else plain


def _kind(title: str, rows: Rows) -> str:
    header = [cell_text(c) for c in rows[0]] if rows else []
    if [h.casefold() for h in header[:4]] == _CITY_COLUMNS:
        return "cities"
    slugs = {slug(h) for h in header}
    if {"raw_coal", ALL_FUELS} <= slugs and _SHEET.fullmatch(title):
        return "inventory"
    return ""


def _inventory(title: str, rows: Rows, clock: Clock, bad: BadCells, name: str) -> list[Reading]:
    match = _SHEET.fullmatch(title)
    if match is None or len(rows) < 4:
        raise lacking(name, "CEADs", [title])
    place = match["place"].strip() or "CHN"
    period = clock.read(match["year"], title)
    fuels = [(c, slug(cell_text(h))) for c, h in enumerate(rows[0]) if c and cell_text(h)]
    units = {c: cell_text(rows[1][c]) if c < len(rows[1]) else "" for c, _ in fuels}
    if not all(units.values()):
        raise lacking(name, "CEADs", [f"{title}!2: Mt CO2"])
    found: list[Reading] = []
    for r, row in enumerate(rows[2:], start=3):
        sector = slug(cell_text(row[0])) if row else ""
        if not sector:
            continue
        for c, fuel in fuels:
            cell = f"{title}!{column_letters(c)}{r}"
            value = bad.number(row[c] if c < len(row) else None, cell)
            if value is not None:
                series = f"co2.{sector}.{fuel}"
                found.append(Reading(place, period, series, value, units[c], cell))
    return found


def _cities(title: str, rows: Rows, clock: Clock, bad: BadCells, name: str) -> list[Reading]:
    del name
    found: list[Reading] = []
    for r, row in enumerate(rows[1:], start=2):
        city, written = cell_text(row[1]), cell_text(row[2])
        if not city:
            continue
        value = bad.number(row[3], f"{title}!D{r}")
        period = clock.read(written, f"{title}!C{r}")
        if value is not None:
            found.append(Reading(city, period, "co2", value, "Mt CO2", f"{title}!D{r}"))
    return found


def _notes(skipped: Sequence[str]) -> tuple[Text, ...]:
    if not skipped:
        return ()
    return (
        Text(
            "未读的工作表（说明、汇总或重复）：{s}。",
            "Sheets not read (notes, sums or repeats): {s}.",
        ).format(s=", ".join(skipped)),
    )
