"""Tables of an instrumental-variables fit: strength, tests, Anderson-Rubin set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zhiheng.core.result import Table
from zhiheng.explain.covariances import OVER_TIME, Errors, infer
from zhiheng.explain.iv_model import IvModel
from zhiheng.kernels.anderson_rubin import AndersonRubin, confidence_set
from zhiheng.kernels.iv import (
    Covariance,
    FTest,
    IvData,
    IvFit,
    conditional_f,
    effective_f,
    endogeneity,
    f_test,
    hansen,
    moment_covariance,
    partial_r2,
    sargan,
)
from zhiheng.kernels.panel_covariance import all_parameters, classical

TITLES = {
    "wu_hausman": ("Wu–Hausman 外生性（经典）", "Wu–Hausman exogeneity (classical)"),
    "wu_hausman_robust": (
        "Wu–Hausman 外生性（所印标准误）",
        "Wu–Hausman exogeneity (printed errors)",
    ),
    "sargan": ("Sargan 过度识别（同方差）", "Sargan overidentification (equal variances)"),
    "hansen_j": ("Hansen J 过度识别（稳健）", "Hansen J overidentification (robust)"),
    "anderson_rubin": (
        "Anderson–Rubin：内生变量系数全为零",
        "Anderson–Rubin: all endogenous coefficients are zero",
    ),
}


def strength_table(
    data: IvData, fit: IvFit, model: IvModel, spread: Covariance, settings: tuple[int, float, float]
) -> Table:
    """How strongly the instruments move each endogenous variable.

    `settings` are the denominator degrees of freedom the share of the bias, and the
    least conditional F.
    The effective F is for one endogenous variable, the conditional F for several.
    """
    df2, bias, rule = settings
    count, several = data.z.shape[-1], len(fit.first) > 1
    plain = [f_test(f, count, classical(f), f.rows - all_parameters(f)) for f in fit.first]
    robust = [f_test(f, count, spread(f), df2) for f in fit.first]
    nan = np.full(len(fit.first), np.nan)
    effective, critical, conditional = nan, nan, nan
    if several:
        conditional = np.array([conditional_f(data, j) for j in range(len(fit.first))])
        weak = conditional < rule
    else:
        one = effective_f(data, fit.first[0], spread(fit.first[0]), bias)
        effective, critical = np.array([one.statistic]), np.array([one.critical])
        weak = effective < critical
    return Table.of(
        ("endogenous",),
        endogenous=model.endogenous,
        instruments=np.full(len(fit.first), count),
        partial_r2=np.array([partial_r2(data, j) for j in range(len(fit.first))]),
        f_partial=np.array([t.statistic for t in plain]),
        f_robust=np.array([t.statistic for t in robust]),
        f_effective=effective,
        f_critical=critical,
        f_conditional=conditional,
        weak=weak,
    )


def tests_table(data: IvData, fit: IvFit, errors: Errors, periods: tuple[int, ...]) -> Table:
    """Exogeneity, overidentification, and the Anderson-Rubin test of zero."""
    m, count, absorb = data.d.shape[-1], data.z.shape[-1], data.absorber
    added = endogeneity(data, fit)
    found: dict[str, FTest] = {
        "wu_hausman": f_test(added, m, classical(added), added.rows - all_parameters(added))
    }
    if errors.covariance != "classical":
        robust = infer(added, errors, periods)
        found["wu_hausman_robust"] = f_test(added, m, robust.covariance, robust.df)
    if count > m:
        found["sargan"] = sargan(data, fit, added.rows - absorb.nested - absorb.common)
        if errors.covariance != "classical":
            plain = _unscaled(errors)
            moments = moment_covariance(data, fit, lambda f: infer(f, plain, periods).covariance)
            found["hansen_j"] = hansen(data, moments)
    reduced = infer(fit.reduced, errors, periods)
    found["anderson_rubin"] = f_test(fit.reduced, count, reduced.covariance, reduced.df)
    return Table.of(
        ("test",),
        test=list(found),
        test_title_zh=[TITLES[name][0] for name in found],
        test_title_en=[TITLES[name][1] for name in found],
        test_statistic=np.array([t.statistic for t in found.values()]),
        df=np.array([t.df1 for t in found.values()]),
        df_denominator=np.array([t.df2 for t in found.values()]),
        p_value=np.array([t.p_value for t in found.values()]),
    )


def _unscaled(errors: Errors) -> Errors:
    """The same covariance without its small-sample factor, as Hansen's J has it."""
    if errors.covariance in OVER_TIME:
        return replace(errors, factor="plm")
    if errors.covariance == "hc1":
        return replace(errors, covariance="hc0")
    return replace(errors, small_sample="none")


def set_table(test: AndersonRubin, level: float, name: str) -> Table:
    """The pieces of the confidence set; no row when it is empty."""
    pieces = confidence_set(test, level)
    return Table.of(
        ("endogenous", "piece"),
        endogenous=np.array([name] * len(pieces), dtype=object),
        piece=np.arange(1, len(pieces) + 1),
        ci_low=pieces[:, 0],
        ci_high=pieces[:, 1],
    )
