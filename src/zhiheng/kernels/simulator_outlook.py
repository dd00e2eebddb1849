"""Paths of population, output per head and emissions without levers, drawn from past errors.

Emissions follow the damped, shrunk drift of a chain of factors, widened by the pooled errors of
the same rule in the past. Output per head, which only splits emissions into factors and sets the
scale of money, returns from its own growth to that of the pool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.kernels.outlook import (
    FIXED,
    Array,
    Conformal,
    Damping,
    conformal,
    drifts,
    fit_damping,
    scales,
    walk,
    widen,
)
from zhiheng.kernels.side_by_side import side_by_side

REACH = 20
"""Years ahead whose errors are pooled; the width of later years is extrapolated."""

NORMAL = 1.4826
"""Median absolute deviation to standard deviation, for the normal distribution."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a pool of countries says about forecasts.

    Attributes
    ----------
    damping : Damping
        Multipliers of drift of the factors, fitted on all that is known.
    drift : ndarray, shape (F,)
        Mean drift of the pool at the end.
    errors : Conformal
        Of the sum of the factors, in units of the scale.
    affluence_errors : Conformal
        Of output per head under `keep`.
    keep : float
        Part of the distance of output growth from the pool that is left after a year.
    together : float
        Correlation of ten-year errors of emissions and of output per head.
    variance : float
        Mean variance of yearly changes of emissions, the pool's part of every scale.
    affluence_variance : float
    """

    damping: Damping
    drift: Array
    errors: Conformal
    affluence_errors: Conformal
    keep: float
    together: float
    variance: float
    affluence_variance: float


@dataclass(frozen=True, slots=True)
class Growth:
    """The known end of the history of some areas.

    Attributes
    ----------
    drift : ndarray, shape (A, 3)
        Yearly change of the logarithms of population, output per head, emissions per output.
    scale : ndarray, shape (A, 2)
        Standard deviation of yearly changes of emissions and of output per head.
    population_spread : float
        Standard deviation of the yearly drift of population.
    weight : ndarray, shape (A,)
        Emissions at the start; they weigh areas in their sum.
    whole : float
        Scale of the sum's emissions.
    keys : tuple of int
        One number for each area: its stream of shocks, whatever its place.
    """

    drift: Array
    scale: Array
    population_spread: float
    weight: Array
    whole: float
    keys: tuple[int, ...]


def pooled(logs: Array, scores: Array, horizon: int) -> Pool:
    """Fit the pool on complete histories.

    Parameters
    ----------
    logs : ndarray, shape (E, T, 3)
        Logarithms of population, output per head, emissions per output.
    scores : ndarray, shape (E, T, H)
        Scaled errors of the outlook, see `zhiheng.kernels.hindcast`.
    """
    last = logs.shape[1] - 1
    keep = reversion(logs[..., 1])
    affluence = _scaled_errors(logs[..., 1], keep)
    step = np.diff(logs, axis=1)[:, -FIXED.window :]
    level = step.sum(axis=-1)
    return Pool(
        damping=fit_damping(logs, last, horizon),
        drift=drifts(logs)[:, -1].mean(axis=0),
        errors=conformal(scores, last),
        affluence_errors=conformal(affluence, last),
        keep=keep,
        together=_correlation(scores, affluence),
        variance=float(level.var(axis=1, ddof=1).mean()),
        affluence_variance=float(step[..., 1].var(axis=1, ddof=1).mean()),
    )


def reversion(level: Array, ahead: int = 10) -> float:
    """Yearly part that is kept of the distance of growth from the pool's, by least squares.

    Changes over `ahead` years beyond the pool's drift are regressed through the origin on own
    drift beyond it; the multiplier is the sum of the powers of the part kept.
    """
    g = drifts(level[..., None])[..., 0]
    origins = np.arange(FIXED.window, level.shape[1] - ahead)
    own = g[:, origins] - g[:, origins].mean(axis=0)
    came = level[:, origins + ahead] - level[:, origins]
    came = came - g[:, origins].mean(axis=0) * ahead
    goal = float((own * came).sum() / (own * own).sum())
    low, high = 0.0, 1.0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if (mid ** np.arange(1, ahead + 1)).sum() < goal else (low, mid)
    return (low + high) / 2


def reverting(drift: Array, pool: Array | float, keep: float, horizon: int) -> Array:
    """Change of a logarithm by years ahead, shape (..., H), growth returning to the pool's."""
    ahead = np.arange(1, horizon + 1)
    own = np.cumsum(keep**ahead)
    return (np.asarray(drift) - pool)[..., None] * own + np.asarray(pool)[..., None] * ahead


def _scaled_errors(level: Array, keep: float) -> Array:
    """Scaled errors [E, T, H] of the returning growth of one factor."""
    g = drifts(level[..., None])[..., 0]
    pool = g.mean(axis=0)
    forecast = reverting(g, pool, keep, REACH)
    place = np.arange(level.shape[1])[:, None] + np.arange(1, REACH + 1)
    inside = (place < level.shape[1]) & (np.arange(level.shape[1]) >= FIXED.least)[:, None]
    came = level[:, np.minimum(place, level.shape[1] - 1)] - level[:, :, None]
    return np.where(inside, (came - forecast) / scales(level)[:, :, None], np.nan)


def _correlation(a: Array, b: Array, ahead: int = 10) -> float:
    x, y = a[..., ahead - 1].ravel(), b[..., ahead - 1].ravel()
    both = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[both], y[both])[0, 1])


def robust_scale(level: Array, variance: float) -> Array:
    """Scale of yearly changes [A, T] that a single faulty year does not blow up.

    Half of the variance is the pool's, as in the scales that the errors were measured in.
    """
    step = np.diff(level, axis=1)
    middle = np.median(step, axis=1, keepdims=True)
    own = (NORMAL * np.median(np.abs(step - middle), axis=1)) ** 2
    return np.sqrt(FIXED.mix * own + (1 - FIXED.mix) * variance)


def common_part(scale: Array, weight: Array, whole: float) -> float:
    """Correlation of areas with which their sum is as uncertain as its own history says.

    The deviation of the sum is that of the weighted mean of the areas' deviations.
    """
    w = weight / weight.sum()
    apart, joint = float(((w * scale) ** 2).sum()), float((w * scale).sum() ** 2)
    if not joint > apart:
        return 0.0
    return float(np.clip((whole**2 - apart) / (joint - apart), 0.0, 1.0))


def draw_paths(
    growth: Growth, pool: Pool, draws: int, horizon: int, seed: int
) -> tuple[Array, Array, Array]:
    """Population, output per head and emissions: logarithms of ratios to the start, [D, A, T].

    The first of the T = horizon + 1 years is the start. Every year and area has the pooled
    spread of past errors; the order of draws is that of a random walk with an uncertain drift.
    """
    areas = len(growth.weight)
    numbers = 2 * draws * areas * horizon
    part = common_part(growth.scale[:, 0], growth.weight, growth.whole) if areas > 1 else 0.0

    def stream(*path: int) -> int:
        return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0])

    def shocks(kind: int, *, share: float) -> Array:
        own = np.stack([walk(draws, horizon, stream(kind, key)) for key in growth.keys], axis=1)
        joint = walk(draws, horizon, stream(kind))[:, None]
        return np.sqrt(share) * joint + np.sqrt(1.0 - share) * own

    first, second = side_by_side(lambda kind: shocks(kind, share=part), range(2), numbers)
    r = pool.together
    output = r * first + np.sqrt(1.0 - r * r) * second
    emissions, affluence = side_by_side(
        lambda given: widen(*given),
        [
            (first, growth.scale[:, 0], pool.errors),
            (output, growth.scale[:, 1], pool.affluence_errors),
        ],
        numbers,
    )
    ahead = np.arange(1, horizon + 1)
    wrong = np.random.default_rng([seed, 2]).normal(size=(draws, 1, 1))
    population = wrong * growth.population_spread * ahead
    carried = growth.drift[:, None] * pool.damping.own + pool.drift * pool.damping.pool
    centre = carried.sum(axis=-1)
    richer = reverting(growth.drift[:, 1], pool.drift[1], pool.keep, horizon)
    # people: own drift alone, for the pool's countries grow where these areas may shrink
    people = growth.drift[:, None, 0] * pool.damping.own[:, 0]
    return (
        _from_start(people + population),
        _from_start(richer + affluence),
        _from_start(centre + emissions),
    )


def _from_start(change: Array) -> Array:
    return np.concatenate([np.zeros((*change.shape[:-1], 1)), change], axis=-1)


def damped_years(keep: float | Array, horizon: int) -> Array:
    """Years of drift that have effect by each year, shape (..., T), zero at the start."""
    ahead = np.arange(horizon + 1)
    k = np.asarray(keep)[..., None]
    return np.cumsum(np.where(ahead > 0, k**ahead, 0.0), axis=-1)
