"""One year of the simulator: demand, plant, choice of carriers, turnover, emissions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.kernels.simulator_block import Block, Levels
from zhiheng.kernels.simulator_records import CONVERTED, Array

MOST_SHIFTED = 0.9
"""No more than this part of a branch's share can be shifted away."""


PRICES = frozenset({"carbon_price", "energy_price"})
"""Levers that demand answers."""

NOTHING = 1e-200
"""Stands for zero where it divides a zero: no energy, demand or bill is ever as small."""

_TINY = np.finfo(np.float64).tiny  # zero against zero is no gap


@dataclass(frozen=True, slots=True)
class Year:
    """The state at the end of a year; the last axis is N."""

    emissions: Array
    direct: Array
    indirect: Array
    process: Array
    captured: Array
    removed: Array
    energy: Array
    carriers: Array  # (F, N)
    sectors: Array  # (S, N) tce
    sector_emissions: Array  # (S, N) of energy, indirect ones included
    bill: Array  # (S, N) CNY_2020 at start prices
    population: Array
    gdp: Array
    secondary: Array
    clean: Array  # (2, N)
    aged: Array  # (2, N) part of supply that the start year's plant still gives
    clean_cost: Array  # (2, N) mean cost of new clean supply, without support
    support: Array  # (N,) part of that cost that support takes over
    plant_unit: Array  # (2, N) real cost of a unit of supply, over that of the start
    stock: Array  # (S, F, N) final energy before savings by standards
    demand: Array  # (S, N) useful energy
    old: Array  # (S, N) part of the start year's equipment still in use
    moved: Array  # (S, N) useful energy moved to electricity by the lever
    saved: Array  # (S, N) part of energy saved by standards
    response: Array  # (S, N) logarithm of demand from prices
    effort: Array  # (2, N) accumulated research and planting, from 0 to 1
    growth: Array  # (2, N) of electricity and heat
    vintage: Array
    scale: Array
    balance: float
    kaya: float


def first_year(b: Block) -> Year:
    """The observed start."""
    sectors, n = b.useful.shape
    zero, zeros = np.zeros(n), np.zeros((sectors, n))
    growth = np.maximum(b.population[1] + b.affluence[1], 0.0)
    return _account(
        b,
        stock=b.stock,
        demand=b.useful,
        factor=b.factor,
        gdp=b.gdp,
        population=b.persons,
        secondary=b.shares[b.shift[0]],
        clean=b.clean,
        aged=np.ones_like(b.clean),
        clean_cost=b.plant_cost[:, 0],
        support=zero,
        plant_unit=np.zeros_like(b.clean),
        old=np.ones((sectors, n)),
        moved=zeros,
        saved=zeros,
        response=zeros,
        effort=np.zeros((2, n)),
        growth=np.stack([growth, growth]),
        scale=np.ones(n),
        process=b.process,
        capture=zero,
        removed=b.sink,
    )


def next_year(b: Block, last: Year, v: Levels, t: int) -> Year:
    """The year after `last` under the levels `v`."""
    population = b.persons * np.exp(b.population[t])
    gdp = b.gdp * np.exp(b.population[t] + b.affluence[t])
    shares, shifted = _shares(b, v, t)
    response = _response(b, last, v)
    effort = _effort(b, last, v)
    clean, aged, clean_cost, support, plant_unit = _plant(b, last, v, effort, t)
    factor = b.factor.copy()
    factor[-CONVERTED:] = (1.0 - clean) * b.fossil_factor
    chosen, moved_part = _chosen(b, v, factor, t)
    have = last.demand * b.survival
    demand = _free(b, gdp, shifted)
    grown = np.exp(b.emissions[t])
    if b.scale is None:
        free = demand if shifted is shares else _free(b, gdp, shares)
        scale = _scale(b, grown, free, have, stock=last.stock, chosen=chosen, factor=factor)
    else:
        scale = b.scale[t]
    demand = demand * (scale * np.exp(response) if v.began & PRICES else scale)
    new = np.maximum(demand - have, 0.0)
    # demand may fall faster than equipment retires: then all of it runs less
    use = b.survival * np.minimum(demand / np.maximum(have, NOTHING), 1.0)
    stock = last.stock * use[:, None]
    chosen *= new[:, None]
    stock += chosen
    return _account(
        b,
        stock=stock,
        demand=demand,
        factor=factor,
        gdp=gdp,
        population=population,
        secondary=shifted[b.shift[0]],
        clean=clean,
        aged=aged,
        clean_cost=clean_cost,
        support=support,
        plant_unit=plant_unit,
        old=last.old * use,
        moved=last.moved if moved_part is None else last.moved * use + new * moved_part,
        saved=_saved(b, last, v, new, demand),
        standards="standards" in v.began,
        response=response,
        effort=effort,
        growth=None,
        scale=scale,
        process=b.process * grown * _relative(b, v, shifted, shares, response),
        capture=v.ccus * b.effects.capture_rate,
        removed=b.sink * (1.0 + b.effects.sink_gain * effort[1]),
        before=last.carriers[-CONVERTED:],
    )


def _free(b: Block, gdp: Array, shares: Array) -> Array:
    """Demand that output and its branches call for (S, N)."""
    by_branch = shares / b.shares
    by_branch *= gdp / b.gdp
    return b.useful * by_branch[b.branch]


def _saved(b: Block, last: Year, v: Levels, new: Array, demand: Array) -> Array:
    """Part of energy that equipment built under standards saves."""
    if "standards" not in v.began:
        return last.saved
    strict = v.standards * b.effects.compliance
    return (last.saved * (demand - new) + strict * new) / np.maximum(demand, NOTHING)


def _shares(b: Block, v: Levels, t: int) -> tuple[Array, Array]:
    """Shares of branches, without and with the structure lever; both sum to one.

    Without the lever both are the same array.
    """
    shares = b.shares * np.exp(b.structure * b.damped[t])
    shares = shares / shares.sum(axis=0)
    if "industrial_shift" not in v.acts:
        return shares, shares
    source, target = b.shift
    moved = np.minimum(v.industrial_shift, MOST_SHIFTED * shares[source])
    shifted = shares.copy()
    shifted[source] = shares[source] - moved
    shifted[target] = shares[target] + moved
    return shares, shifted


def _relative(b: Block, v: Levels, shifted: Array, shares: Array, response: Array) -> Array:
    """Output of industry relative to that without levers, which process emissions follow."""
    if shifted is shares and not v.began & PRICES:
        return np.ones(1)
    branch = b.branch[b.industry]
    return shifted[branch] / shares[branch] * np.exp(response[b.industry])


def _response(b: Block, last: Year, v: Levels) -> Array:
    """Demand moves a part of the way each year to what prices call for in the long run."""
    if not v.began & PRICES:
        return last.response
    burden = v.carbon_price * last.sector_emissions + v.energy_price * last.bill
    rise = burden / np.maximum(last.bill, NOTHING)
    goal = b.long_run * np.log1p(rise)
    return last.response + b.adjust * (goal - last.response)


def _effort(b: Block, last: Year, v: Levels) -> Array:
    if not v.acts & {"research", "sinks"}:
        return last.effort
    gain = np.zeros_like(last.effort)
    gain[0] = v.research / b.effects.research_years
    gain[1] = v.sinks / b.effects.sink_years
    return np.minimum(last.effort + gain, 1.0)


def _plant(
    b: Block, last: Year, v: Levels, effort: Array, t: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Clean part of electricity and heat after a year of turnover, and what supply costs.

    Plant differs in cost from site to site, which is why a logit holds: the real cost of what is
    built is its expected least cost, less the tax and plus the support in it. A choice that a price
    or a support moves thus costs half of that price or support at the margin, never nothing.
    """
    e = b.effects
    learned = b.learned[t] * (1.0 - e.research_cut * effort[0])
    # a network that is already clean pays more for the next clean plant
    network = (1.0 + b.integration * last.clean**2) / (1.0 + b.integration * b.clean**2)
    clean_cost = b.plant_cost[:, 0] * learned * network
    finance = 1.0 - e.capital_share * (1.0 - _annuity(b, v))
    support = 1.0 - (1.0 - v.subsidy) * finance
    dearer = v.carbon_price * b.fossil_factor
    scale = b.plant_scale
    weight = b.build * np.exp((b.plant_cost[:, 0] - clean_cost * (1.0 - support)) / scale)
    priced = "carbon_price" in v.acts
    other = (1.0 - b.build) * np.exp(-dearer / scale) if priced else 1.0 - b.build
    share = weight / (weight + other)
    least = -scale * np.log(weight + other)
    fresh = least - dearer * (1.0 - share) + support * clean_cost * share
    new = np.maximum(last.growth + (1.0 - b.plant_survival), 0.0)
    part = new / (b.plant_survival + new)
    stays = 1.0 - part
    unit = last.plant_unit * stays + part * fresh
    return last.clean * stays + part * share, last.aged * stays, clean_cost, support, unit


def _annuity(b: Block, v: Levels) -> Array:
    """Capital charge with cheaper money over that without; `green_finance` is in basis points."""
    if "green_finance" not in v.acts:
        return np.ones(1)
    before = b.effects.capital_cost
    # at least one basis point is left: an interest rate of zero has no annuity in this form
    after = np.maximum(before - v.green_finance * b.effects.finance_pass * 1e-4, 1e-4)
    charge = 1.0 - np.exp(-b.plant_years * np.log1p(after))
    # exactly one without the lever, whatever the other draws of the block have
    return np.where(v.green_finance == 0, 1.0, (after / charge) * (b.charge / before))


def _chosen(b: Block, v: Levels, factor: Array, t: int) -> tuple[Array, Array | None]:
    """New equipment: final energy by carrier for one unit of useful energy (S, F, N).

    The second array is the part that the electrification lever moved (S, N).
    """
    weight = b.ahead * np.exp(b.tilt * b.damped[t])
    if "carbon_price" in v.acts:
        lower = b.burden[..., v.priced] * (factor * -v.carbon_price)[:, v.priced]
        weight[..., v.priced] *= np.exp(lower, out=lower)
    total = np.einsum("sfn,sf->sn", weight, b.efficiency)
    weight *= (1.0 / np.maximum(total, NOTHING))[:, None]
    if "electrification" not in v.acts:
        return weight, None
    electric = b.efficiency[:, -CONVERTED, None]
    push = v.electrification * b.effects.compliance * b.potential
    moved = push * (1.0 - weight[:, -CONVERTED] * electric)
    weight *= (1.0 - push)[:, None]
    weight[:, -CONVERTED] += push / electric
    return weight, moved


def _scale(
    b: Block, grown: Array, free: Array, have: Array, *, stock: Array, chosen: Array, factor: Array
) -> Array:
    """The factor on demand with which emissions meet the outlook, exactly.

    Emissions are piecewise linear and rising in the factor: a sector needs new equipment when its
    demand exceeds what is left, otherwise it uses less of it. Whether a sector's knee lies below
    the solution is seen from emissions at that knee; then one linear equation is left.
    """
    left = np.einsum("sfn,fn->sn", stock, factor) * b.survival
    fresh = np.einsum("sfn,fn->sn", chosen, factor)
    goal = b.start * grown - b.process * grown
    mean = left / np.maximum(have, NOTHING)
    knee = have / np.maximum(free, NOTHING)
    room = goal - left.sum(axis=0)
    growing = np.empty(free.shape, dtype=np.bool_)
    for s, k in enumerate(knee):
        beyond = k * free
        beyond -= have
        more = np.einsum("sn,sn->n", np.maximum(beyond, 0.0), fresh)
        more += np.einsum("sn,sn->n", np.minimum(beyond, 0.0), mean)
        growing[s] = more <= room
    growing &= free > 0
    constant = ((left - have * fresh) * growing).sum(axis=0)
    slope = np.where(growing, free * fresh, free * mean).sum(axis=0)
    return (goal - constant) / slope


def _account(
    b: Block,
    *,
    stock: Array,
    demand: Array,
    factor: Array,
    gdp: Array,
    population: Array,
    secondary: Array,
    clean: Array,
    aged: Array,
    clean_cost: Array,
    support: Array,
    plant_unit: Array,
    old: Array,
    moved: Array,
    saved: Array,
    response: Array,
    effort: Array,
    growth: Array | None,
    scale: Array,
    process: Array,
    capture: Array,
    removed: Array,
    before: Array | None = None,
    standards: bool = False,
) -> Year:
    """Energy, emissions and the bill of a year, with the gaps of its accounts."""
    used = stock * (1.0 - saved)[:, None] if standards else stock
    carriers, sectors = used.sum(axis=0), used.sum(axis=1)
    by_sector = np.einsum("sfn,fn->sn", used, factor)
    bill = np.einsum("sfn,fn->sn", used, b.price)
    emitted = carriers * factor
    direct = emitted[:-CONVERTED].sum(axis=0)
    indirect = emitted[-CONVERTED:].sum(axis=0)
    own = by_sector[b.industry] - (used[b.industry, -CONVERTED:] * factor[-CONVERTED:]).sum(axis=0)
    captured = np.minimum(
        capture * (own + process + emitted[-CONVERTED]), b.effects.capture_cap * b.start
    )
    energy = sectors.sum(axis=0)
    if growth is None:
        assert before is not None
        some = np.where(before > 0, before, 1.0)
        growth = np.where(before > 0, carriers[-CONVERTED:] / some - 1.0, 0.0)
    total = direct + indirect
    return Year(
        emissions=total + process - captured,
        direct=direct,
        indirect=indirect,
        process=process,
        captured=captured,
        removed=removed,
        energy=energy,
        carriers=carriers,
        sectors=sectors,
        sector_emissions=by_sector,
        bill=bill,
        population=population,
        gdp=gdp,
        secondary=secondary,
        clean=clean,
        aged=aged,
        clean_cost=clean_cost,
        support=support,
        plant_unit=plant_unit,
        stock=stock,
        demand=demand,
        old=old,
        moved=moved,
        saved=saved,
        response=response,
        effort=effort,
        growth=growth,
        vintage=(b.begun * old).sum(axis=0),
        scale=scale,
        balance=max(
            _gap(np.einsum("sfn,sf->sn", stock, b.efficiency), demand),
            _gap(carriers.sum(axis=0), energy),
            _gap(by_sector.sum(axis=0), total),
        ),
        kaya=_gap(population * (gdp / population) * (energy / gdp) * (total / energy), total),
    )


def _gap(a: Array, b: Array) -> float:
    off = a - b
    np.abs(off, out=off)
    off /= np.abs(b) + _TINY
    return float(off.max())
