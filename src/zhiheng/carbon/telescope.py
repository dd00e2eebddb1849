"""Whether the factors of an identity multiply up to its left-hand side by construction."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from zhiheng.catalog.identities import Identity
from zhiheng.core.expression import Scope
from zhiheng.core.expression.monomials import ONE, SAME, Monomial, monomial


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
    left = monomial(identity.left, definitions)
    if left.coefficient == 0:
        return left
    product = ONE
    for factor in identity.factors:
        product = product.times(monomial(factor.expression, definitions))
    return product.times(left, -1.0)
