"""Beta convergence with neighbours: growth that spills over, or shocks that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.spatial import Islands, weights_for
from zhiheng.catalog.spatial_notes import weight_notes
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose.beta_models import Growth, regress, spans
from zhiheng.kernels.convergence import speed
from zhiheng.kernels.links import Links
from zhiheng.kernels.panel_ols import Effects
from zhiheng.kernels.spatial_effects import spatial_effects
from zhiheng.kernels.spatial_ml import (
    Frame,
    NoMaximum,
    SpatialFit,
    error_model,
    frame,
    lag_model,
    linear_model,
)
from zhiheng.kernels.spatial_spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
Kind = Literal["sar", "sem", "sdm"]

ROUNDING = 1e-9  # weights have sixteen digits


@dataclass(frozen=True, slots=True)
class Spatial:
    """The weights, the panel that goes with them, and one line for each model."""

    weights: SpatialWeights
    table: Table
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    """One regression to fit: `x` holds the constant, the level and the controls."""

    name: str
    kind: Kind
    y: Array
    x: Array
    first: int
    tau: int
    frame: Frame


def fit_spatial(
    panel: Panel, data: Growth, spatial: str | SpatialWeights, *, effects: Effects, lag: int,
    islands: Islands, level: float,
) -> Spatial:  # fmt: skip
    """SAR, SEM and Durbin models of long growth, and the Durbin model of the panel.

    Raises
    ------
    ZhihengError
        M773 collinear lags, M774 weights that are not row-standardised, M775 too
        few rows, M865–M867 the weights.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    weights, inside = weights_for(ordered, spatial, islands=islands)
    links = Links(weights.starts, weights.columns, weights.values)
    _refuse_sums(weights, np.asarray(links.matrix.sum(axis=1)).ravel())
    found = spectrum(links)
    at = [panel.entities.index(e) for e in inside.entities]
    models = _models(panel, data, np.array(at), found, effects=effects, lag=lag)
    lines = [_line(one, level) for one in models]
    titles = [option_word("beta_space", one.name) for one in models]
    table = Table.of(
        ("model",),
        model=[one.name for one in models],
        model_title_zh=[t.zh for t in titles],
        model_title_en=[t.en for t in titles],
        n=np.array([one.y.size for one in models]),
        entities=np.array([one.y.shape[0] for one in models]),
        span_periods=np.array([one.tau for one in models]),
        **{name: np.array([line[name] for line in lines]) for name in lines[0]},
    )
    notes = (*weight_notes(weights, panel, inside, whole=False), *_notes(models, table, effects))
    return Spatial(weights, table, notes)


def _models(
    panel: Panel, data: Growth, at: NDArray[np.intp], found: Spectrum, *, effects: Effects, lag: int
) -> list[_Model]:
    log, extra = data.log[at], data.extra[at]
    tau = panel.periods[-1] - panel.periods[0]
    long = (log[:, -1:] - log[:, :1]) / tau
    x = np.concatenate([log[:, :1, None], extra[:, :1]], axis=-1)
    names = ("level", *data.controls)
    _check(long, x, found, "none", names)
    one = np.ones((*long.shape, 1))
    across = frame(found, 1, "none")
    kinds: tuple[Kind, ...] = ("sar", "sem", "sdm")
    design = np.concatenate([one, x], axis=-1)
    out = [_Model(f"long_{kind}", kind, long, design, 1, tau, across) for kind in kinds]
    start, end = spans(panel, lag)
    growth = (log[:, end] - log[:, start]) / lag
    x = np.concatenate([log[:, start, None], extra[:, start]], axis=-1)
    _check(growth, x, found, effects, names)
    first = int(effects == "none")
    design = np.concatenate([np.ones((*growth.shape, first)), x], axis=-1)
    over = frame(found, len(start), effects, correction="lee_yu")
    return [*out, _Model("panel_sdm", "sdm", growth, design, first, lag, over)]


def _check(y: Array, x: Array, found: Spectrum, effects: Effects, names: Sequence[str]) -> None:
    """Refuse what least squares with the same columns refuses; its estimates are not used."""
    regress(
        y, np.concatenate([x, found.lag(x)], axis=-1), effects,
        (*names, *(f"W {name}" for name in names)),
    )  # fmt: skip


def _line(model: _Model, level: float) -> dict[str, float]:
    """Coefficient, effects and speed of one model; NaN where its likelihood has no maximum."""
    lags = model.frame.spectrum.lag(model.x[..., model.first :])
    durbin = model.kind == "sdm"
    design = np.concatenate([model.x, lags], axis=-1) if durbin else model.x
    try:
        fit = (error_model if model.kind == "sem" else lag_model)(model.y, design, model.frame)
    except NoMaximum:
        return dict.fromkeys(_COLUMNS, float("nan"))
    plain = linear_model(model.y, model.x, model.frame)
    more = 1 + (lags.shape[-1] if durbin else 0)
    ratio = 2 * (fit.log_likelihood - plain.log_likelihood)
    effect, low, high = _total(model, fit, level)
    pace = speed(np.array(effect[2]), np.zeros(()), model.tau)  # point only
    error = np.sqrt(np.diag(fit.covariance))
    own = model.first  # the level stands after the constant
    p = 2 * stats.norm.sf(abs(fit.beta[own] / error[own + 1]))
    values = (
        fit.rho, error[0], fit.beta[own], error[own + 1], p, *effect, low, high,
        pace.theta, pace.half_life, fit.log_likelihood, ratio, stats.chi2.sf(ratio, more),
    )  # fmt: skip
    return {name: float(v) for name, v in zip(_COLUMNS, values, strict=True)}


_COLUMNS = (
    "spatial_parameter", "std_error_spatial", "estimate", "std_error_ml", "p_value",
    "direct_effect", "indirect_effect", "total_effect", "total_low", "total_high",
    "theta", "half_life", "loglik", "lr_ols", "p_lr_ols",
)  # fmt: skip


def _total(model: _Model, fit: SpatialFit, level: float) -> tuple[list[float], float, float]:
    """Direct, indirect and total effect of the level, and the interval of the total one."""
    own = model.first
    k = model.x.shape[-1] - own
    durbin, error = model.kind == "sdm", model.kind == "sem"
    used = [own, *([own + k] if durbin else [])]
    theta = fit.beta[own + k : own + k + 1] if durbin else np.zeros(1)
    covariance = np.zeros((3, 3))
    into = np.arange(1, 1 + len(used))
    rows = np.array(used) + 1
    covariance[np.ix_(into, into)] = fit.covariance[np.ix_(rows, rows)]
    if not error:
        covariance[0, 0] = fit.covariance[0, 0]
        covariance[0, into] = covariance[into, 0] = fit.covariance[0, rows]
    found = spatial_effects(
        0.0 if error else fit.rho, fit.beta[own : own + 1], theta, covariance,
        model.frame.spectrum, draws=0, seed=1, level=level,
    )  # fmt: skip
    total, half = float(found.estimate[2, 0]), float(found.delta_error[2, 0])
    half *= float(stats.norm.ppf(1 - level / 2))
    return [float(v) for v in found.estimate[:, 0]], total - half, total + half


def _notes(models: Sequence[_Model], table: Table, effects: Effects) -> list[Note]:
    said = [
        Note(
            Text(
                "空间 β 用极大似然：sar 与 sdm 让增长取决于邻居的增长，sdm 还让它取决于邻居的起点，"
                "sem 只让冲击外溢。有空间滞后时系数不是边际效应，速度由总效应算出；"
                "误差假定同方差，权重假定由外部给定。似然比与没有空间项的同一回归相比。",
                "Spatial beta is by maximum likelihood: sar and sdm let growth depend on that of "
                "neighbours, sdm on their initial level too, sem lets only shocks spill over. With "
                "a spatial lag the coefficient is no marginal effect: the speed follows from the "
                "total effect. Errors are taken to have one variance and weights to come from "
                "outside. The likelihood ratio is against the same regression without space.",
            )
        )
    ]
    if effects in ("entity", "twoway"):
        said.append(
            Note(
                Text(
                    "面板空间 β 用 Lee–Yu 变换，它校正固定效应对 ρ 与方差的偏误，"
                    "不校正短面板里水平系数的 Nickell 偏误：速度偏大。",
                    "The panel spatial beta uses the transformation of Lee and Yu, which mends "
                    "what fixed effects do to rho and the variance, not Nickell's bias of the "
                    "level in a short panel: its speed is too high.",
                ),
                level="caution",
                code="M778",
            )
        )
    lost = np.isnan(table.columns["spatial_parameter"])
    if lost.any():
        titles = [
            option_word("beta_space", m.name) for m, no in zip(models, lost, strict=True) if no
        ]
        said.append(
            Note(
                Text(
                    "下列模型的似然在空间参数的边界处仍在上升，没有估计值：{m}。",
                    "The likelihood of these models still rises at the edge of the spatial "
                    "parameter and gives no estimate: {m}.",
                ).format(m=Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))),
                level="caution",
                code="M739",
            )
        )
    return said


def _refuse_sums(weights: SpatialWeights, sums: Array) -> None:
    off = np.flatnonzero(np.abs(sums - 1.0) > ROUNDING)
    if not off.size:
        return
    raise ZhihengError(
        "M774",
        Text(
            "空间 β 要求按行标准化的权重；“{w}”不是。",
            'Spatial beta needs row-standardised weights; "{w}" is not.',
        ).format(w=weights.name),
        evidence=[{"unit": weights.labels[i], "row_sum": float(sums[i])} for i in off[:8]],
        fix=Text("用 standardisation=row 的权重。", "Use weights with standardisation=row."),
    )
