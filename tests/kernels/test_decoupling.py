"""States and elasticities against rational arithmetic, and laws."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.decoupling import (
    STATES,
    Growth,
    added,
    elasticity,
    growth,
    states,
    transitions,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "tapio"
unhurried = settings(deadline=None)  # how fast the machine is proves nothing
ROUNDING = 1e-12


def rows(file):
    with (REFERENCE / file).open() as lines:
        return list(csv.DictReader(lines))


def of(c0, c1, g0, g1):
    c, g = (growth(np.array([float(a)]), np.array([float(b)])) for a, b in ((c0, c1), (g0, g1)))
    return STATES[int(states(c, g, 0.8, 1.2)[0])], float(elasticity(c, g)[0])


@pytest.mark.parametrize("row", rows("expected.csv"), ids=lambda r: "/".join(list(r.values())[:2]))
def test_the_rule_table_holds_row_by_row(row):
    c, g = float(row["emissions_growth"]), float(row["activity_growth"])
    state, e = of(1, 1 + c, 1, 1 + g)
    assert state == row["state"]
    if row["elasticity"]:
        assert e == pytest.approx(float(row["elasticity"]), abs=ROUNDING)
    else:
        assert np.isnan(e)


def test_decimals_on_a_bound_fall_where_rationals_put_them():
    wrong = [
        row
        for row in rows("decimals.csv")
        if of(row["emissions_0"], row["emissions_1"], row["activity_0"], row["activity_1"])[0]
        != row["state"]
    ]
    assert not wrong


percent = st.integers(-90, 200).map(lambda n: Fraction(n, 100))
start = st.integers(1, 10**6).map(lambda n: Fraction(n, 1000))


@unhurried
@given(start, start, percent, percent, st.floats(1e-3, 1e3))
def test_units_do_not_matter(c0, g0, c, g, unit):
    one = of(c0, c0 * (1 + c), g0, g0 * (1 + g))[0]
    two = of(float(c0) * unit, float(c0 * (1 + c)) * unit, g0, g0 * (1 + g))[0]
    assert one == two


@unhurried
@given(start, percent, st.integers(-30, 30).map(lambda n: Fraction(n, 10)))
def test_every_pair_has_the_state_of_its_exact_elasticity(g0, g, e):
    c = g * e
    if c <= -1:
        return
    found = of(g0, g0 * (1 + c), g0, g0 * (1 + g))[0]
    low, high = Fraction(4, 5), Fraction(6, 5)
    grows = g > 0
    if g == 0:
        want = "undefined"
    elif e < 0:
        want = "strong_decoupling" if grows else "strong_negative_decoupling"
    elif e < low:
        want = "weak_decoupling" if grows else "weak_negative_decoupling"
    elif e <= high:
        want = "expansive_coupling" if grows else "recessive_coupling"
    else:
        want = "expansive_negative_decoupling" if grows else "recessive_decoupling"
    assert found == want


def test_a_start_of_zero_has_no_growth_and_no_state():
    assert of(0, 1, 1, 2)[0] == "undefined"
    assert of(1, 1, 0, 2)[0] == "undefined"


def test_rounding_alone_is_no_growth():
    assert of(0.1 + 0.2, 0.3, 1, 1.1) == ("weak_decoupling", 0.0)
    assert of(1, 1.1, 0.1 + 0.2, 0.3)[0] == "undefined"


def test_growth_added_over_steps_is_the_sum_of_the_rates():
    steps = growth(np.array([[1.0, 1.1]]), np.array([[1.1, 1.21]]))
    np.testing.assert_allclose(added(steps, axis=1).rate, [0.2], rtol=1e-12)
    assert isinstance(added(steps, axis=1), Growth)


def test_moves_are_counted_one_by_one():
    codes = np.random.default_rng(0).integers(0, 9, size=(5, 8)).astype(np.int8)
    valid = np.array([True, True, False, True, True, True, True])
    want = np.zeros((9, 9), dtype=int)
    for row in codes:
        for t in range(7):
            if valid[t]:
                want[row[t], row[t + 1]] += 1
    np.testing.assert_array_equal(transitions(codes, valid), want)
