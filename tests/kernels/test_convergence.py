"""Dispersion, its trend, speeds and the bias of entity effects: programs, definitions, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.convergence import (
    corrected_slope,
    nickell,
    resamples,
    slopes,
    speed,
    spread,
    spread_draws,
    trend,
)

# Sums of a few hundred terms.
SAME = 1e-10
# A central difference of step 1e-6 keeps about ten digits.
NUMERIC = 1e-7

values = arrays(np.float64, (9, 5), elements=st.floats(0.1, 100.0))


@given(values, st.floats(1e-3, 1e3), st.sampled_from(["sd_log", "cv"]))
def test_dispersion_does_not_change_with_the_unit(y, factor, measure):
    np.testing.assert_allclose(
        spread(y.T * factor, measure), spread(y.T, measure), rtol=1e-7, atol=1e-7
    )


@given(values, st.sampled_from(["sd_log", "cv"]))
def test_dispersion_equals_its_definition(y, measure):
    want = []
    for column in y.T.tolist():
        z = [math.log(v) for v in column] if measure == "sd_log" else column
        mean = math.fsum(z) / len(z)
        sd = math.sqrt(math.fsum((v - mean) ** 2 for v in z) / len(z))
        want.append(sd if measure == "sd_log" else sd / mean)
    np.testing.assert_allclose(spread(y.T, measure), want, rtol=1e-9, atol=1e-9)


@given(values, st.sampled_from(["sd_log", "cv"]))
def test_drawing_everybody_once_gives_the_dispersion_itself(y, measure):
    everybody = np.arange(len(y))[None, :]
    scale = math.sqrt(len(y) / (len(y) - 1))
    np.testing.assert_allclose(
        spread_draws(y, measure, everybody)[0], scale * spread(y.T, measure), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("lags", [0, 1, 2, 4])
def test_the_trend_equals_statsmodels_live(lags):
    rng = np.random.default_rng(lags)
    time = np.arange(2005.0, 2021.0)
    y = 0.4 - 0.01 * (time - 2005) + rng.normal(0, 0.02, len(time)).cumsum()
    theirs = sm.OLS(y, sm.add_constant(time - 2005)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    ours = trend(y, time, lags)
    np.testing.assert_allclose(ours.slope, theirs.params[1], rtol=SAME)
    np.testing.assert_allclose(ours.std_error, theirs.bse[1], rtol=1e-8)
    np.testing.assert_allclose(slopes(y[None], time)[0], theirs.params[1], rtol=SAME)


@given(st.floats(0.001, 0.3), st.integers(1, 30))
def test_the_speed_undoes_the_slope_that_it_implies(theta, tau):
    b = -(1 - math.exp(-theta * tau)) / tau
    found = speed(np.array([b]), np.array([0.01]), tau)
    np.testing.assert_allclose(found.theta, theta, rtol=1e-6)
    np.testing.assert_allclose(found.half_life, math.log(2) / theta, rtol=1e-6)


@given(st.floats(-0.045, -0.001), st.integers(1, 20))
def test_errors_of_speed_and_half_life_are_those_of_the_delta_method(b, tau):
    step = 1e-6
    up, down = (speed(np.array([b + s]), np.array([1.0]), tau) for s in (step, -step))
    found = speed(np.array([b]), np.array([1.0]), tau)
    theta = abs(up.theta - down.theta) / (2 * step)
    life = abs(up.half_life - down.half_life) / (2 * step)
    np.testing.assert_allclose(found.theta_error, theta, rtol=1e-5)
    np.testing.assert_allclose(found.half_life_error, life, rtol=1e-3)


def test_a_slope_that_overshoots_has_no_speed_and_one_that_diverges_no_half_life():
    found = speed(np.array([-0.2, 0.01]), np.array([0.1, 0.1]), 10)
    assert math.isnan(found.theta[0])
    assert found.theta[1] < 0
    assert math.isnan(found.half_life[1])


@pytest.mark.parametrize("periods", [2, 3, 8, 20])
@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.6, 0.99])
def test_the_bias_equals_the_closed_form_of_nickell(rho, periods):
    closed = ((periods - 1) - periods * rho + rho**periods) / (periods * (1 - rho) ** 2)
    np.testing.assert_allclose(nickell(rho, periods), closed, rtol=1e-9)


def test_the_correction_inverts_the_bias_it_knows():
    """A within estimate that is exactly what the formula predicts gives the truth back."""
    rho, periods, entities = 0.8, 9, 5000
    variance, lag_squares = 1.0, entities * 11.0
    biased = rho - entities * variance * nickell(rho, periods) / lag_squares
    df = entities * (periods - 1)
    residual = df * variance - (rho - biased) ** 2 * lag_squares
    found = corrected_slope(
        biased,
        periods,
        lag_squares=lag_squares,
        residual_squares=residual,
        df=df,
        entities=entities,
    )
    np.testing.assert_allclose(found, rho, rtol=1e-9)


def test_there_is_no_correction_where_nothing_below_one_explains_the_estimate():
    found = corrected_slope(0.99, 5, lag_squares=10.0, residual_squares=50.0, df=40, entities=10)
    assert math.isnan(found)


def test_resamples_depend_on_the_seed_alone():
    np.testing.assert_array_equal(resamples(7, 5, 3), resamples(7, 5, 3))
    assert (resamples(7, 50, 3) != resamples(7, 50, 4)).any()


def autoregressions(rho, *, entities=500, transitions=9):
    """Within and corrected estimates of twenty panels."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        own = rng.normal(0, 1, entities)
        y = np.empty((entities, transitions + 41))
        y[:, 0] = own / (1 - rho)
        for k in range(1, y.shape[1]):
            y[:, k] = own + rho * y[:, k - 1] + rng.normal(0, 1, entities)
        y = y[:, -transitions - 1 :]
        x, z = (v - v.mean(axis=1, keepdims=True) for v in (y[:, :-1], y[:, 1:]))
        b = (x * z).sum() / (x**2).sum()
        yield (
            b,
            corrected_slope(
                b,
                transitions,
                lag_squares=(x**2).sum(),
                residual_squares=((z - b * x) ** 2).sum(),
                df=entities * (transitions - 1),
                entities=entities,
            ),
        )


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_the_corrected_autoregression_recovers_the_planted_one(rho):
    """Five hundred entities, nine transitions: within is off by 0.17 or more, corrected by 0.02."""
    within, mended = np.array(list(autoregressions(rho))).T
    assert rho - within.mean() > 0.17
    assert abs(mended.mean() - rho) < 0.02


@pytest.mark.slow
def test_near_a_unit_root_the_correction_may_have_no_solution_and_says_so():
    """At 0.9 the equation is nearly flat: in some panels no value below one solves it."""
    within, mended = np.array(list(autoregressions(0.9))).T
    found = mended[np.isfinite(mended)]
    assert 5 <= len(found) < 20
    assert (found > within.mean()).all()
