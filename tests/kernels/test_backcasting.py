"""The cheapest settings for a goal: closed forms, a linear programme, brute force."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from zhiheng.kernels.backcasting import least_cost

NEAR = 2e-3  # the trust region ends at two thousandths; costs are flat at the optimum


def linear(cost, reach, wanted):
    def evaluate(x):
        return x @ cost, wanted - x @ reach

    return evaluate


def test_equals_the_stored_knapsacks():
    folder = Path(__file__).parents[1] / "reference" / "backcast"
    given, exact = (json.loads((folder / f"{n}.json").read_text()) for n in ("input", "expected"))
    for problem, answer in zip(given, exact, strict=True):
        cost, reach = (
            np.array([float(Fraction(v)) for v in problem[k]]) for k in ("cost", "reach")
        )
        found = least_cost(linear(cost, reach, float(Fraction(problem["wanted"]))), len(cost))
        assert found.met
        assert found.cost == pytest.approx(answer["cost"], rel=NEAR)
        assert found.shadow == pytest.approx(answer["shadow"], rel=NEAR)
        np.testing.assert_allclose(found.settings, answer["settings"], atol=NEAR)


def test_a_linear_problem_is_solved_like_a_linear_programme():
    rng = np.random.default_rng(0)
    for _ in range(10):
        cost, reach = rng.uniform(0.5, 3, (2, 5))
        wanted = 0.6 * reach.sum()
        found = least_cost(linear(cost, reach, wanted), 5)
        peer = linprog(cost, A_ub=-reach[None], b_ub=[-wanted], bounds=[(0, 1)] * 5)
        assert found.met
        assert found.cost == pytest.approx(peer.fun, rel=NEAR)
        assert found.shadow == pytest.approx(-peer.ineqlin.marginals[0], rel=NEAR)


def test_quadratic_costs_are_balanced_as_the_multiplier_says():
    cost = np.array([1.0, 2.0, 4.0])
    found = least_cost(lambda x: ((cost * x**2).sum(1), 1.5 - x.sum(1)), 3)
    multiplier = 1.5 / (0.5 / cost).sum()
    np.testing.assert_allclose(found.settings, multiplier / (2 * cost), atol=0.01)
    assert found.cost == pytest.approx(multiplier * 1.5 / 2, rel=NEAR)
    assert found.shadow == pytest.approx(multiplier, rel=0.02)


def test_a_goal_out_of_reach_gives_the_settings_that_come_nearest():
    found = least_cost(linear(np.ones(3), np.array([1.0, 2.0, -1.0]), 4.0), 3)
    assert not found.met
    np.testing.assert_allclose(found.settings, [1, 1, 0], atol=NEAR)
    assert found.margin == pytest.approx(1.0, abs=0.01)
    assert np.isnan(found.shadow)


def test_a_goal_that_is_met_already_asks_for_nothing_that_costs():
    found = least_cost(linear(np.array([1.0, -2.0]), np.array([1.0, 0.0]), -1.0), 2)
    assert found.met
    np.testing.assert_allclose(found.settings, [0, 1], atol=NEAR)
    assert np.isnan(found.shadow)


def test_equals_brute_force_where_a_quantile_of_draws_has_to_hold():
    noise = np.random.default_rng(1).normal(size=200)
    cost = np.array([3.0, 1.0])

    def evaluate(x):
        left = (1.6 - x @ np.array([1.5, 0.8]))[:, None] * np.exp(0.2 * noise) - 0.5
        return x @ cost + (x**2).sum(1), np.quantile(left, 0.8, axis=1, method="inverted_cdf")

    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 201)] * 2), axis=-1).reshape(-1, 2)
    costs, margins = evaluate(grid)
    found = least_cost(evaluate, 2)
    assert found.met
    assert found.cost <= costs[margins <= 0].min() * (1 + NEAR)


def test_a_tighter_goal_never_costs_less():
    cost, reach = np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 0.5])
    costs = [least_cost(linear(cost, reach, w), 3).cost for w in (0.5, 1.0, 2.0, 3.0)]
    assert (np.diff(costs) > 0).all()


def test_counts_every_setting_that_was_simulated():
    seen = []

    def evaluate(x):
        seen.append(len(x))
        return x.sum(1), 1.0 - x.sum(1)

    assert least_cost(evaluate, 2).runs == sum(seen)
