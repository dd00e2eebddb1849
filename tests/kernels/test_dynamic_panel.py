"""Laws of dynamic panels by GMM; numbers of other programs are in tests/explain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.dynamic_panel import autocorrelation, first_order, gmm, identified
from zhiheng.kernels.moment_stack import (
    Design,
    Instrumented,
    first_step_matrix,
    lagged,
    observed,
    stack,
)

# Inverses of weighting matrices with condition numbers up to 1e6.
ROUNDING = 1e-7
seeds = st.integers(0, 2**32 - 1)
ways = st.fixed_dictionaries(
    {
        "system": st.booleans(),
        "periods": st.booleans(),
        "collapse": st.booleans(),
        "weighting": st.sampled_from(["full", "block", "identity"]),
    }
)


def drawn(seed, *, entities=40, periods=7, rho=0.5, holes=False):
    """y = rho y_-1 + x + effect + error, with x that reacts to the past of y."""
    rng = np.random.default_rng(seed)
    start = 20
    effect = rng.normal(size=entities)
    y, x = np.zeros((entities, periods + start)), np.zeros((entities, periods + start))
    for t in range(1, periods + start):
        shock = rng.normal(size=entities)
        x[:, t] = 0.4 * x[:, t - 1] + 0.2 * y[:, t - 1] + rng.normal(size=entities)
        y[:, t] = rho * y[:, t - 1] + 0.3 * x[:, t] + effect + shock
    seen = np.ones((entities, periods), dtype=bool)
    if holes:  # ragged ends, and single cells missing in between
        seen[: entities // 3, 0] = False
        seen[entities // 2 :, -1] = False
        seen[::7, 3] = False
    return y[:, start:] * seen, x[:, start:] * seen, seen


def stacked(y, x, seen, *, last=99, **how):
    design = Design(y, np.stack([lagged(y, 1), x], -1), observed(seen, 1), seen)
    own = [Instrumented(y, 2, last), Instrumented(x, 1, last)]
    return stack(design, own, np.zeros((*y.shape, 0)), **how)


def equations(seen, *, system):
    """Rows in use by entity, as (entity, row, kind, period), and their number."""
    count = seen.shape[1]
    ok = seen & np.pad(seen[:, :-1], ((0, 0), (1, 0)))
    rows = [("d", t) for t in range(1, count)]
    rows += [("l", t) for t in range(count)] if system else []
    apart = ok & np.pad(ok[:, :-1], ((0, 0), (1, 0)))
    used = {"d": apart, "l": ok}
    found = [
        (e, r, kind, t)
        for e in range(len(seen))
        for r, (kind, t) in enumerate(rows)
        if used[kind][e, t]
    ]
    return found, len(rows)


def past(v, seen, e, t, first, last):
    """(lag, value) of the levels that instrument a difference."""
    return [(g, v[e, t - g]) for g in range(first, min(last, t) + 1) if seen[e, t - g]]


def instruments_by_hand(y, x, seen, found, rows, *, system, periods, collapse, last):
    labels, entries = {}, []
    for e, r, kind, t in found:
        pairs = []
        for name, v, first in (("y", y, 2), ("x", x, 1)):
            if kind == "d":
                pairs += [((name, g), value) for g, value in past(v, seen, e, t, first, last)]
            elif t - first >= 0 and seen[e, t - first + 1] and seen[e, t - first]:
                pairs.append(((name, "step"), v[e, t - first + 1] - v[e, t - first]))
        pairs = [(label if collapse else (*label, t), value) for label, value in pairs]
        if kind == "l" or not system:
            pairs += [(("period", t), 1.0)] if periods else [("constant", 1.0)] * system
        entries += [(e, r, labels.setdefault(name, len(labels)), v) for name, v in pairs]
    z = np.zeros((len(y), rows, len(labels)))
    for e, r, c, value in entries:
        z[e, r, c] += value
    return z


def regressors_by_hand(y, x, seen, found, rows, *, system, periods):
    count = y.shape[1]
    ok = seen & np.pad(seen[:, :-1], ((0, 0), (1, 0)))
    shared = np.eye(count) if periods else np.ones((count, 1))
    if system and periods:
        shared = shared[:, ok.any(axis=0)]
    xs, ys = np.zeros((len(y), rows, 2 + shared.shape[1])), np.zeros((len(y), rows))
    for e, r, kind, t in found:
        level = np.column_stack([np.r_[0, y[e, :-1]], x[e], shared])
        before = level[t - 1] if kind == "d" else 0.0
        xs[e, r] = level[t] - before
        ys[e, r] = y[e, t] - (y[e, t - 1] if kind == "d" else 0.0)
        if not system:  # dummies of the differences
            xs[e, r, 2:] = shared[t] * periods
    kept = (xs != 0).any(axis=(0, 1))
    return xs[..., kept], ys


def by_hand(y, x, seen, *, system, periods, collapse, weighting, last=99):
    """The same estimator from its definition: loops over entities, dense matrices."""
    count = y.shape[1]
    found, rows = equations(seen, system=system)
    how = {"system": system, "periods": periods}
    z = instruments_by_hand(y, x, seen, found, rows, **how, collapse=collapse, last=last)
    xs, ys = regressors_by_hand(y, x, seen, found, rows, **how)
    d = np.diff(np.eye(count), axis=0)
    full = np.vstack([d, np.eye(count)]) if system else d
    h = np.eye(len(full)) if weighting == "identity" else full @ full.T
    if weighting == "block" and system:
        h[: count - 1, count - 1 :] = h[count - 1 :, : count - 1] = 0
    zx = sum(a.T @ b for a, b in zip(z, xs, strict=True))
    zy = sum(a.T @ b for a, b in zip(z, ys, strict=True))
    a1 = np.linalg.pinv(sum(a.T @ h @ a for a in z), rcond=1e-11)
    bread = np.linalg.inv(zx.T @ a1 @ zx)
    b1 = bread @ zx.T @ a1 @ zy
    u = [b - a @ b1 for a, b in zip(xs, ys, strict=True)]
    omega = sum(a.T @ np.outer(v, v) @ a for a, v in zip(z, u, strict=True))
    return b1, bread @ zx.T @ a1 @ omega @ a1 @ zx @ bread, z.shape[-1]


@given(seeds, st.booleans(), ways)
@settings(max_examples=40, deadline=None)
def test_one_step_equals_its_definition(seed, holes, how):
    y, x, seen = drawn(seed, holes=holes)
    found = stacked(y, x, seen, **how)
    fit = gmm(found, steps=1)
    beta, robust, columns = by_hand(y, x, seen, **how)
    assert found.z.shape[-1] == columns
    np.testing.assert_allclose(fit.beta[:2], beta[:2], rtol=1e-6)
    np.testing.assert_allclose(fit.covariance[:2, :2], robust[:2, :2], rtol=1e-5)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_one_lag_and_one_collapsed_instrument_is_anderson_and_hsiao(seed):
    y, _, seen = drawn(seed)
    design = Design(y, lagged(y, 1)[..., None], observed(seen, 1), seen)
    how = {"system": False, "periods": False, "collapse": True, "weighting": "full"}
    found = stack(design, [Instrumented(y, 2, 2)], np.zeros((*y.shape, 0)), **how)
    step = np.diff(y, axis=1)
    expected = (y[:, :-2] * step[:, 1:]).sum() / (y[:, :-2] * step[:, :-1]).sum()
    for steps in (1, 2):
        fit = gmm(found, steps=steps)
        assert fit.beta[0] == pytest.approx(expected, rel=ROUNDING)
        assert fit.df == 0
        assert abs(fit.hansen) < ROUNDING


@given(seeds, ways, st.sampled_from([1, 2]), st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter(seed, how, steps, a, b):
    y, x, seen = drawn(seed, holes=True)
    how = how | {"collapse": True}
    plain = gmm(stacked(y, x, seen, last=3, **how), steps=steps)
    scaled_stack = stacked(a * y, b * x, seen, last=3, **how)
    scaled = gmm(scaled_stack, steps=steps)
    np.testing.assert_allclose(scaled.beta[:2] * [1, b / a], plain.beta[:2], rtol=1e-5)
    assert scaled.hansen == pytest.approx(plain.hansen, rel=1e-5)
    assert scaled.sargan == pytest.approx(plain.sargan, rel=1e-5)
    errors = np.sqrt(np.diag(scaled.covariance))[:2] * [1, b / a]
    np.testing.assert_allclose(errors, np.sqrt(np.diag(plain.covariance))[:2], rtol=1e-5)


@given(seeds, ways, st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_the_order_of_entities_does_not_matter(seed, how, steps):
    y, x, seen = drawn(seed, holes=True)
    order = np.random.default_rng(seed).permutation(len(y))
    how = how | {"collapse": True}
    one = stacked(y, x, seen, last=3, **how)
    two = stacked(y[order], x[order], seen[order], last=3, **how)
    a, b = gmm(one, steps=steps), gmm(two, steps=steps)
    np.testing.assert_allclose(a.beta, b.beta, rtol=ROUNDING, atol=ROUNDING)
    for j in (1, 2):
        assert autocorrelation(a, one, j) == pytest.approx(autocorrelation(b, two, j), rel=1e-6)
    assert first_order(a) < ROUNDING


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_windmeijer_is_the_numerical_derivative_of_the_second_step(seed):
    """The correction is d beta_2 / d beta_1, here by moving the first step a little."""
    y, x, seen = drawn(seed)
    how = {"system": False, "periods": False, "collapse": True, "weighting": "full"}
    found = stacked(y, x, seen, last=3, **how)
    fit = gmm(found, steps=2)
    zx_e = found.z.transpose(0, 2, 1) @ found.x
    zy_e = np.einsum("erl,er->el", found.z, found.y)
    zx, zy = zx_e.sum(0), zy_e.sum(0)

    def second(first):
        g = zy_e - zx_e @ first
        a = np.linalg.inv(g.T @ g)
        return np.linalg.solve(zx.T @ a @ zx, zx.T @ a @ zy), a

    # the derivative of the minimiser with the residuals of the second step held in the moments
    step = 1e-5
    columns = []
    for j in range(2):
        shift = np.eye(2)[j] * step
        columns.append((second(fit.first + shift)[0] - second(fit.first - shift)[0]) / (2 * step))
    d = np.column_stack(columns)
    plain = fit.plain
    zhz = np.einsum("erl,rs,esm->lm", found.z, found.h, found.z)
    a1 = np.linalg.inv(zhz)
    bread = np.linalg.inv(zx.T @ a1 @ zx)
    g1 = zy_e - zx_e @ fit.first
    robust = bread @ zx.T @ a1 @ g1.T @ g1 @ a1 @ zx @ bread
    expected = plain + d @ plain + plain @ d.T + d @ robust @ d.T
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-4)


def test_the_first_step_matrix_is_that_of_independent_errors():
    d = np.array([[-1, 1, 0], [0, -1, 1]])
    full = first_step_matrix(3, system=True, weighting="full")
    np.testing.assert_array_equal(full[:2, :2], d @ d.T)
    np.testing.assert_array_equal(full[:2, 2:], d)
    block = first_step_matrix(3, system=True, weighting="block")
    np.testing.assert_array_equal(block[:2, 2:], 0)
    apart = first_step_matrix(3, system=False, weighting="block")
    np.testing.assert_array_equal(apart, first_step_matrix(3, system=False, weighting="full"))


def test_too_few_instruments_are_seen():
    y, x, seen = drawn(1)
    how = {"system": False, "periods": False, "collapse": True, "weighting": "full"}
    assert identified(stacked(y, x, seen, **how))
    design = Design(y, np.stack([lagged(y, 1), x], -1), observed(seen, 1), seen)
    short = stack(design, [Instrumented(y, 2, 2)], np.zeros((*y.shape, 0)), **how)
    assert not identified(short)


@pytest.mark.slow
def test_estimates_and_sizes_on_planted_panels():
    """500 panels of 100 entities and 7 periods: bias, and size at 5 % of tests of the truth."""
    how = {"system": False, "periods": False, "collapse": True, "weighting": "full"}
    found, wrong, plain, second, hansen = [], [], [], [], []
    for seed in range(500):
        y, x, seen = drawn(seed, entities=100)
        one = stacked(y, x, seen, last=4, **how)
        fit = gmm(one, steps=2)
        found.append(fit.beta[0])
        wrong.append(abs(fit.beta[0] - 0.5) / np.sqrt(fit.covariance[0, 0]) > 1.96)
        plain.append(abs(fit.beta[0] - 0.5) / np.sqrt(fit.plain[0, 0]) > 1.96)
        second.append(abs(autocorrelation(fit, one, 2)) > 1.96)
        hansen.append(fit.hansen > 11.07)  # five degrees of freedom
        assert fit.df == 5
    error = 3 * np.sqrt(0.05 * 0.95 / 500)
    assert abs(np.mean(found) - 0.5) < 0.03
    assert np.mean(wrong) < 0.05 + error
    assert np.mean(plain) >= np.mean(wrong)
    assert np.mean(second) < 0.05 + error
    assert np.mean(hansen) < 0.05 + error
