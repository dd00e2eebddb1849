"""Series: what each stands for, its unit and kind, and which series it is part of."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, Listed, read_csv, refuse_repeats, stems
from zhiheng.core.expression import Constant
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Kind = Literal["stock", "flow", "share", "index", "count", "rate"]


class Series(Entry):
    """One catalogued series.

    Attributes
    ----------
    level : {"province", "economy", "firm"}
    unit : str
        Canonical unit in which values are stored.
    extensive : bool
        Whether regions may be added up.
    expression : str
        Of a derived series; empty for a base series.
    parent : str
        The series that this one is a summand of.
    subset_of, derived_from : tuple of str
        Series that contain it, and series that it was computed from.
    source : str
        Id of a source.
    status : str
        Status of its values unless a correction says otherwise.
    available : bool
        Whether values are shipped.
    boundary : str
        Of energy and emissions: what the account counts, an id of ``boundaries.toml``.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    level: Literal["province", "economy", "firm"]
    unit: str
    kind: Kind
    extensive: bool
    title_zh: str
    title_en: str
    expression: str = ""
    parent: str = ""
    subset_of: Listed = ()
    derived_from: Listed = ()
    source: str
    status: Literal["observed", "revised", "estimated", "interpolated"]
    available: bool
    note_zh: str = ""
    note_en: str = ""
    boundary: str = ""

    @property
    def title(self) -> Text:
        """What the series measures."""
        return Text(self.title_zh, self.title_en)

    @property
    def note(self) -> Text | None:
        """What to know before it is used."""
        return Text(self.note_zh, self.note_en) if self.note_zh else None


class Fuel(Entry):
    """A CO2 factor with its components.

    Per `per` units (tonnes or cubic metres) the heating value `ncv_gj`, times
    carbon content, times oxidation, times 44/12.
    """

    fuel: str
    title_zh: str
    title_en: str
    value: float
    unit: str
    ncv_gj: float
    per: int
    carbon_kg_per_gj: float
    oxidation: float
    source: str
    status: Literal["two sources", "one source", "proxy", "recalled"]
    note_zh: str = ""
    note_en: str = ""


@cache
def all_series(level: str = "") -> tuple[Series, ...]:
    """The catalogued series, of one level or of all."""
    found: list[Series] = []
    for stem in stems("series", ".csv"):
        found += read_csv(f"series/{stem}.csv", Series)
    refuse_repeats(
        [f"{s.level}/{s.name}" for s in found], where="series/", kind=Text("序列", "series")
    )
    return tuple(s for s in found if level in ("", s.level))


def series(name: str, level: str = "") -> Series | None:
    """The catalog entry of a series, or None for a series of the user's own.

    Without a level, a name that two levels share (such as ``population``) is
    not resolved, because it means two things.
    """
    found = _by_name().get(name, ())
    matches = [s for s in found if level in ("", s.level)]
    return matches[0] if len(matches) == 1 else None


def title_in(panel: Panel, expression: str) -> Text:
    """The title of a series, also of one that the catalog computes; else the expression."""
    known = None if expression in panel.titles else series(expression, panel.level)
    return known.title if known else panel.title(expression)


@cache
def fuels() -> tuple[Fuel, ...]:
    """The CO2 factors of fuels in final use."""
    return read_csv("factors/fuels.csv", Fuel)


@cache
def constants() -> dict[str, Constant]:
    """Constants that expressions may name, such as ``ef.raw_coal``.

    A factor that is only recalled is left out, so that no expression uses it
    unawares.
    """
    return {
        f"ef.{f.fuel}": Constant(f.value, f.unit, f"{f.source} [{f.status}]")
        for f in fuels()
        if f.status != "recalled"
    }


@cache
def _by_name() -> dict[str, tuple[Series, ...]]:
    found: dict[str, tuple[Series, ...]] = {}
    for s in all_series():
        found[s.name] = (*found.get(s.name, ()), s)
    return found
