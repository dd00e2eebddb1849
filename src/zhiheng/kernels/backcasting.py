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
ROUNDS = 40
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
    # a goal that is met at once still leaves settings that pay for themselves
    first = [ends[0]] if margins[0] <= 0 else [ends[1], *_uniform(count, size, margins[1])]
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
    x, cost, margin, shadow = min(met, key=lambda s: s[1])
    x, cost, margin = _tidied(count, x, cost, margin, touch)
    return Solution(x, cost, margin, shadow, True, count.runs)


def _uniform(count: _Counted, size: int, full: float) -> list[Array]:
    """The least uniform settings that meet the goal, if the full ones do."""
    if full > 0:
        return []
    low, high = 0.0, 1.0
    for _ in range(5):
        middle = 0.5 * (low + high)
        _, margin = count(np.full((1, size), middle))
        low, high = (low, middle) if margin[0] <= 0 else (middle, high)
    return [np.full(size, high)]


def _slopes(count: _Counted, x: Array) -> tuple[float, float, Array, Array]:
    """Cost and margin here, and their slopes, by one batch of runs."""
    step = np.where(x + STEP <= 1.0, STEP, -STEP)
    costs, margins = count(np.concatenate([x[None], x + np.diag(step)]))
    return (
        float(costs[0]), float(margins[0]),
        (costs[1:] - costs[0]) / step, (margins[1:] - margins[0]) / step,
    )  # fmt: skip


def _descend(
    count: _Counted, x: Array, heavy: float, *, cheap: bool
) -> tuple[Array, float, float, float]:
    """Follow linear programmes; without `cheap` only the margin counts."""
    radius, shadow = FIRST, np.nan
    cost, margin, by_cost, by_margin = _slopes(count, x)
    for _ in range(ROUNDS):
        weight = by_cost if cheap else by_margin
        move, shadow = _programme(x, weight, margin, by_margin, radius, heavy, cheap=cheap)
        there = np.clip(x + move, 0.0, 1.0)
        new_cost, new_margin = (float(v[0]) for v in count(there[None]))
        before, after = (
            (c + heavy * max(m, 0.0)) if cheap else m
            for c, m in ((cost, margin), (new_cost, new_margin))
        )
        if after < before - 1e-9 * abs(before):
            x, radius = there, min(radius * 1.5, 0.5)
            cost, margin, by_cost, by_margin = _slopes(count, x)
        else:
            radius *= 0.4
        if radius < LEAST:
            break
    return x, cost, margin, shadow


def _programme(
    x: Array, weight: Array, margin: float, by_margin: Array, radius: float, heavy: float,
    *, cheap: bool,
) -> tuple[Array, float]:  # fmt: skip
    """The best move within the trust region, and the dual of the goal."""
    from scipy.optimize import linprog

    size = len(x)
    bounds = [(max(-radius, -v), min(radius, 1.0 - v)) for v in x]
    if not cheap:
        found = linprog(weight, bounds=bounds, method="highs")
        return (found.x if found.success else np.zeros(size)), np.nan
    found = linprog(
        np.append(weight, heavy),
        A_ub=np.append(by_margin, -1.0)[None],
        b_ub=[-margin],
        bounds=[*bounds, (0.0, None)],
        method="highs",
    )
    if not found.success:
        return np.zeros(size), np.nan
    dual = float(-found.ineqlin.marginals[0])
    return found.x[:-1], dual if dual > 0 else np.nan


def _tidied(
    count: _Counted, x: Array, cost: float, margin: float, touch: float
) -> tuple[Array, float, float]:
    """Put to zero what does next to nothing, where the goal stays met."""
    tidy = np.where(x < TRIVIAL, 0.0, x)
    if (tidy == x).all():
        return x, cost, margin
    new_cost, new_margin = (float(v[0]) for v in count(tidy[None]))
    return (tidy, new_cost, new_margin) if new_margin <= touch else (x, cost, margin)
