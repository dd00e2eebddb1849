"""Residual tests of panel cointegration, many panels at once: Kao and Pedroni.

Notation of the module: `R` panels (one that is observed, or many that are drawn), `N`
entities, `T` periods, `M` variables of which the first is the outcome; arrays of shape
``(R, N, T, M)``. Null everywhere: no cointegration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.sweeping import basis, without
from zhiheng.kernels.unit_roots import Trend

Array = NDArray[np.float64]

LARGE_REJECTS = ("panel_v",)
"""Statistics whose large values speak against the null; all others reject when small."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How every regression is set up.

    Attributes
    ----------
    trend : {"constant", "trend"}
    lags : int
        Lagged changes.
    window : int
        Lags of the Bartlett kernel in long-run variances.
    """

    trend: Trend
    lags: int
    window: int


def deterministic(rows: int, trend: Trend) -> list[Array]:
    """A constant, and a line if there is a trend, shapes (rows,)."""
    one, line = np.ones(rows), np.arange(rows, dtype=np.float64)
    return [one, line] if trend == "trend" else [one]


def lagged_products(u: Array, window: int) -> Array:
    """Weighted sum of autocovariances at lags 1 to `window`, one side, over the number of rows."""
    rows = u.shape[-1]
    out = np.zeros(u.shape[:-1])
    for lag in range(1, min(window, rows - 1) + 1):
        pair = (u[..., lag:] * u[..., :-lag]).sum(axis=-1)
        out = out + (1 - lag / (window + 1)) * pair
    return out / rows


def long_run(u: Array, window: int) -> Array:
    """Long-run variance with a Bartlett kernel, no mean taken out."""
    return (u**2).mean(axis=-1) + 2 * lagged_products(u, window)


def residuals(z: Array, trend: Trend) -> Array:
    """Each entity's own regression of the first variable on the others, shape (R, N, T)."""
    fixed = deterministic(z.shape[2], trend)
    return without(z[..., 0], basis([*fixed, *_each(z[..., 1:])]))


def pedroni(z: Array, how: Settings) -> Mapping[str, Array]:
    """The seven statistics of Pedroni (1999, 2004), before they are standardised.

    Returns
    -------
    mapping
        "panel_v", "panel_rho", "panel_t", "panel_adf", "group_rho", "group_t",
        "group_adf", shapes (R,). Each is divided by the root of N so that its standardised
        form is ``(value - root(N) mean) / root(variance)``.

    Notes
    -----
    The error variance of the panel ADF statistic is averaged with the same weights as its
    sums, as that of the panel t statistic is. Without weights, as printed in 1999, the
    statistic would depend on the units of the outcome. With trends the differenced
    regression has a constant, so that drift does not count.
    """
    n, periods = z.shape[1], z.shape[2]
    e = residuals(z, how.trend)
    weight = 1 / long_run(_differenced(z, how.trend), how.window)
    before, change = e[..., :-1], np.diff(e, axis=-1)
    square, product = (before**2).sum(axis=-1), (before * change).sum(axis=-1)
    innovation = change - (product / square)[..., None] * before
    serial = lagged_products(innovation, how.window)
    variance = (innovation**2).mean(axis=-1) + 2 * serial
    product = product - (periods - 1) * serial
    augmented, own, error = _augmented(e, how.lags)

    def total(values: Array) -> Array:
        return (weight * values).sum(axis=1)

    mean_error = total(error) / n
    return {
        "panel_v": periods**2 * n**1.5 / total(square),
        "panel_rho": periods * np.sqrt(n) * total(product) / total(square),
        "panel_t": total(product) / np.sqrt(total(variance) / n * total(square)),
        "panel_adf": total(augmented) / np.sqrt(mean_error * total(own)),
        "group_rho": periods / np.sqrt(n) * (product / square).sum(axis=1),
        "group_t": (product / np.sqrt(variance * square)).sum(axis=1) / np.sqrt(n),
        "group_adf": (augmented / np.sqrt(error * own)).sum(axis=1) / np.sqrt(n),
    }


def kao(z: Array, how: Settings) -> Mapping[str, Array]:
    """The five statistics of Kao (1999): one slope for all entities, a constant for each.

    Returns
    -------
    mapping
        "kao_rho", "kao_t" (strictly exogenous regressors), "kao_rho_star", "kao_t_star"
        (corrected for endogeneity) and "kao_adf", shapes (R,), standard normal as T and
        then N grow.
    """
    n, periods = z.shape[1], z.shape[2]
    e = _pooled(z)
    before, change = e[..., :-1], np.diff(e, axis=-1)
    square, product = (before**2).sum(axis=(1, 2)), (before * change).sum(axis=(1, 2))
    rho = product / square
    error = ((change - rho[:, None, None] * before) ** 2).mean(axis=(1, 2))
    t = rho * np.sqrt(square / error)
    short, long = _conditional(np.diff(z, axis=2), how.window)
    ratio = short / long
    bias = np.sqrt(n) * periods * rho
    shift = np.sqrt(6 * n * ratio) / 2
    scale = np.sqrt(1 / (2 * ratio) + 3 * ratio / 10)
    return {
        "kao_rho": (bias + 3 * np.sqrt(n)) / np.sqrt(10.2),
        "kao_t": np.sqrt(1.25) * t + np.sqrt(1.875 * n),
        "kao_rho_star": (bias + 3 * np.sqrt(n) * ratio) / np.sqrt(3 + 7.2 * ratio**2),
        "kao_t_star": (t + shift) / scale,
        "kao_adf": (_pooled_t(e, how.lags) + shift) / scale,
    }


def _each(x: Array) -> list[Array]:
    return [x[..., k] for k in range(x.shape[-1])]


def _differenced(z: Array, trend: Trend) -> Array:
    change = np.diff(z, axis=2)
    fixed = [np.ones(change.shape[2])] if trend == "trend" else []
    return without(change[..., 0], basis([*fixed, *_each(change[..., 1:])]))


def _augmented(e: Array, lags: int) -> tuple[Array, Array, Array]:
    """Product, square and error variance of each entity's augmented regression."""
    change = np.diff(e, axis=-1)
    rows = change.shape[-1] - lags
    units = basis([change[..., lags - j : lags - j + rows] for j in range(1, lags + 1)])
    step, level = without(change[..., lags:], units), without(e[..., lags:-1], units)
    product, square = (level * step).sum(axis=-1), (level**2).sum(axis=-1)
    rest = step - (product / square)[..., None] * level
    return product, square, (rest**2).mean(axis=-1)


def _pooled(z: Array) -> Array:
    """Residuals of one slope for all entities, a constant for each."""
    z = z - z.mean(axis=2, keepdims=True)
    rows = z.reshape(len(z), -1, z.shape[-1])
    columns = [rows[..., k] for k in range(1, z.shape[-1])]
    return without(rows[..., 0], basis(columns)).reshape(z.shape[:3])


def _pooled_t(e: Array, lags: int) -> Array:
    change = np.diff(e, axis=-1)
    rows = change.shape[-1] - lags
    flat = (len(e), -1)
    past = [change[..., lags - j : lags - j + rows].reshape(flat) for j in range(1, lags + 1)]
    units = basis(past)
    step = without(change[..., lags:].reshape(flat), units)
    level = without(e[..., lags:-1].reshape(flat), units)
    square = (level**2).sum(axis=-1)
    rho = (level * step).sum(axis=-1) / square
    rest = step - rho[:, None] * level
    error = (rest**2).sum(axis=-1) / (rest.shape[-1] - lags - 1)
    return rho * np.sqrt(square / error)


def _conditional(change: Array, window: int) -> tuple[Array, Array]:
    """Short- and long-run variance of the outcome's changes given those of the others."""
    rows = change.shape[1] * change.shape[2]
    short = np.einsum("rntj,rntk->rjk", change, change) / rows
    long = short.copy()
    for lag in range(1, min(window, change.shape[2] - 1) + 1):
        pair = np.einsum("rntj,rntk->rjk", change[:, :, lag:], change[:, :, :-lag]) / rows
        long = long + (1 - lag / (window + 1)) * (pair + pair.transpose(0, 2, 1))
    # The first diagonal cell of the inverse is one over the conditional variance.
    return 1 / np.linalg.inv(short)[:, 0, 0], 1 / np.linalg.inv(long)[:, 0, 0]
