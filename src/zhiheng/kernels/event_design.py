"""Regressions on when entities were treated: columns, combinations, random assignments.

Treatment starts once and stays. `start` holds the position of an entity's first treated
period, from 1, or `P` where it is not treated within the `P` periods at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from zhiheng.kernels.panel_ols import Absorber, PanelFit, solve

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

ANY = -1
"""In `Columns.cohort`: whatever the cohort."""
AFTER = 10**6
"""In `Columns.offset`: all periods from the first treated one on."""
# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000
# Eigenvalues below this share of the largest belong to combinations that a draw does not hold.
RANK = 1e-10


@dataclass(frozen=True, slots=True)
class Columns:
    """Which indicator each column of a design is.

    Attributes
    ----------
    cohort, offset : ndarray of int, shape (K,)
        Column `j` is one where the cohort is ``cohort[j]`` (or ANY) and the period lies
        ``offset[j]`` periods after the first treated one (or AFTER it or in it).
    """

    cohort: Ints
    offset: Ints

    @property
    def post(self) -> NDArray[np.bool_]:
        """Columns of treated periods."""
        return np.asarray(self.offset >= 0, dtype=np.bool_)


def static() -> Columns:
    """One column: treated or not (two-way fixed effects)."""
    return Columns(np.array([ANY]), np.array([AFTER]))


def dynamic(start: Ints, periods: int) -> Columns:
    """A column for each distance to the first treated period but -1, common to all cohorts."""
    cells = saturated(start, periods)
    offset = np.unique(cells.offset)
    return Columns(np.full(len(offset), ANY), offset)


def saturated(start: Ints, periods: int) -> Columns:
    """A column for each cohort and period but the one before treatment (Sun and Abraham 2021)."""
    cohorts = np.unique(start[start < periods])
    cohort = np.repeat(cohorts, periods)
    offset = np.tile(np.arange(periods), len(cohorts)) - cohort
    keep = offset != -1
    return Columns(cohort[keep], offset[keep])


def indicators(start: Ints, periods: int, columns: Columns) -> Array:
    """The columns as zeros and ones, shape (..., E, P, K) for `start` of shape (..., E)."""
    since = (np.arange(periods) - start[..., None])[..., None]
    hit = np.where(columns.offset == AFTER, since >= 0, since == columns.offset)
    own = start[..., None, None]
    of_cohort = (columns.cohort == ANY) | (own == columns.cohort)
    return (hit & of_cohort & (own < periods)).astype(np.float64)


def treated_cells(start: Ints, periods: int, columns: Columns) -> Array:
    """How many entity-periods each column marks, shape (K,)."""
    return indicators(start, periods, columns).sum(axis=(0, 1))


def overall_weights(start: Ints, periods: int, columns: Columns) -> Array:
    """Weights of the columns in the average over all treated entity-periods, shape (K,)."""
    cells = treated_cells(start, periods, columns) * columns.post
    return cells / cells.sum()


def event_weights(start: Ints, periods: int, columns: Columns) -> tuple[Ints, Array]:
    """Distances to treatment, and the weights of the columns in each, shape (H, K).

    A distance averages its cohorts by their numbers of entities: the interaction-weighted
    estimator of Sun and Abraham; with columns common to all cohorts it picks one column.
    """
    cells = treated_cells(start, periods, columns)
    offsets = np.unique(columns.offset)
    weights = (columns.offset == offsets[:, None]) * cells
    return offsets, weights / weights.sum(axis=1, keepdims=True)


def combine(fit: PanelFit, rows: Array) -> PanelFit:
    """The same fit with combinations of its coefficients as the first coefficients.

    Whatever is known of a coefficient (clustered and bias-reduced errors, degrees of
    freedom) is thereby known of a combination.

    Parameters
    ----------
    fit : PanelFit
    rows : ndarray, shape (m, k)
        Linearly independent; coefficient ``j`` of the result is ``rows[j] @ fit.beta``.
    """
    basis = np.concatenate([rows, linalg.null_space(rows).T])
    return solve(fit.y, fit.x @ np.linalg.inv(basis), fit.absorber)


def assignments(start: Ints, *, draws: int, seed: int, order: NDArray[np.intp]) -> Ints:
    """Random assignments of the same starts to entities, shape (draws, E).

    `order` lists entities by name, so that draws do not depend on how rows are sorted.
    """
    rng = np.random.default_rng(seed)
    mixed = rng.permuted(np.tile(np.sort(start), (draws, 1)), axis=1)
    out = np.empty_like(mixed)
    out[:, order] = mixed
    return out


def placebo_regression(
    y: Array, controls: Array, absorb: Absorber, starts: Ints, columns: Columns, weights: Array
) -> Array:
    """The weighted average of coefficients under each assignment, shape (draws,).

    Parameters
    ----------
    y : ndarray, shape (E, P)
        With the effects and controls taken out.
    controls : ndarray, shape (E, P, c)
        Orthonormal columns of the controls, effects taken out.
    absorb : Absorber
    starts : ndarray, shape (draws, E)
    columns : Columns
    weights : ndarray, shape (K,)
    """
    entities, periods = y.shape
    width = len(columns.offset)
    block = max(1, BLOCK_CELLS // (entities * periods * width))
    flat = controls.reshape(entities * periods, -1)
    found: list[Array] = []
    for first in range(0, len(starts), block):
        part = starts[first : first + block]
        x = indicators(part, periods, columns).transpose(1, 2, 0, 3)
        z = absorb.remove(x.reshape(entities, periods, -1)).reshape(entities * periods, -1)
        z = (z - flat @ (flat.T @ z)).reshape(-1, len(part), width).transpose(1, 0, 2)
        inverse = np.linalg.pinv(z.transpose(0, 2, 1) @ z, rcond=RANK, hermitian=True)
        found.append((inverse @ (z.transpose(0, 2, 1) @ y.ravel())[..., None])[..., 0] @ weights)
    return np.concatenate(found) if found else np.empty(0)


def orthonormal(columns: Array) -> Array:
    """An orthonormal basis of columns of shape (E, P, c), in the same shape."""
    entities, periods, count = columns.shape
    q, _ = np.linalg.qr(columns.reshape(entities * periods, count))
    return q.reshape(entities, periods, count)
