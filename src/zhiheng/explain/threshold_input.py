"""What a threshold regression stands on, and what it refuses before it searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Overlap, overlap
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.kernels.threshold import Design, Transform, Variance

Effects = Literal["entity", "twoway"]
MOST = 3


@dataclass(frozen=True, slots=True)
class Search:
    """How thresholds are searched and tested."""

    number: int
    transform: Transform
    variance: Variance
    effects: Effects
    bootstrap: int
    trim: float
    grid: int
    least: int
    level: float
    seed: int


def check_search(search: Search, outcome: str, threshold: str) -> None:
    """Refuse options out of range or at odds (M727)."""
    # Every regime keeps the share `trim`, and there is one regime more than thresholds.
    fair: dict[str, tuple[object, bool]] = {
        "regimes": (search.number, 1 <= search.number <= MOST),
        "bootstrap": (search.bootstrap, search.bootstrap >= 0),
        "trim": (search.trim, 0 < search.trim < 1 / (max(search.number, 0) + 1)),
        "grid": (search.grid, search.grid >= 0),
        "least": (search.least, search.least >= 1),
        "level": (search.level, 0 < search.level < 1),
        "threshold": (threshold, threshold != outcome),
    }
    bad: list[Row] = [{"option": k, "value": v} for k, (v, fine) in fair.items() if not fine]
    if bad:
        raise out_of_range(
            bad,
            Text(
                "number 为 1 到 3；trim 大于零且小于 1/(number+1)；level 在零与一之间；"
                "其余不为负；门槛变量不能就是被解释变量。",
                "number is 1 to 3; trim lies above zero and below 1/(number+1); level lies "
                "between zero and one; the others are not negative; the threshold variable is "
                "not the outcome.",
            ),
        )


def out_of_range(bad: Sequence[Row], fix: Text) -> ZhihengError:
    """Options out of range or at odds."""
    what = Text("选项出界或不配。", "Options are out of range or at odds.")
    return ZhihengError("M727", what, evidence=bad, fix=fix)


def read_complete(panel: Panel, names: Sequence[str]) -> Variables:
    """Read variables of a panel without gaps (M726)."""
    try:
        return read_variables(panel, names, gaps="refuse")
    except ZhihengError as error:
        if error.code != "M704":
            raise
        raise ZhihengError(
            "M726",
            Text(
                "门槛回归需要平衡面板：{n} 个单元格没有观测值。自助法整条抽取地区的残差，"
                "长短不一就没有定义。",
                "A threshold regression needs a balanced panel: {n} cells have no observation. "
                "Its bootstrap draws whole residual paths of entities, which must be equally long.",
            ).format(n=len(error.evidence)),
            evidence=error.evidence,
            fix=Text(
                "换一个没有缺口的窗口、地区集合或变量。",
                "Choose a window, a set of entities or variables without gaps.",
            ),
        ) from None


def design(panel: Panel, data: Variables, search: Search) -> Design:
    """Columns outcome, regressor, threshold variable, controls; entities sorted by their id.

    Draws must not depend on how rows are sorted, hence the order. Refuses a threshold
    variable that does not vary within entities (M728).
    """
    order = np.argsort(np.array(panel.entities), kind="stable")
    values = data.values[order]
    q = values[..., 2]
    spread = np.ptp(q, axis=1)
    if not (spread > 0).any():
        raise ZhihengError(
            "M728",
            Text(
                "门槛变量在每个地区内都不随时间变化：分出来的是两组地区，不是门槛。",
                "The threshold variable does not vary within any entity: what it parts are two "
                "groups of entities, not regimes.",
            ),
            evidence=[{"entities": len(spread), "distinct_values": len(np.unique(q))}],
            fix=Text(
                "换一个随时间变化的门槛变量；要比较两组地区，分组估计并检验差异。",
                "Choose a threshold variable that varies over time; to compare groups of "
                "entities, estimate by group and test the difference.",
            ),
        )
    return Design(
        y=values[..., 0],
        x=values[..., 1],
        q=q,
        controls=values[..., 3:],
        common=search.effects == "twoway",
        transform=search.transform,
        variance=search.variance,
    )


def too_small(found: int, rows: int, search: Search) -> ZhihengError:
    """No candidate leaves enough rows in every regime."""
    return ZhihengError(
        "M729",
        Text(
            "放不下第 {k} 个门槛：没有一个候选值能让每个区间都留下足够的行。",
            "There is no room for threshold number {k}: no candidate leaves enough rows in every "
            "regime.",
        ).format(k=found + 1),
        evidence=[
            {"rows": rows, "least": search.least, "trim": search.trim, "regimes": search.number}
        ],
        fix=Text(
            "减少门槛个数，或降低 trim、least；样本小就不要分段。",
            "Ask for fewer thresholds, or lower trim or least; a small sample has no regimes.",
        ),
    )


def shared_ingredients(panel: Panel, threshold: str, outcome: str) -> tuple[Overlap, ...]:
    """What threshold variable and outcome share by construction."""
    meaning = scope(panel.level)
    own = {k: v for k, v in panel.definitions.items() if not v.startswith("@")}
    meaning = replace(meaning, definitions={**meaning.definitions, **own})
    return overlap(threshold, outcome, meaning)


def share_below(q: NDArray[np.float64], cut: float) -> float:
    """The share of rows at or below a threshold."""
    return float((q <= cut).mean())
