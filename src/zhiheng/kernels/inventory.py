"""Arithmetic of an emission inventory: combustion, error propagation, draws, balances.

Notation of the module: `E` entities, `P` periods, `L` lines of the inventory (one
activity each), `K` factors that lines may share, `B` draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Z95 = 1.959963984540054
"""Normal quantile by which a 95 % half-width becomes a standard deviation."""

BATCH = 64
"""Draws held at once, so that the cube of a batch stays in cache and memory."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Relative half-widths of 95 % intervals by error propagation.

    Attributes
    ----------
    each : ndarray, shape (E, P)
        Of the sum over lines of one entity.
    whole : ndarray, shape (P,)
        Of the sum over entities; a factor that entities share errs for all of them at once.
    """

    each: Array
    whole: Array


@dataclass(frozen=True, slots=True)
class Draws:
    """Ends of 95 % intervals from draws, relative to nothing: in the unit of emissions."""

    each_low: Array
    each_high: Array
    whole_low: Array
    whole_high: Array


@dataclass(frozen=True, slots=True)
class Balance:
    """An energy balance of one carrier.

    Attributes
    ----------
    supply, use, difference : ndarray, shape (...)
        `difference` is supply less use, the statistical difference.
    relative : ndarray, shape (...)
        The difference over the larger of the two; 0 where both are zero.
    """

    supply: Array
    use: Array
    difference: Array
    relative: Array


def combustion(
    activity: Array, heating_value: Array, carbon: Array, oxidation: Array, ratio: float
) -> Array:
    """CO2 of burnt fuel: activity × heating value × carbon × oxidation × 44/12, in tonnes.

    Parameters
    ----------
    activity : ndarray
        In any unit, not negative.
    heating_value : ndarray
        GJ per that unit.
    carbon : ndarray
        kg of carbon per GJ.
    oxidation : ndarray
        Share that is oxidised, 0 to 1.
    ratio : float
        Of CO2 to carbon by mass.
    """
    # kilograms to tonnes
    return activity * heating_value * carbon * oxidation * ratio / 1000.0


def propagated(
    emission: Array, activity_width: Array, factor_width: Array, factor: NDArray[np.intp]
) -> Spread:
    """Error propagation (IPCC approach 1) with factors that lines and entities share.

    Activities err independently and add in quadrature; lines with one factor err together, so
    that their emissions add first. Use it for half-widths up to about 30 %; beyond, draw.

    Parameters
    ----------
    emission : ndarray, shape (E, P, L)
    activity_width, factor_width : ndarray, shape (L,)
        Relative half-widths of 95 % intervals.
    factor : ndarray of int, shape (L,)
        Which factor a line uses; lines of one factor have one `factor_width`.
    """
    count = int(factor.max()) + 1 if len(factor) else 0
    member = (factor[:, None] == np.arange(count)).astype(np.float64)
    width = np.zeros(count)
    width[factor] = factor_width
    shared = emission @ member
    own = (emission * activity_width) ** 2
    each = np.sqrt(own.sum(axis=2) + ((shared * width) ** 2).sum(axis=2))
    whole = np.sqrt(own.sum(axis=(0, 2)) + ((shared.sum(axis=0) * width) ** 2).sum(axis=1))
    total = emission.sum(axis=2)
    return Spread(_over(each, np.abs(total)), _over(whole, np.abs(total.sum(axis=0))))


def simulated(
    emission: Array,
    activity_width: Array,
    factor_width: Array,
    factor: NDArray[np.intp],
    *,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Monte Carlo (IPCC approach 2): lognormal draws with mean one, factors shared.

    Parameters
    ----------
    emission, activity_width, factor_width, factor
        As of `propagated`.
    draws : int
    rng : numpy Generator

    References
    ----------
    IPCC (2006) Guidelines, vol. 1, ch. 3.
    """
    entities, periods, lines = emission.shape
    count = int(factor.max()) + 1 if len(factor) else 0
    width = np.zeros(count)
    width[factor] = factor_width
    each = np.empty((draws, entities, periods))
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        common = _lognormal(width, (size, count), rng)[:, factor]
        own = _lognormal(activity_width, (size, entities, periods, lines), rng)
        each[start : start + size] = np.einsum("epl,bepl,bl->bep", emission, own, common)
    low, high = np.quantile(each, (0.025, 0.975), axis=0)
    whole_low, whole_high = np.quantile(each.sum(axis=1), (0.025, 0.975), axis=0)
    return Draws(low, high, whole_low, whole_high)


def _lognormal(half_width: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Positive draws with mean one and the standard deviation of a half-width."""
    sigma = np.sqrt(np.log1p((half_width / Z95) ** 2))
    if not sigma.any():
        return np.ones(shape)
    return np.exp(rng.standard_normal(shape) * sigma - sigma**2 / 2)


def balance(supply: Array, use: Array) -> Balance:
    """Supply against use of a carrier, with the statistical difference."""
    difference = supply - use
    return Balance(supply, use, difference, _over(difference, np.maximum(abs(supply), abs(use))))


def recalculated(own: Array, acquired: Array) -> Array:
    """A base-year series recalculated for what was bought since.

    Structural change moves the whole history: emissions of the acquired part are added in
    every year, from before it was bought on. Growth of what was there already never
    triggers a recalculation.

    Parameters
    ----------
    own : ndarray, shape (P,)
        Emissions of the parts that belonged all along.
    acquired : ndarray, shape (P,) or (n, P)
        Emissions of the acquired parts over the whole history; divested ones negative.

    References
    ----------
    GHG Protocol, Corporate Standard (revised edition), chapter 5.
    """
    return own + np.atleast_2d(acquired).sum(axis=0)


def _over(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
