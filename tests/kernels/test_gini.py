"""The Gini coefficient: brute force, laws, and the interval of its change."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.gini import gini, gini_change

VALUES = arrays(np.float64, st.integers(2, 30), elements=st.floats(0.01, 1e3))
ROUNDING = 1e-12  # sums of a few hundred terms of order one


@given(VALUES)
def test_equals_the_mean_absolute_difference(y: np.ndarray) -> None:
    brute = np.abs(y[:, None] - y).sum() / (2 * len(y) ** 2 * y.mean())
    assert abs(gini(y) - brute) < ROUNDING


@given(VALUES, st.floats(0.01, 100))
def test_the_unit_does_not_matter(y: np.ndarray, factor: float) -> None:
    assert abs(gini(y * factor) - gini(y)) < ROUNDING


@given(VALUES)
def test_replicating_everybody_does_not_matter(y: np.ndarray) -> None:
    assert abs(gini(np.repeat(y, 3)) - gini(y)) < ROUNDING


def test_many_samples_at_once_equal_one_by_one() -> None:
    y = np.random.default_rng(0).lognormal(size=(5, 30))
    np.testing.assert_allclose(gini(y), [gini(row) for row in y], rtol=ROUNDING)


def test_without_change_the_interval_is_zero() -> None:
    y = np.random.default_rng(0).lognormal(size=30)
    found = gini_change(y, y * 3, draws=200, seed=1, level=0.05)
    assert abs(found.change) < ROUNDING
    assert max(abs(found.low), abs(found.high)) < ROUNDING


def test_the_interval_covers_a_known_change() -> None:
    """Log-normal incomes whose sigma rises from 0.5 to 0.7; the Gini is erf(sigma/2)."""
    from scipy.special import erf

    truth, hits, trials = erf(0.35) - erf(0.25), 0, 300
    for seed in range(trials):
        shock = np.random.default_rng(seed).normal(size=(2, 100))
        one, two = np.exp(0.5 * shock[0]), np.exp(0.7 * (0.8 * shock[0] + 0.6 * shock[1]))
        found = gini_change(one, two, draws=400, seed=seed, level=0.05)
        hits += found.low <= truth <= found.high
    # nominal 95 %; the percentile bootstrap of a Gini runs somewhat short at n = 100,
    # and 300 trials have a standard error of 1.3 points
    assert 0.88 <= hits / trials <= 0.985
