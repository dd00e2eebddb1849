"""Where emissions may go, and what levers change: paths, odds and money by simulation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zhiheng.carbon import simulate_levers as by_lever
from zhiheng.carbon import simulate_tables as tables
from zhiheng.carbon import simulate_wording as wording
from zhiheng.carbon.simulate_draws import FEWEST, Case, level_table, prepare, resolved
from zhiheng.carbon.simulate_input import read_start
from zhiheng.carbon.simulate_refusals import out_of_range
from zhiheng.catalog.levers import Scenario, Schedule, scenario, schedules
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result
from zhiheng.core.text import Text
from zhiheng.kernels.simulator import CLOSED, Rows, run, take_paths
from zhiheng.kernels.simulator_records import Array, Paths

ALONE = 3_000
"""Draws x areas with which the effect of each lever alone is measured."""
WANTED = (
    "emissions", "direct", "indirect", "process", "captured", "removed", "net", "energy",
    "carriers", "population", "gdp", "clean", "money", "transfers", "resource",
)  # fmt: skip
"""Paths of the run with levers that tables are made of."""
OUTLOOK = 1e-9
"""The baseline meets the outlook of each draw by construction, up to rounding."""


@method(zh="排放情景模拟：政策杠杆、路径扇形、达峰与中和概率、三方收支", example="simulated")
def simulate(
    panel: Panel,
    *,
    levers: Mapping[str, object] | str | None = None,
    draws: int = 1000,
    horizon: int = 2060,
    start: int | None = None,
    neutral: float = 0.0,
    gaps: Literal["refuse", "drop"] = "refuse",
    seed: int = 1,
) -> Result:
    """Simulate emissions, with energy and money, to a horizon: levers, a fan, honest odds.

    Use it to compare sets of levers, and to see how uncertain any path is. It is no forecast of
    policy, and no input to an inventory. Emissions of provinces are those of final use with bought
    electricity and heat, those of economies are territorial; never mix the two.

    Parameters
    ----------
    panel : Panel
        Yearly, with ``population``, ``gdp_real`` (CNY of 2020), ``va_*`` and either final
        consumption by fuel (``final_*``) or a balance ``energy.SECTOR.FUEL``; six years or more
        up to the start. ``co2_process`` and ``sink`` (t CO2) are used where given. Economies
        instead need ``co2`` and its sectors (``co2_power``, ...), ``gdp_real`` (USD of 2015),
        ``agriculture_share``, ``industry_share``, ``services_share``, electricity use, losses
        and the share of coal power, as in the embedded ``world``.
    levers : mapping or str, optional
        Lever to level, to ``"level@start-end:shape"`` or to a mapping with level, start, end and
        shape (linear, step, s-curve); or the name or file of a scenario.
    draws : int
        20 to 100,000.
    horizon : int
        Last year, up to 2100.
    start : int, optional
        The observed year to start from, as seen in that year; by default the last one with all
        energy. By default, too, paths of economies pass through totals observed after it.
    neutral : float
        Net emissions count as neutral up to this part of those at the start; 0 to 0.2.
    gaps : {"refuse", "drop"}
    seed : int

    Raises
    ------
    ZhihengError
        M982 series missing, M983 gaps, M984 negative values, M985 a short history, M986 output in
        current prices, M987 a fuel or unit that cannot be converted, M988 an unknown sector, M989
        an option out of range, M990 a lever outside of the years, C442 and C444 no grid factor,
        C455 an unknown lever, C456 a level out of range, C457 and C458 a scenario, C459 sectors
        of an economy that do not add up.

    References
    ----------
    Clarke and Edmonds (1993) Energy Economics 15(2): 123-129 (logit choice); McDonald and
    Schrattenholzer (2001) Energy Policy 29(4): 255-261 (learning); Labandeira, Labeaga and
    Lopez-Otero (2017) Energy Policy 102: 549-568 (elasticities); Gardner and McKenzie (1985)
    Management Science 31(10): 1237-1246 (damped drift).
    """
    _refuse_range(panel, neutral=neutral, start=start)
    asked = scenario(levers) if isinstance(levers, str) else None
    written = {} if levers is None or isinstance(levers, str) else dict(levers)
    given = asked.schedules if asked else schedules(written)
    begun = read_start(panel, start=start, gaps=gaps)
    case = prepare(begun, draws=draws, horizon=horizon, seed=seed)
    used = [s for s in given if s.level != 0.0]
    for s in given:
        resolved(s, case.years)  # a schedule out of the years is refused at level zero, too
    return _result(case, _runs(case, used), used, asked, neutral)


@dataclass(frozen=True, slots=True)
class Runs:
    """Paths with all levers; and on the first draws each lever alone, none, and all of them."""

    together: Paths
    alone: dict[str, Paths]
    base: Paths
    few: Paths


def _result(
    case: Case,
    runs: Runs,
    used: Sequence[Schedule],
    asked: Scenario | None,
    neutral: float,
) -> Result:
    years, who, paths = case.years, tables.named(case), runs.together
    found = tables.variables(paths, case.baseline if used else None)
    fan, shown = tables.fan_table(case, who, found, years)
    odds = tables.odds_table(who, found, years, neutral)
    cost = tables.with_sum(paths.resource)
    out = {
        "outcome": tables.outcome_table(who, found, odds, years),
        "odds": odds,
        "totals": tables.totals_table(who, found, cost, levered=bool(used)),
        "hindcast": tables.hindcast_table(case),
        "levers": by_lever.levers_table(used, runs.alone, runs.base),
        "lever_notes": by_lever.lever_notes_table(used, years),
        "drivers": tables.drivers_table(who, found, paths, years),
        "money": tables.money_table(who, paths, cost, years),
        "paths": tables.paths_table(who, found, years),
        "fan": fan,
        "checks": tables.checks_table(paths, years),
    }
    if used:
        out["wedge"] = by_lever.wedge_table(runs.alone, runs.few, runs.base, years)
    return Result(
        out,
        wording.figures(case, who, shown, levered=bool(used)),
        tuple(wording.notes(case, paths, odds, used, asked, neutral)),
        _checks(case, paths),
        case.start.series,
        params={
            "start_year": case.start.year,
            "calibration_fingerprint": case.countries.fingerprint,
            "schedules": {
                s.lever: f"{s.level:g}@{'-'.join(map(str, resolved(s, years)))}:{s.shape}"
                for s in used
            },
        },
    )


def _runs(case: Case, used: Sequence[Schedule]) -> Runs:
    """All levers together, and where there are several each by itself on the first draws."""
    draws, areas, _ = case.baseline.net.shape
    rows = slice(0, min(draws, max(FEWEST, ALONE // areas)))
    base = take_paths(case.baseline, rows)
    if not used:  # without levers a run repeats the baseline bit by bit
        return Runs(case.baseline, {}, base, base)
    whole = level_table(used, case.years)
    if len(used) == 1:
        together = _run(case, whole, None, WANTED)
        few = take_paths(together, rows)
        return Runs(together, {used[0].lever: few}, base, few)
    # the same draws once for each lever
    own = np.stack([level_table([s], case.years) for s in used], axis=1)
    levels = np.repeat(own, rows.stop, axis=1)
    again = np.tile(np.arange(rows.stop), len(used))
    if case.ready is None:
        together = _run(case, whole, None, WANTED)
        apart = _run(case, levels, again, ("net", "resource"))
    else:  # few columns: one run has less to do besides them than two
        levels = np.concatenate([np.repeat(whole[:, None], draws, axis=1), levels], axis=1)
        found = _run(case, levels, np.concatenate([np.arange(draws), again]), WANTED)
        together, apart = take_paths(found, slice(0, draws)), take_paths(found, slice(draws, None))
    parts = (slice(k * rows.stop, (k + 1) * rows.stop) for k in range(len(used)))
    alone = {s.lever: take_paths(apart, part) for s, part in zip(used, parts, strict=True)}
    return Runs(together, alone, base, take_paths(together, rows))


def _run(case: Case, levels: Array, chosen: Rows | None, only: Collection[str]) -> Paths:
    start, ready = case.start.state, case.ready
    return run(
        start, case.parameters, levels, case.baseline, draws=chosen, only=only, ready=ready
    )  # fmt: skip


def _checks(case: Case, paths: Paths) -> tuple[Check, ...]:
    ratio = np.log(case.baseline.emissions / case.baseline.emissions[..., :1])
    books = np.abs(paths.money.sum(axis=-1) + paths.resource)
    turnover = np.abs(paths.money).sum(axis=-1) + 1.0
    moved = np.abs(paths.transfers.sum(axis=-1)) / (np.abs(paths.transfers).sum(axis=-1) + 1.0)
    return (
        Check(
            Text("能源与排放账逐年平衡", "accounts of energy and emissions close in every year"),
            float(paths.balance.max()),
            CLOSED,
        ),
        Check(
            Text("卡亚各因素之积等于能源排放", "the Kaya product equals emissions of energy"),
            float(paths.kaya.max()),
            CLOSED,
        ),
        Check(
            Text("三方收支之和等于实际成本的负数", "money of the actors sums to minus the real "
            "cost"),
            float((books / turnover).max()),
            CLOSED,
        ),
        Check(
            Text("转移支付之和为零", "transfers sum to zero"), float(moved.max()), CLOSED
        ),
        Check(
            Text("无杠杆时逐次等于经回测的惯性路径", "without levers each draw is the tested "
            "outlook"),
            tables.largest(ratio - case.parameters.emissions),
            OUTLOOK,
        ),
    )  # fmt: skip


def _refuse_range(panel: Panel, *, neutral: float, start: int | None) -> None:
    first, last = panel.periods[0], panel.periods[-1]
    wrong = {
        "neutral": (neutral, "0-0.2", 0.0 <= neutral <= 0.2),
        "start": (start, f"{first}-{last}", start is None or start in panel.periods),
    }
    rows: list[dict[str, object]] = [
        {"option": k, "value": v, "allowed": a} for k, (v, a, fine) in wrong.items() if not fine
    ]
    if panel.frequency != "A":
        rows.append({"panel frequency": panel.frequency, "allowed": "A"})
    if rows:
        raise out_of_range(rows)
