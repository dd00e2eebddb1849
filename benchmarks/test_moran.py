"""Moran's I and its local form with 999 permutations on 300 units; esda in the same session."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from zhiheng.kernels.autocorrelation import moran, permute
from zhiheng.kernels.links import Links
from zhiheng.kernels.local_autocorrelation import conditional_permutations, local_moran

ROWS, COLUMNS, DRAWS = 15, 20, 999


def lattice():
    weights = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
    w = weights.lat2W(ROWS, COLUMNS)
    w.transform = "r"
    sparse = w.sparse.tocsr()
    sparse.sort_indices()
    starts, columns = sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64)
    return w, Links(starts, columns, sparse.data.copy())


def values():
    return np.exp(np.random.default_rng(0).normal(size=ROWS * COLUMNS))


def ours(x, links):
    return moran(x, links), permute(x, links, permutations=DRAWS, seed=1)


def test_zhiheng_moran_with_geary_and_g(benchmark):
    _, links = lattice()
    benchmark(ours, values(), links)


def test_esda_moran_alone(benchmark):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        esda = pytest.importorskip("esda", reason="esda is not installed")
        w, links = lattice()
        theirs = benchmark(esda.Moran, values(), w, permutations=DRAWS)
    assert pytest.approx(moran(values(), links).value, rel=1e-10) == theirs.I


def local(x, links):
    found = local_moran(x, links)
    return found, conditional_permutations(found, links, found.z, permutations=DRAWS, seed=1)


def test_zhiheng_lisa(benchmark):
    benchmark(local, values(), lattice()[1])


def test_esda_lisa(benchmark):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        esda = pytest.importorskip("esda", reason="esda is not installed")
        w, links = lattice()
        esda.Moran_Local(values(), w, permutations=9)  # compiles
        theirs = benchmark(esda.Moran_Local, values(), w, permutations=DRAWS, n_jobs=1)
    np.testing.assert_allclose(theirs.Is, local(values(), links)[0].value_unbiased, rtol=1e-10)
