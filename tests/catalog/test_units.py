from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.catalog.series import all_series, constants
from zhiheng.catalog.units import unit_catalog, unit_of, unit_system
from zhiheng.core.errors import ZhihengError


def test_every_mapped_string_gives_a_canonical_unit() -> None:
    system = unit_system()
    for written, (unit, factor) in unit_catalog().strings.items():
        assert system.canonical(unit) == unit, written
        assert factor > 0, written


def test_every_series_and_constant_has_a_canonical_unit() -> None:
    system = unit_system()
    for s in all_series():
        assert system.canonical(s.unit) == s.unit, s.name
    for name, constant in constants().items():
        assert system.canonical(constant.unit) == constant.unit, name


@pytest.mark.parametrize(
    ("written", "unit", "factor"),
    [
        ("亿元", "CNY", 1e8),
        ("100M CNY", "CNY", 1e8),
        ("万人", "person", 1e4),
        ("10k persons", "person", 1e4),
        ("%", "1", 0.01),
        ("％", "1", 0.01),
        (" 亿元 ", "CNY", 1e8),
        ("% GDP", "1", 0.01),
        ("10k tce", "tce", 1e4),
        ("10^10 kJ", "J", 1e13),
        ("100M kWh", "kWh", 1e8),
        ("亿千瓦时", "kWh", 1e8),
        ("Mt CO2", "t_CO2", 1e6),
        ("kgoe/person", "J/person", 41.868e6),
        ("公顷", "m^2", 1e4),
        ("GJ/t", "J/t", 1e9),
        ("kJ/kg", "J/t", 1e6),
        ("GJ/万Nm³", "J/m^3", 1e5),
        ("tC/TJ", "t/J", 1e-12),
        ("kg_CO2/kWh", "t_CO2/kWh", 1e-3),
        ("tCO2/GJ", "t_CO2/J", 1e-9),
        ("万吨CO2", "t_CO2", 1e4),
        ("person-years", "person*year", 1.0),
        ("CNY_2020/person", "CNY_2020/person", 1.0),
    ],
)
def test_publishers_strings_mean_what_the_catalog_says(
    written: str, unit: str, factor: float
) -> None:
    assert unit_of(written) == (unit, factor)


def test_an_unmapped_string_is_an_error_with_the_nearest_known() -> None:
    with pytest.raises(ZhihengError) as caught:
        unit_of("亿圆")
    assert caught.value.code == "U210"
    assert "亿元" in caught.value.message("zh")
    assert "亿元" in caught.value.message("en")


@pytest.mark.parametrize("written", ["件", "count", "Mt", "per 100 people", "万个"])
def test_a_word_that_does_not_say_what_is_counted_is_refused(written: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        unit_of(written)
    assert caught.value.code == "U211"


@pytest.mark.parametrize("written", ["100M", "Mtce", "kCNY", "10k tce/yr", "CNY + USD", "", "1/0"])
def test_no_prefix_or_formula_is_guessed(written: str) -> None:
    with pytest.raises(ZhihengError):
        unit_of(written)


@given(st.text(max_size=12))
def test_any_text_is_mapped_or_refused(written: str) -> None:
    try:
        unit, factor = unit_of(written)
    except ZhihengError as error:
        code, unit, factor = error.code, "1", 1.0
    else:
        code = "U210"
    assert code in {"U210", "U211"}
    assert unit_system().canonical(unit) == unit
    assert factor > 0


def test_price_bases_are_dimensions_of_their_own() -> None:
    system = unit_system()
    bases = ("CNY", "CNY_2020", "CNY_1997", "USD", "USD_2015", "PPP_2021")
    assert len({system.product(b, "person", -1) for b in bases}) == len(bases)
    assert system.product("CNY", "CNY_2020", -1) != "1"
    assert {b for b in bases if system.is_current_money(b)} == {"CNY", "USD"}


def test_every_unit_of_the_compiled_lists_is_mapped_or_read_explicitly(shared: Path) -> None:
    from zhiheng.catalog.corrections import compiled

    for dataset in ("provinces", "world"):
        with (shared / "data" / f"{dataset}_series.csv").open(encoding="utf-8") as file:
            stated = {row["series"]: row["unit"] for row in csv.DictReader(file)}
        for column in compiled(dataset):
            assert column.unit_stated == stated[column.original]
            unit_of(column.unit_read)
