"""Inference that holds when there are few clusters.

CR2 standard errors with Satterthwaite degrees of freedom, the restricted wild
cluster bootstrap, and the smallest effect that a design can detect. Clusters
are the entities of a :class:`~zhiheng.kernels.panel_ols.PanelFit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.panel_ols import PanelFit

Array = NDArray[np.float64]
Weights = Literal["rademacher", "webb"]

# Eigenvalues of I - H_g below this are the directions that a cluster determines alone.
SINGULAR = 1e-10
# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000
# A bootstrap statistic this close to the observed one is the same statistic, rounded otherwise.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class FewClusters:
    """Bias-reduced standard errors.

    Attributes
    ----------
    std_error : ndarray, shape (k,)
        CR2, working model of equal and independent errors.
    df : ndarray, shape (k,)
        Satterthwaite degrees of freedom of each t statistic.
    """

    std_error: Array
    df: Array


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """Bootstrap p-values.

    Attributes
    ----------
    p_value : ndarray, shape (k,)
        Two-sided, each under its own null "coefficient is zero".
    draws : int
        Number of draws used.
    enumerated : bool
        Whether they are all sign patterns that exist, so that no chance is left.
    """

    p_value: Array
    draws: int
    enumerated: bool


def bell_mccaffrey(fit: PanelFit) -> FewClusters:
    """CR2 standard errors and Satterthwaite degrees of freedom.

    Use them when clusters are few or unequal, or one of them has leverage; with
    many even clusters they agree with the ordinary clustered ones.

    Notes
    -----
    ``V = sum_g w_g'u_g u_g'w_g`` with ``w_g = (I - H)_gg^(+1/2) x_g (x'x)^-1``
    (Bell and McCaffrey 2002). Effects nested in clusters are absorbed, shared
    ones stay in H (Pustejovsky and Tipton 2018, theorem 2). With
    ``p_gh = w_g'(I - H)_gh w_h`` the degrees of freedom are
    ``(sum_g p_gg)^2 / sum_gh p_gh^2``.
    """
    weighted = cr2_weights(fit)[0]
    spread = np.einsum("epk,ep->ek", weighted, fit.residuals)
    own = (fit.absorber.sweep(weighted) ** 2).sum(axis=1)
    hat = _hat_factors(fit)
    pulled = np.einsum("epk,epr->ker", weighted, hat)
    cross = pulled.transpose(0, 2, 1) @ pulled
    pulled_own = (pulled**2).sum(axis=-1).T
    squares = (own**2 - 2 * own * pulled_own).sum(axis=0) + (cross**2).sum(axis=(1, 2))
    df = (own - pulled_own).sum(axis=0) ** 2 / squares
    return FewClusters(np.sqrt((spread**2).sum(axis=0)), df)


def cr2_weights(fit: PanelFit) -> tuple[Array, Array]:
    """``w_g = (I - H)_gg^(+1/2) x_g (x'x)^-1``, shape (E, P, k), and the roots, (E, P, P)."""
    root = _root_inverse(fit)
    return root @ (fit.x @ fit.bread), root


def _hat_factors(fit: PanelFit) -> Array:
    """Factors ``F`` with ``H_gh = F_g F_h'`` for all that is not nested, shape (E, P, r)."""
    shared = _square_root(fit.absorber.inverse)
    common = fit.absorber.sweep(np.broadcast_to(shared, (len(fit.x), *shared.shape)))
    return np.concatenate([fit.x @ np.linalg.cholesky(fit.bread), common], axis=-1)


def _square_root(matrix: Array) -> Array:
    """``L`` with ``L L' = matrix`` for a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    keep = values > SINGULAR * max(float(values[-1]), np.finfo(np.float64).tiny)
    return vectors[:, keep] * np.sqrt(values[keep])


def _root_inverse(fit: PanelFit) -> Array:
    """Symmetric ``(I - H)_gg^(+1/2)`` of each cluster, shape (E, P, P)."""
    mask, basis, hat = fit.absorber.mask, fit.absorber.basis, _hat_factors(fit)
    eye = np.eye(mask.shape[1]) * mask[:, :, None]
    own = eye - basis @ basis.transpose(0, 2, 1) - hat @ hat.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(own)
    inverse = np.where(values > SINGULAR, 1.0 / np.sqrt(np.maximum(values, SINGULAR)), 0.0)
    return (vectors * inverse[:, None, :]) @ vectors.transpose(0, 2, 1)


def wild_bootstrap(
    fit: PanelFit,
    *,
    draws: int,
    weights: Weights,
    seed: int,
    order: NDArray[np.intp] | None = None,
) -> WildBootstrap:
    """Restricted wild cluster bootstrap of each coefficient's t statistic.

    Use it when clusters are few: it imposes the null and keeps each cluster's
    residuals together. Do not use it with one treated cluster, where it hardly
    ever rejects.

    Parameters
    ----------
    fit : PanelFit
    draws : int
        Number of draws. If there are no more sign patterns than that, all are used.
    weights : {"rademacher", "webb"}
        Two-point or six-point weights; the latter for fewer than about twelve clusters.
    seed : int
    order : ndarray, shape (E,), optional
        The order in which entities meet the random weights; give the order of
        their names and the p-values do not depend on how rows are sorted.

    Notes
    -----
    Cameron, Gelbach and Miller (2008); Webb (2023). Because weights are constant
    in a cluster, every draw is a linear form in cluster sums (Roodman et al. 2019).
    The p-value is ``(1 + #{|t*| >= |t|}) / (1 + draws)``, or the plain share when
    all patterns are used.
    """
    inside = np.asarray(fit.absorber.mask.any(axis=1))
    sequence = np.arange(len(inside)) if order is None else order
    clusters = sequence[inside[sequence]]
    patterns = 2 ** len(clusters) if len(clusters) < 40 else np.inf
    every = weights == "rademacher" and patterns <= draws
    size = int(patterns) if every else draws
    parts = [_null_model(fit, j, clusters) for j in range(len(fit.beta))]
    hits = np.zeros(len(parts))
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK_CELLS // len(clusters))
    for first in range(0, size, block):
        count = min(block, size - first)
        shape = (count, len(clusters))
        v = _patterns(first, shape) if every else _weights(rng, shape, weights)
        hits += [_exceed(v, *part) for part in parts]
    p_value = hits / size if every else (1 + hits) / (1 + size)
    return WildBootstrap(p_value, size, every)


def _null_model(fit: PanelFit, j: int, clusters: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """What a draw needs: scores under the null, how they react to refitting, and refitting."""
    alone = fit.x @ (fit.bread[:, j] / fit.bread[j, j])
    restricted = fit.residuals + alone * fit.beta[j]
    hat = _hat_factors(fit)
    scores = (alone * restricted).sum(axis=1)
    reaction = np.einsum("ep,epr->er", alone, hat)
    refit = np.einsum("ep,epr->er", restricted, hat)
    return scores[clusters], reaction[clusters], refit[clusters]


def _exceed(v: Array, scores: Array, reaction: Array, refit: Array) -> int:
    """How many draws are at least as far from zero as the statistic of the data."""

    def statistic(w: Array) -> Array:
        spread = w * scores - (w @ refit) @ reaction.T
        return np.abs(w @ scores) / np.sqrt((spread**2).sum(axis=1))

    observed = statistic(np.ones((1, len(scores))))[0]
    return int((statistic(v) >= observed * (1 - SAME)).sum())


def _patterns(first: int, shape: tuple[int, int]) -> Array:
    number = np.arange(first, first + shape[0])[:, None] >> np.arange(shape[1])[None, :]
    return 1.0 - 2.0 * (number & 1).astype(np.float64)


def _weights(rng: np.random.Generator, shape: tuple[int, int], weights: Weights) -> Array:
    if weights == "rademacher":
        return 1.0 - 2.0 * rng.integers(0, 2, size=shape).astype(np.float64)
    points = np.sqrt([0.5, 1.0, 1.5])
    return np.concatenate([-points, points])[rng.integers(0, 6, size=shape)]


def minimum_detectable(std_error: Array, df: float | Array, *, level: float, power: float) -> Array:
    """The smallest true effect that a two-sided test would find with the given power.

    ``(t_{1 - level/2, df} + t_{power, df}) * std_error`` (Bloom 1995).

    Parameters
    ----------
    std_error : ndarray
    df : float or ndarray
        Degrees of freedom of the test.
    level, power : float
        In (0, 1), such as 0.05 and 0.8.
    """
    return (stats.t.ppf(1 - level / 2, df) + stats.t.ppf(power, df)) * std_error
