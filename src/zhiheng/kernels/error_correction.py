"""Tests of error correction in panels (Westerlund 2007) and his bootstrap of the null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.cointegration import Settings, deterministic, long_run
from zhiheng.kernels.sweeping import basis, without

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Null:
    """What is left of a panel when no entity corrects errors.

    Attributes
    ----------
    error : ndarray, shape (N, n)
        Errors of the regression of changes, mean zero.
    change : ndarray, shape (N, n, K)
        Changes of the regressors in the same periods, mean zero.
    past : ndarray, shape (N, lags)
        Slopes of the outcome's own past changes.
    slope : ndarray, shape (N, lags + 1, K)
        Slopes of the regressors' changes, lag 0 first.
    """

    error: Array
    change: Array
    past: Array
    slope: Array


def parameters(regressors: int, how: Settings) -> int:
    """Number of parameters in one entity's error-correction regression."""
    fixed = 2 if how.trend == "trend" else 1
    return fixed + 1 + regressors + how.lags + regressors * (how.lags + 1)


def westerlund(z: Array, how: Settings) -> Mapping[str, Array]:
    """The four statistics of Westerlund (2007) with the conventions of Stata's ``xtwest``.

    Parameters
    ----------
    z : ndarray, shape (R, N, T, 1 + K)
        The outcome first.

    Returns
    -------
    mapping
        "gt", "ga" (means over entities) and "pt", "pa" (pooled), shapes (R,). They reject
        when small. Normalised by degrees of freedom where the paper has T.
    """
    change, rows = np.diff(z, axis=2), z.shape[2] - 1 - how.lags
    regressors = z.shape[-1] - 1
    free = rows - parameters(regressors, how)
    step, levels = change[:, :, how.lags :, 0], z[:, :, how.lags : -1]
    past, moves = _past(change, how.lags)
    fixed = basis(deterministic(rows, how.trend))
    columns = [*(levels[..., k] for k in range(regressors + 1)), *past, *moves]
    slope, inverse, rest = _regress(without(step, fixed), [without(c, fixed) for c in columns])
    alpha, square = slope[..., 0], 1 / inverse[..., 0, 0]
    error = (rest**2).sum(axis=-1) / free
    own = rest + _fitted(slope[..., len(columns) - len(moves) :], moves)
    drift = change[..., 0]
    if how.trend == "trend":
        drift = drift - drift.mean(axis=-1, keepdims=True)
    ratio = np.sqrt(long_run(own, how.window) / long_run(drift, how.window))
    total = square.sum(axis=1)
    pooled = (alpha * square / ratio).sum(axis=1) / total
    spread = np.sqrt((error / ratio**2).mean(axis=1) / total)
    return {
        "gt": (alpha * np.sqrt(square / error)).mean(axis=1),
        "ga": free * (alpha / ratio).mean(axis=1),
        "pt": pooled / spread,
        "pa": free * pooled,
    }


def null_model(z: Array, how: Settings) -> Null:
    """Each entity's regression of changes without levels, from one panel (N, T, 1 + K)."""
    change, rows = np.diff(z[None], axis=2), z.shape[1] - 1 - how.lags
    past, moves = _past(change, how.lags)
    fixed = basis(deterministic(rows, how.trend))
    columns = [without(c, fixed) for c in (*past, *moves)]
    slope, _, rest = _regress(without(change[:, :, how.lags :, 0], fixed), columns)
    x = change[0, :, how.lags :, 1:]
    return Null(
        rest[0],
        x - change[0, :, :, 1:].mean(axis=1, keepdims=True),
        slope[0, :, : how.lags],
        slope[0, :, how.lags :].reshape(len(z), how.lags + 1, z.shape[-1] - 1),
    )


def resampled(null: Null, periods: int, draws: int, rng: np.random.Generator) -> Array:
    """Panels under the null in which all entities share the periods that are drawn.

    A period is drawn with the errors and the regressors' changes of all entities together,
    so that whatever ties them within a period stays as it is.

    Returns
    -------
    ndarray, shape (draws, N, periods, 1 + K)
    """
    lags = null.past.shape[1]
    start = 2 * lags  # changes before the first that is kept, so that each has its own past
    length = periods - 1 + start
    which = _periods(null, (draws, length), rng)
    error = np.moveaxis(null.error[:, which], 0, 1)
    x = np.moveaxis(null.change[:, which], 0, 1)
    y = np.zeros(error.shape)
    for t in range(lags, length):  # a recursion in time, one step for all panels
        move = error[..., t]
        for j in range(lags + 1):
            move = move + (x[:, :, t - j] * null.slope[:, j]).sum(axis=-1)
        for j in range(lags):
            move = move + null.past[:, j] * y[..., t - j - 1]
        y[..., t] = move
    changes = np.concatenate([y[..., None], x], axis=-1)[:, :, start:]
    first = np.zeros((*changes.shape[:2], 1, changes.shape[-1]))
    return np.concatenate([first, np.cumsum(changes, axis=2)], axis=2)


def _periods(null: Null, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.int64]:
    """Periods drawn with replacement, again where too few different ones would tie the levels."""
    available = null.error.shape[1]
    fewest = min(null.change.shape[2] + 3, available // 2 + 1)
    which = rng.integers(available, size=shape)
    while True:
        different = 1 + (np.diff(np.sort(which, axis=1), axis=1) > 0).sum(axis=1)
        again = different < fewest
        if not again.any():
            return which
        which[again] = rng.integers(available, size=(int(again.sum()), shape[1]))


def _past(change: Array, lags: int) -> tuple[list[Array], list[Array]]:
    """The outcome's changes at lags 1 and on, the regressors' at lags 0 and on."""
    rows = change.shape[2] - lags

    def at(lag: int, k: int) -> Array:
        return change[:, :, lags - lag : lags - lag + rows, k]

    moves = [at(j, k) for j in range(lags + 1) for k in range(1, change.shape[-1])]
    return [at(j, 0) for j in range(1, lags + 1)], moves


def _regress(y: Array, columns: list[Array]) -> tuple[Array, Array, Array]:
    """Slopes, inverse of the cross-products and residuals, for all series at once."""
    x = np.stack(columns, axis=-1)
    size = np.sqrt((x**2).sum(axis=-2, keepdims=True))
    x = x / size  # the products of levels and changes differ by orders of magnitude
    products = np.swapaxes(x, -1, -2) @ x
    try:
        inverse = np.linalg.inv(products)
    except np.linalg.LinAlgError:  # a drawn panel whose columns are tied, one in very many
        inverse = np.linalg.pinv(products, hermitian=True)
    slope = inverse @ (np.swapaxes(x, -1, -2) @ y[..., None])
    rest = y - (x @ slope)[..., 0]
    scale = np.swapaxes(size, -1, -2)
    return (slope / scale)[..., 0], inverse / (scale * size), rest


def _fitted(slope: Array, columns: list[Array]) -> Array:
    out = np.zeros(columns[0].shape)
    for k, column in enumerate(columns):
        out = out + slope[..., k, None] * column
    return out
