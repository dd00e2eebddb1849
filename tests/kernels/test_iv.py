"""Laws and plain twins of two-stage least squares and the Anderson-Rubin set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels import panel_covariance as cov
from zhiheng.kernels.anderson_rubin import anderson_rubin, confidence_set
from zhiheng.kernels.iv import IvData, conditional_f, f_test, partialled, two_stage
from zhiheng.kernels.panel_ols import absorber, solve

seeds = st.integers(0, 2**32 - 1)
# A few hundred additions and two solves of small systems.
ROUNDING = 1e-8


def made(seed, *, instruments, strength=0.4, endogenous=1, scale=1.0):
    rng = np.random.default_rng(seed)
    e, p = 14, 5
    mask = rng.random((e, p)) > 0.1
    z = rng.normal(size=(e, p, instruments))
    w = rng.normal(size=(e, p, 1))
    v = rng.normal(size=(e, p, endogenous))
    d = strength * (z @ rng.normal(size=(instruments, endogenous))) + v + w
    y = scale * (d.sum(-1) + 0.8 * v.sum(-1) + rng.normal(size=(e, p)) + rng.normal(size=(e, 1)))
    absorb = absorber(mask, "entity")
    y, d, w, z = (absorb.remove(a) for a in (y[..., None], d, w, z))
    return IvData(y[..., 0], d, w, z, absorb)


def clustered(fit):
    return cov.clustered_by(fit, "entity") * cov.cluster_factor(fit, "entity", "stata")


@given(seeds, st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_estimates_equal_their_matrix_form(seed, instruments):
    data = made(seed, instruments=instruments, endogenous=2, strength=1.0)
    mask = data.absorber.mask
    x, z, y = data.regressors[mask], data.instruments[mask], data.y[mask]
    project = z @ np.linalg.solve(z.T @ z, z.T)
    beta = np.linalg.solve(x.T @ project @ x, x.T @ project @ y)
    fit = two_stage(data)
    np.testing.assert_allclose(fit.second.beta, beta, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(fit.second.residuals[mask], y - x @ beta, atol=1e-6)
    bread = np.linalg.inv(x.T @ project @ x)
    np.testing.assert_allclose(fit.second.bread, bread, rtol=1e-6, atol=1e-10)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_with_one_of_two_the_conditional_f_is_that_of_its_ingredients(seed):
    """Just identified but for one: the F of what is left of d1 on both instruments, written out."""
    data = made(seed, instruments=3, endogenous=2, strength=1.0)
    mask = data.absorber.mask
    w = data.w[mask]
    off = np.eye(len(w)) - w @ np.linalg.pinv(w)
    z, d = off @ data.z[mask], off @ data.d[mask]
    fitted = z @ np.linalg.lstsq(z, d, rcond=None)[0]
    slope = (fitted[:, 1] @ d[:, 0]) / (fitted[:, 1] @ d[:, 1])
    left = d[:, 0] - slope * d[:, 1]
    inside = z @ np.linalg.lstsq(z, left, rcond=None)[0]
    df2 = mask.sum() - data.absorber.nested - 1 - 3
    expected = (inside @ inside / 2) / (((left - inside) ** 2).sum() / df2)
    assert conditional_f(data, 0) == pytest.approx(expected, rel=1e-6)


@given(seeds, st.integers(1, 3), st.sampled_from([0.0, 0.2, 1.0]), st.sampled_from([1e-3, 1, 1e3]))
@settings(max_examples=40, deadline=None)
def test_the_set_holds_exactly_the_values_that_the_test_does_not_reject(
    seed, instruments, strength, scale
):
    data = made(seed, instruments=instruments, strength=strength, scale=scale)
    test = anderson_rubin(data, clustered, 13)
    value = 1.3 * scale
    fit = solve(data.y - value * data.d[..., 0], data.instruments, data.absorber)
    direct = f_test(fit, instruments, clustered(fit), 13).statistic
    assert test.statistic(value) == pytest.approx(direct, rel=1e-6)
    pieces = confidence_set(test, 0.05)
    grid = scale * np.concatenate(
        [np.linspace(-10, 10, 101), 3 * np.tan(np.linspace(-1.57, 1.57, 100))]
    )
    held = np.array([test.p_value(b) >= 0.05 for b in grid])
    mine = ((pieces[:, 0] <= grid[:, None]) & (grid[:, None] <= pieces[:, 1])).any(axis=1)
    assert (held == mine).all()
    for end in pieces[np.isfinite(pieces)]:
        assert test.p_value(float(end)) == pytest.approx(0.05, rel=1e-5)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_the_set_moves_with_the_outcome(seed):
    """Adding ``3 d`` to the outcome moves every piece by three."""
    data = made(seed, instruments=2)
    moved = IvData(data.y + 3 * data.d[..., 0], data.d, data.w, data.z, data.absorber)
    one = confidence_set(anderson_rubin(data, clustered, 13), 0.05)
    two = confidence_set(anderson_rubin(moved, clustered, 13), 0.05)
    np.testing.assert_allclose(two, one + 3, rtol=1e-6, atol=1e-6)


def test_partialling_out_leaves_what_is_orthogonal():
    data = made(1, instruments=3)
    left = partialled(data.z, data.w)
    np.testing.assert_allclose(np.einsum("epl,epk->lk", left, data.w), 0.0, atol=ROUNDING)
