"""Correlation and regression of relations, judged by relabelling their units (QAP).

Notation: `n` units; a relation is an (n, n) matrix whose diagonal is ignored;
``m = n (n - 1)`` cells off the diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CELLS = 4_000_000  # permuted cells held in memory at a time


@dataclass(frozen=True, slots=True)
class Fit:
    """Ordinary least squares over the cells of relations.

    Attributes
    ----------
    coefficient, t : ndarray, shape (k + 1,)
        The constant first. t values are pivots for permutations only: cells that
        share a unit are not independent.
    r2 : float
    """

    coefficient: Array
    t: Array
    r2: float


def off_diagonal(relation: Array) -> Array:
    """The cells of relations off the diagonal, row by row, shape (..., m)."""
    n = relation.shape[-1]
    return relation[..., ~np.eye(n, dtype=np.bool_)]


def correlation(one: Array, two: Array) -> float:
    """Pearson's correlation over the cells off the diagonal; NaN without variation."""
    a, b = off_diagonal(one), off_diagonal(two)
    a, b = a - a.mean(), b - b.mean()
    below = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / below if below > 0 else float("nan")


def permuted_correlations(one: Array, two: Array, *, permutations: int, seed: int) -> Array:
    """Correlations when the units of `one` are relabelled, shape (R,)."""
    b = off_diagonal(two)
    b = b - b.mean()
    out = np.empty(permutations)
    for rows, cells in _relabelled(one, permutations, seed):
        a = cells - cells.mean(axis=1, keepdims=True)
        out[rows] = (a @ b) / np.sqrt((a**2).sum(axis=1) * (b @ b))
    return out


def regression(outcome: Array, factors: Array) -> Fit:
    """Least squares of one relation on others and a constant.

    Parameters
    ----------
    outcome : ndarray, shape (n, n)
    factors : ndarray, shape (k, n, n)
    """
    y = off_diagonal(outcome)
    x = np.column_stack([np.ones(len(y)), off_diagonal(factors).T])
    coefficient = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    rest = y - x @ coefficient
    variance = float(rest @ rest) / (len(y) - x.shape[1])
    error = np.sqrt(variance * np.diag(np.linalg.inv(x.T @ x)))
    total = float(((y - y.mean()) ** 2).sum())
    explained = 1.0 - float(rest @ rest) / total if total > 0 else float("nan")  # no two differ
    return Fit(coefficient, coefficient / error, explained)


def permuted_t(outcome: Array, factors: Array, *, permutations: int, seed: int) -> Array:
    """T values under double semi-partialling (Dekker, Krackhardt and Snijders), shape (k, R).

    For each factor: what the other factors and the constant leave of it is
    relabelled, and the regression is done again with it in the factor's place.
    """
    y = off_diagonal(outcome)
    return np.stack(
        [
            _one_factor(y, factors, k, permutations=permutations, seed=seed)
            for k in range(len(factors))
        ]
    )


def _one_factor(y: Array, factors: Array, k: int, *, permutations: int, seed: int) -> Array:
    n = factors.shape[-1]
    others = np.column_stack([np.ones(len(y)), off_diagonal(np.delete(factors, k, axis=0)).T])
    basis, _ = np.linalg.qr(others)
    x = off_diagonal(factors[k])
    left = np.zeros((n, n))
    left[~np.eye(n, dtype=np.bool_)] = x - basis @ (basis.T @ x)
    rest = y - basis @ (basis.T @ y)
    free = len(y) - others.shape[1] - 1
    out = np.empty(permutations)
    for rows, cells in _relabelled(left, permutations, seed):
        alone = cells - (cells @ basis) @ basis.T
        size = (alone**2).sum(axis=1)
        slope = alone @ rest / size
        variance = (float(rest @ rest) - slope**2 * size) / free
        out[rows] = slope * np.sqrt(size / variance)
    return out


def _relabelled(relation: Array, permutations: int, seed: int) -> Iterator[tuple[slice, Array]]:
    """Blocks of relabelled cells, shape (rows, m), each with its place among the draws."""
    n = len(relation)
    rng = np.random.default_rng(seed)
    order = rng.permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)
    block = max(1, _CELLS // (n * n))
    for at in range(0, permutations, block):
        rows = slice(at, min(at + block, permutations))
        yield rows, off_diagonal(relation[order[rows, :, None], order[rows, None, :]])
