from __future__ import annotations

import pytest

from zhiheng.catalog.breaks import all_breaks, breaks
from zhiheng.catalog.regions import region
from zhiheng.catalog.series import all_series


def test_every_break_names_catalogued_series_and_regions() -> None:
    for one in all_breaks():
        level = "economy" if one.level == "economy" else "province"
        assert set(one.series) <= {s.name for s in all_series(level)}, one.what.en
        assert all(region(code).level == level for code in one.entities)


@pytest.mark.parametrize(
    ("window", "found"),
    [(range(2013, 2016), False), (range(2013, 2017), True), (range(2016, 2020), False)],
)
def test_a_change_matters_only_to_a_window_that_stands_on_both_sides(
    window: range, *, found: bool
) -> None:
    kinds = {b.kind for b in breaks("nox_emissions", window)}
    assert ("definition" in kinds) is found


def test_affected_values_matter_wherever_they_are_used() -> None:
    zhejiang = ("330000",)
    assert [b for b in breaks("final_energy", [2022], "province") if b.entities == zhejiang]
    assert not [b for b in breaks("final_energy", [2014], "province") if b.entities == zhejiang]


def test_levels_do_not_mix() -> None:
    window = range(2000, 2024)
    assert {b.level for b in breaks("goods_exports", window, "economy")} == {"economy"}
    assert {b.level for b in breaks("goods_exports", window)} == {"economy", "province"}
    assert {b.kind for b in breaks("population", window, "city")} == {"boundary"}
    assert "boundary" not in {b.kind for b in breaks("population", window)}


def test_what_was_done_to_shipped_values_is_told_with_the_breaks() -> None:
    actions = {b.action for b in all_breaks()}
    assert {"known", "mask", "repair", "status", "flag"} <= actions
    (fossil,) = breaks("fossil_share", range(2016, 2021), "economy")
    assert fossil.action == "mask"


def test_a_fault_of_the_whole_series_matters_in_every_window() -> None:
    assert breaks("gdp_first_release", [2012], "province")


def test_no_window_and_no_series_find_nothing() -> None:
    assert breaks("industrial_so2", []) == ()
    assert breaks([], range(2000, 2024)) == ()


def test_where_it_is_stands_in_words() -> None:
    (jilin,) = [
        b for b in breaks("tech_market_turnover", range(2013, 2023)) if "220000" in b.entities
    ]
    assert jilin.span.zh.startswith("吉林 ")
    assert jilin.span.en.startswith("Jilin ")
    (telecom,) = breaks("telecom_turnover", range(2010, 2023))
    assert telecom.span.en == "from 2011, 2016, 2021"


def test_what_is_only_recalled_says_so() -> None:
    assert {b.status for b in all_breaks()} == {"verified", "recalled"}
