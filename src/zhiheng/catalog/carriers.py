"""Energy carriers, what each is made from, and the rows of an energy balance."""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, Listed, read_csv
from zhiheng.core.text import Text

Group = Literal["coal", "oil", "gas", "electricity", "heat", "biomass", "other"]
Role = Literal[
    "total", "supply", "transformation", "output", "plant", "losses", "non_energy", "difference",
    "use",
]  # fmt: skip


class Carrier(Entry):
    """A fuel, electricity or heat; `made_from` are carriers whose carbon it carries."""

    carrier: str
    title_zh: str
    title_en: str
    group: Group
    made_from: Listed = ()

    @property
    def title(self) -> Text:
        """What it is called."""
        return Text(self.title_zh, self.title_en)


class Sector(Entry):
    """A row of an energy balance.

    In a `transformation` carbon goes into the products; in a `plant` fuel is burnt
    for electricity or heat. `category` is that of CH4 and N2O factors, and `within` the
    sector that holds this one.
    """

    sector: str
    title_zh: str
    title_en: str
    role: Role
    makes: Listed = ()
    sign: int = 1
    category: str = ""
    within: str = ""

    @property
    def title(self) -> Text:
        """What it is called."""
        return Text(self.title_zh, self.title_en)


class ActivityName(Entry):
    """What a catalogued series stands for in an inventory."""

    series: str
    kind: Literal["fuel", "electricity", "heat", "other", "aggregate"]
    sector: str
    carrier: str
    basis: Literal["final", "consumption", "total"]


class GridArea(Entry):
    """A regional grid and its provinces."""

    area: str
    title_zh: str
    title_en: str
    provinces: Listed


@cache
def carriers() -> dict[str, Carrier]:
    """Energy carriers by id."""
    return {c.carrier: c for c in read_csv("factors/carriers.csv", Carrier)}


@cache
def sectors() -> dict[str, Sector]:
    """Catalogued rows of balances and sectors of use, by id."""
    return {s.sector: s for s in read_csv("factors/sectors.csv", Sector)}


@cache
def activity_names() -> dict[str, ActivityName]:
    """Catalogued series that are activities, by name."""
    return {a.series: a for a in read_csv("factors/activities.csv", ActivityName)}


@cache
def grid_areas() -> tuple[GridArea, ...]:
    """Regional grids."""
    return read_csv("factors/grid_areas.csv", GridArea)


@cache
def sector(name: str) -> Sector:
    """A catalogued sector, or a sector of use by the name that the user gave."""
    known = sectors().get(name)
    return known or Sector(sector=name, title_zh=name, title_en=name, role="use")


@cache
def grid_of(province: str) -> str:
    """The regional grid of a province; empty where it belongs to none."""
    return next((a.area for a in grid_areas() if province in a.provinces), "")
