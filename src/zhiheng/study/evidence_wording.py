"""What may be said of an arrow: the verb follows the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.catalog.theory import Edge, theory
from zhiheng.core.registry import catalogue
from zhiheng.core.result import Figure
from zhiheng.core.text import Text
from zhiheng.study.run_types import Criterion, EdgeFinding, EdgeStatus

READINGS = {
    "untested": Text(
        "文献有此主张：{cause}关系到{effect}；本次没有检验",
        "the literature links {cause} to {effect}; not tested here",
    ),
    "insufficient": Text(
        "没有足够证据表明{cause}与{effect}相关",
        "not enough evidence that {cause} goes with {effect}",
    ),
    "arithmetic": Text(
        "{cause}与{effect}的同动，主要是共用数据的算术",
        "{cause} and {effect} move together mainly by the arithmetic of shared data",
    ),
    "association": Text(
        "{cause}较高之处，{effect}较{direction}；这是相关，不说明作用",
        "where {cause} is higher, {effect} is {direction}; an association, not an effect",
    ),
    "identified": Text(
        "{cause}提高使{effect}{direction}，依据是{design}",
        "{cause} {direction} {effect}, on the strength of {design}",
    ),
}
"""Only the last is causal: tests hold every other sentence of the report to the same."""
COMPARED = {"+": Text("高", "higher"), "-": Text("低", "lower")}
CAUSED = {"+": Text("上升", "raises"), "-": Text("下降", "lowers")}


def reading(status: EdgeStatus, cause: Text, effect: Text, sign: str, design: str) -> Text:
    """An arrow in words that its status allows."""
    causal = status == "identified"
    named = catalogue()[design].summary if design else Text.same("—")
    return READINGS[status].format(
        cause=cause,
        effect=effect,
        direction=(CAUSED if causal else COMPARED)[sign],
        design=Text(named.zh.split("：")[0], named.en.split(":")[0].split(",")[0]),
    )


def reason(criteria: Sequence[Criterion]) -> Text:
    """What the status stands on: what was met, or what was not."""
    failed = [c.name for c in criteria if not c.passed]
    if not failed:
        return Text("全部判据通过", "every criterion is met")
    return Text("未通过：{f}", "not met: {f}").format(
        f=Text("；".join(t.zh for t in failed), "; ".join(t.en for t in failed))
    )


def construction(edge: Edge) -> EdgeFinding:
    """An arrow from an index to one of its own groups: true before any data are seen."""
    graph = theory()
    cause, effect = graph.node(edge.from_).title, graph.node(edge.to).title
    return EdgeFinding(
        edge=edge.id,
        status="arithmetic",
        numbers={"overlap_share": 1.0},
        reason=Text(
            "{effect}的得分是指数的组成部分：两者同动由构造而来，回归只会量出权重",
            "the score of {effect} is a part of the index: they move together by construction, and "
            "a regression would measure the weights",
        ).format(effect=effect),
        reading=reading("arithmetic", cause, effect, edge.sign, ""),
    )


def graph_figure() -> Figure:
    """The theory with its evidence."""
    return Figure(
        name="graph",
        kind="graph",
        table="edges",
        title=Text("理论图与本次运行的证据", "The theory graph and the evidence of this run"),
        reading=Text(
            "线型表示证据状态，图例列出本次出现的各种；箭头方向是理论所说的方向，不是本次结果。",
            "Line style is the evidence, the key lists those that occur; arrows point as the "
            "theory says, not as this run found.",
        ),
        encodings={"nodes": "nodes"},
    )
