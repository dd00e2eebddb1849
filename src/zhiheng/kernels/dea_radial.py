"""Radial and directional measures, with slacks from a second programme.

All of them carry a second stage: with the factor held at its optimum, the sum of slacks
(each as a share of the unit's own value, so that units of measurement do not matter) is
made as large as possible. A unit is efficient when the factor is one and no slack is left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from zhiheng.kernels.dea import (
    NO_SLACK,
    ON_FRONTIER,
    Efficiency,
    Layout,
    Quantities,
    Returns,
    lay_out,
    members,
    own_scale,
    read_off,
)
from zhiheng.kernels.dea_lp import Solution, solve
from zhiheng.kernels.dea_records import OPTIMAL, UNBOUNDED, Array, Index

Disposability = Literal["weak", "strong"]


def radial(
    units: Quantities,
    reference: Quantities | None = None,
    *,
    returns: Returns = "crs",
    orientation: Literal["input", "output"] = "input",
    member: Index | None = None,
    leave_out: bool = False,
) -> Efficiency:
    """Radial efficiency (CCR, BCC) and, with `leave_out`, radial super-efficiency.

    Oriented to inputs ``theta = min`` of ``X'lambda <= theta x_o, Y'lambda >= y_o``; oriented
    to outputs the score is ``1 / phi``, ``phi = max`` of ``X'lambda <= x_o,
    Y'lambda >= phi y_o``. Both lie in (0, 1] for a unit of the reference. Undesirable
    outputs have no place in a radial model: make them inputs (`as_inputs`) or outputs
    (`translated`) first, and say so.

    Super-efficiency holds a unit against all others. With variable returns there may be no
    solution, which is reported and not filled.

    Parameters
    ----------
    units : Quantities
        Values of at least zero, `b` empty.
    reference, returns, member : see `dea_sbm.sbm`
    orientation : {"input", "output"}
    leave_out : bool
        Whether a unit may not be its own reference.

    References
    ----------
    Charnes, Cooper, Rhodes (1978) European Journal of Operational Research 2(6): 429-444;
    Banker, Charnes, Cooper (1984) Management Science 30(9): 1078-1092; Andersen, Petersen
    (1993) Management Science 39(10): 1261-1264.
    """
    if units.b.shape[1]:
        raise ValueError("undesirable outputs must be made inputs or outputs first")
    frontier, who = reference or units, members(units, reference, member)
    layout = lay_out(units, frontier, returns=returns, head=0, own=layout_width(units) + 1)
    _radial_columns(layout, units, orientation)
    _radial_start(layout, units.x.shape[1], np.where(leave_out, -1, who), orientation)
    layout.programme.left_out[:] = who if leave_out else -1
    first = solve(layout.programme)
    factor = first.own[:, layout.q]
    score = factor
    if orientation == "output":
        nothing = ~(factor > 0)
        status = np.where((first.status == OPTIMAL) & nothing, UNBOUNDED, first.status)
        first = replace(first, status=status)
        score = 1.0 / np.where(nothing, np.nan, factor)
    held = _held(units, factor, orientation)
    return _second_stage(
        units, frontier, first, score, held, returns=returns, left_out=layout.programme.left_out
    )


def directional(
    units: Quantities,
    direction: Quantities,
    reference: Quantities | None = None,
    *,
    returns: Returns = "crs",
    disposability: Disposability = "weak",
    member: Index | None = None,
    leave_out: bool = False,
) -> Efficiency:
    """Directional distance: how far a unit can move in a direction and stay possible.

    ``beta = max`` of ``X'lambda <= x_o - beta g_x``, ``Y'lambda >= y_o + beta g_y`` and, for
    undesirable outputs, ``B'lambda = b_o - beta g_b`` (weak disposability: they cannot be
    cut for nothing) or ``<=`` (strong). The score is ``beta``: zero on the frontier, above it
    inside, below zero for a unit outside the reference.

    With weak disposability and variable returns every reference unit has an abatement
    factor of its own (Kuosmanen 2005): ``X'(lambda + mu) <= x``, ``Y'lambda >= y``,
    ``B'lambda = b``, ``sum (lambda + mu) = 1``; lambdas are reported, the idle ``mu`` not.
    There non-increasing and non-decreasing returns are not defined.

    Parameters
    ----------
    units : Quantities
    direction : Quantities, same shapes
        At least zero; `x` and `b` shrink along it and `y` grows.
    reference, returns, member, leave_out : see `radial`
    disposability : {"weak", "strong"}
        Of undesirable outputs.

    References
    ----------
    Chambers, Chung, Faere (1996) Journal of Economic Theory 70(2): 407-419; Chung, Faere,
    Grosskopf (1997) Journal of Environmental Management 51(3): 229-240; Kuosmanen (2005)
    American Journal of Agricultural Economics 87(4): 1077-1082.
    """
    weak = disposability == "weak" and units.b.shape[1] > 0
    if weak and returns in ("nirs", "ndrs"):
        raise ValueError("weak disposability goes with constant or variable returns")
    frontier, who = reference or units, members(units, reference, member)
    if weak and returns == "vrs":
        if leave_out:
            raise ValueError("a unit cannot be left out of a frontier with abatement factors")
        frontier = with_idle(frontier)
    layout = lay_out(units, frontier, returns=returns, head=0, own=layout_width(units) + 2)
    programme, q = layout.programme, layout.q
    scale = programme.scale[:, layout.body]
    step = units.sign * direction.stacked / scale
    programme.own[:, layout.body, q], programme.own[:, layout.body, q + 1] = step, -step
    programme.cost[:, q], programme.cost[:, q + 1] = -1.0, 1.0
    programme.rhs[:, layout.body] = units.stacked / scale
    _slacks(layout, units, weak=weak)
    _directional_start(layout, units, np.where(leave_out, -1, who), weak=weak)
    programme.left_out[:] = who if leave_out else -1
    first = solve(programme)
    beta = first.own[:, q] - first.own[:, q + 1]
    moved = units.stacked - units.sign * direction.stacked * beta[:, None]
    found = _second_stage(
        units,
        frontier,
        first,
        beta,
        moved,
        returns=returns,
        left_out=programme.left_out,
        weak=weak,
        at=0.0,
    )
    return _without_idle(found, len(reference or units))


def as_inputs(quantities: Quantities) -> Quantities:
    """Count undesirable outputs as inputs, so that less of them is better."""
    return Quantities.of(np.hstack([quantities.x, quantities.b]), quantities.y)


def translated(quantities: Quantities, by: Array) -> Quantities:
    """Count ``by - b`` as desirable outputs (Seiford and Zhu 2002).

    Scores depend on `by` except with variable returns and orientation to inputs; with
    variable returns which units are efficient never does.

    Parameters
    ----------
    by : ndarray, shape (r,)
        Above every `b`.

    References
    ----------
    Seiford, Zhu (2002) European Journal of Operational Research 142(1): 16-20.
    """
    return Quantities.of(quantities.x, np.hstack([quantities.y, by - quantities.b]))


def with_idle(reference: Quantities) -> Quantities:
    """The reference and, after it, each unit with its inputs and no output at all."""
    return Quantities(
        np.vstack([reference.x, reference.x]),
        np.vstack([reference.y, 0 * reference.y]),
        np.vstack([reference.b, 0 * reference.b]),
    )


def layout_width(units: Quantities) -> int:
    """The number of slacks: one for each quantity."""
    return len(units.sign)


def _slacks(layout: Layout, units: Quantities, *, weak: bool) -> None:
    """A column of slack for each quantity; none for weakly disposable ones, whose row binds."""
    place = np.arange(layout.q)
    sign = np.where(weak & (place >= layout.q - units.b.shape[1]), 0.0, units.sign)
    layout.programme.own[:, place, place] = sign


def _radial_columns(
    layout: Layout, units: Quantities, orientation: Literal["input", "output"]
) -> None:
    programme, q, m = layout.programme, layout.q, units.x.shape[1]
    _slacks(layout, units, weak=False)
    value = units.stacked / programme.scale[:, layout.body]
    moves = (np.arange(q) < m) == (orientation == "input")
    programme.own[:, layout.body, q] = -value * moves
    programme.rhs[:, layout.body] = value * ~moves
    programme.cost[:, q] = 1.0 if orientation == "input" else -1.0
    if layout.convex:
        programme.rhs[:, -1] = 1.0


def _radial_start(
    layout: Layout, m: int, who: Index, orientation: Literal["input", "output"]
) -> None:
    """The unit itself with a factor of one; slacks elsewhere, and artificials where none fits."""
    start, k, q = layout.programme.start, layout.k, layout.q
    slack = k + np.arange(q)
    fits = np.arange(q) < (m if orientation == "input" else q)
    start[:, :q] = np.where(fits, slack, -1)
    inside = who >= 0
    own, other = (0, m) if orientation == "input" else (m, 0)
    start[inside, :q] = slack
    start[inside, own] = k + q
    start[inside, other] = who[inside]
    if layout.convex:
        start[inside, q] = slack[other]


def _directional_start(layout: Layout, units: Quantities, who: Index, *, weak: bool) -> None:
    """The unit itself and no step; slacks elsewhere, and artificials where none fits."""
    start, k, q, m = layout.programme.start, layout.k, layout.q, units.x.shape[1]
    place = np.arange(q)
    bound = weak & (place >= q - units.b.shape[1])
    start[:, :q] = np.where((units.sign > 0) & ~bound, k + place, -1)
    inside = who >= 0
    start[inside, :q] = np.where(bound, -1, k + place)
    start[inside, m] = who[inside]
    if layout.convex:
        layout.programme.rhs[:, q] = 1.0
        start[inside, q] = k + m


def _held(units: Quantities, factor: Array, orientation: Literal["input", "output"]) -> Array:
    """The point that the second stage starts from."""
    if orientation == "input":
        return np.hstack([units.x * factor[:, None], units.y])
    return np.hstack([units.x, units.y * factor[:, None]])


def _second_stage(
    units: Quantities,
    frontier: Quantities,
    first: Solution,
    score: Array,
    held: Array,
    *,
    returns: Returns,
    left_out: Index,
    weak: bool = False,
    at: float = 1.0,
) -> Efficiency:
    """Largest sum of slacks beyond the point `held`; efficient are scores of `at` without any."""
    good = np.flatnonzero(first.status == OPTIMAL)
    point, scale = Quantities.split(held[good], units), own_scale(units, frontier)
    layout = lay_out(point, frontier, returns=returns, head=0, own=layout_width(units))
    programme = replace(layout.programme, scale=layout.programme.scale.copy())
    programme.scale[:, layout.body] = scale[good]
    layout = replace(layout, programme=programme)
    _slacks(layout, units, weak=weak)
    movable = programme.own[:, layout.body, : layout.q].any(axis=1)
    programme.cost[:, : layout.q] = np.where(movable, -1.0, 0.0)
    programme.rhs[:, layout.body] = held[good] / scale[good]
    if layout.convex:
        programme.rhs[:, -1] = 1.0
    fits = (units.sign > 0) & movable
    programme.start[:, layout.body] = np.where(fits, layout.k + np.arange(layout.q), -1)
    programme.left_out[:] = left_out[good]
    second = solve(programme)
    excess = np.full(held.shape, np.nan)
    excess[good] = second.own[:, : layout.q]
    primal, dual, solver = (
        getattr(first, name).copy() for name in ("primal_residual", "dual_residual", "solver")
    )
    primal[good] = np.maximum(primal[good], second.primal_residual)
    dual[good] = np.maximum(dual[good], second.dual_residual)
    solver[good] = np.maximum(solver[good], second.solver)
    whole = replace(
        first,
        unit=good[second.unit],
        peer=second.peer,
        weight=second.weight,
        primal_residual=primal,
        dual_residual=dual,
        solver=solver,
    )
    found = read_off(whole, units, scale, score=score, excess=excess)
    slack = found.slack.stacked
    return replace(
        found,
        efficient=(np.abs(score - at) <= ON_FRONTIER)
        & (np.nan_to_num(excess).max(axis=1) <= NO_SLACK),
        target=Quantities.split(held - units.sign * slack, units),
        duals=first.duals[:, : layout.q] / scale,
    )


def _without_idle(found: Efficiency, k: int) -> Efficiency:
    kept = found.peer < k
    return replace(found, unit=found.unit[kept], peer=found.peer[kept], weight=found.weight[kept])
