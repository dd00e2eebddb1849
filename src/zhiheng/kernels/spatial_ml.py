"""Maximum likelihood of spatial panel models, concentrated in one parameter.

Notation of the module: `n` units, `T` periods, `k` columns; arrays of data have
shape (n, T, ...). `W` are the weights, `G = W (I - rho W)^-1`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse
from scipy.sparse import linalg as sparse_linalg

from zhiheng.kernels.spatial_spectrum import Spectrum, log_determinant, trace

Array = NDArray[np.float64]
Effects = Literal["none", "entity", "period", "twoway", "random"]
Correction = Literal["none", "lee_yu"]
Lag = Literal["dummies", "splm"]

GRID = 256
"""Points at which the likelihood is looked at before its maximum is refined: it may have two."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Which effects are removed, and how the likelihood counts what is left.

    Attributes
    ----------
    effects : {"none", "entity", "period", "twoway", "random"}
    lag : {"dummies", "splm"}
        ``"dummies"``: lags are taken first and effects removed after, the exact
        likelihood with dummy variables. ``"splm"``: lags of what is left.
    rows, periods : int
        Rows and periods of the likelihood; less than those of the data by the
        correction of Lee and Yu.
    values : ndarray
        Eigenvalues that enter the determinant.
    off_constant : bool
        Whether the constant has been projected out of every period.
    kept : float
        With random effects, what is kept of the means of units: the standard
        deviation of an innovation over that of its mean times the root of T.
    """

    spectrum: Spectrum
    effects: Effects
    lag: Lag
    rows: int
    periods: int
    values: NDArray[np.inexact]
    off_constant: bool
    kept: float = 1.0

    def remove(self, z: Array) -> Array:
        """Remove the effects from `z`, shape (n, T, ...)."""
        if self.effects in ("entity", "twoway"):
            z = z - z.mean(axis=1, keepdims=True)
        if self.effects == "random":
            z = z - (1.0 - self.kept) * z.mean(axis=1, keepdims=True)
        if self.effects in ("period", "twoway"):
            z = z - z.mean(axis=0, keepdims=True)
        return z

    def lagged(self, z: Array) -> Array:
        """The spatial lag of `z` without effects, in the order that `lag` names."""
        if self.lag == "splm":
            return self.spectrum.lag(self.remove(z))
        return self.remove(self.spectrum.lag(z))


@dataclass(frozen=True, slots=True)
class SpatialFit:
    """A maximum of the likelihood.

    Attributes
    ----------
    rho : float
        Coefficient of the lag of the outcome, or of the error; 0 without either.
    beta : ndarray, shape (k,)
    sigma2 : float
    covariance : ndarray, shape (k + 1, k + 1)
        Inverse information of (rho, beta); the first row and column are zero
        where there is no spatial parameter.
    information : ndarray, shape (k + 2, k + 2)
        Of (rho, beta, sigma2).
    log_likelihood : float
    residuals, fitted, y : ndarray, shape (n, T)
        Innovations, the expected outcome in reduced form, and the outcome, all
        without effects.
    slope : float
        Derivative of the log-likelihood in the spatial parameter, per row.
    """

    rho: float
    beta: Array
    sigma2: float
    covariance: Array
    information: Array
    log_likelihood: float
    residuals: Array
    fitted: Array
    y: Array
    slope: float


class NoMaximum(ValueError):
    """The likelihood has its largest value at the edge of the domain of `rho`."""

    def __init__(self, edge: float) -> None:
        super().__init__("the likelihood has no maximum inside the domain")
        self.edge = edge


def frame(
    spectrum: Spectrum,
    periods: int,
    effects: Effects,
    *,
    correction: Correction = "none",
    lag: Lag = "dummies",
) -> Frame:
    """How a model with these effects is transformed and counted.

    ``correction="lee_yu"`` takes the orthonormal transformations of Lee and Yu
    (2010): entity effects leave ``T - 1`` periods, period effects ``n - 1`` units
    and a determinant without the eigenvalue one, ``|I - rho W| / (1 - rho)``.
    """
    entity, period = effects in ("entity", "twoway"), effects in ("period", "twoway")
    corrected = correction == "lee_yu"
    used = periods - int(corrected and entity)
    off = corrected and period
    values = spectrum.without_constant() if off else spectrum.values
    return Frame(spectrum, effects, lag, used * len(values), used, values, off)


def lag_model(y: Array, x: Array, f: Frame) -> SpatialFit:
    """``y = rho W y + x beta + effects + e``: SAR, and SDM with lags among `x`.

    The concentrated likelihood needs three inner products of residuals (Ord 1975;
    Elhorst 2003), whatever the size of the panel.

    Parameters
    ----------
    y : ndarray, shape (n, T)
    x : ndarray, shape (n, T, k)
        With a column of ones where the model has a constant. Both as observed.

    Raises
    ------
    NoMaximum
    """
    ty, tx, ly = f.remove(y), f.remove(x), f.lagged(y)
    columns = tx.reshape(-1, tx.shape[-1])
    both = np.stack([ty.ravel(), ly.ravel()], axis=1)
    q, r = _factor(columns)
    rest = both - q @ (q.T @ both)
    (a, b), (_, c) = rest.T @ rest

    def squares(rho: Array) -> tuple[Array, Array]:
        return a - 2 * rho * b + rho**2 * c, 2 * (rho * c - b)

    rho, slope = maximise(squares, f)
    beta = linalg.solve(r, q.T @ (both @ [1.0, -rho]))
    sigma2 = float(((rest @ [1.0, -rho]) ** 2).sum()) / f.rows
    return lag_fit(y, x, f, rho, beta, sigma2, slope=slope)


def lag_fit(
    y: Array, x: Array, f: Frame, rho: float, beta: Array, sigma2: float, *, slope: float = 0.0
) -> SpatialFit:
    """What the lag model says at these parameters: its information, residuals and height."""
    ty, tx = f.remove(y), f.remove(x)
    columns = tx.reshape(-1, tx.shape[-1])
    index = _multiplied(f, rho, tx @ beta)
    # removing fixed effects twice changes nothing, and only then are means of periods gone for
    # good; removing a share of the means twice would be once too often
    settled = f.lag == "splm" or f.effects == "random"
    mean = f.spectrum.lag(index) if settled else f.remove(f.spectrum.lag(index))
    information = np.zeros((len(beta) + 2, len(beta) + 2))
    information[1:-1, 1:-1] = columns.T @ columns / sigma2
    information[0, 1:-1] = information[1:-1, 0] = columns.T @ mean.ravel() / sigma2
    information[0, 0] = float((mean**2).sum()) / sigma2
    information = _with_traces(information, f, rho, sigma2)
    residuals = ty - rho * f.lagged(y) - tx @ beta
    squares = float((residuals**2).sum())
    return SpatialFit(
        rho,
        beta,
        sigma2,
        inverse(information)[:-1, :-1],
        information,
        log_likelihood(f, rho, sigma2, squares),
        residuals,
        index if f.effects == "random" else f.remove(index),
        ty,
        slope,
    )


def error_model(y: Array, x: Array, f: Frame) -> SpatialFit:
    """``y = x beta + effects + u``, ``u = rho W u + e``: SEM, by the same search.

    Raises
    ------
    NoMaximum
    """
    tx = f.remove(x)
    q, r = _factor(tx.reshape(-1, x.shape[-1]))
    half = linalg.inv(r)
    data = np.concatenate([y[..., None], x @ half], axis=-1)
    z, lz = (part.reshape(-1, data.shape[-1]) for part in (f.remove(data), f.lagged(data)))
    none, cross, twice = z.T @ z, z.T @ lz, lz.T @ lz
    cross = cross + cross.T

    def squares(rho: Array) -> tuple[Array, Array]:
        at = np.asarray(rho)[..., None, None]
        m = none - at * cross + at**2 * twice
        beta = np.linalg.solve(m[..., 1:, 1:], m[..., 1:, :1])
        v = np.concatenate([np.ones_like(beta[..., :1, :]), -beta], axis=-2)
        slope = 2 * at * twice - cross
        both = [(v.swapaxes(-1, -2) @ part @ v)[..., 0, 0] for part in (m, slope)]
        return both[0], both[1]

    rho, slope = maximise(squares, f)
    filtered = z - rho * lz
    q, r = _factor(filtered[:, 1:])
    turned = linalg.solve(r, q.T @ filtered[:, 0])
    beta = half @ turned
    residuals = (filtered[:, 0] - filtered[:, 1:] @ turned).reshape(y.shape)
    sigma2 = float((residuals**2).sum()) / f.rows
    information = np.zeros((len(beta) + 2, len(beta) + 2))
    columns = filtered[:, 1:] @ linalg.inv(half)
    information[1:-1, 1:-1] = columns.T @ columns / sigma2
    information = _with_traces(information, f, rho, sigma2)
    ty = f.remove(y)
    return SpatialFit(
        rho,
        beta,
        sigma2,
        inverse(information)[:-1, :-1],
        information,
        log_likelihood(f, rho, sigma2),
        residuals,
        tx @ beta,
        ty,
        slope,
    )


def linear_model(y: Array, x: Array, f: Frame) -> SpatialFit:
    """``y = x beta + effects + e`` by the same likelihood: least squares, and SLX."""
    ty, tx = f.remove(y), f.remove(x)
    columns = tx.reshape(-1, x.shape[-1])
    q, r = _factor(columns)
    beta = linalg.solve(r, q.T @ ty.ravel())
    residuals = ty - tx @ beta
    sigma2 = float((residuals**2).sum()) / f.rows
    return linear_fit(y, x, f, beta, sigma2)


def linear_fit(y: Array, x: Array, f: Frame, beta: Array, sigma2: float) -> SpatialFit:
    """What the model without a lag of the outcome says at these parameters."""
    ty, tx = f.remove(y), f.remove(x)
    columns = tx.reshape(-1, x.shape[-1])
    residuals = ty - tx @ beta
    information = np.zeros((len(beta) + 2, len(beta) + 2))
    information[1:-1, 1:-1] = columns.T @ columns / sigma2
    information[-1, -1] = f.rows / (2 * sigma2**2)
    covariance = np.zeros((len(beta) + 1, len(beta) + 1))
    covariance[1:, 1:] = inverse(information[1:, 1:])[:-1, :-1]
    height = log_likelihood(f, 0.0, sigma2, float((residuals**2).sum()))
    return SpatialFit(
        0.0, beta, sigma2, covariance, information, height, residuals, tx @ beta, ty, 0.0
    )


def _factor(columns: Array) -> tuple[Array, Array]:
    """QR with columns scaled to length one first: units must not matter."""
    length = np.sqrt((columns**2).sum(axis=0))
    q, r = np.linalg.qr(columns / length)
    return q, r * length


def maximise(squares: Callable[[Array], tuple[Array, Array]], f: Frame) -> tuple[float, float]:
    """The maximum in `rho`: the best of a grid, then the root of the derivative beside it."""
    low, high = f.spectrum.low, f.spectrum.high
    # denser towards the edges, where the determinant moves fastest
    grid = low + (high - low) * (1 - np.cos(np.pi * np.arange(1, GRID) / GRID)) / 2

    def derivative(rho: float) -> float:
        s, ds = squares(np.asarray(rho))
        return float(ds / s) / 2 + f.periods * trace(1, rho, f.values) / f.rows

    height = np.log(squares(grid)[0]) / 2 - f.periods * log_determinant(grid, f.values) / f.rows
    best = int(np.argmin(height))
    if best in (0, len(grid) - 1):
        raise NoMaximum(low if best == 0 else high)
    inside = float(grid[best - 1]), float(grid[best + 1])
    root = cast(float, optimize.brentq(derivative, *inside, xtol=1e-15))
    return root, derivative(root)


def _multiplied(f: Frame, rho: float, z: Array) -> Array:
    """``(I - rho W)^-1 z`` by a sparse factorisation, for `z` of shape (n, m)."""
    matrix = (sparse.eye_array(f.spectrum.n) - rho * f.spectrum.matrix).tocsc()
    return sparse_linalg.splu(matrix).solve(np.ascontiguousarray(z))


def square_norm(f: Frame, rho: float) -> float:
    """``tr G'G``, off the constant where it has been projected out; `rho` 0 gives ``tr W'W``.

    Off the constant it is that of ``G`` less ``|1'G|^2 / n``, as rows that sum to one make
    ``J G 1`` zero.
    """
    g = _multiplied(f, rho, f.spectrum.matrix.toarray())
    whole = float(np.vdot(g, g))
    return whole - float((g.sum(axis=0) ** 2).sum()) / len(g) if f.off_constant else whole


def _with_traces(information: Array, f: Frame, rho: float, sigma2: float) -> Array:
    """Add the terms of the determinant and of sigma2 to the information of (rho, beta, sigma2)."""
    first = f.periods * trace(1, rho, f.values)
    information[0, 0] += f.periods * (trace(2, rho, f.values) + square_norm(f, rho))
    information[0, -1] = information[-1, 0] = first / sigma2
    information[-1, -1] = f.rows / (2 * sigma2**2)
    return information


def inverse(information: Array) -> Array:
    """Inverse of an information matrix, scaled so that units do not matter."""
    scale = 1.0 / np.sqrt(np.diag(information))
    return linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale)


def log_likelihood(f: Frame, rho: float, sigma2: float, squares: float | None = None) -> float:
    """Height of the likelihood; `squares` of residuals default to those of its maximum."""
    over = f.rows if squares is None else squares / sigma2
    height = -f.rows / 2 * np.log(2 * np.pi * sigma2) - over / 2
    if f.effects == "random":
        height += f.spectrum.n * np.log(f.kept)
    return float(height + f.periods * log_determinant(rho, f.values))
