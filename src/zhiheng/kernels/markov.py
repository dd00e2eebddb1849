"""Discrete Markov chains of classes: cuts, transitions, intervals, steady state.

Notation of the module: `E` entities, `P` periods, `k` classes. Class 0 holds
the lowest values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CELLS = 4_000_000  # resampled entities held in memory at a time


@dataclass(frozen=True, slots=True)
class Intervals:
    """Spread of the transition probabilities over resampled entities.

    Attributes
    ----------
    std_error, low, high : ndarray, shape (..., k, k)
        NaN where resampling shows no spread: in the rows of classes without a
        transition, for moves that were never seen, and for those that were the
        only one from their class.
    undefined : ndarray, shape (..., k)
        Draws in which a class had no transition, so that its row is not defined;
        they are left out of that row.
    """

    std_error: Array
    low: Array
    high: Array
    undefined: Integers


@dataclass(frozen=True, slots=True)
class Steady:
    """The long-run shares of the classes, or why there are none.

    Attributes
    ----------
    share : ndarray, shape (k,)
        NaN throughout where the shares are not determined.
    closed : tuple of tuple of int
        Sets of classes that are never left once entered; exactly one set of all
        visited classes when the chain is irreducible.
    dead_ends : tuple of int
        Classes that are entered but have no transition out of them.
    irreducible : bool
    """

    share: Array
    closed: tuple[tuple[int, ...], ...]
    dead_ends: tuple[int, ...]
    irreducible: bool


def quantile_cuts(values: Array, classes: int) -> Array:
    """Upper ends of all classes but the highest: type-7 quantiles at j / `classes`.

    Type 7 is linear interpolation between order statistics, the default of numpy
    and R. Positions are whole-number fractions, so that a quantile that is one
    of the values equals it exactly.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Without gaps.
    classes : int
    """
    ordered = np.sort(values)
    position = (len(ordered) - 1) * np.arange(1, classes)
    low, rest = position // classes, position % classes
    high = np.minimum(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rest / classes)


def classify(values: Array, cuts: Array) -> NDArray[np.intp]:
    """The class of each value; one that lies exactly on a cut goes to the lower class."""
    return np.searchsorted(cuts, values, side="left")


def pairs(periods: Integers, lag: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of all pairs of periods that lie `lag` apart, by period and not by row."""
    _, start, end = np.intersect1d(periods + lag, periods, return_indices=True)
    return start, end


def count_by_entity(state: NDArray[np.intp], mask: Mask, periods: Integers, *, classes: int,
                    lag: int) -> Array:  # fmt: skip
    """Transitions of each entity, shape (E, k, k).

    Parameters
    ----------
    state : ndarray, shape (E, P)
        Classes from 0 to `classes` - 1; any value where not observed.
    mask : ndarray, shape (E, P)
        Observed cells; a transition needs both ends.
    periods : ndarray, shape (P,)
    classes, lag : int
    """
    start, end = pairs(periods, lag)
    entities = len(state)
    seen = mask[:, start] & mask[:, end]
    cell = state[:, start] * classes + state[:, end]
    cell = cell + (np.arange(entities) * classes**2)[:, None]
    counts = np.bincount(cell[seen], minlength=entities * classes**2)
    return counts.reshape(entities, classes, classes).astype(np.float64)


def probabilities(counts: Array) -> Array:
    """Maximum likelihood transition probabilities; NaN in the row of a class without any.

    Parameters
    ----------
    counts : ndarray, shape (..., k, k)
        From class (rows) to class (columns).
    """
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def bootstrap(counts: Array, *, draws: int, seed: int, level: float) -> Intervals:
    """Standard errors and percentile intervals from resampling entities with replacement.

    Whole histories are drawn, because the years of one entity depend on each
    other. Use it from about twenty entities up: with fewer the percentiles are
    too narrow.

    Parameters
    ----------
    counts : ndarray, shape (E, ..., k, k)
        Transitions of each entity, in regimes if there are further axes.
    draws, seed : int
    level : float
        One minus the coverage, such as 0.05.
    """
    return intervals(resample(counts, draws=draws, seed=seed), counts.sum(axis=0), level=level)


def resample(counts: Array, *, draws: int, seed: int) -> Array:
    """Transitions summed over entities drawn with replacement, shape (draws, ..., k, k).

    Entities are put in an order of their own first, so that the order in which
    they come leaves the draws alone.
    """
    flat = counts.reshape(len(counts), -1)
    flat = flat[np.lexsort(flat.T)]
    return _resampled(flat, draws, seed).reshape(draws, *counts.shape[1:])


def intervals(drawn: Array, total: Array, *, level: float) -> Intervals:
    """Standard errors and percentile intervals of probabilities.

    Parameters
    ----------
    drawn : ndarray, shape (draws, ..., k, k)
        Resampled transitions.
    total : ndarray, shape (..., k, k)
        Transitions of all entities.
    level : float
    """
    p = probabilities(drawn)
    undefined = np.isnan(p[..., 0]).sum(axis=0)
    known = undefined < len(drawn) - 1
    out = np.full((3, *total.shape), np.nan)
    tails = [level / 2.0, 1.0 - level / 2.0]
    out[0, known] = np.nanstd(p[:, known], axis=0, ddof=1)
    out[1:, known] = np.nanquantile(p[:, known], tails, axis=0)
    out[:, (total == 0) | (total == total.sum(axis=-1, keepdims=True))] = np.nan
    return Intervals(out[0], out[1], out[2], undefined)


def _resampled(flat: Array, draws: int, seed: int) -> Array:
    """Sums over entities drawn with replacement, shape (draws, cells)."""
    rng = np.random.default_rng(seed)
    entities = len(flat)
    block = max(1, _CELLS // entities)
    out = np.empty((draws, flat.shape[1]))
    for at in range(0, draws, block):
        rows = min(block, draws - at)
        chosen = rng.integers(entities, size=(rows, entities))
        chosen += np.arange(rows)[:, None] * entities
        times = np.bincount(chosen.ravel(), minlength=rows * entities)
        out[at : at + rows] = times.reshape(rows, entities).astype(np.float64) @ flat
    return out


def steady_state(counts: Array) -> Steady:
    """The stationary distribution of the estimated chain, if it is irreducible.

    A class that no transition touches is not part of the chain; as nothing
    enters it, its share is zero. A reducible chain is refused: its long-run
    shares depend on where it starts, or hang on a class that nobody was seen to
    leave.

    Parameters
    ----------
    counts : ndarray, shape (k, k)
    """
    visited = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    inner = counts[np.ix_(visited, visited)]
    dead = tuple(int(j) for j in visited[inner.sum(axis=1) == 0])
    number, label = connected_components(inner > 0, directed=True, connection="strong")
    leaves = np.zeros(number, dtype=np.bool_)
    start, end = np.nonzero(inner)
    leaves[label[start[label[start] != label[end]]]] = True
    closed = tuple(tuple(int(j) for j in visited[label == c]) for c in np.flatnonzero(~leaves))
    share = np.full(len(counts), np.nan)
    if number != 1 or dead:
        return Steady(share, closed, dead, False)
    share[:] = 0.0
    share[visited] = _stationary(probabilities(inner))
    return Steady(share, closed, dead, True)


def _stationary(p: Array) -> Array:
    """Solve ``pi P = pi`` with ``sum(pi) = 1`` for an irreducible chain."""
    system = p.T - np.eye(len(p))
    system[-1] = 1.0
    right = np.zeros(len(p))
    right[-1] = 1.0
    share = np.maximum(np.linalg.solve(system, right), 0.0)
    return share / share.sum()
