"""The scores of one index under every admissible recipe, and with weights drawn around each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook, load_recipes
from zhiheng.core.panel import Panel
from zhiheng.kernels.aggregate import Rule, score
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.ranks import Recipe, draw_weights
from zhiheng.kernels.treatment import Treatment
from zhiheng.measure.admissible import Option, options
from zhiheng.measure.composite import composer, own_composite, read_settings
from zhiheng.measure.composite_input import read_levels
from zhiheng.measure.index_weights_input import read_asked
from zhiheng.measure.indicators import Indicators, Missing, read_indicators
from zhiheng.measure.weighing import Way

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variant:
    """An index under one recipe.

    Attributes
    ----------
    draw : int
        0 for the recipe's own weights, else the number of the draw around them.
    scores : ndarray, shape (E, P)
    """

    choice: Choice
    draw: int
    scores: Array


@dataclass(frozen=True, slots=True)
class Variants:
    """All of them, with the indicators behind and the combinations that are left out.

    Attributes
    ----------
    found : tuple of Variant
        The recipe of the call first.
    left_out : tuple of Option
    """

    found: tuple[Variant, ...]
    left_out: tuple[Option, ...]
    data: Indicators


def index_variants(
    panel: Panel,
    *,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Missing = "refuse",
    within: str | None = None,
    treatment: Treatment = "none",
    normalise: Scaling = "global",
    bounds: Mapping[str, str] | None = None,
    base: int | None = None,
    weights: Way = "entropy",
    given: Mapping[str, float] | None = None,
    judgement: str | Mapping[str, object] | None = None,
    members: Sequence[str] | None = None,
    targets: Mapping[str, float] | None = None,
    aggregation: Rule = "additive",
    levels: Sequence[str] | None = None,
    power: float = 0.5,
    recipes: str = "default",
    weight_draws: int = 0,
    seed: int = 1,
) -> Variants:
    """Score an index under every admissible recipe of its book.

    Use it to carry the choice of recipe into whatever is computed from the scores. Options
    are those of :func:`zhiheng.measure.index.index` and are refused with the same codes.

    Parameters
    ----------
    panel : Panel
    weight_draws : int
        How many times weights are drawn around those of each recipe, by the concentration
        of the book; 0 for the recipes alone.
    seed : int
    """
    data = read_indicators(panel, system=system, columns=columns, missing=missing, within=within)
    asked = read_asked(
        data, weights, given=given, judgement=judgement, members=members, targets=targets
    )
    settings = read_settings(
        data, asked, panel.periods, normalise=normalise, bounds=bounds, base=base, power=power,
        seed=seed,
    )  # fmt: skip
    book = load_recipes(recipes)
    choice = Choice(treatment, normalise, weights, read_levels(data, aggregation, levels))
    compose = composer(data, book, settings)
    ways = options(own_composite(compose, choice), book, compose)
    found: list[Variant] = []
    for n, way in enumerate(ways):
        if way.recipe is not None:
            drawn = _drawn(way.recipe, book, weight_draws, seed + n)
            found += [Variant(way.choice, d, s) for d, s in enumerate(drawn)]
    return Variants(tuple(found), tuple(w for w in ways if w.recipe is None), data)


def _drawn(recipe: Recipe, book: RecipeBook, draws: int, seed: int) -> list[Array]:
    """Scores by the recipe's own weights, then by weights drawn around them; each (E, P)."""
    out = [score(recipe.prepared, recipe.weights).T]
    if draws and recipe.prepared.rule != "fixed":
        [(_, weights)] = draw_weights(
            [recipe], draws=draws, concentration=book.concentration, seed=seed
        )
        out += [one.T for one in score(recipe.prepared, weights)]
    return out
