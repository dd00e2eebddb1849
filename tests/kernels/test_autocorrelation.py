"""Moran, Geary, Getis and Ord: spdep stored, esda live, permutations by brute force, laws."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhiheng.kernels.autocorrelation import geary, getis_ord, moran, permute, tail_p
from zhiheng.kernels.links import Links, sums

REFERENCE = Path(__file__).parents[1] / "reference" / "moran"
STORED = json.loads((REFERENCE / "expected.json").read_text("utf-8"))

# Sums over fifty units of products near one; jsonlite prints fifteen digits.
ROUNDING = 1e-12
# The variance of G subtracts two numbers that agree in three digits.
CANCELLING = 1e-9
# Differences of variances that grow as the fourth power of n.
LAW = 1e-8

unhurried = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 2**32 - 1)


def crime():
    return np.loadtxt(REFERENCE / "columbus.csv", delimiter=",", skiprows=1)[:, 1]


def links(pairs, n, *, row):
    a, b = np.asarray(pairs).T
    order = np.lexsort((b, a))
    degree = np.bincount(a, minlength=n)
    starts = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    weights = 1.0 / degree[a[order]] if row else np.ones(len(a))
    return Links(starts, b[order].astype(np.int64), weights)


def columbus(name="pairs", *, row=True):
    pairs = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1, dtype=int) - 1
    return links(pairs, 49, row=row)


def made(seed, n=12, *, row=True):
    """A connected graph: a ring with some chords, and values."""
    rng = np.random.default_rng(seed)
    pairs = {(i, (i + 1) % n) for i in range(n)} | {((i + 1) % n, i) for i in range(n)}
    for a, b in rng.integers(0, n, size=(n, 2)):
        if a != b:
            pairs |= {(int(a), int(b)), (int(b), int(a))}
    return np.exp(rng.normal(size=n)), links(sorted(pairs), n, row=row)


CASES = {"": ("pairs", True), "_binary": ("pairs", False), "_nearest": ("nearest", True)}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("normal", [False, True])
def test_moran_equals_the_stored_answers_of_spdep(case, normal):
    name, row = CASES[case]
    want = STORED[f"moran{case}"]["normal" if normal else "random"]
    found = moran(crime(), columbus(name, row=row))
    variance = found.variance_normal if normal else found.variance_random
    assert found.value == pytest.approx(want["value"], rel=ROUNDING)
    assert found.expected == pytest.approx(want["expected"], rel=ROUNDING)
    assert variance == pytest.approx(want["variance"], rel=ROUNDING)
    assert found.z(normal=normal) == pytest.approx(want["z"], rel=ROUNDING)
    assert found.p(normal=normal) == pytest.approx(want["p"], rel=CANCELLING)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("normal", [False, True])
def test_geary_equals_the_stored_answers_of_spdep(case, normal):
    name, row = CASES[case]
    want = STORED[f"geary{case}"]["normal" if normal else "random"]
    found = geary(crime(), columbus(name, row=row))
    variance = found.variance_normal if normal else found.variance_random
    assert found.value == pytest.approx(want["value"], rel=ROUNDING)
    assert variance == pytest.approx(want["variance"], rel=ROUNDING)
    # spdep turns the sign: its positive z means like near like
    assert found.z(normal=normal) == pytest.approx(-want["z"], rel=ROUNDING)


def test_getis_ord_equals_the_stored_answers_of_spdep():
    want = STORED["getis_ord"]
    found = getis_ord(crime(), columbus(row=False))
    assert found.value == pytest.approx(want["value"], rel=ROUNDING)
    assert found.expected == pytest.approx(want["expected"], rel=ROUNDING)
    assert found.variance_random == pytest.approx(want["variance"], rel=CANCELLING)
    assert found.z() == pytest.approx(want["z"], rel=CANCELLING)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    want = next(c["expected"] for c in cases if c["id"] == "V20")
    found, c = moran(crime(), columbus()), geary(crime(), columbus())
    assert found.value == pytest.approx(want["I"], abs=5e-13)  # twelve decimals
    assert found.variance_random == pytest.approx(want["VI_rand"], abs=5e-13)
    assert found.variance_normal == pytest.approx(want["VI_norm"], abs=5e-13)
    assert found.z() == pytest.approx(want["z_rand"], abs=5e-8)
    assert found.z(normal=True) == pytest.approx(want["z_norm"], abs=5e-8)
    assert c.value == pytest.approx(want["Geary"], abs=5e-12)


@settings(unhurried, max_examples=15)
@given(seeds)
def test_equals_esda_live(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        esda = pytest.importorskip("esda", reason="esda is not installed")
        weights = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
        x, w = made(seed)
        rows = {i: list(w.columns[w.starts[i] : w.starts[i + 1]]) for i in range(len(x))}
        theirs = weights.W(rows, silence_warnings=True)
        theirs.transform = "r"
        i = esda.Moran(x, theirs, permutations=0)
        c = esda.Geary(x, theirs, permutations=0)
        theirs.transform = "b"
        g = esda.G(x, theirs, permutations=0)
    ours = moran(x, w)
    assert ours.value == pytest.approx(i.I, rel=LAW, abs=ROUNDING)
    assert ours.variance_random == pytest.approx(i.VI_rand, rel=LAW)
    assert geary(x, w).value == pytest.approx(c.C, rel=LAW)
    assert geary(x, w).variance_random == pytest.approx(c.VC_rand, rel=LAW)
    binary = Links(w.starts, w.columns, np.ones_like(w.weights))
    assert getis_ord(x, binary).value == pytest.approx(g.G, rel=LAW)
    assert getis_ord(x, binary).variance_random == pytest.approx(g.VG, rel=1e-6)


# ------------------------------------------------------------------ brute force


def by_definition(x, w):
    dense = w.matrix.toarray()
    n, z = len(x), x - x.mean()
    i = c = g = 0.0
    for a in range(n):
        for b in range(n):
            i += dense[a, b] * z[a] * z[b]
            c += dense[a, b] * (x[a] - x[b]) ** 2
            g += (dense[a, b] > 0) * x[a] * x[b]
    pairs = sum(x[a] * x[b] for a in range(n) for b in range(n) if a != b)
    return (
        n / dense.sum() * i / (z @ z),
        (n - 1) / (2 * dense.sum()) * c / (z @ z),
        g / pairs,
    )


@settings(unhurried, max_examples=15)
@given(seeds, st.booleans())
def test_permuted_statistics_equal_the_definition_on_permuted_values(seed, row):
    x, w = made(seed, n=9, row=row)
    found = permute(x, w, permutations=4, seed=5)
    dealt = np.random.default_rng(5).permuted(np.tile(np.arange(9), (4, 1)), axis=1)
    for r in range(4):
        np.testing.assert_allclose(found[r], by_definition(x[dealt[r]], w), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_moments_under_randomisation_are_those_of_all_permutations(seed):
    x, w = made(seed, n=6)
    binary = Links(w.starts, w.columns, np.ones_like(w.weights))
    every = [np.array(p) for p in itertools.permutations(x)]
    for statistic, at in ((moran, w), (geary, w), (getis_ord, binary)):
        drawn = np.array([statistic(p, at).value for p in every])
        found = statistic(x, at)
        assert found.expected == pytest.approx(drawn.mean(), abs=1e-10)
        assert found.variance_random == pytest.approx(drawn.var(), rel=1e-8)


def test_the_permutation_p_approaches_the_share_of_all_permutations():
    x, w = made(1, n=7)
    Links(w.starts, w.columns, np.ones_like(w.weights))
    found = moran(x, w).value
    every = np.array([moran(np.array(p), w).value for p in itertools.permutations(x)])
    exact = (every >= found - 1e-12).mean()
    drawn = permute(x, w, permutations=20_000, seed=1)[:, 0]
    # 20,000 draws: four standard errors of a share
    assert tail_p(found, drawn, -1 / 6, "greater") == pytest.approx(
        exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000)
    )


def test_tails_of_p_are_what_they_say():
    drawn = np.array([-2.0, -1, 0, 1])
    assert tail_p(1.0, drawn, 0.0, "greater") == pytest.approx(2 / 5)
    assert tail_p(-1.0, drawn, 0.0, "less") == pytest.approx(3 / 5)
    assert tail_p(1.0, drawn, 0.0, "two_sided") == pytest.approx(4 / 5)


def test_the_bivariate_form_permutes_the_neighbours_only():
    x, w = made(2)
    y = np.random.default_rng(3).normal(size=len(x))
    found = permute(x, w, permutations=3, seed=2, y=y)
    dealt = np.random.default_rng(2).permuted(np.tile(np.arange(12), (3, 1)), axis=1)
    want = [moran(x, w, y=y[d]).value for d in dealt]
    np.testing.assert_allclose(found[:, 0], want, rtol=1e-9)
    assert np.isnan(found[:, 1:]).all()


# ------------------------------------------------------------------ laws


@unhurried
@given(seeds, st.floats(0.01, 100), st.floats(-50, 50))
def test_unit_and_origin_do_not_matter_to_moran_and_geary(seed, scale, shift):
    x, w = made(seed)
    for statistic in (moran, geary):
        one, two = statistic(x, w), statistic(scale * x + shift, w)
        assert one.value == pytest.approx(two.value, rel=LAW, abs=1e-9)
        assert one.variance_random == pytest.approx(two.variance_random, rel=1e-6)


@unhurried
@given(seeds, st.floats(0.01, 100))
def test_the_scale_of_weights_does_not_matter(seed, scale):
    x, w = made(seed)
    other = Links(w.starts, w.columns, scale * w.weights)
    for statistic in (moran, geary):
        one, two = statistic(x, w), statistic(x, other)
        assert one.value == pytest.approx(two.value, rel=LAW, abs=ROUNDING)
        assert one.variance_random == pytest.approx(two.variance_random, rel=LAW)


@unhurried
@given(seeds)
def test_the_order_of_units_does_not_matter(seed):
    x, w = made(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    dense = w.matrix.toarray()[np.ix_(order, order)]
    rows, columns = np.nonzero(dense)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(x)))])
    mixed = Links(starts.astype(np.int64), columns.astype(np.int64), dense[rows, columns])
    for statistic in (moran, geary, getis_ord):
        one, two = statistic(x, w), statistic(x[order], mixed)
        assert one.value == pytest.approx(two.value, rel=LAW, abs=ROUNDING)


def test_a_checkerboard_is_the_extreme_of_unlike_neighbours():
    x, w = np.array([1.0, 2, 1, 2, 1, 2]), made(0, n=6)[1]
    ring = links(sorted((i, (i + s) % 6) for i in range(6) for s in (-1, 1)), 6, row=True)
    assert moran(x, ring).value == pytest.approx(-1)
    assert moran(x, w).value < 0
    assert geary(x, ring).value == pytest.approx(2 * 5 / 6)


@unhurried
@given(seeds)
def test_sums_of_weights_equal_their_definitions(seed):
    _, w = made(seed)
    dense, found = w.matrix.toarray(), sums(w)
    assert found.s0 == pytest.approx(dense.sum())
    assert found.s1 == pytest.approx(((dense + dense.T) ** 2).sum() / 2)
    assert found.s2 == pytest.approx(((dense.sum(0) + dense.sum(1)) ** 2).sum())


def test_three_units_have_no_variance_under_randomisation():
    ring = links([(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)], 3, row=True)
    for statistic in (moran, geary, getis_ord):
        assert np.isnan(statistic(np.array([1.0, 2, 4]), ring).variance_random)


@given(st.lists(st.floats(-5, 5), min_size=5, max_size=30))
def test_p_is_never_zero_and_never_above_one(values):
    drawn = np.array(values)
    assume(len(drawn))
    for alternative in ("two_sided", "greater", "less"):
        p = tail_p(0.3, drawn, 0.0, alternative)
        assert 1 / (len(drawn) + 1) <= p <= 1
