"""What is said beside transition probabilities: rules, cautions, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.markov_long_run import Tested
from zhiheng.kernels.markov import Intervals, Steady


def rule_notes(
    cut: str, lag: int, draws: int, level: float, cut_offs: Sequence[float] | None = None
) -> list[Note]:
    """How classes were cut, transitions counted and intervals made."""
    if cut_offs:
        notes = [
            Note(
                Text(
                    "级按给定的固定分界划分，恰在分界上的值归入较低的级，第一级最低。",
                    "Classes lie between the cut-offs given; a value exactly on a cut goes to the "
                    "lower class; class 1 is the lowest.",
                )
            )
        ]
    else:
        notes = [
            Note(
                Text(
                    "级按分位数划分（第七型，线性内插），恰在分界上的值归入较低的级，第一级最低。",
                    "Classes are cut at quantiles (type 7, linear interpolation); a value exactly "
                    "on a cut goes to the lower class; class 1 is the lowest.",
                )
            )
        ]
    if cut == "per_period" and not cut_offs:
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


def forecast_note(last: int, lag: int) -> Note:
    """What the carried-forward shares stand on."""
    return Note(
        Text(
            "向前各步的份额由 {p} 期的分布乘转移概率的幂得到，假定概率不变，每步 {k} 期；"
            "区间只含概率估计的误差。",
            "Shares ahead are those of {p} times powers of the transition probabilities, held "
            "constant, in steps of {k} periods; intervals hold the error of the probabilities "
            "only.",
        ).format(p=last, k=lag)
    )


def conditional_notes(counts: NDArray[np.float64], lost: int, lag_cut: str) -> list[Note]:
    """How the lag was cut, and where its classes hold too little."""
    own = Text("滞后值自身的分位数", "quantiles of the lag itself")
    same = Text("与变量相同的分界", "the cuts of the variable")
    notes = [
        Note(
            Text(
                "空间滞后是邻居的加权平均（或加权和），按{w}分级；转移归入其起点时的滞后级。",
                "The spatial lag is the weighted mean (or sum) of neighbours, cut at {w}; a "
                "transition belongs to the lag class at its start.",
            ).format(w=same if lag_cut == "variable" else own)
        )
    ]
    if lost:
        notes.append(
            Note(
                Text(
                    "{n} 个单元格的邻居都没有观测值，其转移不入任何滞后级。",
                    "{n} cells have no observed neighbour; their transitions are in no lag class.",
                ).format(n=lost),
                level="caution",
                code="M873",
            )
        )
    regime, start = np.nonzero(counts.sum(axis=2) == 0)
    if len(regime):
        pairs = ", ".join(f"{r + 1}:{s + 1}" for r, s in zip(regime, start, strict=True))
        notes.append(
            Note(
                Text(
                    "下列“滞后级:起点级”没有转移，概率没有定义：{p}。",
                    "No transition starts from these lag class:class pairs, whose probabilities "
                    "are undefined: {p}.",
                ).format(p=pairs),
                level="caution",
                code="M873",
            )
        )
    return notes


def homogeneity_notes(tests: Sequence[Tested]) -> list[Note]:
    """What the p values of the homogeneity tests rest on."""
    notes = [
        Note(
            Text(
                "同质性检验的卡方 p 值把各次转移当作独立，同一地区的转移相依时偏小；"
                "自由度按 Bickenbach 与 Bode 只计有观测的行与格。",
                "Chi-squared p values of the homogeneity tests take transitions as independent and "
                "are too small when those of an entity depend on each other; degrees of freedom "
                "count rows and cells with observations (Bickenbach and Bode).",
            )
        )
    ]
    permuted = [t for t in tests if t.permutations]
    if permuted:
        notes.append(
            Note(
                Text(
                    "置换 p 值：空间检验随机对调地区的位置、每次重算滞后及其分级；"
                    "分组检验随机分派地区；均以整段历史为单位，{n} 次。",
                    "Permutation p values: for space, entities trade places and the lag and its "
                    "classes are made anew each time; for groups, entities are dealt to groups; "
                    "whole histories move, {n} times.",
                ).format(n=permuted[0].permutations)
            )
        )
    return notes


def cut_notes(both: Table, found: Intervals | None, cut: str) -> list[Note]:
    """Both ways of cutting in one sentence, and whether a claim may rest on one of them."""
    stays = both.columns["from_class"] == both.columns["to_class"]
    one, two = (both.columns[name][stays] for name in ("pooled", "per_period"))
    text = Text(
        "两种分级并列（见表）：留在原级的平均概率，全样本分级 {a}，逐期分级 {b}；"
        "逐期分级使各级份额恒定，只有两种分级都支持的结论才可写。",
        "Both cuts side by side (see the table): mean probability of staying {a} with pooled "
        "cuts, {b} with cuts per period; cuts per period force constant class shares, so write "
        "only what both support.",
    ).format(a=_mean(one), b=_mean(two))
    notes = [Note(text)]
    if found is not None:
        other = both.columns["per_period" if cut == "pooled" else "pooled"]
        outside = (other < found.low.ravel()) | (other > found.high.ravel())
        if outside.any():
            start, end = both.columns["from_class"], both.columns["to_class"]
            cells = ", ".join(f"{start[i]}→{end[i]}" for i in np.flatnonzero(outside))
            notes.append(
                Note(
                    Text(
                        "两种分级不一致：另一种分级的概率落在区间之外的转移：{c}。",
                        "The two cuts disagree: moves whose probability under the other cut lies "
                        "outside of the interval: {c}.",
                    ).format(c=cells),
                    level="caution",
                    code="M874",
                )
            )
    return notes


def _mean(values: NDArray[np.float64]) -> str:
    known = values[~np.isnan(values)]
    return f"{known.mean():.3f}" if len(known) else "—"


def listed(classes: Iterable[int] | NDArray[np.intp]) -> str:
    """Class numbers as readers count them, from 1."""
    return ", ".join(str(int(c) + 1) for c in classes)
