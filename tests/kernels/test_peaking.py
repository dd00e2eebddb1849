"""No new maximum against its definition and known truth; Mann-Kendall against another program."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.peaking import NODES, exceeded, mann_kendall, no_new_maximum

REFERENCE = Path(__file__).parents[1] / "reference" / "peaked"
# Both programs sum the same numbers in another order.
SAME = 1e-12


def made(seed, entities=4, years=15, paths=40, horizon=8):
    rng = np.random.default_rng(seed)
    level = rng.normal(0.0, 0.1, size=(entities, years)).cumsum(axis=1)
    change = rng.normal(0.0, 0.01, size=(entities, 1)) * np.arange(1, horizon + 1)
    residuals = rng.normal(0.0, 0.05, size=(entities, paths, horizon)).cumsum(axis=2)
    return level, change, residuals


def by_definition(level, change, residuals, margin, shifts):
    """Year by year, path by path."""
    entities, horizon = change.shape
    out = np.zeros((entities, horizon))
    for e in range(entities):
        for h in range(1, horizon + 1):
            held = 0
            for shift in shifts:
                past = [*level[e, :-1], level[e, -1] + shift]
                top = max(past) + margin
                for path in residuals[e]:
                    later = [past[-1] + change[e, k] + path[k] for k in range(h)]
                    held += all(value <= top + 1e-15 for value in later)
            out[e, h - 1] = held / (len(shifts) * residuals.shape[1])
    return out


@pytest.mark.parametrize("margin", [0.0, 0.05])
def test_equals_the_definition(margin):
    data = made(1)
    np.testing.assert_allclose(
        no_new_maximum(*data, margin=margin), by_definition(*data, margin, [0.0]), atol=SAME
    )


@pytest.mark.slow
def test_an_uncertain_last_value_is_averaged_over_its_distribution():
    data = made(2, paths=10)
    shifts = 0.03 * stats.norm.ppf((np.arange(NODES) + 0.5) / NODES)
    found = no_new_maximum(*data, noise=0.03)
    np.testing.assert_allclose(found, by_definition(*data, 0.0, shifts), atol=SAME)
    rng = np.random.default_rng(0)
    many = by_definition(*data, 0.0, 0.03 * rng.normal(size=4000))
    # Four thousand draws: standard error at most 0.008 for each path, less for their average.
    np.testing.assert_allclose(found, many, atol=0.02)


def test_a_random_walk_at_its_maximum_has_the_reflection_probability():
    # P(no new maximum in h steps) of a symmetric walk with continuous steps is C(2h, h) / 4^h
    # (Sparre Andersen), whatever the distribution of the steps.
    rng = np.random.default_rng(7)
    paths = 40_000
    residuals = rng.normal(size=(1, paths, 6)).cumsum(axis=2)
    found = no_new_maximum(np.zeros((1, 3)), np.zeros((1, 6)), residuals)[0]
    truth = np.cumprod([(2 * k - 1) / (2 * k) for k in range(1, 7)])
    np.testing.assert_allclose(found, truth, atol=4 * 0.5 / np.sqrt(paths))


@given(st.integers(0, 10_000), st.floats(0, 0.2), st.floats(0, 0.2), st.floats(0, 0.1))
def test_does_not_fall_with_the_margin_nor_rise_with_the_horizon(seed, one, other, noise):
    data = made(seed, paths=12)
    low, high = (no_new_maximum(*data, margin=m, noise=noise) for m in sorted((one, other)))
    assert np.all(low <= high)
    assert np.all(np.diff(low, axis=1) <= 0)
    assert np.all((low >= 0) & (high <= 1))


def test_a_tie_is_no_new_maximum():
    level = np.array([[1.0, 2.0, 2.0, 2.0]])
    assert not exceeded(level, 1, 2).any()
    flat = no_new_maximum(level, np.zeros((1, 2)), np.zeros((1, 3, 2)))
    np.testing.assert_array_equal(flat, 1.0)


def test_exceeding_is_judged_up_to_each_horizon():
    level = np.array([[3.0, 1.0, 2.0, 3.5, 1.0]])
    assert exceeded(level, 1, 3).tolist() == [[False, True, True]]
    assert exceeded(level, 1, 3, 0.6).tolist() == [[False, False, False]]


# ---------------------------------------------------------------------- trend


def stored():
    with (REFERENCE / "input.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    expected = json.loads((REFERENCE / "expected.json").read_text())
    return np.array([[float(v) for v in row[1:]] for row in rows]), [expected[r[0]] for r in rows]


def test_mann_kendall_equals_another_program():
    values, expected = stored()
    found = mann_kendall(values)
    for name, ours in (
        ("s", found.s),
        ("slope", found.slope),
        ("p", found.p),
        ("p_hamed_rao", found.corrected),
    ):
        np.testing.assert_allclose(ours, [e[name] for e in expected], rtol=0, atol=SAME)
    ratio = [e["variance_hamed_rao"] / e["variance"] for e in expected]
    np.testing.assert_allclose(found.factor, ratio, rtol=SAME)


def test_tau_and_slope_equal_scipy():
    values, _ = stored()
    found = mann_kendall(values)
    years = np.arange(values.shape[1])
    for i, row in enumerate(values):
        assert found.tau[i] == pytest.approx(stats.kendalltau(years, row).statistic, abs=SAME)
        assert found.slope[i] == pytest.approx(stats.theilslopes(row, years).slope, abs=SAME)


@given(st.integers(0, 10_000))
def test_a_mirrored_series_has_the_opposite_trend(seed):
    values = np.random.default_rng(seed).normal(size=(3, 14)).cumsum(axis=1)
    one, other = mann_kendall(values), mann_kendall(-values)
    np.testing.assert_array_equal(one.s, -other.s)
    np.testing.assert_allclose(one.slope, -other.slope)
    np.testing.assert_allclose(one.p, other.p)


def test_the_correction_rejects_less_often_on_autocorrelated_noise_but_still_too_often():
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(600, 40))
    walk = np.zeros_like(noise)
    for t, before in pairwise(range(40)):
        walk[:, before] = 0.5 * walk[:, t] + noise[:, before]
    found = mann_kendall(walk)
    plain, mended = ((p < 0.05).mean() for p in (found.p, found.corrected))
    # Forty years with an autocorrelation of 0.5: 0.225 and 0.19 of a nominal 0.05 were measured.
    # The correction is small in short series, which the docstring says.
    assert 0.05 < mended < plain - 0.02


def test_a_constant_series_has_no_trend():
    found = mann_kendall(np.full((1, 8), 3.0))
    assert (found.s[0], found.p[0], found.tau[0], found.slope[0]) == (0.0, 1.0, 0.0, 0.0)
