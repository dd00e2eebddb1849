"""The theory graph: who says that what leads to what, in which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar

from pydantic import Field

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Words,
    read_toml,
    refuse_dangling,
    refuse_repeats,
)
from zhiheng.catalog.regions import Level
from zhiheng.catalog.systems import Direction
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

FILE = "theory/graph.toml"

NodeKind = Literal["cause", "arm", "channel", "outcome", "moderator"]
Sign = Literal["+", "-"]
Form = Literal["linear", "nonlinear"]
Reach = Literal["arithmetic", "association", "identified"]


class Measure(Entry):
    """What can stand for a node in data: an expression, or the score of a system or its group.

    `direction` says whether more of the measure means more of the node.
    """

    level: Level
    expression: str = ""
    system: str = ""
    group: str = ""
    direction: Direction
    title: Words


class Node(Entry):
    """A concept of the theory and its place on the canvas.

    A moderator carries the sentence that names it; other nodes are named by edges.
    """

    id: str
    title: Words
    kind: NodeKind
    x: float
    y: float
    quotation: Words | None = None
    paper: str = ""
    section: str = ""
    measures: tuple[Measure, ...] = ()


class Edge(Entry):
    """A claim of the literature: `from_` leads to `to`.

    Attributes
    ----------
    sign : {"+", "-"}
        Between the nodes as named, not between their measures; see `expected_sign`.
    quotation : Text
        The exact Chinese sentence and our translation.
    path : str
        Edges of one path belong to one claim, such as ``M5``.
    form : {"linear", "nonlinear"}
        What the paper says about the shape, in the words of `form_quotation`.
    moderators : tuple of str
        Nodes that the papers name as conditions.
    estimators : tuple of str
        Methods and designs that may speak to this edge.
    status : {"untested"}
        Always: evidence exists in results only.
    """

    id: str
    from_: str = Field(alias="from")
    to: str
    sign: Sign
    quotation: Words
    paper: str
    section: str
    path: str = ""
    form: Form = "linear"
    form_quotation: Words | None = None
    moderators: tuple[str, ...] = ()
    estimators: tuple[str, ...] = Field(min_length=1)
    status: Literal["untested"]


class Paper(Entry):
    """A paper that edges quote."""

    id: str
    citation: Words
    status: EntryStatus


class Estimator(Entry):
    """A method that may speak to an edge, by its registered name, and how far it reaches."""

    id: str
    title: Words
    reaches: Reach


Named = TypeVar("Named", Node, Edge, Paper)


class _File(Entry):
    width: float
    height: float
    title: Words
    reading: Words
    paper: tuple[Paper, ...]
    estimator: tuple[Estimator, ...]
    node: tuple[Node, ...]
    edge: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class TheoryGraph:
    """Nodes and edges, with the papers and estimators that they name.

    `width` and `height` are the canvas on which nodes have their places, y downwards.
    """

    width: float
    height: float
    title: Text
    reading: Text
    papers: tuple[Paper, ...]
    estimators: tuple[Estimator, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def edge(self, name: str) -> Edge:
        """One edge; raises C415 for an unknown one."""
        return _named(self.edges, name, Text("机理箭头", "edge of the theory"))

    def node(self, name: str) -> Node:
        """One node; raises C415 for an unknown one."""
        return _named(self.nodes, name, Text("理论节点", "node of the theory"))

    def paper(self, name: str) -> Paper:
        """One paper; raises C415 for an unknown one."""
        return _named(self.papers, name, Text("文献", "paper"))

    def measures(self, node: str, level: str) -> tuple[Measure, ...]:
        """What stands for a node in the data of one level; may be empty."""
        return tuple(m for m in self.node(node).measures if m.level == level)

    def reachable(self, start: str) -> frozenset[str]:
        """The nodes that edges lead to from `start`, itself included."""
        seen, open_ = {start}, [start]
        while open_:
            here = open_.pop()
            new = [e.to for e in self.edges if e.from_ == here and e.to not in seen]
            seen.update(new)
            open_ += new
        return frozenset(seen)

    def named_moderators(self) -> Iterator[str]:
        """Every moderator that an edge names."""
        for one in self.edges:
            yield from one.moderators


@cache
def theory() -> TheoryGraph:
    """The theory graph of the catalog."""
    read = read_toml(FILE, _File)
    for items, kind in (
        (read.node, Text("节点", "node")),
        (read.edge, Text("机理箭头", "edge")),
        (read.paper, Text("文献", "paper")),
    ):
        refuse_repeats((item.id for item in items), where=FILE, kind=kind)
    _check_names(read)
    return TheoryGraph(
        width=read.width,
        height=read.height,
        title=read.title,
        reading=read.reading,
        papers=read.paper,
        estimators=read.estimator,
        nodes=read.node,
        edges=read.edge,
    )


def expected_sign(edge: Edge, cause: Measure, effect: Measure) -> Sign:
    """The sign that the claim implies between two measures of its ends.

    Fewer emissions per GDP are more of carbon neutrality, so a ``+`` claim about
    neutrality implies a negative coefficient on emissions.
    """
    flips = (cause.direction == "less") + (effect.direction == "less") + (edge.sign == "-")
    return "-" if flips % 2 else "+"


def _named(items: tuple[Named, ...], name: str, kind: Text) -> Named:
    found = {item.id: item for item in items}
    if name not in found:
        raise unknown_name("C415", name, found, kind=kind)
    return found[name]


def _check_names(read: _File) -> None:
    nodes = [n.id for n in read.node]
    conditions = [n.id for n in read.node if n.kind == "moderator"]
    ends = [(e.id, end) for e in read.edge for end in (e.from_, e.to)]
    refuse_dangling(ends, nodes, where=FILE)
    refuse_dangling(((e.id, m) for e in read.edge for m in e.moderators), conditions, where=FILE)
    cited = [(e.id, e.paper) for e in read.edge] + [(n.id, n.paper) for n in read.node if n.paper]
    refuse_dangling(cited, (p.id for p in read.paper), where=FILE)
    used = ((e.id, name) for e in read.edge for name in e.estimators)
    refuse_dangling(used, (e.id for e in read.estimator), where=FILE)
