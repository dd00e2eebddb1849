"""Local spatial autocorrelation: local Moran, its conditional permutations, and Gi*.

Notation as in :mod:`zhiheng.kernels.autocorrelation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from zhiheng.kernels.links import Links

Array = NDArray[np.float64]
HIGH_HIGH, LOW_HIGH, LOW_LOW, HIGH_LOW = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Local:
    """Local Moran of each unit.

    Attributes
    ----------
    z, lag : ndarray, shape (n,)
        Standardised value (divisor n) and the weighted sum of the neighbours' ones.
    value : ndarray
        ``z_i * sum_j w_ij z_j`` with ``m2 = sum z^2 / n`` (Anselin, spdep).
    value_unbiased : ndarray
        The same with ``sum z^2 / (n - 1)`` (esda).
    quadrant : ndarray of int
        1 high among high, 2 low among high, 3 low among low, 4 high among low; a
        value exactly at the mean counts as low, as does a lag of zero.
    """

    z: Array
    lag: Array
    value: Array
    value_unbiased: Array
    quadrant: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Significance:
    """Conditional permutation p values.

    Attributes
    ----------
    one_sided : ndarray, shape (n,)
        The smaller tail, as GeoDa and older esda print it; its direction is
        chosen by the data.
    two_sided : ndarray
        Twice that, at most one.
    expected, std : ndarray
        Mean and standard deviation of the draws.
    """

    one_sided: Array
    two_sided: Array
    expected: Array
    std: Array


def local_moran(x: Array, links: Links, *, y: Array | None = None) -> Local:
    """Local Moran of `x`, or of `x` among the neighbours' `y`."""
    n = len(x)
    z = _standard(x)
    other = z if y is None else _standard(y)
    lag = np.asarray(links.matrix @ other)
    quadrant = np.select(
        [(z > 0) & (lag > 0), (z <= 0) & (lag > 0), (z <= 0) & (lag <= 0)],
        [HIGH_HIGH, LOW_HIGH, LOW_LOW],
        HIGH_LOW,
    )
    value = z * lag
    return Local(z, lag, value, value * (n - 1) / n, quadrant)


def _standard(x: Array) -> Array:
    z = x - x.mean()
    return z / np.sqrt((z**2).mean())


def conditional_permutations(local: Local, links: Links, other: Array, *, permutations: int,
                             seed: int) -> Significance:  # fmt: skip
    """Hold each unit and deal the others to its neighbours at random.

    One set of draws of ranks serves all units, as in esda: p values of different
    units are not independent, each is right by itself.

    Parameters
    ----------
    other : ndarray, shape (n,)
        What the neighbours carry: standardised `x`, or `y` in the bivariate form.
    """
    from zhiheng.kernels.spatial_loops import conditional_tails

    n = len(other)
    widest = int(np.diff(links.starts).max(initial=0))
    dealt = draw_others(n, widest, permutations=permutations, seed=seed)
    tails = np.zeros((n, 4))
    packed = (links.starts, links.columns, links.weights)
    conditional_tails(packed, local.z, local.lag, other, dealt, tails)
    smaller = np.minimum(tails[:, 0], tails[:, 1])
    one = (1 + smaller) / (1 + permutations)
    mean = tails[:, 2] / permutations
    variance = np.maximum(tails[:, 3] / permutations - mean**2, 0.0)
    alone = np.diff(links.starts) == 0
    found = [one, np.minimum(2 * one, 1.0), mean, np.sqrt(variance)]
    return Significance(*(np.where(alone, np.nan, v) for v in found))


def draw_others(n: int, widest: int, *, permutations: int, seed: int) -> NDArray[np.int64]:
    """Ranks among the n - 1 others, distinct within a draw, shape (R, widest)."""
    from zhiheng.kernels.spatial_loops import partial_shuffle

    rng = np.random.default_rng(seed)
    steps = rng.integers(np.arange(n - 1, n - 1 - widest, -1), size=(permutations, widest))
    out = np.empty((permutations, widest), dtype=np.int64)
    partial_shuffle(steps, np.arange(n - 1), out)
    return out


def false_discovery(p: Array, level: float) -> NDArray[np.bool_]:
    """Which p values pass the step-up rule of Benjamini and Hochberg; NaN never does."""
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    passes = p[order] <= level * np.arange(1, len(order) + 1) / max(len(order), 1)
    out = np.zeros(len(p), dtype=np.bool_)
    if passes.any():
        out[order[: np.flatnonzero(passes)[-1] + 1]] = True
    return out


def gi_star(x: Array, links: Links) -> tuple[Array, Array]:
    """Getis and Ord's Gi* as a z score with its two-sided normal p value.

    Parameters
    ----------
    x : ndarray, shape (n,)
    links : Links
        Binary weights without the unit itself, which is added with weight one.
    """
    n = len(x)
    w = links.matrix
    total = np.asarray(w.sum(axis=1)).ravel() + 1.0
    squares = np.asarray((w * w).sum(axis=1)).ravel() + 1.0
    spread = np.sqrt(np.maximum((x**2).mean() - x.mean() ** 2, 0.0))
    below = spread * np.sqrt(np.maximum(n * squares - total**2, 0.0) / (n - 1))
    above = np.asarray(w @ x) + x - total * x.mean()
    z = np.divide(above, below, out=np.full(n, np.nan), where=below > 0)
    return z, 2.0 * norm.sf(np.abs(z))
