"""Sigma convergence: whether dispersion between entities falls."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.convergence_input import read_positive, refuse_short
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.kernels.convergence import Measure, resamples, slopes, spread, spread_draws, trend

Array = NDArray[np.float64]
FEWEST_PERIODS = 3
# The change is a difference of two numbers of the table.
ROUNDING = 1e-12


@method(zh="σ 收敛：逐期离差、地区自助区间与趋势检验", example="regions")
def sigma_convergence(
    panel: Panel,
    *,
    variable: str,
    measure: Measure = "sd_log",
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Measure dispersion between entities period by period and test its trend.

    Use it for the plain question whether gaps narrow: a falling dispersion is what
    readers mean by convergence, whereas a negative slope on initial levels is
    compatible with gaps that grow. It needs a true zero: adding a constant to a score
    changes both measures.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression in levels, above zero.
    measure : {"sd_log", "cv"}
        Standard deviation of logarithms, or coefficient of variation.
    draws : int
        Resamples of whole entities; 0 for none.
    seed : int
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M800 gaps, M770 fewer than three periods or two entities, M771 values that are
        not positive, M820 an option out of range.

    References
    ----------
    Barro and Sala-i-Martin (1992) Journal of Political Economy 100(2): 223-251; Newey
    and West (1987) Econometrica 55(3): 703-708.
    """
    check_numbers(draws=draws, level=level)
    refuse_short(panel, FEWEST_PERIODS)
    data = read_positive(panel, variable)
    order = np.argsort(np.array(panel.entities), kind="stable")
    y = data.values[order]
    found = spread(y.T, measure)
    pick = resamples(len(y), draws, seed)
    drawn = spread_draws(y, measure, pick) if draws else np.empty((0, len(found)))
    tables = {
        "sigma": _sigma(panel, found, drawn, level),
        "trend": _trend(panel, found, drawn, measure, level),
    }
    change = float(tables["trend"].columns["change"][0])
    check = Check(
        Text("变化等于末期减首期", "the change is last minus first"),
        change - float(found[-1] - found[0]),
        ROUNDING,
    )
    notes = (*data.notes, *_notes(measure, draws, level, len(found)))
    return Result(tables, (_figure(measure),), notes, (check,), data.series)


def _sigma(panel: Panel, found: Array, drawn: Array, level: float) -> Table:
    low, high = _interval(drawn, level, len(found))
    return Table.of(
        ("period",),
        period=np.array(panel.periods, dtype=np.int64),
        n=np.full(len(found), len(panel.entities)),
        dispersion=found,
        ci_low=low,
        ci_high=high,
    )


def _trend(panel: Panel, found: Array, drawn: Array, measure: Measure, level: float) -> Table:
    time = np.array(panel.periods, dtype=np.float64)
    lags = math.floor(len(found) ** (1 / 3))
    line = trend(found, time, lags)
    slope_low, slope_high = _interval(slopes(drawn, time)[:, None], level, 1)
    low, high = _interval(drawn[:, -1:] - drawn[:, :1], level, 1)
    t = line.slope / line.std_error if line.std_error > 0 else math.nan
    verdict = option_word("sigma_verdict", _verdict(low[0], high[0]))
    title = option_word("spread", measure)
    return Table.of(
        ("measure",),
        measure=[measure],
        measure_title_zh=[title.zh],
        measure_title_en=[title.en],
        period_from=[panel.periods[0]],
        period=[panel.periods[-1]],
        start=[float(found[0])],
        end=[float(found[-1])],
        change=[float(found[-1] - found[0])],
        change_low=low,
        change_high=high,
        slope=[line.slope],
        ci_low=slope_low,
        ci_high=slope_high,
        std_error_hac=[line.std_error],
        statistic=[t],
        p_value=[2 * float(stats.norm.sf(abs(t)))],
        lags=[lags],
        verdict_title_zh=[verdict.zh],
        verdict_title_en=[verdict.en],
    )


def _interval(drawn: Array, level: float, size: int) -> tuple[Array, Array]:
    if not len(drawn):
        return np.full(size, np.nan), np.full(size, np.nan)
    low, high = np.quantile(drawn, [level / 2, 1 - level / 2], axis=0)
    return low, high


def _verdict(low: float, high: float) -> str:
    if high < 0:
        return "narrower"
    return "wider" if low > 0 else "undecided"


def _notes(measure: Measure, draws: int, level: float, periods: int) -> list[Note]:
    said = [
        Note(
            Text(
                "离差用{m}，平方和除以地区数。趋势检验：对时间回归，Newey–West 标准误，"
                "Bartlett 核，滞后取期数立方根的整数部分；{p} 期的正态近似只作参考，"
                "结论以首末变化的自助区间为准。",
                "Dispersion is the {m}; squares are divided by the number of entities. Trend: "
                "regression on time, Newey-West standard error, Bartlett kernel, lags the whole "
                "part of the cube root of the periods; with {p} periods its normal reference is "
                "rough, so the verdict rests on the resampled change from first to last.",
            ).format(m=option_word("spread", measure), p=periods)
        )
    ]
    if draws:
        said.append(
            Note(
                Text(
                    "{l} 百分位区间由整个地区有放回重抽 {d} 次得到，离差按 √(n/(n−1)) 校正；"
                    "它回答换一批同类地区会怎样，不含测量误差。",
                    "{l} percentile intervals come from {d} resamples of whole entities, "
                    "dispersion corrected by the root of n/(n-1); they say what other entities "
                    "of this kind would show and hold no measurement error.",
                ).format(l=f"{100 * (1 - level):g}%", d=draws)
            )
        )
    return said


def _figure(measure: Measure) -> Figure:
    return Figure(
        "sigma",
        "line",
        "sigma",
        Text("地区之间的离差", "Dispersion between entities"),
        Text(
            "线下降表示差距缩小（{m}）；带是地区重抽的区间。",
            "A falling line is a narrowing gap ({m}); the band is the interval of resampling.",
        ).format(m=option_word("spread", measure)),
        {"x": "period", "parts": ["dispersion"], "low": "ci_low", "high": "ci_high"},
    )
