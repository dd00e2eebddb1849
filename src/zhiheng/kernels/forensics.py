"""Ground for forensics of a panel: how values were rounded, how rows move, runs of cells.

Arrays are series-major, ``(series, entities, periods)``, so that a row is one
entity's history. NaN is a gap. Nothing here changes a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DIGITS = 10
"""A value with more significant digits than this was computed, not published."""
EXACT = 1e-9
"""Relative difference below which two stored numbers are the same number."""
WHOLE = 1e-4
"""Distance from a whole number that storage and a change of unit explain."""
MOSTLY = 0.9
"""Share of the cells of a series that have to fit its number of decimals."""
MAD = 1.4826
"""Standard deviation of a normal variable in units of its median absolute deviation."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: what kind, where, how sure, and the numbers behind it.

    Attributes
    ----------
    kind : str
    series : int
    entities, periods : ndarray of int
        Positions of the cells, aligned; empty for a finding on the whole series.
    confidence : float
        Between 0 and 1.
    facts : mapping of str to float or int
        What the reason is worded with.
    """

    kind: str
    series: int
    entities: Ints
    periods: Ints
    confidence: float
    facts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Ground:
    """A panel made ready for forensics.

    Attributes
    ----------
    values : ndarray, shape (series, entities, periods)
    times : ndarray, shape (periods,)
    step : ndarray, shape (series, entities)
        The unit of rounding of each row: the last decimal that the row shows, among
        those that the series shows; 0 where values carry more than ten digits.
    fine : ndarray of bool, as values
        Cells with more decimals than nine in ten cells of their series.
    own : ndarray, as values
        The last decimal of each cell itself; 0 beyond ten digits.
    size : ndarray, shape (series, entities)
        Median absolute value of a row.
    """

    values: Floats
    times: Floats
    step: Floats
    fine: Bools
    own: Floats
    size: Floats

    @property
    def slack(self) -> Floats:
        """How far a cell may stand from what it was computed as.

        Half a unit of its own rounding and half a unit of that of its neighbours; a cell
        that is finer than its series was not rounded with it and answers for itself.
        """
        room = np.where(self.fine, self.own, self.step[:, :, None])
        largest = np.nanmax(np.abs(self.values), axis=2, initial=0.0)
        return room + EXACT * largest[:, :, None]


def prepare(values: Floats, times: Floats) -> Ground:
    """Estimate the rounding of every row before anything is called suspicious.

    Parameters
    ----------
    values : ndarray, shape (series, entities, periods)
    times : ndarray, shape (periods,)
        Ascending.
    """
    places = decimals(values)
    seen = np.isfinite(values) & (values != 0)
    usual = _usual(places, seen)
    fine = seen & (places > usual[:, None, None])
    kept = np.where(seen & ~fine, places, -np.inf)
    last = np.max(kept, axis=2, initial=-np.inf)
    last = np.where(np.isfinite(last), last, usual[:, None])
    step = np.where(np.isfinite(last), 10.0 ** -np.clip(last, -30, 30), 0.0)
    own = np.where(np.isfinite(places), 10.0 ** -np.clip(places, -30, 30), 0.0)
    return Ground(values, times, step, fine, own, row_median(np.abs(values)))


def decimals(values: Floats) -> Floats:
    """Decimals that a value shows: 12.50 has 1, 1200 has −2; ∞ beyond ten digits; −∞ for 0.

    Counted in significant digits, so that a change of unit by a power of ten moves
    every count by the same number.
    """
    size = np.abs(values)
    seen = np.isfinite(values) & (size > 0)
    lead = np.floor(np.log10(np.where(seen, size, 1.0)))
    mantissa = np.where(seen, size, 1.0) / 10.0**lead
    out = np.full(values.shape, np.inf)
    for digits in range(DIGITS, 0, -1):
        scaled = mantissa * 10.0 ** (digits - 1)
        out[np.abs(scaled - np.rint(scaled)) <= WHOLE] = digits - 1
    return np.where(seen, out - lead, -np.inf)


def _usual(places: Floats, seen: Bools) -> Floats:
    """The decimals within which nine in ten cells of each series stay."""
    out = np.full(len(places), np.inf)
    for s, (row, mask) in enumerate(zip(places, seen, strict=True)):
        if mask.any():
            out[s] = np.quantile(row[mask], MOSTLY, method="higher")
    return out


def row_median(values: Floats) -> Floats:
    """Median along the last axis without gaps; NaN where a row is empty."""
    return quantile(values, 0.5)


def quantile(values: Floats, q: float) -> Floats:
    """Quantile along the last axis without gaps, quick for short rows; NaN where empty."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)
    n = np.isfinite(ordered).sum(axis=-1)
    place = q * np.maximum(n - 1, 0)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    a = np.take_along_axis(ordered, low[..., None], axis=-1)[..., 0]
    b = np.take_along_axis(ordered, high[..., None], axis=-1)[..., 0]
    return np.where(n > 0, a + (place - low) * (b - a), np.nan)


def usual_size(moves: Floats, quiet: Floats, size: Floats) -> Floats:
    """Scale of the moves of each row, from those that are no coincidence.

    Rows with few such moves borrow the scale of their series, relative to their size;
    none is taken as calmer than a fifth of that.

    Parameters
    ----------
    moves : ndarray, shape (series, entities, n)
    quiet : ndarray, broadcastable
        Moves up to this are left out: they are what is being tested.
    size : ndarray, shape (series, entities)
    """
    loud = np.where(np.abs(moves) > quiet, np.abs(moves), np.nan)
    own = MAD * row_median(loud)
    few = np.isfinite(loud).sum(axis=2) < 4  # noqa: PLR2004  fewer say little of a scale
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = row_median(np.where(few, np.nan, own / size))
        pooled = np.where(np.isfinite(pooled), pooled, row_median(own / size))
    borrowed = pooled[:, None] * size
    out = np.where(few, borrowed, np.fmax(own, 0.2 * borrowed))
    return np.where(np.isfinite(out), out, 0.0)


def repeated(values: Floats) -> Bools:
    """Cells that repeat the one before them in their row, as far as numbers are stored."""
    out = np.zeros(values.shape, dtype=np.bool_)
    here, last = values[:, :, 1:], values[:, :, :-1]
    out[:, :, 1:] = np.abs(here - last) <= EXACT * np.abs(here)
    return out


def runs(marked: Bools) -> tuple[Ints, Ints, Ints, Ints]:
    """Maximal runs of marked cells along the last axis: series, entity, first, length."""
    edge = np.zeros((*marked.shape[:2], 1), dtype=np.int8)
    change = np.diff(np.concatenate([edge, marked.astype(np.int8), edge], axis=2), axis=2)
    s, e, first = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[2]
    return s, e, first, end - first


def sureness(expected: Floats | float) -> Floats:
    """Confidence of a coincidence of which chance explains `expected` in the series."""
    return 1.0 / (1.0 + np.asarray(expected, dtype=np.float64))


def span(first: int, length: int) -> Ints:
    """The periods of a run."""
    return np.arange(first, first + length, dtype=np.int64)


def cells_of(kind: str, series: int, entity: int, periods: Ints, confidence: float,
             facts: Mapping[str, float]) -> Found:  # fmt: skip
    """A finding on consecutive cells of one entity."""
    held = np.full(len(periods), entity, dtype=np.int64)
    return Found(kind, series, held, periods, float(confidence), facts)


def logs(values: Floats) -> Floats:
    """Decimal logarithm of absolute values; NaN for zeros and gaps."""
    size = np.abs(values)
    return np.log10(np.where(size > 0, size, np.nan))
