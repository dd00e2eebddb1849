"""The tables of an inventory: lines, sectors, carriers, totals, periods, factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_energy import Flow, group_title
from zhiheng.carbon.inventory_factors import Emission, Used
from zhiheng.catalog.carriers import carriers, sector
from zhiheng.catalog.dated_factors import Dated, Titled
from zhiheng.catalog.factors import Constant, FuelFactor, Grid, pfc_slopes, processes
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text

Array = NDArray[np.float64]
_COLUMN = {"1": "scope_1", "2": "scope_2", "3": "scope_3", "land": "land", "biogenic": "biogenic"}


def emission_table(panel: Panel, found: Sequence[Emission], unit: str) -> Table:
    """One row for each entity, period, activity and gas."""
    head = _Head(panel, len(found))
    titles = [carrier_title(e.line.carrier) for e in found]
    places = [sector(e.line.sector) for e in found]
    return _table(
        ("entity", "period", "series", "gas"),
        **head.columns,
        series=head.each([e.line.series for e in found]),
        sector=head.each([e.line.sector for e in found]),
        sector_title_zh=head.each([s.title_zh for s in places]),
        sector_title_en=head.each([s.title_en for s in places]),
        fuel=head.each([e.line.carrier for e in found]),
        fuel_title_zh=head.each([t[0] for t in titles]),
        fuel_title_en=head.each([t[1] for t in titles]),
        gas=head.each([e.gas for e in found]),
        emission_scope=head.each([e.scope for e in found]),
        energy_gj=np.concatenate([e.energy.ravel() for e in found]),
        emission=np.concatenate([e.co2e.ravel() for e in found]),
        unit=head.each([unit] * len(found)),
        factor_id=head.each([e.factor for e in found]),
    )


def sector_table(panel: Panel, found: Sequence[Emission], unit: str) -> Table:
    """Emissions by entity, period, sector and scope."""
    groups = _grouped(found, lambda e: (e.line.sector, e.scope))
    head = _Head(panel, len(groups))
    places = [sector(s) for s, _ in groups]
    return _table(
        ("entity", "period", "sector", "emission_scope"),
        **head.columns,
        sector=head.each([s for s, _ in groups]),
        sector_title_zh=head.each([s.title_zh for s in places]),
        sector_title_en=head.each([s.title_en for s in places]),
        emission_scope=head.each([scope for _, scope in groups]),
        emission=np.concatenate([a.ravel() for a in groups.values()]),
        unit=head.each([unit] * len(groups)),
    )


def fuel_table(panel: Panel, found: Sequence[Emission], flows: Sequence[Flow], unit: str) -> Table:
    """Emissions and energy by entity, period, carrier and scope."""
    groups = _grouped(found, lambda e: (e.line.carrier, e.scope))
    energy: dict[str, Array] = {}
    for flow in flows:
        energy[flow.line.carrier] = energy.get(flow.line.carrier, 0.0) + flow.tce
    head = _Head(panel, len(groups))
    nothing = np.full(panel.values.shape[:2], np.nan)
    titles = [carrier_title(c) for c, _ in groups]
    return _table(
        ("entity", "period", "fuel", "emission_scope"),
        **head.columns,
        fuel=head.each([c for c, _ in groups]),
        fuel_title_zh=head.each([t[0] for t in titles]),
        fuel_title_en=head.each([t[1] for t in titles]),
        emission_scope=head.each([scope for _, scope in groups]),
        energy_tce=np.concatenate([energy.get(c, nothing).ravel() for c, _ in groups]),
        emission=np.concatenate([a.ravel() for a in groups.values()]),
        unit=head.each([unit] * len(groups)),
    )


def by_scope(panel: Panel, found: Sequence[Emission]) -> dict[str, Array]:
    """Sums over lines by scope, [entity, period]; NaN where one is missing.

    A scope without any line is absent, since nothing was counted is not zero; but for direct
    emissions, whose column always stands.
    """
    shape = panel.values.shape[:2]
    present = {one.scope for one in found} | {"1"}
    sums = {scope: np.zeros(shape) for scope in _COLUMN if scope in present}
    for one in found:
        sums[one.scope] = sums[one.scope] + one.co2e
    return sums


def total_table(
    panel: Panel, sums: dict[str, Array], unit: str, direct: Mapping[str, Array]
) -> Table:
    """Totals by entity and period: scopes side by side, land and biogenic CO2 apart.

    `direct` is the uncertainty of direct emissions, by column.
    """
    head = _Head(panel, 1)
    return _table(
        ("entity", "period"),
        **head.columns,
        **{_COLUMN[scope]: amount.ravel() for scope, amount in sums.items()},
        unit=head.each([unit]),
        **{name: values.ravel() for name, values in direct.items()},
    )


def period_table(panel: Panel, found: Sequence[Emission], unit: str) -> Table:
    """Direct emissions of all entities together by period and group, for the figure."""
    direct = [e for e in found if e.scope == "1"] or list(found)
    groups = _grouped(direct, lambda e: (group_of(e), ""))
    periods = np.array(panel.periods, dtype=np.int64)
    names = [g for g, _ in groups]
    count = len(periods)
    return Table.of(
        ("period", "group"),
        period=np.tile(periods, len(groups)),
        group=[g for g in names for _ in range(count)],
        group_title_zh=[group_title(g)[0] for g in names for _ in range(count)],
        group_title_en=[group_title(g)[1] for g in names for _ in range(count)],
        emission=np.concatenate([a.sum(axis=0) for a in groups.values()]),
        unit=[unit] * (count * len(groups)),
    )


def factor_table(used: Used) -> Table:
    """Every factor that was used, with its source, status and announcement."""
    rows = list(used.rows.values())
    values = [
        r.value if isinstance(r, (Grid, Constant)) else _per_unit(r) if isinstance(r, FuelFactor)
        else float(getattr(r, "value", getattr(r, "kg_per_tj", np.nan)))
        for r in rows
    ]  # fmt: skip
    units = [
        f"t_CO2/{r.base}" if isinstance(r, FuelFactor) else getattr(r, "unit", "")
        or ("kg/TJ" if hasattr(r, "kg_per_tj") else "1")
        for r in rows
    ]  # fmt: skip
    names = [factor_name(r) for r in rows]
    return Table.of(
        ("factor_id", "valid_from"),
        factor_id=[r.id for r in rows],
        factor_name_zh=[n.zh for n in names],
        factor_name_en=[n.en for n in names],
        valid_from=np.array([np.nan if r.valid_from is None else r.valid_from for r in rows]),
        value=np.array(values, dtype=np.float64),
        unit=units,
        factor_status=[r.status for r in rows],
        source=[r.source for r in rows],
    )


def factor_name(row: Dated) -> Text:
    """What a factor is called: its own name, or that of its fuel, area and gas."""
    if isinstance(row, Titled):
        return row.title
    known = carriers()
    fuel = getattr(row, "carrier", getattr(row, "fuel", ""))
    name = known[fuel].title if fuel in known else Text.same(str(fuel or row.id))
    gas = getattr(row, "gas", "")
    return Text(f"{name.zh}：{gas}", f"{name.en}: {gas}") if gas else name


def _per_unit(row: FuelFactor) -> float:
    from zhiheng.catalog.factors import factor_constants

    ratio = factor_constants()["carbon_to_co2"].value
    carbon = row.carbon_kg_per_gj if row.carbon_kg_per_gj is not None else np.nan
    co2 = row.co2_kg_per_gj if row.co2_kg_per_gj is not None else carbon * ratio
    value = np.nan if row.ncv_gj is None else row.ncv_gj / row.per
    return float(value * co2 * row.oxidation / 1000)


def group_of(one: Emission) -> str:
    """The group that a line is drawn in."""
    if one.gas not in ("CO2", "CO2e"):
        return "gases"
    if one.line.carrier in carriers():
        return carriers()[one.line.carrier].group
    return "process" if one.line.kind == "process" else "emission"


def carrier_title(name: str) -> tuple[str, str]:
    """The name of a fuel, process or gas in both languages; the word itself where none is known."""
    if name in carriers():
        known = carriers()[name]
        return known.title_zh, known.title_en
    for row in (*processes(), *pfc_slopes().values()):
        if row.id == name:
            return row.title_zh, row.title_en
    return name, name


def _grouped(
    found: Sequence[Emission], key: Callable[[Emission], tuple[str, str]]
) -> dict[tuple[str, str], Array]:
    groups: dict[tuple[str, str], Array] = {}
    for one in found:
        groups[key(one)] = groups.get(key(one), 0.0) + one.co2e
    return groups


def _table(keys: tuple[str, ...], **columns: NDArray[Any]) -> Table:
    """A table of columns that are arrays already: tables of lines have many rows."""
    return Table(keys, columns)


class _Head:
    """The columns entity, name and period, repeated for a number of lines."""

    def __init__(self, panel: Panel, times: int) -> None:
        e, p = (a.ravel() for a in np.indices(panel.values.shape[:2]))
        names = [panel.name(entity) for entity in panel.entities]
        self.size = len(e)
        self.columns: dict[str, NDArray[Any]] = {
            "entity": np.tile(_words(panel.entities)[e], times),
            "name_zh": np.tile(_words([n.zh for n in names])[e], times),
            "name_en": np.tile(_words([n.en for n in names])[e], times),
            "period": np.tile(np.array(panel.periods, dtype=np.int64)[p], times),
        }

    def each(self, words: Sequence[str]) -> NDArray[Any]:
        """One word per line, repeated over its cells."""
        return np.repeat(_words(words), self.size)


def _words(words: Sequence[str]) -> NDArray[Any]:
    found = np.empty(len(words), dtype=object)
    found[:] = list(words)
    return found
