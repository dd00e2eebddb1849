"""Accounts from meters: sums, faults by name, the running year, three views, refusals."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.carbon.monitor import monitor
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.sources.meters import parse

STORED = json.loads(
    (Path(__file__).parents[1] / "reference" / "monitor" / "expected.json").read_text("utf-8")
)
START = 24 * (pd.Timestamp("2021-01-01") - pd.Timestamp("1970-01-01")).days - 8  # local midnight
DEVICES = {"a": "industry/electricity/firm", "b": "homes/electricity/household"}


def hourly(days=500, seed=0, **replaced):
    rng = np.random.default_rng(seed)
    t = np.arange(24 * days)
    shape = 100 + 30 * np.sin(2 * np.pi * t / 24)
    values = {
        name: np.round(size * shape * np.exp(0.05 * rng.normal(size=len(t))), 1)
        for name, size in (("a", 1.0), ("b", 0.2))
    } | replaced
    return Panel.of(
        {"power": np.stack([values["a"], values["b"]])}, entities=["a", "b"],
        periods=START + t, units={"power": "kWh"}, frequency="H",
    )  # fmt: skip


def run(panel=None, **options):
    return monitor(panel or hourly(), **{"devices": DEVICES, "grid": 0.5, **options})


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        run(*args, **options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


def example(**more):
    return monitor(example_panel("meters"), **{**example_options("monitor"), **more})


def test_the_example_equals_plain_loops():
    result = example()
    table = result.table("by_month")
    for row in table.itertuples():
        assert row.emissions_booked == pytest.approx(
            STORED["months"][f"{row.sector}/{row.when}"], rel=1e-9
        )
    now = result.tables["nowcast"].row(0)
    assert now["booked"] == pytest.approx(STORED["booked"], rel=1e-9)
    assert now["remainder"] == pytest.approx(STORED["remainder"], rel=1e-9)
    assert now["nowcast"] == pytest.approx(now["booked"] + now["remainder"])


@pytest.mark.parametrize(
    ("by", "form"), [("year", "%Y"), ("month", "%Y-%m"), ("day", "%Y-%m-%d"), ("hour", None)]
)
def test_accounts_equal_a_pivot_of_local_time(by, form):
    panel = hourly(days=70)
    got = run(panel, by=by).table("accounts")
    when = pd.to_datetime(np.array(panel.periods) * 3600, unit="s")
    key = (when + pd.Timedelta(hours=8)).strftime(form) if form else when.strftime("%Y-%m-%dT%HZ")
    for e, sector in enumerate(("industry", "homes")):
        want = pd.Series(panel.array("power")[e] * 0.5 / 1000).groupby(key).sum()
        ours = got[got.sector == sector].set_index("when").emissions_booked
        np.testing.assert_allclose(ours[want.index], want, rtol=1e-9)


def test_every_account_sums_to_the_same_total():
    totals = [
        run(by=by).table("accounts").emissions_booked.sum() for by in ("year", "month", "day")
    ]
    np.testing.assert_allclose(totals, totals[0], rtol=1e-9)


def test_three_views_hold_the_same_sum_and_parts_by_scope():
    result = example()
    views = result.table("views")
    totals = views.groupby("view").emissions_booked.sum()
    np.testing.assert_allclose(totals, STORED["booked"], rtol=1e-9)
    by_scope = views.pivot_table(index="view", columns="meter_scope", values="emissions_booked",
                                 aggfunc="sum")  # fmt: skip
    np.testing.assert_allclose(by_scope.scope1, by_scope.scope1.iloc[0])
    assert set(views[views["view"] == "household"].view_line) == {"firm", "government", "household"}
    assert all(check.passed for check in result.checks)


def test_a_register_gives_the_same_accounts_as_its_flows():
    flow = hourly(days=400).array("power")
    register = np.concatenate([np.zeros((2, 1)), flow.cumsum(axis=1)], axis=1)
    panel = Panel.of({"power": register}, entities=["a", "b"], units={"power": "kWh"},
                     periods=np.arange(register.shape[1]) + START - 1, frequency="H")  # fmt: skip
    ours = run(panel, kind="register", gaps="count", by="year").table("accounts")
    theirs = run(hourly(days=400), by="year").table("accounts")
    both = ours.groupby("when").emissions_booked.sum()
    want = theirs.groupby("when").emissions_booked.sum()
    np.testing.assert_allclose(both[["2021", "2022"]], want, rtol=1e-9)


def test_a_register_that_runs_back_is_refused_with_both_addresses():
    rows = ["device,timestamp,value,unit"]
    for hour, value in enumerate((100.0, 140.0, 180.0, 12.0, 50.0)):
        rows.append(f"a,2023-03-01T0{hour}:00:00+08:00,{value},kWh")
    panel = parse("\n".join(rows).encode(), "meter.csv", series="power").panel()
    with pytest.raises(ZhihengError) as caught:
        monitor(panel, devices={"a": "x/electricity"}, kind="register", grid=0.5, gaps="count")
    assert caught.value.code == "M951"
    (row,) = caught.value.evidence
    assert (row["reading before"], row["reading after"]) == (180.0, 12.0)
    assert str(row["cell before"]).endswith("C4")
    assert str(row["cell after"]).endswith("C5")


def test_gaps_are_refused_by_name_or_left_out_and_estimated_apart():
    power = hourly().array("power")[0].copy()
    power[4000:4072] = np.nan
    error = refused("M800", hourly(a=power))
    assert len(error.evidence) == 72
    assert error.evidence[0]["device"] == "a"
    result = run(hourly(a=power), gaps="count", year=2021)
    now = result.tables["nowcast"].row(0)
    whole = run(hourly(), year=2021).tables["nowcast"].row(0)
    lost = np.nansum(hourly().array("power")[0, 4000:4072]) * 0.5 / 1000
    assert whole["booked"] - now["booked"] == pytest.approx(lost)
    assert now["missing_estimate"] == pytest.approx(lost, rel=0.05)
    complete = result.table("completeness").set_index("entity")
    assert complete.longest_gap["a"] == 72
    assert complete.reading_share["b"] == 1
    assert "M953" in codes(result)


def test_periods_that_the_panel_leaves_out_are_gaps_too():
    panel = hourly(days=60)
    cut = panel.select(periods=[p for i, p in enumerate(panel.periods) if i not in (100, 101)])
    assert refused("M800", cut).evidence
    assert run(cut, gaps="count").table("completeness").longest_gap.tolist() == [2, 2]


def test_readings_sparser_than_the_frequency_are_refused_and_not_taken_for_gaps():
    power = np.full(24 * 60, np.nan)
    power[12::24] = 2400.0
    error = refused("M952", hourly(days=60, a=power), gaps="count")
    assert error.evidence[0]["periods between readings"] == 24
    assert "frequency=D" in error.fix.en


def test_planted_faults_are_listed_with_their_kind_and_may_be_left_out():
    power = hourly().array("power")[0].copy()
    power[1000] = 5000.0
    power[2000:2040] = 123.4
    result = run(hourly(a=power), limits={"b": "0..40"})
    faults = result.table("anomalies")
    kinds = faults.groupby(["entity", "anomaly"]).size()
    assert kinds["a", "spike"] == 1
    assert 38 <= kinds["a", "stuck"] <= 42
    assert ("b", "out_of_range") not in kinds
    kept = result.table("accounts").emissions_booked.sum()
    out = run(hourly(a=power), flagged="exclude").table("accounts").emissions_booked.sum()
    assert kept - out == pytest.approx((5000.0 + 40 * 123.4) * 0.5 / 1000, rel=0.05)
    assert "M953" in codes(result)


def test_limits_mark_what_lies_outside():
    faults = run(limits={"b": "0..20"}).table("anomalies")
    power = hourly().array("power")[1]
    assert (faults.anomaly == "out_of_range").sum() == (power > 20).sum()


def test_a_year_that_is_complete_has_nothing_left():
    result = run(year=2021)
    now = result.tables["nowcast"].row(0)
    assert (now["left"], now["remainder"], now["elapsed"]) == (0, 0.0, 365)
    assert now["nowcast"] == pytest.approx(now["booked"])


def test_a_short_past_has_no_interval_and_says_so():
    result = run(hourly(days=60))
    assert np.isnan(result.table("nowcast").low[0])
    assert "M953" in codes(result)
    assert result.table("record").earlier_origins[0] == 0


def test_the_budget_stands_beside_the_year():
    now = example().tables["nowcast"].row(0)
    tight = example(budget=now["nowcast"] * 0.9).tables["budget"].row(0)
    assert tight["budget_verdict"] == "over"
    assert tight["probability_over"] > 0.9
    loose = example(budget=now["nowcast"] * 1.2).tables["budget"].row(0)
    assert loose["budget_verdict"] == "within"
    assert loose["pace_allowed"] == pytest.approx(
        (now["nowcast"] * 1.2 - now["booked"]) / now["left"]
    )
    even = example(budget=now["nowcast"]).tables["budget"].row(0)
    assert even["budget_verdict"] == "open"


def test_the_grid_factor_is_that_of_its_year_or_of_the_one_asked_for():
    panel = hourly(days=400)
    given = run(panel, grid=None, grid_year=2023).table("factors")
    assert given.value[0] == pytest.approx(0.5306e-3)
    assert "2025" in given.source[0]
    years = run(panel, grid=None).table("factors")
    assert years.valid_from.tolist() == [2021, 2022]
    np.testing.assert_allclose(years.value, [0.5568e-3, 0.5366e-3])
    assert "no. 12" in years.source[0]
    assert "no. 33" in years.source[1]
    yearly = (
        run(panel, grid=None, by="year").table("accounts").groupby("when").emissions_booked.sum()
    )
    power = panel.array("power").sum(axis=0)
    assert yearly["2021"] == pytest.approx(power[: 365 * 24].sum() * 0.5568e-3, rel=1e-9)


def test_concentrations_have_means_and_no_emissions():
    values = np.abs(hourly().array("power")) / 10
    panel = replace(hourly(), values=values[..., None], units={"power": "ug/m^3"})
    result = run(panel, kind="level", by="year", devices={"a": "air/pm", "b": "air/pm"})
    table = result.table("accounts")
    assert "emissions_booked" not in table
    assert table.mean_level[0] == pytest.approx(values[:, : 365 * 24].mean())
    assert "views" not in result.tables


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M950", {"devices": {"a": "x/electricity"}}),
        ("M950", {"devices": {**DEVICES, "c": "x/electricity"}}),
        ("M950", {"devices": {"a": "x", "b": "x/electricity"}}),
        ("M950", {"devices": {"a": "x/electricity/nobody", "b": "x/electricity"}}),
        ("M950", {"devices": {"a": "x/peat", "b": "x/electricity"}}),
        ("M950", {"limits": {"a": "5..1"}}),
        ("M952", {"devices": {"a": "x/natural_gas", "b": "x/electricity"}}),
        ("M952", {"year": 1999}),
        ("M952", {"level": 0.0}),
        ("M952", {"spike": 0.0}),
        ("M952", {"budget": -1.0}),
        ("C442", {"grid": None, "grid_year": 1990}),
    ],
)
def test_what_cannot_be_meant_is_refused(code, options):
    error = refused(code, hourly(days=20), **options)
    assert error.evidence or error.fix.en


def test_negative_flows_and_annual_data_are_refused():
    power = hourly(days=20).array("power")[0].copy()
    power[7] = -3.0
    error = refused("M936", hourly(days=20, a=power))
    assert error.evidence[0]["value"] == -3.0
    annual = Panel.of({"power": np.ones((2, 3))}, entities=["a", "b"], periods=range(2020, 2023),
                      units={"power": "kWh"})  # fmt: skip
    refused("M952", annual)


def air(shared, station):
    path = shared / "data" / "series" / "air" / f"beijing_{station}.csv.gz"
    if not path.exists():
        pytest.skip("the UCI air quality data are not in the shared folder")
    with gzip.open(path, "rt") as lines:
        frame = pd.read_csv(lines)
    when = pd.to_datetime(frame[["year", "month", "day", "hour"]])
    hours = (when - pd.Timestamp("1970-01-01")) // pd.Timedelta(hours=1) - 8
    return Panel.of(
        {"pm25": frame["PM2.5"].to_numpy(float)[None]}, entities=[station], periods=hours,
        units={"pm25": "ug/m^3"}, frequency="H",
    )  # fmt: skip


@pytest.mark.parametrize("station", ["Changping", "Aotizhongxin"])
def test_real_hourly_sensors_run_with_their_gaps_and_a_record(shared, station):
    panel = air(shared, station)
    options = {"devices": {station: "air/pm"}, "kind": "level", "gaps": "count"}
    whole = monitor(panel, **options, year=2015)
    complete = whole.table("completeness").iloc[0]
    assert 0.96 < complete.reading_share < 0.99
    # lone spikes and runs of a real sensor: measured 41 and 26, 22 and 34 of 35,064
    assert complete.n_spike + complete.n_stuck < 100
    cut = panel.select(periods=[p for p in panel.periods if p < 24 * 17044])  # 2016-09-01
    result = monitor(cut, **options)
    now, past = result.tables["nowcast"].row(0), result.tables["record"].row(0)
    truth = monitor(panel, **options, year=2016).tables["nowcast"].row(0)
    assert now["low"] < truth["nowcast"] < now["high"]
    assert past["coverage_found"] >= 0.8
    assert past["earlier_origins"] > 50


def test_a_real_turbine_runs_without_gaps_and_few_doubtful_readings(shared):
    path = shared / "data" / "series" / "gas_turbine_2011.csv.gz"
    if not path.exists():
        pytest.skip("the UCI gas turbine data are not in the shared folder")
    with gzip.open(path, "rt") as lines:
        frame = pd.read_csv(lines)
    panel = Panel.of(
        {"nox": frame["Nitrogen oxides"].to_numpy(float)[None]}, entities=["turbine"],
        periods=START + np.arange(len(frame)), units={"nox": "1"}, frequency="H",
    )  # fmt: skip
    table = monitor(panel, devices={"turbine": "power/nox"}, kind="level").table("completeness")
    row = table.iloc[0]
    assert row.reading_share == 1
    # measured: 112 stuck and 211 spikes in 36,733 readings; a turbine does change load in an hour
    assert (row.n_stuck + row.n_spike) / row.present_readings < 0.01
