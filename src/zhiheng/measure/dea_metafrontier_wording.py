"""Notes and figures of group frontiers and the metafrontier."""

from __future__ import annotations

from zhiheng.catalog.entity_groups import Groups
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Model
from zhiheng.measure.production import certificate


def notes(model: Model, named: Groups, few: Table, residual: float, frontier: str) -> list[Note]:
    """What to know before the numbers are read."""
    said = [
        Note(
            Text(
                "{m}，{r}，前沿由{f}的观测构成。技术落差比 = 共同前沿效率 / 群组效率，"
                "越近 1，该组的前沿越近共同前沿。",
                "{m}, {r}, frontiers spanned by {f}. Technology gap ratio = efficiency against the "
                "metafrontier / against the group's: the nearer one, the nearer the group's "
                "frontier to that of all.",
            ).format(
                m=option_word("efficiency_measure", model.kind),
                r=option_word("returns_to_scale", model.returns),
                f=option_word("spanned_by", frontier),
            )
        ),
        Note(
            Text(
                "共同前沿是全部观测的凸包：它含有两组之间的组合，没有哪个组真的达到过；"
                "落差比因此偏低而不偏高。",
                "The metafrontier is the convex hull of all observations: it holds mixtures of "
                "groups that no group ever reached, so that the gap is rather too large than too "
                "small.",
            )
        ),
        certificate(residual),
    ]
    small = [g for g, yes in zip(range(len(named.ids)), few.columns["enough"], strict=True)
             if yes == "no"]  # fmt: skip
    if small:
        said.append(_small(named, few, small))
    return said


def _small(named: Groups, few: Table, small: list[int]) -> Note:
    have = few.columns["n"]
    zh = "、".join(f"{named.titles[g].zh}（{have[g]}）" for g in small)
    en = ", ".join(f"{named.titles[g].en} ({have[g]})" for g in small)
    return Note(
        Text(
            "观测太少的组：{g}；经验法则要求每个前沿至少 {n} 个观测。这些组的群组效率偏高、"
            "技术落差比偏低，不能据此说该组技术落后。可合并组，或用 frontier=pooled。",
            "Groups with too few observations: {g}; the rule of thumb asks for {n} to span a "
            "frontier. Efficiency in these groups is flattered and their technology gap "
            "overstated; no claim that they lag should rest on it. Join groups, or say "
            "frontier=pooled.",
        ).format(g=Text(zh, en), n=int(few.columns["needed"][0])),
        level="caution",
        code="M674",
    )


def figures(several: bool) -> tuple[Figure, ...]:
    """The mean gap of groups: over periods, or as bars where there is one."""
    title = Text("各组的平均技术落差比", "Mean technology gap ratio of groups")
    if several:
        reading = Text(
            "线越近 1，该组的前沿越近共同前沿；比较的是各组能做到什么，不是做得多好。",
            "The nearer a line to one, the nearer the group's frontier to that of all: what "
            "groups can do, not how well they do it.",
        )
        look = {"x": "period", "colour": "group", "value": "technology_gap", "reference": 1}
        return (Figure("technology_gap", "line", "groups", title, reading, look),)
    reading = Text(
        "柱越近 1，该组的前沿越近共同前沿。",
        "The nearer a bar to one, the nearer the group's frontier to that of all.",
    )
    return (
        Figure(
            "technology_gap", "bar", "groups", title, reading,
            {"label": "group", "value": "technology_gap", "sort": "-value"},
        ),
    )  # fmt: skip
