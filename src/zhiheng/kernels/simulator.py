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

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.side_by_side import processors, side_by_side
from zhiheng.kernels.simulator_block import Block, Kept, block, columns, leveled, levels_of
from zhiheng.kernels.simulator_ledger import Ledger, settle
from zhiheng.kernels.simulator_records import LEVERS, Array, Parameters, Paths, State
from zhiheng.kernels.simulator_year import Year, first_year, next_year

BLOCK = 5_000
"""Draws x areas that are run together: few calls, and work arrays of a few megabytes."""

Rows = NDArray[np.intp]

Raw = dict[str, Array]
"""Paths by name with years first: shape (T, D, A), or (T, K, D, A)."""

Gaps = Array
"""Gaps of the accounts in each year of a block, shape (2, T)."""

CLOSED = 1e-9
"""Largest relative gap of the yearly accounts; rounding alone stays six digits below it."""


class OpenAccount(ArithmeticError):
    """An account of the model does not close: a fault of the program, never of the data."""


def calibrate(state: State, parameters: Parameters) -> Paths:
    """Run without levers; `scale` of the result makes emissions meet `parameters.emissions`."""
    years = parameters.population.shape[-1]
    return _run(state, parameters, np.zeros((len(LEVERS), years)), None)


def run(
    state: State,
    parameters: Parameters,
    levels: Array,
    baseline: Paths | None = None,
    *,
    draws: Rows | None = None,
    only: Collection[str] | None = None,
    ready: Block | None = None,
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
    draws : ndarray of int, shape (R,), optional
        The draws to run, in this order; each may come more than once, so that several sets of
        levers run together. `levels` and the result then have R draws.
    only : collection of str, optional
        Paths that are wanted; the others are NaN, which saves their memory.
    ready : Block, optional
        From `made_ready` of the same arguments, for many runs on few draws.
    """
    base = baseline or calibrate(state, parameters)
    return _run(state, parameters, levels, base, draws, only=only, ready=ready)


def made_ready(state: State, parameters: Parameters, baseline: Paths) -> Block | None:
    """What all runs on these draws have in common; None where it would take much memory."""
    draws, areas, _ = parameters.population.shape
    if draws * areas > BLOCK:
        return None
    return block(state, parameters, Kept(baseline.scale, baseline.spending, baseline.plant))


def take(parameters: Parameters, rows: slice | Rows) -> Parameters:
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


def _run(
    state: State,
    p: Parameters,
    levels: Array,
    baseline: Paths | None,
    chosen: Rows | None = None,
    *,
    only: Collection[str] | None = None,
    ready: Block | None = None,
) -> Paths:
    draws, areas, years = p.population.shape
    draws = draws if chosen is None else len(chosen)
    own = levels if levels.ndim == 3 else levels[:, None, :]
    size = _block_size(draws, areas)
    out = _empty(draws, areas, years, state.energy.shape[-1], only)

    def part(start: int) -> Gaps:
        rows = slice(start, min(start + size, draws))
        here = own if own.shape[1] == 1 else own[:, rows]
        of = rows if chosen is None else chosen[rows]
        return _run_block(leveled(_ground(state, p, baseline, of, ready), here, areas), out, rows)

    balance, kaya = np.max(side_by_side(part, range(0, draws, size)), axis=0)
    worst = float(max(balance.max(), kaya.max()))
    if not worst <= CLOSED:
        raise OpenAccount(f"yearly accounts are open by {worst:.2e}")
    return _paths(out, balance, kaya)


def _ground(
    state: State, p: Parameters, baseline: Paths | None, of: slice | Rows, ready: Block | None
) -> Block:
    """The block of some draws, cut from the one that is ready where there is one."""
    if ready is not None:
        draws, areas, _ = p.population.shape
        place = np.arange(draws * areas).reshape(draws, areas)[of].ravel()
        whole = isinstance(of, slice) and len(place) == draws * areas
        return ready if whole else columns(ready, place)
    base = None
    if baseline is not None:
        base = Kept(baseline.scale[of], baseline.spending[of], baseline.plant[of])
    return block(state, take(p, of), base)


def _block_size(draws: int, areas: int) -> int:
    """Draws to a block: blocks of one size, and as many of them for each processor."""
    blocks = -(-draws * areas // BLOCK)
    if blocks > 1:
        blocks = -(-blocks // processors()) * processors()
    return max(1, -(-draws // max(1, blocks)))


def _run_block(b: Block, out: Raw, rows: slice) -> Gaps:
    """Run all years; each is written out at once, so that its memory serves the next one."""
    year = first_year(b)
    ledger = settle(b, year, levels_of(np.zeros((len(LEVERS), 1))), 0)
    gaps = np.empty((2, b.years))
    for t in range(b.years):
        if t > 0:
            levels = b.level[t]
            year = next_year(b, year, levels, t)
            ledger = settle(b, year, levels, t)
        _write(out, rows, t, year, ledger)
        gaps[:, t] = max(year.balance, ledger.gap), year.kaya
    return gaps


def _empty(draws: int, areas: int, years: int, carriers: int, only: Collection[str] | None) -> Raw:
    """Years first in memory, so that each year is written in one piece."""
    wide = {"carriers": carriers, "clean": 2, "money": 3, "transfers": 3, "spending": 2}
    out: Raw = {}
    for name in (*_FROM_YEAR, *_FROM_LEDGER, "net"):
        shape = (years, wide[name], draws, areas) if name in wide else (years, draws, areas)
        wanted = only is None or name in only
        out[name] = np.empty(shape) if wanted else np.broadcast_to(np.nan, shape)
    return out


def _write(out: Raw, rows: slice, t: int, year: Year, ledger: Ledger) -> None:
    """Cut [N] into [D, A], and [K, N] into [K, D, A]."""
    for names, record in ((_FROM_YEAR, year), (_FROM_LEDGER, ledger)):
        for name in names:
            if out[name].flags.writeable:
                into = out[name][t, ..., rows, :]
                into[...] = getattr(record, name).reshape(into.shape)
    if out["net"].flags.writeable:
        into = out["net"][t, rows]
        np.subtract(year.emissions.reshape(into.shape), year.removed.reshape(into.shape), out=into)


def _paths(out: Raw, balance: Array, kaya: Array) -> Paths:
    """Turn axes back: draws and areas first, then years."""
    turned = {n: np.moveaxis(x, (-2, -1, 0), (0, 1, 2)) for n, x in out.items()}
    return Paths(**turned, balance=balance, kaya=kaya)


_FROM_YEAR = (
    "emissions",
    "direct",
    "indirect",
    "process",
    "captured",
    "removed",
    "energy",
    "carriers",
    "population",
    "gdp",
    "secondary",
    "clean",
    "vintage",
    "scale",
)
_FROM_LEDGER = ("money", "transfers", "resource", "spending", "plant")
