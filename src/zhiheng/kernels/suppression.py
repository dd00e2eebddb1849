"""Small cells of a table of sums: which must not be shown so that no contributor is exposed.

A cell is sensitive when few contribute to it, or when its second largest contributor could
estimate the largest too closely (the p % rule). Since totals are shown as well, further
cells are held back until those hidden, taken together, are not sensitive either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Groups:
    """Sums over groups, and what is hidden.

    Attributes
    ----------
    total : ndarray, shape (groups, ...)
        Sums; NaN where nobody contributes.
    count : ndarray of int, same shape
        Contributors.
    hidden : ndarray of bool, same shape
    """

    total: Floats
    count: NDArray[np.int64]
    hidden: Bools


def grouped(
    values: Floats, group: NDArray[np.intp], groups: int, *, least: int = 3, share: float = 0.15
) -> Groups:
    """Sum over groups and hide what would expose a contributor.

    Parameters
    ----------
    values : ndarray, shape (entities, columns)
        Contributions; NaN where there is none.
    group : ndarray of int, shape (entities,)
        From 0 to `groups` − 1.
    least : int
        A cell with fewer contributors is sensitive, 2 or more.
    share : float
        p: a cell is sensitive when all but its two largest contributors together are less
        than this share of the largest. From 0 (no such rule) to 1.
    """
    shape = (groups, values.shape[1])
    held = ~np.isnan(values)
    size = np.where(held, np.abs(values), 0.0)
    total, count = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    np.add.at(total, group, np.where(held, values, 0.0))
    np.add.at(count, group, held)
    big, second, gross = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(gross, group, size)
    np.maximum.at(big, group, size)
    first = _first_largest(size, group, big)
    np.maximum.at(second, group, np.where(first, 0.0, size))
    hidden = _sensitive(count, big, second, gross, least, share)
    hidden = _complemented(hidden, (count, big, second, gross), least, share)
    return Groups(np.where(count > 0, total, np.nan), count, hidden)


def _first_largest(size: Floats, group: NDArray[np.intp], big: Floats) -> Bools:
    """One largest contributor of each cell; of equals the first, so that the other is second."""
    largest = (size == big[group]) & (size > 0)
    rows = np.where(largest, np.arange(len(size))[:, None], len(size))
    first = np.full(big.shape, len(size))
    np.minimum.at(first, group, rows)
    return largest & (rows == first[group])


def _sensitive(
    count: NDArray[np.int64], big: Floats, second: Floats, gross: Floats, least: int, share: float
) -> Bools:
    rest = np.maximum(gross - big - second, 0.0)
    few = (count > 0) & (count < least)
    # Equal contributors make sums that differ in the last digit.
    dominated = (count > 0) & (rest < share * big * (1 - 1e-12))
    return few | dominated


def _complemented(
    hidden: Bools, parts: tuple[NDArray[np.int64], Floats, Floats, Floats], least: int,
    share: float,
) -> Bools:  # fmt: skip
    """Hide more cells of a column until what is hidden is not sensitive when taken together.

    The hidden cells of a column can be had as one sum: the total less what is shown. That
    sum must be safe against its own contributors, and must not be of one cell alone.
    """
    count, big, second, gross = parts
    hidden = hidden.copy()
    order = np.argsort(np.where(count > 0, gross, np.inf), axis=0, kind="stable")
    for _ in range(len(count)):  # each round hides at most one more cell in a column
        n = np.where(hidden, count, 0).sum(axis=0)
        both = np.where(hidden, np.stack([big, second]), 0.0).reshape(-1, count.shape[1])
        top = np.sort(both, axis=0)[-2:]
        whole = np.where(hidden, gross, 0.0).sum(axis=0)
        cells = hidden.sum(axis=0)
        exposed = _sensitive(n, top[1], top[0], whole, least, share) | (cells == 1)
        exposed &= (cells > 0) & (cells < (count > 0).sum(axis=0))
        if not exposed.any():
            break
        shown = np.take_along_axis((count > 0) & ~hidden, order, axis=0)
        row = np.take_along_axis(order, shown.argmax(axis=0)[None], axis=0)[0]
        columns = np.flatnonzero(exposed & shown.any(axis=0))
        hidden[row[columns], columns] = True
    return hidden
