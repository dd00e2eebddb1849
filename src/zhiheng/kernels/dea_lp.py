"""Many small linear programmes over one set of reference units, each with its certificate.

Every model of data envelopment analysis here is ``min c'z, A z = b, z >= 0``, where most
columns are the reference units and a few belong to the unit that is evaluated (slacks, a
factor, a scale). `solve` works a batch of them with a compiled simplex, checks each answer
by its residuals, and hands those that fail to HiGHS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea_records import (
    INFEASIBLE,
    OPTIMAL,
    STALLED,
    Answers,
    Array,
    Batch,
    Index,
)

STATUS = ("optimal", "infeasible", "unbounded", "stalled")
SIMPLEX, HIGHS = 0, 1
SOLVER = ("simplex", "highs")
# Residuals of rows scaled to about one; double precision and a basis of a dozen columns
# leave 1e-14 to 1e-12, so that a larger one means a basis near to singular.
CERTIFIED = 1e-9
# What is accepted where HiGHS does no better either: the tolerance HiGHS itself has by default.
ACCEPTED = 1e-7
# Levels below this are rounding: a reference unit at such a level is no peer.
NO_LEVEL = 1e-12


@dataclass(frozen=True, slots=True)
class Programme:
    """A batch of n programmes with R rows, k shared columns and p own columns each.

    Row i of programme o reads
    ``sum_j reference[j, i] / scale[o, i] z_j + sum_c own[o, i, c] z_(k+c) = rhs[o, i]``.

    Attributes
    ----------
    reference : ndarray, shape (k, R)
        Coefficients of the reference units, in natural units; they cost nothing.
    scale : ndarray, shape (n, R)
        Above zero, such as the values of the evaluated unit.
    own : ndarray, shape (n, R, p)
    cost : ndarray, shape (n, p)
    rhs : ndarray, shape (n, R)
    start : ndarray of int, shape (n, R)
        Column numbers of a basis to start from, own ones from k on; −1 for none in that
        row. A start that is no feasible basis costs time and changes no answer.
    left_out : ndarray of int, shape (n,)
        A reference unit that may not be used, or −1.
    convex : bool
        Whether the last row sums the reference columns, so that it does not scale with the
        size of a unit as the others do.
    """

    reference: Array
    scale: Array
    own: Array
    cost: Array
    rhs: Array
    start: Index
    left_out: Index
    convex: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """The answers to a batch of programmes, and how far each is from proven.

    Attributes
    ----------
    status : ndarray of int, shape (n,)
        `OPTIMAL`, `INFEASIBLE`, `UNBOUNDED` or `STALLED`; numbers of any but the first
        are NaN.
    value : ndarray, shape (n,)
        Of the objective.
    unit, peer, weight : ndarrays, shape (entries,)
        The reference columns at a level above zero (`NO_LEVEL` of the scaled programme):
        programme, column, level.
    own : ndarray, shape (n, p)
        Levels of the own columns.
    duals : ndarray, shape (n, R)
        Of the scaled rows. Where infeasible: the ray that proves it.
    primal_residual, dual_residual : ndarrays, shape (n,)
        By how much rows and signs are missed, and the largest reduced cost of the wrong
        sign over *all* columns. Where infeasible the first is how far the rows are from
        being met at best, and the second belongs to the proof of that.
    solver : ndarray of int, shape (n,)
        `SIMPLEX`, or `HIGHS` where the simplex stalled or was not certified.
    pivots : ndarray of int, shape (n,)
    """

    status: Index
    value: Array
    unit: Index
    peer: Index
    weight: Array
    own: Array
    duals: Array
    primal_residual: Array
    dual_residual: Array
    solver: Index
    pivots: Index

    @property
    def fallbacks(self) -> int:
        """How many programmes HiGHS had to solve."""
        return int((self.solver == HIGHS).sum())


def solve(programme: Programme, *, most: int | None = None) -> Solution:
    """Solve a batch of programmes.

    Columns are looked at in two steps: those that served an earlier programme first, all
    of them before an answer is accepted. So few units of the reference are touched often,
    and yet every answer is optimal over the whole reference, with the residual to show it.

    Use it for programmes of up to some twenty rows and thousands of columns. It is no
    solver for large or sparse problems.

    Parameters
    ----------
    programme : Programme
    most : int, optional
        Pivots after which the lowest numbered column is taken (Bland), and again as many
        after which HiGHS is asked.

    References
    ----------
    Bland (1977) Mathematics of Operations Research 2(2): 103-107; Harris (1973)
    Mathematical Programming 5: 1-28.
    """
    from zhiheng.kernels.dea_simplex import solve_batch

    n, r = programme.rhs.shape
    k, p = len(programme.reference), programme.own.shape[2]
    norm, size = _sizes(programme)
    shared = np.ascontiguousarray((programme.reference / norm[:, None]).T)
    typical = np.abs(shared).max(axis=1, initial=0.0)
    tiny = 1.0 / size if programme.convex else np.full(n, np.inf)
    if programme.convex:
        typical[-1] = 0.0
    batch = Batch(
        shared,
        typical,
        norm,
        tiny,
        np.ascontiguousarray(size[:, None] / programme.scale),
        np.ascontiguousarray(programme.own),
        np.ascontiguousarray(programme.cost),
        np.ascontiguousarray(programme.rhs),
        np.ascontiguousarray(programme.start, dtype=np.int64),
        np.ascontiguousarray(programme.left_out, dtype=np.int64),
    )
    number, count = [np.zeros(n) for _ in range(3)], [np.zeros(n, np.int64) for _ in range(2)]
    found = Answers(
        np.full((n, r), -1, np.int64),
        np.zeros((n, r)),
        np.zeros((n, r)),
        *(number[0], number[1], number[2]),
        *(count[0], count[1]),
    )
    solve_batch(batch, found, 20 * (r + p) if most is None else most)
    solver = np.where(_doubtful(found.status, found.primal, found.dual), HIGHS, SIMPLEX)
    for o in np.flatnonzero(solver == HIGHS):
        solver[o] = HIGHS if _ask_highs(batch, found, int(o)) else SIMPLEX
    bad = found.status != OPTIMAL
    found.value[bad] = np.nan
    lambdas = (found.basis >= 0) & (found.basis < k) & (found.level > NO_LEVEL) & ~bad[:, None]
    unit, place = np.nonzero(lambdas)
    peer = found.basis[unit, place]
    return Solution(
        status=found.status,
        value=found.value,
        unit=unit.astype(np.int64),
        peer=peer,
        weight=found.level[unit, place]
        * np.minimum(1.0, norm[peer] * tiny[unit])
        * size[unit]
        / norm[peer],
        own=_own_levels(found.basis, found.level, k, p, bad),
        duals=found.duals,
        primal_residual=found.primal,
        dual_residual=found.dual,
        solver=solver.astype(np.int64),
        pivots=found.pivots,
    )


def _sizes(programme: Programme) -> tuple[Array, Array]:
    """Scales of reference columns and of programmes that bring entries to about one."""
    rows = slice(None, -1) if programme.convex else slice(None)
    reference, scale = np.abs(programme.reference[:, rows]), programme.scale[:, rows]
    middle = reference.mean(axis=0)
    middle = np.where(middle > 0, middle, 1.0)
    norm = (reference / middle).max(axis=1)
    norm = np.where(norm > 0, norm, 1.0)
    used = reference.any(axis=0)
    if not used.any():
        return norm, np.ones(len(programme.rhs))
    ratio = np.log(scale[:, used] / middle[used])
    return norm, np.exp(np.median(ratio, axis=1))


def _doubtful(status: Index, primal: Array, dual: Array) -> NDArray[np.bool_]:
    """Answers that are not proven: stalled, or with a residual above `CERTIFIED`."""
    optimal = (status == OPTIMAL) & ((primal > CERTIFIED) | (dual > CERTIFIED))
    infeasible = (status == INFEASIBLE) & (dual > CERTIFIED)
    return optimal | infeasible | (status == STALLED)


def _own_levels(basis: Index, level: Array, k: int, p: int, bad: NDArray[np.bool_]) -> Array:
    out = np.zeros((len(basis), p))
    unit, place = np.nonzero(basis >= k)
    out[unit, basis[unit, place] - k] = level[unit, place]
    out[bad] = np.nan
    return out


def _ask_highs(batch: Batch, found: Answers, o: int) -> bool:
    """Solve programme number o with HiGHS; true where its answer took the place of ours.

    Ours is kept where HiGHS finds none or a less precise one. What nobody solves to
    `ACCEPTED` counts as stalled, and so does what HiGHS calls infeasible without a proof:
    no number is better than a wrong one.
    """
    from scipy.optimize import linprog

    ours = found.status[o], max(found.primal[o], found.dual[o])
    share = np.minimum(1.0, batch.norm * batch.tiny[o])
    shared = batch.shared * batch.rows[o][:, None] * share
    k = shared.shape[1]
    columns = np.hstack([shared, batch.own[o]])
    cost = np.concatenate([np.zeros(k), batch.cost[o]])
    top = np.full(len(cost), np.inf)
    if batch.left_out[o] >= 0:
        top[batch.left_out[o]] = 0.0
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(
        cost,
        A_eq=columns,
        b_eq=batch.rhs[o],
        bounds=np.column_stack([np.zeros(len(cost)), top]),
        method="highs",
        options=tight,
    )
    if answer.status == 0:
        duals = answer.eqlin.marginals
        missed = np.abs(columns @ answer.x - batch.rhs[o]).max()
        wrong = max(0.0, -(cost - duals @ columns)[top > 0].min())
        if max(missed, wrong) <= (ours[1] if ours[0] == OPTIMAL else ACCEPTED):
            chosen = np.argsort(-answer.x, kind="stable")[: found.basis.shape[1]]
            found.basis[o], found.level[o] = -1, 0.0
            found.basis[o, : len(chosen)], found.level[o, : len(chosen)] = chosen, answer.x[chosen]
            found.value[o], found.duals[o], found.status[o] = answer.fun, duals, OPTIMAL
            found.primal[o], found.dual[o] = missed, wrong
            return True
    if ours[0] == OPTIMAL and not ours[1] <= ACCEPTED:
        found.status[o] = STALLED
    return False
