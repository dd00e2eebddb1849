"""Laws of measures of inequality, other programs' answers, and resamples by weights."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import libpysal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.inequality import MEASURES, measures, turning_shift
from zhiheng.kernels.resample import (
    change_interval,
    interval,
    level_interval,
    multiplicities,
    t_interval,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "inequality"

# Sums of a few dozen terms of order one, and logs of them.
ROUNDING = 1e-11
# Square roots of differences of such sums: half the digits where values are nearly equal.
ROOTS = 1e-7
# Another program's double precision.
PROGRAM = 1e-12

values = arrays(np.float64, st.integers(3, 25), elements=st.floats(0.01, 1e3))
RELATIVE = [m for m in MEASURES if m != "gini_absolute"]


def of(y, weights=None, *, epsilon=0.5):
    y = np.asarray(y, dtype=float)[:, None]
    w = np.ones((1, len(y))) if weights is None else np.asarray(weights, dtype=float)[None]
    return dict(zip(MEASURES, measures(y, w, np.ones(y.shape), epsilon=epsilon)[0, 0], strict=True))


def close(one, two, names=MEASURES):
    for name in names:
        assert one[name] == pytest.approx(two[name], rel=ROUNDING, abs=ROOTS), name


def brute(y, epsilon):
    """Every measure from its definition, one value at a time."""
    n, mu = len(y), sum(y) / len(y)
    r = [v / mu for v in y]
    ranked = sorted(y)
    pairs = sum(abs(a - b) for a in y for b in y) / (2 * n * n)
    logs = [np.log(v) for v in y]
    middle = sum(logs) / n
    low = next(v for i, v in enumerate(ranked, 1) if i >= 0.1 * n - 1e-9)
    high = next(v for i, v in enumerate(ranked, 1) if i >= 0.9 * n - 1e-9)
    if epsilon == 1:
        level = np.exp(sum(np.log(v) for v in r) / n)
    else:
        level = (sum(v ** (1 - epsilon) for v in r) / n) ** (1 / (1 - epsilon))
    return {
        "gini": pairs / mu,
        "cv": np.sqrt(sum((v - mu) ** 2 for v in y) / n) / mu,
        "theil_t": sum(v * np.log(v) for v in r) / n,
        "theil_l": -sum(np.log(v) for v in r) / n,
        "atkinson": 1 - level,
        "ratio_90_10": high / low,
        "sd_log": np.sqrt(sum((v - middle) ** 2 for v in logs) / n),
        "gini_absolute": pairs,
    }


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0])
@given(values)
def test_equals_the_definitions(epsilon, y):
    close(of(y, epsilon=epsilon), brute(list(y), epsilon))


@given(values, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(y, factor):
    close(of(y * factor), of(y), RELATIVE)


@given(values, st.integers(2, 4))
def test_replicating_everybody_does_not_matter(y, times):
    close(of(np.repeat(y, times)), of(y))


@given(values, st.randoms(use_true_random=False))
def test_order_does_not_matter(y, random):
    close(of(y[random.sample(range(len(y)), len(y))]), of(y))


@given(values, st.data())
def test_weights_are_repeated_rows(y, data):
    times = data.draw(arrays(np.int64, len(y), elements=st.integers(0, 4)))
    if times.sum() < 2:
        return
    close(of(y, times), of(np.repeat(y, times)))


@given(values, st.data())
def test_weights_have_no_unit(y, data):
    w = data.draw(arrays(np.float64, len(y), elements=st.floats(0.1, 10)))
    close(of(y, w), of(y, 1000 * w))


@given(values, st.data())
def test_a_transfer_from_rich_to_poor_lowers_every_measure_that_obeys_the_principle(y, data):
    poor, rich = int(y.argmin()), int(y.argmax())
    part = data.draw(st.floats(0.05, 0.45))
    moved = y.copy()
    amount = part * (y[rich] - y[poor])
    moved[poor] += amount
    moved[rich] -= amount
    before, after = of(y), of(moved)
    for name in ("gini", "cv", "theil_t", "theil_l", "atkinson", "gini_absolute"):
        assert after[name] <= before[name] + ROOTS, name


@given(st.floats(0.01, 1e3), st.integers(2, 20))
def test_equal_values_have_no_inequality(level, n):
    found = of(np.full(n, level))
    for name in MEASURES:
        assert found[name] == pytest.approx(1 if name == "ratio_90_10" else 0, abs=ROOTS)


@given(values, st.floats(0.1, 100))
def test_a_shift_leaves_the_absolute_gini_alone_and_lowers_the_relative(y, shift):
    before, after = of(y), of(y + shift)
    assert after["gini_absolute"] == pytest.approx(before["gini_absolute"], rel=1e-8, abs=ROOTS)
    assert after["gini"] <= before["gini"] + ROUNDING


@given(values, st.integers(0, 2**32 - 1))
def test_the_sign_of_a_change_turns_at_the_turning_shift(first, seed):
    last = first * np.random.default_rng(seed).uniform(0.5, 2, len(first))
    a, b = of(first), of(last)
    place = turning_shift((a["gini_absolute"], first.mean()), (b["gini_absolute"], last.mean()))
    if not np.isfinite(place) or place < -min(first.min(), last.min()) + 1e-6 or place > 1e6:
        return
    one, two = of(first + place), of(last + place)
    assert one["gini"] == pytest.approx(two["gini"], abs=1e-9)


def test_zeros_make_logs_undefined_and_nothing_else():
    found = of([0.0, 1.0, 2.0, 3.0])
    assert np.isnan([found["theil_l"], found["sd_log"], found["ratio_90_10"]]).all()
    assert found["theil_t"] == pytest.approx(
        np.mean([0, *(r * np.log(r) for r in (2 / 3, 4 / 3, 2))])
    )
    assert of([0.0, 1.0, 2.0], epsilon=1)["atkinson"] == 1
    assert of([0.0, 1.0, 2.0], epsilon=2)["atkinson"] == 1


def test_a_cell_without_weight_counts_as_if_it_were_not_there():
    y = np.array([[1.0, 2.0], [3.0, np.nan], [4.0, 7.0], [9.0, 5.0]])
    base = np.isfinite(y).astype(float)
    found = measures(np.where(base > 0, y, 0), np.ones((1, 4)), base, epsilon=0.5)[0]
    np.testing.assert_allclose(found[1], list(of([2.0, 7.0, 5.0]).values()), rtol=ROUNDING)


def test_many_weightings_at_once_are_the_single_ones():
    rng = np.random.default_rng(0)
    y, w = rng.lognormal(size=(20, 3)), rng.integers(0, 3, (6, 20)).astype(float)
    whole = measures(y, w, np.ones(y.shape), epsilon=0.5)
    for b in range(6):
        for t in range(3):
            single = list(of(y[:, t], w[b]).values())
            np.testing.assert_allclose(whole[b, t], single, rtol=ROUNDING, atol=ROOTS)


# ------------------------------------------------------------------ resamples


def test_every_stratum_is_drawn_as_often_as_it_has_members():
    stratum = np.array([0, 0, 0, 1, 2, 2])
    drawn = multiplicities(stratum, draws=200, seed=3)
    for j, size in enumerate((3, 1, 2)):
        assert (drawn[:, stratum == j].sum(axis=1) == size).all()
    assert (drawn[:, 3] == 1).all()
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.2)


def test_an_interval_leaves_out_draws_without_a_value_and_too_few_give_none():
    drawn = np.column_stack([np.arange(100.0), np.where(np.arange(100) < 60, 5.0, np.nan),
                             np.where(np.arange(100) < 40, 5.0, np.nan)])  # fmt: skip
    low, high = interval(drawn, 0.1)
    np.testing.assert_allclose([low[0], high[0]], np.quantile(np.arange(100.0), [0.05, 0.95]))
    assert (low[1], high[1]) == (5, 5)
    assert np.isnan(low[2])


def coverage(entities, trials=300):
    """Log-normal incomes whose sigma rises from 0.5 to 0.7; the Gini is erf(sigma/2)."""
    from scipy.special import erf

    ginis, hits = np.array([erf(0.25), erf(0.35)]), np.zeros(3)
    one = np.zeros(entities, dtype=np.intp)
    for seed in range(trials):
        shock = np.random.default_rng(seed).normal(size=(2, entities))
        two = np.exp(0.7 * (0.8 * shock[0] + 0.6 * shock[1]))
        y = np.column_stack([np.exp(0.5 * shock[0]), two])
        w = multiplicities(one, draws=400, seed=seed)
        base = np.ones(y.shape)
        drawn = measures(y, w, base, epsilon=0.5)[..., :1]
        point = measures(y, np.ones((1, entities)), base, epsilon=0.5)[0, :, :1]
        low, high = level_interval(drawn, point, 0.05, entities - 1)[..., 0]
        hits[:2] += (low <= ginis) & (ginis <= high)
        low, high = change_interval(
            drawn[:, 1] - drawn[:, 0], point[1] - point[0], 0.05, entities - 1
        )
        hits[2] += low[0] <= ginis[1] - ginis[0] <= high[0]
    return hits / trials


@pytest.mark.parametrize("entities", [30, 100])
def test_intervals_of_levels_and_changes_cover_known_ginis(entities):
    # nominal 95 %; skewed values keep every bootstrap of a Gini somewhat short, and 300 trials
    # have a standard error of 1.3 points
    found = coverage(entities)
    assert (found >= 0.87).all()
    assert (found <= 0.985).all()


def test_on_logs_where_all_draws_are_positive_and_percentiles_elsewhere():
    rng = np.random.default_rng(0)
    drawn = np.stack([rng.lognormal(size=(500, 2)), rng.normal(size=(500, 2))], axis=-1)
    point = np.array([[1.0, 0.1], [1.0, 0.1]])
    found = level_interval(drawn, point, 0.1, 20)
    assert (found[..., 0] > 0).all()
    np.testing.assert_allclose(found[..., 1], interval(drawn, 0.1)[..., 1])
    assert np.isfinite(level_interval(drawn, point, 0.1, 0)).all()


def test_an_interval_by_t_has_its_closed_form():
    drawn, point = np.array([[1.0], [2.0], [3.0], [6.0]]), np.array([2.5])
    half = 2.2281388519649385 * np.std(drawn, ddof=1) * np.sqrt(11 / 10)
    found = t_interval(drawn, point, 0.05, 10)[:, 0]
    np.testing.assert_allclose(found, [2.0 - half, 2.0 + half], rtol=1e-9)


# ------------------------------------------------------------------ stored answers


def incomes(year):
    with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
        return np.array([float(row[year]) for row in csv.DictReader(lines)])


def test_equals_inequality_of_pysal():
    for year, want in json.loads((REFERENCE / "expected.json").read_text("utf-8")).items():
        y = incomes(year)
        one, half = of(y, epsilon=1), of(y)
        mine = [half["gini"], half["theil_t"], half["atkinson"], one["atkinson"]]
        np.testing.assert_allclose(mine, list(want.values()), rtol=0, atol=PROGRAM)


def test_equals_r():
    with (REFERENCE / "expected_r.csv").open() as lines:
        for row in csv.DictReader(lines):
            found = of(incomes(row.pop("year")))
            for name, want in row.items():
                assert found[name] == pytest.approx(float(want), abs=PROGRAM), name
