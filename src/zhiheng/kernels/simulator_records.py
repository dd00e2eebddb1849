"""What the emission simulator takes and gives: start, drawn parameters, baseline and paths.

Axes, in this order wherever they occur: `D` draws, `A` areas, `S` sectors, `F` energy carriers,
`B` branches of value added, `L` levers, `T` years (the first one is the start, observed).
The last two carriers are electricity and heat; they carry the emissions of their converters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVERS = (
    "carbon_price",
    "energy_price",
    "subsidy",
    "research",
    "standards",
    "industrial_shift",
    "green_finance",
    "electrification",
    "sinks",
    "ccus",
)
"""Order of the lever axis of `levels`."""

ACTORS = ("state", "firms", "households")
"""Order of the actor axis of `Paths.money`."""

CONVERTED = 2
"""Electricity and heat stand last on the carrier axis."""


@dataclass(frozen=True, slots=True)
class State:
    """The observed start.

    Attributes
    ----------
    energy : ndarray, shape (A, S, F)
        Final energy, tce a year.
    emission_factor : ndarray, shape (A, F)
        t CO2 per tce in the start year; of electricity and heat, that of their supply.
    fossil_factor : ndarray, shape (A, 2)
        t CO2 per tce of electricity and heat from fossil plant alone.
    efficiency : ndarray, shape (S, F)
        Useful energy per unit of final energy.
    population, gdp : ndarray, shape (A,)
    shares : ndarray, shape (A, B)
        Of value added; they sum to one.
    branch : ndarray of int, shape (S,)
        The branch whose value added drives a sector's demand.
    process, sink : ndarray, shape (A,)
        Process emissions, and removals by land, t CO2 a year.
    industry : int
        Position of the sector whose emissions can be captured.
    shift : tuple of int
        The branch that the structure lever takes from, and the one it gives to.
    household : ndarray, shape (S,)
        The part of a sector's energy that households pay.
    potential : ndarray, shape (S,)
        The largest part of a sector's new demand that electricity can take.
    """

    energy: Array
    emission_factor: Array
    fossil_factor: Array
    efficiency: Array
    population: Array
    gdp: Array
    shares: Array
    branch: NDArray[np.intp]
    process: Array
    sink: Array
    industry: int
    shift: tuple[int, int]
    household: Array
    potential: Array


@dataclass(frozen=True, slots=True)
class Effects:
    """How strongly levers act, and what they cost; each an array of shape (D,).

    Attributes
    ----------
    research_cut : part of the cost of clean plant that full research takes away in the end
    research_years : years until research has its full effect
    finance_pass : part of a cut in the cost of capital that reaches projects
    capital_share, capital_cost : of clean plant: capital in levelised cost, and its interest rate
    compliance : part of a standard, or of an electrification target, that is complied with
    capture_rate : captured part of the emissions that pass a capture plant
    capture_cap : most that can be captured in a year, relative to emissions at the start
    sink_gain : additional removals at full effort, as a multiple of those at the start
    sink_years : years until additional removals are complete
    capture_cost, sink_cost : CNY_2020 per t CO2
    standard_cost : CNY_2020 per tce saved
    electrification_cost : CNY_2020 per tce of useful energy moved to electricity
    research_budget : part of GDP that full research costs
    """

    research_cut: Array
    research_years: Array
    finance_pass: Array
    capital_share: Array
    capital_cost: Array
    compliance: Array
    capture_rate: Array
    capture_cap: Array
    sink_gain: Array
    sink_years: Array
    capture_cost: Array
    sink_cost: Array
    standard_cost: Array
    electrification_cost: Array
    research_budget: Array


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is drawn.

    Attributes
    ----------
    population, affluence, emissions : ndarray, shape (D, A, T)
        Logarithm of the ratio to the start: population, output per head, and gross emissions
        without levers. The first year is zero.
    damped : ndarray, shape (D, T)
        Years of drift that have effect by a year: the sum of a falling geometric series.
    structure : ndarray, shape (D, A, B)
        Yearly drift of the logarithm of the branches' shares.
    preference : ndarray, shape (D, A, F)
        Yearly drift of the logarithm of the carriers' shares.
    allocation : ndarray, shape (D, S, F) or (D, A, S, F)
        Relative weight of sectors in the use of a carrier; totals of carriers are kept. With an
        axis of areas: energy relative to the start, used as it is.
    price : ndarray, shape (D, F)
        CNY_2020 per tce, paid by users at the start.
    lifetime : ndarray, shape (D, S)
    plant_lifetime : ndarray, shape (D, 2)
        Years.
    choice, plant_choice : ndarray, shape (D,)
        Sensitivity of logit choice to cost, relative to the mean cost of the sector or plant.
    short_run, long_run : ndarray, shape (D, S)
        Price elasticities of demand, negative, the short one not larger in size.
    build : ndarray, shape (D, A, 2)
        Clean part of new plant at the start.
    plant_cost : ndarray, shape (D, 2, 2)
        By electricity and heat: levelised cost of clean plant, and of fossil plant, at the start,
        CNY_2020 per tce.
    learning : ndarray, shape (D,)
        Exponent of Wright's law.
    deployment : ndarray, shape (D, T)
        Logarithm of cumulative world capacity relative to the start; exogenous.
    integration : ndarray, shape (D,)
        Part by which clean electricity costs more when it is the whole supply.
    sink : ndarray, shape (D,)
        Removals by land relative to those of the state.
    """

    population: Array
    affluence: Array
    emissions: Array
    damped: Array
    structure: Array
    preference: Array
    allocation: Array
    price: Array
    lifetime: Array
    plant_lifetime: Array
    choice: Array
    plant_choice: Array
    short_run: Array
    long_run: Array
    build: Array
    plant_cost: Array
    learning: Array
    deployment: Array
    integration: Array
    sink: Array
    effects: Effects


@dataclass(frozen=True, slots=True)
class Paths:
    """What a run gives, each an array of shape (D, A, T) unless said otherwise.

    Attributes
    ----------
    emissions : gross CO2 after capture: direct + indirect + process - captured, t
    direct, indirect : of fuels in final use; of bought electricity and heat; before capture
    process, captured, removed : t; `removed` is what land takes up
    net : emissions - removed
    energy : final energy, tce
    carriers : ndarray, shape (D, A, T, F), tce
    population, gdp : levels
    secondary : share of the branch that the structure lever takes from
    clean : ndarray, shape (D, A, T, 2), clean part of electricity and heat supply
    vintage : energy used by equipment of the start year that is still in use, tce
    scale : autonomous factor on demand that makes the baseline meet `Parameters.emissions`
    money : ndarray, shape (D, A, T, 3), net receipts of the actors against no lever, CNY_2020
    transfers : ndarray, shape (D, A, T, 3), the part of `money` that another actor pays or gets
    resource : real cost to all, CNY_2020; `money` summed over actors is its negative
    spending : ndarray, shape (D, A, T, 2), energy bill of firms and households at start prices
    plant : ndarray, shape (D, A, T), real cost of supply over that of the start, CNY_2020
    balance : largest relative gap of the energy and emission accounts, by year, shape (T,)
    kaya : largest relative gap of the Kaya product, by year, shape (T,)
    """

    emissions: Array
    direct: Array
    indirect: Array
    process: Array
    captured: Array
    removed: Array
    net: Array
    energy: Array
    carriers: Array
    population: Array
    gdp: Array
    secondary: Array
    clean: Array
    vintage: Array
    scale: Array
    money: Array
    transfers: Array
    resource: Array
    spending: Array
    plant: Array
    balance: Array
    kaya: Array
