"""What a treatment is and what it is made of, so that no ingredient passes for a mediator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Overlap, names, overlap, parse
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.explain.index_parts import Item, Normalise, WeightRule, read_items, read_parts
from zhiheng.explain.overlap_audit import INDEX, meaning_of
from zhiheng.explain.variables import read_variables

SCORE = "@"
"""A definition that starts so names a score of an earlier step, whose making it does not show."""


@dataclass(frozen=True, slots=True)
class Given:
    """The options that say what the treatment is."""

    treatment: str | None
    system: str | None
    columns: Mapping[str, str] | None
    recipe: tuple[Normalise, WeightRule]
    weights: Mapping[str, float] | None
    purge: bool


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment, ready for a regression.

    Attributes
    ----------
    name : str
        The expression, or ``index`` where it is built here.
    values : ndarray, shape (entities, periods)
        NaN where it is not observed.
    ingredients : tuple of Item
    removed : tuple of str
        Ingredients that were purged.
    kin : tuple of (mediator, ingredient, Overlap)
        What mediators and kept ingredients still share: what divides them only.
    """

    name: str
    values: NDArray[np.float64]
    ingredients: tuple[Item, ...]
    removed: tuple[str, ...]
    kin: tuple[tuple[str, Item, Overlap], ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]
    level: str


def read_treatment(panel: Panel, given: Given, mediators: Sequence[str]) -> Treatment:
    """Compute the treatment and refuse mediators that it is made of.

    Where mediator and ingredient have only a denominator in common (two figures per
    person, say), that is reported and not refused.

    Raises
    ------
    ZhihengError
        M746 a mediator is an ingredient of the treatment, M747 what the treatment is
        made of is not clear, M751 and M752 as in `overlap_audit`.
    """
    items, level = _ingredients(panel, given)
    meaning = meaning_of(level, panel)
    _refuse_one_score(panel, given, mediators)
    shared = [
        (mediator, item, one)
        for mediator in mediators
        for item in items
        for one in overlap(item.expression, mediator, meaning)
    ]
    wrong = [row for row in shared if not _only_scales(row[2])]
    removed = tuple(dict.fromkeys(item.id for _, item, _ in wrong))
    buildable = given.system is not None or bool(given.columns)
    if wrong and not (given.purge and buildable and len(removed) < len(items)):
        raise _refused(panel, wrong, purged=given.purge, buildable=buildable)
    kept = tuple(item for item in items if item.id not in removed)
    kin = tuple(row for row in shared if row[1].id not in removed)
    if given.treatment is not None and not removed:
        data = read_variables(panel, [given.treatment], gaps="drop", level=level)
        values = np.where(data.mask, data.values[..., 0], np.nan)
        return Treatment(
            given.treatment, values, kept, removed, kin, data.series, data.notes, level
        )
    index = read_parts(
        panel,
        system=given.system,
        columns=given.columns,
        recipe=given.recipe,
        given=given.weights,
        without=removed,
    )
    values = index.values.sum(axis=-1)
    return Treatment(INDEX, values, kept, removed, kin, index.series, index.notes, level)


def _only_scales(one: Overlap) -> bool:
    """Whether what is shared only divides the ingredient: figures per person, say.

    A rate that the catalogue derives from population is kin of everything per person,
    and yet no part of it.
    """
    below = one.left_role == "denominator"
    kin = one.relation in ("subset_of", "derived_from")
    return one.relation == "common_denominator" or (kin and below)


def _ingredients(panel: Panel, given: Given) -> tuple[tuple[Item, ...], str]:
    if given.system is not None or given.columns:
        return read_items(panel, given.system, given.columns)
    if given.treatment is None:
        raise _unclear(
            Text("没有给出处理变量。", "No treatment is given."),
            Text(
                "写 treatment=…，或 system=…，或 columns={序列: more|less}。",
                "Give treatment=…, system=…, or columns={series: more|less}.",
            ),
        )
    if _scores(panel, given.treatment):
        raise _unclear(
            Text(
                "处理变量 {t} 是前一步算出的得分，看不出它由哪些序列构成。",
                "The treatment {t} is a score of an earlier step; what it is made of is not seen.",
            ).format(t=given.treatment),
            Text(
                "同时给出它的体系 system=…，才能判断中介是否在其中。",
                "Give its index system too (system=…), so that mediators can be checked.",
            ),
        )
    title = panel.title(given.treatment)
    return (Item(given.treatment, given.treatment, "more", "", title),), panel.level


def _scores(panel: Panel, expression: str) -> dict[str, str]:
    """Scores of earlier steps in an expression, with the step that each comes from."""
    found = {n.name: panel.definitions.get(n.name, "") for n in names(parse(expression))}
    return {n: d[1:].partition(".")[0] for n, d in found.items() if d.startswith(SCORE)}


def _refuse_one_score(panel: Panel, given: Given, mediators: Sequence[str]) -> None:
    """Refuse a mediator that comes out of the same step as the treatment, such as a group score."""
    own = set(_scores(panel, given.treatment or "0").values())
    found = [(m, step) for m in mediators for step in _scores(panel, m).values()]
    rows: list[Row] = [
        {"mediator": m, "title": panel.title(m), "series": step} for m, step in found if step in own
    ]
    if found and not rows:
        raise _unclear(
            Text(
                "中介变量 {m} 是前一步算出的得分，看不出它由哪些序列构成。",
                "The mediator {m} is a score of an earlier step; what it is made of is not seen.",
            ).format(m=found[0][0]),
            Text("用序列或表达式写出中介。", "Write the mediator as series or an expression."),
        )
    if rows:
        raise _m746(
            rows,
            Text(
                "指数的一组不是指数的中介：用 arms 让它与其余各组并列。",
                "A group of an index is no mediator of it: use arms, which sets it beside the "
                "other groups.",
            ),
        )


def _refused(
    panel: Panel,
    wrong: Sequence[tuple[str, Item, Overlap]],
    *,
    purged: bool,
    buildable: bool,
) -> ZhihengError:
    rows: list[Row] = [
        {
            "mediator": mediator,
            "ingredient": item.id,
            "ingredient_title": item.title,
            "series": one.left,
            "series_title": panel.title(one.left),
            "mediator_series": one.right,
            "relation": one.relation,
        }
        for mediator, item, one in wrong
    ]
    if purged and buildable:
        fix = Text(
            "剔除后处理变量没有剩下指标；换一个中介。",
            "Purging would leave the treatment without an indicator; choose another mediator.",
        )
    elif buildable:
        fix = Text(
            "写 purge=true，用不含这些指标的指数作处理变量；或换一个中介。",
            "Say purge=true to build the treatment without those indicators, or choose another "
            "mediator.",
        )
    else:
        fix = Text(
            "换一个中介或处理变量；单个序列无从剔除。总效应仍可用 panel_ols 估计。",
            "Choose another mediator or treatment; a single series cannot be purged. The total "
            "effect can still be estimated with panel_ols.",
        )
    return _m746(rows, fix)


def _m746(rows: list[Row], fix: Text) -> ZhihengError:
    return ZhihengError(
        "M746",
        Text(
            "中介变量是处理变量的组成部分：两者的联系首先是算术。",
            "A mediator is an ingredient of the treatment: their link is arithmetic first.",
        ),
        evidence=rows,
        fix=fix,
    )


def _unclear(what: Text, fix: Text) -> ZhihengError:
    return ZhihengError("M747", what, fix=fix)
