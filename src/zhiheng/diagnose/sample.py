"""Values that cannot be negative, with the weight of each entity, in an order of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import Gaps, read_variable

Array = NDArray[np.float64]

FEW = 5
"""Entities in a stratum below which its part of an interval is said to be too narrow."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A variable and the weights of its entities.

    Attributes
    ----------
    panel : Panel
        With entities sorted by code, so that draws do not depend on their order.
    values : ndarray, shape (entities, periods)
        Zero or more where `base` is above zero.
    base : ndarray, shape (entities, periods)
        One, or the population; zero where not observed.
    """

    panel: Panel
    values: Array
    base: Array
    series: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Cells in use."""
        return self.base > 0

    @property
    def periods(self) -> NDArray[np.int64]:
        """The periods as an array."""
        return np.array(self.panel.periods, dtype=np.int64)

    @property
    def several(self) -> bool:
        """Whether there is a first and a last period to compare."""
        return len(self.panel.periods) > 1


def read_sample(panel: Panel, variable: str, population: str | None, *, gaps: Gaps) -> Sample:
    """Read a variable for measures of inequality, and the population of its entities.

    Raises
    ------
    ZhihengError
        M800 gaps, M840 negative values, M841 a period without a positive value, M843 a
        population that is not above zero.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    data = read_variable(ordered, variable, gaps=gaps)
    base = data.mask.astype(np.float64)
    series, notes = set(data.series), list(data.notes)
    if population is not None:
        weight = read_variable(ordered, population, gaps=gaps)
        _refuse_population(ordered, population, weight.values, weight.mask & ~(weight.values > 0))
        base = np.where(data.mask & weight.mask, weight.values, 0.0)
        series |= set(weight.series)
        notes += [n for n in weight.notes if n not in notes]
    values = np.where(base > 0, data.values, 0.0)
    _refuse_values(ordered, variable, values, base)
    return Sample(ordered, values, base, tuple(sorted(series)), tuple(notes))


def _refuse_population(
    panel: Panel, population: str, values: Array, wrong: NDArray[np.bool_]
) -> None:
    if wrong.any():
        raise ZhihengError(
            "M843",
            Text(
                "作权重的“{x}”有 {n} 个单元格不大于零。",
                '"{x}", used as a weight, is not above zero in {n} cells.',
            ).format(x=population, n=int(wrong.sum())),
            evidence=panel.cells(wrong, values),
            fix=Text(
                "权重用人口一类大于零的量；不加权则不写 population。",
                "Weigh by something above zero such as population, or leave population out.",
            ),
        )


def _refuse_values(panel: Panel, variable: str, values: Array, base: Array) -> None:
    negative = values < 0
    if negative.any():
        raise ZhihengError(
            "M840",
            Text(
                "“{x}”有 {n} 个负值，相对差距的测度没有定义。",
                '"{x}" has {n} negative values, for which relative measures are not defined.',
            ).format(x=variable, n=int(negative.sum())),
            evidence=panel.cells(negative, values),
            fix=Text(
                "换成不为负且有真零点的变量；增长率、对数、标准分不适用。",
                "Use a variable with a true zero that cannot be negative; growth rates, logs and "
                "z-scores will not do.",
            ),
        )
    empty = np.flatnonzero(~((values * base).sum(axis=0) > 0))
    if len(empty):
        rows: list[Row] = [
            {"period": panel.periods[t], "observed": int((base[:, t] > 0).sum())} for t in empty
        ]
        raise ZhihengError(
            "M841",
            Text(
                "有的时期没有一个正值，均值为零，差距没有定义。",
                "Some periods have no positive value: the mean is zero and inequality undefined.",
            ),
            evidence=rows,
            fix=Text("把这些时期从窗口里去掉。", "Leave these periods out of the window."),
        )


def bootstrap_note(draws: int, level: float, *, within: bool, by_t: bool = True) -> Note:
    """How intervals were made."""
    inside = Text("在各组之内", "within groups ") if within else ""
    rule = (
        Text(
            "水平值的区间取对数、校正偏差、用 t 分位数（重抽中出现零的项与占比用百分位），"
            "变化的区间校正偏差、用 t 分位数。",
            " Intervals of levels are on logs, bias-corrected, with t quantiles (percentiles for "
            "shares and for parts that are zero in some draw); those of changes are "
            "bias-corrected with t quantiles.",
        )
        if by_t
        else Text("用百分位区间。", " Intervals are percentiles.")
    )
    return Note(
        Text(
            "{l} 区间由地区{w}有放回重抽 {d} 次得到，每个地区连同其全部年份一起抽取："
            "同一地区的各年不是独立观测。{r}",
            "{l} intervals come from {d} resamples of entities {w}with replacement, each with all "
            "its periods: the years of one entity are not independent.{r}",
        ).format(l=f"{100 * (1 - level):g}%", d=draws, w=inside, r=rule)
    )


def few_note(titles: list[Text]) -> Note:
    """Strata so small that resampling shows too little spread."""
    return Note(
        Text(
            "地区少于 {k} 个的组，重抽看到的变化太少，区间偏窄：{s}。",
            "Groups of fewer than {k} entities vary too little in resamples and make intervals too "
            "narrow: {s}.",
        ).format(k=FEW, s=Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))),
        level="caution",
        code="M852",
    )


def trend_of(change: float, low: float, high: float) -> str:
    """The word for an interval of a change: widened, narrowed, unclear, no_interval."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return "no_interval"
    return "widened" if low > 0 else "narrowed" if high < 0 else "unclear"
