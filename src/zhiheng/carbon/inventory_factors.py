"""Every line of an inventory with its factor: energy, emission, scope and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_checks import netted_lines
from zhiheng.carbon.inventory_gases import (
    add_combustion_gases,
    in_co2e,
    perfluorocarbons,
)
from zhiheng.carbon.inventory_input import Line, cells, negative
from zhiheng.carbon.inventory_names import carrier_id
from zhiheng.carbon.inventory_own import own_series
from zhiheng.carbon.inventory_units import heating_value, in_unit, own_heat, own_values
from zhiheng.catalog.carriers import carriers, grid_of
from zhiheng.catalog.dated_factors import Dated
from zhiheng.catalog.factors import (
    EMBEDDED,
    FuelFactor,
    factor_constants,
    fuel_factor,
    fuel_sets,
    grid_factor,
    half_width,
    pfc_slopes,
    process,
)
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.periods import label
from zhiheng.core.text import Text
from zhiheng.kernels.inventory import combustion

Array = NDArray[np.float64]
Scope = Literal["1", "2", "3", "land", "biogenic"]


@dataclass(frozen=True, slots=True)
class Emission:
    """One line of the inventory with its amount.

    Attributes
    ----------
    gas : str
    scope : {"1", "2", "3", "land", "biogenic"}
        Land use and biogenic CO2 are lines of their own and in no total.
    co2e : ndarray, shape (entities, periods)
        Tonnes of CO2, or of CO2 equivalent in the one set of the inventory.
    energy : ndarray, shape (entities, periods)
        GJ; NaN where the line is no energy.
    factor : str
        Id of the factor, or the series of the user's own.
    width : float
        Relative 95 % half-width of the factor; NaN where none is known.
    """

    line: Line
    gas: str
    scope: Scope
    co2e: Array
    energy: Array
    factor: str
    width: float = float("nan")


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the inventory that decide on factors."""

    level: str
    factors: Mapping[str, str]
    gwp: str
    stated_gwp: str | Mapping[str, str]
    gases: str
    categories: Mapping[str, str]
    indirect: str
    grid: str
    grid_year: int | None
    allow_recalled: bool


@dataclass(slots=True)
class Used:
    """The rows of the catalog that were used, and lines that were left out."""

    rows: dict[str, Dated] = field(default_factory=dict[str, Dated])
    uncounted: list[str] = field(default_factory=list[str])
    netted: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    spare: list[str] = field(default_factory=list[str])


def choose_sets(factors: str | Mapping[str, str]) -> dict[str, str]:
    """The set of each fuel: one name for all, or a mapping with ``default``.

    Raises
    ------
    ZhihengError
        C440 a fuel or a set that does not exist; a factor of one fuel for all of them.
    """
    given = {"default": factors} if isinstance(factors, str) else factors
    sets = {carrier_id(str(k)): str(v) for k, v in given.items()}
    for fuel, name in sets.items():
        if fuel != "default" and fuel not in carriers():
            raise unknown_name("C440", fuel, carriers(), kind=Text("燃料", "fuel"))
        chosen = name if fuel == "default" else name.partition(".")[0]
        if chosen not in fuel_sets():
            kind = Text("燃料因子集", "set of fuel factors")
            raise unknown_name("C440", chosen, fuel_sets(), kind=kind)
    return {"default": EMBEDDED, **sets}


def emissions(panel: Panel, lines: Sequence[Line], how: Choices) -> tuple[list[Emission], Used]:
    """Every counted line with its factor.

    Raises
    ------
    ZhihengError
        C440 to C445 a factor that is unknown, out of date or only recalled, M923 missing
        heating values, M925 mixed warming potentials, M926 units, M927 negative amounts.
    """
    used, found = Used(), list[Emission]()
    years = [int(label(panel.frequency, p)[:4]) for p in panel.periods]
    for line in lines:
        if not line.counted or line.kind == "green_electricity":
            continue
        if line.kind in ("electricity", "heat") and how.indirect == "none":
            used.uncounted.append(line.series)
        else:
            found += _emissions_of(panel, lines, line, how, used, years)
    if not found:
        raise _nothing(used)
    deducted = {part for part, _ in used.netted}
    green = [x.series for x in lines if x.kind == "green_electricity"]
    used.spare += [name for name in green if name not in deducted]
    return found, used


def _nothing(used: Used) -> ZhihengError:
    """The error of an inventory that would have no line."""
    return ZhihengError(
        "M924",
        Text(
            "没有一行计排放：只有购入的电力或热力，而它们在这里不计。",
            "No line emits: there is purchased electricity or heat only, which is not counted "
            "here.",
        ),
        evidence=[{"series": name} for name in used.uncounted],
        fix=Text(
            "要看间接排放，用 indirect=location 或 market；要看直接排放，补上燃料。",
            "For indirect emissions say indirect=location or market; for direct ones add fuels.",
        ),
    )


def _emissions_of(
    panel: Panel, lines: Sequence[Line], line: Line, how: Choices, used: Used, years: list[int]
) -> list[Emission]:
    if line.kind in ("fuel", "aggregate"):
        burnt = _fuel(panel, lines, line, how, used)
        more = add_combustion_gases(burnt, how, used) if how.gases == "all" else []
        return [burnt, *more]
    if line.kind == "process":
        if line.carrier in pfc_slopes():
            return perfluorocarbons(panel, line, how, used)
        return [_process(panel, line, how, used)]
    if line.kind == "heat":
        return [_heat(panel, line, how, used)]
    if line.kind == "electricity":
        return [_electricity(panel, lines, line, how, used, years)]
    return [_gas(panel, line, how, used)]


def _fuel(panel: Panel, lines: Sequence[Line], line: Line, how: Choices, used: Used) -> Emission:
    activity = _net(panel, lines, line, used)
    scope: Scope = "biogenic" if carriers()[line.carrier].group == "biomass" else "1"
    direct = own_series(panel, "ef", line)
    if direct:
        per = own_values(panel, direct, line, f"t_CO2/{panel.units[line.series]}")
        return Emission(
            line, "CO2", scope, activity * per, activity * own_heat(panel, line), direct
        )
    row = _row_of(line, how)
    used.rows[row.id] = row
    value, fixed = heating_value(panel, line, row)
    ratio = factor_constants()["carbon_to_co2"].value
    own_carbon = own_series(panel, "carbon", line)
    own_oxidation = own_series(panel, "oxidation", line)
    if own_carbon:
        # tonnes per joule to kilograms per gigajoule
        carbon = own_values(panel, own_carbon, line, "t/J") * 1e12
    elif row.co2_kg_per_gj is not None:
        carbon = np.full(activity.shape, row.co2_kg_per_gj / ratio)
    else:
        carbon = np.full(activity.shape, row.carbon_kg_per_gj or np.nan)
    oxidation = np.full(activity.shape, row.oxidation)
    if own_oxidation:
        oxidation = own_values(panel, own_oxidation, line, "1")
    co2 = combustion(activity, value, carbon, oxidation, ratio)
    parts = [] if own_carbon else [half_width(f"carbon.{row.fuel}")]
    parts += [] if fixed else [half_width(f"ncv.{row.fuel}")]
    width = float(np.sqrt(sum(w**2 if w is not None else np.nan for w in parts)))
    return Emission(line, "CO2", scope, co2, activity * value, row.id, width)


def _row_of(line: Line, how: Choices) -> FuelFactor:
    """The factor of a fuel; ``SET.FUEL`` lets another fuel of a set stand for it."""
    if line.carrier == "standard_coal":
        return fuel_factor("standard_coal", set="standard_coal", allow_recalled=how.allow_recalled)
    name = how.factors.get(line.carrier, how.factors["default"])
    chosen, _, fuel = name.partition(".")
    return fuel_factor(fuel or line.carrier, set=chosen, allow_recalled=how.allow_recalled)


def _net(panel: Panel, lines: Sequence[Line], line: Line, used: Used) -> Array:
    activity = panel.array(line.series)
    for other in netted_lines(lines, line):
        activity = activity - in_unit(panel, other, panel.units[line.series])
        used.netted.append((other.series, line.series))
    if (activity < 0).any():
        raise negative(cells(panel, line.series, activity < 0, after="netting"))
    return activity


def _process(panel: Panel, line: Line, how: Choices, used: Used) -> Emission:
    activity = in_unit(panel, line, "t")
    direct = own_series(panel, "ef", line)
    nothing = np.full(activity.shape, np.nan)
    if direct:
        per = own_values(panel, direct, line, "t_CO2/t")
        return Emission(line, "CO2", "1", activity * per, nothing, direct)
    row = process(line.carrier, allow_recalled=how.allow_recalled)
    used.rows[row.id] = row
    width = half_width(f"process.{row.group}", allow_recalled=how.allow_recalled)
    share = np.nan if width is None else width
    return Emission(line, row.gas, "1", activity * row.value, nothing, row.id, share)


def _heat(panel: Panel, line: Line, how: Choices, used: Used) -> Emission:
    # joule to gigajoule
    activity = in_unit(panel, line, "J") * 1e-9
    row = factor_constants()["heat"]
    direct = own_series(panel, "ef", line)
    if direct:
        per = own_values(panel, direct, line, "t_CO2/J") * 1e9
        return Emission(line, "CO2", "2", activity * per, activity, direct)
    used.rows[row.id] = row
    width = half_width("heat.heat", allow_recalled=how.allow_recalled)
    share = np.nan if width is None else width
    return Emission(line, "CO2", "2", activity * row.value, activity, row.id, share)


def _electricity(
    panel: Panel, lines: Sequence[Line], line: Line, how: Choices, used: Used, years: list[int]
) -> Emission:
    bought = in_unit(panel, line, "kWh")
    energy = bought * factor_constants()["kwh"].value
    counted = bought
    if how.indirect == "market":
        for other in lines:
            if other.kind == "green_electricity" and other.sector == line.sector:
                counted = counted - in_unit(panel, other, "kWh")
                used.netted.append((other.series, line.series))
        if (counted < 0).any():
            raise negative(cells(panel, line.series, counted < 0, after="certificates"))
    direct = own_series(panel, "ef", line)
    if direct:
        per = own_values(panel, direct, line, "t_CO2/kWh")
        return Emission(line, "CO2", "2", counted * per, energy, direct)
    per, name = _grid(panel, how, used, years)
    width = half_width("grid.electricity", allow_recalled=how.allow_recalled)
    share = np.nan if width is None else width
    return Emission(line, "CO2", "2", counted * per, energy, name, share)


def _grid(panel: Panel, how: Choices, used: Used, years: list[int]) -> tuple[Array, str]:
    """Tonnes of CO2 per kWh, [entity, period], by the area and the year of the factor."""
    kind = "residual" if how.indirect == "market" else "average"
    areas = [_area(e, how.grid if kind == "average" else "national") for e in panel.entities]
    wanted = [how.grid_year or year for year in years]
    table = {
        (area, year): grid_factor(area, kind=kind, year=year, allow_recalled=how.allow_recalled)
        for area in dict.fromkeys(areas)
        for year in dict.fromkeys(wanted)
    }
    for (_, year), row in table.items():
        used.rows[f"{row.id} {year}"] = row
    # kilograms to tonnes
    per = np.array([[table[area, year].value / 1000 for year in wanted] for area in areas])
    return per, f"grid.{'/'.join(sorted(set(areas)))[:40]}.{kind}"


def _area(entity: str, grid: str) -> str:
    named = {"national": "CHN", "province": entity, "region": grid_of(entity) or entity}
    return named.get(grid, grid)


def _gas(panel: Panel, line: Line, how: Choices, used: Used) -> Emission:
    amount, gas, name = in_co2e(panel, line, how, used)
    scopes: dict[str, Scope] = {"land": "land", "scope3": "3"}
    scope = scopes.get(line.kind, "1")
    if line.stated and line.carrier.startswith("scope_2"):
        scope = "2"
    return Emission(line, gas, scope, amount, np.full(amount.shape, np.nan), name)
