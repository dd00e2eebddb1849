"""What the panel model does not explain: outliers, jumps, changes of base, swapped columns."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from zhiheng.kernels.forensics import MAD, Bools, Floats, Found, Ground, cells_of, row_median, span
from zhiheng.kernels.forensics_moves import Moves, next_after

SPIKE, STEP = 10.0, 12.0
"""Robust standard deviations: there and back, or there to stay."""
CALMEST, WILDEST = 0.7, 2.0
"""Rows count as no calmer and no wilder than this, relative to their series: a short row that
is wrong in two places is wild by that alone."""
LEAST_MOVE = 0.06
"""Smaller moves (about 15 %) are never called outliers, in decimal logs."""
COMMON, TIGHT = 6.0, 4.0
LEAST_COMMON, LARGE_COMMON = 0.05, 0.15
LEAST_ENTITIES = 5
SWAP_JUMP = 0.1
TOGETHER = 3
MOST_AT_ONCE = 24
"""Series of one entity that jump in one period, beyond which no pairs are looked for."""


def outliers(moved: Moves) -> list[Found]:
    """Cells and steps far outside what rows and periods explain."""
    r = moved.residual
    scale = _scale(moved)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(np.abs(r) >= LEAST_MOVE, r / scale[:, :, None], 0.0)
    z = np.where(np.isfinite(z), z, 0.0)
    following = next_after(np.where(np.isfinite(r), z, np.nan))
    following = np.where(np.isfinite(following), following, 0.0)
    back = (np.sign(z) == -np.sign(following)) & (np.abs(following) >= 0.5 * np.abs(z))
    both = (np.abs(z) + np.abs(following)) / np.sqrt(2.0)
    spike = (both >= SPIKE) & back & (np.abs(z) >= 0.5 * np.abs(following))
    echo = np.zeros_like(spike)
    echo[:, :, 1:] = spike[:, :, :-1]
    step = (np.abs(z) >= STEP) & ~back & ~echo
    return _named("outlier", spike, z, r) + _named("jump", step, z, r)


def _scale(moved: Moves) -> Floats:
    size = np.abs(moved.residual)
    own = MAD * row_median(size)
    pooled = MAD * row_median(size.reshape(len(size), -1))
    own = np.clip(own, CALMEST * pooled[:, None], WILDEST * pooled[:, None])
    return np.fmax(own, 1e-3)


def _named(kind: str, marked: Bools, z: Floats, r: Floats) -> list[Found]:
    out: list[Found] = []
    for s, e, t in np.argwhere(marked).tolist():
        size = abs(float(z[s, e, t]))
        facts = {"z": float(z[s, e, t]), "factor": float(10 ** r[s, e, t])}
        out.append(cells_of(kind, s, e, span(t, 1), min(0.9, size / (size + 6)), facts))
    return out


def rebased(moved: Moves) -> list[Found]:
    """Periods in which all entities of a series jump by about one factor."""
    jump = moved.log - moved.before - moved.usual[:, :, None]
    here = np.swapaxes(jump, 1, 2)
    middle = row_median(here)
    spread = MAD * row_median(np.abs(here - middle[:, :, None]))
    n = np.isfinite(here).sum(axis=2)
    usual = MAD * row_median(np.abs(middle))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(middle) / np.fmax(usual, 0.01)
        tight = np.abs(middle) / np.fmax(spread, 1e-3)
    seldom = (np.abs(middle) >= LEAST_COMMON) & (z >= COMMON) & (tight >= TIGHT)
    alike = (np.abs(middle) >= LARGE_COMMON) & (z >= COMMON / 2) & (tight >= 3 * TIGHT)
    hit = (n >= LEAST_ENTITIES) & (seldom | alike)
    out: list[Found] = []
    for s, t in np.argwhere(hit).tolist():
        e = np.flatnonzero(np.isfinite(jump[s, :, t]))
        facts = {"factor": float(10 ** middle[s, t]), "n": len(e), "z": float(z[s, t]),
                 "spread": float(spread[s, t]), "t0": t}  # fmt: skip
        place = np.full(len(e), t, dtype=np.int64)
        out.append(Found("rebased", s, e, place, float(min(0.9, z[s, t] / (z[s, t] + 4))), facts))
    return out


def swapped(ground: Ground, moved: Moves) -> list[Found]:
    """Blocks in which two series of an entity stand in each other's place.

    A block that does not end within the data counts when three entities share it.
    """
    spread = moved.restless[:, :, None]
    leaps = np.abs(np.where(np.isfinite(moved.jump), moved.jump, 0.0))
    s, e, t = np.nonzero(leaps > np.maximum(4 * spread, SWAP_JUMP))
    order = np.lexsort((s, t, e))
    s, e, t = s[order], e[order], t[order]
    new = np.flatnonzero((np.diff(e, prepend=-1) != 0) | (np.diff(t, prepend=-1) != 0)).tolist()
    blocks: list[tuple[int, int, int, int, int]] = []
    for first, end in itertools.pairwise([*new, len(s)]):
        if 2 <= end - first <= MOST_AT_ONCE:  # noqa: PLR2004
            here = int(e[first]), int(t[first])
            for a, b in itertools.combinations(s[first:end].tolist(), 2):
                last = _exchange(moved, a, b, *here)
                if last:
                    blocks.append((a, b, *here, last))
    n = ground.values.shape[2]
    shared = Counter((a, b, t, last) for a, b, _, t, last in blocks)
    out: list[Found] = []
    for a, b, entity, t, last in blocks:
        if last < n or shared[a, b, t, last] >= TOGETHER:
            cell = span(t, last - t)
            for one, mate in ((a, b), (b, a)):
                facts = {"mate": mate, "n": len(cell), "t0": t, "t1": last - 1}
                out.append(cells_of("swapped", one, entity, cell, 0.95, facts))
    return out


def _exchange(moved: Moves, a: int, b: int, e: int, t: int) -> int:
    """The end of the block that starts here, 0 unless each continues where the other was."""
    if not _crosses(moved, a, b, e, t):
        return 0
    n = moved.log.shape[2]
    end = t + 1
    while end < n and not _crosses(moved, a, b, e, end):
        end += 1
    return end if end - t <= n // 2 else 0


def _crosses(moved: Moves, a: int, b: int, e: int, t: int) -> bool:
    one, two = moved.log[a, e, t], moved.log[b, e, t]
    was_one, was_two = moved.before[a, e, t], moved.before[b, e, t]
    room = [min(6 * moved.restless[k, e] + 0.03, 0.3) for k in (a, b)]
    far = abs(was_one - was_two) > 2 * max(room)
    meets = abs(one - was_two - moved.usual[b, e]) <= room[1]
    return bool(far and meets and abs(two - was_one - moved.usual[a, e]) <= room[0])


LEAST_CELLS = 300
ORDERS = 3.0
"""Orders of magnitude that a series has to span before its digits say anything."""
NONCONFORMING = 0.015
"""Nigrini's limit for the mean absolute deviation of first digits."""


def benford(ground: Ground) -> list[Found]:
    """Series that span three orders of magnitude and whose first digits are not Benford's.

    A custom of auditors, not a test: panels repeat themselves from year to year.
    Nigrini (2012), Benford's Law, Wiley.
    """
    wanted = np.log10(1 + 1 / np.arange(1, 10))
    none = np.empty(0, dtype=np.int64)
    out: list[Found] = []
    for s, values in enumerate(ground.values):
        x = np.abs(values[np.isfinite(values) & (values != 0)])
        if len(x) < LEAST_CELLS:
            continue
        low, high = np.quantile(x, [0.01, 0.99])
        if np.log10(high / low) < ORDERS:
            continue
        lead = np.floor(x / 10.0 ** np.floor(np.log10(x) + 1e-12)).astype(np.int64)
        share = np.bincount(np.clip(lead, 1, 9), minlength=10)[1:] / len(x)
        off = float(np.abs(share - wanted).mean())
        if off > NONCONFORMING:
            facts = {"n": len(x), "mad": off, "one": float(share[0])}
            out.append(Found("benford", s, none, none, 0.2, facts))
    return out
