"""Back-casting: the cheapest policy levers that reach a goal with a given probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import backcast_tables as tables
from zhiheng.carbon import backcast_wording as wording
from zhiheng.carbon.backcast_goal import Kind, read_goal, wrong
from zhiheng.carbon.backcast_space import Runner, read_space
from zhiheng.carbon.simulate_draws import prepare
from zhiheng.carbon.simulate_input import read_start
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.kernels.backcasting import Solution, least_cost

Array = NDArray[np.float64]

FRESH = 1
"""Added to the seed for the draws that a plan is verified on: none of them was used to find it."""
TIGHTER = 3
"""How often a plan that fails on fresh draws is sought again with a higher aim."""
CERTAIN = 0.99


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and its proof.

    Attributes
    ----------
    solution : Solution
    aim : float
        The probability that was asked of the draws of the search.
    search, fresh : ndarray, shape (D,)
        Margins of the draws of the search, and of fresh ones.
    """

    solution: Solution
    aim: float
    search: Array
    fresh: Array


@method(zh="目标反推：以最低成本达到目标的杠杆组合与每推迟一月的代价", example="one_province")
def backcast(
    panel: Panel,
    *,
    goal: Literal["peak", "level", "budget", "neutral"] = "peak",
    year: int | None = None,
    bound: float | None = None,
    probability: float = 0.8,
    levers: Mapping[str, Any] | Sequence[str] | None = None,
    start: int | None = None,
    latest: int | None = None,
    delays: Sequence[int] = (12, 24),
    discount: float = 0.05,
    horizon: int = 2060,
    draws: int = 200,
    seed: int = 0,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Find the cheapest policy levers that reach an emission goal with a given probability.

    Use it to see what a target asks for, who pays, and what waiting costs. The plan
    is the cheapest one inside the simulator: real cost counts saved energy, and
    what the model does not cost is not in it. It is no forecast of what will be done.

    Parameters
    ----------
    panel : Panel
        As for ``simulate``; all entities reach the goal together.
    goal : {"peak", "level", "budget", "neutral"}
        Peak by the year, emissions of the year, cumulated emissions, net zero.
    year : int, optional
        2030 for a peak and 2060 for neutrality when absent.
    bound : float, optional
        For ``level`` and ``budget`` alone, as a multiple of the start year's emissions.
    probability : float
        From 0.05 to 0.99.
    levers : mapping or list, optional
        Levers that may move, with the largest level of each; their years are chosen here. When
        absent, all whose cost the model counts.
    start, latest : int, optional
        First year of action, and the latest first year that may be chosen.
    delays : sequence of int
        Months by which action is put off to see what waiting costs.
    discount : float
        Social rate a year for costs.
    horizon, draws, seed, gaps
        As for ``simulate``.

    Raises
    ------
    ZhihengError
        C455/C456 levers, M919 an option out of range, M982-M986 data of the start, M989 draws
        or horizon.

    References
    ----------
    Robinson (1982) Energy Policy 10(4): 337-344.
    """
    months = _months(delays)
    _refuse(probability, discount, draws)
    begun = read_start(panel, start=None, gaps=gaps)
    case = prepare(begun, draws=draws, horizon=horizon, seed=seed)
    fresh = prepare(begun, draws=draws, horizon=horizon, seed=seed + FRESH)
    emitted = float(case.baseline.emissions[:, :, 0].mean(axis=0).sum())
    wanted = read_goal(goal, year, bound, case.years, emitted)
    space, left_out = read_space(levers, start=start, latest=latest, years=case.years)
    runner = Runner(case, space, wanted, discount, probability)
    proof = replace(runner, case=fresh)
    plan = _plan(runner, proof, probability)
    late = [(m, _late(runner, proof, plan, m)) for m in months]
    plan = _improved(runner, proof, plan, late)
    paths = proof.paths(plan.solution.settings[None])
    found = {
        "plan": tables.plan(space, plan),
        "outcome": tables.outcome(runner, proof, plan, emitted),
        "costs": tables.costs(proof, paths),
        "path": tables.path(proof, paths),
        "drivers": tables.drivers(proof, paths, wanted.at),
    }
    if late:
        found["delay"] = tables.delay(runner, plan, late)
    return Result(
        found,
        wording.figures(wanted),
        tuple(wording.notes(runner, plan, late, left_out, probability, case)),
        tables.checks(proof, paths, wanted.at),
        begun.series,
        params={"year": wanted.year},
    )


def _plan(runner: Runner, proof: Runner, probability: float, first: Array | None = None) -> Plan:
    """Seek a plan, try it on fresh draws, and aim higher where it fails there."""
    aim = probability
    plan: Plan | None = None
    for _ in range(TIGHTER):
        solution = least_cost(replace(runner, reach=aim), runner.space.size, start=first)
        search, fresh = (r.draws(solution.settings[None])[1][0] for r in (runner, proof))
        plan = Plan(solution, aim, search, fresh)
        held = float((fresh <= 0).mean())
        if not solution.met or held >= probability or aim >= CERTAIN:
            return plan
        aim = min(aim + (probability - held), CERTAIN)
        first = solution.settings
    assert plan is not None
    return plan


def _late(runner: Runner, proof: Runner, plan: Plan, months: int) -> Solution:
    """The plan sought again with all action put off, at the aim that the plan needed."""
    later = replace(runner, space=runner.space.delayed(months), reach=plan.aim)
    same = later.space.size == runner.space.size
    return least_cost(later, later.space.size, start=plan.solution.settings if same else None)


def _improved(
    runner: Runner, proof: Runner, plan: Plan, late: Sequence[tuple[int, Solution]]
) -> Plan:
    """A later plan that is cheaper, where starts are free: it could have been chosen at once.

    The search is local, and odds counted on draws have kinks that may stop it early.
    """
    if not runner.space.latest > runner.space.earliest:
        return plan
    for months, found in late:
        if not (found.met and found.cost < plan.solution.cost):
            continue
        space = runner.space.delayed(months)
        x = runner.space.settings(space.levels(found.settings), space.starts(found.settings))
        search, fresh = (r.draws(x[None])[1][0] for r in (runner, proof))
        cost = float(runner.draws(x[None])[0].mean())
        plan = Plan(replace(found, settings=x, cost=cost), plan.aim, search, fresh)
    return plan


def _months(delays: Sequence[Any]) -> list[int]:
    """Delays in order, each once; from the command line they come as words."""
    given = [delays] if isinstance(delays, str) else delays
    rule = Text("1 至 240 个整月。", "Whole months from 1 to 240.")
    try:
        found = sorted({float(m) for m in given})
    except (TypeError, ValueError) as error:
        raise wrong("delays", str(delays), rule) from error
    if not all(m.is_integer() and 0 < m <= 240 for m in found):
        raise wrong("delays", str(list(delays)), rule)
    return [int(m) for m in found]


def _refuse(probability: float, discount: float, draws: int) -> None:
    if not 0.05 <= probability <= CERTAIN:
        raise wrong("probability", str(probability), Text("0.05 至 0.99。", "From 0.05 to 0.99."))
    if not 0 <= discount < 0.5:
        raise wrong("discount", str(discount), Text("0 至 0.5。", "From 0 to below 0.5."))
    if not 20 <= draws <= 5000:
        raise wrong("draws", str(draws), Text("20 至 5000。", "From 20 to 5,000."))


__all__ = ["Kind", "Plan", "backcast"]
