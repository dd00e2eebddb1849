"""The tables of a simulation that are about its levers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zhiheng.carbon.simulate_draws import resolved
from zhiheng.carbon.simulate_tables import titled
from zhiheng.catalog.levers import Schedule, levers
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Table
from zhiheng.kernels.simulator_odds import fan, summed
from zhiheng.kernels.simulator_records import Array, Paths


def levers_table(schedules: Sequence[Schedule], alone: dict[str, Paths], base: Paths) -> Table:
    """Each lever: what was set, what it does alone over the whole path, what that costs."""
    rows: list[dict[str, Any]] = []
    given = {s.lever: s for s in schedules}
    before = summed(base.net.sum(axis=1, keepdims=True))
    for lever in levers().values():
        s = given.get(lever.id)
        row: dict[str, Any] = {
            "lever": lever.id,
            "lever_title_zh": lever.title.zh,
            "lever_title_en": lever.title.en,
            "level_set": s.level if s else 0.0,
            "lever_low": lever.low,
            "lever_high": lever.high,
            "unit": lever.unit,
            "effect_alone": 0.0, "alone_low": np.nan, "alone_high": np.nan,
            "cost_per_t": np.nan,
            "evidence": lever.grade,
            "evidence_title_zh": option_word("evidence", lever.grade).zh,
            "evidence_title_en": option_word("evidence", lever.grade).en,
        }  # fmt: skip
        if lever.id in alone:
            row |= _effect(alone[lever.id], before, paid=bool(lever.payer))
        rows.append(row)
    return Table.of(("lever",), **{k: [r[k] for r in rows] for k in rows[0]})


def lever_notes_table(schedules: Sequence[Schedule], years: Sequence[int]) -> Table:
    """When each lever acts, what it surely lowers, who pays, and where that is from."""
    given = {s.lever: s for s in schedules}
    rows: list[dict[str, Any]] = []
    for lever in levers().values():
        s = given.get(lever.id)
        first, last = resolved(s, years) if s else (None, None)
        rows.append(
            {
                "lever": lever.id,
                "lever_title_zh": lever.title.zh,
                "lever_title_en": lever.title.en,
                "first_year": float(first) if first else np.nan,
                "full_year": float(last) if last else np.nan,
                "lever_shape": s.shape if s else "",
                "moves": lever.moves,
                "payer": ", ".join(lever.payer),
                "entry_status": lever.status,
                "source": lever.source,
            }
        )
    return Table.of(("lever",), **{k: [r[k] for r in rows] for k in rows[0]})


def _effect(found: Paths, before: Array, *, paid: bool) -> dict[str, float]:
    change = summed(found.net.sum(axis=1, keepdims=True)) - before
    low, _, middle, _, high = fan(change)[:, 0]
    cost = found.resource.sum(axis=(1, 2)).mean() / -change.mean() if change.mean() < 0 else np.nan
    return {
        "alone_low": float(low),
        "effect_alone": float(middle),
        "alone_high": float(high),
        "cost_per_t": float(cost) if paid else np.nan,
    }


def wedge_table(
    alone: dict[str, Paths], together: Paths, base: Paths, years: Sequence[int]
) -> Table:
    """Mean paths: what is left, and what each lever takes off.

    Lone effects overlap; what they overlap by is shared out in proportion to their size, so that
    the areas fill the distance between the two paths exactly.
    """

    def mean(p: Paths) -> Array:
        return p.net.sum(axis=1).mean(axis=0)

    off = np.stack([mean(base) - mean(p) for p in alone.values()])
    overlap = off.sum(axis=0) - (mean(base) - mean(together))
    size = np.abs(off).sum(axis=0)
    shared = off - overlap * np.abs(off) / np.where(size > 0, size, 1.0)
    names = ["scenario", *alone]
    values = np.concatenate([mean(together), shared.ravel()])
    lone = np.concatenate([np.full(len(years), np.nan), off.ravel()])
    return Table.of(
        ("part_of_path", "period"),
        part_of_path=[n for n in names for _ in years],
        **titled("part_of_path", "part_of_path", [n for n in names for _ in years]),
        period=np.tile(np.array(years), len(names)),
        value=values,
        alone=lone,
        unit=["t_CO2"] * len(values),
    )
