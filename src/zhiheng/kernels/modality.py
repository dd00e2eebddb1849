"""Is there more than one mode? Silverman's test by smoothed bootstrap, plain and calibrated.

Resamples are drawn, binned and smoothed all at once: with one bandwidth for all, the
derivatives of all densities are one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.density import count_modes, critical_bandwidth

Array = NDArray[np.float64]

# Binning moves a critical bandwidth by about (spacing / bandwidth)^2 / 24 of itself.
_CELLS_PER_BANDWIDTH = 12
_MOST_CELLS = 1500


@dataclass(frozen=True, slots=True)
class Unimodality:
    """Silverman's test that a density has one mode at most.

    Attributes
    ----------
    critical : float
        The least bandwidth with one mode.
    p : float
        Share of rescaled smoothed resamples with more than one mode at that bandwidth;
        known to be too large (a cautious test).
    p_calibrated : float
        After Hall and York, modes being counted within the range of the data.
    """

    critical: float
    p: float
    p_calibrated: float


def silverman_test(x: Array, *, draws: int, seed: int | list[int]) -> Unimodality:
    """Test whether a sample comes from a density with one mode.

    Use it from about fifty values up; with thirty it seldom finds a second mode that is
    there, and a large `p` is then no proof of a single one.

    Parameters
    ----------
    x : ndarray, shape (n,)
        At least four distinct values, in an order of its own: the draws follow it.
    draws : int
    seed : int or list of int

    References
    ----------
    Silverman (1981) JRSS B 43(1): 97-99; Hall and York (2001) Statistica Sinica 11(2):
    515-536.
    """
    rng = np.random.default_rng(seed)
    n = len(x)
    picked = x[rng.integers(n, size=(draws, n))]
    noise = rng.standard_normal((draws, n))
    h = critical_bandwidth(x)
    shrink = 1.0 / np.sqrt(1.0 + h * h / np.var(x, ddof=1))
    centre = x.mean()
    even = centre + (picked + h * noise - centre) * shrink
    p = float((_modes_of(even, h) > 1).mean())
    inside = float(x.min()), float(x.max())
    h_inside = critical_bandwidth(x, 1, inside)
    return Unimodality(h, p, _calibrated(picked + h_inside * noise, h_inside, inside))


def hall_york(alpha: float) -> float:
    """The factor on the critical bandwidth that makes the test of level `alpha` exact.

    The rational function of Hall and York (2001) for one mode and a normal kernel.
    """
    top = 0.94029 * alpha**3 - 1.59914 * alpha**2 + 0.17695 * alpha + 0.48971
    bottom = alpha**3 - 1.77793 * alpha**2 + 0.36162 * alpha + 0.42423
    return top / bottom


def _calibrated(drawn: Array, h: float, inside: tuple[float, float]) -> float:
    """The least level at which the calibrated test rejects, by halving."""
    low, high = 0.0, 1.0
    while high - low > 0.5 / len(drawn):
        alpha = 0.5 * (low + high)
        one_mode = _modes_of(drawn, h * hall_york(alpha), inside) <= 1
        if one_mode.mean() >= 1.0 - alpha:
            high = alpha
        else:
            low = alpha
    return high


def _modes_of(
    drawn: Array, h: float, inside: tuple[float, float] | None = None
) -> NDArray[np.int64]:
    """Modes of the density of each row at one bandwidth, from binned values."""
    low, high = float(drawn.min()), float(drawn.max())
    cells = int(np.ceil((high - low) * _CELLS_PER_BANDWIDTH / h)) + 1
    cells = min(max(cells, 32), _MOST_CELLS)
    step = (high - low) / (cells - 1)
    mass = _binned((drawn - low) / step, cells)
    at = low + step * np.arange(cells)
    looked = np.concatenate([[low - step], at, [high + step]])
    if inside is not None:
        looked = np.linspace(*inside, max(cells, 64))
    u = (at[:, None] - looked) / h
    return count_modes(mass @ (u * np.exp(-0.5 * u * u)))


def _binned(place: Array, cells: int) -> Array:
    """Each value shared between the two nearest grid points, shape (B, cells)."""
    draws = len(place)
    left = np.minimum(place.astype(np.intp), cells - 2)
    right = place - left
    start = np.arange(draws)[:, None] * cells + left
    flat = np.zeros(draws * cells)
    flat += np.bincount(start.ravel(), (1.0 - right).ravel(), minlength=draws * cells)
    flat += np.bincount(start.ravel() + 1, right.ravel(), minlength=draws * cells)
    return flat.reshape(draws, cells)
