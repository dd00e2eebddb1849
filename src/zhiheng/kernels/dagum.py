"""Gini coefficient and its decomposition by groups after Dagum.

Notation of the module: `E` entities, `P` periods, `J` groups, `Q = J (J - 1) / 2`
pairs of groups. All periods are worked at once: one sort of ``n`` values each,
then sums over ``n J`` cells, so that no pair of values is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dagum:
    """The decomposition in each period; ``gini = within + between + transvariation``.

    The Gini coefficient comes from ranks, the part between groups from their
    means, the other two from sums of positive differences: none is a remainder
    of the others.

    Attributes
    ----------
    gini : ndarray, shape (P,)
        ``sum_i sum_k |y_i - y_k| / (2 n^2 mu)``.
    within, between, transvariation : ndarray, shape (P,)
        Contributions of the groups themselves, of the net distances between
        their means, and of their overlap.
    gross_between : ndarray, shape (P,)
        All differences across groups: `between` plus `transvariation`.
    count : ndarray, shape (P,)
        Values in use.
    size, mean, group_gini, group_within : ndarray, shape (P, J)
        Per group: values, mean, Gini (NaN where the mean is zero), contribution
        to `within`.
    first, second : ndarray, shape (Q,)
        The groups of each pair.
    pair_gini, pair_distance : ndarray, shape (P, Q)
        Gini between two groups and their relative economic affluence (0 when
        their means agree, 1 when they do not overlap); NaN when no value of
        the pair differs from another.
    pair_gross, pair_net, pair_transvariation : ndarray, shape (P, Q)
        Contributions; they sum to the totals above.
    """

    gini: Array
    within: Array
    between: Array
    transvariation: Array
    gross_between: Array
    count: NDArray[np.int64]
    size: NDArray[np.int64]
    mean: Array
    group_gini: Array
    group_within: Array
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    pair_gini: Array
    pair_distance: Array
    pair_gross: Array
    pair_net: Array
    pair_transvariation: Array


def dagum(
    y: Array, group: NDArray[np.intp], groups: int, mask: NDArray[np.bool_] | None = None
) -> Dagum:
    """Decompose the Gini coefficient of every period by groups.

    Use it for magnitudes that cannot be negative and have a true zero (income,
    emissions per head, scores from zero up). Where values may be negative the
    coefficient has no upper bound and its parts lose their reading.

    Parameters
    ----------
    y : ndarray, shape (E, P)
        Not negative, with a positive mean in every period.
    group : ndarray, shape (E,)
        Number of the group of each entity, from 0 to `groups` - 1.
    groups : int
    mask : ndarray, shape (E, P), optional
        Values in use; all by default. A period needs at least one.

    References
    ----------
    Dagum (1997) Empirical Economics 22(4): 515-531.
    """
    inside = (np.ones(y.shape, dtype=np.bool_) if mask is None else mask).T
    base = np.where(inside, y.T, np.inf).min(axis=1)
    # Differences are all that counts; taken from the least value, equal values give exact zeros.
    z = np.where(inside, y.T - base[:, None], 0.0)
    code = np.where(inside, group, groups)  # what is not in use belongs to no group
    count = inside.sum(axis=1)
    above, ranked, size, sums = _positive_differences(z, code, groups)
    excess = sums / np.maximum(size, 1)
    mean = np.where(size > 0, excess + base[:, None], 0.0)
    scale = count * (count * base + sums.sum(axis=1))  # n^2 mu
    return _assemble(above, excess, mean, size, (count, scale, ranked / scale))


def _positive_differences(
    z: Array, code: NDArray[np.intp], groups: int
) -> tuple[Array, Array, NDArray[np.int64], Array]:
    """Sums of positive differences between any two groups, and the sum behind plain Gini.

    Returns ``A[p, h, j] = sum over i in h, k in j of max(z_i - z_k, 0)``,
    ``sum_i (2 rank_i - n - 1) z_i``, and the size and sum of each group.
    """
    order = np.argsort(z, axis=1, kind="stable")
    value = np.take_along_axis(z, order, axis=1)
    member = np.take_along_axis(code, order, axis=1)[:, None, :] == np.arange(groups)[:, None]
    weight = member.astype(np.float64)
    below = np.cumsum(weight, axis=2)
    total = np.cumsum(weight * value[:, None, :], axis=2)
    used, rank = weight.sum(axis=1), below.sum(axis=1)
    ranked = (used * (2.0 * rank - rank[:, -1:] - 1.0) * value).sum(axis=1)
    excess = np.maximum(below * value[:, None, :] - total, 0.0)
    size = below[:, :, -1].astype(np.int64)
    return weight @ excess.transpose(0, 2, 1), ranked, size, total[:, :, -1]


def _assemble(
    above: Array,
    excess: Array,
    mean: Array,
    size: NDArray[np.int64],
    whole: tuple[NDArray[np.int64], Array, Array],
) -> Dagum:
    count, scale, gini = whole
    own = np.diagonal(above, axis1=1, axis2=2)
    a, b = np.triu_indices(size.shape[1], k=1)
    up, down = above[:, a, b], above[:, b, a]
    pairs = (size[:, a] * size[:, b]).astype(np.float64)
    distance = np.abs(excess[:, a] - excess[:, b]) * pairs  # |mu_a - mu_b| n_a n_b
    per = scale[:, None]
    net, overlap, gross = distance / per, 2.0 * np.minimum(up, down) / per, (up + down) / per
    return Dagum(
        gini=gini,
        within=own.sum(axis=1) / scale,
        between=net.sum(axis=1),
        transvariation=overlap.sum(axis=1),
        gross_between=gross.sum(axis=1),
        count=count,
        size=size,
        mean=mean,
        group_gini=_ratio(own, size**2 * mean),
        group_within=own / per,
        first=a,
        second=b,
        pair_gini=_ratio(up + down, pairs * (mean[:, a] + mean[:, b])),
        pair_distance=_ratio(distance, up + down),
        pair_gross=gross,
        pair_net=net,
        pair_transvariation=overlap,
    )


def _ratio(top: Array, bottom: Array) -> Array:
    """`top` over `bottom`; NaN where there is nothing to compare with."""
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
