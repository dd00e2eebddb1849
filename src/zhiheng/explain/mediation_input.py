"""What a call of mediation must satisfy, and the arrows of theory that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiheng.catalog.theory import theory as theory_graph
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text

FEWEST_DRAWS = 100
"""Fewer draws say nothing about the tails that an interval stands on."""
LONGEST_CHAIN = 4
"""Four mediators in a row have fifteen routes; more can be neither argued nor read."""
SIGNS = ("+", "-")


@dataclass(frozen=True, slots=True)
class Arrow:
    """What theory says of treatment to mediator: a sign, and the sentence it stands on."""

    sign: str
    quotation: Text | None = None


def check_call(mediators: Sequence[str], *, serial: bool, draws: int, level: float) -> None:
    """Refuse options that do not go together or are out of range (M748)."""
    if not mediators:
        raise _options(
            Text("没有给出中介变量。", "No mediator is given."),
            Text("写 mediators=[…]。", "Give mediators=[…]."),
        )
    if serial and not 2 <= len(mediators) <= LONGEST_CHAIN:
        raise _options(
            Text(
                "链式中介需要两到 {m} 个按因果次序排列的中介，给了 {n} 个。",
                "A serial model needs two to {m} mediators in causal order; {n} are given.",
            ).format(m=LONGEST_CHAIN, n=len(mediators)),
            Text("去掉 serial，或改中介的个数。", "Leave out serial, or change the mediators."),
        )
    if draws < FEWEST_DRAWS or not 0 < level < 1:
        raise _options(
            Text(
                "draws 至少 {m}，level 在零与一之间；给的是 {d} 与 {v}。",
                "draws must be at least {m} and level between zero and one; given are {d} and {v}.",
            ).format(m=FEWEST_DRAWS, d=draws, v=level),
            Text("改这两个选项。", "Change these options."),
        )


def read_arrows(mediators: Sequence[str], given: Mapping[str, str]) -> tuple[Arrow, ...]:
    """The arrow of each mediator; an empty sign where theory was not consulted (M748)."""
    for name in given:
        if name not in mediators:
            raise unknown_name("M748", name, mediators, kind=Text("中介变量", "mediator"))
    return tuple(_arrow(given.get(m, "")) for m in mediators)


def _arrow(text: str) -> Arrow:
    if not text or text in SIGNS:
        return Arrow(text)
    edges = {edge.id: edge for edge in theory_graph().edges}
    if text not in edges:
        kind = Text("符号或机理箭头", "sign or arrow of theory")
        raise unknown_name("M748", text, [*SIGNS, *edges], kind=kind)
    edge = edges[text]
    return Arrow(edge.sign, edge.quotation)


def _options(what: Text, fix: Text) -> ZhihengError:
    return ZhihengError("M748", what, fix=fix)
