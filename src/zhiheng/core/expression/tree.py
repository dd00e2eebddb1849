"""The small typed tree that every indicator is parsed to, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Operator = Literal["+", "-", "*", "/", "^"]
Span = tuple[int, int]

BINDS_MINUS = 3
BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}


@dataclass(frozen=True, slots=True)
class Number:
    """A literal; years and lags are such numbers too."""

    value: float
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A series or a catalogued constant."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus."""

    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic operation."""

    operator: Operator
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function with positional and named arguments."""

    function: str
    arguments: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    span: Span


Expr = Number | Name | Negate | Binary | Call


def children(node: Expr) -> tuple[Expr, ...]:
    """The direct parts of a node."""
    match node:
        case Negate(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments, named):
            return (*arguments, *(value for _, value in named))
        case _:
            return ()


def names(node: Expr) -> Iterator[Name]:
    """Every name in the tree, from left to right, repeats included."""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from names(child)


def text(node: Expr, outer: int = 0) -> str:
    """The expression in its one canonical spelling.

    Two expressions are the same tree exactly when their texts are equal.
    """
    match node:
        case Number(value):
            return f"{value:.12g}"
        case Name(name):
            return name
        case Negate(operand):
            inner = f"-{text(operand, 3)}"
            return f"({inner})" if outer > BINDS_MINUS else inner
        case Binary(operator, left, right):
            own = BINDS[operator]
            # a power groups to the right, everything else to the left
            before, after = (own + 1, 3) if operator == "^" else (own, own + 1)
            inner = f"{text(left, before)} {operator} {text(right, after)}"
            return f"({inner})" if own < outer else inner
        case Call(function, arguments, named):
            parts = [*(text(a) for a in arguments), *(f"{k}={text(v)}" for k, v in named)]
            return f"{function}({', '.join(parts)})"
