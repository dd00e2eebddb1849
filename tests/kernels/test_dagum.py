"""Laws of the decomposition, and the definition with every pair of values formed."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import libpysal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.dagum import dagum

REFERENCE = Path(__file__).parents[1] / "reference" / "dagum"

unhurried = settings(deadline=None)  # how fast the machine is proves nothing

# Sums of a few hundred terms of at most one, in double precision.
ROUNDING = 1e-13
# The same with values spread over twelve orders of magnitude by hypothesis.
SPREAD = 1e-10
# The shared table of cases prints eight decimals.
PRINTED = 5e-9

values = st.floats(0, 1e6, allow_subnormal=False).map(lambda v: round(v, 6))


@st.composite
def grouped(draw, *, least=2):
    """Values of one period with their groups; at least one value is positive."""
    n = draw(st.integers(least, 24))
    groups = draw(st.integers(1, min(5, n)))
    y = np.array(draw(st.lists(values, min_size=n, max_size=n)))
    if not (y > 0).any():
        y[0] = 1.0
    filled = list(range(groups)) + draw(
        st.lists(st.integers(0, groups - 1), min_size=n - groups, max_size=n - groups)
    )
    return y, np.array(filled, dtype=np.intp), groups


def brute(y, group, groups):
    """Dagum (1997), all pairs, transvariation from its own definition."""
    n, mu = len(y), y.mean()
    whole = np.abs(y[:, None] - y).sum() / (2 * n * n * mu)
    within = net = overlap = 0.0
    for j in range(groups):
        own = y[group == j]
        within += np.abs(own[:, None] - own).sum() / (2 * n * n * mu)
        for h in range(j):
            other = y[group == h]
            rich, poor = (own, other) if own.mean() >= other.mean() else (other, own)
            gap = rich[:, None] - poor
            d, p = np.clip(gap, 0, None).mean(), np.clip(-gap, 0, None).mean()
            weight = len(own) * len(other) / (n * n * mu)
            net += weight * (d - p)
            overlap += weight * 2 * p
    return whole, within, net, overlap


def parts(found):
    return np.stack([found.gini, found.within, found.between, found.transvariation])


def of(y, group, groups):
    return dagum(np.asarray(y)[:, None], group, groups)


@unhurried
@given(grouped())
def test_equals_the_definition_with_all_pairs(case):
    np.testing.assert_allclose(parts(of(*case))[:, 0], brute(*case), rtol=0, atol=SPREAD)


@unhurried
@given(grouped())
def test_parts_sum_to_the_gini_coefficient(case):
    found = of(*case)
    total = found.within + found.between + found.transvariation
    np.testing.assert_allclose(total, found.gini, rtol=0, atol=SPREAD)
    np.testing.assert_allclose(found.within + found.gross_between, found.gini, rtol=0, atol=SPREAD)
    assert (parts(found) >= 0).all()


@unhurried
@given(grouped(), st.floats(1e-3, 1e3))
def test_scale_does_not_matter(case, factor):
    y, group, groups = case
    np.testing.assert_allclose(
        parts(of(factor * y, group, groups)), parts(of(*case)), rtol=0, atol=SPREAD
    )


@unhurried
@given(grouped(), st.integers(2, 4))
def test_replication_does_not_matter(case, times):
    y, group, groups = case
    again = of(np.tile(y, times), np.tile(group, times), groups)
    np.testing.assert_allclose(parts(again), parts(of(*case)), rtol=0, atol=SPREAD)


@unhurried
@given(grouped(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_groups_matter(case, random):
    y, group, groups = case
    order = random.sample(range(len(y)), len(y))
    names = np.array(random.sample(range(groups), groups))
    again = of(y[order], names[group][order], groups)
    np.testing.assert_allclose(parts(again), parts(of(*case)), rtol=0, atol=SPREAD)


@unhurried
@given(st.lists(st.lists(values, min_size=1, max_size=6), min_size=2, max_size=4))
def test_groups_that_do_not_overlap_have_no_transvariation(given_groups):
    y = np.concatenate([np.array(v) + 1e7 * (j + 1) for j, v in enumerate(given_groups)])
    group = np.repeat(np.arange(len(given_groups)), [len(v) for v in given_groups])
    found = of(y, group, len(given_groups))
    assert found.transvariation[0] == 0
    np.testing.assert_allclose(found.pair_distance, 1, rtol=SPREAD)


@unhurried
@given(grouped())
def test_one_group_has_nothing_between(case):
    y, _, _ = case
    found = of(y, np.zeros(len(y), dtype=np.intp), 1)
    assert found.between[0] == found.transvariation[0] == 0
    np.testing.assert_allclose(found.within, found.gini, rtol=0, atol=SPREAD)
    np.testing.assert_allclose(found.group_gini[:, 0], found.gini, rtol=0, atol=SPREAD)


def test_equal_values_have_exactly_no_disparity():
    found = of([0.1 + 0.2] * 6, np.array([0, 0, 1, 1, 2, 2]), 3)
    assert (parts(found) == 0).all()
    assert np.isnan(found.pair_distance).all()


def test_a_group_of_one_has_no_disparity_of_its_own():
    found = of([1.0, 2.0, 5.0], np.array([0, 0, 1]), 2)
    assert found.group_gini[0, 1] == 0
    assert found.group_within[0, 1] == 0


def test_a_group_without_income_has_no_gini_of_its_own_and_adds_nothing():
    found = of([0.0, 0.0, 5.0, 7.0], np.array([0, 0, 1, 1]), 2)
    assert np.isnan(found.group_gini[0, 0])
    assert found.group_within[0, 0] == 0
    assert found.mean[0, 0] == 0


def test_an_offset_far_larger_than_the_differences_costs_no_digits():
    y, group = np.array([1.0, 2, 3, 4, 3, 5, 7]), np.array([0, 0, 0, 0, 1, 1, 1])
    offset = 2.0**40
    near, far = of(y, group, 2), of(y + offset, group, 2)
    scale = y.mean() / (y.mean() + offset)
    np.testing.assert_allclose(parts(far), parts(near) * scale, rtol=ROUNDING)


@unhurried
@given(grouped(least=4), st.integers(0, 3))
def test_a_masked_value_counts_as_if_it_were_not_there(case, skip):
    y, group, groups = case
    mask = np.arange(len(y)) != skip
    if not (y[mask] > 0).any():
        return
    found = dagum(np.where(mask, y, 1e9)[:, None], group, groups, mask[:, None])
    without = of(y[mask], group[mask], groups)
    np.testing.assert_allclose(parts(found), parts(without), rtol=0, atol=SPREAD)
    assert found.count[0] == mask.sum()


@settings(unhurried, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_periods_do_not_touch_each_other(seed):
    rng = np.random.default_rng(seed)
    y, group = rng.lognormal(size=(12, 4)), rng.integers(0, 3, 12)
    group[:3] = [0, 1, 2]
    found = dagum(y, group, 3)
    for t in range(4):
        alone = dagum(y[:, [t]], group, 3)
        np.testing.assert_allclose(parts(found)[:, [t]], parts(alone), rtol=ROUNDING)
        np.testing.assert_allclose(found.pair_net[[t]], alone.pair_net, rtol=ROUNDING, atol=1e-16)


# ------------------------------------------------------------------ stored answers


def stored():
    return json.loads((REFERENCE / "expected.json").read_text("utf-8"))


def sample(case):
    """The values and group names of a stored case."""
    if case == "toy":
        with (REFERENCE / "toy.csv").open() as lines:
            rows = [(row["group"], float(row["value"])) for row in csv.DictReader(lines)]
    else:
        with (REFERENCE / "bea_regions.csv").open() as lines:
            region = {row["state"]: row["region"] for row in csv.DictReader(lines)}
        with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
            year = case.removeprefix("usjoin ")
            rows = [(region[row["Name"]], float(row[year])) for row in csv.DictReader(lines)]
    names = sorted({name for name, _ in rows})
    group = np.array([names.index(name) for name, _ in rows])
    return np.array([value for _, value in rows]), group, names


@pytest.mark.parametrize("case", stored())
def test_equals_the_exact_rational_decomposition(case):
    y, group, names = sample(case)
    found, want = of(y, group, len(names)), stored()[case]
    wanted = [want[k] for k in ("gini", "within", "between", "transvariation")]
    np.testing.assert_allclose(parts(found)[:, 0], wanted, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(
        found.group_gini[0], [want["groups"][n] for n in names], rtol=0, atol=ROUNDING
    )
    pairs = defaultdict(dict, want["pairs"])
    for q, (a, b) in enumerate(zip(found.first, found.second, strict=True)):
        entry = pairs[f"{names[a]}|{names[b]}"]
        assert found.pair_gini[0, q] == pytest.approx(entry["gini"], abs=ROUNDING)
        assert found.pair_distance[0, q] == pytest.approx(entry["distance"], abs=ROUNDING)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    expected = next(c["expected"] for c in cases if c["id"] == "V17")
    for name, want in expected.items():
        case = "toy" if name.startswith("toy") else f"usjoin {name[-4:]}"
        y, group, names = sample(case)
        wanted = [want[k] for k in ("G", "Gw", "Gnb", "Gt")]
        np.testing.assert_allclose(
            parts(of(y, group, len(names)))[:, 0], wanted, rtol=0, atol=PRINTED
        )
