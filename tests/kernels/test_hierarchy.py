"""Nested indices: equal to the recursion written out, and flat where the rules allow it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels.aggregate import prepare, prepare_nested, score
from zhiheng.kernels.hierarchy import Level, equal_in_tree, node_scores

# products and powers of numbers of about one
CLOSE = 1e-12
RULES = ("additive", "geometric", "harmonic", "generalised")
# eleven items in five groups, the groups in two, the two in one
PARENTS = (
    np.array([0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4]),
    np.array([0, 0, 0, 1, 1]),
    np.array([0, 0]),
)
SHIFT = 0.01


def mean(values, weights, rule, power):
    w = np.array(weights) / np.sum(weights)
    v = np.array(values)
    if rule == "additive":
        return float(w @ v)
    if rule == "geometric":
        return float(np.prod(v**w))
    if rule == "harmonic":
        return float(1 / (w @ (1 / v)))
    return float((w @ v**power) ** (1 / power))


def recursion(z, weights, rules, power):
    """One entity and period, node by node."""
    values, mass, moved = list(z), list(weights), False
    for parent, rule in zip(PARENTS, rules, strict=True):
        if rule != "additive" and not moved:
            values = [SHIFT + (1 - SHIFT) * v for v in values]
            moved = True
        groups = range(parent.max() + 1)
        members = [[i for i in range(len(values)) if parent[i] == g] for g in groups]
        values = [mean([values[i] for i in m], [mass[i] for i in m], rule, power) for m in members]
        mass = [sum(mass[i] for i in m) for m in members]
    return values[0]


def levels(rules, power=0.5):
    return tuple(Level(p, r, power) for p, r in zip(PARENTS, rules, strict=True))


@pytest.mark.parametrize("rules", [(a, b, c) for a in RULES for b in RULES for c in RULES[:2]])
def test_equals_the_recursion_node_by_node(rules):
    rng = np.random.default_rng(3)
    z, w = rng.random((4, 2, 11)), rng.dirichlet(np.ones(11), size=(5, 1))
    found = score(prepare_nested(z, levels(rules), shift=SHIFT), w)
    for d in range(5):
        for p in range(2):
            expected = [recursion(z[e, p], w[d, 0], rules, 0.5) for e in range(4)]
            assert np.allclose(found[d, p], expected, atol=CLOSE)


@given(st.sampled_from(RULES), st.integers(0, 9))
def test_the_same_mean_at_every_level_is_the_flat_one(rule, seed):
    rng = np.random.default_rng(seed)
    z, w = rng.random((6, 3, 11)), rng.dirichlet(np.ones(11))[None]
    nested = score(prepare_nested(z, levels((rule,) * 3), shift=SHIFT), w)
    flat = score(prepare(z, rule, shift=SHIFT, power=0.5), w)
    assert np.allclose(nested, flat, atol=CLOSE)


def test_siblings_weigh_the_same_at_every_level():
    w = equal_in_tree(PARENTS)[0]
    assert np.isclose(w.sum(), 1.0, atol=CLOSE)
    assert np.allclose(w[:2], 1 / 2 / 3 / 2, atol=CLOSE)
    assert np.allclose(w[7:], 1 / 2 / 2 / 2, atol=CLOSE)


def test_weights_by_period_and_a_group_without_weight_are_borne():
    rng = np.random.default_rng(5)
    z, w = rng.random((4, 2, 11)), rng.dirichlet(np.ones(11), size=2)
    w[:, :2] = 0.0
    w /= w.sum(axis=1, keepdims=True)
    made = prepare_nested(z, levels(("additive", "geometric", "additive")), shift=SHIFT)
    nodes = node_scores(made.parts[0], made.levels, w)
    assert [n.shape for n in nodes] == [(2, 5, 4), (2, 2, 4), (2, 1, 4)]
    assert np.isfinite(nodes[-1]).all()
