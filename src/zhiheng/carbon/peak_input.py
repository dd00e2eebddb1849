"""Yearly gross emissions read from a panel, for questions about their peak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import missing_cells
from zhiheng.catalog.peaking import peaking
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import title_in
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, names, needs, parse
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.kernels.outlook import FIXED

AMOUNTS = ("t_CO2", "t_CO2e", UNSTATED)
"""Units of an amount of emissions; ratios have no peak that this asks about."""


@dataclass(frozen=True, slots=True)
class Emissions:
    """Positive yearly emissions without gaps.

    Attributes
    ----------
    panel : Panel
        The entities and years in use.
    values : ndarray, shape (entities, years)
    unit : str
    series : tuple of str
        Base series that they stand on.
    named : tuple of str
        Series of the expression as written and those behind them.
    title : Text
    left_out : tuple of str
        Entities with gaps, where dropping was asked for.
    notes : tuple of Note
    """

    panel: Panel
    values: NDArray[np.float64]
    unit: str
    series: tuple[str, ...]
    named: tuple[str, ...]
    title: Text
    left_out: tuple[str, ...]
    notes: tuple[Note, ...]


def read_emissions(panel: Panel, expression: str, *, gaps: Literal["refuse", "drop"]) -> Emissions:
    """Evaluate gross emissions on the years that have any, and refuse what has no peak.

    Raises
    ------
    ZhihengError
        M800 gaps, M973 net emissions or negative values, M974 no amount of emissions,
        M975 zeros, M976 too few years or years that do not follow on each other.
    """
    meaning = scope(panel.level)
    base = tuple(needs(expression, meaning))
    _refuse_net(expression, base)
    found = evaluate(expression, panel, meaning)
    if found.unit not in AMOUNTS:
        raise no_amount(expression, found.unit)
    years = _window(panel, found.values)
    cut = panel.select(periods=[panel.periods[i] for i in years])
    values = found.values[:, years]
    complete = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    if not complete.all() and (gaps == "refuse" or not complete.any()):
        gap = ~np.isfinite(values)[:, :, None]
        raise missing_cells(cut.cells(gap, expression=[expression]))
    kept = cut.select(entities=[e for e, c in zip(cut.entities, complete, strict=True) if c])
    values = values[complete]
    _refuse_sign(kept, values)
    return Emissions(
        kept,
        values,
        found.unit,
        tuple(sorted(base)),
        tuple(sorted({*base, *(n.name for n in names(parse(expression)))})),
        title_in(panel, expression),
        tuple(e for e, c in zip(cut.entities, complete, strict=True) if not c),
        tuple(dict.fromkeys(found.notes)),
    )


def _window(panel: Panel, values: NDArray[np.float64]) -> list[int]:
    """Positions of the years from the first to the last in which anything is known."""
    seen = np.flatnonzero(np.isfinite(values).any(axis=0))
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, -1)
    years = panel.periods[first : last + 1]
    broken = any(b - a != 1 for a, b in zip(years, years[1:], strict=False))
    if panel.frequency != "A" or broken or len(years) <= FIXED.least:
        raise ZhihengError(
            "M976",
            Text(
                "需要至少 {n} 个相连的年度值。",
                "At least {n} consecutive yearly values are needed.",
            ).format(n=FIXED.least + 1),
            evidence=[{"years": ", ".join(map(str, years)) or "-", "frequency": panel.frequency}],
            fix=Text(
                "换一个更长的窗口；月度数据先合成年度。",
                "Choose a longer window; sum monthly data to years first.",
            ),
        )
    return list(range(first, last + 1))


def _refuse_net(expression: str, base: tuple[str, ...]) -> None:
    inside = [name for name in base if name in peaking().net.series]
    if inside:
        raise _net([{"expression": expression, "net series": ", ".join(inside)}])


def _refuse_sign(panel: Panel, values: NDArray[np.float64]) -> None:
    negative = panel.cells(values < 0, values)
    if negative:
        raise _net(negative)
    zeros = panel.cells(values == 0, values)
    if zeros:
        raise ZhihengError(
            "M975",
            Text(
                "有 {n} 个零排放，增长率没有定义。", "{n} emissions are zero: no growth rate."
            ).format(n=len(zeros)),
            evidence=zeros,
            fix=Text(
                "查这些零是不是缺失；真为零的地区不参与。",
                "See whether these zeros are gaps; leave out regions that emit nothing.",
            ),
        )


def _net(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M973",
        Text(
            "达峰问的是总排放，碳汇不能先减掉。",
            "A peak is asked of gross emissions; sinks must not be taken off first.",
        ),
        evidence=rows,
        fix=Text(
            "改用不含土地利用变化的总排放，碳汇另报。",
            "Use gross emissions without land use change, and report sinks apart.",
        ),
    )


def no_amount(expression: str, unit: str) -> ZhihengError:
    """M974: what is asked for is no amount of emissions."""
    return ZhihengError(
        "M974",
        Text("“{x}”不是排放量。", '"{x}" is no amount of emissions.').format(x=expression),
        evidence=[{"expression": expression, "unit": unit, "amounts": ", ".join(AMOUNTS[:2])}],
        fix=Text(
            "给出以吨二氧化碳（当量）计的序列或表达式；强度的目标见 targets。",
            "Give a series or expression in tonnes of CO2 or CO2 equivalent; for intensities see "
            "targets.",
        ),
    )
