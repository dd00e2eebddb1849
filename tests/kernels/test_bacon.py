"""The split of two-way fixed effects: each pair by its own regression, and the sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels import event_design as design
from zhiheng.kernels.bacon import comparisons, effect_weights
from zhiheng.kernels.panel_ols import absorber, panel_ols


def twoway(y, start):
    d = design.indicators(start, y.shape[1], design.static())
    return panel_ols(y, d, absorber(np.ones(y.shape, dtype=bool), "twoway")).beta[0]


def made(seed, never):
    rng = np.random.default_rng(seed)
    start = rng.permutation(np.r_[1, 2, 2, 2, 4, 4, np.full(never, 6)])
    return rng.normal(size=(len(start), 6)).cumsum(axis=1), start


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 5]))
def test_the_comparisons_sum_to_the_two_way_estimate(seed, never):
    y, start = made(seed, never)
    found = comparisons(y, start)
    assert found.weight.sum() == pytest.approx(1.0)
    assert (found.weight > 0).all()
    assert found.weight @ found.estimate == pytest.approx(twoway(y, start), abs=1e-10)


@given(st.integers(0, 2**32 - 1))
def test_each_comparison_is_the_two_way_estimate_on_its_own_rows(seed):
    y, start = made(seed, 5)
    found = comparisons(y, start)
    for g, c, forbidden, estimate in zip(
        found.treated, found.control, found.forbidden, found.estimate, strict=True
    ):
        rows, window = np.isin(start, (g, c)), slice(0, c)
        if forbidden:
            window = slice(c, 6)
        shift = window.start
        own = np.where(start[rows] == g, g - shift, window.stop - shift)
        assert estimate == pytest.approx(twoway(y[rows, window], own), abs=1e-10)
        assert forbidden == (c < g)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 5]))
def test_cell_weights_turn_planted_effects_into_the_two_way_estimate(seed, never):
    y, start = made(seed, never)
    weight, treated = effect_weights(start, 6)
    assert weight.sum() == pytest.approx(1.0)
    effect = np.where(treated, y, 0.0)  # any effects: without noise the estimate is their average
    assert (weight * effect).sum() == pytest.approx(twoway(effect, start), abs=1e-10)


def test_growing_effects_of_an_early_cohort_get_negative_weights():
    start = np.r_[np.full(8, 1), np.full(2, 8)]
    weight, treated = effect_weights(start, 10)
    assert weight[treated].min() < 0
