"""Laws of normalisation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.normalise import normalise

SCALINGS = ("global", "per_period", "zscore", "vector", "none")
# Sums of a few dozen terms of the same size.
CLOSE = 1e-12

values = arrays(np.float64, (5, 3, 2), elements=st.floats(-1e6, 1e6, allow_nan=False, width=32))


def columns_vary(x):
    return bool((np.ptp(x, axis=0) > 1e-3 * np.abs(x).max()).all())


@given(values, st.sampled_from(SCALINGS))
def test_a_negated_indicator_with_the_other_direction_is_the_same_to_the_last_bit(x, how):
    d = np.array([1.0, -1.0])
    assert np.array_equal(normalise(x, d, how).values, normalise(-x, -d, how).values)


@given(values, st.sampled_from(["global", "per_period"]))
def test_min_max_lies_in_the_unit_interval_and_reaches_its_ends(x, how):
    found = normalise(x, np.array([1.0, -1.0]), how)
    assert found.values.min() >= 0
    assert found.values.max() <= 1
    axis = 0 if how == "per_period" else (0, 1)
    low, high = found.values.min(axis=axis), found.values.max(axis=axis)
    live = ~np.squeeze(found.constant)
    assert (np.atleast_1d(low)[live] == 0).all()
    assert (np.atleast_1d(high)[live] == 1).all()


@given(values, st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_unit_and_origin_do_not_matter_to_min_max_and_z_scores(x, factor, shift):
    if not columns_vary(x):
        return
    d = np.array([1.0, -1.0])
    for how in ("global", "per_period", "zscore"):
        before, after = normalise(x, d, how), normalise(x * factor + shift, d, how)
        # A shift loses the digits that the spread has below the level.
        lost = (np.abs(x).max() + abs(shift) / factor) / np.ptp(x, axis=0).min()
        assert np.allclose(before.values, after.values, rtol=0, atol=1e-14 * lost)


def test_z_scores_have_mean_zero_and_population_deviation_one():
    x = np.random.default_rng(1).normal(3, 2, (7, 4, 3))
    z = normalise(x, np.ones(3), "zscore").values.reshape(-1, 3)
    assert np.allclose(z.mean(axis=0), 0, atol=CLOSE)
    assert np.allclose(z.std(axis=0), 1, atol=CLOSE)


def test_vector_scaling_has_length_one():
    x = np.random.default_rng(1).normal(3, 2, (7, 4, 3)) * [1e-200, 1.0, 1e200]
    z = normalise(x, np.ones(3), "vector").values
    assert np.allclose(np.sqrt((z**2).sum(axis=(0, 1))), 1, atol=CLOSE)


@pytest.mark.parametrize("how", ["global", "per_period", "zscore"])
def test_a_constant_column_is_zero_everywhere(how):
    x = np.random.default_rng(1).normal(size=(4, 3, 2))
    x[..., 1] = 0.1 + 0.2
    x[0, :, 1] = 0.3  # differs in the last bit only
    found = normalise(x, np.ones(2), how)
    assert (found.values[..., 1] == 0).all()
    assert found.constant[:, 1].all()
    assert not found.constant[:, 0].any()


def test_a_column_that_is_constant_in_one_period_is_zero_there():
    x = np.random.default_rng(1).normal(size=(4, 3, 1))
    x[:, 1] = 5.0
    found = normalise(x, np.ones(1), "per_period")
    assert (found.values[:, 1] == 0).all()
    assert found.constant[:, 0].tolist() == [False, True, False]
