"""Instrumental variables: two-stage least squares with everything needed to doubt it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.explain import iv_wording as wording
from zhiheng.explain.covariances import Errors, Inference, check_errors, error_notes, infer
from zhiheng.explain.iv_model import IvModel, check_iv, check_shared, prepare
from zhiheng.explain.iv_tests import set_table, strength_table, tests_table
from zhiheng.explain.variables import Gaps, dropped_rows, read_variables
from zhiheng.explain.wording import coefficients_figure
from zhiheng.kernels.anderson_rubin import anderson_rubin
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.iv import IvData, IvFit, two_stage
from zhiheng.kernels.panel_covariance import KernelFactor, Kind
from zhiheng.kernels.panel_ols import Effects, PanelFit, SmallSample

ROUNDING = 1e-8
"""Orthogonality of instruments and residuals, relative to their lengths: two stages of rounding."""


@method(zh="工具变量：两阶段最小二乘、强度与过度识别检验、Anderson–Rubin 置信集", example="regions")
def iv(
    panel: Panel,
    *,
    outcome: str,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    regressors: Sequence[str] = (),
    effects: Effects = "twoway",
    covariance: Kind = "cluster",
    cluster: Literal["entity", "period"] = "entity",
    small_sample: SmallSample = "stata",
    lag: int | None = None,
    factor: KernelFactor | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.05,
    bias: float = 0.1,
    least_f: float = 10.0,
) -> Result:
    """Estimate by two-stage least squares and say how far the instruments carry.

    Use it when a regressor answers to the outcome and something moves it that
    has no other way to the outcome. No test shows that exclusion: Sargan and
    Hansen only ask whether several instruments agree. With weak instruments read
    the Anderson-Rubin set, not the t statistic.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression.
    endogenous, instruments : list of str
        At least as many instruments as endogenous variables.
    regressors : list of str
        Exogenous variables of the equation.
    effects : {"twoway", "entity", "period", "none"}
        Absorbed before both stages; ``"none"`` prints its constant.
    covariance, cluster, small_sample, lag, factor
        As in `panel_ols`; clusters are entities or periods.
    gaps : {"refuse", "drop"}
    level : float
        Level of intervals and of the Anderson-Rubin set.
    bias : float
        Share of the worst-case bias that a strong instrument must exclude at 5 %
        (Montiel Olea and Pflueger 2013 use 0.1).
    least_f : float
        Conditional F below which several endogenous variables count as weakly
        instrumented: the rule of thumb of Staiger and Stock (1997).

    Raises
    ------
    ZhihengError
        M701 fewer than ten clusters, M702 a variable without variation, M703 collinear
        regressors, M704 gaps, M705 too few rows, M706 options out of range, M707 an outcome
        without variation, M709 a covariance that does not fit, M710 fewer instruments than
        endogenous variables, M711 instruments that carry nothing, M712 an instrument that is
        an ingredient of the outcome.

    References
    ----------
    Anderson and Rubin (1949); Montiel Olea and Pflueger (2013); Sanderson and
    Windmeijer (2016); Hansen (1982); Wu (1973).
    """
    model = IvModel(
        outcome, _names(endogenous), _names(instruments), _names(regressors), effects, small_sample
    )
    errors = Errors(covariance, cluster, small_sample, lag, factor)
    check_iv(model, level=level, bias=bias)
    check_errors(errors)
    check_shared(panel, model)
    data = read_variables(panel, model.variables, gaps=gaps)
    columns = prepare(data, model)
    fit = two_stage(columns)

    def spread(one: PanelFit) -> NDArray[np.float64]:
        return infer(one, errors, panel.periods).covariance

    found = infer(fit.second, errors, panel.periods)
    inferred = [infer(one, errors, panel.periods) for one in (fit.reduced, *fit.first)]
    strength = strength_table(columns, fit, model, spread, (inferred[1].df, bias, least_f))
    terms = (*model.endogenous, *model.exogenous)
    given = (*model.instruments, *model.exogenous)
    tables = {
        "coefficients": _coefficients(fit, terms, found, level),
        "fit": _fit_table(fit.second, found, int((~data.mask).sum())),
        "first_stage": _stage(fit.first, inferred[1:], given, model.endogenous, level),
        "strength": strength,
        "tests": tests_table(columns, fit, errors, panel.periods),
        "reduced_form": _stage((fit.reduced,), inferred[:1], given, (), level),
    }
    notes = [*error_notes(errors, found, int(data.mask.any(axis=0).sum())), *wording.reading(bias)]
    if len(model.endogenous) == 1:
        test = anderson_rubin(columns, spread, inferred[0].df)
        tables["ar_set"] = set_table(test, level, model.endogenous[0])
        notes += wording.ar_notes(tables["ar_set"], level)
    else:
        notes.append(wording.no_set())
    if bool(strength.columns["weak"].any()):
        notes.append(wording.weak_instruments())
    if not data.mask.all():
        tables["dropped"] = dropped_rows(panel, data.mask)
        notes.append(wording.rows_dropped())
    checks = (_orthogonal(columns, fit),)
    return Result(tables, (coefficients_figure(),), (*data.notes, *notes), checks, data.series)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _coefficients(fit: IvFit, terms: Sequence[str], found: Inference, level: float) -> Table:
    beta, se = fit.second.beta, found.std_error
    half = stats.t.ppf(1 - level / 2, found.df) * se
    few = bell_mccaffrey(fit.second)
    return Table.of(
        ("term",),
        term=terms,
        estimate=beta,
        std_error=se,
        statistic=beta / se,
        p_value=found.p_value(beta),
        ci_low=beta - half,
        ci_high=beta + half,
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=2 * stats.t.sf(np.abs(beta / few.std_error), few.df),
        estimate_ols=fit.least_squares.beta,
    )


def _fit_table(fit: PanelFit, found: Inference, dropped: int) -> Table:
    mask = fit.absorber.mask
    return Table.of(
        (),
        n=np.array([fit.rows]),
        entities=np.array([fit.clusters]),
        periods=np.array([int(mask.any(axis=0).sum())]),
        df=np.array([found.df]),
        parameters=np.array([found.parameters]),
        small_sample_factor=np.array([found.factor]),
        rows_dropped=np.array([dropped]),
    )


def _stage(
    fits: Sequence[PanelFit],
    all_found: Sequence[Inference],
    terms: Sequence[str],
    left: Sequence[str],
    level: float,
) -> Table:
    """Regressions on all instruments: the first stages of `left`, or the reduced form."""
    beta = np.concatenate([fit.beta for fit in fits])
    se = np.concatenate([found.std_error for found in all_found])
    wide = stats.t.ppf(1 - level / 2, all_found[0].df)
    columns = {
        "term": list(terms) * len(fits),
        "estimate": beta,
        "std_error": se,
        "statistic": beta / se,
        "p_value": 2 * stats.t.sf(np.abs(beta / se), all_found[0].df),
        "ci_low": beta - wide * se,
        "ci_high": beta + wide * se,
    }
    few = [bell_mccaffrey(fit) for fit in fits]
    few_se, few_df = (np.concatenate([getattr(f, n) for f in few]) for n in ("std_error", "df"))
    columns["p_few"] = 2 * stats.t.sf(np.abs(beta / few_se), few_df)
    if not left:
        return Table.of(("term",), **columns)
    named = [d for d in left for _ in terms]
    return Table.of(("endogenous", "term"), endogenous=named, **columns)


def _orthogonal(data: IvData, fit: IvFit) -> Check:
    """Fitted regressors and residuals are orthogonal: the equations that define the estimate."""
    u, x = fit.second.residuals, fit.second.x
    size = np.sqrt((u**2).sum()) * np.sqrt((x**2).sum(axis=(0, 1)))
    return Check(
        wording.ORTHOGONAL, float(np.abs(np.einsum("epk,ep->k", x, u) / size).max()), ROUNDING
    )
