from __future__ import annotations

import pytest

from zhiheng.catalog.breaks import all_breaks, breaks
from zhiheng.catalog.regions import region
from zhiheng.catalog.series import all_series


def test_every_break_names_catalogued_series_and_regions() -> None:
    for one in all_breaks():
        known = {s.name for s in all_series(one.level)}
        assert set(one.series) <= known, one.what.en
        assert all(region(code).level == one.level for code in one.entities)
        assert one.changes or one.affected


@pytest.mark.parametrize(
    ("window", "found"),
    [(range(2013, 2016), False), (range(2013, 2017), True), (range(2016, 2020), False)],
)
def test_a_change_matters_only_to_a_window_that_stands_on_both_sides(
    window: range, *, found: bool
) -> None:
    kinds = {b.kind for b in breaks("industrial_so2", window)}
    assert ("definition" in kinds) is found


def test_affected_values_matter_wherever_they_are_used() -> None:
    assert [b.entities for b in breaks("co2_final_use", [2022], "province")].count(("330000",)) == 1
    assert not [b for b in breaks("co2_final_use", [2014], "province") if b.entities == ("330000",)]


def test_levels_do_not_mix() -> None:
    assert {b.level for b in breaks("goods_exports", range(2000, 2024), "economy")} == {"economy"}
    assert {b.level for b in breaks("goods_exports", range(2000, 2024))} == {"economy", "province"}


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
