"""Laws and plain twins of covariances and random effects; programs are in tests/explain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels import panel_covariance as cov
from zhiheng.kernels.panel_ols import absorber, covariance, factor, panel_ols
from zhiheng.kernels.random_effects import (
    augmented,
    between,
    components,
    hausman,
    random_effects,
    wald,
    within_fit,
)

# Double precision over a few hundred additions, with columns of ordinary scale.
ROUNDING = 1e-9
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(8, 14), st.integers(5, 9), st.integers(1, 3))


def made(seed, shape, *, holes):
    rng = np.random.default_rng(seed)
    e, p, k = shape
    x = rng.normal(size=(e, p, k)) + rng.normal(size=(e, 1, k)) + rng.normal(size=(1, p, k))
    y = x.sum(-1) + rng.normal(size=(e, 1)) + rng.normal(size=(e, p))
    mask = rng.random((e, p)) > 0.1 if holes else np.ones((e, p), dtype=bool)
    mask[:, 0] = True
    return np.where(mask, y, 0.0), np.where(mask[..., None], x, 0.0), mask


def by_pairs(fit, periods, weight):
    """``sum over pairs of rows of w(i, t, j, s) x_it u_it u_js x_js'``, written out."""
    rows = np.argwhere(fit.absorber.mask)
    total = np.zeros((len(fit.beta),) * 2)
    for i, t in rows:
        for j, s in rows:
            w = weight(i, periods[t], j, periods[s])
            if w:
                a, b = fit.x[i, t] * fit.residuals[i, t], fit.x[j, s] * fit.residuals[j, s]
                total += w * np.outer(a, b)
    return fit.bread @ total @ fit.bread


@given(seeds, st.booleans(), st.booleans(), st.integers(0, 6))
@settings(max_examples=12, deadline=None)
def test_every_covariance_equals_its_sum_over_pairs_of_rows(seed, holes, gap, lag):
    y, x, mask = made(seed, (6, 5, 2), holes=holes)
    periods = np.array([2001, 2002, 2003, 2006, 2007] if gap else range(2001, 2006))
    fit = panel_ols(y, x, absorber(mask, "twoway"))

    def bartlett(t, s):
        return max(0.0, 1 - abs(t - s) / (lag + 1))

    pairs = {
        "hc": lambda i, t, j, s: float(i == j and t == s),
        "entity": lambda i, t, j, s: float(i == j),
        "period": lambda i, t, j, s: float(t == s),
        "two_way": lambda i, t, j, s: float(i == j or t == s),
        "dk": lambda i, t, j, s: bartlett(t, s),
        "nw": lambda i, t, j, s: float(i == j) * bartlett(t, s),
    }
    found = {
        "hc": cov.heteroskedastic(fit),
        "entity": cov.clustered_by(fit, "entity"),
        "period": cov.clustered_by(fit, "period"),
        "two_way": cov.clustered_by(fit, "two_way"),
        "dk": cov.driscoll_kraay(fit, periods, lag),
        "nw": cov.newey_west(fit, periods, lag),
    }
    for name, weight in pairs.items():
        expected = by_pairs(fit, periods, weight)
        np.testing.assert_allclose(found[name], expected, rtol=1e-8, atol=1e-12, err_msg=name)


@given(seeds, shapes, st.booleans())
@settings(max_examples=25, deadline=None)
def test_clusters_of_entities_are_the_covariance_that_the_method_began_with(seed, shape, holes):
    y, x, mask = made(seed, shape, holes=holes)
    for effects in ("twoway", "entity", "period", "none"):
        fit = panel_ols(y, x, absorber(mask, effects))
        np.testing.assert_allclose(cov.clustered_by(fit, "entity"), covariance(fit), rtol=ROUNDING)
        for kind in ("stata", "areg", "sss", "cr1", "none"):
            assert cov.cluster_factor(fit, "entity", kind) == pytest.approx(factor(fit, kind))


@given(seeds, shapes, st.booleans())
@settings(max_examples=25, deadline=None)
def test_random_effects_equal_generalised_least_squares_written_out(seed, shape, holes):
    y, x, mask = made(seed, shape, holes=holes)
    design = np.concatenate([x, mask[..., None].astype(float)], axis=-1)
    within = within_fit(y, x, mask)
    parts = components(within, between(y, design, mask))
    fit = random_effects(y, design, mask, parts.theta)
    rows = np.nonzero(mask)
    same = (rows[0][:, None] == rows[0][None, :]).astype(float)
    omega = parts.sigma2_error * np.eye(len(rows[0])) + parts.sigma2_entity * same
    z, inverse = design[mask], np.linalg.inv(omega)
    information = z.T @ inverse @ z
    np.testing.assert_allclose(
        fit.beta, np.linalg.solve(information, z.T @ inverse @ y[mask]), rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(
        fit.bread * parts.sigma2_error, np.linalg.inv(information), rtol=1e-7, atol=1e-12
    )


@given(seeds, shapes)
@settings(max_examples=25, deadline=None)
def test_added_means_equal_added_deviations(seed, shape):
    """Mundlak's form with entity means tests the same hypothesis with the same number."""
    y, x, mask = made(seed, shape, holes=False)
    design = np.concatenate([x, np.ones((*mask.shape, 1))], axis=-1)
    within = within_fit(y, x, mask)
    parts = components(within, between(y, design, mask))
    fit = random_effects(y, design, mask, parts.theta)
    if parts.sigma2_entity == 0:
        return
    wide, k = augmented(fit, within), shape[2]
    one = wald(wide.beta[k + 1 :], cov.clustered_by(wide, "entity")[k + 1 :, k + 1 :])
    means = np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape)
    other = random_effects(y, np.concatenate([design, means], axis=-1), mask, parts.theta)
    two = wald(other.beta[k + 1 :], cov.clustered_by(other, "entity")[k + 1 :, k + 1 :])
    assert one.statistic == pytest.approx(two.statistic, rel=1e-6)


def test_a_contrast_that_is_not_positive_has_no_p_value():
    one, two = np.array([1.0]), np.array([0.0])
    fine = hausman(one, two, np.array([[2.0]]), np.array([[1.0]]))
    assert (fine.statistic, fine.definite) == (1.0, True)
    negative = hausman(one, two, np.array([[1.0]]), np.array([[2.0]]))
    assert negative.statistic == -1.0
    assert np.isnan(negative.p_value)
    assert not negative.definite
    nothing = hausman(one, two, np.array([[1.0]]), np.array([[1.0]]))
    assert np.isnan(nothing.statistic)


def test_repair_leaves_a_positive_matrix_and_lifts_the_other():
    v = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert cov.made_positive(v)[1] is False
    fixed, repaired = cov.made_positive(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert repaired
    np.testing.assert_allclose(np.linalg.eigvalsh(fixed), [0.0, 3.0], atol=ROUNDING)


@pytest.mark.parametrize(("periods", "lag"), [(20, 2), (100, 4), (11, 2), (5, 2)])
def test_the_usual_lag_is_that_of_newey_and_west(periods, lag):
    assert cov.usual_lag(periods) == lag


@pytest.mark.slow
def test_size_of_driscoll_kraay_in_long_and_short_panels():
    """What the caution says: at 5 % it rejects too often in a short panel with common shocks."""
    rng = np.random.default_rng(7)
    rates = {}
    for periods in (11, 100):
        hits, draws = 0, 1000
        for _ in range(draws):
            common = rng.normal(size=(2, 1, periods))
            y, x = rng.normal(size=(2, 30, periods)) + common * rng.normal(size=(2, 30, 1))
            fit = panel_ols(y, x[..., None], absorber(np.ones(y.shape, dtype=bool), "entity"))
            v = cov.driscoll_kraay(fit, np.arange(periods), cov.usual_lag(periods))
            t = fit.beta[0] / np.sqrt(v[0, 0] * cov.kernel_factor(fit, "plm"))
            hits += abs(t) > 1.96
        rates[periods] = hits / draws
    assert rates[11] > 0.08
    assert abs(rates[100] - 0.05) < 0.03
