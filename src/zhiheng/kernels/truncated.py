"""Regression with a normal error cut off from below, for many samples at once.

Model of the module: `y = z b + e > 0` with `e ~ N(0, s^2)` cut off at `-z b`, so that a
sample holds positive values only. Likelihoods are written in `g = b / s` and `h = 1 / s`,
in which each block is concave and the maximum, where one exists, is the only one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

Array = NDArray[np.float64]

# Squared length of the last Newton step in the metric of the likelihood: the step after it
# would move the parameters by less than rounding.
STEP = 1e-20
# Below this a full Newton step is taken without asking whether the likelihood rises: the rise
# is then below the rounding of the likelihood itself.
TRUSTED = 1e-11
# With the scale more than a hundred times the mean of y, a normal cut off at zero differs from an
# exponential by less than any sample can show: the likelihood has no maximum, it rises forever.
FLATTEST = 0.01
MOST_STEPS = 200
AT_ONCE = 2_000_000  # numbers of one array, so that draws by the thousand fit into memory


@dataclass(frozen=True, slots=True)
class Truncated:
    """Maximum likelihood for each sample.

    Attributes
    ----------
    coefficients : ndarray, shape (B, p)
        NaN where no maximum was found.
    sigma : ndarray, shape (B,)
        Standard deviation of the error before it is cut off.
    loglik : ndarray, shape (B,)
    found : ndarray of bool, shape (B,)
        Whether the likelihood has a maximum: where the sample looks exponential it has none.
    """

    coefficients: Array
    sigma: Array
    loglik: Array
    found: NDArray[np.bool_]


def fit(y: Array, z: Array) -> Truncated:
    """Fit the truncated regression to every row of `y`.

    Parameters
    ----------
    y : ndarray, shape (B, n)
        Above zero.
    z : ndarray, shape (n, p)
        Shared by all samples, of full column rank, with a column of ones where wanted.

    References
    ----------
    Hausman and Wise (1977) Econometrica 45(4): 919-938; Orme and Ruud (2002) Econometrics
    Letters, on the uniqueness of the maximum (recalled).
    """
    n, p = z.shape
    q, r = np.linalg.qr(z)
    w, turn = q * math.sqrt(n), np.linalg.inv(r) * math.sqrt(n)
    size = y.mean(axis=1)
    theta = np.empty((len(y), p + 1))
    done = np.zeros(len(y), dtype=bool)
    block = max(1, AT_ONCE // n)
    for k in range(0, len(y), block):
        part = slice(k, k + block)
        theta[part], done[part] = _climb(y[part] / size[part, None], w)
    h = theta[:, -1]
    found = done & (h > FLATTEST)
    sigma = np.where(found, size / h, np.nan)
    value = np.where(found, n * (_level(theta, y / size[:, None], w) - np.log(size)), np.nan)
    value -= 0.5 * n * math.log(2 * math.pi)
    return Truncated(sigma[:, None] * (theta[:, :-1] @ turn.T), sigma, value, found)


def draw(mean: Array, sigma: Array | float, uniform: Array) -> Array:
    """Values of the model by inversion: normal around `mean`, cut off below zero.

    Parameters
    ----------
    mean : ndarray, shape (..., n)
    sigma : float or ndarray that broadcasts
    uniform : ndarray, shape (..., n)
        In (0, 1); equal numbers give equal values.
    """
    # The upper tail by symmetry and in logarithms: a mean far below zero loses no digit.
    tail = log_ndtr(mean / sigma) + np.log(uniform)
    return np.maximum(mean - sigma * ndtri_exp(tail), 0.0)


def _climb(y: Array, w: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Newton with halved steps for each row; a row leaves when its last step was nothing."""
    p = w.shape[1]
    theta = _start(y, w)
    done = np.zeros(len(y), dtype=bool)
    open_ = np.arange(len(y))
    for _ in range(MOST_STEPS):
        now = theta[open_]
        move, gain = _direction(now, y[open_], w)
        step = _halved(now, move, gain, y[open_], w)
        theta[open_] = now + step[:, None] * move
        ended = (gain < STEP) & (step == 1.0)
        flat = theta[open_, p] < FLATTEST / 10  # on its way to the exponential
        done[open_[ended]] = True
        open_ = open_[~(ended | flat | (step == 0.0))]
        if len(open_) == 0:
            break
    return theta, done


def _start(y: Array, w: Array) -> Array:
    """Least squares, as if nothing were cut off."""
    n = len(w)
    b = y @ w / n
    rest = y - b @ w.T
    spread = np.maximum(np.sqrt((rest**2).mean(axis=1)), 1e-8 * y.max(axis=1))
    return np.column_stack([b / spread[:, None], 1.0 / spread])


def _level(theta: Array, y: Array, w: Array) -> Array:
    """Mean log likelihood but for its constant; -inf outside the domain."""
    h = theta[:, -1:]
    m = theta[:, :-1] @ w.T
    inside = np.maximum(h[:, 0], 1e-300)
    found = np.log(inside) - 0.5 * ((h * y - m) ** 2).mean(axis=1) - log_ndtr(m).mean(axis=1)
    return np.where(h[:, 0] > 0, found, -np.inf)


def _direction(theta: Array, y: Array, w: Array) -> tuple[Array, Array]:
    """The Newton step, and its length in the metric of the likelihood."""
    n, p = w.shape
    h = theta[:, -1]
    m = theta[:, :-1] @ w.T
    ratio = np.exp(-0.5 * m**2 - log_ndtr(m)) / math.sqrt(2 * math.pi)
    rest = h[:, None] * y - m
    slope = np.column_stack([(rest - ratio) @ w / n, 1.0 / h - (rest * y).mean(axis=1)])
    bend = np.empty((len(y), p + 1, p + 1))
    held = 1.0 - ratio * (m + ratio)  # variance of the cut normal over that of the whole one
    pairs = (w[:, :, None] * w[:, None, :]).reshape(n, p * p)
    bend[:, :p, :p] = (held @ pairs / n).reshape(-1, p, p)
    bend[:, :p, p] = bend[:, p, :p] = -(y @ w) / n
    bend[:, p, p] = 1.0 / h**2 + (y**2).mean(axis=1)
    # Where the likelihood is not concave the step still climbs, along absolute curvatures.
    values, vectors = np.linalg.eigh(bend)
    values = np.maximum(np.abs(values), 1e-12 * np.abs(values).max(axis=1, keepdims=True))
    along = np.einsum("bij,bi->bj", vectors, slope) / values
    move = np.einsum("bij,bj->bi", vectors, along)
    return move, (slope * move).sum(axis=1)


def _halved(now: Array, move: Array, gain: Array, y: Array, w: Array) -> Array:
    """The longest of the steps 1, 1/2, 1/4, ... that raises the likelihood; 0 where none does."""
    step = np.ones(len(now))
    before = _level(now, y, w)
    short = np.flatnonzero(gain > TRUSTED)
    for _ in range(60):
        after = _level(now[short] + step[short, None] * move[short], y[short], w)
        short = short[~(after >= before[short] + 1e-4 * step[short] * gain[short])]
        if len(short) == 0:
            return step
        step[short] /= 2
    step[short] = 0.0
    return step
