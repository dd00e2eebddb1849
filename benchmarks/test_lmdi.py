"""Chained LMDI-I of 10,000 entities, twenty periods, five factors; a plain loop beside it."""

from __future__ import annotations

import math

import numpy as np

from zhiheng.kernels.lmdi import lmdi

LARGE, PROVINCES = (10_000, 20, 5), (31 * 45, 20, 5)


def made(shape):
    x = np.exp(np.random.default_rng(0).normal(size=shape) * 0.1)
    return x.prod(axis=-1), x


def plain_loop(total, x):
    """What a script does: one logarithm at a time, without the limits."""
    entities, periods, factors = x.shape
    out = np.zeros(factors)
    for e in range(entities):
        for t in range(1, periods):
            a, b = float(total[e, t]), float(total[e, t - 1])
            weight = a if a == b else (a - b) / math.log(a / b)
            for f in range(factors):
                out[f] += weight * math.log(x[e, t, f] / x[e, t - 1, f])
    return out


def test_zhiheng(benchmark):
    benchmark.pedantic(lmdi, args=made(LARGE), rounds=5, iterations=1)


def test_zhiheng_on_provinces_by_sectors(benchmark):
    benchmark(lmdi, *made(PROVINCES))


def test_plain_loop_on_provinces_by_sectors(benchmark):
    total, x = made(PROVINCES)
    found = benchmark.pedantic(plain_loop, args=(total, x), rounds=1, iterations=1)
    np.testing.assert_allclose(found, lmdi(total, x).effects.sum(axis=(0, 1)), rtol=1e-9)
