"""The batch simplex: certificates that hold, proofs that prove, and its ways out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from zhiheng.kernels.dea_lp import Programme, solve
from zhiheng.kernels.dea_records import INFEASIBLE, OPTIMAL, STALLED, UNBOUNDED

# Two solvers on programmes with entries of about one; HiGHS stops at 1e-7 by default.
PEER = 1e-7
CERTIFIED = 1e-11


def programme(seed, n=6, rows=4, k=12, own=5):
    """Random programmes, some of which have no solution and some no bound."""
    rng = np.random.default_rng(seed)
    return Programme(
        reference=rng.normal(0.4, 1, (k, rows)),
        scale=rng.uniform(0.5, 2, (n, rows)),
        own=rng.normal(0, 1, (n, rows, own)),
        cost=rng.normal(0.6, 0.5, (n, own)),
        rhs=rng.normal(0, 1, (n, rows)),
        start=np.full((n, rows), -1),
        left_out=rng.integers(-1, k, n),
    )


def columns(p, o):
    return np.hstack([(p.reference / p.scale[o]).T, p.own[o]])


def peer(p, o):
    k = len(p.reference)
    cost = np.concatenate([np.zeros(k), p.cost[o]])
    bounds = [(0, 0 if j == p.left_out[o] else None) for j in range(len(cost))]
    return linprog(cost, A_eq=columns(p, o), b_eq=p.rhs[o], bounds=bounds)


def levels(p, found, o):
    z = np.zeros(len(p.reference))
    mine = found.unit == o
    z[found.peer[mine]] = found.weight[mine]
    return np.concatenate([z, found.own[o]])


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_finds_what_highs_finds_and_says_the_same_of_what_has_no_answer(seed):
    p = programme(seed)
    found = solve(p)
    assert found.fallbacks == 0
    for o in range(len(p.rhs)):
        answer = peer(p, o)
        # HiGHS may stop at "infeasible or unbounded", and then names neither
        if answer.status in (0, 2, 3):
            assert found.status[o] == {0: OPTIMAL, 2: INFEASIBLE, 3: UNBOUNDED}[answer.status]
        if answer.status == 0:
            assert found.value[o] == pytest.approx(answer.fun, rel=PEER, abs=PEER)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_certificates_are_what_they_claim(seed):
    p = programme(seed)
    found = solve(p)
    for o in range(len(p.rhs)):
        a, y = columns(p, o), found.duals[o]
        allowed = np.arange(a.shape[1]) != p.left_out[o]
        if found.status[o] == OPTIMAL:
            z = levels(p, found, o)
            assert (z >= 0).all()
            assert np.abs(a @ z - p.rhs[o]).max() < CERTIFIED
            cost = np.concatenate([np.zeros(len(p.reference)), p.cost[o]])
            assert (cost - y @ a)[allowed].min() > -CERTIFIED
            assert y @ p.rhs[o] == pytest.approx(found.value[o], rel=1e-9, abs=1e-9)
        if found.status[o] == INFEASIBLE:  # a direction in which no column can reach rhs
            assert y @ p.rhs[o] > 1e-9
            assert (y @ a)[allowed].max() < CERTIFIED


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_lowest_numbered_column_and_highs_lead_to_the_same_values(seed):
    p = programme(seed)
    one = solve(p)
    few, none = solve(p, most=1), solve(p, most=0)
    # without a pivot of our own all is left to HiGHS, and "infeasible" without a proof is none
    assert none.fallbacks == (none.status == OPTIMAL).sum()
    assert ((none.status == OPTIMAL) | (none.status == STALLED)).all()
    same = (one.status == OPTIMAL) & (few.status == OPTIMAL)
    np.testing.assert_allclose(few.value[same], one.value[same], rtol=1e-9, atol=1e-9)
    same = (one.status == OPTIMAL) & (none.status == OPTIMAL)
    np.testing.assert_array_equal(none.status == OPTIMAL, one.status == OPTIMAL)
    np.testing.assert_allclose(none.value[same], one.value[same], rtol=PEER, atol=PEER)
    for o in np.flatnonzero(same):
        z = levels(p, none, o)
        assert np.abs(columns(p, o) @ z - p.rhs[o]).max() < PEER


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_bland_alone_ends_where_the_steepest_choice_ends(seed, most):
    p = programme(seed)
    one, two = solve(p), solve(p, most=most)
    mine = (two.solver == 0) & (two.status == OPTIMAL)
    np.testing.assert_allclose(two.value[mine], one.value[mine], rtol=1e-9, atol=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_a_bad_start_changes_no_answer(seed):
    p = programme(seed)
    rng = np.random.default_rng(seed)
    start = rng.integers(-1, 17, p.start.shape)
    one, two = solve(p), solve(replace(p, start=start))
    np.testing.assert_array_equal(one.status, two.status)
    np.testing.assert_allclose(one.value, two.value, rtol=1e-9, atol=1e-9)


def test_a_degenerate_programme_that_makes_the_steepest_choice_cycle_is_solved():
    # Beale (1955): without care the largest reduced cost goes round for ever
    a = np.array([[0.25, -60, -0.04, 9], [0.5, -90, -0.02, 3], [0, 0, 1, 0]])
    own = np.hstack([a, np.eye(3)])[None]
    p = Programme(
        reference=np.zeros((1, 3)),
        scale=np.ones((1, 3)),
        own=own,
        cost=np.array([[-0.75, 150, -0.02, 6, 0, 0, 0]]),
        rhs=np.array([[0.0, 0, 1]]),
        start=np.array([[5, 6, 7]]),
        left_out=np.array([-1]),
    )
    found = solve(p)
    assert found.status[0] == OPTIMAL
    assert found.value[0] == pytest.approx(-0.05, abs=1e-14)
    assert found.fallbacks == 0
