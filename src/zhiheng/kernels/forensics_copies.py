"""Values that stand twice: frozen cells, repeated years, copied entities and blocks, twins."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.forensics import (
    EXACT,
    Bools,
    Floats,
    Found,
    Ground,
    Ints,
    cells_of,
    repeated,
    row_median,
    runs,
    span,
    sureness,
    usual_size,
)
from zhiheng.kernels.forensics_fills import MOST_BY_CHANCE, PEAK

MOST_OF_A_YEAR = 0.8
"""Share of entities that repeat an earlier year, from which the whole year is a copy."""
LEAST_ENTITIES = 5
WINDOW = 3
"""Periods in a row that two entities have to share."""
LEAST_SERIES = 4
"""Series that two entities have to share in one period."""
TWIN = 0.95
LEAST_TWIN = 20
STILL = 0.9
"""Share of entities without any change, from which a series does not vary by nature."""


def still_series(ground: Ground) -> Bools:
    """Series that hardly any entity changes: attributes such as area, not frozen figures."""
    low, high = _extremes(ground.values)
    seen = np.isfinite(ground.values).sum(axis=2) > 1
    same = seen & (high - low <= EXACT * np.fmax(np.abs(high), np.abs(low)))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = same.sum(axis=1) / seen.sum(axis=1)
    return share >= STILL


def _extremes(values: Floats) -> tuple[Floats, Floats]:
    low = np.where(np.isnan(values), np.inf, values).min(axis=2)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=2)
    return low, high


def tie_chance(ground: Ground) -> Floats:
    """Chance that a cell repeats the one before it by rounding, for each row."""
    d = np.diff(ground.values, axis=2)
    usual = usual_size(d, EXACT * ground.size[:, :, None], ground.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = PEAK * ground.step / usual
    return np.clip(np.where(usual > 0, chance, 1.0), 1e-7, 1.0)


def repeats(ground: Ground) -> list[Found]:
    """Whole years that repeat an earlier one, then frozen cells outside of them."""
    still = still_series(ground)
    chance = tie_chance(ground)
    years, covered = _copied_years(ground, still, chance)
    v = ground.values
    same = repeated(v) & (v != 0) & ~still[:, None, None]
    s, e, first, length = runs(same)
    cells = np.isfinite(v).sum(axis=(1, 2))
    expected = cells[s] * chance[s, e] ** length
    new = ~covered[s, e, first] | ~covered[s, e, first + length - 1]
    ok = (expected <= MOST_BY_CHANCE) & new
    sure = sureness(expected)
    out = years
    for i in np.flatnonzero(ok).tolist():
        facts = {"n": int(length[i]), "value": float(v[s[i], e[i], first[i]]),
                 "expected": float(expected[i]), "t0": int(first[i]) - 1}  # fmt: skip
        cell = span(int(first[i]), int(length[i]))
        out.append(cells_of("frozen", int(s[i]), int(e[i]), cell, float(sure[i]), facts))
    return out


def _copied_years(ground: Ground, still: Bools, chance: Floats) -> tuple[list[Found], Bools]:
    v = ground.values
    covered = np.zeros(v.shape, dtype=np.bool_)
    out: list[Found] = []
    typical = row_median(np.where(np.isfinite(v).any(axis=2), chance, np.nan))
    for lag in range(1, v.shape[2]):
        both = np.isfinite(v[:, :, lag:]) & np.isfinite(v[:, :, :-lag])
        both &= v[:, :, lag:] != 0
        same = both & (np.abs(v[:, :, lag:] - v[:, :, :-lag]) <= EXACT * np.abs(v[:, :, lag:]))
        n, k = both.sum(axis=1), same.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            hit = (n >= LEAST_ENTITIES) & (k / n >= MOST_OF_A_YEAR) & ~still[:, None]
        for s, t in np.argwhere(hit).tolist():
            expected = float(typical[s] ** k[s, t] * 2.0 ** n[s, t]) * v.shape[2] ** 2
            who = np.flatnonzero(same[s, :, t] & ~covered[s, :, t + lag])
            if expected > MOST_BY_CHANCE or len(who) < LEAST_ENTITIES:
                continue
            covered[s, who, t + lag] = True
            facts = {"n": int(k[s, t]), "of": int(n[s, t]), "t0": t, "t1": t + lag}
            place = np.full(len(who), t + lag, dtype=np.int64)
            out.append(Found("copied_year", s, who, place, float(sureness(expected)), facts))
    return out, covered


def copied_rows(ground: Ground) -> list[Found]:
    """Two entities with equal values over three or more periods in one series."""
    v = ground.values
    periods = v.shape[2]
    if periods < WINDOW or v.shape[1] < 2:  # noqa: PLR2004
        return []
    s, a, b, t = _equal_windows(v)
    if not len(s):
        return []
    order = np.lexsort((t, b, a, s))
    s, a, b, t = s[order], a[order], b[order], t[order]
    new = np.ones(len(s), dtype=np.bool_)
    new[1:] = (np.diff(s) != 0) | (np.diff(a) != 0) | (np.diff(b) != 0) | (np.diff(t) != 1)
    starts = np.flatnonzero(new)
    length = np.diff(np.append(starts, len(s))) + WINDOW - 1
    chance = _pair_chance(ground)
    pairs = v.shape[1] * (v.shape[1] - 1) / 2 * periods
    out: list[Found] = []
    for i, n in zip(starts.tolist(), length.tolist(), strict=True):
        expected = float(pairs * chance[s[i]] ** n)
        if expected > MOST_BY_CHANCE:
            continue
        cell = span(int(t[i]), n)
        facts = {"n": n, "mate": int(a[i]), "t0": int(t[i]), "t1": int(t[i]) + n - 1}
        held = np.repeat(np.array([a[i], b[i]], dtype=np.int64), n)
        sure = float(sureness(expected))
        out.append(Found("copied_entity", int(s[i]), held, np.tile(cell, 2), sure, facts))
    return out


def _equal_windows(v: Floats) -> tuple[Ints, Ints, Ints, Ints]:
    """Neighbours in the order of three-period windows, equal in all three."""
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    for t in range(v.shape[2] - WINDOW + 1):
        w = v[:, :, t : t + WINDOW]
        good = np.isfinite(w).all(axis=2) & (w != 0).all(axis=2)
        varies = (w[:, :, 0] != w[:, :, 1]) | (w[:, :, 1] != w[:, :, 2])
        s, e = np.nonzero(good & varies)
        x = w[s, e]
        order = np.lexsort((e, x[:, 2], x[:, 1], x[:, 0], s))
        s, e, x = s[order], e[order], x[order]
        same = (s[1:] == s[:-1]) & (x[1:] == x[:-1]).all(axis=1)
        i = np.flatnonzero(same)
        found.append((s[i], e[i], e[i + 1], np.full(len(i), t)))
    s, a, b, first = (np.concatenate(part).astype(np.int64) for part in zip(*found, strict=True))
    return s, a, b, first


def _pair_chance(ground: Ground) -> Floats:
    """Chance that two entities show the same value in a period, from rounding and spread."""
    v = ground.values
    across = np.swapaxes(v, 1, 2)
    off = np.abs(across - row_median(across)[:, :, None])
    spread = row_median(off.reshape(len(v), -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = row_median(ground.step) / spread
    return np.clip(np.where(spread > 0, chance, 1.0), 1e-6, 1.0)


def copied_blocks(ground: Ground) -> list[Found]:
    """Two entities with equal values in four or more series of one period."""
    v = ground.values
    chance = _pair_chance(ground)
    usable = chance <= 1e-2  # coarser series agree by chance too often to be evidence
    s, e, t = np.nonzero(np.isfinite(v) & (v != 0) & usable[:, None, None])
    x = v[s, e, t]
    order = np.lexsort((e, x, t, s))
    s, e, t, x = s[order], e[order], t[order], x[order]
    same = np.flatnonzero((s[1:] == s[:-1]) & (t[1:] == t[:-1]) & (x[1:] == x[:-1]))
    a, b, t, s = e[same], e[same + 1], t[same], s[same]
    key = (t * v.shape[1] + a) * v.shape[1] + b
    _, where, count = np.unique(key, return_inverse=True, return_counts=True)
    common = np.isfinite(v)
    out: list[Found] = []
    for i in np.flatnonzero(count >= LEAST_SERIES).tolist():
        rows = where == i
        one, two, when = int(a[rows][0]), int(b[rows][0]), int(t[rows][0])
        of = int((common[:, one, when] & common[:, two, when] & usable).sum())
        if count[i] < 0.25 * of:
            continue
        for k in s[rows].tolist():
            facts = {"n": int(count[i]), "of": of, "mate": one, "t0": when}
            held = np.array([one, two], dtype=np.int64)
            place = np.array([when, when], dtype=np.int64)
            out.append(Found("copied_block", int(k), held, place, 0.99, facts))
    return out


def twins(ground: Ground) -> list[Found]:
    """Two series that are equal, or proportional, in nearly every common cell."""
    v = ground.values
    if len(v) < 2:  # noqa: PLR2004
        return []
    top = np.nanmax(np.abs(np.where(np.isfinite(v), v, 0.0)), axis=(1, 2), keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = v / top
    s, e, t = np.nonzero(np.isfinite(scaled) & (v != 0))
    x = np.round(scaled[s, e, t], 9)
    order = np.lexsort((s, x, t, e))
    s, e, t, x = s[order], e[order], t[order], x[order]
    same = np.flatnonzero((e[1:] == e[:-1]) & (t[1:] == t[:-1]) & (x[1:] == x[:-1]))
    key, count = np.unique(s[same] * len(v) + s[same + 1], return_counts=True)
    out: list[Found] = []
    none = np.empty(0, dtype=np.int64)
    for k, n in zip(key.tolist(), count.tolist(), strict=True):
        one, two = divmod(k, len(v))
        common = np.isfinite(v[one]) & np.isfinite(v[two]) & ((v[one] != 0) | (v[two] != 0))
        of = int(common.sum())
        if n >= LEAST_TWIN - 1 and n + 1 >= TWIN * of:
            ratio = float(top[two, 0, 0] / top[one, 0, 0])
            n = int((common & (np.abs(scaled[one] - scaled[two]) <= 1e-9)).sum())  # noqa: PLW2901
            facts = {"n": n, "of": of, "mate": one, "ratio": ratio}
            out.append(Found("twin_series", two, none, none, 0.99 * n / of, facts))
    return out
