"""Shapley values over subsets and Sobol indices: twins, closed forms, laws."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import sobol_indices, uniform

from zhiheng.kernels.attribution import (
    alone_and_last,
    resampled_sobol,
    shapley_of_subsets,
    sobol,
    subsets,
)

ROUNDING = 1e-12  # sums of 2^K terms of order one


def drawn(causes, seed=0, *more):
    return np.random.default_rng(seed).normal(size=(2**causes, *more))


def by_orders(values):
    """The definition: what each adds when it comes, averaged over all orders."""
    causes = len(values).bit_length() - 1
    total = np.zeros((causes, *values.shape[1:]))
    orders = list(permutations(range(causes)))
    for order in orders:
        here = 0
        for k in order:
            total[k] += values[here | 1 << k] - values[here]
            here |= 1 << k
    return total / len(orders)


def test_equals_the_stored_games():
    folder = Path(__file__).parents[1] / "reference" / "lever_attribution"
    given, exact = (json.loads((folder / f"{n}.json").read_text()) for n in ("input", "expected"))
    for game, shares in zip(given, exact, strict=True):
        found = shapley_of_subsets(np.array([float(Fraction(v)) for v in game]))
        np.testing.assert_allclose(found, [float(Fraction(s)) for s in shares], atol=ROUNDING)


@pytest.mark.parametrize("causes", [1, 2, 3, 5])
def test_shares_equal_the_average_over_all_orders(causes):
    values = drawn(causes, causes, 4)
    np.testing.assert_allclose(shapley_of_subsets(values), by_orders(values), atol=ROUNDING)


@given(st.integers(1, 8), st.integers(0, 99))
@settings(deadline=None)
def test_shares_sum_exactly_to_the_total_effect(causes, seed):
    values = drawn(causes, seed, 3)
    total = shapley_of_subsets(values).sum(axis=0)
    np.testing.assert_allclose(total, values[-1] - values[0], atol=ROUNDING)


def test_an_idle_cause_gets_nothing_and_equal_ones_get_the_same():
    acts = subsets(4)
    values = np.where(acts[:, 0] & acts[:, 1], 3.0, 0.0) + 2.0 * acts[:, 2]
    np.testing.assert_allclose(shapley_of_subsets(values), [1.5, 1.5, 2.0, 0.0], atol=ROUNDING)
    first, last = alone_and_last(values)
    np.testing.assert_allclose(first, [0, 0, 2, 0])
    np.testing.assert_allclose(last, [3, 3, 2, 0])


def test_where_nothing_interacts_shares_are_the_separate_effects():
    weight = np.array([1.0, -2.0, 5.0, 0.5])
    np.testing.assert_allclose(shapley_of_subsets(subsets(4) @ weight), weight, atol=ROUNDING)


def ishigami_samples(n):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-np.pi, np.pi, (2, 3, n))
    mixed = np.stack([np.where(np.arange(3)[:, None] == g, b, a) for g in range(3)])

    def f(x):
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    return f(a), f(b), np.stack([f(m) for m in mixed])


def test_equals_scipy_on_the_same_samples():
    f_a, f_b, f_ab = ishigami_samples(256)
    peer = sobol_indices(
        func={"f_A": f_a[None], "f_B": f_b[None], "f_AB": f_ab[:, None]},
        n=256, dists=[uniform()] * 3,
    )  # fmt: skip
    first, total = sobol(f_a, f_b, f_ab)
    np.testing.assert_allclose(first, np.ravel(peer.first_order), atol=ROUNDING)
    np.testing.assert_allclose(total, np.ravel(peer.total_order), atol=ROUNDING)


def test_comes_near_the_closed_form_of_the_ishigami_function():
    first, total = sobol(*ishigami_samples(2**16))
    # half of a per cent of the variance is two standard errors at this size, roughly
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=0.03)
    np.testing.assert_allclose(total, [0.5576, 0.4424, 0.2437], atol=0.03)


def test_resampled_indices_lie_around_the_indices_and_repeat_with_the_seed():
    samples = ishigami_samples(512)
    first, total = resampled_sobol(*samples, 100, 3)
    assert first.shape == total.shape == (100, 3)
    np.testing.assert_allclose(first.mean(axis=0), sobol(*samples)[0], atol=0.05)
    np.testing.assert_array_equal(first, resampled_sobol(*samples, 100, 3)[0])


def test_an_outcome_that_does_not_vary_has_no_indices():
    flat = np.ones(16)
    assert np.isnan(sobol(flat, flat, np.ones((2, 16)))[0]).all()
