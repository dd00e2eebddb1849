"""Damped, shrunk drift of the logarithms of a chain of factors, and pooled conformal widening.

Notation of the module: `E` entities, `T` years, `F` factors whose logarithms
sum to the logarithm of the quantity, `H` years ahead, `O` origins, `D` draws.
Nothing here looks past the origin: a multiplier or a score for `h` years ahead
uses outcomes up to the origin only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed before any data are seen.

    Attributes
    ----------
    window : int
        Years over which a drift is averaged.
    least : int
        Years of change that an origin needs before it.
    prior : float or tuple of float
        Share of the drift that is kept before evidence, for all factors or by
        factor: 0.5 is half drift, 1 the full drift, 0 no change.
    weight : float
        Weight of the prior, in origins of the pool.
    reach : int
        Horizons that are fitted; beyond them the damping goes on geometrically.
    mix : float
        Weight of an entity's own variance in its scale, the rest is the pool's.
    """

    window: int = 10
    least: int = 5
    prior: float | tuple[float, ...] = 0.5
    weight: float = 20.0
    reach: int = 10
    mix: float = 0.5

    def priors(self, factors: int) -> Array:
        """The prior share by factor."""
        return np.broadcast_to(np.asarray(self.prior, dtype=np.float64), (factors,))


FIXED = Settings()
"""The settings in force where a caller names none."""


@dataclass(frozen=True, slots=True)
class Damping:
    """How many years of drift are carried `h` years ahead.

    Attributes
    ----------
    own : ndarray, shape (H, F)
        Years of the entity's own drift; full drift would be ``h``.
    pool : ndarray, shape (H, F)
        Years of the mean drift of the pool that are added.
    """

    own: Array
    pool: Array


@dataclass(frozen=True, slots=True)
class Outlook:
    """The mean path from the last year on.

    Attributes
    ----------
    mean : ndarray, shape (E, H, F)
        Logarithms of the factors; their sum over factors is that of the quantity.
    change : ndarray, shape (E, H)
        Of the logarithm of the quantity since the last year.
    drift : ndarray, shape (E, F)
        A year, over the window.
    scale : ndarray, shape (E,)
        Standard deviation of a year's change, shrunk to the pool.
    damping : Damping
    """

    mean: Array
    change: Array
    drift: Array
    scale: Array
    damping: Damping


def drifts(logs: Array, settings: Settings = FIXED) -> Array:
    """Mean yearly change over the window that ends in each year.

    Parameters
    ----------
    logs : ndarray, shape (E, T, F)

    Returns
    -------
    ndarray, shape (E, T, F)
        NaN before `least` years of change.
    """
    years = np.arange(logs.shape[1])
    span = np.minimum(years, settings.window)
    rise = logs - logs[:, years - span]
    early = years < settings.least
    return np.where(early[:, None], np.nan, rise / np.where(early, 1, span)[:, None])


def scales(level: Array, settings: Settings = FIXED) -> Array:
    """Standard deviation of yearly changes over the window, shrunk to the pool.

    Parameters
    ----------
    level : ndarray, shape (E, T)
        Logarithms.

    Returns
    -------
    ndarray, shape (E, T)
        NaN before `least` years of change. Variances are mixed, not deviations.
    """
    out = np.full(level.shape, np.nan)
    step = np.diff(level, axis=1)
    for t in range(settings.least, level.shape[1]):
        own = step[:, max(0, t - settings.window) : t].var(axis=1, ddof=1)
        out[:, t] = np.sqrt(settings.mix * own + (1 - settings.mix) * own.mean())
    return out


def fit_damping(logs: Array, origin: int, horizon: int, settings: Settings = FIXED) -> Damping:
    """Multiples of own and pooled drift that served best at past origins.

    For each factor and horizon, the changes over `h` years from origins ``o'``
    with ``o' + h <= origin`` are regressed on ``h`` times own and pooled drift by
    least absolute deviations, held to (prior, 0) by a ridge of `weight` origins.

    Parameters
    ----------
    logs : ndarray, shape (E, T, F)
    origin : int
        Position of the last year that is known.
    horizon : int

    Notes
    -----
    Beyond `reach` the yearly share decays by the factor whose geometric sum gives
    the fitted years at `reach` (Gardner and McKenzie's damped trend).
    """
    reach = min(settings.reach, horizon)
    prior = settings.priors(logs.shape[2])
    ahead = np.arange(1, reach + 1)
    first = np.arange(settings.least, origin)
    own = np.broadcast_to(prior, (reach, len(prior))).copy()
    pool = np.zeros_like(own)
    if len(first):
        last = first + ahead[:, None]
        known = last <= origin
        change = logs[:, np.minimum(last, origin)] - logs[:, first][:, None]
        drift = drifts(logs[:, :origin], settings)[:, first]
        own, pool = _least_absolute(change, drift, ahead, known, prior, settings.weight)
    years = _continued(own * ahead[:, None], horizon)
    size = np.abs(years[reach - 1])
    grown = years[reach:] / np.where(size > 0, years[reach - 1], 1.0)
    more = pool * ahead[:, None]
    return Damping(years, np.concatenate([more, more[-1] * np.where(size > 0, grown, 1.0)]))


# Steps of reweighting and the smallest residual, in mean absolute residuals, that still gains
# weight: with these the multipliers are settled to about 1e-3, far below what the data can tell.
STEPS, NEAR = 8, 0.2


def _least_absolute(
    change: Array, drift: Array, ahead: NDArray[np.intp], known: NDArray[np.bool_],
    prior: Array, weight: float,
) -> tuple[Array, Array]:  # fmt: skip
    """Multipliers [H, F] of own and pooled drift; `change` is [E, H, O, F], `drift` [E, O, F]."""
    # Factors and horizons first and entities last, so that every sum runs along memory; cells
    # whose outcome is not known are zero in every term and have no weight.
    seen = known[None, :, :, None].astype(np.float64)
    x = drift.transpose(2, 1, 0)[:, None] * ahead[:, None, None] * seen
    z = x.mean(axis=3)
    left = change.transpose(3, 1, 2, 0) * seen - prior[:, None, None, None] * x
    origins, entities = np.maximum(known.sum(axis=1), 1), change.shape[0]
    held_x = np.einsum("fhoe,fhoe->fh", x, x) * (weight / origins)
    held_z = entities * np.einsum("fho,fho->fh", z, z) * (weight / origins)
    own, pool = np.zeros_like(held_x), np.zeros_like(held_x)
    w = np.broadcast_to(seen, x.shape)
    for _ in range(STEPS):
        wx = w * x
        a = np.einsum("fhoe,fhoe->fh", wx, x) + held_x
        b = np.einsum("fho,fho->fh", wx.sum(axis=3), z)
        c = np.einsum("fho,fho->fh", w.sum(axis=3), z * z) + held_z
        u = np.einsum("fhoe,fhoe->fh", wx, left)
        v = np.einsum("fho,fho->fh", np.einsum("fhoe,fhoe->fho", w, left), z)
        det = a * c - b * b
        safe = np.where(det > 0, det, 1.0)
        own = np.where(det > 0, (c * u - b * v) / safe, 0.0)
        pool = np.where(det > 0, (a * v - b * u) / safe, 0.0)
        off = np.abs(left - own[..., None, None] * x - (pool[..., None] * z)[..., None])
        typical = off.sum(axis=(2, 3)) / (origins * entities)
        typical = np.maximum(typical, np.finfo(float).tiny)[..., None, None]
        w = seen / np.maximum(off / typical, NEAR)
    return (prior[:, None] + own).T, pool.T


def _continued(years: Array, horizon: int) -> Array:
    """Cumulated years [reach, F] continued to `horizon` with geometric damping."""
    reach = len(years)
    if horizon <= reach:
        return years
    share = np.clip(years[-1] / reach, 0.0, 1.0)
    keep = _rate(share, reach)
    later = np.arange(1, horizon - reach + 1)[:, None]
    added = np.cumsum(keep ** (reach + later), axis=0)
    return np.concatenate([years, years[-1] + added])


def _rate(share: Array, reach: int) -> Array:
    """The factor whose powers 1..reach average `share`, by bisection."""
    power = np.arange(1, reach + 1)[:, None]
    low, high = np.zeros_like(share), np.ones_like(share)
    for _ in range(60):
        mid = (low + high) / 2
        below = (mid**power).mean(axis=0) < share
        low, high = np.where(below, mid, low), np.where(below, high, mid)
    return (low + high) / 2


def carried(drift: Array, pooled: Array, damping: Damping) -> Array:
    """Changes of the factors [..., H, F] from drifts [..., F] and a pooled drift [F]."""
    return drift[..., None, :] * damping.own + pooled * damping.pool


def kaya_outlook(
    logs: Array,
    horizon: int,
    *,
    settings: Settings = FIXED,
    damping: Damping | None = None,
    pooled: Array | None = None,
) -> Outlook:
    """Mean path of a chain of factors by damped drift, shrunk to the pool.

    Use it as the benchmark that any simulated path is held to, and as the centre
    of a fan. With one factor it is the damped drift of the quantity itself; with
    no damping the sum over factors equals that drift by identity, so that a chain
    explains and only its damping by factor forecasts better.

    Parameters
    ----------
    logs : ndarray, shape (E, T, F)
        Natural logarithms by year, without gaps; the sum over factors is that of
        the quantity.
    horizon : int
        Years ahead.
    damping : Damping, optional
        Fitted elsewhere, for entities that are calibrated on another pool.
    pooled : ndarray, shape (F,), optional
        Mean drift of the pool; otherwise that of these entities.

    References
    ----------
    Gardner and McKenzie (1985) Management Science 31(10): 1237-1246.
    """
    origin = logs.shape[1] - 1
    fitted = damping or fit_damping(logs, origin, horizon, settings)
    drift = drifts(logs, settings)[:, -1]
    mean = drift.mean(axis=0) if pooled is None else pooled
    change = carried(drift, mean, fitted)
    level = logs.sum(axis=-1)
    return Outlook(
        logs[:, -1][:, None] + change,
        change.sum(axis=-1),
        drift,
        scales(level, settings)[:, -1],
        fitted,
    )


@dataclass(frozen=True, slots=True)
class Conformal:
    """Absolute scaled errors of past forecasts, pooled over entities and origins.

    Attributes
    ----------
    sizes : tuple of ndarray
        By horizon, ascending; in units of the entity's scale.
    reach : int
        Horizons with enough origins; longer ones take the last one's errors grown
        by ``(h / reach) ** power``.
    power : float
    """

    sizes: tuple[Array, ...]
    reach: int
    power: float

    def quantile(self, level: Array | float, ahead: int) -> Array:
        """Absolute scaled errors at the given levels, `ahead` years on.

        The level is raised to ``(n + 1) / n`` times itself, as split conformal
        prediction asks; errors of one entity overlap, so that the guarantee is
        approximate and the measured coverage says how good it is.
        """
        h = min(ahead, self.reach)
        sizes = self.sizes[h - 1]
        n = len(sizes)
        place = np.minimum(np.asarray(level) * (n + 1) / n, 1.0) * (n - 1)
        low = np.floor(place).astype(np.intp)  # sizes ascend: no need to sort them again
        found = sizes[low] + (place - low) * (sizes[np.minimum(low + 1, n - 1)] - sizes[low])
        return np.asarray(found * (ahead / h) ** self.power)

    def band(self, level: float, horizon: int) -> Array:
        """The quantile by horizon 1..H, in units of the scale."""
        return np.array([float(self.quantile(level, h)) for h in range(1, horizon + 1)])


# Origins that a horizon needs to be calibrated by itself.
ENOUGH = 5
# Errors of a random walk grow with the square root of the horizon, those of a wrong drift in
# proportion to it; beyond the calibrated horizons growth stays between the two.
SLOWEST, FASTEST = 0.5, 1.0


def conformal(scores: Array, origin: int) -> Conformal:
    """Pool the scores of forecasts whose outcome is known at `origin`.

    Parameters
    ----------
    scores : ndarray, shape (E, T, H)
        Scaled errors by origin and horizon, NaN where not to be had; see
        `zhiheng.kernels.hindcast`.
    origin : int
        Only origins ``o'`` with ``o' + h <= origin`` are used.
    """
    kept: list[Array] = []
    for h in range(1, scores.shape[2] + 1):
        past = scores[:, : max(origin - h + 1, 0), h - 1]
        usable = np.isfinite(past).any(axis=0)
        if usable.sum() < (ENOUGH if h > 1 else 1):
            break
        kept.append(np.sort(np.abs(past[np.isfinite(past)])))
    if not kept:
        raise ValueError(f"no forecast has an outcome by origin {origin}")
    return Conformal(tuple(kept), len(kept), _growth(kept))


def _growth(sizes: list[Array]) -> float:
    """Slope of the logarithm of the 90 % point over the longer half of the horizons."""
    if len(sizes) < 4:
        return SLOWEST
    half = len(sizes) // 2
    ahead = np.log(np.arange(half, len(sizes) + 1))
    point = np.log([max(float(np.quantile(s, 0.9)), 1e-300) for s in sizes[half - 1 :]])
    return float(np.clip(np.polyfit(ahead, point, 1)[0], SLOWEST, FASTEST))


def walk(draws: int, horizon: int, seed: int, *, drift: float = 0.3) -> Array:
    """Standard residual paths [D, H]: a random walk with an uncertain drift.

    Only their ranks and signs matter once they are widened; `drift` is the
    standard deviation of the yearly drift, in standard deviations of a step.
    """
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(draws, horizon)) + drift * rng.normal(size=(draws, 1))
    return np.cumsum(steps, axis=1)


def widen(draws: Array, scale: Array, found: Conformal, *, narrow: bool = True) -> Array:
    """Give draws the pooled conformal spread at each horizon, keeping ranks and signs.

    Parameters
    ----------
    draws : ndarray, shape (D, E, H)
        Deviations from the centre of the path, in logarithms.
    scale : ndarray, shape (E,)
    narrow : bool
        Whether draws may also be drawn in; otherwise they only move outwards.

    Returns
    -------
    ndarray, shape (D, E, H)
        The absolute deviation of rank `r` of `D` becomes the conformal quantile of
        level ``(r - 1/2) / D`` times the scale.
    """
    size = np.abs(np.moveaxis(draws, 0, -1), order="C")  # draws last: sorted where they lie
    order = np.argsort(size, axis=-1, kind="stable")
    levels = (np.arange(len(draws)) + 0.5) / len(draws)
    horizon = draws.shape[-1]
    target = np.stack([found.quantile(levels, h) for h in range(1, horizon + 1)])
    out = np.empty_like(size)
    np.put_along_axis(out, order, target * scale[:, None, None], axis=-1)
    return np.copysign(np.moveaxis(out if narrow else np.maximum(out, size), -1, 0), draws)
