"""Which technology an index of productivity stands on, and the options that do not go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Frontier, Model

Kind = Literal["malmquist", "ml", "gml"]
Given = tuple[str | None, str | None, str | None, str | None]
OPTIONS = ("orientation", "direction", "convention", "measure")


@dataclass(frozen=True, slots=True)
class Choice:
    """An index and what it is computed with.

    Attributes
    ----------
    kind : {"malmquist", "ml", "gml"}
    model : Model
    scale_model : Model or None
        The same under varying returns, where efficiency change is split by scale.
    references : tuple of str
        Frontiers besides that of the own period.
    technology : str
        ``plain`` without undesirable outputs, else ``weak``, ``capped`` or ``strong``.
    """

    kind: Kind
    model: Model
    scale_model: Model | None
    references: tuple[Frontier, ...]
    technology: str


def refuse_one_period(panel: Panel) -> None:
    """Raise M660 for a panel of one period."""
    count = len(panel.periods)
    if count < 2:
        raise ZhihengError(
            "M660",
            Text(
                "只有 {p} 一个时期；生产率的变化至少要两个时期。",
                "There is one period, {p}; a change of productivity needs two.",
            ).format(p=panel.periods[0]),
            evidence=[{"period": panel.periods[0]}],
            fix=Text("选入更多时期。", "Take in more periods."),
        )


def choose(kind: Kind, undesirable: Sequence[str], given: Given, returns: str) -> Choice:
    """Read the options of an index, with defaults that depend on its kind.

    Parameters
    ----------
    given : tuple
        Orientation, direction, convention and measure; None where not said.

    Raises
    ------
    ZhihengError
        M661 undesirable outputs that the kind does not take or lacks, M662 an option that
        does not belong to the kind.
    """
    bad = bool(undesirable)
    if bad == (kind == "malmquist") and kind != "gml":
        raise _unfit(kind, bad)
    orientation, direction, convention, measure = given
    _refuse_unused(kind, bad, given)
    variable = "vrs" if returns == "vrs" else "crs"
    if kind == "malmquist":
        side = "input" if orientation == "input" else "output"
        model = Model("radial", variable, side)
    elif measure == "sbm":
        model = Model("sbm", variable)
    else:
        bound = (convention or ("apz" if kind == "ml" else "cfg")) == "cfg" and bad
        model = Model(
            "ddf",
            variable,
            inputs_move=direction == "all",
            weak=bound,
            capped=bad and not bound,
        )
    wider = replace(model, returns="vrs") if variable == "crs" else None
    references: tuple[Frontier, ...] = ("pooled",) if kind == "gml" else ("next", "previous")
    return Choice(kind, model, wider, references, _technology(model, bad))


def _technology(model: Model, bad: bool) -> str:
    if not bad:
        return "plain"
    if model.kind == "sbm":
        return "strong"
    return "weak" if model.weak else "capped"


def _refuse_unused(kind: Kind, bad: bool, given: Given) -> None:
    """An option that would do nothing is refused, so that nobody believes it did."""
    used = {"malmquist": {"orientation"}, "ml": {"direction", "convention"}}.get(
        kind, {"direction", "convention", "measure"}
    )
    if kind == "gml" and given[3] == "sbm":
        used = {"measure"}
    if not bad:
        used = used - {"convention"}
    idle = [
        (name, value)
        for name, value in zip(OPTIONS, given, strict=True)
        if value is not None and name not in used
    ]
    if idle:
        rows: list[Row] = [{"option": name, "value": value} for name, value in idle]
        raise ZhihengError(
            "M662",
            Text(
                "选项 {o} 不属于这样的 {k}，写了也不起作用。",
                "The option {o} does not belong to {k} like this and would do nothing.",
            ).format(o=", ".join(name for name, _ in idle), k=kind),
            evidence=rows,
            fix=Text(
                "去掉它；malmquist 用 orientation，ml 用 direction、convention，"
                "gml 用 direction、convention，或 measure=sbm。",
                "Leave it out; malmquist has orientation, ml has direction and convention, gml "
                "has direction and convention, or measure=sbm.",
            ),
        )


def _unfit(kind: Kind, bad: bool) -> ZhihengError:
    if bad:
        what = Text(
            "malmquist 没有非期望产出；列进去就会被当作越多越好。",
            "malmquist has no undesirable outputs; listed there they would count as goods.",
        )
    else:
        what = Text(
            "ml 需要非期望产出；没有它就是普通的 Malmquist 指数。",
            "ml needs undesirable outputs; without them it is the plain Malmquist index.",
        )
    return ZhihengError(
        "M661",
        what,
        evidence=[{"kind": kind, "undesirable": "yes" if bad else "no"}],
        fix=Text(
            "有非期望产出用 kind=ml 或 gml，没有用 kind=malmquist 或 gml。",
            "With undesirable outputs say kind=ml or gml, without them kind=malmquist or gml.",
        ),
    )
