"""Rule 3: every value has a unit; what cannot be added is an error with both addresses."""

from __future__ import annotations

import pytest

import zhiheng as zh
from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate
from zhiheng.core.units import UNSTATED


@pytest.mark.parametrize("name", ["provinces", "world", "gdi2016"])
def test_every_embedded_series_has_a_canonical_unit(name: str) -> None:
    panel = zh.data(name)
    units = scope(panel.level).units
    for series in panel.series:
        assert panel.units[series] != UNSTATED
        assert units.canonical(panel.units[series]) == panel.units[series]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("gdp_current + population", "U202"),
        ("gdp_current + gdp_real", "U202"),
        ("growth(gdp_current)", "U206"),
        ("gdp_current * gdp_index_prev_100", "U205"),
    ],
)
def test_bases_and_units_do_not_mix(expression: str, code: str) -> None:
    with pytest.raises(zh.ZhihengError) as caught:
        evaluate(expression, zh.data("provinces"), scope("province"))
    assert caught.value.code == code
    terms = [row["term"] for row in caught.value.evidence if "term" in row]
    assert len(terms) == 2


def test_real_output_equals_current_output_in_the_base_year() -> None:
    panel = zh.data("provinces")
    real = evaluate("gdp_real", panel, scope("province"))
    t = panel.periods.index(2020)
    assert real.unit == "CNY_2020"
    assert (real.values[:, t] == panel.array("gdp_current")[:, t]).all()
