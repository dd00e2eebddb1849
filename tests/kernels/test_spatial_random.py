"""Random effects and quasi-likelihood errors: dense twins, laws and simulations."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from spatial_cases import links_of, ring

from zhiheng.kernels.spatial_hausman import hausman
from zhiheng.kernels.spatial_ml import error_model, frame, lag_model, linear_model
from zhiheng.kernels.spatial_quasi import moments, quasi_covariance
from zhiheng.kernels.spatial_random import (
    _given,
    _own_slope,
    own_effects_model,
    random_model,
)
from zhiheng.kernels.spatial_spectrum import spectrum

# A general optimiser stops where the likelihood no longer moves: the square root of rounding.
OPTIMISER = 5e-6
KINDS = ("lag", "none", "kkp", "anselin")
seeds = st.integers(0, 2**32 - 1)


def made(seed, kind, *, n=16, periods=5, rho=0.4, spread=1.2, directed=False):
    rng = np.random.default_rng(seed)
    w = ring(n, rng, directed=directed)
    x = rng.normal(size=(n, periods, 2)) + rng.normal(size=(n, 1, 2))
    x = np.concatenate([np.ones((n, periods, 1)), x], axis=-1)
    mean, mu = x @ [1.0, 0.5, -0.3], spread * rng.normal(size=(n, 1))
    e = rng.normal(size=(n, periods))
    s = np.linalg.inv(np.eye(n) - rho * w)
    y = {"lag": s @ (mean + mu + e), "none": mean + mu + e, "kkp": mean + s @ (mu + e),
         "anselin": mean + mu + s @ e}[kind]  # fmt: skip
    return w, x, y


def fitted(w, x, y, kind):
    f = frame(spectrum(links_of(w)), y.shape[1], "random")
    if kind == "anselin":
        return own_effects_model(y, x, f), f
    return random_model(y, x, f, {"kkp": "error"}.get(kind, kind)), f


def parts(p, w, y, x, kind):
    """Residuals, covariance of all cells, and log determinant of the lag, written out."""
    n, periods = y.shape
    b = np.eye(n) - p[0] * w
    innovations, means = np.eye(n), np.eye(n)
    if kind in ("kkp", "anselin"):
        innovations = np.linalg.inv(b.T @ b)
        means = innovations if kind == "kkp" else means
    covariance = np.kron(innovations, np.eye(periods)) * p[-1]
    covariance = covariance + p[-2] * np.kron(means, np.ones((periods, periods)))
    lag = kind == "lag"
    rest = (b @ y if lag else y) - x @ p[1:-2]
    return rest.ravel(), covariance, periods * np.linalg.slogdet(b)[1] if lag else 0.0


def height(p, w, y, x, kind):
    rest, covariance, extra = parts(p, w, y, x, kind)
    size = y.size * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
    return extra - (size + rest @ np.linalg.solve(covariance, rest)) / 2


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_maximum_equals_a_dense_search(kind, directed):
    w, x, y = made(5, kind, directed=directed)
    d, _ = fitted(w, x, y, kind)
    at = np.concatenate([[d.fit.rho], d.fit.beta, [d.ratio * d.fit.sigma2, d.fit.sigma2]])
    free = [i for i in range(len(at)) if kind != "none" or i > 0]

    def depth(q):
        p = at.copy()
        p[free] = q
        p[-2:] = np.exp(q[-2:])
        return -height(p, w, y, x, kind)

    start = np.concatenate([at[free][:-2] + 0.05, np.log(at[-2:]) + 0.1])
    found = optimize.minimize(depth, start, tol=1e-12)
    assert -found.fun == pytest.approx(d.fit.log_likelihood, abs=1e-8)
    assert abs(d.fit.slope) < 1e-8
    np.testing.assert_allclose(found.x[:-2], at[free][:-2], atol=OPTIMISER)
    np.testing.assert_allclose(np.exp(found.x[-2:]), at[-2:], rtol=OPTIMISER)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_equal_the_expected_information_of_the_normal_law(kind):
    """``mu_a' V^-1 mu_b + tr(V^-1 V_a V^-1 V_b) / 2`` with derivatives by differences."""
    w, x, y = made(8, kind)
    d, _ = fitted(w, x, y, kind)
    p = np.concatenate([[d.fit.rho], d.fit.beta, [d.ratio * d.fit.sigma2, d.fit.sigma2]])

    def law(q):
        b = np.eye(len(w)) - q[0] * w
        _, covariance, _ = parts(q, w, y, x, kind)
        mean = x @ q[1:-2]
        if kind == "lag":
            whole = np.kron(np.linalg.inv(b), np.eye(y.shape[1]))
            return whole @ mean.ravel(), whole @ covariance @ whole.T
        return mean.ravel(), covariance

    step, size = 1e-6, len(p)
    pairs = [(law(p + h), law(p - h)) for h in step * np.eye(size)]
    means = [(a[0] - b[0]) / (2 * step) for a, b in pairs]
    inverse = np.linalg.inv(law(p)[1])
    slopes = [inverse @ (a[1] - b[1]) / (2 * step) for a, b in pairs]
    information = np.array([
        [means[i] @ inverse @ means[j] + (slopes[i] * slopes[j].T).sum() / 2 for j in range(size)]
        for i in range(size)
    ])  # fmt: skip
    free = np.arange(1 if kind == "none" else 0, size)
    expected = np.linalg.inv(information[np.ix_(free, free)])
    got = d.fit.covariance[np.ix_(free[:-2], free[:-2])]
    np.testing.assert_allclose(got, expected[:-2, :-2], rtol=1e-5, atol=1e-9)


@given(seeds, st.sampled_from(["lag", "none", "kkp"]))
@settings(max_examples=10)
def test_without_effects_the_variance_may_end_at_zero_and_the_model_is_the_pooled_one(seed, kind):
    w, x, y = made(seed, kind, spread=0.0)
    d, f = fitted(w, x, y, kind)
    pooled = frame(f.spectrum, y.shape[1], "none")
    plain = {"lag": lag_model, "none": linear_model, "kkp": error_model}[kind](y, x, pooled)
    assert d.fit.log_likelihood >= plain.log_likelihood - 1e-9
    if d.ratio == 0:
        np.testing.assert_allclose(d.fit.beta, plain.beta, rtol=1e-9)
        assert d.fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)


@given(seeds, st.floats(0.01, 100), st.sampled_from(["lag", "kkp"]))
@settings(max_examples=10)
def test_units_change_coefficients_and_nothing_else(seed, scale, kind):
    w, x, y = made(seed, kind)
    plain, f = fitted(w, x, y, kind)
    scaled, _ = fitted(w, x, scale * y, kind)
    assert scaled.fit.rho == pytest.approx(plain.fit.rho, abs=1e-6)
    assert scaled.ratio == pytest.approx(plain.ratio, rel=1e-5, abs=1e-7)
    np.testing.assert_allclose(scaled.fit.beta, scale * plain.fit.beta, rtol=1e-5, atol=1e-8)


def test_hausman_counts_only_what_moves_within_units():
    w, x, y = made(2, "lag")
    still = x.copy()
    still[..., 1] = still[:, :1, 1]
    for columns, df in ((x, 2), (still, 1)):
        d, f = fitted(w, columns, y, "lag")
        found = hausman(y, columns, f, d.fit, "lag")
        assert found.df == df
        assert found.statistic >= 0


@pytest.mark.parametrize("effects", ["none", "entity", "period", "twoway"])
@pytest.mark.parametrize("error", [False, True], ids=["lag", "error"])
def test_the_sandwich_equals_the_variance_of_forms_in_independent_innovations(effects, error):
    """Scores written as ``b'v + v'Mv`` over all cells; their variance is textbook."""
    rng = np.random.default_rng(3)
    n, periods = 9, 4
    w = ring(n, rng)
    x = rng.normal(size=(n, periods, 2))
    x[..., 0] = 1.0 if effects == "none" else x[..., 0]
    y = np.linalg.solve(np.eye(n) - 0.3 * w, x.sum(-1) + rng.exponential(size=(n, periods)))
    f = frame(spectrum(links_of(w)), periods, effects, correction="lee_yu")
    fit = (error_model if error else lag_model)(y, x, f)
    gone = np.eye(n) - (1 / n if effects in ("period", "twoway") else 0)
    late = np.eye(periods) - (1 / periods if effects in ("entity", "twoway") else 0)
    g = w @ np.linalg.inv(np.eye(n) - fit.rho * w)
    sweep = np.kron(gone, late)
    quadratic = [sweep @ np.kron(g, np.eye(periods)) @ sweep / fit.sigma2]
    quadratic += [np.zeros_like(sweep)] * 2 + [sweep / (2 * fit.sigma2**2)]
    keep = np.eye(n) - fit.rho * w if error else np.eye(n)
    columns = np.kron(gone @ keep @ gone, late) @ x.reshape(-1, 2)
    mean = sweep @ np.kron(g, np.eye(periods)) @ (sweep @ x.reshape(-1, 2) @ fit.beta)
    linear = np.column_stack([0 * mean if error else mean, columns, 0 * mean]) / fit.sigma2
    third, fourth = moments(fit.residuals, f)
    extra = np.zeros((4, 4))
    diagonals = np.array([np.diag(m) for m in quadratic])
    for a in range(4):
        for b in range(4):
            extra[a, b] = fourth * diagonals[a] @ diagonals[b] + third * (
                linear[:, a] @ diagonals[b] + linear[:, b] @ diagonals[a]
            )
    bread = np.linalg.inv(fit.information)
    expected = (bread + bread @ extra @ bread)[:-1, :-1]
    got = quasi_covariance(fit, x, f, lagged=not error, error=error)
    np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("effects", ["none", "entity", "period", "twoway"])
def test_moments_of_innovations_survive_the_removal_of_effects(effects):
    rng = np.random.default_rng(6)
    w = ring(30, rng)
    f = frame(spectrum(links_of(w)), 8, effects)
    found = np.array([moments(f.remove(rng.exponential(size=(30, 8)) - 1), f) for _ in range(3000)])
    # an exponential has cumulants 1, 2 and 6; samples of 240 leave the last a little short
    np.testing.assert_allclose(found.mean(axis=0), [2.0, 6.0], rtol=0.06)


@pytest.mark.slow
def test_random_effects_cover_the_truth_and_hausman_keeps_its_size():
    """30 units, 8 periods, 2,000 panels of a Durbin model; printed with `pytest -s`."""
    rng = np.random.default_rng(20261126)
    n, periods = 30, 8
    w = ring(n, rng)
    s = spectrum(links_of(w))
    x = rng.normal(size=(n, periods, 1)) + rng.normal(size=(n, 1, 1))
    design = np.concatenate([np.ones((n, periods, 1)), x, s.lag(x)], axis=-1)
    truth = np.array([0.3, 2.0, 1.0, 0.5])
    inverse = np.linalg.inv(np.eye(n) - truth[0] * w)
    f, covered, rejected = frame(s, periods, "random"), np.zeros(4), 0
    for _ in range(2000):
        y = design @ truth[1:] + rng.normal(size=(n, 1)) + rng.normal(size=(n, periods))
        y = inverse @ y
        d = random_model(y, design, f, "lag")
        gap = np.concatenate([[d.fit.rho], d.fit.beta]) - truth
        covered += np.abs(gap) < 1.96 * np.sqrt(np.diag(d.fit.covariance))
        rejected += hausman(y, design, f, d.fit, "lag").statistic > 5.991
    sys.stdout.write(
        f"\ncoverage {(covered / 2000).round(3)}, size of Hausman {rejected / 2000:.3f}\n"
    )
    assert ((covered / 2000 > 0.93) & (covered / 2000 < 0.97)).all()
    assert rejected / 2000 < 0.07


def test_the_slope_of_own_effects_is_the_derivative_of_their_height():
    w, x, y = made(4, "anselin")
    f = frame(spectrum(links_of(w)), y.shape[1], "random")
    step = 1e-4
    for rho in (-0.3, 0.1, 0.6):
        ends = [_given(y, x, f, rho + side * step)[0] for side in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * step) / y.size
        assert _own_slope(y, x, f, rho) == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("kind", ["lag", "kkp", "anselin"])
def test_effects_that_dwarf_the_innovations_are_as_good_as_fixed(kind):
    w, x, y = made(7, kind)
    x = np.concatenate([x[..., :1], x[..., 1:] - x[..., 1:].mean(axis=1, keepdims=True)], axis=-1)
    y = y + 1e4 * np.random.default_rng(1).normal(size=(len(w), 1))
    d, f = fitted(w, x, y, kind)
    within = frame(f.spectrum, y.shape[1], "entity", correction="lee_yu")
    if kind == "anselin":
        fixed = error_model(y, x[..., 1:], within)
        np.testing.assert_allclose(d.fit.beta[1:], fixed.beta, rtol=1e-3)
    assert np.isfinite(d.fit.covariance).all()
    assert d.ratio > 1e5
