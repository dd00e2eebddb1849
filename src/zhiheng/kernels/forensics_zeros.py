"""Zeros that mean missing: evidence first, so that true zeros stay.

A zero is doubted when its row has a level on both sides that cannot vanish between two
periods; when half of the entities with a level before fall to zero in one period; or when
it lies far below everything that the series ever shows.
"""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.forensics import (
    Bools,
    Floats,
    Found,
    Ground,
    Ints,
    cells_of,
    quantile,
    runs,
    span,
)
from zhiheng.kernels.forensics_moves import Moves

FAR = 20.0
"""A level is far from zero when this many units of rounding lie between."""
CALM = 0.15
LIKE = 0.48
"""Largest difference of the levels before and after, in decimal logs (three times)."""
SYNCHRONOUS = 0.5
LEAST_ENTITIES = 3
FLOOR = 0.05
"""The lowest values of a series, relative to its median, below which zero is no surprise."""


def missing_zeros(ground: Ground, moved: Moves) -> list[Found]:
    """Runs of zeros with evidence that they stand for missing values."""
    v = ground.values
    s, e, first, length = runs(v == 0)
    if not len(s):
        return []
    last = first + length - 1
    before, after = _sides(moved, s, e, first, last)
    step = np.log10(np.where(ground.step > 0, ground.step, np.nan))
    room = np.where(np.isfinite(step), step, -np.inf)[s, e] + np.log10(FAR)
    both = np.isfinite(before) & np.isfinite(after)
    near = np.abs(before - after) <= LIKE
    between = both & near & (np.fmin(before, after) > room) & (moved.spread[s, e] <= CALM)
    together = _synchronous(v, s, first, last) & (np.fmax(before, after) > room)
    floor = _floor(v, ground)
    below = floor[s] & (np.isfinite(before) | np.isfinite(after))
    out: list[Found] = []
    for i in np.flatnonzero(between | together | below).tolist():
        why = 1 if between[i] else 2 if together[i] else 3
        facts = {"n": int(length[i]), "why": why, "t0": int(first[i]), "t1": int(last[i]),
                 "before": _plain(before[i]), "after": _plain(after[i])}  # fmt: skip
        cell = span(int(first[i]), int(length[i]))
        sure = (0.97, 0.95, 0.9)[why - 1]
        out.append(cells_of("zero", int(s[i]), int(e[i]), cell, sure, facts))
    return out


def _plain(log: float) -> float:
    return float(10.0**log) if np.isfinite(log) else float("nan")


def _sides(moved: Moves, s: Ints, e: Ints, first: Ints, last: Ints) -> tuple[Floats, Floats]:
    n = moved.log.shape[2]
    before = np.where(first > 0, moved.log[s, e, np.maximum(first - 1, 0)], np.nan)
    after = np.where(last < n - 1, moved.log[s, e, np.minimum(last + 1, n - 1)], np.nan)
    return before, after


def _synchronous(v: Floats, s: Ints, first: Ints, last: Ints) -> Bools:
    """Whether half of the entities with a level start, or end, a run of zeros together."""
    level = np.isfinite(v) & (v != 0)
    zero = v == 0
    falls = (zero[:, :, 1:] & level[:, :, :-1]).sum(axis=1)
    rises = (zero[:, :, :-1] & level[:, :, 1:]).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        down = falls / (level[:, :, :-1] & np.isfinite(v[:, :, 1:])).sum(axis=1)
        up = rises / (level[:, :, 1:] & np.isfinite(v[:, :, :-1])).sum(axis=1)
    down = np.where((falls >= LEAST_ENTITIES) & (down >= SYNCHRONOUS), 1, 0)
    up = np.where((rises >= LEAST_ENTITIES) & (up >= SYNCHRONOUS), 1, 0)
    n = v.shape[2]
    start = np.where(first > 0, down[s, np.maximum(first - 1, 0)], 0) if n > 1 else np.zeros(len(s))
    end = np.where(last < n - 1, up[s, np.minimum(last, n - 2)], 0) if n > 1 else np.zeros(len(s))
    return (start > 0) | (end > 0)


def _floor(v: Floats, ground: Ground) -> Bools:
    """Series whose lowest values lie far above zero, so that a zero is out of their range."""
    flat = np.where(v > 0, v, np.nan).reshape(len(v), -1)
    low, middle = quantile(flat, 0.02), quantile(flat, 0.5)
    steps = quantile(ground.step, 0.5)
    with np.errstate(invalid="ignore"):
        far = (low >= FLOOR * middle) & (low > FAR * np.where(np.isfinite(steps), steps, 0.0))
    return far & ~(v < 0).any(axis=(1, 2))
