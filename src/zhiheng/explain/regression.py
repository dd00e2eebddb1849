"""From a panel to a fitted regression, refusing what cannot be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.variables import Variables
from zhiheng.kernels.panel_ols import (
    DEPENDENT,
    Absorber,
    Effects,
    PanelFit,
    SmallSample,
    absorber,
    defects,
    difference,
    difference_absorber,
    solve,
)

Transform = Literal["levels", "first_difference"]

FEWEST_CLUSTERS = 10
"""With fewer, no correction rescues clustered inference (MacKinnon, Nielsen and Webb 2023)."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is estimated, apart from the data."""

    outcome: str
    regressors: tuple[str, ...]
    effects: Effects = "twoway"
    transform: Transform = "levels"
    trends: bool = False
    small_sample: SmallSample = "stata"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, the transformed columns behind it, and the rows of the panel that it used."""

    fit: PanelFit
    raw: NDArray[np.float64]
    used: NDArray[np.bool_]


def check_model(model: Model) -> None:
    """Refuse options that do not go together (M706)."""
    if not model.regressors:
        raise _options(
            Text("没有给出解释变量。", "No regressor is given."),
            Text("写 regressors=[…]。", "Give regressors=[…]."),
        )
    twice = [x for x in model.regressors if model.regressors.count(x) > 1]
    if twice or model.outcome in model.regressors:
        raise _options(
            Text("同一变量出现了两次：{n}。", "One variable stands twice: {n}.").format(
                n=", ".join(dict.fromkeys(twice or [model.outcome]))
            ),
            Text("每个变量只写一次。", "Name each variable once."),
        )
    if model.trends and model.effects not in ("entity", "twoway"):
        raise _options(
            Text("地区趋势需要地区效应。", "Entity trends need entity effects."),
            Text("用 effects=twoway 或 entity。", "Use effects=twoway or entity."),
        )


def estimate(panel: Panel, data: Variables, model: Model) -> Fitted:
    """Fit `model`; column 0 of `data` is the outcome.

    Raises
    ------
    ZhihengError
        M701 fewer than ten clusters, M702 a regressor without variation, M703
        collinear regressors, M705 too few rows, M707 an outcome without variation,
        M708 an outcome that the regressors reproduce exactly.
    """
    mask, kept = data.mask, np.ones((len(panel.entities), 1), dtype=bool)
    raw, absorb = transformed(panel, data.values, mask, model)
    thin = absorb.mask.sum(axis=1) <= absorb.basis.shape[-1]
    if thin.any():  # its own effects absorb such an entity whole: it would count as a cluster
        kept = ~thin[:, None]
        raw, absorb = transformed(panel, data.values, mask & kept, model)
    check_size(absorb, len(model.regressors))
    swept = absorb.remove(raw)
    check_columns(raw, swept, absorb, model)
    fit = solve(swept[..., 0], swept[..., 1:], absorb)
    if 1.0 - fit.r2_within <= DEPENDENT**2:
        raise _identity(model)
    return Fitted(fit, raw, mask & kept)


def transformed(
    panel: Panel, values: NDArray[np.float64], mask: NDArray[np.bool_], model: Model
) -> tuple[NDArray[np.float64], Absorber]:
    """Columns in levels or differences, zero where missing, with the projection to apply."""
    if model.transform == "levels":
        inside = values * mask[..., None]
        return inside, absorber(mask, model.effects, trends=model.trends)
    raw, both = difference(values, mask, np.array(panel.periods, dtype=np.int64))
    return raw, difference_absorber(both, model.effects, trends=model.trends)


def check_size(absorb: Absorber, regressors: int) -> None:
    """Refuse too few rows (M705) or clusters (M701)."""
    rows, clusters = int(absorb.mask.sum()), int(absorb.mask.any(axis=1).sum())
    counted = regressors + absorb.nested + absorb.common
    if rows <= counted:
        raise ZhihengError(
            "M705",
            Text(
                "行数不足：{n} 行，要估计 {k} 个参数（含固定效应）。",
                "Too few rows: {n} rows for {k} parameters, effects included.",
            ).format(n=rows, k=counted),
            evidence=[{"rows": rows, "clusters": clusters, "parameters": counted}],
            fix=Text(
                "加长窗口，或减少变量与效应。", "Use a longer window, or fewer terms and effects."
            ),
        )
    refuse_few_clusters(clusters)


WIDER = Text(
    "去掉其中的变量，或换一组固定效应：不随时间变化的变量可用 effects=period，各地区相同的可用 "
    "effects=entity。",
    "Leave out a variable, or choose other effects: what does not change in time stands with "
    "effects=period, what is equal in all entities with effects=entity.",
)
"""What remains when effects take all of a variable."""


def refuse_few_clusters(clusters: int) -> None:
    """Refuse to test with fewer than ten clusters (M701)."""
    if clusters < FEWEST_CLUSTERS:
        raise ZhihengError(
            "M701",
            Text(
                "只有 {n} 个聚类（地区），少于 {m} 个，聚类推断不可信。",
                "There are {n} clusters, fewer than {m}: clustered inference cannot be trusted.",
            ).format(n=clusters, m=FEWEST_CLUSTERS),
            evidence=[{"clusters": clusters, "fewest": FEWEST_CLUSTERS}],
            fix=Text(
                "增加地区；或只作描述：inequality、sigma_convergence 不靠聚类推断。",
                "Add entities; or describe: inequality and sigma_convergence do not lean on "
                "clusters.",
            ),
        )


def check_columns(
    raw: NDArray[np.float64], swept: NDArray[np.float64], absorb: Absorber, model: Model
) -> None:
    """Refuse columns that cannot be estimated (M702, M703, M707); column 0 is the outcome."""
    if defects(raw[..., :1], swept[..., :1], absorb.mask).flat:
        raise _columns(
            "M707",
            Text(
                "去掉固定效应后，被解释变量没有变化。",
                "The outcome has no variation left once the effects are removed.",
            ),
            [model.outcome],
            WIDER,
        )
    wrong = defects(raw[..., 1:], swept[..., 1:], absorb.mask)
    if wrong.flat:
        raise _columns(
            "M702",
            Text(
                "去掉固定效应后，这些解释变量没有变化。",
                "These regressors have no variation left once the effects are removed.",
            ),
            [model.regressors[j] for j in wrong.flat],
            WIDER,
        )
    if wrong.tied:
        raise _columns(
            "M703",
            Text(
                "这些解释变量完全共线（去掉固定效应之后）。",
                "These regressors are exactly collinear once the effects are removed.",
            ),
            [model.regressors[j] for j in wrong.tied],
            Text(
                "去掉其中的变量；或用 index 把它们并成一个得分。",
                "Leave out a variable; or make one score of them with index.",
            ),
        )


def _columns(code: str, what: Text, names: Sequence[str], fix: Text) -> ZhihengError:
    rows: list[Row] = [{"variable": name} for name in names]
    return ZhihengError(code, what, evidence=rows, fix=fix)


def _identity(model: Model) -> ZhihengError:
    rows: list[Row] = [{"outcome": model.outcome, "regressors": ", ".join(model.regressors)}]
    return ZhihengError(
        "M708",
        Text(
            "解释变量把被解释变量完全复制出来：这是恒等式，不是回归。",
            "The regressors reproduce the outcome exactly: this is an identity, not a regression.",
        ),
        evidence=rows,
        fix=Text(
            "检查两边是否由同一些序列构成（overlap_audit）。",
            "Check whether both sides are made of the same series (overlap_audit).",
        ),
    )


def _options(what: Text, fix: Text) -> ZhihengError:
    return ZhihengError("M706", what, fix=fix)
