"""Random effects, the between regression, and tests of one against the other.

Columns are ``x`` with shape (E, P, k) and a constant of their own, so that the
transformed model is plain least squares and every covariance and few-cluster
correction for a :class:`~zhiheng.kernels.panel_ols.PanelFit` applies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.panel_ols import (
    Absorber,
    Mask,
    PanelFit,
    absorber,
    difference_absorber,
    solve,
)

Array = NDArray[np.float64]

# Eigenvalues of a difference of covariances, scaled by the standard errors of fixed effects,
# below this count as zero.
NO_DIFFERENCE = 1e-10


@dataclass(frozen=True, slots=True)
class Components:
    """Variance components of Swamy and Arora.

    Attributes
    ----------
    sigma2_error, sigma2_entity : float
        Variances of the error and of the effect; the second is cut at zero.
    theta : ndarray, shape (E,)
        ``1 - sqrt(s2_e / (s2_e + T_i s2_u))``, the share of its mean that each
        entity loses; zero for an entity without rows.
    """

    sigma2_error: float
    sigma2_entity: float
    theta: Array


@dataclass(frozen=True, slots=True)
class Wald:
    """A test of joint restrictions; NaN where it does not exist.

    `definite` says whether the covariance in the middle was positive definite;
    where not, the statistic has no chi-square distribution.
    """

    statistic: float
    df: int
    p_value: float
    definite: bool = True


def bare(mask: Mask) -> Absorber:
    """The projection that removes nothing, not even a constant."""
    return difference_absorber(mask, "entity")


def entity_means(z: Array, mask: Mask) -> Array:
    """Means over the rows in use, shape (E, 1, c); zero for an entity without rows."""
    rows = np.maximum(mask.sum(axis=1), 1)[:, None, None]
    return (z * mask[..., None]).sum(axis=1, keepdims=True) / rows


def between(y: Array, x: Array, mask: Mask) -> PanelFit:
    """Least squares of the entities' means, each entity counted once; `x` has the constant."""
    inside = np.asarray(mask.any(axis=1), dtype=np.bool_)[:, None]
    means = entity_means(np.concatenate([y[..., None], x], axis=-1), mask)
    return solve(means[..., 0], means[..., 1:], bare(inside))


def components(within: PanelFit, means: PanelFit) -> Components:
    """Swamy and Arora's variance components.

    Parameters
    ----------
    within : PanelFit
        The fit with entity effects.
    means : PanelFit
        The between fit, constant included.

    Notes
    -----
    ``s2_e = u'u / (N - E - k)`` and ``s2_u = max(0, b'b / (E - k_b) - s2_e / T)``
    with the harmonic mean ``T`` of the entities' numbers of rows: in unbalanced
    panels as Stata ``xtreg, re`` and linearmodels; R plm then differs.
    """
    mask = within.absorber.mask
    count = mask.sum(axis=1)
    entities, k = int((count > 0).sum()), len(within.beta)
    s2_error = float((within.residuals**2).sum()) / (within.rows - entities - k)
    typical = entities / float((1.0 / count[count > 0]).sum())
    s2_means = float((means.residuals**2).sum()) / (entities - len(means.beta))
    s2_entity = max(0.0, s2_means - s2_error / typical)
    theta = 1.0 - np.sqrt(s2_error / (s2_error + count * s2_entity))
    return Components(s2_error, s2_entity, theta)


def random_effects(y: Array, x: Array, mask: Mask, theta: Array) -> PanelFit:
    """Generalised least squares as least squares of ``z - theta_i mean_i(z)``."""
    z = np.concatenate([y[..., None], x], axis=-1)
    moved = (z - theta[:, None, None] * entity_means(z, mask)) * mask[..., None]
    return solve(moved[..., 0], moved[..., 1:], bare(mask))


def wald(estimate: Array, covariance: Array) -> Wald:
    """``b' V^-1 b`` with as many degrees of freedom as coefficients."""
    k = len(estimate)
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all() or np.linalg.cond(covariance / np.outer(scale, scale)) > 1e12:
        return Wald(float("nan"), k, float("nan"))
    half = np.linalg.solve(covariance / np.outer(scale, scale), estimate / scale)
    value = float((estimate / scale) @ half)
    return Wald(value, k, float(stats.chi2.sf(value, k)))


def hausman(fixed: Array, random: Array, v_fixed: Array, v_random: Array) -> Wald:
    """Hausman's (1978) contrast of two estimates, of which the second is efficient.

    ``q' (V_F - V_R)^-1 q``. The difference need not be positive definite in
    finite samples; the number is then what plm and Stata print, `definite` is
    false, and a negative statistic has no p-value.
    """
    q, gap = fixed - random, v_fixed - v_random
    scale = np.sqrt(np.diag(v_fixed))
    scaled = gap / np.outer(scale, scale)
    values = np.linalg.eigvalsh(scaled)
    if np.abs(values).min() <= NO_DIFFERENCE:
        return Wald(float("nan"), len(q), float("nan"), definite=False)
    value = float((q / scale) @ np.linalg.solve(scaled, q / scale))
    p_value = float(stats.chi2.sf(value, len(q))) if value >= 0 else float("nan")
    return Wald(value, len(q), p_value, definite=bool(values[0] > 0))


def augmented(fit: PanelFit, within: PanelFit) -> PanelFit:
    """The random-effects regression with the demeaned regressors added.

    Their coefficients are zero when effects and regressors are uncorrelated
    (Mundlak 1978; Wooldridge 2010, section 10.7.3): unlike Hausman's contrast
    the test may use clustered errors.
    """
    columns = np.concatenate([fit.x, within.x], axis=-1)
    return solve(fit.y, columns, fit.absorber)


def within_fit(y: Array, x: Array, mask: Mask) -> PanelFit:
    """The fit with entity effects of columns that vary within entities."""
    absorb = absorber(mask, "entity")
    z = absorb.remove(np.concatenate([y[..., None], x], axis=-1))
    return solve(z[..., 0], z[..., 1:], absorb)
