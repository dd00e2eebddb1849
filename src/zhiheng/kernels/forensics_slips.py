"""Wrong by a factor or a sign: powers of ten, changes of unit, flipped signs."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.forensics import (
    Bools,
    Floats,
    Found,
    Ground,
    Ints,
    cells_of,
    runs,
    span,
)
from zhiheng.kernels.forensics_moves import Moves, next_after

MOST_POWER = 8
CALM, CALM_FAR = 0.12, 0.25
"""Rows that usually change by more (in decimal logs) can jump ten- or hundredfold by themselves."""
WIDTH = 4.0
"""How many spreads a jump may differ from a whole power of ten."""
NEAR = 0.03
"""Room for a jump beside its spread, in decimal logs: values before and after are rounded."""
STEADY = 0.04
"""A jump that never returns is a slip of unit only in rows at least this steady."""
FEW_CELLS = 3
MOST_ENTITIES = 0.5
LEAST_ENTITIES = 4


def slips(ground: Ground, moved: Moves) -> list[Found]:
    """Cells and blocks that are a whole power of ten off the rest of their row."""
    power = _powers(moved)
    offset = power.cumsum(axis=2)
    seen = np.isfinite(moved.log)
    base = _mode(offset, seen)
    off = np.where(seen, offset - base[:, :, None], 0)
    s, e, first, length = runs(off != 0)
    if not len(s):
        return []
    start, end = _ends(seen)
    open_ = (first <= start[s, e]) | (first + length - 1 >= end[s, e])
    k = off[s, e, first]
    alone = (
        ~open_
        | ((np.abs(k) > 1) & (moved.restless[s, e] <= CALM))
        | (moved.restless[s, e] <= STEADY)
    )
    share = _together((s, first, first + length, k), seen)
    whole = open_ & (share >= MOST_ENTITIES)
    out: list[Found] = []
    for i in np.flatnonzero(alone & ~whole).tolist():
        cell = span(int(first[i]), int(length[i]))
        cell = cell[off[s[i], e[i], cell] != 0]
        spread = float(moved.spread[s[i], e[i]])
        sure = _sureness(abs(int(k[i])), len(cell), is_open=bool(open_[i]))
        facts = {"power": int(k[i]), "n": len(cell), "spread": spread, "open": int(open_[i])}
        out.append(cells_of("scale", int(s[i]), int(e[i]), cell, sure, facts))
    return out + _unit_changes(off, whole, (s, e, first, length, k))


def _sureness(power: int, cells: int, *, is_open: bool) -> float:
    """Single cells are surest; a tenfold change that stays may have happened."""
    if is_open:
        return 0.85 if power > 1 else 0.6
    return 0.98 if cells <= FEW_CELLS or power > 1 else 0.8


def _powers(moved: Moves) -> Ints:
    """The whole power of ten that each jump is, 0 where it is none."""
    jump = np.where(np.isfinite(moved.jump), moved.jump, 0.0)
    power = np.rint(jump)
    spread = moved.restless[:, :, None]
    near = np.abs(jump - power) <= np.minimum(WIDTH * spread + NEAR, 0.35)
    calm = np.where(np.abs(power) > 1, spread <= CALM_FAR, spread <= CALM)
    ok = (power != 0) & (np.abs(power) <= MOST_POWER) & near & calm
    return np.where(ok, power, 0).astype(np.int64)


def _mode(offset: Ints, seen: Bools) -> Ints:
    """The offset of most cells of a row; the earlier one when two are as frequent."""
    best = np.zeros(offset.shape[:2], dtype=np.int64)
    most = np.zeros(offset.shape[:2], dtype=np.int64)
    for value in sorted(np.unique(offset).tolist(), key=abs):
        count = ((offset == value) & seen).sum(axis=2)
        better = count > most
        best, most = np.where(better, value, best), np.maximum(most, count)
    return best


def _ends(seen: Bools) -> tuple[Ints, Ints]:
    n = seen.shape[2]
    return seen.argmax(axis=2), n - 1 - seen[:, :, ::-1].argmax(axis=2)


def _together(found: tuple[Ints, ...], seen: Bools) -> Floats:
    """Share of the entities of a series that are off by one power over the same periods."""
    _, where, count = np.unique(
        np.stack(found, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    present = seen.any(axis=2).sum(axis=1)
    n = count[where.ravel()]
    return np.where(n >= LEAST_ENTITIES, n / present[found[0]], 0.0)


def _unit_changes(off: Ints, whole: Bools, found: tuple[Ints, ...]) -> list[Found]:
    s, _, first, length, k = found
    out: list[Found] = []
    keys = np.unique(np.stack([s, first, length, k], axis=1)[whole], axis=0)
    for series, a, n, power in keys.tolist():
        e, t = np.nonzero(off[series, :, a : a + n] == power)
        facts = {"power": power, "n": len(np.unique(e)), "t0": a, "t1": a + n - 1}
        out.append(Found("unit_change", series, e, t + a, 0.97, facts))
    return out


MAJORITY = 0.7
RARE = 0.1
"""A series with a larger share of negative values has them by nature."""
LIKE_NEIGHBOURS = 0.12


def sign_flips(ground: Ground, moved: Moves) -> list[Found]:
    """Cells of the other sign whose absolute value stands between those of its neighbours."""
    v = ground.values
    seen = np.isfinite(v) & (v != 0)
    negative = (v < 0) & seen
    count = seen.sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = negative.sum(axis=2) / count
        overall = negative.sum(axis=(1, 2)) / count.sum(axis=1)
    usual = np.where(share > 1 - MAJORITY, -1.0, 1.0)
    clear = (np.maximum(share, 1 - share) >= MAJORITY) & (count >= 5)  # noqa: PLR2004
    clear &= (np.minimum(overall, 1 - overall) <= RARE)[:, None]
    odd = seen & (np.sign(v) != usual[:, :, None]) & clear[:, :, None]
    log = np.where(odd, np.nan, moved.log)
    with np.errstate(invalid="ignore"):
        before = _held(log)
        after = next_after(log)
    middle = np.where(
        np.isnan(before), after, np.where(np.isnan(after), before, (before + after) / 2)
    )
    spread = moved.spread[:, :, None]
    close = np.abs(moved.log - middle) <= np.fmin(4 * spread, 0.3) + LIKE_NEIGHBOURS / 4
    calm = spread <= LIKE_NEIGHBOURS
    s, e, first, length = runs(odd & close & calm)
    return [
        cells_of("sign", int(s[i]), int(e[i]), span(int(first[i]), int(length[i])), 0.97,
                 {"n": int(length[i]), "value": float(v[s[i], e[i], first[i]])})
        for i in range(len(s))
    ]  # fmt: skip


def _held(log: Floats) -> Floats:
    return next_after(log[:, :, ::-1])[:, :, ::-1]
