"""From a panel to the columns of an IV model, refusing what is not identified."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import overlap
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.regression import Model, check_columns, check_model, check_size
from zhiheng.explain.variables import Variables
from zhiheng.kernels.iv import IvData, partialled
from zhiheng.kernels.panel_ols import (
    DEPENDENT,
    Effects,
    SmallSample,
    absorber,
    defects,
    difference_absorber,
)

CONSTANT = "const"


@dataclass(frozen=True, slots=True)
class IvModel:
    """What is estimated, apart from the data."""

    outcome: str
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    regressors: tuple[str, ...]
    effects: Effects
    small_sample: SmallSample

    @property
    def exogenous(self) -> tuple[str, ...]:
        """Exogenous terms of the equation, the constant included where there is one."""
        return (*self.regressors, *((CONSTANT,) if self.effects == "none" else ()))

    @property
    def variables(self) -> tuple[str, ...]:
        """Outcome, endogenous, instruments, exogenous, as they are read."""
        return (self.outcome, *self.endogenous, *self.instruments, *self.regressors)


def check_iv(model: IvModel, *, level: float, bias: float) -> None:
    """Refuse a model that cannot be identified by counting (M706, M710)."""
    if not model.endogenous:
        raise ZhihengError(
            "M706",
            Text("没有给出内生变量。", "No endogenous variable is given."),
            fix=Text("没有内生变量就用 panel_ols。", "Without one use panel_ols."),
        )
    names = (*model.endogenous, *model.instruments, *model.regressors)
    check_model(Model(model.outcome, names, model.effects))
    wrong = [name for name, v in (("level", level), ("bias", bias)) if not 0 < v < 1]
    if wrong:
        raise ZhihengError(
            "M706",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=[{"option": name} for name in wrong],
            fix=Text("取零与一之间的值。", "Give a value between zero and one."),
        )
    if len(model.instruments) < len(model.endogenous):
        raise ZhihengError(
            "M710",
            Text(
                "{d} 个内生变量只有 {z} 个工具变量，不可识别。",
                "{d} endogenous variables with {z} instruments: not identified.",
            ).format(d=len(model.endogenous), z=len(model.instruments)),
            evidence=[
                {
                    "endogenous": ", ".join(model.endogenous),
                    "instruments": ", ".join(model.instruments),
                }
            ],
            fix=Text(
                "增加工具变量，或减少内生变量；panel_ols 仍可估计相关，但不能说因果。",
                "Add instruments, or treat fewer variables as endogenous; panel_ols still "
                "estimates the association, without a causal claim.",
            ),
        )


def check_shared(panel: Panel, model: IvModel) -> None:
    """Refuse an instrument that stands on a base series of the outcome, or on its kin (M712)."""
    meaning = scope(panel.level)
    own = {k: v for k, v in panel.definitions.items() if not v.startswith("@")}
    meaning = replace(meaning, definitions={**meaning.definitions, **own})
    rows: list[Row] = [
        {"instrument": z, "series": o.left, "outcome_series": o.right, "relation": o.relation}
        for z in model.instruments
        for o in overlap(z, model.outcome, meaning)
    ]
    if rows:
        raise ZhihengError(
            "M712",
            Text(
                "工具变量与被解释变量用到相同或同源的序列：按定义就与误差相关。",
                "An instrument stands on a series of the outcome, or on its kin: it is correlated "
                "with the error by construction.",
            ),
            evidence=rows,
            fix=Text(
                "换一个与结果没有共同成分的工具变量；或用 panel_ols 与 arithmetic_null，只说相关。",
                "Use an instrument that shares nothing with the outcome; or panel_ols with "
                "arithmetic_null, and speak of an association.",
            ),
        )


def prepare(data: Variables, model: IvModel) -> IvData:
    """Columns without the effects; refuses what is not identified.

    Raises
    ------
    ZhihengError
        M701, M702, M703, M705, M707 as in `panel_ols`; M711 when the instruments carry nothing.
    """
    mask, raw = data.mask, data.values
    m, z = len(model.endogenous), len(model.instruments)
    if model.effects == "none":
        raw = np.concatenate([raw, mask[..., None].astype(np.float64)], axis=-1)
        absorb = difference_absorber(mask, "entity")  # removes nothing
        demeaned = absorber(mask, "none").remove(data.values)
    else:
        absorb = absorber(mask, model.effects)
        demeaned = absorb.remove(raw)
    check_size(absorb, z + len(model.exogenous))
    check_size(absorb, m + len(model.exogenous))
    equation = [0, *range(1, 1 + m), *range(1 + m + z, 1 + m + z + len(model.regressors))]
    fitted = Model(model.outcome, (*model.endogenous, *model.regressors), model.effects)
    check_columns(data.values[..., equation], demeaned[..., equation], absorb, fitted)
    swept = absorb.remove(raw)
    columns = IvData(
        swept[..., 0],
        swept[..., 1 : 1 + m],
        swept[..., 1 + m + z :],
        swept[..., 1 + m : 1 + m + z],
        absorb,
    )
    _check_instruments(data.values[..., 1 + m : 1 + m + z], columns, model)
    return columns


def _check_instruments(raw: NDArray[np.float64], columns: IvData, model: IvModel) -> None:
    """The rank condition, up to rounding: weak is not refused, nothing is."""
    mask = columns.absorber.mask
    left = partialled(columns.z, columns.w)
    wrong = defects(raw, left, mask)
    bad = wrong.flat or wrong.tied
    if bad:
        raise _nothing(
            Text(
                "去掉效应与外生变量后，这些工具变量没有变化或彼此共线。",
                "After effects and exogenous variables these instruments do not vary or are "
                "collinear.",
            ),
            [{"instrument": model.instruments[j]} for j in bad],
        )
    moved = partialled(columns.d, columns.w)
    fitted = moved - partialled(moved, left)
    share = (fitted**2).sum(axis=(0, 1)) / (moved**2).sum(axis=(0, 1))
    flat = fitted.reshape(-1, fitted.shape[-1])
    length = np.sqrt((flat**2).sum(axis=0))
    lost = share < DEPENDENT**2
    values = np.linalg.svd(flat / np.where(length > 0, length, 1.0), compute_uv=False)
    if lost.any() or values[-1] < DEPENDENT:
        rows: list[Row] = [
            {"endogenous": name, "partial_r2": float(r2)}
            for name, r2 in zip(model.endogenous, share, strict=True)
        ]
        raise _nothing(
            Text(
                "工具变量没有分别带动各个内生变量，秩条件不成立。",
                "The instruments do not move the endogenous variables separately: the rank "
                "condition fails.",
            ),
            rows,
        )


def _nothing(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M711",
        what,
        evidence=rows,
        fix=Text(
            "去掉多余的工具变量，或换一个在所选效应之内仍有变化的；panel_ols 仍可估计相关。",
            "Leave out redundant ones, or use one that still varies within the chosen effects; "
            "panel_ols still estimates the association.",
        ),
    )
