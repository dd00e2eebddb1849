"""From a stream to a ledger: emissions of every reading, doubtful ones, and totals by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.monitor_input import Factor, Stream
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.kernels.readings import detection_limit, spikes, stuck

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ANOMALIES = ("out_of_range", "spike", "stuck", "at_lowest", "catch_up")
"""Kinds, in the order of importance; `catch_up` is a register's difference across a gap."""
SUSPECT = ("out_of_range", "spike", "stuck")
"""Those that ``flagged=exclude`` takes out."""
# A day of which at least this part was read is scaled up; of others nothing is inferred.
HALF = 0.5
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Ledger:
    """Emissions of every device and period, and what is doubtful.

    Attributes
    ----------
    emissions : ndarray, shape (devices, periods)
        Tonnes of CO2; the readings themselves for ``level``. NaN where nothing counts.
    marks : mapping of str to ndarray of bool
        Doubtful readings by kind.
    """

    stream: Stream
    factors: tuple[Factor, ...]
    emissions: Array
    marks: Mapping[str, Mask]


def make_ledger(
    stream: Stream,
    factors: tuple[Factor, ...],
    *,
    limits: Mapping[str, str],
    spike: float,
    exclude: bool,
) -> Ledger:
    """Multiply readings by the factor of their year, and mark what cannot be right."""
    years = stream.year
    table = np.array([[f.by_year[y] for y in np.unique(years).tolist()] for f in factors])
    each = table[:, np.searchsorted(np.unique(years), years)]
    marks = _marks(stream, limits, spike)
    values = stream.values
    if exclude:
        values = np.where(np.any([marks[k] for k in SUSPECT], axis=0), np.nan, values)
    return Ledger(stream, factors, values * each, marks)


def _marks(stream: Stream, limits: Mapping[str, str], spike: float) -> dict[str, Mask]:
    values, booked = stream.values, stream.booked
    low, high = _limits(stream, limits)
    with np.errstate(invalid="ignore"):
        out = (values < low[:, None]) | (values > high[:, None])
    catch_up = booked.spans > 1 if booked is not None else np.zeros(values.shape, dtype=np.bool_)
    # a register that stands still is a device that is off; and what follows a gap is no spike
    even = np.where(catch_up, np.nan, values)
    runs = stuck(even)
    lowest = runs & (even == detection_limit(even)[:, None])
    jumps = spikes(even, spike) & ~out
    return {
        "out_of_range": out,
        "spike": jumps,
        "stuck": runs & ~lowest & ~out,
        "at_lowest": lowest & ~out,
        "catch_up": catch_up,
    }


def _limits(stream: Stream, written: Mapping[str, str]) -> tuple[Array, Array]:
    """``low..high`` of devices; flows have zero below and nothing above unless said."""
    names = [d.entity for d in stream.devices]
    floor = -np.inf if stream.kind == "level" else 0.0
    low, high = np.full(len(names), floor), np.full(len(names), np.inf)
    wrong: list[Row] = []
    for device, text in written.items():
        parts = str(text).split("..")
        try:
            ends = [float(p) for p in parts]
        except ValueError:
            ends = []
        if device not in names or len(ends) != 2 or not ends[0] < ends[1]:
            wrong.append({"device": device, "limits": text})
            continue
        low[names.index(device)], high[names.index(device)] = ends
    if wrong:
        raise ZhihengError(
            "M950",
            Text("物理上下限写得不对。", "Physical limits cannot be read."),
            evidence=wrong,
            fix=Text(
                "写成 设备=下限..上限，如 m1=0..500。",
                "Write device=low..high, as in m1=0..500.",
            ),
        )
    return low, high


@dataclass(frozen=True, slots=True)
class Daily:
    """Totals by local day (by month for monthly data).

    Attributes
    ----------
    unit : ndarray of int, shape (D,)
        Days since 1970, or months since year 0.
    year : ndarray of int, shape (D,)
    booked : ndarray, shape (devices, D)
        What was read.
    whole : ndarray, shape (devices, D)
        With an estimate of what was not read.
    """

    unit: NDArray[np.int64]
    year: NDArray[np.int64]
    booked: Array
    whole: Array


def by_day(ledger: Ledger) -> Daily:
    """Sum readings by day and estimate what is missing, apart from what is booked."""
    stream = ledger.stream
    unit = stream.month if stream.panel.frequency == "M" else stream.day
    units, place = np.unique(unit, return_inverse=True)
    size = len(units)
    x = _even(ledger)
    seen = np.isfinite(ledger.emissions)
    booked = grouped(np.where(seen, ledger.emissions, 0.0), place, size)
    some = np.isfinite(x)
    total, count = grouped(np.where(some, x, 0.0), place, size), grouped(some * 1.0, place, size)
    needed = np.maximum(np.bincount(place, minlength=size), _usual(stream))
    enough = count >= HALF * needed
    # exact where nothing is missing, so that nothing is estimated there
    filled = np.where(enough, total * (needed / np.maximum(count, 1.0)), np.nan)
    first = some.argmax(axis=1)
    before = np.arange(size) < place[first][:, None]
    whole = np.where(before, 0.0, _filled(filled, weekly=stream.panel.frequency != "M"))
    if stream.kind == "level":  # means of a day, averaged over devices by the caller
        counts = np.maximum(grouped(seen * 1.0, place, size), 1.0)
        booked, whole = booked / counts, whole / needed
    year = stream.year[np.searchsorted(unit, units)]
    return Daily(units, year, booked, whole)


def _usual(stream: Stream) -> int:
    return 24 if stream.panel.frequency == "H" else 1


def _even(ledger: Ledger) -> Array:
    """A register's catch-up spread over the gap, for the profile only."""
    booked = ledger.stream.booked
    if booked is None:
        return ledger.emissions
    has = np.isfinite(ledger.emissions)
    periods = has.shape[1]
    at = np.where(has, np.arange(periods), periods)
    following = np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
    safe = np.minimum(following, periods - 1)
    share = ledger.emissions / np.maximum(booked.spans, 1)
    spans = np.take_along_axis(booked.spans, safe, axis=1)
    inside = (following < periods) & (following - np.arange(periods) < spans)
    return np.where(inside, np.take_along_axis(share, safe, axis=1), np.nan)


def grouped(values: Array, place: NDArray[np.intp], size: int) -> Array:
    """Sums of columns that share a place, (rows, size)."""
    out = np.zeros((len(values), size))
    np.add.at(out.T, place, values.T)
    return out


def _filled(values: Array, *, weekly: bool) -> Array:
    """Missing days as the mean of the same weekday up to four weeks off, else of the device."""
    step = 7 if weekly else 12
    near: list[Array] = []
    for k in range(1, WEEKS + 1):
        for shift in (-k * step, k * step):
            moved = np.full(values.shape, np.nan)
            if shift > 0:
                moved[:, shift:] = values[:, :-shift]
            else:
                moved[:, :shift] = values[:, -shift:]
            near.append(moved)
    stacked = np.stack(near)
    seen = np.isfinite(stacked)
    total, count = np.where(seen, stacked, 0.0).sum(axis=0), seen.sum(axis=0)
    own = np.isfinite(values)
    mean = np.where(own, values, 0.0).sum(axis=1) / np.maximum(own.sum(axis=1), 1)
    guess = np.where(count > 0, total / np.maximum(count, 1), mean[:, None])
    return np.where(own, values, guess)


def marked_rows(ledger: Ledger) -> Sequence[tuple[int, int, str]]:
    """Every doubtful reading once, under its most important kind, in the order of devices."""
    rows: list[tuple[int, int, str]] = []
    taken = np.zeros(ledger.emissions.shape, dtype=np.bool_)
    for kind in ANOMALIES:
        new = ledger.marks[kind] & ~taken
        taken |= new
        rows += [(int(e), int(t), kind) for e, t in zip(*np.nonzero(new), strict=True)]
    return sorted(rows)
