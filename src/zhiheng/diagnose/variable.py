"""One variable of a panel, read from a series or an expression, with its gaps named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

Gaps = Literal["refuse", "drop"]


@dataclass(frozen=True, slots=True)
class Variable:
    """Values on the panel's grid.

    Attributes
    ----------
    values : ndarray, shape (entities, periods)
        NaN where not observed.
    mask : ndarray, shape (entities, periods)
        Observed cells.
    unit : str
    series : tuple of str
        The base series that the variable stands on.
    """

    values: NDArray[np.float64]
    mask: NDArray[np.bool_]
    unit: str
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_variable(panel: Panel, expression: str, *, gaps: Gaps) -> Variable:
    """Evaluate an expression and find the cells in which it is observed.

    Raises
    ------
    ZhihengError
        M800 when a cell is missing and `gaps` is ``"refuse"``.
    """
    meaning = scope(panel.level)
    found = evaluate(expression, panel, meaning)
    mask = np.isfinite(found.values)
    rows = panel.cells(~mask)
    if rows and gaps == "refuse":
        raise _missing(rows, expression)
    notes = (*found.notes, _left_out(rows)) if rows else found.notes
    series = tuple(sorted(needs(expression, meaning)))
    return Variable(found.values, mask, found.unit, series, notes)


def _missing(rows: list[Row], expression: str) -> ZhihengError:
    return ZhihengError(
        "M800",
        Text(
            "“{x}”有 {n} 个单元格没有观测值。", '"{x}" has {n} cells without an observation.'
        ).format(x=expression, n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个窗口或变量；或写明 gaps=drop，缺失的单元格不参与计算并被计数。",
            "Choose another window or variable; or say gaps=drop: such cells take no part and are "
            "counted.",
        ),
    )


def _left_out(rows: list[Row]) -> Note:
    shown = ", ".join(f"{row['entity']}/{row['period']}" for row in rows[:8])
    more = "…" if len(rows) > 8 else ""
    return Note(
        Text(
            "按 gaps=drop，{n} 个没有观测值的单元格不参与计算：{s}{m}",
            "With gaps=drop, {n} cells without an observation take no part: {s}{m}",
        ).format(n=len(rows), s=shown, m=more),
        level="caution",
    )
