"""One target measured on a panel: levels, goal, line and paces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import missing_cells
from zhiheng.catalog.scope import scope
from zhiheng.catalog.targets import Target
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import Scope, evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.pathways import on_geometric, on_line, yearly_rate

Array = NDArray[np.float64]

GEOMETRIC = ("reduction", "below_peak")
"""Kinds whose way is told by a rate; the others move on a straight line."""
AMOUNTS = ("neutrality", "stock")
"""Kinds whose pace is a share of the latest value; that of the others is in points."""
SETTLED = 5
"""Years since the maximum after which a peak target is called past its maximum."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One target on the entities that have its series.

    Attributes
    ----------
    target : Target
    entities : tuple of str
    names : tuple of Text
    years : tuple of int
        From the first to the last year with a value.
    values : ndarray, shape (E, T)
    unit : str
    start : int
        Position of the year from which the line starts.
    goal : ndarray, shape (E,)
        The level to be reached; the maximum so far for a peak.
    line : ndarray, shape (E, T)
        NaN before the start, after the deadline, and for a peak.
    required, recent : ndarray, shape (E,)
        Change a year, of the latest value; points for shares.
    progress : ndarray, shape (E,)
        Share of the way from the start to the goal.
    state : tuple of str
    series, left_out : tuple of str
    """

    target: Target
    entities: tuple[str, ...]
    names: tuple[Text, ...]
    years: tuple[int, ...]
    values: Array
    unit: str
    start: int
    goal: Array
    line: Array
    required: Array
    recent: Array
    progress: Array
    state: tuple[str, ...]
    series: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def latest(self) -> Array:
        """The last values."""
        return self.values[:, -1]

    @property
    def years_left(self) -> int:
        """Years from the last value to the deadline."""
        return self.target.deadline - self.years[-1]

    @property
    def geometric(self) -> bool:
        """Whether the way is told by a rate."""
        return self.target.kind in GEOMETRIC


def measure(
    panel: Panel, target: Target, emissions: str, recent: int, gaps: Literal["refuse", "drop"]
) -> Measured | str:
    """Measure a target, or say what is missing for it.

    Raises
    ------
    ZhihengError
        M800 gaps, M975 values that are not positive where a way is told by a rate; X and
        U codes of an expression that cannot be computed although its series are there.
    """
    meaning = scope(panel.level)
    expression = target.written(panel.level, emissions)
    absent = _absent(expression, panel, meaning)
    if absent:
        return ", ".join(absent)
    if panel.level == "economy" and target.entity not in panel.entities:
        return target.entity
    own = panel if panel.level != "economy" else panel.select(entities=[target.entity])
    found = evaluate(expression, own, meaning)
    seen = np.flatnonzero(np.isfinite(found.values).any(axis=0))
    if len(seen) < 2:
        return expression
    last = _last(target, own, int(seen[-1]))
    years = [own.periods[i] for i in range(seen[0], last + 1)]
    start = target.base or int(target.announced[:4])
    if start not in years or years[-1] <= start:
        return str(start)
    values = found.values[:, seen[0] : last + 1]
    complete = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    if not complete.all() and (gaps == "refuse" or not complete.any()):
        gap = ~np.isfinite(values)[:, :, None]
        rows = own.select(periods=years).cells(gap, expression=[expression])
        raise missing_cells(rows)
    kept = [e for e, c in zip(own.entities, complete, strict=True) if c]
    data = values[complete]
    place = years.index(start)
    if target.kind in GEOMETRIC:
        _refuse_sign(own.select(entities=kept, periods=years), data, expression)
    goal = _goal(target, data, place)
    way = _way(target, data, goal, np.array(years), place, recent)
    return Measured(
        target, tuple(kept), tuple(own.name(e) for e in kept), tuple(years), data, found.unit,
        place, goal, *way, tuple(sorted(needs(expression, meaning))),
        tuple(e for e, c in zip(own.entities, complete, strict=True) if not c),
    )  # fmt: skip


def _last(target: Target, panel: Panel, last: int) -> int:
    """The year in which a target is judged: its deadline, or the last one with a value before.

    A maximum is looked for in all years, since what came later tells whether it was one.
    """
    if target.kind == "peak":
        return last
    return max((i for i in range(last + 1) if panel.periods[i] <= target.deadline), default=-1)


def _refuse_sign(panel: Panel, values: Array, expression: str) -> None:
    rows = panel.cells(values <= 0, values)
    if rows:
        raise ZhihengError(
            "M975",
            Text(
                "{x} 有 {n} 个不为正的值，没有变化率。",
                "{n} values of {x} are not positive: no rate.",
            ).format(x=expression, n=len(rows)),
            evidence=rows,
            fix=Text(
                "查这些值是不是缺失；真为零的地区不参与，碳汇不从排放里减掉。",
                "See whether these values are gaps; leave out regions that emit nothing, and do "
                "not take sinks off emissions.",
            ),
        )


def _absent(expression: str, panel: Panel, meaning: Scope) -> list[str]:
    known = {*panel.series, *meaning.constants, *meaning.definitions}
    return sorted(name for name in needs(expression, meaning) if name not in known)


def _goal(target: Target, data: Array, place: int) -> Array:
    value = 0.0 if target.value is None else target.value
    match target.kind:
        case "reduction":
            return data[:, place] * (1 + value)
        case "stock":
            return data[:, place] + value
        case "below_peak":
            return data.max(axis=1) * (1 + value)
        case "peak":
            return data.max(axis=1)
        case _:
            return np.full(len(data), value)


def _way(
    target: Target, data: Array, goal: Array, years: NDArray[np.intp], place: int, recent: int
) -> tuple[Array, Array, Array, Array, tuple[str, ...]]:
    """Line, required and recent pace, progress and state."""
    start, latest, last = data[:, place], data[:, -1], int(years[-1])
    left = target.deadline - last
    back = min(recent, len(years) - 1)
    blank = np.full(data.shape, np.nan)
    if target.kind == "peak":
        pace = yearly_rate(data[:, -1 - back], latest, back)
        since = len(years) - 1 - data.argmax(axis=1)
        state = tuple("below" if s >= SETTLED else "rising" for s in since)
        need = np.zeros(len(data)) if left > 0 else np.full(len(data), np.nan)
        return blank, need, pace, np.full(len(data), np.nan), state
    position = (years - years[place]) / (target.deadline - years[place])
    inside = (position >= 0) & (position <= 1)
    if target.kind in GEOMETRIC:
        line = on_geometric(start, goal, position)
        pace = yearly_rate(data[:, -1 - back], latest, back)
        need = yearly_rate(latest, goal, left) if left > 0 else np.full(len(data), np.nan)
        progress = _part(np.log(latest / start), np.log(goal / start))
    else:
        line = on_line(start, goal, position)
        unit = np.where(latest > 0, latest, np.nan) if target.kind in AMOUNTS else 1.0
        pace = (latest - data[:, -1 - back]) / back / unit
        need = (goal - latest) / left / unit if left > 0 else np.full(len(data), np.nan)
        progress = _part(latest - start, goal - start)
    line = np.where(inside, line, np.nan)
    downwards = goal < start
    reached = np.where(downwards, latest <= goal, latest >= goal)
    behind = np.where(downwards, latest > line[:, -1], latest < line[:, -1])
    need = np.where(reached & (left > 0), 0.0, need)
    state = tuple(
        "met" if r else ("missed" if left <= 0 else ("behind" if b else "on_track"))
        for r, b in zip(reached, behind, strict=True)
    )
    return line, need, pace, progress, state


def _part(done: Array, whole: Array) -> Array:
    return np.divide(done, whole, out=np.full(done.shape, np.nan), where=whole != 0)
