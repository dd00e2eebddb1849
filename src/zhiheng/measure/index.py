"""Composite index of any system or columns, with ranks that say how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import Choice, RecipeBook, load_recipes
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Json, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Rule, contributions, score
from zhiheng.kernels.effective import EffectiveWeights, effective_weights
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.ranks import RankDraws, draw_ranks, rank
from zhiheng.kernels.treatment import Treatment
from zhiheng.measure import index_audit as audit
from zhiheng.measure import index_figures
from zhiheng.measure import index_order as order
from zhiheng.measure import index_tables as tables
from zhiheng.measure import index_wording as wording
from zhiheng.measure.admissible import Option, options, with_counts
from zhiheng.measure.composite import (
    BOUNDED,
    Composer,
    Composite,
    Settings,
    composer,
    own_composite,
    read_settings,
)
from zhiheng.measure.composite_input import read_levels
from zhiheng.measure.index_weights_input import read_asked
from zhiheng.measure.indicators import Indicators, Missing, read_indicators
from zhiheng.measure.weighing import Way

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of an index: scores and ranks (P, E), terms (E, P, K)."""

    scores: Array
    ranks: NDArray[np.int32]
    drawn: RankDraws | None
    standing: order.Standing | None
    pool: tuple[Choice, ...]
    terms: Array | None
    effective: EffectiveWeights | None


@method(zh="综合指数：得分、名次及其算法区间、贡献、名义与有效权重、一致性审计", example="regions")
def index(
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
    draws: int = 10_000,
    recipes: str = "default",
    seed: int = 1,
) -> Result:
    """Composite index with ranks, rank intervals over recipes, effective weights and an audit.

    Use it to condense indicators into scores and to see which ranks survive
    other defensible recipes. It does not test whether the indicators measure
    one thing, and its intervals carry no sampling or measurement error.

    Parameters
    ----------
    panel : Panel
        Complete in every indicator unless `missing` declares how gaps are filled.
    system : str, optional
        An index system of the catalog, or the path of a TOML file of that form.
    columns : mapping of str to str, optional
        Instead of `system`: series or expressions, each with its direction, ``more``,
        ``less``, ``near:IDEAL`` or ``within:LOW:HIGH``.
    missing : {"refuse", "period_mean", "period_median", "group_mean", "carry", "interpolate"}
        What to do with gaps; filled cells are marked through to the score.
    within : str, optional
        The grouping of regions for ``group_mean``.
    treatment : {"none", "skew_kurtosis", "winsorise", "log", "box_cox"}
        Of columns that outliers distort, by the rule in the recipe book.
    normalise : {"global", "per_period", "fixed_base", "zscore", "rank", "rank_per_period",
                 "goalposts", "target", "vector", "none"}
        Minimum and maximum over the panel, within each period, or of a base period;
        z-scores over the panel; percentile ranks; declared goalposts; distance to a
        declared target; division by the root of the sum of squares (classical TOPSIS);
        or the values as they are, which must then share one unit.
    bounds : mapping of indicator to ``low:high`` or target, optional
    base : int, optional
        The base period of ``fixed_base``; the first one by default.
    weights : str
        ``equal``; ``equal_by_group`` (the same for siblings at every level of the
        tree); entropy over the panel (``k = 1 / ln(N T)``) or within each period
        (``k = 1 / ln N``); ``given``; ``bod``, with weights of each unit's own; and the
        other rules of :func:`index_weights`.
    given : mapping of indicator to weight, optional
        With ``weights="given"``: any non-negative scale, divided by the sum.
        Without it the weights of the system are taken.
    judgement, members, targets
        For ``ahp`` and ``bwm``, ``game``, ``optimised``, as in :func:`index_weights`.
    aggregation : str
        ``additive``, ``geometric``, ``harmonic``, ``generalised`` (of order `power`),
        ``mazziotta_pareto``, ``topsis``, ``vikor`` (`power` on the group regret),
        ``copeland``. The shift of the recipe book moves values on [0, 1] off zero for
        means that need positive values.
    levels : list of str, optional
        Instead of `aggregation`: the mean of each level of the tree, from the
        indicators up, such as ``additive,geometric``.
    power : float
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
        ``groups`` (sub-scores, and in `rest` the score of all other indicators
        together); ``contributions`` for means; ``weights_by_period`` for
        entropy per period; with draws ``order``, ``partial_order``, ``pairwise`` and
        ``sensitivity`` of the last period; ``obstacles`` for values on [0, 1];
        ``coherence``, ``reliability``, ``dominance``; ``treatment``; ``period_added``:
        how much of the last change is data and how much method.

    Raises
    ------
    ZhihengError
        M611 bounds, M612 rules by level, M613 a base period, M614 a grouping that does
        not fit; M620 not exactly one of `system` and `columns`, M621 a wrong direction,
        M622 missing cells, M623 a recipe that these data do not allow, M624
        given weights that do not match, M625 indicators that cannot be computed,
        M626 fewer than two entities, M627 mixed units without normalisation, M690 to M696
        inputs of the weights, M628 negative draws, C460 an unknown recipe book.

    Notes
    -----
    Rank 1 is best; ties (to twelve digits) take the smallest rank. `rank_low`
    and `rank_high` are the 5 % and 95 % points (type 1, inverse distribution
    function) of the rank within the period over draws: a recipe uniform over
    the admissible ones, then weights Dirichlet(alpha = n w) around that
    recipe's weights. They are intervals over method choices, not sampling
    intervals. The effective weight of an indicator is
    ``cov(w_k z_k, S) / var(S)``: pooled, within periods, and with entity and
    period means taken out; under another mean of its transform, and under rules that
    are no sum the first-order share ``Var(E[S | z_k]) / Var(S)``, in a column of its own.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators;
    Saisana, Saltelli and Tarantola (2005), JRSS A 168:307; Hwang and Yoon (1981).
    """
    if draws < 0:
        raise _negative_draws(draws)
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
    own = own_composite(compose, choice)
    found, ways, notes = _score(data, own, book, compose, draws=draws, seed=seed)
    made = _tables(panel, data, own, found)
    made["recipes"] = tables.recipes_table(ways, own)
    made |= _audit(panel, data, own, found, _shorter(data, book, settings))
    notes += audit.dominance_notes(made["dominance"], len(data.items)) + audit.scale_notes(data)
    return Result(
        made,
        index_figures.figures(panel.level, made),
        tuple(notes),
        tuple(wording.checks(own, found.scores, found.terms, found.effective)),
        data.series,
        params=_declared(book, ways),
    )


def _score(
    data: Indicators, own: Composite, book: RecipeBook, compose: Composer, *, draws: int, seed: int
) -> tuple[Found, tuple[Option, ...], list[Note]]:
    """Scores, ranks and what the draws say of them."""
    scores = score(own.prepared, own.weights)
    if own.unit is None:
        terms = contributions(own.prepared, own.weights)
    else:
        terms = own.unit.weights * own.z.values
    effective = None if terms is None else effective_weights(terms)
    ranks = rank(scores)
    ways = options(own, book, compose)
    notes = [*data.notes, *wording.method_notes(data, own, book)]
    invalid = book.invalid_because(own.choice)
    if invalid is not None:
        notes.append(wording.invalid_note(invalid))
    drawn = known = None
    pool = tuple(o.choice for o in ways if o.recipe is not None)
    if draws:
        admissible = [o.recipe for o in ways if o.recipe is not None]
        drawn = draw_ranks(admissible, draws=draws, concentration=book.concentration, seed=seed)
        ways = with_counts(ways, drawn.counts)
        known = order.standing(drawn.last)
        notes += wording.interval_notes(ways, book, ranks, drawn, draws=draws, seed=seed)
        notes += order.order_notes(known, draws) if known else [order.TOO_MANY]
    return Found(scores, ranks, drawn, known, pool, terms, effective), ways, notes


def _shorter(data: Indicators, book: RecipeBook, settings: Settings) -> Composer | None:
    """The same without the last period; None where it is the only one or the base."""
    periods = data.values.shape[1]
    if periods < 2 or settings.base == periods - 1:
        return None
    return composer(replace(data, values=data.values[:, :-1]), book, settings)


def _tables(panel: Panel, data: Indicators, own: Composite, found: Found) -> dict[str, Table]:
    soft = (data.soft * own.weights[None]).sum(axis=2).T
    made = {
        "scores": tables.scores_table(panel, found.scores, found.ranks, found.drawn, soft),
        "weights": tables.weights_table(data, own, found.effective, found.scores),
    }
    if own.weights.shape[0] > 1:
        made["weights_by_period"] = tables.weights_by_period(panel, data, own.weights)
    if found.standing is not None:
        made["order"] = order.order_table(panel, found.standing)
        made["partial_order"] = order.partial_order_table(panel, found.standing)
        made["pairwise"] = order.pairwise_table(panel, found.standing)
    if found.drawn is not None:
        made["sensitivity"] = order.sensitivity_table(panel, found.drawn, found.pool)
    if own.choice.normalise in BOUNDED and own.z.values.max() <= 1.0:
        made["obstacles"] = order.obstacles_table(panel, data, own.z.values, own.weights)
    if found.terms is not None:
        made["contributions"] = tables.contributions_table(panel, data, found.terms)
    if data.groups:
        made["groups"] = tables.groups_table(panel, data, own)
    made["indicators"] = tables.indicators_table(panel, data, own.z.values)
    if own.choice.treatment != "none":
        made["treatment"] = tables.treatment_table(data, own)
    return made


def _audit(
    panel: Panel, data: Indicators, own: Composite, found: Found, before: Composer | None
) -> dict[str, Table]:
    """Coherence, reliability, dominance, and what the last period changed."""
    groups = tables.group_scores(data, own)
    levels = {name: groups[n, 0] for n, name in enumerate(tables.group_names(data))}
    nominal = own.weights.mean(axis=0)
    pooled = None if found.effective is None else found.effective.pooled
    made = {
        "coherence": audit.coherence_table(
            panel, data, own.z.values, {**levels, "index": found.scores}
        ),
        "reliability": audit.reliability_table(data, own.z.values),
        "dominance": audit.dominance_table(panel, data, nominal, pooled),
    }
    added = audit.period_added_table(panel, data, own, before)
    if added is not None:
        made["period_added"] = added
    return made


def _declared(book: RecipeBook, found: Sequence[Option]) -> dict[str, Json]:
    """What the draws stood on, beside the options of the call."""
    kept = [o.choice for o in found if o.recipe is not None]
    return {
        # JSON knows no infinity
        "concentration": book.concentration if np.isfinite(book.concentration) else "inf",
        "geometric_shift": book.geometric_shift,
        "admissible": [f"{c.treatment}/{c.normalise}/{c.weights}/{c.aggregation}" for c in kept],
    }


def _negative_draws(draws: int) -> ZhihengError:
    return ZhihengError(
        "M628",
        Text("抽取次数不能为负：{n}。", "The number of draws is negative: {n}.").format(n=draws),
        fix=Text(
            "写 0 则不算名次区间，通常取 10000。", "Use 0 for no intervals, or 10000 as usual."
        ),
    )
