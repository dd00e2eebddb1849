"""Cointegration statistics: definitions, invariances, published moments and measured size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import OLS
from statsmodels.tsa.stattools import adfuller

from zhiheng.catalog.cointegration import cointegration_moments
from zhiheng.kernels.cointegration import LARGE_REJECTS, Settings, kao, long_run, pedroni, residuals
from zhiheng.kernels.cointegration_draws import (
    bootstrap,
    cointegrated,
    law,
    measured_scale,
    statistics,
    walks,
)
from zhiheng.kernels.error_correction import null_model, parameters, resampled, westerlund
from zhiheng.kernels.unit_roots import simulated_p

FAMILIES = ("kao", "pedroni", "westerlund")
# Double precision over short regressions whose columns differ by orders of magnitude.
ROUNDING = 1e-7
seeds = st.integers(0, 2**32 - 1)
trends = st.sampled_from(["constant", "trend"])
WINDOW = 2


def panel(seed, regressors=1, entities=10, periods=16):
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(entities, periods, regressors + 1))
    return np.cumsum(steps + 0.5 * rng.normal(size=(1, periods, 1)), axis=1)


def columns(z, i, trend, lags):
    """One entity's regressors of the error-correction equation, levels first."""
    step = np.diff(z[i], axis=0)
    rows = range(lags, len(step))
    fixed = [[1.0, float(t)] if trend == "trend" else [1.0] for t in rows]
    return step, [
        [
            *z[i, t], *fixed[t - lags], *step[t - lags : t, 0][::-1],
            *step[t - lags : t + 1, 1:].ravel(),
        ]
        for t in rows
    ]  # fmt: skip


@given(seeds, trends, st.integers(0, 1), st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_gt_and_pt_come_from_single_regressions(seed, trend, lags, regressors):
    z = panel(seed, regressors)
    found = westerlund(z[None], Settings(trend, lags, WINDOW))
    t, ratio, products, squares, errors, alphas = [], [], [], [], [], []
    for i in range(len(z)):
        step, design = columns(z, i, trend, lags)
        fit = OLS(step[lags:, 0], design).fit()
        t.append(fit.tvalues[0])
        moves = np.array(design)[:, -regressors * (lags + 1) :]
        own = fit.resid + moves @ fit.params[-regressors * (lags + 1) :]
        drift = step[:, 0] - (step[:, 0].mean() if trend == "trend" else 0.0)
        ratio.append(np.sqrt(bartlett(own) / bartlett(drift)))
        rest = [
            OLS(c, np.array(design)[:, 1:]).fit().resid for c in (step[lags:, 0], z[i, lags:-1, 0])
        ]
        products.append(rest[0] @ rest[1] / ratio[-1])
        squares.append(rest[1] @ rest[1])
        errors.append(fit.ssr / fit.df_resid / ratio[-1] ** 2)
        alphas.append(fit.params[0])
    free = z.shape[1] - 1 - lags - parameters(regressors, Settings(trend, lags, WINDOW))
    pooled = sum(products) / sum(squares)
    assert free == fit.df_resid
    assert found["gt"][0] == pytest.approx(np.mean(t), rel=ROUNDING)
    assert found["ga"][0] == pytest.approx(free * np.mean(np.array(alphas) / ratio), rel=ROUNDING)
    assert found["pa"][0] == pytest.approx(free * pooled, rel=ROUNDING)
    assert found["pt"][0] == pytest.approx(
        pooled / np.sqrt(np.mean(errors) / sum(squares)), rel=ROUNDING
    )


def bartlett(u):
    n = len(u)
    pairs = [(1 - j / (WINDOW + 1)) * (u[j:] @ u[: n - j]) for j in range(1, WINDOW + 1)]
    return (u @ u + 2 * sum(pairs)) / n


@given(seeds, trends, st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_group_adf_averages_engle_granger_t_statistics_of_statsmodels(seed, trend, lags):
    z = panel(seed)
    found = pedroni(z[None], Settings(trend, lags, WINDOW))["group_adf"][0]
    total = 0.0
    for one in z:
        fixed = [np.ones(len(one)), np.arange(len(one))][: 2 if trend == "trend" else 1]
        e = OLS(one[:, 0], np.column_stack([*fixed, one[:, 1:]])).fit().resid
        t = adfuller(e, maxlag=lags, regression="n", autolag=None, result_object=False)[0]
        rows = len(e) - 1 - lags
        # Pedroni divides errors by rows, statsmodels by degrees of freedom
        total += t * np.sqrt(rows / (rows - lags - 1))
    assert found == pytest.approx(total / np.sqrt(len(z)), rel=ROUNDING)


def test_long_run_variance_from_its_definition():
    u = np.random.default_rng(1).normal(size=(3, 20))
    np.testing.assert_allclose(long_run(u, WINDOW), [bartlett(one) for one in u])


@given(seeds, trends, st.integers(0, 1), st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_units_levels_and_the_order_of_entities_do_not_matter(seed, trend, lags, scale):
    z, rng = panel(seed, 2), np.random.default_rng(seed)
    how = Settings(trend, lags, WINDOW)
    moved = (z * [scale, 3.0, 0.2] + 10 * rng.normal(size=(len(z), 1, 3)))[rng.permutation(len(z))]
    one, two = statistics(z[None], how, FAMILIES), statistics(moved[None], how, FAMILIES)
    for name, value in one.items():
        assert two[name][0] == pytest.approx(value[0], rel=1e-6, abs=1e-6), name


@given(seeds, trends)
@settings(max_examples=20, deadline=None)
def test_each_entity_may_have_its_own_units_in_pedronis_tests(seed, trend):
    z, rng = panel(seed), np.random.default_rng(seed)
    own = z * np.exp(rng.normal(size=(len(z), 1, 2)))
    how = Settings(trend, 0, WINDOW)
    one, two = pedroni(z[None], how), pedroni(own[None], how)
    for name, value in one.items():
        assert two[name][0] == pytest.approx(value[0], rel=1e-6), name


@given(seeds, st.integers(0, 1))
@settings(max_examples=20, deadline=None)
def test_drift_does_not_matter_with_a_trend(seed, lags):
    z, rng = panel(seed), np.random.default_rng(seed)
    drift = rng.normal(size=(len(z), 1, 2)) * np.arange(z.shape[1])[:, None]
    how = Settings("trend", lags, WINDOW)
    families = ("pedroni", "westerlund")
    one = statistics(z[None], how, families)
    # regressors' changes enter Ga and Pa with their mean, as in xtwest: drift the outcome alone
    two = statistics((z + drift * [1, 0])[None], how, families)
    for name, value in one.items():
        assert two[name][0] == pytest.approx(value[0], rel=1e-6, abs=1e-6), name


def test_residuals_do_not_depend_on_a_multiple_of_the_regressor():
    z = panel(3)
    more = z.copy()
    more[..., 0] += 7 * more[..., 1]
    np.testing.assert_allclose(
        residuals(more[None], "constant"), residuals(z[None], "constant"), atol=1e-9
    )


@pytest.mark.parametrize("trend", ["constant", "trend"])
@pytest.mark.parametrize("regressors", [1, 2])
def test_published_moments_belong_to_this_number_of_regressors(regressors, trend):
    """Off by one regressor, the mean of group t would be .4 away; two other programs are."""
    rng = np.random.default_rng(7)
    z = np.cumsum(rng.standard_normal((1, 1500, 400, regressors + 1)), axis=2)
    how = Settings(trend, 0, 0)
    found = {**pedroni(z, how), **westerlund(z, how)}
    root = np.sqrt(z.shape[1])
    # deviation of the mean over 1,500 entities is .02; T = 400 leaves a bias of about .03
    for name, value in (("group_t", found["group_t"][0] / root), ("gt", found["gt"][0])):
        mean, _ = cointegration_moments(name, trend=trend, regressors=regressors)
        assert value == pytest.approx(mean, abs=0.08), name
    assert found["panel_t"][0] / root == pytest.approx(
        cointegration_moments("panel_t", trend=trend, regressors=regressors)[0], abs=0.08
    )


def test_moments_end_where_the_tables_end():
    assert cointegration_moments("panel_v", trend="constant", regressors=7)
    assert cointegration_moments("panel_v", trend="constant", regressors=8) is None
    assert cointegration_moments("gt", trend="trend", regressors=7) is None
    assert cointegration_moments("kao_t", trend="constant", regressors=1) is None


def test_the_bootstrap_keeps_dependence_and_has_no_levels():
    rng = np.random.default_rng(5)
    shared = 2 * rng.standard_normal((1, 40, 2))
    z = np.cumsum(shared + rng.standard_normal((12, 40, 2)), axis=1)
    null = null_model(z, Settings("constant", 1, WINDOW))
    drawn = resampled(null, 40, 200, rng)
    assert drawn.shape == (200, 12, 40, 2)
    between = np.corrcoef(np.diff(z[..., 0], axis=1))[np.triu_indices(12, 1)].mean()
    change = np.diff(drawn[..., 0], axis=2)
    own = np.mean([np.corrcoef(one)[np.triu_indices(12, 1)].mean() for one in change])
    # 200 panels of 39 changes: the deviation of the average correlation is below .01
    assert own == pytest.approx(between, abs=0.05)
    np.testing.assert_allclose(null.error.mean(axis=1), 0, atol=1e-12)


def test_periods_that_would_tie_the_levels_are_drawn_again():
    null = null_model(panel(4, periods=8), Settings("trend", 0, WINDOW))
    drawn = resampled(null, 8, 20_000, np.random.default_rng(1))
    different = [len(np.unique(np.diff(one[0, :, 0]).round(9))) for one in drawn]
    assert min(different) >= 4
    found = westerlund(drawn, Settings("trend", 0, WINDOW))
    assert all(np.isfinite(value).all() for value in found.values())


def test_tied_columns_give_a_finite_answer():
    z = panel(5)[None].copy()
    z[0, 0, :, 1] = z[0, 0, :, 0]
    assert np.isfinite(westerlund(z, Settings("constant", 0, WINDOW))["ga"]).all()


def test_the_scale_is_that_of_the_panel_and_its_noise_is_taken_out():
    rng = np.random.default_rng(6)
    equal = np.cumsum(rng.standard_normal((200, 11, 2)), axis=1)
    deviation = measured_scale(equal).deviation
    # raw deviations of ten changes have a spread of logs of .24 although all are equal to one
    assert np.log(deviation).std() < 0.08
    wide = equal * np.exp(0.7 * rng.standard_normal((200, 1, 1)))
    assert np.log(measured_scale(wide).deviation[:, 0]).std() == pytest.approx(0.7, abs=0.1)


def rejected(make, panels, size, how, families=FAMILIES, draws=199):
    """Shares of panels in which the simulated and the bootstrap p is at most .05."""
    rng, hits = np.random.default_rng(11), {}
    for r in range(panels):
        z = make(rng, *size)
        common = {"draws": draws, "how": how, "families": families}
        null = law(walks(measured_scale(z), size[1]), z.size, seed=2 * r, **common)
        boot = law(bootstrap(null_model(z, how), size[1]), z.size, seed=2 * r + 1, **common)
        for test, value in statistics(z[None], how, families).items():
            large, v = test in LARGE_REJECTS, float(value[0])
            both = [simulated_p(v, source[test], large=large) <= 0.05 for source in (null, boot)]
            hits[test] = hits.get(test, 0) + np.array(both)
    return {test: count / panels for test, count in hits.items()}


def independent(rng, n, t):
    return np.cumsum(rng.standard_normal((n, t, 2)), axis=1)


def dependent(rng, n, t):
    shocks = 1.5 * rng.standard_normal((1, t, 2)) + rng.standard_normal((n, t, 2))
    return np.cumsum(shocks, axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("periods", [11, 30])
def test_size_of_the_simulated_p(periods):
    how = Settings("constant", 0, int(4 * (periods / 100) ** (2 / 9)))
    found = rejected(independent, 600, (30, periods), how)
    # 2,000 panels give .041 to .051 (README); the deviation of 600 panels is .009
    for test, (simulated, resample) in found.items():
        assert 0.02 < simulated < 0.08, test
        assert resample < 0.08, test


@pytest.mark.slow
def test_size_of_the_bootstrap_when_entities_share_shocks():
    found = rejected(dependent, 600, (30, 11), Settings("constant", 0, WINDOW))
    for test, (simulated, resample) in found.items():
        assert resample < 0.12, test
        assert simulated > 0.15, test


def test_power_rises_with_periods():
    how = Settings("constant", 0, WINDOW)
    share = {}
    for periods in (11, 30):
        scale = measured_scale(independent(np.random.default_rng(1), 30, periods))
        cells = 30 * periods * 2
        common = {"draws": 400, "how": how, "families": FAMILIES}
        null = law(walks(scale, periods), cells, seed=1, **common)
        other = law(cointegrated(scale, periods, 0.5), cells, seed=2, **common)
        share[periods] = (other["gt"] < np.quantile(null["gt"], 0.05)).mean()
    assert 0.3 < share[11] < share[30]
    assert share[30] > 0.99


def test_kao_from_its_definition_without_endogeneity():
    z = panel(8)
    found = kao(z[None], Settings("constant", 0, 0))
    centred = z - z.mean(axis=1, keepdims=True)
    y, x = centred[..., 0].ravel(), centred[..., 1].ravel()
    e = (y - x * (x @ y) / (x @ x)).reshape(z.shape[:2])
    before, change = e[:, :-1].ravel(), np.diff(e, axis=1).ravel()
    rho = before @ change / (before @ before)
    n, t = z.shape[:2]
    expected = np.sqrt(n) * (t * rho + 3) / np.sqrt(10.2)
    assert found["kao_rho"][0] == pytest.approx(expected, rel=ROUNDING)
    # without a window the long run is the short run, and the correction leaves the plain form
    assert found["kao_rho_star"][0] == pytest.approx(expected, rel=ROUNDING)
