"""Slopes by group, and whether they differ: permuted labels of whole entities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import Absorber

Array = NDArray[np.float64]

# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 2_000_000
# A permuted statistic this close to the observed one is the same statistic, rounded otherwise.
SAME = 1e-9
# Smallest eigenvalue of the regressors' correlation matrix that still counts as full rank.
SINGULAR = 1e-12


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes by group under many labellings; the first axis runs over them.

    Attributes
    ----------
    beta : ndarray, shape (B, G)
        NaN where a labelling leaves a group without a slope.
    covariance : ndarray, shape (B, G, G)
        Clustered by entity, without a factor.
    """

    beta: Array
    covariance: Array


def group_slopes(y: Array, x: Array, controls: Array, labels: Array, absorb: Absorber) -> Slopes:
    """Regress on ``x`` times each group's dummy; effects and controls are common to all groups.

    Parameters
    ----------
    y, x : ndarray, shape (E, P)
    controls : ndarray, shape (E, P, c)
    labels : ndarray, shape (B, E, G)
        One where the entity belongs to the group.
    absorb : Absorber
    """
    own = absorb.sweep(x[..., None])[..., 0]
    fixed = absorb.remove(np.concatenate([y[..., None], controls], axis=-1))
    # Removing shared effects from x times a dummy needs only the group's sum of x by period.
    groups = labels.shape[2]
    size = x.size * (groups + fixed.shape[-1])
    block = max(1, BLOCK_CELLS // max(size, 1))
    parts = [
        _block(own, fixed, labels[first : first + block], absorb)
        for first in range(0, len(labels), block)
    ]
    return Slopes(
        np.concatenate([p.beta for p in parts]), np.concatenate([p.covariance for p in parts])
    )


def _block(own: Array, fixed: Array, labels: Array, absorb: Absorber) -> Slopes:
    draws, entities, groups = labels.shape
    periods = own.shape[1]
    split = own[None, :, :, None] * labels[:, :, None, :]
    pulled = absorb.inverse @ split.sum(axis=1)  # (b, P, G)
    spread = np.broadcast_to(pulled[:, None], split.shape).transpose(1, 2, 0, 3)
    common = absorb.sweep(spread.reshape(entities, periods, -1))
    split = split - common.reshape(entities, periods, draws, groups).transpose(2, 0, 1, 3)
    controls = np.broadcast_to(fixed[None, ..., 1:], (draws, *fixed[..., 1:].shape))
    columns = np.concatenate([split, controls], axis=-1)
    flat = columns.reshape(draws, entities * periods, -1)
    gram = flat.transpose(0, 2, 1) @ flat
    length = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), 0.0))
    length = np.where(length > 0, length, 1.0)
    scaled = gram / length[:, :, None] / length[:, None, :]
    bad = np.linalg.eigvalsh(scaled)[:, 0] < SINGULAR
    scaled[bad] = np.eye(gram.shape[-1])
    bread = np.linalg.inv(scaled) / length[:, :, None] / length[:, None, :]
    y = fixed[..., 0]
    beta = (bread @ (flat.transpose(0, 2, 1) @ y.ravel())[..., None])[..., 0]
    residual = y[None] - (columns @ beta[:, None, :, None])[..., 0]
    scores = np.einsum("bep,bepk->bek", residual, columns) @ bread
    inside = scores[..., :groups]
    covariance = inside.transpose(0, 2, 1) @ inside
    gone = np.where(bad, np.nan, 1.0)
    return Slopes(beta[:, :groups] * gone[:, None], covariance * gone[:, None, None])


def wald(slopes: Slopes) -> Array:
    """The statistic of "all slopes are equal", shape (B,), without a factor."""
    groups = slopes.beta.shape[1]
    contrast = np.eye(groups)[1:] - np.eye(groups)[:1]
    gap = slopes.beta @ contrast.T
    spread = contrast @ slopes.covariance @ contrast.T
    known = np.isfinite(gap).all(axis=1)
    out = np.full(len(gap), np.nan)
    # With hardly more entities than groups the covariance is singular: the pseudo-inverse.
    inverse = np.linalg.pinv(spread[known], rcond=1e-12, hermitian=True)
    out[known] = np.einsum("bi,bij,bj->b", gap[known], inverse, gap[known])
    return out


def pair_statistics(slopes: Slopes, pairs: NDArray[np.intp]) -> Array:
    """``|b_g - b_h|`` over its standard error for each pair, shape (B, pairs)."""
    g, h = pairs.T
    variance = slopes.covariance[:, g, g] + slopes.covariance[:, h, h]
    variance = variance - 2 * slopes.covariance[:, g, h]
    return np.abs(slopes.beta[:, g] - slopes.beta[:, h]) / np.sqrt(variance)


def permuted_labels(
    number: NDArray[np.intp], groups: int, *, draws: int, seed: int
) -> NDArray[np.intp]:
    """Group numbers of entities shuffled whole, shape (draws, E); sizes stay as they are."""
    rng = np.random.default_rng(seed)
    if groups < 2:
        raise ValueError("one group has no labels to permute")
    return rng.permuted(np.broadcast_to(number, (draws, len(number))), axis=1)


def permutation_p(observed: Array, permuted: Array) -> tuple[Array, Array]:
    """Share of labellings at least as far out, the data's own included, and how many counted.

    Parameters
    ----------
    observed : ndarray, shape (m,)
    permuted : ndarray, shape (B, m)
        NaN where a labelling has no statistic: it takes no part.
    """
    known = np.isfinite(permuted)
    hits = (known & (permuted >= observed * (1 - SAME))).sum(axis=0)
    count = known.sum(axis=0)
    return (1 + hits) / (1 + count), count
