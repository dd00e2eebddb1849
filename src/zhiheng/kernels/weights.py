"""Weights of indicators by name: equal, by group, given, and every rule that reads the data.

Weights have the shape (1, K), or (P, K) where each period has its own; every
row sums to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from zhiheng.kernels.normalise import ROUNDING, Normalised
from zhiheng.kernels.pca import pca_weights
from zhiheng.kernels.weights_combined import game, optimised
from zhiheng.kernels.weights_contrast import critic, cv
from zhiheng.kernels.weights_scatter import scatter_degree

Array = NDArray[np.float64]
Weighting = Literal[
    "equal",
    "equal_by_group",
    "given",
    "entropy",
    "entropy_per_period",
    "critic",
    "critic_spearman",
    "cv",
    "pca",
    "pca_first",
    "pca_composite",
    "scatter_degree",
    "projection_pursuit",
    "optimised",
    "optimised_correlation",
    "game",
]
Unfit = Literal["negative", "mean", "signs", "agreement", "tied", "constant"]
MEMBERS: tuple[Weighting, ...] = ("entropy", "critic")
"""What ``"game"`` combines unless told otherwise: spread, and contrast with conflict."""


@dataclass(frozen=True, slots=True)
class EntropyWeights:
    """Weights in proportion to how unevenly each indicator is spread.

    Attributes
    ----------
    entropy : ndarray, shape (1, K) or (P, K)
        In [0, 1]; 1 for a column that is spread evenly or does not vary.
    divergence : ndarray, same shape
        ``1 - entropy``, exactly 0 for a column that does not vary.
    weights : ndarray, same shape
        `divergence` as shares; NaN in a row in which nothing varies.
    """

    entropy: Array
    divergence: Array
    weights: Array


def weigh(
    z: Normalised,
    how: Weighting,
    *,
    groups: Sequence[str] = (),
    given: Array | None = None,
    members: Sequence[Weighting] = MEMBERS,
    seed: int = 1,
) -> Array:
    """Weights of normalised indicators under one of the known rules.

    Parameters
    ----------
    z : Normalised
    how : Weighting
        The rule; each that reads the data is described where it is defined.
    groups : sequence of str, length K
        Needed by ``"equal_by_group"``.
    given : ndarray, shape (K,)
        Needed by ``"given"``; any scale. Under ``"optimised"`` and
        ``"optimised_correlation"`` the importance to be attained, equal without it.
    members : sequence of Weighting
        What ``"game"`` combines.
    seed : int
        Of the starts of ``"projection_pursuit"``.

    Returns
    -------
    ndarray, shape (1, K), or (P, K) for ``"entropy_per_period"``
        NaN where the rule gives no weights for these values; `unfit` says why.
    """
    if how == "equal":
        return equal(z.values.shape[2])
    if how == "equal_by_group":
        return equal_by_group(groups)
    if how == "given":
        if given is None:
            raise ValueError("given weights are missing")
        return shares(given)
    if how == "game":
        found = [weigh(z, m, groups=groups, given=given, seed=seed) for m in members]
        return combined([w.mean(axis=0) for w in found])
    return _from_data(z, how, given=given, seed=seed)


def _from_data(z: Normalised, how: Weighting, *, given: Array | None, seed: int) -> Array:
    """Weights of the rules that read the values."""
    if how in ("entropy", "entropy_per_period"):
        return entropy(z, per_period=how == "entropy_per_period").weights
    if how in ("critic", "critic_spearman"):
        return critic(z, "pearson" if how == "critic" else "spearman").weights
    if how in ("pca", "pca_first", "pca_composite"):
        return pca_weights(z, how).weights
    if how in ("optimised", "optimised_correlation"):
        return optimised(z, given, "effective" if how == "optimised" else "correlation").weights
    if how == "projection_pursuit":
        # compiled on import, so not before it is asked for
        from zhiheng.kernels.weights_pursuit import projection_pursuit

        return projection_pursuit(z, seed=seed).weights
    return cv(z).weights if how == "cv" else scatter_degree(z).weights


def combined(members: Sequence[Array]) -> Array:
    """The game-theory combination of sets of weights; NaN where a member is."""
    rows = np.array(members)
    if not np.isfinite(rows).all():
        return np.full((1, rows.shape[1]), np.nan)
    return game(rows).weights


def unfit(z: Normalised, how: Weighting, members: Sequence[Weighting] = MEMBERS) -> Unfit | None:
    """Why a rule gives no weights for these values; None where it gives some.

    Returns
    -------
    {"negative", "mean", "signs", "agreement", "tied", "constant"} or None
        Entropy meets a negative value; a coefficient of variation a mean that is
        not above zero; composite-score coefficients of both signs; all indicators
        agree entirely, or a score can be held constant; several directions scatter
        equally; nothing varies.
    """
    if how == "game":
        return next((why for m in members if (why := unfit(z, m)) is not None), None)
    if how in ("equal", "equal_by_group", "given"):
        return None
    negative = how.startswith("entropy") and bool((z.values < 0).any())
    moves = bool(np.ptp(z.values, axis=(0, 1)).any())
    whole = how == "projection_pursuit" or np.isfinite(_from_data(z, how, given=None, seed=1)).all()
    if not negative and moves and whole:
        return None
    if negative:
        return "negative"
    if not moves or how.startswith("entropy"):
        return "constant"
    reasons: dict[str, Unfit] = {"cv": "mean", "pca_composite": "signs", "scatter_degree": "tied"}
    return reasons.get(how, "agreement")


def equal(count: int) -> Array:
    """The same weight for each of `count` indicators."""
    return np.full((1, count), 1.0 / count)


def equal_by_group(groups: Sequence[str]) -> Array:
    """The same weight for each group, shared equally within it."""
    _, which, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    return (1.0 / (len(sizes) * sizes))[which][None]


def shares(weights: Array) -> Array:
    """Given weights divided by their sum."""
    w = np.asarray(weights, dtype=np.float64)
    return (w / w.sum())[None]


def entropy(z: Normalised, *, per_period: bool = False) -> EntropyWeights:
    """Entropy weights: the more unevenly an indicator is spread, the more it weighs.

    Use it where the literature does, and read the effective weights beside it:
    entropy measures concentration, not importance, and rewards outliers.

    Parameters
    ----------
    z : Normalised
        Values must not be negative.
    per_period : bool
        Entropy within each period (``k = 1 / ln N``) instead of over the whole
        panel (``k = 1 / ln(N T)``).

    Notes
    -----
    ``p = z / sum z``, ``e = -k sum p ln p`` with ``0 ln 0 = 0`` and no shift:
    the customary addition of 0.01 or 1 to every value moves ranks.
    A constant column has entropy weight 0.

    References
    ----------
    Shannon (1948); Zeleny (1982), Multiple Criteria Decision Making, ch. 7.
    """
    values = z.values
    axis = 0 if per_period else (0, 1)
    total = values.sum(axis=axis, keepdims=True)
    p = values / np.where(total > 0, total, 1.0)
    number = values.shape[0] * (1 if per_period else values.shape[1])
    raw = entr(p).sum(axis=axis) / np.log(number)
    spread = np.atleast_2d(raw)
    still = _still(z, per_period)
    e = np.where(still, 1.0, np.minimum(spread, 1.0))
    d = np.where(still, 0.0, 1.0 - e)
    sums = d.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return EntropyWeights(e, d, d / sums)


def _still(z: Normalised, per_period: bool) -> NDArray[np.bool_]:
    """Columns that do not vary where the entropy is taken."""
    if not per_period:
        return np.asarray(z.constant.all(axis=0, keepdims=True))
    top, bottom = z.values.max(axis=0), z.values.min(axis=0)
    flat = np.less_equal(top - bottom, ROUNDING * np.maximum(np.abs(top), np.abs(bottom)))
    return np.asarray(flat | z.constant, dtype=np.bool_)
