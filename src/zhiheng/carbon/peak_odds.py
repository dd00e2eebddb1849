"""Odds of no new maximum, calibrated on the embedded countries or on the panel itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.peak_input import Emissions
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.peaking import peaking
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.hindcast import (
    Hindcast,
    Peaks,
    Rolling,
    hindcast,
    judge_peaks,
    known_sizes,
    roll,
    trajectories,
)
from zhiheng.kernels.outlook import FIXED, carried, conformal, drifts, fit_damping, scales
from zhiheng.kernels.peaking import exceeded, no_new_maximum

Array = NDArray[np.float64]

STILL = 1e-9
"""A standard deviation of yearly changes of logarithms below this is rounding."""
RESAMPLES = 999
"""Resamples of countries for the interval of the skill."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The countries or entities on which odds are calibrated, and how well that went.

    Attributes
    ----------
    entities : tuple of str
    names : tuple of Text
    first, last : int
        Years.
    logs : ndarray, shape (E, T, 1)
    rolling : Rolling
    skill : Hindcast
    peaks : Peaks
    fingerprint : str
        Of the data set behind it.
    own : bool
        Whether the panel is its own pool.
    """

    entities: tuple[str, ...]
    names: tuple[Text, ...]
    first: int
    last: int
    logs: Array
    rolling: Rolling
    skill: Hindcast
    peaks: Peaks
    fingerprint: str
    own: bool

    def place(self, year: int) -> int:
        """The position of the last year of the pool that is known in `year`."""
        return min(year, self.last) - self.first


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is said at one origin.

    Attributes
    ----------
    year : int
    change : ndarray, shape (E, H)
        Of the logarithm.
    scale : ndarray, shape (E,)
    probability : ndarray, shape (E, H)
        Of no new maximum in the years up to each horizon.
    half : ndarray, shape (2, H)
        Half-widths of the 50 and 90 % intervals, in units of the scale.
    """

    year: int
    change: Array
    scale: Array
    probability: Array
    half: Array


@lru_cache(maxsize=16)
def countries(horizon: int, delta: float, seed: int) -> Pool:
    """The embedded countries, forecast from every past origin in this run."""
    about = peaking().pool
    panel = dataset(about.dataset)
    values = panel.array(about.emissions)
    return _pool(panel, values, panel.entities, (horizon, delta, seed), own=False)


def pool_of(data: Emissions, horizon: int, delta: float, seed: int, calibration: str) -> Pool:
    """The pool in force: the countries, or the panel where it is a pool of countries itself.

    Raises
    ------
    ZhihengError
        M977 no past outcome reaches the horizon, or the panel's own past never varies, so
        that nothing can be calibrated.
    """
    about = peaking().pool
    large = len(data.panel.entities) >= about.entities
    long = len(data.panel.periods) > FIXED.least + 2 * horizon
    alike = data.panel.level == about.level and large and long
    if calibration == "panel" or (calibration == "auto" and alike):
        _refuse_far(len(data.panel.periods), horizon)
        _refuse_still(data)
        order = np.argsort(np.array(data.panel.entities, dtype=str), kind="stable")
        codes = tuple(data.panel.entities[i] for i in order)
        return _pool(data.panel, data.values[order], codes, (horizon, delta, seed), own=True)
    _refuse_far(len(dataset(about.dataset).periods), horizon)
    return countries(horizon, delta, seed)


def _pool(
    panel: Panel, values: Array, entities: tuple[str, ...], options: tuple[int, float, int], *,
    own: bool,
) -> Pool:  # fmt: skip
    horizon, delta, seed = options
    logs = np.log(values)[..., None]
    rolling = roll(logs, horizon)
    skill = hindcast(logs, horizon, rolling=rolling)
    margin = float(np.log1p(delta))
    peaks = judge_peaks(logs, skill, margin=margin, draws=RESAMPLES, seed=seed)
    first, last = panel.periods[0], panel.periods[-1]
    names = tuple(panel.name(e) for e in entities)
    return Pool(entities, names, first, last, logs, rolling, skill, peaks, panel.fingerprint, own)


def _refuse_far(years: int, horizon: int) -> None:
    # One origin whose outcome is known calibrates, a later one is judged, with as many years after.
    most = (years - 1 - FIXED.least) // 2
    if horizon > most:
        raise ZhihengError(
            "M977",
            Text(
                "没有足够长的历史来校准 {h} 年的概率；最多 {m} 年。",
                "The history cannot calibrate odds {h} years on; {m} years at most.",
            ).format(h=horizon, m=max(most, 0)),
            evidence=[{"h": horizon, "years": years, "longest": max(most, 0)}],
            fix=Text(
                "缩短 h；再远的年份用 simulate，那里写明区间是外推的。",
                "Shorten h; for later years use simulate, which says where intervals are "
                "extrapolated.",
            ),
        )


def _refuse_still(data: Emissions) -> None:
    # A scale of zero at any origin leaves errors without a unit; rounding alone is no variation.
    size = scales(np.log(data.values))[:, FIXED.least :].min(axis=0)
    still = np.flatnonzero(size <= STILL)
    if len(still):
        year = data.panel.periods[0] + FIXED.least + int(still[0])
        raise ZhihengError(
            "M977",
            Text(
                "到 {y} 年为止，各地区每年的变化率都一样，没有往期误差可以校准。",
                "Up to {y} every region changes at one rate, so that there are no past errors to "
                "calibrate on.",
            ).format(y=year),
            evidence=[{"year": year, "entities": len(data.values), "scale": float(size[still[0]])}],
            fix=Text("改用 calibration=countries。", "Use calibration=countries."),
        )


def judgeable(data: Emissions, pool: Pool, horizon: int) -> range:
    """Years from which odds can be told: enough history, and an outcome known to the pool."""
    start = max(data.panel.periods[0] + FIXED.least, pool.first + FIXED.least + horizon)
    return range(start, data.panel.periods[-1] + 1)


def forecast(
    data: Emissions, pool: Pool, year: int, horizon: int, *, delta: float, revision: float
) -> Forecast:
    """Odds and intervals from one origin with what was known in that year."""
    level = np.log(data.values[:, : year - data.panel.periods[0] + 1])
    k = pool.place(year)
    damping = fit_damping(pool.logs[:, : k + 1], k, horizon)
    pooled = drifts(pool.logs[:, : k + 1])[:, -1].mean(axis=0)
    change = carried(drifts(level[..., None])[:, -1], pooled, damping).sum(axis=-1)
    # The pool's errors are in units of scales that are shrunk to its mean variance. A panel may be
    # less steady than that, as provinces are; that a region alone is steadier is no evidence.
    own, pooled_scale = scales(level)[:, -1] ** 2, pool.rolling.scale[:, k] ** 2
    missing = max(float(pooled_scale.mean() - own.mean()), 0.0)
    scale = np.sqrt(own + (1 - FIXED.mix) * missing)
    paths = trajectories(pool.rolling.scores, k, horizon)
    probability = no_new_maximum(
        level, change, paths[None] * scale[:, None, None],
        margin=float(np.log1p(delta)), noise=revision,
    )  # fmt: skip
    found = conformal(pool.rolling.scores, k)
    half = np.stack([found.band(q, horizon) for q in (0.5, 0.9)])
    return Forecast(year, change, scale, probability, half)


@dataclass(frozen=True, slots=True)
class Trial:
    """The panel's own past, forecast with odds from the pool; by judged origin.

    Attributes
    ----------
    years : tuple of int
    errors : mapping of str to ndarray, shape (E, O)
        Absolute errors of the logarithm at the horizon, by rival.
    inside : ndarray, shape (2, O)
        Shares within the 50 and 90 % intervals.
    probability : ndarray, shape (E, O)
    event : ndarray of bool, same shape
    climatology : ndarray, shape (O,)
        Of the pool, from outcomes known at the origin.
    """

    years: tuple[int, ...]
    errors: dict[str, Array]
    inside: Array
    probability: Array
    event: NDArray[np.bool_]
    climatology: Array


def trial(data: Emissions, pool: Pool, horizon: int, delta: float) -> Trial | None:
    """Judge the panel's own past with odds from the pool; None where no outcome is known yet."""
    first, last = data.panel.periods[0], data.panel.periods[-1]
    years = [y for y in judgeable(data, pool, horizon) if y + horizon <= last]
    if not years:
        return None
    level = np.log(data.values)
    margin = float(np.log1p(delta))
    errors: dict[str, list[Array]] = {"constant": [], "drift": [], "half_drift": [], "outlook": []}
    inside, probability, event, climatology = [], [], [], []
    for year in years:
        said = forecast(data, pool, year, horizon, delta=delta, revision=0.0)
        o = year - first
        came = level[:, o + horizon] - level[:, o]
        full = horizon * drifts(level[:, : o + 1, None])[:, -1, 0]
        for name, guess in (
            ("constant", 0.0), ("drift", full), ("half_drift", full / 2),
            ("outlook", said.change[:, -1]),
        ):  # fmt: skip
            errors[name].append(np.abs(came - guess))
        off = np.abs(came - said.change[:, -1]) / said.scale
        sizes = known_sizes(pool.rolling.scores, pool.place(year), horizon)
        bounds = np.quantile(sizes, [min(q * (len(sizes) + 1) / len(sizes), 1) for q in (0.5, 0.9)])
        inside.append((off <= bounds[:, None]).mean(axis=1))
        probability.append(said.probability[:, -1])
        event.append(~exceeded(level, o, horizon, margin)[:, -1])
        climatology.append(_climatology(pool, year, horizon, margin))
    return Trial(
        tuple(years),
        {name: np.stack(e, axis=1) for name, e in errors.items()},
        np.stack(inside, axis=1),
        np.stack(probability, axis=1),
        np.stack(event, axis=1),
        np.array(climatology),
    )


def _climatology(pool: Pool, year: int, horizon: int, margin: float) -> float:
    level = pool.logs[..., 0]
    starts = range(FIXED.least, pool.place(year) - horizon + 1)
    return float(np.mean([~exceeded(level, o, horizon, margin)[:, -1] for o in starts]))
