"""Expressions: units are checked, gaps stay, and shared ingredients are seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import Scope, evaluate, explain, needs, overlap, parse, text
from zhiheng.core.expression.functions import CALLS
from zhiheng.core.expression.grammar import FUNCTIONS
from zhiheng.core.panel import Panel, Status
from zhiheng.core.units import UnitSystem

UNITS = UnitSystem(
    ["CNY = [cny]", "CNY_2020 = [cny20]", "person = [person]", "t_CO2 = [co2]", "tce = [tce]"],
    current_money=["CNY"],
)
SCOPE = Scope(
    UNITS,
    kinds={"idx": "index"},
    definitions={"gdp_real": "chain(idx, base=2020, level=gdp)"},
    children={"energy": ("coal", "oil")},
    subset_of={"va3": ("gdp",)},
    derived_from={"co2": ("coal",)},
)
YEARS = (2019, 2020, 2021)


def panel(**changes: list[list[float]]) -> Panel:
    values: dict[str, list[list[float]]] = {
        "gdp": [[10, 11, 12], [20, 21, 22]],
        "idx": [[105, 106, 107], [103, 102, 101]],
        "co2": [[1, 2, 3], [4, 5, 6]],
        "population": [[1, 1, 2], [2, 2, 2]],
        "va3": [[5, 5, 5], [6, 6, 6]],
        "coal": [[1, 1, 1], [2, 2, np.nan]],
        "oil": [[3, 3, 3], [4, 4, 4]],
        **changes,
    }
    units = {
        "gdp": "CNY", "idx": "1", "co2": "t_CO2", "population": "person",
        "va3": "CNY", "coal": "tce", "oil": "tce",
    }  # fmt: skip
    arrays = {name: np.array(rows, dtype=float) for name, rows in values.items()}
    return Panel.of(arrays, entities=["a", "b"], periods=YEARS, units=units)


def refused(expression: str, on: Panel | None = None) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        evaluate(expression, on or panel(), SCOPE)
    return caught.value


def test_a_volume_is_chained_from_the_base_level_in_both_directions() -> None:
    found = evaluate("gdp_real", panel(), SCOPE)
    np.testing.assert_allclose(found.values[0], [11 / 1.06, 11, 11 * 1.07])
    assert found.unit == "CNY_2020"


def test_the_unit_of_a_quotient_is_the_quotient_of_the_units() -> None:
    assert evaluate("co2 / gdp_real", panel(), SCOPE).unit == "t_CO2/CNY_2020"
    assert evaluate("per_capita(co2)", panel(), SCOPE).unit == "t_CO2/person"
    assert evaluate("va3 / gdp", panel(), SCOPE).unit == "1"


def test_a_deflated_value_has_constant_prices() -> None:
    found = evaluate("deflate(va3, gdp, gdp_real)", panel(), SCOPE)
    assert found.unit == "CNY_2020"
    np.testing.assert_allclose(found.values[:, 1], [5, 6])


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("co2 + gdp", "U202"),
        ("gdp + gdp_real", "U202"),
        ("growth(gdp)", "U206"),
        ("diff(gdp)", "U206"),
        ("gdp / lag(gdp)", "U206"),
        ("gdp * idx", "U205"),
        ("idx + va3 / gdp", "U204"),
        ("share(co2, gdp)", "U202"),
        ("chain(co2, base=2020)", "U207"),
        ("chain(idx, base=1999)", "X312"),
        ("co3 / gdp", "X304"),
        ("co2 / (gdp", "X301"),
        ("co2 gdp", "X301"),
        ("co2 $ gdp", "X301"),
        ("foo(co2)", "X302"),
        ("log(co2, gdp)", "X302"),
        ("lag(co2, k=1.5)", "X307"),
        ("co2 ^ gdp", "X305"),
        ("children(coal)", "X306"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_its_code(expression: str, code: str) -> None:
    error = refused(expression)
    assert error.code == code
    assert expression in str(error), "the message shows the expression"
    assert "^" in str(error), "the message shows a caret"


def test_both_addresses_stand_in_the_error_of_unlike_units() -> None:
    rows = refused("co2 + gdp").evidence
    assert [(r["term"], r["unit"]) for r in rows if "term" in r] == [
        ("co2", "t_CO2"),
        ("gdp", "CNY"),
    ]


def test_the_caret_stands_under_the_fault() -> None:
    lines = [str(r["text"]) for r in refused("co2 / gpd").evidence if "text" in r]
    assert lines[0][lines[1].index("^") :] == "gpd"


def test_the_log_of_zero_or_less_names_the_cells() -> None:
    error = refused("log(co2)", panel(co2=[[1, 0, 3], [4, -5, 6]]))
    cells = [(r["entity"], r["period"], r["value"]) for r in error.evidence if "period" in r]
    assert error.code == "X310"
    assert cells == [("a", 2020, 0.0), ("b", 2020, -5.0)]


def test_division_by_zero_is_a_gap_with_a_note() -> None:
    found = evaluate("co2 / population", panel(population=[[0, 1, 1], [1, 1, 1]]), SCOPE)
    assert np.isnan(found.values[0, 0])
    assert [n.code for n in found.notes] == ["X311"]


def test_a_gap_in_an_ingredient_is_a_gap_in_the_result() -> None:
    found = evaluate("children(energy)", panel(), SCOPE)
    np.testing.assert_array_equal(found.values, [[4, 4, 4], [6, 6, np.nan]])
    assert found.status[1, 2] == Status.ABSENT


def test_a_lag_goes_by_period_not_by_row() -> None:
    holed = panel().select(periods=[2019, 2021])
    assert np.isnan(evaluate("lag(co2)", holed, SCOPE).values).all()
    np.testing.assert_array_equal(evaluate("lag(co2, k=2)", holed, SCOPE).values[:, 1], [1, 4])


def test_growth_is_the_ratio_minus_one() -> None:
    np.testing.assert_allclose(evaluate("growth(co2)", panel(), SCOPE).values[0, 1:], [1.0, 0.5])


def test_needs_follows_derived_series_to_the_base() -> None:
    assert needs("log(co2 / gdp_real)", SCOPE) == {"co2", "idx", "gdp"}


def test_a_common_denominator_is_an_overlap() -> None:
    (found, kin) = overlap("va3 / gdp", "log(co2 / gdp_real)", SCOPE)
    assert (found.left, found.relation) == ("gdp", "common_denominator")
    assert (kin.left, kin.right, kin.relation) == ("va3", "gdp", "subset_of")


def test_kinship_of_the_catalog_is_an_overlap_in_both_directions() -> None:
    assert overlap("coal / population", "co2", SCOPE)[0].relation == "derived_from"
    assert overlap("co2", "coal / population", SCOPE)[0].relation == "derived_from"


def test_expressions_without_common_series_do_not_overlap() -> None:
    assert overlap("oil / population", "va3", SCOPE) == ()


def test_explain_opens_derived_series() -> None:
    tree = explain("co2 / gdp_real", SCOPE)
    assert "gdp_real =" in tree
    assert tree.splitlines()[-1].strip() == "gdp"


def test_every_function_of_the_grammar_is_implemented() -> None:
    assert set(FUNCTIONS) == set(CALLS)


NAMES = st.sampled_from(["co2", "gdp", "oil", "coal", "x.y", "人口"])
TREES = st.recursive(
    st.one_of(NAMES, st.integers(0, 99).map(str)),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
        inner.map(lambda x: f"log({x})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"({x})^2"),
    ),
    max_leaves=12,
)


@given(TREES)
def test_writing_and_reading_an_expression_is_the_identity(source: str) -> None:
    once = text(parse(source))
    assert text(parse(once)) == once


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_chained_volume_scales_with_its_level(level: float, factor: float) -> None:
    one = evaluate("gdp_real", panel(gdp=[[level] * 3] * 2), SCOPE).values
    two = evaluate("gdp_real", panel(gdp=[[level * factor] * 3] * 2), SCOPE).values
    # relative 1e-12: a product of three factors in double precision
    np.testing.assert_allclose(two, one * factor, rtol=1e-12)
