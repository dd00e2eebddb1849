"""Entities with gaps: refused with their cells, or left out whole and said so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

Array = NDArray[np.float64]
Gaps = Literal["refuse", "drop"]
CELLS = Text("{n} 个单元格没有值。", "{n} cells have no value.")


def whole_entities(
    panel: Panel, names: Sequence[str], values: Array, gaps: Gaps
) -> tuple[Panel, Array, tuple[str, ...]]:
    """The entities with every value, their values, and those that were left out.

    Parameters
    ----------
    panel : Panel
    names : sequence of str
        The expressions of the last axis.
    values : ndarray, shape (entities, periods, names)
    gaps : {"refuse", "drop"}

    Raises
    ------
    ZhihengError
        M800 gaps, where they are refused or nothing is without.
    """
    seen = np.isfinite(values)
    whole = np.asarray(seen.all(axis=(1, 2)), dtype=np.bool_)
    if not seen.all() and (gaps == "refuse" or not whole.any()):
        raise missing_cells(panel.cells(~seen, variable=names))
    kept = panel.select(entities=[e for e, w in zip(panel.entities, whole, strict=True) if w])
    left = tuple(e for e, w in zip(panel.entities, whole, strict=True) if not w)
    return kept, values[whole], left


def missing_cells(rows: Sequence[Row], what: Text = CELLS) -> ZhihengError:
    """Cells without a value where the call does not say what to do with them."""
    return ZhihengError(
        "M800",
        what.format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个窗口或地区范围；或写明 gaps=drop，不完整的地区整个不参与并被列出。",
            "Choose other periods or entities; or say gaps=drop: incomplete entities are left out "
            "whole and listed.",
        ),
    )


def left_out_notes(entities: Sequence[str]) -> list[Note]:
    """Which entities take no part; nothing where all do."""
    if not entities:
        return []
    said = Text(
        "按 gaps=drop，{n} 个不完整的地区没有参与：{s}。",
        "With gaps=drop, {n} incomplete entities take no part: {s}.",
    )
    return [Note(said.format(n=len(entities), s=", ".join(entities)), level="caution", code="M837")]
