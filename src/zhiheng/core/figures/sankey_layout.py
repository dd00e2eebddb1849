"""Where the nodes and ribbons of a flow diagram stand: stages, order, heights.

A layered drawing in the manner of Sugiyama: nodes are put into stages, flows that pass
a stage get a place of their own in it, each stage is ordered by the mean place of its
neighbours, and heights are in proportion. The same flows always give the same drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SWEEPS = 24  # times that each stage is put in the order of its neighbours' mean place
_RELAX = 32  # times that nodes move towards their neighbours
_THINNEST = 0.35  # of the height that gaps may take at most


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount above zero from one node to another."""

    source: str
    target: str
    value: float


@dataclass(slots=True)
class Block:
    """A node, or the place where a long flow passes a stage; `top` and `height` in px.

    `value` is the larger of what comes in and what goes out.
    """

    key: str
    stage: int
    value: float
    passing: bool = False
    inflow: float = 0.0
    outflow: float = 0.0
    top: float = 0.0
    height: float = 0.0

    @property
    def middle(self) -> float:
        """The px of the middle."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A flow between two stages: upper edges at either end, and the thickness, px."""

    flow: int
    start: str
    end: str
    start_top: float
    end_top: float
    thickness: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of everything. `pieces` of one flow follow each other."""

    blocks: Mapping[str, Block]
    pieces: tuple[Piece, ...]
    stages: int


@dataclass(slots=True)
class _Net:
    blocks: dict[str, Block] = field(default_factory=dict[str, Block])
    segments: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    stages: list[list[str]] = field(default_factory=list[list[str]])


def layout(flows: Sequence[Flow], *, height: float, gap: float) -> Layout:
    """Place flows in a drawing of `height` px with `gap` px between the nodes of a stage.

    Nodes that nothing enters stand first, nodes that nothing leaves stand last. A flow
    back to an earlier stage is drawn back; a flow of a node to itself is not drawn but counts.
    """
    net = _net(flows)
    net.stages = _ordered(net, flows)
    _heights(net, height, gap)
    _relax(net, flows, height, gap)
    return Layout(net.blocks, tuple(_pieces(net, flows)), len(net.stages))


def stages(flows: Sequence[Flow]) -> dict[str, int]:
    """The stage of each node: the longest way from a first node, last nodes at the end."""
    nodes = list(dict.fromkeys(k for f in flows for k in (f.source, f.target)))
    forward = _forward(flows, nodes)
    out = dict.fromkeys(nodes, 0)
    for _ in nodes:  # the longest way has fewer steps than there are nodes
        changed = False
        for a, b in forward:
            if out[b] < out[a] + 1:
                out[b], changed = out[a] + 1, True
        if not changed:
            break
    last = max(out.values(), default=0)
    leaving = {a for a, _ in forward}
    return {k: v if k in leaving else last for k, v in out.items()}


def _forward(flows: Sequence[Flow], nodes: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs without those that close a circle, found in the order of the table."""
    after: dict[str, list[str]] = {k: [] for k in nodes}
    for f in flows:
        if f.source != f.target and f.target not in after[f.source]:
            after[f.source].append(f.target)
    out: list[tuple[str, str]] = []
    state: dict[str, int] = {}
    entered = {f.target for f in flows if f.source != f.target}
    for root in [*(k for k in nodes if k not in entered), *nodes]:
        if root in state:
            continue
        state[root] = 1
        way = [(root, iter(after[root]))]
        while way:
            node, rest = way[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                way.pop()
                continue
            if state.get(following) == 1:
                continue  # it closes a circle
            out.append((node, following))
            if following not in state:
                state[following] = 1
                way.append((following, iter(after[following])))
    return out


def _net(flows: Sequence[Flow]) -> _Net:
    at = stages(flows)
    net = _Net(stages=[[] for _ in range(max(at.values(), default=0) + 1)])
    for key, stage in at.items():
        inflow = sum(f.value for f in flows if f.target == key)
        outflow = sum(f.value for f in flows if f.source == key)
        net.blocks[key] = Block(key, stage, max(inflow, outflow), False, inflow, outflow)
        net.stages[stage].append(key)
    for n, f in enumerate(flows):
        if f.source == f.target:
            continue
        before = f.source
        for stage in range(at[f.source] + 1, at[f.target]):
            key = f"\0{n}:{stage}"  # no node of a table has this name
            net.blocks[key] = Block(key, stage, f.value, True, f.value, f.value)
            net.stages[stage].append(key)
            net.segments.append((n, before, key))
            before = key
        net.segments.append((n, before, f.target))
    return net


def _beside(net: _Net, flows: Sequence[Flow]) -> dict[str, list[tuple[str, float]]]:
    out: dict[str, list[tuple[str, float]]] = {k: [] for k in net.blocks}
    for n, a, b in net.segments:
        out[a].append((b, flows[n].value))
        out[b].append((a, flows[n].value))
    return out


def _ordered(net: _Net, flows: Sequence[Flow]) -> list[list[str]]:
    """The order with the least weighted crossing of all that the sweeps pass."""
    beside = _beside(net, flows)
    rows = [list(row) for row in net.stages]
    best, least = [list(row) for row in rows], crossing(rows, net.segments, flows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        order = range(len(rows)) if down else range(len(rows) - 1, -1, -1)
        for stage in order:
            at = _places(rows, net)
            mean: dict[str, float] = {}
            for k in rows[stage]:
                near = [(o, w) for o, w in beside[k]
                        if (net.blocks[o].stage < stage) == down]  # fmt: skip
                weight = sum(w for _, w in near)
                mean[k] = sum(at[o] * w for o, w in near) / weight if weight else at[k]
            rows[stage].sort(key=lambda k, mean=mean: mean[k])
        found = crossing(rows, net.segments, flows)
        if found < least:
            best, least = [list(row) for row in rows], found
    return best


def _places(rows: Sequence[Sequence[str]], net: _Net) -> dict[str, float]:
    """The middle of each block as a share of its stage, by value."""
    out: dict[str, float] = {}
    for row in rows:
        whole, passed = sum(net.blocks[k].value for k in row) or 1.0, 0.0
        for k in row:
            out[k] = (passed + net.blocks[k].value / 2) / whole
            passed += net.blocks[k].value
    return out


def crossing(
    rows: Sequence[Sequence[str]],
    segments: Sequence[tuple[int, str, str]],
    flows: Sequence[Flow],
) -> float:
    """The sum over crossing pairs of the smaller of their values."""
    at = {k: (stage, i) for stage, row in enumerate(rows) for i, k in enumerate(row)}
    out = 0.0
    by_stage: dict[tuple[int, int], list[tuple[int, int, float]]] = {}
    for n, a, b in segments:
        pair = (at[a][0], at[b][0])
        by_stage.setdefault(pair, []).append((at[a][1], at[b][1], flows[n].value))
    for found in by_stage.values():
        for i, (a, b, v) in enumerate(found):
            for c, d, w in found[:i]:
                if (a - c) * (b - d) < 0:
                    out += min(v, w)
    return out


def _heights(net: _Net, height: float, gap: float) -> None:
    """One scale for all stages, so that heights compare across the whole drawing."""
    scale = min(
        (height - _between(row, height, gap) * (len(row) - 1))
        / (sum(net.blocks[k].value for k in row) or 1.0)
        for row in net.stages
        if row
    )
    for row in net.stages:
        whole = sum(net.blocks[k].value for k in row) * scale
        step = _between(row, height, gap)
        top = (height - whole - step * (len(row) - 1)) / 2
        for k in row:
            block = net.blocks[k]
            block.height, block.top = block.value * scale, top
            top += block.height + step


def _between(row: Sequence[str], height: float, gap: float) -> float:
    return min(gap, height * _THINNEST / max(len(row) - 1, 1))


def _relax(net: _Net, flows: Sequence[Flow], height: float, gap: float) -> None:
    """Nodes move to the mean height of their neighbours; none overlap, none leave the drawing."""
    beside = _beside(net, flows)
    for step in range(_RELAX):
        pull = 0.99**step
        order = net.stages if step % 2 == 0 else net.stages[::-1]
        for row in order:
            for k in row:
                weight = sum(w for _, w in beside[k])
                if weight:
                    mean = sum(net.blocks[o].middle * w for o, w in beside[k]) / weight
                    net.blocks[k].top += (mean - net.blocks[k].middle) * pull
            _apart(row, net, height, _between(row, height, gap))


def _apart(row: Sequence[str], net: _Net, height: float, gap: float) -> None:
    floor = 0.0
    for k in row:
        net.blocks[k].top = max(net.blocks[k].top, floor)
        floor = net.blocks[k].top + net.blocks[k].height + gap
    ceiling = height
    for k in reversed(row):
        block = net.blocks[k]
        block.top = min(block.top, ceiling - block.height)
        ceiling = block.top - gap


def _pieces(net: _Net, flows: Sequence[Flow]) -> list[Piece]:
    """Flows leave and enter a node in the order of what stands at their other end."""
    scale = next((b.height / b.value for b in net.blocks.values() if b.value), 0.0)
    starts = _ports(net, flows, scale, end=False)
    ends = _ports(net, flows, scale, end=True)
    return [
        Piece(n, a, b, starts[i], ends[i], flows[n].value * scale)
        for i, (n, a, b) in enumerate(net.segments)
    ]


def _ports(net: _Net, flows: Sequence[Flow], scale: float, *, end: bool) -> dict[int, float]:
    mine: dict[str, list[int]] = {}
    far: list[str] = []
    for i, (_, a, b) in enumerate(net.segments):
        mine.setdefault(b if end else a, []).append(i)
        far.append(a if end else b)
    out: dict[int, float] = {}
    for key, found in mine.items():
        other = {i: net.blocks[far[i]].middle for i in found}
        at = net.blocks[key].top
        for i in sorted(found, key=lambda i, other=other: (other[i], i)):
            out[i] = at
            at += flows[net.segments[i][0]].value * scale
    return out
