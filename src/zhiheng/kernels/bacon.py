"""What a two-way fixed effects estimate is an average of (Goodman-Bacon 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """All comparisons of two groups before and after, with their weights.

    Attributes
    ----------
    treated, control : ndarray of int, shape (m,)
        Positions of first treated periods; `P` for never treated.
    weight, estimate : ndarray, shape (m,)
        Weights sum to one; ``weight @ estimate`` is the two-way estimate without covariates.
    forbidden : ndarray of bool, shape (m,)
        Whether the control was treated before: its own effect is then taken for a trend.
    """

    treated: Ints
    control: Ints
    weight: Array
    estimate: Array
    forbidden: NDArray[np.bool_]


def comparisons(y: Array, start: Ints) -> Comparisons:
    """Split the two-way estimate into comparisons of two groups.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Balanced.
    start : ndarray of int, shape (E,)
        Position of the first treated period, from 1; `P` for never.
    """
    periods = y.shape[1]
    groups = np.unique(start)
    pairs = [(k, c) for k in groups[groups < periods] for c in groups if c != k]
    treated, control = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    means = np.stack([y[start == g].mean(axis=0) for g in groups])
    size = np.array([(start == g).mean() for g in groups])
    place = np.searchsorted(groups, treated), np.searchsorted(groups, control)
    forbidden = np.asarray(control < treated, dtype=np.bool_)
    # The window of a pair: up to the control's start, or from it on where it was treated before.
    t = np.arange(periods)
    inside = np.where(forbidden[:, None], t >= control[:, None], t < control[:, None])
    after = inside & (t >= treated[:, None])
    before = inside & ~after
    gap = means[place[0]] - means[place[1]]
    estimate = (gap * after).sum(1) / after.sum(1) - (gap * before).sum(1) / before.sum(1)
    length = inside.sum(axis=1)
    share = after.sum(axis=1) / length
    a, b = size[place[0]], size[place[1]]
    raw = (length / periods) ** 2 * a * b * share * (1 - share)
    return Comparisons(treated, control, raw / raw.sum(), estimate, forbidden)


def effect_weights(start: Ints, periods: int) -> tuple[Array, NDArray[np.bool_]]:
    """Weights of the effects of single treated cells in the two-way estimate.

    They sum to one over treated cells and may be negative (de Chaisemartin and
    D'Haultfoeuille 2020). Shape (E, P), and which cells are treated.
    """
    treated = np.arange(periods) >= start[:, None]
    d = treated.astype(np.float64)
    left = d - d.mean(axis=1, keepdims=True) - d.mean(axis=0) + d.mean()
    return np.where(treated, left / (left * d).sum(), 0.0), treated
