"""Current prices inside of expressions whose other units are not stated."""

from __future__ import annotations

import pytest

from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel

UNITS = {"gdp": "CNY", "services": "CNY", "real": "CNY_2020", "people": "person"}
NAMES = (*UNITS, "heads", "energy")


@pytest.mark.parametrize(
    ("expression", "current"),
    [
        ("gdp", True),
        ("gdp / people", True),
        ("gdp / heads", True),
        ("energy / gdp", True),
        ("log(gdp / heads)", True),
        ("services / gdp", False),
        ("heads * services / gdp", False),
        ("real / heads", False),
        ("log(real / heads)", False),
        ("energy / heads", False),
    ],
)
def test_money_of_its_own_year_is_found(expression, current):
    panel = Panel.of(
        {n: [[1.0, 2.0]] for n in NAMES}, entities=["a"], periods=[2020, 2021], units=UNITS
    )
    meaning = scope(panel.level)
    unit = evaluate(expression, panel, meaning).unit
    assert in_current_prices(expression, unit, panel, meaning) == current


def test_a_family_is_asked_by_its_parts():
    panel = Panel.of({"va.steel": [[1.0]]}, entities=["a"], periods=[2020],
                     units={"va.steel": "CNY"})  # fmt: skip
    assert in_current_prices("va / heads", "unstated", panel, scope(panel.level))
