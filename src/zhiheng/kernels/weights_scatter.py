"""Scatter-degree weights (纵横向拉开档次法): the direction that pulls all cells apart most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.weights_contrast import cells

Array = NDArray[np.float64]

# Entries of a unit eigenvector below this are zeros up to rounding.
ZERO = 1e-12
# Ends that reach the same to this and lie this far apart are different maxima.
TIED, APART = 1e-10, 1e-4
STEPS = 20_000
"""More than power iteration with any usable gap needs; reaching it is reported, not hidden."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """The non-negative direction with the largest sum of squared scores.

    Attributes
    ----------
    direction : ndarray, shape (K,)
        Unit vector, not negative.
    attained : float
        ``direction' H direction``.
    largest : float
        The largest eigenvalue of H: what a direction with negative entries reaches.
    constrained : bool
        Whether the dominant eigenvector has entries of both signs, so that the
        best non-negative direction was sought instead.
    weights : ndarray, shape (1, K)
        `direction` divided by its sum; NaN where several directions are equally good.
    """

    direction: Array
    attained: float
    largest: float
    constrained: bool
    weights: Array


def scatter_degree(z: Normalised) -> Scatter:
    """Weights that pull the scores of all entities and periods apart as far as they can.

    Use it for panels in which one set of weights must serve all periods. It
    rewards what varies together and knows nothing of importance. The original
    is written for z-scores; on other scales it maximises the sum of squared
    scores about zero, not about the mean.

    Parameters
    ----------
    z : Normalised

    Notes
    -----
    ``H = sum_t Z_t' Z_t``; the weights are its dominant eigenvector over its sum.
    Where H has no negative entry that vector is not negative (Perron). Otherwise
    it may have entries of both signs: then ``w' H w`` is maximised over
    non-negative unit vectors by projected power iteration, which never
    decreases it, from every axis, the even direction and the positive part of
    the eigenvector; the best end point is taken. It is a maximum among these,
    and `attained` beside `largest` says what non-negativity costs; where end points
    that differ reach the same there are no weights. A column that
    does not vary has weight 0.

    References
    ----------
    Guo (2002), 综合评价理论与方法, 科学出版社 (recalled).
    """
    x, varies = cells(z)
    count = x.shape[1]
    if not varies.any():
        nothing = np.full(count, np.nan)
        return Scatter(nothing, np.nan, np.nan, False, nothing[None])
    h = x[:, varies].T @ x[:, varies]
    values, vectors = np.linalg.eigh(h)
    top = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
    constrained = bool((top < -ZERO).any())
    part = _best(h, top) if constrained else np.maximum(top, 0.0)
    if part is None:
        nothing = np.full(count, np.nan)
        return Scatter(nothing, np.nan, float(values[-1]), constrained, nothing[None])
    direction = np.zeros(count)
    direction[varies] = part / np.linalg.norm(part)
    attained = float(direction[varies] @ h @ direction[varies])
    weights = (direction / direction.sum())[None]
    return Scatter(direction, attained, float(values[-1]), constrained, weights)


def _best(h: Array, top: Array) -> Array | None:
    """The best end of projected power iteration from axes, the even direction and the vector.

    None where directions that differ reach the same, as z-scores without a positive
    correlation do: each axis alone is then as good as any other.
    """
    count = len(h)
    starts = [*np.eye(count), np.ones(count), np.maximum(top, 0.0), np.maximum(-top, 0.0)]
    u = np.array([s for s in starts if s.any()])
    u = u / np.linalg.norm(u, axis=1, keepdims=True)
    for _ in range(STEPS):
        v = np.maximum(u @ h, 0.0)
        size = np.linalg.norm(v, axis=1, keepdims=True)
        v = np.where(size > 0, v / np.where(size > 0, size, 1.0), u)
        still = np.abs(v - u).max() < ZERO
        u = v
        if still:
            break
    reached = np.einsum("sk,kj,sj->s", u, h, u)
    first = int(np.argmax(reached))
    equal = reached >= reached[first] * (1 - TIED)
    if (np.abs(u[equal] - u[first]).max(axis=1) > APART).any():
        return None
    return u[first]
