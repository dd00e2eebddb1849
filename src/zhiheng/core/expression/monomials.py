"""Products of powers: what an expression is as a coefficient times powers of series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from zhiheng.core.expression.grammar import parse
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate, Number, text

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


def monomial(source: str, definitions: Mapping[str, str]) -> Monomial:
    """An expression as powers of series; names in `definitions` are opened."""
    return _monomial(parse(source), definitions, ())


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
