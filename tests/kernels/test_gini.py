"""The Gini coefficient: brute force and laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.gini import gini

VALUES = arrays(np.float64, st.integers(2, 30), elements=st.floats(0.01, 1e3))
ROUNDING = 1e-12  # sums of a few hundred terms of order one


@given(VALUES)
def test_equals_the_mean_absolute_difference(y: np.ndarray) -> None:
    brute = np.abs(y[:, None] - y).sum() / (2 * len(y) ** 2 * y.mean())
    assert abs(gini(y) - brute) < ROUNDING


@given(VALUES, st.floats(0.01, 100))
def test_the_unit_does_not_matter(y: np.ndarray, factor: float) -> None:
    assert abs(gini(y * factor) - gini(y)) < ROUNDING


@given(VALUES)
def test_replicating_everybody_does_not_matter(y: np.ndarray) -> None:
    assert abs(gini(np.repeat(y, 3)) - gini(y)) < ROUNDING


def test_many_samples_at_once_equal_one_by_one() -> None:
    y = np.random.default_rng(0).lognormal(size=(5, 30))
    np.testing.assert_allclose(gini(y), [gini(row) for row in y], rtol=ROUNDING)
