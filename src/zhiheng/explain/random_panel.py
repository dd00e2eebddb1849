"""Between and random-effects regressions, with the tests that choose between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text
from zhiheng.explain import random_wording as wording
from zhiheng.explain.covariances import Errors
from zhiheng.explain.regression import Fitted, Model, check_columns, check_size
from zhiheng.explain.variables import Variables
from zhiheng.kernels.panel_covariance import classical, cluster_factor, clustered_by
from zhiheng.kernels.panel_ols import PanelFit, SmallSample, absorber, defects
from zhiheng.kernels.random_effects import (
    Components,
    Wald,
    augmented,
    between,
    components,
    entity_means,
    hausman,
    random_effects,
    wald,
    within_fit,
)

Array = NDArray[np.float64]
Means = Literal["between", "random"]
CONSTANT = "const"


@dataclass(frozen=True, slots=True)
class MeansFit:
    """A between or random-effects fit; its last term is the constant."""

    fitted: Fitted
    terms: tuple[str, ...]
    r2_within: float
    tables: dict[str, Table]
    notes: tuple[Note, ...]


def check_means(model: Model, errors: Errors, effects: Means) -> None:
    """Refuse options that have no meaning for these effects (M709)."""
    wrong = {
        "transform": model.transform != "levels",
        "trends": model.trends,
        "covariance": effects == "between"
        and errors.covariance in ("driscoll_kraay", "newey_west"),
        "cluster": effects == "between" and errors.cluster != "entity",
    }
    names = [name for name, bad in wrong.items() if bad]
    if names:
        raise ZhihengError(
            "M709",
            Text(
                "effects={e} 与这些选项不能并用：{n}。",
                "effects={e} does not go together with: {n}.",
            ).format(e=effects, n=", ".join(names)),
            evidence=[{"effects": effects, "option": name} for name in names],
            fix=Text(
                "随机效应用水平值；组间回归每个地区只有一行，没有时期可言。",
                "Random effects take levels; a between regression has one row for each entity and "
                "no periods.",
            ),
        )


def estimate_means(panel: Panel, data: Variables, model: Model, effects: Means) -> MeansFit:
    """Fit a between or a random-effects regression; column 0 of `data` is the outcome.

    Raises
    ------
    ZhihengError
        The refusals of `panel_ols`: M701–M703, M705, M707.
    """
    mask = data.mask
    y, x = data.values[..., 0], data.values[..., 1:]
    constant = mask[..., None].astype(np.float64)
    columns = np.concatenate([x, constant], axis=-1)
    _check_means_columns(data, model, effects)
    terms = (*model.regressors, CONSTANT)
    fit_between = between(y, columns, mask)
    if effects == "between":
        fitted = Fitted(fit_between, data.values, mask)
        share = _r2_within(y, x, mask, fit_between.beta[:-1])
        return MeansFit(fitted, terms, share, {}, (wording.between_note(panel, mask),))
    varying = _varying(x, mask)
    within = within_fit(y, x[..., varying], mask)
    parts = components(within, fit_between)
    fit = random_effects(y, columns, mask, parts.theta)
    contrast = _contrast(fit, within, varying)
    tables = {
        "components": _components_table(parts),
        "hausman": _hausman_table(contrast, _mundlak(fit, within, model.small_sample)),
    }
    notes = [*wording.random_notes(balanced=bool(np.ptp(mask.sum(axis=1)[mask.any(axis=1)]) == 0))]
    if not contrast.definite:
        notes.append(wording.no_hausman())
    if parts.sigma2_entity == 0:
        notes.append(wording.no_entity_variance())
    share = _r2_within(y, x, mask, fit.beta[:-1])
    return MeansFit(Fitted(fit, data.values, mask), terms, share, tables, tuple(notes))


def _check_means_columns(data: Variables, model: Model, effects: Means) -> None:
    """Size and columns of the between regression, which both kinds need."""
    inside = np.asarray(data.mask.any(axis=1), dtype=np.bool_)[:, None]
    check_size(absorber(inside, "none"), len(model.regressors))
    means = entity_means(data.values, data.mask)
    check_columns(means, absorber(inside, "none").remove(means), absorber(inside, "none"), model)
    if effects == "random":
        entity = absorber(data.mask, "entity")
        check_size(entity, len(model.regressors))
        outcome = replace(model, regressors=())
        swept = entity.remove(data.values)
        check_columns(data.values[..., :1], swept[..., :1], entity, outcome)
        varying = _varying(data.values[..., 1:], data.mask)
        if not varying.any():
            raise _nothing_varies(model)
        kept = tuple(n for n, keep in zip(model.regressors, varying, strict=True) if keep)
        chosen = np.concatenate([[True], varying])
        check_columns(
            data.values[..., chosen], swept[..., chosen], entity, replace(model, regressors=kept)
        )


def _nothing_varies(model: Model) -> ZhihengError:
    return ZhihengError(
        "M709",
        Text(
            "没有一个解释变量在地区内变化，误差方差无从估计，也无从与固定效应比较。",
            "No regressor varies within entities: the error variance cannot be estimated, and "
            "there is nothing to compare with fixed effects.",
        ),
        evidence=[{"variable": name} for name in model.regressors],
        fix=Text("用 effects=between。", "Use effects=between."),
    )


def _varying(x: Array, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    flat = defects(x, absorber(mask, "entity").remove(x), mask).flat
    return ~np.isin(np.arange(x.shape[-1]), flat)


def _r2_within(y: Array, x: Array, mask: NDArray[np.bool_], beta: Array) -> float:
    """Squared correlation of outcome and prediction, both demeaned, as Stata prints it."""
    swept = absorber(mask, "entity").remove(np.stack([y, x @ beta], axis=-1))
    a, b = swept[..., 0], swept[..., 1]
    size = float((a**2).sum() * (b**2).sum())
    return float((a * b).sum()) ** 2 / size if size > 0 else float("nan")


def _components_table(parts: Components) -> Table:
    used = parts.theta[parts.theta > 0] if (parts.theta > 0).any() else np.zeros(1)
    total = parts.sigma2_error + parts.sigma2_entity
    return Table.of(
        (),
        sigma_error=np.array([np.sqrt(parts.sigma2_error)]),
        sigma_entity=np.array([np.sqrt(parts.sigma2_entity)]),
        entity_share=np.array([parts.sigma2_entity / total]),
        theta_random=np.array([float(np.median(used))]),
        theta_min=np.array([float(used.min())]),
        theta_max=np.array([float(used.max())]),
    )


def _contrast(fit: PanelFit, within: PanelFit, varying: NDArray[np.bool_]) -> Wald:
    kept = np.flatnonzero(varying)
    block = np.ix_(kept, kept)
    return hausman(within.beta, fit.beta[kept], classical(within), classical(fit)[block])


def _mundlak(fit: PanelFit, within: PanelFit, small_sample: SmallSample) -> Wald:
    wide = augmented(fit, within)
    added = slice(len(fit.beta), None)
    factor = cluster_factor(wide, "entity", small_sample)
    return wald(wide.beta[added], clustered_by(wide, "entity")[added, added] * factor)


def _hausman_table(contrast: Wald, mundlak: Wald) -> Table:
    return Table.of(
        ("test",),
        test=["hausman", "mundlak"],
        test_title_zh=["Hausman（经典）", "Mundlak（聚类稳健）"],
        test_title_en=["Hausman (classical)", "Mundlak (clustered)"],
        test_statistic=np.array([contrast.statistic, mundlak.statistic]),
        df=np.array([contrast.df, mundlak.df]),
        p_value=np.array([contrast.p_value, mundlak.p_value]),
    )
