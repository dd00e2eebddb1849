"""From normalised indicators and weights to one score, for one set of weights or thousands.

Everything that does not depend on the weights is computed once by `prepare`;
`score` is then one or two matrix products. Scores have the shape (..., P, E),
period before entity, so that ranking runs along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.hierarchy import Level, nested_score
from zhiheng.kernels.means import MEANS, backward, forward, weighted
from zhiheng.kernels.outranking import copeland_score, pair_wins, vikor_score

Array = NDArray[np.float64]
Rule = Literal[
    "additive", "geometric", "harmonic", "generalised", "mazziotta_pareto",
    "topsis", "vikor", "copeland", "nested", "fixed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a rule needs of the indicators, whatever the weights.

    Attributes
    ----------
    rule : str
    parts : tuple of ndarray, each of shape (P, K, E)
        The transformed value of a mean; distances to the ideal for TOPSIS and VIKOR;
        for Copeland of shape (P, K, pairs). ``"fixed"`` holds the scores, (P, 1, E).
    power : float
        Of the generalised mean; the weight of the group regret under VIKOR.
    levels : tuple of Level
        Of a nested index, from the indicators up; empty elsewhere.
    """

    rule: Rule
    parts: tuple[Array, ...]
    power: float = 1.0
    levels: tuple[Level, ...] = ()

    @property
    def entities(self) -> int:
        """How many entities a score has."""
        if self.rule == "copeland":  # n (n - 1) / 2 pairs
            return int((1 + np.sqrt(1 + 8 * self.parts[0].shape[2])) / 2 + 0.5)
        return int(self.parts[0].shape[2])

    @property
    def periods(self) -> int:
        """How many periods a score has."""
        return int(self.parts[0].shape[0])

    def cut(self, periods: slice) -> Prepared:
        """The same for some periods."""
        return replace(self, parts=tuple(part[periods] for part in self.parts))


def prepare(
    z: Array, rule: Rule, *, shift: float = 0.0, by_period: bool = False, power: float = 1.0
) -> Prepared:
    """Prepare normalised values for one rule of aggregation.

    Parameters
    ----------
    z : ndarray, shape (E, P, K)
    rule : str
        ``"additive"``: a deficit in one indicator is made good by another.
        ``"geometric"``, ``"harmonic"``: a deficit costs the more, the deeper it is.
        ``"generalised"``: the mean of order `power`. ``"mazziotta_pareto"``: the
        weighted mean M less S²/M, a penalty for unevenness between the indicators of a
        unit (S their weighted standard deviation). ``"topsis"``: distance to the worst
        over the distances to worst and best. ``"vikor"``: one less the compromise
        index Q with weight `power` on the group regret. ``"copeland"``: pairs won
        less pairs lost, in each period, where the weights of the indicators in which
        one is ahead exceed one half.
    shift : float, in [0, 1)
        Geometric, harmonic and generalised: values enter as
        ``shift + (1 - shift) z``, which maps [0, 1] to [shift, 1], so that a minimum
        does not make the whole score zero. They must be positive then.
    by_period : bool
        TOPSIS and VIKOR: best and worst are those of the period, not of the panel.

    References
    ----------
    OECD and JRC (2008), step 7; Hwang and Yoon (1981), ch. 3 (TOPSIS); Opricovic and
    Tzeng (2004) EJOR 156: 445 (VIKOR); Munda and Nardo (2009) (Copeland); Mazziotta
    and Pareto (2016) Soc. Indic. Res. 127: 983.
    """
    cube = np.ascontiguousarray(z.transpose(1, 2, 0))
    if rule in MEANS:
        moved = cube if rule == "additive" else shift + (1 - shift) * cube
        return Prepared(rule, (forward(rule, power)(moved),), power)
    if rule == "mazziotta_pareto":
        return Prepared(rule, (cube, cube**2))
    if rule == "copeland":
        return Prepared(rule, (pair_wins(cube),))
    axis = 2 if by_period else (0, 2)
    best, worst = (f(cube, axis=axis, keepdims=True) for f in (np.max, np.min))
    if rule == "topsis":
        return Prepared(rule, ((cube - best) ** 2, (cube - worst) ** 2))
    if rule == "vikor":
        spread = np.where(best > worst, best - worst, 1.0)
        return Prepared(rule, ((best - cube) / spread,), power)
    raise ValueError(f"{rule!r} cannot be prepared")


def prepare_nested(z: Array, levels: tuple[Level, ...], *, shift: float) -> Prepared:
    """Prepare an index whose levels have rules of their own, from the indicators up.

    Parameters
    ----------
    z : ndarray, shape (E, P, K)
    levels : tuple of Level
        The last one leads to the index.
    shift : float
        As in `prepare`; it enters once, before the first rule that is not additive.
    """
    cube = np.ascontiguousarray(z.transpose(1, 2, 0))
    first = levels[0]
    if first.rule != "additive":
        cube = shift + (1 - shift) * cube
        shift = 0.0
    start = _first_mean(levels)
    upper = tuple(replace(one, shift=shift if one is start else 0.0) for one in levels)
    part = forward(first.rule, first.power)(cube)
    return Prepared("nested", (part,), levels=upper)


def _first_mean(levels: tuple[Level, ...]) -> Level | None:
    """The first level whose rule is not additive."""
    return next((one for one in levels if one.rule != "additive"), None)


def fixed(scores: Array) -> Prepared:
    """Scores that no set of weights moves, such as those of benefit of the doubt; (P, E)."""
    return Prepared("fixed", (scores[:, None, :],))


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
    if prepared.rule in MEANS:
        mean = weighted(prepared.parts[0], weights)
        return backward(prepared.rule, prepared.power)(mean)
    return _SCORE[prepared.rule](prepared, weights)


def contributions(prepared: Prepared, weights: Array) -> Array | None:
    """What each indicator adds to the score, or to its transform under a mean of another kind.

    Parameters
    ----------
    prepared : Prepared
    weights : ndarray, shape (1, K) or (P, K)

    Returns
    -------
    ndarray, shape (E, P, K), or None
        None under rules whose score is no transform of a sum over indicators.
    """
    if prepared.rule not in MEANS:
        return None
    return (prepared.parts[0] * weights[:, :, None]).transpose(2, 0, 1)


def _nested(prepared: Prepared, weights: Array) -> Array:
    return nested_score(prepared.parts[0], prepared.levels, weights)


def _fixed(prepared: Prepared, weights: Array) -> Array:
    shape = (*weights.shape[:-2], prepared.periods, prepared.entities)
    return np.broadcast_to(prepared.parts[0][:, 0], shape)


def _vikor(prepared: Prepared, weights: Array) -> Array:
    return vikor_score(prepared.parts[0], weights, prepared.power)


def _copeland(prepared: Prepared, weights: Array) -> Array:
    return copeland_score(weighted(prepared.parts[0], weights), prepared.entities)


def _mazziotta_pareto(prepared: Prepared, weights: Array) -> Array:
    mean, square = (weighted(part, weights) for part in prepared.parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean - np.maximum(square - mean**2, 0.0) / mean


def _topsis(prepared: Prepared, weights: Array) -> Array:
    away, near = (np.sqrt(weighted(part, weights**2)) for part in prepared.parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return near / (away + near)


_SCORE: Mapping[str, Callable[[Prepared, Array], Array]] = {
    "nested": _nested,
    "fixed": _fixed,
    "vikor": _vikor,
    "copeland": _copeland,
    "mazziotta_pareto": _mazziotta_pareto,
    "topsis": _topsis,
}
