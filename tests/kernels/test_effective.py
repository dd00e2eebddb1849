"""Effective weights: shares of variance."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.effective import effective_weights

# Ratios of sums of squares of a few dozen terms.
CLOSE = 1e-9

terms = arrays(np.float64, (5, 4, 3), elements=st.floats(-1, 1, width=32))


@given(terms)
def test_effective_weights_sum_to_one(x):
    x[..., 0] += np.arange(20).reshape(5, 4) ** 2
    found = effective_weights(x)
    for shares in (found.pooled, found.within_period, found.within):
        assert abs(shares.sum() - 1) < CLOSE


def test_they_are_covariances_over_the_variance():
    x = np.random.default_rng(5).normal(size=(6, 4, 3))
    total = x.sum(axis=2)
    found = effective_weights(x)
    for k in range(3):
        pooled = np.cov(x[..., k].ravel(), total.ravel(), ddof=0)
        assert abs(found.pooled[k] - pooled[0, 1] / pooled[1, 1]) < CLOSE


def test_a_part_that_does_not_vary_within_has_no_weight_there():
    x = np.random.default_rng(6).normal(size=(6, 4, 2))
    x[..., 1] = np.arange(6)[:, None]  # differs between entities only
    found = effective_weights(x)
    assert abs(found.pooled[1]) > 0.1
    assert abs(found.within[1]) < CLOSE


def test_a_flat_score_has_no_effective_weights():
    x = np.full((4, 1, 2), 0.3)
    found = effective_weights(x)
    assert np.isnan(found.pooled).all()
    one_period = effective_weights(np.random.default_rng(7).normal(size=(5, 1, 2)))
    assert np.isfinite(one_period.within_period).all()
    assert np.isnan(one_period.within).all()
