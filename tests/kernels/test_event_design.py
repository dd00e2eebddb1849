"""Designs on treatment dates: laws, and random assignments against refitting each."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels import event_design as design
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import absorber, covariance, panel_ols

# Double precision over a few hundred additions, with columns of ordinary scale.
ROUNDING = 1e-9
seeds = st.integers(0, 2**32 - 1)


def made(seed, entities=14, periods=6, controls=1):
    rng = np.random.default_rng(seed)
    start = rng.permutation(np.r_[2, 2, 2, 4, 4, 5, np.full(entities - 6, periods)])
    x = rng.normal(size=(entities, periods, controls))
    y = rng.normal(size=(entities, periods)) + rng.normal(size=(entities, 1)) + x.sum(-1)
    return y, x, start


def test_columns_are_what_their_definition_says():
    start = np.array([1, 3, 4])
    cells = design.saturated(start, 4)
    x = design.indicators(start, 4, cells)
    for j, (g, e) in enumerate(zip(cells.cohort, cells.offset, strict=True)):
        for i in range(3):
            for t in range(4):
                assert x[i, t, j] == float(start[i] == g and t - g == e)
    assert -1 not in cells.offset
    one = design.indicators(start, 4, design.static())[..., 0]
    assert one.tolist() == [[0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert design.dynamic(start, 4).offset.tolist() == [-3, -2, 0, 1, 2]


@given(seeds)
@settings(max_examples=20)
def test_random_assignments_equal_refitting_each_of_them(seed):
    y, x, start = made(seed)
    absorb = absorber(np.ones(y.shape, dtype=bool), "twoway")
    swept = absorb.remove(np.concatenate([y[..., None], x], axis=-1))
    controls = design.orthonormal(swept[..., 1:])
    left = swept[..., 0] - controls @ np.einsum("epc,ep->c", controls, swept[..., 0])
    starts = design.assignments(start, draws=4, seed=seed % 97, order=np.arange(len(y)))
    for columns in (design.static(), design.dynamic(start, 6), design.saturated(start, 6)):
        w = design.overall_weights(start, 6, columns)
        found = design.placebo_regression(left, controls, absorb, starts, columns, w)
        for one, drawn in zip(starts, found, strict=True):
            z = np.concatenate([design.indicators(one, 6, columns), x], axis=-1)
            beta = np.linalg.lstsq(
                absorb.remove(z).reshape(-1, z.shape[-1]), absorb.remove(y[..., None]).ravel(),
                rcond=None,
            )[0]  # fmt: skip
            np.testing.assert_allclose(drawn, w @ beta[: len(w)], atol=ROUNDING)


def test_assignments_hand_out_the_same_starts_and_do_not_depend_on_the_order_of_rows():
    start = np.array([3, 1, 6, 6, 1, 6])
    names = np.array(["c", "a", "f", "b", "e", "d"])
    order = np.argsort(names)
    drawn = design.assignments(start, draws=50, seed=4, order=order)
    assert (np.sort(drawn, axis=1) == np.sort(start)).all()
    mixed = np.array([2, 0, 5, 3, 1, 4])
    again = design.assignments(start[mixed], draws=50, seed=4, order=np.argsort(names[mixed]))
    np.testing.assert_array_equal(again, drawn[:, mixed])
    assert len(np.unique(drawn, axis=0)) > 20


@given(seeds)
@settings(max_examples=20)
def test_a_combination_has_the_errors_of_the_combination(seed):
    y, x, start = made(seed)
    absorb = absorber(np.ones(y.shape, dtype=bool), "twoway")
    columns = design.saturated(start, 6)
    z = np.concatenate([design.indicators(start, 6, columns), x], axis=-1)
    fit = panel_ols(y, z, absorb)
    offsets, weights = design.event_weights(start, 6, columns)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    rows = np.pad(weights, ((0, 0), (0, 1)))
    joined = design.combine(fit, rows)
    count = len(offsets)
    np.testing.assert_allclose(joined.beta[:count], rows @ fit.beta, atol=ROUNDING)
    wanted = rows @ covariance(fit) @ rows.T
    np.testing.assert_allclose(covariance(joined)[:count, :count], wanted, atol=ROUNDING)
    same = design.combine(fit, np.eye(len(fit.beta)))
    np.testing.assert_allclose(
        bell_mccaffrey(same).std_error, bell_mccaffrey(fit).std_error, rtol=1e-7
    )
