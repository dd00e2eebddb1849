"""What the inventory refuses: double counting, missing and mixed factors, units, signs."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.inventory import inventory
from zhiheng.catalog.embedded import dataset
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

UNITS = {"electricity": "kWh", "green_electricity": "kWh", "heat": "J", "natural_gas": "m^3"}


def panel(years=(2021, 2022), entities=("110000", "130000"), units=None, **values):
    names = {name.replace("__", "."): value for name, value in values.items()}
    given = {k.replace("__", "."): u for k, u in (units or {}).items()}
    shape = len(entities), len(years)
    return Panel.of(
        {name: np.broadcast_to(np.asarray(v, float), shape).copy() for name, v in names.items()},
        entities=entities,
        periods=years,
        units={name: given.get(name, UNITS.get(name.split(".")[-1], "t")) for name in names},
    )


def refused(code, data, **options):
    with pytest.raises(ZhihengError) as caught:
        inventory(data, **options)
    assert caught.value.code == code, caught.value
    assert caught.value.evidence
    return caught.value


def names(error):
    return {(row["one"], row["other"]) for row in error.evidence}


def test_coal_with_its_input_to_coking_and_coke_are_refused_with_both_addresses():
    data = dataset("provinces").select(
        periods=range(2003, 2018), series=["consumption_coal", "consumption_coke"],
        where=lambda e: e != "540000",
    )  # fmt: skip
    error = refused("M921", data)
    row = error.evidence[0]
    assert names(error) == {("consumption_coal", "consumption_coke")}
    assert "consumption_coal" in row["one cell"]
    assert "consumption_coke" in row["other cell"]
    assert row["one value"] > 0
    assert row["other value"] > 0


@pytest.mark.parametrize(
    "pair",
    [
        ("consumption_coal", "final_raw_coal"),
        ("final_coal_products", "final_raw_coal"),
        ("final_energy", "final_diesel"),
        ("final_coal_products", "final_energy"),
        ("consumption_diesel", "final_diesel"),
    ],
)
def test_a_total_and_its_parts_are_refused(pair):
    data = dataset("provinces").select(
        periods=[2015], series=list(pair), where=lambda e: e != "540000"
    )
    error = refused("M920", data)
    assert pair in names(error) or pair[::-1] in names(error)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("activity__total__raw_coal", "activity__steel__coke"),
        ("activity__coking__raw_coal", "activity__steel__coke"),
        ("activity__coking__cleaned_coal", "activity__town__coke_oven_gas"),
        ("activity__refining__crude_oil", "activity__transport__gasoline"),
        ("activity__total__crude_oil", "activity__transport__diesel"),
        ("activity__steel__coke", "process__steel__pig_iron"),
    ],
)
def test_carbon_along_a_conversion_is_counted_once(one, other):
    data = panel(units={"activity__town__coke_oven_gas": "m^3"}, **{one: 10, other: 5})
    error = refused("M921", data)
    assert names(error) == {(one.replace("__", "."), other.replace("__", "."))}


def test_final_use_holds_its_sectors():
    data = panel(final_diesel=10, activity__transport__diesel=5)
    assert names(refused("M920", data)) == {("final_diesel", "activity.transport.diesel")}
    assert inventory(panel(final_raw_coal=10, activity__power__raw_coal=5)).tables


def test_two_columns_of_one_activity_are_refused():
    data = panel(a=3, b=3)
    error = refused(
        "M920", data, activities={"a": "fuel:industry:diesel", "b": "fuel:industry:diesel"}
    )
    assert names(error) == {("a", "b")}


def test_an_activity_that_is_zero_everywhere_counts_nothing_twice():
    data = panel(activity__coking__raw_coal=0, activity__steel__coke=5)
    assert inventory(data).tables


@pytest.mark.parametrize(
    ("fuel", "power"),
    [
        ("activity__power__raw_coal", "activity__industry__electricity"),
        ("activity__heat_supply__natural_gas", "activity__homes__heat"),
        ("consumption_coal", "final_electricity"),
    ],
)
def test_power_and_heat_beside_their_fuels_are_refused_in_a_region(fuel, power):
    units = {"final_electricity": "kWh"}
    data = panel(units=units, **{fuel: 10, power: 5})
    refused("M922", data, indirect="location")
    assert inventory(data, indirect="none").tables


def test_an_enterprise_with_its_own_plant_may_buy_power_too():
    data = panel(activity__power__raw_coal=10, activity__plant__electricity=5)
    assert inventory(data, level="enterprise").tables


def test_heat_twice_is_refused():
    data = panel(activity__total__heat=10, activity__plant__heat=5)
    refused("M920", data, level="enterprise")


def test_a_missing_heating_value_is_named_and_no_default_takes_its_place():
    data = panel(
        units={"ncv__raw_coal": "J/t"},
        activity__steel__raw_coal=10,
        ncv__raw_coal=[[2e10, np.nan], [2e10, 2e10]],
    )
    error = refused("M923", data)
    assert error.evidence[0]["cell"] == "ncv.raw_coal[110000, 2022]"
    assert len(error.evidence) == 1
    refused("M923", panel(activity__kiln__industrial_wastes=10), factors="ipcc2006")


def test_mixed_warming_potentials_are_refused():
    data = panel(units={"gas__mine__CH4": "t_CO2e"}, gas__mine__CH4=10, activity__mine__diesel=1)
    refused("M925", data)
    error = refused("M925", data, stated_gwp="ar4")
    assert error.evidence[0]["stated in"] == "ar4"
    assert error.evidence[0]["inventory in"] == "ar6"
    assert inventory(data, stated_gwp="AR4", gwp="ar4").tables
    assert inventory(data, stated_gwp={"gas.mine.CH4": "ar6"}).tables


def test_a_factor_that_is_only_recalled_is_refused_unless_allowed():
    data = dataset("provinces").select(
        periods=[2020], series=["final_energy"], where=lambda e: e != "540000"
    )
    error = refused("C443", data)
    assert error.evidence[0]["status"] == "recalled"
    result = inventory(data, allow_recalled=True)
    assert "M928" in {n.code for n in result.notes}


def test_a_grid_factor_outside_its_validity_lists_the_versions():
    data = panel(years=(2019, 2022), activity__plant__electricity=5)
    error = refused("C442", data, level="enterprise")
    assert {row["from"] for row in error.evidence} >= {2021, 2022, 2023}
    refused("C444", data, level="enterprise", grid="540000", grid_year=2022)


def test_a_set_without_the_fuel_names_the_sets_that_have_it():
    error = refused("C441", panel(activity__steel__raw_coal=10), factors="provincial_2025")
    assert {row["factor"] for row in error.evidence} == {"final_use.raw_coal"}
    standing_in = {"raw_coal": "provincial_2025.bituminous_coal"}
    result = inventory(panel(activity__steel__raw_coal=10), factors=standing_in)
    # 19.57 GJ/t, 26.1 kg/GJ, 0.93
    expected = 10 * 19.57 * 26.1 * 0.93 * 44 / 12 / 1000
    assert result.table("totals").scope_1[0] == pytest.approx(expected)


def test_an_unknown_set_or_gas_is_refused():
    with pytest.raises(ZhihengError) as caught:
        inventory(panel(activity__a__diesel=1), factors="ipcc2007")
    assert caught.value.code == "C440"
    assert "ipcc2006" in caught.value.fix.en
    with pytest.raises(ZhihengError) as caught:
        inventory(panel(activity__a__diesel=1), gwp="ar7")
    assert caught.value.code == "C440"
    refused("C445", panel(gas__fab__NF3=1), gwp="sar")


@pytest.mark.parametrize(
    ("series", "unit"),
    [
        ("activity__a__diesel", "m^3"),
        ("activity__a__natural_gas", "t"),
        ("activity__a__diesel", "kWh"),
        ("activity__a__diesel", "unstated"),
        ("process__a__clinker", "m^3"),
        ("activity__a__heat", "t"),
    ],
)
def test_a_unit_that_does_not_convert_is_refused(series, unit):
    data = panel(units={series: unit}, **{series: 10})
    error = refused("M926", data, level="enterprise", grid_year=2023)
    assert error.evidence[0]["unit"] == unit


def test_negative_energy_is_refused_with_its_cell():
    data = panel(activity__a__diesel=[[1, 2], [3, -4]])
    error = refused("M927", data)
    assert error.evidence[0]["cell"] == "activity.a.diesel[130000, 2022]"
    assert error.evidence[0]["value"] == -4


def test_more_certificates_than_electricity_are_refused():
    data = panel(activity__a__electricity=5, activity__a__green_electricity=6)
    refused("M927", data, level="enterprise", indirect="market", grid_year=2023)


def test_more_input_to_conversion_than_there_is_of_the_fuel_is_refused():
    data = panel(energy__total__raw_coal=10, energy__coking__raw_coal=12)
    refused("M927", data)


def test_what_is_no_activity_is_named():
    error = refused("M924", panel(activity__a__desel=1))
    assert error.evidence[0]["unknown"] == "desel"
    assert "diesel" in error.evidence[0]["nearest"]
    refused("M924", panel(gdp=1))
    refused("M924", panel(gdp=1, activity__a__diesel=1), activities=["gdp", "activity.a.diesel"])
    refused("M924", panel(x=1), activities={"x": "petrol:industry:diesel"})


def test_options_out_of_range_are_refused():
    refused("M933", panel(activity__a__diesel=1), draws=-1)
    refused("M933", panel(activity__a__diesel=1), activity_uncertainty=5.0)
    refused("M933", panel(activity__a__diesel=1), gases="all")


def test_a_total_in_coal_equivalent_has_a_recalled_factor_only():
    data = dataset("provinces").select(
        periods=[2020], series=["final_energy"], where=lambda e: e != "540000"
    )
    refused("C443", data)
