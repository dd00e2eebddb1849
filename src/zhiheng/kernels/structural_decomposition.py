"""Structural decomposition of an emission total ``s' L B d y`` between two tables.

Five determinants: intensity s, structure (the Leontief inverse of A), product mix B within
the categories of demand, their shares d, and the level y. Any order of replacing the old by
the new ones is exact; the orders differ, and that spread is part of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.input_output import coefficients, factorise, required
from zhiheng.kernels.lmdi import effects as lmdi_effects

Array = NDArray[np.float64]
DETERMINANTS = ("intensity", "structure", "mix", "composition", "level")
SPECK = 1e-14
"""Cells of an inverse below this share of the largest are rounding where A has negative cells."""


@dataclass(frozen=True, slots=True)
class State:
    """One table of the two that are compared.

    Attributes
    ----------
    intensity : ndarray, shape (n,)
    a : ndarray, shape (n, n)
    mix : ndarray, shape (n, k)
        Columns sum to one.
    shares : ndarray, shape (k,)
    level : float
    """

    intensity: Array
    a: Array
    mix: Array
    shares: Array
    level: float

    @property
    def demand(self) -> Array:
        """Final demand by product."""
        return self.mix @ self.shares * self.level


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Effects of the determinants; they sum to the change.

    Attributes
    ----------
    average : ndarray, shape (f,)
        Mean over all f! orders (the Shapley value).
    low, high : ndarray, shape (f,)
        The smallest and the largest effect over the orders.
    polar : ndarray, shape (2, f)
        The two polar orders; their mean is the usual short cut.
    start, end : float
    """

    average: Array
    low: Array
    high: Array
    polar: Array
    start: float
    end: float


def state(intensity: Array, intermediate: Array, output: Array, demand: Array) -> State:
    """The determinants of a table; a category without demand has an empty mix.

    Parameters
    ----------
    intensity, output : ndarray, shape (n,)
    intermediate : ndarray, shape (n, n)
    demand : ndarray, shape (n, k)
    """
    sums = demand.sum(axis=0)
    level = float(sums.sum())
    mix = np.divide(demand, sums, out=np.zeros_like(demand), where=sums != 0)
    return State(intensity, coefficients(intermediate, output), mix, sums / level, level)


def decompose(start: State, end: State) -> Decomposition:
    """Average over all orders with their spread, and the two polar orders.

    Notes
    -----
    There are 2^5 combinations of old and new determinants and 5! orders; every order is a
    path through the combinations, so that the average over orders is a weighted mean over
    combinations and takes two factorisations.

    References
    ----------
    Dietzenbacher and Los (1998) Economic Systems Research 10(4): 307-324.
    """
    ends = (start, end)
    ones = np.ones(len(start.intensity))
    models = [factorise(s.a, ones) for s in ends]
    values = np.zeros((2,) * 5)
    for c, h, k, f in product((0, 1), repeat=4):
        demand = ends[h].mix @ ends[k].shares * ends[f].level
        x = required(models[c], demand)
        for i in (0, 1):
            values[i, c, h, k, f] = ends[i].intensity @ x
    return orders(values)


def orders(values: Array) -> Decomposition:
    """Effects of binary switches from the values at all their combinations.

    Parameters
    ----------
    values : ndarray, shape (2, …, 2), one axis a determinant
        0 is the old, 1 the new one.
    """
    f = values.ndim
    average, low, high = np.zeros(f), np.zeros(f), np.zeros(f)
    polar = np.zeros((2, f))
    for i in range(f):
        step = np.take(values, 1, axis=i) - np.take(values, 0, axis=i)
        switched = np.indices(step.shape).sum(axis=0) if f > 1 else np.zeros(())
        by_count = [math.factorial(k) * math.factorial(f - 1 - k) for k in range(f)]
        weight = np.array(by_count, dtype=np.float64)[switched.astype(np.intp)]
        average[i] = (weight * step).sum() / math.factorial(f)
        low[i], high[i] = step.min(), step.max()
        polar[0, i] = step[(1,) * i + (0,) * (f - 1 - i)]
        polar[1, i] = step[(0,) * i + (1,) * (f - 1 - i)]
    return Decomposition(
        average, low, high, polar, float(values[(0,) * f]), float(values[(1,) * f])
    )


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Effects by logarithmic means, and the terms whose sign turns.

    Attributes
    ----------
    effects : ndarray, shape (f,)
    turned : ndarray of bool, shape (n, k)
        Cells of demand that are negative in one table and positive in the other; their
        logarithm does not exist.
    emitters : ndarray of bool, shape (n,)
        Sectors whose emissions for a unit of some demand turn their sign, by their
        intensity or by negative deliveries.
    """

    effects: Array
    turned: NDArray[np.bool_]
    emitters: NDArray[np.bool_]


def logarithmic(start: State, end: State) -> Logarithmic:
    """Additive LMDI-I over all terms ``s_i L_ij B_jk d_k y``.

    A negative term (stocks run down, a sink, a by-product) keeps its sign apart from its
    size, so that only terms that turn their sign are undefined; they are marked, and the
    effects are then NaN.

    References
    ----------
    Wood and Lenzen (2006) Energy Policy 34(12): 1326-1331; Ang (2005) Energy Policy 33(7).
    """
    ends = (start, end)
    signs = [np.sign(s.mix * s.shares * s.level) for s in ends]
    inverses = [_inverse(s.a) for s in ends]
    needed = (signs[0] != 0).any(axis=1) | (signs[1] != 0).any(axis=1)
    sent = [np.sign(s.intensity[:, None] * m) for s, m in zip(ends, inverses, strict=True)]
    turned = signs[0] * signs[1] < 0
    emitters: NDArray[np.bool_] = np.logical_or.reduce((sent[0] * sent[1] < 0)[:, needed], axis=1)
    if turned.any() or emitters.any():
        return Logarithmic(np.full(len(DETERMINANTS), np.nan), turned, emitters)
    found = np.zeros(len(DETERMINANTS))
    for k in range(start.mix.shape[1]):
        for j in np.flatnonzero((signs[0][:, k] != 0) | (signs[1][:, k] != 0)):
            x = [_terms(s, m, int(j), k) for s, m in zip(ends, inverses, strict=True)]
            amounts = [t.prod(axis=1) for t in x]
            parts = lmdi_effects(amounts[0], amounts[1], x[0], x[1])
            sign = (signs[0][j, k] or signs[1][j, k]) * np.where(sent[0], sent[0], sent[1])[:, j]
            found += sign @ parts
    return Logarithmic(found, turned, emitters)


def _inverse(a: Array) -> Array:
    """``(I - A)^-1`` without the specks that rounding leaves where it has a zero."""
    found = np.asarray(np.linalg.inv(np.eye(len(a)) - a), dtype=np.float64)
    if a.min(initial=0.0) >= 0:
        return np.maximum(found, 0.0)
    return np.where(np.abs(found) < SPECK * np.abs(found).max(), 0.0, found)


def _terms(s: State, inverse: Array, j: int, k: int) -> Array:
    """Sizes of the five factors of the terms of one cell of demand (n, f)."""
    rest: Sequence[float] = (abs(s.mix[j, k]), abs(s.shares[k]), abs(s.level))
    own = np.abs(np.column_stack([s.intensity, inverse[:, j]]))
    return np.column_stack([own, np.tile(np.array(rest), (len(own), 1))])
