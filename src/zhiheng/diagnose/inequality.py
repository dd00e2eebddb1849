"""Disparity by eight measures, whether it widens, and whether that hangs on the zero point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import inequality_wording as wording
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.sample import Sample, read_sample, trend_of
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels.inequality import MEASURES, measures, turning_shift
from zhiheng.kernels.resample import change_interval, level_interval, multiplicities
from zhiheng.kernels.theil import entropy

Array = NDArray[np.float64]

# Two roads to a sum of a few hundred terms of order one.
ROUNDING = 1e-11
SHIFTED = ("gini", "cv", "theil_t", "gini_absolute")
"""Measures shown under shifts of the variable; the last one no shift can move."""
ROOM = 0.1
"""Part of the range that the second shift adds, as papers do to keep indices off zero."""


@method(zh="差距测度：基尼、泰尔、阿特金森等八种测度、趋势与零点检验", example="regions")
def inequality(
    panel: Panel,
    *,
    variable: str,
    population: str | None = None,
    epsilon: float = 0.5,
    draws: int = 999,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Measure disparity by eight indices with intervals, and say whether it widens.

    Use it before the words "the gap widens" are written: measures can disagree, intervals
    can hold zero, and on a variable without a true zero (a min-max index, a score) the
    sign of the trend can hang on where the zero was put. The table `shifts` shows that.
    For growth rates, logs or z-scores relative measures have no meaning.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression; zero or more. With a population it is read per head.
    population : str
        A series or an expression above zero that weighs the entities; each counts once by
        default.
    epsilon : float
        Aversion to inequality of the Atkinson measure, above zero.
    draws : int
        Resamples of entities with all their periods; 0 for none.
    seed : int
        Seed of the resamples.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropped ones are left out of their period.

    Raises
    ------
    ZhihengError
        M800 gaps, M820 an option out of range, M840 negative values, M841 a period without
        a positive value, M843 a population not above zero, M844 an epsilon not above zero.

    References
    ----------
    Cowell (2011) Measuring Inequality; Atkinson (1970) Journal of Economic Theory 2(3):
    244-263.
    """
    check_numbers(draws=draws, level=level)
    _refuse_epsilon(epsilon)
    data = read_sample(panel, variable, population, gaps=gaps)
    even = np.ones((1, len(data.values)))
    value = measures(data.values, even, data.base, epsilon=float(epsilon))[0]
    drawn = None
    if draws:
        one = np.zeros(len(data.values), dtype=np.intp)
        weights = multiplicities(one, draws=draws, seed=seed)
        drawn = measures(data.values, weights, data.base, epsilon=float(epsilon))
    tables = {"measures": _measures(data, value, drawn, level)}
    notes = wording.rule_notes(data, epsilon=float(epsilon), draws=draws, level=level)
    if data.several:
        tables["trend"] = _trend(data, value, drawn, level)
        tables["shifts"] = _shifts(data)
        notes += wording.trend_notes(tables["trend"])
        notes += wording.shift_notes(tables["shifts"])
    return Result(tables, wording.figures(several=data.several), (*data.notes, *notes),
                  _checks(data, value), data.series)  # fmt: skip


def _refuse_epsilon(epsilon: float) -> None:
    if not (float(epsilon) > 0 and np.isfinite(float(epsilon))):
        raise ZhihengError(
            "M844",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=[{"option": "epsilon", "value": epsilon}],
            fix=Text(
                "epsilon 大于零，常用 0.5、1、2；越大越看重低值一端。",
                "Let epsilon be above zero, often 0.5, 1 or 2; the larger, the more the low end "
                "counts.",
            ),
        )


def _measures(data: Sample, value: Array, drawn: Array | None, level: float) -> Table:
    periods, size = value.shape
    ends = np.full((2, periods, size), np.nan)
    if drawn is not None:
        ends = level_interval(drawn, value, level, len(data.values) - 1)
    return Table.of(
        ("period", "measure"),
        period=np.repeat(data.periods, size),
        **wording.titled("measure", "inequality_measure", MEASURES, periods),
        n=np.repeat(data.mask.sum(axis=0), size),
        value=value.ravel(),
        ci_low=ends[0].ravel(),
        ci_high=ends[1].ravel(),
    )


def _trend(data: Sample, value: Array, drawn: Array | None, level: float) -> Table:
    """Change from the first to the last period, absolute and relative, with intervals."""
    start, end = value[0], value[-1]
    base = np.where(start > 0, start, np.nan)
    ends = np.full((4, len(MEASURES)), np.nan)
    if drawn is not None:
        free = len(data.values) - 1
        ends[:2] = change_interval(drawn[:, -1] - drawn[:, 0], end - start, level, free)
        ratio = drawn[:, -1:] / np.where(drawn[:, :1] > 0, drawn[:, :1], np.nan)
        ends[2:] = level_interval(ratio, (end / base)[None], level, free)[:, 0] - 1.0
    trend = [trend_of(*row) for row in zip(end - start, ends[0], ends[1], strict=True)]
    size = len(MEASURES)
    return Table.of(
        ("measure",),
        **wording.titled("measure", "inequality_measure", MEASURES, 1),
        period_from=np.full(size, data.periods[0]),
        period=np.full(size, data.periods[-1]),
        start=start,
        end=end,
        change=end - start,
        ci_low=ends[0],
        ci_high=ends[1],
        relative_change=end / base - 1.0,
        relative_low=ends[2],
        relative_high=ends[3],
        **wording.titled("trend", "trend", trend, 1),
    )


def _shifts(data: Sample) -> Table:
    """The change of four measures when a constant is added to everybody.

    Three shifts: none, a tenth of the range, and minus the least value, which puts the
    zero at the poorest. Where the sign turns is exact, see `turning_shift`.
    """
    ends, base = data.values[:, [0, -1]], data.base[:, [0, -1]]
    seen = data.values[data.mask]
    room = float(seen.max() - seen.min())
    shifts = {"as_is": 0.0, "plus_tenth": ROOM * room, "minus_least": -float(seen.min())}
    even = np.ones((1, len(ends)))
    which = [MEASURES.index(name) for name in SHIFTED]
    found = np.stack([
        measures(np.where(base > 0, ends + c, 0.0), even, base, epsilon=ROOM)[0][:, which]
        for c in shifts.values()
    ])  # fmt: skip
    change = found[:, 1] - found[:, 0]
    # what is nothing but rounding is no change
    change = np.where(np.abs(change) <= ROUNDING, 0.0, change)
    names = np.repeat(list(shifts), len(SHIFTED))
    return Table.of(
        ("shift", "measure"),
        **wording.titled("shift", "shift", names, 1),
        amount=np.repeat(list(shifts.values()), len(SHIFTED)),
        **wording.titled("measure", "inequality_measure", SHIFTED, len(shifts)),
        start=found[:, 0].ravel(),
        end=found[:, 1].ravel(),
        change=change.ravel(),
        **wording.titled("sign", "sign", [wording.sign_of(c) for c in change.ravel()], 1),
        turning_shift=np.tile(_turns(data), len(shifts)),
    )


def _turns(data: Sample) -> Array:
    """The shift at which the trend of Gini and variation turns; NaN for the other two."""
    even = np.ones((1, len(data.values)))
    value = measures(data.values, even, data.base, epsilon=ROOM)[0][[0, -1]]
    mean = (data.values * data.base).sum(axis=0) / data.base.sum(axis=0)
    gini = value[:, MEASURES.index("gini_absolute")]
    spread = value[:, MEASURES.index("cv")] * mean[[0, -1]]
    out = np.full(len(SHIFTED), np.nan)
    for at, d in enumerate((gini, spread)):
        out[at] = turning_shift((float(d[0]), float(mean[0])), (float(d[1]), float(mean[-1])))
    return out


def _checks(data: Sample, value: Array) -> tuple[Check, ...]:
    """Theil T and L once more from their definition, and the two Gini coefficients."""
    gaps = [0.0]
    for name, order in (("theil_t", 1.0), ("theil_l", 0.0)):
        other = entropy(data.values, data.base, order)
        here = value[:, MEASURES.index(name)]
        known = np.isfinite(other)
        gaps += list(np.abs(here - other)[known])
    mean = (data.values * data.base).sum(axis=0) / data.base.sum(axis=0)
    ginis = value[:, MEASURES.index("gini")] - value[:, MEASURES.index("gini_absolute")] / mean
    return (
        Check(
            Text("泰尔 T、L 与按定义重算的一致", "Theil T and L equal their definition"),
            float(np.max(gaps)),
            ROUNDING,
        ),
        Check(
            Text(
                "绝对基尼除以均值等于基尼系数", "the absolute Gini over the mean is the coefficient"
            ),
            float(np.abs(ginis).max()),
            ROUNDING,
        ),
    )
