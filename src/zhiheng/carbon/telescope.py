"""Whether the factors of an identity multiply up to its left-hand side by construction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from zhiheng.catalog.identities import Identity
from zhiheng.core.expression import Expr, Scope, parse, text
from zhiheng.core.expression.tree import Binary, Call, Name, Negate, Number

# Coefficients are products of literals; exponents are sums of them.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Monomial:
    """A coefficient times powers of series and of sub-expressions that are no products."""

    coefficient: float
    powers: Mapping[str, float]

    def times(self, other: Monomial, power: float = 1.0) -> Monomial:
        """The product with a power of another."""
        out: defaultdict[str, float] = defaultdict(float, self.powers)
        for name, exponent in other.powers.items():
            out[name] += power * exponent
        kept = {name: e for name, e in out.items() if abs(e) > SAME}
        return Monomial(self.coefficient * other.coefficient**power, kept)

    def __str__(self) -> str:
        parts = [] if abs(self.coefficient - 1.0) <= SAME else [f"{self.coefficient:.12g}"]
        for name, power in sorted(self.powers.items()):
            shown = f"({name})" if " " in name else name
            parts.append(shown if power == 1 else f"{shown}^{power:g}")
        return " * ".join(parts) or "1"


ONE = Monomial(1.0, {})


def leftover(identity: Identity, scope: Scope, stored: Collection[str]) -> Monomial:
    """The product of the factors over the left-hand side; `ONE` when the identity holds.

    Derived series are opened only if the identity does not close without, and
    never those whose values the panel holds itself.
    """
    rest = _quotient(identity, {})
    if _is_one(rest):
        return rest
    return _quotient(identity, {k: v for k, v in scope.definitions.items() if k not in stored})


def closes(identity: Identity, scope: Scope, stored: Collection[str]) -> bool:
    """Whether the factors telescope to the left-hand side whatever the data are."""
    return _is_one(leftover(identity, scope, stored))


def _is_one(found: Monomial) -> bool:
    return not found.powers and abs(found.coefficient - 1.0) <= SAME


def _quotient(identity: Identity, definitions: Mapping[str, str]) -> Monomial:
    left = _monomial(parse(identity.left), definitions, ())
    if left.coefficient == 0:
        return left
    product = ONE
    for factor in identity.factors:
        product = product.times(_monomial(parse(factor.expression), definitions, ()))
    return product.times(left, -1.0)


def _monomial(node: Expr, definitions: Mapping[str, str], inside: tuple[str, ...]) -> Monomial:
    found: Monomial | None = None
    match node:
        case Number(value):
            found = Monomial(value, {})
        case Name(name) if name in definitions and name not in inside:
            found = _monomial(parse(definitions[name]), definitions, (*inside, name))
        case Negate(operand):
            found = _monomial(operand, definitions, inside).times(Monomial(-1.0, {}))
        case _ if (parts := _product(node)) is not None:
            left, right, power = parts
            base = _monomial(left, definitions, inside)
            other = _monomial(right, definitions, inside) if right is not None else base
            found = _combined(base, other, power, alone=right is None)
        case _:
            pass
    return found or Monomial(1.0, {text(node): 1.0})


def _product(node: Expr) -> tuple[Expr, Expr | None, float] | None:
    """A product as ``left * right^power``, or a power as ``left^power`` without a right side."""
    match node:
        case Binary("*", left, right):
            return left, right, 1.0
        case Binary("/", left, right) | Call("share", (left, right)):
            return left, right, -1.0
        case Call("per_capita", (part,)):
            return part, Name("population", node.span), -1.0
        case Binary("^", left, right) if (power := _literal(right)) is not None:
            return left, None, power
        case _:
            return None


def _combined(base: Monomial, other: Monomial, power: float, *, alone: bool) -> Monomial | None:
    """None where a coefficient has no such power."""
    if other.coefficient == 0 and power < 0 or other.coefficient < 0 and power != int(power):
        return None
    return (ONE if alone else base).times(other, power)


def _literal(node: Expr) -> float | None:
    match node:
        case Number(value):
            return value
        case Negate(Number(value)):
            return -value
        case _:
            return None
