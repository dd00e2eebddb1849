"""The method on panels: formulas, scopes, gases, grids, netting, balances, uncertainty."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zhiheng.carbon.inventory import inventory
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel

REFERENCE = Path(__file__).parents[1] / "reference" / "inventory"
EXACT = 1e-12
"""Relative; the same products in another order."""
TEN_DIGITS = 1e-9
"""Relative; the catalog writes the factors of `co2_final_use` with ten digits."""


def panel(units, years=(2021, 2022), entities=("110000", "130000"), **values):
    """One number per series: the same in every cell."""
    names = {name.replace("__", "."): value for name, value in values.items()}
    shape = len(entities), len(years)
    return Panel.of(
        {name: np.broadcast_to(np.asarray(v, float), shape).copy() for name, v in names.items()},
        entities=entities,
        periods=years,
        units={name.replace("__", "."): unit for name, unit in units.items()},
    )


def one(unit_of, **values):
    return panel(unit_of, years=(2023,), entities=("plant",), **values)


def total(result, column="scope_1"):
    return float(result.table("totals")[column].iloc[0])


def provinces(first=2003, last=2022):
    data = dataset("provinces")
    return data.select(periods=range(first, last + 1), where=lambda e: e != "540000")


def test_final_use_equals_the_catalogued_series():
    data = provinces()
    result = inventory(data, basis="final")
    known = evaluate("co2_final_use", data, scope("province")).values
    found = result.table("totals").scope_1.to_numpy().reshape(known.shape)
    np.testing.assert_allclose(found, known, rtol=TEN_DIGITS)
    assert all(check.passed for check in result.checks)
    assert len(result.checks) == 3


def test_an_enterprise_by_the_chinese_guideline_equals_the_published_case():
    case = json.loads((REFERENCE / "published.json").read_text("utf-8"))["enterprise_cn"]
    amounts = case["amounts"]
    data = one(
        {
            "activity__boiler__natural_gas": "m^3",
            "activity__fleet__diesel": "t",
            "activity__boiler__anthracite": "t",
            "activity__plant__electricity": "kWh",
            "activity__plant__heat": "J",
        },
        activity__boiler__natural_gas=amounts["natural_gas"],
        activity__fleet__diesel=amounts["diesel"],
        activity__boiler__anthracite=amounts["anthracite"],
        activity__plant__electricity=amounts["electricity"],
        activity__plant__heat=amounts["heat"],
    )
    result = inventory(
        data, level="enterprise", factors={"default": "enterprise", "diesel": "provincial_2025"}
    )
    assert total(result) == pytest.approx(case["scope_1"], rel=TEN_DIGITS)
    assert total(result, "scope_2") == pytest.approx(case["scope_2"], rel=TEN_DIGITS)
    items = result.table("emissions").set_index("series").emission
    for series, expected in case["by_item"].items():
        assert items[series] == pytest.approx(expected, rel=TEN_DIGITS)
    note = "".join(n.text.en for n in result.notes)
    assert "2025 no. 47" in note, "the announcement of the grid factor is named"


def test_an_own_heating_value_replaces_the_default():
    units = {"activity__steel__raw_coal": "t", "ncv__raw_coal": "J/t"}
    data = panel(units, activity__steel__raw_coal=100, ncv__raw_coal=2.5e10)
    default = panel(units, activity__steel__raw_coal=100, ncv__raw_coal=20.908e9)
    assert total(inventory(data)) == pytest.approx(
        total(inventory(default)) * 25 / 20.908, rel=EXACT
    )


def test_an_own_factor_of_a_sector_comes_before_that_of_the_fuel():
    units = {"activity__steel__coke": "t", "ef__coke": "t_CO2/t", "ef__steel__coke": "t_CO2/t"}
    data = panel(units, activity__steel__coke=10, ef__coke=3, ef__steel__coke=2)
    assert total(inventory(data)) == pytest.approx(20)


def test_fuel_given_as_energy_needs_no_heating_value():
    data = panel({"activity__kiln__industrial_wastes": "J"}, activity__kiln__industrial_wastes=1e12)
    result = inventory(data, factors="ipcc2006")
    assert total(result) == pytest.approx(143.0, rel=EXACT)


def test_gases_are_added_in_one_set_of_potentials():
    units = {"gas__mining__CH4": "t", "gas__smelting__SF6": "t", "activity__mine__diesel": "t"}
    data = panel(units, gas__mining__CH4=10, gas__smelting__SF6=0.1, activity__mine__diesel=0)
    for name, methane, sf6 in (("sar", 21, 23900), ("ar4", 25, 22800), ("ar5", 28, 23500)):
        result = inventory(data, gwp=name)
        assert total(result) == pytest.approx(10 * methane + 0.1 * sf6)
        assert set(result.table("emissions").unit) == {"t_CO2e"}


def test_methane_and_nitrous_oxide_of_combustion_follow_the_category():
    data = panel({"activity__power__natural_gas": "J"}, activity__power__natural_gas=1e12)
    lean = inventory(data, factors={"natural_gas": "ipcc2006"})
    full = inventory(data, factors={"natural_gas": "ipcc2006"}, gases="all", gwp="ar5")
    # one TJ: 1 kg CH4 and 0.1 kg N2O in energy industries
    assert total(full) - total(lean) == pytest.approx((1 * 28 + 0.1 * 265) / 1000)


def test_sinks_and_biogenic_carbon_stay_apart():
    units = {
        "activity__power__coke": "t", "activity__power__solid_biomass": "t", "land__forest": "t_CO2"
    }  # fmt: skip
    data = panel(
        units, activity__power__coke=1, activity__power__solid_biomass=10, land__forest=-50
    )
    result = inventory(data, factors={"solid_biomass": "ipcc2006"})
    assert total(result) == pytest.approx(2.860418825)
    assert total(result, "land") == -50
    assert total(result, "biogenic") == pytest.approx(10 * 11.6 * 100 / 1000)


def test_electricity_by_place_and_by_market():
    units = {"activity__plant__electricity": "kWh", "activity__plant__green_electricity": "kWh"}
    data = one(units, activity__plant__electricity=1e6, activity__plant__green_electricity=4e5)
    place = inventory(data, level="enterprise")
    market = inventory(data, level="enterprise", indirect="market")
    assert total(place, "scope_2") == pytest.approx(530.6)
    assert total(market, "scope_2") == pytest.approx(0.6 * 609.6)


def test_every_province_takes_its_own_grid_factor_of_the_year():
    data = panel({"final_electricity": "kWh", "final_diesel": "t"}, final_electricity=1e6,
                 final_diesel=0)  # fmt: skip
    found = inventory(data, indirect="location", grid="province").table("totals").scope_2
    np.testing.assert_allclose(found, [568.8, 558.0, 790.1, 725.2])
    region = inventory(data, indirect="location", grid="region").table("totals").scope_2
    np.testing.assert_allclose(region, [712.0, 677.6, 712.0, 677.6])


def test_a_grid_factor_outside_its_year_is_refused_unless_a_year_is_named():
    data = panel(
        {"activity__plant__electricity": "kWh"}, years=(2024,), activity__plant__electricity=1e6
    )
    with pytest.raises(ZhihengError) as caught:
        inventory(data, level="enterprise")
    assert caught.value.code == "C442"
    result = inventory(data, level="enterprise", grid_year=2023)
    assert total(result, "scope_2") == pytest.approx(530.6)


def test_input_to_coking_is_deducted_where_the_balance_has_it():
    units = dict.fromkeys(
        ["energy__total__raw_coal", "energy__coking__raw_coal", "energy__steel__coke"], "t"
    )
    data = panel(
        units, energy__total__raw_coal=100, energy__coking__raw_coal=40, energy__steel__coke=30
    )
    result = inventory(data)
    assert total(result) == pytest.approx(60 * 1.860832908 + 30 * 2.860418825, rel=TEN_DIGITS)
    assert any("energy.coking.raw_coal" in n.text.en for n in result.notes)


def test_the_statistical_difference_of_a_balance_is_shown():
    rows = {"production": 90, "imports": 20, "exports": 5, "losses": 2, "power": 60, "industry": 33}
    units = {f"energy__{k}__raw_coal": "t" for k in rows}
    data = panel(units, **{f"energy__{k}__raw_coal": v for k, v in rows.items()})
    result = inventory(data)
    row = result.table("balance").iloc[0]
    assert (row.supply, row.energy_use, row.statistical_difference) == (105, 95, 10)
    assert row.relative_difference == pytest.approx(10 / 105)
    (note,) = [n.text.en for n in result.notes if n.code == "M929"]
    assert "raw_coal 10 t, 9.5% (110000 2021)" in note
    assert total(result) == pytest.approx(93 * 1.860832908, rel=TEN_DIGITS)


def test_flows_of_energy_balance_at_every_carrier():
    flows = inventory(provinces(2020, 2021), basis="final").table("energy_flows")
    into = flows.groupby("target").value.sum()
    out = flows.groupby("source").value.sum()
    for carrier in set(into.index) & set(out.index):
        assert into[carrier] == pytest.approx(out[carrier], rel=EXACT)
    assert into["final_use"] == pytest.approx(
        dataset("provinces").select(periods=[2021]).array("final_energy")[:, 0][
            ~np.isnan(dataset("provinces").select(periods=[2021]).array("final_energy")[:, 0])
        ].sum(), rel=TEN_DIGITS,
    )  # fmt: skip


def test_an_inventory_of_sectors_and_fuels_adds_up_like_a_published_one():
    rng = np.random.default_rng(4)
    sectors, fuels = ("farming", "coal_mining", "transport"), ("raw_coal", "diesel", "process")
    cells = {f"co2.{s}.{f}": rng.uniform(1, 9, (2, 2)) for s in sectors for f in fuels}
    published = dict(cells)
    for s in sectors:
        published[f"co2.{s}.scope_1_total"] = sum(cells[f"co2.{s}.{f}"] for f in fuels)
    for f in (*fuels, "scope_1_total"):
        published[f"co2.total.{f}"] = sum(published[f"co2.{s}.{f}"] for s in sectors)
    data = Panel.of(
        published, entities=("110000", "130000"), periods=(2018, 2019),
        units=dict.fromkeys(published, "t_CO2"),
    )  # fmt: skip
    result = inventory(data)
    np.testing.assert_allclose(
        result.table("totals").scope_1.to_numpy().reshape(2, 2),
        published["co2.total.scope_1_total"], rtol=EXACT,
    )  # fmt: skip
    assert len(result.checks) == 3
    assert all(c.passed for c in result.checks)
    wrong = published | {"co2.total.diesel": published["co2.total.diesel"] * 1.1}
    broken = Panel.of(wrong, entities=("110000", "130000"), periods=(2018, 2019),
                      units=dict.fromkeys(wrong, "t_CO2"))  # fmt: skip
    assert not all(c.passed for c in inventory(broken).checks)


def test_gaps_may_stay_empty_but_are_never_filled():
    data = panel(
        {"activity__a__diesel": "t", "activity__b__coke": "t"},
        activity__a__diesel=[[1, np.nan], [1, 1]], activity__b__coke=1,
    )  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        inventory(data)
    assert caught.value.code == "M800"
    assert caught.value.evidence[0]["cell"] == "activity.a.diesel[110000, 2022]"
    kept = inventory(data, gaps="keep").table("totals").scope_1
    assert np.isnan(kept[1])
    assert kept[[0, 2, 3]].notna().all()


def test_draws_agree_with_error_propagation_for_small_widths():
    data = provinces(2021, 2022)
    result = inventory(data, basis="final", activity_uncertainty=0.05, draws=2000)
    row = result.table("uncertainty").iloc[-1]
    drawn = (row.high - row.low) / 2 / row.emission
    # 2,000 draws: the ends of the interval have a standard error of about 3 % of the half-width
    assert drawn == pytest.approx(row.half_width, rel=0.1)
    each = result.table("totals")
    own = (each.high - each.low) / 2 / each.scope_1
    np.testing.assert_allclose(own, each.half_width, rtol=0.15)
    assert "low" not in inventory(data, basis="final").table("totals")


def test_meters_sum_over_devices_of_a_facility():
    units = {"meter__kiln_1__natural_gas": "m^3", "meter__kiln_2__natural_gas": "m^3"}
    data = one(units, meter__kiln_1__natural_gas=6e4, meter__kiln_2__natural_gas=4e4)
    result = inventory(data, level="facility")
    assert total(result) == pytest.approx(10 * 21.62188809, rel=TEN_DIGITS)
    assert set(result.table("by_sector").sector) == {"kiln_1", "kiln_2"}


def test_perfluorocarbons_follow_the_slope_of_the_cells():
    units = {"process__smelter__pfc_cwpb": "t", "anode_effect__smelter": "1"}
    data = one(units, process__smelter__pfc_cwpb=1000, anode_effect__smelter=0.5)
    result = inventory(data, level="facility", gwp="ar5")
    cf4 = 1000 * 0.5 * 0.143 / 1000
    assert total(result) == pytest.approx(cf4 * 6630 + cf4 * 0.121 * 11100)
    with pytest.raises(ZhihengError) as caught:
        inventory(one({"process__smelter__pfc_cwpb": "t"}, process__smelter__pfc_cwpb=1000))
    assert caught.value.code == "M923"
    assert caught.value.evidence[0]["needs"] == "anode_effect.smelter"


@pytest.mark.parametrize("scale", [0.0, 0.5, 3.0])
def test_emissions_are_proportional_to_activities(scale):
    units = {"activity__a__diesel": "t", "process__b__clinker": "t", "gas__c__CH4": "t"}
    amounts = {"activity__a__diesel": 3.0, "process__b__clinker": 7.0, "gas__c__CH4": 0.2}
    once = total(inventory(panel(units, **amounts)))
    more = total(inventory(panel(units, **{k: v * scale for k, v in amounts.items()})))
    assert more == pytest.approx(once * scale, rel=EXACT)


def test_hourly_meters_take_the_grid_factor_of_their_year():
    from zhiheng.core.periods import parse_period

    hours = [parse_period(f"2022-12-31T{h:02d}Z", "H").ordinal for h in (21, 22)]
    hours.append(parse_period("2023-01-01T00Z", "H").ordinal)
    data = Panel.of(
        {"meter.line.electricity": np.full((1, 3), 1000.0)}, entities=["plant"], periods=hours,
        units={"meter.line.electricity": "kWh"}, frequency="H",
    )  # fmt: skip
    found = inventory(data, level="facility").table("totals").scope_2
    np.testing.assert_allclose(found, [0.5366, 0.5366, 0.5306])


def test_the_published_inventories_of_30_provinces_add_up(shared):
    from zhiheng.sources.ceads import parse

    path = shared / "data/raw/ceads/Emission_Inventories_for_30_Provinces_2019.xlsx"
    data = parse(path.read_bytes(), path.name).panel()
    result = inventory(data)
    found = result.table("totals").scope_1.to_numpy()
    np.testing.assert_allclose(found, data.array("co2.total.scope_1_total")[:, 0], rtol=EXACT)
    assert len(result.checks) == 3
    assert all(check.passed for check in result.checks)


def test_an_unknown_width_is_not_a_width_of_zero():
    data = panel({"activity__a__diesel": "t", "ef__diesel": "t_CO2/t"}, activity__a__diesel=1,
                 ef__diesel=3)  # fmt: skip
    result = inventory(data)
    assert "uncertainty" not in result.tables
    assert result.table("totals").half_width.isna().all()
    assert "M932" in {n.code for n in result.notes}
    known = inventory(data, activity_uncertainty=0.1).table("uncertainty")
    # two regions that err on their own
    np.testing.assert_allclose(known.half_width, 0.1 / np.sqrt(2))


def test_coal_equivalent_of_electricity_by_its_heat_or_by_what_plants_burn():
    data = panel({"final_electricity": "kWh", "final_diesel": "t"}, final_electricity=1e4,
                 final_diesel=1)  # fmt: skip
    flows = inventory(data).table("energy_flows").set_index(["source", "target"]).value
    # 1.229 tce for ten thousand kWh, two regions
    assert flows["electricity", "final_use"] == pytest.approx(2 * 1.229)
    with pytest.raises(ZhihengError) as caught:
        inventory(data, electricity_tce="equivalent")
    assert caught.value.code == "C443"
    plants = inventory(data, electricity_tce="equivalent", allow_recalled=True)
    flows = plants.table("energy_flows").set_index(["source", "target"]).value
    assert flows["electricity", "final_use"] == pytest.approx(2 * 3.015)


def test_scope_three_stands_in_a_column_of_its_own():
    units = {"activity__plant__diesel": "t", "scope3__upstream": "t_CO2e"}
    data = one(units, activity__plant__diesel=1, scope3__upstream=40)
    result = inventory(data, level="enterprise", stated_gwp="ar6")
    assert total(result, "scope_3") == 40
    assert total(result) == pytest.approx(3.095909637, rel=TEN_DIGITS)
