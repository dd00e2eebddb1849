"""The q statistic: py-geodetector stored, analysis of variance beside it, laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway

from zhiheng.kernels.strata import factor, interaction, overlay, permuted_q, q_statistic

REFERENCE = Path(__file__).parents[1] / "reference" / "geodetector"
STORED = json.loads((REFERENCE / "expected.json").read_text("utf-8"))

# Sums of squares of a hundred values.
ROUNDING = 1e-10
# Tails of the non-central F, summed as a series.
TAIL = 1e-7

unhurried = settings(deadline=None)
seeds = st.integers(0, 2**32 - 1)


def table():
    rows = np.loadtxt(REFERENCE / "input.csv", delimiter=",", skiprows=1)
    names = ("one", "two", "three")
    return rows[:, 0], {n: rows[:, i].astype(int) for i, n in enumerate(names, start=1)}


def made(seed, n=30):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.integers(0, 4, n), rng.integers(0, 3, n)


@pytest.mark.parametrize("name", STORED["factors"])
def test_factors_equal_the_stored_answers_of_py_geodetector(name):
    y, strata = table()
    want = STORED["factors"][name]
    found = factor(y, strata[name])
    assert found.q == pytest.approx(want["q"], rel=ROUNDING)
    assert found.p == pytest.approx(want["p"], rel=TAIL)


@pytest.mark.parametrize("number", range(3))
def test_interactions_equal_the_stored_answers_of_py_geodetector(number):
    y, strata = table()
    want = STORED["interactions"][number]
    both = factor(y, overlay(strata[want["a"]], strata[want["b"]])).q
    assert both == pytest.approx(want["q"], rel=ROUNDING)
    words = {
        "Enhance, bi-": "enhance_double",
        "Enhance, nonlinear": "enhance_nonlinear",
        "Weaken, uni-": "weaken_single",
        "Weaken, nonlinear": "weaken_nonlinear",
    }
    ours = interaction(factor(y, strata[want["a"]]).q, factor(y, strata[want["b"]]).q, both)
    assert ours == words[want["kind"]]


@unhurried
@given(seeds)
def test_f_is_that_of_the_analysis_of_variance(seed):
    y, strata, _ = made(seed)
    want = f_oneway(*(y[strata == h] for h in np.unique(strata)))
    assert factor(y, strata).f == pytest.approx(want.statistic, rel=1e-8)


@unhurried
@given(seeds, st.floats(0.1, 100), st.floats(-50, 50))
def test_unit_and_origin_do_not_matter_to_q(seed, scale, shift):
    y, strata, _ = made(seed)
    moved = factor(scale * y + shift, strata)
    assert moved.q == pytest.approx(factor(y, strata).q, abs=1e-8)


def test_the_published_noncentrality_depends_on_the_origin():
    # why the permutation p is the one to rely on, and why a note says so
    y, strata = made(1)[0], np.array([0] * 20 + [1] * 10)
    assert factor(y, strata).noncentrality != pytest.approx(
        factor(y + 100, strata).noncentrality, rel=0.5
    )
    even = np.repeat([0, 1], 15)
    assert factor(y, even).noncentrality == pytest.approx(factor(y + 100, even).noncentrality)


@unhurried
@given(seeds)
def test_finer_strata_never_lower_q(seed):
    y, one, two = made(seed)
    both = factor(y, overlay(one, two)).q
    assert both >= max(factor(y, one).q, factor(y, two).q) - ROUNDING


@unhurried
@given(seeds)
def test_names_of_strata_and_order_of_units_do_not_matter(seed):
    y, strata, _ = made(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    assert factor(y[order], 7 - strata[order]).q == pytest.approx(factor(y, strata).q, abs=ROUNDING)


def test_q_is_one_where_strata_hold_all_and_zero_where_they_hold_nothing():
    assert factor(np.array([1.0, 1, 5, 5]), np.array([0, 0, 1, 1])).q == 1
    assert factor(np.array([1.0, 5, 1, 5]), np.array([0, 0, 1, 1])).q == 0
    assert factor(np.array([1.0, 1, 5, 5]), np.array([0, 0, 1, 1])).p == 0


def test_one_stratum_or_as_many_as_units_have_no_test():
    y = np.array([1.0, 2, 4])
    assert np.isnan(factor(y, np.zeros(3, dtype=int)).p)
    assert np.isnan(factor(y, np.arange(3)).p)


def test_random_strata_have_the_expected_q():
    y, strata, _ = made(0, n=60)
    drawn = permuted_q(y, strata, permutations=20_000, seed=1)
    expected = factor(y, strata).expected
    # four standard errors of the mean of 20,000 draws
    assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / np.sqrt(20_000))


@unhurried
@given(seeds)
def test_many_at_once_equal_one_at_a_time(seed):
    y, strata, _ = made(seed)
    _, number = np.unique(strata, return_inverse=True)
    many = np.stack([y, y[::-1], y**2])
    alone = [factor(v, number).q for v in many]
    np.testing.assert_allclose(q_statistic(many, number), alone, atol=ROUNDING)


@pytest.mark.parametrize(
    ("a", "b", "both", "kind"),
    [
        (0.2, 0.3, 0.1, "weaken_nonlinear"), (0.2, 0.3, 0.25, "weaken_single"),
        (0.2, 0.3, 0.4, "enhance_double"), (0.2, 0.3, 0.5, "independent"),
        (0.2, 0.3, 0.6, "enhance_nonlinear"),
    ],
)  # fmt: skip
def test_kinds_of_interaction_follow_their_definition(a, b, both, kind):
    assert interaction(a, b, both) == kind
