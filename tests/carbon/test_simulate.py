"""The simulator on the embedded provinces: odds, levers, money, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zhiheng.carbon.simulate_draws import level_table, prepare
from zhiheng.carbon.simulate_input import growth_of, read_start
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.levers import levers, scenario, scenarios, schedules
from zhiheng.catalog.scope import scope
from zhiheng.catalog.simulator import SECTORS, facts, priors, uses
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.text import Text
from zhiheng.kernels.simulator import run
from zhiheng.kernels.simulator_odds import BAND, fan, peak_by
from zhiheng.kernels.simulator_records import LEVERS

# Printed with three decimals by the referee.
PRINTED = 5e-4
# Sums of float64 in another order.
ROUNDING = 1e-9
YEARS = list(range(2015, 2023))
PRICE = levers()["carbon_price"]


@pytest.fixture(scope="module")
def provinces() -> Panel:
    codes = [e for e in dataset("provinces").entities if e != "540000"]
    return dataset("provinces").select(entities=codes, periods=YEARS)


@pytest.fixture(scope="module")
def guangdong(provinces: Panel) -> Panel:
    return provinces.select(entities=["440000"])


def simulate(panel, **options):
    return methods["simulate"](panel, **{"draws": 60, **options})


def test_the_start_is_the_panels_own_final_use_plus_bought_electricity_and_heat(provinces):
    found = read_start(provinces, start=None, gaps="refuse")
    burnt = evaluate("co2_final_use", provinces, scope("province")).values
    direct = (found.energy.carriers * 1.0)[:, :, :-2] * found.energy.factor
    np.testing.assert_allclose(direct.sum(-1)[:, -1], burnt[:, -1], rtol=ROUNDING)
    power = provinces.array("final_electricity")[:, -1] * 0.4403e-3  # Guangdong 2022, kg per kWh
    place = provinces.entities.index("440000")
    heat = provinces.array("final_heat")[:, -1] * 0.11e-9
    want = burnt[place, -1] + power[place] + heat[place]
    assert found.history[place, -1] == pytest.approx(want, rel=ROUNDING)
    assert found.year == 2022


def test_the_national_start_that_sinks_are_shared_by_is_that_of_the_data(provinces):
    found = read_start(provinces, start=None, gaps="refuse")
    assert found.history[:, -1].sum() == pytest.approx(facts()["start_national"].value, rel=1e-6)
    assert found.state.sink.sum() == pytest.approx(facts()["sink_national"].value, rel=1e-6)


def test_the_hindcast_has_the_figures_of_the_referee(guangdong):
    table = simulate(guangdong).table("hindcast").set_index(["sample", "rival"])
    said = {"constant": 0.253, "drift": 0.222, "half_drift": 0.187}
    for rule, value in said.items():
        assert table.loc[("countries", rule), "mae"] == pytest.approx(value, abs=PRINTED)
    assert table.loc[("china", "half_drift"), "mae"] == pytest.approx(0.305, abs=PRINTED)
    ours, half = (table.loc[("countries", r), "mae"] for r in ("outlook", "half_drift"))
    assert ours <= half + 0.005
    assert 0.85 <= table.loc[("countries", "outlook"), "coverage_90"] <= 0.95


def test_a_lever_at_zero_changes_nothing_at_all(guangdong):
    none = simulate(guangdong)
    zero = simulate(guangdong, levers={"carbon_price": 0.0, "ccus": "0@2030-2040:s-curve"})
    for name in ("paths", "odds", "totals", "drivers", "money", "fan"):
        assert none.table(name).equals(zero.table(name)), name


@pytest.mark.parametrize("name", [n for n in LEVERS if n != "electrification"])
def test_levers_lower_net_emissions_in_every_draw_of_every_province(provinces, name):
    start = read_start(provinces, start=None, gaps="refuse")
    case = prepare(start, draws=40, horizon=2060, seed=3)
    last = case.baseline
    for part in (0.25, 1.0):
        table = level_table(schedules({name: levers()[name].high * part}), case.years)
        found = run(start.state, case.parameters, table, case.baseline)
        assert (found.net <= case.baseline.net * (1 + 1e-12)).all()
        # Under a very high price demand falls so far that hardly any plant is built: an area may
        # keep its old plant for longer than under a lower price, the sum of all does not.
        area = 1 if name == "carbon_price" else ()
        assert (found.net.sum(axis=area) <= last.net.sum(axis=area) * (1 + 1e-12)).all()
        last = found


def test_electrification_lowers_direct_emissions_and_total_ones_depend_on_the_grid(provinces):
    start = read_start(provinces, start=None, gaps="refuse")
    case = prepare(start, draws=40, horizon=2060, seed=3)
    table = level_table(schedules({"electrification": 1.0}), case.years)
    found = run(start.state, case.parameters, table, case.baseline)
    assert (found.direct <= case.baseline.direct * (1 + 1e-12)).all()
    assert (found.net > case.baseline.net).any()
    assert levers()["electrification"].condition is not None


def test_the_baseline_has_the_width_of_past_errors(guangdong):
    start = read_start(guangdong, start=None, gaps="refuse")
    case = prepare(start, draws=2000, horizon=2060, seed=1)
    change = case.parameters.emissions[:, 0]
    scale = case.countries.pool.errors.band(0.9, 10)[-1]
    pool = case.countries.pool
    growth = growth_of(start, pool.variance, pool.affluence_variance)
    carried = growth.drift[0] * pool.damping.own + pool.drift * pool.damping.pool
    away = np.abs(change[:, 10] - carried.sum(axis=-1)[9])
    assert np.quantile(away, 0.9) == pytest.approx(scale * growth.scale[0, 0], rel=0.02)


def test_the_sum_of_provinces_is_about_as_uncertain_as_its_own_history_says(provinces):
    start = read_start(provinces, start=None, gaps="refuse")
    case = prepare(start, draws=2000, horizon=2035, seed=1)
    total = np.log(case.baseline.emissions.sum(axis=1))[:, 10]
    from zhiheng.carbon.simulate_input import growth_of

    pool = case.countries.pool
    whole = growth_of(start, pool.variance, pool.affluence_variance).whole
    low, high = np.quantile(total, [0.05, 0.95])
    want = 2 * whole * pool.errors.band(0.9, 10)[-1]
    assert high - low == pytest.approx(want, rel=0.15)


def test_a_province_does_not_depend_on_its_place_among_others(provinces):
    some = provinces.select(entities=["440000", "110000"])
    other = provinces.select(entities=["110000", "440000"])
    a, b = (simulate(p).table("outcome").set_index("entity") for p in (some, other))
    np.testing.assert_allclose(
        a.loc["440000"].drop(["name", "name_zh", "name_en"]).astype(float),
        b.loc["440000"].drop(["name", "name_zh", "name_en"]).astype(float),
        rtol=ROUNDING,
    )


def test_seeds_give_other_draws_and_the_same_story(guangdong):
    one, two = (simulate(guangdong, draws=800, seed=s).table("outcome") for s in (1, 2))
    assert one["peak_median"][0] != two["peak_median"][0]
    assert one["peak_median"][0] == pytest.approx(two["peak_median"][0], rel=0.03)
    assert one["peak_odds"][0] == pytest.approx(two["peak_odds"][0], abs=0.06)


def test_drivers_add_up_to_the_change_in_each_draw(guangdong):
    one = simulate(guangdong, draws=21, levers={"ccus": 0.3})
    table = one.table("drivers")
    assert set(table["factor"]) >= {"population", "affluence", "energy_intensity", "captured"}
    assert (table["low"] <= table["median"]).all()


def test_probabilities_of_a_peak_never_fall_and_end_at_one(provinces):
    odds = simulate(provinces, levers="ambitious").table("odds")
    for _, rows in odds[odds["event"] == "peak_by"].groupby("entity"):
        p = rows.sort_values("period")["probability"].to_numpy()
        assert (np.diff(p) >= 0).all()
        assert p[-1] == 1.0


def test_of_equal_maxima_the_first_counts():
    paths = np.array([[[1.0, 3.0, 3.0]], [[2.0, 1.0, 2.0]]])
    np.testing.assert_array_equal(peak_by(paths), [[0.5, 1.0, 1.0]])


@pytest.mark.parametrize("order", ["C", "F"])
def test_quantiles_are_those_of_numpy_and_leave_the_draws_alone(order):
    x = np.array(np.random.default_rng(0).normal(size=(37, 1, 5)), order=order)
    before = x.copy()
    np.testing.assert_allclose(fan(x), np.quantile(x, BAND, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(x, before)


def test_two_runs_in_a_row_on_one_calibration_agree(guangdong):
    one, two = (simulate(guangdong, levers="ambitious") for _ in range(2))
    for name in one.tables:
        assert one.table(name).equals(two.table(name)), name


def test_areas_of_the_wedge_fill_the_distance_between_the_paths(guangdong):
    one = simulate(guangdong, levers="neutral", draws=40)
    wedge = one.table("wedge").pivot_table(index="period", columns="part_of_path", values="value")
    start = read_start(guangdong, start=None, gaps="refuse")
    case = prepare(start, draws=40, horizon=2060, seed=1)
    mean = case.baseline.net[:, 0].mean(axis=0)
    np.testing.assert_allclose(wedge.sum(axis=1), mean, rtol=ROUNDING)


def test_money_of_the_actors_sums_to_minus_the_real_cost(guangdong):
    one = simulate(guangdong, levers="ambitious")
    assert all(check.passed for check in one.checks)
    assert set(one.table("money")["actor"]) == {"state", "firms", "households", "all"}


def test_a_stronger_scenario_has_better_odds(provinces):
    odds = [
        simulate(provinces, levers=name, draws=200).table("outcome")["peak_odds"][0]
        for name in (None, "moderate", "ambitious")
    ]
    assert odds[0] < odds[1] < odds[2]
    assert 0.05 < odds[0] < 0.6


def test_a_balance_by_sector_is_used_as_it_is(guangdong):
    panel = _balance(guangdong)
    found = read_start(panel, start=None, gaps="refuse")
    assert found.energy.balance
    whole = read_start(guangdong, start=None, gaps="refuse")
    np.testing.assert_allclose(found.history, whole.history, rtol=ROUNDING)
    one = simulate(panel, draws=20)
    assert not any("energy.部门.燃料" in note.text.zh for note in one.notes)


def _balance(panel: Panel, sector: str = "industry") -> Panel:
    """Everything used by industry: the totals are the panel's, the split is not."""
    names = ["population", "gdp_current", "gdp_index_prev_100"]
    values = {n: panel.array(n) for n in names}
    values["gdp_real"] = evaluate("gdp_real", panel, scope("province")).values
    units = {n: panel.units[n] for n in names} | {"gdp_real": "CNY_2020"}
    for n in ("va_primary", "va_secondary", "va_tertiary"):
        values[n], units[n] = panel.array(n), panel.units[n]
    for fuel in uses():
        values[f"energy.{sector}.{fuel}"] = panel.array(f"final_{fuel}")
        units[f"energy.{sector}.{fuel}"] = panel.units[f"final_{fuel}"]
    return Panel.of(
        values, entities=panel.entities, periods=panel.periods, units=units, level="province"
    )


def _with(panel: Panel, name: str, change) -> Panel:
    values = {s: panel.array(s).copy() for s in panel.series}
    values[name] = change(values[name])
    return Panel.of(
        values, entities=panel.entities, periods=panel.periods, units=panel.units, level=panel.level
    )


def _negative(x):
    x[0, -1] = -1.0
    return x


def _gap(x):
    x[0, -1] = np.nan
    return x


@pytest.mark.parametrize(
    ("code", "change", "options"),
    [
        ("M982", lambda p: p.select(series=["population"]), {}),
        ("M983", lambda p: _with(p, "final_diesel", _gap), {"start": 2022}),
        ("M984", lambda p: _with(p, "final_diesel", _negative), {}),
        ("M985", lambda p: p.select(periods=[2019, 2020, 2021, 2022]), {}),
        ("M989", lambda p: p, {"draws": 5}),
        ("M989", lambda p: p, {"horizon": 2023}),
        ("M989", lambda p: p, {"neutral": 0.5}),
        ("M990", lambda p: p, {"levers": {"ccus": "0.1@2015-2020"}}),
        ("C455", lambda p: p, {"levers": {"carbon_tax": 5}}),
        ("C456", lambda p: p, {"levers": {"ccus": 5}}),
        ("C456", lambda p: p, {"levers": {"ccus": float("nan")}}),
        ("C456", lambda p: p, {"levers": {"ccus": {"height": 0.1}}}),
        ("C456", lambda p: p, {"levers": {"ccus": "0.1@2030:wave"}}),
        ("C457", lambda p: p, {"levers": "heroic"}),
    ],
)
def test_bad_input_is_named(guangdong, code, change, options):
    with pytest.raises(ZhihengError) as caught:
        simulate(change(guangdong), **options)
    assert caught.value.code == code
    assert caught.value.evidence or code.startswith("C45")


def test_current_prices_unknown_units_and_sectors_are_refused(guangdong):
    panel = _balance(guangdong)
    for change, code in (
        ({"units": {**panel.units, "gdp_real": "CNY"}}, "M986"),
        ({"units": {**panel.units, "energy.industry.diesel": "piece"}}, "M987"),
    ):
        values = {s: panel.array(s) for s in panel.series}
        wrong = Panel.of(
            values, entities=panel.entities, periods=panel.periods, level="province", **change
        )
        with pytest.raises(ZhihengError) as caught:
            simulate(wrong)
        assert caught.value.code == code
    with pytest.raises(ZhihengError) as caught:
        simulate(_balance(guangdong, sector="space"))
    assert caught.value.code == "M988"


def test_gaps_name_the_cell(guangdong):
    with pytest.raises(ZhihengError) as caught:
        simulate(_with(guangdong, "final_diesel", _gap), start=2022)
    row = caught.value.evidence[0]
    assert (row["entity"], row["period"], row["series"]) == ("440000", 2022, "final_diesel")


def test_schedules_have_the_shapes_that_they_name():
    years = range(2022, 2041)
    given = schedules(
        {"carbon_price": "100@2026-2029:linear", "ccus": "0.5@2030:step", "sinks": 1.0}
    )
    table = dict(zip(LEVERS, level_table(given, years), strict=True))
    np.testing.assert_allclose(table["carbon_price"][3:9], [0, 25, 50, 75, 100, 100])
    np.testing.assert_allclose(table["ccus"][7:10], [0, 0.5, 0.5])
    assert table["sinks"][4] == pytest.approx(0.1)
    assert table["sinks"][-1] == 1.0


def test_scenarios_inherit_and_circles_are_refused(tmp_path):
    neutral = scenario("neutral")
    assert neutral.chain == ("neutral", "ambitious", "moderate")
    assert {s.lever for s in scenario("moderate").schedules} <= {s.lever for s in neutral.schedules}
    words = '{{ zh = "甲", en = "a" }}'
    text = f'extends = "{{}}"\ntitle = {words}\nnote = {words}\n[levers]\n'
    (tmp_path / "a.toml").write_text(text.format("b.toml"), "utf-8")
    (tmp_path / "b.toml").write_text(text.format("a.toml"), "utf-8")
    with pytest.raises(ZhihengError) as caught:
        scenario(str(tmp_path / "a.toml"))
    assert caught.value.code == "C458"


def test_a_circle_of_scenarios_over_folders_is_refused(tmp_path):
    words = '{ zh = "甲", en = "a" }'
    text = f"title = {words}\nnote = {words}\n[levers]\n"
    (tmp_path / "below").mkdir()
    (tmp_path / "a.toml").write_text(f'extends = "below/b.toml"\n{text}', "utf-8")
    (tmp_path / "below" / "b.toml").write_text(f'extends = "../a.toml"\n{text}', "utf-8")
    with pytest.raises(ZhihengError) as caught:
        scenario(str(tmp_path / "a.toml"))
    assert caught.value.code == "C458"


@pytest.mark.parametrize(
    "written",
    [{"level": True}, {"level": 100, "start": 2030.5}, {"level": 100, "end": "soon"}],
)
def test_years_are_whole_and_levels_are_numbers(written):
    with pytest.raises(ZhihengError) as caught:
        schedules({"carbon_price": written})
    assert caught.value.code == "C456"


def test_names_and_what_was_left_out_are_those_of_the_panel_at_hand(provinces, guangdong):
    plain = simulate(guangdong)
    called = replace(guangdong, labels={"440000": Text("粤", "Yue")})
    assert set(simulate(called).table("paths").name_en) == {"Yue"}
    assert "Yue" not in set(simulate(guangdong).table("paths").name_en)
    values = provinces.select(entities=["440000", "370000"])
    holed = values.values.copy()
    holed[1, -1, values.series.index("population")] = np.nan
    found = simulate(replace(values, values=holed), gaps="drop")
    assert any("370000" in note.text.en for note in found.notes)
    assert not any("370000" in note.text.en for note in simulate(guangdong).notes)
    assert plain.table("paths").equals(found.table("paths"))


def test_a_dearer_carbon_lowers_medians_every_year_and_every_sum_over_years(provinces):
    start = read_start(provinces, start=None, gaps="refuse")
    case = prepare(start, draws=50, horizon=2060, seed=3)
    last = case.baseline.emissions
    for part in np.linspace(0.1, 1.0, 6):
        table = level_table(schedules({"carbon_price": PRICE.high * part}), case.years)
        found = run(start.state, case.parameters, table, case.baseline).emissions
        assert (np.median(found, axis=0) <= np.median(last, axis=0) * (1 + 1e-12)).all()
        assert (found.sum(axis=-1) < last.sum(axis=-1)).all()
        assert (found <= case.baseline.emissions * (1 + 1e-12)).all()
        last = found


def test_the_catalog_is_sound():
    assert tuple(levers()) == LEVERS
    for p in priors().values():
        assert p.low <= p.mode <= p.high
    for use in uses().values():
        assert sum(use.spread) == pytest.approx(1.0)
        assert len(use.spread) == len(SECTORS)
    for name in scenarios():
        assert scenario(name).schedules
