"""Equations and instruments of dynamic panels, stacked for GMM.

Notation of the module: `E` entities, `P` consecutive periods, `R` stacked rows of
an entity (the equation in differences for periods 1 … P-1, then, in a system, the
equation in levels for periods 0 … P-1), `k` regressors, `L` instruments. Rows that
are not in use are zero in `y`, `x` and `z` alike, so unbalanced panels need no
further care.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Weighting = Literal["full", "block", "identity"]


@dataclass(frozen=True, slots=True)
class Instrumented:
    """A variable whose own past serves as instruments.

    Attributes
    ----------
    values : ndarray, shape (E, P)
    first, last : int
        Lags used in differences; in levels the difference at lag ``first - 1`` serves.
    """

    values: Array
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Design:
    """The equation in levels.

    Attributes
    ----------
    y : ndarray, shape (E, P)
    x : ndarray, shape (E, P, k)
        Lags of the outcome first.
    rows : ndarray, shape (E, P)
        Rows in which outcome and all regressors are observed.
    seen : ndarray, shape (E, P)
        Cells whose values may serve as instruments.
    """

    y: Array
    x: Array
    rows: Mask
    seen: Mask


@dataclass(frozen=True, slots=True)
class Stack:
    """Stacked equations.

    Attributes
    ----------
    y, x, z : ndarray, shapes (E, R), (E, R, k), (E, R, L)
    h : ndarray, shape (R, R)
        What the first step takes for the covariance of an entity's errors.
    kinds : tuple of str
        For each column of `z`: "lags", "differences", "own" or "periods".
    differences : int
        Rows of the equation in differences; they come first.
    used : ndarray, shape (E, R)
    """

    y: Array
    x: Array
    z: Array
    h: Array
    kinds: tuple[str, ...]
    differences: int
    used: Mask

    @property
    def entities(self) -> int:
        """Number of entities with at least one row in use."""
        return int(self.used.any(axis=1).sum())


def lagged(values: Array, lag: int) -> Array:
    """`values` moved `lag` periods on, zeros first; shape (E, P)."""
    out = np.zeros_like(values)
    out[:, lag:] = values[:, : max(values.shape[1] - lag, 0)]
    return out


def observed(seen: Mask, lags: int) -> Mask:
    """Rows in which a cell and the `lags` before it are all observed."""
    rows = seen.copy()
    for lag in range(1, lags + 1):
        rows &= lagged(seen.astype(np.float64), lag) > 0
    return rows


def stack(
    design: Design,
    instrumented: Sequence[Instrumented],
    exogenous: Array,
    *,
    system: bool,
    periods: bool,
    collapse: bool,
    weighting: Weighting,
) -> Stack:
    """Stack the equations and their instruments.

    Parameters
    ----------
    design : Design
    instrumented : sequence of Instrumented
    exogenous : ndarray, shape (E, P, q)
        Regressors that stand for themselves: differenced in differences and, in the
        same column, as they are in levels.
    system : bool
        Add the equation in levels.
    periods : bool
        Period effects. Without them a system has a constant.
    collapse : bool
        One instrument for each lag instead of one for each period and lag.
    weighting : {"full", "block", "identity"}
        The matrix `h`, see :func:`first_step_matrix`.
    """
    apart = design.rows[:, 1:] & design.rows[:, :-1]
    used = np.hstack([apart, design.rows]) if system else apart
    common = _common(design.rows, system=system, periods=periods)
    x = np.concatenate([_both(design.x, system), common * used[..., None]], axis=-1)
    blocks = [_lags(one, design.seen, collapse=collapse) for one in instrumented]
    kinds = ["lags"] * sum(b.shape[-1] for b in blocks)
    if system:
        blocks = [_beneath(block, design.seen.shape[1]) for block in blocks]
        above = design.seen.shape[1] - 1
        steps = [_steps(one, design.seen, collapse=collapse) for one in instrumented]
        blocks += [np.concatenate([np.zeros((len(b), above, b.shape[-1])), b], 1) for b in steps]
        kinds += ["differences"] * sum(b.shape[-1] for b in steps)
    blocks += [_both(exogenous, system), _levels_only(common, system) * used[..., None]]
    kinds += ["own"] * exogenous.shape[-1] + ["periods"] * common.shape[-1]
    z = np.concatenate(blocks, axis=-1) * used[..., None]
    kept = (z != 0).any(axis=(0, 1))
    y = _both(design.y[..., None], system)[..., 0]
    return Stack(
        y * used,
        x * used[..., None],
        z[..., kept],
        first_step_matrix(design.seen.shape[1], system=system, weighting=weighting),
        tuple(kind for kind, keep in zip(kinds, kept, strict=True) if keep),
        design.seen.shape[1] - 1,
        used,
    )


def first_step_matrix(periods: int, *, system: bool, weighting: Weighting) -> Array:
    """The covariance of an entity's stacked errors that the first step assumes.

    With `D` the differencing matrix: "full" is that of independent errors of equal
    variance, ``[[DD', D], [D', I]]``; "block" forgets that both equations hold the same
    errors, ``[[DD', 0], [0, I]]``; "identity" forgets differencing as well.
    """
    d = np.diff(np.eye(periods), axis=0)
    rows = np.vstack([d, np.eye(periods)]) if system else d
    if weighting == "identity":
        return np.eye(len(rows))
    h = rows @ rows.T
    if weighting == "block":
        h[: periods - 1, periods - 1 :] = 0.0
        h[periods - 1 :, : periods - 1] = 0.0
    return h


def _both(levels: Array, system: bool) -> Array:
    apart = np.diff(levels, axis=1)
    return np.concatenate([apart, levels], axis=1) if system else apart


def _common(rows: Mask, *, system: bool, periods: bool) -> Array:
    """Period dummies or a constant over the stacked rows, shape (R, c)."""
    count = rows.shape[1]
    if not system:  # dummies of the differences span what differenced dummies span
        active = (rows[:, 1:] & rows[:, :-1]).any(axis=0)
        return np.eye(count - 1)[:, active] if periods else np.zeros((count - 1, 0))
    levels = np.eye(count)[:, rows.any(axis=0)] if periods else np.ones((count, 1))
    return np.vstack([np.diff(levels, axis=0), levels])


def _levels_only(common: Array, system: bool) -> Array:
    """Common columns as instruments: in a system they instrument the levels only."""
    if not system:
        return common
    out = common.copy()
    out[: len(common) // 2] = 0.0
    return out


def _lags(one: Instrumented, seen: Mask, *, collapse: bool) -> Array:
    """Levels as instruments of differences, shape (E, P-1, columns)."""
    count = seen.shape[1]
    last = min(one.last, count - 1)
    pairs = [(t, lag) for t in range(1, count) for lag in range(one.first, min(last, t) + 1)]
    at = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    column = at[:, 1] - one.first if collapse else np.arange(len(at))
    width = int(column.max(initial=-1)) + 1
    out = np.zeros((len(seen), count - 1, width))
    out[:, at[:, 0] - 1, column] = (one.values * seen)[:, at[:, 0] - at[:, 1]]
    return out


def _steps(one: Instrumented, seen: Mask, *, collapse: bool) -> Array:
    """Differences as instruments of levels, shape (E, P, columns)."""
    count, lag = seen.shape[1], one.first - 1
    change = np.diff(one.values * seen, axis=1) * (seen[:, 1:] & seen[:, :-1])
    at = np.arange(lag + 1, count)
    column = np.zeros_like(at) if collapse else np.arange(len(at))
    out = np.zeros((len(seen), count, int(column.max(initial=-1)) + 1))
    out[:, at, column] = change[:, at - lag - 1]
    return out


def _beneath(block: Array, rows: int) -> Array:
    return np.concatenate([block, np.zeros((len(block), rows, block.shape[-1]))], axis=1)
