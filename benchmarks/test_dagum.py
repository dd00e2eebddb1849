"""Dagum's decomposition of 10,000 values in eight groups, beside all pairs formed at once."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.dagum import dagum


def made(entities, periods, groups=8):
    rng = np.random.default_rng(0)
    return rng.lognormal(size=(entities, periods)), rng.integers(0, groups, entities), groups


def all_pairs(y, group, groups):
    """The definition: every difference between two values."""
    y = y[:, 0]
    n, mu = len(y), y.mean()
    means = [y[group == j].mean() for j in range(groups)]
    total = np.abs(y[:, None] - y).sum() / (2 * n * n * mu)
    within = net = overlap = 0.0
    for j in range(groups):
        own = y[group == j]
        within += np.abs(own[:, None] - own).sum() / (2 * n * n * mu)
        for h in range(j):
            other = y[group == h]
            gap = own[:, None] - other if means[j] >= means[h] else other[:, None] - own
            net += gap.sum() / (n * n * mu)
            overlap += 2 * np.clip(-gap, 0, None).sum() / (n * n * mu)
    return total, within, net, overlap


def test_zhiheng(benchmark):
    benchmark(dagum, *made(10_000, 1))


def test_zhiheng_on_thirty_provinces_and_twenty_years(benchmark):
    benchmark(dagum, *made(30, 20, groups=4))


def test_zhiheng_on_ten_thousand_entities_and_twenty_years(benchmark):
    benchmark.pedantic(dagum, args=made(10_000, 20), rounds=3, iterations=1)


def test_all_pairs(benchmark):
    y, group, groups = made(10_000, 1)
    parts = benchmark.pedantic(all_pairs, args=(y, group, groups), rounds=1, iterations=1)
    found = dagum(y, group, groups)
    # the plain sums of a hundred million terms lose digits, ours do not
    assert parts[0] == pytest.approx(found.gini[0], rel=1e-9)
    assert parts[3] == pytest.approx(found.transvariation[0], rel=1e-9)
