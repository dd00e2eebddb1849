"""Abatement: annuities, learning, levelised cost, overlap of measures, order of measures.

Notation of the module: `M` measures, `D` draws, `T` years.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def capital_recovery(discount: Array | float, life: Array | float) -> Array:
    """Yearly payment that a capital of one costs: ``i (1 + i)^n / ((1 + i)^n - 1)``.

    Parameters
    ----------
    discount : ndarray
        Yearly real rate `i`, not negative; at zero the payment is ``1 / n``.
    life : ndarray
        Years `n`, positive; need not be whole.
    """
    i, n = np.broadcast_arrays(np.asarray(discount, float), np.asarray(life, float))
    # expm1 and log1p keep the digits that (1 + i)^n - 1 loses at small rates
    paid = -np.expm1(-n * np.log1p(i))
    return np.where(i > 0, np.divide(i, paid, out=np.ones_like(n), where=i > 0), 1.0 / n)


def wright(rate: Array | float, doublings: Array | float) -> Array:
    """Cost relative to the start after a number of doublings of experience: ``(1 - rate)^d``."""
    return (1.0 - np.asarray(rate, float)) ** np.asarray(doublings, float)


def levelised_cost(
    annuity: Array, opex: Array, saving: Array, abatement: Array, *, kept: Array | float = 1.0
) -> Array:
    """Yearly cost of a tonne: ``(annuity + opex) / (kept a) - saving / a``.

    Parameters
    ----------
    annuity, opex, saving : ndarray, shape (..., M)
        Money a year for one unit of the measure.
    abatement : ndarray, shape (..., M)
        Tonnes a year that one unit abates where no other measure acts.
    kept : ndarray, shape (..., M)
        The part of it that is left beside the other measures. Equipment costs the same, while
        tonnes and saved energy shrink together.
    """
    return (annuity + opex) / (kept * abatement) - saving / abatement


def turnover(stock_life: Array, years: int) -> Array:
    """Part of the stock that is renewed in each year, shape (M, T); it sums to one at most.

    A stock with a life of `n` years is renewed by ``1 / n`` a year until all of it is.
    """
    done = np.minimum(np.arange(years + 1) / stock_life[:, None], 1.0)
    return np.diff(done, axis=1)


def in_order(part: Array, rank: NDArray[np.intp]) -> Array:
    """What each measure abates when each acts on what those before it have left.

    Parameters
    ----------
    part : ndarray, shape (..., M)
        The part of the source that each abates alone, from 0 to 1.
    rank : ndarray of int, shape (..., M)
        Smaller acts earlier; no two alike.

    Returns
    -------
    ndarray, shape (..., M)
        Parts of the source; they sum to ``1 - prod(1 - part)``, never above one.
    """
    order = np.argsort(rank, axis=-1)
    sorted_ = np.take_along_axis(part, order, axis=-1)
    left = np.cumprod(1.0 - sorted_, axis=-1)
    before = np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], axis=-1)
    out = np.empty_like(part)
    np.put_along_axis(out, order, sorted_ * before, axis=-1)
    return out


def shapley(part: Array) -> Array:
    """What each measure abates on the average over all orders, as parts of the source.

    The value of a set of measures is ``1 - prod(1 - part)``. On the diagonal of its multilinear
    extension (Owen, 1972) the share of measure `i` is

        part_i * integral over t from 0 to 1 of  prod over j != i of (1 - t part_j),

    a polynomial of degree ``M - 1``, so that Gauss-Legendre quadrature with ``M / 2`` nodes gives
    the average over ``M!`` orders without an error of its own.

    Parameters
    ----------
    part : ndarray, shape (..., M)
        From 0 to 1.

    References
    ----------
    Owen (1972) Management Science 18(5): 64-79.
    """
    nodes, weights = np.polynomial.legendre.leggauss((part.shape[-1] + 1) // 2)
    total = np.zeros_like(part)
    for t, w in zip(0.5 * (nodes + 1.0), 0.5 * weights, strict=True):
        left = 1.0 - t * part  # nodes lie inside (0, 1), so that it is never zero
        total += w * left.prod(axis=-1, keepdims=True) / left
    return part * total


def fronts(benefit: Array, abatement: Array) -> NDArray[np.intp]:
    """Number of the Pareto front of each measure, from 1: more benefit and more tonnes are better.

    Parameters
    ----------
    benefit, abatement : ndarray, shape (..., M)

    Notes
    -----
    The front of a measure is one more than the longest chain of measures above it. Of equal
    measures none is above the other.
    """
    b, a = np.atleast_2d(benefit), np.atleast_2d(abatement)
    order = np.lexsort((-a, -b), axis=-1)
    b, a = np.take_along_axis(b, order, -1), np.take_along_axis(a, order, -1)
    rows, size = a.shape
    best = np.full((rows, size), -np.inf)  # most tonnes on each front so far, falling
    found = np.zeros((rows, size), dtype=np.intp)
    every, used = np.arange(rows), 0
    for m in range(size):  # one step for all rows
        place = (best[:, : used + 1] >= a[:, m, None]).sum(axis=1)
        if m:
            equal = (b[:, m] == b[:, m - 1]) & (a[:, m] == a[:, m - 1])
            place = np.where(equal, found[:, m - 1], place)
        best[every, place] = np.maximum(best[every, place], a[:, m])
        found[:, m] = place
        used = min(max(used, int(place.max(initial=0)) + 1), size - 1)
    out = np.empty_like(found)
    np.put_along_axis(out, order, found + 1, axis=-1)
    return out.reshape(np.shape(benefit))


def merit(cost: Array, benefit: Array, abatement: Array) -> NDArray[np.intp]:
    """Rank of each measure, from 1: those that pay first, by front and benefit; then by cost.

    Cost per tonne orders measures that cost something. Where a measure pays, more tonnes make its
    cost per tonne *larger*, so that it prefers the worse of two; there fronts of benefit and
    tonnes order instead, and only partly: within a front the larger benefit stands first.

    Parameters
    ----------
    cost, benefit, abatement : ndarray, shape (..., M)
        Money a tonne, money a year, tonnes a year.

    References
    ----------
    Taylor (2012) Energy Policy 48: 430-438.
    """
    pays = cost < 0
    front = np.where(pays, fronts(np.where(pays, benefit, -np.inf), abatement), 0)
    second = np.where(pays, -benefit, cost)
    order = np.lexsort((second, front, ~pays), axis=-1)
    rank = np.empty(np.shape(cost), dtype=np.intp)
    places = np.broadcast_to(np.arange(1, cost.shape[-1] + 1), rank.shape)
    np.put_along_axis(rank, order, places, axis=-1)
    return rank


def inverted(cost: Array, benefit: Array, abatement: Array) -> NDArray[np.intp]:
    """Pairs (worse, better) that an order by cost per tonne turns round, shape (pairs, 2).

    Both pay; the better one has at least the benefit and the tonnes of the worse one, and one of
    them larger, yet its cost per tonne is not smaller.
    """
    pays = cost < 0
    no_less = (benefit[None] >= benefit[:, None]) & (abatement[None] >= abatement[:, None])
    more = (benefit[None] > benefit[:, None]) | (abatement[None] > abatement[:, None])
    wrong = (cost[None] > cost[:, None]) & pays[:, None] & pays[None]
    return np.argwhere(no_less & more & wrong)


def triangular(low: Array, mode: Array, high: Array, uniform: Array) -> Array:
    """Quantiles of the triangular distribution; a point where `low` equals `high`.

    Parameters
    ----------
    low, mode, high : ndarray, shape (M,)
    uniform : ndarray, shape (D, M)
        Between 0 and 1.
    """
    width = high - low
    safe = np.where(width > 0, width, 1.0)
    split = (mode - low) / safe
    rising = low + np.sqrt(uniform * safe * (mode - low))
    falling = high - np.sqrt((1.0 - uniform) * safe * (high - mode))
    return np.where(width > 0, np.where(uniform < split, rising, falling), mode)
