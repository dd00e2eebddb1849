"""A revised simplex for many small programmes that share most of their columns.

Compiled; `dea_lp` is the door. Columns are numbered: the shared ones, then a programme's own,
then one artificial per row. One file, since numba renews its cache by file.
"""

from __future__ import annotations

import numpy as np
from numba import njit  # pyright: ignore[reportUnknownVariableType]

from zhiheng.kernels.dea_records import (
    INFEASIBLE,
    OPTIMAL,
    STALLED,
    UNBOUNDED,
    Answers,
    Array,
    Batch,
    Index,
    Problem,
    Work,
)

# Columns are scaled to about one, so these are relative to the data.
PRICE = 1e-12  # a reduced cost below this, times the size of what was summed, is rounding
PIVOT = 1e-7  # a smaller pivot makes a basis that is near to singular
SINGULAR = 1e-13  # a basis with such a pivot has no inverse in double precision
SLACKEN = 1e-12  # how far below zero a level may fall so that a larger pivot can be taken
FEASIBLE = 1e-9  # sum of artificials above which the programme has no solution
FRESH = 40  # pivots after which the inverse is computed anew


@njit(cache=True)
def make_work(rows: int, shared: int) -> Work:
    """Room for programmes of so many rows and shared columns."""
    v, a, warm = np.zeros((6, rows)), np.zeros((2, rows, rows)), np.zeros((rows, shared))
    basis, index = np.zeros(rows, np.int64), np.zeros(shared, np.int64)
    costs, every = np.zeros(shared), np.arange(shared)
    state = (basis, a[0], a[1], v[0], v[1], v[2], v[3], v[4], v[5])
    return Work(*state, costs, warm, index, np.zeros(1, np.int64), every)


@njit(cache=True)
def share_of(p: Problem, j: int) -> float:
    """What shared column number j is multiplied by, so that no entry is far above one."""
    return min(1.0, p.norm[j] * p.tiny)


@njit(cache=True)
def column_of(p: Problem, w: Work, j: int, out: Array) -> None:
    """Write column number j into `out`."""
    k, own = p.shared.shape[1], p.own.shape[1]
    for i in range(out.size):
        if j < k:
            out[i] = p.shared[i, j] * p.rows[i] * share_of(p, j)
        elif j < k + own:
            out[i] = p.own[i, j - k]
        else:
            out[i] = w.sign[i] if i == j - k - own else 0.0


@njit(cache=True)
def cost_of(p: Problem, j: int, first: bool) -> float:
    """Cost of column number j; in the first phase artificials cost one and others nothing."""
    k, own = p.shared.shape[1], p.own.shape[1]
    if first:
        return 1.0 if j >= k + own else 0.0
    return float(p.cost[j - k]) if k <= j < k + own else 0.0


@njit(cache=True)
def eliminate(a: Array, c: int) -> bool:
    """One step of Gauss and Jordan with partial pivoting; false where the matrix is singular."""
    n, top = a.shape[0], c
    for i in range(c + 1, n):
        if abs(a[i, c]) > abs(a[top, c]):
            top = i
    if abs(a[top, c]) < SINGULAR:
        return False
    factor = a[top, c]
    for j in range(2 * n):
        a[c, j], a[top, j] = a[top, j] / factor, a[c, j] if top != c else a[c, j] / factor
    for i in range(n):
        factor = a[i, c]
        if i != c and factor != 0.0:
            for j in range(2 * n):
                a[i, j] -= factor * a[c, j]
    return True


@njit(cache=True)
def invert(matrix: Array, inverse: Array) -> bool:
    """Invert a small matrix; false where it is singular."""
    n = matrix.shape[0]
    a = np.zeros((n, 2 * n))
    a[:, :n] = matrix
    for c in range(n):
        a[c, n + c] = 1.0
    for c in range(n):
        if not eliminate(a, c):
            return False
    inverse[:, :] = a[:, n:]
    return True


@njit(cache=True)
def factorise(p: Problem, w: Work) -> bool:
    """Invert the basis and compute its levels, with one step of refinement."""
    n = w.basis.size
    for c in range(n):
        column_of(p, w, w.basis[c], w.column)
        for i in range(n):
            w.matrix[i, c] = w.column[i]
    if not invert(w.matrix, w.inverse):
        return False
    for c in range(n):
        w.level[c] = 0.0
    for _ in range(2):
        for i in range(n):
            left = p.rhs[i]
            for c in range(n):
                left -= w.matrix[i, c] * w.level[c]
            w.column[i] = left
        for c in range(n):
            for i in range(n):
                w.level[c] += w.inverse[c, i] * w.column[i]
    return True


@njit(cache=True)
def find_duals(p: Problem, w: Work, first: bool, refine: bool) -> None:
    """Duals of the basis; refined ones need `matrix` to be the present basis."""
    n = w.basis.size
    for i in range(n):
        w.duals[i] = 0.0
    for turn in range(2 if refine else 1):
        for c in range(n):
            left = cost_of(p, w.basis[c], first)
            if turn == 1:
                for i in range(n):
                    left -= w.matrix[i, c] * w.duals[i]
            w.step[c] = left
        for c in range(n):
            if w.step[c] != 0.0:
                for i in range(n):
                    w.duals[i] += w.step[c] * w.inverse[c, i]
    for i in range(n):
        w.scaled[i] = w.duals[i] * p.rows[i]


@njit(cache=True)
def reduce_costs(matrix: Array, count: int, scaled: Array, out: Array) -> None:
    """Reduced costs of the first `count` columns of a matrix of shared columns."""
    for j in range(count):
        out[j] = -scaled[0] * matrix[0, j]
    for i in range(1, scaled.size):
        f = scaled[i]
        for j in range(count):
            out[j] -= f * matrix[i, j]


@njit(cache=True)
def price_own(p: Problem, w: Work, first: bool, stop: float) -> tuple[float, int]:
    """The least reduced cost of own columns and which has it, or the first below `stop`."""
    best, enter = 0.0, -1
    for c in range(p.own.shape[1]):
        d = 0.0 if first else p.cost[c]
        for i in range(w.duals.size):
            d -= w.duals[i] * p.own[i, c]
        if d < best:
            best, enter = d, p.shared.shape[1] + c
            if d < stop:
                break
    return best, enter


@njit(cache=True)
def price_shared(
    p: Problem, w: Work, matrix: Array, index: Index, count: int, stop: float
) -> tuple[float, int]:
    """The same among the first `count` shared columns of a matrix."""
    best, enter = 0.0, -1
    reduce_costs(matrix, count, w.scaled, w.reduced)
    for h in range(count):
        if w.reduced[h] < 0.0 and index[h] != p.left_out:
            d = w.reduced[h] * share_of(p, index[h])
            if d < best:
                best, enter = d, index[h]
            if d < stop:
                break
    return best, enter


@njit(cache=True)
def warm_up(p: Problem, w: Work, j: int) -> None:
    """Remember a shared column that was useful."""
    count = w.used[0]
    for h in range(count):
        if w.warm_index[h] == j:
            return
    for i in range(p.shared.shape[0]):
        w.warm[i, count] = p.shared[i, j]
    w.warm_index[count] = j
    w.used[0] = count + 1


@njit(cache=True)
def stuck(p: Problem, w: Work) -> int:
    """The place of an artificial that the entering column would move off zero, or −1."""
    artificial = p.shared.shape[1] + p.own.shape[1]
    for c in range(w.basis.size):
        if w.basis[c] >= artificial and abs(w.step[c]) > PIVOT:
            return c
    return -1


@njit(cache=True)
def leaving(w: Work, bland: bool) -> int:
    """The place in the basis that the entering column takes, or −1 where nothing binds."""
    slacken = 0.0 if bland else SLACKEN
    bound, place = np.inf, -1
    for c in range(w.basis.size):
        if w.step[c] > PIVOT:
            bound = min(bound, (max(w.level[c], 0.0) + slacken) / w.step[c])
    for c in range(w.basis.size):
        if w.step[c] <= PIVOT or max(w.level[c], 0.0) / w.step[c] > bound:
            continue
        if place < 0 or (w.basis[c] < w.basis[place] if bland else w.step[c] > w.step[place]):
            place = c
    return place


@njit(cache=True)
def pivot(p: Problem, w: Work, enter: int, place: int) -> None:
    """Let a column into the basis."""
    n = w.basis.size
    length = max(w.level[place], 0.0) / w.step[place]
    for c in range(n):
        if c != place:
            w.level[c] -= length * w.step[c]
            if -SLACKEN < w.level[c] < 0.0:
                w.level[c] = 0.0
    w.level[place] = length
    for i in range(n):
        w.inverse[place, i] /= w.step[place]
    for c in range(n):
        f = w.step[c]
        if c != place and f != 0.0:
            for i in range(n):
                w.inverse[c, i] -= f * w.inverse[place, i]
    w.basis[place] = enter


@njit(cache=True)
def limit_of(p: Problem, w: Work) -> float:
    """The reduced cost that counts as below zero, given the size of what is summed."""
    size = 1.0
    for i in range(w.duals.size):
        size += abs(w.scaled[i]) * p.typical[i] + abs(w.duals[i])
    return -PRICE * size


@njit(cache=True)
def choose(p: Problem, w: Work, first: bool, fresh: bool, bland: bool) -> tuple[float, int]:
    """The entering column and its reduced cost; all columns are looked at only when fresh."""
    limit = limit_of(p, w)
    stop = limit if bland else -np.inf
    best, enter = 0.0, -1
    if not bland:
        best, enter = price_own(p, w, first, stop)
        other, which = price_shared(p, w, w.warm, w.warm_index, w.used[0], stop)
        if other < best:
            best, enter = other, which
        if best < limit:
            return best, enter
    if fresh or bland:
        other, which = price_shared(p, w, p.shared, w.every, w.every.size, stop)
        if other < limit:
            warm_up(p, w, which)
            return other, which
        best = min(best, other)
    if bland:
        other, which = price_own(p, w, first, stop)
        if other < limit:
            return other, which
        best = min(best, other)
    return best, -1


@njit(cache=True)
def run_phase(p: Problem, w: Work, first: bool, most: int) -> tuple[int, int, float]:
    """Pivot to the optimum of a phase: status, pivots, and the least reduced cost."""
    n, since, done = w.basis.size, 0, False
    for turn in range(2 * most):
        if since >= FRESH or done:
            if not factorise(p, w):
                return STALLED, turn, 0.0
            since = 0
        find_duals(p, w, first, since == 0)
        bland = turn > most
        least, enter = choose(p, w, first, since == 0, bland)
        done = enter < 0
        if done and since == 0:
            return OPTIMAL, turn, least
        if done:
            continue
        column_of(p, w, enter, w.column)
        for c in range(n):
            w.step[c] = 0.0
            for i in range(n):
                w.step[c] += w.inverse[c, i] * w.column[i]
        place = -1 if first else stuck(p, w)
        place = leaving(w, bland) if place < 0 else place
        if place < 0:
            return UNBOUNDED, turn, 0.0
        pivot(p, w, enter, place)
        since += 1
    return STALLED, 2 * most, 0.0


@njit(cache=True)
def begin(p: Problem, w: Work, start: Index) -> bool:
    """Set up a start, or artificials alone where it is no basis; true if it needs phase one."""
    n, artificial = w.basis.size, p.shared.shape[1] + p.own.shape[1]
    for i in range(n):
        w.basis[i] = start[i] if start[i] >= 0 else artificial + i
        w.sign[i] = 1.0
    good = factorise(p, w)
    for c in range(n if good else 0):
        if w.level[c] < 0.0 and w.basis[c] >= artificial:
            w.sign[w.basis[c] - artificial] = -1.0
            w.level[c] *= -1.0
            w.inverse[c, :] *= -1.0
            w.matrix[:, c] *= -1.0
    if not good or w.level.min() < -FEASIBLE:
        for i in range(n):
            w.basis[i] = artificial + i
            w.sign[i] = 1.0 if p.rhs[i] >= 0.0 else -1.0
        factorise(p, w)
    return w.basis.max() >= artificial


@njit(cache=True)
def artificials(p: Problem, w: Work) -> float:
    """The sum of the levels of artificial columns: how far the rows are from being met."""
    above = w.basis >= p.shared.shape[1] + p.own.shape[1]
    return float(np.abs(w.level[above]).sum())


@njit(cache=True)
def solve_one(p: Problem, w: Work, start: Index, most: int) -> tuple[int, int, float]:
    """Status, pivots and the least reduced cost of one programme."""
    spent = 0
    if begin(p, w, start):
        status, spent, least = run_phase(p, w, True, most)
        if status != OPTIMAL:
            return STALLED, spent, 0.0
        if artificials(p, w) > FEASIBLE:
            return INFEASIBLE, spent, least
    status, pivots, least = run_phase(p, w, False, most)
    return status, spent + pivots, least


@njit(cache=True)
def record(p: Problem, w: Work, o: int, out: Answers) -> None:
    """Copy what the basis says into the answers, with what rows and signs are missed by."""
    n, k, own = w.basis.size, p.shared.shape[1], p.own.shape[1]
    for c in range(n):
        j = w.basis[c]
        out.basis[o, c] = j if j < k + own else -1
        out.level[o, c] = max(w.level[c], 0.0)
        out.value[o] += cost_of(p, j, False) * w.level[c]
        out.duals[o, c] = w.duals[c]
        left = p.rhs[c]
        for i in range(n):
            if w.basis[i] < k + own:
                left -= w.matrix[c, i] * w.level[i]
        out.primal[o] = max(out.primal[o], abs(left), -w.level[c])


@njit(cache=True)
def solve_batch(b: Batch, out: Answers, most: int) -> None:
    """Solve every programme; columns that served one are tried first for the next."""
    n, r = b.rhs.shape
    w = make_work(r, b.shared.shape[1])
    for o in range(n):
        own = (b.own[o], b.cost[o], b.rhs[o], b.left_out[o])
        p = Problem(b.shared, b.typical, b.norm, b.tiny[o], b.rows[o], *own)
        status, pivots, least = solve_one(p, w, b.start[o], most)
        if status == STALLED:  # another way round may avoid the singular basis
            status, pivots, least = solve_one(p, w, np.full(r, -1), most)
        out.status[o], out.pivots[o], out.dual[o] = status, pivots, max(0.0, -least)
        if status == INFEASIBLE:
            # the duals of the first phase are a ray that proves it; per unit of that proof
            find_duals(p, w, True, True)
            out.dual[o] /= max(artificials(p, w), FEASIBLE)
        record(p, w, o, out)
