"""Spatial weights as kernels take them: compressed rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Links:
    """Spatial weights between `n` units.

    Attributes
    ----------
    starts : ndarray of int, shape (n + 1,)
    columns : ndarray of int, shape (entries,)
    weights : ndarray, shape (entries,)
    """

    starts: Integers
    columns: Integers
    weights: Array

    @property
    def matrix(self) -> csr_array:
        """The weights as a sparse matrix."""
        n = len(self.starts) - 1
        return csr_array((self.weights, self.columns, self.starts), shape=(n, n))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of weights that moments need.

    Attributes
    ----------
    s0 : float
        All weights.
    s1 : float
        ``sum (w_ij + w_ji)^2 / 2``.
    s2 : float
        ``sum_i (w_i. + w_.i)^2``.
    """

    s0: float
    s1: float
    s2: float


def sums(links: Links) -> Sums:
    """The sums S0, S1 and S2 of Cliff and Ord, for weights of any symmetry."""
    w = links.matrix
    both = (w + w.T).tocsr()
    rows = np.asarray(w.sum(axis=1)).ravel() + np.asarray(w.sum(axis=0)).ravel()
    return Sums(float(w.sum()), float((both.data**2).sum() / 2.0), float((rows**2).sum()))
