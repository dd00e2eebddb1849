"""Forecasts from every past origin, judged by what came after, without a look ahead.

Notation of the module: see `zhiheng.kernels.outlook`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from zhiheng.kernels.outlook import FIXED, Settings, carried, conformal, drifts, fit_damping, scales
from zhiheng.kernels.peaking import exceeded, no_new_maximum

Array = NDArray[np.float64]

RIVALS = ("constant", "drift", "half_drift", "outlook")
"""Forecasts that are compared: no change, full drift, half of it, and ours."""


@dataclass(frozen=True, slots=True)
class Rolling:
    """Errors of forecasts from every origin.

    Attributes
    ----------
    errors : mapping of str to ndarray, shape (E, T, H)
        Actual less forecast logarithm, by `RIVALS`; NaN where origin or outcome
        is outside of the data.
    scale : ndarray, shape (E, T)
    change : ndarray, shape (E, T, H)
        Our forecast of the change.
    scores : ndarray, shape (E, T, H)
        Our errors in units of the scale.
    """

    errors: dict[str, Array]
    scale: Array
    change: Array
    scores: Array


@dataclass(frozen=True, slots=True)
class Hindcast:
    """Skill at each horizon and origin.

    Attributes
    ----------
    rolling : Rolling
    origins : ndarray of int
        Origins with a full window behind and `H` years after them.
    judged : ndarray of int
        Those of them whose intervals could be calibrated on the past.
    mae : mapping of str to ndarray, shape (H,)
        Mean absolute error of the logarithm, by rival, over `origins`.
    by_origin, by_entity : mappings of str to ndarray, shapes (len(origins),) and (E,)
        The same at horizon `H`.
    levels : ndarray
        Nominal levels of the intervals.
    coverage : ndarray, shape (levels, len(judged))
        At horizon `H`.
    covered : ndarray, shape (levels, E)
        The same by entity.
    """

    rolling: Rolling
    origins: NDArray[np.intp]
    judged: NDArray[np.intp]
    mae: dict[str, Array]
    by_origin: dict[str, Array]
    by_entity: dict[str, Array]
    levels: Array
    coverage: Array
    covered: Array


@dataclass(frozen=True, slots=True)
class Peaks:
    """Probabilities of no new maximum against what happened.

    Attributes
    ----------
    probability : ndarray, shape (E, len(judged))
    event : ndarray of bool, same shape
    climatology : ndarray, shape (len(judged),)
        Share of events among outcomes that were known at the origin.
    brier, reference, skill : float
        Mean squared error, that of climatology, and ``1 - brier / reference``.
    skill_rate : float
        Skill over the rate of events in the judged sample itself, which no
        forecaster could have known.
    low, high : float
        90 % interval of the skill, entities resampled.
    auc : float
        Probability that an event was given more than a non-event.
    """

    probability: Array
    event: NDArray[np.bool_]
    climatology: Array
    brier: float
    reference: float
    skill: float
    skill_rate: float
    low: float
    high: float
    auc: float


def roll(logs: Array, horizon: int, settings: Settings = FIXED) -> Rolling:
    """Forecast from every origin with what was known then.

    Parameters
    ----------
    logs : ndarray, shape (E, T, F)
        Natural logarithms by year, without gaps.
    """
    entities, years, _ = logs.shape
    level = logs.sum(axis=-1)
    ahead = np.arange(1, horizon + 1)
    drift = drifts(logs, settings)
    change = np.full((entities, years, horizon), np.nan)
    for origin in range(settings.least, years):
        fitted = fit_damping(logs, origin, horizon, settings)
        g = drift[:, origin]
        change[:, origin] = carried(g, g.mean(axis=0), fitted).sum(axis=-1)
    place = np.arange(years)[:, None] + ahead
    inside = (place < years) & (np.arange(years)[:, None] >= settings.least)
    came = level[:, np.minimum(place, years - 1)] - level[:, :, None]
    came = np.where(inside, came, np.nan)
    full = drift.sum(axis=-1)[:, :, None] * ahead
    scale = scales(level, settings)
    errors = {
        "constant": came,
        "drift": came - full,
        "half_drift": came - full / 2,
        "outlook": came - change,
    }
    return Rolling(errors, scale, change, errors["outlook"] / scale[:, :, None])


def hindcast(
    logs: Array,
    horizon: int = 10,
    *,
    levels: tuple[float, ...] = (0.5, 0.9),
    settings: Settings = FIXED,
    rolling: Rolling | None = None,
) -> Hindcast:
    """Errors and coverage over rolling origins, calibrated on strictly past outcomes.

    An interval from origin `o` uses the scores of origins ``o'`` with
    ``o' + h <= o`` and nothing else.
    """
    found = rolling or roll(logs, horizon, settings)
    years = logs.shape[1]
    origins = np.arange(max(settings.window, settings.least), years - horizon)
    judged = origins[origins >= settings.least + horizon]
    size = {name: np.abs(found.errors[name][:, origins]) for name in RIVALS}
    inside = np.zeros((len(levels), logs.shape[0], len(judged)))
    for k, origin in enumerate(judged):
        past = known_sizes(found.scores, int(origin), horizon)
        bound = np.array([_level(past, level) for level in levels])
        inside[:, :, k] = np.abs(found.scores[:, origin, horizon - 1]) <= bound[:, None]
    return Hindcast(
        found,
        origins,
        judged,
        {name: s.mean(axis=(0, 1)) for name, s in size.items()},
        {name: s[:, :, -1].mean(axis=0) for name, s in size.items()},
        {name: s[:, :, -1].mean(axis=1) for name, s in size.items()},
        np.array(levels),
        inside.mean(axis=1),
        inside.mean(axis=2),
    )


def known_sizes(scores: Array, origin: int, ahead: int) -> Array:
    """Absolute scores `ahead` years on whose outcome is known at `origin`."""
    past = scores[:, : max(origin - ahead + 1, 0), ahead - 1]
    return np.abs(past[np.isfinite(past)])


def _level(sizes: Array, level: float) -> float:
    """The split-conformal point of a level."""
    return float(np.quantile(sizes, min(level * (len(sizes) + 1) / len(sizes), 1.0)))


def trajectories(scores: Array, origin: int, horizon: int) -> Array:
    """Whole paths of past scores [N, H] that ended by `origin`, with their mirror images.

    A path keeps the dependence between years that a rule on maxima needs; the
    mirror images make them symmetric, as the pooled intervals are.
    """
    past = scores[:, : max(origin - horizon + 1, 0), :horizon]
    paths = past[np.isfinite(past).all(axis=2)]
    return np.concatenate([paths, -paths])


def judge_peaks(
    logs: Array,
    found: Hindcast,
    *,
    margin: float = 0.0,
    noise: float = 0.0,
    draws: int = 999,
    seed: int = 0,
) -> Peaks:
    """Probabilities of no new maximum within the horizon, scored on judged origins."""
    level = logs.sum(axis=-1)
    horizon = found.rolling.change.shape[2]
    shape = (level.shape[0], len(found.judged))
    probability, event = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    climatology = np.zeros(len(found.judged))
    starts = np.arange(int(found.judged.max(initial=-1)) + 1)
    held = np.array([~exceeded(level, int(o), horizon, margin)[:, -1] for o in starts])
    first = int(np.argmax(np.isfinite(found.rolling.scores[0, :, 0])))
    for k, o in enumerate(found.judged):
        origin = int(o)
        paths = trajectories(found.rolling.scores, origin, horizon)
        residuals = paths[None] * found.rolling.scale[:, origin][:, None, None]
        probability[:, k] = no_new_maximum(
            level[:, : origin + 1], found.rolling.change[:, origin], residuals,
            margin=margin, noise=noise,
        )[:, -1]  # fmt: skip
        event[:, k] = held[origin]
        climatology[k] = held[first : origin - horizon + 1].mean()
    return _scored(probability, event, climatology, draws, seed)


def _scored(
    probability: Array, event: NDArray[np.bool_], climatology: Array, draws: int, seed: int
) -> Peaks:
    ours = ((probability - event) ** 2).mean(axis=1)
    theirs = ((climatology - event) ** 2).mean(axis=1)
    rate = event.mean()
    weights = np.random.default_rng(seed).multinomial(
        len(ours), np.full(len(ours), 1 / len(ours)), size=draws
    )
    again = 1 - (weights @ ours) / (weights @ theirs)
    low, high = np.quantile(again, [0.05, 0.95])
    brier, reference = float(ours.mean()), float(theirs.mean())
    return Peaks(
        probability, event, climatology, brier, reference, 1 - brier / reference,
        float(1 - brier / (rate * (1 - rate))) if 0 < rate < 1 else float("nan"),
        float(low), float(high), _auc(probability, event),
    )  # fmt: skip


def _auc(probability: Array, event: NDArray[np.bool_]) -> float:
    p, e = probability.ravel(), event.ravel()
    yes, no = int(e.sum()), int((~e).sum())
    if not yes or not no:
        return float("nan")
    ranks = np.asarray(rankdata(p))
    return float((ranks[e].sum() - yes * (yes + 1) / 2) / (yes * no))


def calibration(found: Rolling, origin: int, horizon: int) -> tuple[Array, Array]:
    """Half-widths of the 50 and 90 % intervals by horizon, in units of the scale."""
    fitted = conformal(found.scores, origin)
    return fitted.band(0.5, horizon), fitted.band(0.9, horizon)
