"""What is compared with what: periods, entities with a reference, scenarios with a base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.reference import mean_state
from zhiheng.carbon.sectors import Spread
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.expression import Scope
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Array = NDArray[np.float64]
Between = Literal["periods", "entities", "scenarios"]

MEAN = "mean"
"""The base that is the mean of all entities."""
BETWEEN = "|"
"""Stands between the scenario and the region in the name of an entity."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Pairs of states.

    Attributes
    ----------
    between : {"periods", "entities", "scenarios"}
    targets : tuple of str
        What is explained: entities or scenarios; one empty name for periods.
    base : str
        The reference; empty for periods.
    regions : tuple of str
        Whose parts add up to one total: all entities (periods), the regions of a scenario, or
        one empty name (entities).
    rows : ndarray of int, shape (targets, regions)
        Rows of the panel.
    against : ndarray of int, shape (regions,)
        Rows of the base; empty where periods are compared or the base is the mean.
    first, last : ndarray of int, shape (steps,)
        Positions of the periods of both ends; equal where entities or scenarios are compared.
    chained : bool
        Whether steps make up one path.
    """

    between: Between
    targets: tuple[str, ...]
    base: str
    regions: tuple[str, ...]
    rows: NDArray[np.intp]
    against: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    chained: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ends of every comparison, leaves (regions times parts) last.

    Attributes
    ----------
    start, end : ndarray, shape (draws, targets, steps, leaves)
    x0, x1 : ndarray, shape (draws, targets, steps, leaves, factors)
    """

    start: Array
    end: Array
    x0: Array
    x1: Array


def plan(panel: Panel, between: Between, base: str, *, chain: bool) -> Plan:
    """Read the options.

    Raises
    ------
    ZhihengError
        C436 no such base, M831 fewer than two states, M958 options that do not go together.
    """
    if between == "periods":
        return _periods(panel, base, chain=chain)
    every = np.arange(len(panel.periods))
    if between == "entities":
        return _entities(panel, base or MEAN, every)
    return _scenarios(panel, base, every)


def _periods(panel: Panel, base: str, *, chain: bool) -> Plan:
    count = len(panel.periods)
    if count < 2:  # noqa: PLR2004  two ends of a change
        raise _too_few(
            Text("只有一个时期，没有变化可以分解。",
                 "There is one period only, so no change to decompose."),
            {"periods": ", ".join(map(str, panel.periods))},
            Text("至少选两个时期。", "Select two periods or more."),
        )  # fmt: skip
    if base and chain:
        raise _clash(
            {"between": "periods", "base": base, "chain": True},
            Text(
                "以固定的一期为基期时写 chain=False；链式分解的基期就是第一期。",
                "For one fixed base period say chain=False; a chain starts at the first period.",
            ),
        )
    first = np.arange(count - 1) if chain else np.array([0])
    last = first + 1 if chain else np.array([count - 1])
    if base:
        names = [str(p) for p in panel.periods]
        at = names.index(_known(base, names, Text("基期", "base period")))
        last = np.array([i for i in range(count) if i != at])
        first = np.full(len(last), at)
    rows = np.arange(len(panel.entities))[None, :]
    none = np.array([], dtype=np.intp)
    return Plan("periods", ("",), "", panel.entities, rows, none, first, last, chain)


def _entities(panel: Panel, base: str, every: NDArray[np.intp]) -> Plan:
    names = list(panel.entities)
    if len(names) < 2:  # noqa: PLR2004  one and its reference
        raise _too_few(
            Text("只有一个地区，没有可比的对象。", "There is one entity only, nothing to compare."),
            {"entities": ", ".join(names)},
            Text("至少选两个地区。", "Select two entities or more."),
        )
    against = np.array([], dtype=np.intp)
    if base != MEAN:
        _known(base, [MEAN, *names], Text("参照", "base"))
        against = np.array([names.index(base)])
    kept = [i for i, name in enumerate(names) if name != base]
    targets = tuple(names[i] for i in kept)
    rows = np.array(kept)[:, None]
    return Plan("entities", targets, base, ("",), rows, against, every, every, chained=False)


def _scenarios(panel: Panel, base: str, every: NDArray[np.intp]) -> Plan:
    split = [e.split(BETWEEN, 1) if BETWEEN in e else [e, ""] for e in panel.entities]
    scenarios = list(dict.fromkeys(s for s, _ in split))
    if len(scenarios) < 2:  # noqa: PLR2004  one and its base
        raise _too_few(
            Text("只有一个情景，没有可比的对象。", "There is one scenario only."),
            {"scenarios": ", ".join(scenarios)},
            Text(
                "把实体写成“情景|地区”（或只写情景），如 baseline|110000 与 policy|110000。",
                "Name entities SCENARIO|REGION (or the scenario alone), such as baseline|110000 "
                "and policy|110000.",
            ),
        )
    if not base:
        raise _clash(
            {"between": "scenarios", "scenarios": ", ".join(scenarios)},
            Text("用 base= 写明与哪个情景相比。", "Say with base= which scenario is the base."),
        )
    _known(base, scenarios, Text("情景", "scenario"))
    regions = tuple(r for s, r in split if s == base)
    targets = tuple(s for s in scenarios if s != base)
    at = {(s, r): i for i, (s, r) in enumerate(split)}
    absent = [(s, r) for s in targets for r in regions if (s, r) not in at]
    extra = [(s, r) for s, r in at if r not in regions]
    if absent or extra:
        raise ZhihengError(
            "M958",
            Text("各情景的地区不一致。", "The scenarios do not have the same regions."),
            evidence=[
                {"scenario": s, "region": r, "base": base} for s, r in [*absent, *extra]
            ],
            fix=Text("只选各情景都有的地区。", "Select regions that every scenario has."),
        )  # fmt: skip
    rows = np.array([[at[s, r] for r in regions] for s in targets])
    against = np.array([at[base, r] for r in regions])
    return Plan("scenarios", targets, base, regions, rows, against, every, every, chained=False)


def pair(
    plan: Plan, values: Array, wide: Spread, meaning: Scope, *, sink: NDArray[np.bool_]
) -> Pair:
    """Both ends of every comparison from the values of an identity.

    Parameters
    ----------
    plan : Plan
    values : ndarray, shape (draws, entities, parts, periods, 1 + factors)
        Left-hand side and factors; not negative.
    wide : Spread
        Its panel has draws times entities times parts as rows; the mean of entities is taken
        of numerators and denominators apart.
    meaning : Scope
    sink : ndarray of bool, shape (entities, parts)
        Leaves that are kept, all others count as zero.
    """
    end = np.take(values[:, plan.rows], plan.last, axis=-2)
    if plan.between == "periods":
        start = np.take(values[:, plan.rows], plan.first, axis=-2)
    elif plan.base == MEAN and not len(plan.against):
        start = np.broadcast_to(mean_state(wide, meaning, values)[:, None, None], end.shape)
    else:
        start = np.broadcast_to(values[:, plan.against][:, None], end.shape)
    kept = sink[plan.rows]
    ends = [_leaves(np.where(kept[None, ..., None, None], v, 0.0)) for v in (start, end)]
    (start, end) = ends
    return Pair(start[..., 0], end[..., 0], start[..., 1:], end[..., 1:])


def _leaves(values: Array) -> Array:
    """[draw, target, region, part, step, …] to [draw, target, step, leaf, …]."""
    moved = np.moveaxis(values, 4, 2)
    draws, targets, steps, regions, parts, width = moved.shape
    return moved.reshape(draws, targets, steps, regions * parts, width)


def _known(name: str, known: Sequence[str], kind: Text) -> str:
    if name not in known:
        raise unknown_name("C436", name, known, kind=kind)
    return name


def _too_few(what: Text, row: dict[str, object], fix: Text) -> ZhihengError:
    return ZhihengError("M831", what, evidence=[row], fix=fix)


def _clash(row: dict[str, object], fix: Text) -> ZhihengError:
    return ZhihengError(
        "M958",
        Text("这些选项不能一起用。", "These options do not go together."),
        evidence=[row],
        fix=fix,
    )
