"""The groups of an index system as coupled systems, with an interval over recipes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook, load_recipes
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Prepared, score
from zhiheng.kernels.coupling import Form
from zhiheng.kernels.coupling import coupling as couple
from zhiheng.kernels.ranks import Recipe, draw_weights, rank_interval
from zhiheng.measure.admissible import options
from zhiheng.measure.composite import BOUNDED, Settings, by_period, composer, own_composite
from zhiheng.measure.indicators import read_indicators

Array = NDArray[np.float64]
SCORED = ("additive", "geometric", "topsis")
"""Rules whose scores of groups lie in [0, 1] when indicators do."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Scores of the groups of a system, and the recipes that could stand in their place.

    Attributes
    ----------
    names : tuple of str
    titles : tuple of Text
    levels : ndarray, shape (E, P, groups)
        By the recipe of the call, in [0, 1].
    inside : ndarray of bool, shape (groups, K)
    recipes : tuple of Recipe
        Admissible ones whose scores lie in [0, 1] and compare between periods.
    """

    names: tuple[str, ...]
    titles: tuple[Text, ...]
    levels: Array
    inside: NDArray[np.bool_]
    recipes: tuple[Recipe, ...]
    book: RecipeBook
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_groups(panel: Panel, system: str, weights: str, recipes: str) -> Groups:
    """Score the uppermost groups of a catalogued system, each by its own indicators.

    Raises
    ------
    ZhihengError
        M620 to M626 as `index`, M680 when the system has fewer than two groups.
    """
    data = read_indicators(panel, system=system, columns=None)
    top = data.nodes[-2] if len(data.nodes) > 1 else ()
    if len(top) < 2:
        raise ZhihengError(
            "M680",
            Text(
                "指标体系 {s} 没有两个以上的分组，谈不上耦合。",
                "The system {s} has no two groups that could be coupled.",
            ).format(s=system),
            evidence=[{"groups": ", ".join(top)}],
            fix=Text(
                "换一个分组的体系，或用 systems 给出各系统。", "Choose another, or give systems."
            ),
        )
    book = load_recipes(recipes)
    compose = composer(data, book, Settings())
    own = own_composite(compose, Choice("none", "global", weights, "additive"))
    kept = tuple(
        o.recipe for o in options(own, book, compose) if o.recipe is not None and _fits(o.choice)
    )
    inside = np.array([np.isin(data.ids, data.inside[g]) for g in top])
    levels = group_levels(own.prepared, own.weights[None], inside)[0].transpose(1, 0, 2)
    titles = tuple(data.group_titles[g] for g in top)
    return Groups(tuple(top), titles, levels, inside, kept, book, data.series, data.notes)


def _fits(choice: Choice) -> bool:
    bounded = choice.normalise in BOUNDED and choice.normalise != "fixed_base"
    return bounded and choice.aggregation in SCORED and not by_period(choice)


def group_levels(prepared: Prepared, weights: Array, inside: NDArray[np.bool_]) -> Array:
    """Scores of groups for each set of weights, (D, P, E, groups); `weights` is (D, 1, K)."""
    found: list[Array] = []
    for members in inside:
        part = weights * members
        total = part.sum(axis=-1, keepdims=True)
        even = members / members.sum()  # all weights zero: nothing in the group varies
        found.append(
            score(prepared, np.where(total > 0, part / np.where(total > 0, total, 1), even))
        )
    return np.clip(np.stack(found, axis=-1), 0.0, 1.0)


def coordination_interval(
    groups: Groups, weights: Array, form: Form, *, weighted: bool, draws: int, seed: int
) -> tuple[Array, Array]:
    """The 5 % and 95 % points of coordination over recipes and weights, each (E, P)."""
    found = [
        couple(
            group_levels(recipe.prepared, drawn, groups.inside),
            weights,
            form=form,
            weighted=weighted,
        ).coordination
        for recipe, drawn in draw_weights(
            groups.recipes, draws=draws, concentration=groups.book.concentration, seed=seed
        )
    ]
    low, high = rank_interval(np.concatenate(found))
    return low.T, high.T
