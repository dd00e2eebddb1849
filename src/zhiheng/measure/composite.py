"""One index under one choice of method: treated, normalised, weighted, ready to be scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook, outliers_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Prepared, Rule, fixed, prepare, prepare_nested
from zhiheng.kernels.hierarchy import Level
from zhiheng.kernels.normalise import Normalised, Scaling, normalise
from zhiheng.kernels.treatment import OutlierRule, Treated, Treatment, treat
from zhiheng.measure.composite_input import base_position, read_bounds
from zhiheng.measure.index_weights_input import why_not
from zhiheng.measure.indicators import Indicators, refuse_mixed_units
from zhiheng.measure.weighing import Asked, Way, Weighed, weighed

if TYPE_CHECKING:
    from zhiheng.kernels.bod import BenefitOfTheDoubt

Array = NDArray[np.float64]
BOUNDED = ("global", "per_period", "fixed_base", "rank", "rank_per_period", "goalposts", "target")
"""Normalisations onto [0, 1] (a fixed base may leave it), for which the shift is meant."""

OWN_PERIOD = ("per_period", "rank_per_period")
NEEDS_SHIFT = ("geometric", "harmonic", "generalised")
MOST_PAIRS = 20_000_000
"""Cells of the table of pairs, beyond which Copeland's rule is refused."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the steps need beside the choice of each.

    Attributes
    ----------
    asked : Asked
        What the weights of the call stand on beside the data.
    bounds : ndarray, shape (2, K), optional
        Goalposts, or twice the target.
    base : int
        Position of the base period.
    power : float
        Of the generalised mean, or the weight of the group regret under VIKOR.
    """

    asked: Asked = Asked()
    bounds: Array | None = None
    base: int = 0
    power: float = 1.0


def read_settings(
    data: Indicators,
    asked: Asked,
    periods: Sequence[int],
    *,
    normalise: Scaling,
    bounds: Mapping[str, str] | None,
    base: int | None,
    power: float,
    seed: int,
) -> Settings:
    """The options of a call beside its choice of method, read and checked.

    Raises
    ------
    ZhihengError
        M627 values of several units without a normalisation, M611 bounds that do not
        match, M613 a base outside the panel.
    """
    if normalise == "none":
        refuse_mixed_units(data)
    return Settings(
        asked=replace(asked, seed=seed),
        bounds=read_bounds(data, normalise, bounds),
        base=base_position(periods, base),
        power=power,
    )


@dataclass(frozen=True, slots=True)
class Composite:
    """An index ready to be scored.

    Attributes
    ----------
    treated : Treated
    z : Normalised
    weights : ndarray, shape (1, K) or (P, K)
    prepared : Prepared
    shift : float
        By which values on [0, 1] were moved off zero, where the rule asks for it.
    unit : BenefitOfTheDoubt or None
        Weights of each unit of its own, with the scores that they give.
    """

    choice: Choice
    treated: Treated
    z: Normalised
    weights: Array
    prepared: Prepared
    shift: float
    unit: BenefitOfTheDoubt | None = None


Composer = Callable[[Choice], Composite | Text]


def by_period(choice: Choice) -> bool:
    """Whether levels of different periods do not compare under this choice."""
    return _own_period(choice) or choice.aggregation in ("copeland", "vikor")


def _own_period(choice: Choice) -> bool:
    return choice.normalise in OWN_PERIOD or choice.weights == "entropy_per_period"


def composer(data: Indicators, book: RecipeBook, settings: Settings) -> Composer:
    """A function from a choice to its composite, or to the reason why these data do not allow it.

    Treatment and scaling are computed once for all choices that share them.
    """
    rule = OutlierRule(**outliers_of(book).model_dump())
    settings = replace(settings, asked=replace(settings.asked, tree=data.tree))
    values, direction = data.oriented()

    @cache
    def treated(how: str) -> Treated:
        return treat(values, cast(Treatment, how), rule)

    @cache
    def scaled(treatment: str, how: str) -> Normalised:
        return normalise(
            treated(treatment).values, direction, cast(Scaling, how),
            bounds=settings.bounds, base=settings.base,
        )  # fmt: skip

    def compose(choice: Choice) -> Composite | Text:
        if choice.normalise in ("goalposts", "target") and settings.bounds is None:
            return _NO_BOUNDS
        z = scaled(choice.treatment, choice.normalise)
        found = _weights(z, choice, data, settings)
        if isinstance(found, Text):
            return found
        if found.unit is not None:
            return _doubted(choice, treated(choice.treatment), z, found)
        weights = found.weights
        moved = book.geometric_shift if choice.normalise in BOUNDED else 0.0
        prepared = _prepared(z, choice, data, (settings.power, moved))
        if isinstance(prepared, Text):
            return prepared
        return Composite(choice, treated(choice.treatment), z, weights, prepared, moved)

    return compose


def own_composite(compose: Composer, choice: Choice) -> Composite:
    """The index that the call asks for.

    Raises
    ------
    ZhihengError
        M623 when these data do not allow the combination.
    """
    found = compose(choice)
    if isinstance(found, Composite):
        return found
    raise ZhihengError(
        "M623",
        Text("这些数据不能这样合成：{why}。", "These data cannot be combined so: {why}.").format(
            why=found
        ),
        evidence=[
            {
                "treatment": choice.treatment,
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


def _doubted(choice: Choice, treated: Treated, z: Normalised, found: Weighed) -> Composite | Text:
    """Benefit of the doubt: every unit with its own weights, so that nothing is left to combine."""
    if choice.aggregation != "additive":
        return _DOUBT_IS_A_SUM
    unit = cast("BenefitOfTheDoubt", found.unit)
    return Composite(choice, treated, z, found.weights, fixed(unit.scores), 0.0, unit)


def _weights(z: Normalised, choice: Choice, data: Indicators, settings: Settings) -> Weighed | Text:
    own = _own_period(choice)
    if still(z.values, own):
        return _STILL_PERIOD if own else _STILL
    way = cast(Way, choice.weights)
    found = weighed(z, way, data.ids, settings.asked)
    reason = why_not(data, z, way, settings.asked, found)
    if reason is not None:
        return reason
    if still(z.values * np.sign(found.weights), own):
        return _STILL_WEIGHTED
    return found


def _prepared(
    z: Normalised, choice: Choice, data: Indicators, numbers: tuple[float, float]
) -> Prepared | Text:
    """`numbers` are the power and the shift."""
    power, moved = numbers
    levels = choice.aggregation.split("/")
    wants = any(rule in NEEDS_SHIFT for rule in levels)
    if wants and (moved + (1 - moved) * z.values <= 0).any():
        return _NOT_POSITIVE
    if len(levels) > 1:
        nested = tuple(Level(p, r, power) for p, r in zip(data.tree, levels, strict=True))
        return prepare_nested(z.values, nested, shift=moved)
    rule = cast(Rule, choice.aggregation)
    values = z.values
    if rule == "mazziotta_pareto":
        values = _mazziotta_pareto_scale(values, choice.normalise)
        if (values <= 0).any():
            return _NOT_POSITIVE
    entities, periods, items = values.shape
    if rule == "copeland" and entities * (entities - 1) // 2 * periods * items > MOST_PAIRS:
        return _TOO_MANY_PAIRS
    return prepare(values, rule, shift=moved, by_period=_own_period(choice), power=power)


def _mazziotta_pareto_scale(z: Array, scaling: str) -> Array:
    """The scale on which the index is published: 100 ± 10 for z-scores, 70 to 130 for min-max.

    Mazziotta and Pareto (2016) Soc. Indic. Res. 127: 983 for the latter, adjusted form.
    """
    if scaling == "zscore":
        return 100.0 + 10.0 * z
    return 70.0 + 60.0 * z if scaling in BOUNDED else z


def still(values: Array, own: bool) -> bool:
    """Whether nothing varies: in some period if `own`, else over the whole panel."""
    axis = 0 if own else (0, 1)
    return bool((np.ptp(values, axis=axis).max(axis=-1) == 0).any())


_STILL = Text("没有一个指标有变化", "no indicator varies")
_STILL_PERIOD = Text(
    "至少有一个时期，没有一个指标有变化", "in at least one period no indicator varies"
)
_STILL_WEIGHTED = Text("有变化的指标权重都是零", "every indicator that varies has a weight of zero")
_NO_BOUNDS = Text("没有声明目标值或上下限", "no goalposts or targets are declared")
_NOT_POSITIVE = Text(
    "这种合成只对正值有定义，而标准化后有零或负值",
    "this rule is defined for positive values only, and some normalised values are not",
)
_DOUBT_IS_A_SUM = Text(
    "数据包络赋权的得分是各地区自己权重下的和，没有别的合成可选",
    "benefit of the doubt is a sum under each unit's own weights: no other rule can follow it",
)
_TOO_MANY_PAIRS = Text("地区太多，两两比较的表放不下", "too many entities for a table of all pairs")
