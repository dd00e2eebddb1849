"""Faults planted into clean rows of real panels, one of each kind, for a given seed.

Written against plain Python numbers, without the code under test: decimals are read from
how a number is written, and whether rounding explains a fault is decided by how far cells
of the row usually move, in units of its last decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.interpolate import CubicSpline

LEAST_ROW = 9


@dataclass
class Plant:
    """One planted fault: its cells, and which kinds of finding count as found."""

    kind: str
    cells: set[tuple[int, int, int]]
    answers: tuple[str, ...]


class Planter:
    """Copies a cube [series, entity, period] and plants faults into rows without findings."""

    def __init__(self, values, flagged, seed):
        self.rng = np.random.default_rng(seed)
        self.values = values.copy()
        self.clean = values
        self.used = set()
        self.plants = []
        good = np.isfinite(values) & (values > 0)
        self.rows = [
            (s, e, a, b)
            for s, e in np.argwhere(good.sum(axis=2) >= LEAST_ROW).tolist()
            if not flagged[s, e].any()
            for a, b in [_longest(good[s, e])]
            if b - a >= LEAST_ROW and np.ptp(values[s, e, a:b]) > 0
        ]

    def plant_all(self):
        for kind in KINDS:
            KINDS[kind](self)
        return self.values, self.plants

    # ------------------------------------------------------------------ choosing

    def row(self, fits):
        """A clean row, in a series that nothing was planted into, that `fits`."""
        for i in self.rng.permutation(len(self.rows))[:4000]:
            s, e, a, b = self.rows[i]
            if s not in self.used and fits(self.clean[s, e, a:b]):
                self.used.add(s)
                return s, e, a, b
        return None

    def place(self, a, b, length):
        """The first of `length` cells inside a row, with a cell before and after."""
        return int(self.rng.integers(a + 1, b - length))

    def put(self, kind, answers, s, e, start, new):
        old = self.values[s, e, start : start + len(new)]
        changed = {(s, e, start + i) for i in range(len(new)) if new[i] != old[i]}
        self.values[s, e, start : start + len(new)] = new
        if changed:
            self.plants.append(Plant(kind, changed, answers))


def _longest(good):
    """First and end of the longest run of true cells."""
    best, start = (0, 0), None
    for i, ok in enumerate([*good.tolist(), False]):
        if ok and start is None:
            start = i
        if not ok and start is not None:
            best = max(best, (start, i), key=lambda r: r[1] - r[0])
            start = None
    return best


def last_decimal(row):
    """The size of the last decimal that a row is written with; 0 beyond ten digits."""
    places = []
    for x in row:
        digits = Decimal(f"{x:.12g}").normalize()
        if len(digits.as_tuple().digits) > 10:  # noqa: PLR2004
            return 0.0
        places.append(-digits.as_tuple().exponent)
    return 10.0 ** -max(places)


def bend(row):
    return np.median(np.abs(row[1:-1] - (row[:-2] + row[2:]) / 2))


def step(row):
    return np.median(np.abs(np.diff(row)))


def calm(row):
    """No change of a tenfold by itself is near: every change is within 60 %."""
    return np.abs(np.diff(np.log10(row))).max() <= 0.2  # noqa: PLR2004


def rounded(new, row, rng):
    unit = last_decimal(row)
    if unit and rng.random() < 0.5:  # noqa: PLR2004
        return np.rint(new / unit) * unit
    return new


# ------------------------------------------------------------------------ the kinds

UNITS = {1: 1000, 2: 150, 3: 40, 4: 20, 5: 15}
"""How many last decimals a cell usually stands from the line, for a run of so many cells."""


def _fill(kind, shape, lengths):
    def plant(p):
        k = int(p.rng.choice(lengths))
        found = p.row(lambda row: bend(row) >= UNITS[k] * last_decimal(row) and bend(row) > 0)
        if found is None:
            return
        s, e, a, b = found
        start = p.place(a, b, k)
        one, two = p.clean[s, e, start - 1], p.clean[s, e, start + k]
        if abs(two - one) <= 1e-6 * one:
            return
        new = rounded(shape(one, two, np.arange(1, k + 1) / (k + 1)), p.clean[s, e, a:b], p.rng)
        p.put(kind, ("linear", "geometric"), s, e, start, new)

    return plant


def _line(one, two, share):
    return one + share * (two - one)


def _growth(one, two, share):
    return one * (two / one) ** share


def _frozen(p):
    k = int(p.rng.choice([2, 3, 4]))
    found = p.row(lambda row: step(row) >= UNITS[k] * last_decimal(row) and step(row) > 0)
    if found is not None:
        s, e, a, b = found
        start = p.place(a, b, k)
        p.put("frozen", ("frozen",), s, e, start, np.repeat(p.clean[s, e, start - 1], k))


def _slip(p):
    found = p.row(calm)
    if found is not None:
        s, e, a, b = found
        start = p.place(a, b, 1)
        power = int(p.rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]))
        new = p.clean[s, e, start : start + 1] * 10.0**power
        p.put("slip", ("scale",), s, e, start, new)


def _unit_block(p):
    found = p.row(calm)
    if found is not None:
        s, e, a, b = found
        k = int(p.rng.integers(2, 4))
        start = p.place(a, b, k)
        power = int(p.rng.choice([-8, -4, -3, 3, 4, 8]))
        p.put("unit block", ("scale",), s, e, start, p.clean[s, e, start : start + k] * 10.0**power)


def _unit_series(p):
    """From one period on, every entity of a series in another unit."""
    found = p.row(calm)
    if found is None:
        return
    s, _, a, b = found
    start, power = p.place(a + 2, b - 2, 1), int(p.rng.choice([-8, -4, 4, 8]))
    t = np.arange(p.values.shape[2])
    after = t >= start
    seen = np.isfinite(p.clean[s])
    fewer = after if seen[:, after].sum() <= seen[:, ~after].sum() else ~after
    cells = {(s, int(e), int(i)) for e, i in np.argwhere(seen & fewer & (p.clean[s] != 0))}
    p.values[s][:, after] *= 10.0**power
    p.plants.append(Plant("unit series", cells, ("unit_change", "scale")))


def _sign(p):
    found = p.row(calm)
    if found is not None and not (p.clean[found[0]] < 0).any():
        s, e, a, b = found
        start = p.place(a, b, 1)
        p.put("sign", ("sign",), s, e, start, -p.clean[s, e, start : start + 1])


def _copied_entity(p):
    k = int(p.rng.integers(3, 6))
    found = p.row(lambda row: step(row) >= UNITS[2] * last_decimal(row))
    if found is None:
        return
    s, e, a, b = found
    mates = [f for r, f, c, d in p.rows if r == s and f != e and c <= a and d >= b]
    if mates:
        start = p.place(a, b, k)
        mate = int(p.rng.choice(mates))
        new = p.clean[s, mate, start : start + k]
        p.put("copied entity", ("copied_entity",), s, e, start, new)


def _copied_year(p):
    found = p.row(lambda row: step(row) >= UNITS[3] * last_decimal(row))
    if found is not None:
        s, _, a, b = found
        start = p.place(a, b, 1)
        t = start - int(p.rng.integers(1, start - a + 1))
        both = np.isfinite(p.clean[s, :, [t, start]]).all(axis=0) & (p.clean[s, :, t] != 0)
        cells = {(s, int(e), start) for e in np.flatnonzero(both)}
        p.values[s, both, start] = p.clean[s, both, t]
        p.plants.append(Plant("copied year", cells, ("copied_year",)))


def _zero(p):
    found = p.row(lambda row: calm(row) and row.min() > 50 * last_decimal(row))
    if found is not None:
        s, e, a, b = found
        k = int(p.rng.integers(1, 3))
        p.put("zero", ("zero",), s, e, p.place(a, b, k), np.zeros(k))


def _zero_together(p):
    """From one period on most entities of a series fall to zero."""
    found = p.row(lambda row: row.min() > 50 * last_decimal(row))
    if found is not None and not (p.clean[found[0]] == 0).any():
        s, _, a, b = found
        start = p.place(a + 2, b, 1)
        seen = np.isfinite(p.clean[s]) & (p.rng.random(len(p.clean[s])) < 0.8)[:, None]  # noqa: PLR2004
        seen &= np.isfinite(p.clean[s, :, start - 1])[:, None]
        seen[:, :start] = False
        cells = {(s, int(e), int(t)) for e, t in np.argwhere(seen)}
        p.values[s][seen] = 0.0
        p.plants.append(Plant("zero together", cells, ("zero",)))


def _swap(p):
    found = p.row(calm)
    if found is None:
        return
    s, e, a, b = found
    size = np.median(p.clean[s, e, a:b])
    mates = [
        r for r, f, c, d in p.rows
        if f == e and r not in p.used and c <= a and d >= b and calm(p.clean[r, f, a:b])
        and abs(np.log10(np.median(p.clean[r, f, a:b]) / size)) > 1
    ]  # fmt: skip
    if mates:
        r, k = int(p.rng.choice(mates)), int(p.rng.integers(1, 4))
        p.used.add(r)
        start = p.place(a, b, k)
        p.put("swapped", ("swapped",), s, e, start, p.clean[r, e, start : start + k])
        p.put("swapped", ("swapped",), r, e, start, p.clean[s, e, start : start + k])


def _outlier(p):
    found = p.row(calm)
    if found is not None:
        s, e, a, b = found
        start = p.place(a, b, 1)
        new = p.clean[s, e, start : start + 1] * (1.8 if p.rng.random() < 0.5 else 0.55)  # noqa: PLR2004
        p.put("outlier", ("outlier",), s, e, start, new)


def _spline(p):
    found = p.row(lambda row: bend(row) >= UNITS[2] * last_decimal(row) and bend(row) > 0)
    if found is not None:
        s, e, a, b = found
        k = int(p.rng.integers(3, 6))
        start = p.place(a, b, k)
        t = np.array([i for i in range(a, b) if not start <= i < start + k])
        new = CubicSpline(t, p.clean[s, e, t])(np.arange(start, start + k))
        new = rounded(new, p.clean[s, e, a:b], p.rng)
        p.put("spline", ("spline", "linear", "arima"), s, e, start, new)


def _arima(p):
    """Forecasts of an ARIMA(1,1,0): steps that decay at one rate from the last one."""
    found = p.row(lambda row: step(row) >= UNITS[2] * last_decimal(row) and step(row) > 0)
    if found is not None:
        s, e, a, b = found
        k = int(p.rng.integers(4, 7))
        start = int(p.rng.integers(a + 2, b - k + 1))
        last = p.clean[s, e, start - 1]
        drift = last - p.clean[s, e, start - 2]
        rate = float(p.rng.uniform(0.4, 0.8))
        new = last + drift * np.cumsum(rate ** np.arange(1, k + 1))
        if drift != 0 and (new > 0).all():
            new = rounded(new, p.clean[s, e, a:b], p.rng)
            p.put("arima", ("arima", "spline", "linear"), s, e, start, new)


KINDS = {
    "linear": _fill("linear", _line, [2, 3, 4, 5]),
    "geometric": _fill("geometric", _growth, [2, 3, 4, 5]),
    "single cell": _fill("single cell", _line, [1]),
    "frozen": _frozen,
    "slip": _slip,
    "unit block": _unit_block,
    "unit series": _unit_series,
    "sign": _sign,
    "copied entity": _copied_entity,
    "copied year": _copied_year,
    "zero": _zero,
    "zero together": _zero_together,
    "swapped": _swap,
    "outlier": _outlier,
    "spline": _spline,
    "arima": _arima,
}
GATED = (
    "linear", "geometric", "frozen", "slip", "unit block", "unit series", "sign",
    "copied entity", "copied year", "zero", "zero together",
)  # fmt: skip
