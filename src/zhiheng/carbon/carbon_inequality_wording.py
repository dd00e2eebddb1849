"""Notes, checks and figures of carbon inequality, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.carbon.carbon_inequality_input import Amounts
from zhiheng.carbon.completeness import left_out_notes
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text

AREA_CHECK = Text(
    "洛伦兹曲线的面积等于两两之差的加权平均",
    "the area of the Lorenz curve equals the weighted mean of differences of pairs",
)
PARTS_CHECK = Text("组间与组内之和等于总的泰尔指数", "between and within sum to the Theil index")
FACTORS_CHECK = Text(
    "各因素的协方差之和等于对数方差", "covariances of factors sum to the variance of logarithms"
)
EQUALITY = Text("平等线", "equality")


def notes(data: Amounts, *, draws: int, level: float, factors: bool) -> list[Note]:
    """What is compared with what, and what it does not see."""
    out = [
        Note(
            Text(
                "地区按人口（或产出）加权：基尼与泰尔衡量人均（或单位产出）排放的差异。"
                "同一地区的人视为相同，人与人之间的差异更大。",
                "Regions are weighted by people (or output): Gini and Theil measure differences of "
                "emissions per head (or per output). People of one region count as alike; "
                "differences between persons are larger.",
            )
        )
    ]
    if draws:
        out.append(
            Note(
                Text(
                    "区间由整个地区重抽 {n} 次得到（{c}；对数上的 t 区间，去掉重抽的偏差，"
                    "有为零的抽取时改用百分位）；若地区即全部总体，它只表示换一批同类地区时"
                    "会有多大出入。",
                    "Intervals come from {n} resamples of whole regions ({c}; t intervals on logs, "
                    "less the bias of resampling, or percentiles where a draw is zero); where the "
                    "regions are the whole population they only say how much another set of the "
                    "kind would differ.",
                ).format(n=draws, c=f"{1 - level:.0%}")
            )
        )
    if factors:
        out.append(
            Note(
                Text(
                    "因素的份额 = 其对数与人均排放对数的协方差 / 人均排放的对数方差，相加为一；"
                    "为负的因素缩小差异。",
                    "The share of a factor is the covariance of its logarithm with that of "
                    "emissions per head over the variance of the latter; shares sum to one, and a "
                    "negative one narrows the differences.",
                )
            )
        )
    out += _zeros(data)
    out += left_out_notes(data.left_out)
    return out


def _zeros(data: Amounts) -> list[Note]:
    """Measures that are not defined, because emissions are zero."""
    without = [
        str(p) for p, z in zip(data.panel.periods, (data.emissions == 0).any(axis=0), strict=True)
        if z
    ]  # fmt: skip
    if not without:
        return []
    return [
        Note(
            Text(
                "{p} 有地区的排放为零：Theil L 没有定义，留空；全部为零的时期三种测度都没有。",
                "Emissions of a region are zero in {p}: Theil L is undefined there and left "
                "empty; where all are zero none of the three measures exists.",
            ).format(p=", ".join(without)),
            level="caution",
        )
    ]


def figures(tables: Mapping[str, Table]) -> tuple[Figure, ...]:
    """Lorenz curves, the measures over time, and the factors that carry the differences."""
    out = [
        Figure(
            "lorenz",
            "curve",
            "lorenz",
            Text("碳排放的洛伦兹曲线（按人口）", "Lorenz curve of emissions over people"),
            Text(
                "地区从人均排放最低排到最高：横轴是人口的累计份额，纵轴是排放的累计份额；"
                "离平等线越远越不均。",
                "Regions run from the least to the most per head: across is the cumulative share "
                "of people, up that of emissions; the farther from equality the more uneven.",
            ),
            {
                "x": "cumulative_base",
                "value": "cumulative_emissions",
                "colour": "line",
                "where": {"spread_over": "population"},
            },
        )
    ]
    if len(set(tables["inequality"].columns["period"].tolist())) > 1:
        out.append(
            Figure(
                "inequality",
                "line",
                "inequality",
                Text("人均排放的不平等", "Inequality of emissions per head"),
                Text(
                    "三种测度都以零为完全平等；水平不可相互比较，看走向。",
                    "All three are zero when equal; compare their course, not their levels.",
                ),
                {
                    "x": "period",
                    "value": "value",
                    "colour": "measure",
                    "where": {"spread_over": "population"},
                },
            )
        )
    if "by_factor" in tables:
        out.append(
            Figure(
                "by_factor",
                "bar",
                "by_factor",
                Text("哪个因素造成差异", "Which factor carries the differences"),
                Text(
                    "最后一期各因素占人均排放对数方差的份额；负的缩小差异。",
                    "Shares of the variance of logarithms of emissions per head in the last "
                    "period; a negative one narrows the differences.",
                ),
                {"label": "factor", "value": "share", "where": {"period": "last"}, "format": ".0%"},
            )
        )
    return tuple(out)
