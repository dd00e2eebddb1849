"""The mean of all entities as a reference in which the identity still holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.sectors import Spread
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import Expr, Scope, evaluate, parse, text
from zhiheng.core.expression.tree import Binary, Call, Name
from zhiheng.core.text import Text

Array = NDArray[np.float64]

# A mean of entities closes as well as their own values do, but for the sums over entities.
CLOSES = 1e-10


def mean_state(wide: Spread, meaning: Scope, values: Array) -> Array:
    """Left-hand side and factors of the mean of entities, [draw, part, period, 1 + factors].

    A ratio of the mean is the ratio of means: mean emissions over mean energy. So the mean is
    a region of average size, and its factors multiply up to its emissions.

    Parameters
    ----------
    wide : Spread
        Rows are draws times entities times parts.
    meaning : Scope
    values : ndarray, shape (draws, entities, parts, periods, 1 + factors)

    Raises
    ------
    ZhihengError
        M958 the identity does not hold for means.
    """
    expressions = [wide.identity.left, *(f.expression for f in wide.identity.factors)]
    draws, entities, parts, periods, _ = values.shape
    out: list[Array] = []
    for k, expression in enumerate(expressions):
        above, below = quotient(parse(expression), wide, meaning)
        if below is None:
            out.append(values[..., k].mean(axis=1))
            continue
        ends = [
            evaluate(text(node), wide.panel, meaning)
            .values.reshape(draws, entities, parts, periods)
            .mean(axis=1)
            for node in (above, below)
        ]
        one = np.ones_like(ends[0])
        out.append(np.divide(ends[0], ends[1], out=one, where=ends[1] != 0))
    state = np.abs(np.stack(out, axis=-1))
    _refuse_open(state, wide)
    return state


def quotient(node: Expr, wide: Spread, meaning: Scope) -> tuple[Expr, Expr | None]:
    """The two sides of a ratio; the second is None for what is no ratio."""
    match node:
        case Binary("/", left, right) | Call("share", (left, right)):
            return left, right
        case Call("per_capita", (part,)):
            return part, Name("population", node.span)
        case Name(name) if name in meaning.definitions and name not in wide.panel.series:
            return quotient(parse(meaning.definitions[name]), wide, meaning)
        case _:
            return node, None


def _refuse_open(state: Array, wide: Spread) -> None:
    left, product = state[..., 0], state[..., 1:].prod(axis=-1)
    size = np.maximum(left, product)
    off = np.divide(np.abs(product - left), size, out=np.zeros_like(left), where=size > 0)
    if off.max() <= CLOSES:
        return
    raise ZhihengError(
        "M958",
        Text(
            "恒等式对各地区的平均不成立：有的因素不是总量之比，不能由平均数得到。",
            "The identity does not hold for the mean of entities: a factor is no ratio of amounts, "
            "so means do not give it.",
        ),
        evidence=[
            {"factor": f.id, "expression": f.expression} for f in wide.identity.factors
        ],
        fix=Text(
            "用 base= 指定一个地区作参照，或把因素写成两个总量之比。",
            "Name an entity as the reference with base=, or write factors as ratios of amounts.",
        ),
    )  # fmt: skip
