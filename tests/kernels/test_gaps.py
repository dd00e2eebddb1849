"""Statistics of gaps, odds of moves, complements: definitions, laws, verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from zhiheng.kernels.complement import complement, distances, ranked
from zhiheng.kernels.convergence import resamples
from zhiheng.kernels.gaps import (
    group_gap_change,
    interval,
    side,
    slope_on_start,
    spread_change,
    top_minus_bottom,
    verdict,
)
from zhiheng.kernels.moves import clopper_pearson, moves, run_lengths
from zhiheng.kernels.natural import natural_index

# Differences of numbers of order one.
ROUNDING = 1e-9
PICK = resamples(12, 40, 1)
ends = arrays(np.float64, (12, 2), elements=st.floats(0.1, 50.0), unique=True)


def gini_plain(y):
    return sum(abs(a - b) for a in y for b in y) / (2 * len(y) ** 2 * (sum(y) / len(y)))


@settings(max_examples=30)
@given(ends)
def test_every_resample_equals_the_definition(y):
    first, last = y.T
    found = spread_change(first, last, PICK, measure="gini")
    for k, pick in enumerate([np.arange(12), *PICK[:3]]):
        want = gini_plain(last[pick].tolist()) - gini_plain(first[pick].tolist())
        np.testing.assert_allclose(found[k], want, atol=ROUNDING)
    np.testing.assert_allclose(
        spread_change(first, last, PICK, measure="sd")[0], last.std() - first.std(), atol=1e-7
    )


@settings(max_examples=30)
@given(ends, st.floats(0.01, 100.0))
def test_relative_gaps_do_not_change_with_the_unit(y, factor):
    first, last = y.T
    for measure in ("gini", "cv", "sd_log"):
        one = spread_change(first, last, PICK, measure=measure)
        two = spread_change(first * factor, last * factor, PICK, measure=measure)
        np.testing.assert_allclose(one, two, atol=1e-7)


@settings(max_examples=30)
@given(ends, st.floats(0.0, 100.0))
def test_absolute_statistics_do_not_change_with_a_shift(y, shift):
    first, last = y.T
    if np.ptp(first) < 1:
        return
    for found in (
        lambda a, b: spread_change(a, b, PICK[:1], measure="sd"),
        lambda a, b: slope_on_start(a, b, PICK[:1], growth="absolute"),
        lambda a, b: top_minus_bottom(a, b, PICK[:1], growth="absolute", share=1 / 3),
    ):
        np.testing.assert_allclose(
            found(first, last)[0], found(first + shift, last + shift)[0], rtol=1e-6, atol=1e-6
        )


@settings(max_examples=30)
@given(ends)
def test_slopes_equal_a_regression_and_ends_equal_means_of_thirds(y):
    first, last = y.T
    growth = np.log(last) - np.log(first)
    if np.ptp(np.log(first)) > 0.1:
        want = np.polyfit(np.log(first), growth, 1)[0]
        found = slope_on_start(first, last, PICK, growth="log")[0]
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-8)
    order = np.argsort(first)
    want = growth[order[-4:]].mean() - growth[order[:4]].mean()
    found = top_minus_bottom(first, last, PICK, growth="log", share=1 / 3)[0]
    np.testing.assert_allclose(found, want, atol=1e-8)


def test_the_gap_of_a_group_is_that_of_its_mean_to_all_others():
    first, last = np.array([4.0, 6.0, 1.0, 3.0]), np.array([8.0, 12.0, 2.0, 2.0])
    leading = np.array([True, True, False, False])
    pick = np.array([[0, 0, 2, 2], [0, 1, 0, 1]])
    ratio = group_gap_change(first, last, leading, pick, relative=True)
    np.testing.assert_allclose(ratio[:2], [math.log(5.0) - math.log(2.5), 0.0], atol=1e-12)
    assert math.isnan(ratio[2])  # a resample without anybody else
    apart = group_gap_change(first, last, leading, pick, relative=False)
    np.testing.assert_allclose(apart[:2], [8.0 - 3.0, 6.0 - 3.0])


def test_verdicts_follow_the_rule():
    assert verdict([1, 1]) == "supported"
    assert verdict([-1, -1]) == "not_supported"
    assert verdict([1, 0]) == verdict([1, -1]) == verdict([0]) == "insufficient"
    assert verdict([]) == "untested"
    assert [side(0.1, 0.2), side(-0.2, -0.1), side(-0.1, 0.1)] == [1, -1, 0]
    assert side(math.nan, math.nan) == 0
    assert all(math.isnan(v) for v in interval(np.array([math.nan, 1.0]), 0.05))


# ------------------------------------------------------------------ moves


def chains(seed, *, entities=15, periods=9):
    rng = np.random.default_rng(seed)
    state = rng.integers(0, 3, size=(entities, periods))
    counts = np.zeros((entities, 3, 3))
    for e in range(entities):
        for a, b in zip(state[e, :-1], state[e, 1:], strict=True):
            counts[e, a, b] += 1
    return state, counts


@pytest.mark.parametrize("seed", range(5))
def test_odds_equal_counted_shares_and_add_up(seed):
    _, counts = chains(seed)
    found = moves(counts, resamples(15, 200, seed), level=0.05)
    total = counts.sum(axis=0)
    for k in range(3):
        row = total[k] / total[k].sum()
        np.testing.assert_allclose(found.leave.estimate[k], 1 - row[k], atol=1e-12)
        np.testing.assert_allclose(found.up.estimate[k], row[k + 1 :].sum(), atol=1e-12)
        np.testing.assert_allclose(found.down.estimate[k], row[:k].sum(), atol=1e-12)
    np.testing.assert_allclose(found.drift.estimate, found.up.estimate - found.down.estimate)
    for odds in (found.leave, found.up, found.down, found.drift):
        assert (odds.low <= odds.estimate).all()
        assert (odds.estimate <= odds.high).all()


def test_intervals_are_never_narrower_than_the_exact_binomial_one():
    _, counts = chains(3)
    found = moves(counts, resamples(15, 200, 3), level=0.05)
    total = counts.sum(axis=0)
    for k in range(3):
        n, left = int(total[k].sum()), int(total[k].sum() - total[k, k])
        exact = stats.binomtest(left, n).proportion_ci(method="exact")
        assert found.leave.low[k] <= exact.low + 1e-12
        assert found.leave.high[k] >= exact.high - 1e-12


def test_a_class_that_nobody_left_keeps_an_interval_that_shrinks_with_what_was_seen():
    stay = np.zeros((10, 3, 3))
    stay[:, 0, 0] = 2
    few = moves(stay, resamples(10, 50, 1), level=0.05).leave
    many = moves(stay * 5, resamples(10, 50, 1), level=0.05).leave
    assert few.estimate[0] == many.estimate[0] == 0
    np.testing.assert_allclose(few.high[0], 1 - 0.025 ** (1 / 20), rtol=1e-9)
    assert 0 < many.high[0] < few.high[0]
    assert math.isnan(few.estimate[1])
    assert math.isnan(few.high[1])


@pytest.mark.slow
@pytest.mark.parametrize("entities", [8, 30])
def test_intervals_cover_the_planted_odds_at_least_as_often_as_stated(entities):
    """Known chains of nine transitions, 400 each: 95 % intervals cover 93 % or more.

    Three standard errors of 400 trials at 95 % are 3.3 points; the envelope of two intervals is
    meant to cover more. An interval beyond a limit that is the truth is then a wrong verdict in
    at most 5 % of panels on either side together.
    """
    p = np.array([[0.75, 0.2, 0.05], [0.2, 0.5, 0.3], [0.05, 0.2, 0.75]])
    hits = np.zeros(4)
    for seed in range(400):
        rng = np.random.default_rng(seed)
        state = rng.integers(0, 3, entities)
        counts = np.zeros((entities, 3, 3))
        for _ in range(9):
            after = (rng.random(entities)[:, None] > p.cumsum(axis=1)[state]).sum(axis=1)
            counts[np.arange(entities), state, after] += 1
            state = after
        found = moves(counts, resamples(entities, 200, seed), level=0.05)
        truth = [(found.leave, 0, 0.25), (found.leave, 2, 0.25), (found.up, 1, 0.3)]
        truth.append((found.drift, 1, 0.1))
        hits += [odds.low[k] <= v <= odds.high[k] for odds, k, v in truth]
    assert (hits / 400 >= 0.93).all(), hits / 400


@given(st.integers(0, 30), st.integers(1, 30))
def test_exact_intervals_equal_scipy(hits, more):
    low, high = clopper_pearson(np.array([float(hits)]), np.array([float(hits + more)]), 0.05)
    want = stats.binomtest(hits, hits + more).proportion_ci(method="exact")
    np.testing.assert_allclose([low[0], high[0]], [want.low, want.high], atol=1e-9)


def test_run_lengths_count_from_the_end():
    state = np.array([[0, 1, 1, 1], [2, 2, 2, 2], [0, 0, 0, 1]])
    assert run_lengths(state).tolist() == [3, 4, 1]


# ------------------------------------------------------------------ peers, natural units


@given(arrays(np.float64, (6, 3), elements=st.floats(-3, 3)))
def test_complements_equal_their_definition(z):
    found = complement(z)
    for i in range(6):
        for j in range(6):
            own, other = z[i] - z[i].mean(), z[j] - z[j].mean()
            want = sum(
                max(0.0, -own[k]) * max(0.0, other[k]) for k in range(3) if z[j, k] > z[i, k]
            )
            np.testing.assert_allclose(found.helps[i, j], want, atol=1e-12)
    np.testing.assert_allclose(distances(z), distances(z).T, atol=1e-12)
    np.testing.assert_allclose(found.mutual, found.mutual.T, atol=1e-12)


def test_ranking_leaves_out_oneself_and_the_infinite_and_breaks_ties_by_code():
    cost = np.array([[0.0, 1.0, 1.0], [np.inf, 0.0, np.inf], [2.0, 1.0, 0.0]])
    i, place, j = ranked((cost,), np.array([2, 1, 0]), 2)
    assert list(zip(i.tolist(), place.tolist(), j.tolist(), strict=True)) == [
        (0, 0, 2),
        (0, 1, 1),
        (2, 0, 1),
        (2, 1, 0),
    ]


def test_a_later_cost_decides_where_an_earlier_one_ties():
    first, second = np.zeros((3, 3)), np.array([[0.0, 2.0, 1.0]] * 3)
    _, _, j = ranked((first, second), np.arange(3), 1)
    assert j.tolist() == [2, 0, 0]


def test_whoever_leads_in_everything_evenly_is_nobodys_complement():
    z = np.array([[2.0, 2.0], [1.0, -1.0], [-1.0, 1.0]])
    found = complement(z)
    np.testing.assert_array_equal(found.helps[:, 0], 0.0)
    assert found.mutual[1, 2] > 0


@given(
    arrays(np.float64, (4, 3, 2), elements=st.floats(0.1, 100)),
    st.floats(0.01, 100),
)
def test_an_index_in_natural_units_changes_with_no_unit_and_turns_with_direction(x, factor):
    one = natural_index(x, np.array([1.0, -1.0]))
    np.testing.assert_allclose(
        natural_index(x * np.array([factor, 1.0]), np.array([1.0, -1.0])), one, rtol=1e-9
    )
    np.testing.assert_allclose(natural_index(x, np.array([-1.0, 1.0])), 1 / one, rtol=1e-9)
