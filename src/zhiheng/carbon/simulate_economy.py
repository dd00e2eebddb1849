"""The start of a simulation for economies: territorial CO2 by sector, electricity, output.

CO2 by sector is observed, energy by carrier is not: a catalogued layout names the fuels behind
each sector's CO2, and energy is CO2 over the factor of each fuel. Power emits with electricity
(and heat, where the catalog has its part); industrial processes, fugitive CO2 and what the total
holds beyond the sectors are process emissions.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_energy import CARRIERS, described
from zhiheng.carbon.simulate_refusals import (
    current_money,
    foreign_unit,
    gaps_in,
    negative_values,
    no_series,
    open_sectors,
    short_history,
)
from zhiheng.carbon.simulate_start import BRANCHES, Array, Start, log_change, ratio
from zhiheng.catalog.factors import factor_constants
from zhiheng.catalog.series import fuels
from zhiheng.catalog.simulator import SECTORS, facts, layout, priors
from zhiheng.core.panel import Panel
from zhiheng.kernels.outlook import FIXED
from zhiheng.kernels.simulator_records import CONVERTED, State

TOTAL, POWER = "co2", "co2_power"
COMBUSTION = ("co2_industrial_combustion", "co2_transport", "co2_buildings")
OTHER = ("co2_industrial_processes", "co2_fugitive")
SHARES = ("agriculture_share", "industry_share", "services_share")
USE, COAL, LOSS, LAND = (
    "electricity_use_per_capita", "coal_electricity_share", "grid_loss_share", "lulucf_co2_flux",
)  # fmt: skip
OUTPUT = "USD_2015"
UNITS = {
    "population": "person", "gdp_real": OUTPUT, **dict.fromkeys(SHARES, "1"),
    **dict.fromkeys((TOTAL, POWER, *COMBUSTION, *OTHER), "t_CO2"),
    USE: "kWh/person", COAL: "1", LOSS: "1",
}  # fmt: skip
"""Series that an economy must have, and their units."""
FUELS = {"coal": "raw_coal", "oil": "diesel", "gas": "natural_gas"}
"""The fuel whose factor stands for a carrier."""
_KG = 1e-3  # tonnes in a kilogram


def is_economy(panel: Panel) -> bool:
    """Whether a panel is of economies whose energy by fuel is not given."""
    own = any(s.startswith(("energy.", "final_")) for s in panel.series)
    return panel.level == "economy" and not own


def read_economy(panel: Panel, *, start: int | None, gaps: Literal["refuse", "drop"]) -> Start:
    """Read the start year and the years before it; errors as in `read_start`."""
    _refuse_series(panel)
    year = _year(panel) if start is None else start
    years = [y for y in panel.periods if year - FIXED.window <= y <= year]
    if len(years) <= FIXED.least or years[-1] != year:
        raise short_history(panel, year, years)
    whole = panel
    panel, left_out = _complete(panel.select(periods=years), gaps=gaps)
    people, output, total = (panel.array(n) for n in ("population", "gdp_real", TOTAL))
    carriers, energy, direct, power, fossil = _energy(panel, people)
    process = total - np.sum([panel.array(n) for n in (POWER, *COMBUSTION)], axis=0)
    _refuse_open(panel, total, process)
    branches = np.stack([panel.array(n) for n in SHARES], axis=-1)
    branches = branches / branches.sum(axis=-1, keepdims=True)
    sink = _sink(panel)
    series = tuple(sorted({*UNITS, *({LAND} & set(panel.series))}))
    factor = np.broadcast_to(direct, (*people.shape, len(direct)))
    about = described(carriers, energy, factor, balance=False, series=series)
    span = len(years) - 1
    # an asked start is looked at as from that year: what came later is not in the draws
    known = _known(whole, panel.entities, year)[:, : None if start is None else 0]
    heat = _heat_factor()
    state = State(
        energy=energy,
        emission_factor=np.concatenate(
            [factor[:, -1], power[:, -1:], np.full((len(people), 1), heat)], axis=-1
        ),
        fossil_factor=np.stack(
            [fossil, np.full(len(fossil), heat / (1.0 - priors()["heat_clean"].mode))], axis=-1
        ),
        efficiency=about.efficiency,
        population=people[:, -1],
        # prices and costs of the priors are in yuan: so is output, at the catalogued rate
        gdp=output[:, -1] * facts()["usd_2015"].value,
        shares=branches[:, -1],
        branch=about.branch,
        process=process[:, -1],
        sink=sink,
        industry=about.industry,
        shift=(BRANCHES.index("secondary"), BRANCHES.index("tertiary")),
        household=about.household,
        potential=about.potential,
    )
    shares = ratio(carriers, carriers.sum(axis=-1, keepdims=True))
    return Start(
        panel=panel,
        year=year,
        first=years[0],
        energy=about,
        state=state,
        levels=_levels(panel),
        known=known,
        history=total,
        preference=log_change(shares) / span,
        structure=log_change(branches) / span,
        left_out=left_out,
        own_sink=True,
        own_process=True,
        series=series,
        territorial=True,
        grid_fall=np.log(power[:, 0] / power[:, -1]) / span,
        later=_later(whole, panel.entities, year + known.shape[1]),
    )


def _levels(panel: Panel) -> Array:
    people, output, total = (panel.array(n) for n in ("population", "gdp_real", TOTAL))
    return np.log(np.stack([people, output / people, total / output], axis=-1))


def _known(panel: Panel, entities: tuple[str, ...], year: int) -> Array:
    """Levels of the years right after the start, as long as all economies have them."""
    years = [y for y in panel.periods if y > year]
    following = [y for k, y in enumerate(years, start=1) if y == year + k]
    if not following:
        return np.empty((len(entities), 0, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _levels(panel.select(entities=entities, periods=following))
    seen = np.isfinite(found).all(axis=(0, 2))
    return found[:, : int(np.cumprod(seen).sum())]


def _later(
    panel: Panel, entities: tuple[str, ...], year: int
) -> tuple[tuple[str, int, float], ...]:
    """Totals after a year that are not used."""
    total = panel.array(TOTAL)
    return tuple(
        (e, y, float(total[panel.entities.index(e), t]))
        for e in entities
        for t, y in enumerate(panel.periods)
        if y > year and np.isfinite(total[panel.entities.index(e), t])
    )


def generation_factor(start: Start) -> Array:
    """Kg CO2 per kWh generated at the start: what is delivered costs the losses more."""
    loss = start.panel.array(LOSS)[:, -1]
    per_kwh = _tce_per_kwh()
    return start.state.emission_factor[:, -CONVERTED] * per_kwh / _KG * (1.0 - loss)


def has_layout(economy: str) -> bool:
    """Whether the catalog has a layout of this very economy."""
    return layout(economy)[0].economy == economy


def heat_part(economy: str) -> float:
    """Part of the CO2 of the power industry that is for heat; zero where it is not known."""
    known = facts().get(f"heat_of_power.{economy}")
    return 0.0 if known is None else known.value


def _refuse_series(panel: Panel) -> None:
    missing = [name for name in UNITS if name not in panel.series]
    if missing:
        raise no_series(missing)
    for name, unit in UNITS.items():
        if panel.units[name] != unit:
            if name == "gdp_real":
                raise current_money(panel.units[name], OUTPUT)
            raise foreign_unit(name, panel.units[name], [unit])


def _unseen(panel: Panel) -> NDArray[np.bool_]:
    return np.isnan(np.sum([panel.array(n) for n in UNITS], axis=0))


def _year(panel: Panel) -> int:
    unseen = _unseen(panel)
    whole = np.flatnonzero(np.any(~unseen, axis=0))
    if not len(whole):
        raise gaps_in(panel, tuple(UNITS), unseen)
    return panel.periods[int(whole[-1])]


def _complete(panel: Panel, *, gaps: Literal["refuse", "drop"]) -> tuple[Panel, tuple[str, ...]]:
    """Economies with everything in all years; the others are refused, or left out and named."""
    unseen = _unseen(panel)
    whole: NDArray[np.bool_] = np.all(~unseen, axis=1)
    if not whole.all() and (gaps == "refuse" or not whole.any()):
        raise gaps_in(panel, tuple(UNITS), unseen)
    left_out = tuple(e for e, w in zip(panel.entities, whole, strict=True) if not w)
    panel = panel.select(entities=[e for e, w in zip(panel.entities, whole, strict=True) if w])
    positive = ("population", "gdp_real", TOTAL, POWER, USE, *SHARES)
    values = np.stack([panel.array(n) for n in UNITS], axis=-1)
    wrong = (values < 0) | ((values == 0) & np.isin(list(UNITS), positive))
    if wrong.any():
        raise negative_values(panel, wrong, names=tuple(UNITS))
    return panel, left_out


def _refuse_open(panel: Panel, total: Array, process: Array) -> None:
    gap = process - np.sum([panel.array(n) for n in OTHER], axis=0)
    wrong = (np.abs(gap) > facts()["sector_gap"].value * total) | (process < 0)
    if wrong.any():
        raise open_sectors(panel, wrong, gap, total)


def _energy(panel: Panel, people: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Tce by carrier and year; by sector at the start; factors of fuels, power and fossil power."""
    joule = factor_constants()
    per_tce = joule["tce"].value
    known = {f.fuel: f for f in fuels()}
    direct = np.array(
        [known[f].value / (known[f].ncv_gj / known[f].per) * per_tce for f in FUELS.values()]
    )
    parts = [layout(e) for e in panel.entities]
    carbon = np.stack(
        [np.array([p[k].part for p in parts])[:, None] * _of(panel, [p[k].series for p in parts])
         for k in range(len(SECTORS))],
        axis=-1,
    )  # fmt: skip
    mix = np.array([[[p.coal, p.oil, p.gas] for p in sector] for sector in parts])
    burnt = carbon[..., None] * mix[:, None] / direct
    power = panel.array(POWER)
    part = np.array([heat_part(e) for e in panel.entities])[:, None]
    used = panel.array(USE) * people * _tce_per_kwh()
    heat = power * part / _heat_factor()
    supplied = np.stack([used, heat], axis=-1)[..., None, :]
    spread = np.array([[[p.electricity, p.heat] for p in sector] for sector in parts])
    energy = np.concatenate([burnt, supplied * spread[:, None]], axis=-1)
    assert energy.shape[-1] == len(CARRIERS)
    delivered = power * (1.0 - part) / used
    return energy.sum(axis=2), energy[:, -1], direct, delivered, _fossil(panel, delivered[:, -1])


def _of(panel: Panel, names: list[str]) -> Array:
    return np.stack([panel.array(name)[a] for a, name in enumerate(names)])


def _fossil(panel: Panel, delivered: Array) -> Array:
    """Factor of fossil power alone: what coal does not explain comes from other fossil plant."""
    coal, loss = panel.array(COAL)[:, -1], panel.array(LOSS)[:, -1]
    generated = delivered * _tce_per_kwh() / _KG * (1.0 - loss)
    rest = (generated - coal * facts()["power_coal"].value) / facts()["power_other"].value
    return delivered / np.clip(coal + np.clip(rest, 0.0, 1.0 - coal), 1e-9, 1.0)


def sink_years(panel: Panel) -> tuple[int | None, ...]:
    """The last year of the history with a flux of land use, by economy; None for none."""
    if LAND not in panel.series:
        return (None,) * len(panel.entities)
    seen: NDArray[np.bool_] = ~np.isnan(panel.array(LAND))
    last = len(panel.periods) - 1 - np.argmax(seen[:, ::-1], axis=1)
    return tuple(panel.periods[int(t)] if seen[a].any() else None for a, t in enumerate(last))


def _sink(panel: Panel) -> Array:
    """Removals by land in the last year that has them; a source is no sink."""
    years = sink_years(panel)
    flux = np.array(
        [0.0 if y is None else panel.array(LAND)[a, panel.periods.index(y)]
         for a, y in enumerate(years)]
    )  # fmt: skip
    return np.where(flux < 0, -flux, 0.0)


def _tce_per_kwh() -> float:
    return factor_constants()["kwh"].value / factor_constants()["tce"].value


def _heat_factor() -> float:
    return factor_constants()["heat"].value * factor_constants()["tce"].value
