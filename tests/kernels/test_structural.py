"""Structural paths and decompositions: sums are exact, and brute force finds the same."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.input_output import coefficients, factorise, multipliers
from zhiheng.kernels.structural_decomposition import decompose, logarithmic, orders, state
from zhiheng.kernels.structural_paths import structural_paths

# sums of a few hundred products of order one
EXACT = 1e-10
seeds = st.integers(0, 10_000)


def table(seed, n=5, k=2):
    rng = np.random.default_rng(seed)
    z = rng.gamma(0.6, 10.0, (n, n)) * (rng.random((n, n)) < 0.8)
    y = rng.gamma(1.0, 30.0, (n, k)) + 0.1
    x = z.sum(axis=1) + y.sum(axis=1)
    return z, x, y, rng.gamma(1.0, 3.0, n)


def paths_of(seed, share=1e-3, depth=4, n=5):
    z, x, y, s = table(seed, n)
    a, final = coefficients(z, x), y.sum(axis=1)
    m = multipliers(factorise(z, x), s)
    total = float(m @ final)
    found = structural_paths(a, s, m, final, threshold=share * total, depth=depth)
    return a, s, final, total, found


@given(seeds, st.sampled_from([1e-2, 1e-4]), st.integers(0, 5))
def test_listed_paths_and_remainders_sum_to_the_total(seed, share, depth):
    *_, total, found = paths_of(seed, share, depth)
    parts = found.contribution.sum() + found.small + found.pruned + found.deeper
    assert parts == pytest.approx(total, rel=EXACT)
    assert found.total == pytest.approx(total, rel=EXACT)
    assert (np.diff(np.abs(found.contribution)) <= 0).all()
    assert found.complete


@settings(max_examples=20)
@given(seeds)
def test_every_large_chain_is_found_and_no_other(seed):
    a, s, final, total, found = paths_of(seed, share=2e-3, depth=3, n=4)
    expected = {}
    for tier in range(4):
        for chain in product(range(4), repeat=tier + 1):
            flow = final[chain[0]]
            for j, i in zip(chain[:-1], chain[1:], strict=True):
                flow *= a[i, j]
            if s[chain[-1]] * flow >= 2e-3 * total:
                expected[chain] = s[chain[-1]] * flow
    assert dict(zip(found.nodes, found.contribution, strict=True)) == pytest.approx(expected)


def test_nothing_is_pruned_without_a_threshold():
    *_, found = paths_of(3, share=0.0, depth=3)
    assert found.small == found.pruned == 0.0
    assert found.deeper > 0


def test_the_search_stops_where_it_would_grow_beyond_the_limit():
    z, x, y, s = table(3)
    m = multipliers(factorise(z, x), s)
    final = y.sum(axis=1)
    found = structural_paths(coefficients(z, x), s, m, final, threshold=0.0, depth=9, most=50)
    assert not found.complete
    assert found.contribution.sum() + found.deeper == pytest.approx(m @ final, rel=EXACT)


def test_memory_is_bounded_by_the_chains_that_are_looked_at():
    z, x, y, s = table(3)
    a, m, final = coefficients(z, x), multipliers(factorise(z, x), s), y.sum(axis=1)
    for most in (5, 30, 200, 1_000):
        found = structural_paths(a, s, m, final, threshold=0.0, depth=9, most=most)
        assert found.visited <= most
        parts = found.contribution.sum() + found.small + found.pruned + found.deeper
        assert parts == pytest.approx(m @ final, rel=EXACT)


def states(seed):
    made = [table(seed + 10_001 * i) for i in (0, 1)]
    return [state(s, z, x, y) for z, x, y, s in made]


@given(seeds)
def test_effects_sum_to_the_change_in_every_way(seed):
    start, end = states(seed)
    found = decompose(start, end)
    change = found.end - found.start
    size = max(found.start, found.end)
    for effects in (found.average, *found.polar, logarithmic(start, end).effects):
        assert effects.sum() == pytest.approx(change, abs=EXACT * size)
    assert (found.low <= found.average + EXACT * size).all()
    assert (found.high >= found.average - EXACT * size).all()


@settings(max_examples=10)
@given(seeds)
def test_the_average_is_the_mean_over_all_orders(seed):
    start, end = states(seed)
    found = decompose(start, end)
    ends = (start, end)

    def total(switch):
        i, c, h, k, f = switch
        n = len(start.intensity)
        inverse = np.linalg.inv(np.eye(n) - ends[c].a)
        return ends[i].intensity @ inverse @ (ends[h].mix @ ends[k].shares * ends[f].level)

    effects = []
    for order in permutations(range(5)):
        switch, made, before = [0] * 5, np.zeros(5), total([0] * 5)
        for place in order:
            switch[place] = 1
            after = total(switch)
            made[place] = after - before
            before = after
        effects.append(made)
    effects = np.array(effects)
    np.testing.assert_allclose(found.average, effects.mean(axis=0), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.low, effects.min(axis=0), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.high, effects.max(axis=0), rtol=1e-8, atol=1e-8)


def test_what_did_not_change_has_no_effect():
    z, x, y, s = table(5)
    start, end = state(s, z, x, y), state(s * 2, z, x, y)
    for effects in (decompose(start, end).average, logarithmic(start, end).effects):
        np.testing.assert_allclose(effects[1:], 0.0, atol=1e-9)
        assert effects[0] == pytest.approx(s @ x)


def test_two_determinants_by_hand():
    # 2 * 3 -> 5 * 7: effects (5-2)*(3+7)/2 and (7-3)*(2+5)/2
    found = orders(np.array([[6.0, 14.0], [15.0, 35.0]]))
    np.testing.assert_allclose(found.average, [15.0, 14.0])
    np.testing.assert_allclose(found.low, [9.0, 8.0])


def test_a_cell_that_turns_its_sign_has_no_logarithmic_effect():
    z, x, y, s = table(7)
    turned = y.copy()
    turned[2, 1] = -5.0
    both = state(s, z, x, y), state(s, z, x, turned)
    found = logarithmic(*both)
    assert found.turned[2, 1]
    assert np.isnan(found.effects).all()
    same = logarithmic(both[1], state(s * 1.1, z, x, turned))
    change = 0.1 * multipliers(factorise(z, x), s) @ turned.sum(axis=1)
    assert same.effects.sum() == pytest.approx(change)
