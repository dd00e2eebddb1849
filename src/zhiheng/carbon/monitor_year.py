"""The running year: booked, missing, expected; and how such nowcasts did before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.monitor_input import Stream, days_of_year
from zhiheng.carbon.monitor_ledger import Daily
from zhiheng.kernels.nowcast import DAYS, MONTHS, Nowcast, Record, bounds, nowcast, record

Array = NDArray[np.float64]

FEWEST = 12
"""Earlier origins below which there is no interval."""
EVERY_DAYS, EVERY_MONTHS = 7, 1
"""Distance of the earlier origins."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known and expected of a year, in tonnes (a mean for levels).

    Attributes
    ----------
    booked, missing, remainder : float
        Read; estimated for gaps so far; expected for what is left.
    low, high : float
        Of the whole year; NaN where the past is too short.
    elapsed, left : int
        Days (months) of the year up to the end of the data, and after it.
    """

    year: int
    booked: float
    missing: float
    remainder: float
    low: float
    high: float
    elapsed: int
    left: int
    found: Nowcast | None
    record: Record | None
    recent: float
    monthly: bool

    @property
    def total(self) -> float:
        """The nowcast of the year."""
        return self.booked + self.missing + self.remainder


def look_ahead(daily: Daily, stream: Stream, year: int, *, level: float) -> Ahead:
    """Nowcast a year from all days up to the end of the data (or of the year)."""
    monthly = stream.panel.frequency == "M"
    season, every = (MONTHS, EVERY_MONTHS) if monthly else (DAYS, EVERY_DAYS)
    until = daily.year <= year
    inside = (daily.year == year) & until
    booked, whole = daily.booked[:, until], daily.whole[:, until]
    y = whole.sum(axis=0)
    place = inside[until]
    last = int(daily.unit[until][-1])
    if monthly:
        left = year * 12 + 11 - last
        size = 12
    else:
        left = (date(year, 12, 31) - date(1970, 1, 1)).days - last
        size = days_of_year(year)
    scale = 1.0
    if stream.kind == "level":
        scale = 1.0 / (size * len(booked))
    sure = booked[:, place].sum() * scale
    gap = (whole - booked)[:, place].sum() * scale
    found, past = None, None
    remainder = low = high = 0.0
    if left:
        found = nowcast(y, left, season, every=every)
        past = record(y, left, season, every=every, level=level, fewest=FEWEST)
        remainder = found.remainder * scale
        low, high = bounds(found.errors, level, FEWEST, left / every)
    base = sure + gap + remainder
    recent = float(y[-season.recent :].mean() * scale)
    return Ahead(
        year, float(sure), float(gap), float(remainder), float(base + low * remainder),
        float(base + high * remainder), size - left, left, found, past, recent, monthly,
    )  # fmt: skip
