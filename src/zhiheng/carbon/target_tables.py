"""The tables of targets and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zhiheng.carbon.target_input import Measured
from zhiheng.catalog.targets import Target, reported_on
from zhiheng.core.result import Table


def gaps(found: Sequence[Measured]) -> Table:
    """One row for each target and entity: paces, and how far off."""
    parts: list[dict[str, Any]] = []
    for one in found:
        n = len(one.entities)
        on = one.line[:, -1]
        off = np.divide(one.latest, on, out=np.full(n, np.nan), where=np.isfinite(on) & (on != 0))
        parts.append(
            {
                **_keys(one, 1),
                "period": np.full(n, one.years[-1]),
                "deadline": np.full(n, one.target.deadline),
                "progress": one.progress,
                "required_pace": one.required,
                "recent_pace": one.recent,
                "pace_gap": one.recent - one.required,
                "off_track": off - 1,
                "target_state": list(one.state),
            }
        )
    return _joined(("entity", "target_id"), parts)


def levels(found: Sequence[Measured]) -> Table:
    """Start, latest value and level of each target."""
    parts: list[dict[str, Any]] = [
        {
            **_keys(one, 1),
            "period_from": np.full(len(one.entities), one.years[one.start]),
            "period": np.full(len(one.entities), one.years[-1]),
            "start": one.values[:, one.start],
            "latest": one.latest,
            "goal": one.goal,
            "unit": [one.unit] * len(one.entities),
        }
        for one in found
    ]
    return _joined(("entity", "target_id"), parts)


def announced(found: Sequence[Measured]) -> Table:
    """When and where each target was announced."""
    chosen = [one.target for one in found]
    return Table.of(
        ("target_id",),
        target_id=[t.id for t in chosen],
        target_title_zh=[t.title.zh for t in chosen],
        target_title_en=[t.title.en for t in chosen],
        announced=[t.announced for t in chosen],
        entry_status=[t.status for t in chosen],
        source=[t.source for t in chosen],
    )


def by_year(found: Sequence[Measured]) -> Table:
    """Value, line to the goal and gap, year by year from the start of each target."""
    parts: list[dict[str, Any]] = []
    for one in found:
        years = one.years[one.start :]
        value, line = one.values[:, one.start :], one.line[:, one.start :]
        known = np.isfinite(line) & (line != 0)
        ratio = np.divide(value, line, out=np.full(value.shape, np.nan), where=known)
        parts.append(
            {
                **_keys(one, len(years)),
                "period": np.tile(np.array(years), len(one.entities)),
                "value": value.ravel(),
                "on_line": line.ravel(),
                "off_track": (ratio - 1).ravel(),
                "unit": [one.unit] * value.size,
            }
        )
    return _joined(("entity", "target_id", "period"), parts)


def missing(rows: Sequence[tuple[Target, str]]) -> Table:
    """Targets that cannot be computed, and what they lack."""
    return Table.of(
        ("target_id",),
        target_id=[t.id for t, _ in rows],
        target_title_zh=[t.title.zh for t, _ in rows],
        target_title_en=[t.title.en for t, _ in rows],
        lacking=[why for _, why in rows],
        deadline=np.array([t.deadline for t, _ in rows]),
        source=[t.source for t, _ in rows],
    )


def reported(found: Sequence[Measured]) -> Table | None:
    """What was reported on reductions for the country beside what these series give."""
    rows: list[tuple[str, int, float, float, str]] = []
    for one in found:
        if one.entities != (one.target.entity,):
            continue
        for entry in reported_on(one.target.id):
            if entry.year in one.years:
                now = one.values[0, one.years.index(entry.year)]
                ours = now / one.values[0, one.start] - 1 if one.geometric else now
                rows.append((one.target.id, entry.year, entry.value, float(ours), entry.source))
    if not rows:
        return None
    target, year, theirs, ours, source = zip(*rows, strict=True)
    return Table.of(
        ("target_id", "period"),
        target_id=target, period=np.array(year), reported=np.array(theirs), measured=np.array(ours),
        difference_reported=np.array(ours) - np.array(theirs), source=source,
    )  # fmt: skip


def _keys(one: Measured, times: int) -> dict[str, list[str]]:
    rows = len(one.entities) * times
    return {
        "entity": [e for e in one.entities for _ in range(times)],
        "name_zh": [n.zh for n in one.names for _ in range(times)],
        "name_en": [n.en for n in one.names for _ in range(times)],
        "target_id": [one.target.id] * rows,
    }


def _joined(keys: tuple[str, ...], parts: Sequence[dict[str, Any]]) -> Table:
    columns: dict[str, Any] = {}
    for name in parts[0]:
        values = [p[name] for p in parts]
        if isinstance(values[0], np.ndarray):
            columns[name] = np.concatenate(values)
        else:
            columns[name] = [v for one in values for v in one]
    return Table.of(keys, **columns)
