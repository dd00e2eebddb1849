"""How much one regression coefficient leans on single entities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.panel_ols import Absorber, PanelFit, SmallSample, factor_of, parameters

Array = NDArray[np.float64]

# Entities left out are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 2_000_000
# Smallest eigenvalue of the regressors' correlation matrix that still counts as full rank.
SINGULAR = 1e-12


@dataclass(frozen=True, slots=True)
class Influence:
    """Leave-one-entity-out estimates of one coefficient.

    Attributes
    ----------
    share : ndarray, shape (E,)
        The entity's share of the regressor's variation that is left after the
        effects and the other regressors; sums to one.
    estimate, std_error, p_value : ndarray, shape (E,)
        Of the regression without the entity; NaN where it cannot be estimated.
    """

    share: Array
    estimate: Array
    std_error: Array
    p_value: Array


def leave_one_out(fit: PanelFit, term: int, *, small_sample: SmallSample) -> Influence:
    """Re-estimate coefficient `term` without each entity in turn, in closed form.

    Use it to see whether a finding rests on one entity. It leaves out whole
    entities, not rows.

    Parameters
    ----------
    fit : PanelFit
    term : int
        Column of the regressor.
    small_sample : str
        As in :func:`zhiheng.kernels.panel_ols.factor`.

    Notes
    -----
    With ``z = (y, x)`` after the effects, ``S_g`` the projection off entity g's
    own effects and ``A`` the Gram matrix of the shared ones, leaving out `g`
    moves the shared effects by ``d_g = -(A - S_g)^+ z_g`` and leaves the cross
    products ``z'z - z_g'z_g + z_g'd_g``. The work grows with the square of the
    number of entities.
    """
    alone = fit.x @ fit.bread[:, term]
    share = (alone**2).sum(axis=1) / fit.bread[term, term]
    z = np.concatenate([fit.y[..., None], fit.x], axis=-1)
    inverse, lost = _shared_without_each(fit.absorber)
    moved = -inverse @ z
    own = z.transpose(0, 2, 1) @ z
    gram = own.sum(axis=0) - own + z.transpose(0, 2, 1) @ moved
    beta, row = _solve(gram, term)
    residual = np.concatenate([np.ones((len(beta), 1)), -beta], axis=1)
    regressor = np.concatenate([np.zeros((len(row), 1)), row], axis=1)
    squares = _score_squares(fit.absorber, z, moved, (regressor, residual))
    rows = fit.rows - fit.absorber.mask.sum(axis=1).astype(np.float64)
    nested = (fit.absorber.basis**2).sum(axis=(1, 2)) if small_sample == "areg" else 0.0
    counted = parameters(fit, small_sample) - lost - nested
    se = np.sqrt(squares * factor_of(small_sample, fit.clusters - 1, rows, counted))
    estimate = beta[:, term]
    p_value = 2 * stats.t.sf(np.abs(estimate / se), fit.clusters - 2)
    return Influence(share, estimate, se, p_value)


def _shared_without_each(absorb: Absorber) -> tuple[Array, Array]:
    """``(A - S_g)^+`` for each entity, shape (E, P, P), and the rank that is lost with it."""
    mask, basis, shared = absorb.mask, absorb.basis, absorb.shared
    if shared.shape[1] == 0:
        return np.zeros((len(mask), *absorb.inverse.shape)), np.zeros(len(mask))
    if mask.all():  # every S_g is the same S, and A = E S
        rest = absorb.inverse * (len(mask) / (len(mask) - 1))
        return np.broadcast_to(rest, (len(mask), *rest.shape)), np.zeros(len(mask))
    own = np.eye(mask.shape[1]) * mask[:, :, None] - basis @ basis.transpose(0, 2, 1)
    gram = shared.T @ (own.sum(axis=0) - own) @ shared
    rank = np.linalg.matrix_rank(gram, hermitian=True, rtol=1e-10)
    inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
    return shared @ inverse @ shared.T, absorb.common - rank.astype(np.float64)


def _solve(gram: Array, term: int) -> tuple[Array, Array]:
    """Coefficients, and row `term` of the inverse, from cross products of ``(y, x)``."""
    size = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2)[:, 1:], 0.0))
    scale = np.where(size > 0, size, 1.0)
    scaled = gram[:, 1:, 1:] / scale[:, :, None] / scale[:, None, :]
    bad = np.linalg.eigvalsh(scaled)[:, 0] < SINGULAR
    scaled[bad] = np.eye(scaled.shape[-1])
    inverse = np.linalg.inv(scaled) / scale[:, :, None] / scale[:, None, :]
    beta = (inverse @ gram[:, 1:, :1])[:, :, 0]
    nan = np.where(bad, np.nan, 1.0)[:, None]
    return beta * nan, inverse[:, term, :] * nan


def _score_squares(absorb: Absorber, z: Array, moved: Array, weights: tuple[Array, Array]) -> Array:
    """``sum_{h != g} s_gh^2`` with ``s_gh`` entity h's score in the regression without `g`.

    ``s_gh = a_g'(z_h - S_h d_g)'(z_h - S_h d_g) q_g`` for `weights` ``(a, q)``,
    written out so that all pairs are matrix products.
    """
    own = (z.transpose(0, 2, 1) @ z).reshape(len(z), -1).T
    flat, inside = z.reshape(len(z), -1).T, absorb.mask.astype(np.float64).T
    block = max(1, BLOCK_CELLS // len(z))
    out = np.zeros(len(z))
    for first in range(0, len(z), block):
        part = slice(first, first + block)
        a, q = weights[0][part], weights[1][part]
        u = np.einsum("gpc,gc->gp", moved[part], a)
        v = np.einsum("gpc,gc->gp", moved[part], q)
        cross = v[:, :, None] * a[:, None, :] + u[:, :, None] * q[:, None, :]
        scores = (a[:, :, None] * q[:, None, :]).reshape(len(a), -1) @ own
        scores = scores - cross.reshape(len(a), -1) @ flat + (u * v) @ inside
        for column in range(absorb.basis.shape[-1]):
            direction = absorb.basis[:, :, column].T
            scores = scores - (u @ direction) * (v @ direction)
        left_out = np.arange(len(a))
        scores[left_out, first + left_out] = 0.0
        out[part] = (scores**2).sum(axis=1)
    return out
