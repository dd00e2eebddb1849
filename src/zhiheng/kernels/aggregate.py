"""From normalised indicators and weights to one score, for one set of weights or thousands.

Everything that does not depend on the weights is computed once by `prepare`;
`score` is then one or two matrix products. Scores have the shape (..., P, E),
period before entity, so that ranking runs along the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rule = Literal["additive", "geometric", "topsis"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a rule needs of the indicators, whatever the weights.

    Attributes
    ----------
    rule : {"additive", "geometric", "topsis"}
    parts : tuple of ndarray, each of shape (P, K, E)
        ``z``; or ``ln z``; or the squared distances to the best and to the
        worst value of each indicator.
    """

    rule: Rule
    parts: tuple[Array, ...]


def prepare(z: Array, rule: Rule, *, shift: float = 0.0, by_period: bool = False) -> Prepared:
    """Prepare normalised values for one rule of aggregation.

    Parameters
    ----------
    z : ndarray, shape (E, P, K)
    rule : {"additive", "geometric", "topsis"}
        ``"additive"``: a deficit in one indicator is made good by another.
        ``"geometric"``: a deficit costs the more, the deeper it is.
        ``"topsis"``: distance to the worst over the distances to worst and best.
    shift : float, in [0, 1)
        Geometric only: values enter as ``shift + (1 - shift) z``, which maps
        [0, 1] to [shift, 1], so that a minimum does not make the whole score
        zero. They must be positive then.
    by_period : bool
        TOPSIS only: best and worst are those of the period, not of the panel.

    References
    ----------
    OECD and JRC (2008), step 7; Hwang and Yoon (1981), ch. 3 (TOPSIS).
    """
    cube = np.ascontiguousarray(z.transpose(1, 2, 0))
    if rule == "additive":
        return Prepared(rule, (cube,))
    if rule == "geometric":
        return Prepared(rule, (np.log(shift + (1 - shift) * cube),))
    axis = 2 if by_period else (0, 2)
    best, worst = (f(cube, axis=axis, keepdims=True) for f in (np.max, np.min))
    return Prepared(rule, ((cube - best) ** 2, (cube - worst) ** 2))


def score(prepared: Prepared, weights: Array) -> Array:
    """Scores for each set of weights.

    Parameters
    ----------
    prepared : Prepared
    weights : ndarray, shape (..., 1, K) or (..., P, K)
        Not negative, each row summing to one.

    Returns
    -------
    ndarray, shape (..., P, E)
        Under TOPSIS NaN where best and worst coincide.
    """
    if prepared.rule == "additive":
        return _weighted(prepared.parts[0], weights)
    if prepared.rule == "geometric":
        return np.exp(_weighted(prepared.parts[0], weights))
    squares = weights**2
    away, near = (np.sqrt(_weighted(part, squares)) for part in prepared.parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return near / (away + near)


def contributions(prepared: Prepared, weights: Array) -> Array | None:
    """What each indicator adds to the score, or to its logarithm under the geometric rule.

    Parameters
    ----------
    prepared : Prepared
    weights : ndarray, shape (1, K) or (P, K)

    Returns
    -------
    ndarray, shape (E, P, K), or None
        None under TOPSIS, whose score is no sum over indicators.
    """
    if prepared.rule == "topsis":
        return None
    return (prepared.parts[0] * weights[:, :, None]).transpose(2, 0, 1)


def _weighted(part: Array, weights: Array) -> Array:
    """``sum_k w[..., p, k] part[p, k, e]`` as matrix products over all sets of weights at once."""
    periods, count, entities = part.shape
    lead = weights.shape[:-2]
    flat = weights.reshape(-1, *weights.shape[-2:])
    if flat.shape[1] == 1:
        wide = np.ascontiguousarray(part.transpose(1, 0, 2)).reshape(count, -1)
        out = flat[:, 0] @ wide
    else:
        out = np.matmul(flat.transpose(1, 0, 2), part).transpose(1, 0, 2)
    return out.reshape(*lead, periods, entities)
