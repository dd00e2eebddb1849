"""Laws of the absorbed regression; numbers of other programs are in tests/explain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.panel_ols import (
    absorber,
    covariance,
    defects,
    difference,
    difference_absorber,
    factor,
    panel_ols,
    parameters,
)

# Double precision over a few hundred additions, with columns of ordinary scale.
ROUNDING = 1e-9
EFFECTS = ("twoway", "entity", "period", "none")
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(6, 14), st.integers(5, 9), st.integers(1, 3))


def made(seed, shape, *, holes):
    """A panel with effects, trends and, if asked for, about a tenth of its rows missing."""
    rng = np.random.default_rng(seed)
    e, p, k = shape
    x = rng.normal(size=(e, p, k)) + rng.normal(size=(e, 1, k)) + rng.normal(size=(1, p, k))
    y = x.sum(-1) + rng.normal(size=(e, 1)) + rng.normal(size=(e, p))
    mask = rng.random((e, p)) > 0.1 if holes else np.ones((e, p), dtype=bool)
    return np.where(mask, y, 0.0), np.where(mask[..., None], x, 0.0), mask


def dummies(mask, effects, *, trends):
    """All effects as columns, one row per observation."""
    e, t = np.nonzero(mask)
    entity = (e[:, None] == np.arange(mask.shape[0])).astype(float)
    period = (t[:, None] == np.arange(mask.shape[1])).astype(float)
    parts = {
        "twoway": [entity, period],
        "entity": [entity],
        "period": [period],
        "none": [np.ones((len(e), 1))],
    }[effects]
    return np.hstack([*parts, entity * t[:, None]] if trends else parts)


@given(seeds, shapes, st.booleans(), st.sampled_from(EFFECTS), st.booleans())
@settings(max_examples=60, deadline=None)
def test_absorbing_equals_dummy_variables(seed, shape, holes, effects, trends):
    y, x, mask = made(seed, shape, holes=holes)
    trends = trends and effects in ("twoway", "entity")
    fit = panel_ols(y, x, absorber(mask, effects, trends=trends))
    design = np.hstack([x[mask], dummies(mask, effects, trends=trends)])
    full = np.linalg.lstsq(design, y[mask], rcond=1e-12)[0]
    np.testing.assert_allclose(fit.beta, full[: shape[2]], rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(fit.residuals[mask], y[mask] - design @ full, atol=ROUNDING)
    assert fit.absorber.nested + fit.absorber.common == np.linalg.matrix_rank(
        dummies(mask, effects, trends=trends)
    )


@given(seeds, shapes, st.booleans(), st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=40, deadline=None)
def test_rescaling_rescales_the_coefficient(seed, shape, holes, a, b):
    y, x, mask = made(seed, shape, holes=holes)
    absorb = absorber(mask, "twoway")
    plain, scaled = panel_ols(y, x, absorb), panel_ols(a * y, b * x, absorb)
    np.testing.assert_allclose(scaled.beta, plain.beta * a / b, rtol=1e-8)
    before, after = np.diag(covariance(plain)), np.diag(covariance(scaled))
    np.testing.assert_allclose(np.sqrt(after), np.sqrt(before) * a / b, rtol=1e-8)


@given(seeds, shapes, st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_is_constant_in_an_entity_or_common_to_a_period_changes_nothing(seed, shape, holes):
    y, x, mask = made(seed, shape, holes=holes)
    rng = np.random.default_rng(seed + 1)
    e, p, k = shape
    shift = 10 * rng.normal(size=(e, 1, k)) + 10 * rng.normal(size=(1, p, k))
    absorb = absorber(mask, "twoway")
    moved = panel_ols(y + shift[..., 0], x + shift, absorb)
    plain = panel_ols(y, x, absorb)
    np.testing.assert_allclose(moved.beta, plain.beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(covariance(moved), covariance(plain), rtol=1e-7, atol=1e-9)


@given(seeds, shapes, st.booleans(), st.sampled_from(EFFECTS))
@settings(max_examples=40, deadline=None)
def test_the_order_of_entities_does_not_matter(seed, shape, holes, effects):
    y, x, mask = made(seed, shape, holes=holes)
    order = np.random.default_rng(seed).permutation(shape[0])
    plain = panel_ols(y, x, absorber(mask, effects))
    mixed = panel_ols(y[order], x[order], absorber(mask[order], effects))
    np.testing.assert_allclose(mixed.beta, plain.beta, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(covariance(mixed), covariance(plain), rtol=1e-8, atol=1e-12)


@given(seeds, shapes)
@settings(max_examples=30, deadline=None)
def test_two_periods_in_differences_equal_two_way_effects_in_levels(seed, shape):
    y, x, mask = made(seed, (shape[0], 2, 1), holes=False)
    level = panel_ols(y, x, absorber(mask, "twoway"))
    z, both = difference(np.concatenate([y[..., None], x], -1), mask, np.array([2000, 2001]))
    change = panel_ols(z[..., 0], z[..., 1:], difference_absorber(both, "twoway"))
    np.testing.assert_allclose(change.beta, level.beta, rtol=1e-8)


def test_a_difference_goes_by_period_and_not_by_row():
    z = np.arange(8.0).reshape(1, 4, 2)
    _, both = difference(z, np.ones((1, 4), dtype=bool), np.array([2010, 2011, 2013, 2014]))
    assert both.tolist() == [[True, False, True]]


def test_an_absorbed_column_and_a_combination_of_columns_are_named():
    _, x, mask = made(3, (12, 8, 3), holes=True)
    x = np.concatenate([x, x[..., :1] + 2 * x[..., 1:2]], axis=-1)
    absorb = absorber(mask, "twoway")
    assert defects(x, absorb.remove(x), mask).tied == (0, 1, 3)
    x[..., 2] = np.arange(12.0)[:, None] * mask
    found = defects(x, absorb.remove(x), mask)
    assert found.flat == (2,)
    x[..., 2] = 1e6 * mask  # a large constant, which leaves rounding noise
    assert defects(x, absorb.remove(x), mask).flat == (2,)


@pytest.mark.parametrize(
    ("effects", "counts"),
    [("entity", (3, 12, 2)), ("period", (10, 10, 2)), ("twoway", (10, 19, 2)), ("none", (3, 3, 3))],
)
def test_parameters_are_counted_as_each_program_counts_them(effects, counts):
    y, x, mask = made(5, (10, 8, 2), holes=False)
    fit = panel_ols(y, x, absorber(mask, effects))
    assert tuple(parameters(fit, kind) for kind in ("stata", "areg", "sss")) == counts
    assert factor(fit, "none") == 1.0
    assert factor(fit, "cr1") == pytest.approx(10 / 9)
    assert factor(fit, "stata") == pytest.approx(10 / 9 * 79 / (80 - counts[0]))
