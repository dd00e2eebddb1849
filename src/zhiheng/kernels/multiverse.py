"""Many regressions at once: treatments, outcomes and sets of controls of a multiverse.

Notation of the module: `E` entities, `P` periods, `m` treatments, `q` outcomes, `D` draws.
Arrays are padded as in :mod:`zhiheng.kernels.panel_ols`. A block holds the specifications
that share rows, effects and controls: one projection serves all of its ``m q`` regressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import DEPENDENT, Absorber, SmallSample, factor_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Scores held at once under the null: as many as a processor keeps close, which is faster by half.
BLOCK_CELLS = 60_000
# Estimates of all specifications held at once, which bounds memory.
CURVE_CELLS = 2_500_000
# Directions of the shared effects below this are spanned by the entities' own.
SINGULAR = 1e-10
# A statistic under the null this close to the observed one is the same one, rounded otherwise:
# of all entities with the same sign it is, whatever the order of the sums.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Block:
    """The regressions of each outcome on each treatment, given rows, effects and controls.

    Attributes
    ----------
    estimate, std_error : ndarray, shape (m, q)
        Slope of one treatment alone with the controls, and its clustered standard error.
    x, y : ndarray, shapes (E, P, m), (E, P, q)
        Without effects and controls; `y` is the residual of the model without a treatment.
    span : ndarray, shape (E, P, r)
        Orthonormal columns of what was removed beyond the effects of single entities.
    scale : float
        Small-sample factor on the clustered variance.
    rows, clusters : int
    """

    estimate: Array
    std_error: Array
    x: Array
    y: Array
    span: Array
    scale: float
    rows: int
    clusters: int

    @property
    def statistic(self) -> Array:
        """The t statistics, shape (m, q)."""
        return self.estimate / self.std_error

    @property
    def size(self) -> int:
        """How many specifications the block holds."""
        return self.estimate.size


def shared_span(absorb: Absorber) -> Array:
    """Orthonormal columns of the shared effects, off those of single entities; (E, P, r)."""
    values, vectors = np.linalg.eigh(absorb.inverse)
    keep = values > SINGULAR * max(float(values[-1]), np.finfo(np.float64).tiny)
    root = vectors[:, keep] * np.sqrt(values[keep])
    return absorb.sweep(np.broadcast_to(root, (len(absorb.mask), *root.shape)))


def block(
    y: Array, x: Array, controls: Array, absorb: Absorber, *, small_sample: SmallSample = "stata"
) -> Block:
    """Estimate every outcome on every treatment by one projection.

    Use it for thousands of specifications that differ in treatment or outcome; for a single
    regression with all of its diagnostics use :func:`zhiheng.kernels.panel_ols.panel_ols`.

    Parameters
    ----------
    y, x, controls : ndarray, shapes (E, P, q), (E, P, m), (E, P, k)
        Columns from which `absorb` has removed the effects.
    absorb : Absorber
    small_sample : {"stata", "areg", "sss", "cr1", "none"}

    Notes
    -----
    By the theorem of Frisch, Waugh and Lovell the slope is ``x'y / x'x`` with controls
    projected out of both; its variance ``sum_g (x_g'u_g)^2 / (x'x)^2`` (Arellano 1987).
    """
    k = controls.shape[-1]
    span, own = shared_span(absorb), np.zeros((*absorb.mask.shape, 0))
    if k:
        columns = controls.reshape(-1, k)
        columns = columns / np.sqrt((columns**2).sum(axis=0))
        own = np.linalg.qr(columns)[0].reshape(*absorb.mask.shape, k)
    rx, ry = _off(x, own), _off(y, own)
    length = (rx**2).sum(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):  # `flat` says which are not defined
        estimate = np.einsum("epm,epq->mq", rx, ry) / length[:, None]
        crossed = np.einsum("epm,epq->emq", rx, ry)
        leverage = (rx**2).sum(axis=1)
        scores = crossed - estimate * leverage[..., None]
        spread = np.sqrt((scores**2).sum(axis=0)) / length[:, None]
    rows, clusters = int(absorb.mask.sum()), int(absorb.mask.any(axis=1).sum())
    counted = _counted(absorb, k + 1, small_sample)
    scale = float(factor_of(small_sample, clusters, np.array(float(rows)), np.array(counted)))
    joint = np.concatenate([span, own], axis=-1)
    return Block(estimate, spread * np.sqrt(scale), rx, ry, joint, scale, rows, clusters)


def _off(z: Array, own: Array) -> Array:
    """Controls projected out; the second pass removes what rounding left of the first."""
    rows = z.shape[0] * z.shape[1]
    columns, flat_own = z.reshape(rows, -1), own.reshape(rows, own.shape[-1])
    for _ in range(2 if own.shape[-1] else 0):
        columns = columns - flat_own @ (flat_own.T @ columns)
    return columns.reshape(z.shape)


def _counted(absorb: Absorber, k: int, small_sample: SmallSample) -> float:
    """Parameters counted, as :func:`zhiheng.kernels.panel_ols.parameters` does."""
    entity = absorb.basis.shape[-1] > 0
    counted = {
        "stata": k + absorb.common + int(entity),
        "areg": k + absorb.common + absorb.nested,
        "sss": k + int(absorb.shared.shape[1] == 1),
    }
    return float(counted.get(small_sample, 0))


def flat(before: Array, after: Array) -> NDArray[np.intp]:
    """Columns of which nothing is left once the controls are projected out.

    Parameters
    ----------
    before, after : ndarray, shape (E, P, c)
        Without effects, and without effects and controls.
    """
    left = np.sqrt((after**2).sum(axis=(0, 1)))
    return np.flatnonzero(~(left > DEPENDENT * np.sqrt((before**2).sum(axis=(0, 1)))))


def signs(entities: int, draws: int, order: NDArray[np.intp], seed: int) -> Array:
    """Signs under the null, one for each entity's whole path of residuals; shape (D, E).

    `order` are the positions of the entities in an order of their own, so that the signs do
    not depend on how rows are sorted.
    """
    drawn = np.random.default_rng(seed).integers(0, 2, size=(draws, entities)) * 2.0 - 1.0
    out: Array = np.empty((draws, entities))
    out[:, order] = drawn
    return out


def under_null(one: Block, sign: Array) -> tuple[Array, Array]:
    """Estimates and t statistics when no treatment matters, for every draw of signs.

    The outcome is rebuilt from the model without a treatment, the residuals of each entity
    keeping or changing their sign together, and everything is estimated again: the
    restricted wild cluster bootstrap (Cameron, Gelbach and Miller 2008), with the same signs
    in all specifications so that their dependence is kept.

    Parameters
    ----------
    one : Block
    sign : ndarray, shape (D, E)

    Returns
    -------
    tuple of ndarray
        Each of shape (m, q, D).
    """
    entities, (m, q) = len(one.x), one.estimate.shape
    estimate, statistic = (np.empty((m, q, len(sign))) for _ in range(2))
    length, leverage = (one.x**2).sum(axis=(0, 1))[:, None], (one.x**2).sum(axis=1)[..., None]
    across = one.x.transpose(0, 2, 1)
    own, pulled = across @ one.y, (across @ one.span).reshape(entities * m, -1)
    carried = one.span.transpose(0, 2, 1) @ one.y
    step = max(1, BLOCK_CELLS // (entities * m))
    for start in range(0, len(sign), step):
        cut = slice(start, start + step)
        flip = np.ascontiguousarray(sign[cut].T)
        for j in range(q):  # outcomes, of which there are a few
            # x_g'y*_g: y* = s u less what effects and controls take back of s u
            crossed = (pulled @ (carried[..., j].T @ flip)).reshape(entities, m, -1)
            np.subtract(own[..., j, None] * flip[:, None], crossed, out=crossed)
            slope = crossed.sum(axis=0) / length
            crossed -= slope * leverage
            spread = np.sqrt(np.einsum("emd,emd->md", crossed, crossed) * one.scale)
            estimate[:, j, cut] = slope
            statistic[:, j, cut] = slope * length / spread
    return estimate, statistic


@dataclass(frozen=True, slots=True)
class Joint:
    """A multiverse against its own distribution when no treatment matters.

    Attributes
    ----------
    observed : ndarray, shape (scopes, 3)
        Median estimate in the declared direction, share with the declared sign, share with
        the declared sign that is significant.
    drawn : ndarray, shape (D, scopes, 3)
    p_value : ndarray, shape (scopes, 3)
        ``(1 + draws as large) / (1 + D)``.
    p_single : ndarray, shape (S,)
        Two-sided, of each specification by itself, from the same draws.
    """

    observed: Array
    drawn: Array
    p_value: Array
    p_single: Array


def joint_test(
    blocks: Sequence[Block],
    scopes: Mask,
    critical: Array,
    sign: Array,
    *,
    direction: int,
) -> Joint:
    """Test all specifications together, none of them counted as if independent.

    Parameters
    ----------
    blocks : sequence of Block
        Specifications are numbered block by block, treatments before outcomes.
    scopes : ndarray of bool, shape (scopes, S)
        Which specifications each test takes together.
    critical : ndarray, shape (S,)
        Where a t statistic counts as significant.
    sign : ndarray, shape (D, E)
        See :func:`signs`.
    direction : {-1, 0, 1}
        The declared sign; 0 for none, when the size of the median, the share of the more
        frequent sign and significance of either sign are taken.
    """
    estimate = np.concatenate([b.estimate.ravel() for b in blocks])[:, None]
    t = np.concatenate([b.statistic.ravel() for b in blocks])[:, None]
    observed = _statistics(estimate, t, scopes, critical, direction)[0]
    step = max(1, CURVE_CELLS // len(estimate))
    drawn = np.empty((len(sign), *observed.shape))
    larger = np.zeros(len(estimate))
    for start in range(0, len(sign), step):
        cut = slice(start, start + step)
        size = len(sign[cut])
        found = [under_null(b, sign[cut]) for b in blocks]
        slopes = np.concatenate([a.reshape(-1, size) for a, _ in found])
        ratios = np.concatenate([a.reshape(-1, size) for _, a in found])
        drawn[cut] = _statistics(slopes, ratios, scopes, critical, direction)
        larger += (np.abs(ratios) >= np.abs(t) * (1 - SAME)).sum(axis=1)
    room = SAME * np.abs(observed)
    p_value = (1 + (drawn >= observed - room).sum(axis=0)) / (1 + len(sign))
    return Joint(observed, drawn, p_value, (1 + larger) / (1 + len(sign)))


def _statistics(estimate: Array, t: Array, scopes: Mask, critical: Array, direction: int) -> Array:
    """Three statistics of each scope, shape (D, scopes, 3), from columns of draws."""
    out = np.empty((estimate.shape[1], len(scopes), 3))
    for n, inside in enumerate(scopes):  # scopes, of which there are a few
        b, ratio, limit = estimate[inside], t[inside], critical[inside, None]
        if direction:
            parts = (direction * np.median(b, axis=0), (direction * b > 0).mean(axis=0),
                     (direction * ratio >= limit).mean(axis=0))  # fmt: skip
        else:
            up = (b > 0).mean(axis=0)
            parts = (np.abs(np.median(b, axis=0)), np.maximum(up, 1 - up),
                     (np.abs(ratio) >= limit).mean(axis=0))  # fmt: skip
        out[:, n] = np.stack(parts, axis=-1)
    return out
