"""The ledger: a number leads back to its result, its definition and its cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.study.ledger import Ledger, shown
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Address


def test_an_address_leads_to_the_value_that_the_table_holds(provinces: StudyRun) -> None:
    address = Address("index", "scores", ("110000", 2022), "rank")
    assert Ledger(provinces).value(address) == 1
    entry = Ledger(provinces).entry(address)
    assert entry["method"] == "index"
    assert entry["panel"]


def test_an_indicator_value_stands_on_its_own_ingredients(provinces: StudyRun) -> None:
    key = ("440000", 2020, "software_share")
    selector = Ledger(provinces).selector(Address("index", "indicators", key, "value"))
    assert selector.entities == ("440000",)
    assert selector.periods == (2020,)
    assert set(selector.series) == {"software_revenue", "gdp_current"}


def test_the_cells_multiply_up_to_the_printed_value(provinces: StudyRun) -> None:
    ledger = Ledger(provinces)
    address = Address("index", "indicators", ("440000", 2020, "software_share"), "value")
    cells = {c["series"]: c for c in ledger.cells(ledger.selector(address))}
    assert cells["software_revenue"]["value"] / cells["gdp_current"]["value"] == ledger.value(
        address
    )
    assert cells["gdp_current"]["publisher"]
    assert cells["gdp_current"]["cell"]


def test_a_coefficient_stands_on_base_series_through_scores_and_variables(
    provinces: StudyRun,
) -> None:
    address = Address("main-final-levels", "coefficients", ("nqpf",), "estimate")
    names = Ledger(provinces).selector(address).series
    assert {"final_raw_coal", "gdp_index_prev_100", "software_revenue", "age65_share"} <= set(names)
    assert "nqpf" not in names
    assert "ln_co2_final" not in names


def test_an_address_that_does_not_exist_is_refused(provinces: StudyRun) -> None:
    with pytest.raises(ZhihengError) as caught:
        Ledger(provinces).value(Address("index", "scores", ("999999", 2022), "rank"))
    assert caught.value.code == "R802"


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.0004, "p", "<0.001"),
        (0.04, "p", "0.040"),
        (-1.2345, ".2f", "\u22121.23"),
        (1.5, "+.1f", "+1.5"),
        (-0.0001, ".3f", "0.000"),
        (0.431, ".0%", "43%"),
        (12345, "d", "12,345"),
        (None, ".2f", "—"),
        ("北京", "s", "北京"),
        (float("inf"), ".4g", "∞"),
        (float("-inf"), ".4g", "\u2212∞"),
        (float("-inf"), "d", "\u2212∞"),
    ],
)
def test_numbers_are_printed_as_declared(value: object, form: str, text: str) -> None:
    assert shown(value, form) == text  # type: ignore[arg-type]


@given(st.floats(-1e6, 1e6))
def test_a_printed_number_reads_back_within_its_last_digit(value: float) -> None:
    assert abs(float(shown(value, ".3f").replace("\u2212", "-")) - value) <= 0.5e-3 + 1e-9
