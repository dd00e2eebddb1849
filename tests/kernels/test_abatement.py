"""Annuities, learning, overlap and merit order: stored answers, twins and laws."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.abatement import (
    capital_recovery,
    fronts,
    in_order,
    inverted,
    levelised_cost,
    merit,
    shapley,
    triangular,
    turnover,
    wright,
)

FOLDER = Path(__file__).parents[1] / "reference" / "macc"
ROUNDING = 1e-12  # a dozen operations in double precision
PRINTED = 3e-6  # the answers are printed with six digits, one of them with five
PARTS = arrays(float, st.integers(1, 7), elements=st.floats(0.0, 1.0))


@pytest.fixture(scope="module")
def case():
    read = {n: json.loads((FOLDER / f"{n}.json").read_text("utf-8"))
            for n in ("input", "expected", "published")}  # fmt: skip
    measures = read["input"]["measures"]
    names = [k for k in measures[0] if k != "name"]
    read["arrays"] = {k: np.array([float(m[k]) for m in measures]) for k in names}
    return read


def costs(case):
    m = case["arrays"]
    annuity = capital_recovery(float(case["input"]["discount"]), m["life"]) * m["capex"]
    return levelised_cost(annuity, m["opex"], m["saving"], m["abatement"])


def test_equals_the_printed_answers(case):
    printed = case["published"]
    # the last two of its twelve digits are not those of the formula (…2477 by fifty digits)
    assert capital_recovery(0.1, 20) == pytest.approx(printed["crf"], abs=1e-11)
    assert wright(0.2, 3) == pytest.approx(printed["cost_index"], abs=ROUNDING)
    np.testing.assert_allclose(costs(case), printed["cost"], atol=PRINTED)


def test_equals_the_formulae_with_fifty_digits(case):
    exact = case["expected"]
    assert float(capital_recovery(0.1, 20)) == pytest.approx(float(exact["crf"]), rel=ROUNDING)
    assert float(wright(0.2, 3)) == pytest.approx(float(exact["cost_index"]), rel=ROUNDING)
    np.testing.assert_allclose(costs(case), [float(c) for c in exact["cost"]], rtol=ROUNDING)


def test_shares_equal_the_average_over_all_orders(case):
    parts = np.array([float(Fraction(p)) for p in case["input"]["parts"]])
    exact = [float(Fraction(p)) for p in case["expected"]["shapley"]]
    np.testing.assert_allclose(shapley(parts), exact, atol=1e-14)


def test_fronts_equal_those_peeled_off(case):
    benefit, tonnes = np.array(case["input"]["points"], dtype=float).T
    assert fronts(benefit, tonnes).tolist() == case["expected"]["fronts"]


@given(st.floats(0.0, 0.5), st.floats(1.0, 60.0))
def test_an_annuity_pays_its_capital_back(rate, life):
    years = int(life)
    paid = sum(float(capital_recovery(rate, years)) / (1 + rate) ** t for t in range(1, years + 1))
    assert paid == pytest.approx(1.0, rel=1e-9)


def test_a_tiny_rate_joins_a_rate_of_zero_smoothly():
    exact = Decimal("1e-9") * (1 + Decimal("1e-9")) ** 20 / ((1 + Decimal("1e-9")) ** 20 - 1)
    assert float(capital_recovery(1e-9, 20)) == pytest.approx(float(exact), rel=ROUNDING)
    assert float(capital_recovery(0.0, 20)) == 0.05


@given(st.floats(0.0, 0.4), st.floats(0.001, 0.4), st.integers(1, 50))
def test_cost_rises_with_the_rate_where_there_is_capital(rate, more, life):
    one, two = (capital_recovery(r, life) for r in (rate, rate + more))
    assert two > one


@given(PARTS)
def test_shares_sum_to_what_the_measures_do_together(parts):
    whole = 1 - np.prod(1 - parts)
    assert shapley(parts).sum() == pytest.approx(whole, abs=ROUNDING)
    order = np.random.default_rng(0).permutation(len(parts))
    assert in_order(parts, order).sum() == pytest.approx(whole, abs=ROUNDING)
    assert whole <= 1


@given(PARTS)
def test_no_measure_gets_more_than_alone_and_none_less_than_last(parts):
    share = shapley(parts)
    others = np.array([np.prod(np.delete(1 - parts, i)) for i in range(len(parts))])
    assert (share <= parts + ROUNDING).all()
    assert (share >= parts * others - ROUNDING).all()


@given(PARTS, st.randoms())
def test_shares_do_not_depend_on_the_order_of_the_measures(parts, random):
    order = list(range(len(parts)))
    random.shuffle(order)
    np.testing.assert_allclose(shapley(parts[order]), shapley(parts)[order], atol=ROUNDING)


@given(arrays(float, st.integers(1, 5), elements=st.floats(0.0, 1.0)))
def test_the_average_over_orders_is_the_average_of_orders(parts):
    every = [in_order(parts, np.argsort(o)) for o in permutations(range(len(parts)))]
    np.testing.assert_allclose(np.mean(every, axis=0), shapley(parts), atol=ROUNDING)


def plain_fronts(benefit, tonnes):
    """The longest chain of better measures above each, by recursion."""
    size = len(benefit)

    def above(i):
        return [
            j for j in range(size)
            if benefit[j] >= benefit[i] and tonnes[j] >= tonnes[i]
            and (benefit[j], tonnes[j]) != (benefit[i], tonnes[i])
        ]  # fmt: skip

    def depth(i):
        return 1 + max((depth(j) for j in above(i)), default=0)

    return [depth(i) for i in range(size)]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8))
def test_a_front_is_one_more_than_the_longest_chain_above(points):
    benefit, tonnes = np.array(points, dtype=float).T
    assert fronts(benefit, tonnes).tolist() == plain_fronts(benefit, tonnes)
    both = np.stack([benefit, benefit[::-1]]), np.stack([tonnes, tonnes[::-1]])
    assert fronts(*both)[1].tolist() == plain_fronts(benefit[::-1], tonnes[::-1])


def test_where_measures_pay_rank_follows_dominance_and_cost_per_tonne_does_not():
    tonnes = np.array([10.0, 100.0, 50.0])
    benefit = np.array([500.0, 4000.0, -1000.0])
    cost = -benefit / tonnes  # -50, -40, +20
    assert merit(cost, benefit, tonnes).tolist() == [2, 1, 3]
    assert inverted(cost, benefit, tonnes).tolist() == [[0, 1]]


@given(arrays(float, 6, elements=st.floats(1.0, 1e3)))
def test_measures_that_cost_are_ranked_by_cost_per_tonne(cost):
    tonnes = np.arange(1.0, 7.0)
    rank = merit(cost, -cost * tonnes, tonnes)
    assert (np.diff(cost[np.argsort(rank)]) >= 0).all()
    assert not len(inverted(cost, -cost * tonnes, tonnes))


@given(st.floats(0.5, 60.0), st.integers(1, 80))
def test_no_more_than_the_stock_is_renewed(life, years):
    renewed = turnover(np.array([life]), years)[0]
    assert (renewed >= 0).all()
    assert renewed.sum() == pytest.approx(min(years / life, 1.0), rel=1e-9)


@given(st.floats(-10, 10), st.floats(0, 10), st.floats(0, 10))
def test_triangular_quantiles_invert_the_distribution(low, one, two):
    mode, high = low + one, low + one + two
    u = np.linspace(0.01, 0.99, 9)
    x = triangular(*(np.full(9, v) for v in (low, mode, high)), u)
    if high - low < 1e-3:
        return
    rising = np.where(x < mode, (x - low) ** 2 / ((high - low) * max(mode - low, 1e-300)), 0)
    falling = 1 - (high - x) ** 2 / ((high - low) * max(high - mode, 1e-300))
    np.testing.assert_allclose(np.where(x < mode, rising, falling), u, atol=1e-6)
