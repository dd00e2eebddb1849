"""Benefit of the doubt: every unit is scored with the weights that suit it best.

The linear programme of each unit is solved in its dual by a simplex of our own,
which starts from the unit compared with itself and so needs no first phase;
only units that no other dominates can bind. Every answer is checked: primal and
dual feasibility and their equality; one that fails is solved again by HiGHS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import linprog

Array = NDArray[np.float64]

# Residuals of programmes scaled to one; a simplex with explicit inverse keeps them far smaller.
CERTIFIED = 1e-9
_PRICE = 1e-11
_PIVOT = 1e-10
_MOST_PIVOTS = 5000


@dataclass(frozen=True, slots=True)
class BenefitOfTheDoubt:
    """Scores and the weights behind them.

    Attributes
    ----------
    scores : ndarray, shape (P, E)
        In [0, 1]; 1 for a unit that no common weights can place below another.
    weights : ndarray, shape (E, P, K)
        Not negative; ``scores = sum_k weights z``. They do not sum to one. Units
        with a score of one often have many optimal sets; one of them is given.
    shares : ndarray, shape (E, P, K)
        ``weights z / score``, which sum to one; NaN for a score of zero.
    residual : float
        The largest violation of primal or dual feasibility, or gap between them,
        after scaling each indicator to a maximum of one.
    repaired : int
        Units whose answer failed the check and was computed by HiGHS instead.
    """

    scores: Array
    weights: Array
    shares: Array
    residual: float
    repaired: int


def bod(
    z: Array, lower: Array | None = None, upper: Array | None = None, *, by_period: bool = False
) -> BenefitOfTheDoubt:
    """Benefit-of-the-doubt scores: an output-only DEA of the indicators.

    Use it where no common weights can be defended and units differ in what they
    aim at. Scores tell nothing where many units reach one; without bounds a unit
    may rest on a single indicator. Not for values below zero.

    Parameters
    ----------
    z : ndarray, shape (E, P, K)
        Not negative, larger is better. Zeros are allowed; a unit of zeros scores 0.
    lower, upper : ndarray, shape (K,), optional
        Bounds of the share of each indicator in the unit's own score (pie shares).
        A lower bound above zero gives a score of zero to a unit with a zero there.
    by_period : bool
        Compare with units of the same period only, instead of with the whole panel.

    Raises
    ------
    ValueError
        Negative or missing values; bounds that no shares can meet.

    References
    ----------
    Melyn and Moesen (1991), KU Leuven (recalled); Cherchye, Moesen, Rogge and Van
    Puyenbroeck (2007), Social Indicators Research 82:111.
    """
    entities, periods, count = z.shape
    if not np.isfinite(z).all() or (z < 0).any():
        raise ValueError("benefit of the doubt needs values that are finite and not negative")
    low, high = _bounds(lower, upper, count)
    size = z.max(axis=(0, 1))
    scaled = z / np.where(size > 0, size, 1.0)
    groups = [[t] for t in range(periods)] if by_period else [list(range(periods))]
    scores, weights = np.zeros((entities, periods)), np.zeros(z.shape)
    worst, repaired = 0.0, 0
    for own in groups:
        units = scaled[:, own].reshape(-1, count)
        s, w, residual, mended = _group(units, low, high)
        scores[:, own] = s.reshape(entities, len(own))
        weights[:, own] = w.reshape(entities, len(own), count)
        worst, repaired = max(worst, residual), repaired + mended
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = weights * scaled / (weights * scaled).sum(axis=2, keepdims=True)
    weights = weights / np.where(size > 0, size, 1.0)
    return BenefitOfTheDoubt(scores.T, weights, shares, worst, repaired)


def frontier(units: Array) -> Array:
    """The rows that no other row dominates, each once, in an order of their own."""
    kept = np.unique(units, axis=0)
    kept = kept[np.argsort(-kept.sum(axis=1), kind="stable")]
    found: Array = kept[_undominated(np.ascontiguousarray(kept))]
    return np.ascontiguousarray(found)


def _bounds(lower: Array | None, upper: Array | None, count: int) -> tuple[Array, Array]:
    low = np.zeros(count) if lower is None else np.asarray(lower, dtype=np.float64)
    high = np.ones(count) if upper is None else np.asarray(upper, dtype=np.float64)
    if (low < 0).any() or (low > high).any() or low.sum() > 1 or high.sum() < 1:
        raise ValueError("no shares meet these bounds")
    return low, high


def _group(units: Array, low: Array, high: Array) -> tuple[Array, Array, float, int]:
    """Scores, weights, worst residual and repaired units of one set of units."""
    reference = frontier(units)
    scores, weights, failed = _solve_all(np.ascontiguousarray(units), reference, low, high)
    residual = np.maximum(failed, _violation(units, reference, weights, scores, low, high))
    bad = np.flatnonzero(residual > CERTIFIED)
    for o in bad:
        scores[o], weights[o] = highs(units[o], reference, low, high)
    if len(bad):
        again = _violation(units[bad], reference, weights[bad], scores[bad], low, high)
        residual[bad] = again
    return scores, np.maximum(weights, 0.0), float(residual.max()), len(bad)


def _violation(
    units: Array, reference: Array, weights: Array, scores: Array, low: Array, high: Array
) -> Array:
    """How far each answer is from feasible weights that attain its score."""
    above = (weights @ reference.T).max(axis=1) - 1.0
    parts = weights * units
    total = parts.sum(axis=1)
    outside = np.maximum(low * total[:, None] - parts, parts - high * total[:, None]).max(axis=1)
    gap = np.abs(total - scores)
    worst = np.maximum.reduce([above, outside, gap, -weights.min(axis=1)])
    return np.maximum(worst, 0.0)


def highs(unit: Array, reference: Array, low: Array, high: Array) -> tuple[float, Array]:
    """The same programme by HiGHS: the certificate in tests and the way out of a failure."""
    own = np.diag(unit)
    rows = [reference, low[:, None] * unit - own, own - high[:, None] * unit]
    found = linprog(
        -unit,
        A_ub=np.concatenate(rows),
        b_ub=np.concatenate([np.ones(len(reference)), np.zeros(2 * len(unit))]),
        method="highs",
    )
    if not found.success:
        raise ArithmeticError(f"a benefit-of-the-doubt programme was not solved: {found.message}")
    return -float(found.fun), np.asarray(found.x, dtype=np.float64)


@njit(cache=True)
def _undominated(rows: Any) -> Any:
    """Rows by falling sum: only earlier ones can dominate."""
    n, count = rows.shape
    kept = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        kept[i] = True
        for j in range(i):
            if not kept[j]:
                continue
            above = True
            for k in range(count):
                if rows[j, k] < rows[i, k]:
                    above = False
                    break
            if above:
                kept[i] = False
                break
    return kept


@njit(cache=True)
def _solve_all(units: Any, reference: Any, low: Any, high: Any) -> Any:
    n, count = units.shape
    scores = np.zeros(n)
    weights = np.zeros((n, count))
    failed = np.zeros(n)
    for o in range(n):
        if units[o].max() > 0.0:
            scores[o], failed[o] = _solve(units[o], reference, low, high, weights[o])
    return scores, weights, failed


@njit(cache=True)
def _column(j: Any, unit: Any, reference: Any, low: Any, high: Any) -> Any:
    """Column j of the dual: reference units, surpluses, the unit itself, lower and upper bounds."""
    m, count = reference.shape
    if j < m:
        return reference[j].copy()
    if j == m + count:
        return unit.copy()
    a = np.zeros(count)
    if j < m + count:
        a[j - m] = -1.0
        return a
    k = j - m - count - 1
    if k < count:
        a += low[k] * unit
        a[k] -= unit[k]
        return a
    k -= count
    a -= high[k] * unit
    a[k] += unit[k]
    return a


@njit(cache=True)
def _entering(y: Any, unit: Any, reference: Any, low: Any, high: Any, first: Any) -> Any:
    """The column with the most negative reduced cost, or the first one with any (Bland)."""
    m, count = reference.shape
    best, which = _PRICE, -1
    total = (y * unit).sum()
    for j in range(m + 3 * count + 1):
        if j < m:
            gain = -1.0
            for k in range(count):
                gain += y[k] * reference[j, k]
        elif j < m + count:
            gain = -y[j - m]
        elif j == m + count:
            gain = total - 1.0
        elif j <= m + 2 * count:
            k = j - m - count - 1
            gain = low[k] * total - unit[k] * y[k]
        else:
            k = j - m - 2 * count - 1
            gain = unit[k] * y[k] - high[k] * total
        if gain > best:
            best, which = gain, j
            if first:
                break
    return which


@njit(cache=True)
def _leaving(x: Any, d: Any, basis: Any, first: Any) -> Any:
    """The row of the smallest ratio; among ties the largest pivot, or the first column (Bland)."""
    row, ratio = -1, np.inf
    for i in range(len(x)):
        if d[i] > _PIVOT:
            r = max(x[i], 0.0) / d[i]
            tied = row >= 0 and abs(r - ratio) <= 1e-14
            preferred = basis[i] < basis[row] if first else d[i] > d[row]
            if (not tied and r < ratio) or (tied and preferred):
                row, ratio = i, min(r, ratio)
    return row


@njit(cache=True)
def _solve(unit: Any, reference: Any, low: Any, high: Any, weights: Any) -> Any:
    """One unit; fills `weights`, returns the score and the dual residual (infinite if unsolved)."""
    m, count = reference.shape
    own = int(np.argmax(unit))
    inverse = -np.eye(count)
    inverse[:, own] = unit / unit[own]
    inverse[own, own] = 1.0 / unit[own]
    basis = np.arange(m, m + count)
    basis[own] = m + count
    x = np.zeros(count)
    x[own] = 1.0
    y = np.zeros(count)
    stalled = 0
    for _ in range(_MOST_PIVOTS):
        y[:] = 0.0
        for i in range(count):
            if basis[i] < m or basis[i] == m + count:
                y += inverse[i]
        first = stalled > 4 * count
        j = _entering(y, unit, reference, low, high, first)
        if j < 0:
            weights[:] = y
            return _finish(basis, unit, reference, low, high)
        d = inverse @ _column(j, unit, reference, low, high)
        row = _leaving(x, d, basis, first)
        if row < 0:
            return 0.0, np.inf
        step = max(x[row], 0.0) / d[row]
        stalled = 0 if step > 1e-13 else stalled + 1
        x -= step * d
        x[row] = step
        inverse[row] /= d[row]
        for i in range(count):
            if i != row:
                inverse[i] -= d[i] * inverse[row]
        basis[row] = j
    return 0.0, np.inf


@njit(cache=True)
def _finish(basis: Any, unit: Any, reference: Any, low: Any, high: Any) -> Any:
    """The dual solution of the last basis, solved afresh, and how far it is from feasible."""
    m, count = reference.shape
    matrix = np.empty((count, count))
    for i in range(count):
        matrix[:, i] = _column(basis[i], unit, reference, low, high)
    x = np.linalg.solve(matrix, unit)
    score = 0.0
    for i in range(count):
        if basis[i] < m or basis[i] == m + count:
            score += x[i]
    return score, max(-x.min(), np.abs(matrix @ x - unit).max())
