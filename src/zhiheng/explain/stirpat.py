"""STIRPAT: impact as powers of population, affluence and technology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import stirpat_tables as made
from zhiheng.explain import stirpat_wording as wording
from zhiheng.explain.current_money import nominal_notes
from zhiheng.explain.panel_ols import ROUNDING
from zhiheng.explain.regression import Model
from zhiheng.explain.stirpat_fit import (
    Equation,
    Ridge,
    differenced,
    fit_equation,
    fit_ridge,
    judge,
    without_others,
)
from zhiheng.explain.stirpat_input import Estimator, Terms, read_terms, shared_terms
from zhiheng.explain.variables import Gaps, Variables, dropped_rows
from zhiheng.explain.wording import NORMAL_CHECK, rows_dropped
from zhiheng.kernels.panel_ols import Effects

Array = NDArray[np.float64]

GRID = np.concatenate([[0.0], np.logspace(-6, 1, 141)])
"""Values of k that are tried, on the scale of the correlation matrix."""


@method(zh="STIRPAT：人口、富裕与技术的弹性，固定效应或岭回归，拐点及区间", example="regions")
def stirpat(
    panel: Panel,
    *,
    impact: str,
    population: str,
    affluence: str,
    technology: Sequence[str] = (),
    controls: Sequence[str] = (),
    estimator: Estimator = "fe",
    quadratic: bool = False,
    effects: Effects = "entity",
    ridge_k: float | None = None,
    boundaries: Mapping[str, str] | None = None,
    draws: int = 399,
    seed: int = 1,
    gaps: Gaps = "refuse",
    level: float = 0.05,
) -> Result:
    """Estimate elasticities of an impact to population, affluence and technology.

    Use it for associations in a panel: ``ln I = a ln P + b ln A + c ln T``. It is no causal
    design, and with a technology that holds the impact it is arithmetic: then it is refused,
    or the slope that arithmetic alone would give is printed. Levels of trending series
    always come with first differences beside them. Ridge trades bias for variance where
    regressors go together; it does not tell them apart.

    Parameters
    ----------
    panel : Panel
    impact, population, affluence : str
        Series or expressions above zero; logarithms are taken here.
    technology : list of str
        More drivers above zero, in logarithms too.
    controls : list of str
        Taken as they are, such as shares.
    estimator : {"fe", "ridge", "pooled"}
        Within, ridge after the effects are taken out, or one constant.
    quadratic : bool
        Adds the square of the logarithm of affluence, and where the curve turns.
    effects : {"twoway", "entity", "period", "none"}
        Of "fe" and "ridge"; "pooled" has none. Entity effects are what the literature calls
        fixed effects; common trends then count as elasticities, so try "twoway" as well.
    ridge_k : float, optional
        On the scale of the correlation matrix, where other programs' lambda is n k;
        by generalised cross-validation when not given.
    boundaries : mapping, optional
        Boundary of series of your own, such as ``{"co2": "territorial"}``.
    draws, seed : int
        Resamples of whole entities for ridge; k is chosen anew in each.
    gaps : {"refuse", "drop"}
    level : float

    Raises
    ------
    ZhihengError
        C432 two boundaries, M702, M703, M707 columns that cannot be estimated, M704 gaps,
        M941 a variable twice or an option out of range, M943 an identity, M945 no
        logarithm, M946 too few rows.

    References
    ----------
    Dietz and Rosa (1997) PNAS 94(1): 175-179; York, Rosa and Dietz (2003) Ecological
    Economics 46(3): 351-365; Hoerl and Kennard (1970) Technometrics 12(1): 55-67; Golub,
    Heath and Wahba (1979) Technometrics 21(2): 215-223 (all recalled).
    """
    names = [(x,) if isinstance(x, str) else tuple(x) for x in (technology, controls)]
    terms = Terms(impact, population, affluence, names[0], names[1], quadratic)
    _check(level, draws, ridge_k, estimator)
    absorbed: Effects = "none" if estimator == "pooled" else effects
    model = Model(f"log({impact})", terms.names, absorbed)
    data = read_terms(panel, terms, gaps=gaps, boundaries=boundaries)
    equation = fit_equation(panel, data, terms, model)
    found = judge(equation, level)
    shrunk = None
    if estimator == "ridge":
        shrunk = fit_ridge(panel, equation, GRID, k=ridge_k, draws=draws, seed=seed)
        tables = {
            "coefficients": made.ridge_coefficients(terms, equation, shrunk, level),
            "ridge_choice": made.ridge_choice(shrunk, level, given=ridge_k is not None),
            "ridge_trace": made.ridge_trace(terms, equation, shrunk, GRID),
            "unshrunk": made.coefficients(terms, equation, found),
        }
    else:
        tables = {"coefficients": made.coefficients(terms, equation, found)}
    tables["inflation"] = made.inflation_table(terms, equation, shrunk)
    apart = _differences(panel, data, terms, model, level)
    if isinstance(apart, Table):
        tables["differences"] = apart
    if quadratic:
        tables["turning_point"] = made.turning_table(equation, shrunk, level)
        if shrunk is None and equation.judged:
            tables["curve"] = made.curve(equation, level)
    places = {t: i for i, t in enumerate(terms.names)}
    shared = shared_terms(
        panel, terms, lambda columns, term: without_others(equation, columns, places[term])
    )
    tables["arithmetic"] = made.arithmetic(shared, tables["coefficients"])
    tables["fit"] = made.fit_table(equation, estimator)
    notes = [
        *data.notes,
        *nominal_notes(panel, [terms.impact, *terms.logged, *terms.controls]),
        *wording.notes(equation, shrunk, shared, estimator=estimator, draws=draws, level=level),
        *wording.turning_notes(tables.get("turning_point"), equation, shrunk),
    ]
    if not isinstance(apart, Table):
        notes.append(wording.no_differences(apart))
    if not equation.used.all():
        tables["dropped"] = dropped_rows(panel, equation.used)
        notes.append(rows_dropped())
    figures = wording.figures(tables, affluence)
    return Result(tables, figures, tuple(notes), _checks(equation, shrunk), data.series)


def _differences(
    panel: Panel, data: Variables, terms: Terms, model: Model, level: float
) -> Table | ZhihengError:
    """The same equation in first differences, or why there is none."""
    try:
        apart = fit_equation(panel, data, terms, differenced(model))
    except ZhihengError as refusal:
        if refusal.code not in ("M702", "M703", "M707", "M946"):
            raise
        return refusal
    return made.coefficients(terms, apart, judge(apart, level))


def _checks(equation: Equation, shrunk: Ridge | None) -> tuple[Check, ...]:
    fit = equation.fit
    checks: list[Check] = []
    if not equation.exact:
        lengths = np.sqrt((fit.x**2).sum(axis=(0, 1))) * np.sqrt((fit.residuals**2).sum())
        cosines = np.einsum("epk,ep->k", fit.x, fit.residuals) / lengths
        checks.append(Check(NORMAL_CHECK, float(np.abs(cosines).max()), ROUNDING))
    if shrunk:
        # (X'X + k D) b = X'y holds for the printed k, whatever way it was solved.
        whole, scale = shrunk.whole, shrunk.whole.scale[0]
        inner = np.linalg.solve(equation.back, shrunk.beta) * scale
        gram = whole.xx[0] / np.outer(scale, scale)
        left = gram @ inner + shrunk.k * inner - whole.xy[0] / scale
        size = float(np.abs(whole.xy[0] / scale).max())
        checks.append(Check(wording.RIDGE_CHECK, float(np.abs(left).max()) / size, ROUNDING))
    return tuple(checks)


def _check(level: float, draws: int, ridge_k: float | None, estimator: Estimator) -> None:
    bad: dict[str, object] = {}
    if not 0 < level < 1:
        bad["level"] = level
    if draws < 0:
        bad["draws"] = draws
    if ridge_k is not None and not 0 <= ridge_k < np.inf:
        bad["ridge_k"] = ridge_k
    elif ridge_k is not None and estimator != "ridge":
        bad |= {"ridge_k": ridge_k, "estimator": estimator}
    if bad:
        raise ZhihengError(
            "M941",
            Text(
                "选项的值不在范围内，或不能一起用。",
                "An option is out of range, or options do not go together.",
            ),
            evidence=[{"option": k, "value": v} for k, v in bad.items()],
            fix=Text(
                "level 在零与一之间，draws 与 ridge_k 不为负；ridge_k 只用于 estimator=ridge。",
                "level lies between zero and one; draws and ridge_k are not negative; ridge_k is "
                "for estimator=ridge only.",
            ),
        )
