"""Spatial panels with random entity effects by maximum likelihood.

Notation as in `zhiheng.kernels.spatial_ml`. With `phi` the variance of effects over that of
innovations, means of units have ``1 + T phi`` times the variance of deviations. So the
model is the one without effects on data that keep the share ``(1 + T phi)^-1/2`` of
their means, and only that share is searched for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from zhiheng.kernels.spatial_ml import (
    Frame,
    NoMaximum,
    SpatialFit,
    error_model,
    inverse,
    lag_model,
    linear_model,
    maximise,
)
from zhiheng.kernels.spatial_spectrum import log_determinant, trace

Array = NDArray[np.float64]
Part = Literal["lag", "error", "none"]
Errors = Literal["kkp", "anselin"]

GRID = np.linspace(-30.0, 0.0, 61)
"""Logs of ``1 / (1 + T phi)`` at which the likelihood is looked at: it may have two maxima."""
NEAR = 1e-5
"""How far a search by heights may be from where the derivative is zero."""
POINTS = 32
"""Points of the search for the error parameter where every point takes eigenvectors."""


@dataclass(frozen=True, slots=True)
class RandomFit:
    """A fit of (rho, beta, sigma2), and the variance of the effects.

    Attributes
    ----------
    fit : SpatialFit
    ratio : float
        `phi`, the variance of effects over that of innovations; zero at the edge.
    """

    fit: SpatialFit
    ratio: float


def random_model(y: Array, x: Array, f: Frame, part: Part) -> RandomFit:
    """Random effects with a lag (SAR, SDM), an error process that effects share, or neither.

    The error process is that of Kapoor, Kelejian and Prucha (2007): ``u = lambda W u + mu + e``.

    Parameters
    ----------
    y : ndarray, shape (n, T)
    x : ndarray, shape (n, T, k)
        With a column of ones.
    f : Frame
        Of effects ``"random"``; its `kept` is found here.

    Raises
    ------
    NoMaximum
    """
    profile = _profile(y, x, f, part)
    heights = [profile(float(at))[0] for at in GRID]

    def slope(log_share: float) -> float:
        return profile(log_share)[1]

    at = _top(slope, heights)
    models = {"lag": lag_model, "error": error_model, "none": linear_model}
    fit = models[part](y, x, replace(f, kept=float(np.exp(at / 2))))
    return RandomFit(fit, float(np.expm1(-at)) / y.shape[1])


def _top(slope: Callable[[float], float], heights: list[float]) -> float:
    """The best log of the share: where the slope vanishes beside the best of the grid, or an end.

    The end at zero means no effects; the other, effects so large that they are as good as fixed.
    """
    best = int(np.argmax(heights))
    low, high = float(GRID[max(best - 1, 0)]), float(GRID[min(best + 1, len(GRID) - 1)])
    if slope(low) > 0 > slope(high):
        return cast(float, optimize.brentq(slope, low, high, xtol=1e-14))
    return float(GRID[best])


def _profile(y: Array, x: Array, f: Frame, part: Part) -> Callable[[float], tuple[float, float]]:
    """Height, and its derivative in the log of the share, by moments within and between units."""
    scaled = x / np.sqrt((x**2).mean(axis=(0, 1)))
    data = np.concatenate([y[..., None], scaled], axis=-1)
    lagged = f.spectrum.lag(y[..., None] if part == "lag" else data)
    means = [part_.mean(axis=1, keepdims=True) for part_ in (data, lagged)]
    apart = [(d - m).reshape(-1, d.shape[-1]) for d, m in zip((data, lagged), means, strict=True)]
    between = [np.sqrt(y.shape[1]) * m[:, 0] for m in means]
    q, n, periods = f.rows, f.spectrum.n, f.periods
    inside, outside = (np.concatenate(p, axis=1) for p in (apart, between))
    within_all, between_all = inside.T @ inside, outside.T @ outside

    def at(log_share: float) -> tuple[float, float]:
        share = float(np.exp(log_share))
        m = within_all + share * between_all
        rho, vector = _inner(m, data.shape[-1], f, part)
        total = float(vector @ m @ vector)
        units = share * float(vector @ between_all @ vector)
        height = -q / 2 * np.log(total) + n / 2 * log_share
        height += periods * float(log_determinant(rho, f.values))
        return float(height), n / 2 - q / 2 * units / total

    return at


def _inner(m: Array, size: int, f: Frame, part: Part) -> tuple[float, Array]:
    """The spatial parameter given the share, and the residual as weights of (data, lags)."""
    zero = np.zeros(len(m) - size)
    x = slice(1, size)

    def weights(rho: float) -> Array:
        if part == "lag":
            target = m[x, 0] - rho * m[x, size]
            beta = linalg.solve(m[x, x], target, assume_a="pos")
            return np.concatenate([[1.0], -beta, [-rho]])
        full = m[:size, :size]
        if part == "error":
            full = full - rho * (m[:size, size:] + m[size:, :size]) + rho**2 * m[size:, size:]
        beta = linalg.solve(full[1:, 1:], full[1:, 0], assume_a="pos")
        own = np.concatenate([[1.0], -beta])
        return np.concatenate([own, -rho * own if part == "error" else zero])

    if part == "none":
        return 0.0, weights(0.0)
    return (found := _search(m, size, f, part)), weights(found)


def _search(m: Array, size: int, f: Frame, part: Part) -> float:
    if part == "lag":
        pair = [0, size]
        inner = linalg.solve(m[1:size, 1:size], m[1:size][:, pair], assume_a="pos")
        (a, b), (_, c) = m[np.ix_(pair, pair)] - m[pair][:, 1:size] @ inner

        def lag_squares(rho: Array) -> tuple[Array, Array]:
            return a - 2 * rho * b + rho**2 * c, 2 * (rho * c - b)

        return maximise(lag_squares, f)[0]
    none, twice = m[:size, :size], m[size:, size:]
    cross = m[:size, size:] + m[size:, :size]

    def squares(rho: Array) -> tuple[Array, Array]:
        at = np.asarray(rho)[..., None, None]
        full = none - at * cross + at**2 * twice
        beta = np.linalg.solve(full[..., 1:, 1:], full[..., 1:, :1])
        v = np.concatenate([np.ones_like(beta[..., :1, :]), -beta], axis=-2)
        parts = (full, 2 * at * twice - cross)
        both = [(v.swapaxes(-1, -2) @ p @ v)[..., 0, 0] for p in parts]
        return both[0], both[1]

    return maximise(squares, f)[0]


def own_effects_model(y: Array, x: Array, f: Frame) -> RandomFit:
    """Random effects outside the error process (Anselin 1988; Baltagi, Song and Koh 2003).

    ``u = mu + v``, ``v = lambda W v + e``: effects stay where they are. The covariance of means is
    no function of W alone, so every `lambda` takes the eigenvectors of ``(I - lambda W)(I -
    lambda W)'``; with them all `phi` are cheap.

    Raises
    ------
    NoMaximum
    """
    low, high = f.spectrum.low, f.spectrum.high
    grid = low + (high - low) * (1 - np.cos(np.pi * np.arange(1, POINTS) / POINTS)) / 2
    found = [_given(y, x, f, float(at)) for at in grid]
    best = int(np.argmax([one[0] for one in found]))
    if best in (0, len(grid) - 1):
        raise NoMaximum(low if best == 0 else high)

    def height_at(rho: float) -> float:
        return _given(y, x, f, rho)[0]

    def slope_at(rho: float) -> float:
        return _own_slope(y, x, f, rho)

    at = _highest(height_at, float(grid[best - 1]), float(grid[best + 1]))
    if slope_at(at - NEAR) > 0 > slope_at(at + NEAR):
        at = cast(float, optimize.brentq(slope_at, at - NEAR, at + NEAR, xtol=1e-14))
    height, log_share, beta, sigma2 = _given(y, x, f, at)
    ratio = float(np.expm1(-log_share)) / y.shape[1]
    fit = _own_fit(y, x, f, (at, beta, sigma2, ratio), height)
    return RandomFit(replace(fit, slope=slope_at(at)), ratio)


def _own_slope(y: Array, x: Array, f: Frame, rho: float) -> float:
    """Derivative of the height in `rho`, per row: all else is at its best, and so stays."""
    _, log_share, beta, sigma2 = _given(y, x, f, rho)
    periods, w = y.shape[1], f.spectrum.matrix.toarray()
    b = np.eye(len(w)) - rho * w
    rest = y - x @ beta
    centre = rest.mean(axis=1)
    apart = rest - centre[:, None]
    inside = float(((w @ apart) * (b @ apart)).sum()) / sigma2
    inside -= (periods - 1) * trace(1, rho, f.values)
    plain = linalg.inv(b.T @ b)
    moved = plain @ (w.T @ b + b.T @ w) @ plain
    means = float(np.expm1(-log_share)) * np.eye(len(b)) + plain
    solved = linalg.solve(means, centre, assume_a="pos")
    outside = periods * float(solved @ moved @ solved) / sigma2
    outside -= float(np.trace(linalg.solve(means, moved, assume_a="pos")))
    return (inside + outside / 2) / f.rows


def _filtered(y: Array, x: Array, f: Frame, rho: float) -> tuple[Array, Array, Array, Array]:
    """Squares within, means of filtered (y, x) turned to eigenvectors, eigenvalues, B."""
    b = np.eye(f.spectrum.n) - rho * f.spectrum.matrix.toarray()
    data = np.concatenate([y[..., None], x], axis=-1)
    z = np.tensordot(b, data, axes=1)
    mean = z.mean(axis=1)
    inside = (z - mean[:, None]).reshape(-1, z.shape[-1])
    values, vectors = linalg.eigh(b @ b.T)
    return inside.T @ inside, np.sqrt(y.shape[1]) * vectors.T @ mean, values, b


def _given(y: Array, x: Array, f: Frame, rho: float) -> tuple[float, float, Array, float]:
    """Height, log of ``1 / (1 + T phi)``, beta and sigma2 at the best `phi` for this `rho`."""
    squares, turned, values, _ = _filtered(y, x, f, rho)
    fixed = f.periods * float(log_determinant(rho, f.values))

    def at(log_share: float) -> tuple[float, Array, float, float]:
        weight = 1.0 / (1.0 + np.expm1(-log_share) * values)
        m = squares + (turned * weight[:, None]).T @ turned
        beta = linalg.solve(m[1:, 1:], m[1:, 0], assume_a="pos")
        sigma2 = float(m[0, 0] - m[0, 1:] @ beta) / f.rows
        height = -f.rows / 2 * (np.log(2 * np.pi * sigma2) + 1)
        height += float(np.log(weight).sum()) / 2 + fixed
        # what a step in the log of the share does to each weight, relative to the weight
        moved = weight * values * np.exp(-log_share)
        rest = turned[:, 0] - turned[:, 1:] @ beta
        slope = float((moved * (1.0 - rest**2 * weight / sigma2)).sum()) / 2
        return float(height), beta, sigma2, slope

    def slope_at(log_share: float) -> float:
        return at(log_share)[3]

    log_share = _top(slope_at, [at(float(a))[0] for a in GRID])
    height, beta, sigma2, _ = at(log_share)
    return height, log_share, beta, sigma2


def _highest(height: Callable[[float], float], low: float, high: float) -> float:
    """The maximum between two ends, one of which it may be."""

    def depth(at: float) -> float:
        return -height(at)

    found = cast(
        tuple[float, float, int, int],
        optimize.fminbound(depth, low, high, xtol=1e-11, full_output=True),
    )
    return float(found[0])


def _own_fit(
    y: Array, x: Array, f: Frame, found: tuple[float, Array, float, float], height: float
) -> SpatialFit:
    """Information by the derivatives of both covariances, of deviations and of means."""
    rho, beta, sigma2, ratio = found
    periods = y.shape[1]
    b = np.eye(f.spectrum.n) - rho * f.spectrum.matrix.toarray()
    w = f.spectrum.matrix.toarray()
    plain = linalg.inv(b.T @ b)
    moved = plain @ (w.T @ b + b.T @ w) @ plain
    means = periods * ratio * np.eye(len(b)) + plain
    pairs = [
        (periods - 1, plain, (moved, plain / sigma2, np.zeros_like(plain))),
        (1, means, (moved, means / sigma2, periods * np.eye(len(b)))),
    ]
    small = np.zeros((3, 3))
    for times, covariance, slopes in pairs:
        ratios = [linalg.solve(covariance, s, assume_a="pos") for s in slopes]
        small += times / 2 * np.array([[float((i * j.T).sum()) for j in ratios] for i in ratios])
    used = [0, 1, 2] if ratio > 0 else [0, 1]
    data = np.concatenate([y[..., None], x], axis=-1)
    centre = data.mean(axis=1)
    apart = np.tensordot(b, data - centre[:, None], axes=1)
    solved = linalg.solve(means, centre, assume_a="pos")
    m = np.tensordot(apart, apart, axes=([0, 1], [0, 1])) + periods * centre.T @ solved
    covariance = np.zeros((len(beta) + 1, len(beta) + 1))
    covariance[1:, 1:] = sigma2 * inverse(m[1:, 1:])
    covariance[0, 0] = inverse(small[np.ix_(used, used)])[0, 0]
    information = np.zeros((len(beta) + 2, len(beta) + 2))
    information[1:-1, 1:-1] = m[1:, 1:] / sigma2
    information[np.ix_([0, -1], [0, -1])] = small[:2, :2]
    fitted = x @ beta
    return SpatialFit(
        rho, beta, sigma2, covariance, information, height, y - fitted, fitted, y, 0.0
    )
