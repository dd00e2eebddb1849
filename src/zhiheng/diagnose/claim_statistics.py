"""From a claim to the statistics that decide it, each with an interval and a side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.claims import Claim
from zhiheng.catalog.entity_groups import read_groups
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels import gaps
from zhiheng.kernels.markov import classify, count_by_entity, quantile_cuts
from zhiheng.kernels.moves import Moves, moves

Array = NDArray[np.float64]
RELATIVE = ("gini", "cv", "sd_log")
TRANSITIONS = ("low_trap", "middle_rises", "high_persists")
STAGES = 3


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number that speaks to a claim.

    Attributes
    ----------
    name, variant : str
        What was computed, and on what: ``shift 0.1``, ``natural``, ``pooled``.
    limit : float
        What the interval is compared with.
    side : int
        1 on the claimed side, -1 on the other, 0 when the interval holds the limit.
    """

    name: str
    variant: str
    estimate: float
    low: float
    high: float
    limit: float
    side: int

    @property
    def defined(self) -> bool:
        """Whether the data allow it; those that they do not allow decide nothing."""
        return bool(np.isfinite(self.estimate))


@dataclass(frozen=True, slots=True)
class Cell:
    """What one verdict rests on: a variable over a window, entities in sorted order.

    Attributes
    ----------
    panel : Panel
        The panel with entities in the same order.
    y : ndarray, shape (entities, periods of the window)
    natural : ndarray of the same shape, or None
        A counterpart in natural units, without an arbitrary zero.
    periods : ndarray
    shifts : tuple of float
        Constants added to `y` where a relative gap is taken.
    pick : ndarray of int, shape (draws, entities)
    """

    panel: Panel
    y: Array
    natural: Array | None
    periods: NDArray[np.int64]
    shifts: tuple[float, ...]
    pick: NDArray[np.intp]
    level: float


def statistics(claim: Claim, cell: Cell) -> list[Statistic] | Text:
    """The statistics that decide a claim, or why it cannot be tested here.

    A statistic that the data do not allow (a logarithm of zero) is listed and not `defined`.
    """
    if claim.level and claim.level != cell.panel.level:
        return Text("这条主张说的是另一级地区", "the claim speaks of regions of another level")
    found = list(_FORMS[claim.type](claim, cell))
    if any(s.defined for s in found):
        return found
    return Text("数值有零或负值，相对差距没有定义", "values of zero or less leave no relative gap")


def _variants(cell: Cell, *, relative: bool) -> Iterator[tuple[str, Array]]:
    """First and last period of the variable, under each shift if it matters, and in natural units.

    A list without any positive shift (a variable in natural units) is taken as it is.
    """
    for shift in cell.shifts if relative else (0.0,):
        yield (f"shift {shift:g}" if relative else "as_is"), cell.y[:, [0, -1]] + shift
    if cell.natural is not None:
        yield "natural", cell.natural[:, [0, -1]]


def _made(
    name: str, variant: str, found: Array, cell: Cell, sign: int, known: bool = True
) -> Statistic:
    if not known:
        return Statistic(name, variant, np.nan, np.nan, np.nan, 0.0, 0)
    low, high = gaps.interval(found[1:], cell.level)
    return Statistic(name, variant, float(found[0]), low, high, 0.0, sign * gaps.side(low, high))


def _gap(claim: Claim, cell: Cell) -> Iterator[Statistic]:
    for measure in claim.measures:
        for variant, ends in _variants(cell, relative=measure in RELATIVE):
            known = _allows(measure, ends)
            values = (
                gaps.spread_change(ends[:, 0], ends[:, 1], cell.pick, measure=measure)
                if known
                else np.empty(0)
            )
            yield _made(f"change_{measure}", variant, values, cell, 1, known)


def _allows(measure: str, ends: Array) -> bool:
    if measure == "sd_log":
        return bool((ends > 0).all())
    if measure in RELATIVE:
        return bool((ends >= 0).all() and (ends.sum(axis=0) > 0).all())
    return True


def _group_gap(claim: Claim, cell: Cell) -> Iterator[Statistic]:
    named = read_groups(cell.panel, claim.groups)
    leading = named.number == named.ids.index(claim.leading)
    relative = bool(claim.relative)
    for variant, ends in _variants(cell, relative=relative):
        known = not relative or bool((ends >= 0).all())
        name = "change_group_ratio" if relative else "change_group_difference"
        found = gaps.group_gap_change(ends[:, 0], ends[:, 1], leading, cell.pick, relative=relative)
        yield _made(name, variant, found, cell, 1, known)


def _leaders(claim: Claim, cell: Cell) -> Iterator[Statistic]:
    growth = "log" if claim.growth == "log" else "absolute"
    for variant, ends in _variants(cell, relative=growth == "log"):
        known = growth == "absolute" or bool((ends > 0).all())
        pair = (ends[:, 0], ends[:, 1]) if known else (np.ones(1), np.ones(1))
        pick = cell.pick if known else np.zeros((1, 1), dtype=np.intp)
        slope = gaps.slope_on_start(*pair, pick, growth=growth)
        ahead = gaps.top_minus_bottom(*pair, pick, growth=growth, share=claim.share)
        yield _made("slope_on_start", variant, slope, cell, 1, known)
        yield _made("top_minus_bottom", variant, ahead, cell, 1, known)


def _converging(sign: int) -> Callable[[Claim, Cell], Iterator[Statistic]]:
    def found(claim: Claim, cell: Cell) -> Iterator[Statistic]:
        del claim
        for variant, ends in _variants(cell, relative=True):
            known = bool((ends > 0).all())
            pair = (ends[:, 0], ends[:, 1])
            one = two = np.empty(0)
            if known:
                one = gaps.spread_change(*pair, cell.pick, measure="sd_log")
                two = gaps.slope_on_start(*pair, cell.pick, growth="log")
            yield _made("change_sd_log", variant, one, cell, sign, known)
            yield _made("slope_on_start", variant, two, cell, sign, known)

    return found


def _transitions(claim: Claim, cell: Cell) -> Iterator[Statistic]:
    """Odds of leaving, rising or staying; pooled classes and classes of each year must agree."""
    for rule in ("pooled", "per_period"):
        found = moves(_counted(cell, rule), cell.pick, level=cell.level)
        yield _odds_statistic(claim, rule, found)


def _counted(cell: Cell, rule: str) -> Array:
    y = cell.y
    if rule == "pooled":
        state = classify(y, quantile_cuts(y.ravel(), STAGES))
    else:
        columns = [classify(column, quantile_cuts(column, STAGES)) for column in y.T]
        state = np.stack(columns, axis=1)
    mask = np.ones(y.shape, dtype=np.bool_)
    return count_by_entity(state, mask, cell.periods, classes=STAGES, lag=1)


def _odds_statistic(claim: Claim, rule: str, found: Moves) -> Statistic:
    if claim.type == "middle_rises":
        d = found.drift
        low, high = float(d.low[1]), float(d.high[1])
        return Statistic(
            "rise_minus_fall", rule, float(d.estimate[1]), low, high, 0.0, gaps.side(low, high)
        )
    leave, limit = found.leave, claim.threshold
    if claim.type == "low_trap":
        p, low, high = (float(v[0]) for v in (leave.estimate, leave.low, leave.high))
        return Statistic(
            "leave_low", rule, p, low, high, limit, gaps.side(limit - high, limit - low)
        )
    p, high, low = (1.0 - float(v[-1]) for v in (leave.estimate, leave.low, leave.high))
    return Statistic("stay_high", rule, p, low, high, limit, gaps.side(low - limit, high - limit))


_FORMS: dict[str, Callable[[Claim, Cell], Iterator[Statistic]]] = {
    "gap_widens": _gap,
    "group_gap_widens": _group_gap,
    "leaders_pull_away": _leaders,
    "converges": _converging(-1),
    "diverges": _converging(1),
    **dict.fromkeys(TRANSITIONS, _transitions),
}
