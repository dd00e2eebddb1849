"""The two algorithms of Simar and Wilson (2007): steps, intervals, and a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.second_stage import (
    Production,
    basic_interval,
    corrected_scores,
    plain_scores,
    regress,
)
from zhiheng.kernels.smoothed_bootstrap import Side
from zhiheng.kernels.truncated import draw


def truth(seed, n=100, beta=(1.5, 0.5), sigma=0.5):
    """Inefficiency that is truncated normal around a line; the design of the authors."""
    rng = np.random.default_rng(seed)
    z = np.column_stack([np.ones(n), rng.normal(2, 2, n)])
    d = 1 + draw(z @ np.array(beta) - 1, sigma, rng.random(n))
    return d, z, rng


def test_the_interval_is_the_estimate_less_the_quantiles_of_the_error():
    draws = np.arange(1001.0)[:, None] / 1000
    low, high = basic_interval(np.array([0.4]), draws, level=0.9)
    assert low[0] == pytest.approx(0.8 - 0.95)
    assert high[0] == pytest.approx(0.8 - 0.05)


def test_draws_without_a_maximum_do_not_take_part_in_the_interval():
    draws = np.append(np.linspace(0, 1, 101), np.nan)[:, None]
    low, high = basic_interval(np.array([0.5]), draws, level=0.9)
    assert np.isfinite([low[0], high[0]]).all()


def test_the_constant_is_that_of_inefficiency_and_not_of_its_excess_over_one():
    d, z, rng = truth(1, n=4000)
    found = regress(d, z, draws=0, random=rng)
    np.testing.assert_allclose(found.estimate, [1.5, 0.5, 0.5], atol=0.06)


def test_the_same_seed_gives_the_same_draws():
    d, z, _ = truth(2)
    one, two = (regress(d, z, draws=50, random=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.draws, two.draws)


def test_draws_scatter_around_the_estimate_as_the_likelihood_says():
    """Standard errors of draws against those of the curvature, by differences."""
    d, z, rng = truth(3, n=400)
    found = regress(d, z, draws=1500, random=rng)
    again = np.array([
        regress(*resampled(d, z, seed), draws=0, random=rng).estimate for seed in range(200)
    ])  # fmt: skip
    ratio = found.draws.std(axis=0) / again.std(axis=0)
    assert ((ratio > 0.7) & (ratio < 1.4)).all()


def resampled(d, z, seed):
    rows = np.random.default_rng(seed).integers(0, len(d), len(d))
    return d[rows], z[rows]


def sample(seed, n=60):
    """One input, one output, constant returns; the frontier and inefficiency are known."""
    d, z, rng = truth(seed, n=n)
    x = rng.uniform(1, 9, (n, 1))
    return Production(x, x / d[:, None], [np.arange(n)], Side("output", variable=False)), z, d


def test_correction_moves_scores_away_from_the_frontier_of_the_sample():
    units, z, d = sample(4)
    plain = plain_scores(units)
    assert plain.min() == 1.0
    corrected = corrected_scores(units, plain, z, draws=100, random=np.random.default_rng(0))
    assert (corrected > plain).all()
    # the sample's frontier is below the true one; correction makes up for part of it
    assert np.abs(corrected - d).mean() < np.abs(plain - d).mean()


def test_two_frontiers_are_two_samples():
    units, z, _ = sample(6, n=40)
    half = [np.arange(0, 40, 2), np.arange(1, 40, 2)]
    apart = Production(units.x, units.y, half, units.side)
    for rows in half:
        alone = Production(units.x[rows], units.y[rows], [np.arange(20)], units.side)
        np.testing.assert_array_equal(plain_scores(apart)[rows], plain_scores(alone))


@pytest.mark.slow
def test_intervals_cover_the_true_slope_about_as_often_as_they_say():
    """Simar and Wilson (2007, table 2) report .94 for the truncated regression alone."""
    hit = []
    for seed in range(200):
        d, z, rng = truth(seed + 100, n=100)
        found = regress(d, z, draws=400, random=rng)
        low, high = basic_interval(found.estimate, found.draws, level=0.95)
        hit.append((low <= [1.5, 0.5, 0.5]) & (high >= [1.5, 0.5, 0.5]))
    coverage = np.mean(hit, axis=0)
    assert (coverage[:2] > 0.88).all()
    assert (coverage[:2] < 0.99).all()


@pytest.mark.slow
def test_the_second_algorithm_covers_the_slope_where_the_first_falls_short():
    """A concave frontier that is estimated: the first takes the flattery of scores for fact."""
    covered, slopes = {1: [], 2: []}, {1: [], 2: []}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        z = np.column_stack([np.ones(100), rng.normal(2, 2, 100)])
        d = 1 + draw(z @ np.array([0.5, 0.5]) - 1, 1.0, rng.random(100))
        x = rng.uniform(6, 16, (100, 1))
        side = Side("output", variable=True)
        units = Production(x, x**0.75 / d[:, None], [np.arange(100)], side)
        plain = plain_scores(units)
        corrected = corrected_scores(units, plain, z, draws=100, random=rng)
        for algorithm, used in ((1, plain), (2, corrected)):
            taken = used > 1
            found = regress(used[taken], z[taken], draws=200, random=rng)
            low, high = basic_interval(found.estimate, found.draws, level=0.95)
            covered[algorithm].append(low[1] <= 0.5 <= high[1])
            slopes[algorithm].append(found.estimate[1])
    assert np.mean(covered[2]) > np.mean(covered[1])
    assert np.mean(covered[2]) > 0.8
    assert abs(np.mean(slopes[2]) - 0.5) < abs(np.mean(slopes[1]) - 0.5)


@pytest.mark.slow
def test_a_regression_of_plain_ratios_by_least_squares_is_off_where_this_one_is_not():
    ours, plain = [], []
    for seed in range(100):
        d, z, rng = truth(seed + 500, n=200, beta=(0.9, 0.3), sigma=0.5)
        ours.append(regress(d, z, draws=0, random=rng).estimate[1])
        plain.append(np.linalg.lstsq(z, d)[0][1])
    ours, plain = np.array(ours), np.array(plain)
    assert abs(ours.mean() - 0.3) < 0.03
    assert abs(plain.mean() - 0.3) > 3 * abs(ours.mean() - 0.3)
