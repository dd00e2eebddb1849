"""What `monitor` says of a year that was read in part, and what it refuses to pass over."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.monitor import monitor
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

DEVICES = {"a": "industry/electricity"}


def monthly(year, month, values, unit="kWh"):
    first = year * 12 + month - 1
    values = np.asarray(values, float)
    return Panel.of(
        {"reading": values[None]}, entities=["a"], periods=range(first, first + len(values)),
        units={"reading": unit}, frequency="M",
    )  # fmt: skip


def run(panel, **options):
    return monitor(panel, **{"devices": DEVICES, "grid": 0.5, **options})


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        run(panel, **options)
    assert caught.value.code == code
    return caught.value


def said(result, words):
    return [n.text.en for n in result.notes if words in n.text.en]


def test_a_year_whose_first_months_were_not_read_says_so():
    (note,) = said(run(monthly(2023, 3, np.ones(7))), "first read within the year")
    assert "a (2023-03)" in note
    assert not said(run(monthly(2023, 1, np.ones(7))), "first read within the year")
    assert not said(run(monthly(2022, 3, np.ones(15))), "first read within the year")


def test_odds_of_a_budget_need_as_many_origins_as_an_interval():
    row = run(monthly(2023, 3, np.ones(7)), budget=1).tables["budget"].row(0)
    assert row["high"] is None
    assert row["probability_over"] is None


@pytest.mark.parametrize("by", ["day", "hour"])
def test_accounts_are_not_finer_than_their_readings(by):
    error = refused("M952", monthly(2023, 1, np.ones(7)), by=by)
    assert "by=month" in error.fix.en


@pytest.mark.parametrize(
    "options", [{"utc_offset": 99.0}, {"utc_offset": float("nan")}, {"budget": float("inf")}]
)
def test_options_out_of_range_are_refused(options):
    assert refused("M952", monthly(2023, 1, np.ones(7)), **options).evidence


@pytest.mark.filterwarnings("error")
def test_a_meter_that_stands_at_zero_warns_of_nothing():
    row = run(monthly(2020, 1, np.zeros(40)), budget=1).tables["nowcast"].row(0)
    assert row["nowcast"] == 0


def test_periods_left_out_are_named_by_their_dates_and_counted():
    whole = monthly(2023, 1, np.ones(7))
    cut = whole.select(periods=[p for i, p in enumerate(whole.periods) if i not in (2, 3)])
    error = refused("M800", cut)
    assert error.evidence[0]["when"] == "2023-03"
    assert error.evidence[0]["until"] == "2023-04"
    assert error.what.en.startswith("2 readings")


def test_carriers_may_have_their_chinese_names_and_measured_co2_its_own():
    gas = monthly(2023, 1, np.ones(12), unit="m^3")
    same = [
        run(gas, devices={"a": f"industry/{name}"}).tables["nowcast"].row(0)["booked"]
        for name in ("natural_gas", "天然气")
    ]
    assert same[0] == same[1] > 0
    assert run(monthly(2023, 1, np.ones(12), unit="t_CO2"), devices={"a": "stack/co2"})


def test_a_grid_factor_of_the_users_own_says_what_it_replaces():
    assert said(run(monthly(2023, 1, np.ones(12)), grid_year=2022), "not used")


@pytest.mark.parametrize(
    "options", [{"devices": {"a": 5}}, {"limits": {"a": (0, 5)}}, {"limits": {"a": "nan..5"}}]
)
def test_mappings_of_other_than_words_are_refused_and_not_a_traceback(options):
    assert refused("M950", monthly(2023, 1, np.ones(7)), **options).evidence


def test_a_month_that_is_missing_is_estimated_from_the_same_month_and_says_so():
    values = np.ones(30)
    values[20] = np.nan
    assert said(run(monthly(2020, 1, values), gaps="count"), "the same month")


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_estimated_where_nothing_is_missing(seed):
    values = np.random.default_rng(seed).uniform(1, 9, (3, 31))
    panel = Panel.of(
        {"reading": values}, entities=["a", "b", "c"], periods=range(24252, 24252 + 31),
        units={"reading": "kWh"}, frequency="M",
    )  # fmt: skip
    said = dict.fromkeys("abc", "industry/electricity")
    assert run(panel, devices=said).tables["nowcast"].row(0)["missing_estimate"] == 0


def test_a_budget_of_states_is_not_used_and_says_so():
    panel = monthly(2020, 1, np.ones(30), unit="ug/m^3")
    result = run(panel, kind="level", budget=5.0, devices={"a": "air/pm"})
    assert said(result, "budget is not used")
