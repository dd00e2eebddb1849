"""Distribution dynamics against scipy, a closed form, and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.stochastic_kernel import (
    conditional,
    crossings,
    ergodic,
    kernels_of,
    levels,
    operator,
    reach,
    slowest,
)

# Kernel weights below 1e-12 of the nearest are left out.
LEFT_OUT = 1e-9
# Linear equations of a few dozen unknowns.
SOLVED = 1e-10


def autoregression(seed, entities, periods, rho):
    rng = np.random.default_rng(seed)
    y = np.empty((entities, periods))
    y[:, 0] = rng.normal(0, 1 / np.sqrt(1 - rho**2), entities)
    for t in range(1, periods):
        y[:, t] = rho * y[:, t - 1] + rng.normal(size=entities)
    return y[:, :-1].ravel(), y[:, 1:].ravel()


def cells(pairs, count):
    edges = np.linspace(*reach(pairs), count + 1)
    return edges, 0.5 * (edges[:-1] + edges[1:])


def even(start):
    return np.ones((1, len(start)))


def test_the_aligned_kernel_is_the_conditional_of_scipys_density():
    start, end = autoregression(1, 40, 4, 0.7)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, middle = cells(pairs, 40)
    mine = conditional(pairs, edges, even(start))[0]
    # the default of scipy is n^(-1/6) in two dimensions and n^(-1/5) in one
    joint = stats.gaussian_kde([start, end])
    marginal = stats.gaussian_kde(start, bw_method=joint.factor)
    inside = (middle > start.min()) & (middle < start.max())
    for i in np.flatnonzero(inside):
        fine = np.linspace(edges[0], edges[-1], 40 * 200 + 1)
        f = joint(np.stack([np.full(len(fine), middle[i]), fine])) / marginal(middle[i])
        parts = f[:-1].reshape(40, 200)  # Simpson's rule within each cell
        ends = f[:-1:200] + f[200::200]
        odd, inner = parts[:, 1::2].sum(axis=1), parts[:, 2::2].sum(axis=1)
        whole = (ends + 4 * odd + 2 * inner) * (fine[1] - fine[0]) / 3
        np.testing.assert_allclose(mine[i], whole, atol=1e-8)


def brute(pairs, edges, weights):
    """Every start, pair and cell in turn."""
    middle = 0.5 * (edges[:-1] + edges[1:])
    out = np.zeros((len(middle), len(middle)))
    for i, x in enumerate(middle):
        total = 0.0
        at = min(max(x, pairs.start.min()), pairs.start.max())
        for n in range(len(pairs.start)):
            w = weights[n] * stats.norm.pdf(x, pairs.start[n], pairs.wide[n])
            total += w
            law = stats.norm(pairs.end[n] + pairs.slope * (at - pairs.start[n]), pairs.tall[n])
            out[i] += w * np.diff(law.cdf(edges))
        out[i] /= total
    return out


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("adaptive", [True, False])
def test_equals_brute_force_with_weights(aligned, adaptive):
    rng = np.random.default_rng(4)
    start, end = autoregression(2, 6, 3, 0.6)
    pairs = kernels_of(start, end, factor=1.2, aligned=aligned, adaptive=adaptive)
    edges, _ = cells(pairs, 12)
    weights = rng.integers(0, 3, (2, len(start))).astype(float)
    weights[:, 0] = 1
    found = conditional(pairs, edges, weights)
    for b in range(2):
        np.testing.assert_allclose(found[b], brute(pairs, edges, weights[b]), atol=LEFT_OUT)


def test_adaptive_kernels_are_wider_where_pairs_are_rare():
    start, end = autoregression(3, 60, 3, 0.5)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=True)
    far = np.abs(start - start.mean()) > 2 * start.std()
    assert pairs.wide[far].mean() > 1.3 * pairs.wide[~far].mean()
    fixed = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    assert np.exp(np.log(pairs.wide).mean()) == pytest.approx(fixed.wide[0])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_rows_integrate_to_one(seed, rho):
    start, end = autoregression(seed, 20, 4, rho)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, _ = cells(pairs, 50)
    rows = conditional(pairs, edges, even(start))[0].sum(axis=1)
    assert (rows <= 1 + SOLVED).all()
    assert (rows > 1 - 1e-4).all()


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.floats(-10, 10))
def test_neither_unit_nor_zero_matters(seed, factor, shift):
    start, end = autoregression(seed, 15, 3, 0.5)
    one = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    two = kernels_of(factor * (start + shift), factor * (end + shift), factor=1.0,
                     aligned=True, adaptive=False)  # fmt: skip
    a = conditional(one, cells(one, 30)[0], even(start))
    b = conditional(two, cells(two, 30)[0], even(start))
    np.testing.assert_allclose(a, b, atol=1e-7)


def test_whole_weights_are_repeated_pairs():
    start, end = autoregression(5, 8, 3, 0.5)
    times = np.random.default_rng(1).integers(1, 4, len(start))
    one = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, middle = cells(one, 20)
    many = type(one)(*(np.repeat(x, times) for x in (start, end, one.wide, one.tall)), one.slope)
    a = conditional(one, edges, times[None].astype(float))
    b = conditional(many, edges, np.ones((1, times.sum())))
    np.testing.assert_allclose(a, b, atol=SOLVED)
    x = levels(one, middle[5:9], 0.3, times[None].astype(float))
    y = levels(many, middle[5:9], 0.3, np.ones((1, times.sum())))
    np.testing.assert_allclose(x.stay, y.stay, atol=SOLVED)
    np.testing.assert_allclose(x.expected, y.expected, atol=SOLVED)


def test_levels_are_the_moments_and_masses_of_the_conditional():
    start, end = autoregression(6, 50, 4, 0.6)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, middle = cells(pairs, 2000)
    at = np.array([200.5, 900.5, 1300.5])
    x = edges[0] + at * (edges[1] - edges[0])
    rows = np.stack([
        conditional(pairs, np.linspace(e - 0.5e-9, e + 0.5e-9, 2), even(start))[0, 0] for e in x
    ])  # fmt: skip
    assert rows.shape == (3, 1)
    found = levels(pairs, x, 0.4, even(start))
    mass = conditional(pairs, edges, even(start))[0][at.astype(int)]
    np.testing.assert_allclose(mass @ middle, found.expected[0], atol=1e-4)
    for k in range(3):
        near = np.abs(middle - x[k]) <= 0.4
        assert mass[k, near].sum() == pytest.approx(found.stay[0, k], abs=3e-3)
    np.testing.assert_allclose(found.down + found.stay + found.up, 1, atol=SOLVED)


# --------------------------------------------------------------------------- long run


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_the_long_run_of_an_exact_autoregression_is_its_stationary_law(rho):
    sd = 1 / np.sqrt(1 - rho**2)
    edges = np.linspace(-8 * sd, 8 * sd, 401)
    middle, step = 0.5 * (edges[:-1] + edges[1:]), edges[1] - edges[0]
    chain = operator(stats.norm.pdf(middle[None, :], rho * middle[:, None], 1.0))
    truth = stats.norm.pdf(middle, 0, sd)
    np.testing.assert_allclose(ergodic(chain, step), truth, atol=1e-9)
    assert slowest(chain) == pytest.approx(rho, abs=1e-6)


def test_the_estimated_long_run_of_many_pairs_is_near_the_stationary_law():
    rho = 0.7
    start, end = autoregression(7, 1500, 5, rho)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, middle = cells(pairs, 80)
    chain = operator(conditional(pairs, edges, even(start))[0])
    found = ergodic(chain, edges[1] - edges[0])
    truth = stats.norm.pdf(middle, 0, 1 / np.sqrt(1 - rho**2))
    # the law's peak is 0.28; kernels widen each step by five per cent in variance
    assert np.abs(found - truth).max() < 0.03
    assert slowest(chain) == pytest.approx(rho, abs=0.05)


def test_upright_kernels_exaggerate_moves_where_values_persist_and_aligned_ones_do_not():
    rho = 0.98
    start, end = autoregression(8, 200, 5, rho)
    at, band = np.array([0.0]), 0.5
    truth = stats.norm.cdf(band) - stats.norm.cdf(-band)
    stay = {
        aligned: levels(
            kernels_of(start, end, factor=1.0, aligned=aligned, adaptive=False),
            at, band, even(start),
        ).stay[0, 0]
        for aligned in (True, False)
    }  # fmt: skip
    assert abs(stay[True] - truth) < 0.06
    assert stay[False] < truth - 0.1


def test_the_long_run_equals_that_of_many_steps():
    start, end = autoregression(9, 20, 4, 0.6)
    pairs = kernels_of(start, end, factor=1.0, aligned=True, adaptive=False)
    edges, middle = cells(pairs, 40)
    chain = operator(conditional(pairs, edges, even(start))[0])
    share = np.full(40, 1 / 40)
    for _ in range(3000):
        share = share @ chain
    step = edges[1] - edges[0]
    np.testing.assert_allclose(ergodic(chain, step), share / step, atol=1e-8)
    assert len(middle) == 40


def test_many_chains_are_solved_at_once_and_an_unknown_one_stays_unknown():
    rng = np.random.default_rng(0)
    chains = operator(rng.random((3, 5, 5)))
    chains[1, 2] = np.nan
    found = ergodic(chains, 0.5)
    assert np.isnan(found[1]).all()
    for b in (0, 2):
        np.testing.assert_allclose(found[b] @ chains[b], found[b], atol=SOLVED)
        assert found[b].sum() * 0.5 == pytest.approx(1)


def test_crossings_are_found_and_told_apart():
    grid = np.linspace(-2, 2, 401)
    place, gathers = crossings(grid, grid + 0.3 * (grid - grid**3))
    np.testing.assert_allclose(place, [-1, 0, 1], atol=1e-3)
    assert list(gathers) == [True, False, True]
