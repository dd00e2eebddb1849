"""Ranks, type-1 quantiles and draws, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from zhiheng.kernels import ranks as module
from zhiheng.kernels.aggregate import prepare, score
from zhiheng.kernels.ranks import Recipe, draw_ranks, rank, rank_interval

# Scores of the hypothesis tests are multiples of a sixteenth: far apart or exactly tied.
scores = arrays(np.float64, (3, 7), elements=st.integers(-40, 40).map(lambda v: v / 16))


@given(scores)
def test_ranks_are_competition_ranks(x):
    assert np.array_equal(rank(x), rankdata(-x, method="min", axis=-1))


def test_one_is_best_and_ties_take_the_smallest():
    assert rank(np.array([2.0, 5.0, 5.0, 1.0])).tolist() == [3, 1, 1, 4]


def test_a_difference_of_rounding_does_not_decide_a_rank():
    a = 0.1 + 0.2
    assert rank(np.array([0.3, a, 0.1])).tolist() == [1, 1, 3]


@given(st.integers(1, 60).flatmap(lambda n: arrays(np.int32, (n, 4), elements=st.integers(1, 30))))
def test_interval_ends_are_type_one_quantiles(r):
    low, high = rank_interval(r)
    # numpy's inverse of the distribution function; 0.95 n is not exact in binary there either.
    exact = [-(-len(r) * k // 100) - 1 for k in (5, 95)]
    ordered = np.sort(r, axis=0)
    assert np.array_equal(low, ordered[exact[0]])
    assert np.array_equal(high, ordered[exact[1]])


def recipes(seed=8):
    rng = np.random.default_rng(seed)
    z = rng.uniform(size=(6, 4, 3))
    pooled, apart = rng.dirichlet(np.ones(3), size=1), rng.dirichlet(np.ones(3), size=4)
    return [
        Recipe(prepare(z, "additive"), pooled),
        Recipe(prepare(z, "geometric", shift=0.01), pooled),
        Recipe(prepare(z, "topsis", by_period=True), apart),
    ]


def by_loops(found, draws, concentration, seed):
    """The same draws, one at a time."""
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = rng.integers(len(found), size=draws)
    counts = np.bincount(chosen, minlength=len(found))
    ranks = []
    for recipe, n in zip(found, counts, strict=True):
        gamma = rng.standard_gamma(concentration * recipe.weights, size=(n, *recipe.weights.shape))
        for g in gamma:
            w = g / g.sum(axis=-1, keepdims=True)
            s = score(recipe.prepared, w)
            ranks.append([[1 + sum(other > own for other in row) for own in row] for row in s])
    ordered = np.sort(np.array(ranks), axis=0)
    return ordered[-(-draws * 5 // 100) - 1], ordered[-(-draws * 95 // 100) - 1], counts


@pytest.mark.parametrize("block", [10**9, 1])
def test_draws_equal_plain_loops_whatever_the_blocks(block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    found = draw_ranks(recipes(), draws=333, concentration=20.0, seed=9)
    low, high, counts = by_loops(recipes(), 333, 20.0, 9)
    assert np.array_equal(found.low, low)
    assert np.array_equal(found.high, high)
    assert np.array_equal(found.counts, counts)
    assert counts.sum() == 333


def test_one_recipe_with_infinite_concentration_leaves_ranks_alone():
    for recipe in recipes():
        found = draw_ranks([recipe], draws=50, concentration=np.inf, seed=1)
        own = rank(score(recipe.prepared, recipe.weights))
        assert np.array_equal(found.low, own)
        assert np.array_equal(found.high, own)


def test_intervals_widen_as_the_concentration_falls():
    widths = [
        (d.high - d.low).sum()
        for c in (1e6, 200.0, 10.0)
        for d in [draw_ranks(recipes(), draws=800, concentration=c, seed=1)]
    ]
    assert widths[0] <= widths[1] <= widths[2]
    assert widths[0] < widths[2]


def test_a_weight_of_zero_stays_zero():
    z = np.random.default_rng(1).uniform(size=(5, 1, 2))
    z[:, :, 1] = z[::-1, :, 0]
    found = draw_ranks(
        [Recipe(prepare(z, "additive"), np.array([[1.0, 0.0]]))],
        draws=100, concentration=5.0, seed=1,
    )  # fmt: skip
    assert np.array_equal(found.low, found.high)


def test_every_recipe_is_equally_likely():
    found = draw_ranks(recipes(), draws=30_000, concentration=200.0, seed=3)
    # Four standard deviations of a binomial count.
    assert np.abs(found.counts - 10_000).max() < 4 * np.sqrt(30_000 * (1 / 3) * (2 / 3))


def test_the_same_seed_gives_the_same_intervals():
    one, two = (draw_ranks(recipes(), draws=400, concentration=50.0, seed=5) for _ in range(2))
    assert np.array_equal(one.low, two.low)
    assert np.array_equal(one.high, two.high)


def test_rankings_that_fail_are_counted_and_the_entity_stands_last():
    z = np.random.default_rng(1).uniform(size=(5, 2, 2))
    broken = prepare(z, "additive")
    broken.parts[0][1, 0, 3] = np.nan
    found = draw_ranks(
        [Recipe(broken, np.array([[0.5, 0.5]]))], draws=40, concentration=50.0, seed=1
    )
    assert found.failed == 40
    assert (found.last[:, 3] == 5).all()
    assert (found.low[0] <= 5).all()
