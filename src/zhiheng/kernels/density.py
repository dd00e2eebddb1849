"""Gaussian kernel densities, their bandwidths and their modes.

A mode is a place where the derivative of the density turns from plus to minus. The number
of modes of a Gaussian kernel density falls as the bandwidth grows, and all of them lie
within the range of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

Array = NDArray[np.float64]

# A derivative smaller than this part of the terms it is the sum of has no sure sign.
_SURE = 1e-12
# Derivatives are looked at this often per bandwidth; two modes cannot be nearer than two of it.
_PER_BANDWIDTH = 20


def bandwidth(x: Array, rule: str) -> float:
    """The bandwidth of a rule; NaN where the values do not differ.

    Parameters
    ----------
    x : ndarray, shape (n,)
    rule : {"silverman", "scott", "sheather_jones"}
        ``0.9 A n^(-1/5)`` and ``1.06 A n^(-1/5)`` with `A` the lesser of the standard
        deviation and the interquartile range over 1.34; or the solution of the equation
        of Sheather and Jones. They are bw.nrd0, bw.nrd and bw.SJ of R.

    References
    ----------
    Silverman (1986) Density Estimation, eq. 3.31; Scott (1992) Multivariate Density
    Estimation; Sheather and Jones (1991) JRSS B 53(3): 683-690.
    """
    n = len(x)
    spread = float(np.std(x, ddof=1)) if n > 1 else 0.0
    if not spread > 0:
        return float("nan")
    low, high = np.quantile(x, [0.25, 0.75])
    between = float(high - low)
    if rule == "sheather_jones":
        return _sheather_jones(x, min(spread, between / 1.349) if between > 0 else spread)
    scale = min(spread, between / 1.34) if between > 0 else spread
    return {"silverman": 0.9, "scott": 1.06}[rule] * scale * n ** (-0.2)


def _sheather_jones(x: Array, scale: float) -> float:
    """Solve ``h = (1 / (2 sqrt(pi) n S(g(h))))^(1/5)``; pilot constants as in the paper.

    Differences are not binned, so that R agrees once its number of bins is large.
    """
    n, ordered = len(x), np.sort(x)
    pairs = _pair_sums()

    def curvature(g: float) -> float:
        return pairs(ordered, g, 4) / (n * (n - 1.0) * g**5 * np.sqrt(2 * np.pi))

    a, b = 1.24 * scale * n ** (-1 / 7), 1.23 * scale * n ** (-1 / 9)
    third = -pairs(ordered, b, 6) / (n * (n - 1.0) * b**7 * np.sqrt(2 * np.pi))
    if not (third > 0 and curvature(a) > 0):
        return float("nan")
    ratio = 1.357 * (curvature(a) / third) ** (1 / 7)

    def gap(h: float) -> float:
        inner = curvature(ratio * h ** (5 / 7))
        return (1 / (2 * np.sqrt(np.pi) * n * inner)) ** 0.2 - h if inner > 0 else np.inf

    high = 1.144 * scale * n ** (-0.2)
    low = 0.1 * high
    for _ in range(60):  # widen until the root is inside
        if gap(low) * gap(high) <= 0:
            return _root(gap, low, high)
        low, high = low * 0.8, high * 1.2
    return float("nan")


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    found: Any = brentq(gap, low, high, xtol=1e-14 * high)
    return float(found)


@cache
def _pair_sums() -> Callable[[Array, float, int], float]:
    from numba import njit

    return njit(cache=True)(_pair_loop)


def _pair_loop(ordered: Any, g: float, order: int) -> float:
    """Sum over all pairs, each with itself too, of Hermite polynomial times exp(-d^2/2)."""
    n, total = len(ordered), 0.0
    for i in range(n):
        for j in range(i + 1, n):
            d = (ordered[j] - ordered[i]) / g
            if d > 38.0:  # exp(-d^2 / 2) is zero in double precision
                break
            s = d * d
            if order == 4:
                total += np.exp(-s / 2) * (s * s - 6 * s + 3)
            else:
                total += np.exp(-s / 2) * (s * s * s - 15 * s * s + 45 * s - 15)
    own = 3.0 if order == 4 else -15.0
    return 2.0 * total + n * own


def density(x: Array, h: float, at: Array) -> Array:
    """``sum_i phi((at - x_i) / h) / (n h)``, shape of `at`."""
    u = (at[:, None] - x) / h
    return np.exp(-0.5 * u * u).sum(axis=1) / (len(x) * h * np.sqrt(2 * np.pi))


def outside(x: Array, h: float, low: float, high: float) -> float:
    """The mass of a kernel density below `low` and above `high`."""
    return float((ndtr((low - x) / h) + ndtr((x - high) / h)).mean())


def modes(x: Array, h: float, inside: tuple[float, float] | None = None) -> Array:
    """Where a kernel density has its modes, ascending, to a twentieth of the bandwidth.

    Parameters
    ----------
    x : ndarray, shape (n,)
    h : float
    inside : tuple of float, optional
        Count modes within these bounds only.
    """
    low, high = (float(x.min()), float(x.max())) if inside is None else inside
    pad = h / _PER_BANDWIDTH if inside is None else 0.0
    steps = max(int(np.ceil((high - low + 2 * pad) * _PER_BANDWIDTH / h)), 8)
    at = np.linspace(low - pad, high + pad, steps + 1)
    u = (x - at[:, None]) / h
    terms = u * np.exp(-0.5 * u * u)
    slope, size = terms.sum(axis=1), np.abs(terms).sum(axis=1)
    sign = np.where(np.abs(slope) > _SURE * size, np.sign(slope), 0.0)
    turn = np.flatnonzero(_falls(sign[None])[0])
    return 0.5 * (at[turn] + at[np.minimum(turn + 1, steps)])


def _falls(sign: Array) -> NDArray[np.bool_]:
    """Where a sign is the last plus before a minus; zeros take the sign before them."""
    places = np.arange(sign.shape[1])
    last = np.maximum.accumulate(np.where(sign != 0, places, 0), axis=1)
    held = np.take_along_axis(sign, last, axis=1)
    out = np.zeros(sign.shape, dtype=np.bool_)
    out[:, :-1] = (held[:, :-1] > 0) & (held[:, 1:] < 0)
    return out


def count_modes(slopes: Array) -> NDArray[np.int64]:
    """The number of modes in each row of derivatives.

    Parameters
    ----------
    slopes : ndarray, shape (B, M)
        Derivatives of `B` densities on a grid of `M` points.
    """
    least = 1e-10 * np.abs(slopes).max(axis=1, keepdims=True)
    return _falls(np.where(np.abs(slopes) > least, np.sign(slopes), 0.0)).sum(axis=1)


def critical_bandwidth(x: Array, most: int = 1, inside: tuple[float, float] | None = None) -> float:
    """The least bandwidth at which the density has at most so many modes.

    Parameters
    ----------
    x : ndarray, shape (n,)
        At least two distinct values.
    most : int
    inside : tuple of float, optional
        Count modes within these bounds only, after Hall and York.

    References
    ----------
    Silverman (1981) JRSS B 43(1): 97-99.
    """
    high = float(x.max() - x.min())  # all kernels are concave there: one mode
    low = high
    while len(modes(x, low, inside)) <= most:
        high, low = low, low * 0.8
        if low < 1e-4 * (x.max() - x.min()):
            return low
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        if len(modes(x, middle, inside)) <= most:
            high = middle
        else:
            low = middle
    return high
