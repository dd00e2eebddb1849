"""The start and the recent past of a simulation, read from a panel.

Three shapes are understood: final consumption by fuel (`final_*`), spread over sectors by a
catalogued allocation; a balance by sector and fuel (`energy.SECTOR.FUEL`), used as it is; and
the territorial CO2 of economies by sector (`co2_*`), which `simulate_economy` reads.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_economy import is_economy, read_economy
from zhiheng.carbon.simulate_energy import Energy, read_energy
from zhiheng.carbon.simulate_refusals import (
    current_money,
    gaps_in,
    negative_values,
    no_series,
    short_history,
)
from zhiheng.carbon.simulate_start import BRANCHES, MONEY, Start, log_change, ratio
from zhiheng.catalog.factors import factor_constants, grid_factor, grids
from zhiheng.catalog.scope import scope
from zhiheng.catalog.simulator import facts, priors
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel
from zhiheng.kernels.outlook import FIXED
from zhiheng.kernels.simulator_outlook import Growth, robust_scale
from zhiheng.kernels.simulator_records import State

Array = NDArray[np.float64]
_KG = 1e-3  # tonnes in a kilogram


_STARTS: dict[tuple[object, ...], Start] = {}
_KEPT = 8
"""Starts that are kept: another lever on the same panel reads nothing anew."""


def read_start(panel: Panel, *, start: int | None, gaps: Literal["refuse", "drop"]) -> Start:
    """Read the start year, and the years before it that drifts are taken from.

    Raises
    ------
    ZhihengError
        M982 series that are missing, M983 gaps, M984 negative values, M985 a history too
        short, M986 output in current prices or another money, C442 and C444 no grid factor,
        C459 sectors of an economy that do not add up.
    """
    key = (panel.fingerprint, panel.level, start, gaps)
    found = _STARTS.get(key)
    if found is not None:
        # equal values may have other names
        same = panel.select(entities=found.panel.entities, periods=found.panel.periods)
        return replace(found, panel=same)
    read = read_economy if is_economy(panel) else _read_region
    found = read(panel, start=start, gaps=gaps)
    while len(_STARTS) >= _KEPT:
        del _STARTS[next(iter(_STARTS))]
    _STARTS[key] = found
    return found


def _read_region(panel: Panel, *, start: int | None, gaps: Literal["refuse", "drop"]) -> Start:
    energy = read_energy(panel)
    year = _year(panel, energy) if start is None else start
    first = max(_first_grid_year(), panel.periods[0], year - FIXED.window)
    years = [y for y in range(first, year + 1) if y in panel.periods]
    if len(years) <= FIXED.least or years[-1] != year:
        raise short_history(panel, year, years)
    kept, left_out = _complete(panel, energy, years, gaps=gaps)
    panel = panel.select(entities=kept, periods=years)
    energy = read_energy(panel)
    people, output, branches = _macro(panel)
    factor, fossil = _factors(panel, energy, year)
    carbon = energy.carriers * factor
    process, own_process = _optional(panel, "co2_process", "t_CO2")
    history = carbon.sum(axis=-1) + process
    levels = np.log(np.stack([people, output / people, history / output], axis=-1))
    span = len(years) - 1
    sink, own_sink = _optional(panel, "sink", "t_CO2")
    if not own_sink:
        national = history[:, -1] / _national(history)
        sink = np.broadcast_to((national * facts()["sink_national"].value)[:, None], sink.shape)
    shares = ratio(energy.carriers, energy.carriers.sum(axis=-1, keepdims=True))
    state = State(
        energy=energy.start,
        emission_factor=factor[:, -1],
        fossil_factor=fossil,
        efficiency=energy.efficiency,
        population=people[:, -1],
        gdp=output[:, -1],
        shares=branches[:, -1],
        branch=energy.branch,
        process=process[:, -1],
        sink=sink[:, -1],
        industry=energy.industry,
        shift=(BRANCHES.index("secondary"), BRANCHES.index("tertiary")),
        household=energy.household,
        potential=energy.potential,
    )
    return Start(
        panel=panel,
        year=year,
        first=years[0],
        energy=energy,
        state=state,
        levels=levels,
        known=np.empty((len(people), 0, 3)),
        history=history,
        preference=log_change(shares) / span,
        structure=log_change(branches) / span,
        left_out=left_out,
        own_sink=own_sink,
        own_process=own_process,
        series=tuple(sorted({*energy.series, *_MACRO})),
    )


_MACRO = ("population", "gdp_real", "va_primary", "va_secondary", "va_tertiary")


def growth_of(start: Start, variance: float, affluence_variance: float) -> Growth:
    """The recent past in the form that draws of the outlook need."""
    levels = np.concatenate([start.levels, start.known], axis=1)[:, -FIXED.window - 1 :]
    total = levels.sum(axis=-1)
    emitted = np.exp(total)
    whole = np.log(emitted.sum(axis=0, keepdims=True))
    return Growth(
        drift=(levels[:, -1] - levels[:, 0]) / (levels.shape[1] - 1),
        scale=np.stack(
            [
                robust_scale(total, variance),
                robust_scale(levels[..., 1], affluence_variance),
            ],
            axis=-1,
        ),
        population_spread=facts()["population_spread"].value,
        weight=emitted[:, -1],
        whole=float(robust_scale(whole, variance)[0]),
        keys=tuple(zlib.crc32(e.encode()) for e in start.panel.entities),
    )


def _year(panel: Panel, energy: Energy) -> int:
    """The last year in which any entity has all of its energy."""
    unseen: NDArray[np.bool_] = np.isnan(energy.carriers.sum(axis=-1))
    seen = np.flatnonzero(np.any(~unseen, axis=0))
    if not len(seen):
        raise gaps_in(panel, energy.series, unseen)
    return panel.periods[int(seen[-1])]


def _first_grid_year() -> int:
    return min(g.valid_from or 9999 for g in grids() if g.area == "CHN" and g.kind == "average")


def _complete(
    panel: Panel, energy: Energy, years: list[int], *, gaps: Literal["refuse", "drop"]
) -> tuple[list[str], tuple[str, ...]]:
    """Entities with everything in all years; the others are refused, or left out and named."""
    missing = [name for name in _MACRO if not _has(panel, name)]
    if missing:
        raise no_series(missing)
    at = [panel.periods.index(y) for y in years]
    macro = np.stack([_values(panel, name)[:, at] for name in _MACRO], axis=-1)
    known = np.concatenate([macro, energy.carriers[:, at]], axis=-1)
    whole: NDArray[np.bool_] = np.isfinite(known.sum(axis=(1, 2)))
    unseen: NDArray[np.bool_] = np.isnan(known.sum(axis=-1))
    cut = panel.select(periods=years)
    if not whole.all() and (gaps == "refuse" or not whole.any()):
        raise gaps_in(cut, (*energy.series, *_MACRO), unseen)
    below = np.stack([cut.array(name) < 0 for name in energy.series], axis=-1)
    if below.any():
        raise negative_values(cut, below, names=energy.series)
    idle = macro <= 0
    if idle.any():
        raise negative_values(cut, idle, names=_MACRO)
    kept = [e for e, w in zip(panel.entities, whole, strict=True) if w]
    return kept, tuple(e for e, w in zip(panel.entities, whole, strict=True) if not w)


def _has(panel: Panel, name: str) -> bool:
    meaning = scope(panel.level)
    return name in panel.series or name in meaning.definitions


def _values(panel: Panel, name: str) -> Array:
    return evaluate(name, panel, scope(panel.level)).values


def _macro(panel: Panel) -> tuple[Array, Array, Array]:
    """People, output at 2020 prices, and shares of branches (in current prices: shares only)."""
    meaning = scope(panel.level)
    output = evaluate("gdp_real", panel, meaning)
    if output.unit != MONEY:
        raise current_money(output.unit, MONEY)
    added = np.stack([_values(panel, name) for name in _MACRO[2:]], axis=-1)
    return _values(panel, "population"), output.values, added / added.sum(-1, keepdims=True)


def _optional(panel: Panel, name: str, unit: str) -> tuple[Array, bool]:
    shape = (len(panel.entities), len(panel.periods))
    if name not in panel.series:
        return np.zeros(shape), False
    found = panel.array(name)
    wrong = ~np.isfinite(found) | (found < 0)
    if wrong.any() or panel.units[name] != unit:
        raise negative_values(panel, wrong[..., None], names=[name], unit=unit)
    return found, True


def _factors(panel: Panel, energy: Energy, year: int) -> tuple[Array, Array]:
    """T CO2 per tce by area, year and carrier; and of fossil electricity and heat alone."""
    joule = factor_constants()
    per_kwh = joule["kwh"].value / joule["tce"].value  # tce
    own = np.array([grid_factor(e, year=year).value for e in panel.entities]) * _KG / per_kwh
    nation = np.array([_national_grid(y) for y in panel.periods])
    power = own[:, None] * nation / _national_grid(year)
    for k, y in enumerate(panel.periods):
        for a, e in enumerate(panel.entities):
            known = [g for g in grids() if g.area == e and g.kind == "average" and g.holds(y)]
            if known:
                power[a, k] = known[-1].value * _KG / per_kwh
    heat = joule["heat"].value * joule["tce"].value
    factor = np.concatenate(
        [energy.factor, power[..., None], np.full((*power.shape, 1), heat)], axis=-1
    )
    fossil = grid_factor("CHN", kind="fossil", year=None).value * _KG / per_kwh
    clean_heat = _heat_clean()
    return factor, np.stack(
        [np.maximum(fossil, own), np.full(len(own), heat / (1.0 - clean_heat))], axis=-1
    )


def _heat_clean() -> float:
    return priors()["heat_clean"].mode


def _national_grid(year: int) -> float:
    """The national factor; between published years by constant growth."""
    rows = {
        g.valid_from: g.value
        for g in grids()
        if g.area == "CHN" and g.kind == "average" and g.valid_from
    }
    known = sorted(rows)
    return float(np.exp(np.interp(year, known, np.log([rows[y] for y in known]))))


def _national(history: Array) -> float:
    """What the national sink is apportioned to: emissions of the provinces of the data set."""
    return max(facts()["start_national"].value, float(history[:, -1].sum()))
