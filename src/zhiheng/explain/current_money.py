"""Variables in money of their own year, whose slopes hold the rise of prices."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text


def nominal_notes(panel: Panel, expressions: Sequence[str]) -> list[Note]:
    """A caution that names the variables in current prices; nothing where there are none."""
    meaning = scope(panel.level)
    units = {e: evaluate(e, panel, meaning).unit for e in expressions}
    found = [e for e, unit in units.items() if in_current_prices(e, unit, panel, meaning)]
    if not found:
        return []
    return [
        Note(
            Text(
                "{x} 以当年价计：斜率里混有物价上涨，时期效应只去掉各地区共同的部分；"
                "宜用不变价，如 gdp_real。",
                "{x} are in current prices: slopes hold the rise of prices, of which period "
                "effects take off only what regions share; use constant prices such as gdp_real.",
            ).format(x=", ".join(found)),
            level="caution",
            code="M836",
        )
    ]
