"""Principal components of indicators: eigenvalues, loadings, scores and whether they suit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.weighting import WeightingLimits, weighting_limits
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Json, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.normalise import normalise as scale
from zhiheng.kernels.pca import (
    Components,
    Suitability,
    collinear,
    components,
    parallel,
    suitability,
)
from zhiheng.kernels.weights_contrast import cells, correlations
from zhiheng.measure.composite_input import base_position, read_bounds
from zhiheng.measure.index_weights_wording import filled_notes
from zhiheng.measure.indicators import Indicators, Missing, read_indicators

Array = NDArray[np.float64]
ROUNDING = 1e-10
"""Eigenvectors of a symmetric matrix with entries of at most one."""

LEVEL = 0.95


@method(zh="主成分分析：特征值、载荷、得分、KMO 与球形检验、平行分析", example="regions")
def pca(
    panel: Panel,
    *,
    system: str | None = None,
    columns: Sequence[str] | Mapping[str, str] | None = None,
    missing: Missing = "refuse",
    within: str | None = None,
    normalise: Scaling = "global",
    bounds: Mapping[str, str] | None = None,
    base: int | None = None,
    draws: int = 200,
    seed: int = 1,
) -> Result:
    """Decompose the correlations of indicators into principal components, and test whether to.

    Use it to see how many things the indicators measure, before weights or an index are
    drawn from components. Cells of all periods are pooled: components then mix levels
    between entities with change over time, and tests that count cells as independent are
    too sure. It finds what varies together, not what matters.

    Parameters
    ----------
    panel : Panel
        Complete in every indicator unless `missing` declares how gaps are filled.
    system : str, optional
        An index system of the catalog, or the path of a TOML file of that form.
    columns : list of str, or mapping of str to direction, optional
        Instead of `system`: series or expressions. With directions, an indicator of
        which less is better enters with its sign reversed.
    missing : {"refuse", "period_mean", "period_median", "group_mean", "carry", "interpolate"}
        What to do with gaps.
    within : str, optional
        The grouping of regions for ``group_mean``.
    normalise : str
        As in `index`. Correlations do not depend on it where it is one line for all
        cells (``global``, ``fixed_base``, ``zscore``, ``vector``, ``none``).
    bounds : mapping of indicator to ``low:high`` or target, optional
    base : int, optional
        The base period of ``fixed_base``; the first one by default.
    draws : int
        Random data sets of the parallel analysis; 0 leaves it out.
    seed : int

    Returns
    -------
    Result
        Tables ``eigenvalues`` (with shares and the parallel-analysis point),
        ``loadings`` of the components kept, with communality and sampling adequacy,
        ``scores`` of the components kept (mean 0, variance 1), ``tests``.

    Raises
    ------
    ZhihengError
        M611 to M614, M620 to M626 as in `index`, M628 negative draws, M695 correlations that cannot
        be inverted: a constant or collinear indicator, or too few rows or indicators.

    Notes
    -----
    Components with an eigenvalue above one are kept, at least one; not rotated; the
    sign of each makes its loadings sum to zero or more.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 4; Kaiser
    (1974), Psychometrika 39:31; Bartlett (1951), Biometrika 38:337; Horn (1965),
    Psychometrika 30:179.
    """
    if draws < 0:
        raise _negative_draws(draws)
    given = _directed(columns)
    data = read_indicators(panel, system=system, columns=given, missing=missing, within=within)
    values, direction = data.oriented()
    ends = read_bounds(data, normalise, bounds)
    start = base_position(panel.periods, base)
    x, varies = cells(scale(values, direction, normalise, bounds=ends, base=start))
    _refuse_constant(data, x, varies)
    r = correlations(x)
    _refuse_collinear(data, r)
    found, suited = components(r), suitability(r, len(x))
    horn = None
    if draws:
        horn = parallel(len(x), len(r), draws=draws, seed=seed, level=LEVEL)
    scores = _scores(x, found)
    tables = {
        "eigenvalues": _eigenvalues(found, horn),
        "loadings": _loadings(data, found, suited),
        "scores": _scores_table(panel, scores),
        "tests": _tests(suited),
    }
    return Result(
        tables,
        _figures(compared=horn is not None),
        (*data.notes, *filled_notes(data), *_notes(panel, found, suited, horn, weighting_limits())),
        tuple(_checks(r, found, scores)),
        data.series,
    )


def _directed(columns: Sequence[str] | Mapping[str, str] | None) -> Mapping[str, str] | None:
    """A list of columns as a mapping in which more is more."""
    if columns is None or isinstance(columns, Mapping):
        return columns
    names = [columns] if isinstance(columns, str) else columns
    return dict.fromkeys(names, "more")


def _scores(x: Array, found: Components) -> Array:
    """Scores of the components kept, with mean 0 and (population) variance 1."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    kept = slice(0, found.kept)
    return z @ found.vectors[:, kept] / np.sqrt(found.eigenvalues[kept])


def _eigenvalues(found: Components, horn: Array | None) -> Table:
    k = len(found.eigenvalues)
    return Table.of(
        ("component",),
        component=np.arange(1, k + 1),
        eigenvalue=found.eigenvalues,
        explained=found.explained,
        cumulative=np.cumsum(found.explained),
        kept=np.arange(k) < found.kept,
        parallel=np.full(k, np.nan) if horn is None else horn,
    )


def _loadings(data: Indicators, found: Components, suited: Suitability) -> Table:
    k, m = len(data.ids), found.kept
    loadings = found.loadings[:, :m]
    communality = (loadings**2).sum(axis=1)
    return Table.of(
        ("component", "indicator"),
        component=np.repeat(np.arange(1, m + 1), k),
        indicator=list(data.ids) * m,
        title_zh=[item.title.zh for item in data.items] * m,
        title_en=[item.title.en for item in data.items] * m,
        loading=loadings.T.ravel(),
        communality=np.tile(communality, m),
        adequacy=np.tile(suited.adequacy, m),
    )


def _scores_table(panel: Panel, scores: Array) -> Table:
    e, p, m = len(panel.entities), len(panel.periods), scores.shape[1]
    names = [panel.name(code) for code in panel.entities]
    return Table.of(
        ("entity", "period", "component"),
        entity=[code for code in panel.entities for _ in range(p * m)],
        name_zh=[n.zh for n in names for _ in range(p * m)],
        name_en=[n.en for n in names for _ in range(p * m)],
        period=np.tile(np.repeat(np.array(panel.periods, dtype=np.int64), m), e),
        component=np.tile(np.arange(1, m + 1), e * p),
        component_score=scores.ravel(),
    )


def _tests(suited: Suitability) -> Table:
    titles = [option_word("pca_test", name) for name in ("kmo", "bartlett")]
    return Table.of(
        ("test",),
        test=["kmo", "bartlett"],
        test_title_zh=[t.zh for t in titles],
        test_title_en=[t.en for t in titles],
        test_statistic=[suited.kmo, suited.chi2],
        df=np.array([np.nan, float(suited.df)]),
        p_value=np.array([np.nan, suited.p]),
    )


def _notes(
    panel: Panel,
    found: Components,
    suited: Suitability,
    horn: Array | None,
    limits: WeightingLimits,
) -> list[Note]:
    share = float(found.explained[: found.kept].sum())
    said = [Note(_KEPT.format(k=found.kept, s=f"{share:.1%}"))]
    if horn is not None:
        above = int((found.eigenvalues > horn).cumprod().sum())
        said.append(Note(_HORN.format(k=above) if above else _HORN_NONE))
    if len(panel.periods) > 1:
        said.append(Note(_POOLED, level="caution"))
    low = suited.kmo < limits.kmo_limit
    if low or not suited.p < limits.bartlett_level:
        values = {"kmo": f"{suited.kmo:.3f}", "p": f"{suited.p:.3g}"}
        text = _UNSUITED.format(
            **values, limit=f"{limits.kmo_limit:g}", level=f"{limits.bartlett_level:g}"
        )
        said.append(Note(text, level="caution", code="M699"))
    return said


def _checks(r: Array, found: Components, scores: Array) -> list[Check]:
    rebuilt = (found.vectors * found.eigenvalues) @ found.vectors.T
    spread = scores.T @ scores / len(scores) - np.eye(found.kept)
    return [
        Check(_REBUILT, float(np.abs(rebuilt - r).max()), ROUNDING),
        Check(_TRACE, abs(float(found.eigenvalues.sum()) / len(r) - 1), ROUNDING),
        Check(_UNCORRELATED, float(np.abs(spread).max()), ROUNDING * 1e2),
    ]


def _figures(*, compared: bool) -> tuple[Figure, ...]:
    title = Text("各主成分的特征值", "Eigenvalues of the components")
    pair: dict[str, Json] = {"label": "component", "value": "parallel", "other": "eigenvalue"}
    one: dict[str, Json] = {"label": "component", "value": "eigenvalue"}
    return (
        Figure("eigenvalues", "dumbbell", "eigenvalues", title, _BESIDE_RANDOM, pair)
        if compared
        else Figure("eigenvalues", "bar", "eigenvalues", title, _ALONE, one),
        Figure(
            "loadings",
            "bar",
            "loadings",
            Text("第一主成分的载荷", "Loadings of the first component"),
            Text(
                "载荷是指标与主成分的相关系数；向左的指标与该主成分方向相反。",
                "A loading is the correlation of indicator and component; a bar to the left runs "
                "against the component.",
            ),
            {
                "label": "indicator",
                "value": "loading",
                "where": {"component": 1},
                "sort": "-value",
            },
        ),
    )


def _refuse_constant(data: Indicators, x: Array, varies: NDArray[np.bool_]) -> None:
    rows: list[Row] = [
        {"indicator": name, "reason": _FLAT}
        for name, moves in zip(data.ids, varies, strict=True)
        if not moves
    ]
    if not rows and (len(data.ids) < 2 or len(x) <= len(data.ids)):
        rows = [{"rows": len(x), "indicators": len(data.ids)}]
    if rows:
        raise _singular(rows)


def _refuse_collinear(data: Indicators, r: Array) -> None:
    bound = collinear(r)
    if bound.any():
        named = [name for name, b in zip(data.ids, bound, strict=True) if b]
        raise _singular([{"indicator": name, "reason": _BOUND} for name in named])


def _singular(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M695",
        Text(
            "相关矩阵不可逆，不能做主成分的检验。",
            "The correlations cannot be inverted, so components cannot be tested.",
        ),
        evidence=rows,
        fix=Text(
            "去掉没有变化的指标和互为线性组合的指标之一；至少两个指标，且行数多于指标数。",
            "Leave out indicators that do not vary and one of those bound by a linear relation; "
            "use two indicators or more, and more rows than indicators.",
        ),
    )


def _negative_draws(draws: int) -> ZhihengError:
    return ZhihengError(
        "M628",
        Text("抽取次数不能为负：{n}。", "The number of draws is negative: {n}.").format(n=draws),
        evidence=[{"draws": draws}],
        fix=Text("写 0 则不做平行分析，通常取 200。", "Use 0 for none, or 200 as usual."),
    )


_BESIDE_RANDOM = Text(
    "实心点是特征值，空心点是同样大小的随机数据的 95% 分位数；实心点在右边的主成分才不是偶然。",
    "The full dot is the eigenvalue, the hollow one the 95 % point of random data of this size; "
    "only components with the full dot to the right are more than chance.",
)
_ALONE = Text(
    "特征值超过 1 的主成分，说明的方差多于一个标准化指标。",
    "A component with an eigenvalue above 1 explains more than one standardised indicator.",
)
_FLAT = Text("没有变化", "does not vary")
_BOUND = Text("与其他指标线性相关", "is bound to others by a linear relation")
_REBUILT = Text("主成分还原相关矩阵", "components rebuild the correlations")
_TRACE = Text("特征值之和等于指标数", "eigenvalues sum to the number of indicators")
_UNCORRELATED = Text(
    "主成分得分互不相关、方差为一", "scores of components are uncorrelated with variance one"
)
_KEPT = Text(
    "保留特征值大于 1 的 {k} 个主成分，占总方差 {s}；未作旋转。",
    "{k} components with an eigenvalue above 1 are kept, {s} of the variance; not rotated.",
)
_HORN = Text(
    "平行分析：前 {k} 个主成分超过同样大小的随机数据的 95% 分位数。",
    "Parallel analysis: the first {k} components exceed the 95 % point of random data of this "
    "size.",
)
_HORN_NONE = Text(
    "平行分析：没有主成分超过同样大小的随机数据的 95% 分位数。",
    "Parallel analysis: no component exceeds the 95 % point of random data of this size.",
)
_POOLED = Text(
    "各期合并计算：同一地区各年并不独立，球形检验与平行分析因此偏于肯定。",
    "Periods are pooled: years of one region are not independent, so that Bartlett's test and the "
    "parallel analysis are too sure.",
)
_UNSUITED = Text(
    "KMO 为 {kmo}（宜不低于 {limit}），球形检验 p 值 {p}（宜低于 {level}）：数据不适合主成分分析。",
    "KMO is {kmo} (it should be {limit} or more), Bartlett's p {p} (it should be below {level}): "
    "the data do not suit components.",
)
