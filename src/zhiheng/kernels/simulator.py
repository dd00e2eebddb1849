"""A vectorised annual model of energy and CO2 by area, sector, carrier and vintage.

Emissions are population x output per head x share of a branch x energy intensity x mix x factor
+ process emissions - capture; removals by land stay apart. Choice of carriers and of plant is a
logit in cost for new equipment only, and equipment retires at the rate 1 / lifetime.

`calibrate` runs the model without levers and finds, for every draw, area and year, the autonomous
factor on demand with which emissions equal the outlook that the draw holds. `run` keeps that
factor and adds levers: without levers it repeats the baseline bit by bit.

Inside a block axes are turned round, draws x areas last, so that the inner loops are long.
"""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.simulator_block import Block, Levels, block
from zhiheng.kernels.simulator_ledger import Ledger, settle
from zhiheng.kernels.simulator_records import LEVERS, Array, Parameters, Paths, State
from zhiheng.kernels.simulator_year import Year, first_year, next_year

BLOCK = 3_000
"""Draws x areas that are run together: few calls, and work arrays of a few megabytes."""

CLOSED = 1e-9
"""Largest relative gap of the yearly accounts; rounding alone stays six digits below it."""


class OpenAccount(ArithmeticError):
    """An account of the model does not close: a fault of the program, never of the data."""


def calibrate(state: State, parameters: Parameters) -> Paths:
    """Run without levers; `scale` of the result makes emissions meet `parameters.emissions`."""
    years = parameters.population.shape[-1]
    return _run(state, parameters, np.zeros((len(LEVERS), years)), None)


def run(
    state: State, parameters: Parameters, levels: Array, baseline: Paths | None = None
) -> Paths:
    """Run with levers.

    Parameters
    ----------
    state : State
    parameters : Parameters
    levels : ndarray, shape (L, T) or (L, D, T)
        Level of each lever of `LEVERS` in each year; with a draw axis every draw has its own.
    baseline : Paths, optional
        From `calibrate` of the same arguments; made anew when absent. Give it where many sets of
        levers are compared.
    """
    return _run(state, parameters, levels, baseline or calibrate(state, parameters))


def take(parameters: Parameters, rows: slice) -> Parameters:
    """The parameters of some of the draws."""
    from dataclasses import fields, replace

    effects = parameters.effects
    effects = replace(effects, **{f.name: getattr(effects, f.name)[rows] for f in fields(effects)})
    own = {f.name: getattr(parameters, f.name) for f in fields(parameters) if f.name != "effects"}
    return replace(parameters, effects=effects, **{name: own[name][rows] for name in own})


def take_paths(paths: Paths, rows: slice) -> Paths:
    """The paths of some of the draws."""
    from dataclasses import fields, replace

    yearly = {"balance", "kaya"}
    cut = {f.name: getattr(paths, f.name)[rows] for f in fields(paths) if f.name not in yearly}
    return replace(paths, **cut)


def _run(state: State, p: Parameters, levels: Array, baseline: Paths | None) -> Paths:
    draws, areas, years = p.population.shape
    own = levels if levels.ndim == 3 else levels[:, None, :]
    size = max(1, BLOCK // areas)
    out = _empty(draws, areas, years, state.energy.shape[-1])
    for start in range(0, draws, size):
        rows = slice(start, min(start + size, draws))
        here = own if own.shape[1] == 1 else own[:, rows]
        base = None if baseline is None else take_paths(baseline, rows)
        _fill(out, rows, _run_block(block(state, take(p, rows), here, base)), areas)
    worst = float(max(out.balance.max(), out.kaya.max()))
    if not worst <= CLOSED:
        raise OpenAccount(f"yearly accounts are open by {worst:.2e}")
    return out


def _run_block(b: Block) -> list[tuple[Year, Ledger]]:
    year = first_year(b)
    out = [(year, settle(b, year, _no_levels(b), 0))]
    for t in range(1, b.years):
        levels = b.levels(t)
        year = next_year(b, year, levels, t)
        out.append((year, settle(b, year, levels, t)))
    return out


def _no_levels(b: Block) -> Levels:
    return Levels(*(np.zeros((1,)) for _ in LEVERS))


def _empty(draws: int, areas: int, years: int, carriers: int) -> Paths:

    def new(*more: int) -> Array:
        # years first in memory, so that each year is written in one piece
        return np.moveaxis(np.empty((years, *more, draws, areas)), (-2, -1, 0), (0, 1, 2))

    return Paths(
        emissions=new(),
        direct=new(),
        indirect=new(),
        process=new(),
        captured=new(),
        removed=new(),
        net=new(),
        energy=new(),
        carriers=new(carriers),
        population=new(),
        gdp=new(),
        secondary=new(),
        clean=new(2),
        vintage=new(),
        scale=new(),
        money=new(3),
        transfers=new(3),
        resource=new(),
        spending=new(2),
        plant=new(),
        balance=np.zeros(years),
        kaya=np.zeros(years),
    )


_FROM_YEAR = (
    "emissions",
    "direct",
    "indirect",
    "process",
    "captured",
    "removed",
    "energy",
    "population",
    "gdp",
    "secondary",
    "vintage",
    "scale",
)
_WIDE_YEAR = ("carriers", "clean")
_FROM_LEDGER = ("resource", "plant")
_WIDE_LEDGER = ("money", "transfers", "spending")


def _fill(out: Paths, rows: slice, found: list[tuple[Year, Ledger]], areas: int) -> None:
    """Turn axes back: [N] to [D, A], and [K, N] to [D, A, K]."""
    for t, (year, ledger) in enumerate(found):
        for names, record in ((_FROM_YEAR, year), (_FROM_LEDGER, ledger)):
            for name in names:
                getattr(out, name)[rows, :, t] = getattr(record, name).reshape(-1, areas)
        for names, record in ((_WIDE_YEAR, year), (_WIDE_LEDGER, ledger)):
            for name in names:
                wide = getattr(record, name)
                target = np.moveaxis(getattr(out, name)[rows, :, t], -1, 0)
                target[...] = wide.reshape(len(wide), -1, areas)
        out.net[rows, :, t] = out.emissions[rows, :, t] - out.removed[rows, :, t]
        out.balance[t] = max(out.balance[t], year.balance, ledger.gap)
        out.kaya[t] = max(out.kaya[t], year.kaya)
