"""Expected remainders by loops, rules chosen from the past only, and bounds that cover."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.nowcast import DAYS, MONTHS, bounds, expected, nowcast, record

unhurried = settings(deadline=None)
STORED = json.loads(
    (Path(__file__).parents[1] / "reference" / "monitor" / "expected.json").read_text("utf-8")
)


def daily(seed, years=6, growth=-0.03, noise=0.08, level_noise=0.0):
    rng = np.random.default_rng(seed)
    t = np.arange(365 * years)
    y = 100 * np.exp(growth * t / 365) * (1 + 0.3 * np.cos(2 * np.pi * t / 365.25))
    y = y * np.where(t % 7 < 5, 1.0, 0.7) * np.exp(noise * rng.normal(size=len(t)))
    return y * np.exp(level_noise * rng.normal(size=len(t)).cumsum())


@unhurried
@given(st.integers(0, 100), st.integers(1, 364))
def test_the_naive_rule_is_the_same_days_of_last_year(seed, h):
    y, origin = daily(seed, years=3), 700
    want = sum(y[origin + k - 364] for k in range(1, h + 1))
    found = expected(y, np.array([origin]), h, DAYS)
    assert found[0, 0] == pytest.approx(want)
    now, then = y[origin - 27 : origin + 1].sum(), y[origin - 27 - 364 : origin + 1 - 364].sum()
    assert found[1, 0] == pytest.approx(want * now / then)


def test_a_remainder_longer_than_a_season_repeats_it():
    y = daily(1, years=3)
    found = expected(y, np.array([800]), 366, DAYS)[0, 0]
    want = sum(y[800 + (k - 1) % 364 + 1 - 364] for k in range(1, 367))
    assert found == pytest.approx(want)


def test_too_short_a_past_has_no_answer():
    assert np.isnan(expected(daily(0, years=1), np.array([100]), 30, DAYS)[:3]).all()
    assert np.isfinite(expected(daily(0, years=1), np.array([100]), 30, DAYS)[3])


def test_a_series_that_repeats_exactly_is_nowcast_exactly():
    y = np.tile(np.random.default_rng(0).random(364), 5)
    found = nowcast(y, 100, DAYS, every=7)
    assert found.remainder == pytest.approx(y[:100].sum())
    np.testing.assert_allclose(found.errors, 0, atol=1e-12)


def test_what_comes_after_an_origin_does_not_move_its_replay():
    y = daily(2)
    short = record(y[:-203], 60, DAYS, every=7, level=0.1, fewest=12)
    changed = y.copy()
    changed[-202:] *= 3
    long = record(changed, 60, DAYS, every=7, level=0.1, fewest=12)
    early = len(y) - 204 - 60
    a = {int(o): e for o, e in zip(short.origins, short.error, strict=True) if o <= early}
    b = {int(o): e for o, e in zip(long.origins, long.error, strict=True) if int(o) in a}
    assert b
    assert all(b[o] == pytest.approx(a[o]) for o in b)


def test_bounds_widen_as_independent_errors_get_few():
    errors = np.random.default_rng(0).normal(0, 0.05, 200)
    wide = bounds(errors, 0.1, 12, 50)
    narrow = bounds(errors, 0.1, 12, 1)
    assert wide[0] < narrow[0] < 0 < narrow[1] < wide[1]
    assert np.isnan(bounds(errors[:5], 0.1, 12, 1)).all()


def test_the_monthly_example_equals_plain_loops():
    from zhiheng.catalog.examples import example_panel

    panel = example_panel("meters")
    total = np.nansum(panel.array("gas"), axis=0) * 389.31 / 1e4 * 0.0153 * 0.99 * 44 / 12
    total = total + np.nansum(panel.array("electricity"), axis=0) * 0.5306 / 1000
    found = nowcast(total, STORED["left"], MONTHS, every=1)
    assert found.rule == STORED["rule"]
    assert found.remainder == pytest.approx(STORED["remainder"], rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("left", [30, 90, 200])
def test_intervals_cover_about_as_often_as_said_in_drawn_years(left):
    covered = []
    for seed in range(40):
        y = daily(seed, level_noise=0.004)
        kept = record(y, left, DAYS, every=7, level=0.1, fewest=12)
        covered.append(kept.covered.mean())
    # 40 drawn streams of six years; origins overlap, so the band is wide on purpose
    assert 0.84 <= np.mean(covered) <= 0.99
