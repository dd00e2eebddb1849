"""Laws and brute-force twins of the inventory kernels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.inventory import balance, combustion, propagated, recalculated, simulated

REFERENCE = Path(__file__).parents[1] / "reference" / "inventory"
EXACT = 1e-12
"""Relative; a few dozen sums in another order."""

shares = st.floats(0.0, 0.3)


def lines(seed, entities=3, periods=2, count=5, factors=3):
    rng = np.random.default_rng(seed)
    emission = rng.uniform(0.1, 10, (entities, periods, count))
    factor = np.concatenate([np.arange(factors), rng.integers(0, factors, count - factors)])
    width = rng.uniform(0.02, 0.2, factors)[factor]
    return emission, rng.uniform(0.01, 0.1, count), width, factor.astype(np.intp)


def brute(emission, activity, width, factor):
    """The covariance of every pair of cells, written out."""
    entities, periods, count = emission.shape
    whole = np.zeros(periods)
    each = np.zeros((entities, periods))
    for p in range(periods):
        cells = [(e, k) for e in range(entities) for k in range(count)]
        for e, k in cells:
            for f, m in cells:
                pair = emission[e, p, k] * emission[f, p, m]
                cov = pair * width[k] * width[m] if factor[k] == factor[m] else 0.0
                cov += pair * activity[k] ** 2 if (e, k) == (f, m) else 0.0
                whole[p] += cov
                each[e, p] += cov if e == f else 0.0
    total = emission.sum(axis=2)
    return np.sqrt(each) / total, np.sqrt(whole) / total.sum(axis=0)


@given(st.integers(0, 10_000))
def test_propagation_equals_the_sum_over_all_covariances(seed):
    data = lines(seed)
    found = propagated(*data)
    each, whole = brute(*data)
    np.testing.assert_allclose(found.each, each, rtol=1e-10)
    np.testing.assert_allclose(found.whole, whole, rtol=1e-10)


def test_propagation_equals_the_stored_answer():
    stored = json.loads((REFERENCE / "expected.json").read_text("utf-8"))["propagation"]
    found = propagated(
        np.array(stored["emission"]), np.array(stored["activity_width"]),
        np.array(stored["factor_width"]), np.array(stored["factor"], dtype=np.intp),
    )  # fmt: skip
    np.testing.assert_allclose(found.each, stored["each"], rtol=EXACT)
    np.testing.assert_allclose(found.whole, stored["whole"], rtol=EXACT)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_relative_widths_do_not_depend_on_the_unit(seed, scale):
    emission, activity, width, factor = lines(seed)
    one = propagated(emission, activity, width, factor)
    two = propagated(emission * scale, activity, width, factor)
    np.testing.assert_allclose(one.whole, two.whole, rtol=1e-9)


@given(shares, st.integers(2, 30))
def test_a_factor_that_all_regions_share_does_not_average_out(width, regions):
    emission = np.ones((regions, 1, 1))
    factor = np.zeros(1, dtype=np.intp)
    shared = propagated(emission, np.zeros(1), np.array([width]), factor)
    own = propagated(emission, np.array([width]), np.zeros(1), factor)
    assert shared.whole[0] == pytest.approx(width, abs=1e-15)
    assert own.whole[0] == pytest.approx(width / np.sqrt(regions), abs=1e-15)


def test_draws_have_the_moments_of_the_closed_form():
    emission, activity, width, factor = lines(1)
    draws = simulated(emission, activity, width, factor, draws=20_000, rng=np.random.default_rng(0))
    closed = propagated(emission, activity, width, factor)
    total = emission.sum(axis=(0, 2))
    half = (draws.whole_high - draws.whole_low) / 2 / total
    # 20,000 draws: the ends have a standard error of 1.2 % of the half-width; skewness adds little
    np.testing.assert_allclose(half, closed.whole, rtol=0.05)


def test_draws_repeat_with_their_seed_and_vanish_without_width():
    emission, activity, width, factor = lines(2)
    a, b = (
        simulated(emission, activity, width, factor, draws=100, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    np.testing.assert_array_equal(a.each_low, b.each_low)
    none = simulated(
        emission, activity * 0, width * 0, factor, draws=100, rng=np.random.default_rng(3)
    )
    np.testing.assert_allclose(none.whole_low, emission.sum(axis=(0, 2)), rtol=EXACT)
    np.testing.assert_allclose(none.whole_high, emission.sum(axis=(0, 2)), rtol=EXACT)


@given(st.floats(0, 1e9), st.floats(1, 60), st.floats(10, 40), st.floats(0.8, 1))
def test_carbon_is_neither_made_nor_lost(activity, value, carbon, oxidation):
    co2 = combustion(
        np.array(activity), np.array(value), np.array(carbon), np.array(oxidation), 44 / 12
    )
    burnt = activity * value * carbon * oxidation / 1000
    assert float(co2) * 12 / 44 == pytest.approx(burnt, rel=EXACT)


def test_a_balance_shows_what_is_left():
    found = balance(np.array([100.0, 0.0, 50.0]), np.array([90.0, 0.0, 60.0]))
    np.testing.assert_allclose(found.difference, [10, 0, -10])
    np.testing.assert_allclose(found.relative, [0.1, 0, -10 / 60])


def test_the_base_year_is_recalculated_for_what_was_bought():
    case = json.loads((REFERENCE / "published.json").read_text("utf-8"))["gamma"]
    own, acquired = np.array(case["own"], float), np.array(case["acquired"], float)
    np.testing.assert_array_equal(recalculated(own, acquired), case["recalculated"])
    np.testing.assert_array_equal(recalculated(own, np.zeros(3)), own)
    np.testing.assert_array_equal(recalculated(own, np.stack([acquired, -acquired])), own)
