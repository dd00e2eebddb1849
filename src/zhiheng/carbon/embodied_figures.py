"""Figures of embodied carbon."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.carbon.embodied_years import Units, Year
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Text

SHOWN = 15


def figures(tables: Mapping[str, Table], last: Year, shown: Units) -> tuple[Figure, ...]:
    """Multipliers, exports, flows and effects, for the tables that there are."""
    out = [_multipliers(last, shown)]
    if "trade" in tables:
        out.append(_exports(last, shown))
    if "flows" in tables:
        out.append(_flows(last))
    if "effects" in tables:
        out.append(_effects())
    return tuple(out)


def _multipliers(last: Year, shown: Units) -> Figure:
    return Figure(
        "multipliers",
        "interval",
        "multipliers",
        Text(
            "单位最终需求完全排放最大的部门，{p} 年",
            "Sectors with most emissions per unit of final demand, {p}",
        ).format(p=last.table.period),
        Text(
            "点是默认分摊规则，横线是各种可辩护规则的 5 %–95 % 范围；横线重叠的部门不能分先后。",
            "Dots are the default way to share emissions out, lines span the 5 % to 95 % points "
            "over all defensible ways; sectors whose lines overlap cannot be told apart.",
        ),
        {
            "label": "sector", "value": "multiplier", "low": "multiplier_low",
            "high": "multiplier_high", "where": {"period": "last"}, "top": SHOWN,
            "sort": "-value", "format": ".2f",
        },
    )  # fmt: skip


def _exports(last: Year, shown: Units) -> Figure:
    return Figure(
        "exports",
        "interval",
        "trade",
        Text(
            "出口隐含的国内排放，按产品，{p} 年",
            "Home emissions embodied in exports, by product, {p}",
        ).format(p=last.table.period),
        Text(
            "排放发生在国内的整条供应链上，记在出口的产品名下；横线是各种可辩护分摊规则的范围。",
            "Emitted along the whole supply chain at home and booked to the exported product; "
            "lines span the defensible ways to share emissions out.",
        ),
        {
            "label": "sector", "value": "exported", "low": "exported_low",
            "high": "exported_high", "where": {"period": "last"}, "top": SHOWN,
            "sort": "-value", "format": ",.0f",
        },
    )  # fmt: skip


def _flows(last: Year) -> Figure:
    return Figure(
        "flows",
        "sankey",
        "flows",
        Text("谁排放、为谁排放，{p} 年", "Who emits, and for which final use, {p}").format(
            p=last.table.period
        ),
        Text(
            "左边是排放的部门，右边是引起排放的最终使用；流的粗细是排放量。",
            "At the left the sectors that emit, at the right the final use that causes it; the "
            "width of a flow is the amount.",
        ),
        {"source": "source", "target": "target", "value": "value"},
    )


def _effects() -> Figure:
    return Figure(
        "effects",
        "waterfall",
        "effects",
        Text("隐含排放变化由什么引起", "What changed embodied emissions"),
        Text(
            "自上而下，每一条从上一条的终点出发，最后一条是总变化；各次序给出的范围见表。",
            "Read downwards; each bar starts where the last one ended, and the last bar is the "
            "total change. The range over orders stands in the table.",
        ),
        {"label": "determinant", "value": "effect"},
    )
