"""The spatial chain: giddy beside it, a plain loop behind it, laws of its permutations."""

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

from zhiheng.kernels.homogeneity import homogeneity, permutation_p, permuted_groups, statistics
from zhiheng.kernels.markov import classify, probabilities, quantile_cuts, steady_state
from zhiheng.kernels.spatial_markov import (
    LagCuts,
    Links,
    count_by_regime,
    lag_classes,
    permuted_positions,
    spatial_lag,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "markov"
STORED = json.loads((REFERENCE / "expected_spatial.json").read_text("utf-8"))

# Quotients of whole numbers.
ROUNDING = 1e-12
# Sums of a hundred logarithms near two hundred.
SUMMED = 1e-10

unhurried = settings(deadline=None)


def links_of(pairs, n):
    rows = np.array([a for a, _ in pairs])
    order = np.lexsort(([b for _, b in pairs], rows))
    degree = np.bincount(rows, minlength=n)
    starts = np.concatenate([[0], np.cumsum(degree)])
    columns = np.array([b for _, b in pairs])[order]
    return Links(starts.astype(np.int64), columns, 1.0 / degree[rows[order]])


def ring(n):
    return links_of([(i, (i + s) % n) for i in range(n) for s in (-1, 1)], n)


def incomes():
    table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
    return table[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)


def states(y, k, per_period=False):
    if per_period:
        return np.column_stack([classify(c, quantile_cuts(c, k)) for c in y.T])
    return classify(y, quantile_cuts(y.ravel(), k))


def counted(links, y, k, cuts, mask=None, lag=1):
    inside = np.ones(y.shape, dtype=bool) if mask is None else mask
    regime, _ = lag_classes(spatial_lag(links, y, inside), inside, cuts)
    state = states(y, k, cuts.per_period)
    when = np.arange(y.shape[1])
    shape = (cuts.classes, k)
    return count_by_regime(state, regime, inside, when, shape=shape, lag=lag)


def stored_counts(case):
    y = incomes()
    y = y / y.mean(axis=0) if case["fixed"] else y
    cuts = LagCuts(case["m"], None, not case["fixed"])
    return counted(links_of(STORED["pairs"], 48), y, case["k"], cuts).sum(axis=0)


@pytest.mark.parametrize("name", STORED["spatial"])
def test_equals_the_stored_spatial_chains_of_giddy_for_any_number_of_lag_classes(name):
    case = STORED["spatial"][name]
    counts = stored_counts(case)
    np.testing.assert_array_equal(counts, case["counts"])
    np.testing.assert_allclose(np.nan_to_num(probabilities(counts)), case["p"], atol=ROUNDING)
    found = homogeneity(counts)
    assert found.lr == pytest.approx(case["LR"], rel=SUMMED)
    assert found.q == pytest.approx(case["Q"], rel=SUMMED)
    assert found.dof == case["dof"]


@pytest.mark.parametrize("name", ["k5", "k5_m4"])
def test_equals_the_shared_table_of_cases(shared, name):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    want = next(c["expected"] for c in cases if c["id"] == "V15")
    counts = stored_counts(STORED["spatial"][name])
    found = homogeneity(counts)
    printed = want if name == "k5" else want[name]
    assert found.lr == pytest.approx(printed["LR"], abs=5e-4)  # three decimals
    assert found.q == pytest.approx(printed["Q"], abs=5e-4)
    assert found.dof == printed.get("dof", 60)
    if name == "k5":
        steady = [steady_state(c).share for c in counts]
        np.testing.assert_allclose(steady[0], want["S_poor_row"], atol=5e-9)
        np.testing.assert_allclose(steady[4], want["S_rich_row"], atol=5e-9)
        np.testing.assert_allclose(probabilities(counts[0])[0], want["P1_first_row"], atol=5e-9)


@settings(unhurried, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(2, 5))
def test_statistics_equal_giddy_live(seed, k, m):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        markov = pytest.importorskip("giddy.markov", reason="giddy is not installed")
    counts = np.random.default_rng(seed).integers(0, 9, size=(m, k, k)).astype(float)
    counts[:, :, 0] += 1  # giddy counts an empty row of all regimes as one degree of freedom
    theirs = markov.Homogeneity_Results(counts)
    found = homogeneity(counts)
    assert found.q == pytest.approx(theirs.Q, rel=SUMMED)
    assert found.lr == pytest.approx(theirs.LR, rel=SUMMED, abs=SUMMED)
    assert found.dof == theirs.dof


def test_an_empty_row_has_no_degree_of_freedom():
    counts = np.zeros((2, 2, 2))
    counts[:, 0] = [[3, 1], [1, 3]]
    assert homogeneity(counts).dof == 1


def test_equal_regimes_have_statistics_of_zero():
    counts = np.tile(np.array([[4.0, 2], [3, 5]]), (3, 1, 1))
    lr, q = statistics(counts)
    assert lr == pytest.approx(0, abs=ROUNDING)
    assert q == pytest.approx(0, abs=ROUNDING)


# ------------------------------------------------------------------ the plain loop


def plain(pairs, y, k, m, mask, place):
    """One permutation by the definition: dictionaries and loops."""
    n, periods = y.shape
    value, seen = y[place], mask[place]
    around = {i: [b for a, b in pairs if a == i] for i in range(n)}
    lag = np.full(y.shape, np.nan)
    for i in range(n):
        for t in range(periods):
            known = [value[j, t] for j in around[i] if seen[j, t]]
            if known and seen[i, t]:
                lag[i, t] = sum(known) / len(known)
    ends = np.quantile(lag[~np.isnan(lag)], np.arange(1, m) / m)
    state = classify(y, quantile_cuts(y[mask], k))[place]
    out = np.zeros((m, k, k))
    for i in range(n):
        for t in range(periods - 1):
            if seen[i, t] and seen[i, t + 1] and not np.isnan(lag[i, t]):
                c = int((lag[i, t] > ends).sum())
                out[c, state[i, t], state[i, t + 1]] += 1
    return out


@settings(unhurried, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(2, 5), st.booleans())
def test_permuted_positions_equal_a_plain_loop(seed, k, m, gaps):
    rng = np.random.default_rng(seed)
    n, periods, draws = 9, 6, 3  # 54 or fewer cells; cuts fall between lags but by chance
    pairs = [(i, (i + s) % n) for i in range(n) for s in (-2, -1, 1)]
    y = rng.normal(size=(n, periods))
    mask = rng.random(y.shape) > (0.2 if gaps else -1)
    state = classify(np.where(mask, y, 0), quantile_cuts(y[mask], k))
    found = permuted_positions(
        links_of(pairs, n), y, mask, state, np.arange(periods), classes=k, cuts=LagCuts(m), lag=1,
        permutations=draws, seed=4,
    )  # fmt: skip
    dealt = np.random.default_rng(4).permuted(np.tile(np.arange(n), (draws, 1)), axis=1)
    for r in range(draws):
        theirs = plain(pairs, y, k, m, mask, dealt[r])
        # a lag that is its own cut may fall to either side by the last bit of its sum
        assert np.abs(found[r] - theirs).sum() <= 2 * (m - 1)
        assert found[r].sum() == theirs.sum()


@pytest.mark.parametrize(
    "cuts",
    [
        LagCuts(4),
        LagCuts(3, None, True),
        LagCuts(3, np.array([[-0.3, 0.4]])),
        LagCuts(2, np.linspace(-0.5, 0.5, 8)[:, None]),
    ],
)
def test_the_permutation_that_moves_nobody_is_the_chain_itself(cuts, monkeypatch):
    y = np.random.default_rng(0).normal(size=(12, 8))
    mask, links = np.ones(y.shape, dtype=bool), ring(12)

    class Still:
        def permuted(self, ids, axis):
            return ids

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Still())
    found = permuted_positions(
        links, y, mask, states(y, 4, cuts.per_period), np.arange(8), classes=4, cuts=cuts, lag=2,
        permutations=1, seed=0,
    )  # fmt: skip
    np.testing.assert_array_equal(found[0], counted(links, y, 4, cuts, lag=2).sum(axis=0))


def test_the_lag_of_neighbours_stands_on_those_observed():
    y = np.array([[1.0], [2.0], [4.0], [8.0]])
    mask = np.array([[True], [True], [True], [False]])
    found = spatial_lag(ring(4), y, mask)
    np.testing.assert_allclose(found[:, 0], [2.0, 2.5, 2.0, 2.5])
    nobody = spatial_lag(ring(4), y, np.array([[True], [False], [True], [False]]))
    assert np.isnan(nobody[0, 0])


def test_positions_that_matter_give_a_small_p_and_positions_that_do_not_a_large_one():
    rng = np.random.default_rng(7)
    n, periods, links = 60, 12, ring(60)
    level = np.sin(np.arange(n) / n * 4 * np.pi)
    y = level[:, None] + 0.3 * rng.normal(size=(n, periods))

    def p_of(values):
        mask, cuts = np.ones(values.shape, dtype=bool), LagCuts(4)
        state = states(values, 3)
        found = statistics(counted(links, values, 3, cuts).sum(axis=0))[1]
        dealt = permuted_positions(
            links, values, mask, state, np.arange(periods), classes=3, cuts=cuts, lag=1,
            permutations=199, seed=1,
        )  # fmt: skip
        return permutation_p(float(found), statistics(dealt)[1])

    assert p_of(y) == pytest.approx(1 / 200)
    assert p_of(rng.permutation(y)) > 0.05


def test_permutation_p_counts_the_found_one():
    assert permutation_p(3.0, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(3 / 5)


def test_dealing_entities_to_groups_equals_a_plain_loop_over_deals():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 5, size=(10, 2, 2)).astype(float)
    group = np.array([0] * 6 + [1] * 4)
    lr, q = permuted_groups(counts, group, groups=2, permutations=5, seed=3)
    dealt = np.random.default_rng(3).permuted(np.tile(group, (5, 1)), axis=1)
    for r in range(5):
        table = np.stack([counts[dealt[r] == g].sum(axis=0) for g in (0, 1)])
        one, two = statistics(table)
        assert lr[r] == pytest.approx(one, rel=SUMMED)
        assert q[r] == pytest.approx(two, rel=SUMMED)
