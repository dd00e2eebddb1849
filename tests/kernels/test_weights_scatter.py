"""Scatter degree and projection pursuit against eigenvectors, grids and definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import unfit, weigh
from zhiheng.kernels.weights_pursuit import friedman_tukey, projection_pursuit
from zhiheng.kernels.weights_scatter import scatter_degree

# Two routines for symmetric eigenvectors.
EIGEN = 1e-10
WINDOW = 0.1


def made(seed=1, shape=(9, 4, 5), how="global"):
    x = np.random.default_rng(seed).lognormal(size=shape)
    return normalise(x, np.ones(shape[2]), how)


def by_definition(x, direction, window=WINDOW):
    """Friedman-Tukey index with all pairs."""
    p = x @ direction
    s = p.std(ddof=1)
    gaps = np.abs(p[:, None] - p)
    return s * np.maximum(window * s - gaps, 0).sum()


def test_scatter_weights_are_the_dominant_eigenvector():
    z = made()
    h = sum(z.values[:, t].T @ z.values[:, t] for t in range(4))
    values, vectors = np.linalg.eig(h)
    top = np.abs(vectors[:, np.argmax(values.real)].real)
    found = scatter_degree(z)
    np.testing.assert_allclose(found.weights[0], top / top.sum(), atol=EIGEN)
    assert found.attained == pytest.approx(found.largest, rel=EIGEN)
    assert not found.constrained


def test_no_non_negative_direction_scatters_more_where_the_eigenvector_has_two_signs():
    z = made(3, (8, 2, 3), "zscore")
    found = scatter_degree(z)
    x = z.values.reshape(-1, 3)
    h = x.T @ x
    a, b = np.meshgrid(np.linspace(0, np.pi / 2, 801), np.linspace(0, np.pi / 2, 801))
    grid = np.stack([np.cos(a) * np.sin(b), np.sin(a) * np.sin(b), np.cos(b)], axis=-1)
    best = np.einsum("...i,ij,...j->...", grid, h, grid).max()
    assert found.constrained
    assert (found.direction >= 0).all()
    # the grid comes as near as its step squared
    assert best * (1 - 1e-12) <= found.attained <= best * (1 + 1e-5)
    assert found.attained < found.largest


@given(st.integers(0, 200), st.sampled_from(["global", "zscore"]))
def test_scatter_weights_are_shares_and_do_not_depend_on_order(seed, how):
    x = np.random.default_rng(seed).lognormal(size=(6, 3, 4))
    columns = np.array([3, 1, 0, 2])
    w = weigh(normalise(x, np.ones(4), how), "scatter_degree")[0]
    y = x[::-1, ::-1][..., columns]
    moved = weigh(normalise(y, np.ones(4), how), "scatter_degree")[0]
    np.testing.assert_allclose(moved, w[columns], atol=1e-7)
    if np.isfinite(w).all():
        assert (w >= 0).all()
        assert w.sum() == pytest.approx(1, abs=1e-12)


def test_indicators_that_all_oppose_each_other_have_no_unique_scatter_weights():
    x = np.array([[3, 0, 0], [0, 3, 0], [0, 0, 3], [1, 1, 1.0]])[:, None]
    z = normalise(x, np.ones(3), "zscore")
    assert np.isnan(scatter_degree(z).weights).all()
    assert unfit(z, "scatter_degree") == "tied"


def test_the_compiled_index_is_the_definition():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(40, 3)).round(1)  # ties too
    directions = np.abs(rng.standard_normal((50, 3)))
    for window in (0.1, 0.5, 3.0):
        ours = friedman_tukey(x, directions, window)
        theirs = [by_definition(x, d, window) for d in directions]
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


@pytest.mark.parametrize("seed", range(4))
def test_pursuit_reaches_the_best_of_a_fine_grid_of_two_indicators(seed):
    z = made(seed, (15, 2, 2))
    x = np.ascontiguousarray(z.values.reshape(-1, 2))
    angle = np.linspace(0, np.pi / 2, 200_001)
    best = friedman_tukey(x, np.stack([np.cos(angle), np.sin(angle)], axis=1), WINDOW).max()
    found = projection_pursuit(z)
    assert found.index >= best * (1 - 1e-7)
    assert by_definition(x, found.direction) == pytest.approx(found.index, rel=1e-11)


def test_pursuit_beats_every_one_of_many_random_directions():
    z = made(5, (16, 4, 6))
    x = np.ascontiguousarray(z.values.reshape(-1, 6))
    tried = np.abs(np.random.default_rng(9).standard_normal((50_000, 6)))
    tried /= np.linalg.norm(tried, axis=1, keepdims=True)
    found = projection_pursuit(z)
    assert found.index > friedman_tukey(x, tried, WINDOW).max()
    assert found.agreeing >= 1
    assert found.reached[0] == found.index


@settings(max_examples=10)
@given(st.integers(0, 50))
def test_pursuit_does_not_depend_on_order_and_repeats_itself(seed):
    x = np.random.default_rng(seed).lognormal(size=(6, 2, 3))
    columns = np.array([2, 0, 1])
    one = projection_pursuit(normalise(x, np.ones(3), "global"))
    again = projection_pursuit(normalise(x, np.ones(3), "global"))
    moved = projection_pursuit(normalise(x[::-1][..., columns], np.ones(3), "global"))
    np.testing.assert_array_equal(one.weights, again.weights)
    # the sum of entries is taken in another order
    np.testing.assert_allclose(one.weights[0][columns], moved.weights[0], rtol=0, atol=1e-15)
    assert one.weights.sum() == pytest.approx(1, abs=1e-12)


def test_a_constant_column_has_weight_zero():
    x = np.random.default_rng(2).lognormal(size=(7, 2, 4))
    x[..., 1] = 3.0
    for how in ("global", "none"):
        z = normalise(x, np.ones(4), how)
        assert scatter_degree(z).weights[0, 1] == 0
        assert projection_pursuit(z).weights[0, 1] == 0


def test_nothing_that_varies_has_no_weights():
    z = normalise(np.ones((4, 2, 3)), np.ones(3), "global")
    assert np.isnan(scatter_degree(z).weights).all()
    assert np.isnan(projection_pursuit(z).weights).all()
