"""The dip against another program, its laws, and what it is by definition."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.dip import dip, uniform_dips

REFERENCE = Path(__file__).parents[1] / "reference" / "kernel_density"
DIGITS = {"eruptions": 1, "precip": -1, "income": -2, "normal": 0}

# A quotient of small whole numbers and one interpolation.
ROUNDING = 1e-14

numbers = st.lists(st.integers(-20, 20), min_size=4, max_size=30).map(
    lambda v: np.sort(np.array(v, dtype=float))
)


def stored():
    with (REFERENCE / "expected_dip.csv").open() as lines:
        return {row["sample"]: row for row in csv.DictReader(lines)}


def samples():
    found = defaultdict(list)
    with (REFERENCE / "samples.csv").open() as lines:
        for row in csv.DictReader(lines):
            found[row["sample"]].append(float(row["value"]))
    return {k: np.sort(np.array(v)) for k, v in found.items()}


@pytest.mark.parametrize("name", DIGITS)
def test_equals_r_with_and_without_ties(name):
    x, want = samples()[name], stored()[name]
    assert dip(x) == pytest.approx(float(want["dip"]), abs=ROUNDING)
    rounded = np.round(x, DIGITS[name])
    assert dip(rounded) == pytest.approx(float(want["dip_rounded"]), abs=ROUNDING)


@pytest.mark.parametrize("name", DIGITS)
def test_p_values_agree_with_the_table_of_r_within_chance(name):
    x, draws = samples()[name], 2000
    p = float((uniform_dips(len(x), draws=draws, seed=1) >= dip(x)).mean())
    want = float(stored()[name]["p"])
    # four standard errors, and the interpolation of a printed table
    assert abs(p - want) <= 4 * np.sqrt(max(want * (1 - want), 0.001) / draws) + 0.01


@given(numbers, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-8, 8))
def test_neither_unit_nor_zero_matters(x, factor, shift):
    assert dip(factor * x + shift) == pytest.approx(dip(x), abs=ROUNDING)


@given(numbers)
def test_looking_from_the_other_side_changes_nothing(x):
    assert dip(np.sort(-x)) == pytest.approx(dip(x), abs=ROUNDING)


@given(numbers)
def test_lies_between_its_bounds(x):
    assert 1 / (2 * len(x)) - ROUNDING <= dip(x) <= 0.25 + ROUNDING


def by_linear_programme(x):
    """The least band around the distribution function that holds one with a single mode.

    For each place of the mode: heights at the distinct values, convex before it and concave
    after it, a jump allowed at the mode alone.
    """
    from scipy.optimize import linprog

    u, lower = np.unique(x, return_index=True)
    upper = np.append(lower[1:], len(x)) / len(x)
    lower, m, best = lower / len(x), len(u), 1.0
    for k in range(m):
        # variables: g before and after each value (equal but at the mode), and the band d
        rows, right = [], []

        def add(pairs, bound, rows=rows, right=right):
            row = np.zeros(2 * m + 1)
            for at, c in pairs:
                row[at] += c
            rows.append(row)
            right.append(bound)

        for i in range(m):
            add([(i, 1), (2 * m, -1)], lower[i])  # before a jump: |g - F| <= d
            add([(i, -1), (2 * m, -1)], -lower[i])
            add([(m + i, 1), (2 * m, -1)], upper[i])
            add([(m + i, -1), (2 * m, -1)], -upper[i])
            add([(i, 1), (m + i, -1)], 0.0)
        for i in range(m - 1):
            add([(m + i, 1), (i + 1, -1)], 0.0)
        for i in range(m - 2):
            a, b = 1 / (u[i + 1] - u[i]), 1 / (u[i + 2] - u[i + 1])
            slopes = [(i + 1, a), (m + i, -a), (i + 2, -b), (m + i + 1, b)]
            if i + 2 <= k:
                add(slopes, 0.0)  # convex
            if i >= k:
                add([(at, -c) for at, c in slopes], 0.0)
        same = np.zeros((m - 1, 2 * m + 1))
        for row, i in enumerate(j for j in range(m) if j != k):
            same[row, i], same[row, m + i] = 1, -1
        found = linprog(np.append(np.zeros(2 * m), 1), A_ub=np.array(rows), b_ub=right,
                        A_eq=same, b_eq=np.zeros(m - 1), bounds=(None, None))  # fmt: skip
        best = min(best, found.fun)
    return max(best, 1 / (2 * len(x)))


@pytest.mark.parametrize("seed", range(12))
def test_equals_the_definition_as_a_linear_programme(seed):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=10) if seed % 2 else rng.integers(0, 9, 12).astype(float))
    assert dip(x) == pytest.approx(by_linear_programme(x), abs=1e-7)


def test_two_heaps_have_a_large_dip():
    x = np.sort(np.concatenate([np.linspace(0, 1, 40), np.linspace(9, 10, 40)]))
    assert dip(x) > 0.2
    assert dip(x) > uniform_dips(80, draws=200, seed=1)[-1]
