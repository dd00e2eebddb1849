"""Covariances of panel estimates beyond clustering by entity.

All work on a :class:`~zhiheng.kernels.panel_ols.PanelFit`; its `x` may also be
quasi-demeaned regressors or the fitted regressors of two-stage least squares.
Nothing here has a small-sample factor; :func:`multiplier` gives it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import PanelFit, SmallSample, factor_of, parameters

Array = NDArray[np.float64]
Grouping = Literal["entity", "period", "two_way"]
Kind = Literal["cluster", "classical", "hc0", "hc1", "driscoll_kraay", "newey_west"]
KernelFactor = Literal["plm", "linearmodels", "fixest"]


def all_parameters(fit: PanelFit) -> int:
    """Regressors and every absorbed effect."""
    return len(fit.beta) + fit.absorber.nested + fit.absorber.common


def scores(fit: PanelFit) -> Array:
    """``x_it u_it (x'x)^-1`` of every row, shape (E, P, k)."""
    return (fit.x * fit.residuals[..., None]) @ fit.bread


def classical(fit: PanelFit) -> Array:
    """``s^2 (x'x)^-1`` with ``s^2 = u'u / (N - K)``; K counts the absorbed effects."""
    return fit.bread * float((fit.residuals**2).sum()) / (fit.rows - all_parameters(fit))


def heteroskedastic(fit: PanelFit) -> Array:
    """White's HC0: rows may differ in variance and are not correlated."""
    s = scores(fit).reshape(-1, len(fit.beta))
    return s.T @ s


def clustered_by(fit: PanelFit, grouping: Grouping) -> Array:
    """CR0 by entity, by period, or by both: ``V_entity + V_period - V_row``.

    The two-way form (Cameron, Gelbach and Miller 2011; Thompson 2011) need not
    be positive: see :func:`made_positive`.
    """
    by_entity, by_period = scores_by_entity(fit), scores_by_period(fit)
    parts = {"entity": by_entity, "period": by_period}
    if grouping in parts:
        return parts[grouping].T @ parts[grouping]
    return by_entity.T @ by_entity + by_period.T @ by_period - heteroskedastic(fit)


def scores_by_entity(fit: PanelFit) -> Array:
    """Scores summed within entities, shape (E, k)."""
    return (fit.residuals[:, None, :] @ fit.x)[:, 0, :] @ fit.bread


def scores_by_period(fit: PanelFit) -> Array:
    """Scores summed within periods, shape (P, k)."""
    sums = fit.residuals.T[:, None, :] @ fit.x.transpose(1, 0, 2)
    return sums[:, 0, :] @ fit.bread


def driscoll_kraay(fit: PanelFit, periods: NDArray[np.int64], lag: int) -> Array:
    """Robust to dependence between entities and over time up to `lag` periods.

    Parameters
    ----------
    fit : PanelFit
    periods : ndarray, shape (P,)
        Ordinals; a lag is a distance in time, so a missing year counts.
    lag : int
        Last lag with a Bartlett weight ``1 - l / (lag + 1)`` above zero.

    Notes
    -----
    Driscoll and Kraay (1998): the Newey-West sum over the cross-sectional sums
    of the scores. Its theory lets the number of periods grow.
    """
    return _bartlett(_on_calendar(scores_by_period(fit)[None], periods), lag)


def newey_west(fit: PanelFit, periods: NDArray[np.int64], lag: int) -> Array:
    """Robust to dependence over time within an entity up to `lag`, not between entities."""
    return _bartlett(_on_calendar(scores(fit), periods), lag)


def _on_calendar(s: Array, periods: NDArray[np.int64]) -> Array:
    """Scores on the calendar without holes, shape (G, span, k)."""
    place = periods - periods[0]
    if place[-1] + 1 == len(periods):
        return s
    out = np.zeros((len(s), int(place[-1]) + 1, s.shape[-1]))
    out[:, place] = s
    return out


def _bartlett(s: Array, lag: int) -> Array:
    k = s.shape[-1]
    total = np.einsum("gtj,gtk->jk", s, s)
    for step in range(1, min(lag, s.shape[1] - 1) + 1):
        later, earlier = s[:, step:].reshape(-1, k), s[:, :-step].reshape(-1, k)
        cross = later.T @ earlier
        total = total + (1.0 - step / (lag + 1.0)) * (cross + cross.T)
    return total


def usual_lag(periods: int) -> int:
    """``floor(4 (T/100)^(2/9))``, the rule of Newey and West (1994) that xtscc uses."""
    return int(4.0 * (periods / 100.0) ** (2.0 / 9.0))


def made_positive(v: Array) -> tuple[Array, bool]:
    """Negative eigenvalues set to zero, and whether there were any.

    The repair that Cameron, Gelbach and Miller (2011) propose for two-way clustering.
    """
    values, vectors = np.linalg.eigh((v + v.T) / 2)
    if values[0] >= -np.finfo(np.float64).eps * len(v) * max(values[-1], 0.0):
        return v, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True


def groups(fit: PanelFit, grouping: Grouping) -> int:
    """Number of clusters; of the smaller side when they are crossed."""
    mask = fit.absorber.mask
    entity, period = int(mask.any(axis=1).sum()), int(mask.any(axis=0).sum())
    return {"entity": entity, "period": period, "two_way": min(entity, period)}[grouping]


def counted(fit: PanelFit, grouping: Grouping, small_sample: SmallSample) -> int:
    """Parameters that `small_sample` counts when clusters are not only the entities.

    As :func:`~zhiheng.kernels.panel_ols.parameters`, but "stata" leaves out whatever
    effects are nested in the clusters: those of entities, of periods, or both.
    """
    absorb = fit.absorber
    if small_sample != "stata" or grouping == "entity":
        return parameters(fit, small_sample)
    k, per_entity = len(fit.beta), absorb.basis.shape[-1] > 0
    periods = absorb.shared.shape[1] > 1
    if grouping == "two_way":  # with either set of dummies absorbed the constant is nested
        return k + int(per_entity or periods or absorb.common > 0)
    nested = int(absorb.mask.any(axis=0).sum()) - int(per_entity) if periods else 0
    total = absorb.nested + absorb.common - nested
    return k + max(total, int(periods))


def cluster_factor(fit: PanelFit, grouping: Grouping, small_sample: SmallSample) -> float:
    """``G/(G-1) (N-1)/(N-K)`` with the smaller G when clusters are crossed."""
    rows = np.array(float(fit.rows))
    k = np.array(float(counted(fit, grouping, small_sample)))
    return float(factor_of(small_sample, groups(fit, grouping), rows, k))


def kernel_factor(fit: PanelFit, kind: KernelFactor) -> float:
    """The factor on a Driscoll-Kraay or Newey-West covariance.

    ``"plm"`` is 1 (R ``vcovSCC(type="HC0")``); ``"linearmodels"`` is ``N/(N-K)``
    and ``"fixest"`` is ``(N-1)/(N-K) T/(T-1)``, both with every absorbed effect in K.
    """
    if kind == "plm":
        return 1.0
    rows = fit.rows
    if kind == "linearmodels":
        return rows / (rows - all_parameters(fit))
    t = groups(fit, "period")
    return (rows - 1) / (rows - all_parameters(fit)) * t / (t - 1)
