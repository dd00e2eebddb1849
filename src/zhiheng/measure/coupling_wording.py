"""Notes and figures of coupling coordination."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.grades import GradeScale
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Json, Note
from zhiheng.core.text import Text
from zhiheng.kernels.coupling import Coupling
from zhiheng.measure.coupling_input import Systems

SHOWN = 8


def formula_title(name: str) -> Text:
    """How a formula of the coupling is called."""
    return option_word("coupling_formula", name)


def notes(
    panel: Panel,
    data: Systems,
    found: Coupling,
    scale: GradeScale,
    options: tuple[str, str | None],
) -> list[Note]:
    """What to know before the numbers are read; `options` are the form and `weights_in`."""
    form, weights_in = options
    said = [
        Note(
            Text("耦合度公式：{f}。", "Formula of the coupling: {f}.").format(f=formula_title(form))
        ),
        Note(
            Text(
                "等级取自 {c} 每级含下限、不含上限；"
                "等级依赖各系统的标准化，不可与别的研究直接比较。",
                "Grades after: {c} Each holds its lower limit and not its upper. They depend on "
                "how the systems were scaled and do not compare with other studies.",
            ).format(c=scale.citation)
        ),
    ]
    if data.unequal:
        said.append(_weights(weights_in))
    low = (found.coupling >= scale.high_coupling) & (found.development < scale.low_development)
    if low.any():
        said.append(_low(panel, low, scale))
    if (data.levels == 0).any():
        said.append(_zeros(panel, (data.levels == 0).any(axis=-1)))
    return said


def figures(several: bool, *, drawn: bool) -> tuple[Figure, ...]:
    """The ranking in the last period, and what moved it where there is more than one period."""
    place: dict[str, Json] = {
        "label": "entity", "value": "coordination", "sort": "-value", "where": {"period": "last"},
    }  # fmt: skip
    ends: dict[str, Json] = {"low": "coordination_low", "high": "coordination_high"}
    ranking = Figure(
        "coordination",
        "interval" if drawn else "bar",
        "coordination",
        Text("最近一期的耦合协调度", "Coupling coordination in the last period"),
        _WITH_INTERVAL if drawn else _BARS,
        place | ends if drawn else place,
    )
    if not several:
        return (ranking,)
    moved = Figure(
        "change",
        "bar",
        "change",
        Text("首末两期之间协调度的变化", "Change of coordination, first to last period"),
        Text(
            "柱在零的右边表示协调度提高；来自哪个系统见“变化来源”表。",
            "A bar to the right of zero is a rise; the table of drivers says which system it "
            "came from.",
        ),
        {"label": "entity", "value": "change", "sort": "-value", "reference": 0},
    )
    return ranking, moved


def _weights(weights_in: str | None) -> Note:
    if weights_in == "both":
        return Note(
            Text(
                "C 与 T 用同一组权重：C 是加权几何平均与加权算术平均之比。",
                "C and T carry the same weights: C is the weighted geometric over the weighted "
                "arithmetic mean.",
            )
        )
    return Note(
        Text(
            "只有 T 用了不等的权重，C 对各系统一视同仁；文献多这样印，但两处权重不一致。",
            "Only T carries the unequal weights, C treats all systems alike: most papers print it "
            "so, though the two then disagree.",
        ),
        level="caution",
        code="M687",
    )


def _low(panel: Panel, low: NDArray[np.bool_], scale: GradeScale) -> Note:
    return Note(
        Text(
            "{n} 个单元格的耦合度不低于 {c}，发展度却低于 {t}：高耦合只表示各系统同样低。如 {s}",
            "In {n} cells coupling is {c} or more while development is below {t}: high coupling "
            "only says that the systems are equally low. Such as {s}",
        ).format(
            n=int(low.sum()), c=scale.high_coupling, t=scale.low_development, s=_some(panel, low)
        ),
        level="caution",
        code="M688",
    )


def _zeros(panel: Panel, zero: NDArray[np.bool_]) -> Note:
    return Note(
        Text(
            "{n} 个单元格有系统为零，D 因此为零，不论其余系统多好；"
            "若零来自极差标准化，它是标准化的产物。如 {s}",
            "In {n} cells a system is zero and so is D, however good the others are; a zero from "
            "min-max scaling is made by the scaling. Such as {s}",
        ).format(n=int(zero.sum()), s=_some(panel, zero)),
        level="caution",
        code="M689",
    )


def _some(panel: Panel, hit: NDArray[np.bool_]) -> Text:
    places = list(zip(*np.nonzero(hit), strict=True))
    more = "…" if len(places) > SHOWN else ""
    named = [(panel.name(panel.entities[e]), panel.periods[t]) for e, t in places[:SHOWN]]
    return Text(
        "、".join(f"{n.zh} {t}" for n, t in named) + (more or "。"),
        ", ".join(f"{n.en} {t}" for n, t in named) + (more or "."),
    )


_BARS = Text(
    "柱越长，各系统越高且越均衡；等级见表。",
    "The longer a bar, the higher and the more even the systems; grades are in the table.",
)
_WITH_INTERVAL = Text(
    "圆点是本次算法的协调度，横线是换用其他站得住的算法时的 5% 至 95% 范围；圆点靠近一端，"
    "说明本次算法偏高或偏低。",
    "The dot is coordination by this recipe, the line spans 5 % to 95 % under other defensible "
    "ones; a dot near an end means that this recipe is on the high or the low side.",
)


def interval_note(recipes: int, draws: int, seed: int) -> Note:
    """What the interval of coordination stands on."""
    return Note(
        Text(
            "协调度区间取自 {d} 次抽取：{r} 种得分在零与一之间、各期可比的指数算法及其权重扰动，"
            "种子 {s}；等级的范围随之给出。",
            "The interval of coordination comes from {d} draws over {r} recipes of the index whose "
            "scores lie between zero and one and compare between periods, with drawn weights; seed "
            "{s}. The range of grades goes with it.",
        ).format(d=draws, r=recipes, s=seed)
    )
