"""The tables of a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_draws import HINDCAST, Case
from zhiheng.carbon.simulate_energy import CARRIERS
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.kernels.hindcast import RIVALS
from zhiheng.kernels.lmdi import effects as log_effects
from zhiheng.kernels.side_by_side import side_by_side
from zhiheng.kernels.simulator_odds import at_most, fan, peak_by, summed
from zhiheng.kernels.simulator_records import ACTORS, Array, Paths

TOTAL = "total"
TOTAL_NAME = Text("合计", "total")
CHINA = "CHN"
SHOWN = 4
"""Regions in the fan: more plots than these cannot be read on a page."""
MARKED = (2030, 2060)
"""Years of the national goals, marked in figures and named in notes."""
SPLIT = (2025, 2030, 2035, 2040, 2050, 2060)
"""Years to which the change since the start is split into factors."""
UNITS = {
    "emissions": "t_CO2", "net": "t_CO2", "direct": "t_CO2", "indirect": "t_CO2",
    "captured": "t_CO2", "removed": "t_CO2", "energy": "tce", "population": "person",
    "gdp": "CNY_2020", "emission_intensity": "t_CO2/CNY_2020", "electricity_share": "1",
    "clean_power": "1", "without_levers": "t_CO2",
}  # fmt: skip
_SUMMED = ("emissions", "net", "direct", "indirect", "captured", "removed", "energy")


@dataclass(frozen=True, slots=True)
class Named:
    """Entities of the tables: the panel's, and their sum where there are several."""

    entities: tuple[str, ...]
    names: tuple[Text, ...]

    def rows(self, times: int) -> dict[str, list[str]]:
        """Entity columns, each entity `times` times."""
        return {
            "entity": [e for e in self.entities for _ in range(times)],
            "name_zh": [n.zh for n in self.names for _ in range(times)],
            "name_en": [n.en for n in self.names for _ in range(times)],
        }


def named(case: Case) -> Named:
    """The entities in use, their sum before them."""
    panel = case.start.panel
    names = tuple(panel.name(e) for e in panel.entities)
    if len(names) == 1:
        return Named(panel.entities, names)
    return Named((TOTAL, *panel.entities), (TOTAL_NAME, *names))


def with_sum(x: Array) -> Array:
    """Put the sum over areas, the axis after draws, before them where there are several."""
    if x.shape[1] == 1:
        return x
    # draws side by side in memory, as quantiles over them need it
    out = np.moveaxis(np.empty((x.shape[1] + 1, *x.shape[2:], x.shape[0])), -1, 0)
    out[:, 0] = x.sum(axis=1)
    out[:, 1:] = x
    return out


def variables(paths: Paths, baseline: Paths | None) -> dict[str, Array]:
    """What is reported, [D, A(+1), T] each; ratios of sums, never sums of ratios."""
    parts = {name: getattr(paths, name) for name in (*_SUMMED, "population", "gdp")}
    power = paths.carriers[..., CARRIERS.index("electricity")]
    parts |= {"power": power, "clean": paths.clean[..., 0] * power}
    if baseline is not None:
        parts["without_levers"] = baseline.emissions
    out = summed_up(parts)
    electric, clean, without = (out.pop(n, None) for n in ("power", "clean", "without_levers"))
    assert electric is not None
    assert clean is not None
    out["emission_intensity"] = out["emissions"] / out["gdp"]
    out["electricity_share"] = electric / out["energy"]
    out["clean_power"] = clean / electric
    return out if without is None else {**out, "without_levers": without}


def summed_up(parts: dict[str, Array]) -> dict[str, Array]:
    """`with_sum` of every array."""
    arrays = list(parts.values())
    numbers = sum(x.size for x in arrays) if arrays[0].shape[1] > 1 else 0  # else nothing to do
    return dict(zip(parts, side_by_side(with_sum, arrays, numbers), strict=True))


def paths_table(who: Named, found: dict[str, Array], years: Sequence[int]) -> Table:
    """Quantiles by entity, variable and year."""
    arrays = list(found.values())
    bands = side_by_side(fan, arrays, sum(x.size for x in arrays))
    stacked = np.stack(bands, axis=2)  # (5, A, V, T)
    count, t = len(found), len(years)
    names = [n for n in found for _ in range(t)]
    low, q25, median, q75, high = stacked.reshape(5, -1)
    return Table.of(
        ("entity", "variable", "period"),
        **who.rows(count * t),
        variable=names * len(who.entities),
        **titled("variable", "path_variable", names * len(who.entities)),
        period=np.tile(np.array(years), count * len(who.entities)),
        low=low, q25=q25, median=median, q75=q75, high=high,
        unit=[UNITS[n] for n in names] * len(who.entities),
    )  # fmt: skip


def titled(column: str, words: str, names: Sequence[str]) -> dict[str, list[str]]:
    """The two title columns of a column of codes."""
    known = {n: option_word(words, n) for n in dict.fromkeys(names)}
    return {
        f"{column}_title_zh": [known[n].zh for n in names],
        f"{column}_title_en": [known[n].en for n in names],
    }


def odds_table(who: Named, found: dict[str, Array], years: Sequence[int], neutral: float) -> Table:
    """Probabilities of a peak by each year, and of neutrality in it."""
    start = found["emissions"][:, :, :1]
    peak = peak_by(found["emissions"])
    reached = at_most(found["net"], neutral * start)
    both = np.stack([peak, reached], axis=1)
    t = len(years)
    return Table.of(
        ("entity", "event", "period"),
        **who.rows(2 * t),
        event=(["peak_by"] * t + ["neutral_in"] * t) * len(who.entities),
        period=np.tile(np.array(years), 2 * len(who.entities)),
        probability=both.ravel(),
    )


def outcome_table(who: Named, found: dict[str, Array], odds: Table, years: Sequence[int]) -> Table:
    """One line for each region: where it starts, the goal years, and the odds of the goals."""
    peak, neutral = (min(y, years[-1]) for y in MARKED)
    at = [list(years).index(y) for y in (peak, neutral)]
    bands = [fan(found["emissions"][..., t]) for t in at]
    said = {
        event: [float(odds.columns["probability"][odds.find(e, event, year)]) for e in who.entities]
        for event, year in (("peak_by", peak), ("neutral_in", neutral))
    }
    return Table.of(
        ("entity",),
        **who.rows(1),
        start_emissions=found["emissions"][0, :, 0],
        peak_low=bands[0][0], peak_median=bands[0][2], peak_high=bands[0][4],
        end_low=bands[1][0], end_median=bands[1][2], end_high=bands[1][4],
        peak_odds=said["peak_by"],
        neutral_odds=said["neutral_in"],
    )  # fmt: skip


def money_table(who: Named, paths: Paths, cost: Array, years: Sequence[int]) -> Table:
    """Net receipts of the actors against no lever, and the real `cost` to all, with its sum."""

    def bands(x: Array) -> Array:
        return fan(with_sum(x))

    columns = [x[..., k] for x in (paths.money, paths.transfers) for k in range(len(ACTORS))]
    *found, real = [*side_by_side(bands, columns, 6 * cost.size), fan(-cost)]
    band = np.stack([*found[: len(ACTORS)], real], axis=2)
    middle = np.stack([*found[len(ACTORS) :], np.zeros_like(real)], axis=2)[2]
    actors = (*ACTORS, "all")
    t = len(years)
    return Table.of(
        ("entity", "actor", "period"),
        **who.rows(len(actors) * t),
        actor=[a for a in actors for _ in range(t)] * len(who.entities),
        period=np.tile(np.array(years), len(actors) * len(who.entities)),
        low=band[0].ravel(), median=band[2].ravel(), high=band[4].ravel(),
        transfers=middle.ravel(),
        unit=["CNY_2020"] * middle.size,
    )  # fmt: skip


def totals_table(who: Named, found: dict[str, Array], cost: Array, levered: bool) -> Table:
    """Sums over all simulated years."""
    rows = {
        "cumulative_emissions": (summed(found["emissions"]), "t_CO2"),
        "cumulative_net": (summed(found["net"]), "t_CO2"),
        "cumulative_removed": (summed(found["removed"]), "t_CO2"),
    }
    if levered:
        avoided = summed(found["without_levers"] - found["emissions"])
        rows["avoided"] = (avoided, "t_CO2")
        rows["real_cost"] = (summed(cost), "CNY_2020")
    band = np.stack([fan(x) for x, _ in rows.values()], axis=2)
    low, _, median, _, high = band.reshape(5, -1)
    return Table.of(
        ("entity", "total_of"),
        **who.rows(len(rows)),
        total_of=list(rows) * len(who.entities),
        low=low, median=median, high=high,
        unit=[unit for _, unit in rows.values()] * len(who.entities),
    )  # fmt: skip


def hindcast_table(case: Case) -> Table:
    """The record of the outlook that the fan stands on, recomputed in this run."""
    found, pool = case.countries.skill, case.countries
    china = pool.entities.index(CHINA) if CHINA in pool.entities else None
    rows: list[dict[str, Any]] = []
    for rule in RIVALS:
        ours = rule == "outlook"
        rows.append(
            {
                "sample": "countries", "rule": rule, "mae": float(found.mae[rule][-1]),
                "coverage_50": float(found.coverage[0].mean()) if ours else np.nan,
                "coverage_90": float(found.coverage[1].mean()) if ours else np.nan,
                "n": len(pool.entities),
            }
        )  # fmt: skip
        if china is not None:
            rows.append(
                {
                    "sample": "china", "rule": rule,
                    "mae": float(found.by_entity[rule][china]),
                    "coverage_50": float(found.covered[0, china]) if ours else np.nan,
                    "coverage_90": float(found.covered[1, china]) if ours else np.nan,
                    "n": 1,
                }
            )  # fmt: skip
    rows.sort(key=lambda r: r["sample"] == "china")
    columns = {k: [r[k] for r in rows] for k in rows[0]}
    return Table.of(
        ("sample", "rival"),
        sample=columns["sample"],
        rival=columns["rule"],
        horizon=[HINDCAST] * len(rows),
        mae=columns["mae"],
        coverage_50=columns["coverage_50"],
        coverage_90=columns["coverage_90"],
        n=columns["n"],
    )


def drivers_table(who: Named, found: dict[str, Array], paths: Paths, years: Sequence[int]) -> Table:
    """LMDI-I of the change since the start in each draw: medians and bands of the effects."""
    ends = [t for t, y in enumerate(years) if t > 0 and (y in SPLIT or y == years[-1])]
    names = ("population", "affluence", "energy_intensity", "carbon_factor", "process", "captured")
    at = [0, *ends]
    emitted, process = (
        with_sum(x[..., at]) for x in (paths.direct + paths.indirect, paths.process)
    )
    people, gdp, energy = (found[name][..., at] for name in ("population", "gdp", "energy"))
    factors = np.stack([people, gdp / people, energy / gdp, emitted / energy], axis=-1)

    def split(k: int) -> Array:
        first, last = factors[..., 0, :], factors[..., k, :]
        four = log_effects(emitted[..., 0], emitted[..., k], first, last)
        more = process[..., k] - process[..., 0], -found["captured"][..., at[k]]
        return fan(np.concatenate([four, np.stack(more, axis=-1)], axis=-1))

    bands = side_by_side(split, range(1, len(at)), 6 * emitted.size)
    band = np.stack(bands, axis=2)  # (5, A, ends, factors)
    low, _, median, _, high = band.reshape(5, -1)
    return Table.of(
        ("entity", "period", "factor"),
        **who.rows(len(ends) * len(names)),
        period=[years[t] for t in ends for _ in names] * len(who.entities),
        factor=list(names) * (len(ends) * len(who.entities)),
        **titled("factor", "driver", list(names) * (len(ends) * len(who.entities))),
        low=low, median=median, high=high,
        unit=["t_CO2"] * low.size,
    )  # fmt: skip


def fan_table(
    case: Case, who: Named, found: dict[str, Array], years: Sequence[int]
) -> tuple[Table, int]:
    """What the fan shows: the sum, or the largest regions, with the recent past."""
    start, panel = case.start, case.start.panel
    history = np.concatenate([start.history, np.exp(start.known.sum(axis=-1))], axis=1)
    if TOTAL in who.entities:
        chosen, past = [0], history.sum(axis=0, keepdims=True)
    else:
        chosen = list(np.argsort(-start.history[:, -1], kind="stable")[:SHOWN])
        past = history[chosen]
    rows: dict[str, list[Any]] = {k: [] for k in _FAN}
    scenarios = {"with_levers" if "without_levers" in found else "baseline": found["emissions"]}
    if "without_levers" in found:
        scenarios = {"baseline": found["without_levers"], **scenarios}
    for k, place in enumerate(chosen):
        for scenario, x in scenarios.items():
            band = fan(x[:, place])
            before = [] if scenario != "baseline" else list(panel.periods[:-1])
            n = len(before)
            blank = [np.nan] * n
            rows["entity"] += [who.entities[place]] * (n + len(years))
            rows["name_zh"] += [who.names[place].zh] * (n + len(years))
            rows["name_en"] += [who.names[place].en] * (n + len(years))
            rows["scenario"] += [scenario] * (n + len(years))
            rows["period"] += [*before, *years]
            for name, values in zip(_FAN[5:10], band, strict=True):
                rows[name] += [*blank, *values]
            # what is known closes the history, and the fan opens there
            seen = past[k] if n else np.empty(0)
            rows["past"] += [*seen, *[np.nan] * (n + len(years) - len(seen))]
            rows["marked"] += [False] * n + [y in MARKED for y in years]
    rows |= titled("scenario", "scenario", rows["scenario"])
    rows["unit"] = ["t_CO2"] * len(rows["period"])
    return Table.of(("entity", "scenario", "period"), **rows), len(chosen)


_FAN = (
    "entity", "name_zh", "name_en", "scenario", "period",
    "low", "inner_low", "middle", "inner_high", "high", "past", "marked",
)  # fmt: skip


def checks_table(paths: Paths, years: Sequence[int]) -> Table:
    """The largest relative gap of the accounts in each year."""
    return Table.of(
        ("period",), period=np.array(years), balance_gap=paths.balance, kaya_gap=paths.kaya
    )


def largest(x: NDArray[np.float64]) -> float:
    """The largest absolute value, zero for none."""
    return float(np.abs(x).max(initial=0.0))
