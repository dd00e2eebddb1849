"""Double counting between totals, stated emissions, gases, industries and processes."""

from __future__ import annotations

import pytest

from zhiheng.carbon.inventory import inventory
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

ROUNDING = 1e-12
"""Relative; sums of two products."""


def panel(*series, amount=10.0):
    """One entity and year; each series is a name with its unit behind a colon, else tonnes."""
    named = dict(part.partition(":")[::2] for part in series)
    return Panel.of(
        {name: [[amount]] for name in named}, entities=["plant"], periods=[2023],
        units={name: unit or "t" for name, unit in named.items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "pair"),
    [
        ("M920", ("activity.total.raw_coal", "activity.consumption.raw_coal")),
        ("M920", ("consumption_coal", "activity.all.raw_coal")),
        ("M920", ("activity.industry.coke", "activity.steel.coke")),
        ("M920", ("activity.energy_industries.raw_coal", "activity.power.raw_coal")),
        ("M920", ("activity.合计.diesel", "activity.工业.diesel")),
        ("M920", ("activity.industry.diesel", "activity.industry.柴油")),
        ("M920", ("co2.steel.coke", "activity.steel.coke")),
        ("M920", ("co2.steel.coke", "energy.total.coke")),
        ("M920", ("gas.total.CH4:t_CO2e", "gas.mine.CH4:t_CO2e")),
        ("M920", ("gas.total.CH4:t_CO2e", "gas.mine.CH4")),
        ("M920", ("co2.cement.process", "process.cement.clinker")),
        ("M921", ("process.steel.pig_iron", "activity.industry.coke")),
        ("M921", ("process.pig_iron", "activity.steel.coke")),
        ("M921", ("process.steel.pig_iron", "process.steel.steel_bof")),
        ("M921", ("process.cement.clinker", "process.cement.limestone")),
        ("M921", ("process.cement.clinker", "process.cement.clinker_without_dust")),
        ("M921", ("process.glass.limestone", "process.glass.cao_in_product")),
    ],
)
def test_what_would_count_twice_is_refused_with_both_addresses(code, pair):
    with pytest.raises(ZhihengError) as caught:
        inventory(panel(*pair), stated_gwp="ar6")
    assert caught.value.code == code
    row = caught.value.evidence[0]
    assert {row["one"], row["other"]} == {name.partition(":")[0] for name in pair}
    assert row["one cell"]
    assert row["other cell"]
    assert len(caught.value.evidence) == 1, "one pair is named once"


@pytest.mark.parametrize(
    "pair",
    [
        ("activity.steel.coke", "activity.cement.coke"),
        ("process.sold.pig_iron", "process.steel.steel_bof"),
        ("process.desulphurisation.limestone", "process.cement.clinker"),
        ("process.steel.pig_iron", "activity.chemicals.coke"),
        ("process.pig_iron", "activity.residential.raw_coal"),
        ("co2.steel.coke", "activity.cement.coke"),
        ("co2.steel.process", "process.cement.clinker"),
        ("gas.mine.CH4", "gas.waste.CH4"),
        ("activity.energy_industries.raw_coal", "activity.industry.raw_coal"),
        ("activity.power.raw_coal", "activity.industry.raw_coal"),
    ],
)
def test_what_stands_apart_adds_up(pair):
    both = inventory(panel(*pair)).table("totals").scope_1[0]
    each = [inventory(panel(name)).table("totals").scope_1[0] for name in pair]
    assert both == pytest.approx(sum(each), rel=ROUNDING)


def test_deductions_from_a_total_are_in_its_unit():
    with pytest.raises(ZhihengError) as caught:
        inventory(panel("energy.total.raw_coal:tce", "energy.coking.raw_coal:t"))
    assert caught.value.code == "M926"
    assert caught.value.evidence[0]["series"] == "energy.coking.raw_coal"
    with pytest.raises(ZhihengError) as caught:
        inventory(panel("energy.production.raw_coal:tce", "energy.total.raw_coal:t"))
    assert caught.value.code == "M926"


def test_input_to_transformation_is_deducted_once():
    twice = panel("energy.total.raw_coal", "energy.transformation_input.raw_coal",
                  "energy.coking.raw_coal", amount=10)  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        inventory(twice)
    assert caught.value.code == "M920"
    assert "energy.coking.raw_coal" in caught.value.evidence[0].values()
    whole = panel("energy.total.raw_coal", "energy.transformation_input.raw_coal")
    assert any("not counted; give energy.coking" in n.text.en for n in inventory(whole).notes)
    apart = panel("energy.total.raw_coal", "energy.coking.raw_coal")
    assert not any("not counted; give energy.coking" in n.text.en for n in inventory(apart).notes)


def test_a_total_holds_the_losses_of_its_balance():
    data = panel("energy.production.natural_gas:m^3", "energy.losses.natural_gas:m^3",
                 "energy.total.natural_gas:m^3")  # fmt: skip
    row = inventory(data).table("balance").iloc[0]
    assert row.statistical_difference == 0


def test_a_balance_of_declared_series_has_their_unit():
    data = panel("made", "burnt")
    said = {"made": "fuel:production:raw_coal", "burnt": "fuel:total:raw_coal"}
    assert inventory(data, activities=said).table("balance").unit[0] == "t"
