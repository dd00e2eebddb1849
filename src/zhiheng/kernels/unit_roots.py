"""Unit roots in balanced panels, many panels at once, and their law under the null.

Notation of the module: `R` panels (one that is observed, or many that are drawn),
`N` entities, `T` periods, arrays of shape ``(R, N, T)``. A regression has
``n = T - lags - 1`` rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.sweeping import basis, without

Array = NDArray[np.float64]
Trend = Literal["constant", "trend"]

# Panels are drawn in blocks of about this many cells, to bound memory.
BLOCK_CELLS = 400_000
# Periods that a drawn stationary panel runs before it is observed.
BURN_IN = 60


@dataclass(frozen=True, slots=True)
class Moments:
    """Published constants, already read off for one length and number of lags.

    Attributes
    ----------
    mean, variance : float
        Of the t statistic of one series, for the test of Im, Pesaran and Shin.
    mu, sigma : float
        Adjustments of Levin, Lin and Chu.
    small, large : tuple of float
        Polynomials of MacKinnon for p values below and above `limit`.
    limit : float
    """

    mean: float
    variance: float
    mu: float
    sigma: float
    small: tuple[float, ...]
    large: tuple[float, ...]
    limit: float


def mackinnon_p(t: Array, law: Moments) -> Array:
    """Asymptotic p values of Dickey-Fuller t statistics (MacKinnon 1994)."""
    small = np.polynomial.polynomial.polyval(t, law.small)
    large = np.polynomial.polynomial.polyval(t, law.large)
    return np.asarray(stats.norm.cdf(np.where(t <= law.limit, small, large)), dtype=np.float64)


def statistics(y: Array, *, lags: int, trend: Trend, law: Moments) -> Mapping[str, Array]:
    """All statistics of each panel, shapes (R,).

    Returns
    -------
    mapping
        "levinlin", "ips", "madwu" (Fisher, Maddala and Wu), "choi_pm", "choi_z" and
        "cips" (Pesaran 2007, not truncated). "madwu" and "choi_pm" reject when large,
        the others when small.
    """
    step, level, past = _columns(y, lags)
    fixed = _deterministic(step.shape[-1], trend)
    t, sigma, own_step, own_level = _last(step, [*fixed, *past], level)
    scale, ratio = sigma[..., None], (np.sqrt(_long_run(y, trend)) / sigma).mean(axis=1)
    p = np.clip(mackinnon_p(t, law), 1e-16, 1 - 1e-16)
    count = y.shape[1]
    fisher = -2 * np.log(p).sum(axis=1)
    mean = [a.mean(axis=1, keepdims=True) for a in (step, level, *past)]
    cips = _last(step, [*fixed, *mean, *past], level)[0].mean(axis=1)
    return {
        "levinlin": _levin_lin_chu(own_step / scale, own_level / scale, ratio, law),
        "ips": np.sqrt(count) * (t.mean(axis=1) - law.mean) / np.sqrt(law.variance),
        "madwu": fisher,
        "choi_pm": (fisher - 2 * count) / (2 * np.sqrt(count)),
        "choi_z": np.asarray(stats.norm.ppf(p)).sum(axis=1) / np.sqrt(count),
        "cips": cips,
    }


LARGE_REJECTS = ("madwu", "choi_pm")
"""Statistics whose large values speak against the null."""


def drawn(
    shape: tuple[int, int], *, draws: int, root: float, seed: int, lags: int, trend: Trend,
    law: Moments,
) -> Mapping[str, Array]:  # fmt: skip
    """Statistics of `draws` panels of independent Gaussian series with the given root.

    Parameters
    ----------
    shape : (int, int)
        Entities and periods.
    root : float
        One for random walks, the null; below one for the alternative.
    """
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK_CELLS // (shape[0] * shape[1]))
    found: list[Mapping[str, Array]] = []
    for start in range(0, draws, block):
        size = min(block, draws - start)
        y = _series(rng, (size, *shape), root)
        found.append(statistics(y, lags=lags, trend=trend, law=law))
    return {name: np.concatenate([f[name] for f in found]) for name in found[0]}


def simulated_p(value: float, null: Array, *, large: bool) -> float:
    """Share of the null at least as far out, the observed one counted in."""
    far = null >= value if large else null <= value
    return float((1 + far.sum()) / (1 + len(null)))


def rejections(alternative: Array, null: Array, *, level: float, large: bool) -> float:
    """Share of `alternative` beyond the critical value of `null`: the power."""
    if large:
        return float((alternative > np.quantile(null, 1 - level)).mean())
    return float((alternative < np.quantile(null, level)).mean())


def _series(rng: np.random.Generator, shape: tuple[int, int, int], root: float) -> Array:
    if root == 1.0:
        return np.cumsum(rng.standard_normal(shape), axis=-1)
    shocks = rng.standard_normal((*shape[:2], shape[2] + BURN_IN))
    out = np.zeros(shape[:2])
    kept = np.empty(shape)
    for t in range(shocks.shape[-1]):  # a recursion in time, one step for all series
        out = root * out + shocks[..., t]
        if t >= BURN_IN:
            kept[..., t - BURN_IN] = out
    return kept


def _columns(y: Array, lags: int) -> tuple[Array, Array, list[Array]]:
    change = np.diff(y, axis=-1)
    rows = change.shape[-1] - lags
    past = [change[..., lags - j : lags - j + rows] for j in range(1, lags + 1)]
    return change[..., lags:], y[..., lags:-1], past


def _deterministic(rows: int, trend: Trend) -> list[Array]:
    one, line = np.ones(rows), np.arange(rows, dtype=np.float64)
    return [one, line] if trend == "trend" else [one]


def _last(step: Array, others: list[Array], level: Array) -> tuple[Array, Array, Array, Array]:
    """The t of `level` in the regression of `step`, its error, both columns without the others."""
    units = basis(others)
    own_step, own_level = without(step, units), without(level, units)
    square = (own_level**2).sum(axis=-1)
    rho = (own_level * own_step).sum(axis=-1) / square
    rest = own_step - rho[..., None] * own_level
    sigma = np.sqrt((rest**2).sum(axis=-1) / (step.shape[-1] - len(others) - 1))
    return rho * np.sqrt(square) / sigma, sigma, own_step, own_level


def _levin_lin_chu(dy: Array, x: Array, ratio: Array, law: Moments) -> Array:
    """The adjusted t of one common root; `ratio` averages long-run over short-run errors."""
    cells = dy.shape[1] * dy.shape[2]
    square = (x**2).sum(axis=(1, 2))
    rho = (x * dy).sum(axis=(1, 2)) / square
    rss = (dy**2).sum(axis=(1, 2)) - rho**2 * square
    error = np.sqrt(rss / (cells - 1) / square)
    return (rho / error - cells * ratio / (rss / cells) * error * law.mu) / law.sigma


def _long_run(y: Array, trend: Trend) -> Array:
    """Long-run variance of changes, Bartlett window of round(3.21 T^(1/3)) lags."""
    change = np.diff(y, axis=-1)
    window = min(round(3.21 * y.shape[-1] ** (1 / 3)), change.shape[-1] - 1)
    fixed = np.stack(_deterministic(change.shape[-1], trend), axis=-1)
    q, _ = np.linalg.qr(fixed)
    change = change - (change @ q) @ q.T
    rows = change.shape[-1]
    out = (change**2).sum(axis=-1)
    for lag in range(1, window + 1):
        pair = (change[..., lag:] * change[..., :-lag]).sum(axis=-1)
        out = out + 2 * (1 - lag / (window + 1)) * pair
    return out / rows
