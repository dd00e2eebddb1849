"""Laws of the paths, resampling against doing it, and what intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.mediation import (
    cross_products,
    effect_at,
    indirect,
    links,
    mediation_paths,
    routes,
)
from zhiheng.kernels.panel_ols import absorber, panel_ols, solve
from zhiheng.kernels.resample import expanded_level, interval, multiplicities

# Least squares in double precision on a few hundred rows of ordinary scale.
ROUNDING = 1e-9
# Cross products lose twice the digits of the columns themselves.
SQUARES = 1e-7
seeds = st.integers(0, 2**32 - 1)
EFFECTS = ("twoway", "entity", "period", "none")


def made(seed, shape, *, mediators=2, holes=False):
    rng = np.random.default_rng(seed)
    e, p, controls = shape
    x = rng.normal(size=(e, p)) + rng.normal(size=(e, 1))
    c = rng.normal(size=(e, p, controls))
    columns = [x]
    for _ in range(mediators):
        columns.append(sum(columns) * 0.4 + rng.normal(size=(e, p)) + rng.normal(size=(1, p)))
    y = sum(columns) * 0.3 + c.sum(axis=-1) + rng.normal(size=(e, p)) + rng.normal(size=(e, 1))
    mask = rng.random((e, p)) > 0.12 if holes else np.ones((e, p), dtype=bool)
    z = np.stack([y, *columns], axis=-1)
    return np.concatenate([z, c], axis=-1) * mask[..., None], mask


shapes = st.tuples(st.integers(8, 14), st.integers(4, 7), st.integers(0, 2))


@given(seeds, shapes, st.booleans(), st.sampled_from(EFFECTS), st.integers(1, 3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_total_less_direct_is_the_sum_of_products_in_every_draw(
    seed, shape, holes, effects, mediators, serial
):
    z, mask = made(seed, shape, mediators=mediators, holes=holes)
    absorb = absorber(mask, effects)
    times = multiplicities(np.zeros(shape[0], dtype=np.intp), draws=20, seed=seed % 1000)
    paths = mediation_paths(
        cross_products(absorb.remove(z), absorb, times), mediators, serial=serial
    )
    products = indirect(paths, mediators, serial=serial).sum(axis=1)
    known = np.isfinite(paths.total + paths.direct + products)
    assert known.sum() > 10
    size = np.abs(paths.total) + np.abs(paths.direct) + 1
    gap = np.abs(paths.total - paths.direct - products) / size
    assert gap[known].max() < SQUARES


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("holes", [False, True])
def test_a_resample_equals_estimating_on_the_entities_that_were_drawn(effects, holes):
    z, mask = made(4, (12, 6, 1), holes=holes)
    absorb = absorber(mask, effects)
    times = multiplicities(np.zeros(12, dtype=np.intp), draws=6, seed=2)
    paths = mediation_paths(cross_products(absorb.remove(z), absorb, times), 2, serial=True)
    for draw, count in enumerate(times.astype(int)):
        who = np.repeat(np.arange(12), count)
        again = absorber(mask[who], effects)
        full = panel_ols(z[who][..., 0], z[who][..., 1:], again)
        base = panel_ols(z[who][..., 0], z[who][..., [1, 4]], again)
        first = panel_ols(z[who][..., 2], z[who][..., [1, 4]], again)
        second = panel_ols(z[who][..., 3], z[who][..., [1, 2, 4]], again)
        found = [paths.direct, paths.b[:, 0], paths.b[:, 1], paths.total, paths.a[:, 0],
                 paths.a[:, 1], paths.between[:, 0, 1]]  # fmt: skip
        wanted = [*full.beta[:3], base.beta[0], first.beta[0], *second.beta[:2]]
        np.testing.assert_allclose([f[draw] for f in found], wanted, rtol=SQUARES, atol=SQUARES)


@given(seeds, st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=30, deadline=None)
def test_units_of_a_mediator_do_not_matter_to_its_product(seed, up, down):
    z, mask = made(seed, (10, 6, 1))
    absorb = absorber(mask, "twoway")
    scaled = z * np.array([1.0, 1.0, up, down, 1.0])
    one = np.ones((1, 10))
    a, b = (
        mediation_paths(cross_products(absorb.remove(v), absorb, one), 2, serial=True)
        for v in (z, scaled)
    )
    before, after = indirect(a, 2, serial=True), indirect(b, 2, serial=True)
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(a.rho, b.rho, rtol=1e-6, atol=1e-9)


def test_the_slope_of_two_stage_least_squares_is_the_ratio_that_paths_imply():
    z, mask = made(9, (12, 6, 0), mediators=1)
    absorb = absorber(mask, "twoway")
    paths = mediation_paths(cross_products(absorb.remove(z), absorb, np.ones((1, 12))), 1,
                            serial=False)  # fmt: skip
    y, x, m = np.moveaxis(absorb.remove(z), -1, 0)
    wald = (x * y).sum() / (x * m).sum()  # the mediator instrumented by the treatment
    np.testing.assert_allclose(paths.total[0] / paths.a[0, 0], wald, rtol=ROUNDING)
    np.testing.assert_allclose(paths.b[0, 0] + paths.direct[0] / paths.a[0, 0], wald, rtol=1e-8)


def test_routes_are_all_ascending_chains():
    assert routes(3, serial=False) == ((0,), (1,), (2,))
    assert routes(3, serial=True) == ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
    z, mask = made(1, (10, 5, 0), mediators=3)
    absorb = absorber(mask, "entity")
    paths = mediation_paths(cross_products(z, absorb, np.ones((1, 10))), 3, serial=True)
    chain = links(paths, (0, 1, 2))[0]
    wanted = [paths.a[0, 0], paths.between[0, 0, 1], paths.between[0, 1, 2], paths.b[0, 2]]
    np.testing.assert_array_equal(chain, wanted)


@pytest.mark.parametrize("rho", [-0.6, -0.2, 0.0, 0.3, 0.7])
def test_the_effect_at_the_true_correlation_of_errors_is_the_true_effect(rho):
    rng = np.random.default_rng(3)
    n, a, b, direct = 400, 0.8, -0.5, 0.3
    columns = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 3))]))[0][:, 1:]
    x, own, other = columns.T  # exactly orthogonal, so that the sample has the population's moments
    m = a * x + 1.7 * own
    y = direct * x + b * m + 0.6 * (rho * own + np.sqrt(1 - rho**2) * other)
    z = np.stack([y, x, m], axis=-1)[:, None, :]
    absorb = absorber(np.ones((n, 1), dtype=bool), "none")
    paths = mediation_paths(cross_products(z, absorb, np.ones((1, n))), 1, serial=False)
    found = effect_at(paths, np.array([rho, paths.rho[0, 0], 0.0]))[0, 0]
    np.testing.assert_allclose(found[0], a * b, rtol=1e-9)
    np.testing.assert_allclose(found[1], 0.0, atol=1e-12)
    np.testing.assert_allclose(found[2], indirect(paths, 1, serial=False)[0, 0], rtol=1e-9)


def test_the_expanded_level_makes_normal_percentiles_a_t_interval():
    from scipy import stats

    for count, level in ((10, 0.05), (30, 0.05), (300, 0.1)):
        wide = -stats.norm.ppf(expanded_level(level, count) / 2)
        t = stats.t.ppf(1 - level / 2, count - 1) * np.sqrt(count / (count - 1))
        assert wide == pytest.approx(t)
    assert expanded_level(0.05, 10**7) == pytest.approx(0.05, abs=1e-6)


def simulated(a, b, *, replications, draws, seed=11, entities=30, periods=10):
    """Whether intervals hold the truth, and whether the joint test rejects, in each panel."""
    rng = np.random.default_rng(seed)
    held, rejected = np.zeros(replications), np.zeros(replications)
    mask = np.ones((entities, periods), dtype=bool)
    absorb = absorber(mask, "twoway")
    level = expanded_level(0.05, entities)
    for r in range(replications):
        noise = rng.normal(size=(3, entities, periods + 20))
        for t in range(1, periods + 20):  # errors that remember
            noise[:, :, t] += 0.5 * noise[:, :, t - 1]
        x, e, u = noise[:, :, 20:] + rng.normal(size=(3, entities, 1))
        m = a * x + e
        y = 0.3 * x + b * m + u
        z = absorb.remove(np.stack([y, x, m], axis=-1))
        times = multiplicities(np.zeros(entities, dtype=np.intp), draws=draws, seed=r)
        drawn = mediation_paths(cross_products(z, absorb, times), 1, serial=False)
        low, high = interval(drawn.a[:, 0] * drawn.b[:, 0], level)
        held[r] = low <= a * b <= high
        fits = (solve(z[..., 2], z[..., 1:2], absorb), solve(z[..., 0], z[..., 1:], absorb))
        rejected[r] = max(_p(fits[0], 0), _p(fits[1], 1)) < 0.05
    return held.mean(), rejected.mean()


def _p(fit, column):
    from scipy import stats

    few = bell_mccaffrey(fit)
    t = np.abs(fit.beta[column] / few.std_error[column])
    return 2 * stats.t.sf(t, few.df[column])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    # 2,000 panels of 30 regions and 10 years: two standard errors of a share of 0.95 are 0.01.
    [(0.5, 0.5, 0.93, 0.97), (0.5, -0.2, 0.93, 0.97)],
)
def test_intervals_of_planted_products_cover_as_often_as_they_say(a, b, low, high):
    covered, _ = simulated(a, b, replications=2000, draws=500)
    assert low <= covered <= high


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [(0.0, 0.5), (0.0, 0.0)])
def test_without_the_first_link_the_joint_test_keeps_its_size(a, b):
    covered, rejected = simulated(a, b, replications=2000, draws=500)
    assert rejected <= 0.065  # 0.05 and three standard errors
    assert covered >= 0.93
