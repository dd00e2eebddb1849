"""Leave-one-out in closed form equals really leaving out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.influence import leave_one_out
from zhiheng.kernels.panel_ols import absorber, covariance, factor, panel_ols

# Cross products are updated instead of rebuilt, which costs half of the digits at worst.
UPDATED = 1e-7


def made(seed, e, p, k, *, holes):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(e, p, k)) + rng.normal(size=(e, 1, k)) + rng.normal(size=(1, p, k))
    y = x @ np.arange(1.0, k + 1) + rng.normal(size=(e, p)) * rng.gamma(2, size=(e, 1))
    mask = rng.random((e, p)) > 0.12 if holes else np.ones((e, p), dtype=bool)
    return np.where(mask, y, 0), np.where(mask[..., None], x, 0), mask


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["twoway", "entity", "period", "none"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["stata", "areg", "sss", "cr1", "none"]),
)
@settings(max_examples=40, deadline=None)
def test_leaving_out_in_closed_form_equals_leaving_out(seed, effects, holes, trends, small_sample):
    trends = trends and effects in ("twoway", "entity")
    y, x, mask = made(seed, 11, 8, 3, holes=holes)
    fit = panel_ols(y, x, absorber(mask, effects, trends=trends))
    found = leave_one_out(fit, 1, small_sample=small_sample)
    for g in range(11):
        rest = np.arange(11) != g
        again = panel_ols(y[rest], x[rest], absorber(mask[rest], effects, trends=trends))
        scale = factor(again, small_sample)
        se = np.sqrt(covariance(again)[1, 1] * scale)
        np.testing.assert_allclose(found.estimate[g], again.beta[1], rtol=UPDATED, atol=UPDATED)
        np.testing.assert_allclose(found.std_error[g], se, rtol=UPDATED)
        p_value = 2 * stats.t.sf(abs(again.beta[1] / se), 9)
        np.testing.assert_allclose(found.p_value[g], p_value, rtol=1e-6, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=40, deadline=None)
def test_shares_of_the_variation_sum_to_one(seed, holes):
    y, x, mask = made(seed, 12, 7, 2, holes=holes)
    found = leave_one_out(panel_ols(y, x, absorber(mask, "twoway")), 0, small_sample="stata")
    assert found.share.sum() == pytest.approx(1.0, abs=1e-12)
    assert (found.share >= 0).all()


def test_a_period_seen_in_one_entity_only_is_lost_with_it():
    y, x, mask = made(2, 10, 8, 2, holes=False)
    mask[:, 7] = False
    mask[3, 7] = True
    fit = panel_ols(y * mask, x * mask[..., None], absorber(mask, "twoway"))
    found = leave_one_out(fit, 0, small_sample="stata")
    rest = np.arange(10) != 3
    again = panel_ols((y * mask)[rest], (x * mask[..., None])[rest], absorber(mask[rest], "twoway"))
    se = np.sqrt(covariance(again)[0, 0] * factor(again, "stata"))
    assert found.estimate[3] == pytest.approx(again.beta[0], rel=UPDATED)
    assert found.std_error[3] == pytest.approx(se, rel=UPDATED)


def test_a_coefficient_that_only_one_entity_identifies_is_not_invented():
    y, x, mask = made(4, 10, 8, 2, holes=False)
    x[:, :, 0] = 0.0
    x[0, :, 0] = np.arange(8.0) ** 2
    found = leave_one_out(panel_ols(y, x, absorber(mask, "twoway")), 0, small_sample="stata")
    assert np.isnan(found.estimate[0])
    assert np.isfinite(found.estimate[1:]).all()
    assert found.share[0] > 0.5
