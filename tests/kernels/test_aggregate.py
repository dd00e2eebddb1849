"""Laws of aggregation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.aggregate import contributions, prepare, score

RULES = ("additive", "geometric", "topsis")
# Products of different shape differ in the last bits.
CLOSE = 1e-12

unit = arrays(np.float64, (4, 3, 3), elements=st.floats(0, 1, width=32))
raw = arrays(np.float64, (3,), elements=st.floats(0.1, 10))


def one(z, w, rule, shift=0.01):
    return score(prepare(z, rule, shift=shift), w)


@given(unit, raw, st.sampled_from(RULES))
def test_scores_lie_between_the_worst_and_the_best_value(z, w, rule):
    z[0], z[1] = 0.0, 1.0
    found = one(z, (w / w.sum())[None], rule)
    assert (found <= 1 + CLOSE).all()
    assert (found >= -CLOSE).all()
    assert np.allclose(found[:, 1], 1, atol=CLOSE)
    assert np.allclose(found[:, 0], 0.01 if rule == "geometric" else 0, atol=CLOSE)


@given(unit, raw, st.integers(0, 2), st.sampled_from(RULES))
def test_a_better_value_never_lowers_a_score(z, w, k, rule):
    z[0], z[1] = 0.0, 1.0  # best and worst stay where they are
    better = z.copy()
    better[2, 1, k] += (1 - better[2, 1, k]) / 2
    w = (w / w.sum())[None]
    assert one(better, w, rule)[1, 2] >= one(z, w, rule)[1, 2] - CLOSE


@given(unit, raw)
def test_a_geometric_score_is_never_above_the_sum(z, w):
    w = (w / w.sum())[None]
    assert (one(z, w, "geometric", shift=0.01) <= 0.01 + 0.99 * one(z, w, "additive") + CLOSE).all()


@given(unit, raw, st.sampled_from(["additive", "geometric"]))
def test_contributions_sum_to_the_score_or_to_its_logarithm(z, w, rule):
    prepared, w = prepare(z, rule, shift=0.01), (w / w.sum())[None]
    total = contributions(prepared, w).sum(axis=2).T
    found = score(prepared, w)
    assert np.allclose(total, np.log(found) if rule == "geometric" else found, atol=CLOSE)


def test_topsis_has_no_contributions():
    assert contributions(prepare(np.eye(3)[:, None], "topsis"), np.full((1, 3), 1 / 3)) is None


@pytest.mark.parametrize("rule", RULES)
def test_many_sets_of_weights_at_once_equal_one_after_the_other(rule):
    rng = np.random.default_rng(4)
    z = rng.uniform(size=(6, 3, 4))
    prepared = prepare(z, rule, shift=0.01, by_period=True)
    pooled = rng.dirichlet(np.ones(4), size=(5, 1))
    apart = rng.dirichlet(np.ones(4), size=(5, 3))
    for w in (pooled, apart):
        found = score(prepared, w)
        assert found.shape == (5, 3, 6)
        assert np.allclose(found, [score(prepared, one) for one in w], atol=CLOSE)
    repeated = np.repeat(pooled, 3, axis=1)
    assert np.allclose(score(prepared, pooled), score(prepared, repeated), atol=CLOSE)


def test_best_and_worst_of_a_period_are_taken_within_it():
    z = np.array([[[0.0], [0.5]], [[0.2], [1.0]]])
    w = np.ones((1, 1))
    assert score(prepare(z, "topsis", by_period=True), w).tolist() == [[0, 1], [0, 1]]
    assert np.allclose(score(prepare(z, "topsis"), w), [[0, 0.2], [0.5, 1]], atol=CLOSE)
