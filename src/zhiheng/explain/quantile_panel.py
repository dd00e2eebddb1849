"""Quantile regression with fixed effects: slopes at low, middle and high outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import quantile_wording
from zhiheng.explain.panel_ols import ROUNDING
from zhiheng.explain.regression import Model, check_model, estimate
from zhiheng.explain.threshold_input import out_of_range
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.kernels.quantile_panel import Effects, LocationScale, location_scale
from zhiheng.kernels.resample import interval, multiplicities

Array = NDArray[np.float64]
FEWEST_DRAWS = 100
"""Fewer draws give no usable ends of an interval."""


@method(zh="面板分位数回归（矩方法，含固定效应）：各分位点系数与地区自助区间", example="regions")
def quantile_panel(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    quantiles: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 0.9),
    effects: Effects = "entity",
    draws: int = 999,
    level: float = 0.05,
    seed: int = 1,
) -> Result:
    """Estimate slopes at several quantiles of the outcome with fixed effects by moments.

    Use it when an effect may differ between low and high outcomes and regions
    differ by fixed effects. Location and scale must be linear in the regressors.
    Do not use it with a handful of periods: its bias is of the order one over
    their number; and do not read a quantile as a group of regions, since it is a
    place in the distribution given the regressors and effects.

    Parameters
    ----------
    panel : Panel
        Balanced: no gaps in the variables.
    outcome : str
        A series or an expression.
    regressors : list of str
        Series or expressions; the figure shows the first one.
    quantiles : list of float
        In (0, 1), ascending.
    effects : {"entity", "twoway", "none"}
        In location and scale.
    draws : int
        Draws of entities for errors and intervals, at least 100.
    level : float
        Level of the intervals.
    seed : int

    Raises
    ------
    ZhihengError
        M727 options out of range, M735 gaps, and the refusals of `panel_ols` (M701–M708).

    References
    ----------
    Machado and Santos Silva (2019), J. Econometrics 213:145 (recalled).
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    model = Model(outcome, names, effects)
    check_model(model)
    taus = _check(quantiles, draws, level)
    data = _complete(panel, [outcome, *names])
    estimate(panel, data, model)  # refuses what cannot be estimated
    order = np.argsort(np.array(panel.entities), kind="stable")
    y, x = data.values[order, :, 0], data.values[order, :, 1:]
    whole = np.ones((1, len(y)))
    found = location_scale(y, x, whole, effects=effects, quantiles=taus)
    drawn = multiplicities(np.zeros(len(y), dtype=np.intp), draws=draws, seed=seed)
    again = location_scale(y, x, drawn, effects=effects, quantiles=taus)
    spec = (len(y), level)
    tables = {
        "coefficients": _coefficients(found, again, taus, names, spec),
        "moments": _moments(found, again, names, spec),
        "fit": _fit_table(found, again, y),
    }
    notes: tuple[Note, ...] = (*data.notes, *quantile_wording.notes(effects, tables["fit"]))
    figures = (quantile_wording.slopes_figure(names[0]),)
    return Result(tables, figures, notes, _checks(found, y), data.series)


def _check(quantiles: Sequence[float], draws: int, level: float) -> Array:
    taus = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
    inside = taus.size > 0 and bool(((taus > 0) & (taus < 1)).all())
    fair: dict[str, tuple[object, bool]] = {
        "quantiles": (list(quantiles), inside and bool((np.diff(taus) > 0).all())),
        "draws": (draws, draws >= FEWEST_DRAWS),
        "level": (level, 0 < level < 1),
    }
    bad: list[Row] = [{"option": k, "value": v} for k, (v, fine) in fair.items() if not fine]
    if bad:
        fix = Text(
            "quantiles 在零与一之间、由小到大；draws 不少于 100；level 在零与一之间。",
            "quantiles lie between zero and one, ascending; draws is at least 100; level lies "
            "between zero and one.",
        )
        raise out_of_range(bad, fix)
    return taus


def _complete(panel: Panel, names: Sequence[str]) -> Variables:
    try:
        return read_variables(panel, names, gaps="refuse")
    except ZhihengError as error:
        if error.code != "M704":
            raise
        raise ZhihengError(
            "M735",
            Text(
                "面板分位数回归需要平衡面板：{n} 个单元格没有观测值。",
                "The quantile regression needs a balanced panel: {n} cells have no observation.",
            ).format(n=len(error.evidence)),
            evidence=error.evidence,
            fix=Text(
                "换一个没有缺口的窗口、地区集合或变量。",
                "Choose a window, a set of entities or variables without gaps.",
            ),
        ) from None


Spec = tuple[int, float]
"""Number of entities, level."""


def _inference(point: Array, drawn: Array, spec: Spec) -> dict[str, Array]:
    """Estimate, bootstrap error, t with entities less one degrees of freedom, percentiles."""
    entities, level = spec
    error = np.nanstd(drawn, axis=0, ddof=1)
    ends = interval(drawn, level)
    return {
        "estimate": point.ravel(),
        "std_error_bootstrap": error.ravel(),
        "statistic": (point / error).ravel(),
        "p_value": (2 * stats.t.sf(np.abs(point / error), entities - 1)).ravel(),
        "ci_low": ends[0].ravel(),
        "ci_high": ends[1].ravel(),
    }


def _coefficients(
    found: LocationScale, again: LocationScale, taus: Array, names: Sequence[str], spec: Spec
) -> Table:
    return Table.of(
        ("tau", "term"),
        tau=np.repeat(taus, len(names)),
        term=list(names) * len(taus),
        **_inference(found.slopes[0], again.slopes, spec),
    )


def _moments(found: LocationScale, again: LocationScale, names: Sequence[str], spec: Spec) -> Table:
    point = np.stack([found.location[0], found.scale[0]])
    drawn = np.stack([again.location, again.scale], axis=1)
    return Table.of(
        ("moment", "term"),
        moment=["location"] * len(names) + ["scale"] * len(names),
        term=list(names) * 2,
        **_inference(point, drawn, spec),
    )


def _fit_table(found: LocationScale, again: LocationScale, y: Array) -> Table:
    return Table.of(
        (),
        n=np.array([y.size]),
        entities=np.array([y.shape[0]]),
        periods=np.array([y.shape[1]]),
        scale_not_positive=found.not_positive,
        draws=np.array([len(again.location)]),
        draws_tied=np.array([int(np.isnan(again.location).any(axis=1).sum())]),
    )


def _checks(found: LocationScale, y: Array) -> tuple[Check, ...]:
    size = float(np.abs(y - y.mean(axis=1, keepdims=True)).mean())
    falls = np.maximum(-np.diff(found.level[0]), 0.0)
    return (
        Check(quantile_wording.SCALE_CHECK, float(found.gap[0]) / size, ROUNDING),
        Check(quantile_wording.ORDER_CHECK, float(falls.max(initial=0.0)), 0.0),
    )
