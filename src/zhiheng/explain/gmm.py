"""Dynamic panels by GMM: Arellano–Bond differences and the Blundell–Bond system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import gmm_wording as wording
from zhiheng.explain.gmm_input import (
    Dynamic,
    DynamicEffects,
    Instruments,
    Prepared,
    Steps,
    check_dynamic,
    prepare,
    stack_model,
    whole,
)
from zhiheng.explain.variables import Gaps, dropped_rows
from zhiheng.kernels.dynamic_panel import GmmFit, autocorrelation, first_order, identified
from zhiheng.kernels.dynamic_panel import gmm as estimate
from zhiheng.kernels.moment_stack import Stack, Weighting
from zhiheng.kernels.panel_ols import Effects, absorber, covariance, defects, factor, solve

Array = NDArray[np.float64]
# First-order conditions hold to this, relative to the size of the terms that cancel.
ROUNDING = 1e-8
NO_LAGS: Mapping[str, int] = {}


@method(zh="动态面板 GMM：差分与系统、两步校正、序列相关与过度识别检验", example="regions")
def gmm(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str] = (),
    lags: int = 1,
    regressor_lags: Mapping[str, int] = NO_LAGS,
    endogenous: Sequence[str] = (),
    predetermined: Sequence[str] = (),
    instruments: Instruments = "difference",
    gmm_lags: Sequence[int] = (2,),
    collapse: bool = False,
    steps: Steps = "two",
    effects: DynamicEffects = "twoway",
    h_matrix: Weighting = "full",
    gaps: Gaps = "refuse",
    level: float = 0.05,
) -> Result:
    """Estimate a dynamic panel by GMM with lagged values as instruments.

    Use it when the outcome depends on its own past, entities are many and periods few.
    It is no cure for a weak design: instruments multiply with the periods, and with
    about thirty regions they must be kept few (`collapse`, `gmm_lags`), or the tests
    that should warn cannot. The system adds equations in levels and needs more: that an
    entity's distance from its own steady state is unrelated to its effect.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression.
    regressors : list of str
        Series or expressions. Those not named below count as strictly exogenous and
        instrument themselves.
    lags : int
        Lags of the outcome.
    regressor_lags : mapping of str to int
        The longest lag of a regressor, beside its present value.
    endogenous, predetermined : list of str
        Regressors that share shocks with the outcome of the same period (instruments from
        the first of `gmm_lags`), or of earlier periods only (from one lag less).
    instruments : {"difference", "system"}
        Arellano and Bond (1991), or Blundell and Bond (1998).
    gmm_lags : list of int
        ``[first]`` or ``[first, last]`` lag that serves as instrument, from 2 on.
    collapse : bool
        One instrument for each lag instead of one for each period and lag.
    steps : {"one", "two"}
        One step with robust errors, or two with Windmeijer's correction.
    effects : {"individual", "twoway"}
        Entity effects alone, or period dummies as well.
    h_matrix : {"full", "block", "identity"}
        First-step weights. "full" is Stata ``xtabond2`` ``h(3)``, gretl and R ``plm``;
        "block" is ``h(2)``, Ox DPD and gretl ``--dpdstyle``; "identity" is ``h(1)``. In
        differences the first two are the same.
    gaps : {"refuse", "drop"}
        What to do with rows in which a variable is missing.
    level : float
        One minus the coverage of intervals, and the level at which tests raise a caution.

    Raises
    ------
    ZhihengError
        M704 gaps, M716 too few entities or periods, M717 options at odds, M718 more
        instruments than entities, M720 a term without variation or tied to others, M721
        too few instruments. Notes: M719 instruments as many as entities in one step, M722
        correlated errors, M723 overidentification, M724 outside Bond's bounds.

    References
    ----------
    Arellano and Bond (1991) Review of Economic Studies 58(2): 277-297; Blundell and Bond
    (1998) Journal of Econometrics 87(1): 115-143; Windmeijer (2005) Journal of
    Econometrics 126(1): 25-51; Roodman (2009) Stata Journal 9(1): 86-136; Bond (2002)
    Portuguese Economic Journal 1(2): 141-162 (recalled).
    """
    model = Dynamic(
        outcome, _names(regressors), lags, {k: whole(v) for k, v in regressor_lags.items()},
        _names(endogenous), _names(predetermined), instruments, tuple(map(whole, gmm_lags)),
        collapse, steps, effects, h_matrix,
    )  # fmt: skip
    check_dynamic(model)
    _check_level(level)
    ready = prepare(panel, model, gaps=gaps)
    fit = estimate(ready.stacked, steps=2 if steps == "two" else 1)
    tables = {
        "coefficients": _coefficients(fit, ready.stacked, model, level),
        "tests": _tests(fit, ready, model),
        "bounds": _bounds(fit, ready, model, level),
        "instruments": _instruments(ready.stacked),
        "fit": _fit_table(fit, ready),
    }
    if not ready.data.mask.all():
        tables["dropped"] = dropped_rows(panel, ready.data.mask)
    notes = wording.notes(model, ready.stacked, tables, level)
    check = Check(wording.ORDER_CHECK, first_order(fit), ROUNDING)
    return Result(
        tables, wording.figures(), (*ready.data.notes, *notes), (check,), ready.data.series
    )


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _coefficients(fit: GmmFit, stacked: Stack, model: Dynamic, level: float) -> Table:
    terms = [*model.names]
    if model.instruments == "system" and model.effects == "individual":
        terms.append("constant")
    k = len(terms)
    b, se = fit.beta[:k], np.sqrt(np.diag(fit.covariance))[:k]
    half = float(stats.norm.ppf(1 - level / 2)) * se
    return Table.of(
        ("term",),
        term=terms,
        estimate=b,
        std_error=se,
        std_error_plain=np.sqrt(np.diag(fit.plain))[:k],
        z=b / se,
        p_value=2 * stats.norm.sf(np.abs(b / se)),
        p_t=2 * stats.t.sf(np.abs(b / se), stacked.entities - 1),
        ci_low=b - half,
        ci_high=b + half,
    )


def _tests(fit: GmmFit, ready: Prepared, model: Dynamic) -> Table:
    rows = [(f"ar{j}", autocorrelation(fit, ready.stacked, j), float("nan")) for j in (1, 2)]
    rows += [("sargan", fit.sargan, float(fit.df)), ("hansen", fit.hansen, float(fit.df))]
    if model.instruments == "system":
        rows.append(("hansen_levels", *_levels_test(fit, ready, model)))
    names = [name for name, _, _ in rows]
    titles = [option_word("gmm_test", name) for name in names]
    p = [_p(name, value, df) for name, value, df in rows]
    return Table.of(
        ("test",),
        test=names,
        test_title_zh=[t.zh for t in titles],
        test_title_en=[t.en for t in titles],
        test_statistic=np.array([value for _, value, _ in rows]),
        degrees=np.array([df for _, _, df in rows]),
        p_value=np.array(p),
    )


def _p(name: str, value: float, df: float) -> float:
    if name.startswith("ar"):
        return float(2 * stats.norm.sf(abs(value)))
    return float(stats.chi2.sf(value, df)) if df > 0 and value >= 0 else float("nan")


def _levels_test(fit: GmmFit, ready: Prepared, model: Dynamic) -> tuple[float, float]:
    """Hansen of the system less that of its differences alone, and the difference of df."""
    apart = stack_model(ready.data, ready.design, replace(model, instruments="difference"))
    if not identified(apart):
        return float("nan"), float("nan")
    alone = estimate(apart, steps=2)
    return fit.hansen - alone.hansen, float(fit.df - alone.df)


def _bounds(fit: GmmFit, ready: Prepared, model: Dynamic, level: float) -> Table:
    """Lags of the outcome by pooled least squares, by GMM, and within entities."""
    twoway = model.effects == "twoway"
    rows = [
        ("pooled", *_least_squares(ready, model, "period" if twoway else "none")),
        ("within", *_least_squares(ready, model, "twoway" if twoway else "entity")),
    ]
    own = np.sqrt(np.diag(fit.covariance))[: model.lags]
    rows.insert(1, ("gmm", fit.beta[: model.lags], own))
    b = np.concatenate([r[1] for r in rows])
    se = np.concatenate([r[2] for r in rows])
    half = float(stats.norm.ppf(1 - level / 2)) * se
    titles = [option_word("dynamic_model", name) for name, _, _ in rows for _ in range(model.lags)]
    return Table.of(
        ("model", "term"),
        model=[name for name, _, _ in rows for _ in range(model.lags)],
        model_title_zh=[t.zh for t in titles],
        model_title_en=[t.en for t in titles],
        term=[*model.names[: model.lags]] * len(rows),
        estimate=b,
        std_error=se,
        ci_low=b - half,
        ci_high=b + half,
    )


def _least_squares(ready: Prepared, model: Dynamic, effects: Effects) -> tuple[Array, Array]:
    """Lags of the outcome with clustered errors; NaN where the effects absorb a regressor."""
    absorb = absorber(ready.design.rows, effects)
    raw = np.concatenate([ready.design.y[..., None], ready.design.x], axis=-1)
    raw = raw * ready.design.rows[..., None]
    swept = absorb.remove(raw)
    wrong = defects(raw, swept, absorb.mask)
    if wrong.flat or wrong.tied:
        return np.full(model.lags, np.nan), np.full(model.lags, np.nan)
    ols = solve(swept[..., 0], swept[..., 1:], absorb)
    error = np.sqrt(np.diag(covariance(ols)) * factor(ols, "stata"))
    return ols.beta[: model.lags], error[: model.lags]


def _instruments(stacked: Stack) -> Table:
    kinds = list(dict.fromkeys(stacked.kinds))
    titles = [option_word("instrument_kind", kind) for kind in kinds]
    return Table.of(
        ("kind",),
        kind=kinds,
        title_zh=[t.zh for t in titles],
        title_en=[t.en for t in titles],
        instruments=np.array([stacked.kinds.count(kind) for kind in kinds]),
    )


def _fit_table(fit: GmmFit, ready: Prepared) -> Table:
    stacked, rows = ready.stacked, ready.stacked.differences
    return Table.of(
        (),
        n_differences=np.array([int(stacked.used[:, :rows].sum())]),
        n_levels=np.array([int(stacked.used[:, rows:].sum())]),
        entities=np.array([stacked.entities]),
        periods=np.array([int(ready.design.rows.any(axis=0).sum())]),
        parameters=np.array([len(fit.beta)]),
        instruments=np.array([stacked.z.shape[-1]]),
        instruments_rank=np.array([fit.rank]),
        rows_dropped=np.array([int((~ready.data.mask).sum())]),
    )


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ZhihengError(
            "M717",
            Text("level 不在零与一之间。", "level is not between zero and one."),
            evidence=[{"option": "level", "value": level}],
            fix=Text("例如 level=0.05。", "For instance level=0.05."),
        )
