"""VIKOR, Copeland and Mazziotta-Pareto against their definitions and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.aggregate import prepare, score

CLOSE = 1e-12
cubes = arrays(np.float64, (5, 2, 3), elements=st.floats(0, 1, width=16))
weightings = arrays(np.float64, (3,), elements=st.floats(0.0625, 1, width=16))


def plain_vikor(z, w, v, *, own):
    out = np.empty(z.shape[:2]).T
    for p in range(z.shape[1]):
        pool = z[:, p : p + 1] if own else z
        best, worst = pool.max(axis=(0, 1)), pool.min(axis=(0, 1))
        d = np.array(
            [[(b - x) / (b - a) if b > a else 0.0 for x, a, b in zip(row, worst, best, strict=True)]
             for row in z[:, p]]
        )  # fmt: skip
        s, r = d @ w, (d * w).max(axis=1)
        parts = [(t - t.min()) / np.ptp(t) if np.ptp(t) > 0 else 0 * t for t in (s, r)]
        out[p] = 1 - v * parts[0] - (1 - v) * parts[1]
    return out


def plain_copeland(z, w):
    entities, periods, _ = z.shape
    out = np.zeros((periods, entities))
    for p in range(periods):
        for i in range(entities):
            for j in range(entities):
                ahead = sum(
                    wk * (1.0 if a > b else 0.5 if a == b else 0.0)
                    for wk, a, b in zip(w, z[i, p], z[j, p], strict=True)
                )
                if i != j and abs(ahead - 0.5) > CLOSE:
                    out[p, i] += 1 if ahead > 0.5 else -1
    return out


@given(cubes, weightings, st.booleans())
def test_vikor_equals_its_definition(z, w, own):
    w = w / w.sum()
    found = score(prepare(z, "vikor", by_period=own, power=0.5), w[None])
    # ranges that rounding made turn 0/0 into anything: none here, values have eleven bits
    assert np.allclose(found, plain_vikor(z, w, 0.5, own=own), atol=1e-9)


@given(cubes, weightings)
def test_copeland_equals_its_definition(z, w):
    w = w / w.sum()
    found = score(prepare(z, "copeland"), w[None])
    assert np.array_equal(found, plain_copeland(z, w))


@given(cubes)
def test_copeland_scores_of_a_period_sum_to_zero(z):
    w = np.full((1, 3), 1 / 3)
    assert np.array_equal(score(prepare(z, "copeland"), w).sum(axis=1), np.zeros(2))


@given(cubes, weightings)
def test_the_penalty_of_mazziotta_and_pareto_is_the_mean_times_the_squared_variation(z, w):
    w, z = w / w.sum(), 70 + 60 * z
    found = score(prepare(z, "mazziotta_pareto"), w[None])
    mean = z @ w
    deviation = np.sqrt(((z - mean[:, :, None]) ** 2) @ w)
    assert np.allclose(found, (mean - deviation * (deviation / mean)).T, atol=1e-9)


def test_thousands_of_weights_at_once_equal_one_at_a_time():
    rng = np.random.default_rng(0)
    z, w = rng.random((7, 3, 4)), rng.dirichlet(np.ones(4), size=(50, 1))
    for rule in ("vikor", "copeland", "mazziotta_pareto", "topsis"):
        made = prepare(z + 1, rule, power=0.5)
        found = score(made, w)
        assert np.allclose(found, [score(made, one) for one in w], atol=CLOSE)
        assert np.allclose(score(made.cut(slice(1, 3)), w), found[:, 1:3], atol=CLOSE)


@pytest.mark.parametrize("entities", [2, 3, 30, 301])
def test_the_number_of_entities_is_known_from_the_pairs(entities):
    z = np.random.default_rng(1).random((entities, 1, 2))
    assert prepare(z, "copeland").entities == entities
