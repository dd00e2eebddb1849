"""Generalised entropy measures and their decomposition by nested groups.

Notation of the module: `E` entities, `P` periods, `L` nested groupings from coarse to
fine, `B` weightings of the entities (draws of a bootstrap, or one row of ones). With
``v`` the weights that sum to one and ``r = y / mu``::

    GE(1) = T = sum v r ln r,   GE(0) = L = -sum v ln r,
    GE(a) = (sum v r^a - 1) / (a (a - 1))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Level:
    """The groups of one grouping in every period.

    Attributes
    ----------
    share, value_share : ndarray, shape (P, G)
        Of weight (or population), and of the total of the variable.
    mean, inside : ndarray, shape (P, G)
        Mean and inequality of the group's own entities; NaN for a group without any.
    contribution : ndarray, shape (P, G)
        What the inequality inside the group adds to the total.
    """

    share: Array
    value_share: Array
    mean: Array
    inside: Array
    contribution: Array


@dataclass(frozen=True, slots=True)
class Nested:
    """An exact decomposition; ``total = parts.sum(axis=-1)``.

    The total comes from the single values, the parts from groups: none is a remainder.

    Attributes
    ----------
    total : ndarray, shape (P,)
    parts : ndarray, shape (P, L + 1)
        Between the coarsest groups; between the finer ones inside each coarser one; last,
        between entities inside the finest groups.
    levels : tuple of Level
    """

    total: Array
    parts: Array
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """The change of Theil L by groups, split exactly into three; all of shape (B,).

    Attributes
    ----------
    inner : ndarray
        Inequality inside the groups changed.
    sizes : ndarray
        Groups grew or shrank, inside and between together.
    means : ndarray
        Group means moved against the overall mean.
    """

    inner: Array
    sizes: Array
    means: Array


def entropy(y: Array, base: Array, alpha: float) -> Array:
    """Generalised entropy of every period, shape (P,); NaN without a positive value.

    Infinite (as NaN) where a value is zero and ``alpha <= 0``.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Zero or more; any value where `base` is zero.
    base : ndarray, shape (E, P)
        Weights: ones, populations, or zero where not observed.
    """
    n = base.sum(axis=0)
    value = np.where(base > 0, y, 0.0)
    total = (base * value).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _index(base / n, value * n / total, alpha, axis=0)
    return np.where((total > 0) & np.isfinite(found), found, np.nan)


def _index(v: Array, r: Array, alpha: float, axis: int) -> Array:
    """The index of relative values `r` with weights `v` that sum to one."""
    used = v > 0
    safe = np.where(used, r, 1.0)
    some = safe > 0
    positive = np.where(some, safe, 1.0)
    if alpha == 1:
        terms = np.where(some, safe * np.log(positive), 0.0)  # 0 ln 0 = 0
    elif alpha == 0:
        terms = np.where(some, -np.log(positive), np.inf)
    else:
        zero = 0.0 if alpha > 0 else np.inf
        terms = (np.where(some, positive**alpha, zero) - 1.0) / (alpha * (alpha - 1.0))
    return (np.where(used, v, 0.0) * np.where(used, terms, 0.0)).sum(axis=axis)


def nested(y: Array, base: Array, levels: Sequence[tuple[Codes, int]], alpha: float) -> Nested:
    """Decompose a generalised entropy measure by nested groups.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Zero or more; above zero for ``alpha <= 0``. Parts are NaN where all are zero.
    base : ndarray, shape (E, P)
        Weights: ones, populations, or zero where not observed.
    levels : sequence of (ndarray of shape (E,), int)
        Group of each entity and number of groups, coarse first; every group of a finer
        level lies within one group of the coarser.
    alpha : float
        1 is Theil T, 0 is Theil L (mean log deviation), 2 half the squared coefficient of
        variation.

    References
    ----------
    Shorrocks (1980) Econometrica 48(3): 613-625; Akita (2003) Annals of Regional Science
    37(1): 55-77.
    """
    n = base.sum(axis=0)
    value = np.where(base > 0, y, 0.0)
    mu = (base * value).sum(axis=0) / n
    found = tuple(_level(value, base, code, size, alpha) for code, size in levels)
    parts = [_index(one.share, _relative(one.mean, mu), alpha, axis=1) for one in found[:1]]
    for coarse, fine, (upper, _), (lower, size) in zip(
        found, found[1:], levels, levels[1:], strict=False
    ):
        parent = np.zeros(size, dtype=np.intp)
        parent[lower] = upper
        parts.append(_between(fine, coarse, parent, mu, alpha))
    parts.append(found[-1].contribution.sum(axis=1))
    whole = np.where((mu > 0)[:, None], np.stack(parts, axis=1), np.nan)
    return Nested(entropy(y, base, alpha), whole, found)


def _relative(mean: Array, mu: Array) -> Array:
    return np.where(np.isfinite(mean), mean, 1.0) / np.where(mu > 0, mu, 1.0)[:, None]


def _level(value: Array, base: Array, code: Codes, size: int, alpha: float) -> Level:
    member = (code[:, None] == np.arange(size)).astype(np.float64)
    n, total = base.T @ member, (base * value).T @ member
    mean = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
    own = np.where(mean > 0, mean, 1.0)[:, code]  # (P, E): the mean of one's own group
    weight = base.T / np.where(n > 0, n, 1.0)[:, code]
    terms = _terms(weight, value.T / own, alpha)
    endless = np.isinf(terms)  # somebody has nothing, under a measure that weighs it so
    inside = np.where(endless, 0.0, terms) @ member
    inside = np.where((n > 0) & ~(endless @ member > 0), inside, np.nan)
    if alpha > 0:
        inside = np.where((n > 0) & (total == 0), 0.0, inside)
    share = n / n.sum(axis=1, keepdims=True)
    whole = total.sum(axis=1, keepdims=True)
    held = total / np.where(whole > 0, whole, np.nan)
    # v_g (mu_g / mu)^alpha: the share of weight for L, the share of the variable for T
    scale = np.where(n > 0, share, 1.0) ** (1.0 - alpha) * np.where(total > 0, held, 1.0) ** alpha
    contribution = np.where(n > 0, scale * inside, 0.0)
    return Level(share, held, mean, inside, contribution)


def _terms(v: Array, r: Array, alpha: float) -> Array:
    """Single terms of the index, so that groups can sum their own."""
    return _index(v[..., None], r[..., None], alpha, axis=-1)


def _between(fine: Level, coarse: Level, parent: Codes, mu: Array, alpha: float) -> Array:
    """Inequality between finer groups inside each coarser one, summed over the coarser."""
    up = np.where(np.isfinite(coarse.mean), coarse.mean, 1.0)[:, parent]
    share = coarse.share[:, parent]
    inside = np.divide(fine.share, share, out=np.zeros(share.shape), where=share > 0)
    mean = np.where(np.isfinite(fine.mean), fine.mean, up)
    relative = np.divide(mean, up, out=np.ones(up.shape), where=up > 0)
    terms = _terms(inside, relative, alpha)
    weight = share * (up / mu[:, None]) ** alpha
    return (np.where(weight > 0, weight, 0.0) * np.where(inside > 0, terms, 0.0)).sum(axis=1)


def nested_draws(
    y: Array, base: Array, levels: Sequence[tuple[Codes, int]], alpha: float, weights: Array
) -> Array:
    """Total and parts for every weighting, shape (B, P, L + 2), the total first.

    The same decomposition by another road: the inequality of group means at each level,
    whose differences from level to level are the parts.

    Parameters
    ----------
    weights : ndarray, shape (B, E)
        Such as the number of times an entity is drawn; the others as in `nested`.
    """
    n = weights @ base
    value = np.where(base > 0, y, 0.0)
    total = weights @ (base * value)
    with np.errstate(divide="ignore", invalid="ignore"):
        mu = total / n
        stairs = [np.zeros(n.shape)]
        stairs += [_group_index(value, base, one, alpha, weights) for one in levels]
        stairs.append(_own_index(value, base, alpha, weights, (n, mu)))
        up = np.stack(stairs, axis=-1)
        found = np.concatenate([up[..., -1:], np.diff(up, axis=-1)], axis=-1)
    return np.where((total > 0)[..., None] & np.isfinite(found), found, np.nan)


def _group_index(
    value: Array, base: Array, level: tuple[Codes, int], alpha: float, weights: Array
) -> Array:
    """Inequality if everybody had the mean of the own group, shape (B, P)."""
    code, size = level
    member = code[:, None] == np.arange(size)
    flat = (base[:, :, None] * member[:, None, :]).reshape(len(base), -1)
    held = (base * value)[:, :, None] * member[:, None, :]
    n = (weights @ flat).reshape(len(weights), -1, size)
    total = (weights @ held.reshape(len(base), -1)).reshape(n.shape)
    count, whole = n.sum(axis=-1, keepdims=True), total.sum(axis=-1, keepdims=True)
    relative = np.divide(total * count, n * whole, out=np.ones(n.shape), where=n * whole > 0)
    relative = np.where((n > 0) & (total == 0), 0.0, relative)
    return _index(n / count, relative, alpha, axis=-1)


def _own_index(
    value: Array, base: Array, alpha: float, weights: Array, whole: tuple[Array, Array]
) -> Array:
    n, mu = whole
    some = value > 0
    safe = np.where(some, value, 1.0)
    lacking = weights @ (base * ~some) > 0
    if alpha == 1:
        return weights @ (base * value * np.log(safe)) / (n * mu) - np.log(mu)
    if alpha == 0:
        found = np.log(mu) - weights @ (base * np.log(safe)) / n
        return np.where(lacking, np.inf, found)
    power = weights @ (base * np.where(some, safe**alpha, 0.0)) / n
    found = (power / mu**alpha - 1.0) / (alpha * (alpha - 1.0))
    return np.where(lacking & (alpha < 0), np.inf, found)


def log_shift(y: Array, base: Array, code: Codes, groups: int, weights: Array) -> Shift:
    """Split the change of Theil L between two periods by groups.

    With ``v_k`` the shares, ``L_k`` the inner inequality and ``s_k = mu_k / mu``, the change
    of ``sum v_k L_k - sum v_k ln s_k`` is exactly, bars being means over both periods::

        sum vbar_k dL_k  +  sum (Lbar_k - mean ln s_k) dv_k  -  sum vbar_k d ln s_k

    Parameters
    ----------
    y, base : ndarray, shape (E, 2)
        Above zero where `base` is.
    code : ndarray, shape (E,)
    groups : int
    weights : ndarray, shape (B, E)

    References
    ----------
    Mookherjee and Shorrocks (1982) Economic Journal 92(368): 886-902.
    """
    member = (code[:, None] == np.arange(groups)).astype(np.float64)
    safe = np.where(base > 0, y, 1.0)

    def sums(f: Array) -> Array:
        flat = (f[:, :, None] * member[:, None, :]).reshape(len(f), -1)
        return (weights @ flat).reshape(len(weights), 2, groups)

    n, total, logs = sums(base), sums(base * safe), sums(base * np.log(safe))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        v = n / n.sum(axis=-1, keepdims=True)
        overall = (total.sum(axis=-1) / n.sum(axis=-1))[..., None]
        inner, relative = np.log(mean) - logs / n, np.log(mean / overall)

        def halves(one: Array, other: Array) -> Array:
            return (one.mean(axis=1) * np.diff(other, axis=1)[:, 0]).sum(axis=-1)

        return Shift(halves(v, inner), halves(inner - relative, v), -halves(v, relative))
