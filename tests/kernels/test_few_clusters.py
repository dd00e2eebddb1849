"""Few-cluster inference against brute force, closed forms and a simulation of its size."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhiheng.kernels.few_clusters import bell_mccaffrey, minimum_detectable, wild_bootstrap
from zhiheng.kernels.panel_ols import absorber, covariance, factor, panel_ols

# Dense inverses and eigenvalues of matrices of a few dozen rows.
DENSE = 1e-8


def made(seed, e, p, k, *, holes=False):
    """A panel of autocorrelated columns; entities differ in their spread."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=(e, p, k + 1)), axis=1) * rng.gamma(2, size=(e, 1, k + 1))
    mask = rng.random((e, p)) > 0.12 if holes else np.ones((e, p), dtype=bool)
    return np.where(mask, walk[..., 0], 0), np.where(mask[..., None], walk[..., 1:], 0), mask


def dense_design(x, mask, effects):
    """Regressors and all dummy variables, one row per observation, and each row's entity."""
    e, t = np.nonzero(mask)
    entity = (e[:, None] == np.arange(mask.shape[0])).astype(float)
    period = (t[:, None] == np.arange(mask.shape[1])).astype(float)
    extra = {
        "twoway": [entity, period[:, 1:]],
        "entity": [entity],
        "period": [period],
        "none": [np.ones((len(e), 1))],
    }[effects]
    return np.hstack([x[mask], *extra]), e


def dense_cr2(y, x, mask, effects):
    """CR2 and Satterthwaite straight from their definitions, with every dummy in the design."""
    design, e = dense_design(x, mask, effects)
    bread = np.linalg.pinv(design.T @ design)
    annihilator = np.eye(len(e)) - design @ bread @ design.T
    residuals = annihilator @ y[mask]
    k = x.shape[-1]
    spread, pulls = np.zeros(k), []
    for g in np.unique(e):
        rows = e == g
        values, vectors = np.linalg.eigh(annihilator[np.ix_(rows, rows)])
        root = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0)
        weight = (vectors * root) @ vectors.T @ design[rows] @ bread[:, :k]
        spread += (weight.T @ residuals[rows]) ** 2
        pulls.append(annihilator[:, rows] @ weight)
    pulled = np.stack(pulls)
    df = np.empty(k)
    for j in range(k):
        gram = pulled[:, :, j] @ pulled[:, :, j].T
        df[j] = np.trace(gram) ** 2 / (gram**2).sum()
    return np.sqrt(spread), df


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["twoway", "entity", "period", "none"]),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_cr2_and_its_degrees_of_freedom_equal_their_definitions(seed, effects, holes):
    y, x, mask = made(seed, 9, 6, 2, holes=holes)
    few = bell_mccaffrey(panel_ols(y, x, absorber(mask, effects)))
    std_error, df = dense_cr2(y, x, mask, effects)
    np.testing.assert_allclose(few.std_error, std_error, rtol=DENSE)
    np.testing.assert_allclose(few.df, df, rtol=DENSE)


@pytest.mark.parametrize("effects", ["twoway", "none"])
def test_wild_bootstrap_equals_refitting_every_sign_pattern(effects):
    y, x, mask = made(11, 7, 6, 2)
    absorb = absorber(mask, effects)
    fit = panel_ols(y, x, absorb)
    found = wild_bootstrap(fit, draws=1000, weights="rademacher", seed=0)
    assert found.enumerated
    assert found.draws == 2**7
    for j in range(2):
        t = fit.beta / np.sqrt(np.diag(covariance(fit)))
        null = panel_ols(y, np.delete(x, j, axis=-1), absorb)
        hits = 0
        for signs in itertools.product([1.0, -1.0], repeat=7):
            made_up = (y - null.residuals) + np.array(signs)[:, None] * null.residuals
            again = panel_ols(made_up, x, absorb)
            t_star = again.beta[j] / np.sqrt(covariance(again)[j, j])
            hits += abs(t_star) >= abs(t[j]) * (1 - 1e-9)
        assert found.p_value[j] == hits / 2**7


def test_draws_agree_with_all_patterns_up_to_simulation_error():
    y, x, mask = made(4, 14, 8, 2)
    fit = panel_ols(y, x, absorber(mask, "twoway"))
    exact = wild_bootstrap(fit, draws=2**14, weights="rademacher", seed=0)
    drawn = wild_bootstrap(fit, draws=9999, weights="rademacher", seed=1)
    # Three standard errors of a share estimated from 9,999 draws are at most 0.015.
    np.testing.assert_allclose(drawn.p_value, exact.p_value, atol=0.015)
    assert not drawn.enumerated


def test_the_same_seed_gives_the_same_p_values_and_webb_weights_are_another_choice():
    y, x, mask = made(5, 12, 8, 2)
    fit = panel_ols(y, x, absorber(mask, "twoway"))
    one = wild_bootstrap(fit, draws=999, weights="webb", seed=7)
    two = wild_bootstrap(fit, draws=999, weights="webb", seed=7)
    three = wild_bootstrap(fit, draws=999, weights="webb", seed=8)
    assert one.p_value.tolist() == two.p_value.tolist()
    assert one.p_value.tolist() != three.p_value.tolist()
    assert (one.p_value > 0).all()


@given(st.floats(0.1, 10), st.integers(9, 60), st.sampled_from([0.01, 0.05, 0.1]))
@settings(max_examples=30, deadline=None)
def test_the_detectable_effect_has_the_power_it_promises(se, df, level):
    effect = float(minimum_detectable(np.array([se]), df, level=level, power=0.8)[0])
    cut = stats.t.ppf(1 - level / 2, df)
    reached = stats.nct.sf(cut, df, effect / se)
    # Bloom's formula shifts a central t; the noncentral one differs by a few points at small df.
    assert reached == pytest.approx(0.8, abs=0.04)


def rejections(fit, seed):
    """Whether CR1 with G - 1, CR2 with Satterthwaite and the wild bootstrap reject at 5 %."""
    t = fit.beta[0] / np.sqrt(covariance(fit)[0, 0] * factor(fit, "stata"))
    few = bell_mccaffrey(fit)
    p_few = 2 * stats.t.sf(abs(fit.beta[0] / few.std_error[0]), few.df[0])
    wild = wild_bootstrap(fit, draws=399, weights="rademacher", seed=seed)
    p_one = 2 * stats.t.sf(abs(t), fit.clusters - 1)
    return np.array([p_one, p_few, wild.p_value[0]]) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [1.0, 10.0])
def test_size_with_random_walks_unit_drifts_and_one_dominant_unit(heavy, capsys):
    """Unrelated walks with drifts, 30 entities by 11 periods, two-way effects, 4,000 panels.

    With `heavy` one entity has more than half of the within variance of the regressor in every
    panel that is kept; CR1 is printed, not gated.
    """
    wanted, hits, kept, seed = 4000, np.zeros(3), 0, 0
    while kept < wanted:
        seed += 1
        rng = np.random.default_rng([20261126, seed])
        steps = rng.normal(size=(30, 11, 2)) + 0.5 * rng.normal(size=(30, 1, 2))
        walk = np.cumsum(steps, axis=1)
        walk[0, :, 1] *= heavy
        fit = panel_ols(walk[..., 0], walk[..., 1:], absorber(np.ones((30, 11), bool), "twoway"))
        own = (fit.x[..., 0] ** 2).sum(axis=1)
        if heavy == 1.0 or own[0] > 0.5 * own.sum():
            hits += rejections(fit, seed)
            kept += 1
    rates = hits / wanted
    with capsys.disabled():
        names = ("CR1, t(G-1)", "CR2, Satterthwaite", "wild, Rademacher")
        told = dict(zip(names, rates.round(4).tolist(), strict=True))
        sys.stdout.write(f"\nrejection at 5 %, x{heavy:g}: {told}\n")
    assert (rates[1:] <= 0.065).all()
    # A test that never rejects would pass too: both keep some of their level.
    assert (rates[1:] > 0.005).all()
