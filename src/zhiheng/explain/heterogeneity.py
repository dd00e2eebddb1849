"""Do slopes differ between groups of regions? Tested, not read off the stars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.entity_groups import Groups, read_groups
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Fitted, Model, check_model, estimate
from zhiheng.explain.variables import Gaps, Variables, dropped_rows, read_variables
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.heterogeneity import (
    group_slopes,
    pair_statistics,
    permutation_p,
    permuted_labels,
    wald,
)
from zhiheng.kernels.panel_ols import Effects, SmallSample

Array = NDArray[np.float64]
FEW = 10
"""Groups with fewer entities are named: their own clustered error cannot be trusted."""
FEWEST_DRAWS = 99
ROUNDING = 1e-7
"""Two routes to the same slopes: column by column, and through cross products."""
SAME_CHECK = Text(
    "置换检验所用斜率与回归一致", "the slopes behind the permutations are those of the regression"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The groups that are in the estimation, and the columns of the regression."""

    groups: Groups
    fitted: Fitted
    inside: NDArray[np.bool_]


@method(zh="异质性检验：组间斜率之差的聚类检验与地区标签置换检验", example="regions")
def heterogeneity(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    groups: str | Mapping[str, str],
    controls: Sequence[str] = (),
    effects: Effects = "twoway",
    small_sample: SmallSample = "stata",
    gaps: Gaps = "refuse",
    permutations: int = 999,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Test whether a slope differs between groups of entities.

    Use it for "the effect is stronger in the east". A star in one group and none in
    another says nothing: with few entities the second may be larger. What counts is
    the test of the difference. Slopes differ by group; controls and effects are
    common to all, which keeps small groups estimable. Do not use it for groups that
    were formed by the outcome.

    Parameters
    ----------
    panel : Panel
    outcome, treatment : str
        Series or expressions.
    groups : str or mapping
        A catalogued grouping such as ``zones4``, or a mapping of entity to group.
    controls : list of str
    effects, small_sample, gaps
        As in `panel_ols`.
    permutations : int
        Shufflings of the groups' labels over whole entities, at least 99.
    seed : int
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M750 fewer than two groups or an option out of range, M810 entities without a
        group, M811 groups that cannot be read, and the refusals of `panel_ols`
        (M701–M708).

    References
    ----------
    Gelman and Stern (2006) The American Statistician 60(4): 328-331; Chung and Romano
    (2013) Annals of Statistics 41(2): 484-507; Pustejovsky and Tipton (2018) JBES 36:
    672; Holm (1979) Scandinavian Journal of Statistics 6: 65-70.
    """
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    _check(permutations, level)
    check_model(Model(outcome, (treatment, *others), effects))
    named = read_groups(panel, groups)
    data = read_variables(panel, [outcome, treatment, *others], gaps=gaps)
    model = Model(outcome, (treatment, *others), effects, small_sample=small_sample)
    sample = _sample(panel, data, named, model)
    observed, permuted = _permuted(panel, data, sample, permutations, seed)
    tables = {
        "slopes": _slopes(sample, model, level),
        "differences": _differences(panel, data, sample, model, (observed, permuted), level),
        "equality": _equality(sample, observed, permuted),
    }
    if not sample.fitted.used.all():
        tables["dropped"] = dropped_rows(panel, sample.fitted.used)
    beta = sample.fitted.fit.beta[: len(sample.groups.ids)]
    gap = float(np.abs(observed[2] - beta).max() / max(float(np.abs(beta).max()), 1e-300))
    checks = (Check(SAME_CHECK, gap, ROUNDING),)
    notes = (*data.notes, *_notes(sample, model))
    return Result(tables, (_figure(),), notes, checks, data.series)


def _columns(data: Variables, number: NDArray[np.intp], base: int | None, count: int) -> Variables:
    """The treatment split by group; with `base`, its slope there and differences from it."""
    x = data.values[..., 1]
    parts = [x if g == base else x * (number == g)[:, None] for g in range(count)]
    values = np.concatenate(
        [data.values[..., :1], np.stack(parts, axis=-1), data.values[..., 2:]], axis=-1
    )
    return replace(data, values=values)


def _model(model: Model, ids: Sequence[str]) -> Model:
    terms = tuple(f"{model.regressors[0]} [{g}]" for g in ids)
    return replace(model, regressors=(*terms, *model.regressors[1:]))


def _sample(panel: Panel, data: Variables, named: Groups, model: Model) -> Sample:
    """Fit slopes by group on the rows in use; a group without rows is no group."""
    seen = data.mask.any(axis=1)
    present = [g for g in range(len(named.ids)) if (seen & (named.number == g)).any()]
    if len(present) < 2:
        raise ZhihengError(
            "M750",
            Text("只有 {n} 个组有数据。", "Only {n} groups have data.").format(n=len(present)),
            evidence=[{"group": named.ids[g], "title": named.titles[g]} for g in present],
            fix=Text("换一个分组或样本。", "Choose another grouping or sample."),
        )
    number = np.searchsorted(present, named.number)
    kept = Groups(
        np.where(np.isin(named.number, present), number, 0).astype(np.intp),
        tuple(named.ids[g] for g in present),
        tuple(named.titles[g] for g in present),
    )
    split = _columns(data, kept.number, None, len(kept.ids))
    fitted = estimate(panel, split, _model(model, kept.ids))
    return Sample(kept, fitted, np.asarray(fitted.fit.absorber.mask.any(axis=1)))


def _permuted(
    panel: Panel, data: Variables, sample: Sample, permutations: int, seed: int
) -> tuple[tuple[Array, float, Array], tuple[Array, Array]]:
    """Pair statistics and the joint one, of the data and of shuffled labels."""
    count = len(sample.groups.ids)
    inside = np.flatnonzero(sample.inside)
    order = np.array(sorted(inside, key=lambda i: panel.entities[i]), dtype=np.intp)
    own = sample.groups.number[order]
    shuffled = permuted_labels(own, count, draws=permutations, seed=seed)
    labels = np.zeros((1 + permutations, len(panel.entities), count))
    everyone = np.concatenate([own[None, :], shuffled])
    labels[:, order, :] = everyone[..., None] == np.arange(count)
    absorb = sample.fitted.fit.absorber
    raw = data.values * absorb.mask[..., None]
    found = group_slopes(raw[..., 0], raw[..., 1], raw[..., 2:], labels, absorb)
    pairs = np.array(list(combinations(range(count), 2)), dtype=np.intp)
    each, joint = pair_statistics(found, pairs), wald(found)
    return (each[0], float(joint[0]), found.beta[0]), (each[1:], joint[1:])


def _slopes(sample: Sample, model: Model, level: float) -> Table:
    fit, groups = sample.fitted.fit, sample.groups
    count = len(groups.ids)
    se, few, df = clustered(fit, model.small_sample), bell_mccaffrey(fit), fit.clusters - 1
    half = stats.t.ppf(1 - level / 2, df) * se
    p = 2 * stats.t.sf(np.abs(fit.beta / se), df)
    p_few = 2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df)
    members = np.bincount(groups.number[sample.inside], minlength=count)
    return Table.of(
        ("group",),
        group=groups.ids,
        group_title_zh=[t.zh for t in groups.titles],
        group_title_en=[t.en for t in groups.titles],
        entities=members,
        estimate=fit.beta[:count],
        std_error=se[:count],
        p_value=p[:count],
        ci_low=(fit.beta - half)[:count],
        ci_high=(fit.beta + half)[:count],
        std_error_cr2=few.std_error[:count],
        df_few=few.df[:count],
        p_few=p_few[:count],
    )


def _differences(
    panel: Panel,
    data: Variables,
    sample: Sample,
    model: Model,
    statistics: tuple[tuple[Array, float, Array], tuple[Array, Array]],
    level: float,
) -> Table:
    """Each pair of groups: the difference is a coefficient of the regression, and is tested."""
    groups = sample.groups
    count = len(groups.ids)
    pairs = list(combinations(range(count), 2))
    rows: list[list[float]] = []
    for base in range(1, count):  # groups, of which there are few
        split = _columns(data, groups.number, base, count)
        fit = estimate(panel, split, _model(model, groups.ids)).fit
        se, few = clustered(fit, model.small_sample), bell_mccaffrey(fit)
        for g in range(base):
            t = abs(fit.beta[g] / few.std_error[g])
            p = float(2 * stats.t.sf(t, few.df[g]))
            rows.append([fit.beta[g], se[g], few.std_error[g], few.df[g], p])
    at = {pair: i for i, pair in enumerate((g, b) for b in range(1, count) for g in range(b))}
    found = np.array([rows[at[pair]] for pair in pairs], dtype=np.float64)
    df = sample.fitted.fit.clusters - 1
    half = stats.t.ppf(1 - level / 2, df) * found[:, 1]
    p_permuted, used = permutation_p(statistics[0][0], statistics[1][0])
    a, b = [[ids[k] for ids in pairs] for k in (0, 1)]
    return Table.of(
        ("group_a", "group_b"),
        group_a=[groups.ids[g] for g in a],
        group_a_title_zh=[groups.titles[g].zh for g in a],
        group_a_title_en=[groups.titles[g].en for g in a],
        group_b=[groups.ids[g] for g in b],
        group_b_title_zh=[groups.titles[g].zh for g in b],
        group_b_title_en=[groups.titles[g].en for g in b],
        difference=found[:, 0],
        std_error=found[:, 1],
        p_value=2 * stats.t.sf(np.abs(found[:, 0] / found[:, 1]), df),
        ci_low=found[:, 0] - half,
        ci_high=found[:, 0] + half,
        std_error_cr2=found[:, 2],
        df_few=found[:, 3],
        p_few=found[:, 4],
        p_permutation=p_permuted,
        p_holm=holm(p_permuted),
        permutations=used,
    )


def holm(p: Array) -> Array:
    """P values adjusted for their number by Holm's steps."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(steps, 1.0)
    return out


def _equality(
    sample: Sample, observed: tuple[Array, float, Array], permuted: tuple[Array, Array]
) -> Table:
    """All slopes equal: Wald with the F of Hotelling's statistic, and the permutation."""
    clusters, q = sample.fitted.fit.clusters, len(sample.groups.ids) - 1
    f = observed[1] * (clusters - q) / (q * clusters)
    p, used = permutation_p(np.array([observed[1]]), permuted[1][:, None])
    return Table.of(
        (),
        f_statistic=np.array([f]),
        df=np.array([q]),
        df_residual=np.array([clusters - q]),
        p_value=np.array([float(stats.f.sf(f, q, clusters - q))]),
        p_permutation=p,
        permutations=used,
    )


def _check(permutations: int, level: float) -> None:
    if permutations < FEWEST_DRAWS or not 0 < level < 1:
        rows: list[Row] = [{"permutations": permutations, "level": level}]
        raise ZhihengError(
            "M750",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=rows,
            fix=Text(
                "permutations 至少 {m}，level 在零与一之间。",
                "permutations is at least {m}, level between zero and one.",
            ).format(m=FEWEST_DRAWS),
        )


def _notes(sample: Sample, model: Model) -> list[Note]:
    found = [_TESTED, _PERMUTED, wording.standard_errors(model.small_sample)]
    found += wording.model_notes(model)
    members = np.bincount(sample.groups.number[sample.inside], minlength=len(sample.groups.ids))
    few = [t for t, n in zip(sample.groups.titles, members, strict=True) if n < FEW]
    if few:
        found.append(
            Note(
                Text(
                    "这些组的地区不足 {m} 个：{n}；其聚类标准误偏小，看 p_few 与置换 p 值。",
                    "These groups have fewer than {m} entities: {n}; their clustered errors are "
                    "too small: read p_few and the permutation p.",
                ).format(m=FEW, n=Text("、".join(t.zh for t in few), ", ".join(t.en for t in few))),
                level="caution",
            )
        )
    if not sample.fitted.used.all():
        found.append(wording.rows_dropped())
    return found


_TESTED = Note(
    Text(
        "组间差异由 differences 与 equality 两表检验；“一组有星、一组没有”不是差异的证据。"
        "斜率分组，控制变量与固定效应各组共用。",
        "Differences between groups are tested in the tables differences and equality; a star in "
        "one group and none in another is no evidence of one. Slopes are by group, controls and "
        "effects common to all.",
    )
)
_PERMUTED = Note(
    Text(
        "p_permutation：把组标签在地区之间（整条历史）随机重排，"
        "统计量为聚类 t（两组）或 Wald（全部）；"
        "p_holm 按比较的个数校正。某一重排使某组斜率无法估计的，不计入 permutations。",
        "p_permutation: labels are shuffled over entities with their whole histories; the "
        "statistic is the clustered t of a pair, or Wald for all. p_holm adjusts for the number of "
        "pairs. Shufflings that leave a group without a slope are not in permutations.",
    )
)


def _figure() -> Figure:
    return Figure(
        name="slopes",
        kind="interval",
        table="slopes",
        title=Text("各组的斜率", "Slopes by group"),
        reading=Text(
            "点是各组斜率，横线是区间。区间是否重叠不是检验，差异见组间差异的检验。",
            "Points are slopes by group with intervals. Whether intervals overlap is no test; the "
            "table differences has one.",
        ),
        encodings={
            "label": "group",
            "value": "estimate",
            "low": "ci_low",
            "high": "ci_high",
            "reference": 0,
        },
    )
