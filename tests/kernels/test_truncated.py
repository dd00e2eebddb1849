"""The truncated regression: against thirty digits, another optimiser, and a known truth."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_ndtr
from scipy.stats import kstest, truncnorm

from zhiheng.kernels.truncated import draw, fit

REFERENCE = Path(__file__).parents[1] / "reference" / "dea_second_stage"

# The optimum of a smooth likelihood is known to the square root of rounding at worst; Newton's
# last step is far smaller. Measured 1.3e-14.
DIGITS = 1e-10
# scipy's search without derivatives is right to the root of rounding. Measured 1.4e-8.
SEARCHED = 1e-6


def cases():
    rows = list(csv.DictReader((REFERENCE / "input.csv").read_text("utf-8").splitlines()))
    for name, answer in json.loads((REFERENCE / "expected.json").read_text("utf-8")).items():
        part = [r for r in rows if r["case"] == name]
        d = np.array([float(r["d"]) for r in part])
        z = np.array([[1.0, float(r["z1"]), float(r["z2"])] for r in part])
        yield d, z, answer


def sample(seed, n=80, count=1, sigma=0.5):
    rng = np.random.default_rng(seed)
    z = np.column_stack([np.ones(n), rng.normal(size=n), rng.uniform(-1, 1, n)])
    y = draw(z @ [0.3, 0.4, -0.3], sigma, rng.random((count, n)))
    return y, z


def test_equals_the_maximum_with_thirty_digits():
    for d, z, answer in cases():
        found = fit(d[None] - 1, z)
        beta = found.coefficients[0] + [1, 0, 0]
        np.testing.assert_allclose(beta, answer["beta"], rtol=DIGITS)
        np.testing.assert_allclose(found.sigma[0], answer["sigma"], rtol=DIGITS)
        np.testing.assert_allclose(found.loglik[0], answer["loglik"], rtol=DIGITS)


def minus(par, y, z):
    sigma, mean = np.exp(par[-1]), z @ par[:-1]
    density = -np.log(sigma) - 0.5 * np.log(2 * np.pi) - 0.5 * ((y - mean) / sigma) ** 2
    return -(density - log_ndtr(mean / sigma)).sum()


@pytest.mark.parametrize("seed", range(4))
def test_another_optimiser_from_other_starts_comes_to_the_same_maximum(seed):
    y, z = sample(seed)
    found = fit(y, z)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        start = np.append(rng.normal(size=3), 0.0)
        options = {"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-10, "fatol": 1e-13}
        other = minimize(minus, start, args=(y[0], z), method="Nelder-Mead", options=options)
        np.testing.assert_allclose(found.coefficients[0], other.x[:-1], atol=SEARCHED)
        assert found.loglik[0] >= -other.fun - 1e-9


def test_many_samples_at_once_are_the_single_ones():
    y, z = sample(5, count=30)
    many = fit(y, z)
    single = [fit(row[None], z).coefficients[0] for row in y]
    np.testing.assert_allclose(many.coefficients, single, rtol=1e-9)


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_of_both_sides_only_rescale_the_answer(seed, stretch, shrink):
    y, z = sample(seed)
    plain, scaled = fit(y, z), fit(stretch * y, z * [1, shrink, 1])
    if plain.found[0]:
        expected = plain.coefficients[0] * stretch / [1, shrink, 1]
        np.testing.assert_allclose(scaled.coefficients[0], expected, rtol=1e-7, atol=1e-9 * stretch)
        np.testing.assert_allclose(scaled.sigma, stretch * plain.sigma, rtol=1e-7)


def test_a_far_cut_leaves_least_squares():
    rng = np.random.default_rng(8)
    z = np.column_stack([np.ones(200), rng.normal(size=200)])
    y = 100 + 2 * z[:, 1] + rng.normal(size=200)
    plain = np.linalg.lstsq(z, y)[0]
    np.testing.assert_allclose(fit(y[None], z).coefficients[0], plain, rtol=1e-12)


def test_a_sample_that_looks_exponential_or_steeper_has_no_maximum_and_says_so():
    steep = np.exp(np.linspace(-6, 3, 60))  # far more spread than an exponential of its mean
    found = fit(steep[None], np.ones((60, 1)))
    assert not found.found[0]
    assert np.isnan(found.coefficients).all()
    assert np.isnan(found.sigma[0])


def test_draws_follow_the_cut_normal_even_far_in_the_tail():
    rng = np.random.default_rng(2)
    for mean in (-30.0, -2.0, 0.0, 5.0):
        drawn = draw(np.full(4000, mean), 1.0, rng.random(4000))
        assert (drawn >= 0).all()
        law = truncnorm(-mean, np.inf, loc=mean)
        assert kstest(drawn, law.cdf).pvalue > 1e-3


@pytest.mark.slow
def test_the_mean_of_many_estimates_is_the_truth():
    rng = np.random.default_rng(11)
    n, truth = 1000, np.array([0.3, 0.4, -0.3])
    z = np.column_stack([np.ones(n), rng.normal(size=n), rng.uniform(-1, 1, n)])
    found = fit(draw(z @ truth, 0.5, rng.random((1000, n))), z)
    assert found.found.all()
    error = found.coefficients.std(axis=0) / np.sqrt(1000)
    # bias of maximum likelihood is of order 1/n; three standard errors and that much
    assert (np.abs(found.coefficients.mean(axis=0) - truth) < 3 * error + 5 / n).all()
