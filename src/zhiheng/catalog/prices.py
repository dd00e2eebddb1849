"""Whether an expression is in prices of its own year, also where other units are not stated.

Output in current prices over a population without a unit has no unit, and would pass for a
number of any kind; so the amounts inside are asked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator

from zhiheng.core.expression import Expr, Scope, evaluate, parse, text
from zhiheng.core.expression.tree import Binary, Call, Name, Negate
from zhiheng.core.panel import Panel
from zhiheng.core.units import UNSTATED


def in_current_prices(expression: str, unit: str, panel: Panel, scope: Scope) -> bool:
    """Whether values carry the prices of their own year.

    Parameters
    ----------
    expression : str
        A logarithm is asked for its argument.
    unit : str
        Of its values, as they were evaluated.
    panel : Panel
        Holds the series, or the parts of a family.
    scope : Scope
    """
    node = parse(expression)
    if isinstance(node, Call) and node.function == "log" and node.arguments:
        node = node.arguments[0]
        unit = evaluate(text(node), panel, scope).unit
    if unit != UNSTATED:
        return scope.units.is_current_money(unit)
    units = [_unit(amount, panel, scope) for amount in _amounts(node)]
    money = [u for u in units if scope.units.is_current_money(u)]
    return bool(money) and (len(money) == 1 or len(set(money)) > 1)  # in a share it cancels


def _amounts(node: Expr) -> Iterator[Expr]:
    match node:
        case Binary(_, left, right):
            yield from _amounts(left)
            yield from _amounts(right)
        case Negate(operand):
            yield from _amounts(operand)
        case _:
            yield node


def _unit(node: Expr, panel: Panel, scope: Scope) -> str:
    """The unit of a series, of a family by its first member, or of a function's values."""
    match node:
        case Name(name) if name in panel.series:
            return panel.units[name]
        case Name(name) if name not in scope.definitions:
            return next((panel.units[s] for s in panel.series if s.startswith(name + ".")), "")
        case Name() | Call():
            return evaluate(text(node), panel, scope).unit
        case _:
            return ""
