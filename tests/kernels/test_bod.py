"""Benefit of the doubt: HiGHS unit by unit, closed forms, laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from zhiheng.kernels import bod as module
from zhiheng.kernels.bod import CERTIFIED, bod, frontier

# Two solvers of programmes scaled to one.
SOLVERS = 1e-9


def made(seed, shape=(20, 2, 4), zeros=False):
    rng = np.random.default_rng(seed)
    z = rng.lognormal(size=shape)
    return z * (rng.uniform(size=shape) > 0.2) if zeros else z


def one_by_one(z, lower=None, upper=None):
    """Every unit against every unit, nothing left out, by HiGHS."""
    e, p, k = z.shape
    units = z.reshape(-1, k)
    scores = []
    for unit in units:
        rows, right = [units], [np.ones(len(units))]
        for bound, sign in ((lower, 1), (upper, -1)):
            if bound is not None:
                rows.append(sign * (bound[:, None] * unit - np.diag(unit)))
                right.append(np.zeros(k))
        found = linprog(-unit, A_ub=np.concatenate(rows), b_ub=np.concatenate(right))
        scores.append(-found.fun)
    return np.array(scores).reshape(e, p).T


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_scores_equal_highs_on_every_unit(seed, zeros):
    z = made(seed, zeros=zeros)
    found = bod(z)
    np.testing.assert_allclose(found.scores, one_by_one(z), rtol=0, atol=SOLVERS)
    assert found.residual < CERTIFIED
    assert found.repaired == 0


@pytest.mark.parametrize("seed", range(3))
def test_scores_within_bounds_of_shares_equal_highs(seed):
    z = made(seed)
    lower, upper = np.array([0.1, 0.05, 0.0, 0.2]), np.array([0.5, 0.6, 0.3, 0.7])
    found = bod(z, lower, upper)
    np.testing.assert_allclose(found.scores, one_by_one(z, lower, upper), rtol=0, atol=SOLVERS)
    assert (found.shares >= lower - SOLVERS).all()
    assert (found.shares <= upper + SOLVERS).all()
    assert (found.scores <= bod(z).scores + SOLVERS).all()


@given(st.integers(0, 200), st.booleans())
def test_weights_are_feasible_and_attain_the_score(seed, zeros):
    z = made(seed, (8, 2, 3), zeros)
    found = bod(z)
    assert (found.weights >= 0).all()
    every = np.einsum("epk,fqk->epfq", found.weights, z)
    assert every.max() <= 1 + SOLVERS
    own = (found.weights * z).sum(axis=2)
    np.testing.assert_allclose(own, found.scores.T, rtol=0, atol=SOLVERS)
    assert found.scores.max() == pytest.approx(1, abs=SOLVERS)


@given(st.integers(0, 200))
def test_units_and_order_do_not_matter_to_scores_or_weights(seed):
    z = made(seed, (7, 2, 3), zeros=True)
    found = bod(z)
    factor, columns = np.array([1e4, 1.0, 1e-3]), np.array([2, 0, 1])
    scaled = bod(z * factor)
    np.testing.assert_allclose(scaled.scores, found.scores, atol=SOLVERS)
    moved = bod(z[::-1])
    np.testing.assert_allclose(moved.scores[:, ::-1], found.scores, atol=SOLVERS)
    np.testing.assert_allclose(moved.weights[::-1], found.weights, atol=SOLVERS)
    np.testing.assert_allclose(bod(z[..., columns]).scores, found.scores, atol=SOLVERS)


def test_one_indicator_is_a_share_of_the_best():
    z = np.array([1.0, 4, 2])[:, None, None]
    assert bod(z).scores.tolist() == [[0.25, 1.0, 0.5]]


def test_a_unit_between_two_others_has_the_score_of_the_line_between_them():
    z = np.array([[1, 0], [0, 1], [0.25, 0.25], [0, 0]])[:, None]
    found = bod(z)
    np.testing.assert_allclose(found.scores[0], [1, 1, 0.5, 0], atol=SOLVERS)
    assert (found.weights[3] == 0).all()
    assert np.isnan(found.shares[3]).all()


def test_periods_apart_are_panels_apart():
    z = made(1, (9, 3, 3))
    apart = bod(z, by_period=True)
    for t in range(3):
        np.testing.assert_allclose(apart.scores[t], bod(z[:, t : t + 1]).scores[0], atol=SOLVERS)


def test_the_frontier_is_every_row_that_no_other_dominates():
    rows = np.random.default_rng(0).integers(0, 4, (60, 3)).astype(float)
    ours = {tuple(r) for r in frontier(rows)}
    brute = {tuple(r) for r in rows if not any((s >= r).all() and (s > r).any() for s in rows)}
    assert ours == brute


def test_an_answer_that_fails_its_check_is_solved_again(monkeypatch):
    z = made(0, (6, 1, 3))
    right = bod(z)
    solve = module._solve_all

    def broken(units, reference, low, high):
        scores, weights, failed = solve(units, reference, low, high)
        weights[2] *= 1.5
        failed[4] = np.inf
        return scores, weights, failed

    monkeypatch.setattr(module, "_solve_all", broken)
    mended = bod(z)
    assert mended.repaired == 2
    assert mended.residual < CERTIFIED
    np.testing.assert_allclose(mended.scores, right.scores, atol=SOLVERS)


def test_what_no_shares_can_meet_is_refused():
    z = made(0, (4, 1, 2))
    for lower, upper in (([0.7, 0.7], None), (None, [0.3, 0.3]), ([0.5, 0], [0.4, 1])):
        with pytest.raises(ValueError, match="shares"):
            bod(z, lower and np.array(lower), upper and np.array(upper))
    with pytest.raises(ValueError, match="negative"):
        bod(-z)
