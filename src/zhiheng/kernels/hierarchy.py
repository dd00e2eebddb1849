"""Indices of any depth: each level combines the nodes below by a rule of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.means import backward, forward, weighted

Array = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """How the nodes of one level become those of the next.

    Attributes
    ----------
    parent : ndarray of int
        For each node below, the position of the node that it belongs to.
    rule : {"additive", "geometric", "harmonic", "generalised"}
    power : float
        Of the generalised mean.
    shift : float
        Values enter as ``shift + (1 - shift) s``.
    """

    parent: Places
    rule: str
    power: float = 1.0
    shift: float = 0.0

    @property
    def nodes(self) -> int:
        """How many nodes the level leads to."""
        return int(self.parent.max()) + 1


def equal_in_tree(parents: tuple[Places, ...]) -> Array:
    """Weights of the leaves when siblings weigh the same at every level; shape (1, K).

    Parameters
    ----------
    parents : tuple of ndarray of int
        For each level from the leaves up, the parent of each node; the last leads to
        the root.
    """
    share = np.ones(1)
    for parent in reversed(parents):
        share = (share / np.bincount(parent, minlength=len(share)))[parent]
    return share[None]


def nested_score(part: Array, levels: tuple[Level, ...], weights: Array) -> Array:
    """Scores of the root.

    Parameters
    ----------
    part : ndarray, shape (P, K, E)
        Indicators under the transform of the first level.
    levels : tuple of Level
    weights : ndarray, shape (..., 1, K) or (..., P, K)
        Of the indicators in the whole; a node weighs what lies under it.

    Returns
    -------
    ndarray, shape (..., P, E)
    """
    return node_scores(part, levels, weights)[-1][..., 0, :]


def node_scores(part: Array, levels: tuple[Level, ...], weights: Array) -> list[Array]:
    """Scores of all nodes, for each level an array of shape (..., P, nodes, E)."""
    first = levels[0]
    mass = _sums(weights, first.parent, first.nodes)
    own = _within(weights, mass, first.parent)
    value = np.stack(
        [
            backward(first.rule, first.power)(weighted(part[:, under], own[..., under]))
            for under in (first.parent == g for g in range(first.nodes))
        ],
        axis=-2,
    )
    out = [value]
    for level in levels[1:]:
        total = _sums(mass, level.parent, level.nodes)
        own = _within(mass, total, level.parent)
        moved = forward(level.rule, level.power)(level.shift + (1 - level.shift) * value)
        mean = [
            np.einsum("...pg,...pge->...pe", _wide(own, value)[..., under], moved[..., under, :])
            for under in (level.parent == g for g in range(level.nodes))
        ]
        value = backward(level.rule, level.power)(np.stack(mean, axis=-2))
        mass = total
        out.append(value)
    return out


def _wide(weights: Array, value: Array) -> Array:
    """Weights of each period, where they are the same for all."""
    return np.broadcast_to(weights, (*weights.shape[:-2], value.shape[-3], weights.shape[-1]))


def _sums(weights: Array, parent: Places, nodes: int) -> Array:
    member = (parent[:, None] == np.arange(nodes)[None, :]).astype(np.float64)
    return weights @ member


def _within(weights: Array, mass: Array, parent: Places) -> Array:
    """Weights inside the parent; equal where all of them are zero and nothing depends on them."""
    whole = mass[..., parent]
    even = 1.0 / np.bincount(parent)[parent]
    return np.where(whole > 0, weights / np.where(whole > 0, whole, 1.0), even)
