"""Who pays whom in a year of the simulator: double entry between state, firms and households."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.kernels.simulator_block import Block, Levels
from zhiheng.kernels.simulator_records import ACTORS, CONVERTED, Array
from zhiheng.kernels.simulator_year import NOTHING, PRICES, Year

STATE, FIRMS, HOUSEHOLDS = range(len(ACTORS))
_NOT_SMALL = 1.0  # CNY: gaps of the books are taken relative to turnover, never to less than this


@dataclass(frozen=True, slots=True)
class Ledger:
    """Receipts against the run without levers, CNY_2020; the last axis is N.

    `money` sums over actors to minus `resource`; `transfers` sums to zero. `gap` is the largest
    relative distance from either.
    """

    money: Array  # (3, N)
    transfers: Array  # (3, N)
    resource: Array  # (N,)
    spending: Array  # (2, N) firms, households
    plant: Array  # (N,)
    gap: float


def settle(b: Block, year: Year, v: Levels, t: int) -> Ledger:
    """Book the flows of a year.

    A carbon price and an energy levy go from users to the state, support of clean plant and of its
    finance from the state to firms. Real costs are energy, clean plant, capture, standards and
    electrification (paid by those who use them), research and planting (paid by the state). Energy
    that prices keep users from using is no free saving: they forgo services, worth what the energy
    cost before plus half of the rise, the area under the demand curve.
    """
    spending = _by_payer(b, year.bill)
    plant = (year.plant_unit * year.carriers[-CONVERTED:]).sum(axis=0)
    n = spending.shape[-1]
    transfers, real = np.zeros((3, n)), np.zeros((3, n))
    if b.spending is not None and b.plant is not None and t > 0:
        _transfer(b, year, v, transfers)
        _real(b, year, v, real)
        real[FIRMS] += spending[0] - b.spending[t, 0] + plant - b.plant[t]
        real[HOUSEHOLDS] += spending[1] - b.spending[t, 1]
    money = transfers - real
    resource = real.sum(axis=0)
    turnover = np.abs(transfers).sum(axis=0) + np.abs(real).sum(axis=0) + _NOT_SMALL
    open_books = np.abs(money.sum(axis=0) + resource) + np.abs(transfers.sum(axis=0))
    return Ledger(money, transfers, resource, spending, plant, float((open_books / turnover).max()))


def _by_payer(b: Block, costs: Array) -> Array:
    """Costs of sectors (S, N) shared out to firms and households (2, N)."""
    out = np.empty((2, costs.shape[-1]))
    for part, paid in zip(b.payer, out, strict=True):
        (costs * part).sum(axis=0, out=paid)
    return out


def _transfer(b: Block, year: Year, v: Levels, out: Array) -> None:
    levied = v.carbon_price * year.sector_emissions + v.energy_price * year.bill
    homes = (levied * b.household).sum(axis=0)
    firms = levied.sum(axis=0) - homes + v.carbon_price * (year.process - year.captured)
    paid = np.zeros(1)
    if v.acts & {"subsidy", "green_finance"}:
        paid = (year.support * year.clean_cost * _supported(b, year)).sum(axis=0)
    out[HOUSEHOLDS] -= homes
    out[FIRMS] += paid - firms
    out[STATE] += homes + firms - paid


def _supported(b: Block, year: Year) -> Array:
    """Clean supply of plant built since the start, the only plant that support is paid for."""
    return np.maximum(year.clean - b.clean * year.aged, 0.0) * year.carriers[-CONVERTED:]


def _real(b: Block, year: Year, v: Levels, out: Array) -> None:
    e = b.effects
    costs = np.zeros_like(year.sectors)
    if "standards" in v.began:
        costs += e.standard_cost * (year.sectors * year.saved / (1.0 - year.saved))
    if "electrification" in v.began:
        costs += e.electrification_cost * year.moved
    if v.began & PRICES:
        some = np.maximum(year.bill, NOTHING)
        rise = v.energy_price + v.carbon_price * year.sector_emissions / some
        costs += year.bill * np.expm1(-year.response) * (1.0 + 0.5 * rise)
    firms, homes = _by_payer(b, costs)
    out[HOUSEHOLDS] += homes
    out[FIRMS] += firms + e.capture_cost * year.captured
    out[STATE] += e.sink_cost * (year.removed - b.sink)
    out[STATE] += e.research_budget * v.research * year.gdp
