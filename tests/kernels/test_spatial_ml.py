"""Laws of spatial maximum likelihood, and dense twins of what the kernels sum from eigenvalues."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from spatial_cases import helmert, links_of, ring

from zhiheng.kernels.spatial_effects import spatial_effects
from zhiheng.kernels.spatial_lm import multiplier_tests
from zhiheng.kernels.spatial_ml import (
    NoMaximum,
    error_model,
    frame,
    lag_model,
    linear_model,
)
from zhiheng.kernels.spatial_spectrum import log_determinant, spectrum, trace

# Sums over a few hundred cells; eigenvalues of asymmetric matrices lose some digits more.
ROUNDING = 1e-8
# A general optimiser stops where the likelihood no longer moves: the square root of rounding.
OPTIMISER = 2e-6
EFFECTS = ("none", "entity", "period", "twoway")
seeds = st.integers(0, 2**32 - 1)


def made(seed, *, n=14, periods=5, k=2, rho=0.4, directed=False):
    rng = np.random.default_rng(seed)
    w = ring(n, rng, directed=directed)
    x = rng.normal(size=(n, periods, k))
    wx = np.einsum("ij,jtk->itk", w, x)
    mean = x.sum(-1) - 0.5 * wx.sum(-1) + rng.normal(size=(n, 1)) + rng.normal(size=(1, periods))
    y = np.linalg.solve(np.eye(n) - rho * w, mean + rng.normal(size=(n, periods)))
    return w, x, wx, y


def with_constant(x, effects):
    return np.concatenate([np.ones((*x.shape[:2], 1)), x], axis=-1) if effects == "none" else x


def transformed(w, y, x, effects):
    """Lee and Yu's transformation written out: unit weights, outcome and columns that remain."""
    over_time = helmert(y.shape[1]) if effects in ("entity", "twoway") else np.eye(y.shape[1])
    over_units = helmert(len(w)) if effects in ("period", "twoway") else np.eye(len(w))
    turn = [over_units.T @ part @ over_time for part in (y, *np.moveaxis(x, -1, 0))]
    return over_units.T @ w @ over_units, turn[0], np.stack(turn[1:], axis=-1)


def dense_likelihood(parameters, w, y, x, *, error):
    """Log-likelihood of (rho, log sigma2, beta), by its definition; all dense."""
    rho, sigma2, beta = parameters[0], np.exp(parameters[1]), parameters[2:]
    a = np.eye(len(w)) - rho * w
    rest = a @ (y - x @ beta) if error else a @ y - x @ beta
    size = -rest.size / 2 * np.log(2 * np.pi * sigma2) - (rest**2).sum() / (2 * sigma2)
    return size + y.shape[1] * np.linalg.slogdet(a)[1]


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("error", [False, True], ids=["lag", "error"])
@pytest.mark.parametrize("effects", EFFECTS)
def test_the_maximum_and_its_information_equal_a_dense_search_after_lee_and_yu(
    effects, error, directed
):
    w, x, _, y = made(7, directed=directed)
    x = with_constant(x, effects)
    f = frame(spectrum(links_of(w)), y.shape[1], effects, correction="lee_yu")
    fit = (error_model if error else lag_model)(y, x, f)
    small, ty, tx = transformed(w, y, x, effects)
    start = np.concatenate([[fit.rho + 0.05, np.log(fit.sigma2) + 0.1], fit.beta + 0.1])
    found = optimize.minimize(
        lambda p: -dense_likelihood(p, small, ty, tx, error=error), start, tol=1e-12
    )
    assert found.fun == pytest.approx(-fit.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(found.x[2:], fit.beta, atol=OPTIMISER)
    assert found.x[0] == pytest.approx(fit.rho, abs=OPTIMISER)
    assert fit.residuals.shape == y.shape


@pytest.mark.parametrize("error", [False, True], ids=["lag", "error"])
@pytest.mark.parametrize("effects", EFFECTS)
def test_errors_equal_the_information_written_with_dense_matrices_after_lee_and_yu(effects, error):
    w, x, _, y = made(3)
    x = with_constant(x, effects)
    f = frame(spectrum(links_of(w)), y.shape[1], effects, correction="lee_yu")
    fit = (error_model if error else lag_model)(y, x, f)
    small, _, tx = transformed(w, y, x, effects)
    inverse = np.linalg.inv(np.eye(len(small)) - fit.rho * small)
    g = small @ inverse
    trace_term = tx.shape[1] * (np.trace(g @ g) + (g**2).sum())
    k = len(fit.beta)
    expected = np.zeros((k + 2, k + 2))
    columns = (tx if not error else np.einsum(
        "ij,jtk->itk", np.eye(len(small)) - fit.rho * small, tx)).reshape(-1, k)  # fmt: skip
    expected[2:, 2:] = columns.T @ columns / fit.sigma2
    mean = np.zeros(len(columns)) if error else (g @ (tx @ fit.beta)).ravel()
    expected[0, 0] = trace_term + mean @ mean / fit.sigma2
    expected[0, 2:] = expected[2:, 0] = columns.T @ mean / fit.sigma2
    expected[0, 1] = expected[1, 0] = tx.shape[1] * np.trace(g) / fit.sigma2
    expected[1, 1] = len(columns) / (2 * fit.sigma2**2)
    keep = [0, *range(2, k + 2)]
    np.testing.assert_allclose(
        fit.covariance, np.linalg.inv(expected)[np.ix_(keep, keep)], rtol=1e-7, atol=1e-12
    )


@given(seeds, st.booleans())
@settings(max_examples=15)
def test_eigenvalues_give_determinants_and_traces(seed, directed):
    rng = np.random.default_rng(seed)
    w = ring(12, rng, directed=directed)
    s = spectrum(links_of(w))
    rho = float(rng.uniform(-0.9, 0.95))
    a = np.eye(12) - rho * w
    assert log_determinant(rho, s.values) == pytest.approx(np.linalg.slogdet(a)[1], abs=1e-9)
    g = w @ np.linalg.inv(a)
    assert trace(1, rho, s.values) == pytest.approx(np.trace(g), abs=1e-8)
    assert trace(2, rho, s.values) == pytest.approx(np.trace(g @ g), rel=1e-7, abs=1e-8)


@given(seeds, st.booleans(), st.sampled_from(["row", "symmetric"]))
@settings(max_examples=15)
def test_effects_equal_the_full_matrix_and_their_errors_its_derivatives(seed, directed, kind):
    rng = np.random.default_rng(seed)
    w = ring(12, rng, directed=directed and kind == "row")
    if kind == "symmetric":
        w = (w > 0) / 7.0
    s = spectrum(links_of(w))
    beta, theta = rng.normal(size=2), rng.normal(size=2)
    rho = 0.9 * float(rng.uniform(s.low, s.high))

    def dense(p):
        inverse = np.linalg.inv(np.eye(12) - p[0] * w)
        every = [inverse @ (p[1 + j] * np.eye(12) + p[3 + j] * w) for j in range(2)]
        direct = np.array([np.trace(m) / 12 for m in every])
        total = np.array([m.sum() / 12 for m in every])
        return np.stack([direct, total - direct, total])

    half = rng.normal(size=(5, 5)) / 50
    covariance = half @ half.T
    found = spatial_effects(rho, beta, theta, covariance, s, draws=0, seed=1, level=0.05)
    p = np.concatenate([[rho], beta, theta])
    np.testing.assert_allclose(found.estimate, dense(p), rtol=1e-7, atol=1e-8)
    step = 1e-6
    slopes = np.stack([(dense(p + h) - dense(p - h)) / (2 * step) for h in step * np.eye(5)], -1)
    expected = np.sqrt(np.einsum("ikp,pq,ikq->ik", slopes, covariance, slopes))
    np.testing.assert_allclose(found.delta_error, expected, rtol=1e-7)


def test_draws_equal_effects_of_each_draw_and_count_those_outside():
    w, *_ = made(5)
    s = spectrum(links_of(w))
    covariance = np.diag([0.3**2, 0.1, 0.2])
    at = np.array([0.7, 1.0, -0.4])
    found = spatial_effects(0.7, at[1:2], at[2:], covariance, s, draws=400, seed=3, level=0.1)
    drawn = at + np.random.default_rng(3).standard_normal((400, 3)) * np.sqrt(np.diag(covariance))
    inside = drawn[(drawn[:, 0] < s.high) & (drawn[:, 0] > s.low)]
    assert found.discarded == 400 - len(inside) > 20
    totals = (inside[:, 1] + inside[:, 2]) / (1 - inside[:, 0])
    np.testing.assert_allclose(found.low[2], np.quantile(totals, 0.05), rtol=1e-8)
    np.testing.assert_allclose(found.simulated_error[2], totals.std(ddof=1), rtol=1e-8)


@given(seeds, st.sampled_from(EFFECTS))
@settings(max_examples=15)
def test_without_weight_in_the_data_the_lag_model_at_zero_is_least_squares(seed, effects):
    """At rho = 0 the conditional coefficients are those of least squares, and so is the height."""
    w, x, _, y = made(seed, rho=0.0)
    x = with_constant(x, effects)
    f = frame(spectrum(links_of(w)), y.shape[1], effects)
    plain, lag = linear_model(y, x, f), lag_model(y, x, f)
    columns = f.remove(x).reshape(-1, x.shape[-1])
    expected = np.linalg.lstsq(columns, f.remove(y).ravel(), rcond=None)[0]
    np.testing.assert_allclose(plain.beta, expected, rtol=ROUNDING, atol=ROUNDING)
    slope = np.linalg.lstsq(columns, f.lagged(y).ravel(), rcond=None)[0]
    np.testing.assert_allclose(lag.beta + lag.rho * slope, expected, rtol=1e-7, atol=1e-7)
    assert lag.log_likelihood >= plain.log_likelihood - 1e-9


@given(seeds, st.sampled_from(EFFECTS), st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=15)
def test_units_change_coefficients_and_nothing_else(seed, effects, a, b):
    w, x, _, y = made(seed)
    x = with_constant(x, effects)
    f = frame(spectrum(links_of(w)), y.shape[1], effects, correction="lee_yu")
    for model in (lag_model, error_model):
        plain, scaled = model(y, x, f), model(a * y, b * x, f)
        assert scaled.rho == pytest.approx(plain.rho, abs=1e-7)
        np.testing.assert_allclose(scaled.beta, plain.beta * a / b, rtol=1e-6, atol=1e-9 * a / b)
        before, after = np.diag(plain.covariance), np.diag(scaled.covariance)
        np.testing.assert_allclose(after[1:], before[1:] * (a / b) ** 2, rtol=1e-6)


@given(seeds, st.sampled_from(EFFECTS))
@settings(max_examples=15)
def test_the_order_of_units_does_not_matter_when_the_weights_move_along(seed, effects):
    w, x, wx, y = made(seed)
    order = np.random.default_rng(seed).permutation(len(w))
    columns = with_constant(np.concatenate([x, wx], -1), effects)
    fits = []
    for weights, yy, xx in ((w, y, columns), (w[np.ix_(order, order)], y[order], columns[order])):
        f = frame(spectrum(links_of(weights)), y.shape[1], effects, correction="lee_yu")
        fits.append(lag_model(yy, xx, f))
    assert fits[1].rho == pytest.approx(fits[0].rho, abs=ROUNDING)
    np.testing.assert_allclose(fits[1].covariance, fits[0].covariance, rtol=1e-6, atol=1e-10)


@given(seeds)
@settings(max_examples=10)
def test_what_effects_absorb_changes_nothing(seed):
    w, x, _, y = made(seed)
    f = frame(spectrum(links_of(w)), y.shape[1], "twoway", correction="lee_yu")
    rng = np.random.default_rng(seed)
    shift = 5 * rng.normal(size=(len(w), 1)) + 5 * rng.normal(size=(1, y.shape[1]))
    plain, moved = lag_model(y, x, f), lag_model(y + shift, x + shift[..., None], f)
    assert moved.rho == pytest.approx(plain.rho, abs=1e-7)
    np.testing.assert_allclose(moved.beta, plain.beta, rtol=1e-6, atol=1e-7)


def test_the_two_orders_of_lag_and_effects_agree_without_period_effects_only():
    w, x, _, y = made(11)
    s = spectrum(links_of(w))
    one, two = (
        {lag: lag_model(y, x, frame(s, 5, effects, lag=lag)).rho for lag in ("dummies", "splm")}
        for effects in ("entity", "twoway")
    )
    assert one["dummies"] == pytest.approx(one["splm"], abs=1e-10)
    assert abs(two["dummies"] - two["splm"]) > 1e-6


def test_a_likelihood_that_rises_to_the_edge_has_no_maximum():
    w, x, _, _ = made(2)
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.normal(size=(1, 5)) * 100, axis=1) + 1e-9 * rng.normal(size=(14, 5))
    with pytest.raises(NoMaximum):
        lag_model(y, x, frame(spectrum(links_of(w)), 5, "entity"))


def test_asymmetric_weights_that_are_not_standardised_are_refused():
    w, *_ = made(4, directed=True)
    with pytest.raises(ValueError, match="neither"):
        spectrum(links_of(2 * w))


def test_multiplier_tests_equal_their_definitions_in_block_matrices():
    w, x, _, y = made(9)
    f = frame(spectrum(links_of(w)), 5, "entity")
    found = multiplier_tests(linear_model(y, x, f), x, y, f)
    big = np.kron(np.eye(5), w)
    ty, tx = (f.remove(part) for part in (y, x))
    ys, xs = ty.T.ravel(), tx.transpose(1, 0, 2).reshape(-1, 2)
    beta = np.linalg.lstsq(xs, ys, rcond=None)[0]
    e = ys - xs @ beta
    s2 = e @ e / len(e)
    t = np.trace(big @ big + big.T @ big)
    m = np.eye(len(e)) - xs @ np.linalg.pinv(xs)
    j = ((big @ xs @ beta) @ m @ (big @ xs @ beta) + t * s2) / s2
    a, b = e @ big @ e / s2, e @ big @ ys / s2
    expected = [b**2 / j, a**2 / t, (b - a) ** 2 / (j - t), (a - t / j * b) ** 2 / (t - t**2 / j)]
    np.testing.assert_allclose(
        [found.lag, found.error, found.robust_lag, found.robust_error], expected, rtol=1e-9
    )


@pytest.mark.slow
def test_intervals_of_a_planted_spillover_cover_it_as_often_as_they_say():
    """30 units, 8 periods, two-way effects, Lee and Yu; 95 per cent over 2,000 panels.

    The band is that of 95 per cent plus or minus three errors of the simulation.
    """
    rng = np.random.default_rng(20261126)
    w = ring(30, rng)
    s = spectrum(links_of(w))
    x = rng.normal(size=(30, 8, 1))
    design = np.concatenate([x, s.lag(x)], axis=-1)
    rho, beta, theta = 0.3, 1.0, 0.5
    inverse = np.linalg.inv(np.eye(30) - rho * w)
    every = inverse @ (beta * np.eye(30) + theta * w)
    direct = np.trace(every) / 30
    truth = np.array([direct, every.sum() / 30 - direct, every.sum() / 30])
    f = frame(s, 8, "twoway", correction="lee_yu")
    mean = x[..., 0] * beta + design[..., 1] * theta
    mean = mean + rng.normal(size=(30, 1)) + rng.normal(size=(1, 8))
    covered, simulated, of_rho = np.zeros(3), np.zeros(3), 0
    for seed in range(2000):
        y = np.tensordot(inverse, mean + rng.normal(size=(30, 8)), axes=1)
        fit = lag_model(y, design, f)
        of_rho += abs(fit.rho - rho) < 1.96 * np.sqrt(fit.covariance[0, 0])
        found = spatial_effects(
            fit.rho,
            fit.beta[:1],
            fit.beta[1:],
            fit.covariance,
            s,
            draws=1000,
            seed=seed,
            level=0.05,
        )
        covered += (np.abs(found.estimate - truth[:, None]) < 1.96 * found.delta_error)[:, 0]
        simulated += ((found.low[:, 0] <= truth) & (truth <= found.high[:, 0])).astype(float)
    shares = np.array([of_rho, *covered, *simulated]) / 2000
    band = 3 * np.sqrt(0.95 * 0.05 / 2000)
    assert (np.abs(shares - 0.95) < band).all(), shares
