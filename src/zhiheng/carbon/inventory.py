"""Emission inventory: activities times factors, by entity, sector, fuel, gas and scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import inventory_tables as tables
from zhiheng.carbon import inventory_wording as wording
from zhiheng.carbon.inventory_checks import refuse_double_counting
from zhiheng.carbon.inventory_energy import (
    Flow,
    balance_table,
    balances,
    flow_table,
    flows,
    incomplete,
)
from zhiheng.carbon.inventory_factors import Choices, Emission, choose_sets, emissions
from zhiheng.carbon.inventory_input import Line, read_lines, refuse_gaps, refuse_negative
from zhiheng.carbon.inventory_names import sector_id
from zhiheng.carbon.inventory_own import own_factors, refuse_unknown_factors
from zhiheng.carbon.inventory_sums import check_table, checks
from zhiheng.catalog.factors import gwp as potential
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.inventory import propagated, simulated

Array = NDArray[np.float64]


@method(zh="排放清单：活动量乘因子，分部门、燃料与范围，拒绝重复计算", example="regions")
def inventory(
    panel: Panel,
    *,
    activities: Sequence[str] | Mapping[str, str] | None = None,
    basis: Literal["", "final", "consumption"] = "",
    level: Literal["region", "enterprise", "facility"] = "region",
    factors: str | Mapping[str, str] = "final_use",
    gwp: str = "ar6",
    stated_gwp: str | Mapping[str, str] = "",
    gases: Literal["co2", "all"] = "co2",
    categories: Mapping[str, str] | None = None,
    indirect: Literal["auto", "none", "location", "market"] = "auto",
    grid: str = "national",
    grid_year: int | None = None,
    electricity_tce: Literal["calorific", "equivalent"] = "calorific",
    activity_uncertainty: float | None = None,
    draws: int = 0,
    seed: int = 0,
    gaps: Literal["refuse", "keep"] = "refuse",
    allow_recalled: bool = False,
) -> Result:
    """Compute emissions from activities and factors, and refuse what would count twice.

    Use it to turn energy tables, production and meters of regions, enterprises or
    facilities into emissions by sector, fuel, gas and scope, with uncertainty. It
    measures what happens inside the boundary of the series: final use is not
    territorial, and totals on different boundaries do not belong in one ratio.

    Parameters
    ----------
    panel : Panel
        Activities in t, m^3, J, kWh or tce, recognised by name: catalogued series
        (``final_diesel``, ``consumption_coal``), ``activity.SECTOR.FUEL``,
        ``energy.SECTOR.FUEL`` of a balance, ``meter.DEVICE.FUEL``,
        ``process.SECTOR.PROCESS``, ``gas.SECTOR.GAS``, ``land.CATEGORY``,
        ``scope3.CATEGORY``, ``co2.SECTOR.FUEL`` of a published inventory. Own
        factors are ``ncv.FUEL`` (J/t), ``carbon.FUEL`` (t/J), ``oxidation.FUEL``,
        ``ef.FUEL``, also by sector. Fuels and sectors may have their Chinese names.
    activities : list or mapping, optional
        Only these series; or what each is, as ``kind:sector:carrier``.
    basis : {"", "final", "consumption"}
        Which catalogued energy series to take where both are there.
    level : {"region", "enterprise", "facility"}
        Territory by IPCC, enterprise with scopes 1 to 3, or meters of facilities.
    factors : str or mapping
        Set of fuel factors, or one for each fuel with ``default``; ``SET.FUEL``
        lets another fuel stand in.
    gwp : str
        The one set of warming potentials: sar, ar4, ar5 or ar6.
    stated_gwp : str or mapping
        The set in which series in t_CO2e are stated; another one is refused.
    gases : {"co2", "all"}
        Whether CH4 and N2O of combustion are computed too.
    categories : mapping, optional
        Sector to category of CH4 and N2O factors.
    indirect : {"auto", "none", "location", "market"}
        Purchased electricity and heat; auto is none for regions, else location.
    grid : str
        national, province, region, or the code of an area.
    grid_year : int, optional
        Take the grid factor of this year for every period.
    electricity_tce : {"calorific", "equivalent"}
        Coal equivalent of electricity by its heat or by what plants burn for it.
    activity_uncertainty : float, optional
        Relative 95 % half-width of activities, such as 0.05.
    draws : int
        Monte Carlo draws beside error propagation, for the ends of intervals; 0 for none.
    seed : int
        Of the draws.
    gaps : {"refuse", "keep"}
        Missing cells; kept ones leave their line and every sum over it empty.
    allow_recalled : bool
        Whether factors may be used that nobody has checked against a source.

    Raises
    ------
    ZhihengError
        M800 gaps, M920 to M922 double counting, M923 missing heating values, M924
        unrecognised activities, M925 mixed warming potentials, M926 units, M927
        negative amounts or impossible factors, M933 options, C440 to C445 factors.

    References
    ----------
    IPCC (2006) Guidelines for National Greenhouse Gas Inventories, vol. 1 ch. 3
    and vol. 2 ch. 1 and 2; GB/T 32150-2025; GHG Protocol, Corporate Standard.
    """
    _refuse_options(draws, activity_uncertainty)
    gwp = gwp.lower()
    potential("CO2", set=gwp)
    how = Choices(
        level=level, factors=choose_sets(factors), gwp=gwp, stated_gwp=stated_gwp, gases=gases,
        categories={sector_id(k): v for k, v in (categories or {}).items()},
        indirect=indirect if indirect != "auto" else "none" if level == "region" else "location",
        grid=grid, grid_year=grid_year, allow_recalled=allow_recalled,
    )  # fmt: skip
    lines = read_lines(panel, activities, basis=basis)
    _refuse_unknown(panel, lines, how)
    refuse_unknown_factors(panel)
    refuse_negative(panel, lines)
    refuse_double_counting(panel, lines, level=level, indirect=how.indirect)
    amounts = [line for line in lines if line.kind != "other"]
    refuse_gaps(panel, amounts, keep=gaps == "keep")
    found, used = emissions(panel, lines, how)
    energy = flows(panel, lines, electricity=electricity_tce, allow_recalled=allow_recalled)
    unit = "t_CO2" if all(e.gas == "CO2" for e in found) else "t_CO2e"
    direct, spread = _uncertainty(panel, found, activity_uncertainty, draws=draws, seed=seed)
    made = _tables(panel, found, energy, unit, direct)
    made["factors"] = tables.factor_table(used)
    if len(spread):
        made["uncertainty"] = spread
    tested = checks(panel, lines, found, energy, how)
    made["checks"] = check_table(tested)
    balance = balances(panel, lines)
    if balance:
        made["balance"] = balance_table(panel, balance)
    all_lines = read_lines(panel, None, basis="") if activities is None else lines
    left_out = [x.series for x in all_lines if x not in lines]
    said = wording.notes(panel, found, used, how, left_out=left_out, lines=lines,
                         own=own_factors(panel, lines))  # fmt: skip
    said += wording.uncertainty_notes(found, used, activity=activity_uncertainty)
    said += wording.balance_notes(panel, balance)
    said += wording.flow_notes(panel, incomplete(energy))
    series = tuple(dict.fromkeys(line.series for line in lines))
    return Result(made, _figures(made), tuple(said), tested, series)


def _tables(
    panel: Panel,
    found: Sequence[Emission],
    energy: Sequence[Flow],
    unit: str,
    direct: Mapping[str, Array],
) -> dict[str, Table]:
    made = {
        "totals": tables.total_table(panel, tables.by_scope(panel, found), unit, direct),
        "emissions": tables.emission_table(panel, found, unit),
        "by_sector": tables.sector_table(panel, found, unit),
        "by_fuel": tables.fuel_table(panel, found, energy, unit),
        "by_period": tables.period_table(panel, found, unit),
    }
    if energy:
        made["energy_flows"] = flow_table(energy)
    return made


def _uncertainty(
    panel: Panel, found: Sequence[Emission], activity: float | None, *, draws: int, seed: int
) -> tuple[dict[str, Array], Table]:
    """Half-widths of scope 1 by entity and period, and the sums over entities by scope.

    With draws, the ends of the intervals stand beside them.
    """
    scopes = [scope for scope in ("1", "2") if any(e.scope == scope for e in found)]
    direct = {"half_width": np.full(panel.values.shape[:2], np.nan)}
    columns = list[dict[str, Array]]()
    given: list[str] = []
    for scope in scopes:
        kept = [e for e in found if e.scope == scope]
        cube = np.stack([e.co2e for e in kept], axis=-1)
        known = np.array([e.width for e in kept])
        # a factor with an own heating value in one sector only has two widths
        names = list(zip([e.factor for e in kept], known.tolist(), strict=True))
        factor = np.array([names.index(name) for name in names], dtype=np.intp)
        if activity is None and np.isnan(known).all():
            continue
        widths = np.nan_to_num(known)
        own = np.full(len(kept), activity or 0.0)
        spread = propagated(cube, own, widths, factor)
        each = {"half_width": spread.each}
        given.append(scope)
        column = {"emission": cube.sum(axis=(0, 2)), "half_width": spread.whole}
        if draws:
            rng = np.random.default_rng(seed)
            drawn = simulated(cube, own, widths, factor, draws=draws, rng=rng)
            column |= {"low": drawn.whole_low, "high": drawn.whole_high}
            each |= {"low": drawn.each_low, "high": drawn.each_high}
        direct = each if scope == "1" else direct
        columns.append(column)
    periods = np.array(panel.periods, dtype=np.int64)
    names = list(columns[0]) if columns else []
    table = Table.of(
        ("period", "emission_scope"),
        period=np.tile(periods, len(given)),
        emission_scope=[scope for scope in given for _ in periods],
        **{name: np.concatenate([c[name] for c in columns]) for name in names},
    )
    return direct, table


def _refuse_unknown(panel: Panel, lines: Sequence[Line], how: Choices) -> None:
    """Refuse options about series or sectors that are not there: slips of the pen."""
    if isinstance(how.stated_gwp, Mapping):
        for name in how.stated_gwp:
            panel.array(name)
    places = dict.fromkeys(line.sector for line in lines)
    for place in how.categories:
        if place not in places:
            raise unknown_name("M933", place, places, kind=Text("部门", "sector"))


def _refuse_options(draws: int, activity: float | None) -> None:
    wrong: dict[str, float] = {}
    if draws < 0:
        wrong["draws"] = draws
    if activity is not None and not 0 <= activity < 1:
        wrong["activity_uncertainty"] = activity
    if wrong:
        raise ZhihengError(
            "M933",
            Text("清单的选项出界：{o}。", "Options of the inventory are out of range: {o}.").format(
                o=", ".join(wrong)
            ),
            evidence=[{"option": k, "value": v} for k, v in wrong.items()],
            fix=Text(
                "draws 不小于 0；activity_uncertainty 是 0 到 1 之间的相对半宽，如 0.05。",
                "draws is 0 or more; activity_uncertainty is a relative half-width from 0 to 1, "
                "such as 0.05.",
            ),
        )


def _figures(made: Mapping[str, Table]) -> tuple[Figure, ...]:
    stacked = Figure(
        "by_period",
        "stack",
        "by_period",
        Text("排放由哪类能源与过程构成", "Emissions by group of fuels and processes"),
        Text(
            "每根柱子是一期全部地区的直接排放，各段是一类燃料、过程或其他气体。",
            "Each bar is the direct emission of all entities in a period; its parts are groups "
            "of fuels, processes or other gases.",
        ),
        {"x": "period", "colour": "group", "value": "emission"},
    )
    if "energy_flows" not in made or not len(made["energy_flows"]):
        return (stacked,)
    flow = Figure(
        "energy_flows",
        "sankey",
        "energy_flows",
        Text("能源从哪里来、用到哪里（末期）", "Energy from its kind to its use, last period"),
        Text(
            "每条带的宽度是折标煤的能量：从能源大类到品种，再到使用部门。",
            "The width of a ribbon is energy in coal equivalent: from groups of carriers to "
            "carriers, and on to the sectors that use them.",
        ),
        {"source": "source", "target": "target", "value": "value"},
    )
    return stacked, flow
