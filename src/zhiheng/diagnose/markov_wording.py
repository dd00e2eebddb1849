"""What is said beside transition probabilities: rules, cautions, refusals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.markov import Intervals, Steady


def rule_notes(cut: str, lag: int, draws: int, level: float) -> list[Note]:
    """How classes were cut, transitions counted and intervals made."""
    notes = [
        Note(
            Text(
                "级按分位数划分（第七型，线性内插），恰在分界上的值归入较低的级，第一级最低。",
                "Classes are cut at quantiles (type 7, linear interpolation); a value exactly on a "
                "cut goes to the lower class; class 1 is the lowest.",
            )
        )
    ]
    if cut == "per_period":
        notes.append(
            Note(
                Text(
                    "逐期分级：各级份额按构造不变，转移只反映相对位次，稳态也接近均分。",
                    "Classes are cut within each period: their shares are constant by "
                    "construction, moves are relative to the others, and the steady state is "
                    "nearly even.",
                ),
                code="M824",
            )
        )
    if lag > 1:
        notes.append(
            Note(
                Text(
                    "相隔 {k} 期的转移彼此重叠，不能当作独立观测。",
                    "Transitions over {k} periods overlap and are not independent observations.",
                ).format(k=lag)
            )
        )
    if draws:
        notes.append(_interval_note(draws, level))
    return notes


def _interval_note(draws: int, level: float) -> Note:
    return Note(
        Text(
            "标准误与 {l} 百分位区间由整个地区有放回重抽 {d} 次得到，分界不重算；"
            "没有观测到的转移，或某级唯一的去向，重抽看不出变化，因此不给区间。",
            "Standard errors and {l} percentile intervals come from {d} resamples of whole "
            "entities with the cuts held; a move that was never seen, or the only one from its "
            "class, does not vary in them and gets no interval.",
        ).format(l=f"{100 * (1 - level):g}%", d=draws)
    )


def class_notes(
    members: NDArray[np.int64], counts: NDArray[np.float64], found: Intervals | None
) -> list[Note]:
    """Classes without members or without a transition, and draws that left a row undefined."""
    notes: list[Note] = []
    empty = np.flatnonzero(members == 0)
    if len(empty):
        notes.append(
            Note(
                Text(
                    "第 {c} 级没有成员（许多值相同，分界重合），其转移概率没有定义。",
                    "Class {c} has no member (many values are equal and cuts coincide); its "
                    "transition probabilities are undefined.",
                ).format(c=listed(empty)),
                level="caution",
                code="M822",
            )
        )
    idle = np.flatnonzero((members > 0) & (counts.sum(axis=1) == 0))
    if len(idle):
        notes.append(
            Note(
                Text(
                    "第 {c} 级有成员，但没有以它为起点的转移，其转移概率没有定义。",
                    "Class {c} has members but no transition starts from it; its probabilities are "
                    "undefined.",
                ).format(c=listed(idle)),
                level="caution",
                code="M825",
            )
        )
    if found is not None:
        notes += _thin_notes(counts, found)
    return notes


def _thin_notes(counts: NDArray[np.float64], found: Intervals) -> list[Note]:
    thin = np.flatnonzero((counts.sum(axis=1) > 0) & (found.undefined > 0))
    if not len(thin):
        return []
    worst = int(found.undefined[thin].max())
    return [
        Note(
            Text(
                "第 {c} 级集中在少数地区：至多 {n} 次重抽里没有它的转移，区间只用其余各次。",
                "Class {c} rests on few entities: up to {n} resamples held no transition from it, "
                "and its intervals use the others only.",
            ).format(c=listed(thin), n=worst),
            level="caution",
            code="M826",
        )
    ]


def steady_notes(steady: Steady) -> list[Note]:
    """Why there is no steady state, or what it rests on."""
    if steady.irreducible:
        return [
            Note(
                Text(
                    "稳态是假定转移概率永远不变时的长期份额，不是预测。",
                    "The steady state is the long run of unchanging probabilities, not a forecast.",
                )
            )
        ]
    sets_zh = "；".join(f"{{{listed(c)}}}" for c in steady.closed)
    sets_en = "; ".join(f"{{{listed(c)}}}" for c in steady.closed)
    return [
        Note(
            Text(
                "不给出稳态：观测到的链可约，级并非两两可达；进入后不再离开的级集合：{s}。",
                "No steady state: the observed chain is reducible, not every class can be reached "
                "from every other; sets of classes that are never left: {s}.",
            ).format(s=Text(sets_zh, sets_en)),
            level="caution",
            code="M823",
        )
    ]


def listed(classes: Iterable[int] | NDArray[np.intp]) -> str:
    """Class numbers as readers count them, from 1."""
    return ", ".join(str(int(c) + 1) for c in classes)
