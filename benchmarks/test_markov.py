"""Five classes of 10,000 entities over twenty periods; giddy in the same session."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from zhiheng.kernels.markov import (
    bootstrap,
    classify,
    count_by_entity,
    probabilities,
    quantile_cuts,
    steady_state,
)

ENTITIES, PERIODS, CLASSES = 10_000, 20, 5


def made():
    rng = np.random.default_rng(0)
    return rng.normal(size=(ENTITIES, PERIODS)).cumsum(axis=1)


def states(y):
    return classify(y, quantile_cuts(y.ravel(), CLASSES))


def counted(state):
    mask = np.ones(state.shape, dtype=bool)
    return count_by_entity(state, mask, np.arange(PERIODS), classes=CLASSES, lag=1)


def chain(state):
    counts = counted(state).sum(axis=0)
    return probabilities(counts), steady_state(counts)


def test_zhiheng_chain(benchmark):
    benchmark(chain, states(made()))


def test_giddy_chain(benchmark):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        markov = pytest.importorskip("giddy.markov", reason="giddy is not installed")
    state = states(made())
    theirs = benchmark.pedantic(lambda: markov.Markov(state, summary=False), rounds=3, iterations=1)
    np.testing.assert_array_equal(theirs.transitions, counted(state).sum(axis=0))


def test_zhiheng_with_classes_cut(benchmark):
    y = made()
    benchmark.pedantic(lambda: chain(states(y)), rounds=3, iterations=1)


def test_zhiheng_intervals_of_a_thousand_draws(benchmark):
    counts = counted(states(made()))
    benchmark.pedantic(
        bootstrap, args=(counts,), kwargs={"draws": 1000, "seed": 1, "level": 0.05}, rounds=2
    )


def test_zhiheng_intervals_of_thirty_provinces(benchmark):
    counts = counted(states(made()))[:30]
    benchmark(bootstrap, counts, draws=1000, seed=1, level=0.05)
