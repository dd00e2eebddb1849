"""Notes and figures of the measures of inequality."""

from __future__ import annotations

from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.sample import FEW, Sample, bootstrap_note
from zhiheng.diagnose.theil_wording import titled, zero_note

__all__ = ["figures", "rule_notes", "shift_notes", "sign_of", "titled", "trend_notes"]

RELATIVE = ("gini", "cv", "theil_t", "theil_l", "atkinson")
"""Measures that obey the transfer principle and are compared when a trend is stated."""


def sign_of(change: float) -> str:
    """``rises``, ``falls`` or ``still``."""
    return "rises" if change > 0 else "falls" if change < 0 else "still"


def rule_notes(data: Sample, *, epsilon: float, draws: int, level: float) -> list[Note]:
    """Conventions, intervals, zeros."""
    said = [
        Note(
            Text(
                "各测度用总体公式（除数 N），不作小样本修正；阿特金森 ε = {e}；"
                "90/10 分位比用分布函数的反函数取点。",
                "Measures are in population form (divisor N) without small-sample factors; "
                "Atkinson has epsilon = {e}; the 90/10 ratio takes points of the "
                "inverse distribution "
                "function.",
            ).format(e=f"{epsilon:g}")
        )
    ]
    if draws:
        said.append(bootstrap_note(draws, level, within=False))
    zero = data.mask & (data.values == 0)
    if zero.any():
        said.append(zero_note(data, zero))
    count = int(data.mask.sum(axis=0).min())
    if count < 4 * FEW:
        said.append(
            Note(
                Text(
                    "有的时期只有 {n} 个地区：样本很小时测度本身偏低，区间偏窄。",
                    "Some periods have {n} entities only: in so small a sample measures run low "
                    "and intervals narrow.",
                ).format(n=count),
                level="caution",
                code="M857",
            )
        )
    return said


def trend_notes(trend: Table) -> list[Note]:
    """The sentence that the numbers allow about widening."""
    rows = [trend.row(i) for i in range(len(trend))]
    chosen = [r for r in rows if r["measure"] in RELATIVE and r["change"] is not None]
    said = {str(r["trend"]) for r in chosen}
    when = {"a": chosen[0]["period_from"], "b": chosen[0]["period"]}
    if "no_interval" in said:
        return []
    if said == {"unclear"}:
        return [
            Note(
                Text(
                    "{a} 到 {b}：没有一种相对测度的变化区间排除零，不能断定差距扩大或缩小。",
                    "{a} to {b}: no relative measure has an interval of its change that excludes "
                    "zero; neither widening nor narrowing can be told.",
                ).format(**when)
            )
        ]
    if {"widened", "narrowed"} <= said or "unclear" in said:
        listed = Text(
            "；".join(f"{r['measure_title_zh']}：{r['trend_title_zh']}" for r in chosen),
            "; ".join(f"{r['measure_title_en']}: {r['trend_title_en']}" for r in chosen),
        )
        return [
            Note(
                Text(
                    "{a} 到 {b}，各相对测度说法不一：{s}。",
                    "{a} to {b}: the relative measures do not agree: {s}.",
                ).format(s=listed, **when),
                level="caution",
                code="M853",
            )
        ]
    word = {
        "widened": Text("扩大", "widening"),
        "narrowed": Text("缩小", "narrowing"),
    }[said.pop()]
    return [
        Note(
            Text(
                "{a} 到 {b}：五种相对测度的区间都表明差距{w}（以变量有真零点为前提）。",
                "{a} to {b}: the intervals of all five relative measures show {w}, provided that "
                "the variable has a true zero.",
            ).format(w=word, **when)
        )
    ]


def shift_notes(shifts: Table) -> list[Note]:
    """Whether the sign of the trend hangs on the zero point, and where it turns."""
    rows = [shifts.row(i) for i in range(len(shifts))]
    absolute = next(r for r in rows if r["measure"] == "gini_absolute")
    # In the shift the sign of the change of the Gini is that of a straight line: if it is the
    # same with the zero at the least value and with the zero infinitely far below, where the
    # absolute Gini decides, it is the same for every zero.
    turned = [
        r for r in rows
        if (r["measure"] != "gini_absolute" and r["sign"] != _as_is(rows, r["measure"]))
        or (r["measure"] == "gini" and r["sign"] != absolute["sign"])
    ]  # fmt: skip
    if not turned:
        return [
            Note(
                Text(
                    "零点检验：不论零点放在哪里，基尼系数变化的方向都相同，"
                    "不受平移影响的绝对基尼也是{s}。",
                    "Zero point: wherever the zero is put the Gini changes in the same direction, "
                    "and so does the absolute Gini, which no shift can move: it {s}.",
                ).format(s=Text(str(absolute["sign_title_zh"]), str(absolute["sign_title_en"])))
            )
        ]
    gini = next(r for r in rows if r["measure"] == "gini")
    where = gini["turning_shift"]
    place = (
        Text(
            f"；基尼系数在平移 {where:.4g} 处变号",
            f"; that of the Gini turns at a shift of {where:.4g}",
        )
        if isinstance(where, float)
        else ""
    )
    return [
        Note(
            Text(
                "零点检验：首末变化的方向取决于零点放在哪里（{m}）{p}。变量有真零点（如人均产值）时"
                "以原值为准；没有真零点（如极差标准化的指数）时，相对测度不能说明差距扩大或缩小，"
                "只看不受平移影响的绝对基尼：{s}。",
                "Zero point: the direction of the change hangs on where the zero is put ({m}){p}. "
                "With a true zero, as in output per head, the values as they are decide; without "
                "one, as in a min-max index, relative measures cannot say whether the gap widens, "
                "and only the absolute Gini stands, which no shift can move: it {s}.",
            ).format(
                m=Text(
                    "、".join(dict.fromkeys(str(r["measure_title_zh"]) for r in turned)),
                    ", ".join(dict.fromkeys(str(r["measure_title_en"]) for r in turned)),
                ),
                p=place,
                s=Text(str(absolute["sign_title_zh"]), str(absolute["sign_title_en"])),
            ),
            level="caution",
            code="M851",
        )
    ]


def _as_is(rows: list[dict[str, float | int | str | bool | None]], measure: object) -> object:
    return next(r["sign"] for r in rows if r["shift"] == "as_is" and r["measure"] == measure)


def figures(*, several: bool) -> tuple[Figure, ...]:
    """The Gini over the periods with its band, and relative changes of all measures."""
    line = Figure(
        "gini",
        "line",
        "measures",
        Text("基尼系数及其区间", "The Gini coefficient and its interval"),
        Text(
            "线是各期的基尼系数，带是重抽地区得到的区间；各期的带彼此相关，比较首末看“趋势”表。",
            "The line is the Gini of each period, the band its interval from resampled entities; "
            "bands of periods depend on each other, so compare first and last in the trend table.",
        ),
        {
            "x": "period", "colour": "measure", "value": "value", "low": "ci_low",
            "high": "ci_high", "y_title": "gini", "where": {"measure": "gini"},
        },
    )  # fmt: skip
    if not several:
        return (line,)
    moved = Figure(
        "trend",
        "interval",
        "trend",
        Text("首末两期之间的相对变化", "Relative change from the first to the last period"),
        Text(
            "点是相对变化，线是区间；线跨过零，就不能断定扩大或缩小。",
            "Dots are relative changes and bars their intervals; where a bar crosses zero, neither "
            "widening nor narrowing can be told.",
        ),
        {
            "label": "measure", "value": "relative_change", "low": "relative_low",
            "high": "relative_high", "reference": 0, "format": ".1%",
        },
    )  # fmt: skip
    return line, moved
