"""Laws of the quantile regression by moments, its plain twin, and what it recovers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.quantile_panel import location_scale, weighted_levels

# Two ways to solve least squares of a hundred rows in double precision.
ROUNDING = 1e-8
TAUS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["none", "entity", "twoway"])


def made(seed, shape=(12, 6), k=2):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 3, size=(*shape, k))
    y = x.sum(-1) + rng.normal(size=(shape[0], 1)) + (0.5 + x[..., 0]) * rng.normal(size=shape)
    return y, x


def twin(y, x, effects):
    """Location, scale and their residual by least squares on all dummies."""
    entities, periods = y.shape
    i, t = np.repeat(np.arange(entities), periods), np.tile(np.arange(periods), entities)
    parts = {
        "none": [np.ones((y.size, 1))],
        "entity": [i[:, None] == np.arange(entities)],
        "twoway": [i[:, None] == np.arange(entities), t[:, None] == np.arange(1, periods)],
    }[effects]
    matrix = np.column_stack([x.reshape(y.size, -1), *parts]).astype(float)
    first = np.linalg.lstsq(matrix, y.ravel(), rcond=1e-11)[0]
    residual = y.ravel() - matrix @ first
    second = np.linalg.lstsq(matrix, np.abs(residual), rcond=1e-11)[0]
    return first[: x.shape[-1]], second[: x.shape[-1]], residual, matrix @ second


@given(seeds, kinds)
@settings(max_examples=30)
def test_moments_equal_least_squares_on_dummies(seed, effects):
    y, x = made(seed)
    found = location_scale(y, x, np.ones((1, len(y))), effects=effects, quantiles=TAUS)
    location, scale, residual, fitted = twin(y, x, effects)
    np.testing.assert_allclose(found.location[0], location, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(found.scale[0], scale, rtol=ROUNDING, atol=ROUNDING)
    # The level minimises the check function: no other ratio does better.
    for t, q in zip(TAUS, found.level[0], strict=True):
        own = _loss(residual, fitted, t, q)
        others = [_loss(residual, fitted, t, r) for r in residual / fitted]
        assert own <= min(others) * (1 + 1e-9)
    assert abs(found.gap[0]) < 1e-10


def _loss(residual, fitted, t, q):
    u = residual - fitted * q
    return float((u * (t - (u < 0))).sum())


@given(seeds, kinds)
@settings(max_examples=20)
def test_weights_are_what_repeated_entities_would_give(seed, effects):
    y, x = made(seed)
    drawn = np.random.default_rng(seed).multinomial(len(y), np.full(len(y), 1 / len(y)), size=3)
    found = location_scale(y, x, drawn.astype(float), effects=effects, quantiles=TAUS)
    for b, times in enumerate(drawn):
        rows = np.repeat(np.arange(len(y)), times)
        alone = location_scale(
            y[rows], x[rows], np.ones((1, len(rows))), effects=effects, quantiles=TAUS
        )
        np.testing.assert_allclose(found.slopes[b], alone.slopes[0], rtol=1e-6, atol=1e-7)


@given(seeds, kinds, st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=30)
def test_units_scale_the_slopes(seed, effects, a, b):
    y, x = made(seed)
    one = location_scale(y, x, np.ones((1, len(y))), effects=effects, quantiles=TAUS)
    two = location_scale(a * y, b * x, np.ones((1, len(y))), effects=effects, quantiles=TAUS)
    np.testing.assert_allclose(two.slopes, one.slopes * a / b, rtol=1e-6, atol=1e-8 * a / b)


@given(seeds)
@settings(max_examples=30)
def test_what_is_constant_in_an_entity_or_a_period_changes_nothing(seed):
    y, x = made(seed)
    rng = np.random.default_rng(seed + 1)
    moved = y + 10 * rng.normal(size=(len(y), 1)) + 10 * rng.normal(size=(1, y.shape[1]))
    one, two = (
        location_scale(v, x, np.ones((1, len(y))), effects="twoway", quantiles=TAUS)
        for v in (y, moved)
    )
    np.testing.assert_allclose(two.slopes, one.slopes, rtol=1e-6, atol=1e-7)


def test_a_row_of_negative_scale_pulls_from_the_other_side():
    rng = np.random.default_rng(4)
    r, s = rng.normal(size=40), rng.normal(size=40) + 1
    level = weighted_levels(r[None], s[None], np.ones((1, 40)), TAUS)[0]
    for t, q in zip(TAUS, level, strict=True):
        assert _loss(r, s, t, q) <= min(_loss(r, s, t, v) for v in r / s) * (1 + 1e-9)


def test_tied_regressors_make_a_draw_empty_and_not_wrong():
    y, x = made(0)
    x[1:, :, 1] = 2 * x[1:, :, 0]  # only the first entity tells the two apart
    weights = np.ones((2, len(y)))
    weights[1, 0] = 0
    found = location_scale(y, x, weights, effects="entity", quantiles=TAUS)
    assert np.isfinite(found.slopes[0]).all()
    assert np.isnan(found.slopes[1]).all()


@pytest.mark.parametrize("effects", ["none", "entity"])
def test_planted_quantile_slopes_are_recovered(effects):
    rng = np.random.default_rng(7)
    shape = (400, 25)
    x = rng.uniform(1, 3, size=(*shape, 1))
    shift = rng.normal(size=(shape[0], 1)) if effects == "entity" else 0.0
    y = 2 * x[..., 0] + shift + (0.5 + x[..., 0]) * rng.normal(size=shape)
    found = location_scale(y, x, np.ones((1, shape[0])), effects=effects, quantiles=TAUS)
    # Ten thousand rows: errors of .04 at the median and .07 at the outer quantiles, and a bias of
    # the scale of one in twenty-five.
    np.testing.assert_allclose(found.slopes[0, :, 0], 2 + stats.norm.ppf(TAUS), atol=0.2)


@pytest.mark.filterwarnings("ignore")  # statsmodels warns of its own iteration limit
def test_pooled_slopes_agree_with_koenker_and_bassett_where_both_models_hold():
    from statsmodels.regression.quantile_regression import QuantReg

    rng = np.random.default_rng(8)
    x = rng.uniform(1, 3, size=(400, 10, 1))
    y = 2 * x[..., 0] + (0.5 + x[..., 0]) * rng.normal(size=(400, 10))
    found = location_scale(y, x, np.ones((1, 400)), effects="none", quantiles=TAUS)
    design = np.column_stack([np.ones(y.size), x.ravel()])
    for t, slope in zip(TAUS, found.slopes[0, :, 0], strict=True):
        fit = QuantReg(y.ravel(), design).fit(q=t)
        # Two consistent estimators of one slope: their difference lies in the error of either.
        assert abs(slope - fit.params[1]) < 3 * fit.bse[1]
