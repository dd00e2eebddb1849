"""Gravity and centralities: networkx live, closed forms, laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.network import above_row_mean, gravity, network

# Sums of quotients of whole numbers.
ROUNDING = 1e-12

unhurried = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 2**32 - 1)


def made(seed, n=11, ties=0.2):
    found = np.random.default_rng(seed).random((n, n)) < ties
    np.fill_diagonal(found, False)
    return found


def places(seed, n=8):
    rng = np.random.default_rng(seed)
    at = rng.normal(size=(n, 2))
    return rng.gamma(2.0, size=n), np.hypot(*(at[:, None] - at).T).T


@unhurried
@given(seeds, st.floats(0.05, 0.6))
def test_centralities_equal_networkx_live(seed, ties):
    nx = pytest.importorskip("networkx", reason="networkx is not installed")
    found, a = network(made(seed, ties=ties)), made(seed, ties=ties)
    graph = nx.from_numpy_array(a.astype(int), create_using=nx.DiGraph)
    between = nx.betweenness_centrality(graph)
    inward, outward = nx.closeness_centrality(graph), nx.closeness_centrality(graph.reverse())
    for i in range(len(a)):
        assert found.betweenness[i] == pytest.approx(between[i], abs=ROUNDING)
        assert found.closeness_in[i] == pytest.approx(inward[i], abs=ROUNDING)
        assert found.closeness_out[i] == pytest.approx(outward[i], abs=ROUNDING)
        assert found.out_degree[i] == graph.out_degree(i)
    assert found.density == pytest.approx(nx.density(graph))
    assert found.components == nx.number_weakly_connected_components(graph)
    if a.any():
        assert found.reciprocity == pytest.approx(nx.reciprocity(graph))


def test_a_star_has_a_closed_form():
    star = np.zeros((5, 5), dtype=bool)
    star[0, 1:] = star[1:, 0] = True
    found = network(star)
    np.testing.assert_allclose(found.betweenness, [1, 0, 0, 0, 0])
    np.testing.assert_allclose(found.closeness_in, [1, 4 / 7, 4 / 7, 4 / 7, 4 / 7])
    assert found.reciprocity == 1


def test_no_ties_have_no_reciprocity():
    found = network(np.zeros((4, 4), dtype=bool))
    assert np.isnan(found.reciprocity)
    assert found.components == 4
    assert not found.betweenness.any()
    assert not found.closeness_in.any()


def test_gravity_equals_a_plain_loop():
    mass, distance = places(0)
    found = gravity(mass, distance, power=2.0, shared=True)
    for i in range(8):
        for j in range(8):
            share = mass[i] / (mass[i] + mass[j])
            want = 0.0 if i == j else share * mass[i] * mass[j] / distance[i, j] ** 2
            assert found[i, j] == pytest.approx(want)


@unhurried
@given(seeds, st.floats(0.1, 10), st.floats(0.1, 10))
def test_units_of_mass_and_distance_do_not_matter_to_ties(seed, a, b):
    mass, distance = places(seed)
    one = above_row_mean(gravity(mass, distance, power=2.0, shared=True))
    two = above_row_mean(gravity(a * mass, b * distance, power=2.0, shared=True))
    np.testing.assert_array_equal(one, two)


@unhurried
@given(seeds)
def test_shares_of_both_directions_add_up_to_the_undirected_pull(seed):
    mass, distance = places(seed)
    directed = gravity(mass, distance, power=1.5, shared=True)
    plain = gravity(mass, distance, power=1.5, shared=False)
    np.testing.assert_allclose(directed + directed.T, plain, rtol=1e-9)


@unhurried
@given(seeds)
def test_names_of_places_do_not_matter(seed):
    a = made(seed)
    order = np.random.default_rng(seed).permutation(len(a))
    one, two = network(a), network(a[np.ix_(order, order)])
    np.testing.assert_allclose(two.betweenness, one.betweenness[order], atol=ROUNDING)
    np.testing.assert_allclose(two.closeness_out, one.closeness_out[order], atol=ROUNDING)
