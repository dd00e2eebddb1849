"""Window analysis: each unit held against all observations of a few neighbouring periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import in_windows
from zhiheng.measure.production import (
    certificate,
    cube_of,
    current_prices,
    in_order,
    model_of,
    names_of,
    read,
    refuse_stalled,
    too_few,
)

Array = NDArray[np.float64]
# Certified answers differ from the truth by 1e-9 at most, mostly by 1e-13.
ROUNDING = 1e-8


@method(zh="DEA 视窗分析：跨期可比的效率及其稳定性", example="regions")
def dea_window(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    width: int = 3,
    measure: Literal["sbm", "radial"] = "sbm",
    returns: Literal["crs", "vrs"] = "crs",
    orientation: Literal["none", "input", "output"] | None = None,
) -> Result:
    """Measure efficiency in moving windows of periods, and how steady each unit's score is.

    Use it where single periods have too few units, or where scores of several periods are to
    be compared. Within a window technology is taken to stand still, so that windows should be
    short. A unit's period is measured once in every window that holds it; how far those
    scores differ tells how much they depend on the company. It is no index of productivity:
    `malmquist` is.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : list of str
        Series or expressions with values above zero, in natural units. Undesirable outputs go
        with ``measure=sbm`` only.
    width : int
        Periods in a window; one is each period alone, all periods is one common frontier.
    measure, returns, orientation : see `dea_metafrontier`

    Raises
    ------
    ZhihengError
        M663 a window wider than the panel or below one, M661, M662 options that do not go
        together, M664 a unit without any input or output, M666 a programme without a
        certified answer, and the refusals of inputs and outputs that `dea_sbm` has.

    References
    ----------
    Charnes, Clark, Cooper and Golany (1985) Annals of Operations Research 2: 95-112.
    """
    model = model_of(measure, returns, orientation, undesirable)
    _refuse_width(panel, width)
    panel = in_order(panel)
    data = read(panel, inputs, outputs, undesirable, zeros=measure == "radial")
    found = in_windows(cube_of(data), model, width)
    grid = _grid(found.efficiency, len(panel.periods))
    stalled = _grid(found.stalled.astype(np.float64), len(panel.periods))
    refuse_stalled(panel, (stalled == 1.0).any(axis=0))
    tables = {
        "scores": _scores(panel, found.efficiency),
        "by_period": _by_period(panel, grid),
        "stability": _stability(panel, grid),
        "trend": _trend(panel, grid),
    }
    said = [
        Note(
            Text(
                "{m}，{r}；窗宽 {w} 期，共 {k} 个视窗，每个视窗 {n} 个观测。"
                "视窗之内假定技术不变。首末几期进入的视窗较少。",
                "{m}, {r}; windows of {w} periods, {k} of them, {n} observations each. Technology "
                "is taken to stand still within a window; the first and last periods lie in fewer "
                "windows.",
            ).format(
                m=option_word("efficiency_measure", model.kind),
                r=option_word("returns_to_scale", model.returns),
                w=width,
                k=len(found.efficiency),
                n=width * len(panel.entities),
            )  # fmt: skip
        ),
        certificate(found.residual),
        *(current_prices(panel, data) if width > 1 else []),
        *too_few(data, width * len(panel.entities)),
    ]
    return Result(
        tables, _figures(), (*data.notes, *said), (_bounds(found.efficiency),), data.series
    )


def _refuse_width(panel: Panel, width: int) -> None:
    t = len(panel.periods)
    if not 1 <= width <= t:
        raise ZhihengError(
            "M663",
            Text(
                "窗宽 {w}，而数据有 {t} 个时期；窗宽须在 1 与时期数之间。",
                "The window is {w} periods wide and there are {t}; it must be from one to that.",
            ).format(w=width, t=t),
            evidence=[{"width": width, "periods": t}],
            fix=Text(
                "常用 3；时期少时用 2，或加入更多时期。",
                "Three is usual; with few periods take two, or take in more periods.",
            ),
        )


def _grid(found: Array, t: int) -> Array:
    """By window, entity and period of the panel; NaN where the window does not hold the period."""
    w, e, width = found.shape
    grid = np.full((w, e, t), np.nan)
    window = np.arange(w)[:, None]
    grid[window, :, window + np.arange(width)] = found.transpose(0, 2, 1)
    return grid


def _scores(panel: Panel, found: Array) -> Table:
    w, e, width = found.shape
    periods = np.array(panel.periods, dtype=np.int64)
    inside = periods[np.arange(w)[:, None] + np.arange(width)]  # (w, width)
    whole = (e, w, width)
    return Table.of(
        ("entity", "window_from", "period"),
        **names_of(panel, w * width),
        window_from=np.broadcast_to(inside[:, :1], whole).ravel(),
        window_to=np.broadcast_to(inside[:, -1:], whole).ravel(),
        period=np.broadcast_to(inside, whole).ravel(),
        efficiency=found.transpose(1, 0, 2).ravel(),
    )


def _by_period(panel: Panel, grid: Array) -> Table:
    """Mean over the windows that hold the period, and the spread among them."""
    mean, low, high = (f(grid, axis=0) for f in (np.nanmean, np.nanmin, np.nanmax))
    return Table.of(
        ("entity", "period"),
        **names_of(panel, len(panel.periods)),
        period=np.tile(np.array(panel.periods, dtype=np.int64), len(panel.entities)),
        efficiency=mean.ravel(),
        window_lowest=low.ravel(),
        window_highest=high.ravel(),
        windows=np.tile(np.isfinite(grid[:, 0]).sum(axis=0), len(panel.entities)),
    )


def _stability(panel: Panel, grid: Array) -> Table:
    """Mean and spread of all scores of an entity, and the spread that windows alone make."""
    w, e, t = grid.shape
    every = grid.transpose(1, 0, 2).reshape(e, w * t)
    apart = np.nanmax(grid, axis=0) - np.nanmin(grid, axis=0)
    return Table.of(
        ("entity",),
        **names_of(panel, 1),
        efficiency=np.nanmean(every, axis=1),
        std_dev=np.nanstd(every, axis=1),
        window_lowest=np.nanmin(every, axis=1),
        window_highest=np.nanmax(every, axis=1),
        gap_between_windows=apart.max(axis=1),
        n=np.isfinite(every).sum(axis=1),
    )


def _trend(panel: Panel, grid: Array) -> Table:
    """Mean over entities of the period means; lowest and highest entity."""
    mean = np.nanmean(grid, axis=0)
    return Table.of(
        ("period",),
        period=np.array(panel.periods, dtype=np.int64),
        efficiency=mean.mean(axis=0),
        window_lowest=mean.min(axis=0),
        window_highest=mean.max(axis=0),
    )


def _figures() -> tuple[Figure, ...]:
    stability = Figure(
        "stability",
        "interval",
        "stability",
        Text("各地区的视窗效率：均值与范围", "Efficiency in windows: mean and range by region"),
        Text(
            "点是全部视窗的均值，线从最低到最高；线越短，效率越稳定。",
            "The dot is the mean over all windows, the line runs from the lowest to the highest; "
            "the shorter, the steadier.",
        ),
        {
            "label": "entity", "value": "efficiency",
            "low": "window_lowest", "high": "window_highest",
            "sort": "-value", "reference": 1,
        },
    )  # fmt: skip
    trend = Figure(
        "trend",
        "line",
        "trend",
        Text("平均视窗效率", "Mean efficiency in windows"),
        Text(
            "各期在所有含它的视窗中的均值，再对地区平均。",
            "Mean over all windows that hold the period, then over regions.",
        ),
        {"x": "period", "parts": ["efficiency"]},
    )
    return stability, trend


def _bounds(found: Array) -> Check:
    return Check(
        Text("效率在 0 与 1 之间", "efficiency lies in (0, 1]"),
        float(np.maximum(np.maximum(found - 1.0, -found), 0.0).max()),
        ROUNDING,
    )
