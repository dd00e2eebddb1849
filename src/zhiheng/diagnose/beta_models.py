"""The regressions of growth on initial levels, and what they refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.diagnose.convergence_input import read_complete, read_positive, refuse_short
from zhiheng.kernels.markov import pairs
from zhiheng.kernels.panel_ols import DEPENDENT, Effects, PanelFit, absorber, defects, solve

Array = NDArray[np.float64]

FEWEST_ENTITIES = 10
"""With fewer clusters no correction rescues the inference (MacKinnon, Nielsen and Webb 2023)."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Logarithms (E, P) and controls (E, P, k) on the panel's grid."""

    log: Array
    extra: Array
    controls: tuple[str, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One regression; column 0 is the initial level.

    `biased` marks entity effects beside a lag of one, where Nickell's bias can be undone.
    """

    model: str
    tau: int
    fit: PanelFit
    biased: bool = False


def read_model(
    panel: Panel, variable: str, controls: Sequence[str], *, effects: Effects, lag: int
) -> Growth:
    """Read the variable in logarithms and the controls as they are."""
    names = (controls,) if isinstance(controls, str) else tuple(controls)
    if variable in names or len(set(names)) < len(names):
        raise ZhihengError(
            "M774",
            Text("同一变量出现了两次。", "One variable stands twice."),
            evidence=[{"variable": variable, "controls": ", ".join(names)}],
            fix=Text("每个变量只写一次。", "Name each variable once."),
        )
    refuse_short(panel, 2)
    data = read_positive(panel, variable)
    extra = [read_complete(panel, name) for name in names]
    series = sorted({s for one in (data, *extra) for s in one.series})
    notes = tuple(note for one in (data, *extra) for note in one.notes)
    if len(panel.entities) < FEWEST_ENTITIES:
        raise ZhihengError(
            "M772",
            Text(
                "只有 {n} 个地区，少于 {m} 个，聚类推断不可信。",
                "There are {n} entities, fewer than {m}: clustered inference cannot be trusted.",
            ).format(n=len(panel.entities), m=FEWEST_ENTITIES),
            evidence=[{"entities": len(panel.entities), "fewest": FEWEST_ENTITIES}],
            fix=Text("增加地区；或只看 σ。", "Add entities, or look at sigma only."),
        )
    shape = (*data.values.shape, 0)
    stacked = np.stack([one.values for one in extra], axis=-1) if extra else np.empty(shape)
    return Growth(np.log(data.values), stacked, names, tuple(series), notes)


def fit_models(panel: Panel, data: Growth, *, effects: Effects, lag: int) -> list[Fitted]:
    """Long growth over the window, then the panel of growth over `lag` periods."""
    span = panel.periods[-1] - panel.periods[0]
    first, last = data.log[:, :1], data.log[:, -1:]
    long = (last - first) / span
    names = ("level", *data.controls)
    out = [Fitted("absolute", span, regress(long, first[..., None], "none", names))]
    if data.controls:
        x = np.concatenate([first[..., None], data.extra[:, :1]], axis=-1)
        out.append(Fitted("conditional", span, regress(long, x, "none", names)))
    out.append(Fitted("reverse", span, regress(long, last[..., None], "none", names)))
    start, end = spans(panel, lag)
    growth = (data.log[:, end] - data.log[:, start]) / lag
    level = data.log[:, start, None]
    entity = effects in ("twoway", "entity")
    steps = np.diff(np.array(panel.periods)[start])
    biased = entity and lag == 1 and bool((steps == 1).all())
    out.append(Fitted("panel", lag, regress(growth, level, effects, names), biased))
    if data.controls:
        x = np.concatenate([level, data.extra[:, start]], axis=-1)
        out.append(Fitted("panel_conditional", lag, regress(growth, x, effects, names), biased))
    return out


def spans(panel: Panel, lag: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the first and last period of each span of growth over `lag` periods.

    Raises
    ------
    ZhihengError
        M775 fewer than two spans.
    """
    start, end = pairs(np.array(panel.periods, dtype=np.int64), lag)
    if len(start) < 2:
        raise ZhihengError(
            "M775",
            Text(
                "相隔 {k} 期的增长不足两段，面板回归做不了。",
                "There are fewer than two spans of {k} periods, so no panel regression.",
            ).format(k=lag),
            evidence=[{"periods": ", ".join(map(str, panel.periods)), "lag": lag}],
            fix=Text("加长窗口或减小 lag。", "Use a longer window or a smaller lag."),
        )
    return start, end


def regress(y: Array, x: Array, effects: Effects, names: Sequence[str]) -> PanelFit:
    """Least squares after the effects are removed; columns that cannot be told apart are refused.

    Raises
    ------
    ZhihengError
        M773 a column without variation or tied to others, M775 too few rows.
    """
    mask = np.ones(y.shape, dtype=np.bool_)
    absorb = absorber(mask, effects)
    counted = x.shape[-1] + absorb.nested + absorb.common
    if mask.sum() <= counted:
        raise ZhihengError(
            "M775",
            Text(
                "行数不足：{n} 行，要估计 {k} 个参数（含固定效应）。",
                "Too few rows: {n} rows for {k} parameters, effects included.",
            ).format(n=int(mask.sum()), k=counted),
            evidence=[{"rows": int(mask.sum()), "parameters": counted}],
            fix=Text(
                "加长窗口，或减少变量与效应。", "Use a longer window, or fewer terms and effects."
            ),
        )
    raw = np.concatenate([y[..., None], x], axis=-1)
    swept = absorb.remove(raw)
    wrong = defects(raw[..., 1:], swept[..., 1:], mask)
    still = defects(raw[..., :1], swept[..., :1], mask).flat
    if wrong.flat or wrong.tied or still:
        columns = ["growth"] if still else [names[j] for j in (*wrong.flat, *wrong.tied)]
        raise _flat(columns)
    fit = solve(swept[..., 0], swept[..., 1:], absorb)
    if 1.0 - fit.r2_within <= DEPENDENT**2:
        raise _flat(["growth"])
    return fit


def _flat(columns: Sequence[str]) -> ZhihengError:
    rows: list[Row] = [{"variable": name} for name in columns]
    return ZhihengError(
        "M773",
        Text(
            "去掉固定效应后，这些列没有变化、完全共线，或增长恰是水平的函数，估计不了。",
            "Once effects are removed these columns do not vary, are exactly collinear, or growth "
            "is an exact function of the level: nothing can be estimated.",
        ),
        evidence=rows,
        fix=Text(
            "去掉其中的变量，或换一组固定效应。", "Leave out a variable, or choose other effects."
        ),
    )
