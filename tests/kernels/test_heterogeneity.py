"""Slopes under shuffled labels against fitting each labelling, and the level of the permutation."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.heterogeneity import (
    group_slopes,
    pair_statistics,
    permutation_p,
    permuted_labels,
    wald,
)
from zhiheng.kernels.panel_ols import absorber, covariance, panel_ols

# Cross products lose twice the digits of the columns.
SQUARES = 1e-7


def made(seed, *, entities=15, periods=6, holes=False):
    rng = np.random.default_rng(seed)
    mask = rng.random((entities, periods)) > 0.12 if holes else np.ones((entities, periods), bool)
    x, y, c = rng.normal(size=(3, entities, periods)) * mask
    return y + 0.4 * x, x, c[..., None], mask


@pytest.mark.parametrize("effects", ["twoway", "entity", "period", "none"])
@pytest.mark.parametrize("holes", [False, True])
def test_batched_slopes_equal_fitting_each_labelling(effects, holes):
    y, x, c, mask = made(3, holes=holes)
    absorb = absorber(mask, effects)
    number = np.arange(15) % 3
    shuffled = np.concatenate([number[None], permuted_labels(number, 3, draws=7, seed=1)])
    labels = (shuffled[..., None] == np.arange(3)).astype(float)
    found = group_slopes(y, x, c, labels, absorb)
    for draw in range(8):
        columns = np.concatenate([x[..., None] * labels[draw][:, None, :], c], axis=-1)
        fit = panel_ols(y, columns, absorb)
        np.testing.assert_allclose(found.beta[draw], fit.beta[:3], rtol=SQUARES, atol=SQUARES)
        v = covariance(fit)[:3, :3]
        np.testing.assert_allclose(found.covariance[draw], v, rtol=SQUARES, atol=SQUARES)
        gap = np.array([[-1, 1, 0], [-1, 0, 1]])
        d = gap @ fit.beta[:3]
        joint = d @ np.linalg.solve(gap @ v @ gap.T, d)
        np.testing.assert_allclose(wald(found)[draw], joint, rtol=1e-5)
        t = abs(fit.beta[0] - fit.beta[1]) / np.sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1])
        pairs = np.array([[0, 1]])
        np.testing.assert_allclose(pair_statistics(found, pairs)[draw, 0], t, rtol=1e-5)


def test_a_permutation_moves_whole_entities_and_keeps_sizes():
    number = np.array([0, 0, 0, 1, 1, 2])
    shuffled = permuted_labels(number, 3, draws=50, seed=9)
    assert (np.sort(shuffled, axis=1) == number).all()
    assert len(np.unique(shuffled, axis=0)) > 20


def test_undefined_labellings_take_no_part_in_the_p_value():
    p, used = permutation_p(np.array([1.0]), np.array([[2.0], [np.nan], [0.5], [1.0]]))
    assert used.tolist() == [3]
    assert p[0] == pytest.approx(3 / 4)


@pytest.mark.slow
def test_the_permutation_keeps_its_level_when_slopes_are_equal():
    rejected = 0
    number = np.arange(18) % 3
    absorb = absorber(np.ones((18, 8), dtype=bool), "twoway")
    for r in range(600):
        rng = np.random.default_rng(r)
        x = rng.normal(size=(18, 8)).cumsum(axis=1)
        y = 0.5 * x + rng.normal(size=(18, 8)).cumsum(axis=1)
        shuffled = np.concatenate([number[None], permuted_labels(number, 3, draws=199, seed=r)])
        labels = (shuffled[..., None] == np.arange(3)).astype(float)
        joint = wald(group_slopes(y, x, np.zeros((18, 8, 0)), labels, absorb))[:, None]
        rejected += permutation_p(joint[0], joint[1:])[0][0] <= 0.05
    assert 0.025 <= rejected / 600 <= 0.075  # 0.05 and three standard errors
