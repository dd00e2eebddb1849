"""Whether an indicator grows with the size of its region: read off its expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from zhiheng.core.expression import parse
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate, Number

Scale = Literal["intensive", "extensive"]
"""A ratio that two regions of unlike size can be compared by, or a count or volume."""


def derived_scale(expression: str, level: str) -> Scale | None:
    """The scale that an expression has by its catalogued ingredients; None if they do not say.

    The rule is the degree of homogeneity. Were a region doubled, an extensive
    series would double and an intensive one would stay, so a product adds degrees,
    a quotient subtracts them, and a sum needs equal ones. Degree zero is
    intensive, any other degree lets size into the value. A logarithm of an
    extensive quantity, a sum of unlike degrees and a series that the catalog does
    not know have none.

    Use it as evidence beside the declared scale of an indicator; it cannot judge an
    item that needs an operator.

    Examples
    --------
    >>> derived_scale("patent_grants / population", "province")
    'intensive'
    >>> derived_scale("patent_grants", "province")
    'extensive'
    """
    degree = _degree(parse(expression), level)
    if degree is None:
        return None
    return "intensive" if degree == 0 else "extensive"


def _degree(node: Expr, level: str) -> float | None:
    match node:
        case Number():
            return 0.0
        case Name(name):
            return _of_series(name, level)
        case Negate(operand):
            return _degree(operand, level)
        case Binary():
            return _of_operation(node, level)
        case Call():
            return _of_call(node, level)


def _of_series(name: str, level: str) -> float | None:
    from zhiheng.catalog.series import constants, series

    found = series(name, level)
    if found is not None:
        return float(found.extensive)
    return 0.0 if name in constants() else None


def _of_operation(node: Binary, level: str) -> float | None:
    left, right = _degree(node.left, level), _degree(node.right, level)
    if left is None or right is None:
        return None
    match node.operator:
        case "*":
            return left + right
        case "/":
            return left - right
        case "^":
            exponent = node.right.value if isinstance(node.right, Number) else None
            return left * exponent if exponent is not None else None
        case _:
            return left if left == right else None


def _of_call(node: Call, level: str) -> float | None:
    degrees = [_degree(part, level) for part in node.arguments]
    known = [d for d in degrees if d is not None]
    if len(known) < len(degrees):
        return None
    named = dict(node.named)
    if node.function == "chain" and "level" in named:
        return _degree(named["level"], level)
    if node.function in LINEAR:
        factors, constant = LINEAR[node.function]
        return sum(f * d for f, d in zip(factors, known, strict=True)) + constant
    return known[0] if not any(known) or (node.function in SUMS and len(set(known)) == 1) else None


SUMS = frozenset({"abs", "lag", "diff", "chain", "children", "total"})
"""Functions whose value grows as their arguments do, if these agree."""
LINEAR: Mapping[str, tuple[tuple[float, ...], float]] = {
    "share": ((1.0, -1.0), 0.0),
    "deflate": ((1.0, -1.0, 1.0), 0.0),
    "growth": ((0.0,), 0.0),
    "sqrt": ((0.5,), 0.0),
    "per_capita": ((1.0,), -1.0),
}
"""The degree of a function's value: a factor for each argument's degree, and a constant."""
