"""Ridge against R, against the normal equations, and the resampled moments against refits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.panel_ols import absorber
from zhiheng.kernels.ridge import (
    choose,
    gcv,
    hoerl_kennard_baldwin,
    inflation,
    moments,
    ridge,
    trace,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "stirpat"
# Two programs in double precision on 816 rows; R prints sixteen digits.
PROGRAM = 1e-9
unhurried = settings(deadline=None)


def rows(file):
    with (REFERENCE / file).open() as lines:
        return [
            {k: float(v) if k != "term" else v for k, v in row.items()}
            for row in csv.DictReader(lines)
        ]


def stored():
    data = rows("input.csv")
    z = np.array([[row[k] for k in ("y", "x1", "x2", "x3", "x4")] for row in data])
    # lm.ridge removes an intercept and counts no parameter for it
    z = (z - z.mean(axis=0)).reshape(48, 17, 5)
    nested = np.stack([np.full(48, 17.0), np.zeros(48)], axis=-1)
    return moments(z, np.zeros((48, 17, 0)), np.ones((1, 48)), nested=nested)


@pytest.mark.parametrize("row", rows("ridge.csv"), ids=lambda row: f"lambda {row['lambda']:g}")
def test_coefficients_and_criterion_equal_r(row):
    m = stored()
    k = np.array([row["lambda"] / m.rows[0]])
    want = [row[f"x{j}"] for j in range(1, 5)]
    np.testing.assert_allclose(ridge(m, k)[0], want, rtol=PROGRAM)
    np.testing.assert_allclose(trace(m, k)[0], want, rtol=PROGRAM)
    np.testing.assert_allclose(gcv(m, k)[0, 0], row["gcv"], rtol=PROGRAM)


def test_inflation_equals_r():
    m = stored()
    correlation = m.xx[0] / np.outer(m.scale[0], m.scale[0])
    np.testing.assert_allclose(inflation(correlation), [r["vif"] for r in rows("vif.csv")],
                               rtol=PROGRAM)  # fmt: skip


def test_the_k_of_hoerl_kennard_and_baldwin_equals_r_up_to_its_intercept():
    m = stored()
    # lm.ridge takes n - p - 1 degrees of freedom, p - 2 for p as Lawless and Wang, and n k
    n = float(m.rows[0])
    ours = hoerl_kennard_baldwin(m)[0] * n * (n - 4) / (n - 5) * (4 - 2) / 4
    assert ours == pytest.approx(rows("vif.csv")[0]["hkb"], rel=1e-9)


def drawn(seed, effects, holes=0.1):
    rng = np.random.default_rng(seed)
    mask = rng.random((12, 6)) > holes
    z = rng.normal(size=(12, 6, 4)) + rng.normal(size=(12, 1, 4)) + rng.normal(size=(1, 6, 4))
    absorb = absorber(mask, effects)
    swept = absorb.sweep(z)
    shared = absorb.sweep(np.repeat(absorb.shared[None], 12, axis=0) * mask[..., None])
    nested = np.stack([mask.sum(axis=1), (absorb.basis**2).sum(axis=(1, 2))], axis=-1)
    return z, mask, swept, shared, nested


@pytest.mark.parametrize("effects", ["twoway", "entity", "period", "none"])
def test_moments_of_a_resample_equal_those_of_the_stacked_panel(effects):
    z, mask, swept, shared, nested = drawn(1, effects)
    picks = np.array([0, 0, 2, 3, 3, 3, 5, 7, 8, 9, 10, 11])
    weights = np.bincount(picks, minlength=12)[None].astype(float)
    found = moments(swept, shared, weights, nested=nested)
    again = absorber(mask[picks], effects)
    left = again.remove(z[picks]).reshape(-1, 4)
    gram = left.T @ left
    np.testing.assert_allclose(found.xx[0], gram[1:, 1:], atol=1e-9)
    np.testing.assert_allclose(found.xy[0], gram[1:, 0], atol=1e-9)
    np.testing.assert_allclose(found.yy[0], gram[0, 0], atol=1e-9)
    assert found.rows[0] == again.mask.sum()
    assert found.absorbed[0] == pytest.approx(again.nested + again.common)


@unhurried
@given(st.integers(0, 50), st.floats(0, 10))
def test_ridge_solves_its_normal_equations(seed, k):
    _, _, swept, shared, nested = drawn(seed, "twoway")
    m = moments(swept, shared, np.ones((1, 12)), nested=nested)
    b = ridge(m, np.array([k]))[0]
    left = m.xx[0] @ b + k * m.scale[0] ** 2 * b
    np.testing.assert_allclose(left, m.xy[0], atol=1e-9 * np.abs(m.xy[0]).max())


@unhurried
@given(st.integers(0, 50))
def test_coefficients_shrink_as_k_grows(seed):
    _, _, swept, shared, nested = drawn(seed, "entity")
    m = moments(swept, shared, np.ones((1, 12)), nested=nested)
    length = np.linalg.norm(trace(m, np.logspace(-4, 3, 30)) * m.scale[0], axis=1)
    assert (np.diff(length) <= 1e-12).all()


def test_the_chosen_k_has_the_smallest_criterion():
    _, _, swept, shared, nested = drawn(3, "entity")
    m = moments(swept, shared, np.ones((1, 12)), nested=nested)
    grid = np.logspace(-5, 1, 40)
    assert gcv(m, grid)[0].min() == gcv(m, choose(m, grid))[0, 0]


def test_inflation_by_hand_for_two_columns():
    r = 0.9
    np.testing.assert_allclose(inflation(np.array([[1, r], [r, 1]])), 1 / (1 - r**2))
