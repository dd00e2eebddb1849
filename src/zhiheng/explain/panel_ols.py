"""Panel regression with absorbed effects and inference that holds for few clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.regression import Fitted, Model, Transform, check_model, estimate
from zhiheng.explain.variables import Gaps, dropped_rows, read_variables
from zhiheng.kernels.few_clusters import (
    Weights,
    WildBootstrap,
    bell_mccaffrey,
    minimum_detectable,
    wild_bootstrap,
)
from zhiheng.kernels.influence import leave_one_out
from zhiheng.kernels.panel_ols import Effects, PanelFit, SmallSample, covariance, factor, parameters

ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""


@method(zh="面板回归：固定效应、地区聚类标准误、少聚类校正与逐一剔除", example="regions")
def panel_ols(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    cluster: Literal["entity"] = "entity",
    small_sample: SmallSample = "stata",
    gaps: Gaps = "refuse",
    wild_weights: Weights = "rademacher",
    draws: int = 9999,
    seed: int = 1,
    level: float = 0.05,
    power: float = 0.8,
    influence: bool = True,
) -> Result:
    """Regress one series on others with fixed effects and clustered errors.

    Use it for associations in a panel of regions and years. It is no design for
    a causal claim by itself: absorbed effects remove what is constant in a
    region or common to a year, and nothing else. Trending series in levels need
    `trends` or first differences beside them.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression.
    regressors : list of str
        Series or expressions; influence is shown for the first one.
    effects : {"twoway", "entity", "period", "none"}
        Effects of the model in levels. ``"none"`` still has a constant.
    transform : {"levels", "first_difference"}
        Differences remove entity effects; period effects stay.
    trends : bool
        A linear trend for each entity; needs entity effects.
    cluster : {"entity"}
        Errors may be dependent in any way within an entity, not between entities.
    small_sample : {"stata", "areg", "sss", "cr1", "none"}
        Factor on the clustered covariance, see `zhiheng.kernels.panel_ols.factor`.
    gaps : {"refuse", "drop"}
        What to do with rows in which a variable is missing.
    wild_weights : {"rademacher", "webb"}
        Weights of the wild bootstrap; Webb's for fewer than about twelve entities.
    draws : int
        Draws of the wild bootstrap; 0 leaves it out.
    seed : int
    level, power : float
        Level of tests and intervals; power of the minimum detectable effect.
    influence : bool
        Whether to re-estimate without each entity.

    Raises
    ------
    ZhihengError
        M701 fewer than ten clusters, M702 a regressor without variation, M703
        collinear regressors, M704 gaps, M705 too few rows, M706 options that do
        not go together, M707 an outcome without variation, M708 an identity.

    References
    ----------
    Arellano (1987); Bell and McCaffrey (2002); Pustejovsky and Tipton (2018);
    Cameron, Gelbach and Miller (2008); Roodman et al. (2019).
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    model = Model(outcome, names, effects, transform, trends, small_sample)
    check_model(model)
    _check_numbers(draws=draws, level=level, power=power)
    data = read_variables(panel, [outcome, *names], gaps=gaps)
    fitted = estimate(panel, data, model)
    fit = fitted.fit
    wild = None
    if draws:
        order = np.argsort(np.array(panel.entities), kind="stable")
        wild = wild_bootstrap(fit, draws=draws, weights=wild_weights, seed=seed, order=order)
    tables = {
        "coefficients": _coefficients(fit, model, wild, levels=(level, power)),
        "fit": _fit_table(fitted, model),
    }
    checks = [_normal_equations(fit)]
    figures = [wording.coefficients_figure()]
    if influence:
        tables["influence"] = _influence(panel, fit, small_sample)
        total = float(tables["influence"].columns["share"].sum())
        checks.append(Check(wording.SHARES_CHECK, total - 1.0, ROUNDING))
        figures.append(wording.influence_figure(panel.title(names[0])))
    if not fitted.used.all():
        tables["dropped"] = dropped_rows(panel, fitted.used)
    notes = (*data.notes, *_notes(model, fitted, wild, wild_weights))
    return Result(tables, tuple(figures), notes, tuple(checks), data.series)


def clustered(fit: PanelFit, small_sample: SmallSample) -> NDArray[np.float64]:
    """Clustered standard errors with their small-sample factor."""
    return np.sqrt(np.diag(covariance(fit)) * factor(fit, small_sample))


def _coefficients(
    fit: PanelFit, model: Model, wild: WildBootstrap | None, *, levels: tuple[float, float]
) -> Table:
    level, power = levels
    se, df = clustered(fit, model.small_sample), fit.clusters - 1
    few = bell_mccaffrey(fit)
    half = stats.t.ppf(1 - level / 2, df) * se
    return Table.of(
        ("term",),
        term=model.regressors,
        estimate=fit.beta,
        std_error=se,
        statistic=fit.beta / se,
        p_value=2 * stats.t.sf(np.abs(fit.beta / se), df),
        ci_low=fit.beta - half,
        ci_high=fit.beta + half,
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df),
        p_wild=wild.p_value if wild else np.full(len(se), np.nan),
        mde=minimum_detectable(se, df, level=level, power=power),
    )


def _fit_table(fitted: Fitted, model: Model) -> Table:
    fit, mask = fitted.fit, fitted.fit.absorber.mask
    return Table.of(
        (),
        n=np.array([fit.rows]),
        entities=np.array([fit.clusters]),
        periods=np.array([int(mask.any(axis=0).sum())]),
        df=np.array([fit.clusters - 1]),
        parameters=np.array([parameters(fit, model.small_sample)]),
        small_sample_factor=np.array([factor(fit, model.small_sample)]),
        r2_within=np.array([fit.r2_within]),
        rows_dropped=np.array([int((~fitted.used).sum())]),
    )


def _influence(panel: Panel, fit: PanelFit, small_sample: SmallSample) -> Table:
    found = leave_one_out(fit, 0, small_sample=small_sample)
    inside = np.flatnonzero(fit.absorber.mask.any(axis=1))
    names = [panel.name(panel.entities[i]) for i in inside]
    return Table.of(
        ("entity",),
        entity=[panel.entities[i] for i in inside],
        name_zh=[name.zh for name in names],
        name_en=[name.en for name in names],
        share=found.share[inside],
        estimate=found.estimate[inside],
        std_error=found.std_error[inside],
        p_value=found.p_value[inside],
    )


def _normal_equations(fit: PanelFit) -> Check:
    residuals = np.sqrt((fit.residuals**2).sum())
    lengths = np.sqrt((fit.x**2).sum(axis=(0, 1)))
    cosines = np.einsum("epk,ep->k", fit.x, fit.residuals) / (lengths * residuals)
    return Check(wording.NORMAL_CHECK, float(np.abs(cosines).max()), ROUNDING)


def _notes(
    model: Model, fitted: Fitted, wild: WildBootstrap | None, weights: Weights
) -> list[Note]:
    notes = [wording.standard_errors(model.small_sample), wording.few_clusters()]
    if wild:
        notes.append(wording.wild(wild, weights))
    notes += wording.model_notes(model)
    if not fitted.used.all():
        notes.append(wording.rows_dropped())
    return notes


def _check_numbers(*, draws: int, level: float, power: float) -> None:
    bad = {k: v for k, v in (("level", level), ("power", power)) if not 0 < v < 1}
    if draws < 0:
        bad["draws"] = draws
    if bad:
        raise ZhihengError(
            "M706",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=[{"option": k, "value": v} for k, v in bad.items()],
            fix=Text(
                "level 与 power 在零与一之间，draws 不为负。",
                "level and power lie between zero and one; draws is not negative.",
            ),
        )
