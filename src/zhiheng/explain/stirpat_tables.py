"""Tables of `stirpat`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Table
from zhiheng.explain.overlap_audit import text_column, titled
from zhiheng.explain.stirpat_fit import SQUARE, Equation, Judged, Ridge, printed_covariance
from zhiheng.explain.stirpat_input import Shared, Terms
from zhiheng.kernels.panel_ols import covariance, factor, parameters
from zhiheng.kernels.ridge import gcv, inflation, trace
from zhiheng.kernels.turning import delta_errors, flat_set, powers

Array = NDArray[np.float64]
POINTS = 101
"""Points of the drawn curve."""
DRAWN = 8
"""Every so many points of the grid of k are printed."""


def coefficients(terms: Terms, equation: Equation, found: Judged) -> Table:
    """Estimates with clustered and bias-reduced errors."""
    return Table.of(
        ("term",),
        term=terms.names,
        estimate=found.estimate,
        std_error=found.std_error,
        statistic=found.estimate / found.std_error,
        p_value=found.p_value,
        ci_low=found.low,
        ci_high=found.high,
        std_error_cr2=found.std_error_few,
        df_few=found.df_few,
        p_few=found.p_few,
        vif=_inflation(equation, 0.0),
    )


def ridge_coefficients(terms: Terms, equation: Equation, shrunk: Ridge, level: float) -> Table:
    """Ridge estimates with the percentiles of resampled entities."""
    ends = _percentiles(shrunk.draws, level, len(shrunk.beta))
    spread = shrunk.draws.std(axis=0, ddof=1) if len(shrunk.draws) > 1 else np.nan
    return Table.of(
        ("term",),
        term=terms.names,
        estimate=shrunk.beta,
        std_error=np.broadcast_to(spread, shrunk.beta.shape),
        ci_low=ends[0],
        ci_high=ends[1],
        unshrunk=equation.beta,
        vif=_inflation(equation, 0.0),
        vif_ridge=_inflation(equation, shrunk.k),
    )


def _percentiles(draws: Array, level: float, size: int) -> Array:
    if not len(draws):
        return np.full((2, size), np.nan)
    return np.quantile(draws, [level / 2, 1 - level / 2], axis=0)


def ridge_choice(shrunk: Ridge, level: float, *, given: bool) -> Table:
    """The k in force, what it keeps of the parameters, and what others would take."""
    low, high = _percentiles(shrunk.drawn_k[:, None], level, 1)[:, 0]
    title = option_word("ridge_rule", "given" if given else "gcv")
    return Table.of(
        (),
        ridge_rule=["given" if given else "gcv"],
        ridge_rule_title_zh=[title.zh],
        ridge_rule_title_en=[title.en],
        ridge_k=[shrunk.k],
        lambda_lm_ridge=[shrunk.k * shrunk.whole.rows[0]],
        effective_parameters=[shrunk.kept],
        ridge_k_low=[low],
        ridge_k_high=[high],
        ridge_k_hkb=[shrunk.rival],
        draws=[len(shrunk.draws)],
    )


def ridge_trace(terms: Terms, equation: Equation, shrunk: Ridge, grid: Array) -> Table:
    """Coefficients along the grid, with the criterion."""
    some = np.concatenate([[0], np.arange(1, len(grid), DRAWN)])
    k = np.unique(np.concatenate([grid[some], [shrunk.k]]))
    paths = trace(shrunk.whole, k) @ equation.back.T
    size = len(terms.names)
    positive = np.where(k > 0, k, np.nan)
    return Table.of(
        ("ridge_k", "term"),
        ridge_k=np.repeat(k, size),
        term=list(terms.names) * len(k),
        log10_k=np.repeat(np.log10(positive), size),
        estimate=paths.ravel(),
        coefficient_standardised=(trace(shrunk.whole, k) * shrunk.whole.scale[0]).ravel()
        / np.sqrt(shrunk.whole.yy[0]),
        gcv=np.repeat(gcv(shrunk.whole, k)[0], size),
    )


def _correlation(equation: Equation) -> Array:
    x = equation.fit.x.reshape(-1, equation.fit.x.shape[-1])
    unit = x / np.sqrt((x**2).sum(axis=0))
    return unit.T @ unit


def _inflation(equation: Equation, k: float) -> Array:
    return inflation(_correlation(equation), k)


def inflation_table(terms: Terms, equation: Equation, shrunk: Ridge | None) -> Table:
    """Variance inflation after the effects, and how far the worst direction is stretched."""
    values = np.linalg.eigvalsh(_correlation(equation))
    columns: dict[str, object] = {"vif": _inflation(equation, 0.0)}
    if shrunk:
        columns["vif_ridge"] = _inflation(equation, shrunk.k)
    return Table.of(
        ("term",),
        term=terms.names,
        **columns,
        condition_number=[float(np.sqrt(values.max() / values.min()))] * len(terms.names),
    )


def turning_table(equation: Equation, shrunk: Ridge | None, level: float) -> Table:
    """Where the parabola turns, in units of affluence, with its intervals."""
    beta = shrunk.beta if shrunk else equation.beta
    at = -beta[1] / (2 * beta[SQUARE])
    low, high = equation.affluence.min(), equation.affluence.max()
    ends, fieller = np.full(2, np.nan), np.full(2, np.nan)
    if shrunk and len(shrunk.draws):
        turns = -shrunk.draws[:, 1] / (2 * shrunk.draws[:, SQUARE])
        ends = np.quantile(turns, [level / 2, 1 - level / 2])
    elif equation.judged:
        ends, fieller = _intervals(equation, at, level)
    with np.errstate(over="ignore"):
        point, ends, fieller = np.exp(at), np.exp(ends), np.exp(fieller)
    holds = "yes" if fieller[0] > np.exp(low) and fieller[1] < np.exp(high) else "no"
    return Table.of(
        ("number",),
        number=[1],
        turning_point=[float(point)],
        extremum=["minimum" if beta[SQUARE] > 0 else "maximum"],
        ci_low_turning=[ends[0]],
        ci_high_turning=[ends[1]],
        fieller_low=[fieller[0]],
        fieller_high=[fieller[1]],
        in_range=["yes" if low < at < high else "no"],
        set_in_range=["" if np.isnan(fieller).any() else holds],  # of ridge there is no set
        share_below=[float((equation.affluence <= at).mean())],
        range_low=[float(np.exp(low))],
        range_high=[float(np.exp(high))],
    )


def _intervals(equation: Equation, at: float, level: float) -> tuple[Array, Array]:
    """In the logarithm of affluence: by the delta method, and the set of Fieller around it."""
    pick = [1, SQUARE]
    inner = covariance(equation.fit) * factor(equation.fit, equation.model.small_sample)
    beta, cov = equation.fit.beta[pick], inner[np.ix_(pick, pick)]
    z = np.array([(at - equation.centre) / equation.scale])
    error = float(delta_errors(beta, cov, z)[0]) * equation.scale
    quantile = float(stats.t.ppf(1 - level / 2, equation.fit.clusters - 1))
    ends = np.array([at - quantile * error, at + quantile * error])
    for low, high in flat_set(beta, cov, quantile):
        if low <= z[0] <= high:
            return ends, equation.centre + equation.scale * np.array([low, high])
    return ends, np.full(2, np.nan)


def curve(equation: Equation, level: float) -> Table:
    """The fitted parabola over the range of the data, as a difference from the middle."""
    low, high = equation.affluence.min(), equation.affluence.max()
    at = np.linspace(low, high, POINTS)
    pick = [1, SQUARE]
    weights = powers(at, 2) - powers(np.array([equation.centre]), 2)
    value = weights @ equation.beta[pick]
    cov = printed_covariance(equation)[np.ix_(pick, pick)]
    quantile = float(stats.t.ppf(1 - level / 2, equation.fit.clusters - 1))
    half = quantile * np.sqrt(np.maximum(np.einsum("mi,ij,mj->m", weights, cov, weights), 0.0))
    return Table.of(
        ("at",), at=at, fitted_difference=value, ci_low=value - half, ci_high=value + half
    )


def arithmetic(shared: Sequence[Shared], found: Table) -> Table:
    """What regressors share with the impact, and the slope of arithmetic alone."""
    by_term = dict(zip(found.columns["term"], found.columns["estimate"], strict=True))
    estimate = np.array([by_term[s.term] for s in shared], dtype=np.float64)
    slope = np.array([s.slope for s in shared], dtype=np.float64)
    share = np.divide(slope, estimate, out=np.full(slope.shape, np.nan), where=estimate != 0)
    return Table.of(
        ("term", "series"),
        term=text_column([s.term for s in shared]),
        series=text_column([s.series for s in shared]),
        relation=text_column([s.relation for s in shared]),
        **titled("relation_title", [option_word("relation", s.relation) for s in shared]),
        estimate=estimate,
        arithmetic_slope=slope,
        arithmetic_share=share,
    )


def fit_table(equation: Equation, estimator: str) -> Table:
    """Size and fit."""
    fit = equation.fit
    title = option_word("estimator", estimator)
    return Table.of(
        (),
        estimator=[estimator],
        estimator_title_zh=[title.zh],
        estimator_title_en=[title.en],
        n=[fit.rows],
        entities=[fit.clusters],
        periods=[int(fit.absorber.mask.any(axis=0).sum())],
        parameters=[parameters(fit, "stata")],
        r2_within=[fit.r2_within],
        rows_dropped=[int((~equation.used).sum())],
    )
