"""Energy of an inventory in coal equivalent: flows from groups to uses, and balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_checks import netted_lines
from zhiheng.carbon.inventory_input import Line
from zhiheng.carbon.inventory_units import in_unit, not_convertible, own_ncv, own_values
from zhiheng.catalog.carriers import carriers, sector
from zhiheng.catalog.dated_factors import chosen
from zhiheng.catalog.factors import CoalEquivalent, coal_equivalents, factor_constants
from zhiheng.catalog.factors import fuel_factors as all_fuel_factors
from zhiheng.core.panel import Panel
from zhiheng.core.periods import label
from zhiheng.core.result import Table
from zhiheng.kernels.inventory import Balance, balance

Array = NDArray[np.float64]
ENERGY = ("fuel", "electricity", "heat", "other")
GROUPS = ("coal", "oil", "gas", "biomass", "other", "electricity", "heat")
_PARTS = ("transformation", "plant", "losses", "non_energy", "use")
"""Rows that total consumption holds; coal and power balances of the yearbook count losses in."""
_GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Flow:
    """Energy of one line in tonnes of coal equivalent, [entity, period]."""

    line: Line
    tce: Array


def flows(
    panel: Panel, lines: Sequence[Line], *, electricity: str, allow_recalled: bool
) -> list[Flow]:
    """Every line of energy that is used, in coal equivalent, after netting."""
    found: list[Flow] = []
    for line in lines:
        if line.kind not in ENERGY or not (line.counted or line.kind == "other"):
            continue
        per = _per_unit(panel, line, electricity=electricity, allow_recalled=allow_recalled)
        if per is None:
            continue
        amount = panel.array(line.series)
        for other in netted_lines(lines, line):
            amount = amount - in_unit(panel, other, panel.units[line.series])
        found.append(Flow(line, amount * per))
    return found


def _per_unit(panel: Panel, line: Line, *, electricity: str, allow_recalled: bool) -> Array | None:
    """Tonnes of coal equivalent per unit of a line; None where no coefficient is known."""
    unit, shape = panel.units[line.series], panel.values.shape[:2]
    known = factor_constants()
    tonne = known["tce"].value * _GIGA
    own = own_ncv(panel, line)
    if own:
        return own_values(panel, own, line, f"J/{unit}") / tonne
    how = electricity if line.carrier == "electricity" else "calorific"
    rows = [r for r in coal_equivalents() if r.carrier == line.carrier and r.how == how]
    if rows and rows[0].base == unit:
        return np.broadcast_to(_by_year(panel, rows, allow_recalled=allow_recalled), shape)
    joule = {"J": 1.0, "tce": tonne, "kWh": known["kwh"].value * _GIGA}
    if unit in joule:
        return np.full(shape, joule[unit] / tonne)
    for row in all_fuel_factors():
        if row.fuel == line.carrier and row.base == unit and row.ncv_gj is not None:
            return np.full(shape, row.ncv_gj / row.per / known["tce"].value)
    if line.kind in ("electricity", "heat"):
        raise not_convertible(panel, line.series, unit, "J")
    return None


def _by_year(panel: Panel, rows: Sequence[CoalEquivalent], *, allow_recalled: bool) -> Array:
    if all(r.valid_from is None for r in rows):
        return np.array(rows[0].tce / rows[0].per)
    years = [int(label(panel.frequency, p)[:4]) for p in panel.periods]
    found = [chosen(rows, year=year, allow_recalled=allow_recalled) for year in years]
    return np.array([[r.tce / r.per for r in found]])


def incomplete(found: Sequence[Flow]) -> list[str]:
    """Series that an entity lacks in the last period."""
    return [f.line.series for f in found if np.isnan(f.tce[:, -1]).any()]


def flow_table(found: Sequence[Flow]) -> Table:
    """Energy of the last period, over all entities: group to carrier, carrier to sector.

    A carrier that an entity lacks is left out, since a sum without it would be too small.
    """
    amounts: dict[tuple[str, str], float] = {}
    for flow in found:
        value = float(flow.tce[:, -1].sum())
        if np.isnan(value):
            continue
        group = carriers()[flow.line.carrier].group
        for key in ((f"group.{group}", flow.line.carrier), (flow.line.carrier, flow.line.sector)):
            amounts[key] = amounts.get(key, 0.0) + value
    order = {name: i for i, name in enumerate(carriers())}
    order["heat"] = len(order)
    groups = {f"group.{g}": i for i, g in enumerate(GROUPS)}
    keys = sorted(
        (k for k, v in amounts.items() if v != 0),
        key=lambda k: (
            k[0] not in groups,
            groups.get(k[0], 0),
            order.get(k[0], 0),
            order.get(k[1], 0),
            k,
        ),
    )
    titles = [[_title(end) for end in key] for key in keys]
    return Table.of(
        ("source", "target"),
        source=[k[0] for k in keys],
        target=[k[1] for k in keys],
        value=np.array([amounts[k] for k in keys]),
        unit=["tce"] * len(keys),
        source_title_zh=[t[0][0] for t in titles],
        source_title_en=[t[0][1] for t in titles],
        target_title_zh=[t[1][0] for t in titles],
        target_title_en=[t[1][1] for t in titles],
    )


_GROUP_TITLES = {
    "coal": ("煤炭", "coal"), "oil": ("石油", "oil"), "gas": ("天然气类", "natural gas"),
    "biomass": ("生物质", "biomass"), "other": ("其他", "other"),
    "electricity": ("电力（二次）", "electricity"), "heat": ("热力（二次）", "heat"),
    "process": ("工业过程", "processes"), "gases": ("其他气体", "other gases"),
    "emission": ("已给出的排放", "stated emissions"),
}  # fmt: skip


def group_title(group: str) -> tuple[str, str]:
    """The name of a group of carriers in both languages."""
    return _GROUP_TITLES[group]


def _title(name: str) -> tuple[str, str]:
    if name.startswith("group."):
        return group_title(name.removeprefix("group."))
    if name in carriers():
        known = carriers()[name]
        return known.title_zh, known.title_en
    place = sector(name)
    return place.title_zh, place.title_en


def balances(panel: Panel, lines: Sequence[Line]) -> dict[str, tuple[Balance, str]]:
    """The balance of every carrier whose supply is in the panel, and its unit.

    Raises
    ------
    ZhihengError
        M926 rows of one carrier in units that do not convert.
    """
    found: dict[str, tuple[Balance, str]] = {}
    for carrier in dict.fromkeys(line.carrier for line in lines if line.role == "supply"):
        rows = [line for line in lines if line.carrier == carrier]
        shape = panel.values.shape[:2]
        supply, use, has_use = np.zeros(shape), np.zeros(shape), False
        whole = any(line.total for line in rows)
        unit = panel.units[rows[0].series]
        for line in rows:
            amount = in_unit(panel, line, unit)
            if line.role == "supply":
                supply = supply + sector(line.sector).sign * amount
            elif line.role == "output":
                supply = supply + amount
            elif line.total or (line.role in _PARTS and not whole):
                use, has_use = use + amount, True
        if has_use:
            found[carrier] = balance(supply, use), unit
    return found


def balance_table(panel: Panel, found: dict[str, tuple[Balance, str]]) -> Table:
    """Supply, use and the statistical difference by entity, period and carrier."""
    shape = panel.values.shape[:2]
    e, p = (a.ravel() for a in np.indices(shape))
    count, size = len(found), e.size
    periods = np.array(panel.periods, dtype=np.int64)
    names = [panel.name(panel.entities[i]) for i in e]
    cube = {
        part: np.concatenate([getattr(b, part).ravel() for b, _ in found.values()])
        for part in ("supply", "use", "difference", "relative")
    }
    return Table.of(
        ("entity", "period", "fuel"),
        entity=[panel.entities[i] for i in e] * count,
        name_zh=[n.zh for n in names] * count,
        name_en=[n.en for n in names] * count,
        period=np.tile(periods[p], count),
        fuel=[c for c in found for _ in range(size)],
        supply=cube["supply"],
        energy_use=cube["use"],
        statistical_difference=cube["difference"],
        relative_difference=cube["relative"],
        unit=[unit for _, unit in found.values() for _ in range(size)],
    )
