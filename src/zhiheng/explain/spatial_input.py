"""A panel and its neighbours as arrays for spatial models, refusing what cannot be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.spatial import Islands, weights_for
from zhiheng.catalog.spatial_notes import weight_notes
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.links import Links
from zhiheng.kernels.panel_ols import DEPENDENT, defects
from zhiheng.kernels.spatial_ml import Correction, Effects, Frame, Lag, frame
from zhiheng.kernels.spatial_spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
Kind = Literal["sdm", "sar", "sem", "slx"]

FEWEST = 5
"""Units below which a spatial parameter has next to nothing to be estimated from: four other."""


@dataclass(frozen=True, slots=True)
class SpatialModel:
    """What is estimated, apart from the data."""

    outcome: str
    regressors: tuple[str, ...]
    kind: Kind
    effects: Effects
    correction: Correction
    lag: Lag

    @property
    def durbin(self) -> bool:
        """Whether lags of the regressors are in the model."""
        return self.kind in ("sdm", "slx")


@dataclass(frozen=True, slots=True)
class SpatialSample:
    """Arrays of a balanced panel, entities in the order of their ids.

    Attributes
    ----------
    y, x, lagged : ndarray, shapes (n, T), (n, T, k), (n, T, k)
        Outcome, regressors and their spatial lags, as observed.
    constant : ndarray, shape (n, T, 0 or 1)
        Ones, where the model has a constant.
    """

    panel: Panel
    weights: SpatialWeights
    frame: Frame
    y: Array
    x: Array
    lagged: Array
    constant: Array
    series: tuple[str, ...]
    notes: tuple[Note, ...]

    def design(self, *, durbin: bool) -> Array:
        """Constant, regressors and, if asked for, their lags."""
        return np.concatenate([self.constant, self.x, *([self.lagged] if durbin else [])], axis=-1)


def read_sample(
    panel: Panel, model: SpatialModel, spatial: str | SpatialWeights, *, islands: Islands
) -> SpatialSample:
    """Read variables and weights.

    Raises
    ------
    ZhihengError
        M704 gaps, M736 options, M737 weights that are not row-standardised, M738
        columns without variation or collinear, M740 too few rows, M741 an
        identity, M865–M867 the weights.
    """
    _check_options(panel, model)
    ordered = panel.select(entities=sorted(panel.entities))
    weights, inside = weights_for(ordered, spatial, islands=islands)
    data = read_variables(inside, [model.outcome, *model.regressors], gaps="refuse")
    y, x = data.values[..., 0], data.values[..., 1:]
    found = _spectrum(weights, model)
    how = frame(
        found, len(inside.periods), model.effects, correction=model.correction, lag=model.lag
    )
    ones = np.ones((*y.shape, int(model.effects == "none")))
    notes = (*data.notes, *weight_notes(weights, panel, inside))
    sample = SpatialSample(inside, weights, how, y, x, found.lag(x), ones, data.series, notes)
    _check_size(sample, model)
    _check_columns(sample, model)
    return sample


def _check_options(panel: Panel, model: SpatialModel) -> None:
    if not model.regressors:
        raise refuse_options(
            Text("没有给出解释变量。", "No regressor is given."),
            Text("写 regressors=[…]。", "Give regressors=[…]."),
            [],
        )
    named = (model.outcome, *model.regressors)
    twice: list[Row] = [{"variable": v} for v in dict.fromkeys(named) if named.count(v) > 1]
    if twice:
        raise refuse_options(
            Text("同一变量出现了两次。", "One variable stands twice."),
            Text("每个变量只写一次。", "Name each variable once."),
            twice,
        )
    if len(panel.periods) == 1 and model.effects != "none":
        raise refuse_options(
            Text(
                "只有一个时期，没有固定效应可去。",
                "There is one period only: no effects can be removed.",
            ),
            Text("截面数据写 effects=none。", "For a cross-section say effects=none."),
            [{"effects": model.effects, "periods": 1}],
        )
    if model.lag == "splm" and model.correction == "lee_yu" and _period_effects(model):
        raise refuse_options(
            Text(
                "Lee–Yu 变换要求先取空间滞后再去时期效应，与 splm 的次序不能并用。",
                "The transformation of Lee and Yu takes the lag first and period effects after; "
                "it cannot go with the order of splm.",
            ),
            Text(
                "写 lag_order=dummies，或写 correction=none。",
                "Say lag_order=dummies, or correction=none.",
            ),
            [{"correction": model.correction, "lag_order": model.lag}],
        )


def refuse_options(what: Text, fix: Text, rows: Sequence[Row]) -> ZhihengError:
    """The refusal M736."""
    return ZhihengError("M736", what, evidence=list(rows), fix=fix)


def _period_effects(model: SpatialModel) -> bool:
    return model.effects in ("period", "twoway")


def _spectrum(weights: SpatialWeights, model: SpatialModel) -> Spectrum:
    try:
        found = spectrum(Links(weights.starts, weights.columns, weights.values))
    except ValueError as error:
        raise _not_standardised(weights, model) from error
    if _period_effects(model) and not found.row_standardised:
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


def _check_size(sample: SpatialSample, model: SpatialModel) -> None:
    columns = sample.design(durbin=model.durbin).shape[-1]
    n, rows = len(sample.panel.entities), sample.frame.rows
    lost = {"entity": n, "period": len(sample.panel.periods), "none": 0}
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
        [sample.y[..., None], sample.x, *([sample.lagged] if model.durbin else [])], axis=-1
    )
    lags = [f"W·{name}" for name in model.regressors] if model.durbin else []
    names = [model.outcome, *model.regressors, *lags]
    swept = sample.frame.remove(every)
    if model.effects == "none":
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
