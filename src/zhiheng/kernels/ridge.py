"""Ridge regression from moments: traces, the choice of k, inflation of variance, resamples.

Notation of the module: columns are scaled to unit length after the effects are out, so
that ``R = x'x`` is their correlation matrix and ``r = x'y``; ``b(k) = (R + k I)^-1 r`` on
that scale. `B` draws of a bootstrap stand first where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Eigenvalues of a Gram matrix of period dummies below this part of the largest are rounding.
RANK = 1e-10


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums of squares and products after the effects are taken out.

    Attributes
    ----------
    xx, xy, yy : ndarray, shapes (B, k, k), (B, k), (B,)
    rows, absorbed : ndarray, shape (B,)
        Rows in use and parameters that the effects took.
    """

    xx: Array
    xy: Array
    yy: Array
    rows: Array
    absorbed: Array

    @property
    def scale(self) -> Array:
        """Lengths of the columns, (B, k)."""
        return np.sqrt(np.einsum("bii->bi", self.xx))


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The correlation matrices in their own axes.

    Attributes
    ----------
    values : ndarray, shape (B, k)
    axes : ndarray, shape (B, k, k)
    rotated : ndarray, shape (B, k)
        ``axes' r``.
    """

    values: Array
    axes: Array
    rotated: Array


def moments(z: Array, shared: Array, weights: Array, *, nested: Array) -> Moments:
    """Moments under weights of entities; column 0 is the outcome.

    Parameters
    ----------
    z : ndarray, shape (E, P, c)
        Columns without the effects of single entities, zero in rows not used.
    shared : ndarray, shape (E, P, q)
        Common effects (period dummies, a constant), swept in the same way.
    weights : ndarray, shape (B, E)
        How often each entity stands in each draw.
    nested : ndarray, shape (E, 2)
        Rows of each entity, and parameters that its own effects take.

    Notes
    -----
    Weights are constant within an entity, so its own effects need no new fit; common
    effects are projected out of each draw by the Schur complement.
    """
    both = np.concatenate([z, shared], axis=-1)
    gram = np.einsum("epi,epj->eij", both, both)
    total = np.einsum("be,eij->bij", weights, gram)
    c = z.shape[-1]
    left, cross, right = total[:, :c, :c], total[:, :c, c:], total[:, c:, c:]
    rank = np.zeros(len(total))
    if shared.shape[-1]:
        inverse = np.linalg.pinv(right, rcond=RANK, hermitian=True)
        left = left - cross @ inverse @ cross.transpose(0, 2, 1)
        rank = np.rint(np.einsum("bij,bji->b", right, inverse))
    counts = weights @ nested
    return Moments(left[:, 1:, 1:], left[:, 1:, 0], left[:, 0, 0], counts[:, 0],
                   counts[:, 1] + rank)  # fmt: skip


def spectrum(m: Moments) -> Spectrum:
    """Eigenvalues of the correlation matrices, and the outcome in their axes."""
    scale = m.scale
    values, axes = np.linalg.eigh(m.xx / (scale[:, :, None] * scale[:, None, :]))
    rotated = np.einsum("bij,bi->bj", axes, m.xy / scale)
    return Spectrum(np.maximum(values, 0.0), axes, rotated)


def ridge(m: Moments, k: Array, found: Spectrum | None = None) -> Array:
    """Coefficients in the units of the columns, shape (B, k); `k` has shape (B,)."""
    s = found or spectrum(m)
    shrunk = s.rotated / (s.values + k[:, None])
    return np.einsum("bij,bj->bi", s.axes, shrunk) / m.scale


def trace(m: Moments, grid: Array) -> Array:
    """Coefficients of the first draw along a grid of k, shape (grid, k)."""
    s = spectrum(m)
    shrunk = s.rotated[0] / (s.values[0] + grid[:, None])
    return shrunk @ s.axes[0].T / m.scale[0]


def gcv(m: Moments, grid: Array, found: Spectrum | None = None) -> Array:
    """Generalised cross-validation, shape (B, grid).

    ``RSS(k) / (n - absorbed - sum d/(d + k))^2`` with the eigenvalues ``d`` of R.

    References
    ----------
    Golub, Heath and Wahba (1979) Technometrics 21(2): 215-223.
    """
    s = found or spectrum(m)
    d, k = s.values[:, None, :], grid[None, :, None]
    square = s.rotated[:, None, :] ** 2
    # y'y - 2 b'r + b'Rb in the axes of R
    rss = m.yy[:, None] - (square * (d + 2 * k) / (d + k) ** 2).sum(axis=-1)
    freedom = m.rows[:, None] - m.absorbed[:, None] - (d / (d + k)).sum(axis=-1)
    return np.maximum(rss, 0.0) / freedom**2


def choose(m: Moments, grid: Array, found: Spectrum | None = None) -> Array:
    """The k of the grid with the smallest generalised cross-validation, shape (B,)."""
    return grid[np.argmin(gcv(m, grid, found), axis=1)]


def hoerl_kennard_baldwin(m: Moments) -> Array:
    """``p s^2 / b'b`` on the scale of unit lengths, shape (B,).

    References
    ----------
    Hoerl, Kennard and Baldwin (1975) Communications in Statistics 4(2): 105-123.
    """
    s = spectrum(m)
    d = np.where(s.values > 0, s.values, np.inf)
    b = s.rotated / d
    p = s.values.shape[1]
    rss = m.yy - (s.rotated**2 / d).sum(axis=1)
    return p * rss / (m.rows - m.absorbed - p) / (b**2).sum(axis=1)


def inflation(correlation: Array, k: float = 0.0) -> Array:
    """Variance inflation factors at k: the diagonal of ``(R + kI)^-1 R (R + kI)^-1``."""
    inner = np.linalg.inv(correlation + k * np.eye(len(correlation)))
    return np.diag(inner @ correlation @ inner)
