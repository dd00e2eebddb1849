"""What is estimated in a spatial panel model, and which options go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.spatial_dynamic import Dynamic
from zhiheng.kernels.spatial_ml import Correction, Effects, Lag
from zhiheng.kernels.spatial_random import Errors

Kind = Literal["sdm", "sar", "sem", "slx"]
Covariance = Literal["ml", "qml"]


@dataclass(frozen=True, slots=True)
class SpatialModel:
    """What is estimated, apart from the data."""

    outcome: str
    regressors: tuple[str, ...]
    kind: Kind
    effects: Effects
    correction: Correction
    lag: Lag
    dynamic: Dynamic = "none"
    covariance: Covariance = "ml"
    random_errors: Errors = "kkp"

    @property
    def durbin(self) -> bool:
        """Whether lags of the regressors are in the model."""
        return self.kind in ("sdm", "slx")

    @property
    def past(self) -> tuple[str, ...]:
        """Roles of the lags of the outcome in time, in the order of their columns."""
        roles = {"none": (), "time": ("time",), "space": ("space_time",)}
        return roles.get(self.dynamic, ("time", "space_time"))


def check_options(panel: Panel, model: SpatialModel) -> None:
    """Refuse what decides nothing, or two things at once.

    Raises
    ------
    ZhihengError
        M736.
    """
    if not model.regressors:
        raise refuse_options(
            Text("没有给出解释变量。", "No regressor is given."),
            Text("写 regressors=[…]。", "Give regressors=[…]."),
            [],
        )
    _check_extensions(model)
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
    if model.lag == "splm" and model.correction == "lee_yu" and period_effects(model):
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


def _check_extensions(model: SpatialModel) -> None:
    """Lags in time, random effects and quasi-likelihood errors have their own conditions."""
    if model.dynamic != "none" and (
        model.effects not in ("entity", "twoway") or model.kind == "sem" or model.lag == "splm"
    ):
        raise refuse_options(
            Text(
                "时间滞后（dynamic={d}）只与 sar、sdm、slx 和固定的地区效应（entity、twoway）、"
                "lag_order=dummies 并用：偏误校正是按它们推出的。",
                "Lags in time (dynamic={d}) go with sar, sdm or slx, fixed entity effects (entity, "
                "twoway) and lag_order=dummies: the correction of bias is derived for these.",
            ).format(d=model.dynamic),
            Text(
                "写 effects=twoway 与 model=sdm，或 dynamic=none。",
                "Say effects=twoway and model=sdm, or dynamic=none.",
            ),
            [{"dynamic": model.dynamic, "effects": model.effects, "model": model.kind}],
        )
    if model.effects == "random" and (model.covariance == "qml" or model.lag == "splm"):
        raise refuse_options(
            Text(
                "随机效应的模型没有 covariance=qml（两种误差各有高阶矩），也没有 lag_order=splm。",
                "Models with random effects have no covariance=qml (two errors, each with higher "
                "moments of its own) and no lag_order=splm.",
            ),
            Text("写 covariance=ml。", "Say covariance=ml."),
            [{"effects": "random", "covariance": model.covariance, "lag_order": model.lag}],
        )
    if model.random_errors == "anselin" and (model.effects != "random" or model.kind != "sem"):
        raise refuse_options(
            Text(
                "random_errors 只在随机效应的空间误差模型里起作用。",
                "random_errors matters in a spatial error model with random effects only.",
            ),
            Text("写 model=sem、effects=random。", "Say model=sem and effects=random."),
            [{"model": model.kind, "effects": model.effects}],
        )


def refuse_options(what: Text, fix: Text, rows: Sequence[Row]) -> ZhihengError:
    """The refusal M736."""
    return ZhihengError("M736", what, evidence=list(rows), fix=fix)


def period_effects(model: SpatialModel) -> bool:
    """Whether means of periods are removed."""
    return model.effects in ("period", "twoway")
