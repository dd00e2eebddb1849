"""Elasticities of one growth rate to another and the eight states of Tapio.

Notation of the module: ``g`` is growth of the activity, ``c`` growth of emissions, both
relative to the start; ``e = c / g``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int8]

STATES = (
    "undefined",
    "strong_decoupling",
    "weak_decoupling",
    "expansive_coupling",
    "expansive_negative_decoupling",
    "recessive_decoupling",
    "recessive_coupling",
    "weak_negative_decoupling",
    "strong_negative_decoupling",
)
"""Names of the codes 0 to 8."""

# A number that was written in decimals is stored to half a unit in the last place; a growth rate
# of two of them errs by a few units of the ratio. Within this a rate lies on its bound.
LAST_PLACES = 4 * float(np.finfo(np.float64).eps)
# And never finer than this part of the activity's growth: digits beyond are nobody's data.
FINEST = 1e-12


@dataclass(frozen=True, slots=True)
class Growth:
    """A relative change and how far rounding alone may move it.

    Attributes
    ----------
    rate, slack : ndarray, same shape
        NaN where the start is zero.
    """

    rate: Array
    slack: Array


def growth(start: Array, end: Array) -> Growth:
    """``(end - start) / start``, zero exactly where only rounding sets the two apart."""
    away = np.where(start > 0, start, np.nan)
    rate = (end - start) / away
    slack = LAST_PLACES * np.maximum(end / away, 1.0)
    return Growth(np.where(np.abs(rate) <= slack, 0.0, rate), slack)


def added(steps: Growth, axis: int) -> Growth:
    """Growth rates of steps summed along an axis."""
    return Growth(steps.rate.sum(axis=axis), steps.slack.sum(axis=axis))


def elasticity(emissions: Growth, activity: Growth) -> Array:
    """``c / g``; NaN where the activity does not change."""
    c, g = emissions.rate, activity.rate
    found = np.full(c.shape, np.nan)
    return np.divide(c, g, out=found, where=np.isfinite(c) & np.isfinite(g) & (g != 0)) + 0.0


def states(emissions: Growth, activity: Growth, low: float, high: float) -> Codes:
    """The state of every pair of growth rates, as a place in `STATES`.

    Parameters
    ----------
    emissions, activity : Growth
    low, high : float
        Bounds of coupling, 0.8 and 1.2 in Tapio (2005); both belong to coupling.

    Notes
    -----
    With ``g > 0``: ``e < 0`` strong decoupling, ``0 <= e < low`` weak decoupling,
    ``low <= e <= high`` expansive coupling, above it expansive negative decoupling. With
    ``g < 0``: above `high` recessive decoupling, between recessive coupling, ``0 <= e < low``
    weak negative decoupling, ``e < 0`` strong negative decoupling. ``g = 0`` is undefined.

    Rates are compared without dividing: ``c`` with ``low * g``, and they are equal where
    the rounding of the data could make them so. Otherwise 108 over 100 against 110 over
    100, which is 0.8 exactly, would fall on one side or the other by chance.

    References
    ----------
    Tapio (2005) Transport Policy 12(2): 137-151.
    """
    c, g = emissions.rate, activity.rate
    grows = g > 0
    sign = np.where(grows, 1.0, -1.0)
    under = _less(c * sign, np.abs(g), low, emissions.slack, activity.slack)
    over = _more(c * sign, np.abs(g), high, emissions.slack, activity.slack)
    against = c * sign < 0  # growth() has set rates within rounding of zero to zero
    place = np.select(
        [against, under, over],
        [np.where(grows, 1, 8), np.where(grows, 2, 7), np.where(grows, 4, 5)],
        np.where(grows, 3, 6),
    )
    known = np.isfinite(c) & np.isfinite(g) & (g != 0)
    return np.where(known, place, 0).astype(np.int8)


def _less(c: Array, g: Array, bound: float, slack_c: Array, slack_g: Array) -> NDArray[np.bool_]:
    """``c < bound * g``, beyond what rounding can do."""
    return c - bound * g < -(slack_c + bound * slack_g + FINEST * g)


def _more(c: Array, g: Array, bound: float, slack_c: Array, slack_g: Array) -> NDArray[np.bool_]:
    return c - bound * g > slack_c + bound * slack_g + FINEST * g


def transitions(codes: Codes, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How often one state followed another, shape (states, states).

    Parameters
    ----------
    codes : ndarray, shape (entities, steps)
    valid : ndarray of bool, shape (steps - 1,)
        Whether a step and the next one adjoin.
    """
    count = len(STATES)
    pairs = codes[:, :-1].astype(np.int64) * count + codes[:, 1:]
    found = np.bincount(pairs[:, valid].ravel(), minlength=count * count)
    return found.reshape(count, count)
