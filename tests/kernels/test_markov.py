"""Laws of classes, transitions, intervals and the steady state; giddy beside them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import libpysal
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.markov import (
    bootstrap,
    classify,
    count_by_entity,
    pairs,
    probabilities,
    quantile_cuts,
    steady_state,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "markov"

unhurried = settings(deadline=None)  # how fast the machine is proves nothing

# Probabilities are quotients of small whole numbers; a steady state solves five equations.
ROUNDING = 1e-12
# The shared table of cases prints eight decimals.
PRINTED = 5e-9

values = st.floats(-1e6, 1e6, allow_subnormal=False)
samples = arrays(np.float64, st.integers(2, 60), elements=values)
classes = st.integers(2, 6)


def chain(state, k, *, periods=None, lag=1, mask=None):
    state = np.asarray(state, dtype=np.intp)
    when = np.arange(state.shape[1]) if periods is None else np.asarray(periods)
    inside = np.ones(state.shape, dtype=bool) if mask is None else mask
    return count_by_entity(state, inside, when, classes=k, lag=lag)


def random_states(seed, *, entities=12, periods=9, k=4):
    return np.random.default_rng(seed).integers(0, k, size=(entities, periods))


# ------------------------------------------------------------------ classes


@unhurried
@given(samples, classes)
def test_cuts_are_type_7_quantiles(y, k):
    wanted = np.quantile(y, np.arange(1, k) / k, method="linear")
    np.testing.assert_allclose(quantile_cuts(y, k), wanted, rtol=1e-9, atol=1e-9 * np.abs(y).max())


@unhurried
@given(st.integers(2, 8), st.integers(1, 9))
def test_a_quantile_that_is_a_value_equals_it_exactly_and_takes_it_down(k, m):
    y = 0.1 + 0.1 * np.arange(k * m + 1)  # (n - 1) / k is whole: every cut is one of the values
    cuts = quantile_cuts(y, k)
    np.testing.assert_array_equal(cuts, y[m : k * m : m])
    np.testing.assert_array_equal(classify(cuts, cuts), np.arange(k - 1))


@unhurried
@given(samples, classes)
def test_classes_follow_the_order_of_values(y, k):
    state = classify(y, quantile_cuts(y, k))
    assert state.min() >= 0
    assert state.max() < k
    assert (np.diff(state[np.argsort(y, kind="stable")]) >= 0).all()


@unhurried
@given(st.integers(2, 6), st.integers(2, 12))
def test_distinct_values_fill_the_classes_evenly(k, m):
    y = np.random.default_rng(0).permutation(k * m).astype(float)
    members = np.bincount(classify(y, quantile_cuts(y, k)), minlength=k)
    np.testing.assert_array_equal(members, m)


# ------------------------------------------------------------------ transitions


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_counts_sum_to_entities_times_periods_less_one(seed):
    state = random_states(seed)
    counts = chain(state, 4)
    assert counts.sum() == state.shape[0] * (state.shape[1] - 1)
    rows = probabilities(counts.sum(axis=0)).sum(axis=1)
    np.testing.assert_allclose(rows[~np.isnan(rows)], 1, rtol=ROUNDING)


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_counts_equal_a_plain_loop(seed, lag):
    state = random_states(seed)
    mask = np.random.default_rng(seed).random(state.shape) > 0.2
    periods = np.array([2000, 2001, 2002, 2004, 2005, 2006, 2008, 2009, 2012])
    wanted = np.zeros((4, 4))
    for e in range(len(state)):
        for s, a in enumerate(periods):
            for t, b in enumerate(periods):
                if b - a == lag and mask[e, s] and mask[e, t]:
                    wanted[state[e, s], state[e, t]] += 1
    found = chain(state, 4, periods=periods, lag=lag, mask=mask)
    np.testing.assert_array_equal(found.sum(axis=0), wanted)


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_entities_does_not_matter_not_even_to_the_draws(seed):
    state = random_states(seed)
    mixed = np.random.default_rng(seed).permutation(state)
    one, two = chain(state, 4), chain(mixed, 4)
    np.testing.assert_array_equal(one.sum(axis=0), two.sum(axis=0))
    a, b = (bootstrap(c, draws=50, seed=3, level=0.1) for c in (one, two))
    np.testing.assert_array_equal(a.low, b.low)
    np.testing.assert_array_equal(a.std_error, b.std_error)


def test_a_lag_goes_by_period_and_not_by_row():
    start, end = pairs(np.array([2000, 2001, 2003, 2004]), 1)
    assert list(zip(start, end, strict=True)) == [(0, 1), (2, 3)]
    start, end = pairs(np.array([2000, 2001, 2003, 2004]), 2)
    assert list(zip(start, end, strict=True)) == [(1, 2)]


# ------------------------------------------------------------------ intervals


def test_intervals_hold_the_estimate_and_lie_between_zero_and_one():
    counts = chain(random_states(1, entities=60), 4)
    p, found = probabilities(counts.sum(axis=0)), bootstrap(counts, draws=500, seed=1, level=0.05)
    assert (found.low <= p).all()
    assert (p <= found.high).all()
    assert found.low.min() >= 0
    assert found.high.max() <= 1


def test_standard_errors_agree_with_the_binomial_where_entities_are_independent_pairs():
    # One transition per entity: resampling entities is then resampling transitions, whose
    # probability has the standard error sqrt(p (1 - p) / n).
    rng = np.random.default_rng(5)
    state = np.column_stack([np.zeros(400, dtype=int), rng.random(400) < 0.3])
    counts = chain(state, 2)
    p = counts.sum(axis=0)[0, 1] / 400
    found = bootstrap(counts, draws=4000, seed=2, level=0.05)
    # 4,000 draws leave about 1.1 % of noise in a standard error; four times that.
    assert found.std_error[0, 1] == pytest.approx(np.sqrt(p * (1 - p) / 400), rel=0.045)


def test_a_move_that_was_never_seen_gets_no_interval():
    state = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [2, 2, 2, 2], [1, 0, 0, 1]])
    found = bootstrap(chain(state, 3), draws=100, seed=1, level=0.05)
    assert np.isnan(found.std_error[0, 2])
    assert np.isnan(found.low[2, 2])
    assert np.isfinite(found.low[0, 1])
    assert found.undefined[2] > 0  # one entity holds the class: some draws miss it


def test_the_seed_decides_the_draws():
    counts = chain(random_states(1), 4)
    one, two, other = (bootstrap(counts, draws=80, seed=s, level=0.05) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.std_error, two.std_error)
    assert (one.std_error != other.std_error).any()


# ------------------------------------------------------------------ the long run


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
def test_the_steady_state_reproduces_itself(seed, k):
    counts = np.random.default_rng(seed).integers(1, 50, size=(k, k)).astype(float)
    found = steady_state(counts)
    assert found.irreducible
    np.testing.assert_allclose(found.share @ probabilities(counts), found.share, atol=ROUNDING)
    assert found.share.sum() == pytest.approx(1, abs=ROUNDING)


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_names_of_classes_do_not_matter_to_the_steady_state(seed):
    rng = np.random.default_rng(seed)
    counts, order = rng.integers(1, 50, size=(4, 4)).astype(float), rng.permutation(4)
    found, mixed = steady_state(counts), steady_state(counts[np.ix_(order, order)])
    np.testing.assert_allclose(mixed.share, found.share[order], atol=ROUNDING)


def test_two_separate_sets_of_classes_have_no_steady_state():
    found = steady_state(np.kron(np.eye(2), np.array([[3.0, 1], [2, 4]])))
    assert not found.irreducible
    assert np.isnan(found.share).all()
    assert found.closed == ((0, 1), (2, 3))


def test_a_class_that_is_never_left_has_no_steady_state():
    found = steady_state(np.array([[5.0, 1, 0], [1, 5, 1], [0, 0, 6]]))
    assert not found.irreducible
    assert found.closed == ((2,),)


def test_a_class_without_a_way_out_is_named():
    found = steady_state(np.array([[5.0, 1, 1], [1, 5, 0], [0, 0, 0]]))
    assert not found.irreducible
    assert found.dead_ends == (2,)


def test_a_class_that_nobody_ever_enters_has_a_long_run_share_of_zero():
    counts = np.array([[5.0, 0, 1], [0, 0, 0], [2, 0, 4]])
    found = steady_state(counts)
    assert found.irreducible
    np.testing.assert_allclose(found.share, [2 / 3, 0, 1 / 3], atol=ROUNDING)


def test_a_chain_that_alternates_has_a_steady_state():
    np.testing.assert_allclose(steady_state(np.array([[0.0, 3], [3, 0]])).share, [0.5, 0.5])


# ------------------------------------------------------------------ giddy


def incomes():
    table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
    return table[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)


def by_column(y, k):
    return np.column_stack([classify(column, quantile_cuts(column, k)) for column in y.T])


def pooled(y, k):
    return classify(y, quantile_cuts(y.ravel(), k))


def stored_chain(case):
    y = incomes()
    relative = y / y.mean(axis=0)
    state, k = {
        "income, 5 classes per period": (by_column(y, 5), 5),
        "relative income, 4 classes pooled": (pooled(relative, 4), 4),
        "relative income every fifth year, 3 classes pooled": (pooled(relative[:, ::5], 3), 3),
    }[case]
    return chain(state, k).sum(axis=0)


def stored():
    return json.loads((REFERENCE / "expected.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", stored())
def test_equals_the_stored_chains_of_giddy(case):
    counts, want = stored_chain(case), stored()[case]
    p = probabilities(counts)
    np.testing.assert_array_equal(counts, want["counts"])
    np.testing.assert_allclose(p, want["p"], rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(steady_state(counts).share, want["steady"], rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(1 / (1 - np.diag(p)), want["sojourn"], rtol=ROUNDING)


@pytest.mark.slow
@settings(unhurried, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_equals_giddy_live_on_irreducible_chains(seed, k):
    with warnings.catch_warnings():  # its imports warn of things of their own
        warnings.simplefilter("ignore")
        markov = pytest.importorskip("giddy.markov", reason="giddy is not installed")
    state = random_states(seed, entities=20, periods=15, k=k)
    found = chain(state, k).sum(axis=0)
    theirs = markov.Markov(state, summary=False)
    np.testing.assert_array_equal(found, theirs.transitions)
    np.testing.assert_allclose(probabilities(found), theirs.p, rtol=0, atol=ROUNDING)
    assert steady_state(found).irreducible
    np.testing.assert_allclose(steady_state(found).share, theirs.steady_state, atol=ROUNDING)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    want = next(c["expected"] for c in cases if c["id"] == "V14")
    counts = stored_chain("income, 5 classes per period")
    p = probabilities(counts)
    np.testing.assert_array_equal(counts, want["transitions"])
    np.testing.assert_allclose(steady_state(counts).share, want["steady"], atol=PRINTED)
    np.testing.assert_allclose(1 / (1 - np.diag(p)), want["sojourn"], rtol=PRINTED)
