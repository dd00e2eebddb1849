"""Dispersion over time, its trend, and the speed behind a slope on initial levels.

Notation of the module: `E` entities, `P` periods, `B` resamples. ``b`` is the slope of
mean growth over `tau` periods on the level at their start, both in logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]
Measure = Literal["sd_log", "cv"]

_CELLS = 4_000_000  # resampled values held in memory at a time


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of convergence and its half-life, each with error and interval.

    All are shapes of the slope. NaN where the slope implies none: ``1 + b tau <= 0`` has no
    speed, a speed of zero or less has no half-life.
    """

    theta: Array
    theta_error: Array
    half_life: Array
    half_life_error: Array


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through a short series.

    Attributes
    ----------
    slope : float
        Per step of the time axis.
    std_error : float
        Newey and West, Bartlett kernel; no small-sample factor.
    lags : int
    """

    slope: float
    std_error: float
    lags: int


def spread(y: Array, measure: Measure) -> Array:
    """Dispersion across the last axis.

    ``"sd_log"``: the standard deviation of logarithms, ``"cv"``: that of the values over
    their mean; squares are divided by the number of entities, which are the whole
    population and no sample.

    Parameters
    ----------
    y : ndarray, shape (..., E)
        Above zero for ``"sd_log"``, of positive mean for ``"cv"``.
    """
    if measure == "sd_log":
        return np.log(y).std(axis=-1)
    return y.std(axis=-1) / y.mean(axis=-1)


def resamples(entities: int, draws: int, seed: int) -> NDArray[np.intp]:
    """Positions of entities drawn with replacement, shape (B, E)."""
    return np.random.default_rng(seed).integers(0, entities, size=(draws, entities))


def spread_draws(y: Array, measure: Measure, pick: NDArray[np.intp]) -> Array:
    """Dispersion of every period in every resample of whole entities, shape (B, P).

    Multiplied by ``sqrt(E / (E - 1))``: a resample holds fewer distinct entities and its
    variance is that much too small on average.

    Parameters
    ----------
    y : ndarray, shape (E, P)
    measure : {"sd_log", "cv"}
    pick : ndarray of int, shape (B, E)
    """
    z = np.log(y) if measure == "sd_log" else y
    block = max(1, _CELLS // z.size)
    out = np.empty((len(pick), y.shape[1]))
    for at in range(0, len(pick), block):
        drawn = z[pick[at : at + block]]
        sd = drawn.std(axis=1) * np.sqrt(len(z) / (len(z) - 1.0))
        out[at : at + block] = sd if measure == "sd_log" else sd / drawn.mean(axis=1)
    return out


def slopes(values: Array, time: Array) -> Array:
    """Least-squares slopes on time along the last axis."""
    t = time - time.mean()
    return np.asarray(values @ t / (t @ t))


def trend(values: Array, time: Array, lags: int) -> Trend:
    """Slope on time with a Newey-West standard error.

    Parameters
    ----------
    values, time : ndarray, shape (P,)
    lags : int
        Of the Bartlett kernel.

    References
    ----------
    Newey and West (1987) Econometrica 55(3): 703-708.
    """
    t = time - time.mean()
    slope = float(slopes(values, time))
    score = t * (values - values.mean() - slope * t)
    n = len(score)
    weights = 1.0 - np.arange(1, lags + 1) / (lags + 1.0)
    products = np.array([score[k:] @ score[: n - k] for k in range(1, lags + 1)])
    meat = float(score @ score + 2.0 * weights @ products)
    return Trend(slope, float(np.sqrt(max(meat, 0.0))) / float(t @ t), lags)


def speed(b: Array, error: Array, tau: float) -> Speed:
    """Speed ``theta = -ln(1 + b tau) / tau`` and half-life ``ln 2 / theta``, delta method.

    Parameters
    ----------
    b, error : ndarray
        Slope of mean growth per period on the initial level, and its standard error.
    tau : float
        Periods over which growth was taken.

    References
    ----------
    Barro and Sala-i-Martin (1992) Journal of Political Economy 100(2): 223-251.
    """
    left = 1.0 + b * tau
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = np.where(left > 0, -np.log(np.where(left > 0, left, 1.0)) / tau, np.nan)
        theta_error = np.where(left > 0, error / left, np.nan)
        half = np.where(theta > 0, np.log(2.0) / theta, np.nan)
        return Speed(theta, theta_error, half, half * theta_error / theta)


def nickell(rho: float, periods: int) -> float:
    """What the within estimator of an autoregression loses, per unit of error variance.

    ``A(r) = (1 / T) sum_{j=0}^{T-2} (T - 1 - j) r^j``: minus the expectation of the
    product of demeaned lag and demeaned error, summed over the periods of one entity.

    Parameters
    ----------
    rho : float
    periods : int
        Transitions of each entity, `T`.

    References
    ----------
    Nickell (1981) Econometrica 49(6): 1417-1426.
    """
    j = np.arange(periods - 1)
    return float(((periods - 1 - j) * rho**j).sum() / periods)


def corrected_slope(
    rho: float, periods: int, *, lag_squares: float, residual_squares: float, df: int, entities: int
) -> float:
    """The autoregressive coefficient whose within estimate would be `rho`; NaN if none below one.

    Solves ``r - rho = N s2(r) A(r) / S`` with ``s2(r) = (R + (r - rho)^2 S) / df``: the bias of
    Nickell for given regressors, with the error variance taken at the corrected value. It
    holds for many entities, equal variances and errors that do not depend on each other.

    Parameters
    ----------
    rho : float
        Within estimate.
    periods : int
        Transitions of each entity.
    lag_squares : float
        Sum of squares `S` of the lag after effects and controls are taken out.
    residual_squares : float
        Sum of squared residuals `R`.
    df : int
        Rows less the effects that were taken out.
    entities : int

    References
    ----------
    Bun and Carree (2005) Journal of Business & Economic Statistics 23(2): 200-210.
    """

    def miss(r: float) -> float:
        variance = (residual_squares + (r - rho) ** 2 * lag_squares) / df
        return r - rho - entities * variance * nickell(r, periods) / lag_squares

    grid = np.linspace(rho, 1.0, 101) if rho < 1.0 else np.array([rho])
    signs = np.array([miss(float(r)) for r in grid])
    above = np.flatnonzero(signs >= 0)
    if not len(above) or above[0] == 0:
        return float("nan")
    low, high = float(grid[above[0] - 1]), float(grid[above[0]])
    found = optimize.root_scalar(miss, bracket=(low, high), method="brentq", xtol=1e-13)
    return float(found.root)
