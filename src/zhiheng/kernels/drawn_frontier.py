"""Radial efficiency of the same units against many frontiers, one for each draw.

In a draw the reference units keep their mix and move radially; so a programme changes from
draw to draw in one factor per reference unit, and all of them are solved in one compiled loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea_lp import CERTIFIED, Programme, solve
from zhiheng.kernels.dea_records import OPTIMAL, make_work

Array = NDArray[np.float64]
Orientation = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Radial:
    """Where units, their rows and the basis to start from stand; see `_form`."""

    reference: Array  # (k, R)
    scale: Array  # (n, R)
    own: Array  # (n, R, p)
    cost: Array  # (n, p)
    rhs: Array  # (n, R)
    start: NDArray[np.int64]  # (n, R)
    moving: NDArray[np.bool_]  # (R,): rows of the side that moves
    convex: bool  # whether the last row sums the weights


def inefficiency(
    x: Array, y: Array, factors: Array, *, orientation: Orientation, variable: bool
) -> Array:
    """The factor by which inputs could shrink or outputs grow, against each drawn frontier.

    Parameters
    ----------
    x : ndarray, shape (n, m)
        Inputs, above zero somewhere in each row.
    y : ndarray, shape (n, s)
        Outputs, likewise.
    factors : ndarray, shape (B, n)
        Above zero. Oriented to inputs, those of reference unit j are multiplied by its
        factor; oriented to outputs, they are divided by it. Ones give the plain scores.
    orientation : {"input", "output"}
    variable : bool
        Whether returns to scale may vary; constant otherwise.

    Returns
    -------
    ndarray, shape (B, n)
        One or more against a frontier that encloses the unit, below one outside of it; NaN
        where no answer could be certified.
    """
    from zhiheng.kernels.drawn_frontier_loop import Draws, solve_draws

    form = _form(x, y, orientation, variable)
    moves = factors if orientation == "input" else 1.0 / factors
    bounded = np.arange(form.reference.shape[1]) < x.shape[1] + y.shape[1]
    middle = form.reference[:, bounded].mean(axis=0)
    middle = np.where(middle > 0, middle, 1.0)
    norm = (form.reference[:, bounded] / middle).max(axis=1)
    size = np.exp(np.median(np.log(form.scale[:, bounded] / middle), axis=1))
    tiny = 1.0 / size if variable else np.full(len(x), np.inf)
    found = np.empty(factors.shape)
    doubt = np.zeros(factors.shape, dtype=np.bool_)
    shared = np.ascontiguousarray((form.reference / norm[:, None]).T)
    rows = np.ascontiguousarray(size[:, None] / form.scale)
    solve_draws(
        Draws(
            shared, norm, tiny, form.moving, bounded, np.ascontiguousarray(moves), rows,
            form.own, form.cost, form.rhs, form.start,
        ),
        make_work(*shared.shape),
        found,
        doubt,
    )  # fmt: skip
    for b in np.flatnonzero(doubt.any(axis=1)):
        _again(form, moves[b], found[b], np.flatnonzero(doubt[b]))
    value = found if orientation == "input" else -found
    good = value > 0  # nothing is left where numbers are too far apart
    value = np.where(good, value, np.nan)
    return 1.0 / value if orientation == "input" else value


def _form(x: Array, y: Array, orientation: Orientation, variable: bool) -> Radial:
    """Rows: inputs, outputs, and the sum of weights where returns vary.

    Own columns: the factor, one slack per input, one surplus per output. The start is the
    unit itself as its only peer, which is feasible in every draw.
    """
    n, m = x.shape
    s = y.shape[1]
    rows = m + s + int(variable)
    reference = np.column_stack([x, y, np.ones((n, rows - m - s))])
    typical = reference.mean(axis=0)
    scale = np.where(reference > 0, reference, np.where(typical > 0, typical, 1.0))
    level = reference / scale  # one, or zero where the unit has none
    own = np.zeros((n, rows, 1 + m + s))
    rhs = level.copy()
    moving = np.zeros(rows, dtype=bool)
    moving[:m] = orientation == "input"
    moving[m : m + s] = orientation == "output"
    own[:, moving, 0] = -level[:, moving]
    rhs[:, moving] = 0.0
    own[:, range(m), range(1, 1 + m)] = 1.0
    own[:, range(m, m + s), range(1 + m, 1 + m + s)] = -1.0
    cost = np.zeros((n, own.shape[2]))
    cost[:, 0] = 1.0 if orientation == "input" else -1.0
    start = _starts(level, moving, m, variable)
    return Radial(reference, scale, own, cost, rhs, start, moving, variable)


def _starts(level: Array, moving: NDArray[np.bool_], m: int, variable: bool) -> NDArray[np.int64]:
    """The unit as its own peer: in every draw a feasible basis, so no first phase is needed.

    Each row holds its slack, but for a row of the side that moves, which holds the factor,
    and a row of the other side, or that of the sum of weights, which holds the weight.
    """
    n, rows = level.shape
    start = np.tile(n + 1 + np.arange(rows), (n, 1))
    unit = np.arange(n)
    first = [np.argmax(level[:, :m] > 0, axis=1), m + np.argmax(level[:, m:] > 0, axis=1)]
    factor, weight = first if moving[0] else first[::-1]
    start[unit, factor] = n
    start[unit, np.full(n, rows - 1) if variable else weight] = unit
    return start


def _again(form: Radial, moves: Array, found: Array, which: NDArray[np.intp]) -> None:
    """Solve the doubtful programmes of one draw through the door that certifies."""
    reference = np.where(form.moving, form.reference * moves[:, None], form.reference)
    answer = solve(
        Programme(
            reference,
            form.scale[which],
            form.own[which],
            form.cost[which],
            form.rhs[which],
            form.start[which],
            np.full(len(which), -1, dtype=np.int64),
            convex=form.convex,
        )
    )
    right = (answer.status == OPTIMAL) & ~(answer.primal_residual > CERTIFIED)
    found[which] = np.where(right, answer.value, np.nan)
