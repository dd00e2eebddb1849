"""Weights: benefit of the doubt of 300 units beside HiGHS in a loop, and the rules that search."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.bod import bod, frontier, highs
from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import weigh

INDICATORS = 12


def made(entities, periods=1):
    x = np.random.default_rng(0).lognormal(size=(entities, periods, INDICATORS))
    return normalise(x, np.ones(INDICATORS), "global")


def test_benefit_of_the_doubt_of_300_units(benchmark):
    z = made(300).values
    bod(z)  # compiled or read from the cache
    found = benchmark(bod, z)
    assert found.repaired == 0
    assert benchmark.stats.stats.median < 0.1


def test_benefit_of_the_doubt_of_6000_units(benchmark):
    z = made(300, 20).values
    bod(z[:, :1])
    benchmark.pedantic(bod, args=(z,), rounds=1, iterations=1)


def test_benefit_of_the_doubt_of_300_units_within_bounds(benchmark):
    x = np.random.default_rng(0).lognormal(size=(300, 1, INDICATORS))
    low, high = np.full(INDICATORS, 0.02), np.full(INDICATORS, 0.3)
    bod(x, low, high)
    found = benchmark(bod, x, low, high)
    assert benchmark.stats.stats.median < 0.1
    assert found.repaired == 0


def test_highs_in_a_loop_over_300_units(benchmark):
    units = made(300).values[:, 0]
    reference = frontier(units)
    low, high = np.zeros(INDICATORS), np.ones(INDICATORS)

    def loop():
        return np.array([highs(unit, reference, low, high)[0] for unit in units])

    found = benchmark.pedantic(loop, rounds=1, iterations=1)
    np.testing.assert_allclose(found, bod(units[:, None]).scores[0], atol=1e-9)


@pytest.mark.parametrize("way", ["projection_pursuit", "scatter_degree", "optimised", "critic"])
def test_rules_on_30_entities_and_20_periods(benchmark, way):
    z = made(30, 20)
    weigh(z, way)
    benchmark.pedantic(weigh, args=(z, way), rounds=2, iterations=1)
