"""Data health check: cells that were filled, copied, slipped or swapped, as a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import health_wording as wording
from zhiheng.diagnose.health_input import KINDS, Remark, check_options, remarks, sorted_panel
from zhiheng.kernels.forensics import prepare

UNOBSERVED = frozenset({"interpolated", "imputed", "absent"})
"""Suggested statuses of cells that do not show what was observed."""


@method(zh="数据体检：插值、照抄、冻结、量级与符号错误、零代缺失、异常与断点", example="regions")
def health(
    panel: Panel,
    *,
    series: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    confidence: float = 0.5,
    totals: Mapping[str, str] | None = None,
    gaps: Literal["accept", "refuse"] = "accept",
) -> Result:
    """Check the health of data: filled, copied, frozen, slipped, swapped and odd cells.

    Use it before anything rests on a panel, above all on a compiled one. It finds
    patterns that honest observation hardly makes; it cannot say who made them, and a
    clean bill is no proof: single filled cells in coarsely rounded series, or fills with
    noise added, look like data.

    Parameters
    ----------
    panel : Panel
    series : list of str, optional
        The series to check; by default all.
    kinds : list of str, optional
        Kinds of findings to list, such as ``linear`` or ``scale``; by default all.
    confidence : float
        Findings below it are counted but not listed; between 0 and 1.
    totals : mapping of str to str, optional
        Own equations, such as ``total=part1 + part2``, beside those of the catalog.
    gaps : {"accept", "refuse"}
        Whether the panel may have gaps; they take no part either way.

    Raises
    ------
    ZhihengError
        D107 an unknown series, D130 an unknown kind, D131 a confidence out of range,
        D132 gaps that are refused.

    References
    ----------
    Tukey (1977), Exploratory Data Analysis (median polish); Nigrini (2012), Benford's Law.
    """
    names = (series,) if isinstance(series, str) else series
    wanted = (kinds,) if isinstance(kinds, str) else kinds
    checked = sorted_panel(panel, names)
    check_options(checked, wanted, confidence, gaps)
    every = [r for r in remarks(checked, totals) if not wanted or r.found.kind in wanted]
    listed = [r for r in every if r.found.confidence >= confidence]
    cells = _cells(checked, listed)
    findings = _findings(checked, listed)
    tables = {
        "findings": findings,
        "cells": cells,
        "by_series": _by_series(checked, listed),
        "by_kind": _by_kind(listed),
    }
    notes = wording.notes(len(every) - len(listed), confidence)
    counted = Check(
        Text("清单里的单元格数等于各条之和", "cells listed equal those of the findings"),
        float(findings.columns["cells"].sum() - len(cells)),
        0.0,
    )
    return Result(tables, wording.figures(), tuple(notes), (counted,), checked.series)


def _findings(panel: Panel, listed: Sequence[Remark]) -> Table:
    found = [r.found for r in listed]
    titles = [option_word("finding", f.kind) for f in found]
    series = [panel.title(panel.series[f.series]) for f in found]
    entity, names = zip(*[_who(panel, r) for r in listed], strict=True) if listed else ((), ())
    ends = [
        (panel.periods[int(min(f.periods))], panel.periods[int(max(f.periods))])
        if len(f.periods) else (panel.periods[0], panel.periods[-1])
        for f in found
    ]  # fmt: skip
    status = [wording.suggested(f.kind) for f in found]
    said = [wording.reason(panel, r) for r in listed]
    return Table.of(
        ("number",),
        number=np.arange(1, len(found) + 1),
        kind=[f.kind for f in found],
        kind_title_zh=[t.zh for t in titles],
        kind_title_en=[t.en for t in titles],
        series=[panel.series[f.series] for f in found],
        series_title_zh=[t.zh for t in series],
        series_title_en=[t.en for t in series],
        entity=list(entity),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period_from=np.array([a for a, _ in ends], dtype=np.int64),
        period_to=np.array([b for _, b in ends], dtype=np.int64),
        cells=np.array([len(f.entities) for f in found], dtype=np.int64),
        confidence=np.array([f.confidence for f in found], dtype=np.float64),
        suggested=status,
        reason_zh=[t.zh for t in said],
        reason_en=[t.en for t in said],
    )


def _who(panel: Panel, remark: Remark) -> tuple[str, Text]:
    """The entity of a finding, or how many it concerns."""
    who = np.unique(remark.found.entities).tolist()
    if not who:
        return "*", Text("整个序列", "whole series")
    names = [panel.name(panel.entities[e]) for e in who]
    codes = [panel.entities[e] for e in who]
    if len(who) <= 2:  # noqa: PLR2004  an entity, or a pair of them
        both = Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
        return "+".join(codes), both
    return "*", Text("{n} 个地区", "{n} entities").format(n=len(who))


def _cells(panel: Panel, listed: Sequence[Remark]) -> Table:
    """Every cell of every finding, with its value and the address it was read at."""
    found = [r.found for r in listed]
    sizes = [len(f.entities) for f in found]
    none = np.empty(0, dtype=np.int64)
    e = np.concatenate([none, *(f.entities for f in found)])
    t = np.concatenate([none, *(f.periods for f in found)])
    s = np.repeat(np.array([f.series for f in found], dtype=np.int64), sizes)
    number = np.repeat(np.arange(1, len(found) + 1), sizes)
    names = [panel.name(panel.entities[i]) for i in e]
    origin = panel.origin[e, t, s]
    return Table.of(
        ("number", "entity", "period"),
        number=number,
        entity=[panel.entities[i] for i in e],
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=np.array(panel.periods, dtype=np.int64)[t],
        series=[panel.series[i] for i in s],
        value=panel.values[e, t, s],
        suggested=list(np.repeat([wording.suggested(f.kind) for f in found] or [""], sizes or [0])),
        cell=[_address(panel, int(i)) for i in origin],
    )


def _address(panel: Panel, origin: int) -> str:
    """File and cell, as far as the reader recorded them."""
    if origin < 0:
        return "-"
    read = panel.origins[origin]
    return (
        read.cell if read.cell.startswith(read.file.split(" ")[0]) else f"{read.file}!{read.cell}"
    )


def _by_series(panel: Panel, listed: Sequence[Remark]) -> Table:
    flagged = np.zeros(panel.values.shape, dtype=np.bool_)
    gone = np.zeros(panel.values.shape, dtype=np.bool_)
    count = np.zeros(len(panel.series), dtype=np.int64)
    for f in (r.found for r in listed):
        flagged[f.entities, f.periods, f.series] = True
        count[f.series] += 1
        if wording.suggested(f.kind) in UNOBSERVED:
            gone[f.entities, f.periods, f.series] = True
    n = np.isfinite(panel.values).sum(axis=(0, 1))
    cells, unobserved = flagged.sum(axis=(0, 1)), gone.sum(axis=(0, 1))
    cube = np.ascontiguousarray(np.moveaxis(panel.values, 2, 0))
    step = np.median(prepare(cube, np.array(panel.periods, dtype=np.float64)).step, axis=1)
    titles = [panel.title(name) for name in panel.series]
    return Table.of(
        ("series",),
        series=list(panel.series),
        series_title_zh=[t.zh for t in titles],
        series_title_en=[t.en for t in titles],
        n=n,
        rounded_to=step,
        findings=count,
        cells=cells,
        share_cells=np.divide(cells, n, out=np.zeros(len(n)), where=n > 0),
        cells_unobserved=unobserved,
        share_unobserved=np.divide(unobserved, n, out=np.zeros(len(n)), where=n > 0),
    )


def _by_kind(listed: Sequence[Remark]) -> Table:
    held = {k: [r.found for r in listed if r.found.kind == k] for k in KINDS}
    present = {k: v for k, v in held.items() if v}
    titles = [option_word("finding", k) for k in present]
    return Table.of(
        ("kind",),
        kind=list(present),
        kind_title_zh=[t.zh for t in titles],
        kind_title_en=[t.en for t in titles],
        findings=np.array([len(v) for v in present.values()], dtype=np.int64),
        cells=np.array([sum(len(f.entities) for f in v) for v in present.values()], dtype=np.int64),
        series_touched=np.array([len({f.series for f in v}) for v in present.values()], np.int64),
        confidence=np.array([np.mean([f.confidence for f in v]) for v in present.values()]),
        suggested=[wording.suggested(k) for k in present],
    )
