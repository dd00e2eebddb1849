"""Marginal abatement costs with overlap, stock turnover and uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import macc_tables as tables
from zhiheng.carbon import macc_wording as wording
from zhiheng.carbon.macc_errors import wrong_option
from zhiheng.carbon.macc_input import Array, Plan, read_plan
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.kernels.abatement import (
    capital_recovery,
    in_order,
    inverted,
    levelised_cost,
    merit,
    shapley,
    turnover,
    wright,
)

Interaction = Literal["shapley", "order", "none"]


@dataclass(frozen=True, slots=True)
class Curve:
    """What the tables show; D is one more than the draws, its first row the likely values.

    Attributes
    ----------
    alone, kept : ndarray, shape (D, M)
        Tonnes a year of the installed measure alone, and beside the others.
    ordered : ndarray, shape (M,)
        Tonnes where each acts on what those before it in merit order left; likely values.
    cost : ndarray, shape (D, M)
        Money a tonne, overlap included.
    lonely : ndarray, shape (M,)
        Money a tonne without overlap; likely values.
    benefit : ndarray, shape (D, M)
        Money a year: minus cost times tonnes.
    rank : ndarray of int, shape (D, M)
    installed : ndarray, shape (M, T)
        Part of the stock reached at the end of each year from the start to the year of the curve.
    learned : ndarray, shape (M, T)
        Capex of each vintage relative to the start.
    pairs : ndarray of int, shape (pairs, 2)
        Worse and better measure of each pair that cost per tonne turns round.
    """

    years: NDArray[np.intp]
    emitted: Array
    alone: Array
    kept: Array
    ordered: Array
    cost: Array
    lonely: Array
    benefit: Array
    rank: NDArray[np.intp]
    installed: Array
    learned: Array
    pairs: NDArray[np.intp]


@method(zh="边际减排成本：重叠、存量更新与不确定性都计入", example="regions")
def macc(
    panel: Panel,
    *,
    measures: Mapping[str, Any] | str,
    source: str = "co2",
    discount: float = 0.08,
    year: int | None = None,
    money: str = "CNY_2020",
    prices: Mapping[str, Any] | None = None,
    exchange: Mapping[str, Any] | None = None,
    interaction: Interaction = "shapley",
    change: float = 0.0,
    draws: int = 1000,
    seed: int = 0,
) -> Result:
    """Rank abatement measures by cost per tonne and net benefit, with overlap and turnover.

    Use it to compare measures on the same emissions. It is a static engineering
    curve of one year: no rebound, no transaction costs, no price response; for
    policy levers over decades use ``simulate``. Where measures pay for themselves
    cost per tonne does not order them, and fronts of benefit and tonnes are shown.

    Parameters
    ----------
    panel : Panel
        Holds the emissions of `source`; the last period is the start.
    measures : mapping or str
        ``{id: {abatement, life, capex, …}}``, or a .toml or .csv file. A value may
        be a number or ``[low, likely, high]``.
    source : str
        Series or expression of emissions for measures that name none.
    discount : float
        Real rate a year, from 0 up to below 1.
    year : int, optional
        Year of the curve; the last period plus ten when absent.
    money : str
        Price basis of all money of the measures.
    prices : mapping, optional
        Price of each fuel that measures save, in `money` per unit of the fuel.
    exchange : mapping, optional
        `money` per unit of another price basis, for figures of the catalogue.
    interaction : {"shapley", "order", "none"}
        How measures on one source share it: averaged over all orders, one after
        the other in merit order, or not at all (then tonnes count twice).
    change : float
        Yearly change of emissions without measures.
    draws : int
    seed : int

    Raises
    ------
    ZhihengError
        C411 a wrong field, C465 an unknown technology, C466 mixed price bases,
        C467 no measures, M800 gaps, M916 an option out of range, M993 values out of
        range, M994 more abated than emitted, M995 no emissions, M996 nested sources.

    References
    ----------
    Taylor (2012) Energy Policy 48: 430-438; Owen (1972) Management Science 18(5): 64-79.
    """
    last = panel.periods[-1]
    goal = last + 10 if year is None else year
    _refuse_options(discount, goal, last, change, draws)
    plan = read_plan(
        panel, measures=measures, source=source, money=money, prices=prices or {},
        exchange=exchange or {}, baseline=(1.0 + change) ** (goal - last), draws=draws, seed=seed,
    )  # fmt: skip
    if goal <= plan.start.min():
        raise wrong_option(
            "year", goal, Text("要晚于各措施的起始年。", "It must be after the measures start.")
        )
    curve = _curve(plan, discount, goal, (1.0 + change) ** (goal - last), interaction)
    unit = f"{money}/{plan.sources.unit}"
    found = {
        "measures": tables.measures(plan, curve, unit, money),
        "bars": tables.bars(plan, curve, unit),
        "overlap": tables.overlap(plan, curve),
        "sources": tables.sources(plan, curve),
        "vintages": tables.vintages(plan, curve, money),
    }
    if len(curve.pairs):
        found["reversals"] = tables.reversals(plan, curve, unit, money)
    if plan.figures:
        found["figures"] = tables.figures(plan)
    if len(panel.entities) > 1:
        found["by_entity"] = tables.by_entity(panel, plan, curve)
    notes = wording.notes(plan, curve, interaction=interaction, year=goal, unit=unit)
    return Result(
        found,
        wording.figures(goal),
        tuple(notes),
        wording.checks(plan, curve, interaction=interaction),
        plan.sources.series,
        params={"year": goal},
    )


def _curve(
    plan: Plan, discount: float, year: int, baseline: float, interaction: Interaction
) -> Curve:
    d = plan.drawn
    years = np.arange(int(plan.start.min()) + 1, year + 1)
    renewed = _vintages(plan, years)
    installed = renewed.cumsum(axis=1)
    since = np.maximum(years[None] - plan.start[:, None], 0)
    learned = wright(plan.learning[:, None], np.log2(1.0 + plan.growth)[:, None] * since)
    share = installed[:, -1]
    # vintages pay what equipment cost when they were bought
    price = np.divide((renewed * learned).sum(axis=1), share, out=np.ones_like(share),
                      where=share > 0)  # fmt: skip
    annuity = capital_recovery(discount, d.life) * d.capex * price
    emitted = plan.sources.emissions[:, -1] * baseline
    part = d.part * share
    lonely = levelised_cost(annuity, d.opex, d.saving, d.abatement)
    alone = part * emitted[plan.source]
    first = merit(lonely[0], -lonely[0] * alone[0], alone[0])
    left = _shared(part, first, plan.source, interaction)
    kept = np.divide(left, part, out=np.ones_like(part), where=part > 0)
    # a measure behind one that leaves nothing abates nothing, at no finite cost per tonne
    with np.errstate(divide="ignore"):
        cost = levelised_cost(annuity, d.opex, d.saving, d.abatement, kept=kept)
    tonnes = left * emitted[plan.source]
    units = alone / d.abatement
    benefit = units * (d.saving * kept - annuity - d.opex)
    rank = merit(cost, benefit, tonnes)
    return Curve(
        years, emitted, alone, tonnes,
        _shared(part[:1], first, plan.source, "order")[0] * emitted[plan.source],
        cost, lonely[0], benefit, rank, installed, learned,
        inverted(cost[0], benefit[0], tonnes[0]),
    )  # fmt: skip


def _vintages(plan: Plan, years: NDArray[np.intp]) -> Array:
    """Part of the stock that is renewed in each year; nothing before a measure starts."""
    span = len(years)
    late = plan.start - plan.start.min()
    fresh = turnover(plan.stock_life, span)
    at = np.arange(span)[None] - late[:, None]
    return np.where(at >= 0, np.take_along_axis(fresh, np.maximum(at, 0), axis=1), 0.0)


def _shared(
    part: Array, rank: NDArray[np.intp], source: NDArray[np.intp], interaction: Interaction
) -> Array:
    """Part of its source that each measure abates beside the others."""
    if interaction == "none":
        return part.copy()
    out = np.empty_like(part)
    same = bool((part == part[0]).all())
    rows = part[:1] if same else part
    for s in range(int(source.max()) + 1):
        mine = source == s
        if interaction == "order":
            found = in_order(rows[:, mine], np.broadcast_to(rank[mine], rows[:, mine].shape))
        else:
            found = shapley(rows[:, mine])
        out[:, mine] = found
    return out


def _refuse_options(discount: float, year: int, last: int, change: float, draws: int) -> None:
    if not 0 <= discount < 1:
        raise wrong_option("discount", discount, Text("0 至 1 之间。", "From 0 to below 1."))
    if not last < year <= last + 100:
        raise wrong_option(
            "year", year, Text("末期之后一百年之内。", "Within a hundred years after the data.")
        )
    if not -0.5 < change < 0.5:
        raise wrong_option("change", change, Text("-0.5 至 0.5。", "Between -0.5 and 0.5."))
    if not 1 <= draws <= 100_000:
        raise wrong_option("draws", draws, Text("1 至 100000。", "From 1 to 100,000."))
