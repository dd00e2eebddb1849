"""Rules of aggregation that compare entities with one another: VIKOR and Copeland.

Scores have the shape (..., P, E) as in `aggregate`; larger is better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Shares of weight within this of one half are a draw: they are sums in another order.
HALF = 1e-12


def pair_wins(cube: Array) -> Array:
    """One where the first of a pair is ahead in an indicator, one half where neither is.

    Parameters
    ----------
    cube : ndarray, shape (P, K, E)

    Returns
    -------
    ndarray, shape (P, K, E (E - 1) / 2)
        Pairs in the order of ``numpy.triu_indices(E, 1)``.
    """
    a, b = np.triu_indices(cube.shape[2], k=1)
    return (1.0 + np.sign(cube[:, :, a] - cube[:, :, b])) / 2.0


def copeland_score(share: Array, entities: int) -> Array:
    """Pairs won less pairs lost; `share` is the weight in which the first of a pair is ahead."""
    a, b = np.triu_indices(entities, k=1)
    won = np.where(np.abs(share - 0.5) <= HALF, 0.0, np.sign(share - 0.5))
    sides = np.zeros((len(a), entities))
    sides[np.arange(len(a)), a] = 1.0
    sides[np.arange(len(a)), b] = -1.0
    return won @ sides


def vikor_score(distance: Array, weights: Array, group: float) -> Array:
    """One less the compromise index Q of each entity.

    Parameters
    ----------
    distance : ndarray, shape (P, K, E)
        0 at the best value of an indicator, 1 at the worst.
    weights : ndarray, shape (..., 1, K) or (..., P, K)
    group : float, in [0, 1]
        Weight of the group's regret against that of the worst indicator.

    Notes
    -----
    ``S = sum w d``, ``R = max w d``; each brought to [0, 1] over the entities of the
    period, where all are equal to zero; ``Q = v S + (1 - v) R``.
    """
    from zhiheng.kernels.vikor_loop import vikor_loop  # loads the compiler

    lead, periods = weights.shape[:-2], distance.shape[0]
    flat = np.ascontiguousarray(weights.reshape(-1, *weights.shape[-2:]))
    out = np.empty((flat.shape[0], periods, distance.shape[2]))
    vikor_loop(distance, flat, group, out)
    return out.reshape(*lead, periods, distance.shape[2])
