"""A panel and its neighbours as arrays for spatial models, refusing what cannot be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.spatial import Islands, weights_for
from zhiheng.catalog.spatial_notes import weight_notes
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.explain.spatial_options import SpatialModel, check_options, period_effects
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.links import Links
from zhiheng.kernels.panel_ols import DEPENDENT, defects
from zhiheng.kernels.spatial_dynamic import past_of, whole
from zhiheng.kernels.spatial_ml import Frame, frame
from zhiheng.kernels.spatial_spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
SHORTEST = 5
"""Periods after the first that a model with lags in time needs."""
FEWEST = 5
"""Units below which a spatial parameter has next to nothing to be estimated from: four other."""


@dataclass(frozen=True, slots=True)
class SpatialSample:
    """Arrays of a balanced panel, entities in the order of their ids.

    Attributes
    ----------
    y, x, lagged : ndarray, shapes (n, T), (n, T, k), (n, T, k)
        Outcome, regressors and their spatial lags, as observed; with lags in time
        from the second period on.
    past : ndarray, shape (n, T, 0 to 2)
        Lags of the outcome in time.
    constant : ndarray, shape (n, T, 0 or 1)
        Ones, where the model has a constant.
    """

    panel: Panel
    weights: SpatialWeights
    frame: Frame
    y: Array
    x: Array
    lagged: Array
    past: Array
    constant: Array
    series: tuple[str, ...]
    notes: tuple[Note, ...]

    def design(self, *, durbin: bool) -> Array:
        """Constant, lags in time, regressors and, if asked for, their spatial lags."""
        more = [self.lagged] if durbin else []
        return np.concatenate([self.constant, self.past, self.x, *more], axis=-1)

    @property
    def first(self) -> int:
        """Columns of the design before the regressors."""
        return self.constant.shape[-1] + self.past.shape[-1]


def read_sample(
    panel: Panel, model: SpatialModel, spatial: str | SpatialWeights, *, islands: Islands
) -> SpatialSample:
    """Read variables and weights.

    Raises
    ------
    ZhihengError
        M704 gaps, M736 options, M737 weights that are not row-standardised, M738
        columns without variation or collinear, M740 too few rows, M741 an
        identity, M755 too few periods for lags in time, M865–M867 the weights.
    """
    check_options(panel, model)
    _check_periods(panel, model)
    ordered = panel.select(entities=sorted(panel.entities))
    weights, inside = weights_for(ordered, spatial, islands=islands)
    data = read_variables(inside, [model.outcome, *model.regressors], gaps="refuse")
    y, x = data.values[..., 0], data.values[..., 1:]
    found = _spectrum(weights, model)
    periods = len(inside.periods) - int(model.dynamic != "none")
    how = frame(found, periods, model.effects, correction=model.correction, lag=model.lag)
    past = np.zeros((*y.shape, 0))
    if model.dynamic != "none":
        how, past = whole(how, periods), past_of(y, how, model.dynamic)
        y, x = y[:, 1:], x[:, 1:]
    ones = np.ones((*y.shape, int(model.effects in ("none", "random"))))
    notes = (*data.notes, *weight_notes(weights, panel, inside))
    lagged = found.lag(x)
    sample = SpatialSample(inside, weights, how, y, x, lagged, past, ones, data.series, notes)
    _check_size(sample, model)
    _check_columns(sample, model)
    return sample


def _spectrum(weights: SpatialWeights, model: SpatialModel) -> Spectrum:
    try:
        found = spectrum(Links(weights.starts, weights.columns, weights.values))
    except ValueError as error:
        raise _not_standardised(weights, model) from error
    if period_effects(model) and not found.row_standardised:
        raise _not_standardised(weights, model)
    return found


def _not_standardised(weights: SpatialWeights, model: SpatialModel) -> ZhihengError:
    totals = np.bincount(weights.rows, weights=weights.values, minlength=len(weights))
    off = np.argsort(-np.abs(totals - 1.0), kind="stable")[:8]
    rows: list[Row] = [{"unit": weights.labels[i], "row_sum": float(totals[i])} for i in off]
    return ZhihengError(
        "M737",
        Text(
            "空间权重“{w}”没有按行标准化；时期效应（{e}）与不对称的权重都要求按行标准化，"
            "否则去掉时期均值后的模型不是原来的模型。",
            'The weights "{w}" are not row-standardised; period effects ({e}) and asymmetric '
            "weights need it: without it the model after the means are removed is another one.",
        ).format(w=weights.name, e=model.effects),
        evidence=rows,
        fix=Text(
            "用 standardisation=row 的权重；或用 effects=entity 或 none，配对称的权重。",
            "Use weights with standardisation=row; or effects=entity or none with symmetric "
            "weights.",
        ),
    )


def _check_periods(panel: Panel, model: SpatialModel) -> None:
    used = len(panel.periods) - 1
    if model.dynamic == "none" or used >= SHORTEST:
        return
    raise ZhihengError(
        "M755",
        Text(
            "带时间滞后的空间面板只剩 {t} 个时期可用，少于 {k} 个：固定效应的偏误与 1/T 成正比，"
            "一阶校正在这样短的窗口里校不准。",
            "A spatial panel with lags in time has {t} periods left, fewer than {k}: the bias of "
            "fixed effects goes with 1/T, and a correction of first order misses it in a window "
            "this short.",
        ).format(t=used, k=SHORTEST),
        evidence=[{"periods": len(panel.periods), "used": used, "needed": SHORTEST}],
        fix=Text(
            "加长窗口；或写 dynamic=none 用静态模型；时期少时动态面板用 gmm。",
            "Use a longer window; or dynamic=none, the static model; for lags in few periods gmm.",
        ),
    )


def _check_size(sample: SpatialSample, model: SpatialModel) -> None:
    columns = sample.design(durbin=model.durbin).shape[-1]
    n, rows = len(sample.panel.entities), sample.frame.rows
    lost = {"entity": n, "period": sample.y.shape[1], "none": 0, "random": 0}
    lost["twoway"] = lost["entity"] + lost["period"] - 1
    free = sample.y.size - lost[model.effects]
    if n < FEWEST or free <= columns + 2:
        raise ZhihengError(
            "M740",
            Text(
                "{n} 个地区、扣除效应后 {r} 行，不足以估计 {k} 个系数与空间参数。",
                "{n} entities with {r} rows left after the effects cannot carry {k} coefficients "
                "and a spatial parameter.",
            ).format(n=n, r=free, k=columns),
            evidence=[{"entities": n, "rows": rows, "free": free, "coefficients": columns}],
            fix=Text(
                "加长窗口、增加地区，或减少变量与效应；moran 与 lisa 仍可描述空间相关。",
                "Use a longer window, more entities, or fewer terms and effects; moran and lisa "
                "describe dependence in space for few entities too.",
            ),
        )


def _check_columns(sample: SpatialSample, model: SpatialModel) -> None:
    every = np.concatenate(
        [sample.y[..., None], sample.past, sample.x, *([sample.lagged] if model.durbin else [])],
        axis=-1,
    )
    lags = [f"W·{name}" for name in model.regressors] if model.durbin else []
    before = {"time": f"L·{model.outcome}", "space_time": f"W·L·{model.outcome}"}
    names = [model.outcome, *(before[role] for role in model.past), *model.regressors, *lags]
    swept = sample.frame.remove(every)
    if model.effects in ("none", "random"):
        swept = every - every.mean(axis=(0, 1))
    mask = np.ones(sample.y.shape, dtype=np.bool_)
    own = defects(every[..., :1], swept[..., :1], mask)
    wrong = defects(every[..., 1:], swept[..., 1:], mask)
    bad = [names[0]] * len(own.flat) + [names[1 + j] for j in (*wrong.flat, *wrong.tied)]
    if bad:
        raise _columns(bad, tied=bool(wrong.tied) and not own.flat)
    x, y = swept[..., 1:].reshape(-1, len(names) - 1), swept[..., 0].ravel()
    length = np.sqrt((x**2).sum(axis=0))
    rest = y - x / length @ np.linalg.lstsq(x / length, y, rcond=None)[0]
    if rest @ rest <= DEPENDENT**2 * (y @ y):
        raise ZhihengError(
            "M741",
            Text(
                "解释变量把被解释变量完全复制出来：这是恒等式，没有可估计的残差。",
                "The regressors reproduce the outcome exactly: an identity, without residuals.",
            ),
            evidence=[{"outcome": model.outcome, "regressors": ", ".join(model.regressors)}],
            fix=Text(
                "用 overlap_audit 看两边共用了哪些序列。",
                "See with overlap_audit which series both sides share.",
            ),
        )


def _columns(names: Sequence[str], *, tied: bool) -> ZhihengError:
    what = (
        Text(
            "去掉固定效应后，这些列完全共线（W· 表示空间滞后）。",
            "Once the effects are removed these columns are exactly collinear (W· is a lag).",
        )
        if tied
        else Text(
            "去掉固定效应后，这些列没有变化（W· 表示空间滞后）。",
            "Once the effects are removed these columns do not vary (W· is a lag).",
        )
    )
    rows: list[Row] = [{"column": name} for name in names]
    fix = Text(
        "去掉其中的变量、换一组固定效应，或用没有空间滞后解释变量的模型（sar、sem）。",
        "Leave out a variable, choose other effects, or a model without lags of the regressors "
        "(sar, sem).",
    )
    return ZhihengError("M738", what, evidence=rows, fix=fix)
