"""Laws of Theil measures by nested groups, other programs' answers, fifty digits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import libpysal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.theil import entropy, log_shift, nested, nested_draws

REFERENCE = Path(__file__).parents[1] / "reference" / "theil"
BEA = Path(__file__).parents[1] / "reference" / "dagum" / "bea_regions.csv"

# Sums of a few dozen terms of order one; the index itself can reach a few units.
ROUNDING = 1e-11
# Fifty digits against double precision, and another program's double precision.
EXACT = 1e-13

ALPHAS = (1.0, 0.0, 2.0, 0.5, -1.0)


@st.composite
def samples(draw):
    """Values, weights and two nested groupings of one period."""
    n = draw(st.integers(4, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    coarse = rng.integers(0, 3, n)
    fine = coarse * 2 + rng.integers(0, 2, n)
    y, w = rng.lognormal(size=n), rng.uniform(0.5, 3, n)
    return y[:, None], w[:, None], [(coarse, 3), (fine, 6)]


def of(y, base, levels, alpha):
    return nested(y, base, levels, alpha)


@pytest.mark.parametrize("alpha", ALPHAS)
@given(samples())
def test_parts_sum_to_the_total_and_none_is_negative(alpha, case):
    found = of(*case, alpha)
    np.testing.assert_allclose(found.parts.sum(axis=1), found.total, rtol=0, atol=ROUNDING)
    assert (found.parts >= -ROUNDING).all()


@pytest.mark.parametrize("alpha", ALPHAS)
@given(samples())
def test_both_roads_lead_to_the_same_parts(alpha, case):
    y, base, levels = case
    found = of(*case, alpha)
    drawn = nested_draws(y, base, levels, alpha, np.ones((1, len(y))))[0]
    np.testing.assert_allclose(drawn[:, 0], found.total, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(drawn[:, 1:], found.parts, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("alpha", ALPHAS)
@given(samples(), st.floats(1e-3, 1e3))
def test_neither_the_unit_of_values_nor_of_weights_matters(alpha, case, factor):
    y, base, levels = case
    other = of(y * factor, base / factor, levels, alpha)
    np.testing.assert_allclose(other.parts, of(*case, alpha).parts, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("alpha", ALPHAS)
@given(samples(), st.integers(0, 2**32 - 1))
def test_whole_weights_are_repeated_rows(alpha, case, seed):
    y, _, levels = case
    times = np.random.default_rng(seed).integers(1, 4, len(y))
    many = [(np.repeat(code, times), size) for code, size in levels]
    repeated = of(np.repeat(y, times, axis=0), np.ones((times.sum(), 1)), many, alpha)
    weighted = of(y, times[:, None].astype(float), levels, alpha)
    np.testing.assert_allclose(weighted.parts, repeated.parts, rtol=0, atol=ROUNDING)
    drawn = nested_draws(y, np.ones(y.shape), levels, alpha, times[None].astype(float))[0]
    np.testing.assert_allclose(drawn[:, 1:], repeated.parts, rtol=0, atol=ROUNDING)


@given(samples(), st.randoms(use_true_random=False))
def test_order_does_not_matter(case, random):
    y, base, levels = case
    order = random.sample(range(len(y)), len(y))
    mixed = of(y[order], base[order], [(code[order], size) for code, size in levels], 1.0)
    np.testing.assert_allclose(mixed.parts, of(*case, 1.0).parts, rtol=0, atol=ROUNDING)


@given(samples())
def test_groups_with_equal_means_leave_nothing_between(case):
    y, base, levels = case
    code = levels[0][0]
    n, total = (np.bincount(code, x[:, 0], 3) for x in (base, base * y))
    even = y / (total / np.where(n > 0, n, 1))[code][:, None]
    assert of(even, base, levels[:1], 1.0).parts[0, 0] == pytest.approx(0, abs=ROUNDING)


@given(samples())
def test_one_group_has_everything_within_and_singles_have_nothing(case):
    y, base, _ = case
    whole = of(y, base, [(np.zeros(len(y), dtype=np.intp), 1)], 0.0)
    assert whole.parts[0, 0] == pytest.approx(0, abs=ROUNDING)
    single = of(y, base, [(np.arange(len(y)), len(y))], 0.0)
    assert single.parts[0, 1] == pytest.approx(0, abs=ROUNDING)


@given(samples())
def test_a_transfer_from_rich_to_poor_lowers_the_measure(case):
    y, _, _ = case
    even = np.ones(y.shape)
    moved = y.copy()
    amount = 0.3 * (y.max() - y.min())
    moved[y.argmin()] += amount
    moved[y.argmax()] -= amount
    for alpha in ALPHAS:
        assert entropy(moved, even, alpha) <= entropy(y, even, alpha) + ROUNDING


@given(samples(), samples())
def test_sources_of_a_change_of_theil_l_sum_to_it(one, two):
    n = min(len(one[0]), len(two[0]))
    y = np.column_stack([one[0][:n, 0], two[0][:n, 0]])
    base = np.column_stack([one[1][:n, 0], two[1][:n, 0]])
    code = np.unique(one[2][0][0][:n], return_inverse=True)[1]
    found = log_shift(y, base, code, int(code.max()) + 1, np.ones((1, n)))
    index = entropy(y, base, 0.0)
    total = found.inner + found.sizes + found.means
    np.testing.assert_allclose(total, index[1] - index[0], rtol=0, atol=ROUNDING)


def test_zeros_count_as_nothing_in_t_and_make_l_undefined():
    y, even = np.array([[0.0], [1.0], [2.0], [3.0]]), np.ones((4, 1))
    levels = [(np.array([0, 0, 1, 1]), 2)]
    found = of(y, even, levels, 1.0)
    r = np.array([2 / 3, 4 / 3, 2])
    assert found.total[0] == pytest.approx((r * np.log(r)).sum() / 4)
    assert found.parts.sum() == pytest.approx(found.total[0])
    assert np.isnan(of(y, even, levels, 0.0).total[0])
    assert np.isnan(nested_draws(y, even, levels, 0.0, np.ones((1, 4)))[0, 0, 0])


def test_a_group_without_anything_adds_its_share_in_t():
    y, even = np.array([[0.0], [0.0], [2.0], [3.0]]), np.ones((4, 1))
    levels = [(np.array([0, 0, 1, 1]), 2)]
    found = of(y, even, levels, 1.0)
    assert found.parts.sum() == pytest.approx(found.total[0], abs=ROUNDING)
    drawn = nested_draws(y, even, levels, 1.0, np.ones((1, 4)))[0, 0]
    np.testing.assert_allclose(drawn[1:], found.parts[0], atol=ROUNDING)


def test_a_group_that_no_draw_holds_takes_no_part():
    y, even = np.array([[1.0], [4.0], [2.0], [3.0]]), np.ones((4, 1))
    levels = [(np.array([0, 0, 1, 2]), 3)]
    drawn = nested_draws(y, even, levels, 1.0, np.array([[1.0, 1, 1, 0]]))[0, 0]
    rest = of(y[:3], even[:3], [(np.array([0, 0, 1]), 2)], 1.0)
    np.testing.assert_allclose(drawn[1:], rest.parts[0], atol=ROUNDING)


def test_a_cell_without_weight_counts_as_if_it_were_not_there():
    y = np.array([[1.0], [7.0], [2.0], [5.0]])
    base = np.array([[1.0], [0.0], [1.0], [1.0]])
    keep = [0, 2, 3]
    code = np.array([0, 0, 1, 1])
    found = of(y, base, [(code, 2)], 0.0)
    rest = of(y[keep], base[keep], [(code[keep], 2)], 0.0)
    np.testing.assert_allclose(found.parts, rest.parts, atol=ROUNDING)


# ------------------------------------------------------------------ stored answers


def stored():
    return json.loads((REFERENCE / "expected.json").read_text("utf-8"))


def test_equals_inequality_of_pysal_between_and_within_regions():
    with BEA.open() as lines:
        region = {row["state"]: row["region"] for row in csv.DictReader(lines)}
    with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
        rows = list(csv.DictReader(lines))
    code = np.unique([region[r["Name"]] for r in rows], return_inverse=True)[1]
    for year, want in stored()["usjoin"].items():
        y = np.array([[float(r[year])] for r in rows])
        found = of(y, np.ones(y.shape), [(code, 8)], 1.0)
        mine = [found.total[0], *found.parts[0]]
        np.testing.assert_allclose(mine, list(want.values()), rtol=0, atol=EXACT)


def cities():
    with (REFERENCE / "nested.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    zone = np.unique([r["zone"] for r in rows], return_inverse=True)[1]
    province = np.unique([r["province"] for r in rows], return_inverse=True)[1]
    y, n = (np.array([[float(r[f"{k}{t}"]) for t in (0, 1)] for r in rows]) for k in "yn")
    return y, n, [(zone, 3), (province, 5)]


@pytest.mark.parametrize("alpha", [0, 1, 2])
def test_equals_the_nested_decomposition_with_fifty_digits(alpha):
    y, n, levels = cities()
    found = of(y[:, :1], n[:, :1], levels, float(alpha))
    mine = [found.total[0], *found.parts[0]]
    np.testing.assert_allclose(mine, list(stored()["nested"][str(alpha)].values()), atol=EXACT)


def test_equals_the_sources_of_a_change_with_fifty_digits():
    y, n, levels = cities()
    found = log_shift(y, n, *levels[0], np.ones((1, len(y))))
    want = stored()["sources"]
    mine = [found.inner[0], found.sizes[0], found.means[0]]
    np.testing.assert_allclose(
        mine, [want[k] for k in ("inner", "sizes", "means")], rtol=0, atol=EXACT
    )
