"""The Anderson-Rubin test and the exact set of values that it does not reject."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

from zhiheng.kernels.iv import Covariance, IvData
from zhiheng.kernels.panel_ols import PanelFit, solve

Array = NDArray[np.float64]

# A root of the pencil counts as real up to this, relative to its size.
REAL = 1e-7


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """Reduced-form coefficients as functions of the value under test.

    For one endogenous variable the coefficients of the instruments in a
    regression of ``y - b d`` are ``a0 - b a1`` with the covariance
    ``v00 - b (v01 + v01') + b^2 v11``.
    """

    a0: Array
    a1: Array
    v00: Array
    v01: Array
    v11: Array
    df2: int

    def statistic(self, value: float) -> float:
        """F of the excluded instruments when the coefficient is `value`."""
        a = self.a0 - value * self.a1
        v = self.v00 - value * (self.v01 + self.v01.T) + value**2 * self.v11
        return float(a @ np.linalg.solve(v, a)) / len(a)

    def p_value(self, value: float) -> float:
        """Its p-value; valid however weak the instruments are."""
        return float(stats.f.sf(self.statistic(value), len(self.a0), self.df2))


def anderson_rubin(data: IvData, covariance: Covariance, df2: int) -> AndersonRubin:
    """Set up the test for one endogenous variable.

    Parameters
    ----------
    data : IvData
    covariance : callable
        The covariance of a fit, with its small-sample factor; quadratic in the
        residuals, as all those of :mod:`~zhiheng.kernels.panel_covariance` are.
    df2 : int
        Denominator degrees of freedom.
    """
    count = data.z.shape[-1]
    zero = solve(data.y, data.instruments, data.absorber)
    one = solve(data.d[..., 0], data.instruments, data.absorber)

    def of(residuals: Array) -> Array:
        made = PanelFit(zero.beta, zero.x, zero.y, residuals, zero.bread, zero.absorber)
        return covariance(made)[:count, :count]

    v00, v11 = of(zero.residuals), of(one.residuals)
    # A quadratic form's mixed term, from its values at the sum and the difference; the columns
    # are brought to one length first, or the larger would swallow the smaller.
    size = np.sqrt((zero.residuals**2).sum() / (one.residuals**2).sum())
    scaled = one.residuals * size
    mixed = (of(zero.residuals + scaled) - of(zero.residuals - scaled)) / (4.0 * size)
    return AndersonRubin(zero.beta[:count], one.beta[:count], v00, mixed, v11, df2)


def confidence_set(test: AndersonRubin, level: float) -> Array:
    """All values that the test does not reject, as pieces ``(low, high)``, shape (r, 2).

    It may be an interval, two half-lines, the whole line, or empty; with more
    than one instrument also several pieces. Ends are infinite where it has none.

    Notes
    -----
    ``F(b) = c`` where ``[[V(b), a(b)], [a(b)', l c]]`` is singular: a quadratic
    eigenvalue problem, so that the ends are exact and no grid can miss a piece.
    """
    count = len(test.a0)
    critical = count * float(stats.f.isf(level, count, test.df2))
    centre, width = _natural_scale(test)
    ends = _roots(test, critical, centre, width)
    probes = np.concatenate(
        [
            [centre - 1e6 * width if not len(ends) else ends[0] - _step(ends, width)],
            (ends[1:] + ends[:-1]) / 2,
            [centre if not len(ends) else ends[-1] + _step(ends, width)],
        ]
    )
    if not len(ends):
        probes = probes[:1]
    inside = np.array([count * test.statistic(float(b)) <= critical for b in probes])
    edges = np.concatenate([[-np.inf], ends, [np.inf]])
    pieces: list[tuple[float, float]] = []
    for low, high, kept in zip(edges[:-1], edges[1:], inside, strict=True):
        if kept and pieces and pieces[-1][1] == low:
            pieces[-1] = (pieces[-1][0], float(high))  # a root that only touches
        elif kept:
            pieces.append((float(low), float(high)))
    return np.array(pieces, dtype=np.float64).reshape(-1, 2)


def _step(ends: Array, width: float) -> float:
    """A step beyond the outermost ends that no root can hide in: there is none further out."""
    return max(width, float(np.abs(ends).max()), float(np.ptp(ends)))


def _natural_scale(test: AndersonRubin) -> tuple[float, float]:
    """Where the set is likely to lie and how wide it is; only for the numerics."""
    scale = np.sqrt(np.trace(test.v00) / np.trace(test.v11))
    centre = float(test.a1 @ test.a0 / (test.a1 @ test.a1))
    return float(np.clip(centre, -1e3 * scale, 1e3 * scale)), float(scale)


def _roots(test: AndersonRubin, critical: float, centre: float, width: float) -> Array:
    """Real ends in order; the unknown is ``(b - centre) / width``."""
    count = len(test.a0)
    a0, a1 = test.a0 - centre * test.a1, width * test.a1
    both = test.v01 + test.v01.T
    v0 = test.v00 - centre * both + centre**2 * test.v11
    v1 = width * (both - 2 * centre * test.v11)
    v2 = width**2 * test.v11
    unit = 1.0 / np.sqrt(np.diag(v0) + np.diag(v2))
    scale = np.append(unit, 1.0 / np.sqrt(critical))

    def framed(v: Array, a: Array, corner: float) -> Array:
        whole = np.block([[v, a[:, None]], [a[None, :], np.array([[corner]])]])
        return whole * np.outer(scale, scale)

    zero = np.zeros(count)
    k0, k1, k2 = framed(v0, a0, critical), framed(-v1, -a1, 0.0), framed(v2, zero, 0.0)
    eye, none = np.eye(count + 1), np.zeros((count + 1, count + 1))
    left = np.block([[none, eye], [-k0, -k1]])
    right = np.block([[eye, none], [none, k2]])
    found = np.asarray(linalg.eigvals(left, right), dtype=np.complex128)
    finite = found[np.isfinite(found) & (np.abs(found) < 1.0 / np.finfo(np.float64).eps ** 0.5)]
    real = finite[np.abs(finite.imag) <= REAL * (1.0 + np.abs(finite))].real
    return np.sort(centre + width * real)
