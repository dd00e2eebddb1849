"""Log t tests and clubs: the published case, another program's clubs, a plain twin, laws."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.log_t import (
    Settings,
    converges,
    dispersion,
    find_clubs,
    hp_trend,
    log_t,
    long_run_variance,
    merge,
    paths,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "clubs"
PUBLISHED = Settings(1 / 3, "authors", -1.65)
# The other program sums in another order; t statistics of up to 500 hold nine digits.
SAME = 1e-9
# The shared table prints three decimals; its data were filtered with four digits more than ours.
PRINTED = 1.1e-3
# Sums of squares of numbers near one.
ROUNDING = 1e-9


def made(seed, *, units=24, periods=20, groups=3):
    rng = np.random.default_rng(seed)
    t = np.arange(1, periods + 1)
    group = rng.integers(0, groups, units)
    x = 8 + (0.02 + 0.03 * group)[:, None] * t + rng.normal(0, 0.3, (units, 1)) * t**-0.4
    return x + rng.normal(0, 0.01, (units, periods))


def clubs_of(x, *, rule="ps2007", setting=PUBLISHED):
    return find_clubs(x, x[:, -1], setting, rule)


def members(club):
    return [sorted(np.flatnonzero(club == k).tolist()) for k in range(1, int(club.max()) + 1)]


def regression(x, setting=PUBLISHED):
    found = log_t(dispersion(x)[None, :], setting)
    return found.beta[0], found.std_error[0], found.t[0]


# ------------------------------------------------------------------ plain twins


def plain_log_t(x, trim, hac):
    """The regression as it is written, one sum at a time."""
    units, size = len(x), len(x[0])
    h = []
    for t in range(size):
        mean = math.fsum(row[t] for row in x) / units
        h.append(math.fsum((row[t] / mean - 1) ** 2 for row in x) / units)
    rows = range(round(trim * size) + 1, size + 1)
    z = [math.log(t) for t in rows]
    y = [math.log(h[0] / h[t - 1]) - 2 * math.log(math.log(t)) for t in rows]
    n = len(y)
    z_mean, y_mean = math.fsum(z) / n, math.fsum(y) / n
    across = math.fsum((a - z_mean) ** 2 for a in z)
    beta = math.fsum((a - z_mean) * b for a, b in zip(z, y, strict=True)) / across
    u = [b - y_mean - beta * (a - z_mean) for a, b in zip(z, y, strict=True)]
    r = math.fsum(a * b for a, b in zip(u[1:], u[:-1], strict=True))
    r /= math.fsum(a * a for a in u[:-1])
    width = 1.3221 * (4 * r * r / (1 - r) ** 4 * n) ** 0.2
    used = n - 1 if hac == "authors" else n
    total = math.fsum(a * a for a in u) / used
    for lag in range(1, used):
        q = 6 * math.pi * (lag / width) / 5
        weight = 25 / (12 * math.pi**2 * (lag / width) ** 2) * (math.sin(q) / q - math.cos(q))
        total += 2 * weight * math.fsum(u[s] * u[s + lag] for s in range(used - lag)) / used
    error = math.sqrt(total / across)
    return beta, error, beta / error


def plain_clubs(x, setting, step=0.05, cap=50.0):
    """The procedure of Phillips and Sul, one unit and one step of the threshold at a time."""

    def t_of(units):
        return plain_log_t([list(x[i]) for i in units], setting.trim, setting.hac)[2]

    left = sorted(range(len(x)), key=lambda i: -x[i, -1])
    found = []
    while len(left) > 1:
        if found and t_of(left) > setting.critical:
            return [*found, sorted(left)]
        start = next(
            (k for k in range(len(left) - 1) if t_of(left[k : k + 2]) > setting.critical), None
        )
        if start is None:
            return found
        best, core, size = -math.inf, [], 2
        while start + size <= len(left):
            t = t_of(left[start : start + size])
            if not t > setting.critical:
                break
            if t > best:
                best, core = t, left[start : start + size]
            size += 1
        alone = {i: t_of([*core, i]) for i in left if i not in core}
        threshold = 0.0
        club = core + [i for i, t in alone.items() if t > threshold]
        while len(club) > len(core) and not t_of(club) > setting.critical and threshold < cap:
            threshold += step
            club = core + [i for i, t in alone.items() if t > threshold]
        found.append(sorted(club))
        left = [i for i in left if i not in club]
    return found


# ------------------------------------------------------------------ published, stored


@pytest.fixture
def pwt(shared):
    with (shared / "reference" / "data" / "pwt152_log_hp400.csv").open(encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    case = next(c for c in cases if c["id"] == "V18") if isinstance(cases, list) else cases["V18"]
    return np.array([[float(v) for v in row[1:]] for row in rows[1:]]), case["expected"]


def test_reproduces_the_published_clubs_of_152_countries(pwt):
    x, expected = pwt
    beta, error, t = regression(x)
    np.testing.assert_allclose(beta, expected["logt"]["beta"], atol=PRINTED)
    np.testing.assert_allclose(error, expected["logt"]["se"], atol=PRINTED)
    np.testing.assert_allclose(t, expected["logt"]["t"], atol=PRINTED)
    found = clubs_of(x)
    groups = members(found.club)
    assert [len(g) for g in groups] == expected["clubs_n"]
    regressions = [regression(x[g]) for g in groups]
    np.testing.assert_allclose([r[0] for r in regressions], expected["beta"], atol=PRINTED)
    np.testing.assert_allclose([r[2] for r in regressions], expected["t"], atol=PRINTED)
    pairs = [regression(x[a + b])[2] for a, b in zip(groups, groups[1:], strict=False)]
    np.testing.assert_allclose(pairs, expected["merge_test_t"], atol=PRINTED)
    assert [len(g) for g in members(merge(x, found, PUBLISHED))] == [50, 30, 21, 38, 11, 2]


def stored():
    panels = {}
    with (REFERENCE / "input.csv").open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            panels.setdefault(row["panel"], []).append([float(v) for v in row["values"].split(";")])
    expected = json.loads((REFERENCE / "expected.json").read_text("utf-8"))
    return [(np.array(panels[k]), expected[k]) for k in expected]


@pytest.mark.parametrize(("x", "expected"), stored(), ids=lambda v: "")
def test_equals_the_stored_clubs_of_another_program(x, expected):
    whole = expected["all"]
    np.testing.assert_allclose(
        regression(x), [whole["beta"], whole["std_error"], whole["t"]], rtol=SAME
    )
    found = clubs_of(x)
    assert members(found.club) == [c["members"] for c in expected["clubs"]]
    assert np.flatnonzero(found.club == 0).tolist() == expected["none"]
    for club in expected["clubs"]:
        theirs = [club["beta"], club["std_error"], club["t"]]
        np.testing.assert_allclose(regression(x[club["members"]]), theirs, rtol=SAME)
    assert members(merge(x, found, PUBLISHED)) == expected["merged"]


def test_the_filter_equals_statsmodels_live():
    from statsmodels.tsa.filters.hp_filter import hpfilter

    x = made(3)
    theirs = np.stack([np.asarray(hpfilter(row, 400)[1]) for row in x])
    np.testing.assert_allclose(hp_trend(x, 400.0), theirs, rtol=SAME)


# ------------------------------------------------------------------ twins and laws


@pytest.mark.parametrize("hac", ["authors", "andrews"])
@pytest.mark.parametrize("seed", range(4))
def test_the_regression_equals_its_plain_twin(seed, hac):
    x = made(seed, periods=12 + 5 * seed)
    want = plain_log_t(x.tolist(), 1 / 3, hac)
    np.testing.assert_allclose(regression(x, Settings(1 / 3, hac, -1.65)), want, rtol=ROUNDING)


@pytest.mark.parametrize("seed", range(8))
def test_clubs_equal_their_plain_twin(seed):
    x = made(seed, units=14 + seed, groups=2 + seed % 3)
    assert members(clubs_of(x).club) == plain_clubs(x, PUBLISHED)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_the_unit_of_levels_does_not_matter(seed, factor):
    x = made(seed)
    np.testing.assert_allclose(regression(x * factor), regression(x), rtol=1e-6)
    np.testing.assert_array_equal(clubs_of(x * factor).club, clubs_of(x).club)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["ps2007", "schnurbus"]))
def test_the_order_of_units_does_not_matter(seed, rule):
    x = made(seed)
    mixed = np.random.default_rng(seed).permutation(len(x))
    np.testing.assert_array_equal(
        clubs_of(x[mixed], rule=rule).club, clubs_of(x, rule=rule).club[mixed]
    )


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["ps2007", "schnurbus"]))
def test_every_club_converges_has_two_members_and_holds_its_core(seed, rule):
    x = made(seed)
    found = clubs_of(x, rule=rule)
    for group in members(found.club):
        assert len(group) > 1
        assert converges(x[group], PUBLISHED)
    assert (found.club[found.core] > 0).all()


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_merged_clubs_are_unions_of_neighbours_and_converge(seed):
    x = made(seed, groups=4)
    found = clubs_of(x)
    joined = merge(x, found, PUBLISHED)
    assert ((joined == 0) == (found.club == 0)).all()
    for group in members(joined):
        assert converges(x[group], PUBLISHED)
        inside = np.unique(found.club[group])
        assert inside.tolist() == list(range(inside[0], inside[-1] + 1))


def test_relative_paths_average_one():
    np.testing.assert_allclose(paths(made(1)).mean(axis=0), 1.0, atol=ROUNDING)


def test_a_group_without_dispersion_has_no_test():
    assert math.isnan(log_t(np.zeros((1, 12)), PUBLISHED).t[0])


def test_both_long_run_variances_agree_in_long_samples():
    u = np.random.default_rng(5).normal(size=(3, 4000))
    one, two = (long_run_variance(u, hac) for hac in ("authors", "andrews"))
    # one observation in four thousand
    np.testing.assert_allclose(one, two, rtol=5e-3)


@pytest.mark.slow
def test_planted_clubs_are_found():
    """Three growth paths, noise that decays: nearly every unit stands with its own kind.

    Forty panels; the share of pairs that are classed rightly is at least 0.95 on average.
    """
    share = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        group = np.repeat([0, 1, 2], 15)
        t = np.arange(1, 41)
        x = 5 + (0.5 + 0.5 * group)[:, None] * np.log(t + 1) * (1 + 0.02 * t)
        x = x * (1 + rng.normal(0, 0.1, (45, 1)) * t**-0.7 / np.log(t + 1))
        club = merge(x, clubs_of(x), PUBLISHED)
        same = club[:, None] == club[None, :]
        right = same == (group[:, None] == group[None, :])
        share.append(right[np.triu_indices(45, 1)].mean())
    assert np.mean(share) > 0.95
