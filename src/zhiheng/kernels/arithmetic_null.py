"""A permutation test of a slope whose regressor shares data with its outcome.

Notation: `E` entities, `P` periods, `B` permutations. The index is ``X = S + H``:
`S` the terms that share series with the outcome, `H` the rest, and
``H = linked + own`` with `linked` the part that the logs of the shared series carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.autocorrelation import Alternative, tail_p
from zhiheng.kernels.panel_ols import DEPENDENT, FLAT, Absorber

Array = NDArray[np.float64]
Integers = NDArray[np.intp]
Sign = Literal["-", "+", "two-sided"]

ALTERNATIVES: dict[Sign, Alternative] = {"-": "less", "+": "greater", "two-sided": "two_sided"}
# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """Outcome and index after effects and controls.

    Attributes
    ----------
    y, shared, linked, own : ndarray, shape (E, P)
        The outcome; the terms that share series with it; what the logs of the shared
        series carry of the rest; what is left, the part that is permuted.
    controls, links : ndarray, shapes (E, P, c), (E, P, l)
        Orthonormal bases of the controls, and of the logs of the shared series after them.
    """

    y: Array
    shared: Array
    linked: Array
    own: Array
    controls: Array
    links: Array

    @property
    def index(self) -> Array:
        """The whole index, shape (E, P)."""
        return self.shared + self.linked + self.own

    @property
    def own_share(self) -> float:
        """Share of the rest's variation that the logs of the shared series do not carry."""
        rest = _square(self.linked + self.own)
        return _square(self.own) / rest if rest > 0 else 0.0

    @property
    def entity_shares(self) -> Array:
        """Each entity's share of the variation that is permuted, shape (E,)."""
        squares = (self.own**2).sum(axis=1)
        return squares / squares.sum()

    @property
    def outcome_left(self) -> float:
        """Share of the outcome's variation that the logs of the shared series do not carry."""
        carried = np.einsum("epl,ep->l", self.links, self.y)
        return 1.0 - float(carried @ carried) / _square(self.y)


def pieces(
    y: Array, shared: Array, rest: Array, links: Array, controls: Array, absorb: Absorber
) -> Pieces:
    """Take effects and controls out of everything, and the shared series out of the rest.

    Parameters
    ----------
    y, shared, rest : ndarray, shape (E, P)
        Outcome, and the two parts of the index; either part may be zero throughout.
    links : ndarray, shape (E, P, l)
        Logs of the shared series; columns that effects or controls carry are left out.
    controls : ndarray, shape (E, P, c)
    absorb : Absorber
        Of a balanced panel: every entity has the same periods.
    """
    raw = np.concatenate([controls, links, np.stack([y, shared, rest], axis=-1)], axis=-1)
    spread = np.sqrt(((raw - raw.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1)))
    swept = absorb.remove(raw).reshape(-1, raw.shape[-1])
    c, m = controls.shape[-1], controls.shape[-1] + links.shape[-1]
    first = _basis(swept[:, :c], spread[:c])
    others = _off(first, swept[:, c:])
    second = _basis(others[:, : m - c], spread[c:m])
    kept = others[:, m - c :]
    own = _off(second, kept[:, 2:])[:, 0]
    shape = y.shape
    return Pieces(
        kept[:, 0].reshape(shape),
        kept[:, 1].reshape(shape),
        (kept[:, 2] - own).reshape(shape),
        own.reshape(shape),
        first.reshape(*shape, -1),
        second.reshape(*shape, -1),
    )


def _basis(columns: Array, spread: Array) -> Array:
    """Orthonormal columns that span those which still vary."""
    length = np.sqrt((columns**2).sum(axis=0))
    alive = length > FLAT * spread
    if not alive.any():
        return np.zeros((len(columns), 0))
    u, values, _ = np.linalg.svd(columns[:, alive] / length[alive], full_matrices=False)
    return u[:, values > DEPENDENT * values[0]]


def _off(basis: Array, columns: Array) -> Array:
    for _ in range(2):  # the second pass removes what rounding left of the first
        columns = columns - basis @ (basis.T @ columns)
    return columns


def _square(z: Array) -> float:
    return float((z**2).sum())


def movable(cluster: Integers) -> int:
    """How many clusters have another of their size to trade places with."""
    sizes = np.bincount(cluster)
    return int((np.bincount(sizes)[sizes] > 1).sum())


def permuted_orders(
    cluster: Integers, *, permutations: int, seed: int, order: Integers | None = None
) -> Integers:
    """Random orders of entities, shape (B, E): whole clusters trade places with their equals.

    Row b says whose path entity i receives. Clusters of one entity give the free
    permutation of entities; a cluster that no other equals in size stays.

    Parameters
    ----------
    cluster : ndarray of int, shape (E,)
        Number of each entity's cluster, from 0.
    permutations, seed : int
    order : ndarray, shape (E,), optional
        The order in which entities meet chance; give the order of their names and
        draws do not depend on how rows are sorted.
    """
    sequence = np.arange(len(cluster)) if order is None else order
    _, first, inverse = np.unique(cluster[sequence], return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[inverse]  # clusters in the order of their first member
    members = sequence[np.argsort(number, kind="stable")]
    sizes = np.bincount(number)
    starts = np.cumsum(sizes) - sizes
    out = np.empty((permutations, len(cluster)), dtype=np.intp)
    rng = np.random.default_rng(seed)
    for size in np.unique(sizes):  # a few sizes, not draws
        at = starts[sizes == size][:, None] + np.arange(size)
        dealt = np.argsort(rng.random((permutations, len(at))), axis=1)
        out[:, members[at].ravel()] = members[at][dealt].reshape(permutations, -1)
    return out


def permuted_t(
    parts: Pieces,
    orders: Integers,
    *,
    cluster: Integers,
    factor: float = 1.0,
    each: bool = False,
) -> Array:
    """The clustered t statistic of the slope under each order, shape (B,).

    Parameters
    ----------
    parts : Pieces
    orders : ndarray of int, shape (B, E)
        As :func:`permuted_orders`; ``arange(E)`` is the data as observed.
    cluster : ndarray of int, shape (E,)
    factor : float
        Small-sample factor on the clustered variance; the same in every draw.
    each : bool
        Take the shared series out of every permuted path again, so that drawn paths are
        as free of them as the observed ones.

    Notes
    -----
    ``X_b = shared + linked + M own_pi`` where `M` takes out the controls (and, with
    `each`, the links). Only ``own`` moves, so every draw is a sum of inner products of
    entities' paths: with those of ``own_pi`` and the fixed columns, slope and scores
    follow without forming X_b.
    """
    fixed = parts.shared + parts.linked
    out = np.concatenate([parts.controls, parts.links], axis=-1) if each else parts.controls
    fields = np.concatenate([parts.y[..., None], fixed[..., None], out], axis=-1)
    gram = fields.transpose(0, 2, 1) @ fields
    square = (parts.own**2).sum(axis=1)
    found = np.empty(len(orders))
    block = max(1, BLOCK_CELLS // (fields.shape[-1] * parts.own.size))
    for at in range(0, len(orders), block):
        rows = orders[at : at + block]
        inner = (parts.own[rows.T] @ fields).transpose(1, 0, 2)  # (b, E, fields)
        found[at : at + block] = _statistic(inner, square[rows], gram, cluster)
    return found / np.sqrt(factor)


def cluster_sums(scores: Array, cluster: Integers) -> Array:
    """Sums of the columns of `scores`, shape (n, E), within clusters, shape (n, G)."""
    by_cluster = np.argsort(cluster, kind="stable")
    starts = np.searchsorted(cluster[by_cluster], np.arange(int(cluster.max()) + 1))
    return np.add.reduceat(scores[:, by_cluster], starts, axis=1)


def _statistic(inner: Array, square: Array, gram: Array, cluster: Integers) -> Array:
    """Slopes over clustered standard errors from the inner products of paths.

    ``inner[b, i]`` holds the products of the path that entity i receives with i's own
    outcome, fixed index and partialled columns; ``gram[i]`` those of the latter.
    """
    g = inner[..., 2:].sum(axis=1)
    squares = (g[:, :, None] * g[:, None, :]).reshape(len(g), -1)
    pulled = gram[:, 2:, 2:].reshape(len(gram), -1)
    xy = gram[:, 0, 1] + inner[..., 0] - g @ gram[:, 2:, 0].T
    cross = g @ gram[:, 2:, 1].T + (inner[..., 2:] @ g[:, :, None])[..., 0]
    xx = gram[:, 1, 1] + 2 * inner[..., 1] + square - 2 * cross + squares @ pulled.T
    total = xx.sum(axis=1)
    beta = xy.sum(axis=1) / total
    scores = cluster_sums(xy - beta[:, None] * xx, cluster)
    return beta * total / np.sqrt((scores**2).sum(axis=1))


@dataclass(frozen=True, slots=True)
class NullTest:
    """An observed t statistic among those of permuted paths.

    Attributes
    ----------
    observed : float
    drawn : ndarray, shape (B,)
    p_value : float
        ``(1 + #{as or more extreme}) / (1 + B)``.
    median, low, high : float
        Of the drawn statistics: the middle, and the limits of the middle 90 %.
    """

    observed: float
    drawn: Array
    p_value: float
    median: float
    low: float
    high: float


def null_test(observed: float, drawn: Array, sign: Sign) -> NullTest:
    """Place the observed statistic among the drawn ones.

    One-sided for a declared sign; ``"two-sided"`` compares distances from the median of
    the draws, which shared arithmetic moves away from zero.
    """
    low, median, high = (float(q) for q in np.quantile(drawn, [0.05, 0.5, 0.95]))
    p = tail_p(observed, drawn, median, ALTERNATIVES[sign])
    return NullTest(observed, drawn, p, median, low, high)


def unit_trends(z: Array, mask: NDArray[np.bool_]) -> Array:
    """Each entity's least-squares slope over periods, shape (E,); the panel is balanced."""
    time = np.flatnonzero(mask.any(axis=0)).astype(np.float64)
    centred = time - time.mean()
    return z[:, mask.any(axis=0)] @ centred / float(centred @ centred)
