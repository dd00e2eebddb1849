"""Arithmetic on values that know their unit, kind and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression.scope import Scope
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.core.units import PLAIN, UNSTATED

NUMBER = "number"
"""The kind of a literal: it takes the kind of whatever it meets."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Values with unit, kind, the year their prices belong to, and status.

    `shift` counts periods back from the row's own period; it matters for
    current prices only, because money of two years cannot be compared.
    """

    values: NDArray[np.float64]
    unit: str
    kind: str
    status: NDArray[np.int8]
    shift: int = 0
    text: str = ""


def number(value: float) -> Quantity:
    """A plain number."""
    return Quantity(
        np.float64(value) * np.ones(()),
        PLAIN,
        NUMBER,
        np.zeros((), dtype=np.int8),
        text=f"{value:g}",
    )


def weakest(*parts: Quantity) -> NDArray[np.int8]:
    """The status of a result: the weakest of its inputs."""
    status: NDArray[Any] = parts[0].status
    for part in parts[1:]:
        status = np.maximum(status, part.status)
    return status.astype(np.int8)


def add(left: Quantity, right: Quantity, scope: Scope, sign: int) -> Quantity:
    """Sum or difference; both sides must have the same unit and comparable kinds."""
    _refuse_mixed_units(left, right)
    _refuse_mixed_kinds(left, right)
    refuse_mixed_years(left, right, scope)
    kind = right.kind if left.kind == NUMBER else left.kind
    values = left.values + sign * right.values
    return Quantity(values, left.unit, kind, weakest(left, right), max(left.shift, right.shift))


def multiply(left: Quantity, right: Quantity, scope: Scope) -> Quantity:
    """Product."""
    _refuse_index_money(left, right, scope)
    unit = scope.units.product(left.unit, right.unit)
    kind = _product_kind(left, right)
    return Quantity(
        left.values * right.values, unit, kind, weakest(left, right), max(left.shift, right.shift)
    )


def divide(left: Quantity, right: Quantity, scope: Scope) -> tuple[Quantity, int]:
    """Quotient and the number of cells that were divided by zero, which become NaN."""
    if scope.units.is_current_money(left.unit) and scope.units.is_current_money(right.unit):
        refuse_mixed_years(left, right, scope)
    top, bottom = np.broadcast_arrays(left.values, right.values)
    zero = bottom == 0
    values = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=~zero)
    unit = scope.units.product(left.unit, right.unit, -1)
    kind = left.kind if right.kind in (NUMBER, "share") else "ratio"
    money = scope.units.is_current_money(unit)
    shift = max(left.shift, right.shift) if money else 0
    quotient = Quantity(values, unit, kind, weakest(left, right), shift)
    return quotient, int(np.sum(zero & ~np.isnan(top)))


def refuse_mixed_years(left: Quantity, right: Quantity, scope: Scope) -> None:
    """Raise U206 when current prices of two different years meet."""
    money = scope.units.is_current_money(left.unit) or scope.units.is_current_money(right.unit)
    if money and left.shift != right.shift:
        raise ZhihengError(
            "U206",
            Text(
                "不同年份的现价不能直接比较。",
                "Current prices of different years cannot be compared.",
            ),
            evidence=_addresses(left, right),
            fix=Text(
                "先换成不变价：chain(…) 或 deflate(…)。",
                "Convert to constant prices first: chain(…) or deflate(…).",
            ),
        )


def _refuse_mixed_units(left: Quantity, right: Quantity) -> None:
    if UNSTATED in (left.unit, right.unit):
        raise ZhihengError(
            "U203",
            Text("没有给出单位的量不能相加减。", "Values without a stated unit cannot be added."),
            evidence=_addresses(left, right),
            fix=Text("用 units={…} 给出单位。", "State the units with units={…}."),
        )
    if left.unit != right.unit:
        raise ZhihengError(
            "U202",
            Text(
                "{a} 与 {b} 单位不同，不能相加减。",
                "{a} and {b} have different units and cannot be added.",
            ).format(a=left.unit, b=right.unit),
            evidence=_addresses(left, right),
            fix=Text(
                "先换成同一单位；货币先换成同一价格基期。",
                "Bring both to one unit; bring money to one price basis.",
            ),
        )


def _refuse_mixed_kinds(left: Quantity, right: Quantity) -> None:
    if (left.kind == "index") != (right.kind == "index"):
        raise ZhihengError(
            "U204",
            Text("指数不能与其他量相加减。", "An index cannot be added to something else."),
            evidence=_addresses(left, right),
            fix=Text("用比值、增长率或 chain(…)。", "Use a ratio, a growth rate or chain(…)."),
        )


def _refuse_index_money(left: Quantity, right: Quantity, scope: Scope) -> None:
    for index, money in ((left, right), (right, left)):
        if index.kind == "index" and scope.units.is_current_money(money.unit):
            raise ZhihengError(
                "U205",
                Text(
                    "指数乘现价得不出有价格基期的量。",
                    "An index times current prices has no price basis.",
                ),
                evidence=_addresses(left, right),
                fix=Text(
                    "用 chain(指数, base=…, level=现价序列)。",
                    "Use chain(index, base=…, level=current series).",
                ),
            )


def _product_kind(left: Quantity, right: Quantity) -> str:
    for one, other in ((left, right), (right, left)):
        if one.kind in (NUMBER, "share", "ratio"):
            return other.kind
    return "flow"


def _addresses(left: Quantity, right: Quantity) -> list[dict[str, object]]:
    return [
        {"term": part.text or "?", "unit": part.unit, "kind": part.kind} for part in (left, right)
    ]


def status_where_present(values: NDArray[np.float64], status: NDArray[np.int8]) -> NDArray[np.int8]:
    """Statuses with ABSENT wherever the value is missing."""
    return np.where(np.isnan(values), Status.ABSENT, np.maximum(status, 0)).astype(np.int8)
