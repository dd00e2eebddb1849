"""One index under one choice of method, and all the admissible choices beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Prepared, Rule, prepare
from zhiheng.kernels.normalise import Normalised, Scaling, normalise
from zhiheng.kernels.ranks import Recipe
from zhiheng.kernels.weights import Weighting, weigh
from zhiheng.measure.indicators import Indicators

Array = NDArray[np.float64]
KNOWN = {"normalise": Scaling, "weights": Weighting, "aggregation": Rule}
BOUNDED = ("global", "per_period")
"""Normalisations onto [0, 1], for which the geometric shift is meant."""


@dataclass(frozen=True, slots=True)
class Composite:
    """An index ready to be scored.

    Attributes
    ----------
    z : Normalised
    weights : ndarray, shape (1, K) or (P, K)
    prepared : Prepared
    """

    choice: Choice
    z: Normalised
    weights: Array
    prepared: Prepared


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


def by_period(choice: Choice) -> bool:
    """Whether levels of different periods do not compare under this choice."""
    return choice.normalise == "per_period" or choice.weights == "entropy_per_period"


def compose(
    data: Indicators, choice: Choice, *, given: Array | None, shift: float
) -> Composite | Text:
    """Normalise, weigh and prepare; or the reason why these data do not allow it."""
    z = normalise(data.values, data.direction, cast(Scaling, choice.normalise))
    own = by_period(choice)
    if _still(z.values, own):
        return _STILL_PERIOD if own else _STILL
    if choice.weights.startswith("entropy") and (z.values < 0).any():
        return _NEGATIVE
    if choice.weights == "equal_by_group" and not data.groups:
        return _NO_GROUPS
    weights = weigh(z, cast(Weighting, choice.weights), groups=data.groups, given=given)
    if not np.isfinite(weights).all() or _still(z.values * np.sign(weights), own):
        return _STILL_WEIGHTED
    moved = shift if choice.normalise in BOUNDED else 0.0
    if choice.aggregation == "geometric" and (moved + (1 - moved) * z.values <= 0).any():
        return _NOT_POSITIVE
    rule = cast(Rule, choice.aggregation)
    return Composite(choice, z, weights, prepare(z.values, rule, shift=moved, by_period=own))


def own_composite(
    data: Indicators, choice: Choice, *, given: Array | None, shift: float
) -> Composite:
    """The index that the call asks for.

    Raises
    ------
    ZhihengError
        M623 when these data do not allow the combination.
    """
    found = compose(data, choice, given=given, shift=shift)
    if isinstance(found, Composite):
        return found
    raise ZhihengError(
        "M623",
        Text("这些数据不能这样合成：{why}。", "These data cannot be combined so: {why}.").format(
            why=found
        ),
        evidence=[
            {
                "normalise": choice.normalise,
                "weights": choice.weights,
                "aggregation": choice.aggregation,
            }
        ],
        fix=Text(
            "换一种标准化、赋权或合成方法。",
            "Choose another normalisation, weighting or aggregation.",
        ),
    )


def options(
    data: Indicators, own: Composite, book: RecipeBook, *, given: Array | None
) -> tuple[Option, ...]:
    """Every declared combination, with the reason where it is left out of the draws."""
    _refuse_unknown(book)
    kept: list[Option] = []
    out: list[Option] = []
    for choice, invalid in book.choices(own.choice):
        found: Composite | Text = invalid or (
            own
            if choice == own.choice
            else compose(data, choice, given=given, shift=book.geometric_shift)
        )
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


def given_weights(
    data: Indicators, weights: str, given: Mapping[str, float] | None
) -> Array | None:
    """Weights from the call or from the system, in the order of the items.

    Raises
    ------
    ZhihengError
        M624 weights without ``weights="given"``, names that do not match, a
        weight that is negative or no number, or none above zero.
    """
    if weights != "given":
        if given is not None:
            raise _bad_weights([{"weights": weights}], _ONLY_GIVEN)
        return None
    if given is None:
        given = {item.id: item.weight for item in data.items if item.weight is not None}
        if not given:
            raise _bad_weights([], Text("没有给出权重。", "No weights were given."))
    rows: list[Row] = [{"missing": name} for name in data.ids if name not in given]
    rows += [{"unknown": str(name)} for name in given if name not in data.ids]
    rows += [{"indicator": k, "weight": v} for k, v in given.items() if not _is_weight(v)]
    if rows or not sum(given.values()) > 0:
        raise _bad_weights(rows, _MISMATCH)
    return np.array([float(given[name]) for name in data.ids])


def _is_weight(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value >= 0


def _bad_weights(rows: list[Row], what: Text) -> ZhihengError:
    return ZhihengError(
        "M624",
        what,
        evidence=rows,
        fix=Text(
            "用 weights=given，并给每个指标一个不小于零的权重：given=x1=3,x2=1。",
            "Use weights=given with a weight of zero or more for every indicator: given=x1=3,x2=1.",
        ),
    )


def _still(values: Array, own: bool) -> bool:
    """Whether nothing varies: in some period if `own`, else over the whole panel."""
    axis = 0 if own else (0, 1)
    return bool((np.ptp(values, axis=axis).max(axis=-1) == 0).any())


def _alike(one: Recipe, two: Recipe) -> bool:
    if one.prepared.rule != two.prepared.rule or not np.allclose(
        one.weights, two.weights, rtol=0, atol=1e-12
    ):
        return False
    pairs = zip(one.prepared.parts, two.prepared.parts, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def _same_as(choice: Choice) -> Text:
    words = [option_word(s, getattr(choice, s)) for s in ("normalise", "weights", "aggregation")]
    return Text("在这些数据上与“{c}”完全相同", 'the same as "{c}" on these data').format(
        c=Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))
    )


def _refuse_unknown(book: RecipeBook) -> None:
    for one in book.alternative:
        known = get_args(KNOWN[one.step])
        if one.id not in known:
            raise unknown_name("C461", one.id, known, kind=option_word("option", one.step))


_STILL = Text("没有一个指标有变化", "no indicator varies")
_STILL_PERIOD = Text(
    "至少有一个时期，没有一个指标有变化", "in at least one period no indicator varies"
)
_STILL_WEIGHTED = Text("有变化的指标权重都是零", "every indicator that varies has a weight of zero")
_NEGATIVE = Text(
    "熵对负值没有定义，而标准化后有负值",
    "entropy is not defined for negative values, and some normalised values are negative",
)
_NO_GROUPS = Text("没有声明分组", "no groups are declared")
_NOT_POSITIVE = Text(
    "几何平均只对正值有定义，而标准化后有零或负值",
    "a geometric mean is defined for positive values only, and some normalised values are not",
)
_ONLY_GIVEN = Text(
    "给出了权重，但 weights 不是 given。", "Weights were given, but weights is not given."
)
_MISMATCH = Text("给出的权重与指标对不上。", "The given weights do not match the indicators.")
