"""Where the clusters lie: local Moran with conditional permutations, and hot spots (Gi*)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.spatial import Islands
from zhiheng.catalog.spatial_notes import reference
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose.ranges import check_numbers, check_spatial_numbers
from zhiheng.diagnose.spatial_input import Slice, SpatialData, read_spatial
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels.autocorrelation import moran as global_moran
from zhiheng.kernels.links import sums
from zhiheng.kernels.local_autocorrelation import (
    Local,
    Significance,
    conditional_permutations,
    false_discovery,
    gi_star,
    local_moran,
)

Array = NDArray[np.float64]

# Local values are n products of order one; their sum over S0 is I.
ROUNDING = 1e-10

QUADRANTS = {
    "HH": Text("高—高（高值相邻）", "high among high"),
    "LH": Text("低—高（低值在高值中）", "low among high"),
    "LL": Text("低—低（低值相邻）", "low among low"),
    "HL": Text("高—低（高值在低值中）", "high among low"),
    "NS": Text("不显著", "not significant"),
}
_CODES = np.array(["", "HH", "LH", "LL", "HL"], dtype=object)


@dataclass(frozen=True, slots=True)
class _Found:
    """One period: local statistics and what is significant."""

    at: Slice
    local: Local
    p: Significance
    flagged: NDArray[np.bool_]
    gi: Array
    gi_p: Array
    gi_flagged: NDArray[np.bool_]


@method(zh="局部空间自相关：四象限、条件置换检验（控制错误发现率）与热点 Gi*", example="neighbours")
def lisa(
    panel: Panel,
    *,
    variable: str,
    spatial: str | SpatialWeights,
    other: str | None = None,
    permutations: int = 9999,
    level: float = 0.05,
    islands: Islands = "refuse",
    seed: int = 1,
    gaps: Gaps = "refuse",
) -> Result:
    """Find where high lies among high, low among low, and what stands out from its neighbours.

    Use it to name clusters and outliers on a map after `moran`. One p value per
    place is many tests: the flag `significant` controls the false discovery rate
    within a period, the plain p value does not. It does not say why.

    Parameters
    ----------
    panel : Panel
        One period or more; each is judged by itself.
    variable : str
        A series or an expression.
    spatial : str or SpatialWeights
        A name of the catalog (``provinces``), a CSV file, or a record of
        ``zhiheng.spatial``.
    other : str, optional
        A second variable: the variable here among the other around (no Gi*).
    permutations : int
        Draws that hold a place and deal the others to its neighbours; 99 or more.
        With 999 the least two-sided p value is 0.002, which a single place cannot
        carry through the false discovery rate among 30; hence the default.
    level : float
        False discovery rate of the flags.
    islands : {"refuse", "drop"}
        Entities without a neighbour in the panel: refuse, or leave them out.
    seed : int
    gaps : {"refuse", "drop"}
        What to do with missing cells; with ``drop`` each period keeps the units it
        has and weights are standardised among them.

    Raises
    ------
    ZhihengError
        M800 gaps, M820 the level, M865 weights that lack an entity, M866 islands,
        M867 unreadable weights, M869 no variation, M870 permutations, M881 fewer
        than four units.

    References
    ----------
    Anselin (1995) Geographical Analysis 27(2): 93-115; Ord and Getis (1995)
    Geographical Analysis 27(4): 286-306; Benjamini and Hochberg (1995) JRSS B
    57(1): 289-300; Caldas de Castro and Singer (2006) Geographical Analysis
    38(2): 180-208.
    """
    check_numbers(draws=0, level=level)
    check_spatial_numbers(permutations=(permutations, 99))
    data = read_spatial(panel, variable, spatial, other=other, islands=islands, gaps=gaps)
    found = [_local(s, permutations, seed, level) for s in data.slices]
    tables = {
        "local": _table(data, found),
        "clusters": _clusters(found),
        "scatter": _scatter(data, found),
    }
    if other is None:
        tables["hot_spots"] = _hot_spots(data, found)
    notes = [*data.notes, *_notes(data, permutations, level)]
    params = {"weights": reference(data.weights)}
    return Result(
        tables, _figures(panel), tuple(notes), (_identity(found),), data.series, params=params
    )


def _local(s: Slice, permutations: int, seed: int, level: float) -> _Found:
    local = local_moran(s.x, s.links, y=s.y)
    around = local.z if s.y is None else local_moran(s.y, s.links).z
    p = conditional_permutations(local, s.links, around, permutations=permutations, seed=seed)
    if s.y is None:
        gi, gi_p = gi_star(s.x, s.binary)
    else:
        gi = gi_p = np.full(len(s.x), np.nan)
    flagged = false_discovery(p.two_sided, level)
    return _Found(s, local, p, flagged, gi, gi_p, false_discovery(gi_p, level))


def _keys(data: SpatialData, found: list[_Found]) -> dict[str, list[str] | NDArray[np.int64]]:
    """Entity, its names and the period of each row."""
    entities = [e for f in found for e in f.at.entities]
    names = [data.panel.name(e) for e in entities]
    return {
        "entity": entities,
        "name_zh": [n.zh for n in names],
        "name_en": [n.en for n in names],
        "period": np.concatenate([np.full(len(f.at.x), f.at.period) for f in found]),
    }


def _codes(found: list[_Found]) -> tuple[list[str], list[str]]:
    """The quadrant of each row, and the same where significant."""
    codes = [str(c) for f in found for c in _CODES[f.local.quadrant]]
    flags = [bool(flag) for f in found for flag in f.flagged]
    return codes, [c if flag else "NS" for c, flag in zip(codes, flags, strict=True)]


def _table(data: SpatialData, found: list[_Found]) -> Table:
    codes, clusters = _codes(found)
    return Table.of(
        ("entity", "period"),
        **_keys(data, found),
        local_moran=np.concatenate([f.local.value for f in found]),
        local_moran_unbiased=np.concatenate([f.local.value_unbiased for f in found]),
        quadrant=codes,
        quadrant_zh=[QUADRANTS[c].zh for c in codes],
        quadrant_en=[QUADRANTS[c].en for c in codes],
        p_permutation=np.concatenate([f.p.two_sided for f in found]),
        p_one_sided=np.concatenate([f.p.one_sided for f in found]),
        significant=np.concatenate([f.flagged for f in found]),
        cluster=clusters,
        cluster_zh=[QUADRANTS[c].zh for c in clusters],
        cluster_en=[QUADRANTS[c].en for c in clusters],
    )


def _scatter(data: SpatialData, found: list[_Found]) -> Table:
    clusters = _codes(found)[1]
    return Table.of(
        ("entity", "period"),
        **_keys(data, found),
        standardised=np.concatenate([f.local.z for f in found]),
        neighbours=np.concatenate([f.local.lag for f in found]),
        cluster=clusters,
        cluster_zh=[QUADRANTS[c].zh for c in clusters],
        cluster_en=[QUADRANTS[c].en for c in clusters],
    )


def _hot_spots(data: SpatialData, found: list[_Found]) -> Table:
    return Table.of(
        ("entity", "period"),
        **_keys(data, found),
        value=np.concatenate([f.at.x for f in found]),
        gi_star=np.concatenate([f.gi for f in found]),
        gi_p=np.concatenate([f.gi_p for f in found]),
        gi_significant=np.concatenate([f.gi_flagged for f in found]),
    )


def _clusters(found: list[_Found]) -> Table:
    """How many places lie in each quadrant, and how many of them are significant."""
    codes = [c for c in QUADRANTS if c != "NS"]
    number = [int(np.flatnonzero(c == _CODES)[0]) for c in codes]
    return Table.of(
        ("period", "quadrant"),
        period=np.repeat([f.at.period for f in found], len(codes)),
        quadrant=codes * len(found),
        quadrant_zh=[QUADRANTS[c].zh for c in codes] * len(found),
        quadrant_en=[QUADRANTS[c].en for c in codes] * len(found),
        members=[int((f.local.quadrant == q).sum()) for f in found for q in number],
        significant_members=[
            int(((f.local.quadrant == q) & f.flagged).sum()) for f in found for q in number
        ],
    )


def _identity(found: list[_Found]) -> Check:
    gaps = [
        f.local.value.sum() / sums(f.at.links).s0 - global_moran(f.at.x, f.at.links, y=f.at.y).value
        for f in found
    ]
    return Check(
        Text(
            "各地局部莫兰之和除以权重总和等于全局莫兰指数",
            "local values sum to the global I times the sum of weights",
        ),
        float(np.abs(gaps).max()),
        ROUNDING,
    )


def _notes(data: SpatialData, permutations: int, level: float) -> list[Note]:
    notes = [
        Note(
            Text(
                "局部莫兰两种约定并列：方差除以 n（安瑟林、spdep）与除以 n−1（esda）；"
                "象限与 p 值相同。",
                "Local Moran in both conventions: variance over n (Anselin, spdep) and over n - 1 "
                "(esda); quadrants and p values are the same.",
            )
        ),
        Note(
            Text(
                "p 值由条件置换 {r} 次得到，双侧为单侧的两倍（GeoDa 与旧版 esda 印单侧）；"
                "“显著”按期控制错误发现率在 {l}；恰在均值上的值算低。",
                "p values come from {r} conditional permutations, two-sided being twice the "
                "one-sided that GeoDa and older esda print; the flag controls the false discovery "
                "rate at {l} within a period; a value at the mean counts as low.",
            ).format(r=permutations, l=f"{level:g}")
        ),
        Note(
            Text(
                "Gi* 用零一权重并含本地（权重为一），p 值按正态近似，同样控制错误发现率。",
                "Gi* uses weights of zero and one with the place itself at one; its p value is the "
                "normal approximation, flagged by the same rule.",
            )
        ),
    ]
    most = max(len(s.x) for s in data.slices)
    if 2 / (permutations + 1) > level / most:
        notes.append(
            Note(
                Text(
                    "置换次数偏少：单个地区最小的 p 值为 {p}，独自过不了 {n} 个地区的错误发现率；"
                    "至少用 {r} 次。",
                    "Few permutations: the least p value is {p}, with which a single place cannot "
                    "pass the false discovery rate among {n}; use {r} or more.",
                ).format(
                    p=f"{2 / (permutations + 1):.4g}", n=most, r=int(np.ceil(2 * most / level)) - 1
                ),
                level="caution",
                code="M875",
            )
        )
    return notes


def _figures(panel: Panel) -> tuple[Figure, ...]:
    scatter = Figure(
        "scatter",
        "scatter",
        "scatter",
        Text("莫兰散点图与显著的聚集（最近一期）", "Moran scatter and significant clusters"),
        Text(
            "横轴是本地的标准化值，纵轴是邻居的加权值；有色的点在控制错误发现率后显著。",
            "Across: the standardised value here; up: that of the neighbours. Coloured points are "
            "significant after control of the false discovery rate.",
        ),
        {
            "x": "standardised",
            "y": "neighbours",
            "label": "entity",
            "colour": "cluster",
            "where": {"period": "last"},
            "fit": True,
            "quadrants": True,
        },
    )
    if panel.level != "province":
        return (scatter,)
    tiles = Figure(
        "map",
        "tilemap",
        "local",
        Text("哪里成片：局部聚集（最近一期）", "Where the clusters lie, latest period"),
        Text(
            "每格一个省级地区；有色的格在控制错误发现率后显著，其余为不显著。",
            "One square per province; coloured squares are significant after control of the false "
            "discovery rate.",
        ),
        {
            "label": "entity",
            "category": "cluster",
            "order": ["HH", "HL", "LH", "LL", "NS"],
            "where": {"period": "last"},
        },
    )
    return tiles, scatter
