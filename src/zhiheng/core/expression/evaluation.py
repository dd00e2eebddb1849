"""From tree to values: units checked, gaps propagated, every rule that applied noted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import VERBATIM, ZhihengError, unknown_name
from zhiheng.core.expression import quantity as q
from zhiheng.core.expression.functions import CALLS, Call1
from zhiheng.core.expression.grammar import caret, parse
from zhiheng.core.expression.scope import Scope
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate, Number, text
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The values of an expression on a panel.

    Attributes
    ----------
    values : ndarray, shape (entities, periods)
    unit, kind : str
    status : ndarray, same shape
        The weakest status among the inputs of each cell.
    notes : tuple of Note
        Rules that applied, such as cells divided by zero.
    """

    values: NDArray[np.float64]
    unit: str
    kind: str
    status: NDArray[np.int8]
    notes: tuple[Note, ...]


def evaluate(expression: str, panel: Panel, scope: Scope) -> Evaluated:
    """Compute an expression on a panel.

    Names are looked up in the panel first, then among constants and derived
    series. Nothing is filled: a gap in any input is a gap in the result.

    Raises
    ------
    ZhihengError
        X301/X302 unreadable, X304 a base series is missing, X310 a value outside
        the domain of a function, X312 no base period, U202–U206 units or price
        bases that do not fit.
    """
    run = Evaluation(panel, scope, expression)
    found = run.value(parse(expression))
    shape = (len(panel.entities), len(panel.periods))
    values = np.array(np.broadcast_to(found.values, shape))
    status = q.status_where_present(values, np.broadcast_to(found.status, shape))
    return Evaluated(values, found.unit, found.kind, status, tuple(run.notes))


class Evaluation:
    """One pass over one expression; carries the source text for carets."""

    def __init__(
        self, panel: Panel, scope: Scope, source: str, inside: tuple[str, ...] = ()
    ) -> None:
        self.panel = panel
        self.scope = scope
        self.source = source
        self.inside = inside
        self.notes: list[Note] = []

    def value(self, node: Expr) -> q.Quantity:
        """The value of one node, labelled with its text for error messages."""
        return replace(self._value(node), text=text(node))

    def _value(self, node: Expr) -> q.Quantity:
        match node:
            case Number(value):
                return q.number(value)
            case Name():
                return self.named(node)
            case Negate(operand):
                inner = self.value(operand)
                return replace(inner, values=-inner.values)
            case Binary():
                return self.binary(node)
            case Call():
                return self.call(node)

    def named(self, node: Name) -> q.Quantity:
        """A series of the panel, a constant, or a derived series."""
        panel, scope, name = self.panel, self.scope, node.name
        if name in panel.series:
            unit = scope.units.canonical(panel.units[name])
            kind = scope.kinds.get(name, "flow")
            return q.Quantity(panel.array(name), unit, kind, panel.status_of(name))
        if name in scope.constants:
            constant = scope.constants[name]
            unit = scope.units.canonical(constant.unit)
            return replace(q.number(constant.value), unit=unit, kind="ratio")
        if name in scope.definitions and name not in self.inside:
            definition = scope.definitions[name]
            nested = Evaluation(panel, scope, definition, (*self.inside, name))
            found = nested.value(parse(definition))
            self.notes.extend(nested.notes)
            return replace(found, kind=scope.kinds.get(name, found.kind))
        raise self._missing(node)

    def binary(self, node: Binary) -> q.Quantity:
        """Arithmetic, with a caret under the operation when units do not fit."""
        if node.operator == "^":
            return self._power(node)
        left, right = self.value(node.left), self.value(node.right)
        try:
            if node.operator in "+-":
                return q.add(left, right, self.scope, 1 if node.operator == "+" else -1)
            if node.operator == "*":
                return q.multiply(left, right, self.scope)
            quotient, zeros = q.divide(left, right, self.scope)
        except ZhihengError as error:
            raise self.located(error, node) from error
        if zeros:
            self.notes.append(_divided_by_zero(text(node), zeros))
        return quotient

    def call(self, node: Call) -> q.Quantity:
        """A function; its module names the rule that it follows."""
        function: Call1 = CALLS[node.function]
        try:
            return function(self, node)
        except ZhihengError as error:
            raise self.located(error, node) from error

    def located(self, error: ZhihengError, node: Expr) -> ZhihengError:
        """The same error with the expression and a caret, unless it has one already."""
        if any(VERBATIM in row for row in error.evidence):
            return error
        rows = [*caret(self.source, *node.span), *error.evidence]
        return ZhihengError(
            error.code, error.what, fix=error.fix, evidence=rows, exit_code=error.exit_code
        )

    def _power(self, node: Binary) -> q.Quantity:
        base = self.value(node.left)
        exponent = node.right
        sign = -1.0 if isinstance(exponent, Negate) else 1.0
        inner = exponent.operand if isinstance(exponent, Negate) else exponent
        if not isinstance(inner, Number):
            raise ZhihengError(
                "X305",
                Text("指数必须是写明的数。", "An exponent must be a literal number."),
                evidence=caret(self.source, *node.right.span),
                fix=Text("写成 x^2 或 exp(b*log(x))。", "Write x^2, or exp(b*log(x))."),
            )
        power = sign * inner.value
        whole = power == int(power)
        bad = (base.values < 0) & (not whole) | (base.values == 0) & (power < 0)
        self.refuse_outside(bad, base, node)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.power(base.values, power)
        return replace(base, values=values, unit=self.scope.units.power(base.unit, power))

    def refuse_outside(self, bad: NDArray[np.bool_], part: q.Quantity, node: Expr) -> None:
        """Raise X310 with the cells for which a function is not defined."""
        if not bad.any():
            return
        shape = (len(self.panel.entities), len(self.panel.periods))
        rows = self.panel.cells(np.broadcast_to(bad, shape), np.broadcast_to(part.values, shape))
        raise ZhihengError(
            "X310",
            Text(
                "{n} 个单元格的值不能进入 {x}。", "{n} cells are outside the domain of {x}."
            ).format(n=len(rows), x=text(node)),
            evidence=[*caret(self.source, *node.span), *rows],
            fix=Text(
                "核对这些单元格；零或负数取对数没有意义，不会替您加一。",
                "Check these cells; the log of zero or less has no meaning; no one is added.",
            ),
        )

    def _missing(self, node: Name) -> ZhihengError:
        known = [*self.panel.series, *self.scope.definitions]
        error = unknown_name("X304", node.name, known, kind=Text("序列", "series"))
        return self.located(error, node)


def _divided_by_zero(what: str, count: int) -> Note:
    return Note(
        Text(
            "{x}：{n} 个单元格除以零，记为缺失。",
            "{x}: {n} cells were divided by zero and are gaps.",
        ).format(x=what, n=count),
        level="caution",
        code="X311",
    )
