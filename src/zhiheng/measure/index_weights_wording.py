"""Notes and figures of `index_weights`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.normalise import Normalised
from zhiheng.measure.index_weights_input import Other
from zhiheng.measure.indicators import Indicators
from zhiheng.measure.weighing import reads_data
from zhiheng.measure.weighing_wording import way_word

SUM_CHECK = Text("权重之和为一", "weights sum to one")
SPREAD = ("entropy", "entropy_per_period", "critic", "critic_spearman", "cv")


def notes(
    data: Indicators, z: Normalised, way: str, normalise: str, others: Sequence[Other]
) -> list[Note]:
    """What the weights are, what they are not, and what could not be computed."""
    how = _AS_THEY_ARE if normalise == "none" else option_word("normalise", normalise)
    said = [Note(_WAY.format(m=way_word(way), n=how)), *filled_notes(data)]
    if reads_data(way) or way == "game":
        said.append(Note(_WINDOW))
    if way == "scatter_degree" and normalise != "zscore":
        said.append(Note(_UNCENTRED))
    if way == "cv" and normalise in ("global", "per_period"):
        said.append(Note(_MINIMUM, level="caution"))
    if way == "entropy_per_period":
        said.append(Note(_MEANS))
    flat = [data.ids[i] for i in np.flatnonzero(z.constant.all(axis=0))]
    if flat:
        said.append(Note(_CONSTANT.format(n=", ".join(flat)), level="caution", code="M698"))
    left = [(way_word(o.way), o.reason) for o in others if o.reason is not None]
    if left:
        listed = Text(
            "；".join(f"{m.zh}（{r.zh}）" for m, r in left),
            "; ".join(f"{m.en} ({r.en})" for m, r in left),
        )
        said.append(Note(_LEFT.format(m=listed)))
    return said


def filled_notes(data: Indicators) -> list[Note]:
    """How many cells the declared rule filled; nothing where it filled none."""
    filled = int(data.filled.sum())
    if not filled:
        return []
    return [Note(_FILLED.format(n=filled, of=data.filled.size), level="caution")]


def figures(count: int) -> tuple[Figure, ...]:
    """The chosen weights within the range of all methods, and how ranks agree."""
    return (
        Figure(
            "weights",
            "interval",
            "weights",
            Text("权重及其在各法之间的范围", "Weights, and their range over methods"),
            Text(
                "圆点是本次所选方法的权重，横线从并列各法的最小值到最大值（数据包络赋权因单元而异，"
                "不计），竖线为等权；横线越长，该指标的权重越取决于方法。",
                "The dot is the weight by the chosen method, the line runs from the least to the "
                "greatest over the methods compared (but benefit of the doubt, whose weights are "
                "those of units), the rule stands at equal weights; the longer a line, the more "
                "the weight depends on the method.",
            ),
            {
                "label": "indicator",
                "value": "weight",
                "low": "lowest",
                "high": "highest",
                "reference": float(np.round(1.0 / count, 6)),
                "sort": "-value",
            },
        ),
        Figure(
            "agreement",
            "bar",
            "agreement",
            Text("换一种赋权，最近一期名次有多一致", "How ranks agree under other weights"),
            Text(
                "柱长是最近一期得分与所选方法得分的秩相关系数；越短，名次越取决于赋权。",
                "Bars are rank correlations of scores in the last period with those of the chosen "
                "method; the shorter, the more ranks depend on weights.",
            ),
            {"label": "method", "value": "score_correlation", "sort": "-value"},
        ),
    )


_WAY = Text("赋权：{m}；标准化：{n}。", "Weights: {m}; normalisation: {n}.")
_AS_THEY_ARE = Text("不做，保留原值", "none, values as they are")
_FILLED = Text(
    "{of} 个单元格中有 {n} 个按所声明的规则填补。",
    "{n} of {of} cells were filled by the declared rule.",
)
_WINDOW = Text(
    "权重取自整个窗口：增减一个时期或地区，权重就会变。它们反映数据的离散、重叠或共变，不是重要性。",
    "Weights come from the whole window: one period or entity more or less changes them. They "
    "reflect spread, overlap or shared variance, not importance.",
)
_UNCENTRED = Text(
    "拉开档次法原文用 Z 分数；在本次标准化下，最大化的是得分对零点的平方和，不是方差。",
    "Scatter degree was written for z-scores; under this normalisation it maximises the sum of "
    "squared scores about zero, not their variance.",
)
_MINIMUM = Text(
    "极差标准化移动了零点，变异系数随最小值而变；有真实零点的数据宜用 normalise=vector。",
    "Min-max scaling moves the zero, so coefficients of variation depend on the minimum; use "
    "normalise=vector for data with a true zero.",
)
_MEANS = Text(
    "表中为各期权重的均值，各期的权重另列一表。",
    "The table shows means over periods; the weights of each period stand in a table of their own.",
)
_CONSTANT = Text(
    "没有变化的指标：{n}。由数据得出的权重为 0；等权与主观权重照旧。",
    "Indicators that do not vary: {n}. Weights that come from the data are 0 for them; equal and "
    "judged weights are not.",
)
_LEFT = Text("未能算出的方法：{m}。", "Methods without weights here: {m}.")
