"""Transitions given what surrounds an entity, and permutations of positions.

Notation: `E` entities, `P` periods, `k` classes of the variable, `m` classes of
its spatial lag. Weights come in compressed rows (starts, columns, weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.links import Links
from zhiheng.kernels.markov import classify, pairs, quantile_cuts

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CELLS = 8_000_000  # permuted positions held in memory at a time


@dataclass(frozen=True, slots=True)
class LagCuts:
    """How the spatial lag is cut into classes.

    Attributes
    ----------
    classes : int
    fixed : ndarray or None, shape (1, classes - 1) or (P, classes - 1)
        Cuts that are given, for all periods or for each; otherwise quantiles of the lag.
    per_period : bool
        Quantiles within each period, or over all cells.
    """

    classes: int
    fixed: Array | None = None
    per_period: bool = False


def spatial_lag(links: Links, values: Array, mask: Mask) -> Array:
    """The weighted sum over neighbours, shape (E, P).

    Where neighbours are missing, the others stand for them: the sum is scaled by
    all weight over observed weight. NaN where no neighbour is observed.

    Parameters
    ----------
    values : ndarray, shape (E, P)
    mask : ndarray of bool, shape (E, P)
        Observed cells.
    """
    w = links.matrix
    total = np.asarray(w @ np.ones((len(values), 1)))
    observed = np.asarray(w @ mask.astype(np.float64))
    lag = np.asarray(w @ np.where(mask, values, 0.0))
    scale = np.divide(total, observed, out=np.full(observed.shape, np.nan), where=observed > 0)
    return np.where(observed == total, lag, lag * scale)


def lag_classes(lag: Array, mask: Mask, cuts: LagCuts) -> tuple[NDArray[np.intp], Array]:
    """The class of each lag (−1 where none) and the cuts, one row for all periods or one each.

    Parameters
    ----------
    lag : ndarray, shape (E, P)
    mask : ndarray of bool, shape (E, P)
        Cells that count for quantiles.
    """
    known = mask & np.isfinite(lag)
    if cuts.fixed is not None:
        ends = cuts.fixed
    elif cuts.per_period:
        ends = np.stack([_cuts(v[s], cuts.classes) for v, s in zip(lag.T, known.T, strict=True)])
    else:
        ends = _cuts(lag[known], cuts.classes)[None, :]
    by_period = np.broadcast_to(ends, (lag.shape[1], cuts.classes - 1))
    filled = np.where(known, lag, 0.0)
    state = np.stack([classify(v, e) for v, e in zip(filled.T, by_period, strict=True)], axis=1)
    return np.where(known, state, -1), ends


def _cuts(values: Array, classes: int) -> Array:
    return quantile_cuts(values, classes) if len(values) else np.full(classes - 1, np.nan)


def count_by_regime(state: NDArray[np.intp], regime: NDArray[np.intp], mask: Mask,
                    periods: Integers, *, shape: tuple[int, int], lag: int) -> Array:  # fmt: skip
    """Transitions of each entity by the regime at their start, shape (E, m, k, k).

    Parameters
    ----------
    state, regime : ndarray of int, shape (E, P)
        Classes of the variable and of the regime; −1 where there is no regime.
    shape : (m, k)
    """
    m, k = shape
    start, end = pairs(periods, lag)
    entities = len(state)
    seen = mask[:, start] & mask[:, end] & (regime[:, start] >= 0)
    cell = (regime[:, start] * k + state[:, start]) * k + state[:, end]
    cell = cell + (np.arange(entities) * (m * k * k))[:, None]
    counts = np.bincount(cell[seen], minlength=entities * m * k * k)
    return counts.reshape(entities, m, k, k).astype(np.float64)


def permuted_positions(links: Links, values: Array, mask: Mask, state: NDArray[np.intp],
                       periods: Integers, *, classes: int, cuts: LagCuts, lag: int,
                       permutations: int, seed: int) -> Array:  # fmt: skip
    """Transitions by regime when whole histories trade places, shape (R, m, k, k).

    Each draw deals the entities to the positions at random, takes the spatial lag
    there, cuts it anew and counts; it works for any number of lag classes.

    Parameters
    ----------
    values, mask, state : ndarray, shape (E, P)
    permutations, seed : int
    """
    from zhiheng.kernels.spatial_loops import count_permuted

    rng = np.random.default_rng(seed)
    start, end = pairs(periods, lag)
    none = np.empty((0, cuts.classes - 1))
    fixed = none if cuts.fixed is None else np.ascontiguousarray(cuts.fixed)
    block = max(1, _CELLS // len(values))
    out = np.zeros((permutations, cuts.classes, classes, classes))
    ids = np.arange(len(values))
    filled = np.where(mask, values, 0.0)
    for at in range(0, permutations, block):
        rows = min(block, permutations - at)
        dealt = rng.permuted(np.tile(ids, (rows, 1)), axis=1)
        count_permuted(
            (links.starts, links.columns, links.weights),
            (filled, mask, state.astype(np.int64)),
            (start, end),
            dealt,
            (fixed, cuts.per_period),
            out[at : at + rows],
        )
    return out
