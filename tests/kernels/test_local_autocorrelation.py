"""Local Moran and Gi*: spdep stored, esda live, conditional permutations by brute force."""

from __future__ import annotations

import json
import warnings
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.autocorrelation import moran
from zhiheng.kernels.links import Links, sums
from zhiheng.kernels.local_autocorrelation import (
    conditional_permutations,
    draw_others,
    false_discovery,
    gi_star,
    local_moran,
)

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "lisa" / "expected.json").read_text("utf-8"))

# Products of two standardised values; jsonlite prints fifteen digits.
ROUNDING = 1e-12
SUMMED = 1e-9

unhurried = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)


def links(pairs, n, *, row=True):
    a, b = np.asarray(pairs).T
    order = np.lexsort((b, a))
    degree = np.bincount(a, minlength=n)
    starts = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    weights = 1.0 / degree[a[order]] if row else np.ones(len(a))
    return Links(starts, b[order].astype(np.int64), weights)


def columbus(*, row=True):
    folder = REFERENCE / "moran"
    pairs = np.loadtxt(folder / "pairs.csv", delimiter=",", skiprows=1, dtype=int) - 1
    x = np.loadtxt(folder / "columbus.csv", delimiter=",", skiprows=1)[:, 1]
    return x, links(pairs, 49, row=row)


def made(seed, n=12):
    rng = np.random.default_rng(seed)
    pairs = {(i, (i + s) % n) for i in range(n) for s in (-1, 1)}
    for a, b in rng.integers(0, n, size=(n // 2, 2)):
        if a != b:
            pairs.add((int(a), int(b)))
    return rng.normal(size=n), links(sorted(pairs), n)


def test_both_conventions_equal_the_stored_answers_of_spdep():
    x, w = columbus()
    found = local_moran(x, w)
    np.testing.assert_allclose(found.value, STORED["local_moran"], rtol=ROUNDING)
    np.testing.assert_allclose(found.value_unbiased, STORED["local_moran_unbiased"], rtol=ROUNDING)


def test_gi_star_equals_the_stored_answers_of_spdep():
    x, w = columbus(row=False)
    np.testing.assert_allclose(gi_star(x, w)[0], STORED["gi_star"], rtol=ROUNDING)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    want = next(c["expected"] for c in cases if c["id"] == "V20")
    found = local_moran(*columbus())
    np.testing.assert_allclose(found.value[:3], want["localI_spdep"], atol=5e-9)
    np.testing.assert_allclose(found.value_unbiased[:3], want["localI_esda"], atol=5e-9)


@pytest.mark.slow
@settings(unhurried, max_examples=6)
@given(seeds)
def test_equals_esda_live_p_values_within_their_noise(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        esda = pytest.importorskip("esda", reason="esda is not installed")
        weights = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
        x, w = made(seed, n=20)
        rows = {i: list(w.columns[w.starts[i] : w.starts[i + 1]]) for i in range(20)}
        theirs = esda.Moran_Local(
            x, weights.W(rows, silence_warnings=True), permutations=4999, seed=1
        )
    found = local_moran(x, w)
    np.testing.assert_allclose(found.value_unbiased, theirs.Is, rtol=SUMMED, atol=ROUNDING)
    np.testing.assert_array_equal(found.quadrant, theirs.q)
    p = conditional_permutations(found, w, found.z, permutations=4999, seed=2)
    # two shares of 4,999 draws each: five standard errors of their difference
    noise = 5 * np.sqrt(2 * 0.25 / 4999)
    np.testing.assert_allclose(p.one_sided, theirs.p_sim, atol=noise)


@unhurried
@given(seeds)
def test_conditional_permutations_equal_a_plain_loop(seed):
    x, w = made(seed, n=8)
    found = local_moran(x, w)
    p = conditional_permutations(found, w, found.z, permutations=20, seed=9)
    widest = int(np.diff(w.starts).max())
    dealt = draw_others(8, widest, permutations=20, seed=9)
    for i in range(8):
        others = [j for j in range(8) if j != i]
        weights = w.weights[w.starts[i] : w.starts[i + 1]]
        drawn = np.array(
            [
                found.z[i] * sum(a * found.z[others[r]] for a, r in zip(weights, d, strict=False))
                for d in dealt
            ]
        )
        near = 1e-12 * abs(found.value[i])
        larger = (drawn >= found.value[i] - near).sum()
        smaller = (drawn <= found.value[i] + near).sum()
        assert p.one_sided[i] == pytest.approx((1 + min(larger, smaller)) / 21)
        assert p.two_sided[i] == pytest.approx(min(1, 2 * p.one_sided[i]))
        assert p.expected[i] == pytest.approx(drawn.mean(), abs=1e-9)


def test_many_draws_approach_the_share_of_all_arrangements():
    x, w = made(3, n=7)
    found = local_moran(x, w)
    p = conditional_permutations(found, w, found.z, permutations=20_000, seed=1)
    i = 2
    others = np.delete(found.z, i)
    weights = w.weights[w.starts[i] : w.starts[i + 1]]
    every = np.array(
        [found.z[i] * (weights @ np.array(o)) for o in permutations(others, len(weights))]
    )
    slack = 1e-12
    exact = min((every >= found.value[i] - slack).mean(), (every <= found.value[i] + slack).mean())
    # four standard errors of a share of 20,000
    assert p.one_sided[i] == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


@pytest.mark.parametrize("n", [2, 5, 30])
def test_drawn_others_are_distinct_and_never_too_many(n):
    drawn = draw_others(n, n - 1, permutations=50, seed=0)
    np.testing.assert_array_equal(np.sort(drawn, axis=1), np.tile(np.arange(n - 1), (50, 1)))


def test_drawn_others_come_up_equally_often():
    drawn = draw_others(6, 2, permutations=40_000, seed=1)
    pairs = np.bincount(drawn[:, 0] * 5 + drawn[:, 1], minlength=25).reshape(5, 5)
    assert np.diag(pairs).sum() == 0
    # twenty ordered pairs of 2,000 each: chi-squared with 19 degrees of freedom, p = 0.001 at 43.8
    off = pairs[~np.eye(5, dtype=bool)]
    assert ((off - 2000) ** 2 / 2000).sum() < 43.8


@unhurried
@given(seeds)
def test_local_values_sum_to_the_global_one(seed):
    x, w = made(seed)
    total = local_moran(x, w).value.sum() / sums(w).s0
    assert total == pytest.approx(moran(x, w).value, abs=1e-10)


@unhurried
@given(seeds)
def test_bivariate_values_sum_to_the_bivariate_global_one(seed):
    x, w = made(seed)
    y = np.random.default_rng(seed + 1).normal(size=len(x))
    total = local_moran(x, w, y=y).value.sum() / sums(w).s0
    assert total == pytest.approx(moran(x, w, y=y).value, abs=1e-10)


def test_quadrants_are_counted_as_readers_read_them():
    ring = links(sorted((i, (i + s) % 4) for i in range(4) for s in (-1, 1)), 4)
    found = local_moran(np.array([5.0, 4, 1, 1]), ring)
    # neighbours of the first: 4 and 1, below the mean; the second: 5 and 1, above it
    assert list(found.quadrant) == [4, 1, 3, 2]


def by_definition(x, w, i):
    """Gi* as Ord and Getis (1995) write it, with dictionaries and loops."""
    n = len(x)
    weight = {int(w.columns[k]): w.weights[k] for k in range(w.starts[i], w.starts[i + 1])}
    weight[i] = 1.0
    mean = sum(x) / n
    s = (sum(v * v for v in x) / n - mean**2) ** 0.5
    above = sum(a * x[j] for j, a in weight.items()) - mean * sum(weight.values())
    inner = n * sum(a * a for a in weight.values()) - sum(weight.values()) ** 2
    return above / (s * (inner / (n - 1)) ** 0.5)


@unhurried
@given(seeds)
def test_gi_star_equals_its_definition(seed):
    x, w = made(seed)
    binary = Links(w.starts, w.columns, np.ones_like(w.weights))
    want = [by_definition(x, binary, i) for i in range(len(x))]
    np.testing.assert_allclose(gi_star(x, binary)[0], want, rtol=1e-7, atol=1e-9)


def test_a_unit_that_neighbours_all_has_no_gi_star():
    everyone = links([(i, j) for i in range(4) for j in range(4) if i != j], 4, row=False)
    z, p = gi_star(np.array([1.0, 2, 3, 5]), everyone)
    assert np.isnan(z).all()
    assert np.isnan(p).all()


def test_the_false_discovery_rule_steps_up():
    p = np.array([0.01, 0.04, 0.03, 0.5, np.nan])
    # sorted 0.01, 0.03, 0.04, 0.5 against 0.0125, 0.025, 0.0375, 0.05
    assert list(false_discovery(p, 0.05)) == [True, False, False, False, False]
    assert list(false_discovery(np.array([0.02, 0.04, 0.045]), 0.05)) == [True, True, True]
    assert not false_discovery(np.full(3, np.nan), 0.05).any()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_false_discovery_rule_flags_the_smallest_p_values(values):
    p = np.array(values)
    flagged = false_discovery(p, 0.1)
    if flagged.any():
        assert p[flagged].max() <= 0.1
        assert (p[~flagged] > p[flagged].max()).all()
