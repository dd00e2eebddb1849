"""Structural path analysis: which supply chains carry the emissions of a demand.

The sum ``s'(I + A + A² + …)y`` is unrolled tier by tier. A chain is followed as long as
all that lies upstream of it, known exactly from the multipliers, is worth following.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK = 2_000_000
"""Cells that are unrolled at once: 16 MB."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The chains found, largest first, and what is left.

    Attributes
    ----------
    nodes : tuple of tuples of int
        Sectors from the demanded product up to the emitter: ``(j, …, i)``.
    contribution : ndarray
        Emissions of the last sector of each chain.
    total : float
        ``m'y``.
    small : float
        In single chains of visited tiers that lie below the threshold.
    pruned : float
        Upstream of chains that were not followed.
    deeper : float
        Beyond the last tier.
    visited : int
        Number of chains that were looked at.
    complete : bool
        False when the search stopped before it would have looked at more than `most` chains.
    """

    nodes: tuple[tuple[int, ...], ...]
    contribution: Array
    total: float
    small: float
    pruned: float
    deeper: float
    visited: int
    complete: bool


def structural_paths(
    a: Array,
    intensity: Array,
    multiplier: Array,
    demand: Array,
    *,
    threshold: float,
    depth: int,
    most: int = 1_000_000,
) -> Paths:
    """Unroll the chains of a demand, largest first, with pruning.

    Parameters
    ----------
    a : ndarray, shape (n, n)
    intensity, multiplier, demand : ndarray, shape (n,)
        `multiplier` solves ``(I - a)' m = intensity``.
    threshold : float
        In the unit of the emissions: chains below it are not listed, and those with less
        upstream of them are not followed.
    depth : int
        Number of tiers above the demanded product; 0 is the final producer itself.
    most : int
        The search stops before it would look at more chains than these, whatever their tier.

    Notes
    -----
    listed + small + pruned + deeper = total, to rounding. The bound of a branch is its
    multiplier times its flow, exact and not an estimate, as long as nothing is negative;
    with negative cells absolute values are compared.

    References
    ----------
    Defourny and Thorbecke (1984) Economic Journal 94(373): 111-136; Lenzen (2007) Journal
    of Industrial Ecology.
    """
    upstream = multiplier - intensity  # all but the emitter's own
    flow, head = demand.copy(), np.arange(len(demand))
    parents = np.full(len(demand), -1, dtype=np.intp)
    tiers: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    listed: list[tuple[int, int, float]] = []
    small = pruned = deeper = 0.0
    visited = 0
    complete = True
    for tier in range(depth + 1):
        tiers.append((head, parents))
        own = intensity[head] * flow
        visited += len(head)
        large = np.abs(own) >= threshold
        listed += [(tier, int(i), float(own[i])) for i in np.flatnonzero(large & (own != 0))]
        small += float(own[~large].sum())
        rest = upstream[head] * flow
        if tier == depth:
            deeper += float(rest.sum())
            break
        follow = (np.abs(rest) >= threshold) & (rest != 0)
        next_tier = _children(
            a, multiplier, flow, head, follow, threshold=threshold, most=most - visited
        )
        if next_tier is None:
            complete = False
            deeper += float(rest.sum())
            break
        pruned += float(rest[~follow].sum())
        head, flow, parents, cut = next_tier
        pruned += cut
        if len(head) == 0:
            break
    order = sorted(range(len(listed)), key=lambda k: -abs(listed[k][2]))
    return Paths(
        tuple(_chain(tiers, listed[k][0], listed[k][1]) for k in order),
        np.array([listed[k][2] for k in order]),
        float(multiplier @ demand),
        small,
        pruned,
        deeper,
        visited,
        complete,
    )


def _children(
    a: Array,
    multiplier: Array,
    flow: Array,
    head: NDArray[np.intp],
    follow: NDArray[np.bool_],
    *,
    threshold: float,
    most: int,
) -> tuple[NDArray[np.intp], Array, NDArray[np.intp], float] | None:
    """The suppliers of the followed chains whose whole branch reaches the threshold.

    None where they are more than `most`.
    """
    index = np.flatnonzero(follow)
    heads: list[NDArray[np.intp]] = []
    flows: list[Array] = []
    parents: list[NDArray[np.intp]] = []
    cut, count = 0.0, 0
    step = max(1, BLOCK // len(a))
    for start in range(0, len(index), step):
        chosen = index[start : start + step]
        bought = a[:, head[chosen]] * flow[chosen]
        branch = multiplier[:, None] * bought
        keep = (np.abs(branch) >= threshold) & (branch != 0)
        cut += float(branch[~keep].sum())
        count += int(keep.sum())
        if count > most:
            return None
        supplier, column = np.nonzero(keep)
        heads.append(supplier)
        flows.append(bought[supplier, column])
        parents.append(chosen[column])
    if not heads:
        return np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0, dtype=np.intp), cut
    return np.concatenate(heads), np.concatenate(flows), np.concatenate(parents), cut


def _chain(
    tiers: list[tuple[NDArray[np.intp], NDArray[np.intp]]], tier: int, place: int
) -> tuple[int, ...]:
    found: list[int] = []
    while tier >= 0:
        head, parents = tiers[tier]
        found.append(int(head[place]))
        place, tier = int(parents[place]), tier - 1
    return tuple(reversed(found))
