"""Indicators as expressions over base series: parse, check units, evaluate, compare."""

from zhiheng.core.expression.evaluate import Evaluated, evaluate
from zhiheng.core.expression.grammar import FUNCTIONS, parse
from zhiheng.core.expression.lineage import Overlap, explain, needs, overlap, roles
from zhiheng.core.expression.scope import Constant, Scope
from zhiheng.core.expression.tree import Expr, names, text

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
