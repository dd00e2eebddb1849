"""Damped drift and conformal widening: twins, limits, invariance, and no look ahead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.outlook import (
    NEAR,
    STEPS,
    Settings,
    conformal,
    drifts,
    fit_damping,
    kaya_outlook,
    scales,
    walk,
    widen,
)

# Reordering entities reorders sums, which moves the last digits only.
ROUNDING = 1e-9


def panel(seed=0, entities=12, years=30, factors=2):
    rng = np.random.default_rng(seed)
    trend = rng.normal(0.01, 0.02, size=(entities, 1, factors))
    return (trend + rng.normal(0, 0.03, size=(entities, years, factors))).cumsum(axis=1)


def plain_fit(logs, origin, h, f, settings):
    """The regression of one factor and horizon, row by row."""
    rows = []
    for o in range(settings.least, origin - h + 1):
        k = min(o, settings.window)
        g = [(logs[e, o, f] - logs[e, o - k, f]) / k for e in range(len(logs))]
        came = logs[:, o + h, f] - logs[:, o, f]
        rows.extend((h * one, h * sum(g) / len(g), c) for one, c in zip(g, came, strict=True))
    x, z, r = np.array(rows).T
    origins = len(rows) / len(logs)
    prior = settings.priors(logs.shape[2])[f]
    left, w, beta = r - prior * x, np.ones(len(r)), np.zeros(2)
    held = np.diag([(x**2).sum(), (z**2).sum()]) * settings.weight / origins
    for _ in range(STEPS):
        design = np.stack([x, z], axis=1)
        beta = np.linalg.solve(design.T @ (w[:, None] * design) + held, design.T @ (w * left))
        off = np.abs(left - design @ beta)
        w = 1 / np.maximum(off / off.mean(), NEAR)
    return prior + beta[0], beta[1]


@pytest.mark.parametrize(("h", "f"), [(1, 0), (4, 1), (10, 0)])
def test_the_multipliers_equal_a_regression_row_by_row(h, f):
    logs, settings = panel(), Settings(prior=(1.0, 0.5), weight=3.0)
    found = fit_damping(logs, 26, 10, settings)
    own, pool = plain_fit(logs, 26, h, f, settings)
    assert found.own[h - 1, f] == pytest.approx(h * own, rel=1e-10)
    assert found.pool[h - 1, f] == pytest.approx(h * pool, abs=1e-10)


def test_half_drift_is_the_limit_of_a_heavy_prior():
    logs = panel(factors=1)
    found = kaya_outlook(logs, 10, settings=Settings(weight=1e12))
    drift = (logs[:, -1, 0] - logs[:, -11, 0]) / 10
    np.testing.assert_allclose(found.change, 0.5 * drift[:, None] * np.arange(1, 11), atol=1e-9)


def test_without_damping_a_chain_gives_the_drift_of_its_product():
    logs = panel(factors=3)
    chain = kaya_outlook(logs, 10, settings=Settings(prior=1.0, weight=1e12)).change
    drift = drifts(logs.sum(axis=-1, keepdims=True))[:, -1, 0]
    np.testing.assert_allclose(chain, drift[:, None] * np.arange(1, 11), atol=1e-8)


def test_the_mean_path_sums_to_the_quantity():
    logs = panel(factors=3)
    found = kaya_outlook(logs, 36)
    level = logs.sum(axis=-1)[:, -1]
    np.testing.assert_allclose(found.mean.sum(axis=-1), level[:, None] + found.change, atol=1e-12)


def test_nothing_after_the_origin_changes_the_fit():
    logs = panel()
    later = logs.copy()
    later[:, 21:] += 7.0
    one, other = (fit_damping(x, 20, 10) for x in (logs, later))
    np.testing.assert_array_equal(one.own, other.own)
    np.testing.assert_array_equal(one.pool, other.pool)


def test_beyond_the_fitted_horizons_the_drift_fades_geometrically():
    settings = Settings(weight=1e12)
    years = fit_damping(panel(factors=1), 29, 40, settings).own[:, 0]
    step = np.diff(years[9:])
    np.testing.assert_allclose(step[1:] / step[:-1], step[1] / step[0], rtol=1e-9)
    keep = step[1] / step[0]
    assert sum(keep**k for k in range(1, 11)) == pytest.approx(years[9], rel=1e-9)
    assert 0 < keep < 1


def test_a_full_drift_goes_on_as_a_straight_line():
    years = fit_damping(panel(factors=1), 29, 20, Settings(prior=1.0, weight=1e15)).own[:, 0]
    np.testing.assert_allclose(years, np.arange(1, 21), rtol=1e-6)


@given(st.integers(0, 1000), st.floats(-20, 20))
def test_the_unit_of_the_quantity_does_not_matter(seed, shift):
    logs = panel(seed, entities=5, years=20)
    one, other = kaya_outlook(logs, 10), kaya_outlook(logs + shift, 10)
    np.testing.assert_allclose(one.change, other.change, atol=1e-8)
    np.testing.assert_allclose(one.scale, other.scale, atol=1e-8)


@given(st.permutations(range(6)))
def test_the_order_of_entities_does_not_matter(order):
    logs = panel(entities=6, years=22)
    one, other = kaya_outlook(logs, 10), kaya_outlook(logs[order], 10)
    np.testing.assert_allclose(one.change[order], other.change, atol=ROUNDING)


def test_a_scale_lies_between_the_entitys_own_and_the_pools():
    level = panel(factors=1)[..., 0]
    step = np.diff(level, axis=1)[:, -10:]
    own = step.std(axis=1, ddof=1)
    pool = np.sqrt((own**2).mean())
    found = scales(level)[:, -1]
    assert np.all(found >= np.minimum(own, pool))
    assert np.all(found <= np.maximum(own, pool))


# -------------------------------------------------------------------- widening


def known_scores(seed=0, entities=20, years=40, horizon=12):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(entities, years, horizon)).cumsum(axis=2)
    inside = np.arange(years)[:, None] + np.arange(1, horizon + 1) < years
    return np.where(inside, scores, np.nan)


def test_only_scores_with_a_known_outcome_are_pooled():
    scores = known_scores()
    later = scores.copy()
    for h in range(1, 13):
        later[:, 31 - h :, h - 1] = 99.0
    one, other = conformal(scores, 30), conformal(later, 30)
    assert [len(s) for s in one.sizes] == [20 * (31 - h) for h in range(1, 13)]
    for a, b in zip(one.sizes, other.sizes, strict=True):
        np.testing.assert_array_equal(a, b)


def test_widened_draws_have_the_pooled_quantiles_and_keep_ranks_and_signs():
    found = conformal(known_scores(), 39)
    draws = np.repeat(walk(999, 12, 1)[:, None], 2, axis=1)
    scale = np.array([0.02, 0.5])
    out = widen(draws, scale, found)
    levels = (np.arange(999) + 0.5) / 999
    for h in (1, 5, 12):
        wanted = found.quantile(levels, h)
        for e in range(2):
            np.testing.assert_allclose(
                np.sort(np.abs(out[:, e, h - 1])), wanted * scale[e], rtol=1e-12
            )
    np.testing.assert_array_equal(np.sign(out), np.sign(draws))
    np.testing.assert_array_equal(np.argsort(out[:, 0, 3]), np.argsort(draws[:, 0, 3]))


def test_draws_can_be_kept_from_moving_in():
    found = conformal(known_scores(), 39)
    wide = walk(200, 6, 2)[:, None] * 100
    np.testing.assert_array_equal(widen(wide, np.array([1.0]), found, narrow=False), wide)


def test_longer_horizons_grow_between_a_random_walk_and_a_wrong_drift():
    found = conformal(known_scores(), 39)
    band = found.band(0.9, 48)
    assert found.reach == 12
    assert 0.5 <= found.power <= 1.0
    assert band[47] == pytest.approx(band[11] * 4**found.power)


def test_a_horizon_that_no_past_origin_reaches_is_refused():
    with pytest.raises(ValueError, match="no forecast"):
        conformal(known_scores(), 0)
