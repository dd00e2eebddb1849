"""Streams of readings: registers into flows, gaps, and readings that cannot be right.

Notation of the module: `E` devices, `T` consecutive periods; NaN is no reading.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A run is called stuck when so long a one would come up by chance less often than this in the
# whole history of the device.
CHANCE = 0.01
SHORTEST_RUN = 4
QUARTER = 0.25
# The median of absolute deviations times this is a standard deviation of normal numbers.
NORMAL = 1.4826


@dataclass(frozen=True, slots=True)
class Flows:
    """What went through between two readings of a register.

    Attributes
    ----------
    flow : ndarray, shape (E, T)
        In the period of the later reading; NaN where there is none, and at the first one.
    spans : ndarray of int, shape (E, T)
        Over how many periods; above one after a gap.
    back : ndarray of bool, shape (E, T)
        Where a register stands lower than before.
    before : ndarray of int, shape (E, T)
        Place of the earlier reading; −1 for none.
    """

    flow: Array
    spans: NDArray[np.intp]
    back: Mask
    before: NDArray[np.intp]


def flows(register: Array) -> Flows:
    """Differences of a counter, across gaps if need be.

    A difference across a gap is booked where the register is read again: sums stay right,
    and nothing is spread over periods in which nobody looked.
    """
    seen = np.isfinite(register)
    place = np.where(seen, np.arange(register.shape[1]), -1)
    latest = np.maximum.accumulate(place, axis=1)
    before = np.concatenate([np.full((len(register), 1), -1), latest[:, :-1]], axis=1)
    has = seen & (before >= 0)
    earlier = np.take_along_axis(register, np.maximum(before, 0), axis=1)
    flow = np.where(has, register - earlier, np.nan)
    spans = np.where(has, np.arange(register.shape[1]) - before, 0)
    return Flows(flow, spans, has & (flow < 0), before)


def usual_spacing(values: Array) -> NDArray[np.intp]:
    """How many periods usually lie between two readings, shape (E,); zero for fewer than two."""
    out = np.zeros(len(values), dtype=np.intp)
    for e, row in enumerate(np.isfinite(values)):  # one pass over each device
        apart = np.diff(np.flatnonzero(row))
        out[e] = np.bincount(apart).argmax() if len(apart) else 0
    return out


@dataclass(frozen=True, slots=True)
class Gaps:
    """How complete each device is between its first and its last reading; all (E,)."""

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    expected: NDArray[np.intp]
    present: NDArray[np.intp]
    longest: NDArray[np.intp]
    longest_from: NDArray[np.intp]


def completeness(values: Array, *, to_end: bool = True) -> Gaps:
    """Counts of readings; a device that stopped is incomplete up to the end of the data."""
    seen = np.isfinite(values)
    periods = values.shape[1]
    some = seen.any(axis=1)
    first = np.where(some, seen.argmax(axis=1), 0)
    last = np.where(some, periods - 1 - seen[:, ::-1].argmax(axis=1), -1)
    end = np.full(len(values), periods - 1) if to_end else last
    at = np.arange(periods)
    inside = (at >= first[:, None]) & (at <= end[:, None])
    length = run_lengths(~seen & inside)
    longest = length.max(axis=1)
    start = length.argmax(axis=1) - longest + 1
    return Gaps(first, last, inside.sum(axis=1), (seen & inside).sum(axis=1), longest,
                np.where(longest > 0, start, -1))  # fmt: skip


def run_lengths(marked: Mask) -> NDArray[np.intp]:
    """Length of the run of marks up to each place, zero where there is no mark."""
    count = np.cumsum(marked, axis=1)
    reset = np.maximum.accumulate(np.where(marked, 0, count), axis=1)
    return np.where(marked, count - reset, 0)


def stuck(values: Array) -> Mask:
    """Readings inside runs of one value that are too long for chance; zeros are no fault.

    With p the device's own share of repeated readings (or of its commonest value, if that
    is more) a run of k repeats comes up by chance about ``n p^k`` times; the shortest k with
    less than `CHANCE` is the limit. So a coarse sensor needs a longer run than a fine one.
    """
    same = np.zeros(values.shape, dtype=np.bool_)
    same[:, 1:] = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] != 0)
    compared = np.isfinite(values[:, 1:]) & np.isfinite(values[:, :-1])
    n = np.maximum(compared.sum(axis=1), 1)
    length = run_lengths(same)
    common = _commonest(np.where(values == 0, np.nan, values))
    limit = _limit(np.clip(np.maximum(same.sum(axis=1) / n, common), 1.0 / n, 0.99), n)
    # runs beyond the first limit do not vouch for themselves
    fair = same & (_run_totals(length) < limit[:, None] - 1)
    limit = _limit(np.clip(np.maximum(fair.sum(axis=1) / n, common), 1.0 / n, 0.99), n)
    return _whole_runs(length, limit)


def _commonest(values: Array) -> Array:
    """The share of the most frequent value of each device."""
    ordered = np.sort(values, axis=1)
    return (_alike(ordered).max(axis=1) + 1) / np.maximum(np.isfinite(values).sum(axis=1), 1)


def _alike(ordered: Array) -> NDArray[np.intp]:
    """How many equal values stand before each one of sorted rows."""
    alike = np.zeros(ordered.shape, dtype=np.bool_)
    alike[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    return run_lengths(alike)


def detection_limit(values: Array) -> Array:
    """The value at which a sensor stands when there is less than it can see, shape (E,).

    The most frequent value, if at most a quarter of the readings are below it; the lowest
    one otherwise. A run at it is nothing wrong with the sensor.
    """
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    place = _alike(ordered).argmax(axis=1)
    common = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
    below = (values < common[:, None]).sum(axis=1)
    return np.where(below <= QUARTER * count, common, ordered[:, 0])


def _limit(p: Array, n: NDArray[np.intp]) -> Array:
    """Equal readings in a row that are too many for a share of repeats p."""
    return np.maximum(np.ceil(np.log(CHANCE / n) / np.log(p)) + 1, SHORTEST_RUN)


def _run_totals(length: NDArray[np.intp]) -> NDArray[np.intp]:
    """The final length of the run that each place belongs to."""
    ends = np.concatenate([length[:, 1:] == 0, np.ones((len(length), 1), dtype=bool)], axis=1)
    final = np.where(ends, length, 0)[:, ::-1]
    boundary = np.where(ends[:, ::-1], np.arange(length.shape[1]), 0)
    at = np.maximum.accumulate(boundary, axis=1)
    return np.where(length > 0, np.take_along_axis(final, at, axis=1)[:, ::-1], 0)


def _whole_runs(length: NDArray[np.intp], limit: Array) -> Mask:
    """Marks of runs with at least `limit` equal readings, their first reading included."""
    out = (_run_totals(length) + 1 >= limit[:, None]) & (length > 0)
    out[:, :-1] |= out[:, 1:] & (length[:, 1:] == 1)
    return out


def spikes(values: Array, size: float) -> Mask:
    """Single readings that jump away from both neighbours and back.

    A jump counts when it is at least `size` robust standard deviations of the device's own
    changes on both sides, in opposite directions, and the neighbours agree with each other
    better than a third of it.
    """
    out = np.zeros(values.shape, dtype=np.bool_)
    if values.shape[1] < 3:
        return out
    step = np.diff(values, axis=1)
    middle = np.nanmedian(np.where(np.isfinite(step), np.abs(step), np.nan), axis=1, keepdims=True)
    moving = np.where(step == 0, np.nan, np.abs(step))
    alive = np.isfinite(moving).any(axis=1)
    typical = np.full((len(values), 1), np.inf)
    if alive.any():
        typical[alive, 0] = np.nanmedian(moving[alive], axis=1)
    scale = NORMAL * np.maximum(np.where(np.isfinite(middle), middle, 0.0), typical)
    up, down = step[:, :-1], -step[:, 1:]
    jump = np.minimum(np.abs(up), np.abs(down))
    apart = np.abs(values[:, 2:] - values[:, :-2])
    with np.errstate(invalid="ignore"):
        out[:, 1:-1] = (up * down > 0) & (jump >= size * scale) & (apart <= jump / 3)
    return out
