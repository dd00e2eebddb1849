"""Clubs of 152 and 1,000 units over 34 periods; convergence-clubs in the same session."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from zhiheng.kernels.log_t import Settings, find_clubs

PERIODS = 34
PUBLISHED = Settings(1 / 3, "authors", -1.65)


def made(units):
    rng = np.random.default_rng(99)
    t = np.arange(1, PERIODS + 1)
    group = rng.integers(0, 8, units)
    x = 8 + (0.02 + 0.02 * group)[:, None] * t
    x = x + rng.normal(0, 0.3, (units, 1)) * t**-0.5 / np.log(t + 1)
    return x + rng.normal(0, 0.4, (units, 1)) * t ** -rng.uniform(-0.1, 0.6, (units, 1))


def ours(x):
    return find_clubs(x, x[:, -1], PUBLISHED, "ps2007")


@pytest.mark.parametrize("units", [152, 1000])
def test_zhiheng_clubs(benchmark, units):
    benchmark(ours, made(units))


@pytest.mark.parametrize("units", [152, 1000])
def test_convergence_clubs(benchmark, units):
    peer = pytest.importorskip("convergence_clubs", reason="convergence-clubs is not installed")
    import pandas as pd

    x = made(units)
    frame = pd.DataFrame(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = benchmark.pedantic(
            lambda: peer.find_clubs(frame, time_trim=1 / 3, convention="Stata"),
            rounds=3,
            iterations=1,
        )
    found = ours(x)
    assert [sorted(c.ids) for c in theirs.clubs] == [
        np.flatnonzero(found.club == k).tolist() for k in range(1, found.clubs + 1)
    ]
