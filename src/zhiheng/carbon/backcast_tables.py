"""Tables of a back-cast: the plan, its proof, who pays, the path, and what waiting costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.backcast_space import Runner, Space
from zhiheng.catalog.levers import levers
from zhiheng.core.result import Check, Table
from zhiheng.core.text import Text
from zhiheng.kernels.backcasting import Solution
from zhiheng.kernels.lmdi import effects
from zhiheng.kernels.simulator_odds import fan
from zhiheng.kernels.simulator_records import ACTORS, Paths

if TYPE_CHECKING:
    from zhiheng.carbon.backcast import Plan

Array = NDArray[np.float64]
UNIT, MONEY = "t_CO2", "CNY_2020"
CLOSURE = 1e-9
"""Effects sum to the change; rounding alone stays three digits below."""
DRIVERS = ("population", "affluence", "energy_intensity", "carbon_intensity", "capture")
_Z = 1.96


def plan(space: Space, found: Plan) -> Table:
    """Level and start of each lever."""
    x = found.solution.settings
    level, start = space.levels(x), space.starts(x)
    known = [levers()[name] for name in space.names]
    return Table.of(
        ("lever",),
        lever=list(space.names),
        lever_title_zh=[lever.title.zh for lever in known],
        lever_title_en=[lever.title.en for lever in known],
        lever_level=level,
        lever_cap=space.caps,
        cap_share=level / space.caps,
        action_year=np.where(level > 0, start, np.nan),
        evidence_grade=[lever.grade for lever in known],
        unit=[lever.unit for lever in known],
    )


def outcome(runner: Runner, proof: Runner, found: Plan, emitted: float) -> Table:
    """Odds and cost without levers, with the plan, and with all levers at their caps."""
    full = np.ones((1, runner.space.size))
    if runner.space.latest > runner.space.earliest:
        full[0, len(runner.space.names) :] = 0.0  # at once
    none = np.zeros((1, runner.space.size))
    cases = {"none": none, "plan": found.solution.settings[None], "caps": full}
    rows = [(name, runner.draws(x), proof.draws(x)) for name, x in cases.items()]
    held = [float((fresh[1] <= 0).mean()) for _, _, fresh in rows]
    size = found.fresh.size
    band = [wilson(p, size) for p in held]
    shadow = found.solution.shadow / emitted
    return Table.of(
        ("policy_case",),
        policy_case=[name for name, _, _ in rows],
        probability=np.array(held),
        probability_low=np.array([b[0] for b in band]),
        probability_high=np.array([b[1] for b in band]),
        probability_search=np.array([float((s[1] <= 0).mean()) for _, s, _ in rows]),
        present_cost=np.array([float(f[0].mean()) for _, _, f in rows]),
        cost_low=np.array([float(np.quantile(f[0], 0.05)) for _, _, f in rows]),
        cost_high=np.array([float(np.quantile(f[0], 0.95)) for _, _, f in rows]),
        shadow_cost=np.array([shadow if name == "plan" else np.nan for name, _, _ in rows]),
        unit=[MONEY] * len(rows),
    )


def wilson(p: float, n: int) -> tuple[float, float]:
    """Score interval of a share, nineteen cases in twenty."""
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def costs(proof: Runner, paths: Paths) -> Table:
    """What each actor pays in all, discounted; transfers between them apart."""
    money = -proof.present(paths.money)
    transfers = -proof.present(paths.transfers)
    gross = np.concatenate([money, money.sum(axis=1, keepdims=True)], axis=1)
    moved = np.concatenate([transfers, transfers.sum(axis=1, keepdims=True)], axis=1)
    low, high = np.quantile(gross, (0.05, 0.95), axis=0)
    names = [*ACTORS, "all"]
    return Table.of(
        ("actor",),
        actor=names,
        present_cost=gross.mean(axis=0),
        cost_low=low,
        cost_high=high,
        present_transfers=moved.mean(axis=0),
        unit=[MONEY] * len(names),
    )


def path(proof: Runner, paths: Paths) -> Table:
    """Emissions without levers and with the plan, as fans; the year of the goal is marked."""
    years = np.array(proof.case.years, dtype=np.int64)
    both = (proof.case.baseline, paths)
    fans = np.stack([fan(p.emissions.sum(axis=1)) for p in both], axis=1)
    low, q25, median, q75, high = fans.reshape(len(fans), -1)
    return Table.of(
        ("policy_case", "period"),
        policy_case=["none"] * len(years) + ["plan"] * len(years),
        period=np.tile(years, 2),
        low=low, q25=q25, median=median, q75=q75, high=high,
        net_median=np.concatenate([np.median(p.net.sum(axis=1), axis=0) for p in both]),
        goal_year=np.tile(years == proof.goal.year, 2),
        unit=[UNIT] * (2 * len(years)),
    )  # fmt: skip


def drivers(proof: Runner, paths: Paths, at: int) -> Table:
    """What moved emissions: from the start to the year, and from no levers to the plan.

    LMDI-I by draw and area, summed over areas and averaged over draws; over time it is chained.
    """
    over_time = _chained(paths, at).mean(axis=0)
    between = _between(proof.case.baseline, paths, at).mean(axis=0)
    names = list(DRIVERS)
    return Table.of(
        ("driver_comparison", "driver"),
        driver_comparison=["years"] * len(names) + ["levers"] * len(names),
        driver=names * 2,
        effect=np.concatenate([over_time, between]),
        unit=[UNIT] * (2 * len(names)),
    )


def factors(paths: Paths) -> Array:
    """Population, output per head, energy per output, CO2 before capture per energy, part kept."""
    before = paths.emissions + paths.captured
    kept = np.divide(paths.emissions, before, out=np.ones_like(before), where=before > 0)
    return np.stack(
        [paths.population, paths.gdp / paths.population, paths.energy / paths.gdp,
         before / paths.energy, kept],
        axis=-1,
    )  # fmt: skip


def _chained(paths: Paths, at: int) -> Array:
    x, total = factors(paths), paths.emissions
    steps = effects(total[..., :at], total[..., 1 : at + 1], x[..., :at, :], x[..., 1 : at + 1, :])
    return steps.sum(axis=(1, 2))


def _between(one: Paths, two: Paths, at: int) -> Array:
    x0, x1 = factors(one)[:, :, at], factors(two)[:, :, at]
    return effects(one.emissions[..., at], two.emissions[..., at], x0, x1).sum(axis=1)


def delay(runner: Runner, found: Plan, late: Sequence[tuple[int, Solution]]) -> Table:
    """Cost of the same aim when all action begins later."""
    now = found.solution
    met = [now.met and s.met for _, s in late]
    extra = [s.cost - now.cost if ok else np.nan for (_, s), ok in zip(late, met, strict=True)]
    months = np.array([m for m, _ in late], dtype=np.int64)
    before = np.concatenate([[0.0], extra[:-1]])
    gone = np.diff(np.concatenate([[0], months]))
    reached = [
        float((replace_space(runner, m).draws(s.settings[None])[1] <= 0).mean()) for m, s in late
    ]
    return Table.of(
        ("months",),
        months=months,
        aim_met=["yes" if ok else "no" for ok in met],
        present_cost=np.array([s.cost if s.met else np.nan for _, s in late]),
        extra_cost=np.array(extra),
        extra_per_month=(np.array(extra) - before) / gone,
        probability_search=np.array(reached),
        unit=[MONEY] * len(late),
    )


def replace_space(runner: Runner, months: int) -> Runner:
    """The runner with all action put off."""
    from dataclasses import replace

    return replace(runner, space=runner.space.delayed(months))


def checks(proof: Runner, paths: Paths, at: int) -> tuple[Check, ...]:
    """Accounts of the simulator, effects against changes, money against cost."""
    emitted = paths.emissions.sum(axis=1)
    size = float(emitted[:, 0].max())
    over_time = _chained(paths, at).sum(axis=1) - (emitted[:, at] - emitted[:, 0])
    without = proof.case.baseline.emissions.sum(axis=1)[:, at]
    between = _between(proof.case.baseline, paths, at).sum(axis=1) - (emitted[:, at] - without)
    money = paths.money.sum(axis=-1) + paths.resource
    turnover = max(float(np.abs(paths.money).max()), 1.0)
    return (
        Check(
            Text("各年能源与排放账户平衡", "yearly accounts of energy and emissions close"),
            float(max(paths.balance.max(), paths.kaya.max())),
            CLOSURE,
        ),
        Check(
            Text("各因素效应之和等于变化", "effects of drivers sum to the change"),
            float(max(np.abs(over_time).max(), np.abs(between).max()) / size),
            CLOSURE,
        ),
        Check(
            Text("各方收支之和等于实际成本的相反数", "money of actors sums to minus the real cost"),
            float(np.abs(money).max() / turnover),
            CLOSURE,
        ),
    )
