"""Judged weights: worked examples, another program, exact fractions, laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.catalog.weighting import weighting_limits
from zhiheng.kernels.weights_judged import ahp, bwm, joint

REFERENCE = Path(__file__).parents[1] / "reference" / "index_weights"
EXAMPLES = json.loads((REFERENCE / "comparisons.json").read_text("utf-8"))
STORED = json.loads((REFERENCE / "expected_programs.json").read_text("utf-8"))["ahp"]
BEST_WORST = json.loads((REFERENCE / "best_worst.json").read_text("utf-8"))
# Two eigenvector routines; the simplex ends at a vertex to this.
CLOSE = 1e-10
WAYS = {"eigenvector": "max_eigen", "geometric": "geometric"}


def consistent(weights):
    w = np.asarray(weights)
    return w[:, None] / w[None, :]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("way", WAYS)
def test_ahp_equals_another_program(name, way):
    example, theirs = EXAMPLES[name], STORED[name][WAYS[way]]
    found = ahp(np.array(example["matrix"]), example["random_index"], prioritisation=way)
    np.testing.assert_allclose(found.weights[0], theirs["weights"], rtol=0, atol=CLOSE)
    if way == "eigenvector":  # the other program takes another lambda for geometric means
        assert found.ratio == pytest.approx(theirs["ratio"], abs=CLOSE)


def test_ahp_prints_the_numbers_of_the_worked_examples():
    leader, journey = EXAMPLES["leader"], EXAMPLES["journey"]
    w = ahp(np.array(leader["matrix"]), leader["random_index"]).weights[0]
    # printed .547 where .54757 is meant: cut or rounded to sum to one
    np.testing.assert_allclose(w, leader["printed"]["weights"], rtol=0, atol=6e-4)
    found = ahp(np.array(journey["matrix"]), journey["random_index"])
    assert found.largest == pytest.approx(journey["printed"]["largest"], abs=1e-4)
    assert found.ratio == pytest.approx(journey["printed"]["ratio"], abs=5e-5)


@given(st.lists(st.floats(0.1, 9), min_size=3, max_size=8))
def test_comparisons_without_contradiction_give_back_their_weights(values):
    for way in WAYS:
        found = ahp(consistent(values), 1.0, prioritisation=way)
        np.testing.assert_allclose(found.weights[0], np.array(values) / sum(values), atol=1e-8)
        assert found.index == pytest.approx(0, abs=1e-8)
        assert np.abs(found.gaps).max() < 1e-7


@given(st.integers(0, 300))
def test_ahp_does_not_depend_on_the_order_of_indicators(seed):
    rng = np.random.default_rng(seed)
    a = np.triu(rng.choice([1 / 5, 1 / 3, 1, 2, 4, 7], size=(5, 5)), 1)
    a = a + np.eye(5) + np.where(a.T > 0, 1 / np.where(a.T > 0, a.T, 1), 0)
    order = rng.permutation(5)
    one, two = ahp(a, 1.12), ahp(a[np.ix_(order, order)], 1.12)
    np.testing.assert_allclose(one.weights[0][order], two.weights[0], atol=1e-8)
    assert one.ratio == pytest.approx(two.ratio, abs=1e-8)
    assert one.ratio >= 0
    assert (one.weights > 0).all()


def test_two_items_never_contradict_and_beyond_the_table_nothing_is_known():
    assert ahp(consistent([3, 1]), 0.0).ratio == 0
    table = weighting_limits().random_index
    assert (table.of(1), table.of(3), table.of(5)) == (0.0, 0.58, 1.12)
    assert np.isnan(ahp(consistent(np.ones(16)), table.of(16)).ratio)


def test_joined_judgements_stay_reciprocal_and_equal_ones_stay_the_same():
    a, b = (np.array(EXAMPLES["journey"]["matrix"]), consistent([1, 3, 2, 0.5, 0.7]))
    both = joint(np.array([a, b]))
    np.testing.assert_allclose(both * both.T, np.ones((5, 5)), atol=1e-12)
    np.testing.assert_allclose(joint(np.array([a, a])), a, atol=1e-12)


@pytest.mark.parametrize("name", BEST_WORST)
def test_best_worst_equals_the_optimum_in_exact_fractions(name):
    case = BEST_WORST[name]
    assert case["optima"] == 1
    to_others, to_worst = np.array(case["best_to_others"]), np.array(case["others_to_worst"])
    found = bwm(to_others, to_worst, int(to_others.argmin()), int(to_worst.argmin()))
    np.testing.assert_allclose(found.weights[0], case["weights"], rtol=0, atol=CLOSE)
    assert found.ksi == pytest.approx(case["ksi"], abs=CLOSE)


def test_the_consistency_ratio_of_best_worst_is_that_of_its_input():
    found = bwm(np.array([1.0, 2, 4, 8]), np.array([8.0, 4, 2, 1]), 0, 3)
    assert found.ratio == 0
    np.testing.assert_allclose(found.weights[0], np.array([8, 4, 2, 1]) / 15, atol=CLOSE)
    off = bwm(np.array([1.0, 3, 4, 8]), np.array([8.0, 4, 2, 1]), 0, 3)
    assert off.ratios[1] == pytest.approx(abs(3 * 4 - 8) / (64 - 8))
    assert off.ratio == off.ratios.max()
    assert off.ksi > 0
