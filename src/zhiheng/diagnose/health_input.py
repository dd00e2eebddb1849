"""What a health check reads: the part asked for, equations between series, known breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.accounts import accounts
from zhiheng.catalog.breaks import breaks
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.forensics import Found
from zhiheng.kernels.forensics_scan import scan

OWN_TOLERANCE = 0.005
"""Relative difference that equations of the user's own may have."""
SURE = {"verified": 0.95, "recalled": 0.5}

KINDS = (
    "linear", "geometric", "spline", "arima", "frozen", "copied_year", "copied_entity",
    "copied_block", "twin_series", "scale", "unit_change", "sign", "zero", "swapped", "rebased",
    "jump", "outlier", "total", "ratio", "break", "benford",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with what the kernel does not know: an equation or a known break."""

    found: Found
    said: Text | None = None


def check_options(panel: Panel, kinds: Sequence[str] | None, confidence: float, gaps: str) -> None:
    """Refuse unknown kinds, a confidence that is none, and gaps where none may be."""
    for kind in kinds or ():
        if kind not in KINDS:
            raise unknown_name("D130", kind, KINDS, kind=Text("检查种类", "kind of check"))
    if not 0 <= confidence <= 1:
        raise ZhihengError(
            "D131",
            Text("置信度不在零与一之间。", "The confidence is not between zero and one."),
            evidence=[{"option": "confidence", "value": confidence}],
            fix=Text("例如 confidence=0.5。", "For example confidence=0.5."),
        )
    rows = panel.gaps(panel.series) if gaps == "refuse" else []
    if rows:
        raise ZhihengError(
            "D132",
            Text("{n} 个单元格没有观测值。", "{n} cells have no observation.").format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "补上观测，或用 gaps=accept：缺口不参加检查。",
                "Supply the observations, or say gaps=accept: gaps then take no part.",
            ),
        )


def sorted_panel(panel: Panel, series: Sequence[str] | None) -> Panel:
    """The part asked for, entities in the order of their codes: findings do not depend on rows."""
    names = list(dict.fromkeys(series or panel.series))
    return panel.select(entities=sorted(panel.entities), series=names)


def remarks(panel: Panel, totals: Mapping[str, str] | None) -> list[Remark]:
    """Everything that is found, in the order of series, kinds, periods and entities."""
    cube = np.ascontiguousarray(np.moveaxis(panel.values, 2, 0))
    found = [Remark(f) for f in scan(cube, np.array(panel.periods, dtype=np.float64))]
    found += [*_unbalanced(panel, totals or {}), *_breaks(panel)]
    return sorted(found, key=_place)


def _place(remark: Remark) -> tuple[int, int, int, int, float]:
    f = remark.found
    first = int(f.periods.min()) if len(f.periods) else -1
    entity = int(f.entities.min()) if len(f.entities) else -1
    return f.series, KINDS.index(f.kind), entity, first, float(f.facts.get("mate", -1))


def _unbalanced(panel: Panel, totals: Mapping[str, str]) -> Iterator[Remark]:
    """Cells in which a total or a ratio differs from what it has to equal."""
    meaning = scope(panel.level)
    equations = [(a.kind, a.left, a.right, a.tolerance, a.title) for a in accounts(panel.level)]
    equations = [e for e in equations if needs(f"{e[1]} + {e[2]}", meaning) <= set(panel.series)]
    own = [
        ("total", left, right, OWN_TOLERANCE, Text.same(f"{left} = {right}"))
        for left, right in ((k, str(v)) for k, v in totals.items())
    ]
    for kind, left, right, tolerance, title in [*equations, *own]:
        one, two = (evaluate(side, panel, meaning).values for side in (left, right))
        yield from _differences(panel, kind, left, (one, two), tolerance, title)


def _differences(
    panel: Panel,
    kind: str,
    left: str,
    sides: tuple[NDArray[np.float64], NDArray[np.float64]],
    tolerance: float,
    title: Text,
) -> Iterator[Remark]:
    one, two = sides
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(one - two) / np.abs(one)
    wrong = np.isfinite(off) & (off > tolerance)
    name = left if left in panel.series else sorted(needs(left, scope(panel.level)))[0]
    for e in np.flatnonzero(wrong.any(axis=1)).tolist():
        t = np.flatnonzero(wrong[e])
        worst = int(t[off[e, t].argmax()])
        facts = {"n": len(t), "off": float(off[e, worst]), "t0": worst,
                 "left": float(one[e, worst]), "right": float(two[e, worst])}  # fmt: skip
        held = np.full(len(t), e, dtype=np.int64)
        found = Found(kind, panel.series.index(name), held, t.astype(np.int64), 0.95, facts)
        yield Remark(found, title)


def _breaks(panel: Panel) -> Iterator[Remark]:
    """Known breaks of the catalog that touch the panel; each is a remark on a whole series."""
    none = np.empty(0, dtype=np.int64)
    shipped = any(step.name == "embedded" for step in panel.steps)
    for s, name in enumerate(panel.series):
        for b in breaks(name, panel.periods, panel.level, shipped=shipped):
            said = Text(f"{b.span.zh}：{b.what.zh}", f"{b.span.en}: {b.what.en}")
            yield Remark(Found("break", s, none, none, SURE[b.status]), said)
