"""The partial order over draws: laws against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.order import intransitive, kendall_distance, levels, pairwise, unanimous
from zhiheng.kernels.ranks import rank

SCORES = arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(2, 6)), elements=st.integers(0, 5)
)


@given(SCORES)
def test_shares_count_strictly_better_ranks(scores: np.ndarray) -> None:
    ranks = rank(scores)
    share = pairwise(ranks)
    for a, b in itertools.permutations(range(ranks.shape[1]), 2):
        assert share[a, b] == np.mean([r[a] < r[b] for r in ranks])
    assert (share + share.T <= 1).all()


@given(SCORES, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_agreement_of_draws_is_a_strict_order(scores: np.ndarray, share: float) -> None:
    above = unanimous(rank(scores), share=share).above
    assert not np.diag(above).any()
    assert not (above & above.T).any()
    two = above.astype(int) @ above.astype(int) > 0
    assert (above | ~two).all(), "transitive"


@given(SCORES)
def test_covers_and_nothing_less_rebuild_the_order(scores: np.ndarray) -> None:
    order = unanimous(rank(scores), share=1.0)
    reach = order.covers.copy()
    for _ in range(len(reach)):
        reach |= (reach.astype(int) @ reach.astype(int)) > 0
    assert (reach == order.above).all()
    for a, b in np.argwhere(order.covers):
        without = order.covers.copy()
        without[a, b] = False
        again = without.copy()
        for _ in range(len(again)):
            again |= (again.astype(int) @ again.astype(int)) > 0
        assert not again[a, b]


@given(SCORES)
def test_the_distance_counts_pairs_ordered_otherwise(scores: np.ndarray) -> None:
    ranks = rank(scores)
    mean = ranks.mean(axis=0)
    pairs = list(itertools.combinations(range(ranks.shape[1]), 2))
    brute = [
        sum(abs(np.sign(r[b] - r[a]) - np.sign(mean[b] - mean[a])) for a, b in pairs) for r in ranks
    ]
    assert kendall_distance(ranks).tolist() == brute


def test_one_draw_is_its_own_order() -> None:
    order = unanimous(rank(np.array([[3.0, 1.0, 2.0]])))
    assert order.level.tolist() == [1, 3, 2]
    assert order.covers.sum() == 2
    assert order.kept == 1


def test_the_outlying_draws_are_left_out() -> None:
    agreed = np.tile([3.0, 2.0, 1.0], (95, 1))
    contrary = np.tile([1.0, 2.0, 3.0], (5, 1))
    ranks = rank(np.concatenate([contrary, agreed]))
    assert unanimous(ranks, share=0.95).above.sum() == 3
    assert unanimous(ranks, share=1.0).above.sum() == 0


@pytest.mark.parametrize("entities", [3, 30])
def test_who_never_meets_stays_incomparable(entities: int) -> None:
    ranks = rank(np.array([np.arange(entities), np.arange(entities)[::-1]], dtype=float))
    order = unanimous(ranks, share=1.0)
    assert not order.above.any()
    assert (order.level == 1).all()


def test_a_majority_can_run_in_a_circle_and_is_counted() -> None:
    """Condorcet: each beats the next in two of three draws."""
    ranks = rank(np.array([[3.0, 2.0, 1.0], [1.0, 3.0, 2.0], [2.0, 1.0, 3.0]]))
    majority = pairwise(ranks) > 0.5
    found = intransitive(majority)
    assert (found.triples, found.cycles) == (3, 1)
    assert unanimous(ranks, share=1.0).above.sum() == 0


def test_levels_are_the_longest_chain() -> None:
    above = np.zeros((4, 4), dtype=bool)
    for a, b in [(0, 1), (1, 2), (0, 2), (3, 2)]:
        above[a, b] = True
    assert levels(above).tolist() == [1, 2, 3, 1]
