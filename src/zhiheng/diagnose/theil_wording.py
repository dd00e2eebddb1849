"""Notes, names of parts and figures of the Theil decomposition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.sample import FEW, Sample, bootstrap_note, few_note
from zhiheng.kernels.theil import Nested

Array = NDArray[np.float64]
Of = Callable[[Array, Array], Array]
Levels = Sequence[tuple[NDArray[np.intp], int]]


def titled(
    column: str, words: str, values: NDArray[np.str_] | Sequence[str], times: int
) -> dict[str, list[str]]:
    """A column of codes, repeated, with its words in both languages."""
    codes = [str(v) for v in values] * times
    found = [option_word(words, code) for code in codes]
    return {
        column: codes,
        f"{column}_title_zh": [w.zh for w in found],
        f"{column}_title_en": [w.en for w in found],
    }


def components(named: tuple[Groups, ...]) -> dict[str, Text]:
    """The total and the parts, in order, with their names."""
    depth = len(named)
    out = {"theil_total": Text("总体", "total")}
    for k in range(depth):
        name = "theil_between" if k == 0 else f"theil_between_{k + 1}"
        if depth == 1:
            out[name] = Text("组间", "between groups")
        elif k == 0:
            out[name] = Text("第一级组之间", "between level-1 groups")
        else:
            out[name] = Text(
                f"第一级组内、第 {k + 1} 级组之间" if k == 1 else f"第 {k + 1} 级组之间",
                f"between level-{k + 1} groups inside level {k}",
            )
    out["theil_within"] = Text("组内" if depth == 1 else "最细组之内", "within groups"
                         if depth == 1 else "within the finest groups")  # fmt: skip
    return out


def notes(
    data: Sample,
    named: tuple[Groups, ...],
    found: Mapping[str, Nested],
    *,
    draws: int,
    level: float,
    alpha: float | None,
) -> list[Note]:
    """Rules applied and what to mind."""
    equal = bool((data.base[data.mask] == 1).all())
    who = (
        Text("各地区权重相同", "every entity counts the same")
        if equal
        else Text("各地区按人口加权", "entities are weighted by population")
    )
    said = [
        Note(
            Text(
                "{w}。T 的组内项按数值占比加权，L 的按地区（人口）占比加权；"
                "零值在 T 中按 0·ln 0 = 0 计。",
                "{w}. Inner terms of T are weighted by shares of the variable, those of L by "
                "shares of entities or people; a zero counts as 0 ln 0 = 0 in T.",
            ).format(w=Text(who.zh, who.en.capitalize()))
        )
    ]
    if alpha is not None:
        said.append(
            Note(
                Text("广义熵 GE 的参数为 {a}。", "GE has the parameter {a}.").format(a=f"{alpha:g}")
            )
        )
    if draws:
        said.append(bootstrap_note(draws, level, within=True))
        sizes = np.bincount(named[0].number, minlength=len(named[0].ids))
        few = [t for t, n in zip(named[0].titles, sizes, strict=True) if n < FEW]
        said += [few_note(few)] if few else []
    zero = data.mask & (data.values == 0)
    if zero.any():
        said.append(zero_note(data, zero))
    return said


def zero_note(data: Sample, zero: NDArray[np.bool_]) -> Note:
    """Where L is infinite because somebody has nothing."""
    cells = list(zip(*np.nonzero(zero), strict=True))
    shown = ", ".join(f"{data.panel.entities[e]}/{data.panel.periods[t]}" for e, t in cells[:8])
    return Note(
        Text(
            "有 {n} 个零值：泰尔 L、对数标准差在这些时期为无穷，不给出：{s}{m}",
            "There are {n} zeros: Theil L and the deviation of logs are infinite in these periods "
            "and not given: {s}{m}",
        ).format(n=len(cells), s=shown, m="…" if len(cells) > 8 else ""),
        level="caution",
        code="M850",
    )


def figures(*, several: bool) -> tuple[Figure, ...]:
    """The parts of T by period, and what changed."""
    stack = Figure(
        "parts",
        "stack",
        "decomposition",
        Text("差距从哪里来：泰尔 T 的各部分", "Where disparity comes from: the parts of Theil T"),
        Text(
            "每根柱子是一个时期，各段之和就是泰尔 T；组间段越长，差距越是组与组之间的差距。",
            "Each bar is a period and its parts add up to Theil T; the longer the part between "
            "groups, the more disparity is one between groups.",
        ),
        {
            "x": "period",
            "colour": "part",
            "value": "value",
            "y_title": "theil_t",
            "where": {"measure": "theil_t", "kind": "part"},
        },
    )
    if not several:
        return (stack,)
    moved = Figure(
        "change",
        "interval",
        "change",
        Text("首末两期之间泰尔 T 的变化", "Change of Theil T from the first to the last period"),
        Text(
            "点是变化，线是区间；线跨过零，就不能断定扩大或缩小。",
            "Dots are changes and bars their intervals; where a bar crosses zero, neither widening "
            "nor narrowing can be told.",
        ),
        {"label": "part", "value": "change", "where": {"measure": "theil_t"}},
    )
    return stack, moved
