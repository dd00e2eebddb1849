"""Priors and past errors drawn into the parameters of a simulation; cached by panel and seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_energy import CARRIERS
from zhiheng.carbon.simulate_input import Start, growth_of
from zhiheng.carbon.simulate_refusals import early_lever, out_of_range
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.levers import Schedule
from zhiheng.catalog.peaking import peaking
from zhiheng.catalog.simulator import carriers, facts, priors, sectors
from zhiheng.kernels.hindcast import Hindcast, hindcast, roll
from zhiheng.kernels.outlook import FIXED
from zhiheng.kernels.simulator import calibrate, made_ready
from zhiheng.kernels.simulator_block import Block
from zhiheng.kernels.simulator_outlook import REACH, Pool, damped_years, draw_paths, pooled
from zhiheng.kernels.simulator_records import CONVERTED, LEVERS, Effects, Parameters, Paths

Array = NDArray[np.float64]
FEWEST, MOST = 20, 100_000
"""Draws."""
FARTHEST = 2100
"""The last horizon."""
HINDCAST = 10
"""Years ahead at which the record of the outlook is judged, as its acceptance test says."""


@dataclass(frozen=True, slots=True)
class Countries:
    """The countries on whose past errors the fan stands.

    Attributes
    ----------
    entities : tuple of str
    first, last : int
        Years.
    pool : Pool
    skill : Hindcast
        Of the very outlook that the fan uses.
    fingerprint : str
        Of the data set.
    """

    entities: tuple[str, ...]
    first: int
    last: int
    pool: Pool
    skill: Hindcast
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Case:
    """A calibrated simulation to which levers can be put.

    Attributes
    ----------
    start : Start
    parameters : Parameters
    baseline : Paths
        Without levers.
    years : tuple of int
        The start and every simulated year.
    countries : Countries
    ready : Block, optional
        What all runs with levers have in common, where that is small enough to be kept.
    """

    start: Start
    parameters: Parameters
    baseline: Paths
    years: tuple[int, ...]
    countries: Countries
    ready: Block | None


_CASES: dict[tuple[object, ...], Case] = {}
_KEPT = 4
"""Calibrated cases that are kept: a lever change then costs one run."""


def prepare(start: Start, *, draws: int, horizon: int, seed: int) -> Case:
    """Calibrate a simulation; the same panel, draws, horizon and seed are not done twice."""
    _refuse_range(start, draws, horizon)
    seen = start.known.tobytes()
    key = (start.panel.fingerprint, start.panel.level, start.year, seen, draws, horizon, seed)
    if key in _CASES:
        # equal values, but names and what was left out may be others
        return replace(_CASES[key], start=start)
    ahead = horizon - start.seen
    known = countries(ahead)
    growth = growth_of(start, known.pool.variance, known.pool.affluence_variance)
    paths = _from_start(start, draw_paths(growth, known.pool, draws, ahead, seed))
    parameters = _parameters(start, paths, known.pool, seed)
    baseline = calibrate(start.state, parameters)
    case = Case(
        start,
        parameters,
        baseline,
        tuple(range(start.year, horizon + 1)),
        known,
        made_ready(start.state, parameters, baseline),
    )
    while len(_CASES) >= _KEPT:
        del _CASES[next(iter(_CASES))]
    _CASES[key] = case
    return case


def _from_start(start: Start, paths: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    """Paths from the last known year, put behind the known change since the start."""
    if not start.known.shape[1]:
        population, affluence, emissions = paths
        return population, affluence, emissions
    came = start.known - start.levels[:, -1:]
    observed = (came[..., 0], came[..., 1], came.sum(axis=-1))

    def behind(path: Array, known: Array) -> Array:
        first = np.zeros((*path.shape[:-1], 1))
        before = np.broadcast_to(known, (*path.shape[:-1], known.shape[-1]))
        return np.concatenate([first, before, path[..., 1:] + known[:, -1:]], axis=-1)

    population, affluence, emissions = map(behind, paths, observed)
    return population, affluence, emissions


def _refuse_range(start: Start, draws: int, horizon: int) -> None:
    allowed = {"draws": (draws, FEWEST, MOST), "horizon": (horizon, start.seen + 2, FARTHEST)}
    rows: list[dict[str, object]] = [
        {"option": k, "value": v, "allowed": f"{low}-{high}"}
        for k, (v, low, high) in allowed.items()
        if not low <= v <= high
    ]
    if rows:
        raise out_of_range(rows)


@lru_cache(maxsize=4)
def countries(ahead: int) -> Countries:
    """The embedded countries, forecast from every past origin in this run."""
    about = peaking().pool
    panel = dataset(about.dataset)
    people, output, carbon = (
        np.log(panel.array(name)) for name in ("population", "gdp_real", about.emissions)
    )
    logs = np.stack([people, output - people, carbon - output], axis=-1)
    return Countries(
        panel.entities,
        panel.periods[0],
        panel.periods[-1],
        pooled(logs, roll(logs, REACH).scores, ahead),
        hindcast(logs, HINDCAST),
        panel.fingerprint,
    )


def level_table(schedules: Sequence[Schedule], years: Sequence[int]) -> Array:
    """Levels of all levers by year, shape (L, T); M990 for years outside of the simulation."""
    out = np.zeros((len(LEVERS), len(years)))
    for s in schedules:
        start, end = resolved(s, years)
        t = np.array(years)
        part = np.clip((t - start + 1) / (end - start + 1), 0.0, 1.0)
        if s.shape == "step":
            part = (t >= start).astype(np.float64)
        elif s.shape == "s-curve":
            part = part * part * (3.0 - 2.0 * part)
        out[LEVERS.index(s.lever)] = s.level * part
    return out


def resolved(schedule: Schedule, years: Sequence[int]) -> tuple[int, int]:
    """First year, and the year in which the level is reached."""
    first, last = years[1], years[-1]
    usual = int(facts()["first_year"].value)
    start = max(first, min(usual, last)) if schedule.start is None else schedule.start
    ramp = int(facts()["ramp_years"].value)
    end = schedule.end if schedule.end is not None else min(max(start + ramp - 1, start), last)
    if schedule.shape == "step":
        end = start
    if not first <= start <= last or end < start:
        raise early_lever(schedule.lever, start, end, first, last)
    return start, end


def _draw(name: str, draws: int, seed: int, *more: int, area: str = "") -> Array:
    """Triangular draws with a stream of their own: another prior does not move them."""
    p = priors()[name]
    rng = np.random.default_rng([seed, zlib.crc32(f"{name}{area}".encode())])
    return rng.triangular(p.low, p.mode, p.high, (draws, *more))


def _parameters(
    start: Start, paths: tuple[Array, Array, Array], pool: Pool, seed: int
) -> Parameters:
    draws, _, years = paths[0].shape
    n_s, n_f = len(start.energy.sectors), len(CARRIERS)

    def one(name: str, *more: int) -> Array:
        return _draw(name, draws, seed, *more)

    def own(name: str, *more: int) -> Array:
        # a stream for each area, so that its place among the others does not matter
        parts = [_draw(name, draws, seed, *more, area=e) for e in start.panel.entities]
        return np.stack(parts, axis=1)

    short = one("short_run", n_s)
    plant_lifetime = np.stack([one("power_life"), one("heat_life")], axis=-1)
    if start.energy.balance:
        spread = np.ones((draws, n_s, n_f))
    elif start.territorial:
        spread = allocation_of(start, own("carrier_mix", n_s, n_f), own("allocation", n_s, n_f))
    else:
        spread = one("allocation", n_s, n_f)
    return Parameters(
        population=paths[0],
        affluence=paths[1],
        emissions=paths[2],
        damped=np.broadcast_to(damped_years(pool.keep, years - 1), (draws, years)).copy(),
        structure=_shrunk(start.structure) + own("structure", start.structure.shape[-1]),
        preference=_shrunk(start.preference) + own("preference", n_f),
        allocation=spread,
        price=_prices(draws, seed),
        lifetime=_lifetimes(draws, seed),
        plant_lifetime=plant_lifetime,
        choice=one("choice"),
        plant_choice=one("plant_choice"),
        short_run=short,
        # adjustment cannot overshoot: the long run is at least as large as the short one
        long_run=np.minimum(one("long_run", n_s), short),
        build=_build(start, plant_lifetime, seed),
        plant_cost=np.stack(
            [
                np.stack([one("clean_power_cost"), one("fossil_power_cost")], axis=-1),
                np.stack([one("clean_heat_cost"), one("fossil_heat_cost")], axis=-1),
            ],
            axis=1,
        ),
        learning=-np.log2(1.0 - one("learning_rate")),
        deployment=one("deployment")[:, None] * damped_years(one("deployment_keep"), years - 1),
        integration=one("integration"),
        sink=np.ones(draws) if start.own_sink else one("sink_scale"),
        effects=Effects(**{f.name: one(f.name) for f in fields(Effects)}),
    )


def _shrunk(drift: Array) -> Array:
    """Half of an area's own drift and half of the mean of all, as scales are mixed."""
    return FIXED.mix * drift + (1.0 - FIXED.mix) * drift.mean(axis=0)


def allocation_of(start: Start, mix: Array, use: Array) -> Array:
    """Energy relative to the central layout, shape (D, A, S, F), where CO2 by sector is observed.

    The fuels behind a sector's CO2 and the sectors' parts of electricity and heat are drawn; the
    CO2 of each sector and the use of electricity and heat stay as they are.
    """
    energy = start.state.energy
    carbon = energy * start.state.emission_factor[:, None]
    fuels, supplied = slice(None, -CONVERTED), slice(-CONVERTED, None)
    out = np.ones_like(mix)
    kept = carbon[..., fuels].sum(axis=-1, keepdims=True)
    moved = (carbon * mix)[..., fuels].sum(axis=-1, keepdims=True)
    out[..., fuels] = mix[..., fuels] * np.where(moved > 0, kept / np.where(moved > 0, moved, 1), 1)
    kept = energy[..., supplied].sum(axis=-2, keepdims=True)
    moved = (energy * use)[..., supplied].sum(axis=-2, keepdims=True)
    scale = np.where(moved > 0, kept / np.where(moved > 0, moved, 1), 1)
    out[..., supplied] = use[..., supplied] * scale
    return out


def _prices(draws: int, seed: int) -> Array:
    rng = np.random.default_rng([seed, zlib.crc32(b"price")])
    return np.stack(
        [rng.triangular(c.price_low, c.price, c.price_high, draws) for c in carriers()], axis=-1
    )


def _lifetimes(draws: int, seed: int) -> Array:
    rng = np.random.default_rng([seed, zlib.crc32(b"lifetime")])
    return np.stack(
        [rng.triangular(s.life_low, s.life, s.life_high, draws) for s in sectors()], axis=-1
    )


def _build(start: Start, lifetime: Array, seed: int) -> Array:
    """Clean part of new plant with which the grid factor starts to fall as it lately did."""
    draws = len(lifetime)
    falls = _draw("grid_drift", draws, seed)[:, None]
    if start.grid_fall is not None:
        # the spread of the prior about what the economy itself shows
        falls = start.grid_fall + falls - priors()["grid_drift"].mode
    state = start.state
    clean = 1.0 - state.emission_factor[:, -2] / state.fossil_factor[:, 0]
    rise = start.energy.carriers[:, :, -2]
    growth = np.maximum((rise[:, -1] / rise[:, 0]) ** (1.0 / (rise.shape[1] - 1)) - 1.0, 0.0)
    stay = 1.0 - 1.0 / lifetime[:, :1]
    new = growth + 1.0 - stay
    part = new / (stay + new)
    power = clean + falls * (1.0 - clean) / part
    heat = np.broadcast_to(_draw("heat_build", draws, seed)[:, None], power.shape)
    return np.clip(np.stack([power, heat], axis=-1), 0.0, 1.0)
