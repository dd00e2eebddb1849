"""Turning points against closed forms, the published U test, and the laws of units."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import absorber, covariance, panel_ols
from zhiheng.kernels.turning import (
    combinations,
    delta_errors,
    flat_set,
    gradient,
    one_sided,
    powers,
    recentring,
    slopes,
    turning_points,
)

# Polynomial roots and closed forms in double precision.
ROUNDING = 1e-9
# The table of cases prints nine digits or more.
PRINTED = 5e-9
seeds = st.integers(0, 2**32 - 1)


def made(seed, degree):
    """Coefficients and a covariance of comparable size."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(degree, degree)) * 0.3
    return rng.normal(size=degree), root @ root.T + 1e-3 * np.eye(degree)


def test_published_case_v12(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V12"]["expected"]
    with (shared / "reference" / "data" / "wage1_u.csv").open() as lines:
        rows = np.array([[float(v) for v in r] for r in list(csv.reader(lines))[1:]])
    wage, exper = rows[:, :1], rows[:, 1:2]
    # Every row an entity of one period: pooled least squares with the textbook covariance.
    fit = panel_ols(wage, powers(exper, 2), absorber(np.ones_like(wage, dtype=bool), "none"))
    df = len(wage) - 3
    cov = fit.bread * (fit.residuals**2).sum() / df
    point = turning_points(fit.beta)
    assert point[0] == pytest.approx(expected["turning"], rel=PRINTED)
    error = delta_errors(fit.beta, cov, point)
    assert error[0] == pytest.approx(expected["delta_se"], rel=PRINTED)
    for level, name in ((0.05, "Fieller95"), (0.10, "Fieller90")):
        ((low, high),) = flat_set(fit.beta, cov, float(stats.t.ppf(1 - level / 2, df)))
        np.testing.assert_allclose([low, high], expected[name], rtol=PRINTED)
    ends = slopes(fit.beta, cov, np.array([exper.min(), exper.max()]))
    found = ends.statistic
    np.testing.assert_allclose(found, [expected["t_lower"], expected["t_upper"]], rtol=PRINTED)
    p = one_sided(found, np.array([1.0, -1.0]), df)
    assert p.max() == pytest.approx(expected["p"], rel=1e-8)


@given(seeds, st.floats(0.5, 4.0))
@settings(max_examples=100)
def test_the_set_of_a_quadratic_is_that_of_fieller(seed, t):
    beta, cov = made(seed, 2)
    b1, b2 = beta
    found = flat_set(beta, cov, t)
    # Fieller for -b1 / (2 b2), written out: limits of the ratio r with (b1 + 2 b2 r)^2 = t^2 v(r).
    a = 4 * (b2**2 - t**2 * cov[1, 1])
    b = 4 * (b1 * b2 - t**2 * cov[0, 1])
    c = b1**2 - t**2 * cov[0, 0]
    inner = b**2 - 4 * a * c
    if inner < 0:
        assert found == [(-np.inf, np.inf)]
        return
    low, high = sorted([(-b - np.sqrt(inner)) / (2 * a), (-b + np.sqrt(inner)) / (2 * a)])
    if a > 0:
        np.testing.assert_allclose(found, [(low, high)], rtol=1e-6)
    else:
        assert [found[0][0], found[1][1]] == [-np.inf, np.inf]
        np.testing.assert_allclose([found[0][1], found[1][0]], [low, high], rtol=1e-6)


@given(seeds, st.sampled_from([2, 3]), st.floats(0.5, 4.0))
@settings(max_examples=100)
def test_the_set_holds_exactly_where_a_flat_slope_is_not_rejected(seed, degree, t):
    beta, cov = made(seed, degree)
    pieces = flat_set(beta, cov, t)
    at = np.random.default_rng(seed).normal(scale=3.0, size=200)
    inside = np.array([any(a <= x <= b for a, b in pieces) for x in at])
    assert (inside == (np.abs(slopes(beta, cov, at).statistic) <= t)).all()
    for x in turning_points(beta):
        assert any(a <= x <= b for a, b in pieces)


@given(seeds, st.sampled_from([2, 3]))
@settings(max_examples=60)
def test_delta_errors_are_those_of_numerical_derivatives(seed, degree):
    beta, cov = made(seed, degree)
    points = turning_points(beta)
    step = 1e-6
    moved = [[turning_points(beta + s * step * e) for s in (1, -1)] for e in np.eye(degree)]
    if len(points) == 0 or any(len(m) != len(points) for pair in moved for m in pair):
        return
    if len(points) == 2 and points[1] - points[0] < 0.05:  # derivatives grow without bound there
        return
    d = np.stack([(up - down) / (2 * step) for up, down in moved], axis=-1)
    expected = np.sqrt(np.einsum("mi,ij,mj->m", d, cov, d))
    np.testing.assert_allclose(delta_errors(beta, cov, points), expected, rtol=1e-3)


@given(seeds, st.sampled_from([2, 3]), st.floats(-20, 20), st.floats(0.1, 5))
@settings(max_examples=60)
def test_recentred_coefficients_draw_the_same_curve(seed, degree, centre, scale):
    beta, _ = made(seed, degree)
    x = np.linspace(-3, 3, 9)
    z = (x - centre) / scale
    same = powers(x, degree) @ (recentring(centre, scale, degree) @ beta)
    other = powers(z, degree) @ beta
    size = 1 + np.abs(other).max()
    np.testing.assert_allclose(np.diff(same), np.diff(other), atol=1e-10 * size, rtol=1e-7)


@given(seeds, st.sampled_from([2, 3]))
@settings(max_examples=25)
def test_errors_of_a_combination_are_those_of_a_coefficient_that_equals_it(seed, degree):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(12, 6)) + rng.normal(size=(12, 1))
    columns, y = powers(x, degree), rng.normal(size=(12, 6))
    absorb = absorber(np.ones((12, 6), dtype=bool), "twoway")
    fit = panel_ols(y, columns, absorb)
    at = np.array([0.7])
    weights = gradient(at, degree)
    found = combinations(fit, weights)
    # With columns x^k - k at^(k-1) x the first coefficient is the slope at `at`.
    other = columns.copy()
    for k in range(2, degree + 1):
        other[..., k - 1] -= k * at[0] ** (k - 1) * x
    plain = panel_ols(y, other, absorb)
    few = bell_mccaffrey(plain)
    assert found.estimate[0] == pytest.approx(plain.beta[0], rel=1e-7, abs=1e-10)
    assert found.std_error[0] == pytest.approx(few.std_error[0], rel=1e-7)
    assert found.df[0] == pytest.approx(few.df[0], rel=1e-7)
    error = slopes(fit.beta, covariance(fit), at).std_error[0]
    assert error**2 == pytest.approx(covariance(plain)[0, 0], rel=1e-7)


def test_published_curve_v10_turns_where_its_paper_says():
    """Gao, Meng, Wei and Niu (2015): ln C = -13.3568 + 3.1708 ln I - 0.1608 (ln I)^2."""
    point = float(np.exp(turning_points(np.array([3.1708, -0.1608])))[0])
    # 19,137.2 yuan in the abstract; coefficients of four decimals leave about twenty open
    assert point == pytest.approx(19137.2, abs=20.0)
