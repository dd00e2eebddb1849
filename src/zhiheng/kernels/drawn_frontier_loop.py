"""The compiled loop over draws behind :mod:`zhiheng.kernels.drawn_frontier`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit  # pyright: ignore[reportUnknownVariableType, reportMissingTypeStubs]
from numpy.typing import NDArray

from zhiheng.kernels.dea_records import OPTIMAL, Answers, Batch, Work
from zhiheng.kernels.dea_simplex import solve_batch

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CERTIFIED = 1e-9  # residual of scaled rows, and least reduced cost, of an answer that is kept
MOST = 200  # pivots; the programmes have about ten rows


class Draws(NamedTuple):
    """Programmes of n units against the frontiers of B draws; R rows, p own columns."""

    shared: Array  # (R, k)
    norm: Array  # (k,)
    tiny: Array  # (n,)
    moving: NDArray[np.bool_]  # (R,)
    bounded: NDArray[np.bool_]  # (R,): rows that scale with the size of a unit
    moves: Array  # (B, k)
    rows: Array  # (n, R)
    own: Array  # (n, R, p)
    cost: Array  # (n, p)
    rhs: Array  # (n, R)
    start: Index  # (n, R)


@njit(cache=True)
def move(d: Draws, b: int, now: Array, typical: Array) -> None:
    """Put the reference units where the draw has them."""
    for i in range(now.shape[0]):
        typical[i] = 0.0
        for j in range(now.shape[1]):
            now[i, j] = d.shared[i, j] * d.moves[b, j] if d.moving[i] else d.shared[i, j]
            if d.bounded[i]:
                typical[i] = max(typical[i], abs(now[i, j]))


@njit(cache=True)
def solve_draws(d: Draws, w: Work, found: Array, doubt: NDArray[np.bool_]) -> None:
    """Fill `found` (B, n) with the value of each programme, and `doubt` where it is not proven."""
    n, r = d.rhs.shape
    now, typical = d.shared.copy(), np.zeros(r)
    out = Answers(
        np.zeros((n, r), np.int64), np.zeros((n, r)), np.zeros((n, r)), np.zeros(n),
        np.zeros(n), np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64),
    )  # fmt: skip
    left_out = np.full(n, -1, np.int64)
    for b in range(d.moves.shape[0]):
        move(d, b, now, typical)
        out.value[:] = 0.0
        out.primal[:] = 0.0
        w.used[0] = 0  # the columns that served the last draw have moved
        own = (d.own, d.cost, d.rhs, d.start, left_out)
        solve_batch(Batch(now, typical, d.norm, d.tiny, d.rows, *own), w, out, MOST)
        for o in range(n):
            found[b, o] = out.value[o]
            proven = out.status[o] == OPTIMAL and out.dual[o] <= CERTIFIED
            doubt[b, o] = not (proven and out.primal[o] <= CERTIFIED)
