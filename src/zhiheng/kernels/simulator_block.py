"""A block of draws made ready for the simulator: axes turned round, constants worked out once."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.simulator_records import (
    CONVERTED,
    LEVERS,
    Array,
    Effects,
    Parameters,
    State,
)

MOST_TILT = 3.0
"""Largest size of the logarithm by which drift may move a carrier in new equipment (20-fold)."""

LEAST_BUILD = 1e-3
"""Clean part of new plant is kept this far from 0 and 1, where no cost could move it."""


class Levels(NamedTuple):
    """Levels of one year, each of shape (N,) or (1,), in the order of `LEVERS`.

    `acts` names the levers that any column has in this year, `began` those of this year or before;
    columns outside of `priced` never have a carbon price.
    """

    carbon_price: Array
    energy_price: Array
    subsidy: Array
    research: Array
    standards: Array
    industrial_shift: Array
    green_finance: Array
    electrification: Array
    sinks: Array
    ccus: Array
    acts: frozenset[str] = frozenset()
    began: frozenset[str] = frozenset()
    priced: slice = slice(None)


def levels_of(
    rows: Array,
    acts: frozenset[str] = frozenset(),
    began: frozenset[str] = frozenset(),
    priced: slice = slice(None),
) -> Levels:
    """The levels of a year from an array of shape (L, N or 1)."""
    named = dict(zip(LEVERS, rows, strict=True))
    return Levels(**named, acts=acts, began=began, priced=priced)


class Kept(NamedTuple):
    """What a run with levers takes from the run without: fields of `Paths`."""

    scale: Array
    spending: Array
    plant: Array


@dataclass(frozen=True, slots=True)
class Block:
    """Arrays with N = draws x areas as last axis; see `State` and `Parameters` for meanings."""

    years: int
    level: tuple[Levels, ...]  # by year
    stock: Array  # (S, F, N) final energy of the start year
    begun: Array  # (S, N) sum of `stock` over carriers
    useful: Array  # (S, N)
    efficiency: Array  # (S, F)
    ahead: Array  # (S, F, N) weights of new equipment at the start, final per useful energy
    price: Array  # (F, N)
    burden: Array  # (S, F, N) what a price of one on CO2 takes off the log weight, over the factor
    factor: Array  # (F, N)
    fossil_factor: Array  # (2, N)
    clean: Array  # (2, N)
    build: Array  # (2, N) clean part of new plant at the start
    tilt: Array  # (F, N) drift of carriers
    population: Array  # (T, N) logarithms of ratios, as the next two
    affluence: Array
    emissions: Array
    persons: Array  # (N,) at the start, as the next ones
    gdp: Array
    shares: Array  # (B, N)
    structure: Array  # (B, N)
    damped: Array  # (T, N)
    branch: NDArray[np.intp]
    shift: tuple[int, int]
    industry: int
    process: Array  # (N,)
    sink: Array  # (N,)
    household: Array  # (S, 1)
    payer: Array  # (2, S, 1) part of firms and of households
    potential: Array  # (S, 1)
    survival: Array  # (S, N)
    plant_survival: Array  # (2, N)
    plant_scale: Array  # (2, N) spread of the cost of plant among sites, CNY per tce
    charge: Array  # (N,) yearly charge on capital over its interest rate, at the start
    plant_years: Array  # (N,) life of power plant
    adjust: Array  # (S, N) yearly part of the way to the long run
    long_run: Array  # (S, N)
    plant_cost: Array  # (2, 2, N): electricity and heat, each clean and fossil
    learned: Array  # (T, N) cost of clean plant relative to the start
    integration: Array  # (N,)
    effects: Effects
    scale: Array | None  # (T, N), of the baseline
    spending: Array | None  # (T, 2, N)
    plant: Array | None  # (T, N)
    start: Array  # (N,) emissions of the start year


def leveled(b: Block, levels: Array, areas: int) -> Block:
    """The block with levers at `levels`, shape (L, D or 1, T)."""
    turned = np.ascontiguousarray(np.moveaxis(levels, -1, 0))
    wide = turned if levels.shape[1] == 1 or areas == 1 else np.repeat(turned, areas, axis=2)
    acting = (turned != 0).any(axis=2)
    began = np.cumsum(acting, axis=0) > 0

    paid = np.flatnonzero((wide[:, LEVERS.index("carbon_price")] != 0).any(axis=0))
    # one level for all columns has one entry, and stands for all of them
    several = paid.size > 0 and wide.shape[2] > 1
    span = slice(int(paid[0]), int(paid[-1]) + 1) if several else slice(None)

    def names(marks: NDArray[np.bool_]) -> frozenset[str]:
        return frozenset(LEVERS[k] for k in np.flatnonzero(marks))

    years = range(len(wide))
    table = tuple(levels_of(wide[t], names(acting[t]), names(began[t]), span) for t in years)
    return replace(b, level=table)


def columns(b: Block, chosen: NDArray[np.intp]) -> Block:
    """The block with some of its columns, each as often as it is named."""
    size = b.start.shape[0]

    def cut(x: object) -> object:
        if isinstance(x, np.ndarray) and x.ndim and x.shape[-1] == size:
            return np.take(x, chosen, axis=-1)
        return x

    own = {f.name: getattr(b, f.name) for f in fields(b)}
    for name in _SHARED:
        del own[name]
    effects = Effects(*(np.take(getattr(b.effects, f.name), chosen) for f in fields(b.effects)))
    return replace(b, effects=effects, **{k: cut(x) for k, x in own.items()})


_SHARED = (
    "years", "level", "efficiency", "branch", "shift", "industry", "household", "payer",
    "potential", "effects",
)  # fmt: skip
"""Fields without an axis of columns."""


def block(state: State, p: Parameters, baseline: Kept | None) -> Block:
    """Turn axes round and work out what does not change from year to year; no levers yet."""
    draws, areas, years = p.population.shape

    def area(x: Array) -> Array:  # (A, ...) -> (..., N)
        turned = np.moveaxis(x, 0, -1)[..., None, :]
        return np.broadcast_to(turned, (*turned.shape[:-2], draws, areas)).reshape(
            *turned.shape[:-2], -1
        )

    def draw(x: Array) -> Array:  # (D, ...) -> (..., N)
        turned = np.moveaxis(x, 0, -1)[..., None]
        return np.broadcast_to(turned, (*turned.shape[:-1], areas)).reshape(*turned.shape[:-2], -1)

    def both(x: Array) -> Array:  # (D, A, ...) -> (..., N)
        turned = np.moveaxis(x, (0, 1), (-2, -1))
        return np.ascontiguousarray(turned).reshape(*turned.shape[:-2], -1)

    if p.allocation.ndim == 4:
        energy = area(state.energy) * both(p.allocation)
    else:
        energy = _allocated(area(state.energy), draw(p.allocation))
    efficiency = state.efficiency[:, :, None]
    delivered = energy * efficiency
    useful = delivered.sum(axis=1)
    mix = _ratio(delivered, useful[:, None])
    price = draw(p.price)
    # a sector without energy keeps a cost of one, so that nothing is divided by zero
    unit_cost = (mix * price / efficiency).sum(axis=1)
    unit_cost = np.where(unit_cost > 0, unit_cost, 1.0)
    fossil = area(state.fossil_factor)
    factor = area(state.emission_factor)
    clean = 1.0 - factor[-CONVERTED:] / fossil
    long_run = draw(p.long_run)
    build = np.clip(both(p.build), LEAST_BUILD, 1 - LEAST_BUILD)
    lifetime = draw(p.lifetime)
    growth = np.maximum(p.population[:, :, 1] + p.affluence[:, :, 1], 0.0).reshape(-1)
    lead = 1.0 / (1.0 / lifetime + growth)
    damped = draw(p.damped)
    most = MOST_TILT / (lead.max(axis=0) + damped[-1])
    process = area(state.process)
    cost, life = draw(p.plant_cost), draw(p.plant_lifetime)
    interest = draw(p.effects.capital_cost)
    tilt = np.clip(both(p.preference), -most, most)
    return Block(
        years=years,
        level=(),
        stock=energy,
        begun=energy.sum(axis=1),
        useful=useful,
        efficiency=state.efficiency,
        ahead=mix * np.exp(tilt * lead[:, None]) / efficiency,
        price=price,
        burden=draw(p.choice) / (efficiency * unit_cost[:, None]),
        factor=factor,
        fossil_factor=fossil,
        clean=clean,
        build=build,
        tilt=tilt,
        population=both(p.population),
        affluence=both(p.affluence),
        emissions=both(p.emissions),
        persons=area(state.population),
        gdp=area(state.gdp),
        shares=area(state.shares),
        structure=both(p.structure),
        damped=damped,
        branch=state.branch,
        shift=state.shift,
        industry=state.industry,
        process=process,
        sink=area(state.sink) * draw(p.sink),
        household=state.household[:, None],
        payer=np.stack([1.0 - state.household, state.household])[:, :, None],
        potential=state.potential[:, None],
        survival=1.0 - 1.0 / lifetime,
        plant_survival=1.0 - 1.0 / life,
        plant_scale=cost.mean(axis=1) / draw(p.plant_choice),
        charge=1.0 - np.exp(-life[0] * np.log1p(interest)),
        plant_years=life[0],
        adjust=_ratio(draw(p.short_run), long_run),
        long_run=long_run,
        plant_cost=cost,
        learned=np.exp(-draw(p.learning) * draw(p.deployment)),
        integration=draw(p.integration),
        effects=Effects(*(draw(getattr(p.effects, f.name)) for f in fields(p.effects))),
        scale=None if baseline is None else both(baseline.scale),
        spending=None if baseline is None else both(baseline.spending),
        plant=None if baseline is None else both(baseline.plant),
        start=(energy * factor).sum(axis=(0, 1)) + process,
    )


def _allocated(energy: Array, weight: Array) -> Array:
    """Carriers spread over sectors by drawn weights; the total of each carrier is kept."""
    total = energy.sum(axis=0)
    spread = energy * weight
    return spread * _ratio(total, spread.sum(axis=0))


def _ratio(a: Array, b: Array) -> Array:
    """``a / b``, and zero where `b` is zero."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.divide(a, b, out=np.zeros(shape), where=np.broadcast_to(b != 0, shape))
