"""Paces, paths that use up a budget, and shares of it: closed forms, sums and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels import pathways

# Sums of some thousand terms.
ROUNDING = 1e-9
SIZES = st.lists(st.floats(0.1, 1e3), min_size=4, max_size=4).map(np.array)


def test_a_rate_leads_from_start_to_end():
    rate = pathways.yearly_rate(np.array([10.0, 4.0]), np.array([5.0, 8.0]), 7.0)
    np.testing.assert_allclose(np.array([10.0, 4.0]) * (1 + rate) ** 7, [5.0, 8.0], rtol=1e-12)


@given(SIZES, st.floats(0.5, 200))
def test_paths_sum_to_the_allowance(latest, years):
    allowance = latest * years
    spent = pathways.spend(latest, allowance)
    np.testing.assert_allclose(spent.years_at_present, years, rtol=1e-12)
    # An endless sum, cut where what is left is below rounding.
    long = int(np.ceil(25 / -np.log1p(spent.rate.max())))
    summed = pathways.exponential(latest, spent.rate, long).sum(axis=1)
    np.testing.assert_allclose(summed, allowance, rtol=ROUNDING)


@given(SIZES, st.integers(2, 60))
def test_a_line_of_whole_years_uses_up_its_allowance(latest, length):
    allowance = latest * (length - 1) / 2
    spent = pathways.spend(latest, allowance)
    np.testing.assert_allclose(spent.years_to_zero, length, rtol=1e-12)
    line = pathways.to_zero(latest, spent.years_to_zero, length + 3)
    np.testing.assert_allclose(line.sum(axis=1), allowance, rtol=ROUNDING)
    np.testing.assert_allclose(line[:, length - 1 :], 0.0, atol=1e-9 * latest.max())


def test_nothing_left_means_zero_at_once():
    spent = pathways.spend(np.array([5.0]), np.array([-3.0]))
    assert (spent.rate[0], spent.years_at_present[0]) == (-1.0, 0.0)
    assert pathways.exponential(np.array([5.0]), spent.rate, 3).sum() == 0.0


@given(SIZES, SIZES, SIZES, st.floats(1, 1e5))
def test_every_rule_gives_out_the_whole_budget(people, latest, income, budget):
    for found in (
        pathways.proportional(people),
        pathways.responsibility(people, latest * 3, budget),
        pathways.capability(people, latest, income),
        pathways.convergence(people, latest, budget, 20),
        pathways.blend(pathways.proportional(latest), pathways.proportional(people), 0.3),
    ):
        assert found.sum() == pytest.approx(1.0, abs=1e-8)


def test_rules_agree_where_regions_are_identical():
    same = np.full(5, 7.0)
    equal = np.full(5, 0.2)
    for found in (
        pathways.responsibility(same, same * 9, 100.0),
        pathways.capability(same, same, same),
        pathways.convergence(same, same, 100.0, 20),
    ):
        np.testing.assert_allclose(found, equal, atol=1e-12)


def test_the_rich_get_less_by_ability_to_pay_and_nothing_changes_at_power_zero():
    people, latest = np.full(3, 10.0), np.array([1.0, 2.0, 3.0])
    income = np.array([1.0, 2.0, 9.0])
    plain = pathways.capability(people, latest, income, power=0.0)
    np.testing.assert_allclose(plain, pathways.proportional(latest))
    assert pathways.capability(people, latest, income, power=1.0)[2] < plain[2]


def test_convergence_lies_between_emissions_and_people_and_nears_people_when_it_is_fast():
    people, latest = np.array([1.0, 3.0]), np.array([3.0, 1.0])
    slow, fast = (pathways.convergence(people, latest, 100.0, h)[0] for h in (500, 1))
    assert fast == pytest.approx(0.25)
    assert 0.25 < slow < 0.75
    assert pathways.convergence(people, latest, 100.0, 20)[0] < slow


@given(st.floats(0.01, 500.0), st.integers(1, 60))
def test_convergence_equals_the_years_written_out(budget, horizon):
    people, latest = np.array([1.0, 3.0, 2.0]), np.array([3.0, 1.0, 1.0])
    length = 2 * budget / latest.sum() + 1
    total, given = 0.0, np.zeros(3)
    for k in range(1, math.ceil(length)):
        sent = latest.sum() * (1 - k / length)
        moved = min(k / horizon, 1.0)
        given += sent * (latest / latest.sum() * (1 - moved) + people / people.sum() * moved)
        total += sent
    found = pathways.convergence(people, latest, budget, horizon)
    np.testing.assert_allclose(found, given / total, rtol=1e-9)


def test_a_budget_in_the_wrong_unit_needs_no_memory():
    people, latest = np.array([1.0, 3.0]), np.array([3.0, 1.0])
    np.testing.assert_allclose(pathways.convergence(people, latest, 1e18, 20), [0.25, 0.75])
    tiny = pathways.convergence(people, latest, 1e-18, 20)
    np.testing.assert_allclose(tiny, [0.75 - 0.5 / 20, 0.25 + 0.5 / 20])


def test_concordance_of_ranks_without_ties_follows_from_rank_correlations():
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.ones(8), size=5)
    people = np.full(8, 1.0)
    found = pathways.agreement(shares, people)
    rho = [stats.spearmanr(shares[i], shares[j]).statistic for i in range(5) for j in range(i)]
    assert found.concordance == pytest.approx((4 * np.mean(rho) + 1) / 5)
    upper = found.correlation[np.tril_indices(5, -1)]
    np.testing.assert_allclose(np.sort(upper), np.sort(rho), atol=1e-12)


def test_rules_that_say_the_same_agree_fully():
    share = np.array([0.5, 0.3, 0.2])
    found = pathways.agreement(np.stack([share, share * (1 + 1e-15)]), np.ones(3))
    assert found.concordance == pytest.approx(1.0)
