"""Coupling coordination of 30 provinces and 20 years, beside the definition in a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zhiheng.kernels.coupling import change, coupling

SYSTEMS = 4


def made(entities=30, periods=20):
    rng = np.random.default_rng(0)
    return rng.uniform(0.05, 1, (entities, periods, SYSTEMS)), np.full(SYSTEMS, 1 / SYSTEMS)


def one_by_one(u):
    """The definition, cell by cell."""
    out = np.empty(u.shape[:-1])
    for place in np.ndindex(out.shape):
        levels = u[place].tolist()
        c = SYSTEMS * math.prod(levels) ** (1 / SYSTEMS) / sum(levels)
        out[place] = math.sqrt(c * sum(levels) / SYSTEMS)
    return out


@pytest.mark.parametrize("form", ["traditional", "corrected"])
def test_zhiheng(benchmark, form):
    u, weights = made()
    benchmark(coupling, u, weights, form=form)


@pytest.mark.parametrize("form", ["traditional", "corrected"])
def test_zhiheng_on_ten_thousand_entities(benchmark, form):
    u, weights = made(10_000)
    benchmark.pedantic(coupling, args=(u, weights), kwargs={"form": form}, rounds=3, iterations=1)


def test_drivers_of_thirty_entities(benchmark):
    u, weights = made()
    benchmark(change, u[:, 0], u[:, -1], weights, form="traditional", weighted=False)


def test_one_by_one(benchmark):
    u, weights = made()
    found = benchmark(one_by_one, u)
    np.testing.assert_allclose(found, coupling(u, weights, form="traditional").coordination)
