"""A variable for density estimation: in its own unit or relative to the mean of its period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import Gaps, read_variable

Array = NDArray[np.float64]

LEAST = 4
"""Distinct values below which a density is a picture of its kernel."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Values whose distribution is looked at; entities are sorted by code.

    Attributes
    ----------
    values : ndarray, shape (entities, periods)
        NaN where not observed; over the mean of their period if `relative`.
    unit : str
        ``1`` if relative.
    """

    panel: Panel
    values: Array
    mask: NDArray[np.bool_]
    unit: str
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_spread(panel: Panel, variable: str, *, relative: bool, gaps: Gaps) -> Spread:
    """Read a variable and, if asked, divide it by the mean of its period.

    Raises
    ------
    ZhihengError
        M800 gaps, M841 a period without a positive mean where `relative`.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    data = read_variable(ordered, variable, gaps=gaps)
    values, unit = data.values, data.unit
    if relative:
        count = data.mask.sum(axis=0)
        total = np.where(data.mask, values, 0.0).sum(axis=0)
        mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
        empty = np.flatnonzero(~(mean > 0))
        if len(empty):
            rows: list[Row] = [
                {"period": ordered.periods[t], "mean": float(mean[t])} for t in empty
            ]
            raise ZhihengError(
                "M841",
                Text(
                    "有的时期均值不大于零，不能除以均值。",
                    "Some periods have a mean that is not above zero, so nothing can be put in "
                    "relation to it.",
                ),
                evidence=rows,
                fix=Text(
                    "写 relative=false，或把这些时期从窗口里去掉。",
                    "Say relative=false, or leave these periods out.",
                ),
            )
        values, unit = values / mean, "1"
    return Spread(ordered, values, data.mask, unit, data.series, data.notes)


def chosen_periods(panel: Panel, periods: Sequence[int] | None) -> list[int]:
    """Positions of the periods asked for, ascending; all by default.

    Raises
    ------
    ZhihengError
        M847 a period that the panel does not have.
    """
    if not periods:
        return list(range(len(panel.periods)))
    given = str(periods).split(",") if isinstance(periods, str | int) else list(periods)
    known = [str(p) for p in panel.periods]
    for one in given:
        if str(one).strip() not in known:
            raise unknown_name("M847", str(one), known, kind=Text("时期", "period"))
    wanted = {str(one).strip() for one in given}
    return [i for i, p in enumerate(known) if p in wanted]


def refuse_flat(panel: Panel, values: Array, mask: NDArray[np.bool_], at: Sequence[int]) -> None:
    """Raise M845 for periods with fewer than four distinct values."""
    rows: list[Row] = []
    for t in at:
        distinct = len(np.unique(values[mask[:, t], t]))
        if distinct < LEAST:
            rows.append({"period": panel.periods[t], "distinct_values": distinct})
    if rows:
        raise ZhihengError(
            "M845",
            Text(
                "有的时期不同的取值少于 {k} 个，画不出密度。",
                "Some periods have fewer than {k} distinct values: no density to estimate.",
            ).format(k=LEAST),
            evidence=rows,
            fix=Text(
                "去掉这些时期，或换一个有变化的变量；取值很少的变量用 markov 的等级。",
                "Leave these periods out or use a variable that varies; for few values use the "
                "classes of markov.",
            ),
        )


def out_of_range(rows: list[Row], fix: Text) -> ZhihengError:
    """An option of a density out of range (M844)."""
    return ZhihengError(
        "M844", Text("选项的值不在范围内。", "An option is out of range."), evidence=rows, fix=fix
    )
