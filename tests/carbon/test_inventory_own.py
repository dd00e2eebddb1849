"""Names, own factors and options of the inventory: nothing given is passed over in silence."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.inventory import inventory
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

EXACT = 1e-12
"""Relative; products of five factors in another order."""
COAL, JOULE = 20.908e9, 1e12


def panel(**given):
    """One entity and year; every series as (value, unit)."""
    named = {name.replace("__", "."): pair for name, pair in given.items()}
    return Panel.of(
        {name: [[value]] for name, (value, _) in named.items()}, entities=["plant"],
        periods=[2023], units={name: unit for name, (_, unit) in named.items()},
    )  # fmt: skip


def scope_1(data, **options):
    return float(inventory(data, **options).table("totals").scope_1[0])


def refused(code, data, **options):
    with pytest.raises(ZhihengError) as caught:
        inventory(data, **options)
    assert caught.value.code == code, caught.value
    return caught.value


def said(result, words):
    return [n.text.en for n in result.notes if words in n.text.en]


def test_chinese_and_english_names_of_the_catalog_are_understood():
    plain = scope_1(panel(activity__industry__diesel=(10, "t")))
    for name in ("activity__工业__柴油", "activity__industry__柴油"):
        assert scope_1(panel(**{name: (10, "t")})) == plain
    table = inventory(panel(activity__工业__柴油=(10, "t"))).table("emissions")
    assert (table.sector[0], table.fuel[0]) == ("industry", "diesel")
    own = panel(activity__工业__柴油=(10, "t"), ncv__柴油=(50e9, "J/t"))
    assert scope_1(own) == pytest.approx(plain * 50 / 42.652, rel=EXACT)
    meaning = {"油": "fuel:工业:柴油"}
    assert scope_1(panel(油=(10, "t")), activities=meaning) == plain


def test_a_gas_may_be_written_with_hyphens():
    assert scope_1(panel(**{"gas.plant.HFC-134a": (1, "t")}), gwp="ar5") == pytest.approx(1300)


def test_processes_and_gases_without_a_sector_are_not_called_combustion():
    table = inventory(panel(process__clinker=(10, "t"), gas__CH4=(1, "t"))).table("by_sector")
    assert set(table.sector) == {"processes", "unallocated"}


@pytest.mark.parametrize(
    ("series", "value", "unit"),
    [
        ("ncv.raw_coal", -COAL, "J/t"),
        ("ncv.raw_coal", 0.0, "J/t"),
        ("ncv.raw_coal", np.inf, "J/t"),
        ("carbon.raw_coal", -2.6e-11, "t/J"),
        ("oxidation.raw_coal", 98.0, "1"),
        ("ef.raw_coal", -1.0, "t_CO2/t"),
    ],
)
def test_impossible_own_factors_are_refused_with_their_cell(series, value, unit):
    data = panel(activity__industry__raw_coal=(10, "t"), **{series: (value, unit)})
    error = refused("M927", data)
    assert error.evidence[0]["series"] == series
    assert series in error.evidence[0]["cell"]


def test_own_factors_of_unknown_fuels_are_refused_and_of_absent_ones_noted():
    data = panel(activity__industry__raw_coal=(10, "t"), ncv__rawcoal=(COAL, "J/t"))
    assert "raw_coal" in refused("M924", data).evidence[0]["nearest"]
    twice = panel(activity__industry__diesel=(10, "t"), ncv__diesel=(4e10, "J/t"),
                  ncv__柴油=(5e10, "J/t"))  # fmt: skip
    assert refused("M924", twice).evidence[0]["again"] == "ncv.柴油"
    spare = panel(activity__industry__raw_coal=(10, "t"), ncv__diesel=(4e10, "J/t"))
    assert "ncv.diesel" in said(inventory(spare), "not used")[0]


def test_an_own_heating_value_leaves_lines_in_energy_alone():
    data = panel(
        activity__industry__raw_coal=(100, "t"), activity__power__raw_coal=(JOULE, "J"),
        ncv__raw_coal=(2e10, "J/t"),
    )  # fmt: skip
    per_gj = 26.1 * 0.93 * 44 / 12 / 1000
    assert scope_1(data) == pytest.approx((100 * 20 + 1000) * per_gj, rel=EXACT)
    table = inventory(data).table("by_fuel")
    assert table.energy_tce[0] == pytest.approx((100 * 20 + 1000) / 29.3076, rel=EXACT)


def test_one_factor_has_two_widths_where_one_sector_measured_its_coal():
    measured = panel(
        activity__steel__raw_coal=(100, "t"), activity__cement__raw_coal=(100, "t"),
        ncv__steel__raw_coal=(COAL, "J/t"),
    )  # fmt: skip
    widths = [
        inventory(panel(activity__cement__raw_coal=(100, "t"), **more))
        .table("totals")
        .half_width[0]
        for more in ({"ncv__raw_coal": (COAL, "J/t")}, {})
    ]
    found = inventory(measured).table("totals").half_width[0]
    assert found == pytest.approx(np.hypot(*widths) / 2, rel=1e-9)
    swapped = panel(
        activity__cement__raw_coal=(100, "t"), activity__steel__raw_coal=(100, "t"),
        ncv__steel__raw_coal=(COAL, "J/t"),
    )  # fmt: skip
    assert inventory(swapped).table("totals").half_width[0] == pytest.approx(found, rel=EXACT)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("C440", {"factors": {"raw_col": "ipcc2006"}}),
        ("C440", {"factors": {"diesel": "ipcc2007"}}),
        ("C440", {"factors": "ipcc2006.diesel"}),
        ("C440", {"factors": {"default": "ipcc2006.diesel"}}),
        ("D107", {"stated_gwp": {"gas.mine.CH4": "ar6"}}),
        ("M933", {"categories": {"industri": "manufacturing"}, "gases": "all"}),
    ],
)
def test_options_about_what_is_not_there_are_refused(code, options):
    error = refused(code, panel(activity__industry__raw_coal=(10, "t")), **options)
    assert error.fix is not None


@pytest.mark.parametrize(
    "meaning",
    ["heat:mine:diesel", "electricity:mine:diesel", "fuel:mine:clinker", "gas:mine:CH5",
     "process:mine:diesel", "fuel:mine:electricity", "gas:mine:diesel"],
)  # fmt: skip
def test_a_kind_that_is_not_that_of_the_carrier_is_refused(meaning):
    error = refused("M924", panel(a=(10, "t")), activities={"a": meaning})
    assert error.evidence[0]["series"] == "a"


def test_an_inventory_without_a_line_says_so():
    power = panel(activity__plant__electricity=(10, "kWh"))
    error = refused("M924", power)
    assert "indirect=location" in error.fix.en
    assert error.evidence[0]["series"] == "activity.plant.electricity"
    refused("M924", panel(activity__plant__green_electricity=(10, "kWh")), indirect="market")


def test_green_electricity_that_is_not_deducted_is_named():
    data = panel(
        activity__total__electricity=(1000, "kWh"),
        activity__plant__green_electricity=(100, "kWh"),
    )
    for how in ("market", "location"):
        found = said(inventory(data, level="enterprise", indirect=how), "not deducted")
        assert "activity.plant.green_electricity" in found[0]


def test_infinity_is_no_amount():
    error = refused("M800", panel(activity__industry__raw_coal=(np.inf, "t")), gaps="keep")
    assert "activity.industry.raw_coal" in error.evidence[0]["cell"]


@pytest.mark.filterwarnings("error")
def test_a_balance_of_gaps_only_warns_of_nothing():
    data = panel(energy__production__raw_coal=(np.nan, "t"), energy__total__raw_coal=(np.nan, "t"))
    assert np.isnan(inventory(data, gaps="keep").table("balance").supply[0])


def test_gases_of_a_fuel_with_an_own_factor_need_its_heat_only():
    coal = {"activity__industry__raw_coal": (100, "t"), "ef__raw_coal": (2, "t_CO2/t")}
    refused("M923", panel(**coal), gases="all")
    heat = panel(**coal, ncv__raw_coal=(2e10, "J/t"))
    table = inventory(heat, gases="all").table("emissions").set_index("gas")
    assert table.energy_gj["CO2"] == pytest.approx(2000, rel=EXACT)
    assert table.emission["CO2"] == pytest.approx(200, rel=EXACT)
    # 10 kg/TJ of methane in manufacturing
    assert table.emission["CH4"] == pytest.approx(2 * 10 / 1000 * 27.9, rel=EXACT)
    energy = panel(activity__industry__raw_coal=(2e12, "J"), ef__raw_coal=(1e-10, "t_CO2/J"))
    table = inventory(energy, gases="all").table("emissions").set_index("gas")
    assert table.energy_gj["CO2"] == pytest.approx(2000, rel=EXACT)


def test_a_content_beside_an_own_factor_is_named_as_unused():
    data = panel(activity__industry__raw_coal=(100, "t"), ef__raw_coal=(2, "t_CO2/t"),
                 oxidation__raw_coal=(0.9, "1"))  # fmt: skip
    assert "oxidation.raw_coal" in said(inventory(data), "not used")[0]


def test_own_power_beside_bought_power_is_remarked_upon():
    data = panel(activity__power__raw_coal=(100, "t"), activity__plant__electricity=(10, "kWh"))
    assert said(inventory(data, level="enterprise"), "must not hold")
    apart = panel(activity__kiln__raw_coal=(100, "t"), activity__plant__electricity=(10, "kWh"))
    assert not said(inventory(apart, level="enterprise"), "must not hold")


def test_a_column_without_a_unit_is_told_how_to_state_one():
    error = refused("M926", panel(activity__industry__raw_coal=(10, "unstated")))
    assert "activity.industry.raw_coal (t)" in error.fix.en


def test_a_fuel_that_a_set_lacks_may_be_replaced_by_another_one_of_the_set():
    data = panel(activity__industry__raw_coal=(10, "t"))
    error = refused("C441", data, factors="enterprise")
    assert "raw_coal=enterprise.FUEL" in error.fix.en
    said = {"default": "enterprise", "raw_coal": "enterprise.bituminous_coal"}
    expected = 10 * 23.204 * 26.18 * 0.93 * 44 / 12 / 1000
    assert scope_1(data, factors=said) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("given", [None, "provinces", {"a": 1}])
def test_what_is_no_panel_is_refused_and_told_how_to_become_one(given):
    assert "Panel.from_frame" in refused("M604", given).fix.en


def test_own_factors_that_replace_a_default_are_named():
    data = panel(activity__industry__raw_coal=(100, "t"), ncv__raw_coal=(2e10, "J/t"))
    assert "ncv.raw_coal" in said(inventory(data), "own factors are used")[0]
    plain = panel(activity__industry__raw_coal=(100, "t"))
    assert not said(inventory(plain), "own factors are used")


def test_a_column_that_is_called_as_a_fuel_is_told_how_to_be_named():
    error = refused("M924", panel(原煤=(100, "t"), 别的=(1, "t")))
    assert error.evidence[0]["name it"] == "activity.SECTOR.raw_coal"
    assert "name it" not in error.evidence[1]
