from __future__ import annotations

import csv
from pathlib import Path

import pytest

from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import all_series, constants, fuels, series
from zhiheng.catalog.sources import source, sources
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import needs

CARBON = 44 / 12


def test_every_series_has_titles_a_source_and_a_licence() -> None:
    for s in all_series():
        assert s.title.zh != s.title.en, s.name
        assert source(s.source).licence, s.name
        assert bool(s.note_zh) == bool(s.note_en), s.name
        assert s.available <= source(s.source).may_ship, s.name


def test_kinship_names_series_of_the_same_level() -> None:
    for level in ("province", "economy"):
        known = {s.name for s in all_series(level)}
        for s in all_series(level):
            for other in (*s.subset_of, *s.derived_from, *([s.parent] if s.parent else [])):
                assert other in known, f"{level}/{s.name}: {other}"
                assert other != s.name


def test_shares_and_indices_are_plain_and_not_extensive() -> None:
    for s in all_series():
        if s.available and s.kind in {"share", "index"}:
            assert s.unit == "1", s.name
            assert not s.extensive, s.name


def test_a_summand_has_the_unit_of_its_parent() -> None:
    for s in all_series():
        if s.parent:
            parent = series(s.parent, s.level)
            assert parent is not None
            assert parent.unit == s.unit, s.name


def test_a_name_of_two_levels_is_resolved_only_with_a_level() -> None:
    assert series("population") is None
    assert series("population", "province") != series("population", "economy")
    found = series("tech_market_turnover")
    assert found is not None
    assert found.unit == "CNY"
    assert series("my_own_series") is None


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("invention_grants", "patent_grants"),
        ("science_expenditure", "fiscal_expenditure"),
        ("va_secondary", "gdp_first_release"),
    ],
)
def test_known_parts_are_catalogued_as_subsets(part: str, whole: str) -> None:
    found = series(part, "province")
    assert found is not None
    assert whole in found.subset_of


def test_each_factor_is_the_product_of_its_components() -> None:
    for f in fuels():
        product = f.ncv_gj * f.carbon_kg_per_gj * 1e-3 * f.oxidation * CARBON / f.per
        # the file holds ten significant digits
        assert f.value == pytest.approx(product, rel=1e-9), f.fuel
        assert f.status != "recalled", f.fuel


def test_factors_agree_with_the_guideline_where_it_has_the_fuel(shared: Path) -> None:
    names = {
        "原油": "crude_oil", "汽油": "gasoline", "柴油": "diesel", "燃料油": "fuel_oil",
        "液化石油气": "lpg", "焦炭": "coke", "天然气": "natural_gas", "焦炉煤气": "coke_oven_gas",
    }  # fmt: skip
    with (shared / "data/factors/china_fuel_factors.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["set"] == "prov_guide_2025"]
    ours = {f.fuel: f for f in fuels()}
    seen = 0
    for row in rows:
        if row["fuel_zh"] in names:
            f = ours[names[row["fuel_zh"]]]
            # the guideline file prints six decimals
            assert f.value * f.per == pytest.approx(float(row["co2_t_per_unit"]), rel=1e-6)
            seen += 1
    assert seen == len(names)


def test_final_use_co2_counts_each_fuel_once_and_no_transformed_energy() -> None:
    found = series("co2_final_use", "province")
    assert found is not None
    used = needs(found.expression, scope("province"))
    assert used == {f"final_{f.fuel}" for f in fuels()}
    assert not used & {"final_heat", "final_electricity", "final_coal_products", "final_energy"}
    assert set(found.derived_from) == used
    assert {f"ef.{f.fuel}" for f in fuels()} == set(constants())


def test_edgar_is_catalogued_but_not_shipped_and_says_why() -> None:
    found = series("co2_edgar", "province")
    assert found is not None
    assert not found.available
    assert found.status == "estimated"
    assert "NC-ND" in source(found.source).licence


def test_an_unknown_source_is_an_error_with_the_nearest() -> None:
    assert len({s.id for s in sources()}) == len(sources())
    with pytest.raises(ZhihengError) as caught:
        source("nbs_porta")
    assert caught.value.code == "C420"
    assert "nbs_portal" in str(caught.value)
