"""Linear panel regression with absorbed entity and period effects.

Notation of the module: `E` entities, `P` periods, `k` regressors. Arrays are
padded: shape ``(E, P, ...)`` with a boolean `mask` of the rows in use and
zeros elsewhere, so that every step is one batched product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Effects = Literal["twoway", "entity", "period", "none"]
SmallSample = Literal["stata", "areg", "sss", "cr1", "none"]

# Relative length below which a column counts as absorbed by the effects, or as a combination
# of others: three digits above what rounding leaves behind in panels of yearbook size.
FLAT = 1e-9
DEPENDENT = 1e-8
# Rows of a block in orthogonal factorisation: a few dozen kilobytes.
BLOCK = 500


@dataclass(frozen=True, slots=True)
class Absorber:
    """The projection that removes the effects, ready to be applied again.

    Attributes
    ----------
    mask : ndarray, shape (E, P)
        Rows in use.
    basis : ndarray, shape (E, P, q)
        Orthonormal columns of the effects that belong to one entity: its mean
        (q = 1), its mean and linear trend (q = 2), nothing (q = 0).
    shared : ndarray, shape (P, r)
        Effects common to all entities: period dummies (r = P), a constant
        (r = 1), nothing (r = 0).
    inverse : ndarray, shape (P, P)
        ``T (sum_e T' S_e T)^+ T'`` with ``T = shared`` and ``S_e`` the
        projection off `basis`; zero when nothing is shared.
    nested : int
        Rank of the effects of single entities.
    common : int
        Rank that the shared effects add to them.
    """

    mask: Mask
    basis: Array
    shared: Array
    inverse: Array
    nested: int
    common: int

    def sweep(self, z: Array) -> Array:
        """Remove the effects of single entities from `z`, shape (E, P, c)."""
        inside = z * self.mask[..., None]
        return inside - self.basis @ (self.basis.transpose(0, 2, 1) @ inside)

    def remove(self, z: Array) -> Array:
        """Remove all effects from `z`, shape (E, P, c); missing rows become zero."""
        out = self.sweep(z)
        for _ in range(2):  # the second pass removes what rounding left of the first
            out = out - self.sweep(np.broadcast_to(self.inverse @ out.sum(axis=0), out.shape))
        return out


@dataclass(frozen=True, slots=True)
class PanelFit:
    """Least squares after the effects are taken out.

    Attributes
    ----------
    beta : ndarray, shape (k,)
    x, y, residuals : ndarray, shapes (E, P, k), (E, P), (E, P)
        Regressors and outcome without the effects, and ``y - x beta``.
    bread : ndarray, shape (k, k)
        ``(x'x)^-1``.
    absorber : Absorber
    """

    beta: Array
    x: Array
    y: Array
    residuals: Array
    bread: Array
    absorber: Absorber

    @property
    def rows(self) -> int:
        """Number of rows in use."""
        return int(self.absorber.mask.sum())

    @property
    def clusters(self) -> int:
        """Number of entities with at least one row in use."""
        return int(self.absorber.mask.any(axis=1).sum())

    @property
    def r2_within(self) -> float:
        """Share of the outcome's variation, after the effects, that the regressors carry."""
        return 1.0 - float((self.residuals**2).sum() / (self.y**2).sum())


@dataclass(frozen=True, slots=True)
class Defects:
    """Columns that cannot be estimated: absorbed by the effects, or tied to each other."""

    flat: tuple[int, ...]
    tied: tuple[int, ...]


def absorber(mask: Mask, effects: Effects, *, trends: bool = False) -> Absorber:
    """Make the projection for the given effects.

    Parameters
    ----------
    mask : ndarray, shape (E, P)
    effects : {"twoway", "entity", "period", "none"}
        ``"none"`` still removes one constant.
    trends : bool
        Remove a linear trend of each entity as well; needs entity effects.
    """
    shared = {"twoway": np.eye(mask.shape[1]), "period": np.eye(mask.shape[1])}.get(
        effects, np.ones((mask.shape[1], 0 if effects == "entity" else 1))
    )
    return _absorber(mask, shared, entity=effects in ("twoway", "entity"), trends=trends)


def difference_absorber(mask: Mask, effects: Effects, *, trends: bool = False) -> Absorber:
    """The projection for the differenced form of the model in levels.

    Differencing has removed entity effects and the constant; period effects
    stay period effects, and an entity's linear trend becomes its mean.
    """
    period = effects in ("twoway", "period")
    shared = np.eye(mask.shape[1]) if period else np.zeros((mask.shape[1], 0))
    return _absorber(mask, shared, entity=trends, trends=False)


def _absorber(mask: Mask, shared: Array, *, entity: bool, trends: bool) -> Absorber:
    basis = _basis(mask, entity=entity, trends=trends)
    rows = mask.sum(axis=0).astype(np.float64)
    flat = basis.transpose(1, 0, 2).reshape(mask.shape[1], -1)
    gram = shared.T @ (np.diag(rows) - flat @ flat.T) @ shared
    inverse, common = linalg.pinvh(gram, rtol=1e-10, return_rank=True) if gram.size else (gram, 0)
    nested = int(round(float((basis**2).sum())))
    return Absorber(mask, basis, shared, shared @ inverse @ shared.T, nested, int(common))


def _basis(mask: Mask, *, entity: bool, trends: bool) -> Array:
    if not entity:
        return np.zeros((*mask.shape, 0))
    inside = mask.astype(np.float64)
    count = np.maximum(inside.sum(axis=1, keepdims=True), 1.0)
    mean = inside / np.sqrt(count)
    if not trends:
        return mean[..., None]
    time = np.arange(mask.shape[1], dtype=np.float64) * inside
    slope = (time - time.sum(axis=1, keepdims=True) / count) * inside
    length = np.sqrt((slope**2).sum(axis=1, keepdims=True))
    unit = np.divide(slope, length, out=np.zeros_like(slope), where=length > 0)
    return np.stack([mean, unit], axis=-1)


def difference(z: Array, mask: Mask, periods: NDArray[np.int64]) -> tuple[Array, Mask]:
    """First differences by period, not by row.

    Parameters
    ----------
    z : ndarray, shape (E, P, c)
    mask : ndarray, shape (E, P)
    periods : ndarray, shape (P,)
        Ordinals. A difference exists only between neighbours, one step apart.
    """
    next_to = np.diff(periods) == 1
    both = mask[:, 1:] & mask[:, :-1] & next_to[None, :]
    out = np.where(both[..., None], z[:, 1:] - z[:, :-1], 0.0)
    return out, both


def defects(raw: Array, swept: Array, mask: Mask) -> Defects:
    """Find columns without variation after the effects, and exact combinations.

    Parameters
    ----------
    raw, swept : ndarray, shape (E, P, k)
        The columns before and after the effects were removed.
    mask : ndarray, shape (E, P)
    """
    before, after = raw[mask], swept[mask]
    length = np.sqrt((after**2).sum(axis=0))
    spread = np.sqrt(((before - before.mean(axis=0)) ** 2).sum(axis=0))
    size = np.sqrt((before**2).sum(axis=0))
    flat = (length <= FLAT * spread) | (length <= FLAT * 1e-3 * size)
    if flat.any():
        return Defects(tuple(int(j) for j in np.flatnonzero(flat)), ())
    _, values, rotation = np.linalg.svd(np.linalg.qr(after / length, mode="r"))
    tied = np.abs(rotation[values < DEPENDENT]).max(axis=0, initial=0.0) > np.sqrt(DEPENDENT)
    return Defects((), tuple(int(j) for j in np.flatnonzero(tied)))


def panel_ols(y: Array, x: Array, absorb: Absorber) -> PanelFit:
    """Regress `y` on `x` after removing the effects.

    Use it once :func:`defects` has found nothing; a tied column would make the
    triangular factor singular.

    Parameters
    ----------
    y : ndarray, shape (E, P)
    x : ndarray, shape (E, P, k)
    absorb : Absorber

    Notes
    -----
    By the theorem of Frisch, Waugh and Lovell the estimates and residuals equal
    those of the regression on all dummy variables.
    """
    z = absorb.remove(np.concatenate([y[..., None], x], axis=-1))
    return solve(z[..., 0], z[..., 1:], absorb)


def solve(y: Array, x: Array, absorb: Absorber) -> PanelFit:
    """Least squares of columns from which the effects have been removed."""
    columns = x.reshape(-1, x.shape[-1])
    length = np.sqrt((columns**2).sum(axis=0))
    # The factor of (x, y) holds that of x and, in its last column, Q'y: Q itself is not needed.
    both = np.column_stack([columns / length, y.ravel()])
    triangle = _triangle(both)[: len(length)]
    r, projected = triangle[:, :-1], triangle[:, -1]
    beta = linalg.solve_triangular(r, projected) / length
    half = linalg.solve_triangular(r, np.eye(len(r))) / length[:, None]
    return PanelFit(beta, x, y, y - x @ beta, half @ half.T, absorb)


def _triangle(columns: Array) -> Array:
    """The triangular factor, by blocks of rows that fit the cache and then of their factors."""
    rows, k = columns.shape
    blocks = rows // BLOCK
    if blocks < 2:
        return np.asarray(np.linalg.qr(columns, mode="r"), dtype=np.float64)
    cut = blocks * BLOCK
    each = np.linalg.qr(columns[:cut].reshape(blocks, BLOCK, k), mode="r")
    stacked = np.asarray(each, dtype=np.float64).reshape(-1, k)
    return _triangle(np.concatenate([stacked, columns[cut:]]))


def covariance(fit: PanelFit) -> Array:
    """Covariance of the estimates clustered by entity, without small-sample factor.

    Known as CR0, HC0 "arellano": ``bread (sum_e x_e'u_e u_e'x_e) bread``
    (Arellano 1987).
    """
    scores = (fit.residuals[:, None, :] @ fit.x)[:, 0, :] @ fit.bread
    return scores.T @ scores


def parameters(fit: PanelFit, small_sample: SmallSample) -> int:
    """How many parameters `small_sample` counts.

    ``"stata"`` counts the regressors, the constant and the effects that are not
    nested in the clusters; ``"areg"`` counts everything that was absorbed;
    ``"sss"`` counts the regressors and, in a pooled fit, the constant.
    """
    k, absorb = len(fit.beta), fit.absorber
    entity = absorb.basis.shape[-1] > 0
    counted = {
        "stata": k + absorb.common + int(entity),
        "areg": k + absorb.common + absorb.nested,
        "sss": k + int(absorb.shared.shape[1] == 1),
    }
    return counted.get(small_sample, 0)


def factor(fit: PanelFit, small_sample: SmallSample) -> float:
    """The factor on the clustered covariance.

    ``G/(G-1) * (N-1)/(N-K)`` with `K` from :func:`parameters`: "stata" is Stata
    ``xtreg, fe vce(cluster)`` and ``reghdfe``, R ``fixest`` and ``pyfixest``;
    "areg" is Stata ``areg`` and R ``sandwich::vcovCL(type="HC1")`` on dummies;
    "sss" is R ``plm::vcovHC(type="sss")``; "cr1" is ``G/(G-1)``, R
    ``clubSandwich`` "CR1"; "none" is 1, R ``plm::vcovHC(type="HC0")``.
    """
    rows, counted = np.array(float(fit.rows)), np.array(float(parameters(fit, small_sample)))
    return float(factor_of(small_sample, fit.clusters, rows, counted))


def factor_of(small_sample: SmallSample, clusters: int, rows: Array, counted: Array) -> Array:
    """The factor from its counts; see :func:`factor`."""
    if small_sample == "none":
        return np.ones_like(rows)
    share = clusters / (clusters - 1)
    if small_sample == "cr1":
        return np.full_like(rows, share)
    return share * (rows - 1) / (rows - counted)
