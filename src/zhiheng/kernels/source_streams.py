"""Emissions of source streams as the EU's border adjustment and IPCC volume 3 compute them.

All amounts are tonnes unless said otherwise; arrays of any shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stream:
    """CO2 of a source stream.

    Attributes
    ----------
    fossil, biomass : ndarray
        Tonnes of CO2; biomass counts zero in the total and is shown beside it.
    energy : ndarray
        Fuel energy of the fossil part in TJ, as the Commission's template counts it; 0 where
        no heating value was given.
    """

    fossil: Array
    biomass: Array
    energy: Array


@dataclass(frozen=True, slots=True)
class Pfc:
    """Perfluorocarbons of primary aluminium, in tonnes of each gas."""

    cf4: Array
    c2f6: Array


def _shares(emission: Array, biomass: Array | float, energy: Array) -> Stream:
    share = np.asarray(biomass, dtype=np.float64)
    return Stream(emission * (1.0 - share), emission * share, energy * (1.0 - share))


def burnt(
    amount: Array,
    heating_value: Array,
    factor: Array,
    *,
    oxidation: Array | float = 1.0,
    biomass: Array | float = 0.0,
) -> Stream:
    """Combustion: amount × heating value (GJ/t) × factor (t CO2/TJ) × oxidation."""
    energy = amount * heating_value / 1000.0
    return _shares(energy * factor * oxidation, biomass, energy)


def reacted(
    amount: Array,
    factor: Array,
    *,
    conversion: Array | float = 1.0,
    biomass: Array | float = 0.0,
    heating_value: Array | float = 0.0,
) -> Stream:
    """Process emissions: amount × factor (t CO2/t) × conversion."""
    return _shares(amount * factor * conversion, biomass, amount * heating_value / 1000.0)


def mass_balance(
    amount: Array,
    carbon: Array,
    *,
    ratio: float,
    biomass: Array | float = 0.0,
    heating_value: Array | float = 0.0,
) -> Stream:
    """Carbon in less carbon out: amount (negative when it leaves) × carbon content × ratio.

    Parameters
    ----------
    amount : ndarray
    carbon : ndarray
        Tonnes of carbon per tonne.
    ratio : float
        Of CO2 to carbon: 3.664 under the border adjustment, 44/12 under Chinese standards.
    """
    return _shares(amount * carbon * ratio, biomass, amount * heating_value / 1000.0)


def pfc_slope(
    aluminium: Array, frequency: Array, duration: Array, slope: Array, c2f6_share: Array
) -> Pfc:
    """Perfluorocarbons from anode-effect minutes (slope method).

    Parameters
    ----------
    aluminium : ndarray
        Tonnes of metal.
    frequency : ndarray
        Anode effects per cell and day.
    duration : ndarray
        Minutes per anode effect.
    slope : ndarray
        kg CF4 per tonne of metal, per anode-effect minute per cell and day.
    c2f6_share : ndarray
        Tonnes C2F6 per tonne CF4.
    """
    cf4 = aluminium * frequency * duration * slope / 1000.0
    return Pfc(cf4, cf4 * c2f6_share)


def pfc_overvoltage(
    aluminium: Array, coefficient: Array, overvoltage: Array, efficiency: Array, c2f6_share: Array
) -> Pfc:
    """Perfluorocarbons from anode-effect overvoltage.

    Parameters
    ----------
    aluminium : ndarray
        Tonnes of metal.
    coefficient : ndarray
        kg CF4 per tonne of metal and millivolt.
    overvoltage : ndarray
        Millivolts per cell.
    efficiency : ndarray
        Current efficiency as a share of one: 0.95, not 95. The coefficient is defined on
        percent, which is taken care of here; a value above 1 is refused.
    c2f6_share : ndarray
        Tonnes C2F6 per tonne CF4.

    Raises
    ------
    ValueError
        For an efficiency above one: a percentage here is wrong by a hundred.
    """
    if np.any(efficiency > 1.0):
        raise ValueError("current efficiency is a share of one, not a percentage")
    cf4 = coefficient * overvoltage / (efficiency * 100.0) * aluminium / 1000.0
    return Pfc(cf4, cf4 * c2f6_share)


def collected(emission: Array, efficiency: Array) -> Array:
    """What is emitted in all where only a share is collected and measured."""
    return emission / efficiency


def clinker(calcium_oxide: Array, dust: Array, ratio: Array) -> Array:
    """Tonnes of CO2 per tonne of clinker: CaO content × CO2 per CaO × kiln-dust correction.

    References
    ----------
    IPCC (2006) Guidelines, vol. 3, ch. 2, equation 2.4.
    """
    return calcium_oxide * ratio * dust
