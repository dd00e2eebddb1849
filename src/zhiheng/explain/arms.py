"""Each group of an index beside the other groups: arms of a theory, not mediators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.systems import load_system
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import overlap
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.index_parts import Normalise, Parts, WeightRule, read_items, read_parts
from zhiheng.explain.overlap_audit import meaning_of
from zhiheng.explain.panel_ols import ROUNDING, clustered
from zhiheng.explain.regression import Model, Transform, check_model, estimate
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import Effects, SmallSample

Array = NDArray[np.float64]
OWN, REST = "group", "rest"
SUM_CHECK = Text(
    "组得分与其余得分按权重合成指数", "a group and the rest add up to the index by their weights"
)


@method(zh="机制分臂：各组得分与其余各组并列回归，不作乘积", example="regions")
def arms(
    panel: Panel,
    *,
    outcome: str,
    system: str,
    normalise: Normalise = "global",
    weights: WeightRule = "entropy",
    given: Mapping[str, float] | None = None,
    controls: Sequence[str] = (),
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    small_sample: SmallSample = "stata",
    level: float = 0.05,
) -> Result:
    """Regress an outcome on each group of an index beside the index of its other groups.

    Use it where theory names the groups of an index (technology, factors, industry) as
    the ways in which it works. A group is an ingredient of the index and cannot be its
    mediator, so there is no product of paths: one regression per group, its score and
    the rest side by side. It is an association, and neighbouring groups may be
    collinear: look at the few-cluster p values.

    Parameters
    ----------
    panel : Panel
    outcome : str
    system : str
        An index system of the catalog with at least two groups.
    normalise, weights, given
        As in `overlap_audit`; scores are weighted means of each group's indicators.
    controls : list of str
    effects, transform, trends, small_sample
        As in `panel_ols`.
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M754 fewer than two groups or a level out of range, and the refusals of
        `overlap_audit` and `panel_ols`.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1:387.
    """
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    model = Model(outcome, (OWN, REST, *others), effects, transform, trends, small_sample)
    check_model(model)
    groups = list(dict.fromkeys(item.group for item in read_items(panel, system, None)[0]))
    if len(groups) < 2 or not 0 < level < 1:
        raise _refuse(groups, level)
    index = read_parts(panel, system=system, columns=None, recipe=(normalise, weights), given=given)
    data = read_variables(panel, [outcome, *others], gaps="refuse", level=index.level)
    scores = [_scores(index, group) for group in groups]
    titles = {group.id: group.title for group in load_system(system).groups}
    rows = [_one(panel, data, model, pair[:2], level) for pair in scores]
    table = _table(groups, titles, rows, [pair[2] for pair in scores])
    shared = _shared(panel, index, outcome, groups)
    worst = max(_gap(index, pair) for pair in scores)
    notes = (*data.notes, *index.notes, *_notes(model, titles, shared))
    series = tuple(sorted({*data.series, *index.series}))
    return Result(
        {"arms": table}, (_figure(),), notes, (Check(SUM_CHECK, worst, ROUNDING),), series
    )


def _scores(index: Parts, group: str) -> tuple[Array, Array, float]:
    """The group's score, that of all others, and the group's weight."""
    inside = np.array([item.group == group for item in index.items])
    weight = float(index.weights[inside].sum())
    own = index.values[..., inside].sum(axis=-1)
    rest = index.values[..., ~inside].sum(axis=-1)
    size = float(index.weights.sum())
    return (
        own / weight if weight else own,
        rest / (size - weight) if size > weight else rest,
        weight / size,
    )


def _gap(index: Parts, pair: tuple[Array, Array, float]) -> float:
    whole = index.values.sum(axis=-1) / float(index.weights.sum())
    made = pair[0] * pair[2] + pair[1] * (1 - pair[2])
    return float(np.abs(whole - made).max())


def _one(
    panel: Panel, data: Variables, model: Model, pair: tuple[Array, Array], level: float
) -> list[float]:
    """Slopes on a group and on the rest, with their errors."""
    columns = np.stack([data.values[..., 0], *pair], axis=-1)
    values = np.concatenate([columns, data.values[..., 1:]], axis=-1)
    fit = estimate(panel, replace(data, values=values), model).fit
    se, few, df = clustered(fit, model.small_sample), bell_mccaffrey(fit), fit.clusters - 1
    half = float(stats.t.ppf(1 - level / 2, df))
    p = 2 * stats.t.sf(np.abs(fit.beta / se), df)
    p_few = 2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df)
    return [
        value
        for j in (0, 1)
        for value in (
            float(fit.beta[j]),
            float(se[j]),
            float(p[j]),
            float(fit.beta[j] - half * se[j]),
            float(fit.beta[j] + half * se[j]),
            float(few.df[j]),
            float(p_few[j]),
        )
    ]


def _table(
    groups: Sequence[str],
    titles: Mapping[str, Text],
    rows: Sequence[Sequence[float]],
    weights: Sequence[float],
) -> Table:
    found = np.array(rows, dtype=np.float64).reshape(len(groups), 2, 7)
    both = found.reshape(-1, 7)
    words = [Text("本组", "the group"), Text("其余各组", "the other groups")]
    return Table.of(
        ("group", "part"),
        group=[g for g in groups for _ in (OWN, REST)],
        group_title_zh=[titles[g].zh for g in groups for _ in words],
        group_title_en=[titles[g].en for g in groups for _ in words],
        part=[part for _ in groups for part in (OWN, REST)],
        part_title_zh=[w.zh for _ in groups for w in words],
        part_title_en=[w.en for _ in groups for w in words],
        weight=np.array([v for w in weights for v in (w, 1 - w)]),
        estimate=both[:, 0],
        std_error=both[:, 1],
        p_value=both[:, 2],
        ci_low=both[:, 3],
        ci_high=both[:, 4],
        df_few=both[:, 5],
        p_few=both[:, 6],
    )


def _shared(panel: Panel, index: Parts, outcome: str, groups: Sequence[str]) -> list[str]:
    """Groups with an indicator that shares data with the outcome."""
    meaning = meaning_of(index.level, panel)
    wrong = {i.group for i in index.items if overlap(i.expression, outcome, meaning)}
    return [group for group in groups if group in wrong]


def _notes(model: Model, titles: Mapping[str, Text], shared: Sequence[str]) -> list[Note]:
    found = [_SIDE_BY_SIDE, wording.standard_errors(model.small_sample)]
    found += wording.model_notes(model)
    if shared:
        names = Text(
            "、".join(titles[g].zh for g in shared), ", ".join(titles[g].en for g in shared)
        )
        found.append(
            Note(
                Text(
                    "这些组有指标与结果共用数据：{n}；其斜率有一部分首先是算术，见 overlap_audit。",
                    "Groups with indicators that share data with the outcome: {n}; part of their "
                    "slopes is arithmetic first, see overlap_audit.",
                ).format(n=names),
                level="caution",
            )
        )
    return found


_SIDE_BY_SIDE = Note(
    Text(
        "一组是指数的组成部分，不能充当指数的中介，所以不计算 a·b；"
        "每组一个回归，本组得分与其余各组的得分并列，得分都是组内加权平均。",
        "A group is part of the index and cannot mediate it, so no a·b is computed; one regression "
        "per group, its score beside that of the others, both weighted means.",
    )
)


def _refuse(groups: Sequence[str], level: float) -> ZhihengError:
    rows: list[Row] = [{"groups": ", ".join(groups), "level": level}]
    return ZhihengError(
        "M754",
        Text(
            "指数少于两组，或 level 出界。",
            "The index has fewer than two groups, or level is out of range.",
        ),
        evidence=rows,
        fix=Text(
            "换一个分组的体系；level 在零与一之间。",
            "Choose a system with groups; level lies between zero and one.",
        ),
    )


def _figure() -> Figure:
    return Figure(
        name="arms",
        kind="interval",
        table="arms",
        title=Text("各组得分的斜率（其余各组并列）", "Slopes on each group, the others beside it"),
        reading=Text(
            "点是本组得分的斜率，横线是区间；跨过零线，就不能说这一臂与结果有关。",
            "A point is the slope on the group's score with its interval; across zero no link of "
            "that arm with the outcome can be claimed.",
        ),
        encodings={
            "label": "group",
            "value": "estimate",
            "low": "ci_low",
            "high": "ci_high",
            "reference": 0,
            "where": {"part": OWN},
        },
    )
