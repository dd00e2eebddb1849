"""Composite index of any system or columns, with ranks that say how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook, load_recipes
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Json, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Rule, contributions, score
from zhiheng.kernels.effective import EffectiveWeights, effective_weights
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.ranks import RankDraws, draw_ranks, rank
from zhiheng.kernels.weights import Weighting
from zhiheng.measure import index_tables as tables
from zhiheng.measure import index_wording as wording
from zhiheng.measure.composite import (
    BOUNDED,
    Composite,
    Option,
    given_weights,
    options,
    own_composite,
    with_counts,
)
from zhiheng.measure.index_order import (
    TOO_MANY,
    Standing,
    obstacles_table,
    order_notes,
    order_table,
    partial_order_table,
    sensitivity_table,
    standing,
)
from zhiheng.measure.indicators import Indicators, read_indicators, refuse_mixed_units

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of an index: scores and ranks (P, E), terms (E, P, K)."""

    scores: Array
    ranks: NDArray[np.int32]
    drawn: RankDraws | None
    standing: Standing | None
    pool: tuple[Choice, ...]
    terms: Array | None
    effective: EffectiveWeights | None


@method(zh="综合指数：得分、名次及其算法区间、贡献、名义与有效权重", example="regions")
def index(
    panel: Panel,
    *,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    normalise: Scaling = "global",
    weights: Weighting = "entropy",
    given: Mapping[str, float] | None = None,
    aggregation: Rule = "additive",
    draws: int = 2000,
    recipes: str = "default",
    seed: int = 1,
) -> Result:
    """Composite index with ranks, rank intervals over recipes, and effective weights.

    Use it to condense indicators into scores and to see which ranks survive
    other defensible recipes. It does not test whether the indicators measure
    one thing, and its intervals carry no sampling or measurement error.

    Parameters
    ----------
    panel : Panel
        Complete in every indicator: an index fills nothing.
    system : str, optional
        An index system of the catalog, or the path of a TOML file of that form.
    columns : mapping of str to {"more", "less"}, optional
        Instead of `system`: series or expressions, each with its direction.
    normalise : {"global", "per_period", "zscore", "vector", "none"}
        Minimum and maximum over the panel, or within each period; z-scores over
        the panel; division by the root of the sum of squares (classical TOPSIS);
        or the values as they are, which must then share one unit.
    weights : {"equal", "equal_by_group", "entropy", "entropy_per_period", "given"}
        Equal; equal for groups and within each; entropy over the panel
        (``k = 1 / ln(N T)``) or within each period (``k = 1 / ln N``); or given.
    given : mapping of indicator to weight, optional
        With ``weights="given"``: any non-negative scale, divided by the sum.
        Without it the weights of the system are taken.
    aggregation : {"additive", "geometric", "topsis"}
        Weighted sum; weighted geometric mean of ``shift + (1 - shift) z`` (the
        shift is declared with the recipes and applies to min-max values only);
        closeness to the ideal.
    draws : int
        Draws for the rank intervals; 0 leaves them out.
    recipes : str
        A recipe book of the catalog, or a TOML file of that form: alternatives
        of each step, invalid combinations, concentration of drawn weights.
    seed : int
        Seed of the draws.

    Returns
    -------
    Result
        Tables ``scores``, ``weights``, ``indicators``, ``recipes``; with groups
        ``groups`` (sub-scores, and in `rest` the score of all other groups
        together); ``contributions`` unless TOPSIS; ``weights_by_period`` for
        entropy per period; ``order`` and ``partial_order`` of the last period with
        draws; ``sensitivity`` of the rank to each step of the method with draws;
        ``obstacles`` for min-max values.

    Raises
    ------
    ZhihengError
        M620 not exactly one of `system` and `columns`, M621 a wrong direction,
        M622 missing cells, M623 a recipe that these data do not allow, M624
        given weights that do not match, M625 indicators that cannot be computed,
        M626 fewer than two entities, M627 mixed units without normalisation,
        M628 negative draws, C460 an unknown recipe book.

    Notes
    -----
    Rank 1 is best; ties (to twelve digits) take the smallest rank. `rank_low`
    and `rank_high` are the 5 % and 95 % points (type 1, inverse distribution
    function) of the rank within the period over draws: a recipe uniform over
    the admissible ones, then weights Dirichlet(alpha = n w) around that
    recipe's weights. They are intervals over method choices, not sampling
    intervals. The effective weight of an indicator is
    ``cov(w_k z_k, S) / var(S)``: pooled, within periods, and with entity and
    period means taken out; under the geometric rule of ``ln S``.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators;
    Saisana, Saltelli and Tarantola (2005), JRSS A 168:307; Hwang and Yoon (1981).
    """
    if draws < 0:
        raise _negative_draws(draws)
    data = read_indicators(panel, system=system, columns=columns)
    if normalise == "none":
        refuse_mixed_units(data)
    own_weights = given_weights(data, weights, given)
    book, choice = load_recipes(recipes), Choice(normalise, weights, aggregation)
    own = own_composite(data, choice, given=own_weights, shift=book.geometric_shift)
    scores = score(own.prepared, own.weights)
    terms = contributions(own.prepared, own.weights)
    effective = None if terms is None else effective_weights(terms)
    ranks = rank(scores)
    found = options(data, own, book, given=own_weights)
    notes = [*data.notes, *wording.method_notes(data, own, book)]
    invalid = book.invalid_because(choice)
    if invalid is not None:
        notes.append(wording.invalid_note(invalid))
    drawn = known = None
    pool = tuple(o.choice for o in found if o.recipe is not None)
    if draws:
        admissible = [o.recipe for o in found if o.recipe is not None]
        drawn = draw_ranks(admissible, draws=draws, concentration=book.concentration, seed=seed)
        found = with_counts(found, drawn.counts)
        known = standing(drawn.last)
        notes += wording.interval_notes(found, book, ranks, drawn, draws=draws, seed=seed)
        notes += order_notes(known, draws) if known else [TOO_MANY]
    return Result(
        {
            **_tables(panel, data, own, Found(scores, ranks, drawn, known, pool, terms, effective)),
            "recipes": tables.recipes_table(found, own),
        },
        wording.figures(panel.level, weights=effective is not None),
        tuple(notes),
        tuple(wording.checks(own, scores, terms, effective)),
        data.series,
        params=_declared(book, found),
    )


def _tables(panel: Panel, data: Indicators, own: Composite, found: Found) -> dict[str, Table]:
    made = {
        "scores": tables.scores_table(panel, found.scores, found.ranks, found.drawn),
        "weights": tables.weights_table(data, own.weights, own.z.constant, found.effective),
    }
    if own.weights.shape[0] > 1:
        made["weights_by_period"] = tables.weights_by_period(panel, data, own.weights)
    if found.standing is not None:
        made["order"] = order_table(panel, found.standing)
        made["partial_order"] = partial_order_table(panel, found.standing)
    if found.drawn is not None:
        made["sensitivity"] = sensitivity_table(panel, found.drawn, found.pool)
    if own.choice.normalise in BOUNDED:
        made["obstacles"] = obstacles_table(panel, data, own.z.values, own.weights)
    if found.terms is not None:
        made["contributions"] = tables.contributions_table(panel, data, found.terms)
    if data.groups:
        made["groups"] = tables.groups_table(panel, data, own)
    made["indicators"] = tables.indicators_table(panel, data, own.z.values)
    return made


def _declared(book: RecipeBook, found: Sequence[Option]) -> dict[str, Json]:
    """What the draws stood on, beside the options of the call."""
    kept = [o.choice for o in found if o.recipe is not None]
    return {
        # JSON knows no infinity
        "concentration": book.concentration if np.isfinite(book.concentration) else "inf",
        "geometric_shift": book.geometric_shift,
        "admissible": [f"{c.normalise}/{c.weights}/{c.aggregation}" for c in kept],
    }


def _negative_draws(draws: int) -> ZhihengError:
    return ZhihengError(
        "M628",
        Text("抽取次数不能为负：{n}。", "The number of draws is negative: {n}.").format(n=draws),
        fix=Text("写 0 则不算名次区间，通常取 2000。", "Use 0 for no intervals, or 2000 as usual."),
    )
