"""Who is above whom over draws of the method: pairwise shares and the partial order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Relation = NDArray[np.bool_]
Ranks = NDArray[np.int32]

# Comparisons held at once, which bounds memory for any number of entities and draws.
BLOCK = 20_000_000


@dataclass(frozen=True, slots=True)
class PartialOrder:
    """A strict order in which some stay incomparable.

    Attributes
    ----------
    above : ndarray of bool, shape (E, E)
        ``above[a, b]``: a stands before b. Transitive, and never both ways.
    covers : ndarray of bool, shape (E, E)
        The pairs of `above` with nobody in between (the transitive reduction).
    level : ndarray of int, shape (E,)
        1 for those with nobody above; otherwise one more than the lowest level above.
    kept : int
        Draws on which all agree.
    """

    above: Relation
    covers: Relation
    level: NDArray[np.int64]
    kept: int


@dataclass(frozen=True, slots=True)
class Intransitive:
    """Where a majority relation fails to be an order.

    Attributes
    ----------
    triples : int
        a before b and b before c, but not a before c.
    cycles : int
        Triples of those in which c stands before a.
    """

    triples: int
    cycles: int


def pairwise(ranks: Ranks) -> Array:
    """Share of draws in which a has the better rank than b; a tie counts for neither.

    Parameters
    ----------
    ranks : ndarray of int, shape (D, E)

    Returns
    -------
    ndarray, shape (E, E)
        ``share[a, b] + share[b, a] <= 1``.
    """
    draws, entities = ranks.shape
    step = max(1, BLOCK // entities**2)
    wins = np.zeros((entities, entities), dtype=np.int64)
    for start in range(0, draws, step):
        part = ranks[start : start + step]
        wins += (part[:, :, None] < part[:, None, :]).sum(axis=0)
    return wins / draws


def unanimous(ranks: Ranks, *, share: float = 0.95) -> PartialOrder:
    """The order on which the central draws agree.

    Draws are sorted by their Kendall distance to the order of mean ranks, the
    nearest `share` of them are kept, and a stands before b when it does so in
    every one. An intersection of orders is transitive, which a relation cut out
    of pairwise shares need not be.

    Parameters
    ----------
    ranks : ndarray of int, shape (D, E)
    share : float
        In (0, 1].

    References
    ----------
    .. [1] Brüggemann and Patil (2011), Ranking and Prioritization for
       Multi-indicator Systems, Springer.
    """
    kept = np.argsort(kendall_distance(ranks), kind="stable")
    kept = kept[: max(1, int(np.ceil(share * len(ranks) - 1e-9)))]
    above = pairwise(ranks[kept]) == 1.0
    return PartialOrder(above, reduction(above), levels(above), len(kept))


def kendall_distance(ranks: Ranks) -> NDArray[np.int64]:
    """Pairs that each draw orders otherwise than the mean ranks do; ties count half a pair.

    Returns twice the number of discordant pairs plus the number of pairs tied in one only.
    """
    mean = ranks.mean(axis=0)
    wanted = np.sign(mean[None, :] - mean[:, None]).astype(np.int8)
    draws, entities = ranks.shape
    step = max(1, BLOCK // entities**2)
    out = np.empty(draws, dtype=np.int64)
    for start in range(0, draws, step):
        part = ranks[start : start + step]
        found = np.sign(part[:, None, :] - part[:, :, None]).astype(np.int8)
        out[start : start + step] = np.abs(found - wanted).sum(axis=(1, 2), dtype=np.int64)
    return out // 2


def reduction(above: Relation) -> Relation:
    """The pairs of a transitive relation that no third one separates."""
    through = above.astype(np.int64) @ above.astype(np.int64) > 0
    return above & ~through


def levels(above: Relation) -> NDArray[np.int64]:
    """The length of the longest chain from the top, 1 for the maximal ones."""
    level = np.ones(len(above), dtype=np.int64)
    for _ in range(len(above)):  # a chain is at most as long as there are entities
        deeper = np.where(above, level[:, None] + 1, 1).max(axis=0, initial=1)
        if (deeper == level).all():
            return level
        level = deeper
    return level


def intransitive(relation: Relation) -> Intransitive:
    """Count where a relation is no order, such as pairs that hold in 95 % of draws."""
    r = relation.astype(np.int64)
    two_steps = r @ r
    np.fill_diagonal(two_steps, 0)
    missing = int((two_steps * (1 - r)).sum())
    cycles = int(np.trace(r @ r @ r)) // 3
    return Intransitive(missing, cycles)
