"""What a transition matrix implies: mobility, half-life, first passages, forecasts.

Notation: `k` classes, `P` a (k, k) matrix of probabilities, NaN in the rows of
classes without a transition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mobility:
    """Indices of mobility; zero is none. Arrays have the leading axes of the matrices.

    Attributes
    ----------
    shorrocks : ndarray
        ``(k - tr P) / (k - 1)``.
    determinant : ndarray
        ``1 - |det P|``.
    eigenvalue : ndarray
        ``1 - |lambda_2|``, the speed at which the start is forgotten.
    leaving : ndarray
        ``k (1 - sum_i s_i P_ii) / (k - 1)``, with shares `s` of the classes.
    distance : ndarray
        ``sum_i s_i sum_j P_ij |i - j| / (k - 1)``.
    half_life : ndarray
        ``ln 2 / -ln |lambda_2|`` steps; infinite when ``|lambda_2|`` is one, zero
        when it is zero.
    """

    shorrocks: Array
    determinant: Array
    eigenvalue: Array
    leaving: Array
    distance: Array
    half_life: Array


def mobility(p: Array, share: Array) -> Mobility:
    """Mobility indices of one matrix or of many.

    Parameters
    ----------
    p : ndarray, shape (..., k, k)
        Without NaN.
    share : ndarray, shape (..., k)
        Shares of the classes that weigh the last two indices; they sum to one.
    """
    k = p.shape[-1]
    stay = np.diagonal(p, axis1=-2, axis2=-1)
    moduli = np.sort(np.abs(np.linalg.eigvals(p)), axis=-1)
    second = np.minimum(moduli[..., -2], 1.0)
    apart = np.abs(np.arange(k)[:, None] - np.arange(k))
    with np.errstate(divide="ignore"):
        half = np.log(2.0) / -np.log(second)
    return Mobility(
        shorrocks=(k - stay.sum(axis=-1)) / (k - 1),
        determinant=1.0 - np.abs(np.linalg.det(p)),
        eigenvalue=1.0 - second,
        leaving=k * (1.0 - (share * stay).sum(axis=-1)) / (k - 1),
        distance=(share * (p * apart).sum(axis=-1)).sum(axis=-1) / (k - 1),
        half_life=np.where(second >= 1.0 - 1e-12, np.inf, half),
    )


def communicating(counts: Array) -> tuple[NDArray[np.intp], Mask]:
    """The communicating set of each class, and whether the set is never left.

    Parameters
    ----------
    counts : ndarray, shape (k, k)
        Transitions or probabilities; positive means possible.

    Returns
    -------
    set_of : ndarray of int, shape (k,)
        Sets are numbered by their lowest class.
    closed : ndarray of bool, shape (k,)
    """
    possible = np.nan_to_num(counts) > 0
    _, label = connected_components(possible, directed=True, connection="strong")
    _, first = np.unique(label, return_index=True)
    number = np.argsort(np.argsort(first))[label]
    leaves = np.zeros(len(first), dtype=np.bool_)
    start, end = np.nonzero(possible)
    leaves[number[start[number[start] != number[end]]]] = True
    return number, ~leaves[number]


def first_passage(p: Array) -> Array:
    """Mean steps from class i until class j is entered; on the diagonal, until the return.

    Infinite where j is not reached with certainty, which a reducible chain has;
    NaN in the rows of classes without a transition.

    Parameters
    ----------
    p : ndarray, shape (k, k)
    """
    possible = np.nan_to_num(p) > 0
    out = np.stack([_until(p, possible, j) for j in range(len(p))], axis=1)
    out[np.isnan(p).any(axis=1)] = np.nan
    return out


def _until(p: Array, possible: Mask, j: int) -> Array:
    """Mean steps until `j`, from every class."""
    others = np.flatnonzero(np.arange(len(p)) != j)
    inner = possible[np.ix_(others, others)]
    reach = _reachable(inner)
    arrives = (reach & possible[others, j]).any(axis=1)
    sure = ~(reach & ~arrives).any(axis=1)
    steps = np.full(len(p), np.inf)
    at = others[sure]
    system = np.eye(len(at)) - p[np.ix_(at, at)]
    steps[at] = np.linalg.solve(system, np.ones(len(at)))
    after = possible[j].copy()
    after[j] = False
    steps[j] = 1.0 + (p[j, after] * steps[after]).sum()
    return steps


def _reachable(possible: Mask) -> Mask:
    """Whether column can be reached from row in any number of steps, none included."""
    reach = possible | np.eye(len(possible), dtype=np.bool_)
    for _ in range(max(1, int(np.ceil(np.log2(max(len(possible), 2)))))):
        reach = (reach.astype(np.float64) @ reach.astype(np.float64)) > 0
    return reach


def forecast(p: Array, share: Array, steps: int) -> Array:
    """Shares of the classes after 1 to `steps` steps of unchanging probabilities.

    Parameters
    ----------
    p : ndarray, shape (..., k, k)
        A class without a transition (NaN) makes every share NaN that it flows into.
    share : ndarray, shape (k,)
    steps : int

    Returns
    -------
    ndarray, shape (..., steps, k)
    """
    possible = np.where(np.isnan(p), 0.0, p)
    unknown = np.isnan(p).any(axis=-1)
    out = np.empty((*p.shape[:-2], steps, p.shape[-1]))
    now = np.broadcast_to(share, p.shape[:-1])
    for step in range(steps):
        lost = (unknown & (now > 0)).any(axis=-1, keepdims=True)
        now = np.where(lost, np.nan, np.einsum("...i,...ij->...j", now, possible))
        out[..., step, :] = now
    return out
