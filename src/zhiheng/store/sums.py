"""Sums over groups of entities, with what would expose a contributor held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from zhiheng.core.panel import Panel
from zhiheng.kernels.suppression import grouped

How = Literal["sum", "mean", "count"]
TOTAL = "*"
"""The group of all entities."""


def sums(panel: Panel, groups: Mapping[str, str], how: How) -> Any:
    """The table of sums: per group, period and series, and the total as group ``*``."""
    names = sorted({groups[e] for e in panel.entities if e in groups})
    inside = [i for i, e in enumerate(panel.entities) if e in groups]
    place = np.array([names.index(groups[panel.entities[i]]) for i in inside], dtype=np.intp)
    cube = panel.values[inside]
    flat = cube.reshape(len(inside), -1)
    parts = grouped(flat, place, len(names))
    whole = grouped(flat, np.zeros(len(inside), dtype=np.intp), 1)
    total = np.concatenate([parts.total, whole.total])
    count = np.concatenate([parts.count, whole.count])
    hidden = np.concatenate([parts.hidden, whole.hidden])
    value = {"sum": total, "mean": total / np.maximum(count, 1), "count": count * 1.0}[how]
    shown = ~hidden & (count > 0)
    period, name = np.meshgrid(panel.periods, panel.series, indexing="ij")
    rows = len(names) + 1
    columns = {
        "group": np.repeat([*names, TOTAL], flat.shape[1]),
        "period": np.tile(period.ravel(), rows),
        "series": np.tile(name.ravel(), rows),
    }
    held = shown.ravel()
    return pa.table({
        **columns,
        "value": pa.array(value.ravel(), mask=~held),
        "count": pa.array(count.ravel(), mask=~held),
        "suppressed": hidden.ravel(),
    })  # fmt: skip
