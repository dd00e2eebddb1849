"""Dagum's parts under weights, and overtaking against catching up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.dagum import dagum
from zhiheng.kernels.dagum_change import dagum_draws, gini_move

# Sums of a few hundred terms of at most one.
ROUNDING = 1e-12


def panel(seed, entities=14, periods=3, groups=4):
    rng = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, entities - groups)])
    return rng.lognormal(size=(entities, periods)), group, groups


def parts(found):
    return np.stack([found.gini, found.within, found.between, found.transvariation], axis=1)


@given(st.integers(0, 2**32 - 1))
def test_equal_weights_give_the_decomposition_itself(seed):
    y, group, groups = panel(seed)
    mask = np.random.default_rng(seed).random(y.shape) < 0.9
    mask[:2] = True
    drawn = dagum_draws(y, group, groups, np.ones((1, len(y))), mask)[0]
    np.testing.assert_allclose(drawn, parts(dagum(y, group, groups, mask)), atol=ROUNDING)


@given(st.integers(0, 2**32 - 1))
def test_whole_weights_are_repeated_rows(seed):
    y, group, groups = panel(seed)
    times = np.random.default_rng(seed).integers(0, 4, (2, len(y)))
    times[:, :groups] += 1  # every group keeps a member
    drawn = dagum_draws(y, group, groups, times.astype(float), np.ones(y.shape, dtype=bool))
    for b in range(2):
        again = dagum(np.repeat(y, times[b], axis=0), np.repeat(group, times[b]), groups)
        np.testing.assert_allclose(drawn[b], parts(again), atol=ROUNDING)


def test_a_draw_without_a_positive_value_has_no_gini():
    y = np.array([[0.0], [0.0], [3.0]])
    weights = np.array([[2.0, 1, 0], [1, 1, 1]])
    drawn = dagum_draws(y, np.array([0, 0, 1]), 2, weights, np.ones(y.shape, dtype=bool))
    assert np.isnan(drawn[0]).all()
    assert np.isfinite(drawn[1]).all()


def concentration(y, by):
    """``2 cov(y, F) / mu`` with F the mid-rank by another variable; ties broken by y."""
    order = sorted(range(len(y)), key=lambda i: (by[i], y[i]))
    rank = np.empty(len(y))
    rank[order] = (np.arange(len(y)) + 0.5) / len(y)
    return 2 * np.mean((y - y.mean()) * (rank - rank.mean())) / y.mean()


@given(st.integers(0, 2**32 - 1), st.integers(2, 20))
def test_equals_the_definition_by_covariances(seed, n):
    rng = np.random.default_rng(seed)
    first, last = rng.integers(1, 9, (2, n)).astype(float)
    found = gini_move(first, last, np.ones((1, n)))
    g0, g1, c = concentration(first, first), concentration(last, last), concentration(last, first)
    assert found.change[0] == pytest.approx(g1 - g0, abs=ROUNDING)
    assert found.reranking[0] == pytest.approx(g1 - c, abs=ROUNDING)
    assert found.catching_up[0] == pytest.approx(g0 - c, abs=ROUNDING)


@given(st.integers(0, 2**32 - 1))
def test_overtaking_adds_and_is_nothing_where_ranks_hold(seed):
    rng = np.random.default_rng(seed)
    first, last = rng.lognormal(size=(2, 15))
    weights = rng.integers(0, 3, (5, 15)).astype(float)
    found = gini_move(first, last, weights)
    assert (found.reranking >= -ROUNDING).all()
    np.testing.assert_allclose(found.reranking - found.catching_up, found.change, atol=ROUNDING)
    held = gini_move(first, first**0.5, weights)
    np.testing.assert_allclose(held.reranking, 0, atol=ROUNDING)
    assert (held.catching_up >= -ROUNDING).all()


@given(st.integers(0, 2**32 - 1))
def test_whole_weights_of_a_move_are_repeated_rows(seed):
    rng = np.random.default_rng(seed)
    first, last = rng.lognormal(size=(2, 10))
    times = rng.integers(1, 4, 10)
    one = gini_move(first, last, times[None].astype(float))
    two = gini_move(np.repeat(first, times), np.repeat(last, times), np.ones((1, times.sum())))
    assert one.catching_up[0] == pytest.approx(two.catching_up[0], abs=ROUNDING)
    assert one.reranking[0] == pytest.approx(two.reranking[0], abs=ROUNDING)


def test_two_that_swap_places_change_nothing_but_catch_up_and_overtake():
    found = gini_move(np.array([1.0, 3.0]), np.array([3.0, 1.0]), np.ones((1, 2)))
    assert found.change[0] == 0
    assert found.reranking[0] == found.catching_up[0] == pytest.approx(0.5)
