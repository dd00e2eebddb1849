"""Whether like lies near like: Moran's I by period, with Geary's C and Getis and Ord's G."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.spatial import Islands
from zhiheng.catalog.spatial_notes import reference
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose.ranges import check_spatial_numbers
from zhiheng.diagnose.spatial_input import Slice, SpatialData, read_spatial
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels import autocorrelation as kernel
from zhiheng.kernels.autocorrelation import Alternative, Moments
from zhiheng.kernels.links import sums
from zhiheng.kernels.local_autocorrelation import local_moran

Array = NDArray[np.float64]

# Local values are n products of order one; their sum over S0 is I.
ROUNDING = 1e-10

STATISTICS = {
    "moran": Text("莫兰指数", "Moran's I"),
    "geary": Text("吉尔里 C", "Geary's C"),
    "getis_ord": Text("盖提斯 G", "Getis-Ord G"),
}


@method(zh="空间自相关：莫兰指数逐期及置换检验，并列吉尔里 C 与盖提斯 G", example="neighbours")
def moran(
    panel: Panel,
    *,
    variable: str,
    spatial: str | SpatialWeights,
    other: str | None = None,
    permutations: int = 999,
    alternative: Literal["two_sided", "greater", "less"] = "two_sided",
    islands: Islands = "refuse",
    seed: int = 1,
    gaps: Gaps = "refuse",
) -> Result:
    """Test whether a variable clusters in space, period by period.

    Use it before a spatial model, or to say that high lies near high. It tests
    one global pattern; where the clusters lie is the question of `lisa`. A
    significant I is no spill-over: a common cause clusters as well. Rates of
    regions of unequal size violate equal variances; prefer the permutation p.

    Parameters
    ----------
    panel : Panel
        One period or more; each is tested by itself.
    variable : str
        A series or an expression.
    spatial : str or SpatialWeights
        A name of the catalog (``provinces``), a CSV file, or a record of
        ``zhiheng.spatial``.
    other : str, optional
        A second variable: the bivariate I of the variable here and the other
        around, judged by permutations only.
    permutations : int
        Random positions for the permutation p; 0 for none.
    alternative : {"two_sided", "greater", "less"}
        Of all p values. ``greater``: like near like for I and G, unlike for C.
    islands : {"refuse", "drop"}
        Entities without a neighbour in the panel: refuse, or leave them out.
    seed : int
    gaps : {"refuse", "drop"}
        What to do with missing cells; with ``drop`` each period keeps the units it
        has and weights are standardised among them.

    Raises
    ------
    ZhihengError
        M800 gaps, M865 weights that lack an entity, M866 islands, M867 unreadable
        weights, M869 no variation, M870 permutations, M881 fewer than four units.

    References
    ----------
    Cliff and Ord (1981) Spatial Processes; Getis and Ord (1992) Geographical
    Analysis 24(3): 189-206.
    """
    check_spatial_numbers(permutations=(permutations, 0))
    data = read_spatial(panel, variable, spatial, other=other, islands=islands, gaps=gaps)
    found = [_found(s, permutations, seed, alternative) for s in data.slices]
    tables = {
        "global": _global(data, found, alternative),
        "moments": _moments(data, found, alternative),
        "scatter": _scatter(data),
    }
    notes = [*data.notes, *_notes(data, permutations, alternative, other)]
    checks = (_identity(data, found),)
    params = {"weights": reference(data.weights)}
    return Result(tables, _figures(data), tuple(notes), checks, data.series, params=params)


@dataclass(frozen=True, slots=True)
class _Found:
    """The three statistics of one period with their permutation p values."""

    moments: tuple[Moments, Moments, Moments]
    p: tuple[float, ...]


def _found(s: Slice, permutations: int, seed: int, alternative: Alternative) -> _Found:
    nothing = Moments(np.nan, np.nan, np.nan, np.nan)
    found = kernel.moran(s.x, s.links, y=s.y)
    geary = kernel.geary(s.x, s.links) if s.y is None else nothing
    positive = s.y is None and bool((s.x > 0).all())
    g = kernel.getis_ord(s.x, s.binary) if positive else nothing
    every = (found, geary, g)
    if not permutations:
        return _Found(every, (np.nan,) * 3)
    drawn = kernel.permute(s.x, s.links, permutations=permutations, seed=seed, y=s.y)
    middle = float(drawn[:, 0].mean()) if s.y is not None else found.expected
    p = (
        kernel.tail_p(m.value, d, c, alternative) if np.isfinite(m.value) else np.nan
        for m, d, c in zip(every, drawn.T, (middle, geary.expected, g.expected), strict=True)
    )
    return _Found(every, tuple(p))


def _global(data: SpatialData, found: list[_Found], alternative: Alternative) -> Table:
    """One row per period: Moran's I with its moments, and the other two beside it."""
    first = [f.moments[0] for f in found]
    return Table.of(
        ("period",),
        period=[s.period for s in data.slices],
        n=[len(s.x) for s in data.slices],
        moran=[m.value for m in first],
        expected=np.array([m.expected for m in first]),
        variance_normal=np.array([m.variance_normal for m in first]),
        variance_random=np.array([m.variance_random for m in first]),
        z=np.array([m.z() for m in first]),
        p_value=np.array([m.p(alternative) for m in first]),
        p_permutation=np.array([f.p[0] for f in found]),
        geary=np.array([f.moments[1].value for f in found]),
        getis_ord=np.array([f.moments[2].value for f in found]),
    )


def _moments(data: SpatialData, found: list[_Found], alternative: Alternative) -> Table:
    """One row per period and statistic, with both assumptions."""
    flat = [m for f in found for m in f.moments]
    names = list(STATISTICS) * len(found)
    return Table.of(
        ("period", "item"),
        period=np.repeat([s.period for s in data.slices], len(STATISTICS)),
        item=names,
        item_zh=[STATISTICS[n].zh for n in names],
        item_en=[STATISTICS[n].en for n in names],
        value=np.array([m.value for m in flat]),
        expected=np.array([m.expected for m in flat]),
        variance_normal=np.array([m.variance_normal for m in flat]),
        variance_random=np.array([m.variance_random for m in flat]),
        z_normal=np.array([m.z(normal=True) for m in flat]),
        z=np.array([m.z() for m in flat]),
        p_normal=np.array([m.p(alternative, normal=True) for m in flat]),
        p_value=np.array([m.p(alternative) for m in flat]),
        p_permutation=np.array([v for f in found for v in f.p]),
    )


def _scatter(data: SpatialData) -> Table:
    """Standardised values beside the weighted ones of the neighbours."""
    found = [(s, local_moran(s.x, s.links, y=s.y)) for s in data.slices]
    names = [data.panel.name(e) for s, _ in found for e in s.entities]
    return Table.of(
        ("entity", "period"),
        entity=[e for s, _ in found for e in s.entities],
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=np.concatenate([np.full(len(s.x), s.period) for s, _ in found]),
        standardised=np.concatenate([m.z for _, m in found]),
        neighbours=np.concatenate([m.lag for _, m in found]),
    )


def _identity(data: SpatialData, found: list[_Found]) -> Check:
    gaps = [
        local_moran(s.x, s.links, y=s.y).value.sum() / sums(s.links).s0 - f.moments[0].value
        for s, f in zip(data.slices, found, strict=True)
    ]
    return Check(
        Text(
            "各地局部莫兰之和除以权重总和等于全局莫兰指数",
            "local values sum to the global I times the sum of weights",
        ),
        float(np.abs(gaps).max()),
        ROUNDING,
    )


def _notes(data: SpatialData, permutations: int, alternative: str, other: str | None) -> list[Note]:
    sides = {
        "two_sided": Text("双侧", "two-sided"),
        "greater": Text("单侧（大）", "one-sided (greater)"),
        "less": Text("单侧（小）", "one-sided (less)"),
    }
    notes = [
        Note(
            Text(
                "z 与解析 p 值按随机化假定，另给正态假定；p 值为{s}；置换 {r} 次，"
                "p =（1 + 至少同样极端的次数）/（1 + 次数）。",
                "z and the analytic p value stand on randomisation, those of normality beside "
                "them; p values are {s}; {r} permutations, p = (1 + draws as extreme) / (1 + "
                "draws).",
            ).format(s=sides[alternative], r=permutations)
        )
    ]
    if other:
        notes.append(
            Note(
                Text(
                    "双变量莫兰指数含同地的相关，只给置换 p 值，不给 C 与 G。",
                    "The bivariate I also holds the correlation within places; it has a "
                    "permutation p only, and no C or G.",
                )
            )
        )
        return notes
    notes.append(
        Note(
            Text(
                "G 用零一权重（是否邻居），高值相邻使 G 变大；C 小于一表示相似者相邻。",
                "G uses weights of zero and one; high near high raises it. C below one means like "
                "near like.",
            )
        )
    )
    if any((s.x <= 0).any() for s in data.slices):
        periods = ", ".join(str(s.period) for s in data.slices if (s.x <= 0).any())
        notes.append(
            Note(
                Text(
                    "变量在这些时期有非正值，G 没有定义：{p}。",
                    "The variable is not positive in these periods, so G is undefined: {p}.",
                ).format(p=periods),
                level="caution",
                code="M872",
            )
        )
    return notes


def _figures(data: SpatialData) -> tuple[Figure, ...]:
    scatter = Figure(
        "scatter",
        "scatter",
        "scatter",
        Text("莫兰散点图：各地与其邻居（最近一期）", "Moran scatter: places and their neighbours"),
        Text(
            "横轴是本地的标准化值，纵轴是邻居的加权值；右上、左下两格是相似者相邻，"
            "斜线的斜率在按行标准化时就是莫兰指数。",
            "Across: the standardised value here; up: the weighted one of the neighbours. Upper "
            "right and lower left are like near like; with row-standardised weights the slope of "
            "the line is Moran's I.",
        ),
        {
            "x": "standardised",
            "y": "neighbours",
            "label": "entity",
            "where": {"period": "last"},
            "fit": True,
            "quadrants": True,
        },
    )
    if len(data.slices) < 2:
        return (scatter,)
    line = Figure(
        "global",
        "line",
        "global",
        Text("莫兰指数的走势", "Moran's I over time"),
        Text(
            "高于期望值（约为零）表示相似者相邻；是否显著看表中的 p 值。",
            "Above its expectation (about zero) like lies near like; the table has the p values.",
        ),
        {"x": "period", "parts": ["moran", "expected"]},
    )
    return scatter, line
