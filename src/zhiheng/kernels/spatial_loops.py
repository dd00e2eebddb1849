"""Loops over neighbours and permutations, compiled at their first call.

Arguments that belong together come as tuples: links are (starts, columns,
weights) in compressed rows; cells are (values, mask, state) of shape (E, P);
cuts are (fixed ends in one row, one row per period, or none; whether quantiles are
taken within periods).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Links = tuple[Integers, Integers, Array]


@njit(cache=True)
def select_in_place(a: Array, first: int, last: int, kth: int) -> None:
    """Put the value of rank `kth` at its place within ``a[first:last + 1]`` (quickselect)."""
    while first < last:
        pivot = a[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if kth <= j:
            last = j
        elif kth >= i:
            first = i
        else:
            return


@njit(cache=True)
def quantile_cuts_in_place(a: Array, n: int, ends: Array) -> None:
    """Type-7 quantiles of ``a[:n]`` at (j + 1) / classes, written to `ends`; reorders `a`."""
    classes = len(ends) + 1
    first = 0
    for j in range(classes - 1):
        if n == 0:
            ends[j] = np.nan
            continue
        position = (n - 1) * (j + 1)
        low, rest = position // classes, position % classes
        select_in_place(a, first, n - 1, low)
        first = low
        upper = a[low]
        if rest > 0:
            upper = a[low + 1]
            for i in range(low + 2, n):
                upper = min(upper, a[i])
        ends[j] = a[low] + (upper - a[low]) * (rest / classes)


@njit(cache=True)
def count_permuted(
    links: Links,
    cells: tuple[Array, Mask, Integers],
    moves: tuple[Integers, Integers],
    dealt: Integers,
    cuts: tuple[Array, bool],
    out: Array,
) -> None:
    """Count transitions by lag class for each row of `dealt` (the entity at each position).

    Parameters
    ----------
    moves : (start, end)
        Positions of the periods that a transition joins.
    out : ndarray, shape (R, m, k, k)
        Added to.
    """
    entities, periods = cells[0].shape
    classes = out.shape[1]
    lag = np.zeros((periods, entities))
    known = np.zeros((periods, entities), dtype=np.bool_)
    room = np.empty(periods * entities)
    ends = np.empty((periods, classes - 1))
    for r in range(len(dealt)):
        _lag(links, cells, dealt[r], lag, known)
        _cut(lag, known, room, cuts, ends)
        _count(cells, moves, dealt[r], (lag, known, ends), out[r])


@njit(cache=True)
def _lag(
    links: Links, cells: tuple[Array, Mask, Integers], place: Integers, lag: Array, known: Mask
) -> None:
    """The spatial lag at each position; where neighbours are missing the others stand for them."""
    starts, columns, weights = links
    values, mask, _ = cells
    entities, periods = values.shape
    around, seen = np.empty(periods), np.empty(periods)
    for i in range(entities):
        total = 0.0
        around[:] = 0.0
        seen[:] = 0.0
        for at in range(starts[i], starts[i + 1]):
            j, w = place[columns[at]], weights[at]
            total += w
            for t in range(periods):
                if mask[j, t]:
                    around[t] += w * values[j, t]
                    seen[t] += w
        for t in range(periods):
            known[t, i] = mask[place[i], t] and seen[t] > 0
            if seen[t] == total:
                lag[t, i] = around[t]
            elif seen[t] > 0:
                lag[t, i] = around[t] * (total / seen[t])


@njit(cache=True)
def _cut(lag: Array, known: Mask, room: Array, cuts: tuple[Array, bool], ends: Array) -> None:
    """Upper ends of the lag classes, one row of `ends` for each period."""
    fixed, per_period = cuts
    periods, entities = lag.shape
    if len(fixed):
        for t in range(periods):
            ends[t] = fixed[min(t, len(fixed) - 1)]
        return
    n = 0
    for t in range(periods):
        if per_period:
            n = 0
        for i in range(entities):
            if known[t, i]:
                room[n] = lag[t, i]
                n += 1
        if per_period:
            quantile_cuts_in_place(room, n, ends[t])
    if not per_period:
        quantile_cuts_in_place(room, n, ends[0])
        for t in range(1, periods):
            ends[t] = ends[0]


@njit(cache=True)
def _count(
    cells: tuple[Array, Mask, Integers],
    moves: tuple[Integers, Integers],
    place: Integers,
    lags: tuple[Array, Mask, Array],
    out: Array,
) -> None:
    _, mask, state = cells
    start, end = moves
    lag, known, ends = lags
    for s in range(len(start)):
        a, b = start[s], end[s]
        for i in range(len(place)):
            e = place[i]
            if known[a, i] and mask[e, b]:
                c = 0
                while c < ends.shape[1] and lag[a, i] > ends[a, c]:
                    c += 1
                out[c, state[e, a], state[e, b]] += 1.0


@njit(cache=True)
def permuted_products(
    links: Links,
    values: tuple[Array, Array],
    margins: tuple[Array, Array],
    dealt: Integers,
    univariate: bool,
    out: Array,
) -> None:
    """What I, C and G need, for each row of `dealt`; one visit of each neighbour serves all.

    Parameters
    ----------
    values : (z, other)
        If not `univariate`, only `other` trades places.
    margins : (of weights, of neighbours)
        Sums of row and column of each unit.
    out : ndarray, shape (R, 4)
        Sums of w z_i z_j, of margin times z_i^2, of z_i z_j over neighbours, and of
        number of neighbours times z_i.
    """
    starts, columns, weights = links
    z, other = values
    of_weights, of_neighbours = margins
    for r in range(len(dealt)):
        place = dealt[r]
        product, squares, near, level = 0.0, 0.0, 0.0, 0.0
        for i in range(len(z)):
            here = z[place[i]] if univariate else z[i]
            around, beside = 0.0, 0.0
            for at in range(starts[i], starts[i + 1]):
                there = other[place[columns[at]]]
                around += weights[at] * there
                beside += there
            product += here * around
            near += here * beside
            squares += of_weights[i] * here * here
            level += of_neighbours[i] * here
        out[r, 0], out[r, 1], out[r, 2], out[r, 3] = product, squares, near, level


@njit(cache=True)
def conditional_tails(
    links: Links, z: Array, lag: Array, other: Array, dealt: Integers, tails: Array
) -> None:
    """Draws of the local statistic at least as large and as small, their sum and squares.

    Ties within a relative 1e-12 count in both tails.

    Parameters
    ----------
    dealt : ndarray of int, shape (R, widest)
        Ranks among the others of each unit.
    tails : ndarray, shape (n, 4)
        Added to.
    """
    starts, weights = links[0], links[2]
    for i in range(len(z)):
        found = z[i] * lag[i]
        slack = 1e-12 * abs(found)
        first, last = starts[i], starts[i + 1]
        above, below, total, squares = 0, 0, 0.0, 0.0
        for r in range(len(dealt)):
            around = 0.0
            for at in range(first, last):
                j = dealt[r, at - first]
                around += weights[at] * other[j + (j >= i)]
            value = z[i] * around
            above += value >= found - slack
            below += value <= found + slack
            total += value
            squares += value * value
        tails[i, 0] += above
        tails[i, 1] += below
        tails[i, 2] += total
        tails[i, 3] += squares


@njit(cache=True)
def partial_shuffle(steps: Integers, ids: Integers, out: Integers) -> None:
    """The first entries of shuffled `ids`, one row for each row of `steps`.

    Parameters
    ----------
    steps : ndarray of int, shape (R, widest)
        Column j from 0 to ``len(ids) - j - 1``: how far the j-th entry looks ahead.
    """
    for r in range(len(steps)):
        for j in range(steps.shape[1]):
            k = j + steps[r, j]
            ids[j], ids[k] = ids[k], ids[j]
            out[r, j] = ids[j]
