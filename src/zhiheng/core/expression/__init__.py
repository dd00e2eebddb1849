"""Indicators as expressions over base series: parse, check units, evaluate, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhiheng.core.expression.grammar import FUNCTIONS, parse
from zhiheng.core.expression.lineage import Overlap, explain, needs, overlap, roles
from zhiheng.core.expression.scope import Constant, Scope
from zhiheng.core.expression.tree import Expr, names, text

if TYPE_CHECKING:
    from zhiheng.core.expression.evaluation import Evaluated, evaluate

__all__ = [
    "FUNCTIONS",
    "Constant",
    "Evaluated",
    "Expr",
    "Overlap",
    "Scope",
    "evaluate",
    "explain",
    "names",
    "needs",
    "overlap",
    "parse",
    "roles",
    "text",
]


def __getattr__(name: str) -> Any:
    """Import evaluation, and numpy with it, only when something is evaluated."""
    if name not in {"Evaluated", "evaluate"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("zhiheng.core.expression.evaluation"), name)
