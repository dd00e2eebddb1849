"""Facts and priors of the emission simulator: carriers, sectors, fuels, triangular priors."""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Words,
    read_csv,
    read_toml,
    refuse_dangling,
    refuse_repeats,
)
from zhiheng.core.text import Text

Grade = Literal["strong", "moderate", "weak", "arithmetic", "assumed"]
SECTORS = ("agriculture", "industry", "transport", "buildings")


class Carrier(Entry):
    """An energy carrier and its price to users: low, most likely, high."""

    carrier: str
    title_zh: str
    title_en: str
    price_low: float
    price: float
    price_high: float
    unit: Literal["CNY_2020/tce"]
    source: str
    status: EntryStatus

    @property
    def title(self) -> Text:
        """What it is called."""
        return Text(self.title_zh, self.title_en)


class Sector(Entry):
    """A sector: what drives it, who pays, how long equipment lasts, useful per final energy."""

    sector: str
    title_zh: str
    title_en: str
    branch: Literal["primary", "secondary", "tertiary"]
    household: float
    potential: float
    life_low: float
    life: float
    life_high: float
    eff_coal: float
    eff_oil: float
    eff_gas: float
    eff_electricity: float
    eff_heat: float
    source: str
    status: EntryStatus

    @property
    def title(self) -> Text:
        """What it is called."""
        return Text(self.title_zh, self.title_en)

    def efficiency(self, carrier: str) -> float:
        """Useful energy per unit of final energy of a carrier."""
        return float(getattr(self, f"eff_{carrier}"))


class Use(Entry):
    """A fuel: its carrier, and how its final use is spread over sectors."""

    fuel: str
    carrier: str
    agriculture: float
    industry: float
    transport: float
    buildings: float
    source: str
    status: EntryStatus

    @property
    def spread(self) -> tuple[float, ...]:
        """Parts by sector, in the order of `SECTORS`."""
        return tuple(float(getattr(self, name)) for name in SECTORS)


class Part(Entry):
    """How the published CO2 of an economy is laid out over a sector and its carriers.

    `part` of the CO2 of `series` is the sector's; of that, `coal`, `oil` and `gas` come from each.
    `electricity` and `heat` are the sector's parts of the use of the whole economy.
    """

    economy: str
    sector: str
    series: str
    part: float
    coal: float
    oil: float
    gas: float
    electricity: float
    heat: float
    source: str
    status: EntryStatus


class Prior(Entry):
    """A triangular prior."""

    id: str
    low: float
    mode: float
    high: float
    unit: str
    grade: Grade
    source: str
    doi: str = ""
    status: EntryStatus
    title: Words
    note: Words


class Fact(Entry):
    """A number that is not drawn."""

    id: str
    value: float
    unit: str
    source: str
    doi: str = ""
    status: EntryStatus
    title: Words


class _Priors(Entry):
    prior: tuple[Prior, ...]
    fact: tuple[Fact, ...]


@cache
def carriers() -> tuple[Carrier, ...]:
    """Carriers in their order; electricity and heat last."""
    return read_csv("simulator/carriers.csv", Carrier)


@cache
def sectors() -> tuple[Sector, ...]:
    """Sectors of final use."""
    return read_csv("simulator/sectors.csv", Sector)


@cache
def uses() -> dict[str, Use]:
    """Fuels of final consumption by name."""
    found = read_csv("simulator/fuels.csv", Use)
    refuse_repeats((u.fuel for u in found), where="simulator/fuels.csv", kind=Text("燃料", "fuel"))
    known = [c.carrier for c in carriers()]
    refuse_dangling(((u.fuel, u.carrier) for u in found), known, where="simulator/fuels.csv")
    return {u.fuel: u for u in found}


ANY = "*"
"""The economy of the layout that stands in for those without one of their own."""


def layout(economy: str) -> tuple[Part, ...]:
    """The layout of an economy by sector, in the order of `SECTORS`."""
    found = _layouts()
    return found.get(economy, found[ANY])


@cache
def _layouts() -> dict[str, tuple[Part, ...]]:
    where = "simulator/economies.csv"
    rows = read_csv(where, Part)
    refuse_dangling(((r.economy, r.sector) for r in rows), SECTORS, where=where)
    named = {r.economy: {p.sector: p for p in rows if p.economy == r.economy} for r in rows}
    return {e: tuple(parts[s] for s in SECTORS) for e, parts in named.items()}


@cache
def priors() -> dict[str, Prior]:
    """Priors by id."""
    return {p.id: p for p in _read().prior}


@cache
def facts() -> dict[str, Fact]:
    """Facts by id."""
    return {f.id: f for f in _read().fact}


@cache
def _read() -> _Priors:
    found = read_toml("simulator/priors.toml", _Priors)
    names = [*(p.id for p in found.prior), *(f.id for f in found.fact)]
    refuse_repeats(names, where="simulator/priors.toml", kind=Text("先验", "prior"))
    return found
