"""Dagum's decomposition in many resamples at once, and what moved a Gini coefficient.

Notation of the module: `E` entities, `P` periods, `B` weightings of the entities (draws of
a bootstrap, or one row of ones).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PARTS = ("gini", "within", "between", "transvariation")
"""In this order on the last axis of what `dagum_draws` returns."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the Gini coefficient split in two: ``change = reranking - catching_up``.

    Attributes
    ----------
    change : ndarray, shape (B,)
    reranking : ndarray, shape (B,)
        ``G1 - C1``: what overtaking adds; zero when nobody overtakes, never below.
    catching_up : ndarray, shape (B,)
        ``G0 - C1``: how far growth favoured those who were behind, were their ranks held.
    """

    change: Array
    reranking: Array
    catching_up: Array


def dagum_draws(
    y: Array, group: NDArray[np.intp], groups: int, weights: Array, mask: NDArray[np.bool_]
) -> Array:
    """Gini, within, net between and transvariation for every weighting and period.

    The same sums of positive differences as in :func:`zhiheng.kernels.dagum.dagum`, with
    weights; one pass through the sorted values serves all groups.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Not negative; any value where `mask` is false.
    group : ndarray, shape (E,)
        From 0 to `groups` - 1.
    weights : ndarray, shape (B, E)
    mask : ndarray, shape (E, P)

    Returns
    -------
    ndarray, shape (B, P, 4)
        NaN where no positive value is drawn.
    """
    filled = np.where(mask, y, 0.0)
    order = np.ascontiguousarray(np.argsort(filled, axis=0, kind="stable").T)
    value = np.ascontiguousarray(np.take_along_axis(filled.T, order, axis=1))
    inside = np.take_along_axis(mask.T, order, axis=1).astype(np.float64)
    code = np.ascontiguousarray(np.asarray(group)[order])
    return _draws()(value, inside, order, code, groups, np.ascontiguousarray(weights))


@cache
def _draws() -> Callable[..., Array]:
    from numba import njit

    return njit(cache=True)(_draws_loop)


def _draws_loop(value: Any, inside: Any, order: Any, code: Any, groups: int, weights: Any) -> Any:
    draws, periods, entities = len(weights), value.shape[0], value.shape[1]
    out = np.full((draws, periods, 4), np.nan)
    above = np.zeros((groups, groups))
    size, total = np.zeros(groups), np.zeros(groups)
    for b in range(draws):
        for p in range(periods):
            above[:] = 0.0
            size[:] = 0.0
            total[:] = 0.0
            for i in range(entities):
                w = weights[b, order[p, i]] * inside[p, i]
                if w == 0.0:
                    continue
                v, h = value[p, i], code[p, i]
                for j in range(groups):
                    above[h, j] += w * max(v * size[j] - total[j], 0.0)
                size[h] += w
                total[h] += w * v
            scale = size.sum() * total.sum()
            if not scale > 0.0:
                continue
            within, net, overlap = 0.0, 0.0, 0.0
            for h in range(groups):
                within += above[h, h]
                for j in range(h):
                    net += abs(above[h, j] - above[j, h])
                    overlap += 2.0 * min(above[h, j], above[j, h])
            out[b, p, 0] = (within + net + overlap) / scale
            out[b, p, 1] = within / scale
            out[b, p, 2] = net / scale
            out[b, p, 3] = overlap / scale
    return out


def gini_move(first: Array, last: Array, weights: Array) -> Move:
    """Split the change of a Gini coefficient into overtaking and catching up.

    ``G1 - G0 = R - P`` with the concentration ``C1`` of the last values by first ranks:
    ``R = G1 - C1`` (overtaking) and ``P = G0 - C1`` (catching up of those behind). In the
    words of growth: disparity can stay while the poorer catch up, because they overtake.
    Entities with equal first values are ranked by their last ones, so that a tie that
    opens up is no overtaking.

    Parameters
    ----------
    first, last : ndarray, shape (E,)
        Not negative, the same entities in the same order.
    weights : ndarray, shape (B, E)

    References
    ----------
    Jenkins and Van Kerm (2006) Oxford Economic Papers 58(3): 531-548.
    """
    start = _concentration(first, np.argsort(first, kind="stable"), weights)
    end = _concentration(last, np.argsort(last, kind="stable"), weights)
    held = _concentration(last, np.lexsort((last, first)), weights)
    return Move(end - start, end - held, start - held)


def _concentration(y: Array, order: NDArray[np.intp], weights: Array) -> Array:
    """``sum_i w_i y_i (2 F_i - w_i - N) / (N sum w y)`` in the given order; NaN without a value."""
    w, value = weights[:, order], y[order]
    upto = np.cumsum(w, axis=1)
    n, total = upto[:, -1], w @ value
    top = (w * value * (2.0 * upto - w - n[:, None])).sum(axis=1)
    scale = n * total
    return np.divide(top, scale, out=np.full(len(w), np.nan), where=scale > 0)
