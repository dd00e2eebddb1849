"""The cheapest settings that meet a goal: sequential linear programmes on a simulator.

The simulator is a black box that returns, for settings scaled to [0, 1], a cost and a margin;
the goal is met where the margin is zero or less. Both are made linear around the present
settings, HiGHS solves the linear programme within a trust region, and the step is taken only if
the simulator itself confirms it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Evaluate = Callable[[Array], tuple[Array, Array]]
"""Settings of shape (C, N) to costs and margins, each of shape (C,)."""

STEP = 0.02
"""Distance of finite differences; wide, as a quantile over draws is kinked at small scales."""
FIRST, LEAST = 0.25, 2e-3
"""Trust region at the start and at the end; settings are scaled to [0, 1]."""
SHRINK = (1.0, 0.4, 0.16)
"""Trust regions tried at once, as parts of the present one."""
ROUNDS = 40
GRID, SPREAD, VALLEYS, APART = 8, 64, 3, 0.25
"""Uniform and spread settings that are tried to begin with; how many of the best are followed, and
how far from one another these are."""
BINDING = 1e-3
"""A goal that is met with less room than this, in the unit of the margin, binds."""
HEAVY = 20.0
"""Penalty of a margin of one, relative to full cost over the reach of the margin."""
TOUCH = 1e-9
"""A margin up to this part of its reach counts as zero: solutions lie on the bound itself."""
TRIVIAL = 1e-3
"""Settings smaller than this are tried at zero: a plan should not list what does nothing."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The cheapest settings found.

    Attributes
    ----------
    settings : ndarray, shape (N,)
        From 0 to 1.
    cost, margin : float
    shadow : float
        What a tightening of the margin by one would cost; NaN where the goal does not bind.
    met : bool
        Whether the margin is zero or less.
    runs : int
        Settings that were simulated.
    """

    settings: Array
    cost: float
    margin: float
    shadow: float
    met: bool
    runs: int


class _Counted:
    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self.runs = 0

    def __call__(self, x: Array) -> tuple[Array, Array]:
        self.runs += len(x)
        return self._evaluate(x)


def least_cost(evaluate: Evaluate, size: int, *, start: Array | None = None) -> Solution:
    """Minimise the cost subject to a margin of at most zero.

    Parameters
    ----------
    evaluate : callable
        Settings (C, N) to costs (C,) and margins (C,).
    size : int
        Number `N` of settings.
    start : ndarray, shape (N,), optional
        Where to begin besides the full settings and the least uniform ones that meet the goal.

    Returns
    -------
    Solution
        With the least margin that was reached where no settings meet the goal.
    """
    count = _Counted(evaluate)
    ends = np.stack([np.zeros(size), np.ones(size)])
    costs, margins = count(ends)
    reach = max(abs(margins[1] - margins[0]), 1e-12)
    touch = TOUCH * reach
    heavy = HEAVY * max(abs(costs[1] - costs[0]), 1e-12) / reach
    first = _scattered(count, size, heavy)
    if margins[0] <= 0:
        first.append(ends[0])
    if start is not None:
        first.append(start)
    found = [_descend(count, x, heavy, cheap=True) for x in first]
    met = [s for s in found if s[2] <= touch]
    if not met:
        best = min((_descend(count, x, heavy, cheap=False) for x in (ends[1], found[0][0])),
                   key=lambda s: s[2])  # fmt: skip
        if best[2] > touch:
            return Solution(best[0], best[1], best[2], np.nan, False, count.runs)
        met = [_descend(count, best[0], heavy, cheap=True)]
    x, cost, margin = min(met, key=lambda s: s[1])
    x, cost, margin = _tidied(count, x, cost, margin, touch)
    shadow = _shadow(count, x, touch)
    return Solution(x, cost, margin, shadow, True, count.runs)


def _scattered(count: _Counted, size: int, heavy: float) -> list[Array]:
    """The best of uniform settings and of points spread over the cube, far from one another.

    The cost of a goal has several valleys where a lever stops having effect beyond a point.
    """
    from scipy.stats import qmc

    uniform = np.repeat(np.arange(1, GRID + 1)[:, None] / GRID, size, axis=1)
    spread = qmc.Sobol(size, scramble=False).random(min(SPREAD, 4**size))
    points = np.concatenate([uniform, spread])
    costs, margins = count(points)
    chosen: list[Array] = []
    for n in np.argsort(_merit(costs, margins, heavy, cheap=True), kind="stable"):
        if all(np.abs(points[n] - other).max() > APART for other in chosen):
            chosen.append(points[n])
        if len(chosen) == VALLEYS:
            break
    return chosen


def _slopes(count: _Counted, x: Array) -> tuple[float, float, Array, Array]:
    """Cost and margin here, and their slopes, by one batch of runs."""
    step = np.where(x + STEP <= 1.0, STEP, -STEP)
    costs, margins = count(np.concatenate([x[None], x + np.diag(step)]))
    return (
        float(costs[0]), float(margins[0]),
        (costs[1:] - costs[0]) / step, (margins[1:] - margins[0]) / step,
    )  # fmt: skip


def _descend(count: _Counted, x: Array, heavy: float, *, cheap: bool) -> tuple[Array, float, float]:
    """Follow linear programmes; without `cheap` only the margin counts."""
    radius = FIRST
    cost, margin, by_cost, by_margin = _slopes(count, x)
    for _ in range(ROUNDS):
        weight = by_cost if cheap else by_margin
        # three trust regions are tried by one batch of runs
        moves = [
            _programme(x, weight, margin, by_margin, radius * s, heavy, cheap=cheap) for s in SHRINK
        ]
        there = np.clip(x + np.stack(moves), 0.0, 1.0)
        costs, margins = count(there)
        before = _merit(np.array(cost), np.array(margin), heavy, cheap=cheap)
        after = _merit(costs, margins, heavy, cheap=cheap)
        best = int(after.argmin())
        if after[best] < before - 1e-9 * abs(before):
            x, radius = there[best], min(radius * SHRINK[best] * 1.5, 0.5)
            cost, margin, by_cost, by_margin = _slopes(count, x)
        else:
            radius *= SHRINK[-1] * SHRINK[1]
        if radius < LEAST:
            break
    return x, cost, margin


def _merit(cost: Array, margin: Array, heavy: float, *, cheap: bool) -> Array:
    return cost + heavy * np.maximum(margin, 0.0) if cheap else margin


def _shadow(count: _Counted, x: Array, touch: float) -> float:
    """What a tightening of the margin by one costs: the multiplier of settings that are free.

    At the cheapest point the slope of the cost is minus the multiplier times the slope of the
    margin in every setting that is at neither end; with several such settings the multiplier is
    fitted by least squares.
    """
    free = np.flatnonzero((x > STEP) & (x < 1.0 - STEP))
    step = np.zeros((len(free), len(x)))
    step[np.arange(len(free)), free] = STEP
    # differences to both sides: one side alone is off by the curvature of the cost
    costs, margins = count(np.concatenate([x[None], x + step, x - step]))
    ahead, behind = slice(1, len(free) + 1), slice(len(free) + 1, None)
    by_cost = (costs[ahead] - costs[behind]) / (2 * STEP)
    by_margin = (margins[ahead] - margins[behind]) / (2 * STEP)
    power = float((by_margin**2).sum())
    if margins[0] < -max(BINDING, touch) or power == 0:
        return float("nan")
    found = -float((by_cost * by_margin).sum()) / power
    return found if found > 0 else float("nan")


def _programme(
    x: Array, weight: Array, margin: float, by_margin: Array, radius: float, heavy: float,
    *, cheap: bool,
) -> Array:  # fmt: skip
    """The best move within the trust region."""
    from scipy.optimize import linprog

    size = len(x)
    bounds = [(max(-radius, -v), min(radius, 1.0 - v)) for v in x]
    if not cheap:
        found = linprog(weight, bounds=bounds, method="highs")
        return found.x if found.success else np.zeros(size)
    # heavy as the cost of a slack keeps the programme feasible where the goal is far away
    scale = max(float(np.abs(weight).max(initial=0.0)), 1e-300)
    found = linprog(
        np.append(weight, heavy) / scale,
        A_ub=np.append(by_margin, -1.0)[None],
        b_ub=[-margin],
        bounds=[*bounds, (0.0, None)],
        method="highs",
    )
    return found.x[:-1] if found.success else np.zeros(size)


def _tidied(
    count: _Counted, x: Array, cost: float, margin: float, touch: float
) -> tuple[Array, float, float]:
    """Put to zero what does next to nothing, where the goal stays met."""
    tidy = np.where(x < TRIVIAL, 0.0, x)
    if (tidy == x).all():
        return x, cost, margin
    new_cost, new_margin = (float(v[0]) for v in count(tidy[None]))
    return (tidy, new_cost, new_margin) if new_margin <= touch else (x, cost, margin)
