"""The split of a slope is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.overlap import split_slope
from zhiheng.kernels.panel_ols import absorber, panel_ols


def made(seed, e, p, m, c):
    rng = np.random.default_rng(seed)
    parts = rng.random((e, p, m)) * rng.dirichlet(np.ones(m))
    controls = rng.normal(size=(e, p, c)) + parts.sum(-1, keepdims=True)
    y = rng.normal(size=(e, p)) - 3 * parts[..., 0] + controls.sum(-1)
    return y, parts, controls


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from(["twoway", "entity", "period", "none"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_coefficient(seed, m, c, effects, trends):
    y, parts, controls = made(seed, 10, 8, m, c)
    trends = trends and effects in ("twoway", "entity")
    absorb = absorber(np.ones((10, 8), dtype=bool), effects, trends=trends)
    split = split_slope(y, parts, controls, absorb)
    x = np.concatenate([parts.sum(-1, keepdims=True), controls], axis=-1)
    beta = panel_ols(y, x, absorb).beta[0]
    # An index that happens to vary little divides by a small variance: hence relative to both.
    scale = max(1.0, abs(beta), np.abs(split.parts).max())
    assert abs(split.parts.sum() - beta) <= 1e-9 * scale
    assert split.variance.sum() == pytest.approx(1.0, abs=1e-9)


def test_a_part_without_variation_has_no_share():
    y, parts, controls = made(1, 10, 8, 4, 1)
    parts[..., 2] = 0.25
    absorb = absorber(np.ones((10, 8), dtype=bool), "twoway")
    split = split_slope(y, parts, controls, absorb)
    assert split.parts[2] == pytest.approx(0.0, abs=1e-12)
    assert split.variance[2] == pytest.approx(0.0, abs=1e-12)


def test_an_index_made_of_the_outcome_owes_its_slope_to_that_part():
    rng = np.random.default_rng(3)
    shared, own = rng.normal(size=(2, 30, 11))
    absorb = absorber(np.ones((30, 11), dtype=bool), "twoway")
    nothing = np.zeros((30, 11, 0))
    split = split_slope(shared, np.stack([0.5 * shared, 0.5 * own], -1), nothing, absorb)
    # The other half is noise: its term is a sample covariance of unrelated columns.
    assert split.parts[0] / split.total == pytest.approx(1.0, abs=0.15)
