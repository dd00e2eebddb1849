"""Panel vector autoregression: every variable on the lags of all (Holtz-Eakin et al. 1988).

Symbols: `E` entities, `P` periods, `k` variables, `p` lags, ``m = k p`` regressors, ordered
lag by lag: all variables at lag 1, then at lag 2. Panels are balanced. Every estimate is a
function of cross-products per entity, so that a bootstrap over entities is one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Removal = Literal["fod", "within"]

# A regressor matrix whose condition, columns scaled to length one, exceeds the inverse of this
# holds a column without variation or a combination of others.
DEPENDENT = 1e-8


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows after entity effects are removed.

    Attributes
    ----------
    y : ndarray, shape (E, R, k)
    x, z : ndarray, shape (E, R, m)
        Regressors and instruments; with ``"within"`` both are the same.
    """

    y: Array
    x: Array
    z: Array


@dataclass(frozen=True, slots=True)
class PanelVar:
    """An estimated system.

    Attributes
    ----------
    coefficients : ndarray, shape (m, k)
        Column `j` is the equation of variable `j`.
    covariance : ndarray, shape (m k, m k)
        Of the coefficients taken equation by equation, clustered by entity.
    sigma : ndarray, shape (k, k)
        Covariance of the errors; divisor is the number of rows.
    """

    coefficients: Array
    covariance: Array
    sigma: Array


def rows_of(values: Array, lags: int, removal: Removal) -> Rows:
    """Lag the variables and remove entity effects.

    Parameters
    ----------
    values : ndarray, shape (E, P, k)
    lags : int
    removal : {"fod", "within"}
        ``"fod"``: forward orthogonal deviations (the mean of all later rows is taken off and
        the variance kept), instruments are the lags in levels. ``"within"``: the mean over all
        rows is taken off; with lags among the regressors this is biased by the order 1/T
        (Nickell 1981).
    """
    periods, entities = values.shape[1], len(values)
    y = values[:, lags:]
    lagged = np.stack([values[:, lags - j - 1 : periods - j - 1] for j in range(lags)], axis=2)
    x = lagged.reshape(entities, periods - lags, -1)
    if removal == "within":
        still = x - x.mean(axis=1, keepdims=True)
        return Rows(y - y.mean(axis=1, keepdims=True), still, still)
    shift = forward_deviations(periods - lags)
    return Rows(np.einsum("rs,esk->erk", shift, y), np.einsum("rs,esm->erm", shift, x), x[:, :-1])


def forward_deviations(rows: int) -> Array:
    """The matrix of forward orthogonal deviations, shape (rows - 1, rows)."""
    later = np.arange(rows - 1, 0, -1, dtype=np.float64)
    scale = np.sqrt(later / (later + 1))
    upper = np.triu(np.ones((rows - 1, rows)), 1) / later[:, None]
    return scale[:, None] * (np.eye(rows - 1, rows) - upper)


def without_period_means(rows: Rows) -> Rows:
    """Take the mean over entities off each row: period effects."""
    return Rows(*(v - v.mean(axis=0) for v in (rows.y, rows.x, rows.z)))


def dependent(rows: Rows, raw: Rows) -> NDArray[np.bool_]:
    """Which variables' lags have no variation or are combinations of others, shape (k,).

    `raw` holds the rows before period means were taken off, which say what counts as small.
    """
    x = rows.x.reshape(-1, rows.x.shape[2])
    k, length = rows.y.shape[2], np.sqrt((x**2).sum(axis=0))
    size = np.sqrt((raw.z**2).sum(axis=(0, 1)))
    flat = length <= DEPENDENT * np.maximum(size, np.finfo(np.float64).tiny)
    if not flat.any():
        _, values, rotation = np.linalg.svd(np.linalg.qr(x / length, mode="r"))
        flat = np.abs(rotation[values < DEPENDENT]).max(axis=0, initial=0.0) > np.sqrt(DEPENDENT)
    return np.asarray(flat.reshape(-1, k).any(axis=0), dtype=np.bool_)


def fit(rows: Rows) -> PanelVar:
    """Just-identified moments ``Z'(Y - X B) = 0``, least squares where ``Z = X``.

    Errors are clustered by entity with the factor E / (E - 1).
    """
    entities, count = rows.y.shape[:2]
    zx = np.einsum("erm,ern->mn", rows.z, rows.x)
    b = np.linalg.solve(zx, np.einsum("erm,erk->mk", rows.z, rows.y))
    u = rows.y - rows.x @ b
    inverse = np.linalg.inv(zx)
    scores = np.einsum("erm,erk->ekm", rows.z, u) @ inverse.T
    flat = scores.reshape(entities, -1)
    covariance = flat.T @ flat * (entities / (entities - 1))
    sigma = np.einsum("erk,erl->kl", u, u) / (entities * count)
    return PanelVar(b, covariance, sigma)


def companion(coefficients: Array) -> Array:
    """The matrix of the first-order form, shape (..., m, m)."""
    m, k = coefficients.shape[-2:]
    top = np.swapaxes(coefficients, -1, -2)
    below = np.broadcast_to(np.eye(m - k, m), (*top.shape[:-2], m - k, m))
    return np.concatenate([top, below], axis=-2)


def responses(coefficients: Array, sigma: Array, horizon: int) -> Array:
    """Orthogonalised impulse responses, shape (..., horizon + 1, k, k).

    Entry ``[h, i, j]`` is what variable `i` does `h` periods after a shock of one standard
    deviation to variable `j`. The Cholesky order is that of the variables: an earlier one
    moves later ones at once, not the other way round.
    """
    k = sigma.shape[-1]
    step, root = companion(coefficients), np.linalg.cholesky(sigma)
    power = np.broadcast_to(np.eye(step.shape[-1]), step.shape)
    out = [root]
    for _ in range(horizon):
        power = power @ step
        out.append(power[..., :k, :k] @ root)
    return np.stack(out, axis=-3).astype(np.float64)


def shares(found: Array) -> Array:
    """Share of each shock in the forecast variance, shape as `responses`; rows sum to one."""
    total = np.cumsum(found**2, axis=-3)
    return total / total.sum(axis=-1, keepdims=True)


def bootstrap(rows: Rows, times: Array, *, period_means: bool) -> tuple[Array, Array]:
    """Coefficients and error covariances when entities are drawn with replacement.

    Parameters
    ----------
    rows : Rows
        Before period means are taken off.
    times : ndarray, shape (B, E)
        How often each entity is drawn; rows sum to E.
    period_means : bool
        Take the means of the drawn entities off each row.

    Returns
    -------
    ndarray, shapes (B, m, k) and (B, k, k)
    """
    entities, count = rows.y.shape[:2]
    zx, zy = (
        _products(rows.z, rows.x, times, period_means),
        _products(rows.z, rows.y, times, period_means),
    )
    b = np.linalg.solve(zx, zy).astype(np.float64)
    xy, yy = (_products(a, rows.y, times, period_means) for a in (rows.x, rows.y))
    xx = _products(rows.x, rows.x, times, period_means)
    turned = np.swapaxes(b, 1, 2)
    cross = turned @ xy
    sigma = yy - cross - np.swapaxes(cross, 1, 2) + turned @ xx @ b
    return b, sigma / (entities * count)


def _products(a: Array, b: Array, times: Array, period_means: bool) -> Array:
    """``sum_e w_e a_e'b_e`` for each draw, less the products of period means if wanted."""
    entities, count = a.shape[:2]
    each = np.einsum("ern,erl->enl", a, b).reshape(entities, -1)
    out = (times @ each).reshape(len(times), a.shape[2], b.shape[2])
    if not period_means:
        return out
    first = (times @ a.reshape(entities, -1)).reshape(len(times), count, -1)
    second = (times @ b.reshape(entities, -1)).reshape(len(times), count, -1)
    return out - np.swapaxes(first, 1, 2) @ second / entities


@dataclass(frozen=True, slots=True)
class Direction:
    """Whether the lags of one variable help to foresee another.

    Attributes
    ----------
    statistic : float
        Wald statistic, chi-squared with as many degrees of freedom as lags.
    p_value, p_few : float
        By chi-squared; by F with entities less one in the denominator.
    total : float
        Sum of the coefficients of the lags: its sign is that of the long-run effect.
    """

    statistic: float
    p_value: float
    p_few: float
    total: float


def direction(found: PanelVar, cause: int, affected: int, entities: int) -> Direction:
    """Wald test that no lag of `cause` enters the equation of `affected`."""
    m, k = found.coefficients.shape
    at = np.arange(cause, m, k)
    beta, place = found.coefficients[at, affected], affected * m + at
    chi = float(beta @ np.linalg.solve(found.covariance[np.ix_(place, place)], beta))
    few = float(stats.f.sf(chi / len(at), len(at), entities - 1))
    return Direction(chi, float(stats.chi2.sf(chi, len(at))), few, float(beta.sum()))
