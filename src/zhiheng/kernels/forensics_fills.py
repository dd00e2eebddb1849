"""Cells that were computed from their neighbours: linear, geometric, cubic and ARIMA fills.

A run of cells on a line proves nothing where values are rounded coarsely: 3.1, 3.2, 3.3
happens. For each run the chance of so straight a run is computed from the rounding and
from how far cells of the row usually stand from the line between their neighbours; it is
flagged when less than `MOST_BY_CHANCE` such runs are expected in the whole series.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from zhiheng.kernels.forensics import (
    Bools,
    Floats,
    Found,
    Ground,
    Ints,
    cells_of,
    logs,
    repeated,
    runs,
    span,
    sureness,
    usual_size,
)

MOST_BY_CHANCE = 0.01
"""Runs expected by chance in a series, above which rounding explains a run."""
COARSE, COARSE_SMOOTH = 0.2, 0.02
"""Where a single cell fits with this chance, rounding is too coarse to say anything;
curves bend to many data, so that less is allowed of them."""
LEAST_CHANCE = 1e-6
"""Chance that an unrounded cell stands on a line: stored digits end somewhere."""
PEAK = 0.8
"""Density at zero of a peaked variable times its standard deviation (normal 0.4, Laplace 0.71)."""
TRUST_SMOOTH = 0.7
"""Overlapping windows are not independent, so that their chance is understated."""
LEAST_TOGETHER, MOST_TOGETHER = 5, 0.5
CUBIC_POINTS = 5
LEAST_DECAY = 0.02
"""Steps that shrink or grow by less than this share from one to the next are a line."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Candidate runs of interior cells.

    Attributes
    ----------
    series, entity, first, length : ndarray of int
        Interior cells only; the anchors stand on both sides.
    expected : ndarray of float
        Runs as straight and as long that chance gives in the series.
    """

    series: Ints
    entity: Ints
    first: Ints
    length: Ints
    expected: Floats

    def keep(self, rows: Bools) -> Runs:
        """Some of the runs."""
        parts = (self.series, self.entity, self.first, self.length, self.expected)
        return Runs(*(part[rows] for part in parts))  # pyright: ignore[reportArgumentType]


def fills(ground: Ground) -> list[Found]:
    """Linear and geometric runs, then cubic and ARIMA-like ones among the other cells."""
    together = period_fills(ground)
    line = straight_runs(ground, ground.values, ground.slack)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = ground.slack / np.abs(ground.values)
    log = np.where(ground.values > 0, logs(ground.values), np.nan)
    growth = straight_runs(ground, log, relative / np.log(10.0))
    shape = ground.values.shape
    longest, other = _lengths(line, shape), _lengths(growth, shape)
    growth = growth.keep(_beats(growth, longest))
    other = _lengths(growth, shape)
    line = line.keep(~_beats_by(line, other))
    taken = (_lengths(line, shape) > 0) | (_lengths(growth, shape) > 0)
    new = ~taken[together.series, together.entity, together.first]
    together = together.keep(new)
    said = _found("linear", ground, line) + _found("geometric", ground, growth)
    said += _found("linear", ground, together)
    said += smooth_fills(ground, taken)
    return said


def straight_runs(ground: Ground, values: Floats, slack: Floats) -> Runs:
    """Runs of interior cells on the line between their anchors, as far as rounding allows."""
    away = from_chord(values, ground.times)
    level = repeated(values)[:, :, 1:]
    flat = _padded(level[:, :, :-1] & level[:, :, 1:])
    near = (np.abs(away) <= slack) & ~(flat > 0)
    s, e, first, length = _split(values, slack, ground.times, runs(near))
    usual = usual_size(away, 2 * slack, _level(values, ground))
    chance = _chance(ground, slack, usual, (s, e, first, length))
    cells = np.isfinite(values).sum(axis=(1, 2))
    expected = cells[s] * chance**length
    ok = (expected <= MOST_BY_CHANCE) & (chance <= COARSE)
    return Runs(s, e, first, length, expected).keep(ok)


def period_fills(ground: Ground) -> Runs:
    """Cells on the line between their neighbours in a period in which most entities are.

    One such cell proves little in a rounded series; half of all entities in one and the
    same period do.
    """
    away, slack = from_chord(ground.values, ground.times), ground.slack
    level = repeated(ground.values)
    still = np.asarray((level[:, :, :-1] & level[:, :, 1:]).any(axis=2), dtype=np.bool_)
    moving = np.isfinite(away) & ~still[:, :, None]
    near = moving & (np.abs(away) <= slack)
    usual = usual_size(away, 2 * slack, ground.size)
    chance = np.clip(2 * PEAK * np.nanmax(slack, axis=2, initial=0.0) / usual, LEAST_CHANCE, 1)
    typical = np.where(usual > 0, chance, 1.0).mean(axis=1)[:, None]
    n, k = moving.sum(axis=1), near.sum(axis=1)
    expected = ground.values.shape[2] * 2.0**n * typical**k
    most = (k >= LEAST_TOGETHER) & (k >= MOST_TOGETHER * n) & (expected <= MOST_BY_CHANCE)
    s, e, t = np.nonzero(near & most[:, None, :])
    return Runs(s, e, t, np.ones(len(s), dtype=np.int64), expected[s, t])


def from_chord(values: Floats, times: Floats) -> Floats:
    """Each cell less the line between the cells before and after it; NaN at the ends."""
    before = (times[2:] - times[1:-1]) / (times[2:] - times[:-2])
    chord = before * values[:, :, :-2] + (1 - before) * values[:, :, 2:]
    return _padded(values[:, :, 1:-1] - chord)


def _padded(inner: Floats | Bools) -> Floats:
    out = np.full((*inner.shape[:2], inner.shape[2] + 2), np.nan)
    out[:, :, 1:-1] = inner
    return out


def _level(values: Floats, ground: Ground) -> Floats:
    """What moves are relative to: the size of a row, or 1 for logarithms."""
    return ground.size if values is ground.values else np.ones_like(ground.size)


def _split(
    values: Floats, slack: Floats, times: Floats, found: tuple[Ints, Ints, Ints, Ints]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Cut runs at the cell furthest from the chord until every cell is on its chord."""
    done: list[tuple[Ints, Ints, Ints, Ints]] = []
    todo = found
    while len(todo[0]):
        s, e, first, length = todo
        place = first[:, None] + np.arange(int(length.max()))[None, :]
        inside = np.arange(int(length.max()))[None, :] < length[:, None]
        place = np.where(inside, place, first[:, None])
        a, b = first - 1, first + length
        one, two = values[s, e, a], values[s, e, b]
        share = (times[place] - times[a][:, None]) / (times[b] - times[a])[:, None]
        gap = values[s[:, None], e[:, None], place] - (one[:, None] + share * (two - one)[:, None])
        room = slack[s[:, None], e[:, None], place]
        excess = np.where(inside, np.abs(gap) - room, -np.inf)
        worst = excess.argmax(axis=1)
        fits = excess.max(axis=1) <= 0
        done.append((s[fits], e[fits], first[fits], length[fits]))
        s, e, first, length, cut = (x[~fits] for x in (s, e, first, length, worst))
        left = (s, e, first, cut)
        right = (s, e, first + cut + 1, length - cut - 1)
        s, e, first, length = (np.concatenate(pair) for pair in zip(left, right, strict=True))
        some = length > 0
        todo = (s[some], e[some], first[some], length[some])
    parts = [
        np.concatenate([d[i] for d in done]) if done else np.empty(0, np.int64) for i in range(4)
    ]
    return parts[0], parts[1], parts[2], parts[3]


def _chance(
    ground: Ground, slack: Floats, usual: Floats, found: tuple[Ints, Ints, Ints, Ints]
) -> Floats:
    """Chance that one cell of a run stands on the line, for each run."""
    s, e, first, length = found
    middle = first + length // 2
    room = slack[s, e, middle]
    fine = ground.fine[s, e, middle]
    with np.errstate(divide="ignore", invalid="ignore"):
        by_rounding = 2 * PEAK * room / usual[s, e]
    by_rounding = np.where(usual[s, e] > 0, by_rounding, np.where(fine, 0.0, 1.0))
    return np.clip(by_rounding, LEAST_CHANCE, 1.0)


def _lengths(found: Runs, shape: tuple[int, ...]) -> Ints:
    """For each cell the length of the run that covers it, 0 outside of runs."""
    change = np.zeros((shape[0], shape[1], shape[2] + 1), dtype=np.int64)
    np.add.at(change, (found.series, found.entity, found.first), found.length)
    np.add.at(change, (found.series, found.entity, found.first + found.length), -found.length)
    return change.cumsum(axis=2)[:, :, :-1]


def _beats(found: Runs, other: Ints) -> Bools:
    """Runs longer than every run of the other kind at their middle and ends."""
    return found.length > _most(found, other)


def _beats_by(found: Runs, other: Ints) -> Bools:
    return _most(found, other) > found.length


def _most(found: Runs, other: Ints) -> Ints:
    s, e, a, n = found.series, found.entity, found.first, found.length
    places = (a, a + n // 2, a + n - 1)
    return np.maximum.reduce([other[s, e, p] for p in places])


def _found(kind: str, ground: Ground, held: Runs) -> list[Found]:
    out: list[Found] = []
    sure = sureness(held.expected)
    for s, e, first, n, expected, c in zip(
        held.series.tolist(), held.entity.tolist(), held.first.tolist(), held.length.tolist(),
        held.expected.tolist(), sure.tolist(), strict=True,
    ):  # fmt: skip
        a, b = ground.values[s, e, first - 1], ground.values[s, e, first + n]
        facts = {"n": n, "from": float(a), "to": float(b), "expected": expected,
                 "t0": first - 1, "t1": first + n, "step": float(ground.step[s, e])}  # fmt: skip
        out.append(cells_of(kind, s, e, span(first, n), c, facts))
    return out


def smooth_fills(ground: Ground, taken: Bools) -> list[Found]:
    """Five or more cells on one cubic, or differences that decay by one constant ratio."""
    values = ground.values
    if values.shape[2] < CUBIC_POINTS + 1 or np.ptp(np.diff(ground.times)) > 0:
        return []
    slack = ground.slack / 2
    cubic = np.diff(values, n=4, axis=2)
    room = sum(w * slack[:, :, i : i + cubic.shape[2]] for i, w in enumerate((1, 4, 6, 4, 1)))
    said = _smooth("spline", ground, taken, cubic, np.asarray(room), width=CUBIC_POINTS, least=2)
    d = np.diff(values, axis=2)
    decay = d[:, :, 1:-1] ** 2 - d[:, :, :-2] * d[:, :, 2:]
    pair = slack[:, :, :-1] + slack[:, :, 1:]
    size = np.abs(d)
    room = 2 * size[:, :, 1:-1] * pair[:, :, 1:-1] + size[:, :, :-2] * pair[:, :, 2:]
    room = room + size[:, :, 2:] * pair[:, :, :-2] + 2 * pair[:, :, 1:-1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = d[:, :, 1:] / d[:, :, :-1]
    bent = np.abs(np.abs(ratio[:, :, :-1]) - 1) > LEAST_DECAY
    decay = np.where(bent, decay, np.nan)
    return said + _smooth("arima", ground, taken, decay, room, width=4, least=3)


def _smooth(
    kind: str, ground: Ground, taken: Bools, zero: Floats, room: Floats, *, width: int, least: int
) -> list[Found]:
    """Runs in which a combination of `width` neighbours vanishes as far as rounding allows."""
    barred = taken | repeated(ground.values) | (ground.values == 0)
    clear = np.zeros(zero.shape, dtype=np.bool_)
    for i in range(width):
        clear |= barred[:, :, i : i + zero.shape[2]]
    s, e, first, length = runs((np.abs(zero) <= room) & ~clear)
    usual = usual_size(zero, room, ground.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 2 * PEAK * room[s, e, first] / usual[s, e]
    chance = np.clip(np.where(usual[s, e] > 0, chance, 1.0), LEAST_CHANCE, 1.0)
    expected = np.isfinite(ground.values).sum(axis=(1, 2))[s] * chance**length
    ok = (expected <= MOST_BY_CHANCE) & (length >= least) & (chance <= COARSE_SMOOTH)
    whole = Runs(s, e, first + 1, length + width - 3, expected).keep(ok)
    found = _found(kind, ground, whole)
    return [replace(f, confidence=f.confidence * TRUST_SMOOTH) for f in found]
