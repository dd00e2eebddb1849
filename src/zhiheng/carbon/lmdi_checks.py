"""What the effects are tested against, and where a form is not defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.comparison import Plan
from zhiheng.carbon.factors import Factors
from zhiheng.carbon.lmdi_analysis import Analysis
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.result import Check
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi_forms import Form

Array = NDArray[np.float64]

# The promised bound, relative to the largest of |change|, start and end, and over a chain to the
# largest amount that it passes through; rounding alone stays four digits below it.
CLOSURE = 1e-10

KINDS = {"entities": "entity", "scenarios": "scenario", "periods": "period"}


def checks(sides: Sequence[Analysis], data: Factors, plan: Plan, form: Form) -> tuple[Check, ...]:
    """Closure of every step, of the whole, and of the identity itself."""
    steps = max(float(np.nanmax(np.abs(s.steps.residual), initial=0.0)) for s in sides)
    whole = max(_whole(s, plan, form) for s in sides)
    product = Check(
        Text("各因素之积等于被分解量", "the product of the factors is the decomposed quantity"),
        data.deviation,
        CLOSURE,
    )
    if form == "additive":
        return (
            Check(
                Text(
                    "各因素效应之和等于每个地区每一步的变化",
                    "effects sum to every entity's change in every step",
                ),
                max(steps, *(_members(s) for s in sides)),
                CLOSURE,
            ),
            Check(
                Text("各因素效应之和等于总变化", "effects sum to the total change"), whole, CLOSURE
            ),
            product,
        )
    return (
        Check(
            Text(
                "各因素指数之积等于每一步的比值（对数）",
                "indices multiply to the ratio in every step (in logarithms)",
            ),
            steps,
            CLOSURE,
        ),
        Check(
            Text(
                "各因素指数之积等于首末的比值（对数）",
                "indices multiply to the ratio of the whole path (in logarithms)",
            ),
            whole,
            CLOSURE,
        ),
        product,
    )


def _whole(side: Analysis, plan: Plan, form: Form) -> float:
    """How far the effects of the path are from its change, at worst over targets."""
    start, end = _first(side, plan), side.end[:, -1]
    if not len(side.effects):
        return 0.0
    if form == "multiplicative":
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.log(side.effects).sum(axis=-1) - np.log(end / start)
        return float(np.nanmax(np.abs(off), initial=0.0))
    change = end - start
    size = np.maximum.reduce([np.abs(change), start, end])
    if plan.chained:  # effects of steps up and down again are as large as the top
        size = np.maximum(size, side.end.max(axis=1))
    off = side.effects.sum(axis=-1) - change
    return float(np.max(np.divide(np.abs(off), size, out=np.zeros_like(off), where=size > 0)))


def _first(side: Analysis, plan: Plan) -> Array:
    """Where the path of the effects starts."""
    return side.start[:, 0] if plan.chained else side.start[:, -1]


def _members(side: Analysis) -> float:
    """How far members decomposed on their own are from their change (additive)."""
    own = side.entities
    if own is None:
        return 0.0
    size = np.maximum(np.abs(own.change), np.abs(own.effects).max(axis=-1))
    off = own.effects.sum(axis=-1) - own.change
    found = np.divide(np.abs(off), size, out=np.zeros_like(off), where=size > 0)
    return float(np.nanmax(found, initial=0.0))


def refuse_undefined(found: Analysis, data: Factors, plan: Plan, *, form: Form) -> None:
    """Refuse indices of a total that starts or ends at zero, and LMDI-II without a limit."""
    bad = np.isnan(found.steps.effects).any(axis=-1)
    if not bad.any():
        return
    periods = data.panel.periods
    rows: list[Row] = [
        {
            **({KINDS[plan.between]: plan.targets[t]} if plan.targets[t] else {}),
            "from": periods[plan.first[s]],
            "to": periods[plan.last[s]],
            "start": float(found.start[t, s]),
            "end": float(found.end[t, s]),
        }
        for t, s in zip(*np.nonzero(bad), strict=True)
    ]
    zero = (found.start[bad] == 0) | (found.end[bad] == 0)
    if form == "multiplicative" and zero.any():
        what = Text(
            "合计从零开始或归于零，比值没有定义，不能做乘法分解。",
            "The total starts or ends at zero: its ratio is undefined, and so are indices.",
        )
        fix = Text("用 form=additive，或换一个窗口。", "Use form=additive, or another window.")
    else:
        what = Text(
            "LMDI-II 在这里没有极限：没有一个部分首末都为正，份额的权重无从确定。",
            "LMDI-II has no limit here: no part is positive at both ends, which leaves the weights "
            "of shares open.",
        )
        fix = Text("用 method=lmdi1，它处处有极限。", "Use method=lmdi1, which has all limits.")
    raise ZhihengError("M957", what, evidence=rows, fix=fix)


def with_even_sinks(data: Factors, plan: Plan) -> Factors:
    """Sinks that all entities have; one that is zero throughout goes with those of the others.

    Raises
    ------
    ZhihengError
        M958 a sink of one entity would be compared with emissions of another.
    """
    if plan.between == "periods" or not data.sink.any():
        return data
    emits = ~data.sink & (data.aggregate > 0).any(axis=-1)
    uneven = data.sink.any(axis=0) & emits.any(axis=0)
    if not uneven.any():
        return replace(data, sink=np.broadcast_to(data.sink.any(axis=0), data.sink.shape))
    rows: list[Row] = [
        {
            "entity": data.panel.entities[e],
            "sector": ".".join(data.parts[i]) or "-",
            "negative": bool(data.sink[e, i]),
        }
        for i in np.flatnonzero(uneven)
        for e in range(len(data.sink))
    ]
    raise ZhihengError(
        "M958",
        Text(
            "同一部分在有的地区是碳汇、在有的地区是排放，不能相比。",
            "One part is a sink in some entities and emits in others: they cannot be compared.",
        ),
        evidence=rows,
        fix=Text("用 sectors= 去掉这一部分。", "Leave the part out with sectors=."),
    )
