"""Ranks, and how far they move when method and weights do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.aggregate import Prepared, score

Array = NDArray[np.float64]
Ranks = NDArray[np.int32]
N = TypeVar("N", np.int32, np.float64)

# Scores are tied when they agree to twelve digits of the largest: matrix products of different
# shape differ in the last bits, and such a difference must not decide a rank.
TIE = 1e-12
# Ranks held at once, which bounds memory for panels of any length.
BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to compute a score: prepared indicators and the weights around which to draw."""

    prepared: Prepared
    weights: Array


@dataclass(frozen=True, slots=True)
class RankDraws:
    """Where ranks lie over draws of the method.

    Attributes
    ----------
    low, high : ndarray of int, shape (P, E)
        5 % and 95 % points of the rank within the period.
    last : ndarray of int, shape (D, E)
        The rank in the last period in every draw.
    counts : ndarray of int, shape (R,)
        How many draws each recipe had.
    failed : int
        Rankings of a period in which some score was not a number; those entities
        stand last there.
    """

    low: Ranks
    high: Ranks
    last: Ranks
    counts: NDArray[np.int64]
    failed: int = 0


def rank(scores: Array) -> Ranks:
    """Rank along the last axis: 1 is the largest, ties take the smallest rank.

    Parameters
    ----------
    scores : ndarray, shape (..., N)
        Finite values.
    """
    order = np.argsort(-scores, axis=-1)
    best = np.take_along_axis(scores, order, axis=-1)
    tolerance = TIE * np.abs(scores).max(axis=-1, keepdims=True)
    place = np.zeros(scores.shape, dtype=np.int32)
    number = np.arange(1, scores.shape[-1], dtype=np.int32)
    place[..., 1:] = np.where(best[..., :-1] - best[..., 1:] > tolerance, number, 0)
    place = np.maximum.accumulate(place, axis=-1) + 1
    out = np.empty_like(place)
    np.put_along_axis(out, order, place, axis=-1)
    return out


def rank_interval(
    ranks: NDArray[N], low: float = 0.05, high: float = 0.95
) -> tuple[NDArray[N], NDArray[N]]:
    """Type-1 quantiles over the first axis: the smallest value with at least that share below.

    Parameters
    ----------
    ranks : ndarray, shape (D, ...)
    low, high : float
        Shares in (0, 1].
    """
    count = ranks.shape[0]
    ends = [max(int(np.ceil(count * share - 1e-9)), 1) - 1 for share in (low, high)]
    ordered = np.partition(ranks, ends, axis=0)
    return ordered[ends[0]], ordered[ends[1]]


def draw_ranks(
    recipes: Sequence[Recipe], *, draws: int, concentration: float, seed: int
) -> RankDraws:
    """Draw methods and weights, and see which ranks come out.

    A draw takes one recipe, each equally likely, and then weights from a
    Dirichlet distribution with ``alpha = concentration * weights`` of that
    recipe; recipes with weights by period draw them for each period. The
    intervals are over choices of method. They are not sampling intervals.

    Parameters
    ----------
    recipes : sequence of Recipe
        All on the same panel.
    draws : int
        At least one.
    concentration : float
        At least 1; the larger, the closer the drawn weights stay. Infinite
        keeps the weights of the recipe.
    seed : int
    """
    used = draw_weights(recipes, draws=draws, concentration=concentration, seed=seed)
    counts = np.array([len(w) for _, w in used], dtype=np.int64)
    used = [(recipe, w) for recipe, w in used if len(w)]
    periods, entities = recipes[0].prepared.periods, recipes[0].prepared.entities
    step = max(1, BLOCK // (draws * entities))
    low, high = (np.empty((periods, entities), dtype=np.int32) for _ in range(2))
    drawn = np.empty((draws, 0, entities), dtype=np.int32)
    failed = 0
    for start in range(0, periods, step):
        cut = slice(start, start + step)
        found: list[Ranks] = []
        for one, w in used:
            scores = score(one.prepared.cut(cut), _of(w, cut))
            broken = ~np.isfinite(scores)
            if broken.any():
                failed += int(broken.any(axis=-1).sum())
                scores = np.where(broken, np.finfo(np.float64).min, scores)
            found.append(rank(scores))
        drawn = np.concatenate(found)
        low[cut], high[cut] = rank_interval(drawn)
    return RankDraws(low, high, drawn[:, -1], counts, failed)


def draw_weights(
    recipes: Sequence[Recipe], *, draws: int, concentration: float, seed: int
) -> list[tuple[Recipe, Array]]:
    """Each recipe with the weights drawn around its own, as `draw_ranks` draws them.

    The weights of a recipe have the shape (its draws, 1 or P, K).
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = rng.integers(len(recipes), size=draws)
    counts = np.bincount(chosen, minlength=len(recipes))
    return [
        (recipe, _jitter(recipe.weights, int(n), concentration, rng))
        for recipe, n in zip(recipes, counts, strict=True)
    ]


def _jitter(weights: Array, count: int, concentration: float, rng: np.random.Generator) -> Array:
    shape = (count, *weights.shape)
    if np.isinf(concentration):
        return np.broadcast_to(weights, shape)
    gamma = rng.standard_gamma(concentration * weights, size=shape)
    return gamma / gamma.sum(axis=-1, keepdims=True)


def _of(weights: Array, cut: slice) -> Array:
    return weights if weights.shape[-2] == 1 else weights[:, cut]
