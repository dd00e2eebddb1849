"""Sampling error of radial efficiency: the homogeneous smoothed bootstrap.

Notation of the module: `d` is one or more, the factor by which inputs could shrink or
outputs grow; its reciprocal is the efficiency in (0, 1]. Sampling, bias and intervals live
on the scale of `d`, where the frontier is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.drawn_frontier import Orientation, inefficiency

Array = NDArray[np.float64]

ON_FRONTIER = 1e-9  # answers are certified to this: `d` nearer to one is one
NEAR = 1e-6  # units that do not count for the bandwidth, as in R Benchmarking
NORMAL_IQR = 1.349  # interquartile range of the standard normal
SILVERMAN = 0.9


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the draws say about each unit.

    Attributes
    ----------
    bias : ndarray, shape (n,)
        Mean of the draws minus the estimate; below zero, since a frontier estimated from a
        sample lies inside the true one.
    corrected : ndarray, shape (n,)
    std_error : ndarray, shape (n,)
    low, high : ndarray, shape (n,)
        Basic bootstrap interval: the estimate less the quantiles of its error.
    """

    bias: Array
    corrected: Array
    std_error: Array
    low: Array
    high: Array


def bandwidth(d: Array) -> float:
    """Silverman's rule on the reflected inefficient units, adjusted for sample size and spread.

    NaN where fewer than two units are inefficient: nothing then shows how efficiency spreads.

    References
    ----------
    Silverman (1986) eqs 3.28-3.31; Daraio and Simar (2007) Advanced Robust and
    Nonparametric Methods in Efficiency Analysis, eqs 3.23-3.26.
    """
    inside = d[d > 1.0 + NEAR]
    if len(inside) < 2:
        return float("nan")
    mirrored = np.concatenate([inside, 2.0 - inside])
    spread = float(mirrored.std(ddof=1))
    quartiles = np.quantile(mirrored, [0.25, 0.75])
    middle = float(quartiles[1] - quartiles[0]) / NORMAL_IQR
    narrow = min(spread, middle) if middle > NEAR else spread
    plain = SILVERMAN * narrow * len(mirrored) ** -0.2
    return plain * (len(mirrored) / len(d)) ** 0.2 * float(d.std(ddof=1)) / spread


def smoothed(d: Array, h: float, picks: NDArray[np.int64], noise: Array) -> Array:
    """Draws from the smoothed density of `d`, reflected at one and of the right variance.

    Parameters
    ----------
    d : ndarray, shape (n,)
    h : float
        Bandwidth.
    picks : ndarray of int, shape (B, n)
        In ``[0, 2 n)``: which of `d` and its mirror image is taken.
    noise : ndarray, shape (B, n)
        Standard normal.

    References
    ----------
    Simar and Wilson (1998) Management Science 44(1): 49-61; Daraio and Simar (2007),
    as above, pages 61-62.
    """
    mirrored = np.concatenate([d, 2.0 - d])
    taken = mirrored[picks]
    centre = taken.mean(axis=1, keepdims=True)
    wide = np.sqrt(1.0 + h**2 / mirrored.var(ddof=1))
    found = centre + (taken + h * noise - centre) / wide
    return np.where(found < 1.0, 2.0 - found, found)


def summary(d: Array, drawn: Array, *, level: float) -> Sampled:
    """Bias, corrected value, standard error and interval of each unit.

    Parameters
    ----------
    d : ndarray, shape (n,)
    drawn : ndarray, shape (B, n)
        The same units measured against the frontier of each draw.
    level : float
        Coverage, such as 0.95.

    References
    ----------
    Simar and Wilson (2000) Journal of Applied Statistics 27(6): 779-802.
    """
    bias = drawn.mean(axis=0) - d
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn - d, [1.0 - tail, tail], axis=0)
    return Sampled(bias, d - bias, drawn.std(axis=0, ddof=1), d - low, d - high)


def worth_correcting(bias: Array, std_error: Array) -> Array:
    """``bias^2 / (3 variance)``: correction lowers the mean square error where it exceeds one.

    The corrected estimate has about four times the variance of the plain one, so that it pays
    only where the squared bias exceeds three variances.

    References
    ----------
    Simar and Wilson (1998), as above; Daraio and Simar (2007), as above, eq. 3.32 (recalled).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return bias**2 / (3.0 * std_error**2)


@dataclass(frozen=True, slots=True)
class Side:
    """Orientation and returns to scale of a radial model."""

    orientation: Orientation
    variable: bool


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """Radial scores of the units of one frontier with what the draws say.

    Attributes
    ----------
    d : ndarray, shape (n,)
    sampled : Sampled
    bandwidth : float
    failed : int
        Programmes of draws without a certified answer; such draws do not take part.
    """

    d: Array
    sampled: Sampled
    bandwidth: float
    failed: int


def bootstrap(
    x: Array,
    y: Array,
    side: Side,
    *,
    draws: int,
    level: float,
    width: float | None,
    random: np.random.Generator,
) -> Bootstrapped:
    """Draw frontiers around that of the sample and measure every unit against each.

    Parameters
    ----------
    x, y : ndarrays, shapes (n, m) and (n, s)
    side : Side
        Orientation and returns to scale.
    width : float, optional
        Bandwidth; that of `bandwidth` by default. With fewer than two inefficient units, or a
        score that could not be certified, nothing is drawn and the result is NaN.
    """
    n = len(x)
    d = inefficiency(x, y, np.ones((1, n)), orientation=side.orientation, variable=side.variable)[0]
    # on the frontier means one: rounding below it would fall outside of what is reflected
    d = np.where(d <= 1.0 + ON_FRONTIER, 1.0, d)
    nothing = Sampled(*[np.full(n, np.nan)] * 5)
    rule = bandwidth(d)
    h = rule if width is None or not np.isfinite(rule) else width
    if not (np.isfinite(h) and np.isfinite(d).all()):
        return Bootstrapped(d, nothing, h, 0)
    picks = random.integers(0, 2 * n, size=(draws, n))
    stars = smoothed(d, h, picks, random.standard_normal((draws, n)))
    drawn = inefficiency(x, y, stars / d, orientation=side.orientation, variable=side.variable)
    known = np.isfinite(drawn)
    whole = drawn[known.all(axis=1)]
    failed = int((~known).sum())
    if len(whole) < draws / 2:
        return Bootstrapped(d, nothing, h, failed)
    return Bootstrapped(d, summary(d, whole, level=level), h, failed)
