"""Multipliers by a direct solve, against the inverse, the book and pymrio."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from zhiheng.kernels.input_output import (
    coefficients,
    domestic_shares,
    factorise,
    footprints,
    multipliers,
    required,
    spectral_radius,
)

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "reference/embodied/published.json").read_text("utf-8")
)
# the book prints eight significant digits
PRINTED = 1e-6
# two ways to solve a well-conditioned system of forty equations
SOLVED = 1e-10

seeds = st.integers(0, 10_000)


def drawn(seed, n=12, k=3, q=2):
    rng = np.random.default_rng(seed)
    z = rng.gamma(0.5, 10.0, (n, n)) * (rng.random((n, n)) < 0.7)
    y = rng.gamma(1.0, 20.0, (n, k)) + 1.0
    x = z.sum(axis=1) + y.sum(axis=1)
    return z, x, y, rng.gamma(1.0, 2.0, (n, q))


def test_equals_the_example_of_miller_and_blair():
    case = PUBLISHED["miller_blair"]
    z, x = np.array(case["z"], dtype=float), np.array(case["x"], dtype=float)
    np.testing.assert_allclose(coefficients(z, x), case["a"], rtol=1e-12)
    model = factorise(z, x)
    new = required(model, np.array(case["new_demand"], dtype=float))
    np.testing.assert_allclose(new, case["new_output"], rtol=PRINTED)
    np.testing.assert_allclose(np.round(new, 1), case["new_output_book"])
    np.testing.assert_allclose(np.array(case["labour"]) * new, case["labour_needed"], rtol=PRINTED)
    np.testing.assert_allclose(required(model, np.eye(2)), case["inverse"], rtol=PRINTED)


def test_the_life_cycle_example_of_heijungs_and_suh_is_the_same_system():
    # a technology matrix in physical units: (I - A) scaled, so Z = diag - off-diagonal
    case = PUBLISHED["heijungs_suh"]
    technology = np.array(case["a"], dtype=float)
    made = np.diag(technology).copy()
    z = np.diag(made) - technology  # inputs of one unit process
    model = factorise(z, made)
    output = required(model, np.array(case["demand"], dtype=float))
    np.testing.assert_allclose(output / made, case["scaling"], rtol=1e-12)
    per_output = np.array(case["b"], dtype=float) / made
    np.testing.assert_allclose(per_output @ output, case["inventory"], rtol=1e-12)
    demand = np.array(case["demand"], dtype=float)
    np.testing.assert_allclose(multipliers(model, per_output.T).T @ demand, case["inventory"])


@given(seeds)
def test_equals_the_explicit_inverse(seed):
    z, x, y, s = drawn(seed)
    inverse = np.linalg.inv(np.eye(len(x)) - z / x)
    for form in (z, sparse.csr_array(z)):
        model = factorise(form, x)
        assert model.productive
        np.testing.assert_allclose(multipliers(model, s), inverse.T @ s, rtol=SOLVED)
        np.testing.assert_allclose(required(model, y), inverse @ y, rtol=SOLVED)


@given(seeds)
def test_production_is_what_final_demand_embodies(seed):
    z, x, y, s = drawn(seed)
    m = multipliers(factorise(z, x), s)
    np.testing.assert_allclose(y.sum(axis=1) @ m, x @ s, rtol=SOLVED)


@given(seeds, st.floats(1e-6, 1e6))
def test_money_units_and_the_order_of_sectors_do_not_matter(seed, factor):
    z, x, _, s = drawn(seed)
    base = multipliers(factorise(z, x), s)
    np.testing.assert_allclose(multipliers(factorise(z * factor, x * factor), s), base, rtol=1e-9)
    p = np.random.default_rng(seed).permutation(len(x))
    mixed = multipliers(factorise(z[np.ix_(p, p)], x[p]), s[p])
    np.testing.assert_allclose(mixed, base[p], rtol=SOLVED)


def test_overwriting_destroys_the_argument_and_finds_the_same():
    z, x, _, s = drawn(1)
    kept = z.copy()
    base = multipliers(factorise(z, x), s)
    np.testing.assert_array_equal(z, kept)
    np.testing.assert_array_equal(multipliers(factorise(z, x, overwrite=True), s), base)
    assert not np.array_equal(z, kept)


@pytest.mark.parametrize("sparsely", [False, True])
def test_a_table_that_is_not_productive_is_seen(sparsely):
    z = np.array([[0.0, 120.0], [120.0, 0.0]])
    x = np.array([100.0, 100.0])  # spectral radius 1.2
    assert spectral_radius(z / x) == pytest.approx(1.2)
    assert not factorise(sparse.csr_array(z) if sparsely else z, x).productive
    assert not factorise(z, np.array([120.0, 120.0])).productive  # exactly one: singular


@pytest.mark.parametrize("sparsely", [False, True])
def test_a_singular_table_is_seen_although_rounding_hides_it(sparsely):
    # no final demand at all: every column of A sums to one, and no pivot is exactly zero
    z = np.array([[10.0, 5.0, 3.0], [5.0, 10.0, 3.0], [3.0, 3.0, 0.1]])
    x = z.sum(axis=1)
    assert not factorise(sparse.csr_array(z) if sparsely else z, x).productive
    assert factorise(z, x * 1.001).productive


def test_a_column_sum_above_one_alone_is_no_refusal():
    # a loss-making sector: inputs worth more than output, yet the rounds converge
    z, x = np.array([[10.0, 5.0], [110.0, 10.0]]), np.array([100.0, 1000.0])
    assert (z / x).sum(axis=0)[0] > 1
    assert spectral_radius(z / x) < 1
    model = factorise(z, x)
    assert model.productive
    assert (multipliers(model, np.ones(2)) >= 1).all()


@given(seeds)
def test_the_certificate_agrees_with_the_eigenvalue(seed):
    rng = np.random.default_rng(seed)
    a = rng.random((6, 6)) * rng.uniform(0.05, 0.4)
    radius = np.abs(np.linalg.eigvals(a)).max()
    if abs(radius - 1) > 1e-6:
        assert factorise(a, np.ones(6)).productive == (radius < 1)
    assert spectral_radius(a) == pytest.approx(radius, rel=1e-8)


def test_negative_cells_are_judged_by_the_eigenvalue():
    a = np.array([[0.5, -0.9], [0.9, 0.5]])  # |eigenvalue| = sqrt(0.25 + 0.81) > 1
    assert not factorise(a, np.ones(2)).productive
    assert factorise(a * 0.9, np.ones(2)).productive


def test_a_sector_without_output_has_no_coefficients():
    z, x = np.array([[10.0, 0.0], [5.0, 0.0]]), np.array([100.0, 0.0])
    np.testing.assert_array_equal(coefficients(z, x)[:, 1], 0.0)
    assert multipliers(factorise(z, x), np.array([1.0, 0.0]))[1] == 0.0


@given(seeds)
def test_footprints_equal_the_explicit_sums(seed):
    z, x, y, s = drawn(seed, n=12, k=6)
    region, consumer = np.repeat([0, 1, 2], 4), np.repeat([0, 1, 2], 2)
    rows = (z[region == r] for r in range(3))
    found = footprints(factorise(z, x), rows, x, y, s[:, 0], region=region, consumer=consumer)
    inverse = np.linalg.inv(np.eye(12) - z / x)
    for r in range(3):
        for c in range(3):
            final = y[:, consumer == c].sum(axis=1)
            own = region == r
            expected = (s[:, 0] * (inverse @ final))[own].sum()
            assert found.by_consumer[r, c] == pytest.approx(expected, rel=SOLVED)
            local = np.linalg.inv(np.eye(4) - (z / x)[np.ix_(own, own)])
            sent = z[np.ix_(own, region == c)].sum(axis=1) + final[own]
            bilateral = 0.0 if r == c else s[own, 0] @ local @ sent
            assert found.by_partner[r, c] == pytest.approx(bilateral, rel=SOLVED)
    np.testing.assert_allclose(
        found.by_consumer.sum(axis=1), np.bincount(region, weights=s[:, 0] * x), rtol=SOLVED
    )


def test_shares_from_home_leave_exports_alone():
    used, exports, imports = np.array([100.0, 50.0]), np.array([20.0, 50.0]), np.array([40.0, 0.0])
    np.testing.assert_allclose(domestic_shares(used, exports, imports), [0.5, 1.0])
