"""Does the honest part of an index go with the outcome beyond what arithmetic gives for free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.arithmetic import limits
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.explain import arithmetic_wording as wording
from zhiheng.explain.arithmetic_input import (
    Chance,
    Condition,
    Residualise,
    check_chance,
    check_rest,
    check_space,
    links_of,
    read_clusters,
    read_logs,
)
from zhiheng.explain.index_parts import Normalise, Parts, WeightRule, read_parts
from zhiheng.explain.overlap_audit import (
    INDEX,
    Kin,
    fit_index,
    kin_of,
    meaning_of,
    overlaps_table,
    parts_table,
    split_of,
    text_column,
    titled,
)
from zhiheng.explain.panel_ols import ROUNDING
from zhiheng.explain.regression import Fitted, Model, Transform, check_model, transformed
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.explain.wording import (
    SPLIT_CHECK,
    control_shares,
    nothing_shared,
    standard_errors,
)
from zhiheng.kernels.arithmetic_null import (
    NullTest,
    Pieces,
    Sign,
    cluster_sums,
    movable,
    null_test,
    permuted_orders,
    permuted_t,
    pieces,
    unit_trends,
)
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import Effects, PanelFit, factor_of, parameters

SMALL_SAMPLE = "stata"


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that the test stands on, read and checked."""

    model: Model
    index: Parts
    data: Variables
    kin: tuple[Kin, ...]
    shared: NDArray[np.bool_]
    links: tuple[str, ...]
    logs: NDArray[np.float64]
    cluster: NDArray[np.intp]


@method(zh="算术零假设检验：系数超出共用数据的那一部分是否站得住", example="neighbours")
def arithmetic_null(
    panel: Panel,
    *,
    outcome: str,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    normalise: Normalise = "global",
    weights: WeightRule = "entropy",
    given: Mapping[str, float] | None = None,
    controls: Sequence[str] = (),
    also: Sequence[str] = (),
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    sign: Sign = "two-sided",
    permutations: int = 999,
    residualise: Residualise = "once",
    cluster: str | Mapping[str, str] = "entity",
    spatial: str | SpatialWeights | None = None,
    level: float = 0.05,
    seed: int = 1,
) -> Result:
    """Test whether an index goes with an outcome beyond the series that both share.

    Use it when indicators of the index share data with the outcome (see
    `overlap_audit`), where an ordinary t test is about arithmetic. The part of the
    index that shares nothing is freed of the logs of the shared series and its entity
    paths trade places, while everything shared stays. Do not read a pass as causality,
    nor a failure as the absence of an effect; with few entities, or paths that cluster
    in space, it is refused.

    Parameters
    ----------
    panel : Panel
        Balanced: gaps are refused.
    outcome : str
        A series or an expression, such as ``log(co2_final_use / gdp_real)``.
    system : str
        An index system of the catalog; or give `columns`.
    columns : mapping of series or expression to {"more", "less"}
    normalise, weights, given
        The recipe of the index; weights and bounds are computed once and frozen.
    controls : list of str
        Partialled out of everything, in every draw, together with the effects.
    also : list of str
        Series or expressions that the index shares with the outcome without the catalog
        naming it; their logs are taken out of the rest as well.
    effects, transform, trends
        As in `panel_ols`.
    sign : {"-", "+", "two-sided"}
        The sign that the plan declared before estimation; none declared is two-sided.
    permutations : int
        Number of draws.
    residualise : {"once", "each"}
        Take the shared series out of the rest before the draws only (conservative), or
        out of every permuted path again, so that drawn and observed paths are alike.
    cluster : str or mapping
        ``entity``, a catalogued grouping, or a mapping of entity to cluster: coarser
        clusters move as blocks, among clusters of equal size, and errors are clustered by them.
    spatial : str or SpatialWeights, optional
        Weights for the test whether unit trends of the permuted part cluster in space; by
        default contiguity for provinces, and no test elsewhere or with ``none``.
    level : float
        Two-sided level of the decision, in (0, 1); a declared sign has half of it.
    seed : int

    Raises
    ------
    ZhihengError
        M759 options, M760 too few clusters, M761 a rest that shared series carry, M762
        unit trends that cluster in space, M763 one entity with most of the variation,
        M764 no rest, M765 a shared series without logs, M766 an outcome made of shared
        series; M704 gaps, M751–M752 the index, and the refusals of `panel_ols` (M701–M708).

    References
    ----------
    Pearson (1897), Proc. R. Soc. 60:489, on indices with a common measure; Winkler and
    others (2014), NeuroImage 92:381, on permuting what is left of a regressor.
    """
    chance = Chance(sign, permutations, seed, level, residualise)
    check_chance(chance)
    names = (controls,) if isinstance(controls, str) else tuple(controls)
    more = (also,) if isinstance(also, str) else tuple(also)
    model = Model(outcome, (INDEX, *names), effects, transform, trends)
    check_model(model)
    index = read_parts(
        panel, system=system, columns=columns, recipe=(normalise, weights), given=given
    )
    read = _read(panel, index, model, cluster, more)
    fitted = fit_index(panel, read.data, index.values.sum(axis=-1), model)
    parts, mask = _pieces(panel, read)
    conditions = check_rest(panel, parts, read.shared)
    more_conditions, notes = check_space(panel, parts, mask, spatial, seed=seed)
    test = _test(panel, read, parts, fitted, chance)
    split = split_of(panel, read.data, index.values, model)
    slope, error = float(fitted.fit.beta[0]), float(_errors(fitted.fit, read.cluster)[0])
    tables = {
        "test": _test_table(test, (slope, error), read, chance),
        "split": parts_table(split, read.shared),
        "shared": overlaps_table(read.kin, panel),
        "purged": _purged(panel, read, fitted),
        "conditions": _conditions(read, [*conditions, *more_conditions], parts),
        "own": _own(panel, parts, mask),
        "null": Table.of(("number",), number=np.arange(1, permutations + 1), statistic=test.drawn),
    }
    size = max(1.0, float(np.abs(split.parts).max()))
    checks = (
        Check(SPLIT_CHECK, (split.total - slope) / size, ROUNDING),
        Check(wording.STATISTIC_CHECK, test.observed - slope / error, ROUNDING),
    )
    notes = (*read.data.notes, *index.notes, *_notes(read, chance), *notes)
    series = tuple(sorted({*read.data.series, *index.series, *_bases(panel, read)}))
    return Result(tables, (wording.null_figure(),), notes, checks, series)


def _read(
    panel: Panel,
    index: Parts,
    model: Model,
    cluster: str | Mapping[str, str],
    also: tuple[str, ...],
) -> Read:
    controls = model.regressors[1:]
    data = read_variables(panel, [model.outcome, *controls], gaps="refuse", level=index.level)
    numbers = read_clusters(panel, cluster)
    meaning = meaning_of(index.level, panel)
    kin = kin_of(model.outcome, index, controls, meaning, panel)
    mine = kin[: len(index.items)]
    made = [model.outcome, *(i.expression for i in index.items)]
    found = links_of(mine, made, meaning)
    links = (*found, *(a for a in also if a not in found))
    shared = np.array([bool(k.shared) for k in mine])
    logs = read_logs(panel, links, index.level)
    return Read(model, index, data, tuple(kin), shared, links, logs, numbers)


def _bases(panel: Panel, read: Read) -> tuple[str, ...]:
    if not read.links:
        return ()
    return read_variables(panel, read.links, gaps="refuse", level=read.index.level).series


def _pieces(panel: Panel, read: Read) -> tuple[Pieces, NDArray[np.bool_]]:
    values, shared = read.index.values, read.shared
    both = np.stack([values[..., shared].sum(axis=-1), values[..., ~shared].sum(axis=-1)], axis=-1)
    columns = np.concatenate([read.data.values[..., :1], both, read.logs], axis=-1)
    controls = read.data.values[..., 1:]
    everything = np.concatenate([columns, controls], axis=-1)
    raw, absorb = transformed(panel, everything, read.data.mask, read.model)
    first = 3 + read.logs.shape[-1]
    y, s, h = (raw[..., j] for j in range(3))
    return pieces(y, s, h, raw[..., 3:first], raw[..., first:], absorb), absorb.mask


def _test(panel: Panel, read: Read, parts: Pieces, fitted: Fitted, chance: Chance) -> NullTest:
    by_name = np.argsort(np.array(panel.entities), kind="stable")
    orders = permuted_orders(
        read.cluster, permutations=chance.permutations, seed=chance.seed, order=by_name
    )
    stay = np.arange(len(panel.entities))[None]
    t = permuted_t(
        parts,
        np.concatenate([stay, orders]),
        cluster=read.cluster,
        factor=_factor(fitted.fit, read.cluster),
        each=chance.residualise == "each",
    )
    return null_test(float(t[0]), t[1:], chance.sign)


def _factor(fit: PanelFit, cluster: NDArray[np.intp]) -> float:
    counted = np.array(float(parameters(fit, SMALL_SAMPLE)))
    rows = np.array(float(fit.rows))
    return float(factor_of(SMALL_SAMPLE, int(cluster.max()) + 1, rows, counted))


def _errors(fit: PanelFit, cluster: NDArray[np.intp]) -> NDArray[np.float64]:
    """Standard errors clustered by entity or coarser, with their small-sample factor."""
    scores = (fit.residuals[:, None, :] @ fit.x)[:, 0, :] @ fit.bread
    sums = cluster_sums(scores.T, cluster)
    return np.sqrt((sums**2).sum(axis=1) * _factor(fit, cluster))


def _test_table(test: NullTest, estimate: tuple[float, float], read: Read, chance: Chance) -> Table:
    df = int(read.cluster.max())
    decision = "beyond" if test.p_value <= chance.threshold else "not_beyond"
    return Table.of(
        (),
        estimate=np.array([estimate[0]]),
        std_error=np.array([estimate[1]]),
        statistic=np.array([test.observed]),
        p_value=np.array([2 * stats.t.sf(abs(test.observed), df)]),
        p_arithmetic=np.array([test.p_value]),
        p_limit=np.array([chance.threshold]),
        null_median=np.array([test.median]),
        null_low=np.array([test.low]),
        null_high=np.array([test.high]),
        permutations=np.array([chance.permutations]),
        declared_sign=text_column([chance.sign]),
        **titled("declared_sign_title", [option_word("declared_sign", chance.sign)]),
        arithmetic_decision=text_column([decision]),
        **titled("arithmetic_decision_title", [option_word("arithmetic_decision", decision)]),
    )


def _purged(panel: Panel, read: Read, full: Fitted) -> Table:
    """The slope on the index, and on the index without the indicators that share something."""
    rest = read.index.values[..., ~read.shared].sum(axis=-1)
    fits = [full.fit, fit_index(panel, read.data, rest, read.model).fit]
    estimates = np.array([f.beta[0] for f in fits])
    errors = np.array([_errors(f, read.cluster)[0] for f in fits])
    few = [bell_mccaffrey(f) for f in fits]
    cr2, df_few = (np.array([getattr(f, name)[0] for f in few]) for name in ("std_error", "df"))
    df = int(read.cluster.max())
    by_entity = df + 1 == len(panel.entities)
    p_few = 2 * stats.t.sf(np.abs(estimates / cr2), df_few)
    which = ["full", "without_shared"]
    return Table.of(
        ("index",),
        index=which,
        **titled("index_title", [option_word("purged_index", w) for w in which]),
        weight=np.array([1.0, float(read.index.weights[~read.shared].sum())]),
        indicators=np.array([len(read.shared), int((~read.shared).sum())]),
        estimate=estimates,
        std_error=errors,
        statistic=estimates / errors,
        p_value=2 * stats.t.sf(np.abs(estimates / errors), df),
        p_few=p_few if by_entity else np.full(2, np.nan),
    )


def _conditions(read: Read, more: Sequence[Condition], parts: Pieces) -> Table:
    """What has to hold for paths to be exchangeable, each with its limit."""
    first = Condition(
        "movable_clusters", float(movable(read.cluster)), float(limits().fewest_clusters)
    )
    every = [first, *more, Condition("outcome_left", parts.outcome_left, np.nan)]
    return Table.of(
        ("arithmetic_condition",),
        arithmetic_condition=[c.name for c in every],
        **titled(
            "arithmetic_condition_title",
            [option_word("arithmetic_condition", c.name) for c in every],
        ),
        value=np.array([c.value for c in every]),
        limit=np.array([c.limit for c in every]),
    )


def _own(panel: Panel, parts: Pieces, mask: NDArray[np.bool_]) -> Table:
    """Each entity's part in the variation that is permuted, and its trend."""
    names = [panel.name(e) for e in panel.entities]
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        share=parts.entity_shares,
        slope=unit_trends(parts.own, mask) if mask.any(axis=0).sum() > 1 else np.nan * mask[:, 0],
    )


def _notes(read: Read, chance: Chance) -> list[Note]:
    mine = [k.name for k in read.kin if k.shared and k.role == "indicator"]
    control = any(k.shared and k.role == "control" for k in read.kin)
    notes = [wording.null_is(chance.sign, chance.permutations), wording.never_subtract()]
    notes += [wording.shared_by(mine)] if mine else []
    notes += [control_shares()] if control else []
    notes += [] if mine or control else [nothing_shared()]
    notes += [
        wording.links_removed(read.links, chance.residualise),
        wording.purged(),
        standard_errors(SMALL_SAMPLE),
    ]
    if read.links and chance.residualise == "once":
        notes.append(wording.conservative())
    sizes = np.bincount(read.cluster)
    if len(sizes) < len(read.cluster):
        notes.append(wording.coarse_clusters(len(sizes) - movable(read.cluster)))
    return notes
