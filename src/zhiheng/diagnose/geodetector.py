"""How much of a variable its strata hold: geographical detector with tests and interactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import read_groups
from zhiheng.catalog.regions import groupings
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.ranges import check_numbers, check_spatial_numbers, read_names
from zhiheng.diagnose.variable import read_variable
from zhiheng.kernels import strata as kernel
from zhiheng.kernels.homogeneity import permutation_p
from zhiheng.kernels.markov import classify, quantile_cuts

Array = NDArray[np.float64]
Strata = NDArray[np.intp]

# Sums of squares of a few hundred values.
ROUNDING = 1e-10

KINDS = {
    "weaken_nonlinear": Text("非线性减弱", "weakened, non-linear"),
    "weaken_single": Text("单因子非线性减弱", "weakened, single"),
    "enhance_double": Text("双因子增强", "enhanced, double"),
    "independent": Text("独立", "independent"),
    "enhance_nonlinear": Text("非线性增强", "enhanced, non-linear"),
}


@dataclass(frozen=True, slots=True)
class _Layer:
    """One factor as strata, shape (entities, periods)."""

    name: str
    title: Text
    number: Strata


@method(zh="地理探测器：各因子的 q 统计量、检验与两两交互", example="neighbours")
def geodetector(
    panel: Panel,
    *,
    outcome: str,
    factors: Sequence[str],
    classes: int = 4,
    permutations: int = 999,
    seed: int = 1,
) -> Result:
    """Measure how much of the spatial variation of an outcome lies between the strata of factors.

    Use it to screen which factors vary with the outcome, linear or not. A
    numeric factor is cut at quantiles, and q rises with the number of classes by
    itself: compare it with its expectation and its permutation p. Overlaying two
    factors can never lower q, so an "enhancement" alone is no finding. No cause
    is shown.

    Parameters
    ----------
    panel : Panel
        One period or more; each is judged by itself.
    outcome : str
        A series or an expression.
    factors : sequence of str
        Series or expressions, cut at quantiles of each period, or catalogued
        groupings such as ``zones4``, taken as they are.
    classes : int
        Quantile classes of a numeric factor, two or more.
    permutations : int
        Random dealings of the outcome for the permutation p; 0 for none.
    seed : int

    Raises
    ------
    ZhihengError
        M800 gaps, M810 entities outside of a grouping, M820 classes, M869 an outcome
        or factor without variation, M870 permutations, M881 too few entities, M887 no
        factor or one twice.

    References
    ----------
    Wang, Li, Christakos and others (2010) International Journal of Geographical
    Information Science 24(1): 107-127; Wang, Zhang and Fu (2016) Ecological
    Indicators 67: 250-256.
    """
    check_numbers(draws=0, level=0.05, classes=classes)
    check_spatial_numbers(permutations=(permutations, 0))
    names = read_names(factors, "factors")
    ordered = panel.select(entities=sorted(panel.entities))
    data = read_variable(ordered, outcome, gaps="refuse")
    _refuse(ordered, data.values, outcome, classes)
    layers, series = _layers(ordered, names, classes)
    singles = [
        [kernel.factor(data.values[:, t], layer.number[:, t]) for t in range(len(panel.periods))]
        for layer in layers
    ]
    tables = {"factors": _factors(ordered, data.values, layers, singles, permutations, seed)}
    if len(layers) > 1:
        tables["interactions"] = _interactions(ordered, data.values, layers, singles)
    notes = [*data.notes, *_notes(tables, classes, permutations)]
    checks = (_identity(data.values, layers, singles),)
    used = tuple(sorted({*data.series, *series}))
    return Result(tables, _figures(tables), tuple(notes), checks, used)


def _layers(panel: Panel, names: list[str], classes: int) -> tuple[list[_Layer], list[str]]:
    layers: list[_Layer] = []
    series: list[str] = []
    for name in names:
        if name in groupings():
            number = read_groups(panel, name).number
            title = groupings()[name].title
            layers.append(_Layer(name, title, np.tile(number[:, None], len(panel.periods))))
            continue
        found = read_variable(panel, name, gaps="refuse")
        _refuse_constant(panel, found.values, name)
        columns = [classify(v, quantile_cuts(v, classes)) for v in found.values.T]
        layers.append(_Layer(name, panel.title(name), np.stack(columns, axis=1)))
        series += found.series
    return layers, series


def _refuse(panel: Panel, values: Array, outcome: str, classes: int) -> None:
    if len(panel.entities) <= classes:
        raise ZhihengError(
            "M881",
            Text("地区数须多于类数。", "There must be more entities than classes."),
            evidence=[{"entities": len(panel.entities), "classes": classes}],
            fix=Text("选更多地区，或减少类数。", "Select more entities or fewer classes."),
        )
    _refuse_constant(panel, values, outcome)


def _refuse_constant(panel: Panel, values: Array, name: str) -> None:
    flat: list[Row] = [
        {"period": p, "variable": name, "value": float(v[0])}
        for p, v in zip(panel.periods, values.T, strict=True)
        if np.ptp(v) <= 1e-12 * np.abs(v).max()
    ]
    if flat:
        raise ZhihengError(
            "M869",
            Text(
                "变量在某些时期里各地取值相同，没有可比的差异。",
                "The variable is the same everywhere in some period: nothing to compare.",
            ),
            evidence=flat,
            fix=Text("去掉这些时期，或换一个变量。", "Leave out these periods, or take another."),
        )


def _factors(
    panel: Panel,
    values: Array,
    layers: list[_Layer],
    singles: list[list[kernel.Factor]],
    permutations: int,
    seed: int,
) -> Table:
    flat = [f for found in singles for f in found]
    p = [
        permutation_p(
            found[t].q,
            kernel.permuted_q(
                values[:, t], layer.number[:, t], permutations=permutations, seed=seed
            ),
        )
        if permutations
        else float("nan")
        for layer, found in zip(layers, singles, strict=True)
        for t in range(len(panel.periods))
    ]
    return Table.of(
        ("factor", "period"),
        factor=[layer.name for layer in layers for _ in panel.periods],
        factor_title_zh=[layer.title.zh for layer in layers for _ in panel.periods],
        factor_title_en=[layer.title.en for layer in layers for _ in panel.periods],
        period=list(panel.periods) * len(layers),
        q=[f.q for f in flat],
        q_expected=[f.expected for f in flat],
        strata=[f.strata for f in flat],
        smallest_stratum=[f.smallest for f in flat],
        f_statistic=np.array([f.f if np.isfinite(f.f) else np.nan for f in flat]),
        noncentrality=np.array([f.noncentrality for f in flat]),
        p_value=np.array([f.p for f in flat]),
        p_permutation=np.array(p),
    )


def _interactions(
    panel: Panel, values: Array, layers: list[_Layer], singles: list[list[kernel.Factor]]
) -> Table:
    rows: dict[str, list[str | float | int]] = {
        name: []
        for name in (
            "factor_a", "factor_b", "period", "q_a", "q_b", "q_both", "q_expected", "strata",
            "smallest_stratum", "interaction",
        )
    }  # fmt: skip
    for (i, one), (j, two) in combinations(enumerate(layers), 2):
        for t, period in enumerate(panel.periods):
            both = kernel.factor(values[:, t], kernel.overlay(one.number[:, t], two.number[:, t]))
            a, b = singles[i][t].q, singles[j][t].q
            cells = (
                one.name, two.name, period, a, b, both.q, both.expected, both.strata,
                both.smallest, kernel.interaction(a, b, both.q),
            )  # fmt: skip
            for name, cell in zip(rows, cells, strict=True):
                rows[name].append(cell)
    words = [KINDS[str(k)] for k in rows["interaction"]]
    return Table.of(
        ("factor_a", "factor_b", "period"),
        **rows,
        interaction_zh=[w.zh for w in words],
        interaction_en=[w.en for w in words],
    )


def _identity(values: Array, layers: list[_Layer], singles: list[list[kernel.Factor]]) -> Check:
    """Within and between sums of squares add up to the total."""
    worst = 0.0
    for layer, found in zip(layers, singles, strict=True):
        for t, f in enumerate(found):
            y, number = values[:, t], layer.number[:, t]
            inside = sum(float(((y[number == h] - y[number == h].mean()) ** 2).sum())
                         for h in np.unique(number))  # fmt: skip
            worst = max(worst, abs(1.0 - inside / float(((y - y.mean()) ** 2).sum()) - f.q))
    return Check(
        Text("层内与层间平方和相加等于总平方和", "sums of squares within and between add up"),
        worst,
        ROUNDING,
    )


def _notes(tables: dict[str, Table], classes: int, permutations: int) -> list[Note]:
    notes = [
        Note(
            Text(
                "数值因子逐期按分位数分为 {c} 层，目录里的分组照用；q 随层数自然上升，"
                "随机分层时的期望为 (L−1)/(N−1)，列在旁边；F 检验按非中心 F 分布，"
                "置换 {r} 次另给 p 值。",
                "Numeric factors are cut at quantiles of each period into {c} strata, catalogued "
                "groupings are taken as they are; q rises with the number of strata by itself: its "
                "expectation under random strata, (L - 1) / (N - 1), stands beside it; the F test "
                "uses the non-central F, and {r} permutations give a p value of their own.",
            ).format(c=classes, r=permutations)
        )
    ]
    notes.append(
        Note(
            Text(
                "所发表的非中心参数在各层大小不等时随变量的原点变动（加一个常数 p 值就变）："
                "F 检验的 p 值只供对照，以置换 p 值为准。",
                "The published noncentrality depends on the origin of the variable when strata "
                "differ in size (adding a constant changes p): the p value of the F test is for "
                "comparison only; rely on the permutation p.",
            ),
            code="M885",
        )
    )
    if "interactions" in tables:
        notes.append(
            Note(
                Text(
                    "两因子叠加使分层更细，q 在数学上不会小于任一单因子："
                    "“增强”本身不是发现，要看叠加后的层数与期望。",
                    "Overlaying two factors makes finer strata, so q cannot fall below either: an "
                    "enhancement is no finding by itself; see the strata and the expectation.",
                ),
                code="M884",
            )
        )
    small = min(int(t.columns["smallest_stratum"].min()) for t in tables.values())
    if small < 2:
        notes.append(
            Note(
                Text(
                    "有的层只有一个地区：层内方差记为零，q 被抬高。",
                    "Some strata hold one entity: their variance counts as zero, which raises q.",
                ),
                level="caution",
                code="M879",
            )
        )
    return notes


def _figures(tables: dict[str, Table]) -> tuple[Figure, ...]:
    bar = Figure(
        "factors",
        "bar",
        "factors",
        Text("各因子的 q 值（最近一期）", "The q statistic of each factor, latest period"),
        Text(
            "越长，该因子分层之间的差异占结果差异的份额越大；与随机分层的期望相比才有意义。",
            "The longer, the more of the variation lies between the strata of the factor; compare "
            "with the expectation under random strata.",
        ),
        {"label": "factor", "value": "q", "where": {"period": "last"}, "sort": "-value"},
    )
    return (bar,)
