"""First passages, mobility and forecasts: laws, closed forms, giddy beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.markov import probabilities, steady_state
from zhiheng.kernels.mobility import communicating, first_passage, forecast, mobility

REFERENCE = Path(__file__).parents[1] / "reference" / "markov"
STORED = json.loads((REFERENCE / "expected_spatial.json").read_text("utf-8"))
CHAINS = json.loads((REFERENCE / "expected.json").read_text("utf-8"))["cases"]

# First passages solve four equations whose answers reach a hundred.
SOLVED = 1e-11
# Eigenvalues and determinants of 5 x 5 matrices.
ROUNDING = 1e-12
# A thousand simulated walks of one passage each: four standard errors of their mean.
NOISE = 4.0

unhurried = settings(deadline=None)


def chain(seed, k):
    return probabilities(np.random.default_rng(seed).integers(1, 40, size=(k, k)).astype(float))


def incomes():
    return np.array(CHAINS["income, 5 classes per period"]["p"])


def test_first_passages_equal_the_stored_ones_of_giddy():
    found = first_passage(incomes())
    np.testing.assert_allclose(found, STORED["first_passage"], rtol=SOLVED)


def test_first_passages_of_a_reducible_chain_equal_the_stored_ones_of_giddy():
    case = STORED["reducible"]
    want = np.array([[np.inf if v is None else v for v in row] for row in case["first_passage"]])
    np.testing.assert_allclose(first_passage(np.array(case["p"])), want, rtol=SOLVED)


def test_mobility_equals_the_stored_indices_of_giddy():
    p, want = incomes(), STORED["mobility"]
    found = mobility(p, np.array([0.1, 0.2, 0.2, 0.4, 0.1]))
    assert found.shorrocks == pytest.approx(want["P"], abs=ROUNDING)
    assert found.determinant == pytest.approx(want["D"], abs=ROUNDING)
    assert found.eigenvalue == pytest.approx(want["L2"], abs=ROUNDING)
    assert found.leaving == pytest.approx(want["B1"], abs=ROUNDING)
    assert found.distance == pytest.approx(want["B2"], abs=ROUNDING)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    want = next(c["expected"] for c in cases if c["id"] == "V14")
    found = mobility(incomes(), np.full(5, 0.2))
    assert found.shorrocks == pytest.approx(want["Shorrocks_P"], abs=5e-9)  # eight decimals
    np.testing.assert_allclose(  # four decimals
        first_passage(incomes())[0], want["fmpt_row1"], atol=5.1e-5
    )


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_returns_take_one_over_the_steady_share(seed, k):
    p = chain(seed, k)
    share = steady_state(p).share
    np.testing.assert_allclose(np.diag(first_passage(p)), 1 / share, rtol=1e-9)


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_first_passages_satisfy_their_own_equation(seed, k):
    p = chain(seed, k)
    m = first_passage(p)
    np.testing.assert_allclose(m, 1 + p @ (m - np.diag(np.diag(m))), rtol=1e-9)


def test_first_passages_equal_simulated_walks():
    p, rng = chain(3, 4), np.random.default_rng(1)
    walks = np.zeros(1000)
    for r in range(1000):
        state = 0
        while state != 2:
            state = rng.choice(4, p=p[state])
            walks[r] += 1
    error = walks.std(ddof=1) / np.sqrt(1000)
    assert abs(walks.mean() - first_passage(p)[0, 2]) < NOISE * error


def test_a_class_that_may_be_missed_for_ever_is_not_reached_for_sure():
    p = np.array([[0.5, 0.3, 0.2], [0, 1.0, 0], [0, 0, 1.0]])
    found = first_passage(p)
    assert np.isinf(found[0, 1])  # with probability 0.4 the walk ends in class 3
    assert found[1, 1] == 1
    assert np.isinf(found[0, 0])


def test_a_class_nobody_left_has_no_first_passages():
    p = np.array([[0.5, 0.5], [np.nan, np.nan]])
    found = first_passage(p)
    assert np.isnan(found[1]).all()
    assert found[0, 1] == pytest.approx(2)


def test_communicating_sets_are_numbered_by_their_lowest_class():
    set_of, closed = communicating(np.array([[1.0, 0, 1], [0, 1, 1], [1, 0, 1]]))
    assert list(set_of) == [0, 1, 0]
    assert list(closed) == [True, False, True]


def test_no_mobility_is_zero_and_has_no_half_life():
    found = mobility(np.eye(3), np.full(3, 1 / 3))
    assert found.shorrocks == found.determinant == found.eigenvalue == 0
    assert np.isinf(found.half_life)


@unhurried
@given(st.floats(0.01, 0.49), st.floats(0.01, 0.49))
def test_two_classes_have_closed_forms(a, b):
    found = mobility(np.array([[1 - a, a], [b, 1 - b]]), np.array([0.5, 0.5]))
    assert found.shorrocks == pytest.approx(a + b)
    assert found.eigenvalue == pytest.approx(a + b)
    assert found.half_life == pytest.approx(np.log(2) / -np.log(1 - a - b))


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_many_matrices_at_once_equal_one_at_a_time(seed, k):
    many = np.stack([chain(seed + i, k) for i in range(3)])
    share = np.full((3, k), 1 / k)
    together = mobility(many, share)
    for i in range(3):
        alone = mobility(many[i], share[i])
        assert together.determinant[i] == pytest.approx(alone.determinant, abs=ROUNDING)
        assert together.half_life[i] == pytest.approx(alone.half_life, rel=1e-9)


@unhurried
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 6))
def test_forecasts_are_powers_and_sum_to_one(seed, k, steps):
    p = chain(seed, k)
    share = np.random.default_rng(seed).dirichlet(np.ones(k))
    found = forecast(p, share, steps)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=ROUNDING)
    np.testing.assert_allclose(found[-1], share @ np.linalg.matrix_power(p, steps), atol=ROUNDING)


def test_shares_that_flow_through_an_unknown_class_are_not_made_up():
    p = np.array([[0.5, 0.5], [np.nan, np.nan]])
    found = forecast(p, np.array([1.0, 0.0]), 2)
    np.testing.assert_allclose(found[0], [0.5, 0.5])
    assert np.isnan(found[1]).all()
