"""Panel unit roots, dependence and slopes: laws, definitions and published constants."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import OLS
from statsmodels.tsa.adfvalues import mackinnonp

from zhiheng.catalog.unit_roots import unit_root_law
from zhiheng.kernels.cross_section import dependence, slopes, within
from zhiheng.kernels.unit_roots import (
    LARGE_REJECTS,
    Moments,
    drawn,
    mackinnon_p,
    rejections,
    simulated_p,
    statistics,
)

# Double precision over short regressions.
ROUNDING = 1e-8
seeds = st.integers(0, 2**32 - 1)
trends = st.sampled_from(["constant", "trend"])


def law(trend, periods, lags):
    found = asdict(unit_root_law(trend, periods=periods, lags=lags))
    return Moments(**{k: v for k, v in found.items() if not k.endswith("tabulated")})


def walks(seed, entities=8, periods=14):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(size=(entities, periods)), axis=1) + rng.normal(size=(entities, 1))


@pytest.mark.parametrize(("trend", "name"), [("constant", "c"), ("trend", "ct")])
def test_mackinnons_p_values_equal_statsmodels(trend, name):
    t = np.linspace(-6, 0.5, 50)
    expected = [mackinnonp(v, regression=name) for v in t]
    np.testing.assert_allclose(mackinnon_p(t, law(trend, 30, 0)), expected, atol=1e-12)


@given(seeds, trends, st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_ips_and_cips_average_t_statistics_of_single_regressions(seed, trend, lags):
    y = walks(seed)
    known = law(trend, y.shape[1], lags)
    found = statistics(y[None], lags=lags, trend=trend, law=known)
    step, bar = np.diff(y, axis=1), y.mean(axis=0)
    bar_step = np.diff(bar)
    plain, augmented = [], []
    for i in range(len(y)):
        rows = range(lags, step.shape[1])
        left = [step[i, t] for t in rows]
        base = [
            [y[i, t], 1.0, *([t] if trend == "trend" else []), *step[i, t - lags : t][::-1]]
            for t in rows
        ]
        more = [[bar_step[t], bar[t], *bar_step[t - lags : t][::-1]] for t in rows]
        plain.append(OLS(left, base).fit().tvalues[0])
        augmented.append(OLS(left, np.hstack([base, more])).fit().tvalues[0])
    expected = np.sqrt(len(y)) * (np.mean(plain) - known.mean) / np.sqrt(known.variance)
    assert found["ips"][0] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert found["cips"][0] == pytest.approx(np.mean(augmented), rel=1e-6)


@given(seeds, trends, st.integers(0, 1), st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_units_levels_and_the_order_of_entities_do_not_matter(seed, trend, lags, scale):
    y = walks(seed)
    rng = np.random.default_rng(seed)
    moved = scale * (y + 10 * rng.normal(size=(len(y), 1)))[rng.permutation(len(y))]
    how = {"lags": lags, "trend": trend, "law": law(trend, y.shape[1], lags)}
    one, two = statistics(y[None], **how), statistics(moved[None], **how)
    for name in one:
        assert two[name][0] == pytest.approx(one[name][0], rel=1e-6, abs=1e-6), name


def test_simulated_p_values_count_the_observed_panel():
    null = np.arange(99.0)
    assert simulated_p(-1.0, null, large=False) == 0.01
    assert simulated_p(200.0, null, large=False) == 1.0
    assert simulated_p(200.0, null, large=True) == 0.01


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_dependence_from_pairs(seed):
    u = np.random.default_rng(seed).normal(size=(6, 11))
    found = dependence(u)
    rho = [np.corrcoef(u[i], u[j])[0, 1] for i in range(6) for j in range(i)]
    assert found.cd == pytest.approx(np.sqrt(2 * 11 / 30) * np.sum(rho), rel=ROUNDING, abs=1e-12)
    assert found.lm == pytest.approx(11 * np.sum(np.square(rho)), rel=ROUNDING)
    assert found.mean == pytest.approx(np.mean(rho), abs=1e-12)
    assert abs(found.identity) < ROUNDING


@given(seeds, st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_slopes_from_their_definition(seed, k):
    rng = np.random.default_rng(seed)
    n, t = 9, 12
    x = rng.normal(size=(n, t, k)) + rng.normal(size=(n, 1, k))
    y = x.sum(-1) + rng.normal(size=(n, t)) + rng.normal(size=(n, 1))
    m = np.eye(t) - 1 / t
    residuals = within(y, x)
    variance = [r @ r / (t - 1) for r in residuals]
    left = sum(x[i].T @ m @ x[i] / variance[i] for i in range(n))
    pooled = np.linalg.solve(left, sum(x[i].T @ m @ y[i] / variance[i] for i in range(n)))
    swamy = 0.0
    for i in range(n):
        own = np.linalg.lstsq(np.column_stack([np.ones(t), x[i]]), y[i], rcond=None)[0][1:]
        swamy += (own - pooled) @ x[i].T @ m @ x[i] @ (own - pooled) / variance[i]
    found = slopes(y, x)
    assert found.delta == pytest.approx(np.sqrt(n) * (swamy / n - k) / np.sqrt(2 * k), rel=1e-7)
    ratio = np.sqrt((t - k - 1) / (t + 1))
    assert found.adjusted == pytest.approx(found.delta / ratio, rel=ROUNDING)


@pytest.mark.slow
def test_simulated_laws_agree_with_published_constants():
    """Pesaran (2007) counts the rows of a regression: 20 rows are 21 periods."""
    how = {"draws": 4000, "root": 1.0, "seed": 7, "lags": 0, "trend": "constant"}
    null = drawn((20, 21), **how, law=law("constant", 21, 0))
    # -2.21 at 5 % and -2.40 at 1 % in table II(b) for 20 by 20, two printed decimals
    assert np.quantile(null["cips"], 0.05) == pytest.approx(-2.21, abs=0.03)
    assert np.quantile(null["cips"], 0.01) == pytest.approx(-2.40, abs=0.05)
    # with the published moments of one series, the standardised average has mean 0, variance 1
    assert null["ips"].mean() == pytest.approx(0.0, abs=0.08)
    assert null["ips"].std() == pytest.approx(1.0, abs=0.05)


@pytest.mark.slow
def test_power_with_thirty_entities_and_ten_periods():
    """What short panels can see: figures of the README."""
    how = {"draws": 2000, "lags": 0, "trend": "constant", "law": law("constant", 10, 0)}
    null = drawn((30, 10), root=1.0, seed=1, **how)
    near = drawn((30, 10), root=0.9, seed=2, **how)
    far = drawn((30, 10), root=0.5, seed=2, **how)
    again = drawn((30, 10), root=1.0, seed=3, **how)
    for name in null:
        large = name in LARGE_REJECTS
        power = [
            rejections(v[name], null[name], level=0.05, large=large) for v in (again, near, far)
        ]
        assert abs(power[0] - 0.05) < 0.02, name
        assert power[0] < power[1] < 0.4, name
        assert power[2] > 0.5 or name == "cips", name


@pytest.mark.slow
def test_common_shocks_mislead_ips_and_not_cips():
    """Random walks whose steps share a shock, 30 entities and 15 periods."""
    how = {"lags": 0, "trend": "constant", "law": law("constant", 15, 0)}
    null = drawn((30, 15), root=1.0, draws=2000, seed=1, **how)
    rng = np.random.default_rng(4)
    steps = rng.normal(size=(2000, 30, 15)) + 2 * rng.normal(size=(2000, 1, 15))
    found = statistics(np.cumsum(steps, axis=-1), **how)
    size = {n: rejections(found[n], null[n], level=0.05, large=False) for n in ("ips", "cips")}
    assert size["ips"] > 0.15
    assert size["cips"] < 0.08


@pytest.mark.slow
def test_size_of_the_slope_tests():
    """2,000 panels of 30 entities with equal slopes, 10 and 30 periods, at 5 %."""
    sizes = {}
    for t in (10, 30):
        rng = np.random.default_rng(t)
        far = []
        for _ in range(2000):
            x = rng.normal(size=(30, t, 1))
            y = x[..., 0] + rng.normal(size=(30, t))
            far.append(abs(slopes(y, x).adjusted) > 1.96)
        sizes[t] = np.mean(far)
    assert sizes[30] == pytest.approx(0.05, abs=0.025)
    assert sizes[10] == pytest.approx(0.05, abs=0.05)
