"""Emission factors as dated, sourced rows, and the selection of the one that is valid.

Sets of fuel factors, process factors, grid factors by year and area, warming
potentials, coal equivalents. A row that is only recalled is refused unless the
caller says that it may be used.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.dated_factors import Dated, Titled, chosen, no_fuel
from zhiheng.catalog.loading import Listed, read_csv
from zhiheng.catalog.series import fuels
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text

EMBEDDED = "final_use"
"""The set of the seventeen fuels of final use, with which `co2_final_use` is computed."""


class FuelFactor(Dated):
    """Carbon of a fuel: per `per` units of `base`, heating value × carbon × oxidation × 44/12.

    `co2_kg_per_gj` replaces carbon × 44/12 where the source publishes the product.
    """

    set: str
    fuel: str
    base: Literal["t", "m^3", "tce"]
    ncv_gj: float | None = None
    per: int
    carbon_kg_per_gj: float | None = None
    co2_kg_per_gj: float | None = None
    oxidation: float


class Process(Titled):
    """CO2 of a process per tonne; `covers` are fuels and processes whose carbon is inside."""

    gas: str
    value: float
    unit: Literal["t_CO2/t"]
    group: str
    covers: Listed = ()


class PfcSlope(Titled):
    """kg CF4 per tonne of aluminium and anode-effect minute per cell and day; C2F6 per CF4."""

    slope: float
    c2f6_share: float


class Grid(Dated):
    """CO2 of a kilowatt-hour in an area.

    `average`, `residual` (without market-traded non-fossil power), `fossil` only, or
    `ets` for reporting under the national carbon market.
    """

    area: str
    level: Literal["province", "region", "national"]
    kind: Literal["average", "residual", "fossil", "ets"]
    value: float
    unit: Literal["kg_CO2/kWh"]
    announcement: str


class Constant(Titled):
    """A conversion or a factor that is one number."""

    value: float
    unit: str


class Gwp(Titled):
    """Warming potential over a hundred years of one gas in one assessment report."""

    set: Literal["sar", "ar4", "ar5", "ar6"]
    gas: str
    value: float


class NonCo2(Dated):
    """CH4 or N2O of stationary combustion."""

    category: str
    fuel: str
    gas: Literal["CH4", "N2O"]
    kg_per_tj: float


class CoalEquivalent(Dated):
    """Tonnes of coal equivalent per `per` units of `base`."""

    carrier: str
    how: Literal["calorific", "equivalent"]
    base: str
    tce: float
    per: int


class HalfWidth(Dated):
    """Half the width of a 95 % interval, relative to the value."""

    what: str
    key: str
    half_width: float


@cache
def fuel_factors() -> tuple[FuelFactor, ...]:
    """All sets of fuel factors, the embedded one first."""
    own = tuple(
        FuelFactor(
            id=f"{EMBEDDED}.{f.fuel}", set=EMBEDDED, fuel=f.fuel,
            base="m^3" if f.unit.endswith("m^3") else "t",
            ncv_gj=f.ncv_gj, per=f.per, carbon_kg_per_gj=f.carbon_kg_per_gj, oxidation=f.oxidation,
            source=f.source, status=f.status, note_zh=f.note_zh, note_en=f.note_en,
        )
        for f in fuels()
    )  # fmt: skip
    return (*own, *read_csv("factors/fuel_sets.csv", FuelFactor))


@cache
def processes() -> tuple[Process, ...]:
    """Process factors."""
    return read_csv("factors/processes.csv", Process)


@cache
def pfc_slopes() -> dict[str, PfcSlope]:
    """Slopes of perfluorocarbons by cell technology."""
    return {s.id: s for s in read_csv("factors/pfc_slopes.csv", PfcSlope)}


@cache
def grids() -> tuple[Grid, ...]:
    """Grid factors of all areas and years."""
    return read_csv("factors/grid.csv", Grid)


@cache
def factor_constants() -> dict[str, Constant]:
    """Purchased heat, carbon to CO2, heat of coal equivalent."""
    return {c.id: c for c in read_csv("factors/constants.csv", Constant)}


@cache
def potentials() -> tuple[Gwp, ...]:
    """Warming potentials."""
    return read_csv("factors/gwp.csv", Gwp)


@cache
def non_co2() -> tuple[NonCo2, ...]:
    """CH4 and N2O of stationary combustion."""
    return read_csv("factors/non_co2.csv", NonCo2)


@cache
def coal_equivalents() -> tuple[CoalEquivalent, ...]:
    """Coefficients of coal equivalent."""
    return read_csv("factors/standard_coal.csv", CoalEquivalent)


@cache
def half_widths() -> dict[str, HalfWidth]:
    """Relative half-widths of 95 % intervals, by id such as ``carbon.diesel``."""
    return {u.id: u for u in read_csv("factors/uncertainty.csv", HalfWidth)}


@cache
def factor_rows() -> tuple[Dated, ...]:
    """Every dated row that `factor` can return."""
    return (
        *fuel_factors(), *processes(), *pfc_slopes().values(), *grids(),
        *factor_constants().values(), *potentials(), *non_co2(),
        *coal_equivalents(), *half_widths().values(),
    )  # fmt: skip


def factor(id: str, *, year: int | None = None, allow_recalled: bool = False) -> Dated:  # noqa: A002
    """The row of a factor that is valid in a year.

    Parameters
    ----------
    id : str
        Such as ``provincial_2025.diesel``, ``grid.CHN.average``, ``ar6.CH4`` or ``clinker``.
    year : int, optional
        Without it, the version that begins last.
    allow_recalled : bool
        Whether a figure that nobody has checked against a source may be used.

    Raises
    ------
    ZhihengError
        C440 no such factor, C442 none is valid in that year, C443 it is only recalled.

    Examples
    --------
    >>> factor("grid.CHN.average", year=2023).value
    0.5306
    """
    rows = _by_id().get(id)
    if rows is None:
        raise unknown_name("C440", id, _by_id(), kind=Text("排放因子", "emission factor"))
    return chosen(rows, year=year, allow_recalled=allow_recalled)


def fuel_sets() -> tuple[str, ...]:
    """The names of the sets of fuel factors."""
    return tuple(dict.fromkeys(f.set for f in fuel_factors()))


def fuel_factor(
    fuel: str,
    *,
    set: str,
    year: int | None = None,
    allow_recalled: bool = False,  # noqa: A002
) -> FuelFactor:
    """The factor of a fuel in a set.

    Raises
    ------
    ZhihengError
        C440 no such set, C441 the set has no such fuel, C442 and C443 as `factor`.
    """
    if set not in fuel_sets():
        raise unknown_name("C440", set, fuel_sets(), kind=Text("燃料因子集", "set of fuel factors"))
    rows = [f for f in fuel_factors() if f.set == set and f.fuel == fuel]
    if not rows:
        raise no_fuel(fuel, set, [f for f in fuel_factors() if f.fuel == fuel])
    return chosen(rows, year=year, allow_recalled=allow_recalled)


def process(id: str, *, allow_recalled: bool = False) -> Process:  # noqa: A002
    """The factor of a process; raises C440 and C443 as `factor`."""
    rows = [p for p in processes() if p.id == id]
    if not rows:
        known = [p.id for p in processes()]
        raise unknown_name("C440", id, known, kind=Text("工业过程", "process"))
    return chosen(rows, year=None, allow_recalled=allow_recalled)


def grid_factor(
    area: str, *, kind: str = "average", year: int | None = None, allow_recalled: bool = False
) -> Grid:
    """The grid factor of an area; raises C444 for none, C442 and C443 as `factor`."""
    rows = [g for g in grids() if g.area == area and g.kind == kind]
    if not rows:
        kinds = sorted({g.kind for g in grids() if g.area == area})
        raise ZhihengError(
            "C444",
            Text(
                "“{a}”没有“{k}”口径的电网因子。", 'There is no "{k}" grid factor for "{a}".'
            ).format(a=area, k=kind),
            evidence=[{"area": area, "kinds": ", ".join(kinds)}],
            fix=Text(
                "改用 grid=national 等有因子的范围，或给出自己的 ef.electricity 序列。",
                "Use an area that has one, such as grid=national, or give a series ef.electricity.",
            ),
        )
    return chosen(rows, year=year, allow_recalled=allow_recalled)


def gwp(gas: str, *, set: str) -> Gwp:  # noqa: A002
    """The warming potential of a gas in one set.

    Raises
    ------
    ZhihengError
        C440 no such set, C445 the set has no such gas.
    """
    sets = sorted({g.set for g in potentials()})
    if set not in sets:
        raise unknown_name("C440", set, sets, kind=Text("增温潜势", "set of warming potentials"))
    for row in potentials():
        if row.set == set and row.gas == gas:
            return row
    raise ZhihengError(
        "C445",
        Text("{s} 没有 {g} 的增温潜势。", "{s} has no warming potential of {g}.").format(
            s=set, g=gas
        ),
        evidence=[{"set": g.set, "gas": gas} for g in potentials() if g.gas == gas],
        fix=Text("全部改用另一套 gwp；两套不能混用。", "Use another set for all; sets do not mix."),
    )


def half_width(id: str, *, allow_recalled: bool = False) -> float | None:  # noqa: A002
    """The relative half-width of a 95 % interval; None where there is none that may be used."""
    row = half_widths().get(id)
    if row is None or (row.status in ("recalled", "assumed") and not allow_recalled):
        return None
    return row.half_width


@cache
def _by_id() -> dict[str, tuple[Dated, ...]]:
    found: dict[str, tuple[Dated, ...]] = {}
    for row in factor_rows():
        found[row.id] = (*found.get(row.id, ()), row)
    return found
