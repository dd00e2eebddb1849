"""Relations judged by relabelling: sna stored, plain loops, laws."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.autocorrelation import tail_p
from zhiheng.kernels.qap import (
    correlation,
    off_diagonal,
    permuted_correlations,
    permuted_t,
    regression,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "gravity_network"
STORED = json.loads((REFERENCE / "expected.json").read_text("utf-8"))

# A least-squares fit of a hundred cells.
SOLVED = 1e-10

unhurried = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)


def relations():
    rows = np.loadtxt(REFERENCE / "relations.csv", delimiter=",", skiprows=1)
    out = np.zeros((3, 12, 12))
    i, j = rows[:, 0].astype(int) - 1, rows[:, 1].astype(int) - 1
    out[:, i, j] = rows[:, 2:].T
    return out[0], out[1:]


def made(seed, n=6):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n)), rng.normal(size=(2, n, n))


def test_correlation_and_regression_equal_the_stored_answers_of_sna():
    y, x = relations()
    fit = regression(y, x)
    assert correlation(y, x[0]) == pytest.approx(STORED["correlation"], rel=SOLVED)
    np.testing.assert_allclose(fit.coefficient, STORED["coefficient"], rtol=SOLVED)
    np.testing.assert_allclose(fit.t, STORED["t"], rtol=SOLVED)
    assert fit.r2 == pytest.approx(STORED["r2"], rel=SOLVED)


def test_permutation_p_values_agree_with_sna_within_their_noise():
    y, x = relations()
    drawn = permuted_t(y, x, permutations=4000, seed=1)
    fit = regression(y, x)
    for k in range(2):
        p = tail_p(float(fit.t[k + 1]), drawn[k], 0.0, "two_sided")
        # shares of 2,000 and 4,000 draws near five per cent: four standard errors of their gap
        assert p == pytest.approx(STORED["p"][k + 1], abs=4 * np.sqrt(0.0475 * 0.9525 * 3 / 4000))


@unhurried
@given(seeds)
def test_permuted_t_equals_a_plain_regression_of_each_relabelling(seed):
    y, x = made(seed)
    n = len(y)
    found = permuted_t(y, x, permutations=3, seed=5)
    orders = np.random.default_rng(5).permuted(np.tile(np.arange(n), (3, 1)), axis=1)
    off = ~np.eye(n, dtype=bool)
    for k in range(2):
        other = x[1 - k]
        design = np.column_stack([np.ones(n * n - n), off_diagonal(other)])
        left = np.zeros((n, n))
        cells = off_diagonal(x[k])
        left[off] = cells - design @ np.linalg.lstsq(design, cells, rcond=None)[0]
        for r in range(3):
            mixed = left[np.ix_(orders[r], orders[r])]
            fit = regression(y, np.stack([mixed, other]))
            assert found[k, r] == pytest.approx(fit.t[1], rel=1e-7, abs=1e-9)


@unhurried
@given(seeds)
def test_permuted_correlations_equal_those_of_each_relabelling(seed):
    y, x = made(seed)
    found = permuted_correlations(y, x[0], permutations=3, seed=7)
    orders = np.random.default_rng(7).permuted(np.tile(np.arange(6), (3, 1)), axis=1)
    want = [correlation(y[np.ix_(o, o)], x[0]) for o in orders]
    np.testing.assert_allclose(found, want, atol=SOLVED)


def test_the_permutation_p_approaches_the_share_of_all_relabellings():
    y, x = made(3, n=5)
    r = correlation(y, x[0])
    every = [correlation(y[np.ix_(o, o)], x[0]) for o in permutations(range(5))]
    exact = (np.abs(every) >= abs(r) - 1e-12).mean()
    drawn = permuted_correlations(y, x[0], permutations=20_000, seed=1)
    p = tail_p(r, drawn, 0.0, "two_sided")
    # four standard errors of a share of 20,000
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000) + 1e-4)


@unhurried
@given(seeds, st.floats(0.1, 10), st.floats(-5, 5))
def test_unit_and_origin_do_not_matter(seed, scale, shift):
    y, x = made(seed)
    assert correlation(scale * y + shift, x[0]) == pytest.approx(correlation(y, x[0]), abs=1e-9)
    one, two = regression(y, x), regression(scale * y + shift, x)
    np.testing.assert_allclose(two.t[1:], one.t[1:], rtol=1e-7)


def test_the_diagonal_is_ignored():
    y, x = made(1)
    other = y + np.diag(np.full(6, 1e6))
    assert correlation(other, x[0]) == correlation(y, x[0])


def test_a_relation_without_variation_has_no_correlation():
    assert np.isnan(correlation(np.ones((4, 4)), made(0, n=4)[0]))


def test_blocks_of_draws_make_no_difference(monkeypatch):
    y, x = made(2)
    whole = permuted_t(y, x, permutations=20, seed=1)
    monkeypatch.setattr("zhiheng.kernels.qap._CELLS", 100)
    np.testing.assert_allclose(permuted_t(y, x, permutations=20, seed=1), whole, rtol=1e-9)
