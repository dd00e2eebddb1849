"""Panel threshold regression after Hansen: where a slope changes, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import threshold_wording, wording
from zhiheng.explain.panel_ols import ROUNDING, clustered
from zhiheng.explain.regression import Model, check_model, estimate
from zhiheng.explain.threshold_input import (
    Effects,
    Search,
    check_search,
    design,
    read_complete,
    share_below,
    shared_ingredients,
    too_small,
)
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import (
    PanelFit,
    absorber,
    difference_absorber,
    panel_ols,
    parameters,
)
from zhiheng.kernels.threshold import (
    Design,
    Stage,
    Transform,
    Variance,
    candidates,
    critical_value,
    likelihood_ratio,
    regimes,
    threshold_stages,
)

PRINTED_LEVELS = (0.10, 0.05, 0.01)
"""Levels whose critical values the literature prints."""


@method(zh="面板门槛回归（Hansen）：门槛值及其置信集、自助法检验、各区间系数", example="regions")
def threshold(
    panel: Panel,
    *,
    outcome: str,
    regressor: str,
    threshold: str,
    controls: Sequence[str] = (),
    regimes: int = 1,
    effects: Effects = "entity",
    transform: Transform = "within",
    variance: Variance = "degrees",
    bootstrap: int = 300,
    trim: float = 0.05,
    grid: int = 400,
    least: int = 10,
    level: float = 0.05,
    seed: int = 1,
) -> Result:
    """Find the levels of one variable at which the slope of another changes, and test them.

    Use it when theory says that an effect sets in, or turns, beyond a level that
    is not known beforehand. Do not use it with a lagged outcome or an endogenous
    regressor, with a threshold variable that is constant in time, or to search
    through many threshold variables: the test is valid for one. A smooth bend is
    found as a threshold too; compare with `ekc`.

    Parameters
    ----------
    panel : Panel
        Balanced: no gaps in the variables.
    outcome : str
        A series or an expression, as are all variables.
    regressor : str
        Its slope changes from regime to regime.
    threshold : str
        Parts the rows into regimes; may be the regressor.
    controls : list of str
        Their slopes are the same in all regimes.
    regimes : int
        How many thresholds, 1 to 3; they are tested one after the other.
    effects : {"entity", "twoway"}
        Hansen's model has entity effects; ``"twoway"`` removes common years too.
    transform : {"within", "hansen1999"}
        Deviations from entity means of all periods (Stata `xthreg`, pyxthreg), or of all but
        the last period with regimes cut at "below" instead of "at or below" (the published
        application, R `pdR`).
    variance : {"degrees", "rows"}
        The residual sum of squares is divided by E(P − 1), as Hansen writes, or by the number
        of rows EP. It scales F with its critical values, not p; and the confidence set.
    bootstrap : int
        Draws of each test; 0 leaves the tests out.
    trim : float
        Smallest share of rows in a regime, above 0 and below 1/(regimes + 1).
    grid : int
        Candidates are quantiles in steps of 1/grid; 0 tries every distinct value.
    least : int
        Smallest number of rows in a regime (10 as in the Stata command `xtthres`).
    level : float
        Level of tests, intervals and confidence sets.
    seed : int

    Raises
    ------
    ZhihengError
        M726 gaps, M727 options out of range, M728 a threshold variable that is constant
        in time, M729 too few rows in a regime, and the refusals of `panel_ols` (M701–M708).

    References
    ----------
    Hansen (1999), J. Econometrics 93:345–368; Bai (1997), Econometric Theory 13:315 (recalled);
    Wang (2015), Stata J. 15(1):121–134.
    """
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    model = Model(outcome, (regressor, *others), effects)
    check_model(model)
    search = Search(
        regimes, transform, variance, effects, bootstrap, trim, grid, least, level, seed
    )  # fmt: skip
    check_search(search, outcome, threshold)
    data = read_complete(panel, [outcome, regressor, threshold, *others])
    columns = np.delete(data.values, 2, axis=-1)
    estimate(panel, replace(data, values=columns), model)  # refuses what no regime could mend
    made = design(panel, data, search)
    tried = candidates(made.q, grid=grid, trim=trim)
    stages = threshold_stages(
        made, tried, number=regimes, draws=bootstrap, trim=trim, least=least, seed=seed
    )
    if len(stages) < regimes:
        raise too_small(len(stages), made.q.size, search)
    cuts = [(), *([one.gamma for one in stage.thresholds] for stage in stages)]
    fits = [_fit(made, at) for at in cuts]
    tables = {
        "tests": _tests(stages, made),
        "thresholds": _thresholds(stages, made, tried, level),
        "coefficients": _coefficients(made, fits, cuts, model, level),
        "fit": _fit_table(fits),
        "likelihood_ratio": _ratios(stages, made, tried, level),
    }
    overlaps = shared_ingredients(panel, threshold, outcome)
    notes: tuple[Note, ...] = (
        *data.notes,
        *threshold_wording.notes(search, stages, tables["thresholds"], overlaps),
        *threshold_wording.own_level(threshold, model.regressors),
        wording.standard_errors(model.small_sample),
        threshold_wording.few_clusters(),
    )
    figures = (
        threshold_wording.ratio_figure(regimes, level, threshold),
        threshold_wording.coefficients_figure(regimes),
    )
    return Result(tables, figures, notes, _checks(fits, stages), data.series)


def _fit(made: Design, cuts: Sequence[float]) -> PanelFit:
    """Least squares with these thresholds: slopes by regime first, then the controls."""
    parts = np.moveaxis(regimes(made, cuts), 0, -1)
    x = np.concatenate([made.x[..., None] * parts, made.controls], axis=-1)
    mask = np.ones(made.y.shape, dtype=bool)
    if made.transform == "within":
        return panel_ols(made.y, x, absorber(mask, "twoway" if made.common else "entity"))
    y = (made.y - made.y.mean(axis=1, keepdims=True))[:, :-1]
    x = (x - x.mean(axis=1, keepdims=True))[:, :-1]
    # Entity means are gone; what is left to remove are period effects, as for differences.
    left = difference_absorber(mask[:, :-1], "twoway" if made.common else "entity")
    return panel_ols(y, x, left)


def _tests(stages: Sequence[Stage], made: Design) -> Table:
    drawn = np.array(
        [
            np.quantile(s.drawn, [1 - a for a in PRINTED_LEVELS]) if len(s.drawn) else [np.nan] * 3
            for s in stages
        ]
    )
    return Table.of(
        ("thresholds",),
        thresholds=np.arange(1, len(stages) + 1),
        f_statistic=np.array([s.statistic for s in stages]),
        p_value=np.array([s.p_value for s in stages]),
        critical_10=drawn[:, 0],
        critical_5=drawn[:, 1],
        critical_1=drawn[:, 2],
        ssr_null=np.array([s.found.ssr_null for s in stages]),
        ssr=np.array([s.found.ssr for s in stages]),
        residual_variance=np.array([s.found.ssr / made.divisor for s in stages]),
        draws=np.array([len(s.drawn) for s in stages]),
    )


def _thresholds(
    stages: Sequence[Stage], made: Design, tried: NDArray[np.float64], level: float
) -> Table:
    rows: list[dict[str, object]] = []
    for m, stage in enumerate(stages, start=1):
        for i, found in enumerate(stage.thresholds, start=1):
            ratio = likelihood_ratio(found, made.divisor)
            possible = np.isfinite(ratio)
            inside = ratio[possible] <= critical_value(level)
            values = tried[possible]
            rows.append(
                {
                    "thresholds": m,
                    "number": i,
                    "estimate": found.gamma,
                    "ci_low": values[inside].min(),
                    "ci_high": values[inside].max(),
                    "pieces": int((np.diff(inside.astype(int), prepend=0) == 1).sum()),
                    "at_edge": "yes" if inside[0] or inside[-1] else "no",
                    "share_below": share_below(made.q, found.gamma),
                    "candidates": int(possible.sum()),
                }
            )
    return Table.of(("thresholds", "number"), **{k: [r[k] for r in rows] for k in rows[0]})


def _coefficients(
    made: Design,
    fits: Sequence[PanelFit],
    cuts: Sequence[Sequence[float]],
    model: Model,
    level: float,
) -> Table:
    parts = [_model_rows(made, fit, at, model, level) for fit, at in zip(fits, cuts, strict=True)]
    return Table.of(
        ("thresholds", "term", "regime"),
        **{k: [v for part in parts for v in part[k]] for k in parts[0]},
    )


def _model_rows(
    made: Design, fit: PanelFit, cuts: Sequence[float], model: Model, level: float
) -> dict[str, Sequence[object]]:
    ordered, count = sorted(cuts), len(cuts) + 1
    inside = regimes(made, ordered)
    se, df, few = clustered(fit, model.small_sample), fit.clusters - 1, bell_mccaffrey(fit)
    t, half = fit.beta / se, stats.t.ppf(1 - level / 2, df) * se
    regressor, *others = model.regressors
    everywhere = [np.nan] * len(others)
    numbers = {
        "estimate": fit.beta,
        "std_error": se,
        "statistic": t,
        "p_value": 2 * stats.t.sf(np.abs(t), df),
        "ci_low": fit.beta - half,
        "ci_high": fit.beta + half,
        "std_error_cr2": few.std_error,
        "df_few": few.df,
        "p_few": 2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df),
    }
    named = [threshold_wording.regime(regressor, i) for i in range(1, count + 1)]
    named = (named if cuts else [Text.same(regressor)]) + [Text.same(name) for name in others]
    return {
        "thresholds": [len(cuts)] * len(fit.beta),
        "term": [regressor] * count + others,
        "term_title_zh": [name.zh for name in named],
        "term_title_en": [name.en for name in named],
        "regime": [*(range(1, count + 1) if cuts else [0]), *([0] * len(others))],
        "lower": [np.nan, *ordered, *everywhere],
        "upper": [*ordered, np.nan, *everywhere],
        "rows": [*inside.sum(axis=(1, 2)).tolist(), *([made.q.size] * len(others))],
        "entities": [*inside.any(axis=2).sum(axis=1).tolist(), *([len(made.q)] * len(others))],
        **{name: values.tolist() for name, values in numbers.items()},
    }


def _fit_table(fits: Sequence[PanelFit]) -> Table:
    return Table.of(
        ("thresholds",),
        thresholds=np.arange(len(fits)),
        n=np.array([fit.rows for fit in fits]),
        entities=np.array([fit.clusters for fit in fits]),
        periods=np.array([fit.absorber.mask.shape[1] for fit in fits]),
        df=np.array([fit.clusters - 1 for fit in fits]),
        parameters=np.array([parameters(fit, "stata") for fit in fits]),
        r2_within=np.array([fit.r2_within for fit in fits]),
    )


def _ratios(
    stages: Sequence[Stage], made: Design, tried: NDArray[np.float64], level: float
) -> Table:
    parts = [
        (m, i, likelihood_ratio(found, made.divisor))
        for m, stage in enumerate(stages, start=1)
        for i, found in enumerate(stage.thresholds, start=1)
    ]
    kept = [np.isfinite(ratio) for _, _, ratio in parts]
    sizes = [int(k.sum()) for k in kept]
    names = [threshold_wording.named(i) for _, i, _ in parts]
    ratios = np.concatenate([r[k] for (_, _, r), k in zip(parts, kept, strict=True)])
    return Table.of(
        ("thresholds", "number", "candidate"),
        thresholds=np.repeat([m for m, _, _ in parts], sizes),
        number=np.repeat([i for _, i, _ in parts], sizes),
        number_zh=[n.zh for n, size in zip(names, sizes, strict=True) for _ in range(size)],
        number_en=[n.en for n, size in zip(names, sizes, strict=True) for _ in range(size)],
        candidate=np.concatenate([tried[k] for k in kept]),
        lr_statistic=ratios,
        critical_value=np.full(len(ratios), critical_value(level)),
    )


def _checks(fits: Sequence[PanelFit], stages: Sequence[Stage]) -> tuple[Check, ...]:
    """The search by projections, and least squares on the regimes, give one sum of squares."""
    sums = np.array([(fit.residuals**2).sum() for fit in fits[1:]])
    searched = np.array([stage.thresholds[0].ssr for stage in stages[:2]])
    searched = np.append(searched, [stage.found.ssr for stage in stages[2:]])
    first = float((fits[0].residuals ** 2).sum()) / stages[0].found.ssr_null - 1
    worst = max(float(np.abs(sums / searched - 1).max()), abs(first))
    closed = 1 - (1 - np.exp(-critical_value(0.05) / 2)) ** 2 - 0.05
    return (
        Check(threshold_wording.SUMS_CHECK, worst, ROUNDING),
        Check(threshold_wording.CRITICAL_CHECK, float(closed), ROUNDING),
    )
