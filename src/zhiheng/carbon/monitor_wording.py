"""Notes, checks and figures of `monitor`, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.carbon.monitor_input import Stream, opening
from zhiheng.carbon.monitor_ledger import SUSPECT, Ledger
from zhiheng.carbon.monitor_year import FEWEST, Ahead
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.nowcast import RULES

VIEWS_CHECK = Text(
    "三种视角的合计都等于本年已入账的排放",
    "all three views sum to what is booked of the year",
)


NO_BUDGET = Text(
    "读数是状态量，没有排放可比，budget 没有用上。",
    "Readings are states without emissions, so that budget is not used.",
)
GRID_GIVEN = Text(
    "给出了 grid，grid_area 与 grid_year 没有用上。",
    "As grid is given, grid_area and grid_year are not used.",
)


def notes(ledger: Ledger, ahead: Ahead, *, gaps: str, flagged: str, level: float) -> list[Note]:
    """What counts, what is doubtful, and how far the nowcast can be trusted."""
    out = [_accounts(ledger)]
    missing = int((~np.isfinite(ledger.stream.raw)).sum())
    if missing and gaps == "count":
        out.append(
            Note(
                Text(
                    "缺 {n} 个读数：不计入账目；年度估计里单列 missing_estimate，按{k}的均值推算。",
                    "{n} readings are missing: the accounts leave them out; the nowcast shows them "
                    "apart as missing_estimate, the mean of {k}.",
                ).format(n=missing, k=_ALIKE["M" if ahead.monthly else "D"]),
                level="caution",
                code="M953",
            )
        )
    doubtful = int(np.any([ledger.marks[k] for k in SUSPECT], axis=0).sum())
    if doubtful:
        kept = (
            Text("仍计入账目", "still count")
            if flagged == "keep"
            else Text("没有计入账目", "are left out")
        )
        out.append(
            Note(
                Text(
                    "{n} 个读数可疑（超出物理范围、孤立尖峰、卡死），{k}；逐一列在 anomalies 表。",
                    "{n} readings are doubtful (out of range, lone spikes, stuck) and {k}; the "
                    "table anomalies lists them.",
                ).format(n=doubtful, k=kept),
                level="caution",
                code="M953",
            )
        )
    out += _late(ledger.stream, ahead.year)
    return [*out, *_ahead(ahead, level)]


_ALIKE = {
    "M": Text("前后几年同一月", "the same month of the years around"),
    "D": Text("同一星期几前后四周", "the same weekday within four weeks"),
}


def _late(stream: Stream, year: int) -> list[Note]:
    """Devices whose first reading is in the year itself: nothing before it is in the year."""
    seen = np.isfinite(stream.raw)
    first = seen.argmax(axis=1)
    start = int(np.flatnonzero(stream.year == year)[0])
    opens = opening(stream, start)
    late = [
        f"{d.entity} ({stream.when(int(t))})"
        for d, t in zip(stream.devices, first, strict=True)
        if stream.year[t] == year and (t > start or not opens)
    ]
    if not late:
        return []
    shown = ", ".join(late[:8]) + (" …" if len(late) > 8 else "")
    return [
        Note(
            Text(
                "有 {n} 台设备的读数在年内才开始：{s}。此前没有读数，不在账目和全年估计里，"
                "与全年预算比较时偏低。",
                "{n} devices were first read within the year: {s}. What went before is in neither "
                "the accounts nor the nowcast, which is low beside a budget of the whole year.",
            ).format(n=len(late), s=shown),
            level="caution",
            code="M953",
        )
    ]


def _accounts(ledger: Ledger) -> Note:
    if ledger.stream.kind == "level":
        return Note(
            Text(
                "读数是状态量（如浓度）：给均值，不换算排放。",
                "Readings are states, such as concentrations: means are kept, no emissions.",
            )
        )
    return Note(
        Text(
            "排放 = 读数 × 该年因子（factors 表列出数值、来源与状态）；燃料是直接排放（范围一），"
            "外购电力与热力是间接排放（范围二），两者不可相加成全社会总量，以免与发电侧重复。",
            "Emissions are readings times the factor of their year (values, sources and status in "
            "the table factors). Fuels are direct emissions (scope 1), bought electricity and heat "
            "indirect ones (scope 2); added up over a whole society they would count power "
            "stations twice.",
        )
    )


def _ahead(ahead: Ahead, level: float) -> list[Note]:
    if not ahead.left:
        return [Note(Text("这一年已经完整，没有要估计的余下部分。",
                          "The year is complete: nothing is left to expect."))]  # fmt: skip
    out = [
        Note(
            Text(
                "全年估计 = 已入账 + 缺口推算 + 余下的期望；期望的取法在以往起点上比误差选定，"
                "区间由以往同样长的余下部分的误差给出（{c}），起点相互重叠，按独立段数放宽。",
                "The nowcast is what is booked, plus an estimate for gaps, plus what is expected "
                "of the rest. The rule was chosen by its error at earlier origins; the {c} "
                "interval comes from errors over remainders of the same length, widened for "
                "origins that overlap.",
            ).format(c=f"{1 - level:.0%}")
        )
    ]
    if not np.isfinite(ahead.low):
        out.append(
            Note(
                Text(
                    "历史太短（同样长的余下部分不足 {n} 个），没有区间。",
                    "The past is too short (fewer than {n} remainders of this length): there is no "
                    "interval.",
                ).format(n=FEWEST),
                level="caution",
                code="M953",
            )
        )
    past = ahead.record
    if past is not None and len(past.origins):
        ours, naive = float(np.abs(past.error).mean()), float(np.abs(past.naive_error).mean())
        if ours >= naive and ahead.found and RULES[ahead.found.rule] != RULES[0]:
            out.append(
                Note(
                    Text(
                        "以往的记录并不比照搬去年同期好：估计只值那么多。",
                        "Its record is no better than last year's same days: it is worth no more.",
                    ),
                    level="caution",
                )
            )
    else:
        out.append(
            Note(
                Text(
                    "没有足够的历史重演这一估计，记录为空。",
                    "There is too little past to replay the nowcast: it has no record.",
                ),
                level="caution",
            )
        )
    return out


def figures(
    tables: Mapping[str, Table], stream: Stream, budget: float | None
) -> tuple[Figure, ...]:
    """Monthly totals, the gauge of the year, and which device was read when."""
    value = "mean_level" if stream.kind == "level" else "emissions_booked"
    kind = "line" if stream.kind == "level" else "stack"
    gauge: dict[str, str | float] = {
        "label": "year", "value": "nowcast", "low": "low", "high": "high", "format": ",.0f",
    }  # fmt: skip
    if budget is not None:
        gauge["reference"] = budget
    else:
        gauge["reference"] = float(tables["nowcast"].columns["booked"][0])
    return (
        Figure(
            "by_month",
            kind,
            "by_month",
            Text("逐月排放", "Emissions by month") if kind == "stack"
            else Text("逐月均值", "Means by month"),
            Text(
                "一根柱子是一个月里读到的排放，按部门分；读数不全的月份偏低，见完整率。",
                "A bar is what was read in a month, by sector; months with gaps are low, see "
                "completeness.",
            ),
            {"x": "period", "colour": "sector", "value": value},
        ),
        Figure(
            "gauge",
            "interval",
            "nowcast",
            Text("全年估计与预算", "Nowcast of the year beside the budget")
            if budget is not None
            else Text("全年估计与已入账", "Nowcast of the year beside what is booked"),
            Text(
                "点是全年估计，横线是区间，竖线是预算（没有预算时是已入账的量）。",
                "The point is the nowcast, the line its interval, the upright the budget (what is "
                "booked where there is none).",
            ),
            gauge,
        ),
        Figure(
            "coverage",
            "class_grid",
            "coverage",
            Text("哪台设备哪个月有读数", "Which device was read in which month"),
            Text(
                "一格是一台设备一个月：深色读数齐全，浅色有缺，棕色缺得多。",
                "A square is one device and month: dark is complete, light has gaps, brown has "
                "many.",
            ),
            {"row": "entity", "column": "when", "category": "coverage_class",
             "order": ["complete", "mostly", "partly", "poor"]},
        ),
    )  # fmt: skip
