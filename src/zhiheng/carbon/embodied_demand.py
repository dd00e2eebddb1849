"""Which part of final demand is meant, and at which prices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.embodied_years import Year
from zhiheng.carbon.use_table import Layout, demand_title
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.satellites import Deflator, deflator
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

Array = NDArray[np.float64]
ALL = "all"


def refuse_unknown(layout: Layout, demand: str) -> None:
    """Raise M970 where there is no such column or sector."""
    if demand not in {ALL, *layout.demand, *layout.sectors}:
        raise unknown_name(
            "M970",
            demand,
            (ALL, *layout.demand, *layout.sectors),
            kind=Text("最终需求", "final demand"),
        )


def chosen(y: Year, demand: str) -> Array:
    """Final demand for home products that is meant (n, k); `refuse_unknown` comes before."""
    layout = y.table.layout
    if demand == ALL:
        return y.table.demand
    if demand in layout.demand:
        return y.table.demand[:, [layout.demand.index(demand)]]
    row = layout.sectors.index(demand)
    out = np.zeros_like(y.table.demand)
    out[row] = y.table.demand[row]
    return out


def title(y: Year, demand: str) -> Text:
    """The name of the part of final demand."""
    layout = y.table.layout
    if demand == ALL:
        return Text("全部最终需求", "all final demand")
    if demand in layout.demand:
        return demand_title(layout, demand)
    return y.table.panel.name(demand)


def price_levels(first: Year, last: Year, wanted: str) -> tuple[Array, Array, Deflator | None]:
    """Prices of both periods by sector, those of the last being one.

    Raises
    ------
    ZhihengError
        M965 the table is at current prices and no deflator is named, or one lacks values or
        is for other money; C448 an unknown deflator.
    """
    ones = np.ones(len(first.table.output))
    panel = first.table.panel
    unit = panel.units["use." + first.table.layout.sectors[0]]
    if wanted == "none" or (not wanted and not _current(unit)):
        return ones, ones, None
    if not wanted:
        raise ZhihengError(
            "M965",
            Text(
                "{a} 与 {b} 年的表都以当年价（{u}）计，价格变化会混入各效应。",
                "The tables of {a} and {b} are at current prices ({u}): changes of prices would "
                "enter the effects.",
            ).format(a=first.table.period, b=last.table.period, u=unit),
            evidence=[{"period": y.table.period, "unit": unit} for y in (first, last)],
            fix=Text(
                "指定平减指数：deflator=gdp，或面板里分部门的价格指数序列；确要按当年价分解，写 "
                "deflator=none。",
                "Name a price level: deflator=gdp, or a series of the panel with a price index "
                "by sector; deflator=none decomposes at current prices.",
            ),
        )
    if wanted in panel.series:
        if not _current(unit) and unit != UNSTATED:
            raise _other_money(wanted, unit, Text("当年价", "current prices"))
        return (*_own_prices(first, last, wanted), None)
    known = tuple(s for s in panel.series if not s.startswith("use."))
    found = deflator(wanted, (*known[:10], "none"))
    if unit not in (found.unit, UNSTATED):
        raise _other_money(wanted, unit, Text.same(found.unit))
    rise = _rise(found, first.table.period, last.table.period)
    return ones / rise, ones, found


def _current(unit: str) -> bool:
    """Whether money is in prices of its own year; a basis such as CNY_2020 is not."""
    return unit in {"CNY", "USD", "EUR"}


def _other_money(name: str, unit: str, expected: Text) -> ZhihengError:
    return ZhihengError(
        "M965",
        Text(
            "平减指数 {d} 用于 {e} 的表，这张表以 {u} 计：再平减一次就错了。",
            "The price level {d} is for tables in {e}; this one is in {u}, and deflating it would "
            "be wrong.",
        ).format(d=name, e=expected, u=unit),
        evidence=[{"deflator": name, "unit": unit}],
        fix=Text(
            "不变价的表不写 deflator；别的货币用面板里自己的价格指数序列。",
            "Leave deflator out where prices are constant; for another currency use a price "
            "index of your own in the panel.",
        ),
    )


def _own_prices(first: Year, last: Year, name: str) -> tuple[Array, Array]:
    panel = first.table.panel
    rows = [panel.entities.index(s) for s in first.table.layout.sectors]
    level = [panel.array(name)[rows, panel.periods.index(y.table.period)] for y in (first, last)]
    bad = ~np.isfinite(np.array(level)) | (np.array(level) <= 0)
    if bad.any():
        raise ZhihengError(
            "M965",
            Text(
                "价格指数 {s} 有缺失或非正的值。",
                "The price index {s} has missing or non-positive values.",
            ).format(s=name),
            evidence=[
                {"sector": first.table.layout.sectors[i], "series": name}
                for i in np.flatnonzero(bad.any(axis=0))[:20]
            ],
            fix=Text("补上各部门两年的价格指数。", "Give the index of every sector in both years."),
        )
    return level[0] / level[1], np.ones(len(rows))


def _rise(found: Deflator, start: int, end: int) -> float:
    panel = dataset(found.dataset)
    e = panel.entities.index(found.entity)
    growth = panel.array(found.growth)[e]
    years = list(range(start + 1, end + 1))
    values = [growth[panel.periods.index(p)] if p in panel.periods else np.nan for p in years]
    if not np.isfinite(values).all():
        raise ZhihengError(
            "M965",
            Text(
                "价格指数 {s} 在 {a}–{b} 年间有缺失。",
                "The price level {s} has gaps between {a} and {b}.",
            ).format(s=found.title, a=start, b=end),
            evidence=[
                {"period": p} for p, v in zip(years, values, strict=True) if not np.isfinite(v)
            ],
            fix=Text("换用自己的价格指数序列。", "Use a price index of your own."),
        )
    return float(np.prod(1.0 + np.array(values)))
