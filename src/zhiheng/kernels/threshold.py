"""Panel threshold regression of Hansen (1999): search, bootstrap test, confidence sets.

Notation of the module: `E` entities, `P` periods, `N` rows after the transform, `G`
candidate thresholds, `B` draws. The panel is balanced. Every sum of squares is a
projection: what a candidate adds is the square of one inner product, so that a search is
one product of a matrix and a vector, and a bootstrap one product of two matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Transform = Literal["within", "hansen1999"]
Variance = Literal["degrees", "rows"]

# Candidates and draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 12_000_000
# Relative squared length below which a candidate's column is a combination of those in the
# model already: three digits above what rounding leaves behind.
ABSORBED = 1e-12


@dataclass(frozen=True, slots=True)
class Design:
    """The panel of a threshold regression, entities in an order that is not chance.

    Attributes
    ----------
    y, x, q : ndarray, shape (E, P)
        Outcome, the regressor whose slope changes, the threshold variable.
    controls : ndarray, shape (E, P, c)
    common : bool
        Whether period effects are removed beside entity effects.
    transform : {"within", "hansen1999"}
        Deviations from entity means, of all periods; or, as in the published
        application, of all but the last, with regimes cut at ``q < g``.
    variance : {"degrees", "rows"}
        What the residual sum of squares is divided by: ``E (P - 1)`` as Hansen writes
        it, or the number of rows.
    """

    y: Array
    x: Array
    q: Array
    controls: Array
    common: bool = False
    transform: Transform = "within"
    variance: Variance = "degrees"

    @property
    def divisor(self) -> float:
        """What turns a sum of squares into a variance."""
        entities, periods = self.y.shape
        lost = self.transform == "hansen1999" or self.variance == "degrees"
        return float(entities * (periods - 1 if lost else periods))

    def below(self, cut: Array) -> NDArray[np.bool_]:
        """Rows below each cut, shape (len(cut), E, P)."""
        at = cut[:, None, None]
        return self.q < at if self.transform == "hansen1999" else self.q <= at

    def sweep(self, z: Array) -> Array:
        """Remove the effects from columns, shape (c, E, P), and flatten rows to (c, N)."""
        return self.sweep_in_place(z.copy())

    def sweep_in_place(self, z: Array) -> Array:
        """As `sweep`, writing over its argument."""
        z -= z.mean(axis=2, keepdims=True)
        out = z[:, :, :-1] if self.transform == "hansen1999" else z
        if self.common:
            out -= out.mean(axis=1, keepdims=True)
        return out.reshape(len(z), -1)


@dataclass(frozen=True, slots=True)
class Profile:
    """Sums of squares along the candidates of one threshold, the others given.

    Attributes
    ----------
    gamma : float
        The candidate with the smallest sum; the first of those that tie.
    ssr_null, ssr : float
        Without this threshold, and with it.
    curve : ndarray, shape (G,)
        Sum of squares at each candidate; NaN where a regime would be too small.
    """

    gamma: float
    ssr_null: float
    ssr: float
    curve: Array


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the sequence: one threshold more.

    Attributes
    ----------
    found : Profile
        The search for the new threshold with the earlier ones fixed.
    thresholds : tuple of Profile
        The thresholds of the model with this many, each given the others.
    statistic : float
        ``F = (S_{m-1} - S_m) / (S_m / divisor)``.
    drawn : ndarray, shape (B,)
        The same under the null.
    p_value : float
        ``(1 + #{F* >= F}) / (1 + B)``; NaN without draws.
    """

    found: Profile
    thresholds: tuple[Profile, ...]
    statistic: float
    drawn: Array
    p_value: float


def candidates(q: Array, *, grid: int, trim: float) -> Array:
    """Values of the threshold variable at which a threshold is tried.

    Parameters
    ----------
    q : ndarray
    grid : int
        The distinct values at the shares ``trim + k / grid``; 0 takes every distinct
        value between `trim` and ``1 - trim``.
    trim : float
        In [0, 0.5).
    """
    values = np.unique(q)
    size = len(values)
    steps = grid or size
    share = trim + np.arange(int(np.floor((1 - 2 * trim) * steps + 1e-9)) + 1) / steps
    index = np.clip(np.floor(share * size).astype(np.intp) - 1, 0, size - 1)
    return values[np.unique(index)]


def critical_value(level: float) -> float:
    """Where the likelihood ratio of a threshold is cut: ``-2 ln(1 - sqrt(1 - level))``.

    The closed form of the limit distribution (Hansen 1999, theorem 1); 7.35 at 0.05.
    """
    return float(-2 * np.log(1 - np.sqrt(1 - level)))


def usable(
    design: Design, grid: Array, others: Sequence[float], *, trim: float, least: int
) -> NDArray[np.bool_]:
    """Candidates that leave enough rows in every regime, given the other thresholds.

    Every regime needs `least` rows; one between two thresholds also the share `trim`,
    which at the two ends the candidates see to.
    """
    inside = design.q.ravel()
    side = "left" if design.transform == "hansen1999" else "right"
    cuts = np.sort(np.column_stack([grid, *(np.full(len(grid), g) for g in others)]), axis=1)
    below = np.searchsorted(np.sort(inside), cuts, side=side)
    rows = np.diff(below, axis=1, prepend=0, append=inside.size)
    enough = (rows >= least).all(axis=1)
    return np.asarray(enough & (rows[:, 1:-1] >= trim * inside.size).all(axis=1))


def threshold_stages(
    design: Design,
    grid: Array,
    *,
    number: int,
    draws: int,
    trim: float,
    least: int,
    seed: int,
) -> list[Stage]:
    """Add thresholds one after the other, each with its test.

    Use it for a slope that changes at an unknown level of another variable. The second
    threshold is searched with the first fixed, then the first again with the second fixed
    (Bai 1997); the third with both fixed. The list ends early where no candidate leaves
    enough rows in every regime.

    Parameters
    ----------
    design : Design
    grid : ndarray, shape (G,)
        From :func:`candidates`.
    number : int
        1, 2 or 3.
    draws, seed : int
        Bootstrap draws of each test; 0 leaves the test out.
    trim : float
    least : int
        Rows that every regime needs.

    Notes
    -----
    The bootstrap of Hansen (1999, section 3.3): regressors and thresholds found so far are
    held, whole residual vectors of entities are drawn with replacement from the model with
    one threshold more, and the statistic is computed as for the data. It does not depend
    on the slopes under the null, so that residuals alone are the outcome of a draw.
    """
    fixed: list[float] = []
    stages: list[Stage] = []
    for step in range(number):  # at most three
        keep = usable(design, grid, fixed, trim=trim, least=least)
        basis = _basis(design, fixed)
        found = profile(design, grid, keep, basis)
        if not np.isfinite(found.curve).any():
            break
        statistic = (found.ssr_null - found.ssr) / found.ssr * design.divisor
        residuals = _residuals(design, [*fixed, found.gamma])
        drawn = np.zeros(0)
        if draws:
            picked = np.random.default_rng([seed, step]).integers(
                0, len(residuals), size=(draws, len(residuals))
            )
            searched = grid[np.isfinite(found.curve)]
            drawn = _bootstrap(design, searched, basis, residuals, picked)
        p_value = (1 + (drawn >= statistic).sum()) / (1 + draws) if draws else np.nan
        thresholds = [found]
        if step == 1:
            again = usable(design, grid, [found.gamma], trim=trim, least=least)
            thresholds.insert(0, profile(design, grid, again, _basis(design, [found.gamma])))
        elif step == 2:
            thresholds = [*stages[-1].thresholds, found]
        stages.append(Stage(found, tuple(thresholds), statistic, drawn, float(p_value)))
        fixed = [one.gamma for one in thresholds]
    return stages


def profile(design: Design, grid: Array, keep: NDArray[np.bool_], basis: Array) -> Profile:
    """Search one threshold along the candidates, what is in `basis` given."""
    y = design.sweep(design.y[None])[0]
    y = y - basis @ (basis.T @ y)
    null = float(y @ y)
    curve = np.full(len(grid), np.nan)
    for rows, columns, scale in _blocks(design, grid, np.flatnonzero(keep), basis):
        new = scale > 0
        curve[rows[new]] = null - ((columns @ y) * scale)[new] ** 2
    if not np.isfinite(curve).any():
        return Profile(np.nan, null, np.nan, curve)
    best = int(np.nanargmin(curve))
    return Profile(float(grid[best]), null, float(curve[best]), curve)


def likelihood_ratio(found: Profile, divisor: float) -> Array:
    """``(S(g) - S(g^)) / (S(g^) / divisor)`` along the candidates, shape (G,)."""
    return (found.curve - found.ssr) / found.ssr * divisor


def regimes(design: Design, thresholds: Sequence[float]) -> NDArray[np.bool_]:
    """The rows of each regime, lowest first, shape (len(thresholds) + 1, E, P)."""
    below = design.below(np.sort(np.asarray(thresholds, dtype=np.float64)))
    ends = np.ones((1, *design.q.shape), dtype=bool)
    return np.concatenate([below, ends]) & ~np.concatenate([~ends, below])


def _basis(design: Design, thresholds: Sequence[float]) -> Array:
    """Orthonormal columns of all that is in the model without the next threshold, (N, r)."""
    parts = design.x * design.below(np.asarray(thresholds, dtype=np.float64))
    columns = design.sweep(
        np.concatenate([np.moveaxis(design.controls, 2, 0), design.x[None], parts])
    )
    return np.linalg.qr((columns / np.sqrt((columns**2).sum(axis=1, keepdims=True))).T)[0]


def _residuals(design: Design, thresholds: Sequence[float]) -> Array:
    """Residuals of the model with these thresholds, shape (E, periods in use)."""
    basis = _basis(design, thresholds)
    y = design.sweep(design.y[None])[0]
    return (y - basis @ (basis.T @ y)).reshape(len(design.y), -1)


def _blocks(
    design: Design, grid: Array, rows: NDArray[np.intp], basis: Array
) -> Iterator[tuple[NDArray[np.intp], Array, Array]]:
    """Columns that the candidates add, a block at a time, and what scales them to length one.

    The scale is zero where a column is a combination of those in the model already.
    """
    size = max(1, BLOCK_CELLS // design.q.size)
    for first in range(0, len(rows), size):
        block = rows[first : first + size]
        columns = design.sweep_in_place(design.x * design.below(grid[block]))
        before = np.einsum("gn,gn->g", columns, columns)
        columns -= (columns @ basis) @ basis.T
        length = np.einsum("gn,gn->g", columns, columns)
        new = length > ABSORBED * np.maximum(before, np.finfo(np.float64).tiny)
        yield block, columns, np.where(new, 1.0 / np.sqrt(np.where(new, length, 1.0)), 0.0)


def _bootstrap(
    design: Design, grid: Array, basis: Array, residuals: Array, picked: NDArray[np.intp]
) -> Array:
    """The statistic of each draw of entities, shape (B,)."""
    null, gain = np.empty(len(picked)), np.zeros(len(picked))
    size = max(1, BLOCK_CELLS // residuals.size)
    for _, columns, scale in _blocks(design, grid, np.arange(len(grid)), basis):
        for first in range(0, len(picked), size):
            part = slice(first, first + size)
            drawn = residuals[picked[part]]
            if design.common:  # periods of a draw have means again
                drawn = drawn - drawn.mean(axis=1, keepdims=True)
            outcome = drawn.reshape(-1, residuals.size)
            inside = outcome @ basis
            null[part] = np.einsum("bn,bn->b", outcome, outcome) - np.einsum(
                "br,br->b", inside, inside
            )
            found = np.abs(columns @ outcome.T)
            gain[part] = np.maximum(gain[part], (found * scale[:, None]).max(axis=0))
    return gain**2 / (null - gain**2) * design.divisor
