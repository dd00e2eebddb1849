"""Eigenvalues of spatial weights: computed once, then every determinant and trace is a sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from zhiheng.kernels.links import Links

Array = NDArray[np.float64]

# Deviations of row sums below this are rounding: weights have sixteen digits.
ROUNDING = 1e-9
# A real eigenvalue that is nearly double comes out as a pair this far off the axis. Counting such
# a pair as real only narrows the domain.
NEARLY_REAL = 1e-6


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Eigenvalues of an n by n matrix of weights `W` and what follows from them.

    Attributes
    ----------
    matrix : sparse array, shape (n, n)
    values : ndarray, shape (n,), real or complex
    low, high : float
        ``I - r W`` is nonsingular for every r strictly between them.
    row_standardised : bool
        Every row sums to one.
    share : ndarray, shape (n,)
        Squared projection of the vector of ones on each eigenvector, over n; zero
        except the first where rows sum to one. Sums over all cells follow.
    """

    matrix: csr_array
    values: NDArray[np.inexact]
    low: float
    high: float
    row_standardised: bool
    share: Array

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.values)

    def lag(self, z: Array) -> Array:
        """``W z`` along the first axis, for an array of any shape (n, ...)."""
        return (self.matrix @ z.reshape(self.n, -1)).reshape(z.shape)

    def without_constant(self) -> NDArray[np.inexact]:
        """Eigenvalues on the space off the constant: all but one of those equal to one."""
        return np.delete(self.values, np.abs(self.values - 1.0).argmin())


def spectrum(links: Links) -> Spectrum:
    """Eigenvalues of the weights, by the symmetric problem wherever they allow it.

    A row-standardised matrix made from symmetric weights ``A`` is similar to
    ``D^-1/2 A D^-1/2`` and has real eigenvalues (Ord 1975); a directed one may
    have complex pairs.

    Raises
    ------
    ValueError
        Weights that are neither row-standardised nor symmetric: sums over all
        cells of the multiplier then do not follow from eigenvalues.
    """
    w = links.matrix
    n = len(links.starts) - 1
    rows = np.asarray(w.sum(axis=1)).ravel()
    standardised = bool(np.abs(rows - 1.0).max() <= ROUNDING)
    share = np.zeros(n)
    scale = _symmetriser(w, n)
    if standardised:
        if scale is None:
            values: NDArray[np.inexact] = np.linalg.eigvals(w.toarray())
        else:
            balanced = w.toarray() * scale[:, None] / scale[None, :]
            values = np.linalg.eigvalsh((balanced + balanced.T) / 2)
        share[np.abs(values - 1.0).argmin()] = 1.0
    elif scale is not None and np.ptp(scale) == 0.0:
        values, vectors = np.linalg.eigh(w.toarray())
        share = vectors.sum(axis=0) ** 2 / n
    else:
        raise ValueError("weights are neither row-standardised nor symmetric")
    low, high = _domain(values)
    return Spectrum(w, values, low, high, standardised, share)


def _symmetriser(w: csr_array, n: int) -> Array | None:
    """``d`` such that ``d_i w_ij / d_j`` is symmetric, where it is easily found; else None.

    Symmetric weights have ``d = 1``. Rows of equal neighbours, standardised, have
    ``w_ij = 1 / count_i`` and so ``d_i = count_i^1/2``.
    """
    ones = np.ones(n)
    largest = w.max(axis=1).toarray().ravel()
    for d in (ones, 1.0 / np.sqrt(np.where(largest > 0, largest, 1.0))):
        balanced = w.multiply(d[:, None]).multiply(1.0 / d[None, :]).tocsr()
        if abs(balanced - balanced.T).max() <= ROUNDING * abs(balanced).max():
            return d
    return None


def _domain(values: NDArray[np.inexact]) -> tuple[float, float]:
    """The interval around zero in which ``1 - r w`` vanishes for no eigenvalue."""
    real = values.real[np.abs(values.imag) <= NEARLY_REAL]
    low = 1.0 / real.min() if real.size and real.min() < -ROUNDING else -1.0
    return float(low), float(1.0 / real.max())


def log_determinant(rho: float | Array, values: NDArray[np.inexact]) -> Array:
    """``log |I - rho W|`` for one or several `rho`, from eigenvalues."""
    products = 1.0 - np.multiply.outer(np.asarray(rho, dtype=np.float64), values)
    return np.log(np.abs(products)).sum(axis=-1)


def trace(power: int, rho: float, values: NDArray[np.inexact]) -> float:
    """``tr G^power`` with ``G = W (I - rho W)^-1``."""
    return float(((values / (1.0 - rho * values)) ** power).sum().real)
