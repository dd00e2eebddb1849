"""Slacks-based measures, with undesirable outputs and with super-efficiency.

After Charnes and Cooper every fraction is a linear programme in ``t > 0`` and quantities
multiplied by it; rows are divided by the evaluated unit's own values, so units of
measurement do not matter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea import (
    ON_FRONTIER,
    Efficiency,
    Layout,
    Orientation,
    Quantities,
    Returns,
    lay_out,
    members,
    read_off,
)
from zhiheng.kernels.dea_lp import solve
from zhiheng.kernels.dea_records import INFEASIBLE, OPTIMAL, Array, Index

# The largest possible denominator must be above this, else the programme has no solution.
NOTHING = 1e-12


def sbm(
    units: Quantities,
    reference: Quantities | None = None,
    *,
    returns: Returns = "crs",
    orientation: Orientation = "none",
    member: Index | None = None,
) -> Efficiency:
    r"""Slacks-based measure of efficiency, separable undesirable outputs included.

    .. math::
        \rho = \min \frac{1 - \frac1m \sum_i s^-_i / x_{io}}
                         {1 + \frac{1}{s+r} (\sum_j s^+_j / y_{jo} + \sum_l s^b_l / b_{lo})}

    subject to ``x_o = X'lambda + s-``, ``y_o = Y'lambda - s+``, ``b_o = B'lambda + sb``, all
    variables at least zero. Oriented to inputs the denominator is one, oriented to outputs
    the numerator is. Without undesirable outputs it is Tone (2001).

    Use it where inputs and outputs can change in different proportions. Values must be above
    zero. Undesirable outputs are strongly disposable and separable: they can be cut without
    cutting desirable ones, which for carbon of burnt fuel is an assumption.

    Parameters
    ----------
    units : Quantities
        The evaluated units, all above zero.
    reference : Quantities, optional
        Who spans the frontier; the units themselves by default. Against others, a unit
        outside the frontier has no solution and the status says so.
    returns : {"crs", "vrs", "nirs", "ndrs"}
    orientation : {"none", "input", "output"}
    member : ndarray of int, shape (n,), optional
        Which reference unit each unit is itself, −1 for none. It saves time, nothing else.

    References
    ----------
    Tone (2001) European Journal of Operational Research 130(3): 498-509; Tone (2003) GRIPS
    Research Report I-2003-0005.
    """
    if not len(units):
        member = np.zeros(0, dtype=np.int64)
    who = members(units, reference, member)
    return _solve(units, reference or units, returns, orientation, who, beyond=False)


def sbm_beyond(
    units: Quantities,
    reference: Quantities | None = None,
    *,
    returns: Returns = "crs",
    orientation: Orientation = "none",
    member: Index | None = None,
) -> Efficiency:
    r"""How far units lie beyond a frontier that they are taken out of (super-SBM).

    .. math::
        \delta = \min \frac{1 + \frac1m \sum_i s^-_i / x_{io}}
                 {1 - \frac{1}{s+r} (\sum_j s^+_j / y_{jo} + \sum_l s^b_l / b_{lo})}

    subject to ``X'lambda <= x_o + s-``, ``Y'lambda >= y_o - s+``, ``B'lambda <= b_o + sb``,
    the denominator above zero, lambda of the unit itself zero. Without undesirable outputs
    it is Tone (2002). With them it is the extension usual in studies of green productivity,
    in which a worse undesirable output of the target counts like a lost desirable one. The
    variant that adds ``b-bar / b_o >= 1`` to the denominator is not offered: there a unit
    would score less the more its rivals pollute.

    With undesirable outputs and constant returns lambda of zero is allowed, so that no
    non-oriented score exceeds ``(s + r) / r``. Meant for units on the frontier; for others
    it is one. Oriented or with variable returns there may be no solution.

    Parameters
    ----------
    units, reference, returns, orientation : see `sbm`
    member : ndarray of int, shape (n,), optional
        Which reference unit is left out for each unit, −1 for none.

    References
    ----------
    Tone (2002) European Journal of Operational Research 143(1): 32-41. For undesirable
    outputs, recalled and not checked: Cheng (2014) Data Envelopment Analysis and MaxDEA.
    """
    who = members(units, reference, member)
    return _solve(units, reference or units, returns, orientation, who, beyond=True)


def super_sbm(
    units: Quantities,
    reference: Quantities | None = None,
    *,
    returns: Returns = "crs",
    orientation: Orientation = "none",
    member: Index | None = None,
) -> Efficiency:
    """`sbm` of every unit, replaced by `sbm_beyond` for those on the frontier or outside it.

    A unit whose second programme has no solution keeps no score: its status is
    ``INFEASIBLE`` and nothing is put in its place.

    Parameters
    ----------
    units, reference, returns, orientation, member : see `sbm`
    """
    first = sbm(units, reference, returns=returns, orientation=orientation, member=member)
    top = (first.status == OPTIMAL) & (first.score >= 1.0 - ON_FRONTIER)
    again = np.flatnonzero(top | (first.status == INFEASIBLE))
    who = members(units, reference, member)
    second = sbm_beyond(
        units.take(again),
        reference or units,
        returns=returns,
        orientation=orientation,
        member=who[again],
    )
    return _merge(first, second, again)


def _solve(
    units: Quantities,
    reference: Quantities,
    returns: Returns,
    orientation: Orientation,
    who: Index,
    *,
    beyond: bool,
) -> Efficiency:
    q = len(units.sign)
    own = 2 * q + 1  # slacks, then t, then what is left over beyond the frontier
    layout = lay_out(units, reference, returns=returns, head=1, own=own)
    _columns(layout, units, orientation, beyond=beyond)
    layout.programme.start[:] = _start(layout, units.sign, who, beyond=beyond)
    if beyond:
        layout.programme.left_out[:] = who
    solution = solve(layout.programme)
    t = np.where(solution.own[:, q] > 0, solution.own[:, q], np.nan)
    solution = replace(solution, weight=solution.weight / t[solution.unit])
    value = solution.value
    if orientation == "output":
        nothing = -value <= NOTHING
        status = np.where((solution.status == OPTIMAL) & nothing, INFEASIBLE, solution.status)
        solution = replace(solution, status=status)
        value = np.where(nothing, np.nan, 1.0 / np.where(nothing, 1.0, -value))
    excess = solution.own[:, :q] / t[:, None]
    scale = layout.programme.scale[:, layout.body]
    found = read_off(solution, units, scale, score=value, excess=-excess if beyond else excess)
    return replace(found, duals=solution.duals[:, layout.body] / scale)


def _columns(layout: Layout, units: Quantities, orientation: Orientation, *, beyond: bool) -> None:
    """Slacks, ``t`` and what is left over, with costs and the row that fixes the denominator."""
    programme, sign, q = layout.programme, units.sign, layout.q
    m = units.x.shape[1]
    turn = -1.0 if beyond else 1.0
    inputs = np.arange(q) < m
    counted = {"none": inputs | ~inputs, "input": inputs, "output": ~inputs}[orientation]
    share = np.where(inputs, 1.0 / m, 1.0 / max(q - m, 1)) * counted
    row = 1 + np.arange(q)
    movable = counted | (not beyond)  # beyond the frontier only what is counted may give way
    programme.own[:, row, np.arange(q)] = turn * sign * movable
    programme.own[:, 1 : 1 + q, q] = -1.0
    programme.own[:, 0, q] = 1.0
    if beyond:
        programme.own[:, row, q + 1 + np.arange(q)] = sign
    if layout.convex:
        programme.own[:, -1, q] = -1.0
    programme.rhs[:, 0] = 1.0
    if orientation == "output":
        programme.cost[:, :q] = -turn * share
        programme.cost[:, q] = -1.0
        return
    programme.cost[:, :q] = -turn * share * inputs
    programme.cost[:, q] = 1.0
    programme.own[:, 0, :q] = turn * share * ~inputs


def _start(layout: Layout, sign: Array, who: Index, *, beyond: bool) -> Index:
    """A basis to begin with: the unit itself where it may be used, else slacks that fit."""
    k, q = layout.k, layout.q
    start = np.full((len(who), 1 + q + layout.convex), -1, dtype=np.int64)
    start[:, 0] = k + q
    slack = k + np.arange(q) + (q + 1 if beyond else 0)
    start[:, 1 : 1 + q] = np.where(sign > 0, slack, -1)
    if not beyond:
        inside = who >= 0
        start[inside, 1] = who[inside]
        start[inside, 2 : 1 + q] = slack[1:]
        if layout.convex:
            start[inside, -1] = slack[0]
    return start


def _merge(first: Efficiency, second: Efficiency, rows: NDArray[np.intp]) -> Efficiency:
    """Replace what `first` says of the given units by what `second` says."""
    kept = ~np.isin(first.unit, rows)

    def put(one: NDArray[np.generic], two: NDArray[np.generic]) -> NDArray[np.generic]:
        out = one.copy()
        out[rows] = two
        return out

    def both(one: Quantities, two: Quantities) -> Quantities:
        return Quantities(put(one.x, two.x), put(one.y, two.y), put(one.b, two.b))  # pyright: ignore

    worst = np.maximum(first.primal_residual[rows], second.primal_residual)
    least = np.maximum(first.dual_residual[rows], second.dual_residual)
    return Efficiency(
        score=put(first.score, second.score),  # pyright: ignore[reportArgumentType]
        efficient=first.efficient,
        status=put(first.status, second.status),  # pyright: ignore[reportArgumentType]
        slack=both(first.slack, second.slack),
        target=both(first.target, second.target),
        unit=np.concatenate([first.unit[kept], rows[second.unit]]),
        peer=np.concatenate([first.peer[kept], second.peer]),
        weight=np.concatenate([first.weight[kept], second.weight]),
        duals=put(first.duals, second.duals),  # pyright: ignore[reportArgumentType]
        primal_residual=put(first.primal_residual, worst),  # pyright: ignore[reportArgumentType]
        dual_residual=put(first.dual_residual, least),  # pyright: ignore[reportArgumentType]
        solver=put(first.solver, np.maximum(first.solver[rows], second.solver)),  # pyright: ignore
    )
