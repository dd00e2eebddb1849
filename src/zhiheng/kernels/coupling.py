"""Coupling coordination of several systems, and what moved it.

Notation of the module: `U` the level of a system in [0, 1], `n` systems on the last
axis; everything before it (entities, periods) is worked at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Form = Literal["traditional", "corrected"]


@dataclass(frozen=True, slots=True)
class Coupling:
    """Coupling ``C``, development ``T`` and coordination ``D = sqrt(C T)``, all in [0, 1].

    Attributes
    ----------
    coupling : ndarray, shape (...)
        NaN where every system is zero: nothing is there that could be coupled.
    development : ndarray, shape (...)
    coordination : ndarray, shape (...)
        Zero where every system is zero, since ``C <= 1``.
    """

    coupling: Array
    development: Array
    coordination: Array


@dataclass(frozen=True, slots=True)
class Change:
    """The change of coordination from one state to another, split in two ways.

    Attributes
    ----------
    change : ndarray, shape (E,)
    systems : ndarray, shape (E, n)
        Shapley contributions of the systems; they sum to `change`.
    by_coupling, by_development : ndarray, shape (E,)
        What the balance and what the level contributed; they sum to `change`.
    """

    change: Array
    systems: Array
    by_coupling: Array
    by_development: Array


def coupling(u: Array, weights: Array, *, form: Form, weighted: bool = False) -> Coupling:
    """Coupling coordination degree of `n` systems.

    The traditional coupling is the geometric over the arithmetic mean of the systems;
    it sees their ratios only, so that systems all near zero count as well coupled. The
    corrected one multiplies the evenness of differences by that of ratios and spreads
    values over the whole of [0, 1].

    Parameters
    ----------
    u : ndarray, shape (..., n)
        In [0, 1]; a zero makes the coupling zero.
    weights : ndarray, shape (n,)
        Of the development ``T``; they sum to one.
    form : {"traditional", "corrected"}
    weighted : bool
        Whether the two means of the traditional coupling carry the weights as well.

    References
    ----------
    Wang, Kong, Ren, Zhi, Dai (2021) Journal of Natural Resources 36(3): 793-810.
    """
    development = u @ weights
    top = u.max(axis=-1)
    some = top > 0
    # where every system is zero the ratios are set to one and the result to NaN below
    ratios = np.where(some[..., None], u / np.where(some, top, 1.0)[..., None], 1.0)
    if form == "corrected":
        found = _corrected(u, ratios)
    else:
        means = weights if weighted else np.full(len(weights), 1.0 / len(weights))
        found = _traditional(ratios, means)
    c = np.where(some, np.minimum(found, 1.0), np.nan)
    return Coupling(c, development, np.sqrt(np.where(some, c, 0.0) * development))


def _traditional(ratios: Array, means: Array) -> Array:
    """Geometric over arithmetic mean, of the ratios to the largest so that nothing underflows."""
    with np.errstate(divide="ignore"):
        geometric = np.exp(np.log(ratios) @ means)
    arithmetic = 1.0 + (ratios - 1.0) @ means  # equal systems give exactly one
    return geometric / np.maximum(arithmetic, geometric)


def _corrected(u: Array, ratios: Array) -> Array:
    """``sqrt((1 - mean |U_i - U_j|) (prod U_i / max U)^(1 / (n - 1)))``."""
    n = u.shape[-1]
    pairs = n * (n - 1) / 2
    ranked, place = np.sort(u, axis=-1), np.arange(n)
    # From the least one, so that equal systems differ by exactly nothing ...
    apart = (ranked - ranked[..., :1]) @ (2.0 * place - (n - 1)) / pairs
    # ... and as a sum of positive terms where the difference from one would lose digits.
    near = (ranked @ (n - 1.0 - place) + (1.0 - ranked) @ (1.0 * place)) / pairs
    with np.errstate(divide="ignore"):
        even = np.exp(np.log(ratios).sum(axis=-1) / (n - 1))
    return np.sqrt(np.where(apart < 0.5, 1.0 - apart, near) * even)


def change(first: Array, last: Array, weights: Array, *, form: Form, weighted: bool) -> Change:
    """Split the change of coordination by systems, and by balance and level.

    Both splits are exact. Contributions of systems are Shapley values: the mean, over
    all orders in which the systems could move from their first to their last level, of
    what each move adds to ``D``. Balance and level are the two factors of
    ``D = sqrt(C) sqrt(T)``, for which the Shapley value is the mean of two orders.

    Parameters
    ----------
    first, last : ndarray, shape (E, n)
        Levels in [0, 1]; with the traditional form above zero. Work grows as ``2^n``.

    References
    ----------
    Shapley (1953) Contributions to the Theory of Games II: 307-317; Shorrocks (2013)
    Journal of Economic Inequality 11(1): 99-126.
    """
    n = first.shape[-1]
    moved = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    states = np.where(moved[:, None, :], last, first)
    d = coupling(states, weights, form=form, weighted=weighted).coordination
    size = moved.sum(axis=1)
    orders = np.array([math.factorial(k) * math.factorial(n - 1 - k) for k in range(n)])
    share = orders / math.factorial(n)
    systems = np.empty(first.shape)
    for i in range(n):
        before = np.flatnonzero(~moved[:, i])
        systems[:, i] = share[size[before]] @ (d[before + (1 << i)] - d[before])
    one, two = (coupling(u, weights, form=form, weighted=weighted) for u in (first, last))
    c0, c1 = (np.sqrt(np.nan_to_num(x.coupling)) for x in (one, two))
    t0, t1 = np.sqrt(one.development), np.sqrt(two.development)
    return Change(
        change=two.coordination - one.coordination,
        systems=systems,
        by_coupling=(c1 - c0) * (t0 + t1) / 2,
        by_development=(t1 - t0) * (c0 + c1) / 2,
    )


def misuses(u: Array) -> dict[str, Array]:
    """The coupling as it is often written by mistake, to recognise a printed one.

    ``root_missing`` n prod U / sum U; ``coefficient_missing`` (prod U)^(1/n) / sum U,
    which cannot exceed 1/n; ``square_root`` n sqrt(prod U) / sum U for three systems or
    more; ``pair_sums`` (prod U / prod over pairs of (U_i + U_j))^(1/n) likewise.

    Parameters
    ----------
    u : ndarray, shape (..., n)
    """
    n = u.shape[-1]
    a, b = np.triu_indices(n, k=1)
    product, total = u.prod(axis=-1), u.sum(axis=-1)
    with np.errstate(invalid="ignore"):  # where every system is zero: not a number, no likeness
        found = {
            "root_missing": n * product / total,
            "coefficient_missing": product ** (1 / n) / total,
        }
        if n > 2:
            found["square_root"] = n * np.sqrt(product) / total
            found["pair_sums"] = (product / (u[..., a] + u[..., b]).prod(axis=-1)) ** (1 / n)
    return found
