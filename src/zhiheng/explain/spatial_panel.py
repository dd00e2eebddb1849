"""Spatial panel models by maximum likelihood, with the effects that their coefficients imply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.spatial import Islands
from zhiheng.catalog.spatial_notes import reference
from zhiheng.core.errors import Row
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.explain import spatial_lag_wording as lag_wording
from zhiheng.explain import spatial_wording as wording
from zhiheng.explain.spatial_hypotheses import Test, tests_of
from zhiheng.explain.spatial_input import SpatialSample, read_sample
from zhiheng.explain.spatial_models import (
    Estimate,
    check_stable,
    effects_of,
    fit_model,
    long_run_of,
    slopes_of,
)
from zhiheng.explain.spatial_options import Covariance, Kind, SpatialModel, refuse_options
from zhiheng.kernels.spatial_dynamic import Dynamic
from zhiheng.kernels.spatial_effects import SpatialEffects
from zhiheng.kernels.spatial_ml import Correction, Effects, Lag
from zhiheng.kernels.spatial_random import Errors

Array = NDArray[np.float64]

ROUNDING = 1e-8
"""Derivatives per row and effects relative to their size hold to this."""


@method(zh="空间面板模型：杜宾、滞后、误差与 SLX，直接、间接与总效应及其误差", example="neighbours")
def spatial_panel(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    spatial: str | SpatialWeights,
    model: Kind = "sdm",
    effects: Effects = "twoway",
    dynamic: Dynamic = "none",
    covariance: Covariance = "ml",
    random_errors: Errors = "kkp",
    correction: Correction = "lee_yu",
    lag_order: Lag = "dummies",
    islands: Islands = "refuse",
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Regress a series on others and on neighbours, and split effects into direct and indirect.

    Use it when what happens next door may matter: the Durbin model (sdm) holds
    the lag model (sar), the common-factor error model (sem) and slx as special
    cases, and is tested against them. Read the table of effects, not the
    coefficients: with a lag of the outcome a coefficient is no marginal effect.
    With `dynamic` it holds lags of the outcome in time, and effects are those at once
    and in the long run: use that where the outcome carries over, as energy and
    emissions do, and not in few periods. The weights are assumed known and given from
    outside, and errors to have one variance. A significant indirect effect is an
    association over borders, no proof of a spill-over; for that, the regressor must
    not itself react to neighbours.

    Parameters
    ----------
    panel : Panel
        Balanced, one period or more.
    outcome : str
        A series or an expression.
    regressors : list of str
        Series or expressions.
    spatial : str or SpatialWeights
        A name of the catalog (``provinces``), a CSV file, or a record of
        ``zhiheng.spatial``.
    model : {"sdm", "sar", "sem", "slx"}
        ``y = rho W y + x beta + W x theta``; without theta (sar); without rho
        (slx); ``u = lambda W u + e`` in the error instead (sem).
    effects : {"twoway", "entity", "period", "none", "random"}
        Fixed effects. ``"none"`` has a constant, and is what a cross-section takes.
        ``"random"``: entity effects that know nothing of the regressors, tested
        against fixed ones by Hausman's test; no period effects.
    dynamic : {"none", "time", "space", "both"}
        Lags in time: ``tau y`` of the period before, ``eta W y`` of it, or both. With
        sar, sdm or slx and entity effects.
    covariance : {"ml", "qml"}
        ``"ml"``: inverse information, for normal errors. ``"qml"``: the sandwich of
        quasi-likelihood, for errors of any distribution, still independent and of
        one variance; fixed effects only.
    random_errors : {"kkp", "anselin"}
        Of a sem with random effects: the effects are part of the spatial error
        process (Kapoor, Kelejian and Prucha) or stay outside (Anselin).
    correction : {"lee_yu", "none"}
        ``"lee_yu"``: the transformed likelihood of Lee and Yu (2010), consistent
        in few periods or few units; with `dynamic`, the bias of order 1/T removed as in
        Yu, de Jong and Lee (2008) and Lee and Yu (2010). ``"none"``: the likelihood with dummy
        variables, whose variance, and with period effects also rho, are biased.
        The same without effects.
    lag_order : {"dummies", "splm"}
        With period effects and ``correction="none"``: take the spatial lag first and
        remove effects after, which is the likelihood with dummy variables, or
        the other way round, as R splm and SDPDmod do.
    islands : {"refuse", "drop"}
        Entities without a neighbour in the panel: refuse, or leave them out.
    draws : int
        Draws for the Monte Carlo errors of effects; 0 leaves them out.
    seed : int
    level : float
        Of the intervals.

    Raises
    ------
    ZhihengError
        M704 gaps, M736 options that do not go together, M737 weights that must be
        row-standardised, M738 columns without variation or collinear, M739 no
        maximum, M740 too few rows, M741 an identity, M745 a dynamic model that is not
        stable, M755 too few periods for lags in time, M865–M867 the weights.

    References
    ----------
    LeSage and Pace (2009) Introduction to Spatial Econometrics; Lee and Yu (2010)
    Journal of Econometrics 154(2): 165-185; Elhorst (2014) Spatial Econometrics;
    Anselin, Bera, Florax and Yoon (1996) Regional Science and Urban Economics
    26: 77-104; Ord (1975) JASA 70: 120-126; Yu, de Jong and Lee (2008) Journal of
    Econometrics 146: 118-134; Lee and Yu (2010) Econometric Theory 26: 564-597; Lee
    (2004) Econometrica 72: 1899-1925; Kapoor, Kelejian and Prucha (2007) Journal of
    Econometrics 140: 97-130; Baltagi, Song and Koh (2003) Journal of Econometrics
    117: 123-150; Mutl and Pfaffermayr (2011) Econometrics Journal 14: 48-76.
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    _check_numbers(draws=draws, level=level)
    asked = SpatialModel(
        outcome, names, model, effects, correction, lag_order, dynamic, covariance, random_errors
    )
    sample = read_sample(panel, asked, spatial, islands=islands)
    found = fit_model(sample, asked, model)
    moves = check_stable(sample, found) if dynamic != "none" else float("nan")
    now = effects_of(sample, asked, found, draws=draws, seed=seed, level=level)
    tables = {
        "effects": _effects(asked, now, level),
        "coefficients": _coefficients(sample, asked, found, level),
        "fit": _fit(sample, asked, found, now, draws=draws, moves=moves),
        "tests": _tests(tests_of(sample, asked, found)),
    }
    later = None
    if dynamic != "none":
        later = long_run_of(sample, asked, found, draws=draws, seed=seed, level=level)
        tables["long_run"] = _effects(asked, later, level)
    said = wording.notes(sample, asked, now, draws=draws)
    more = lag_wording.notes(sample, asked, found, later, draws=draws)
    checks = _checks(sample, asked, found, now, later)
    params = {"weights": reference(sample.weights)}
    return Result(
        tables,
        wording.figures(asked, draws=draws),
        (*sample.notes, *said, *more),
        checks,
        sample.series,
        params=params,
    )


def _coefficients(
    sample: SpatialSample, model: SpatialModel, found: Estimate, level: float
) -> Table:
    k, constant = len(model.regressors), sample.constant.shape[-1]
    spatial = [] if model.kind == "slx" else ["lambda" if model.kind == "sem" else "rho"]
    roles = [*(["spatial"] * len(spatial)), *(["constant"] * constant), *model.past]
    roles += ["own"] * k
    terms = [*spatial, *(["constant"] * constant), *([model.outcome] * len(model.past))]
    terms += model.regressors
    if model.durbin:
        roles += ["neighbours"] * k
        terms += model.regressors
    fit, plain = found.fit, found.plain
    cut = 1 - len(spatial)
    estimate = np.concatenate([[fit.rho], fit.beta])[cut:]
    error = np.sqrt(np.diag(fit.covariance))[cut:]
    z = estimate / error
    half = stats.norm.ppf(1 - level / 2) * error
    columns = {
        "role": roles,
        "role_zh": [wording.ROLES[r].zh for r in roles],
        "role_en": [wording.ROLES[r].en for r in roles],
        "term": terms,
        "estimate": estimate,
        f"std_error_{model.covariance}": error,
        "z": z,
        "p_value": 2 * stats.norm.sf(np.abs(z)),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }
    if model.dynamic != "none":
        columns["estimate_uncorrected"] = np.concatenate([[plain.rho], plain.beta])[cut:]
    return Table.of(("role", "term"), **columns)


def _effects(model: SpatialModel, found: SpatialEffects, level: float) -> Table:
    kinds = list(wording.KINDS)
    flat = {
        name: getattr(found, name).T.ravel()
        for name in ("estimate", "delta_error", "simulated_error", "low", "high")
    }
    nothing = np.full_like(flat["estimate"], np.nan)
    z = np.divide(flat["estimate"], flat["delta_error"], out=nothing, where=flat["delta_error"] > 0)
    half = stats.norm.ppf(1 - level / 2) * flat["delta_error"]
    known = flat["delta_error"] > 0  # the indirect effect of a model that has none is zero, exactly
    return Table.of(
        ("term", "effect_kind"),
        term=[name for name in model.regressors for _ in kinds],
        effect_kind=kinds * len(model.regressors),
        effect_kind_zh=[wording.KINDS[kind].zh for kind in kinds] * len(model.regressors),
        effect_kind_en=[wording.KINDS[kind].en for kind in kinds] * len(model.regressors),
        estimate=flat["estimate"],
        std_error_delta=flat["delta_error"],
        z=z,
        p_value=np.where(known, 2 * stats.norm.sf(np.abs(z)), np.nan),
        ci_low=np.where(known, flat["estimate"] - half, np.nan),
        ci_high=np.where(known, flat["estimate"] + half, np.nan),
        std_error_simulated=flat["simulated_error"],
        simulated_low=flat["low"],
        simulated_high=flat["high"],
    )


def _fit(
    sample: SpatialSample, model: SpatialModel, found: Estimate, now: SpatialEffects, *,
    draws: int, moves: float,
) -> Table:  # fmt: skip
    f, domain, fit = sample.frame, sample.frame.spectrum, found.fit
    random, lags = model.effects == "random", model.dynamic != "none"
    counted = int((np.diag(fit.covariance) > 0).sum()) + 1 + int(random)
    correlation = np.corrcoef(fit.y.ravel(), fit.fitted.ravel())[0, 1]
    height = found.plain.log_likelihood
    columns = {
        "n": sample.y.size,
        "entities": sample.y.shape[0],
        "periods": sample.y.shape[1],
        "rows_likelihood": f.rows,
        "loglik": height,
        "sigma2": fit.sigma2,
        "parameters": counted,
        "aic": 2 * counted - 2 * height,
        "r2_pseudo": correlation**2,
        "rho_low": domain.low,
        "rho_high": domain.high,
        "draws_used": max(draws - now.discarded, 0),
    }
    if random:
        columns["effect_variance"] = found.ratio * fit.sigma2
        columns["effect_share"] = found.ratio / (1 + found.ratio)
    if lags:
        columns["modulus"] = moves
        columns["half_life"] = float(np.log(0.5) / np.log(moves)) if moves > 0 else 0.0
    return Table.of((), **{name: np.array([value]) for name, value in columns.items()})


def _tests(found: list[Test]) -> Table:
    titles = [wording.TESTS[t.name] for t in found]
    return Table.of(
        ("test",),
        test=[t.name for t in found],
        test_title_zh=[title.zh for title in titles],
        test_title_en=[title.en for title in titles],
        test_statistic=np.array([t.statistic for t in found]),
        df=np.array([t.df for t in found]),
        p_value=np.array([t.p_value for t in found]),
    )


def _checks(
    sample: SpatialSample,
    model: SpatialModel,
    found: Estimate,
    now: SpatialEffects,
    later: SpatialEffects | None,
) -> tuple[Check, ...]:
    fit = found.fit
    checks = [Check(wording.SCORE_CHECK, abs(found.plain.slope), ROUNDING)]
    if not sample.frame.spectrum.row_standardised:
        return tuple(checks)
    beta, theta = slopes_of(sample, model, fit)
    rho = fit.rho if model.kind in ("sdm", "sar") else 0.0
    expected = (beta + theta) / (1 - rho)
    gap = np.abs(now.estimate[2] - expected) / np.abs(now.estimate).max(axis=0)
    checks.append(Check(wording.TOTAL_CHECK, float(gap.max()), ROUNDING))
    if later is not None:
        lasting = (beta + theta) / (1 - rho - found.tau - found.eta)
        gap = np.abs(later.estimate[2] - lasting) / np.abs(later.estimate).max(axis=0)
        checks.append(Check(wording.LONG_RUN_CHECK, float(gap.max()), ROUNDING))
    return tuple(checks)


def _check_numbers(*, draws: int, level: float) -> None:
    bad: list[Row] = [] if 0 < level < 1 else [{"option": "level", "value": level}]
    if draws < 0 or draws == 1:
        bad.append({"option": "draws", "value": draws})
    if bad:
        raise refuse_options(
            Text("选项的值不在范围内。", "An option is out of range."),
            Text(
                "level 在零与一之间；draws 为零或至少两次。",
                "level lies between zero and one; draws is zero or at least two.",
            ),
            bad,
        )
