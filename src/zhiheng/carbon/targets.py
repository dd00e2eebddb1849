"""Announced targets against what was achieved: required pace, recent pace, gap by year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from zhiheng.carbon import target_tables as tables
from zhiheng.carbon.completeness import left_out_notes
from zhiheng.carbon.peak_input import AMOUNTS, no_amount
from zhiheng.carbon.target_input import Measured, measure
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import title_in
from zhiheng.catalog.targets import Target, targets_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text

# The line is made of the same numbers that it is checked against.
ROUNDING = 1e-9


@method(zh="目标差距：公布的目标、所需速度、近年速度与逐年差距", example="regions")
def targets(
    panel: Panel,
    *,
    targets: Sequence[str] | None = None,
    emissions: str = "co2",
    recent: int = 5,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Compare announced targets with what was achieved and with the pace that is left.

    Use it to say how far a target is off, year by year and in pace. A target whose
    series the panel lacks is said to be not computable; no other quantity takes its
    place. National targets are a yardstick for provinces, not targets of theirs.

    Parameters
    ----------
    panel : Panel
    targets : list of str, optional
        Catalogued targets; all by default.
    emissions : str
        The series or expression that stands for emissions; its boundary must be that
        of the target to be read as one.
    recent : int
        Years over which the recent pace is taken, from 1.
    gaps : {"refuse", "drop"}

    Raises
    ------
    ZhihengError
        C450 an unknown target, M800 gaps, M974 no amount of emissions, M975 zeros, M979
        no target can be computed, M980 an option out of range.
    """
    if recent < 1:
        raise _out_of_range(recent)
    chosen = targets_of(targets)
    if any("{emissions}" in t.expression for t in chosen):
        _refuse_no_amount(panel, emissions)
    found: list[Measured] = []
    missing: list[tuple[Target, str]] = []
    for target in chosen:
        one = measure(panel, target, emissions, recent, gaps)
        if isinstance(one, str):
            missing.append((target, one))
        else:
            found.append(one)
    if not found:
        raise _none(missing)
    result = {
        "gaps": tables.gaps(found),
        "levels": tables.levels(found),
        "by_year": tables.by_year(found),
        "announced": tables.announced(found),
    }
    if missing:
        result["missing"] = tables.missing(missing)
    reported = tables.reported(found)
    if reported:
        result["reported"] = reported
    return Result(
        result,
        _figures(found),
        tuple(_notes(panel, found, missing, emissions, recent, reported)),
        _checks(found),
        tuple(sorted({s for one in found for s in one.series})),
    )


def _refuse_no_amount(panel: Panel, emissions: str) -> None:
    """Raise M974 for emissions that are none; what the panel lacks is said target by target."""
    meaning = scope(panel.level)
    known = {*panel.series, *meaning.constants, *meaning.definitions}
    if set(needs(emissions, meaning)) <= known:
        unit = evaluate(emissions, panel, meaning).unit
        if unit not in AMOUNTS:
            raise no_amount(emissions, unit)


def _checks(found: Sequence[Measured]) -> tuple[Check, ...]:
    off = [0.0]
    for one in found:
        ahead = one.years_left
        if ahead > 0 and one.geometric:
            reached = one.latest * (1 + one.required) ** ahead
            open_ = np.array(one.state) != "met"
            off.append(float(np.max(np.abs(reached / one.goal - 1)[open_], initial=0.0)))
    return (
        Check(
            Text(
                "按所需速度走到期限，正好到达目标",
                "the required pace ends exactly at the target by its deadline",
            ),
            max(off),
            ROUNDING,
        ),
    )


def _figures(found: Sequence[Measured]) -> tuple[Figure, ...]:
    lead = found[0]
    if len(lead.entities) > 1:
        pace = Figure(
            "pace",
            "dumbbell",
            "gaps",
            Text("近年速度与所需速度：{t}", "Recent and required pace: {t}").format(
                t=lead.target.title
            ),
            Text(
                "空心点是近年每年的变化，实心点是到期限前每年所需的变化。",
                "The hollow dot is the recent change a year, the full one what is required each "
                "year until the deadline.",
            ),
            {
                "label": "entity", "value": "recent_pace", "other": "required_pace",
                "format": "+.1%", "where": {"target_id": lead.target.id},
            },
        )  # fmt: skip
        return (pace,)
    path = Figure(
        "progress",
        "bar",
        "gaps",
        Text("各目标走完了多少", "How much of the way to each target is done"),
        Text(
            "100% 是走完全程；小于零是离目标更远了。",
            "100% is the whole way; below zero is farther off than at the start.",
        ),
        {"label": "target_id", "value": "progress", "format": ".0%"},
    )
    return (path,)


def _notes(
    panel: Panel,
    found: Sequence[Measured],
    missing: Sequence[tuple[Target, str]],
    emissions: str,
    recent: int,
    reported: Table | None,
) -> list[Note]:
    out = [
        Note(
            Text(
                "所需速度：从末年值到目标值每年不变的变化率（份额为每年的百分点，碳中和为末年值的份额；"
                "已达到的为零）。近年速度：最近 {r} 年。偏离：末年值比按目标路线应有的值高出多少。",
                "Required pace: the constant rate from the latest value to the goal (points a year "
                "for shares, shares of the latest value for neutrality; zero where it is met). "
                "Recent pace: over the last {r} years. Off track: by how much the latest value "
                "lies above the line to the goal.",
            ).format(r=recent)
        )
    ]
    if panel.level != "economy":
        out.append(
            Note(
                Text(
                    "这些是国家目标，对省份只是同一把尺子；各省自己的分解目标不在目录里。",
                    "These are national targets and a common yardstick for provinces; what was "
                    "assigned to each province is not in the catalogue.",
                ),
                level="caution",
            )
        )
    if emissions != "co2":
        out.append(
            Note(
                Text(
                    "排放取 {x}：目标指的是能源活动的全部二氧化碳，"
                    "口径不同时差距不能直接当作目标的差距。",
                    "Emissions are {x}: the targets mean all CO2 of energy use, so that with "
                    "another boundary the gap is not simply that to the target.",
                ).format(x=title_in(panel, emissions)),
                level="caution",
            )
        )
    out += [Note(one.target.note) for one in found if one.target.note]
    if reported:
        apart = reported.columns["difference_reported"]
        out.append(
            Note(
                Text(
                    "这些序列算出的变化与官方公布的相差 {a:+.1f} 至 {b:+.1f} 个百分点"
                    "（正为降得少）："
                    "排放与产出的来源不同，考核以官方数为准。",
                    "Changes by these series differ from what was reported by {a:+.1f} to {b:+.1f} "
                    "percentage points (above zero: a smaller reduction): sources of emissions and "
                    "output differ, and the assessment goes by the official figures.",
                ).format(a=100 * float(apart.min()), b=100 * float(apart.max())),
                level="caution",
            )
        )
    if missing:
        out.append(
            Note(
                Text(
                    "{n} 个目标缺序列或基年，算不了：{s}。",
                    "{n} targets lack a series or the base year and are not computable: {s}.",
                ).format(
                    n=len(missing),
                    s=Text(
                        "；".join(t.title.zh for t, _ in missing),
                        "; ".join(t.title.en for t, _ in missing),
                    ),
                ),
                level="caution",
            )
        )
    out += left_out_notes(sorted({e for one in found for e in one.left_out}))
    return out


def _none(missing: Sequence[tuple[Target, str]]) -> ZhihengError:
    return ZhihengError(
        "M979",
        Text("没有一个目标可以计算。", "No target can be computed."),
        evidence=[{"target": t.id, "title": t.title, "missing": why} for t, why in missing],
        fix=Text(
            "补上所缺的序列或基年；省级面板用 emissions= 指明排放序列。",
            "Add the series or base year that is missing; for provinces name the emissions with "
            "emissions=.",
        ),
    )


def _out_of_range(recent: int) -> ZhihengError:
    return ZhihengError(
        "M980",
        Text("选项超出范围。", "An option is out of range."),
        evidence=[{"option": "recent", "value": recent, "allowed": "1-"}],
        fix=Text("改到所示范围之内。", "Bring it into the range shown."),
    )
