"""Resamples of disparity measures: 300 entities, 20 years, 999 draws, beside a loop of draws."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.dagum import dagum
from zhiheng.kernels.dagum_change import dagum_draws
from zhiheng.kernels.inequality import measures
from zhiheng.kernels.resample import multiplicities
from zhiheng.kernels.theil import nested_draws

ENTITIES, PERIODS, DRAWS = 300, 20, 999


def made():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 4, ENTITIES)
    fine = group * 3 + rng.integers(0, 3, ENTITIES)
    y = rng.lognormal(size=(ENTITIES, PERIODS))
    return y, group, fine, multiplicities(group, draws=DRAWS, seed=1)


def test_eight_measures(benchmark):
    y, _, _, weights = made()
    found = benchmark(measures, y, weights, np.ones(y.shape), epsilon=0.5)
    assert found.shape == (DRAWS, PERIODS, 8)


def test_dagum(benchmark):
    y, group, _, weights = made()
    mask = np.ones(y.shape, dtype=bool)
    found = benchmark(dagum_draws, y, group, 4, weights, mask)
    assert np.isfinite(found).all()


def test_theil_with_two_nested_groupings(benchmark):
    y, group, fine, weights = made()
    levels = [(group, 4), (fine, 12)]
    found = benchmark(nested_draws, y, np.ones(y.shape), levels, 1.0, weights)
    assert found.shape == (DRAWS, PERIODS, 4)


def test_dagum_one_draw_after_the_other(benchmark):
    y, group, _, weights = made()

    def loop():
        out = []
        for row in weights[:100].astype(int):
            found = dagum(np.repeat(y, row, axis=0), np.repeat(group, row), 4)
            out.append(found.gini)
        return np.array(out)

    slow = benchmark.pedantic(loop, rounds=1, iterations=1)
    fast = dagum_draws(y, group, 4, weights[:100], np.ones(y.shape, dtype=bool))
    assert slow == pytest.approx(fast[..., 0], abs=1e-12)
