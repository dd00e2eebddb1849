"""Targets against achievement: definitions, states, and what cannot be computed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zhiheng.carbon.targets import targets
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.targets import deadline_of, reported_on, targets_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

REFERENCE = Path(__file__).parents[1] / "reference" / "targets"
# Powers and logarithms of ratios.
ROUNDING = 1e-12


def stored():
    with (REFERENCE / "input.csv").open() as file:
        rows = list(csv.DictReader(file))
    regions = list(dict.fromkeys(r["region"] for r in rows))
    years = sorted({int(r["year"]) for r in rows})
    values = {
        name: np.array([float(r[name]) for r in rows]).reshape(len(regions), len(years))
        for name in ("co2", "gdp_real")
    }
    units = {"co2": "t_CO2", "gdp_real": "CNY_2020"}
    return Panel.of(values, entities=regions, periods=years, units=units)


def provinces(**options):
    return targets(dataset("provinces"), emissions="co2_final_use", gaps="drop", **options)


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        targets(panel, **options)
    assert caught.value.code == code
    return caught.value


def test_equals_the_definitions_with_fifty_digits():
    result = targets(stored(), targets=["carbon_intensity_2030"])
    found = result.table("gaps").set_index("entity")
    found["goal"] = result.table("levels").set_index("entity").goal
    expected = json.loads((REFERENCE / "expected.json").read_text())
    for region, row in expected.items():
        for name, value in row.items():
            assert found[name][region] == pytest.approx(value, abs=ROUNDING), (region, name)


def test_the_country_is_behind_and_what_was_reported_stands_beside():
    result = targets(dataset("world"))
    gaps = result.table("gaps").set_index("target_id")
    assert set(gaps.entity) == {"CHN"}
    assert gaps.target_state["carbon_intensity_2030"] == "behind"
    assert gaps.required_pace["carbon_intensity_2030"] < gaps.recent_pace["carbon_intensity_2030"]
    reported = result.table("reported").set_index("period")
    assert reported.reported[2021] == -0.508
    assert -0.5 < reported.measured[2021] < -0.4
    assert any("differ from what was reported" in n.text.en for n in result.notes)


def test_a_target_without_its_series_is_named_and_not_approximated():
    missing = targets(dataset("world")).table("missing").set_index("target_id")
    assert missing.lacking["forest_stock_2030"] == "forest_stock"
    assert missing.lacking["non_fossil_2030"] == "non_fossil_share"
    none = refused("M979", dataset("world"), targets=["forest_stock_2030"])
    assert none.evidence[0]["missing"] == "forest_stock"
    assert refused("M979", dataset("provinces")).evidence


def test_provinces_are_told_that_it_is_a_yardstick():
    said = " ".join(n.text.en for n in provinces().notes)
    assert "yardstick" in said
    assert "another boundary" in said


def test_the_line_starts_at_the_value_and_gaps_follow_from_it():
    table = provinces(targets=["carbon_intensity_2025"]).table("by_year")
    first = table[table.period == 2020]
    np.testing.assert_allclose(first.off_track, 0.0, atol=1e-12)
    np.testing.assert_allclose(table.value / table.on_line - 1, table.off_track, atol=1e-12)


def made(share, years=range(2020, 2025)):
    values = {"non_fossil_share": np.array([share])}
    return Panel.of(values, entities=["x"], periods=list(years), units={"non_fossil_share": "1"})


def test_states_follow_the_line_and_the_deadline():
    def state(share, years=range(2020, 2025)):
        found = targets(made(share, years), targets=["non_fossil_2030"]).table("gaps")
        return found.target_state[0], found.required_pace[0]

    # From 0.15 in 2020 the line to 0.25 in 2030 stands at 0.19 in 2024.
    assert state([0.15, 0.16, 0.17, 0.18, 0.185])[0] == "behind"
    assert state([0.15, 0.16, 0.17, 0.18, 0.195])[0] == "on_track"
    assert state([0.15, 0.16, 0.17, 0.18, 0.26]) == ("met", 0.0)
    late = np.linspace(0.15, 0.22, 12)
    assert state(late, range(2020, 2032))[0] == "missed"
    assert state([0.15, 0.16, 0.17, 0.18, 0.19])[1] == pytest.approx(0.01)


def intensity(co2, first=2020, **options):
    """Targets on one region whose output does not change."""
    co2 = np.array([co2], dtype=float)
    panel = Panel.of(
        {"co2": co2, "gdp_real": np.full(co2.shape, 50.0)},
        entities=["x"],
        periods=list(range(first, first + co2.shape[1])),
        units={"co2": "t_CO2", "gdp_real": "CNY_2020"},
    )
    return targets(panel, **options)


def test_a_target_is_judged_in_its_last_year_and_not_by_what_came_after():
    late = [100.0, 100.0, 99.0, 99.0, 98.0, 97.0, 60.0, 50.0]  # 18 % down by 2025 was missed
    row = intensity(late, targets=["carbon_intensity_2025"]).table("gaps").iloc[0]
    assert (row.period, row.target_state) == (2025, "missed")
    assert row.off_track == pytest.approx(0.97 / 0.82 - 1)
    early = [100.0, 95.0, 90.0, 85.0, 83.0, 81.0, 99.0, 99.0]
    row = intensity(early, targets=["carbon_intensity_2025"]).table("gaps").iloc[0]
    assert (row.target_state, row.progress > 1) == ("met", True)


def test_values_that_have_no_rate_are_named_and_not_called_met():
    for co2 in ([0.0, 10.0, 10.0], [10.0, 5.0, 0.0], [10.0, 5.0, -2.0]):
        with pytest.raises(ZhihengError) as caught:
            intensity(co2, targets=["carbon_intensity_2025"])
        assert caught.value.code == "M975"
        assert caught.value.evidence[0]["period"] == 2020 + int(np.argmin(co2))
    gone = intensity([10.0, 5.0, 0.0], targets=["neutrality_2060"]).table("gaps").iloc[0]
    assert gone.target_state == "met"
    assert np.isnan(gone.recent_pace)


def test_what_is_no_amount_of_emissions_is_refused():
    with pytest.raises(ZhihengError) as caught:
        intensity([10.0, 9.0, 8.0], emissions="gdp_real")
    assert caught.value.code == "M974"


def test_a_peak_target_says_whether_the_maximum_is_recent():
    co2 = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9], [5.0, 9, 8, 8, 7, 7, 6, 6, 5]])
    panel = Panel.of(
        {"co2": co2}, entities=["up", "down"], periods=list(range(2016, 2025)),
        units={"co2": "t_CO2"},
    )  # fmt: skip
    found = targets(panel, targets=["peak_2030"]).table("gaps").set_index("entity")
    assert dict(found.target_state) == {"up": "rising", "down": "below"}
    assert found.recent_pace["up"] > 0 > found.recent_pace["down"]


def test_neutrality_is_a_straight_line():
    co2 = np.array([[40.0, 40.0, 40.0, 40.0, 36.0]])
    panel = Panel.of(
        {"co2": co2}, entities=["x"], periods=list(range(2020, 2025)), units={"co2": "t_CO2"}
    )
    found = targets(panel, targets=["neutrality_2060"]).table("gaps")
    assert found.required_pace[0] == pytest.approx(-1 / 36)
    assert found.off_track[0] == pytest.approx(0.0)
    assert found.progress[0] == pytest.approx(0.1)


def test_every_target_has_a_source_and_a_deadline_after_its_announcement():
    for target in targets_of():
        assert target.source
        assert target.deadline > int(target.announced[:4])
        assert target.kind == "peak" or target.value is not None
        assert (target.base is not None) == (target.kind in ("reduction", "stock"))
    assert deadline_of("peak") == 2030
    assert deadline_of("neutrality") == 2060
    assert [r.year for r in reported_on("carbon_intensity_2030")] == [2018, 2019, 2021]


def test_unknown_targets_and_gaps_are_refused():
    assert "non_fossil_2030" in refused("C450", stored(), targets=["non_fossil_2031"]).fix.en
    refused("M980", stored(), recent=0)
    panel = stored()
    values = panel.values.copy()
    values[1, 3, 0] = np.nan
    status = np.where(np.isnan(values), -1, panel.status).astype(np.int8)
    holed = replace(panel, values=values, status=status)
    error = refused("M800", holed, targets=["carbon_intensity_2030"])
    assert error.evidence[0]["period"] == 2008
    left = targets(holed, targets=["carbon_intensity_2030"], gaps="drop")
    assert list(left.table("gaps").entity) == ["north", "east"]
