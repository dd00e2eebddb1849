"""Densities against scipy, statsmodels and R; modes and the test for one mode."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.density import (
    bandwidth,
    count_modes,
    critical_bandwidth,
    density,
    modes,
    outside,
)
from zhiheng.kernels.modality import hall_york, silverman_test

REFERENCE = Path(__file__).parents[1] / "reference" / "kernel_density"

# Sums of a few dozen exponentials.
PROGRAM = 1e-12
# bw.SJ of R puts differences into bins, a million here.
BINNED = 2e-5
# Bisections stop at a part in 1e9; the grid of R's script is finer than ours or coarser, and a
# second mode that is only just there is seen or not.
CRITICAL = 1e-3


def samples():
    found = defaultdict(list)
    with (REFERENCE / "samples.csv").open() as lines:
        for row in csv.DictReader(lines):
            found[row["sample"]].append(float(row["value"]))
    return {k: np.array(v) for k, v in found.items()}


def expected():
    with (REFERENCE / "expected.csv").open() as lines:
        return {row.pop("sample"): {k: float(v) for k, v in row.items()}
                for row in csv.DictReader(lines)}  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 2))
def test_equals_scipy(seed, h):
    rng = np.random.default_rng(seed)
    x, at = rng.normal(size=30), np.linspace(-4, 4, 41)
    other = stats.gaussian_kde(x, bw_method=h / np.std(x, ddof=1))(at)
    np.testing.assert_allclose(density(x, h, at), other, rtol=1e-10, atol=PROGRAM)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 2))
def test_equals_statsmodels(seed, h):
    from statsmodels.nonparametric.kde import KDEUnivariate

    x, at = np.random.default_rng(seed).normal(size=30), np.linspace(-4, 4, 41)
    other = KDEUnivariate(x)
    other.fit(bw=h, fft=False)
    np.testing.assert_allclose(density(x, h, at), other.evaluate(at), rtol=1e-10, atol=PROGRAM)


@pytest.mark.parametrize("name", samples())
def test_bandwidths_equal_r(name):
    x, want = samples()[name], expected()[name]
    assert bandwidth(x, "silverman") == pytest.approx(want["silverman"], rel=PROGRAM)
    assert bandwidth(x, "scott") == pytest.approx(want["scott"], rel=PROGRAM)
    assert bandwidth(x, "sheather_jones") == pytest.approx(want["sheather_jones"], rel=BINNED)


def brute_sheather_jones(x):
    """The equation with every pair formed, solved by halving."""
    d, n = np.subtract.outer(x, x), len(x)
    low, high = np.quantile(x, [0.25, 0.75])
    scale = min(np.std(x, ddof=1), (high - low) / 1.349)

    def phi(g, order):
        u = (d / g) ** 2
        four, six = u**2 - 6 * u + 3, u**3 - 15 * u**2 + 45 * u - 15
        poly = four if order == 4 else six
        total = (poly * np.exp(-u / 2)).sum() / np.sqrt(2 * np.pi)
        return total / (n * (n - 1) * g ** (order + 1))

    ratio = 1.357 * (phi(1.24 * scale * n ** (-1 / 7), 4)
                     / -phi(1.23 * scale * n ** (-1 / 9), 6)) ** (1 / 7)  # fmt: skip
    a, b = 0.01 * scale, 3 * scale
    for _ in range(80):
        m = 0.5 * (a + b)
        inside = (2 * np.sqrt(np.pi) * n * phi(ratio * m ** (5 / 7), 4)) ** -0.2
        a, b = (m, b) if inside > m else (a, m)
    return m


@pytest.mark.parametrize("name", samples())
def test_sheather_jones_solves_its_equation(name):
    x = samples()[name]
    assert bandwidth(x, "sheather_jones") == pytest.approx(brute_sheather_jones(x), rel=1e-9)


@pytest.mark.parametrize("rule", ["silverman", "scott", "sheather_jones"])
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.floats(-50, 50))
def test_a_bandwidth_has_the_unit_of_the_values(rule, seed, factor, shift):
    x = np.random.default_rng(seed).normal(size=25)
    one, two = bandwidth(x, rule), bandwidth(factor * (x + shift), rule)
    np.testing.assert_allclose(two, factor * one, rtol=1e-8)


def test_values_that_do_not_differ_have_no_bandwidth_and_ties_in_the_middle_do():
    assert np.isnan(bandwidth(np.full(9, 3.0), "silverman"))
    tied = np.array([1.0, 3, 3, 3, 3, 3, 3, 8])
    assert bandwidth(tied, "silverman") == pytest.approx(0.9 * np.std(tied, ddof=1) * 8**-0.2)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1))
def test_mass_on_the_grid_and_outside_it_is_one(seed, h):
    x = np.random.default_rng(seed).normal(size=20)
    grid = np.linspace(x.min() - 4 * h, x.max() + 4 * h, 600)
    whole = np.trapezoid(density(x, h, grid), grid) + outside(x, h, grid[0], grid[-1])
    assert whole == pytest.approx(1, abs=1e-5)


# ------------------------------------------------------------------------------ modes


@given(st.integers(0, 2**32 - 1))
def test_modes_fall_as_the_bandwidth_grows(seed):
    x = np.random.default_rng(seed).normal(size=20)
    counts = [len(modes(x, h)) for h in np.geomspace(0.02, 4, 25)]
    assert counts[-1] == 1
    # the grid may miss two modes nearer to each other than a tenth of a bandwidth
    assert all(b <= a + 1 for a, b in zip(counts, counts[1:], strict=False))


def test_modes_stand_where_they_were_put_and_a_wide_gap_makes_no_more():
    x = np.concatenate([np.linspace(-0.1, 0.1, 9), 100 + np.linspace(-0.1, 0.1, 5)])
    np.testing.assert_allclose(modes(x, 0.5), [0, 100], atol=0.05)
    assert len(modes(x, 0.5, (-1.0, 1.0))) == 1


def test_two_points_part_below_half_their_distance():
    # f is a sum of two kernels at distance d: one mode exactly from h = d / 2 on
    assert critical_bandwidth(np.array([0.0, 3.0])) == pytest.approx(1.5, rel=2e-3)


@pytest.mark.parametrize("name", samples())
def test_critical_bandwidths_equal_those_of_a_script_in_r(name):
    assert critical_bandwidth(samples()[name]) == pytest.approx(
        expected()[name]["critical"], rel=CRITICAL
    )


def test_counting_in_rows_ignores_what_is_only_rounding():
    slopes = np.array([[1, 1e-14, -1e-14, 1e-14, -1], [1, -1, 1, -1, -1], [-1, -1, 0, 0, -1]])
    np.testing.assert_array_equal(count_modes(slopes.astype(float)), [1, 2, 0])


# ------------------------------------------------------------------------------- test


@pytest.mark.parametrize("name", samples())
def test_p_values_agree_with_a_script_in_r_within_chance(name):
    x, want, draws = np.sort(samples()[name]), expected()[name], 1000
    found = silverman_test(x, draws=draws, seed=5)
    p = want["p_silverman"]
    # two samples of a thousand draws each, four standard errors, and binning
    assert abs(found.p - p) <= 4 * np.sqrt(2 * max(p * (1 - p), 0.01) / draws) + 0.01
    # a level is read off a curve that is flat where p is large
    assert abs(found.p_calibrated - want["p_calibrated"]) <= 0.06


def test_the_calibration_is_that_of_the_paper():
    # Hall and York (2001): close to 1.13 at the five per cent level
    assert hall_york(0.05) == pytest.approx(1.13, abs=0.005)


def test_two_heaps_are_seen_and_one_is_not_split():
    rng = np.random.default_rng(2)
    two = np.sort(np.concatenate([rng.normal(-2, 0.5, 60), rng.normal(2, 0.5, 60)]))
    one = np.sort(rng.normal(size=120))
    assert silverman_test(two, draws=200, seed=1).p_calibrated < 0.02
    assert silverman_test(one, draws=200, seed=1).p_calibrated > 0.05


@pytest.mark.slow
def test_the_calibrated_test_has_its_level_and_the_plain_one_is_cautious():
    plain, calibrated = [], []
    for seed in range(300):
        x = np.sort(np.random.default_rng(seed).normal(size=60))
        found = silverman_test(x, draws=199, seed=seed)
        plain.append(found.p <= 0.1)
        calibrated.append(found.p_calibrated <= 0.1)
    # nominal 10 %; 300 trials have a standard error of 1.7 points
    assert 0.05 <= np.mean(calibrated) <= 0.16
    assert np.mean(plain) < np.mean(calibrated)
