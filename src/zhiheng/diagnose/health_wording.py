"""What a finding is called, the reason with its numbers, and the status it suggests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from zhiheng.core.panel import Panel, Status
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.health_input import Remark

SUGGESTED: Mapping[str, Status] = {
    **dict.fromkeys(("linear", "geometric", "spline", "arima"), Status.INTERPOLATED),
    **dict.fromkeys(("frozen", "copied_year", "copied_entity", "copied_block"), Status.IMPUTED),
    **dict.fromkeys(("scale", "unit_change", "sign", "zero", "swapped"), Status.ABSENT),
}
"""Kinds that are not named leave the status as it is: they ask for a look, not for a verdict."""

_LINE = Text(
    "{when} 的 {n} 个值都在 {a}（{t0}）与 {b}（{t1}）之间的{shape}上；"
    "取整单位 {step}，全序列偶然出现的期望为 {expected} 次",
    "the cells of {when} ({n}) lie exactly on the {shape} between {a} ({t0}) and "
    "{b} ({t1}); rounding: {step}; chance gives {expected} such runs in the "
    "series",
)
_SHAPE = {
    "linear": Text("直线", "straight line"),
    "geometric": Text("等比曲线", "curve of constant growth"),
    "spline": Text("三次曲线", "cubic"),
    "arima": Text("按固定比率衰减的路径", "path that decays at one rate"),
}
_REASON: Mapping[str, Text] = {
    **dict.fromkeys(_SHAPE, _LINE),
    "frozen": Text(
        "{when} 连续 {n} 次重复 {t0} 年的值 {value}；取整偶然造成的期望为 {expected} 次",
        "the value of {t0}, {value}, stands again in {when} ({n} in a row); rounding gives "
        "{expected} such runs in the series",
    ),
    "copied_year": Text(
        "{t1} 年在 {of} 个地区里有 {n} 个与 {t0} 年相同",
        "in {t1}, {n} of {of} entities equal {t0}",
    ),
    "copied_entity": Text(
        "与{mate}在 {t0}–{t1} 连续 {n} 期逐值相同",
        "equal to {mate} in {n} periods in a row, {t0}–{t1}",
    ),
    "copied_block": Text(
        "{t0} 年与{mate}在 {of} 个共有序列中有 {n} 个逐值相同",
        "in {t0} equal to {mate} in {n} of {of} common series",
    ),
    "twin_series": Text(
        "与序列 {series} 在 {of} 个共有单元格里有 {n} 个成同一比例 {ratio:.6g}",
        "proportional to the series {series} in {n} of {of} common cells, ratio {ratio:.6g}",
    ),
    "scale": Text(
        "{n} 个值是同行其余各期水平的 {factor:g} 倍；该行各期变动通常不超过 {usual:.0%}",
        "cells ({n}) at {factor:g} times the level of the other periods of the row, whose "
        "changes are usually within {usual:.0%}",
    ),
    "unit_change": Text(
        "{n} 个地区在 {t0}–{t1} 同时差 {factor:g} 倍：计量单位换了",
        "{n} entities are off by {factor:g} together in {t0}–{t1}: another unit",
    ),
    "sign": Text(
        "{value} 与前后各期符号相反而绝对值相当",
        "{value} has the other sign than its neighbours and their size",
    ),
    "swapped": Text(
        "{t0}–{t1} 的值接续序列 {series} 的水平，后者接续本序列：两列互换",
        "in {t0}–{t1} it continues the level of {series}, which continues this one: "
        "columns swapped",
    ),
    "rebased": Text(
        "{t0} 年 {n} 个地区同时变为约 {factor:.3g} 倍，地区间离差很小：基期或口径变了",
        "in {t0}, {n} entities change by a factor of about {factor:.3g} together and alike: "
        "another base or definition",
    ),
    "jump": Text(
        "扣除地区与年份的通常变动后变为 {factor:.3g} 倍（稳健标准分 {z:.1f}），此后不再返回",
        "by a factor of {factor:.3g} beyond what entity and year explain (robust z {z:.1f}), "
        "and it does not return",
    ),
    "outlier": Text(
        "扣除地区与年份的通常变动后变为 {factor:.3g} 倍（稳健标准分 {z:.1f}），随即返回",
        "by a factor of {factor:.3g} beyond what entity and year explain (robust z {z:.1f}), "
        "and it returns at once",
    ),
    "total": Text(
        "{said}：{n} 期不符，{t0} 年相差最大，为 {off:.1%}（{left} 对 {right}）",
        "{said}: not so in some periods ({n}), worst {t0}, by {off:.1%} ({left} against {right})",
    ),
    "benford": Text(
        "首位数字与本福特分布平均相差 {mad:.4f}（{n} 个值，首位为 1 的占 {one:.1%}）；"
        "是审计惯例，不是检验",
        "first digits differ from Benford's by {mad:.4f} on average ({n} values, {one:.1%} begin "
        "with 1); a custom of auditors, no test",
    ),
    "break": Text("{said}", "{said}"),
}
_VALUES = frozenset({"a", "b", "value", "left", "right", "before", "after"})
LARGE, RARE = 1e5, 1e-6
_ZERO = {
    1: Text(
        "{n} 个零夹在 {before} 与 {after} 之间，该行不会在一期内消失",
        "zeros ({n}) between {before} and {after}, in a row that does not vanish in a period",
    ),
    2: Text(
        "{n} 个零：此前有水平的地区过半在同一期变为零",
        "zeros ({n}): more than half of the entities with a level turn to zero in one period",
    ),
    3: Text(
        "{n} 个零远低于该序列出现过的一切值",
        "zeros ({n}) far below everything that the series ever shows",
    ),
}


def reason(panel: Panel, remark: Remark) -> Text:
    """The reason of a finding, with its numbers."""
    f = remark.found
    if f.kind == "zero":
        return _ZERO[int(f.facts["why"])].format(**_words(panel, remark))
    form = _REASON["total" if f.kind == "ratio" else f.kind]
    return form.format(**_words(panel, remark))


def _words(panel: Panel, remark: Remark) -> dict[str, Any]:
    f = remark.found
    words: dict[str, Any] = {"a": f.facts.get("from"), "b": f.facts.get("to"), **f.facts}
    for name in ("t0", "t1"):
        if name in f.facts:
            words[name] = panel.periods[min(int(f.facts[name]), len(panel.periods) - 1)]
    if len(f.periods):
        first, last = (panel.periods[int(p)] for p in (min(f.periods), max(f.periods)))
        words["when"] = f"{first}" if first == last else f"{first}–{last}"
    if "mate" in f.facts:
        mate = int(f.facts["mate"])
        of_series = f.kind in ("twin_series", "swapped")
        words["series"] = panel.title(panel.series[mate]) if of_series else ""
        words["mate"] = panel.name(panel.entities[min(mate, len(panel.entities) - 1)])
    if "power" in f.facts:
        words["factor"] = 10.0 ** f.facts["power"]
    if "spread" in f.facts:
        words["usual"] = 10.0 ** (2 * f.facts["spread"]) - 1
    if "step" in f.facts:
        words["step"] = f"{f.facts['step']:.3g}" if f.facts["step"] else Text("无", "none")
    if "expected" in f.facts:
        words["expected"] = _few(f.facts["expected"])
    words["shape"] = _SHAPE.get(f.kind, Text.same("-"))
    words["said"] = remark.said or Text.same("-")
    return {k: figure(v) if k in _VALUES else v for k, v in words.items() if v is not None}


def _few(expected: float) -> str:
    """How many runs chance gives; far below one in a million the digits say nothing."""
    return f"<{RARE:.6f}" if expected < RARE else f"{expected:.2g}"


def figure(value: float) -> str:
    """A value as a reader writes it: all digits of a large number, six of a small one."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.6g}"


def suggested(kind: str) -> str:
    """The status that a finding suggests for its cells; ``keep`` leaves it as it is."""
    return SUGGESTED[kind].name.lower() if kind in SUGGESTED else "keep"


def notes(hidden: int, confidence: float) -> list[Note]:
    """What the check does not do, and what it leaves out."""
    said = [
        Note(
            Text(
                "体检只加一层标记，不改任何值；每条给出置信度与理由，是否采信由使用者决定。",
                "The check adds a layer and changes no value; each finding has its confidence and "
                "reason, and whether to act on it is for the user to decide.",
            )
        ),
        Note(
            Text(
                "异常与跳变多半是真实事件，状态建议为保留；填补与照抄的格子从未被观测过。",
                "Most outliers and jumps are real events, so their status is kept; cells that were "
                "filled or copied were never observed.",
            )
        ),
    ]
    if hidden:
        said.append(
            Note(
                Text(
                    "{n} 条置信度低于 {c:g} 的未列出。",
                    "{n} findings with a confidence below {c:g} are not listed.",
                ).format(n=hidden, c=confidence)
            )
        )
    return said


def figures() -> tuple[Figure, ...]:
    """The figure of the result."""
    return (
        Figure(
            "kinds",
            "bar",
            "by_kind",
            Text("各类问题涉及多少单元格", "How many cells each kind of finding touches"),
            Text(
                "一个单元格可以属于几类；针对整个序列的提示计零格。",
                "A cell may belong to several kinds; remarks on whole series count no cells.",
            ),
            {"label": "kind_title", "value": "cells", "format": "d"},
        ),
    )
