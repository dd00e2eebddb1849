"""Radial efficiency against many frontiers, and the smoothed bootstrap made of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from zhiheng.kernels.drawn_frontier import inefficiency
from zhiheng.kernels.smoothed_bootstrap import bandwidth, smoothed, summary, worth_correcting

REFERENCE = Path(__file__).parents[1] / "reference" / "dea_bootstrap"

# Two solvers, each with residuals of about 1e-13 on scaled rows. Measured 1e-14.
SOLVED = 1e-10


def units(seed, n=12, m=2, s=2):
    rng = np.random.default_rng(seed)
    return rng.lognormal(2, 0.8, (n, m)), rng.lognormal(1, 0.8, (n, s))


def plainly(x, y, factors, orientation, variable):
    """The programme of every unit written out, solved by HiGHS."""
    n, m, s = len(x), x.shape[1], y.shape[1]
    xr = x * factors[:, None] if orientation == "input" else x
    yr = y if orientation == "input" else y / factors[:, None]
    out = []
    for o in range(n):
        if orientation == "input":
            cost, right = np.r_[1.0, np.zeros(n)], np.r_[np.zeros(m), -y[o]]
            left = np.vstack([np.c_[-x[o], xr.T], np.c_[np.zeros(s), -yr.T]])
        else:
            cost, right = np.r_[-1.0, np.zeros(n)], np.r_[x[o], np.zeros(s)]
            left = np.vstack([np.c_[np.zeros(m), xr.T], np.c_[y[o], -yr.T]])
        sums = {"A_eq": np.r_[0.0, np.ones(n)][None], "b_eq": [1.0]} if variable else {}
        found = linprog(cost, A_ub=left, b_ub=right, method="highs", **sums)
        out.append(1 / found.fun if orientation == "input" else -found.fun)
    return np.array(out)


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("orientation", ["input", "output"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_equals_highs_on_every_frontier(orientation, variable, seed):
    x, y = units(seed)
    factors = np.exp(np.random.default_rng(seed).normal(0, 0.4, (3, len(x))))
    found = inefficiency(x, y, factors, orientation=orientation, variable=variable)
    other = [plainly(x, y, f, orientation, variable) for f in factors]
    np.testing.assert_allclose(found, other, rtol=SOLVED)


@pytest.mark.parametrize("orientation", ["input", "output"])
@given(seed=st.integers(0, 10_000), size=st.floats(1e-4, 1e4))
@settings(max_examples=15)
def test_units_of_measurement_do_not_matter(orientation, seed, size):
    x, y = units(seed)
    factors = np.exp(np.random.default_rng(seed).normal(0, 0.4, (2, len(x))))
    plain = inefficiency(x, y, factors, orientation=orientation, variable=True)
    scaled = inefficiency(
        x * [size, 1], y * [1, 1 / size], factors, orientation=orientation, variable=True
    )
    np.testing.assert_allclose(scaled, plain, rtol=SOLVED)


def test_a_unit_without_one_of_the_inputs_is_solved_too():
    x, y = units(4)
    x[2, 0] = y[5, 1] = 0.0
    ones = np.ones((1, len(x)))
    for orientation in ("input", "output"):
        for variable in (False, True):
            found = inefficiency(x, y, ones, orientation=orientation, variable=variable)[0]
            np.testing.assert_allclose(
                found, plainly(x, y, ones[0], orientation, variable), rtol=SOLVED
            )


# ---------------------------------------------------------------------- the bootstrap


def stored():
    return json.loads((REFERENCE / "expected.json").read_text("utf-8"))


def reference_data():
    rows = list(csv.DictReader((REFERENCE / "input.csv").read_text("utf-8").splitlines()))
    x = np.array([[float(r["k"]), float(r["w"])] for r in rows])
    return x, np.array([[float(r["y"])] for r in rows])


@pytest.mark.parametrize("returns", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_equals_the_bootstrap_written_out_with_highs(side, returns):
    answer, (x, y) = stored(), reference_data()
    expected, n = answer[f"{side} {returns}"], len(x)
    variable = returns == "vrs"
    d = inefficiency(x, y, np.ones((1, n)), orientation=side, variable=variable)[0]
    np.testing.assert_allclose(1 / d, expected["score"], rtol=SOLVED)
    h = bandwidth(d)
    assert h == pytest.approx(expected["bandwidth"], rel=SOLVED)
    rng = np.random.default_rng(answer["seed"])
    picks = rng.integers(0, 2 * n, size=(answer["draws"], n))
    stars = smoothed(d, h, picks, rng.standard_normal((answer["draws"], n)))
    drawn = inefficiency(x, y, stars / d, orientation=side, variable=variable)
    found = summary(d, drawn, level=0.95)
    ratio = worth_correcting(found.bias, found.std_error)
    mine = {"corrected": 1 / found.corrected, "low": 1 / found.high, "high": 1 / found.low}
    for name, values in {**mine, "ratio": ratio}.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-8, err_msg=name)


def test_smoothed_draws_stay_at_or_above_one_and_keep_the_variance():
    x, y = units(1, n=60)
    d = inefficiency(x, y, np.ones((1, 60)), orientation="input", variable=True)[0]
    rng = np.random.default_rng(0)
    picks = rng.integers(0, 120, size=(4000, 60))
    stars = smoothed(d, bandwidth(d), picks, rng.standard_normal((4000, 60)))
    assert (stars >= 1).all()
    # mirrored at one, the draws have the second moment about one of the estimates
    assert ((stars - 1) ** 2).mean() == pytest.approx(((d - 1) ** 2).mean(), rel=0.05)


def test_no_bandwidth_without_inefficient_units():
    assert np.isnan(bandwidth(np.array([1.0, 1.0, 1.0])))


def test_a_sample_frontier_flatters_and_the_bias_says_so():
    x, y = units(2, n=40)
    d = inefficiency(x, y, np.ones((1, 40)), orientation="output", variable=False)[0]
    rng = np.random.default_rng(1)
    picks = rng.integers(0, 80, size=(500, 40))
    stars = smoothed(d, bandwidth(d), picks, rng.standard_normal((500, 40)))
    found = summary(
        d, inefficiency(x, y, stars / d, orientation="output", variable=False), level=0.95
    )
    assert (found.bias < 0).all()
    assert (found.corrected > d).all()
    assert (found.low < found.high).all()


@pytest.mark.slow
def test_intervals_cover_a_known_efficiency_about_as_often_as_they_say():
    """One input, one output, constant returns, half-normal inefficiency: the truth is known.

    Simar and Wilson (2000) report coverage below nominal in small samples; with 60 units and
    the rule of thumb for the bandwidth it must not be far off.
    """
    rng = np.random.default_rng(123)
    hit = []
    for _ in range(150):
        x = rng.uniform(1, 9, (61, 1))
        truth = np.exp(np.abs(rng.normal(0, 0.4, 61)))
        truth[60] = 1.3  # the same point in every sample
        y = x / truth[:, None]
        d = inefficiency(x, y, np.ones((1, 61)), orientation="output", variable=False)[0]
        picks = rng.integers(0, 122, size=(400, 61))
        stars = smoothed(d, bandwidth(d), picks, rng.standard_normal((400, 61)))
        drawn = inefficiency(x, y, stars / d, orientation="output", variable=False)
        found = summary(d, drawn, level=0.95)
        hit.append(found.low[60] <= truth[60] <= found.high[60])
    assert 0.85 <= np.mean(hit) <= 0.995
