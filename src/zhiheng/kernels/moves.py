"""Staying, rising and falling: the odds of leaving a class, with intervals that do not vanish.

Notation of the module: `E` entities, `k` classes from 0 (lowest), `B` resamples. Each
interval is the envelope of two: that of resampling whole entities, which knows that years
of one entity depend on each other but vanishes where a move was never seen, and the exact
binomial one over transitions, which holds under the chain's own assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Odds:
    """A probability of each class with its interval, shape (k,).

    NaN for a class without a transition.
    """

    estimate: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Moves:
    """What entities of each class do from one period to another.

    Attributes
    ----------
    n : ndarray, shape (k,)
        Transitions that start in the class.
    entities : ndarray, shape (k,)
        Entities with at least one of them.
    leave, up, down : Odds
    drift : Odds
        Up minus down; the exact part takes moves for trials of rising against falling.
    """

    n: NDArray[np.int64]
    entities: NDArray[np.int64]
    leave: Odds
    up: Odds
    down: Odds
    drift: Odds


def moves(by_entity: Array, pick: NDArray[np.intp], *, level: float) -> Moves:
    """Odds of leaving, rising and falling, from resampling whole entities.

    Parameters
    ----------
    by_entity : ndarray, shape (E, k, k)
        Transitions of each entity.
    pick : ndarray of int, shape (B, E)
        Positions of entities drawn with replacement.
    level : float
        One minus the coverage, such as 0.05.

    References
    ----------
    Clopper and Pearson (1934) Biometrika 26(4): 404-413.
    """
    entities, k = by_entity.shape[:2]
    rows = np.arange(len(pick))[:, None] * entities
    times = np.bincount((pick + rows).ravel(), minlength=len(pick) * entities)
    times = times.reshape(-1, entities).astype(np.float64)
    drawn = (times @ by_entity.reshape(entities, -1)).reshape(-1, k, k)
    counts = by_entity.sum(axis=0)
    n = counts.sum(axis=1)
    above = np.triu(np.ones((k, k), dtype=np.bool_), 1)
    ups, downs = (np.where(m, counts, 0.0).sum(axis=1) for m in (above, above.T))
    up, down = _share(drawn, above), _share(drawn, above.T)

    def odds(hits: Array, part: Array) -> Odds:
        share = hits / np.where(n > 0, n, np.nan)
        return _envelope(share, part, clopper_pearson(hits, n, level), level)

    leave, rise, fall = odds(ups + downs, up + down), odds(ups, up), odds(downs, down)
    q_low, q_high = clopper_pearson(ups, ups + downs, level)
    scale = np.where(ups + downs > 0, leave.estimate, leave.high)
    exact = ((2 * q_low - 1) * scale, (2 * q_high - 1) * scale)
    drift = _envelope(rise.estimate - fall.estimate, up - down, exact, level)
    present = (by_entity.sum(axis=2) > 0).sum(axis=0)
    return Moves(n.astype(np.int64), present.astype(np.int64), leave, rise, fall, drift)


def clopper_pearson(hits: Array, trials: Array, level: float) -> tuple[Array, Array]:
    """Exact intervals of shares; zero to one where nothing was tried."""
    low = stats.beta.ppf(level / 2, np.maximum(hits, 1), trials - hits + 1)
    high = stats.beta.ppf(1 - level / 2, hits + 1, np.maximum(trials - hits, 1))
    return np.where(hits > 0, low, 0.0), np.where(hits < trials, high, 1.0)


def _share(counts: Array, mask: NDArray[np.bool_]) -> Array:
    total = counts.sum(axis=-1)
    part = np.where(mask, counts, 0.0).sum(axis=-1)
    return np.divide(part, total, out=np.full(total.shape, np.nan), where=total > 0)


def _envelope(estimate: Array, drawn: Array, exact: tuple[Array, Array], level: float) -> Odds:
    low, high = np.array(exact[0]), np.array(exact[1])
    known = np.isfinite(estimate) & (np.isfinite(drawn).sum(axis=0) > 1)
    if known.any():
        tails = np.nanquantile(drawn[:, known], [level / 2, 1 - level / 2], axis=0)
        low[known] = np.minimum(low[known], tails[0])
        high[known] = np.maximum(high[known], tails[1])
    gone = ~np.isfinite(estimate)
    low[gone], high[gone] = np.nan, np.nan
    return Odds(estimate, low, high)


def run_lengths(state: NDArray[np.intp]) -> NDArray[np.int64]:
    """Periods that each entity has been in its last class without a break, shape (E,).

    Parameters
    ----------
    state : ndarray of int, shape (E, P)
    """
    other = state[:, ::-1] != state[:, -1:]
    return np.where(other.any(axis=1), np.argmax(other, axis=1), state.shape[1]).astype(np.int64)
