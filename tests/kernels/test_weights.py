"""Laws of weights, and entropy by its closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import entropy, equal_by_group, shares, weigh

# Weights are ratios of sums of a few dozen terms.
CLOSE = 1e-12

positive = arrays(np.float64, (5, 3, 4), elements=st.floats(0, 1e6, allow_nan=False, width=32))


def scaled(x, how="global"):
    return normalise(x, np.ones(x.shape[2]), how)


@given(positive, st.sampled_from(["equal", "equal_by_group", "entropy", "entropy_per_period"]))
def test_weights_are_shares(x, how):
    x[0, :, 0], x[1, :, 0] = 0.0, 1.0  # so that something varies in every period
    w = weigh(scaled(x), how, groups=["a", "a", "b", "c"])
    assert (w >= 0).all()
    assert np.allclose(w.sum(axis=1), 1, atol=CLOSE)
    assert w.shape == ((3, 4) if how == "entropy_per_period" else (1, 4))


@given(positive)
def test_entropy_lies_between_zero_and_one(x):
    for per_period in (False, True):
        found = entropy(scaled(x), per_period=per_period)
        assert (found.entropy >= -CLOSE).all()
        assert (found.entropy <= 1).all()
        assert (found.divergence >= 0).all()


@given(positive, st.floats(1e-3, 1e3))
def test_the_unit_of_a_raw_value_does_not_matter_to_entropy(x, factor):
    x[..., 0] = np.arange(15).reshape(5, 3)
    before = weigh(scaled(x, "none"), "entropy")
    after = weigh(scaled(x * factor, "none"), "entropy")
    assert np.allclose(before, after, atol=1e-9)


def test_one_cell_holding_everything_has_entropy_zero_and_an_even_spread_has_one():
    x = np.zeros((4, 2, 2))
    x[0, 0, 0] = 3.0
    x[..., 1] = np.array([1.0, 1.0 + 1e-9])[None, :]
    found = entropy(scaled(x, "none"))
    assert found.entropy[0, 0] == 0.0
    assert found.entropy[0, 1] == pytest.approx(1.0, abs=CLOSE)
    assert found.weights[0, 0] == pytest.approx(1.0, abs=CLOSE)


@pytest.mark.parametrize("how", ["global", "none"])
def test_a_constant_column_has_entropy_weight_zero(how):
    x = np.random.default_rng(2).uniform(1, 2, (5, 3, 3))
    x[..., 1] = 7.0
    for kind in ("entropy", "entropy_per_period"):
        w = weigh(scaled(x, how), kind)
        assert (w[:, 1] == 0).all()
        assert (w[:, [0, 2]] > 0).all()


def test_pooled_entropy_of_one_period_is_the_entropy_of_that_period():
    x = np.random.default_rng(3).uniform(1, 2, (6, 1, 3))
    pooled, apart = (entropy(scaled(x), per_period=p) for p in (False, True))
    assert np.allclose(pooled.weights, apart.weights, atol=CLOSE)


def test_groups_weigh_alike_and_share_equally():
    w = equal_by_group(["b", "a", "b", "b", "c"])[0]
    assert np.allclose(w, [1 / 9, 1 / 3, 1 / 9, 1 / 9, 1 / 3], atol=CLOSE)


def test_given_weights_are_divided_by_their_sum():
    assert shares(np.array([32, 18, 21, 18, 10, 10.0]))[0] == pytest.approx(
        np.array([32, 18, 21, 18, 10, 10]) / 109, abs=CLOSE
    )
