"""Emissions of the sectors of a table: stated, or totals shared out by every defensible rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.use_table import UseTable
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.satellites import Rule, Satellite, satellite
from zhiheng.catalog.sectors import USE, concordance
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel, Step
from zhiheng.core.text import Text

Array = NDArray[np.float64]
HOUSEHOLDS = ("TC", "households")
"""Rows of a satellite that belong to no sector: emitted by final consumers themselves."""
HOUSEHOLD_USE = ("FU101", "FU102")


@dataclass(frozen=True, slots=True)
class Emissions:
    """Emissions by sector under each recipe; the first recipe is the default.

    Attributes
    ----------
    by_sector : ndarray, shape (n, q)
    households : ndarray, shape (q,)
    rules : tuple of (component, rule, whether it is the default)
    uncovered : float
        Share of the stated total that no component covers; 0 where none is stated.
    """

    by_sector: Array
    households: Array
    unit: str
    title: Text
    source: Satellite | None
    rules: tuple[tuple[Text, str, Rule, bool], ...] = ()
    uncovered: float = 0.0


def with_inventory(table: Panel, inventory: Panel) -> Panel:
    """A table and an inventory by sector in one panel, for ``satellite="ceads"``.

    Entities of the inventory become rows of the panel; only years of the table are kept.

    Parameters
    ----------
    table : Panel
        As the parser of input–output tables or ``zhiheng.data("io-china")`` makes it.
    inventory : Panel
        As the parser of CEADs makes it; its series begin with ``co2.``.
    """
    years = [p for p in table.periods if p in inventory.periods]
    series = [s for s in inventory.series if s.endswith(".scope_1_total")]
    cut = inventory.select(periods=years, series=series)
    rows = [e for e in cut.entities if e not in table.entities]
    wide = table.select(periods=years)
    shape = (len(rows), len(years), len(wide.series))
    grown = replace(
        wide,
        entities=(*wide.entities, *rows),
        values=np.concatenate([wide.values, np.full(shape, np.nan)]),
        status=np.concatenate([wide.status, np.full(shape, -1, dtype=np.int8)]),
        origin=np.concatenate([wide.origin, np.full(shape, -1, dtype=np.int32)]),
        labels={**wide.labels, **{r: inventory.name(r) for r in rows}},
        steps=(*wide.steps, Step("with_inventory", ", ".join(rows))),
    )
    return grown.join(cut)


def read_emissions(table: UseTable, name: str) -> Emissions:
    """Emissions of the table's sectors in its period.

    Parameters
    ----------
    name : str
        A series of the panel with a value for every sector, or a catalogued satellite.

    Raises
    ------
    ZhihengError
        C447 neither; M964 a sector or total has no value; C449 the satellite is for other
        sectors; M969 a rule finds nothing to share by.
    """
    if name in table.panel.series and not name.startswith(USE):
        return _stated(table, name)
    own = tuple(s for s in table.panel.series if not s.startswith(USE))
    found = satellite(name, own[:20])
    _refuse_other_sectors(table, found)
    return _shared(table, found) if found.component else _inventory(table, found)


def _stated(table: UseTable, name: str) -> Emissions:
    panel, t = table.panel, table.panel.periods.index(table.period)
    column = panel.array(name)[:, t]
    place = {e: i for i, e in enumerate(panel.entities)}
    value = column[[place[s] for s in table.layout.sectors]]
    missing = np.flatnonzero(~np.isfinite(value))
    if len(missing):
        raise _without_value(
            [
                {"sector": s, "name": panel.name(s), "period": table.period, "series": name}
                for s in (table.layout.sectors[i] for i in missing[:20])
            ]
        )
    own = [column[place[h]] for h in HOUSEHOLDS if h in place]
    direct = float(np.nansum(own)) if own else 0.0
    return Emissions(value[:, None], np.array([direct]), panel.units[name], panel.title(name), None)


def _shared(table: UseTable, found: Satellite) -> Emissions:
    """Every combination of rules, each a column; the first is that of the defaults."""
    source = dataset(found.dataset)
    totals = {c.series: _total(source, found, c.series, table.period) for c in found.component}
    bought = table.total()
    households = _household_purchases(table)
    parts: list[list[tuple[Array, float]]] = []
    rules: list[tuple[Text, str, Rule, bool]] = []
    for c in found.component:
        shares = [_shares(table, found, rule, bought, households) for rule in c.rule]
        parts.append([(totals[c.series] * s, totals[c.series] * h) for s, h in shares])
        rules += [(c.title, c.series, rule, k == 0) for k, rule in enumerate(c.rule)]
    chosen = list(product(*parts))
    by_sector = np.array([np.sum([s for s, _ in one], axis=0) for one in chosen]).T
    direct = np.array([sum(h for _, h in one) for one in chosen])
    whole = _total(source, found, found.total, table.period)
    uncovered = (whole - sum(totals.values())) / whole
    unit = source.units[found.component[0].series]
    return Emissions(by_sector, direct, unit, found.title, found, tuple(rules), uncovered)


def _shares(
    table: UseTable, found: Satellite, rule: Rule, bought: Array, households: Array
) -> tuple[Array, float]:
    at = {s: i for i, s in enumerate(table.layout.sectors)}
    weight = np.zeros(len(at))
    own = 0.0
    chosen = [at[s] for s in rule.sectors]
    if rule.by == "all":
        weight[chosen] = 1.0
        own = 1.0 if rule.households else 0.0
    elif rule.by == "output":
        weight[chosen] = table.output[chosen]
    else:
        rows = [at[r] for r in rule.rows]
        held = bought[rows].copy()
        for pair in rule.without:
            row, _, column = pair.partition(">")
            if row in rule.rows:
                held[rule.rows.index(row), at[column]] = 0.0
        weight[chosen] = held.sum(axis=0)[chosen]
        own = float(households[rows].sum()) if rule.households else 0.0
    total = float(weight.sum()) + own
    if not total > 0 or (weight < 0).any() or own < 0:
        raise ZhihengError(
            "M969",
            Text(
                "“{s}”的分摊规则 {r} 在 {p} 年没有可用的份额。",
                "The rule {r} of {s} finds no shares in {p}.",
            ).format(s=found.title, r=rule.id, p=table.period),
            evidence=[{"rule": rule.id, "period": table.period, "sum_of_weights": total}],
            fix=Text(
                "核对表中能源行的购买额；或用自己的分部门排放序列。",
                "Check the purchases of energy in the table, or use emissions by sector of "
                "your own.",
            ),
        )
    return weight / total, own / total


def _household_purchases(table: UseTable) -> Array:
    """What households buy by product, from home and abroad; without government where known."""
    codes = table.layout.demand
    own = [k for k, c in enumerate(codes) if c in HOUSEHOLD_USE] or [
        k for k, c in enumerate(codes) if c == "TC"
    ]
    return (table.demand + table.imported_demand)[:, own].sum(axis=1)


def _total(source: Panel, found: Satellite, series: str, period: int) -> float:
    known = period in source.periods
    value = np.nan
    if known:
        e, t = source.entities.index(found.entity), source.periods.index(period)
        value = float(source.array(series)[e, t])
    if not np.isfinite(value):
        raise _without_value([{"series": series, "entity": found.entity, "period": period}])
    return value


def _inventory(table: UseTable, found: Satellite) -> Emissions:
    """An inventory in the same panel by its concordance, with a recipe for each way to share."""
    panel, t = table.panel, table.panel.periods.index(table.period)
    targets: dict[str, list[str]] = {}
    for link in concordance(found.concordance):
        targets.setdefault(link.source, []).append(link.target)
    names = {s: f"{found.prefix}{s}{found.suffix}" for s in targets}
    held = {s: _only_value(panel, n, t) for s, n in names.items()}
    missing = [s for s, v in held.items() if v is None]
    if missing:
        raise _without_value([{"series": names[s], "period": table.period} for s in missing[:20]])
    at = {s: i for i, s in enumerate(table.layout.sectors)}
    weights = _weights(table, found)
    by_sector = np.zeros((len(at), len(weights)))
    direct = np.zeros(len(weights))
    for source, own in targets.items():
        value = held[source] or 0.0
        inside = [at[c] for c in own if c in at]
        if not inside:
            direct += value
            continue
        for q, weight in enumerate(weights.values()):
            share = weight[inside]
            share = (
                share / share.sum() if share.sum() > 0 else np.full(len(inside), 1 / len(inside))
            )
            by_sector[inside, q] += value * share
    unit = panel.units[next(iter(names.values()))]
    return Emissions(by_sector, direct, unit, found.title, found)


def _weights(table: UseTable, found: Satellite) -> Mapping[str, Array]:
    at = {s: i for i, s in enumerate(table.layout.sectors)}
    fuels = table.total()[[at[r] for r in found.rows]].sum(axis=0)
    return {k: {"fuels": fuels, "output": table.output}[k] for k in found.share}


def _only_value(panel: Panel, name: str, t: int) -> float | None:
    if name not in panel.series:
        return None
    column = panel.array(name)[:, t]
    seen = column[np.isfinite(column)]
    return float(seen[0]) if len(seen) == 1 else None


def _refuse_other_sectors(table: UseTable, found: Satellite) -> None:
    from zhiheng.catalog.sectors import sectors

    known = {s.code: s for s in sectors(found.classification)}
    own = table.layout.sectors
    # the codes of another classification may be the same numbers: names decide
    same = set(own) == set(known) and all(
        table.panel.name(c).zh in (c, known[c].title_zh, known[c].short_zh) for c in own
    )
    if not same:
        strange = [c for c in own if c not in known] or list(own)
        raise ZhihengError(
            "C449",
            Text(
                "排放账户“{s}”是为 {c} 分类（{n} 个部门）准备的，这张表是另一种分类。",
                "The satellite {s} is made for the classification {c} of {n} sectors; this table "
                "has another one.",
            ).format(s=found.title, c=found.classification, n=len(known)),
            evidence=[{"sector": c, "name": table.panel.name(c)} for c in strange[:10]],
            fix=Text(
                "用表里自带的分部门排放序列：--satellite 序列名。",
                "Use emissions by sector in the panel: --satellite SERIES.",
            ),
        )


def _without_value(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M964",
        Text("排放账户缺少数值。", "The satellite lacks values."),
        evidence=rows,
        fix=Text(
            "补上这些部门的排放（确实为零的写 0），或选有数值的年份。",
            "Give the emissions of these sectors (0 where there are none), or choose years "
            "that have them.",
        ),
    )
