"""LMDI-I and LMDI-II, additive and multiplicative, of totals over parts, with exact limits.

Notation of the module: `L` parts of one total (sectors, regions, or both), `F` factors;
leading axes are any comparisons that are made at once (draws, steps, entities).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.lmdi import effects as terms_of_one
from zhiheng.kernels.lmdi import log_mean, log_ratio

Array = NDArray[np.float64]
Method = Literal["lmdi1", "lmdi2"]
Form = Literal["additive", "multiplicative"]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """What the factors of the parts did to their total.

    Attributes
    ----------
    parts : ndarray, shape (..., L, F)
        Summed over parts they give the effects: in the unit of the total (additive), or as
        logarithms of indices (multiplicative).
    effects : ndarray, shape (..., F)
        Additive effects, which sum to the change, or indices, which multiply to the ratio.
    change : ndarray, shape (...)
        ``end - start``, or ``end / start``.
    residual : ndarray, shape (...)
        What the effects miss, relative to the largest of |change|, start and end; of the
        multiplicative form, in logarithms.
    weights : ndarray, shape (..., L)
        Of the parts in the indices: they sum to one in LMDI-II and to one at most in LMDI-I.

    All are NaN where the form is not defined.
    """

    parts: Array
    effects: Array
    change: Array
    residual: Array
    weights: Array


def decompose(
    start: Array, end: Array, x0: Array, x1: Array, *, method: Method, form: Form
) -> Decomposition:
    """Decompose the change of totals between two states.

    Parameters
    ----------
    start, end : ndarray, shape (..., L)
        The parts, each the product of its factors; not negative.
    x0, x1 : ndarray, shape (..., L, F)

    Notes
    -----
    A multiplicative index is not defined where the total starts or ends at zero. LMDI-II
    weighs parts by the logarithmic mean of their shares; where a total of several parts
    starts or ends at zero, shares have no limit, and where no part is positive at both ends
    the weights have none: these are NaN. LMDI-I has a limit in every case.

    References
    ----------
    Ang (2015) Energy Policy 86: 233-238; Ang and Choi (1997) Energy Journal 18(3): 59-73.
    """
    v0, v1 = start.sum(axis=-1), end.sum(axis=-1)
    scale = log_mean(v1, v0)
    if method == "lmdi1":
        terms = terms_of_one(start, end, x0, x1)
        weights = _over(log_mean(end, start), scale[..., None])
        logs = _over(terms, scale[..., None, None]) if form == "multiplicative" else terms
    else:
        logs, weights = _shares(start, end, x0, x1)
        terms = scale[..., None, None] * logs
        alone = ((start > 0) | (end > 0)).sum(axis=-1) <= 1
        single = alone & ((v0 == 0) | (v1 == 0))
        if single.any():
            own = terms_of_one(start, end, x0, x1)
            terms = np.where(single[..., None, None], own, terms)
    if form == "additive":
        found = terms.sum(axis=-2)
        change = v1 - v0
        size = np.maximum(np.maximum(v0, v1), np.abs(change))
        left = found.sum(axis=-1) - change
        residual = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
        return Decomposition(terms, found, change, residual, weights)
    summed = logs.sum(axis=-2)
    ratio = _over(v1, v0)
    with np.errstate(invalid="ignore"):
        residual = summed.sum(axis=-1) - np.where(scale > 0, log_ratio(v1, v0), np.nan)
    return Decomposition(logs, np.exp(summed), ratio, residual, weights)


def _shares(start: Array, end: Array, x0: Array, x1: Array) -> tuple[Array, Array]:
    """LMDI-II: logarithmic contributions, and weights that sum to one."""
    s0 = _over(start, start.sum(axis=-1, keepdims=True))
    s1 = _over(end, end.sum(axis=-1, keepdims=True))
    raw = log_mean(np.nan_to_num(s1), np.nan_to_num(s0))
    defined = np.isfinite(s0).all(axis=-1) & np.isfinite(s1).all(axis=-1)
    total = np.where(defined, raw.sum(axis=-1), np.nan)[..., None]
    both = (x0 > 0) & (x1 > 0)
    ratio = log_ratio(np.where(both, x1, 1.0), np.where(both, x0, 1.0))
    appears, goes = _through_zero(start, end, x0, x1)
    gained = np.where(appears, s1[..., None], 0.0) - np.where(goes, s0[..., None], 0.0)
    sharing = np.maximum((appears | goes).sum(axis=-1, keepdims=True), 1)
    logs = raw[..., None] * ratio + gained / sharing
    return _over(logs, total[..., None]), _over(raw, total)


def _through_zero(
    start: Array, end: Array, x0: Array, x1: Array
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Factors that leave zero together with their part, and those that end there."""
    appears = ((start == 0) & (end > 0))[..., None] & (x0 == 0)
    goes = ((start > 0) & (end == 0))[..., None] & (x1 == 0)
    return appears, goes


def _over(above: Array, below: Array) -> Array:
    """A quotient; NaN where the divisor is zero or not known."""
    out = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    return np.divide(above, below, out=out, where=np.broadcast_to(below > 0, out.shape))


def attribution(
    found: Decomposition, start: Array, end: Array, x0: Array, x1: Array, *, method: Method
) -> Array:
    """What each part contributes to every index less one, [..., L, F].

    Use it to say which sectors moved an index. LMDI-II, whose weights sum to one, takes the
    arithmetic form of the geometric mean (Choi and Ang 2012); in LMDI-I a contribution is the
    part's share of the index's logarithm times the index less one. Both sum over parts to
    ``index - 1`` exactly.

    References
    ----------
    Choi and Ang (2012) Energy Economics 34(1): 171-176.
    """
    index = found.effects[..., None, :]
    if method == "lmdi1":
        return found.parts * log_mean(index, np.ones_like(index))
    both = (x0 > 0) & (x1 > 0)
    ratio = np.where(both, x1, 1.0) / np.where(both, x0, 1.0)
    weight = np.where(both, found.weights[..., None], 0.0)
    mean = log_mean(ratio, np.broadcast_to(index, ratio.shape))
    inner = np.where(both, _over(weight, mean), 0.0)
    out = inner * (ratio - 1.0)
    appears, goes = _through_zero(start, end, x0, x1)
    inner = inner + np.where(goes, -found.parts / index, 0.0)
    out = out + np.where(appears, found.parts, 0.0) + np.where(goes, found.parts / index, 0.0)
    return _over(out, inner.sum(axis=-2, keepdims=True))


def chained(steps: Array, *, axis: int, form: Form) -> Array:
    """Effects of a whole path from those of its steps: their sum, or their product."""
    return steps.sum(axis=axis) if form == "additive" else steps.prod(axis=axis)


def chained_attribution(parts: Array, indices: Array, *, axis: int) -> Array:
    """Contributions to a chained index less one, from those to the index of each step.

    Parameters
    ----------
    parts : ndarray
        Of `attribution`, with steps on `axis`.
    indices : ndarray, broadcastable to `parts`
        The index of each step.
    axis : int
        Counted from the front.
    """
    level = np.cumprod(indices, axis=axis) / indices
    return (parts * level).sum(axis=axis)
