"""Input–output models by direct solves: multipliers, required output, footprints of regions.

The Leontief inverse is never formed: one factorisation of ``(I - A)'`` answers both
``(I - A)' m = s`` and ``(I - A) x = y``. Notation: `n` sectors (or region × sector), `k`
columns of final demand, `q` satellites, `R` regions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import get_lapack_funcs
from scipy.sparse.linalg import splu

Array = NDArray[np.float64]

NEGATIVE = 1e-9
"""How far below one a multiplier of ones may fall by rounding and still certify the table."""
FARTHEST = 1e9
"""A multiplier of ones beyond this means that production feeds on itself: 1 / (1 - radius)."""
SURE = 1.0 - 1.0 / FARTHEST
"""Below this a column sum or radius is one of a productive table, rounding included."""
MOST_EIGENVALUES = 1_500
"""Above this size the spectral radius of a table with negative cells is bounded, not computed."""


@dataclass(frozen=True, slots=True)
class Leontief:
    """A factorised ``(I - A)'``.

    Attributes
    ----------
    size : int
    factors : ndarray (n, n) and pivots, or a SuperLU object
    productive : bool
        Whether the spectral radius of A is below one, so that the sum of rounds of
        production converges.
    column_sum : float
        Largest sum of absolute coefficients of a column of A.
    """

    size: int
    factors: Any
    pivots: NDArray[np.intc] | None
    productive: bool
    column_sum: float


def coefficients(intermediate: Array, output: Array) -> Array:
    """``A = Z diag(x)^-1``; a sector without output has zeros.

    Parameters
    ----------
    intermediate : ndarray, shape (n, n)
        Row i is delivered to column j.
    output : ndarray, shape (n,)
    """
    return intermediate * _inverse(output)


def factorise(
    intermediate: Array | sparse.sparray | sparse.spmatrix,
    output: Array,
    *,
    overwrite: bool = False,
) -> Leontief:
    """Factorise ``(I - A)'`` of a table, dense in place or sparse.

    Parameters
    ----------
    intermediate : ndarray or sparse array, shape (n, n)
        Deliveries Z in the same unit as `output`.
    output : ndarray, shape (n,)
    overwrite : bool
        Let a C-contiguous float64 `intermediate` be destroyed, which halves the memory:
        8,000 sectors then need one matrix of 512 MB.

    Notes
    -----
    For non-negative A, the solution of ``(I - A)' y = 1`` is non-negative if and only if
    the spectral radius is below one (M-matrix). One more right-hand side thus certifies
    the model, without an eigenvalue. A singular ``I - A`` is caught by its size: rounding
    leaves no exact zero on the diagonal, but multipliers of 1e16.
    """
    if sparse.issparse(intermediate):
        return _sparse(intermediate, output)
    held = np.array(intermediate, dtype=np.float64, order="C", copy=None if overwrite else True)
    held *= _inverse(output)
    negative = bool(held.min(initial=0.0) < 0)
    column_sum = float(_column_sums(held).max(initial=0.0)) if len(held) else 0.0
    bounded = column_sum < SURE or (negative and spectral_radius(held) < SURE)
    np.negative(held, out=held)
    held.flat[:: len(held) + 1] += 1.0
    # held.T is held in Fortran order, so that LAPACK works in place on (I - A)'
    getrf: Any = get_lapack_funcs("getrf", (held,))
    factors, pivots, info = getrf(held.T, overwrite_a=1)
    if info > 0:
        return Leontief(len(held), factors, pivots, productive=False, column_sum=column_sum)
    made = Leontief(len(held), factors, pivots, productive=True, column_sum=column_sum)
    if bounded or (not negative and _certified(made)):
        return made
    return Leontief(len(held), factors, pivots, productive=False, column_sum=column_sum)


def _sparse(intermediate: Any, output: Array) -> Leontief:
    a = sparse.csc_array(intermediate) @ sparse.diags_array(_inverse(output))
    n = a.shape[0]
    column_sum = float(abs(a).sum(axis=0).max())
    try:
        factors = splu(sparse.csc_array(sparse.eye_array(n) - a.T))
    except RuntimeError:  # exactly singular
        return Leontief(n, None, None, productive=False, column_sum=column_sum)
    made = Leontief(n, factors, None, productive=True, column_sum=column_sum)
    if column_sum < SURE or (a.min() >= 0 and _certified(made)):
        return made
    return Leontief(n, factors, None, productive=False, column_sum=column_sum)


def multipliers(model: Leontief, intensity: Array) -> Array:
    """``m`` of ``(I - A)' m = s``: all that a unit of final demand needs, directly and upstream.

    Parameters
    ----------
    model : Leontief
    intensity : ndarray, shape (n,) or (n, q)
        Amount per unit of output.
    """
    return _solve(model, intensity, transposed=False)


def required(model: Leontief, demand: Array) -> Array:
    """``x`` of ``(I - A) x = y``: the output that final demand needs.

    Parameters
    ----------
    demand : ndarray, shape (n,) or (n, k)
    """
    return _solve(model, demand, transposed=True)


def spectral_radius(a: Array) -> float:
    """The largest absolute eigenvalue; for large matrices with negative cells an upper bound.

    A non-negative matrix has it between the smallest and the largest column sum and power
    iteration finds it; a cyclic one needs the shift by the identity.
    """
    if a.min(initial=0.0) < 0 and len(a) <= MOST_EIGENVALUES:
        return float(np.abs(np.linalg.eigvals(a)).max(initial=0.0))
    v = np.ones(len(a)) / max(len(a), 1)
    size = new = 1.0
    for _ in range(1_000):
        w = v + np.abs(a) @ v if a.min(initial=0.0) < 0 else v + a @ v
        new = float(w.sum())
        v = w / new
        if abs(new - size) <= 1e-12 * new:
            break
        size = new
    return new - 1.0 if len(a) else 0.0


@dataclass(frozen=True, slots=True)
class Trade:
    """Emissions of one region for another.

    Attributes
    ----------
    by_consumer : ndarray, shape (R, R)
        Row: where emitted; column: whose final demand caused it, through all borders.
    by_partner : ndarray, shape (R, R)
        Emitted in the row region for what it sends straight to the column region, inputs
        and final goods alike, with its own inputs only (EEBT). The diagonal is zero.
    """

    by_consumer: Array
    by_partner: Array


def footprints(
    model: Leontief,
    deliveries: Iterable[Array],
    output: Array,
    demand: Array,
    intensity: Array,
    *,
    region: NDArray[np.intp],
    consumer: NDArray[np.intp],
) -> Trade:
    """Emissions by emitting and consuming region of a multi-region table.

    Parameters
    ----------
    model : Leontief
    deliveries : iterable of R ndarrays, each (rows of a region, n)
        Rows of Z, region after region, so that Z need not be held beside the factors.
    output, intensity : ndarray, shape (n,)
    demand : ndarray, shape (n, k)
    region : ndarray of int, shape (n,)
        Region of each row, 0 … R-1.
    consumer : ndarray of int, shape (k,)
        Region of each column of final demand.

    References
    ----------
    Peters (2008) Ecological Economics 65(1): 13-23.
    """
    regions = int(region.max()) + 1
    into = np.zeros((demand.shape[1], regions))
    into[np.arange(demand.shape[1]), consumer] = 1.0
    final = demand @ into
    emitted = intensity[:, None] * required(model, final)
    member = np.zeros((regions, len(output)))
    member[region, np.arange(len(output))] = 1.0
    partner = np.zeros((regions, regions))
    for r, rows in enumerate(deliveries):
        own = np.flatnonzero(region == r)
        sent = rows @ member.T + final[own]
        local = factorise(rows[:, own], output[own])
        partner[r] = multipliers(local, intensity[own]) @ sent
        partner[r, r] = 0.0
    return Trade(member @ emitted, partner)


def domestic_shares(total_use: Array, exports: Array, imports: Array) -> Array:
    """The share of domestic use that comes from home, of a table with one column of imports.

    ``1 - M / (D)`` with domestic use D = all uses but exports: imports are taken to be used
    by every domestic buyer in the same proportion and not to be re-exported.

    Parameters
    ----------
    total_use : ndarray, shape (n,)
        Intermediate and final uses, exports included.
    exports, imports : ndarray, shape (n,)

    References
    ----------
    Weber, Peters, Guan and Hubacek (2008) Energy Policy 36(9): 3572-3577.
    """
    used = total_use - exports
    share = np.divide(imports, used, out=np.zeros_like(used), where=used != 0)
    return 1.0 - share


def _inverse(output: Array) -> Array:
    return np.divide(1.0, output, out=np.zeros(len(output)), where=output != 0)


def _column_sums(a: Array) -> Array:
    """Sums of absolute values of columns, without a second matrix."""
    total = np.zeros(a.shape[1])
    for start in range(0, len(a), 256):
        total += np.abs(a[start : start + 256]).sum(axis=0)
    return total


def _certified(model: Leontief) -> bool:
    y = multipliers(model, np.ones(model.size))
    return bool(np.isfinite(y).all() and (y >= 1.0 - NEGATIVE).all() and y.max() < FARTHEST)


def _solve(model: Leontief, right: Array, *, transposed: bool) -> Array:
    b = np.asarray(right, dtype=np.float64)
    if model.pivots is None:
        return np.asarray(model.factors.solve(b, trans="T" if transposed else "N"))
    getrs: Any = get_lapack_funcs("getrs", (b,))
    found, info = getrs(model.factors, model.pivots, b, trans=1 if transposed else 0)
    if info != 0:
        raise ValueError(f"getrs: argument {-info}")
    return np.asarray(found)
