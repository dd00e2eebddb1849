"""The total of a running year: what is booked, what is expected, and how sure that is.

Notation of the module: `y` daily (or monthly) amounts without gaps; an origin `o` is the
last period that is known; `h` periods remain; the season is 364 days, so that weekdays
meet weekdays, or twelve months.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Places = NDArray[np.intp]

RULES = ("same_as_last_year", "last_year_times_recent", "last_year_times_quarter", "recent_mean")
"""How the remainder is expected; the first one is the naive forecast of the record."""
# The ratio to last year is held within these, so that a stop of a year ago is no explosion.
RATIO = (0.25, 4.0)
# A remainder of nothing has no logarithm.
LEAST = -0.999


@dataclass(frozen=True, slots=True)
class Season:
    """Length of a season, and of the two stretches that are compared with last year's."""

    length: int
    recent: int
    quarter: int


DAYS, MONTHS = Season(364, 28, 91), Season(12, 3, 6)


@dataclass(frozen=True, slots=True)
class Nowcast:
    """Expected remainder of one origin with its interval and record.

    Attributes
    ----------
    rule : int
        Place in `RULES`; the one with the smallest mean absolute error at earlier origins.
    remainder : float
    errors : ndarray, shape (n,)
        Actual less expected remainder of that rule at earlier origins with the same
        horizon, relative to the expected one.
    """

    rule: int
    remainder: float
    errors: Array


@dataclass(frozen=True, slots=True)
class Record:
    """How the nowcast did at earlier origins, each judged with what was known by then.

    Attributes
    ----------
    origins : ndarray, shape (n,)
    error, naive_error : ndarray, shape (n,)
        Expected less actual remainder, of the nowcast and of last year's same days.
    covered : ndarray of bool, shape (n,)
    """

    origins: Places
    error: Array
    naive_error: Array
    covered: NDArray[np.bool_]


def expected(y: Array, origins: Places, h: int, season: Season) -> Array:
    """Expected sums of the next `h` periods by every rule, shape (rules, origins).

    NaN where an origin has too short a past for a rule. A remainder longer than a season
    repeats it.
    """
    total = np.concatenate([[0.0], np.cumsum(y)])

    def span(first: Places, count: int) -> Array:
        inside = (first >= 0) & (first + count <= len(y))
        start = np.where(inside, first, 0)
        stop = np.where(inside, first + count, 0)
        return np.where(inside, total[stop] - total[start], np.nan)

    whole, rest = divmod(h, season.length)
    last = span(origins + 1 - season.length, rest)
    if whole:
        last = last + whole * span(origins + 1 - season.length, season.length)
    out = [last]
    for window in (season.recent, season.quarter):
        now, then = (span(origins + 1 - window - back, window) for back in (0, season.length))
        ratio = np.divide(now, then, out=np.full(len(origins), np.nan), where=then > 0)
        out.append(last * np.clip(ratio, *RATIO))
    out.append(span(origins + 1 - season.recent, season.recent) / season.recent * h)
    return np.stack(out)


def nowcast(y: Array, h: int, season: Season, *, every: int) -> Nowcast:
    """The remainder after the last period of `y`, with the errors of earlier origins.

    Parameters
    ----------
    y : ndarray, shape (T,)
    h : int
        Periods that remain.
    every : int
        Distance of the earlier origins; those that end by the last period count.
    """
    now = len(y) - 1
    origins = np.arange(now - h, -1, -every)[::-1]
    guess, actual = _past(y, origins, h, season)
    here = expected(y, np.array([now]), h, season)[:, 0]
    rule = _best(guess, actual, here)
    errors = _relative(actual, guess[rule])
    return Nowcast(rule, float(here[rule]), errors[np.isfinite(errors)])


def _relative(actual: Array, guess: Array) -> Array:
    """Actual less expected over expected; NaN where nothing was expected."""
    return (actual - guess) / np.where(guess > 0, guess, np.nan)


def _past(y: Array, origins: Places, h: int, season: Season) -> tuple[Array, Array]:
    if not len(origins):
        return np.empty((len(RULES), 0)), np.empty(0)
    total = np.concatenate([[0.0], np.cumsum(y)])
    return expected(y, origins, h, season), total[origins + 1 + h] - total[origins + 1]


def _best(guess: Array, actual: Array, here: Array) -> int:
    """The rule that erred least where all usable ones have an answer; the naive one else."""
    usable = np.isfinite(here)
    if not usable.any():
        return len(RULES) - 1
    both = np.isfinite(guess[usable]).all(axis=0)
    if not both.any():
        return int(np.flatnonzero(usable)[-1] if not usable[0] else 0)
    off = np.abs(guess - actual)[:, both].mean(axis=1)
    return int(np.flatnonzero(usable)[np.argmin(off[usable])])


def bounds(errors: Array, level: float, fewest: int, alike: float) -> tuple[float, float]:
    """Relative bounds of the remainder from past errors; NaN with fewer than `fewest`.

    Parameters
    ----------
    errors : ndarray, shape (n,)
    level : float
        One minus the coverage, half of it on either side.
    fewest : int
    alike : float
        How many neighbouring origins share most of their remainder, ``h / every``.

    Notes
    -----
    Errors of overlapping spans are not independent: ``n / alike`` of them are. With enough
    of those for the level the bounds are empirical quantiles. With fewer they are those of
    a normal prediction with so few observations, on logarithms: ``m ± t s sqrt(1 + 1/k)``,
    which are wide, as they should be after three years.
    """
    n = len(errors)
    if n < fewest:
        return np.nan, np.nan
    independent = n / max(alike, 1.0)
    if independent >= 2 / level - 1:
        far = (1 - level / 2) * (1 + 1 / independent)
        return float(np.quantile(errors, 1 - far)), float(np.quantile(errors, far))
    logs = np.log1p(np.maximum(errors, LEAST))
    k = max(independent, 2.0)
    half = stats.t.ppf(1 - level / 2, k - 1) * logs.std(ddof=1) * np.sqrt(1 + 1 / k)
    middle = float(logs.mean())
    return float(np.expm1(middle - half)), float(np.expm1(middle + half))


def record(y: Array, h: int, season: Season, *, every: int, level: float, fewest: int) -> Record:
    """Replay: at each earlier origin, rule and interval from what had ended by then."""
    now = len(y) - 1
    origins = np.arange(now - h, -1, -every)[::-1]
    guess, actual = _past(y, origins, h, season)
    kept: list[tuple[int, float, float, bool]] = []
    for i, origin in enumerate(origins):  # some dozens of origins
        known = origins + h <= origin
        if known.sum() < fewest or not np.isfinite(guess[0, i]):
            continue
        rule = _best(guess[:, known], actual[known], guess[:, i])
        past = _relative(actual[known], guess[rule, known])
        low, high = bounds(past[np.isfinite(past)], level, fewest, h / every)
        if not np.isfinite(low):
            continue
        if not guess[rule, i] > 0:
            continue
        off = actual[i] / guess[rule, i] - 1
        kept.append((int(origin), guess[rule, i] - actual[i], guess[0, i] - actual[i],
                     bool(low <= off <= high)))  # fmt: skip
    columns = list(zip(*kept, strict=True)) if kept else [[], [], [], []]
    return Record(
        np.array(columns[0], dtype=np.intp), np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.float64), np.array(columns[3], dtype=np.bool_),
    )  # fmt: skip
