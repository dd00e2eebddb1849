"""Change of productivity from efficiency against the frontiers of several periods.

Notation of the module: an efficiency is a positive number that is larger the better, and one
on the frontier: Farrell's efficiency, ``1 / (1 + D)`` of a directional distance, or a
slacks-based score. Against the frontier of another period it may exceed one; where that
frontier gives no answer it is NaN, and so is every index made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """Factors of change from each period to the next; above one is a gain.

    Attributes
    ----------
    productivity, efficiency, technical : ndarray, shape (E, T - 1)
        The index, getting closer to the frontier, and the move of the frontier;
        ``productivity = efficiency * technical``.
    """

    productivity: Array
    efficiency: Array
    technical: Array


def adjacent(own: Array, ahead: Array, behind: Array) -> Change:
    """The index against the frontiers of both periods: geometric mean of the two.

    Parameters
    ----------
    own : ndarray, shape (E, T)
        Each unit against the frontier of its own period.
    ahead : ndarray, shape (E, T - 1)
        The unit of period t against the frontier of t + 1.
    behind : ndarray, shape (E, T - 1)
        The unit of period t + 1 against the frontier of t.

    References
    ----------
    Caves, Christensen and Diewert (1982) Econometrica 50(6): 1393-1414; Färe, Grosskopf,
    Norris and Zhang (1994) American Economic Review 84(1): 66-83; Chung, Färe and
    Grosskopf (1997) Journal of Environmental Management 51(3): 229-240.
    """
    first, last = own[:, :-1], own[:, 1:]
    efficiency = last / first
    technical = np.sqrt((behind / last) * (first / ahead))
    productivity = np.sqrt((behind / first) * (last / ahead))
    return Change(productivity, efficiency, technical)


def pooled(own: Array, common: Array) -> Change:
    """The index against one frontier of all periods, which multiplies along periods.

    Parameters
    ----------
    own, common : ndarray, shape (E, T)
        Against the frontier of the own period, and of all periods together.

    References
    ----------
    Pastor and Lovell (2005) Economics Letters 88(2): 266-271; Oh (2010) Journal of
    Productivity Analysis 34(3): 183-197.
    """
    efficiency = own[:, 1:] / own[:, :-1]
    gap = common / own  # how far the own frontier lies inside that of all periods
    return Change(common[:, 1:] / common[:, :-1], efficiency, gap[:, 1:] / gap[:, :-1])


def pure_and_scale(constant: Array, variable: Array) -> tuple[Array, Array]:
    """Split the change of efficiency into pure change and change of scale efficiency.

    Parameters
    ----------
    constant, variable : ndarray, shape (E, T)
        Own-period efficiency under constant and under variable returns to scale.

    References
    ----------
    Färe, Grosskopf, Norris and Zhang (1994), as above.
    """
    scale = constant / variable
    return variable[:, 1:] / variable[:, :-1], scale[:, 1:] / scale[:, :-1]


def cumulated(factors: Array) -> Array:
    """Products from the first period on; NaN from the first step that has no answer."""
    return np.cumprod(factors, axis=1).astype(np.float64)


def geometric_mean(factors: Array, axis: int) -> Array:
    """Geometric mean of what has an answer; NaN where nothing has."""
    known = np.isfinite(factors)
    total = np.log(np.where(known, factors, 1.0)).sum(axis=axis)
    count = known.sum(axis=axis)
    mean = np.full(count.shape, np.nan)
    some = count > 0
    mean[some] = np.exp(total[some] / count[some])
    return mean


def decomposition_residual(change: Change) -> float:
    """Largest relative difference of the index from the product of its two parts."""
    rest = change.efficiency * change.technical / change.productivity - 1.0
    known = rest[np.isfinite(rest)]
    return float(np.abs(known).max()) if known.size else 0.0


def chain_residual(change: Change, common: Array) -> float:
    """Largest relative difference of the product of all steps from the direct comparison."""
    direct = common[:, -1] / common[:, 0]
    return float(np.abs(change.productivity.prod(axis=1) / direct - 1.0).max())
