"""The multiverse of a plan: declared with it, hashed with it, checked before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.result import Json
from zhiheng.core.text import Text

MULTIVERSE = "multiverse"
"""The name under which a study keeps this result beside those of its steps."""
ROLES = ("confounder", "mediator", "ingredient")


class MultiversePlan(BaseModel):
    """Index recipes crossed with regressions; see `zhiheng.explain.multiverse`.

    `index` names the step whose recipes are varied, `controls` gives every control its
    role, `samples` names entities to leave out, `weight_draws` says how often weights are
    drawn around those of each recipe.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: str
    outcomes: tuple[str, ...] = Field(min_length=1)
    sign: Literal["+", "-", "any"]
    controls: Mapping[str, str] = Field(default_factory=dict)
    transforms: tuple[str, ...] = ("levels", "trends", "first_difference")
    lags: tuple[int, ...] = (0, 1)
    windows: tuple[str, ...] = ()
    samples: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    leave_each_out: bool = False
    recipes: str = "default"
    weight_draws: int = Field(default=0, ge=0)
    level: float = 0.05
    draws: int = 999


class StepLike(Protocol):
    """What is read of a step."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def options(self) -> Mapping[str, Json]: ...  # noqa: D102


def check_multiverse(
    wanted: MultiversePlan, steps: Sequence[StepLike], added: Collection[str], where: str
) -> None:
    """Refuse a multiverse that does not say what it varies.

    `added` are the series that steps add, which are indices and their parts, not controls.

    Raises
    ------
    ZhihengError
        P720 a control without a declared role, also one that a regression of the plan on
        the same outcome uses; P721 `index` is no step that computes an index.
    """
    if wanted.index not in [s.id for s in steps if s.method == "index"]:
        raise ZhihengError(
            "P721",
            Text(
                "多重设定要指明改变哪一步的指数：{s} 不是指数步骤。",
                "A multiverse names the step whose index is varied: {s} is no such step.",
            ).format(s=wanted.index or "—"),
            evidence=[{"file": where, "step": s.id, "method": s.method} for s in steps[:12]],
            fix=Text(
                "index 写成 method = index 的步骤名。", "Let index be a step with method = index."
            ),
        )
    rows: list[Row] = [
        {"file": where, "control": name, "role": role}
        for name, role in wanted.controls.items()
        if role not in ROLES
    ]
    for step in steps:
        if step.method == "panel_ols" and step.options.get("outcome") in wanted.outcomes:
            given = step.options.get("regressors")
            names = [str(n) for n in given] if isinstance(given, list) else []
            rows += [
                {"file": where, "control": n, "role": "—", "step": step.id}
                for n in names
                if n not in wanted.controls and n not in added
            ]
    if rows:
        raise ZhihengError(
            "P720",
            Text(
                "控制变量没有声明角色：它是混杂因素、中介，还是指数或结果的组成部分？",
                "A control has no declared role: is it a confounder, a mediator, or an ingredient?",
            ),
            evidence=rows,
            fix=Text(
                "在 [multiverse.controls] 里给每个控制变量写 confounder、mediator 或 ingredient；"
                "计划中对同一结果的回归用到的控制变量也要写。",
                "Give every control its role in [multiverse.controls]: confounder, mediator or "
                "ingredient; also those that regressions of the plan on the same outcome use.",
            ),
        )
