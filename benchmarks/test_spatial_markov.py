"""The spatial chain of five by five classes over twenty periods; giddy in the same session."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest

from zhiheng.kernels.homogeneity import homogeneity
from zhiheng.kernels.links import Links
from zhiheng.kernels.markov import classify, quantile_cuts
from zhiheng.kernels.spatial_markov import (
    LagCuts,
    count_by_regime,
    lag_classes,
    permuted_positions,
    spatial_lag,
)

PERIODS, CLASSES = 20, 5
SIZES = {300: (15, 20), 10_000: (100, 100)}


def made(units):
    weights = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
    w = weights.lat2W(*SIZES[units])
    w.transform = "r"
    sparse = w.sparse.tocsr()
    sparse.sort_indices()
    links = Links(
        sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64), sparse.data.copy()
    )
    y = np.random.default_rng(0).normal(size=(units, PERIODS)).cumsum(axis=1)
    return y, w, links


def chain(y, links):
    mask, when = np.ones(y.shape, dtype=bool), np.arange(PERIODS)
    state = classify(y, quantile_cuts(y.ravel(), CLASSES))
    regime, _ = lag_classes(spatial_lag(links, y, mask), mask, LagCuts(CLASSES))
    counts = count_by_regime(state, regime, mask, when, shape=(CLASSES, CLASSES), lag=1)
    return counts.sum(axis=0), homogeneity(counts.sum(axis=0))


def permuted(y, links, draws):
    mask = np.ones(y.shape, dtype=bool)
    state = classify(y, quantile_cuts(y.ravel(), CLASSES))
    return permuted_positions(
        links, y, mask, state, np.arange(PERIODS), classes=CLASSES, cuts=LagCuts(CLASSES), lag=1,
        permutations=draws, seed=1,
    )  # fmt: skip


def theirs(y, w, draws):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        giddy = pytest.importorskip("giddy.markov", reason="giddy is not installed")
        found = giddy.Spatial_Markov(y, w, k=CLASSES, m=CLASSES, permutations=draws, fixed=True)
        return found.T, found.Q


@pytest.mark.parametrize("units", SIZES)
def test_zhiheng_chain(benchmark, units):
    y, _, links = made(units)
    benchmark(chain, y, links)


@pytest.mark.parametrize("units", SIZES)
def test_giddy_chain(benchmark, units):
    y, w, links = made(units)
    counts, q = benchmark.pedantic(theirs, args=(y, w, 0), rounds=3)
    np.testing.assert_array_equal(counts, chain(y, links)[0])
    assert q == pytest.approx(chain(y, links)[1].q, rel=1e-9)


@pytest.mark.parametrize(("units", "draws"), [(300, 99), (300, 999), (10_000, 99)])
def test_zhiheng_permutations(benchmark, units, draws):
    y, _, links = made(units)
    permuted(y, links, 1)  # compiles
    benchmark.pedantic(permuted, args=(y, links, draws), rounds=3)


@pytest.mark.parametrize("units", [300])
def test_giddy_permutations(benchmark, units):
    y, w, _ = made(units)
    benchmark.pedantic(theirs, args=(y, w, 99), rounds=3)
