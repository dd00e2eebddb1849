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
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import covariance_wording, wording
from zhiheng.explain.covariances import Errors, Inference, check_errors, error_notes, infer
from zhiheng.explain.random_panel import MeansFit, check_means, estimate_means
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
from zhiheng.kernels.panel_covariance import Grouping, KernelFactor, Kind
from zhiheng.kernels.panel_ols import PanelFit, SmallSample
from zhiheng.kernels.panel_ols import covariance as cluster_covariance
from zhiheng.kernels.panel_ols import factor as cluster_factor

AnyEffects = Literal["twoway", "entity", "period", "none", "between", "random"]

ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""


@method(zh="面板回归：固定、随机与组间效应，各种标准误，少聚类校正与逐一剔除", example="regions")
def panel_ols(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    effects: AnyEffects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    covariance: Kind = "cluster",
    cluster: Grouping = "entity",
    small_sample: SmallSample = "stata",
    lag: int | None = None,
    factor: KernelFactor | None = None,
    gaps: Gaps = "refuse",
    wild_weights: Weights = "rademacher",
    draws: int = 9999,
    seed: int = 1,
    level: float = 0.05,
    power: float = 0.8,
    influence: bool = True,
) -> Result:
    """Regress one series on others with fixed, random or between effects.

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
    effects : {"twoway", "entity", "period", "none", "between", "random"}
        Effects of the model in levels. ``"none"`` still has a constant.
        ``"random"`` is Swamy and Arora's estimator, with Hausman tests against
        fixed effects; ``"between"`` regresses the entities' means.
    transform : {"levels", "first_difference"}
        Differences remove entity effects; period effects stay.
    trends : bool
        A linear trend for each entity; needs entity effects.
    covariance : {"cluster", "classical", "hc0", "hc1", "driscoll_kraay", "newey_west"}
        Driscoll-Kraay allows dependence between entities, but needs many periods:
        below thirty it carries a caution. Newey-West is within entities.
    cluster : {"entity", "period", "two_way"}
        Errors may be dependent in any way within an entity; within a period; both.
    small_sample : {"stata", "areg", "sss", "cr1", "none"}
        Factor on the clustered covariance, see `zhiheng.kernels.panel_ols.factor`.
    lag : int, optional
        Last lag of Driscoll-Kraay and Newey-West; ``floor(4 (T/100)^(2/9))`` by default.
    factor : {"plm", "linearmodels", "fixest"}, optional
        Whose small-sample factor these two take; "fixest" by default.
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
        not go together, M707 an outcome without variation, M708 an identity, M709
        a covariance that does not fit the model or the sample.

    References
    ----------
    Arellano (1987); Bell and McCaffrey (2002); Pustejovsky and Tipton (2018);
    Cameron, Gelbach and Miller (2008, 2011); Roodman et al. (2019); Driscoll and
    Kraay (1998); Swamy and Arora (1972); Hausman (1978); Mundlak (1978).
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    means = effects if effects in ("between", "random") else None
    absorbed = "none" if effects in ("between", "random") else effects
    model = Model(outcome, names, absorbed, transform, trends, small_sample)
    errors = Errors(covariance, cluster, small_sample, lag, factor)
    check_model(model)
    check_errors(errors)
    _check_numbers(draws=draws, level=level, power=power)
    if means:
        check_means(model, errors, means)
    data = read_variables(panel, [outcome, *names], gaps=gaps)
    extra = estimate_means(panel, data, model, means) if means else None
    fitted = extra.fitted if extra else estimate(panel, data, model)
    fit = fitted.fit
    found = infer(fit, errors, _periods(panel, fit))
    wild = _wild(panel, fit, draws, wild_weights, seed) if draws else None
    tables = {
        "coefficients": _coefficients(
            fit, extra.terms if extra else names, found, wild, levels=(level, power)
        ),
        "fit": _fit_table(fitted, found, extra),
        **(extra.tables if extra else {}),
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
    notes = error_notes(errors, found, int(fitted.used.any(axis=0).sum()))
    notes += [wording.few_clusters()]
    if wild:
        notes.append(wording.wild(wild, wild_weights))
    if covariance != "cluster" or cluster != "entity":
        notes.append(covariance_wording.beside())
    notes += extra.notes if extra else wording.model_notes(model)
    if not fitted.used.all():
        notes.append(wording.rows_dropped())
    return Result(tables, tuple(figures), (*data.notes, *notes), tuple(checks), data.series)


def _periods(panel: Panel, fit: PanelFit) -> tuple[int, ...]:
    """The ordinals of the fit's periods: differences belong to the later period."""
    return panel.periods[len(panel.periods) - fit.absorber.mask.shape[1] :]


def _wild(panel: Panel, fit: PanelFit, draws: int, weights: Weights, seed: int) -> WildBootstrap:
    order = np.argsort(np.array(panel.entities), kind="stable")
    return wild_bootstrap(fit, draws=draws, weights=weights, seed=seed, order=order)


def clustered(fit: PanelFit, small_sample: SmallSample) -> NDArray[np.float64]:
    """Clustered standard errors with their small-sample factor."""
    return np.sqrt(np.diag(cluster_covariance(fit)) * cluster_factor(fit, small_sample))


def _coefficients(
    fit: PanelFit,
    terms: Sequence[str],
    found: Inference,
    wild: WildBootstrap | None,
    *,
    levels: tuple[float, float],
) -> Table:
    level, power = levels
    se, df = found.std_error, found.df
    few = bell_mccaffrey(fit)
    half = stats.t.ppf(1 - level / 2, df) * se
    return Table.of(
        ("term",),
        term=terms,
        estimate=fit.beta,
        std_error=se,
        statistic=fit.beta / se,
        p_value=found.p_value(fit.beta),
        ci_low=fit.beta - half,
        ci_high=fit.beta + half,
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df),
        p_wild=wild.p_value if wild else np.full(len(se), np.nan),
        mde=minimum_detectable(se, df, level=level, power=power),
    )


def _fit_table(fitted: Fitted, found: Inference, extra: MeansFit | None) -> Table:
    fit, used = fitted.fit, fitted.fit.absorber.mask.any(axis=0)
    return Table.of(
        (),
        n=np.array([fit.rows]),
        entities=np.array([fit.clusters]),
        periods=np.array([int(used.sum())]),
        df=np.array([found.df]),
        parameters=np.array([found.parameters]),
        small_sample_factor=np.array([found.factor]),
        r2_within=np.array([extra.r2_within if extra else fit.r2_within]),
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
