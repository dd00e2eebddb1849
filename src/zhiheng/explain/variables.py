"""Regression variables: expressions read from a panel, with their gaps named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text

Gaps = Literal["refuse", "drop"]


@dataclass(frozen=True, slots=True)
class Variables:
    """Columns on the panel's grid.

    Attributes
    ----------
    values : ndarray, shape (entities, periods, columns)
        Zero in rows that are not used.
    mask : ndarray, shape (entities, periods)
        Rows in which every column is observed.
    series : tuple of str
        The base series that the columns stand on.
    """

    values: NDArray[np.float64]
    mask: NDArray[np.bool_]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_variables(
    panel: Panel, expressions: Sequence[str], *, gaps: Gaps, level: str = ""
) -> Variables:
    """Evaluate expressions and find the rows in which all of them are observed.

    `level` names the catalogue that gives names their meaning; by default the panel's.

    Raises
    ------
    ZhihengError
        M704 when a cell is missing and `gaps` is ``"refuse"``.
    """
    meaning = scope(level or panel.level)
    found = [evaluate(expression, panel, meaning) for expression in expressions]
    values = np.stack([one.values for one in found], axis=-1)
    seen = np.isfinite(values)
    if gaps == "refuse" and not seen.all():
        raise _gaps(panel, expressions, seen)
    mask = np.asarray(seen.all(axis=-1), dtype=np.bool_)
    base = {name for e in expressions for name in needs(e, meaning)}
    notes = tuple(note for one in found for note in one.notes)
    return Variables(np.where(mask[..., None], values, 0.0), mask, tuple(sorted(base)), notes)


def dropped_rows(panel: Panel, mask: NDArray[np.bool_]) -> Table:
    """The rows that are not used, as a table."""
    e, t = np.nonzero(~mask)
    names = [panel.name(panel.entities[i]) for i in e]
    return Table.of(
        ("entity", "period"),
        entity=[panel.entities[i] for i in e],
        name_zh=[name.zh for name in names],
        name_en=[name.en for name in names],
        period=np.array([panel.periods[i] for i in t], dtype=np.int64),
    )


def _gaps(panel: Panel, expressions: Sequence[str], seen: NDArray[np.bool_]) -> ZhihengError:
    rows = panel.cells(~seen, variable=expressions)
    return ZhihengError(
        "M704",
        Text(
            "{n} 个单元格没有观测值，回归不会悄悄丢掉这些行。",
            "{n} cells have no observation; a regression does not drop such rows by itself.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个窗口或变量；或写明 gaps=drop，丢掉的行会逐一列出。",
            "Choose another window or variable; or say gaps=drop: the rows left out are listed.",
        ),
    )
