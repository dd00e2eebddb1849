"""Emissions, people and output of the regions that share a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.peak_input import Emissions, read_emissions
from zhiheng.catalog.equity import Rule
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels import pathways

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the rules stand on, without gaps.

    Attributes
    ----------
    data : Emissions
    population, output : ndarray, shape (E,)
        Of the latest year.
    rules : tuple of Rule
    shares : ndarray, shape (R, E)
    series : tuple of str
    """

    data: Emissions
    population: Array
    output: Array
    rules: tuple[Rule, ...]
    shares: Array
    series: tuple[str, ...]

    @property
    def latest(self) -> Array:
        """Emissions of the latest year."""
        return self.data.values[:, -1]


@dataclass(frozen=True, slots=True)
class Terms:
    """The options of the rules: budget in t, power, weight of equality, years to convergence."""

    budget: float
    power: float
    weight: float
    horizon: int


def read_sharing(
    panel: Panel,
    rules: Sequence[Rule],
    terms: Terms,
    *,
    emissions: str,
    population: str,
    output: str,
    gaps: Literal["refuse", "drop"],
) -> Sharing:
    """Read what the rules need and compute the share of each region by each rule.

    Raises
    ------
    ZhihengError
        M800 gaps, M973–M976 as for peaks, M975 people or output that are not positive;
        X304 a series that the panel lacks.
    """
    data = read_emissions(panel, emissions, gaps=gaps)
    year = data.panel.periods[-1]
    people, used = _latest(data.panel, population, year)
    wanted = {need for rule in rules for need in rule.needs}
    made, more = _latest(data.panel, output, year) if "income" in wanted else (people, ())
    shares = np.stack([_share(rule.id, data.values, people, made, terms) for rule in rules])
    series = tuple(sorted({*data.series, *used, *more}))
    return Sharing(data, people, made, tuple(rules), shares, series)


def _share(rule: str, values: Array, people: Array, made: Array, terms: Terms) -> Array:
    latest = values[:, -1]
    match rule:
        case "grandfathering":
            found = pathways.proportional(latest)
        case "per_head":
            found = pathways.proportional(people)
        case "responsibility":
            found = pathways.responsibility(people, values.sum(axis=1), terms.budget)
        case "capability":
            found = pathways.capability(people, latest, made / people, power=terms.power)
        case "benchmark":
            found = pathways.proportional(made)
        case "convergence":
            found = pathways.convergence(people, latest, terms.budget, terms.horizon)
        case _:
            one, other = pathways.proportional(latest), pathways.proportional(people)
            found = pathways.blend(one, other, terms.weight)
    return found


def _latest(panel: Panel, expression: str, year: int) -> tuple[Array, tuple[str, ...]]:
    meaning = scope(panel.level)
    found = evaluate(expression, panel, meaning).values
    place = panel.periods.index(year)
    gap = np.zeros(found.shape, dtype=np.bool_)
    gap[:, place] = ~np.isfinite(found[:, place])
    if gap.any():
        raise ZhihengError(
            "M800",
            Text("{x} 末年没有值。", "{x} has no value in the latest year.").format(x=expression),
            evidence=panel.cells(gap[:, :, None], expression=[expression]),
            fix=Text(
                "换一个窗口，让各序列到同一年为止；或去掉这些地区。",
                "Choose a window in which all series end in one year, or leave these regions out.",
            ),
        )
    low = np.zeros(found.shape, dtype=np.bool_)
    low[:, place] = found[:, place] <= 0
    if low.any():
        raise ZhihengError(
            "M975",
            Text("{x} 有不为正的值。", "{x} has values that are not positive.").format(
                x=expression
            ),
            evidence=panel.cells(low, found),
            fix=Text("核对这些值，或去掉这些地区。", "Look at these values, or leave them out."),
        )
    return found[:, place], tuple(needs(expression, meaning))
