"""The shape of a distribution and how it moves: kernel densities by period, with their modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import density_wording as wording
from zhiheng.diagnose.spread import (
    Spread,
    chosen_periods,
    out_of_range,
    read_spread,
    refuse_flat,
)
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels.density import bandwidth as rule_bandwidth
from zhiheng.kernels.density import density, modes, outside
from zhiheng.kernels.dip import dip, uniform_dips
from zhiheng.kernels.modality import Unimodality, silverman_test

Array = NDArray[np.float64]

RULES = ("silverman", "scott", "sheather_jones")
REACH = 4.0
"""Bandwidths that the grid goes beyond the outermost value."""
FEWEST_POINTS, USUAL_POINTS, MOST_POINTS = 50, 200, 2000
# The trapezoid rule with two or more points per bandwidth, on kernels cut four bandwidths out.
INTEGRAL = 2e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """One period: sorted values, bandwidth, density on the grid, modes, test."""

    values: Array
    width: float
    curve: Array
    peaks: Array
    test: Unimodality | None


@method(zh="核密度：逐期分布、带宽、峰数与多峰检验", example="regions")
def kernel_density(
    panel: Panel,
    *,
    variable: str,
    periods: Sequence[int] | None = None,
    bandwidth: str | float = "silverman",
    relative: bool = False,
    points: int | None = None,
    draws: int = 499,
    seed: int = 1,
    gaps: Gaps = "refuse",
) -> Result:
    """Estimate the density of a variable in each period, count its modes and test for one.

    Use it to read location, spread, tails and peaks of a distribution over time. The eye
    sees peaks that chance made: the table `summary` tests whether more than one is there.
    The number of peaks drawn hangs on the bandwidth, which is named. It shows shapes, not
    who moved: for that use `stochastic_kernel` or `markov`.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression.
    periods : list of int
        Periods to look at; all by default.
    bandwidth : str or number
        ``silverman`` (R bw.nrd0), ``scott`` (R bw.nrd), ``sheather_jones`` (R bw.SJ), each
        computed per period, or a number in the unit of the variable.
    relative : bool
        Divide by the mean of the period first, so that common growth drops out.
    points : int
        Points of the common grid, 50 or more; by default 200, and more where a kernel is
        narrow beside the range.
    draws : int
        Resamples of the tests for one mode; 0 for no test.
    seed : int
        Seed of the resamples.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropped ones are left out of their period.

    Raises
    ------
    ZhihengError
        M800 gaps, M841 a mean that is not above zero, M844 an option out of range, M845 too
        few distinct values, M847 an unknown period.

    References
    ----------
    Silverman (1981) JRSS B 43(1): 97-99; Hall and York (2001) Statistica Sinica 11(2):
    515-536; Hartigan and Hartigan (1985) Annals of Statistics 13(1): 70-84; Sheather and
    Jones (1991) JRSS B 53(3): 683-690.
    """
    rule = _rule(bandwidth, points, draws)
    data = read_spread(panel, variable, relative=relative, gaps=gaps)
    at = chosen_periods(data.panel, periods)
    refuse_flat(data.panel, data.values, data.mask, at)
    columns = [np.sort(data.values[data.mask[:, t], t]) for t in at]
    widths = [rule_bandwidth(x, rule) if isinstance(rule, str) else rule for x in columns]
    grid = _grid(data, at, columns, widths, points)
    shapes = [
        Shape(x, h, density(x, h, grid), modes(x, h), _test(x, draws, seed, data.panel.periods[t]))
        for t, x, h in zip(at, columns, widths, strict=True)
    ]
    when = np.array([data.panel.periods[t] for t in at], dtype=np.int64)
    tables = {
        "density": _density(when, grid, shapes, wording.axis_column(relative=relative)),
        "summary": _summary(when, shapes, draws, seed),
        "modes": _modes(when, shapes, wording.axis_column(relative=relative)),
    }
    notes = wording.density_notes(data, rule=rule, relative=relative, draws=draws)
    notes += wording.mode_notes(when, shapes, data)
    figures = (wording.ridgeline(relative=relative, unit=data.unit),)
    return Result(tables, figures, (*data.notes, *notes), _checks(grid, shapes), data.series)


def _rule(bandwidth: str | float, points: int | None, draws: int) -> str | float:
    """The bandwidth as a rule or a number; refuses options out of range."""
    rule: str | float = bandwidth
    if isinstance(bandwidth, str) and bandwidth not in RULES:
        try:
            rule = float(bandwidth)
        except ValueError:
            rule = np.nan
    elif not isinstance(bandwidth, str):
        rule = float(bandwidth)
    right = isinstance(rule, str) or (rule > 0 and np.isfinite(rule))
    wrong: list[Row] = [
        {"option": name, "value": value}
        for name, value, fits in (
            ("bandwidth", bandwidth, right),
            ("points", points, points is None or points >= FEWEST_POINTS),
            ("draws", draws, draws == 0 or draws >= 2),
        )
        if not fits
    ]
    if wrong:
        raise out_of_range(
            wrong,
            Text(
                "带宽写 silverman、scott、sheather_jones 或大于零的数；网格至少 50 点；"
                "抽取零次或至少两次。",
                "Let the bandwidth be silverman, scott, sheather_jones or a number above zero, the "
                "grid 50 points or more, and draws none or at least two.",
            ),
        )
    return rule


def _grid(
    data: Spread, at: list[int], columns: list[Array], widths: list[float], points: int | None
) -> Array:
    """One grid for all periods; refuses one too coarse for the narrowest kernel."""
    low = min(float(x[0]) - REACH * h for x, h in zip(columns, widths, strict=True))
    high = max(float(x[-1]) + REACH * h for x, h in zip(columns, widths, strict=True))
    needed = int(np.ceil(2 * (high - low) / min(widths))) + 1
    size = min(max(needed, USUAL_POINTS), MOST_POINTS) if points is None else points
    if size < needed:
        step = (high - low) / (size - 1)
        rows: list[Row] = [
            {"period": data.panel.periods[t], "bandwidth": h, "grid_step": step}
            for t, h in zip(at, widths, strict=True) if step > h / 2
        ]  # fmt: skip
        raise out_of_range(
            rows,
            Text(
                "网格太粗，看不见这么窄的核；points 至少写 {n}，或用更大的带宽，"
                "取值很偏时先取对数。",
                "The grid is too coarse for so narrow a kernel; let points be {n} or more, use "
                "a larger bandwidth, or take logs of a very skewed variable.",
            ).format(n=needed),
        )
    return np.linspace(low, high, size)


def _test(x: Array, draws: int, seed: int, period: int) -> Unimodality | None:
    return silverman_test(x, draws=draws, seed=[seed, abs(period)]) if draws else None


def _density(when: NDArray[np.int64], grid: Array, shapes: list[Shape], axis: str) -> Table:
    return Table.of(
        ("period", axis),
        period=np.repeat(when, len(grid)),
        **{axis: np.tile(grid, len(when))},
        probability_density=np.concatenate([s.curve for s in shapes]),
    )


def _summary(when: NDArray[np.int64], shapes: list[Shape], draws: int, seed: int) -> Table:
    tests = [s.test for s in shapes]
    dips = np.array([dip(s.values) for s in shapes])
    return Table.of(
        ("period",),
        period=when,
        n=np.array([len(s.values) for s in shapes]),
        mean=np.array([s.values.mean() for s in shapes]),
        spread=np.array([np.std(s.values, ddof=1) for s in shapes]),
        bandwidth=np.array([s.width for s in shapes]),
        modes=np.array([len(s.peaks) for s in shapes]),
        main_mode=np.array([_main(s) for s in shapes]),
        critical_bandwidth=np.array([t.critical if t else np.nan for t in tests]),
        p_silverman=np.array([t.p if t else np.nan for t in tests]),
        p_calibrated=np.array([t.p_calibrated if t else np.nan for t in tests]),
        dip=dips,
        p_dip=_p_dip(dips, [len(s.values) for s in shapes], draws, seed),
    )


def _p_dip(dips: Array, sizes: list[int], draws: int, seed: int) -> Array:
    """How often a uniform sample of the same size dips as much; one simulation per size."""
    if not draws:
        return np.full(len(dips), np.nan)
    known = {n: uniform_dips(n, draws=draws, seed=seed) for n in sorted(set(sizes))}
    return np.array([(known[n] >= d).mean() for d, n in zip(dips, sizes, strict=True)])


def _main(shape: Shape) -> float:
    return float(shape.peaks[np.argmax(density(shape.values, shape.width, shape.peaks))])


def _modes(when: NDArray[np.int64], shapes: list[Shape], axis: str) -> Table:
    return Table.of(
        ("period", "number"),
        period=np.repeat(when, [len(s.peaks) for s in shapes]),
        number=np.concatenate([np.arange(1, len(s.peaks) + 1) for s in shapes]),
        **{axis: np.concatenate([s.peaks for s in shapes])},
        probability_density=np.concatenate([density(s.values, s.width, s.peaks) for s in shapes]),
    )


def _checks(grid: Array, shapes: list[Shape]) -> tuple[Check, ...]:
    """Each density integrates to one: trapezoid rule on the grid, exact tails beyond it."""
    found = [
        float(np.trapezoid(s.curve, grid)) + outside(s.values, s.width, grid[0], grid[-1])
        for s in shapes
    ]
    return (
        Check(
            Text("每期密度的积分等于一", "each density integrates to one"),
            float(np.max(np.abs(np.array(found) - 1.0))),
            INTEGRAL,
        ),
    )
