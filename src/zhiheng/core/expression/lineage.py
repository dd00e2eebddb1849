"""Which base series an expression stands on, and what two expressions share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from zhiheng.core.expression.grammar import parse
from zhiheng.core.expression.scope import Scope
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate, Number, children, text

Role = Literal["numerator", "denominator", "both"]
Relation = Literal["identical", "same_series", "common_denominator", "subset_of", "derived_from"]
WEIGHTLESS = frozenset({"k", "base"})
"""Named arguments that are numbers of the recipe, not data."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """One base series (or pair of kin) that stands on both sides.

    `left` and `right` differ only for the relations ``subset_of`` and
    ``derived_from``.
    """

    left: str
    right: str
    relation: Relation
    left_role: Role
    right_role: Role


def needs(expression: str | Expr, scope: Scope) -> frozenset[str]:
    """The base series of an expression; derived series are followed to their definitions."""
    return frozenset(roles(expression, scope))


def roles(expression: str | Expr, scope: Scope) -> dict[str, Role]:
    """Each base series with the side of the fraction on which it stands."""
    tree = parse(expression) if isinstance(expression, str) else expression
    found: dict[str, set[int]] = {}
    for name, side in _walk(tree, 1, scope, ()):
        found.setdefault(name, set()).add(side)
    side_of: dict[frozenset[int], Role] = {
        frozenset({1}): "numerator",
        frozenset({-1}): "denominator",
        frozenset({1, -1}): "both",
    }
    return {name: side_of[frozenset(sides)] for name, sides in found.items()}


def overlap(left: str, right: str, scope: Scope) -> tuple[Overlap, ...]:
    """What two expressions have in common by construction.

    Use it before any regression of one on the other: what is shared moves both
    sides whatever the world does. It finds the same base series, a common
    denominator, and catalogued kinship (`subset_of`, `derived_from`); it cannot
    see kinship that the catalog does not name.
    """
    a, b = roles(left, scope), roles(right, scope)
    same = text(parse(left)) == text(parse(right))
    found: list[Overlap] = []
    for name in sorted(a.keys() & b.keys()):
        relation: Relation = "same_series"
        if same:
            relation = "identical"
        elif a[name] == b[name] == "denominator":
            relation = "common_denominator"
        found.append(Overlap(name, name, relation, a[name], b[name]))
    for x in sorted(a):
        for y in sorted(b):
            kin = _kinship(x, y, scope)
            if kin is not None and x != y:
                found.append(Overlap(x, y, kin, a[x], b[y]))
    return tuple(found)


def explain(expression: str, scope: Scope) -> str:
    """The expression as an indented tree, with derived series opened down to base series."""
    return "\n".join(_tell(parse(expression), scope, 0))


def _kinship(x: str, y: str, scope: Scope) -> Relation | None:
    if y in scope.subset_of.get(x, ()) or x in scope.subset_of.get(y, ()):
        return "subset_of"
    if y in scope.derived_from.get(x, ()) or x in scope.derived_from.get(y, ()):
        return "derived_from"
    return None


def _walk(
    node: Expr, side: int, scope: Scope, inside: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    """Names with the side of the fraction they stand on: 1 above, -1 below."""
    match node:
        case Name(name):
            yield from _follow(name, side, scope, inside)
        case Call():
            yield from _walk_call(node, side, scope, inside)
        case Binary("^", left, Negate()):
            yield from _walk(left, -side, scope, inside)
        case _:
            below = isinstance(node, Binary) and node.operator == "/"
            for i, part in enumerate(children(node)):
                yield from _walk(part, -side if below and i else side, scope, inside)


SIDES: dict[str, tuple[int, ...]] = {"share": (1, -1), "deflate": (1, -1, 1)}
"""On which side the arguments of a function stand, where it is not above."""


def _walk_call(
    node: Call, side: int, scope: Scope, inside: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    if node.function == "children" and isinstance(node.arguments[0], Name):
        for child in scope.children.get(node.arguments[0].name, ()):
            yield from _follow(child, side, scope, inside)
        return
    sides = SIDES.get(node.function, (1,) * len(node.arguments))
    for part, own in zip(node.arguments, sides, strict=True):
        yield from _walk(part, side * own, scope, inside)
    for key, part in node.named:
        if key not in WEIGHTLESS:
            yield from _walk(part, side, scope, inside)
    if node.function == "per_capita":
        yield from _follow("population", -side, scope, inside)


def _follow(
    name: str, side: int, scope: Scope, inside: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    if name in scope.constants:
        return
    if name in scope.definitions and name not in inside:
        yield from _walk(parse(scope.definitions[name]), side, scope, (*inside, name))
    else:
        yield name, side


def _tell(node: Expr, scope: Scope, depth: int) -> Iterator[str]:
    pad = "  " * depth
    match node:
        case Number(value):
            yield f"{pad}{value:g}"
        case Name(name) if name in scope.constants:
            constant = scope.constants[name]
            yield f"{pad}{name} = {constant.value:g} {constant.unit} ({constant.source})"
        case Name(name) if name in scope.definitions:
            yield f"{pad}{name} ="
            yield from _tell(parse(scope.definitions[name]), scope, depth + 1)
        case Name(name):
            yield f"{pad}{name}"
        case Negate(operand):
            yield f"{pad}-"
            yield from _tell(operand, scope, depth + 1)
        case Binary(operator, left, right):
            yield f"{pad}{operator}"
            yield from _tell(left, scope, depth + 1)
            yield from _tell(right, scope, depth + 1)
        case Call(function, arguments, named):
            extra = ", ".join(f"{k}={text(v)}" for k, v in named)
            yield f"{pad}{function}({extra})"
            for part in (*arguments, *(v for k, v in named if k not in WEIGHTLESS)):
                yield from _tell(part, scope, depth + 1)
