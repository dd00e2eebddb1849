"""Which combinations of methods take part in the draws, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import STEPS, Choice, RecipeBook
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Rule
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.ranks import Recipe
from zhiheng.kernels.treatment import Treatment
from zhiheng.measure.composite import Composer, Composite
from zhiheng.measure.weighing import Way

KNOWN = {"treatment": Treatment, "normalise": Scaling, "weights": Way, "aggregation": Rule}


@dataclass(frozen=True, slots=True)
class Option:
    """A combination of methods with what became of it in the draws.

    Attributes
    ----------
    recipe : Recipe or None
        None when the combination is left out.
    reason : Text or None
        Why it is left out.
    """

    choice: Choice
    recipe: Recipe | None
    reason: Text | None
    drawn: int = 0


def options(own: Composite, book: RecipeBook, compose: Composer) -> tuple[Option, ...]:
    """Every declared combination, with the reason where it is left out of the draws."""
    _refuse_unknown(book)
    kept: list[Option] = []
    out: list[Option] = []
    for choice, invalid in book.choices(own.choice):
        found: Composite | Text = invalid or (own if choice == own.choice else compose(choice))
        if isinstance(found, Text):
            out.append(Option(choice, None, found))
            continue
        recipe = Recipe(found.prepared, found.weights)
        twin = next((k for k in kept if k.recipe and _alike(k.recipe, recipe)), None)
        if twin is None:
            kept.append(Option(choice, recipe, None))
        else:
            out.append(Option(choice, None, _same_as(twin.choice)))
    if not kept:  # the call asks for what its own book calls invalid: jitter that alone
        kept = [Option(own.choice, Recipe(own.prepared, own.weights), None)]
        out = [o for o in out if o.choice != own.choice]
    return (*kept, *out)


def with_counts(found: tuple[Option, ...], counts: NDArray[np.int64]) -> tuple[Option, ...]:
    """The combinations with the number of draws that each one had."""
    numbers = iter(counts.tolist())
    return tuple(replace(o, drawn=next(numbers)) if o.recipe else o for o in found)


def _alike(one: Recipe, two: Recipe) -> bool:
    if one.prepared.rule != two.prepared.rule or not np.allclose(
        one.weights, two.weights, rtol=0, atol=1e-12
    ):
        return False
    pairs = zip(one.prepared.parts, two.prepared.parts, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def _same_as(choice: Choice) -> Text:
    words = [option_word(s, getattr(choice, s)) for s in STEPS]
    return Text("在这些数据上与“{c}”完全相同", 'the same as "{c}" on these data').format(
        c=Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))
    )


def _refuse_unknown(book: RecipeBook) -> None:
    for one in book.alternative:
        known = get_args(KNOWN[one.step])
        if one.id not in known:
            raise unknown_name("C461", one.id, known, kind=option_word("option", one.step))
