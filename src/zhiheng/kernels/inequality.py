"""Measures of inequality of many weighted samples at once.

Notation of the module: `E` entities, `P` periods, `B` weightings of the entities (draws of
a bootstrap, or one row of ones). Measures that are functions of sums are matrix products;
those that need ranks go once through the sorted values, in compiled code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEASURES = (
    "gini", "cv", "theil_t", "theil_l", "atkinson", "ratio_90_10", "sd_log", "gini_absolute",
)  # fmt: skip
"""In this order on the last axis of what `measures` returns."""

# 0.1 times 30 is not quite 3 in binary; the R function allows a few ulp for the same reason
_FUZZ = 1e-12


def measures(y: Array, weights: Array, base: Array, *, epsilon: float) -> Array:
    """Eight measures of inequality for every weighting and period.

    Gini ``sum_ij w_i w_j |y_i - y_j| / (2 N^2 mu)``; coefficient of variation (population
    form, divisor `N`); Theil T ``mean(r ln r)`` and L ``-mean(ln r)`` with ``r = y / mu``;
    Atkinson ``1 - (mean r^(1-e))^(1/(1-e))``, for ``e = 1`` one minus the geometric over the
    arithmetic mean; the ratio of the 90 % to the 10 % point (inverse of the distribution
    function, so that replicating everybody changes nothing); the standard deviation of logs;
    and the absolute Gini ``G mu``, half the mean difference, which no shift can move.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Zero or more; any value where `base` is zero.
    weights : ndarray, shape (B, E)
        Such as the number of times an entity is drawn.
    base : ndarray, shape (E, P)
        Weight of an entity in a period: one, its population, or zero where not observed.
    epsilon : float
        Aversion to inequality of the Atkinson measure, above zero.

    Returns
    -------
    ndarray, shape (B, P, 8)
        NaN where a measure is not defined: L and the deviation of logs where a value is
        zero, the ratio where its lower point is zero, all of them without a positive value.

    References
    ----------
    Cowell (2011) Measuring Inequality, 3rd edition, Oxford University Press.
    """
    centre = _centres(y, base)
    z = np.where(base > 0, y / centre, 1.0)
    n = weights @ base
    sums = additive(z, weights, base, epsilon)
    ranked = by_rank(z, weights, base)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums["z"] / n
        variance = np.maximum(sums["square"] / n - (mean - 1.0) ** 2, 0.0)
        out = [
            ranked[..., 0],
            np.sqrt(variance) / mean,
            np.maximum(sums["z ln z"] / sums["z"] - np.log(mean), 0.0),
            np.maximum(np.log(mean) - sums["ln z"] / n, 0.0),
            _atkinson(sums, n, mean, epsilon),
            ranked[..., 2] / np.where(ranked[..., 1] > 0, ranked[..., 1], np.nan),
            np.sqrt(np.maximum(sums["ln z squared"] / n - (sums["ln z"] / n) ** 2, 0.0)),
            ranked[..., 0] * mean * centre,
        ]
    found = np.stack(out, axis=-1)
    return np.where(np.isfinite(found), found, np.nan)


def _centres(y: Array, base: Array) -> Array:
    """The mean of each period, so that sums are of numbers near one."""
    count = base.sum(axis=0)
    total = np.where(base > 0, y * base, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.ones(len(total)), where=count > 0)
    return np.where(mean > 0, mean, 1.0)


def additive(z: Array, weights: Array, base: Array, epsilon: float) -> dict[str, Array]:
    """Weighted sums of functions of the values, each of shape (B, P).

    Parameters
    ----------
    z : ndarray, shape (E, P)
        Values over the mean of their period.
    """
    with np.errstate(divide="ignore"):
        log = np.where(base > 0, np.log(z), 0.0)
    zero = np.isneginf(log)
    finite = np.where(zero, 0.0, log)
    functions = {
        "z": z,
        "square": (z - 1.0) ** 2,
        "z ln z": z * finite,
        "ln z": finite,
        "ln z squared": finite**2,
        "power": np.where(zero, 0.0, np.where(zero, 1.0, z) ** (1.0 - epsilon)),
    }
    found = {name: weights @ (base * f) for name, f in functions.items()}
    drawn_zero = weights @ (base * zero) > 0
    for name in ("ln z", "ln z squared"):
        found[name] = np.where(drawn_zero, np.nan, found[name])
    found["zero"] = drawn_zero.astype(np.float64)
    return found


def _atkinson(sums: dict[str, Array], n: Array, mean: Array, epsilon: float) -> Array:
    if epsilon == 1:
        level = np.exp(sums["ln z"] / n)
    else:
        level = (sums["power"] / n) ** (1.0 / (1.0 - epsilon))
    # someone with nothing weighs without bound from an aversion of one on
    whole = np.where((sums["zero"] > 0) & (epsilon >= 1), 0.0, level)
    return np.clip(1.0 - whole / mean, 0.0, 1.0)


def by_rank(z: Array, weights: Array, base: Array) -> Array:
    """Gini coefficient and the 10 % and 90 % points, shape (B, P, 3).

    Parameters
    ----------
    z : ndarray, shape (E, P)
    weights : ndarray, shape (B, E)
    base : ndarray, shape (E, P)
    """
    order = np.ascontiguousarray(np.argsort(z, axis=0, kind="stable").T)
    value = np.ascontiguousarray(np.take_along_axis(z.T, order, axis=1))
    size = np.ascontiguousarray(np.take_along_axis(base.T, order, axis=1))
    return _ranked()(value, size, order, np.ascontiguousarray(weights))


@cache
def _ranked() -> Callable[..., Array]:
    from numba import njit

    return njit(cache=True)(_ranked_loop)


def _ranked_loop(value: Any, size: Any, order: Any, weights: Any) -> Any:
    draws, periods, entities = len(weights), value.shape[0], value.shape[1]
    out = np.full((draws, periods, 3), np.nan)
    for b in range(draws):
        for p in range(periods):
            n, total = 0.0, 0.0
            for i in range(entities):
                w = weights[b, order[p, i]] * size[p, i]
                n += w
                total += w * value[p, i]
            if not (n > 0.0 and total > 0.0):
                continue
            below, gini = 0.0, 0.0
            for i in range(entities):
                w = weights[b, order[p, i]] * size[p, i]
                gini += w * value[p, i] * (2.0 * below + w - n)
                below += w
                if not (out[b, p, 1] >= 0.0) and below >= 0.1 * n * (1.0 - _FUZZ):
                    out[b, p, 1] = value[p, i]
                if not (out[b, p, 2] >= 0.0) and below >= 0.9 * n * (1.0 - _FUZZ):
                    out[b, p, 2] = value[p, i]
            out[b, p, 0] = max(gini / (n * total), 0.0)
    return out


def turning_shift(first: tuple[float, float], last: tuple[float, float]) -> float:
    """The constant whose addition to all values turns the sign of a change.

    A relative measure is a spread over a mean, ``D / mu``; adding `c` to everybody leaves
    `D` and makes the mean ``mu + c``. So ``D1 / (mu1 + c) - D0 / (mu0 + c)`` has the sign of
    ``(D1 mu0 - D0 mu1) + c (D1 - D0)``, which is zero at one `c` at most.

    Parameters
    ----------
    first, last : tuple of float
        Spread (absolute Gini or standard deviation) and mean in the two periods.

    Returns
    -------
    float
        NaN where the spreads are equal, so that no shift turns the sign.
    """
    (d0, mu0), (d1, mu1) = first, last
    return (d0 * mu1 - d1 * mu0) / (d1 - d0) if d1 != d0 else np.nan
