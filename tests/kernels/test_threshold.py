"""Laws of the threshold search and its bootstrap, a plain twin, the published case, its size."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhiheng.kernels.threshold import (
    Design,
    candidates,
    critical_value,
    likelihood_ratio,
    profile,
    regimes,
    threshold_stages,
    usable,
)

# A projection and a least-squares solver on a few hundred rows, both in double precision.
ROUNDING = 1e-9
# The table of cases prints its values with four to six digits.
PRINTED = 5e-4
# Of 3,000 draws at p = .0057 the binomial standard error is .0014; four of them.
MONTE_CARLO_P = 0.0056
# Quantiles of F from 3,000 draws move by about .2, .35 and 1.5 (10, 5, 1 per cent) between seeds.
MONTE_CARLO_F = (0.9, 1.4, 6.0)
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["within", "hansen1999"])


def made(seed, shape=(12, 7), *, controls=1, jump=0.0, **more):
    """A panel whose slope jumps by `jump` where the threshold variable passes zero."""
    rng = np.random.default_rng(seed)
    x, q = rng.normal(size=shape), rng.normal(size=shape)
    z = rng.normal(size=(*shape, controls))
    y = x + jump * x * (q > 0) + z.sum(-1) + rng.normal(size=(shape[0], 1))
    return Design(y + rng.normal(size=shape), x, q, z, **more)


def twin(design, cuts):
    """Sum of squares and residuals by least squares, column by column, without cleverness."""
    strict = design.transform == "hansen1999"
    parts, last = [], np.zeros(design.q.shape, dtype=bool)
    for cut in sorted(cuts):
        below = design.q < cut if strict else design.q <= cut
        parts.append(design.x * (below & ~last))
        last = below
    columns = [*parts, design.x * ~last, *np.moveaxis(design.controls, -1, 0)]

    def rows(a):
        a = a - a.mean(axis=1, keepdims=True)
        return (a[:, :-1] if strict else a).ravel()

    matrix = np.column_stack([rows(c) for c in columns])
    entities, periods = design.y.shape
    periods -= strict
    if design.common:
        time = np.tile(np.eye(periods), (entities, 1))
        matrix = np.column_stack([matrix, time])
    y = rows(design.y)
    residual = y - matrix @ np.linalg.lstsq(matrix, y, rcond=1e-11)[0]
    return float(residual @ residual), residual


@given(seeds, kinds, st.booleans(), st.integers(0, 2))
@settings(max_examples=25)
def test_the_search_equals_least_squares_at_every_candidate(seed, transform, common, fixed):
    d = made(seed, transform=transform, common=common)
    others = [-0.6, 0.7][:fixed]
    grid = candidates(d.q, grid=20, trim=0.1)
    keep = usable(d, grid, others, trim=0.1, least=5)
    from zhiheng.kernels.threshold import _basis

    found = profile(d, grid, keep, _basis(d, others))
    np.testing.assert_allclose(found.ssr_null, twin(d, others)[0], rtol=ROUNDING)
    assert (np.isfinite(found.curve) == keep).all()
    for at, value in zip(grid[keep], found.curve[keep], strict=True):
        np.testing.assert_allclose(value, twin(d, [*others, at])[0], rtol=ROUNDING)


@given(seeds, kinds, st.booleans())
@settings(max_examples=10)
def test_the_bootstrap_equals_estimating_every_draw_again(seed, transform, common):
    d = made(seed, transform=transform, common=common)
    grid = candidates(d.q, grid=15, trim=0.15)
    stages = threshold_stages(d, grid, number=2, draws=4, trim=0.15, least=5, seed=seed)
    fixed = []
    for step, stage in enumerate(stages):
        residuals = twin(d, [*fixed, stage.found.gamma])[1].reshape(len(d.y), -1)
        picked = np.random.default_rng([seed, step]).integers(0, len(d.y), size=(4, len(d.y)))
        tried = grid[np.isfinite(stage.found.curve)]
        for chosen, statistic in zip(picked, stage.drawn, strict=True):
            # The outcome of a draw is the residuals plus a fit under the null, here one times x.
            y = residuals[chosen] + _swept(d, 1.0 * d.x + 0.5 * d.controls[..., 0])
            drawn = [_ssr(d, y, [*fixed, at]) for at in tried]
            null = _ssr(d, y, fixed)
            expected = (null - min(drawn)) / min(drawn) * d.divisor
            np.testing.assert_allclose(statistic, expected, rtol=1e-7, atol=1e-9)
        fixed = [one.gamma for one in stage.thresholds]


def _swept(design, a):
    a = a - a.mean(axis=1, keepdims=True)
    return a[:, :-1] if design.transform == "hansen1999" else a


def _ssr(design, y, cuts):
    """As `twin`, for an outcome that is swept of entity means already."""
    strict = design.transform == "hansen1999"
    below = [design.q < c if strict else design.q <= c for c in cuts]
    columns = [design.x, *(design.x * b for b in below), *np.moveaxis(design.controls, -1, 0)]
    matrix = np.column_stack([_swept(design, c).ravel() for c in columns])
    if design.common:
        matrix = np.column_stack([matrix, np.tile(np.eye(y.shape[1]), (len(y), 1))])
    residual = y.ravel() - matrix @ np.linalg.lstsq(matrix, y.ravel(), rcond=1e-11)[0]
    return float(residual @ residual)


@given(seeds, st.floats(0.01, 100), st.floats(0.01, 100), kinds)
@settings(max_examples=25)
def test_units_change_nothing_but_the_unit_of_the_threshold(seed, a, b, transform):
    d = made(seed, jump=1.0, transform=transform)
    scaled = Design(a * d.y, b * d.x, np.exp(d.q), d.controls / a, transform=transform)
    plain = threshold_stages(
        d, candidates(d.q, grid=0, trim=0.1), number=2, draws=9, trim=0.1, least=5, seed=1
    )
    other = threshold_stages(
        scaled, candidates(scaled.q, grid=0, trim=0.1), number=2, draws=9, trim=0.1, least=5,
        seed=1,
    )  # fmt: skip
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(np.exp(one.found.gamma), two.found.gamma, rtol=1e-12)
        np.testing.assert_allclose(one.statistic, two.statistic, rtol=1e-7)
        np.testing.assert_allclose(one.drawn, two.drawn, rtol=1e-6, atol=1e-9)


@given(seeds, kinds, st.booleans())
@settings(max_examples=25)
def test_the_order_of_entities_does_not_move_the_estimate(seed, transform, common):
    d = made(seed, jump=0.5, transform=transform, common=common)
    order = np.random.default_rng(seed).permutation(len(d.y))
    mixed = Design(
        d.y[order], d.x[order], d.q[order], d.controls[order], transform=transform, common=common
    )
    grid = candidates(d.q, grid=30, trim=0.1)
    one, two = (
        threshold_stages(p, grid, number=1, draws=0, trim=0.1, least=5, seed=1)[0]
        for p in (d, mixed)
    )
    np.testing.assert_allclose(one.found.curve, two.found.curve, rtol=ROUNDING)


@given(seeds)
@settings(max_examples=25)
def test_regimes_part_the_rows_and_a_threshold_never_fits_worse(seed):
    d = made(seed)
    cuts = np.sort(np.random.default_rng(seed).normal(size=2))
    assume(cuts[0] < cuts[1])
    assert (regimes(d, cuts).sum(axis=0) == 1).all()
    stage = threshold_stages(
        d, candidates(d.q, grid=0, trim=0.1), number=1, draws=0, trim=0.1, least=5, seed=1
    )[0]
    ratio = likelihood_ratio(stage.found, d.divisor)
    assert np.nanmin(ratio) == 0
    assert stage.statistic >= 0
    assert np.isnan(stage.p_value)


def test_small_regimes_are_no_candidates():
    d = made(3, (20, 5))
    grid = candidates(d.q, grid=0, trim=0.01)
    keep = usable(d, grid, [0.0], trim=0.2, least=7)
    strict = np.array([(d.q <= min(g, 0)).sum() for g in grid])
    assert keep.any()
    assert not keep.all()
    for chosen, at, below in zip(keep, grid, strict, strict=True):
        upper = (d.q > max(at, 0)).sum()
        between = d.q.size - below - upper
        assert chosen == (below >= 7 and upper >= 7 and between >= 20)
    assert threshold_stages(d, grid, number=1, draws=0, trim=0.2, least=51, seed=1) == []


def test_critical_values_are_those_that_hansen_prints():
    printed = {0.10: 5.94, 0.05: 7.35, 0.01: 10.59}
    assert {a: round(critical_value(a), 2) for a in printed} == printed


def firms(shared, **more):
    with (shared / "reference" / "data" / "hansen_invest.csv").open() as lines:
        rows = list(csv.reader(lines))[1:]
    v = np.array(rows, dtype=np.float64).reshape(565, 15, 4)
    before = v[:, :-1]
    q, cash, debt = before[..., 1], before[..., 2], before[..., 3]
    controls = np.stack([q, q**2 / 1e3, q**3 / 1e6, debt, q * debt], axis=-1)
    return Design(v[:, 1:, 0], cash, debt, controls, **more)


def slopes(design, cuts):
    x = design.x * regimes(design, cuts)
    z = np.concatenate([x, np.moveaxis(design.controls, -1, 0)])
    return np.linalg.lstsq(design.sweep(z).T, design.sweep(design.y[None])[0], rcond=None)[0]


def test_published_case_v07_under_both_conventions(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V07"]["expected"]
    published = expected["reproduced"]
    d = firms(shared, transform="hansen1999")
    grid = candidates(d.q, grid=400, trim=0.01)
    assert len(grid) == 393
    stages = threshold_stages(d, grid, number=2, draws=3000, trim=0.01, least=10, seed=1)
    one, two = (p.gamma for p in stages[1].thresholds)
    assert one == pytest.approx(published["g1"], abs=PRINTED / 10)
    assert two == pytest.approx(published["g2"], abs=5e-6)
    np.testing.assert_allclose(slopes(d, (one, two))[:3], published["CF"], atol=5e-5)
    assert stages[0].found.ssr_null == pytest.approx(published["S0"], abs=5e-6)
    assert stages[0].found.ssr == pytest.approx(published["S1"], abs=5e-6)
    assert stages[0].p_value == pytest.approx(expected["p_F1"], abs=MONTE_CARLO_P)
    found = np.quantile(stages[0].drawn, [0.9, 0.95, 0.99])
    for value, wanted, band in zip(
        found, expected["bootstrap_crit_10_5_1 (B=3000, by-firm residual)"], MONTE_CARLO_F,
        strict=True,
    ):  # fmt: skip
        assert value == pytest.approx(wanted, abs=band)
    full = expected["full within (xthreg style, NT denominator)"]
    d = firms(shared, variance="rows")
    stages = threshold_stages(d, grid, number=2, draws=0, trim=0.01, least=10, seed=1)
    one, two = (p.gamma for p in stages[1].thresholds)
    assert (one, two) == (full["g1"], full["g2"])
    np.testing.assert_allclose(slopes(d, (one, two))[:3], full["CF"], atol=5e-5)
    assert stages[0].statistic == pytest.approx(full["F1"], abs=5e-4)
    assert stages[0].found.ssr_null == pytest.approx(full["S0"], abs=5e-5)
    assert stages[0].found.ssr == pytest.approx(full["S1"], abs=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize("jump", [1.0, 0.5])
def test_confidence_sets_hold_the_true_threshold_as_often_as_said(jump):
    runs, inside = 2000, 0
    for seed in range(runs):
        d = made(seed, (50, 10), jump=jump)
        grid = candidates(d.q, grid=0, trim=0.05)
        found = threshold_stages(d, grid, number=1, draws=0, trim=0.05, least=10, seed=1)[0].found
        ratio = likelihood_ratio(found, d.divisor)
        true = int(np.searchsorted(grid, 0.0, side="right")) - 1  # parts the rows as zero does
        inside += ratio[true] <= critical_value(0.05)
    # Two binomial standard errors of 2,000 runs below 95 per cent.
    assert inside / runs >= 0.94


@pytest.mark.slow
def test_the_bootstrap_test_rejects_a_true_null_as_often_as_said():
    runs, draws = 2000, 199
    p = np.empty(runs)
    for seed in range(runs):
        d = made(seed + 10_000, (30, 8), jump=0.0)
        grid = candidates(d.q, grid=60, trim=0.1)
        p[seed] = threshold_stages(d, grid, number=1, draws=draws, trim=0.1, least=10, seed=seed)[
            0
        ].p_value
    # Three binomial standard errors of 2,000 runs around five per cent, and around ten.
    assert abs((p <= 0.05).mean() - 0.05) < 0.015
    assert abs((p <= 0.10).mean() - 0.10) < 0.020
