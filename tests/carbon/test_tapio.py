"""The method on panels: windows, efforts, moves between states, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zhiheng.carbon.carbon_inequality import carbon_inequality
from zhiheng.carbon.production_decomposition import production_decomposition
from zhiheng.carbon.tapio import tapio
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.sources.kinds import observe

UNITS = {"pop": "person", "gdp": "CNY_2020", "energy": "tce", "co2": "t_CO2"}
KAYA = "co2: pop * gdp/pop * energy/gdp * co2/energy"
# Sums of four logarithmic terms over a growth rate of a few per cent.
CLOSE = 1e-10


def panel(periods=6, entities=("110000", "130000", "310000"), units=UNITS, **replaced):
    rng = np.random.default_rng(0)
    shape = len(entities), periods
    made = {name: np.exp(rng.normal(size=shape).cumsum(axis=1) * 0.1) for name in UNITS}
    return Panel.of(
        made | replaced, entities=entities, periods=range(2010, 2010 + periods), units=units
    )


def run(data=None, **options):
    return tapio(data or panel(), **{"emissions": "co2", "activity": "gdp", **options})


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        run(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_each_step_has_its_two_growth_rates_and_their_ratio():
    data, table = panel(), run().table("states")
    assert len(table) == 3 * 5
    row = table[(table.entity == "130000") & (table.period == 2013)].iloc[0]
    co2, gdp = data.array("co2")[1], data.array("gdp")[1]
    assert row.period_from == 2012
    assert row.emissions_growth == pytest.approx(co2[3] / co2[2] - 1)
    assert row.elasticity == pytest.approx((co2[3] / co2[2] - 1) / (gdp[3] / gdp[2] - 1))


def test_windows_compare_their_ends_or_add_their_steps():
    data = panel()
    co2 = data.array("co2")[0]
    ends = run(windows=["2011-2014"]).table("windows").iloc[0]
    assert (ends.period_from, ends.period) == (2011, 2014)
    assert ends.emissions_growth == pytest.approx(co2[4] / co2[1] - 1)
    chain = run(windows=["2011-2014"], chain=True).table("windows").iloc[0]
    assert chain.emissions_growth == pytest.approx((co2[2:5] / co2[1:4] - 1).sum())
    whole = run().table("windows").iloc[0]
    assert (whole.period_from, whole.period) == (2010, 2015)


@pytest.mark.parametrize("chain", [False, True])
def test_elasticities_of_factors_sum_to_that_of_emissions(chain):
    result = run(identity=KAYA, windows=["2010-2015", "2012-2014"], chain=chain)
    for table, sums in (("windows", "efforts"), ("states", "efforts_by_step")):
        whole = result.table(table).set_index(["entity", "period_from", "period"]).elasticity
        parts = result.table(sums).groupby(["entity", "period_from", "period"])
        np.testing.assert_allclose(parts.effort_elasticity.sum()[whole.index], whole, atol=1e-8)
    assert all(check.passed for check in result.checks)


def test_the_effort_of_a_factor_is_its_logarithmic_share_by_hand():
    data = panel()
    co2, gdp, energy = (data.array(k)[2, [0, 5]] for k in ("co2", "gdp", "energy"))
    weight = (co2[1] - co2[0]) / math.log(co2[1] / co2[0])
    effect = weight * math.log((energy[1] / gdp[1]) / (energy[0] / gdp[0]))
    want = effect / co2[0] / (gdp[1] / gdp[0] - 1)
    efforts = run(identity=KAYA).table("efforts")
    row = efforts[(efforts.entity == "310000") & (efforts.factor == "energy/gdp")].iloc[0]
    assert row.effort_elasticity == pytest.approx(want, rel=CLOSE)


def test_the_effort_index_holds_other_factors_against_those_of_the_activity():
    efforts = run(identity=KAYA).table("efforts")
    assert list(efforts.in_activity[:4]) == ["yes", "yes", "no", "no"]
    for _, one in efforts.groupby("entity"):
        pushed = one.relative_effect[one.in_activity == "yes"].sum()
        taken = -one.relative_effect[one.in_activity == "no"].sum()
        index = one.effort_index.iloc[0]
        assert np.isnan(index) if pushed <= 0 else index == pytest.approx(taken / pushed)


def test_an_effort_index_above_one_is_a_fall_of_emissions():
    efforts = run(identity=KAYA).table("efforts_by_step").dropna(subset=["effort_index"])
    total = efforts.groupby(["entity", "period"]).relative_effect.sum()
    index = efforts.groupby(["entity", "period"]).effort_index.first()
    assert ((index > 1) == (total < 0)).all()


def test_shares_of_states_sum_to_one_and_moves_to_their_steps():
    result = run()
    by_period = result.table("by_period")
    np.testing.assert_allclose(by_period.groupby("period").share.sum(), 1)
    assert by_period.number_of_entities.sum() == 15
    assert result.table("transitions").times.sum() == 3 * 4


def test_steps_across_a_missing_period_are_no_moves():
    data = panel().select(periods=[2010, 2011, 2013, 2014])
    assert run(data).table("transitions").times.sum() == 0


def test_two_periods_have_no_moves():
    assert "transitions" not in run(panel(periods=2)).tables


def test_an_activity_that_stands_still_is_undefined_and_said():
    still = panel(gdp=np.full((3, 6), 7.0))
    result = run(still)
    assert set(result.table("states").state) == {"undefined"}
    assert {"M939", "M940"} <= {note.code for note in result.notes}


def test_an_activity_in_current_prices_is_refused():
    error = refused("M934", panel(units=UNITS | {"gdp": "CNY"}))
    assert error.evidence[0]["unit"] == "CNY"


def test_emissions_and_energy_of_two_boundaries_are_refused():
    error = refused("C432", activity="energy",
                    boundaries={"co2": "territorial", "energy": "final_use"})  # fmt: skip
    assert {row["series"] for row in error.evidence} == {"co2", "energy"}


def test_negative_emissions_are_refused_with_their_cells():
    co2 = panel().array("co2").copy()
    co2[1, 2] = -1
    error = refused("M936", panel(co2=co2))
    assert [(r["entity"], r["period"]) for r in error.evidence] == [("130000", 2012)]


def test_an_identity_of_another_quantity_is_refused():
    refused("M938", identity="energy: pop * energy/pop")


@pytest.mark.parametrize("window", ["2010", "2015-2010", "2001-2012", "ten-twelve"])
def test_windows_that_cannot_be_read_are_refused(window):
    assert refused("M937", windows=[window]).evidence[0]["window"] == window


@pytest.mark.parametrize("bounds", [{"low": 1.1}, {"high": 0.9}, {"low": 0}, {"high": math.inf}])
def test_bounds_that_are_not_in_order_are_refused(bounds):
    refused("M937", **bounds)


def test_gaps_are_refused_or_leave_the_entity_out():
    co2 = panel().array("co2").copy()
    co2[1, 2] = np.nan
    assert refused("M800", panel(co2=co2)).evidence[0]["entity"] == "130000"
    result = run(panel(co2=co2), gaps="drop")
    assert set(result.table("states").entity) == {"110000", "310000"}
    assert "M837" in {note.code for note in result.notes}


def test_one_period_has_no_growth():
    refused("M831", panel(periods=1))


def test_the_provinces_are_classified_with_names_in_both_languages():
    from zhiheng.catalog.embedded import dataset

    full = dataset("provinces")
    data = full.select(
        entities=[e for e in full.entities if e != "540000"], periods=range(2013, 2023)
    )
    result = tapio(data, emissions="co2_final_use", activity="gdp_real", identity="kaya")
    table = result.table("windows")
    assert table.state_title_zh[0] == "强脱钩"
    assert table.state_title_en[0] == "strong decoupling"
    assert list(result.table("efforts").in_activity[:4]) == ["yes", "yes", "no", "no"]


@pytest.mark.parametrize(
    ("method", "options"),
    [
        (tapio, {"emissions": "co2", "activity": "gdp / people"}),
        (carbon_inequality, {"emissions": "co2", "population": "people", "output": "gdp"}),
        (production_decomposition, {"emissions": "co2", "energy": "people", "output": "gdp"}),
    ],
)
def test_current_prices_are_refused_with_the_cell_of_the_sheet(method, options):
    rows = "地区,年份,people,gdp（亿元）,co2\n北京,2010,1,2,3\n北京,2011,1,2,3\n".encode()
    read = observe(rows, "mine.csv", own_labels=True).panel()
    renamed = {k: v.replace("gdp", read.series[1]) for k, v in options.items()}
    with pytest.raises(ZhihengError) as caught:
        method(read, **renamed)
    assert caught.value.code == "M934"
    assert caught.value.evidence[0]["cell"] == "D2"


def test_effects_of_a_start_near_nothing_close_relative_to_their_size():
    data = Panel.of(
        {"co2": [[1e-6, 3e6, 2e6]], "gdp": [[1.0, 7.0, 8.0]]}, entities=["a"],
        periods=[2000, 2001, 2002], units={},
    )  # fmt: skip
    result = tapio(data, emissions="co2", activity="gdp", identity="co2: gdp * co2/gdp")
    assert all(check.passed for check in result.checks)


@pytest.mark.parametrize("word", [1, None, ["x"]])
def test_a_boundary_that_is_no_word_is_refused(word):
    assert str(word) in str(refused("C433", boundaries={"gdp": word}))
