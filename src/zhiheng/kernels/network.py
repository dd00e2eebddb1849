"""Gravity between places, and centralities of the network that it draws.

Notation: `n` places; matrices are from row to column. A tie is one or zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Network:
    """Measures of a directed network without weights.

    Attributes
    ----------
    density : float
        Ties over possible ties.
    reciprocity : float
        The share of ties that are returned; NaN without ties.
    components : int
        Weakly connected parts.
    out_degree, in_degree : ndarray of int, shape (n,)
    betweenness : ndarray
        Shares of shortest paths through a place, over (n - 1)(n - 2) (Freeman).
    closeness_out, closeness_in : ndarray
        Places reached less one over the sum of their distances, times the share of
        places reached (Wasserman and Faust); zero where none is.
    """

    density: float
    reciprocity: float
    components: int
    out_degree: NDArray[np.int64]
    in_degree: NDArray[np.int64]
    betweenness: Array
    closeness_out: Array
    closeness_in: Array


def gravity(mass: Array, distance: Array, *, power: float, shared: bool) -> Array:
    """Gravity from i to j: ``K_ij M_i M_j / D_ij^power`` with a diagonal of zeros.

    Parameters
    ----------
    mass : ndarray, shape (n,)
        Positive.
    distance : ndarray, shape (n, n)
        Positive off the diagonal; infinite means no pull.
    power : float
    shared : bool
        Whether ``K_ij = M_i / (M_i + M_j)`` makes the pull directed; else K is one.
    """
    far = distance.copy()
    np.fill_diagonal(far, np.inf)
    pull = mass[:, None] * mass / far**power
    return pull * mass[:, None] / (mass[:, None] + mass) if shared else pull


def above_row_mean(pull: Array) -> Mask:
    """Ties of each row above the mean of its off-diagonal entries."""
    n = len(pull)
    ties = pull > pull.sum(axis=1, keepdims=True) / (n - 1)
    np.fill_diagonal(ties, False)
    return ties


def network(ties: Mask) -> Network:
    """Measures of the whole and of each place; breadth-first search of all places at once."""
    n = len(ties)
    a = ties.astype(np.float64)
    distance, paths = _search(a)
    number = int(ties.sum())
    returned = int((ties & ties.T).sum())
    components, _ = connected_components(ties, directed=True, connection="weak")
    return Network(
        density=number / (n * (n - 1)),
        reciprocity=returned / number if number else float("nan"),
        components=int(components),
        out_degree=ties.sum(axis=1),
        in_degree=ties.sum(axis=0),
        betweenness=_betweenness(a, distance, paths) / max((n - 1) * (n - 2), 1),
        closeness_out=_closeness(distance),
        closeness_in=_closeness(distance.T),
    )


def _search(a: Array) -> tuple[Array, Array]:
    """Steps from row to column (infinite where not reached) and the number of shortest paths."""
    n = len(a)
    distance = np.full((n, n), np.inf)
    np.fill_diagonal(distance, 0.0)
    paths = np.eye(n)
    front = np.eye(n)
    for step in range(1, n):
        front = np.where(np.isinf(distance), front @ a, 0.0)
        if not front.any():
            break
        distance[front > 0] = step
        paths += front
    return distance, paths


def _betweenness(a: Array, distance: Array, paths: Array) -> Array:
    """Brandes' accumulation from the farthest places back, for all sources at once."""
    passed = np.zeros_like(a)
    known = np.isfinite(distance)
    deepest = int(distance[known].max(initial=0.0))
    for step in range(deepest, 0, -1):
        reached = distance == step
        share = np.divide(1.0 + passed, paths, out=np.zeros_like(a), where=reached)
        passed += np.where(distance == step - 1, paths * (share @ a.T), 0.0)
    np.fill_diagonal(passed, 0.0)
    return passed.sum(axis=0)


def _closeness(distance: Array) -> Array:
    n = len(distance)
    known = np.isfinite(distance)
    reached = known.sum(axis=1) - 1.0
    total = np.where(known, distance, 0.0).sum(axis=1)
    near = np.divide(reached, total, out=np.zeros(n), where=total > 0)
    return near * reached / max(n - 1, 1)
