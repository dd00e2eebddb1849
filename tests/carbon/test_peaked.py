"""The method on panels: the record, what it stands on, laws, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zhiheng.carbon.peaked import peaked
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.peaking import peaking
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

# Counts of paths over the maximum do not change with the unit but for ties in the last bits.
SAME = 1e-12


def made(years=25, entities=5, seed=0, **more):
    rng = np.random.default_rng(seed)
    co2 = 1e8 * np.exp((0.02 + 0.04 * rng.normal(size=(entities, years))).cumsum(axis=1))
    return Panel.of(
        {"co2": co2, **more},
        entities=[f"r{i}" for i in range(entities)],
        periods=list(range(2025 - years, 2025)),
        units={"co2": "t_CO2", "gdp": "CNY_2020"},
    )


def world(*entities):
    full = dataset("world")
    return full.select(entities=entities) if entities else full


def final_use():
    return peaked(dataset("provinces"), emissions="co2_final_use", gaps="drop")


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        peaked(panel, **options)
    assert caught.value.code == code
    return caught.value


def measured(result, pool):
    table = result.table("skill")
    return table[table.pool == pool].set_index("record_measure")


def test_the_countries_meet_every_gate_in_this_run():
    skill = measured(peaked(world()), "panel")
    gated = skill[skill.met != "none"]
    assert set(gated.index) == {"mae_outlook", "coverage_90", "brier_skill"}
    assert (gated.met == "yes").all()
    assert skill.value["china_half_drift"] == pytest.approx(0.305, abs=5e-4)


def test_calibrating_on_the_countries_by_name_is_the_same_as_on_the_full_panel():
    one, other = peaked(world()), peaked(world(), calibration="countries")
    a, b = (r.table("probability").set_index("entity").probability for r in (one, other))
    np.testing.assert_allclose(a, b, atol=SAME)


def test_a_part_of_the_countries_is_calibrated_on_all_of_them():
    result = peaked(world("CHN", "DEU"))
    assert result.params["calibrated_on"] == "world"
    assert result.params["calibration_fingerprint"] == dataset("world").fingerprint
    assert any(n.code == "M981" for n in result.notes)
    germany = result.table("probability").set_index("entity").probability["DEU"]
    assert germany > 0.95


def test_provinces_say_that_they_are_calibrated_on_countries_and_how_that_went():
    result = final_use()
    said = " ".join(n.text.en for n in result.notes)
    assert "calibrated on 50 countries" in said
    assert "not on these regions" in said
    assert "power stations" in said
    assert len(measured(result, "panel"))
    assert {n.code for n in result.notes} >= {"M981", "M837"}
    fan = next(f for f in result.figures if f.name == "fan")
    assert "calibrated on 50 countries" in fan.reading.en
    assert "Brier skill" in fan.reading.en


def test_the_record_of_a_past_origin_says_what_happened():
    table = peaked(world(), origins=[2010]).table("probability").set_index(["entity", "period"])
    assert table.held["CHN", 2010] == "no"
    assert table.held["DEU", 2010] == "yes"
    assert set(table.held.xs(2024, level="period")) == {"open"}
    late = peaked(world(), origins=[2020]).table("probability").set_index(["entity", "period"])
    assert late.held["CHN", 2020] == "no"
    assert late.held["DEU", 2020] == "open"


def test_a_past_origin_is_judged_without_what_came_later():
    now = peaked(world(), origins=[2012], revision=0.0).table("probability")
    then = peaked(world().select(periods=range(1990, 2013)), calibration="countries", revision=0.0)
    a = now[now.period == 2012].set_index("entity").probability
    b = then.table("probability").set_index("entity").probability
    np.testing.assert_allclose(a, b[a.index], atol=SAME)


def test_a_country_alone_has_the_odds_that_it_has_among_all():
    # alone it must not pass for steadier than the countries whose errors are used
    among = peaked(world(), calibration="countries").table("probability")
    alone = peaked(world("CHN")).table("probability").probability[0]
    assert alone == pytest.approx(among.set_index("entity").probability["CHN"], abs=SAME)


def test_a_series_without_any_noise_is_not_given_certainty():
    years = np.arange(25)
    steady = {"rising": 1.04**years, "level": 1.0 + 0 * years, "falling": 0.96**years}
    panel = Panel.of(
        {"co2": 1e8 * np.array(list(steady.values()))},
        entities=list(steady),
        periods=list(range(2000, 2025)),
        units={"co2": "t_CO2"},
    )
    odds = peaked(panel).table("probability").set_index("entity").probability
    assert 0 < odds["rising"] < 0.1 < odds["level"] < 0.9 < odds["falling"] <= 1
    path = peaked(panel).table("path")
    assert (path.high > path.low * 1.05).all()
    found = refused("M977", panel, calibration="panel", h=5)
    assert found.evidence[0]["year"] == 2005


def test_origins_from_the_command_line_are_words():
    panel = world("CHN", "DEU")
    one, other = (peaked(panel, origins=o).table("probability") for o in (["2012"], [2012]))
    assert one.equals(other)
    assert refused("M978", panel, origins=["2012.5"]).evidence[0]["year"] == 2012.5


def test_odds_rise_with_delta_and_fall_with_the_horizon():
    panel = world("CHN", "IND", "USA", "ARE", "BRA")
    odds = [peaked(panel, delta=d).table("probability").probability for d in (0, 0.02, 0.1, 0.5)]
    assert all(np.all(b >= a) for a, b in zip(odds, odds[1:], strict=False))
    path = peaked(panel).table("path")
    assert all(np.all(np.diff(g.probability) <= 0) for _, g in path.groupby("entity"))
    shorter = peaked(panel, h=5).table("probability").probability
    assert np.all(shorter >= odds[0])


def test_the_unit_of_the_emissions_does_not_matter():
    panel = made()
    scaled = replace(panel, values=panel.values * 1000.0)
    a, b = (peaked(p).table("probability").probability for p in (panel, scaled))
    np.testing.assert_allclose(a, b, atol=SAME)


def test_an_uncertain_last_value_moves_only_those_below_their_maximum():
    panel = world("CHN", "ARE")
    sure, unsure = (
        peaked(panel, revision=r).table("probability").set_index("entity").probability
        for r in (0.0, 0.05)
    )
    assert sure["CHN"] != unsure["CHN"]
    assert sure["ARE"] != pytest.approx(unsure["ARE"], abs=1e-3)
    assert peaked(panel).params["revision_in_force"] == peaking().revision.deviation


def test_intervals_of_the_path_are_nested_and_open():
    path = peaked(world("CHN")).table("path")
    assert np.all(path.low < path.inner_low)
    assert np.all(path.inner_low < path.middle)
    assert np.all(path.middle < path.inner_high)
    assert np.all(np.diff(path.high / path.low) > 0)


def test_the_trend_is_told_over_all_years_and_since_the_maximum():
    trend = peaked(world("DEU", "CHN")).table("trend").set_index(["entity", "trend_span"])
    assert trend.kendall_tau["DEU", "since_maximum"] < -0.8
    assert ("CHN", "since_maximum") not in trend.index
    assert trend.p_autocorrelated["DEU", "whole"] >= trend.p_independent["DEU", "whole"]


def test_leading_years_without_figures_are_no_gap():
    assert final_use().table("probability").period.iloc[0] == 2022


def test_what_has_no_peak_is_refused():
    net = refused("M973", world("CHN", "DEU"), emissions="co2 + lulucf_co2_flux")
    assert net.evidence[0]["net series"] == "lulucf_co2_flux"
    below = made()
    values = below.values.copy()
    values[1, 3, 0] = -5.0
    negative = refused("M973", replace(below, values=values))
    assert negative.evidence[0]["period"] == 2003
    assert negative.evidence[0]["value"] == -5.0
    refused("M974", world("CHN"), emissions="co2 / population")
    values = below.values.copy()
    values[0, 0, 0] = 0.0
    assert refused("M975", replace(below, values=values)).evidence[0]["period"] == 2000


def test_what_is_too_short_or_too_far_is_refused():
    refused("M976", made(years=5))
    refused("M976", made().select(periods=[2000, 2001, 2002, 2003, 2004, 2005, 2010]))
    assert refused("M977", made(), h=20).evidence[0]["longest"] == 14
    bad = refused("M978", world("CHN"), origins=[1999, 2010])
    assert [row["year"] for row in bad.evidence] == [1999]
    options = {"h": 0, "delta": -0.1, "revision": 0.9}
    assert len(refused("M980", made(), **options).evidence) == 3


def test_gaps_name_their_cells_and_can_be_dropped():
    panel = made()
    values = panel.values.copy()
    values[2, 10, 0] = np.nan
    status = np.where(np.isnan(values), -1, panel.status).astype(np.int8)
    holed = replace(panel, values=values, status=status)
    assert refused("M800", holed).evidence[0]["period"] == 2010
    left = peaked(holed, gaps="drop")
    assert set(left.table("probability").entity) == {"r0", "r1", "r3", "r4"}


def test_edgar_sums_of_provinces_work_and_carry_their_caution(shared):
    import pandas as pd

    rows = pd.read_csv(shared / "data" / "provinces.csv.gz")
    rows = rows[rows.series == "co2_edgar2024"]
    wide = rows.pivot_table(index="region_code", columns="year", values="value")
    panel = Panel.of(
        {"co2_edgar": wide.to_numpy()},
        entities=[f"{int(code)}0000" for code in wide.index],
        periods=[int(y) for y in wide.columns],
        units={"co2_edgar": "t_CO2"},
        level="province",
    )
    result = peaked(panel, emissions="co2_edgar")
    assert len(result.table("probability")) == 31
    skill = measured(result, "panel")
    assert skill.value["brier"] < skill.value["brier_climatology"]
    assert any("proxies" in n.text.en for n in result.notes)
