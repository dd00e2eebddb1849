"""Distances between profiles, and how far one is strong where another is weak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Complement:
    """How well profiles complete each other, shape (E, E).

    Attributes
    ----------
    helps : ndarray
        ``[i, j]``: how far `j` has its relative strengths where `i` has its relative
        weaknesses, over the columns in which `j` is ahead of `i`.
    mutual : ndarray
        Root of the product of both directions; zero where one is ahead in everything.
    where : ndarray of bool, shape (E, E, K)
        The columns that add to `helps`.
    """

    helps: Array
    mutual: Array
    where: NDArray[np.bool_]


def distances(z: Array) -> Array:
    """Euclidean distances between rows over the root of the number of columns, shape (E, E)."""
    apart = z[:, None, :] - z[None, :, :]
    return np.sqrt((apart**2).mean(axis=-1))


def complement(z: Array) -> Complement:
    """How well rows complete each other, by comparative advantage.

    With ``c`` the profile less its own mean, ``helps[i, j]`` is the sum of
    ``max(0, -c_ik) max(0, c_jk)`` over columns with ``z_jk > z_ik``. Taken from the own
    mean, so that whoever leads in everything is not everybody's complement.

    Parameters
    ----------
    z : ndarray, shape (E, K)
        Standardised, more is better; with one column nothing is relative and all is zero.
    """
    c = z - z.mean(axis=1, keepdims=True)
    ahead = z[None, :, :] > z[:, None, :]
    part = np.where(ahead, np.maximum(-c, 0.0)[:, None, :] * np.maximum(c, 0.0)[None, :, :], 0.0)
    helps = part.sum(axis=-1)
    return Complement(helps, np.sqrt(helps * helps.T), part > 0)


def ranked(
    costs: tuple[Array, ...], code: NDArray[np.intp], most: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The cheapest partners of each row: row, place from 0, partner; infinite ones left out.

    Parameters
    ----------
    costs : tuple of ndarray, shape (E, E)
        Later ones decide where earlier ones tie; the first one's diagonal is never taken.
    code : ndarray of int, shape (E,)
        By which what still ties is resolved.
    most : int
        Partners of each row.
    """
    first = np.where(np.eye(len(code), dtype=np.bool_), np.inf, costs[0])
    # costs that differ in the last digits only are ties: sums in another order differ so
    keys = [np.round(cost, 12) for cost in (first, *costs[1:])]
    tie = np.broadcast_to(code, first.shape)
    order = np.lexsort((tie, *keys[::-1]), axis=1)[:, :most]
    kept = np.isfinite(np.take_along_axis(first, order, axis=1))
    i, place = np.nonzero(kept)
    return i, place, order[i, place]
