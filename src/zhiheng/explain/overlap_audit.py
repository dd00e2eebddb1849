"""How much of a coefficient is arithmetic: what index and outcome share by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.scope import scope
from zhiheng.catalog.wording import option_word
from zhiheng.core.expression import Overlap, Scope, overlap
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.index_parts import Normalise, Parts, WeightRule, read_parts
from zhiheng.explain.panel_ols import ROUNDING, clustered
from zhiheng.explain.regression import Fitted, Model, Transform, check_model, estimate, transformed
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.kernels.overlap import Split, split_slope
from zhiheng.kernels.panel_ols import Effects

INDEX = "index"
PARTS = ("shared", "rest", "total")


@dataclass(frozen=True, slots=True)
class Kin:
    """One thing on the right-hand side and what it shares with the outcome."""

    name: str
    title: Text
    role: str
    weight: float
    shared: tuple[Overlap, ...]


@method(zh="重叠审计：指数与被解释变量共用了什么，系数里有多少只是算术", example="regions")
def overlap_audit(
    panel: Panel,
    *,
    outcome: str,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    normalise: Normalise = "global",
    weights: WeightRule = "entropy",
    given: Mapping[str, float] | None = None,
    controls: Sequence[str] = (),
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
) -> Result:
    """Find what an additive index shares with an outcome and split the slope exactly.

    Use it before reading anything into a regression of an outcome on an index
    or on a variable that the index is built from. The symbolic part compares
    base series, denominators and catalogued kinship; the numerical part splits
    the slope into the indicators that share something and the rest. It cannot
    see kinship that the catalog does not name, and it is no significance test.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression.
    system : str
        An index system of the catalog; or give `columns`.
    columns : mapping of series or expression to {"more", "less"}
    normalise, weights, given
        The recipe of the index; weights and bounds are computed once and frozen.
    controls : list of str
        Partialled out together with the effects.
    effects, transform, trends
        As in `panel_ols`.

    Raises
    ------
    ZhihengError
        M704 gaps, M751 what the index is made of is not clear, M752 a recipe that does not
        work, and the refusals of `panel_ols` (M701–M708).

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1:387; Pearson (1897), Proc. R. Soc. 60:489.
    """
    names = (controls,) if isinstance(controls, str) else tuple(controls)
    model = Model(outcome, (INDEX, *names), effects, transform, trends)
    check_model(model)
    index = read_parts(
        panel, system=system, columns=columns, recipe=(normalise, weights), given=given
    )
    data = read_variables(panel, [outcome, *names], gaps="refuse", level=index.level)
    meaning = meaning_of(index.level, panel)
    kin = kin_of(outcome, index, names, meaning, panel)
    shared = np.array([bool(k.shared) for k in kin[: len(index.items)]])
    fitted = fit_index(panel, data, index.values.sum(axis=-1), model)
    split = split_of(panel, data, index.values, model)
    tables = {
        "overlaps": overlaps_table(kin, panel),
        "split": parts_table(split, shared),
        "by_indicator": _by_indicator(index, split, shared),
        "slopes": _slopes(panel, data, index, shared, model, fitted),
    }
    # With an index that hardly varies both sides are large: relative to the largest term.
    size = max(1.0, float(np.abs(split.parts).max()))
    residual = (split.total - float(fitted.fit.beta[0])) / size
    checks = (Check(wording.SPLIT_CHECK, residual, ROUNDING),)
    notes = (*data.notes, *index.notes, *_notes(kin, shared, model))
    series = tuple(sorted({*data.series, *index.series}))
    return Result(tables, (wording.split_figure(),), notes, checks, series)


def meaning_of(level: str, panel: Panel) -> Scope:
    """The scope of a level with the panel's own variables opened; earlier scores stay closed."""
    own = {k: v for k, v in panel.definitions.items() if not v.startswith("@")}
    meaning = scope(level)
    return replace(meaning, definitions={**meaning.definitions, **own})


def kin_of(
    outcome: str, index: Parts, controls: tuple[str, ...], meaning: Scope, panel: Panel
) -> list[Kin]:
    """Each indicator and control with what it shares with the outcome."""
    indicators = [
        Kin(item.id, item.title, "indicator", float(w), overlap(item.expression, outcome, meaning))
        for item, w in zip(index.items, index.weights, strict=True)
    ]
    others = [
        Kin(c, panel.title(c), "control", np.nan, overlap(c, outcome, meaning)) for c in controls
    ]
    return indicators + others


def fit_index(panel: Panel, data: Variables, index: NDArray[np.float64], model: Model) -> Fitted:
    """The regression of column 0 of `data` on an index and the controls after it."""
    y, controls = data.values[..., :1], data.values[..., 1:]
    columns = np.concatenate([y, index[..., None], controls], axis=-1)
    return estimate(panel, replace(data, values=columns), model)


def split_of(panel: Panel, data: Variables, parts: NDArray[np.float64], model: Model) -> Split:
    """The slope on the sum of `parts`, split exactly."""
    columns = np.concatenate([data.values, parts], axis=-1)
    raw, absorb = transformed(panel, columns, data.mask, model)
    c = data.values.shape[-1]
    return split_slope(raw[..., 0], raw[..., c:], raw[..., 1:c], absorb)


def overlaps_table(kin: Sequence[Kin], panel: Panel) -> Table:
    """One row for every series that an indicator or control shares with the outcome."""
    rows = [(k, o) for k in kin for o in k.shared]
    return Table.of(
        ("indicator", "series", "outcome_series", "relation"),
        indicator=text_column([k.name for k, _ in rows]),
        **titled("indicator_title", [k.title for k, _ in rows]),
        role=text_column([k.role for k, _ in rows]),
        series=text_column([o.left for _, o in rows]),
        **titled("series_title", [panel.title(o.left) for _, o in rows]),
        outcome_series=text_column([o.right for _, o in rows]),
        relation=text_column([o.relation for _, o in rows]),
        **titled("relation_title", [option_word("relation", o.relation) for _, o in rows]),
        side=text_column([o.left_role for _, o in rows]),
        outcome_side=text_column([o.right_role for _, o in rows]),
        weight=np.array([k.weight for k, _ in rows], dtype=np.float64),
    )


def parts_table(split: Split, shared: NDArray[np.bool_]) -> Table:
    """The slope and the index's variance by shared and other indicators."""
    both = np.array([split.parts[shared].sum(), split.parts[~shared].sum(), split.total])
    weight = np.array([split.variance[shared].sum(), split.variance[~shared].sum(), 1.0])
    return Table.of(
        ("part",),
        part=list(PARTS),
        **titled("part_title", [option_word("part", part) for part in PARTS]),
        estimate=both,
        share=_over(both, split.total),
        variance_share=weight,
        indicators=np.array([shared.sum(), (~shared).sum(), len(shared)]),
    )


def _by_indicator(index: Parts, split: Split, shared: NDArray[np.bool_]) -> Table:
    return Table.of(
        ("indicator",),
        indicator=index.ids,
        name_zh=[item.title.zh for item in index.items],
        name_en=[item.title.en for item in index.items],
        group=text_column([item.group for item in index.items]),
        weight=index.weights,
        shared=shared,
        estimate=split.parts,
        share=_over(split.parts, split.total),
        variance_share=split.variance,
    )


def _slopes(
    panel: Panel,
    data: Variables,
    index: Parts,
    shared: NDArray[np.bool_],
    model: Model,
    fitted: Fitted,
) -> Table:
    """The slope on the index as it is, and on what is left of it without shared indicators."""
    rows = [("full", 1.0, fitted)]
    rest = index.values[..., ~shared].sum(axis=-1)
    if shared.any() and np.ptp(rest) > 0:
        weight = float(index.weights[~shared].sum())
        rows.append(("without_shared", weight, fit_index(panel, data, rest, model)))
    estimates = np.array([f.fit.beta[0] for _, _, f in rows])
    errors = np.array([clustered(f.fit, model.small_sample)[0] for _, _, f in rows])
    p = 2 * stats.t.sf(np.abs(estimates / errors), fitted.fit.clusters - 1)
    return Table.of(
        ("index",),
        index=[name for name, _, _ in rows],
        weight=np.array([w for _, w, _ in rows]),
        estimate=estimates,
        std_error=errors,
        p_value=p,
    )


def titled(name: str, titles: Sequence[Text]) -> dict[str, NDArray[np.object_]]:
    """A title as two columns, one for each language."""
    return {
        f"{name}_zh": text_column([t.zh for t in titles]),
        f"{name}_en": text_column([t.en for t in titles]),
    }


def _over(values: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    return values / total if total else np.full_like(values, np.nan)


def text_column(values: Sequence[str]) -> NDArray[np.object_]:
    """Text as a column, also when there is none."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _notes(kin: Sequence[Kin], shared: NDArray[np.bool_], model: Model) -> list[Note]:
    found = [k for k in kin if k.shared]
    notes = [wording.nothing_shared() if not found else wording.shared_by([k.name for k in found])]
    if shared.all():
        notes.append(wording.all_shared())
    if any(k.role == "control" for k in found):
        notes.append(wording.control_shares())
    return [*notes, wording.split_meaning(), wording.standard_errors(model.small_sample)]
