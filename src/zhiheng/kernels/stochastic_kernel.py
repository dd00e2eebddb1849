"""Distribution dynamics: where a value goes from where it is, and the long run.

Notation of the module: `N` pairs of a value and the one some periods later, `M` grid
points, `B` weightings of the pairs (draws of a bootstrap, or one row of ones).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

_CELLS = 4_000_000  # pairs of pairs held in memory at a time
_NEGLIGIBLE = 1e-12  # kernel weight of a pair, beside the nearest one, that is left out
_TAIL = 8.0  # bandwidths beyond which a kernel has 1e-15 of its mass


@dataclass(frozen=True, slots=True)
class Pairs:
    """Values at the start and at the end, and the kernel of each pair.

    Attributes
    ----------
    start, end : ndarray, shape (N,)
    wide : ndarray, shape (N,)
        Bandwidth in the direction of the start.
    tall : ndarray, shape (N,)
        Bandwidth in the direction of the end, given the start.
    slope : float
        Tilt of the kernels: that of the cloud of pairs, or zero.
    """

    start: Array
    end: Array
    wide: Array
    tall: Array
    slope: float


@dataclass(frozen=True, slots=True)
class Levels:
    """What follows from a level; each of shape (B, K).

    Attributes
    ----------
    expected : ndarray
        Mean of the value at the end.
    down, stay, up : ndarray
        Mass below, within and above a band around the level.
    """

    expected: Array
    down: Array
    stay: Array
    up: Array


def kernels_of(start: Array, end: Array, *, factor: float, aligned: bool, adaptive: bool) -> Pairs:
    """Gaussian kernels with the normal reference bandwidth in two dimensions.

    Aligned: the covariance of each kernel is ``n^(-1/3)`` times that of the pairs, so that
    it lies along the cloud; where values persist, kernels with upright axes would be wider
    than the moves themselves. Otherwise upright, ``sd n^(-1/6)`` in each direction.
    Adaptive: bandwidths times ``(f_i / g)^(-1/2)`` with `f_i` a fixed pilot density at the
    pair and `g` the geometric mean of them.

    Parameters
    ----------
    start, end : ndarray, shape (N,)
        With a spread above zero.
    factor : float
        On all bandwidths.

    References
    ----------
    Scott (1992) Multivariate Density Estimation; Wand and Jones (1993) JASA 88(422):
    520-528; Abramson (1982) Annals of Statistics 10(4): 1217-1223.
    """
    rate = factor * len(start) ** (-1 / 6)
    cov = np.cov(start, end)
    slope = float(cov[0, 1] / cov[0, 0]) if aligned else 0.0
    left = cov[1, 1] - slope * cov[0, 1] if aligned else cov[1, 1]
    wide, tall = rate * np.sqrt(cov[0, 0]), rate * np.sqrt(max(float(left), 0.0))
    local = np.ones(len(start))
    if adaptive:
        pilot = np.zeros(len(start))
        block = max(1, _CELLS // len(start))
        for at in range(0, len(start), block):
            u = start[at : at + block, None] - start
            v = (end[at : at + block, None] - end - slope * u) / tall
            pilot[at : at + block] = np.exp(-0.5 * ((u / wide) ** 2 + v * v)).sum(axis=1)
        local = np.exp(-0.5 * (np.log(pilot) - np.log(pilot).mean()))
    return Pairs(start, end, wide * local, tall * local, slope)


def reach(pairs: Pairs) -> tuple[float, float]:
    """The range of all values with room for the tails of the kernels."""
    tails = 4.0 * pairs.tall + 2.0 * abs(pairs.slope) * pairs.wide
    low = min(float((pairs.end - tails).min()), float(pairs.start.min()))
    high = max(float((pairs.end + tails).max()), float(pairs.start.max()))
    return low, high


def conditional(pairs: Pairs, edges: Array, weights: Array) -> Array:
    """Mass of the end in each cell given the start in the middle of each, shape (B, M, M).

    The conditional of a kernel density of the pairs: kernels weighted by how near their
    start is, each integrated over the cells. Rows are starts; a row lacks what lies beyond
    the outermost edges.

    Parameters
    ----------
    edges : ndarray, shape (M + 1,)
        Evenly spaced.
    weights : ndarray, shape (B, N)
        Such as the number of times the entity of a pair is drawn.

    Returns
    -------
    ndarray, shape (B, M, M)
        NaN in rows to which no weighted pair is near.
    """
    middle = 0.5 * (edges[:-1] + edges[1:])
    near = _nearness(pairs, middle)
    mass = _masses()(pairs.start, pairs.end, pairs.tall, pairs.slope, edges, near,
                     np.ascontiguousarray(weights.T))  # fmt: skip
    total = np.swapaxes(near @ weights.T, 0, 1)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.moveaxis(mass, -1, 0) / total, np.nan)


def _nearness(pairs: Pairs, at: Array) -> Array:
    """Kernel weights of the pairs for a start at each point, the largest of a row one."""
    u = (at[:, None] - pairs.start) / pairs.wide
    log = -0.5 * u * u - np.log(pairs.wide)
    near = np.exp(log - log.max(axis=1, keepdims=True))
    return np.where(near > _NEGLIGIBLE, near, 0.0)


@cache
def _masses() -> Callable[..., Array]:
    from numba import njit

    return njit(cache=True)(_mass_loop)


def _mass_loop(  # noqa: PLR0917  (compiled code has no keywords)
    start: Any, end: Any, tall: Any, slope: float, edges: Any, near: Any, weights: Any
) -> Any:
    """Weighted kernel mass by start, cell and weighting, shape (M, M, B)."""
    cells, pairs, draws = len(edges) - 1, near.shape[1], weights.shape[1]
    step = edges[1] - edges[0]
    out = np.zeros((cells, cells, draws))
    least, most = start.min(), start.max()
    for x in range(cells):
        # beyond the starts seen the tilt is not carried on
        at = min(max(0.5 * (edges[x] + edges[x + 1]), least), most)
        for n in range(pairs):
            w = near[x, n]
            if w == 0.0:
                continue
            centre = end[n] + slope * (at - start[n])
            first = int(np.floor((centre - _TAIL * tall[n] - edges[0]) / step))
            last = int(np.floor((centre + _TAIL * tall[n] - edges[0]) / step))
            first, last = max(first, 0), min(last, cells - 1)
            below = math.erf((edges[max(first, 0)] - centre) / tall[n] * math.sqrt(0.5))
            for j in range(first, last + 1):
                upto = math.erf((edges[j + 1] - centre) / tall[n] * math.sqrt(0.5))
                part = 0.5 * w * (upto - below)
                below = upto
                for b in range(draws):
                    out[x, j, b] += part * weights[n, b]
    return out


def operator(mass: Array) -> Array:
    """Transition matrix of a chain on the cells: masses with rows that sum to one."""
    return mass / mass.sum(axis=-1, keepdims=True)


def ergodic(chain: Array, step: float) -> Array:
    """The density that the chain leaves as it is, shape (..., M).

    Solves ``pi P = pi`` with ``sum pi = 1``, all chains at once; NaN where `chain` is.

    Parameters
    ----------
    chain : ndarray, shape (..., M, M)
        Rows sum to one.
    step : float
        Of the grid.
    """
    points = chain.shape[-1]
    known = np.asarray(np.isfinite(chain).all(axis=(-1, -2)))
    safe = np.where(known[..., None, None], chain, 1.0 / points)
    system = np.swapaxes(safe, -1, -2) - np.eye(points)
    system[..., -1, :] = 1.0
    right = np.zeros((points, 1))
    right[-1] = 1.0
    found = np.maximum(np.linalg.solve(system, right)[..., 0], 0.0)
    share = found / found.sum(axis=-1, keepdims=True)
    return np.where(known[..., None], share / step, np.nan)


def slowest(chain: Array) -> float:
    """The second largest absolute eigenvalue: what is left of a deviation after one step."""
    return float(np.sort(np.abs(np.linalg.eigvals(chain)))[-2])


def levels(pairs: Pairs, at: Array, band: float, weights: Array) -> Levels:
    """Where one goes from given levels, in closed form from the kernel weights.

    Parameters
    ----------
    at : ndarray, shape (K,)
    band : float
        Half the width of what counts as staying.
    weights : ndarray, shape (B, N)
    """
    near = _nearness(pairs, at)
    held = np.clip(at, pairs.start.min(), pairs.start.max())
    centre = pairs.end + pairs.slope * (held[:, None] - pairs.start)
    gap, half = (at[:, None] - centre) / pairs.tall, band / pairs.tall
    total = weights @ near.T

    def mean(values: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, weights @ (near * values).T / total, np.nan)

    down, up = mean(ndtr(gap - half)), mean(ndtr(-gap - half))
    return Levels(mean(centre), down, 1.0 - down - up, up)


def crossings(grid: Array, expected: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Where the expected value crosses the diagonal, and whether values gather there.

    A crossing from above to below gathers (those lower rise, those higher fall); the
    other way it parts.

    Parameters
    ----------
    grid, expected : ndarray, shape (M,)

    Returns
    -------
    tuple of ndarray, shape (C,)
        Places by linear interpolation, and true where values gather.
    """
    gap = expected - grid
    turn = np.flatnonzero((gap[:-1] > 0) != (gap[1:] > 0))
    part = gap[turn] / (gap[turn] - gap[turn + 1])
    return grid[turn] + part * (grid[turn + 1] - grid[turn]), gap[turn] > 0
