"""The hindcast of the embedded economies, in one run, and Mann-Kendall against a loop."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon.peaked import peaked
from zhiheng.catalog.embedded import dataset
from zhiheng.kernels.hindcast import hindcast, judge_peaks
from zhiheng.kernels.outlook import Settings
from zhiheng.kernels.peaking import mann_kendall


def logs(*names):
    full = dataset("world")
    return np.log(np.stack([full.array(n) for n in names], axis=-1))


def test_the_hindcast_with_its_odds(benchmark):
    data = logs("co2")

    def run():
        return judge_peaks(data, hindcast(data))

    benchmark.pedantic(run, rounds=5, iterations=1, warmup_rounds=1)
    assert benchmark.stats.stats.median < 1.0


def test_the_hindcast_of_a_kaya_chain(benchmark):
    co2, population, gdp = np.moveaxis(logs("co2", "population", "gdp_real"), -1, 0)
    chain = np.stack([population, gdp - population, co2 - gdp], axis=-1)
    settings = Settings(prior=(1.0, 0.5, 0.5))
    benchmark.pedantic(
        hindcast, args=(chain,), kwargs={"settings": settings}, rounds=5, iterations=1
    )


def test_the_method_on_all_economies(benchmark):
    benchmark.pedantic(peaked, args=(dataset("world"),), rounds=3, iterations=1, warmup_rounds=1)


def test_mann_kendall_of_a_thousand_series(benchmark):
    benchmark(mann_kendall, np.random.default_rng(0).normal(size=(1000, 35)).cumsum(axis=1))


def test_mann_kendall_by_a_loop_over_pairs(benchmark):
    values = np.random.default_rng(0).normal(size=(20, 35)).cumsum(axis=1)

    def loop():
        out = []
        for row in values:
            s = 0
            for j in range(1, len(row)):
                for i in range(j):
                    s += (row[j] > row[i]) - (row[j] < row[i])
            out.append(s)
        return out

    found = benchmark.pedantic(loop, rounds=1, iterations=1)
    np.testing.assert_array_equal(found, mann_kendall(values).s)
