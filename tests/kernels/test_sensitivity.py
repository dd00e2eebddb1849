"""First-order shares: closed forms and laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.sensitivity import first_order


def design(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(3, size=n), rng.integers(4, size=n)


def test_an_additive_function_has_the_shares_of_its_parts() -> None:
    a, b = design(200_000)
    f, g = np.array([0.0, 1.0, 5.0]), np.array([0.0, 2.0, 2.0, 4.0])
    y = (f[a] + g[b])[:, None]
    whole = f.var() + g.var()
    # 0.005: two hundred thousand draws
    assert abs(first_order(y, a)[0] - f.var() / whole) < 0.005
    assert abs(first_order(y, b)[0] - g.var() / whole) < 0.005


def test_a_choice_that_does_nothing_explains_nothing() -> None:
    """The plain ratio would be (levels - 1) / draws on average; the correction takes it out."""
    shares = [
        first_order(np.random.default_rng(s).normal(size=(60, 1)), design(60, s)[0])[0]
        for s in range(300)
    ]
    assert np.mean(shares) < 0.02


def test_a_pure_interaction_has_no_first_order_share() -> None:
    a, b = design(100_000)
    y = (np.array([-1.0, 0.0, 1.0])[a] * np.array([-1.0, 1.0, -1.0, 1.0])[b])[:, None]
    assert first_order(y, a)[0] < 0.001


@given(st.integers(0, 99), st.floats(-10, 10), st.floats(0.1, 10))
def test_shift_scale_and_names_of_choices_do_not_matter(
    seed: int, shift: float, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    label, y = rng.integers(3, size=50), rng.normal(size=(50, 2))
    one = first_order(y, label)
    two = first_order(shift + scale * y, np.array([7, 1, 4])[label])
    # 1e-9: the shift takes digits away from the sums of squares
    np.testing.assert_allclose(one, two, atol=1e-9)
    assert ((one >= 0) & (one <= 1)).all()


def test_what_does_not_vary_has_no_share() -> None:
    assert np.isnan(first_order(np.ones((10, 1)), np.arange(10) % 2)[0])


def test_what_the_choice_alone_decides_is_its_share() -> None:
    label = np.arange(40) % 4
    np.testing.assert_allclose(first_order(label[:, None].astype(float), label), 1.0)
