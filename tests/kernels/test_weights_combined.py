"""Game combination and targeted importance against linear algebra and their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.effective import effective_weights
from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import unfit, weigh
from zhiheng.kernels.weights_combined import game, optimised
from zhiheng.kernels.weights_contrast import correlations

# A small linear system; sums of shares.
CLOSE = 1e-12
# Newton's method ends at rounding, seen through another formula for the effective weights.
ATTAINED = 1e-10


def made(seed, shape=(8, 3, 5)):
    return normalise(np.random.default_rng(seed).lognormal(size=shape), np.ones(shape[2]), "global")


def simplex(seed, shape=(3, 5)):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[1]), shape[0])


@given(st.integers(0, 500))
def test_game_solves_the_linear_system_of_the_field(seed):
    w = simplex(seed)
    right = np.array([one @ one for one in w])
    a = np.linalg.solve([[one @ two for two in w] for one in w], right)
    share = np.abs(a) / np.abs(a).sum()
    found = game(w)
    np.testing.assert_allclose(found.coefficients, share, atol=1e-8)
    np.testing.assert_allclose(found.weights[0], share @ w, atol=1e-8)
    assert found.residual < CLOSE


@given(st.integers(0, 500))
def test_game_is_a_mixture_that_does_not_depend_on_order(seed):
    w = simplex(seed)
    found = game(w)
    assert found.weights.sum() == pytest.approx(1, abs=CLOSE)
    assert (found.weights[0] >= w.min(axis=0) - CLOSE).all()
    assert (found.weights[0] <= w.max(axis=0) + CLOSE).all()
    moved = game(w[::-1][:, ::-1])
    np.testing.assert_allclose(moved.weights[0][::-1], found.weights[0], atol=1e-8)


def test_a_combination_of_equal_members_is_that_member():
    w = simplex(3)[:1]
    np.testing.assert_allclose(game(np.repeat(w, 3, axis=0)).weights, w, atol=CLOSE)


@given(st.integers(0, 300))
def test_effective_weights_equal_any_positive_targets(seed):
    z = made(seed)
    targets = np.random.default_rng(seed + 1).uniform(0.2, 3, 5)
    found = optimised(z, targets)
    got = effective_weights(found.weights * z.values).pooled
    np.testing.assert_allclose(got, targets / targets.sum(), atol=ATTAINED)
    assert found.residual < ATTAINED
    assert (found.weights > 0).all()
    assert found.weights.sum() == pytest.approx(1, abs=CLOSE)


@given(st.integers(0, 100))
def test_targets_far_apart_are_met_by_many_indicators_that_oppose_each_other(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(10, 41))
    sign = np.where(rng.uniform(size=count) < 0.4, -1, 1)
    x = (rng.normal(size=(300, 1)) * rng.uniform(0, 6) + rng.normal(size=(300, count))) * sign
    z = normalise(x[:, None], np.ones(count), "global")
    found = optimised(z, 10 ** rng.uniform(-3, 0, count))
    assert found.residual < ATTAINED
    assert (found.weights > 0).all()


def test_two_indicators_have_weights_in_inverse_proportion_to_their_spread():
    z = made(4, (9, 2, 2))
    s = z.values.reshape(-1, 2).std(axis=0)
    np.testing.assert_allclose(optimised(z).weights[0], (1 / s) / (1 / s).sum(), atol=CLOSE)


def test_a_target_of_zero_has_weight_zero():
    found = optimised(made(1), np.array([1, 0, 2, 1, 1.0]))
    assert found.weights[0, 1] == 0
    assert found.residual < ATTAINED


@given(st.integers(0, 60))
def test_no_near_weights_come_closer_to_target_correlation_ratios(seed):
    z = made(seed, (10, 2, 4))
    x = z.values.reshape(-1, 4)
    r, s = correlations(x), x.std(axis=0)

    def miss(w):
        squares = (r @ (w * s)) ** 2
        return ((squares / squares.sum() - 0.25) ** 2).sum()

    found = optimised(z, importance="correlation")
    w = found.weights[0]
    assert (w >= 0).all()
    rng = np.random.default_rng(seed)
    near = w * np.exp(rng.normal(scale=1e-2, size=(200, 4)))
    assert miss(w) <= min(miss(one) for one in near) + 1e-12
    squares = np.array([np.corrcoef(x[:, k], x @ w)[0, 1] for k in range(4)]) ** 2
    np.testing.assert_allclose(found.importance, squares / squares.sum(), atol=1e-9)


def test_a_score_that_can_be_held_constant_has_no_targets():
    x = np.linspace(0, 1, 7)
    z = normalise(np.column_stack([x, 1 - x])[:, None], np.ones(2), "global")
    assert np.isnan(optimised(z).weights).all()
    assert unfit(z, "optimised") == "agreement"


def test_weigh_combines_the_named_members():
    z = made(2)
    w = np.array([weigh(z, m)[0] for m in ("cv", "critic", "equal")])
    ours = weigh(z, "game", members=("cv", "critic", "equal"))
    np.testing.assert_allclose(ours, game(w).weights, atol=CLOSE)
    assert np.isnan(weigh(normalise(z.values, np.ones(5), "zscore"), "game")).all()


def test_every_rule_that_reads_the_data_says_why_it_cannot():
    flat = normalise(np.ones((5, 2, 3)), np.ones(3), "global")
    for how in ("entropy", "critic", "cv", "pca", "scatter_degree", "optimised", "game"):
        assert unfit(flat, how) == "constant", how
    z = made(0)
    below = normalise(z.values, np.ones(5), "zscore")
    assert unfit(below, "entropy") == unfit(below, "game") == "negative"
    assert unfit(below, "cv") == "mean"
    for how in ("equal", "given", "entropy", "critic", "projection_pursuit"):
        assert unfit(z, how) is None
