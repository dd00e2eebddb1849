"""Projection-pursuit weights: the direction in which the cells form the densest clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.weights_contrast import cells

Array = NDArray[np.float64]

SEEN = 2000
"""Directions drawn to find starts."""
STARTS = 12
TRIES = 16
"""Random moves tried from a start in each step."""
STEPS = 160
ALIKE = 1e-3
"""Starts whose index is within this share of the best count as agreeing with it."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """The best direction found.

    Attributes
    ----------
    direction : ndarray, shape (K,)
        Unit vector, not negative; 0 for an indicator that does not vary.
    index : float
        Friedman-Tukey index attained.
    reached : ndarray, shape (starts,)
        What each start attained, best first.
    agreeing : int
        Starts within a thousandth of the best.
    weights : ndarray, shape (1, K)
        `direction` over its sum, so that the additive score is the projection.
    """

    direction: Array
    index: float
    reached: Array
    agreeing: int
    weights: Array


def projection_pursuit(z: Normalised, *, window: float = 0.1, seed: int = 1) -> Pursuit:
    """Weights from the projection with the largest Friedman-Tukey index.

    Use it where the literature does and report the attained index: the index
    rewards wide scores in tight clusters and is no measure of importance. It has
    many local maxima, so that another optimiser may find another direction; the
    number of starts that agree says how flat the top is.

    Parameters
    ----------
    z : Normalised
    window : float
        Radius of density in standard deviations of the projection; .1 is what
        Chinese applications take.
    seed : int

    Notes
    -----
    ``Q(a) = S D`` with ``S`` the standard deviation (divisor n - 1) of the
    projections and ``D = sum_i sum_j max(R - |p_i - p_j|, 0)``, ``R = window S``,
    all pairs including i = j. Maximised over non-negative unit vectors: the best
    of 2,000 directions are improved by random moves of shrinking length. Rows
    and columns are put into an order of their own first, so that the result
    does not depend on theirs. Papers also print squared entries as weights.

    References
    ----------
    Friedman and Tukey (1974), IEEE Transactions on Computers C-23:881.
    """
    x, varies = cells(z)
    count = x.shape[1]
    if not varies.any():
        nothing = np.full(count, np.nan)
        return Pursuit(nothing, np.nan, np.zeros(0), 0, nothing[None])
    columns = np.flatnonzero(varies)
    part = x[:, columns]
    order = np.lexsort(np.sort(part, axis=0)[::-1])
    part = np.ascontiguousarray(part[:, order])
    part = np.ascontiguousarray(part[np.lexsort(part.T[::-1])])
    ends, values = _search(part, window, np.random.default_rng(seed))
    best = int(np.argmax(values))
    direction = np.zeros(count)
    direction[columns[order]] = ends[best]
    reached = np.sort(values)[::-1]
    agreeing = int((reached >= reached[0] * (1 - ALIKE)).sum())
    return Pursuit(
        direction, float(values[best]), reached, agreeing, (direction / direction.sum())[None]
    )


def _search(x: Array, window: float, generator: np.random.Generator) -> tuple[Array, Array]:
    """End points of all starts and the index of each."""
    count = x.shape[1]
    drawn = np.abs(generator.standard_normal((SEEN, count)))
    # powers make some directions sparse: optima often lie on few indicators
    drawn = drawn ** generator.choice([1.0, 3.0], size=(SEEN, 1))
    seen = np.concatenate([np.eye(count), np.ones((1, count)), drawn])
    seen /= np.sqrt((seen**2).sum(axis=1, keepdims=True))
    values = friedman_tukey(x, seen, window)
    starts = seen[np.argsort(-values, kind="stable")[:STARTS]]
    moves = generator.standard_normal((STEPS, TRIES, count))
    return _climb(x, starts, moves, window)


def friedman_tukey(x: Array, directions: Array, window: float) -> Array:
    """The index of each direction; `x` is (cells, K), `directions` (number, K)."""
    found: Array = _indices(x, np.ascontiguousarray(directions), window)
    return found


@njit(cache=True)
def _index(x: Any, direction: Any, window: Any) -> Any:
    p = np.sort(x @ direction)
    n = len(p)
    mean = p.sum() / n
    s = np.sqrt(((p - mean) ** 2).sum() / (n - 1))
    radius = window * s
    density = n * radius
    first = 0
    below = 0.0  # sum of p[first:i]
    for i in range(n):
        while p[i] - p[first] >= radius and first < i:
            below -= p[first]
            first += 1
        density += 2.0 * ((i - first) * (radius - p[i]) + below)
        below += p[i]
    return s * density


@njit(cache=True)
def _indices(x: Any, directions: Any, window: Any) -> Any:
    out = np.empty(len(directions))
    for i in range(len(directions)):
        out[i] = _index(x, directions[i], window)
    return out


@njit(cache=True)
def _climb(x: Any, starts: Any, moves: Any, window: Any) -> Any:
    """Random moves of a length that grows after a success and shrinks after none."""
    number, count = starts.shape
    ends = starts.copy()
    values = np.empty(number)
    for s in range(number):
        here = starts[s].copy()
        value = _index(x, here, window)
        length = 0.3
        for step in range(moves.shape[0]):
            better = False
            for t in range(moves.shape[1]):
                there = np.maximum(here + length * moves[step, t] / np.sqrt(count), 0.0)
                size = np.sqrt((there**2).sum())
                if size == 0.0:
                    continue
                there = there / size
                got = _index(x, there, window)
                if got > value:
                    value, here, better = got, there, True
            length = min(length * 1.5, 1.0) if better else length * 0.7
            if length < 1e-10:
                break
        ends[s] = here
        values[s] = value
    return ends, values
