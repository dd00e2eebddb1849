"""What a regression on this panel could have found: minimum detectable effects and real sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Model, Transform, check_model, estimate
from zhiheng.explain.variables import Gaps, dropped_rows, read_variables
from zhiheng.kernels.detectable import power_of, rejection, simulate
from zhiheng.kernels.few_clusters import bell_mccaffrey, minimum_detectable
from zhiheng.kernels.panel_ols import Effects, PanelFit, SmallSample, factor

Array = NDArray[np.float64]
MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Effects at which power is printed, in minimum detectable effects."""
APPROXIMATION = 0.02
"""Bloom's multiplier is an approximation to the noncentral t; with five degrees of freedom or more
its power is off by less."""
POWER_CHECK = Text(
    "最小可检效应处的功效（非中心 t）与所求一致",
    "power at the minimum detectable effect, by the noncentral t, is the one asked for",
)


@method(zh="功效分析：现有设计的最小可检效应与检验的实际水平", example="regions")
def power(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    small_sample: SmallSample = "stata",
    gaps: Gaps = "refuse",
    level: float = 0.05,
    target: float = 0.8,
    draws: int = 0,
    seed: int = 1,
) -> Result:
    """Say how large an effect must be for this panel to find it.

    Use it beside "no significant effect": a null finding whose minimum detectable
    effect is large says nothing. Errors and degrees of freedom are those of few
    clusters (CR2, Satterthwaite), which `panel_ols` does not use for its `mde`. It
    is no excuse for a significant estimate, and power at the estimate itself is not
    computed, since that only repeats the p value.

    Parameters
    ----------
    panel : Panel
    outcome : str
    regressors : list of str
    effects, transform, trends, small_sample, gaps
        As in `panel_ols`.
    level, target : float
        Level of the test and power that is asked for.
    draws : int
        Panels to simulate by flipping the signs of entities' residuals, to see the
        real size and power of both tests; 0 for none, otherwise at least 200.
    seed : int

    Raises
    ------
    ZhihengError
        M753 an option out of range, and the refusals of `panel_ols` (M701–M708).

    References
    ----------
    Bloom (1995) Evaluation Review 19(5): 547-556; Pustejovsky and Tipton (2018) JBES
    36: 672; Hoenig and Heisey (2001) The American Statistician 55(1): 19-24.
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    _check(level=level, target=target, draws=draws)
    model = Model(outcome, names, effects, transform, trends, small_sample)
    check_model(model)
    data = read_variables(panel, [outcome, *names], gaps=gaps)
    fitted = estimate(panel, data, model)
    few = bell_mccaffrey(fitted.fit)
    mde = minimum_detectable(few.std_error, few.df, level=level, power=target)
    tables = {
        "detectable": _detectable(fitted.fit, model, mde, (level, target)),
        "curve": _curve(fitted.fit, model, mde, level),
    }
    if draws:
        order = np.argsort(np.array(panel.entities), kind="stable")
        tables["simulated"] = _simulated(fitted.fit, model, mde, level, (draws, seed, order))
    if not fitted.used.all():
        tables["dropped"] = dropped_rows(panel, fitted.used)
    reached = power_of(mde, few.std_error, few.df, level)
    off = np.where(few.df >= 5, np.abs(reached - target), 0.0)
    checks = (Check(POWER_CHECK, float(off.max()), APPROXIMATION),)
    notes = (*data.notes, *_notes(model, few.df, bool(draws), fitted.used))
    return Result(tables, (_figure(),), notes, checks, data.series)


def _detectable(fit: PanelFit, model: Model, mde: Array, asked: tuple[float, float]) -> Table:
    few, se, df = bell_mccaffrey(fit), clustered(fit, model.small_sample), fit.clusters - 1
    rows = max(fit.rows - 1, 1)
    spread = np.sqrt((fit.x**2).sum(axis=(0, 1)) / rows)
    outcome = np.sqrt((fit.y**2).sum() / rows)
    return Table.of(
        ("term",),
        term=model.regressors,
        entities=np.full(len(mde), fit.clusters),
        estimate=fit.beta,
        std_error=se,
        mde=minimum_detectable(se, df, level=asked[0], power=asked[1]),
        std_error_cr2=few.std_error,
        df_few=few.df,
        mde_few=mde,
        mde_standardised=mde * spread / outcome,
        below_mde=["yes" if abs(b) < m else "no" for b, m in zip(fit.beta, mde, strict=True)],
    )


def _curve(fit: PanelFit, model: Model, mde: Array, level: float) -> Table:
    few = bell_mccaffrey(fit)
    times = np.array(MULTIPLES)
    effect = mde[:, None] * times
    reached = power_of(effect, few.std_error[:, None], few.df[:, None], level)
    return Table.of(
        ("term", "multiple"),
        term=[t for t in model.regressors for _ in times],
        multiple=np.tile(times, len(mde)),
        effect_size=effect.ravel(),
        power=reached.ravel(),
    )


def _simulated(
    fit: PanelFit,
    model: Model,
    mde: Array,
    level: float,
    drawing: tuple[int, int, NDArray[np.intp]],
) -> Table:
    """How often each test rejects when there is nothing, and at the minimum detectable effect."""
    few = bell_mccaffrey(fit)
    found = simulate(fit, draws=drawing[0], seed=drawing[1], order=drawing[2])
    plain = np.full(len(mde), stats.t.ppf(1 - level / 2, fit.clusters - 1))
    plain = plain * np.sqrt(factor(fit, model.small_sample))
    reduced = stats.t.ppf(1 - level / 2, few.df)
    nothing = np.zeros_like(mde)
    size = [rejection(found, nothing, c, reduced=r) for c, r in ((plain, False), (reduced, True))]
    gain = [rejection(found, mde, c, reduced=r) for c, r in ((plain, False), (reduced, True))]
    k = len(mde)
    return Table.of(
        ("term", "test"),
        term=[*model.regressors, *model.regressors],
        test=["cr1"] * k + ["cr2"] * k,
        test_title_zh=["聚类 t 检验（CR1）"] * k + ["少聚类 t 检验（CR2）"] * k,
        test_title_en=["clustered t (CR1)"] * k + ["few-cluster t (CR2)"] * k,
        size=np.concatenate(size),
        power=np.concatenate(gain),
        draws=np.full(2 * k, drawing[0]),
    )


def _check(*, level: float, target: float, draws: int) -> None:
    bad = {k: v for k, v in (("level", level), ("target", target)) if not 0 < v < 1}
    if draws and draws < 200:
        bad["draws"] = draws
    if not bad and target <= level:
        bad["target"] = target
    if bad:
        rows: list[Row] = [{"option": k, "value": v} for k, v in bad.items()]
        raise ZhihengError(
            "M753",
            Text("功效分析的选项不在范围内。", "An option of the power analysis is out of range."),
            evidence=rows,
            fix=Text(
                "level 与 target 在零与一之间，target 大于 level；draws 为零或至少二百。",
                "level and target lie between zero and one, target above level; draws is zero or "
                "at least 200.",
            ),
        )


def _notes(model: Model, df: Array, simulated: bool, used: NDArray[np.bool_]) -> list[Note]:
    found = [_MEANING, wording.standard_errors(model.small_sample), *wording.model_notes(model)]
    if simulated:
        found.append(_FLIPS)
    if (df < 5).any():
        found.append(
            Note(
                Text(
                    "有变量的少聚类自由度不足五：变异集中在几个地区，最小可检效应只是粗略数。",
                    "A regressor has fewer than five degrees of freedom: its variation lies in a "
                    "few entities, and its minimum detectable effect is a rough figure.",
                ),
                level="caution",
            )
        )
    if not used.all():
        found.append(wording.rows_dropped())
    return found


_MEANING = Note(
    Text(
        "mde_few 是按 CR2 标准误与 Satterthwaite 自由度、在给定水平与功效下能够发现的最小真实效应"
        "（Bloom 乘数）；mde 是 panel_ols 所印、按 CR1 的数。"
        "mde_standardised 以去掉固定效应后的标准差为单位。"
        "估计值小于 mde_few 时，“不显著”不等于“没有效应”。",
        "mde_few is the smallest true effect that the test would find at the given level and power "
        "with CR2 errors and Satterthwaite degrees of freedom (Bloom's multiplier); mde is the one "
        "that panel_ols prints, by CR1. mde_standardised is in standard deviations after effects. "
        'Where the estimate is below mde_few, "not significant" is not "no effect".',
    )
)
_FLIPS = Note(
    Text(
        "simulated 表：保持解释变量与固定效应，按地区翻转残差符号，看两种检验在没有效应时误报多少、"
        "在 mde_few 处找到多少；误报高于水平的检验，其功效不可比。",
        "Table simulated: regressors and effects stay, residuals change sign by entity; how often "
        "do both tests reject when there is nothing, and at mde_few. A test whose size exceeds its "
        "level has no comparable power.",
    )
)


def _figure() -> Figure:
    return Figure(
        name="detectable",
        kind="bar",
        table="detectable",
        title=Text("能够发现的最小效应（标准差）", "Smallest effect that could be found (in SD)"),
        reading=Text(
            "柱长是按去掉固定效应后的标准差计的最小可检效应；柱越长，“不显著”说明得越少。",
            "A bar is the minimum detectable effect in standard deviations after effects; the "
            "longer it is, the less a null finding says.",
        ),
        encodings={"label": "term", "value": "mde_standardised", "sort": "-value"},
    )
