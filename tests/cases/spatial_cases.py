"""Weights and turns that the tests of spatial kernels share."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from zhiheng.kernels.links import Links


def links_of(matrix):
    sparse = csr_array(matrix)
    sparse.sort_indices()
    starts, columns = sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64)
    return Links(starts, columns, sparse.data.astype(float))


def ring(n, rng, *, directed=False):
    """Row-standardised weights on a ring with random chords; always connected."""
    a = np.zeros((n, n))
    a[np.arange(n), (np.arange(n) + 1) % n] = 1
    a = np.maximum(a, a.T)
    extra = rng.random((n, n)) < 0.15
    a = np.maximum(a, extra if directed else np.triu(extra, 1) + np.triu(extra, 1).T)
    np.fill_diagonal(a, 0)
    return a / a.sum(axis=1, keepdims=True)


def helmert(m):
    """Orthonormal columns off the constant."""
    q, _ = np.linalg.qr(np.concatenate([np.ones((m, 1)), np.eye(m)[:, 1:]], axis=1))
    return q[:, 1:]
