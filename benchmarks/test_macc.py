"""500 measures with 1,000 draws on one source, and shares of twelve levers; plain loops beside."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.abatement import capital_recovery, fronts, levelised_cost, merit, shapley
from zhiheng.kernels.attribution import shapley_of_subsets

MEASURES, DRAWS, LEVERS = 500, 1000, 12


def made():
    rng = np.random.default_rng(0)
    shape = DRAWS, MEASURES
    return {
        "part": rng.uniform(0.001, 0.02, shape), "capex": rng.uniform(100, 9000, shape),
        "life": rng.uniform(5, 40, shape), "saving": rng.uniform(0, 900, shape),
        "abatement": rng.uniform(1, 12, shape),
    }  # fmt: skip


def ours(x):
    share = shapley(x["part"])
    annuity = capital_recovery(0.08, x["life"]) * x["capex"]
    zero = np.zeros_like(annuity)
    cost = levelised_cost(annuity, zero, x["saving"], x["abatement"], kept=share / x["part"])
    return merit(cost, -cost * share, share)


def plain_shares(part, orders):
    """What a script does: sampled orders, one measure at a time."""
    rng, out = np.random.default_rng(0), np.zeros(len(part))
    for _ in range(orders):
        left = 1.0
        for i in rng.permutation(len(part)):
            out[i] += left * part[i]
            left *= 1.0 - part[i]
    return out / orders


def test_zhiheng_500_measures_1000_draws(benchmark):
    benchmark.pedantic(ours, args=(made(),), rounds=3, iterations=1)


def test_zhiheng_shares_of_500_measures(benchmark):
    benchmark(shapley, made()["part"][0])


def test_plain_loop_over_2000_orders(benchmark):
    part = made()["part"][0]
    found = benchmark.pedantic(plain_shares, args=(part, 2000), rounds=1, iterations=1)
    # sampled orders are only near: two thousand of 500! leave a few per cent
    np.testing.assert_allclose(found, shapley(part), rtol=0.15)


def test_zhiheng_fronts(benchmark):
    x = made()
    benchmark.pedantic(fronts, args=(x["saving"], x["abatement"]), rounds=3, iterations=1)


def test_zhiheng_shares_of_twelve_levers_in_4096_runs(benchmark):
    values = np.random.default_rng(0).normal(size=(2**LEVERS, 38))
    found = benchmark(shapley_of_subsets, values)
    np.testing.assert_allclose(found.sum(axis=0), values[-1] - values[0], rtol=1e-9)
