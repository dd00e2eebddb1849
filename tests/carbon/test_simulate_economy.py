"""The simulator on economies of the embedded panel: account, layout, levers, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zhiheng.carbon.simulate_draws import level_table, prepare
from zhiheng.carbon.simulate_economy import UNITS, generation_factor
from zhiheng.carbon.simulate_input import read_start
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.levers import levers, schedules
from zhiheng.catalog.simulator import ANY, SECTORS, facts, layout
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.kernels.simulator import calibrate, run
from zhiheng.kernels.simulator_records import CONVERTED, LEVERS

# Sums of float64 in another order.
ROUNDING = 1e-9
# The panel's deflator is rounded to four digits in places.
RATE = 1e-3


@pytest.fixture(scope="module")
def world() -> Panel:
    return dataset("world")


@pytest.fixture(scope="module")
def china(world: Panel) -> Panel:
    return world.select(entities=["CHN"])


@pytest.fixture(scope="module")
def case(china):
    return prepare(read_start(china, start=None, gaps="refuse"), draws=200, horizon=2060, seed=4)


def simulate(panel, **options):
    return methods["simulate"](panel, **{"draws": 60, **options})


def _changed(panel: Panel, name: str, change) -> Panel:
    values = {s: panel.array(s).copy() for s in panel.series}
    values[name] = change(values[name])
    return Panel.of(
        values, entities=panel.entities, periods=panel.periods, units=panel.units, level=panel.level
    )


def test_the_start_is_the_panels_territorial_co2_to_the_tonne(china, case):
    year = china.periods.index(2023)
    assert case.start.year == 2023
    np.testing.assert_allclose(
        case.baseline.emissions[:, 0, 0], china.array("co2")[0, year], rtol=ROUNDING
    )
    np.testing.assert_allclose(
        case.baseline.indirect[:, 0, 0], china.array("co2_power")[0, year], rtol=ROUNDING
    )
    burnt = sum(
        china.array(f"co2_{s}")[0, year]
        for s in ("industrial_combustion", "transport", "buildings")
    )
    np.testing.assert_allclose(case.baseline.direct[:, 0, 0], burnt, rtol=ROUNDING)


def test_draws_move_the_fuels_of_a_sector_but_neither_its_co2_nor_electricity(china, case):
    energy = case.start.state.energy * case.parameters.allocation
    carbon = energy * case.start.state.emission_factor[:, None]
    year = china.periods.index(2023)
    industry = carbon[:, 0, SECTORS.index("industry"), :-CONVERTED]
    want = china.array("co2_industrial_combustion")[0, year]
    np.testing.assert_allclose(industry.sum(-1), want, rtol=ROUNDING)
    assert industry[:, 0].std() > 0.01 * want
    joule = china.array("electricity_use_per_capita") * china.array("population") * 3.6e6
    np.testing.assert_allclose(
        energy[:, 0, :, -CONVERTED].sum(-1) * 29.3076e9, joule[0, year], rtol=ROUNDING
    )


def test_weights_with_an_axis_of_areas_are_used_as_they_are():
    """The same energy, once as weights that keep carriers and once as it comes out of them."""
    panel = dataset("provinces").select(entities=["440000"], periods=range(2015, 2023))
    start = read_start(panel, start=None, gaps="refuse")
    case = prepare(start, draws=20, horizon=2040, seed=2)
    spread = start.state.energy * case.parameters.allocation[:, None]
    kept = spread * (start.state.energy.sum(1) / spread.sum(2))[:, :, None]
    own = np.divide(kept, start.state.energy, out=np.ones_like(kept), where=start.state.energy > 0)
    found = calibrate(start.state, replace(case.parameters, allocation=own))
    for name in ("emissions", "energy", "carriers", "clean", "scale"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(case.baseline, name), rtol=ROUNDING, err_msg=name
        )


def test_every_layout_is_whole():
    for economy in ("CHN", ANY):
        parts = layout(economy)
        assert [p.sector for p in parts] == list(SECTORS)
        for p in parts:
            assert p.coal + p.oil + p.gas == pytest.approx(1.0)
        for of in ("electricity", "heat"):
            assert sum(getattr(p, of) for p in parts) == pytest.approx(1.0)
        shares: dict[str, float] = {}
        for p in parts:
            shares[p.series] = shares.get(p.series, 0.0) + p.part
        assert all(total == pytest.approx(1.0) for total in shares.values())


def test_the_rate_of_exchange_is_its_two_published_parts(china):
    at = [china.periods.index(y) for y in range(2016, 2021)]
    rise = np.prod(1.0 + china.array("inflation_deflator")[0, at])
    assert facts()["usd_2015"].value == pytest.approx(6.2275 * rise, rel=RATE)


def test_clean_power_is_near_what_is_published_where_both_are_known(world):
    # Non-fossil electricity: renewable share of the panel plus nuclear where there is any.
    for economy, low, high in (("CHN", 0.30, 0.40), ("USA", 0.35, 0.47), ("FRA", 0.85, 0.95)):
        start = read_start(world.select(entities=[economy]), start=None, gaps="refuse")
        state = start.state
        clean = 1.0 - state.emission_factor[0, -2] / state.fossil_factor[0, 0]
        assert low < clean < high, economy
        assert 0.0 < generation_factor(start)[0] < 1.0


def test_a_lever_at_zero_changes_nothing_at_all(china):
    none = simulate(china)
    zero = simulate(china, levers={"carbon_price": 0.0, "ccus": "0@2030-2040:s-curve"})
    for name in ("paths", "odds", "totals", "drivers", "money", "fan"):
        assert none.table(name).equals(zero.table(name)), name


@pytest.mark.parametrize("name", [n for n in LEVERS if n != "electrification"])
def test_levers_lower_net_emissions_in_every_draw(case, name):
    last = case.baseline
    for part in (0.25, 1.0):
        table = level_table(schedules({name: levers()[name].high * part}), case.years)
        found = run(case.start.state, case.parameters, table, case.baseline)
        assert (found.net <= last.net * (1 + 1e-12)).all()
        last = found


def test_several_economies_have_the_paths_that_each_has_alone(world):
    both = read_start(world.select(entities=["CHN", "IND"]), start=None, gaps="refuse")
    alone = read_start(world.select(entities=["IND"]), start=None, gaps="refuse")
    np.testing.assert_allclose(both.state.energy[1], alone.state.energy[0], rtol=ROUNDING)
    np.testing.assert_allclose(both.state.sink[1], alone.state.sink[0], rtol=ROUNDING)
    assert simulate(world.select(entities=["CHN", "IND"])).table("outcome").shape[0] == 3


def test_every_account_closes_and_the_boundary_is_said(china):
    found = simulate(china, levers="moderate")
    assert all(c.residual <= c.tolerance for c in found.checks)
    said = " ".join(n.text.en for n in found.notes)
    assert "territorial CO2" in said
    assert "recalled" in said
    assert "bought electricity and heat" not in said


@pytest.mark.slow
def test_backcast_and_attribution_take_an_economy(china):
    plan = methods["backcast"](china, draws=30, delays=[], levers=["carbon_price", "standards"])
    assert set(plan.table("plan")["lever"]) >= {"carbon_price", "standards"}
    parts = methods["lever_attribution"](
        china, levers={"carbon_price": 200, "standards": 0.2}, draws=20, horizon=2036, sobol=16
    )
    assert parts.checks


def test_every_draw_passes_through_the_totals_that_are_known(china):
    found = read_start(china, start=None, gaps="refuse")
    assert (found.year, found.seen, found.later) == (2023, 2024, ())
    case = prepare(found, draws=50, horizon=2060, seed=1)
    came = china.array("co2")[0, -1] / china.array("co2")[0, -2]
    drawn = case.baseline.emissions[:, 0, 1] / case.baseline.emissions[:, 0, 0]
    np.testing.assert_allclose(drawn, came, rtol=1e-9)  # the outlook is met to rounding
    people = china.array("population")[0]
    np.testing.assert_allclose(
        case.parameters.population[:, 0, 1], np.log(people[-1] / people[-2]), rtol=1e-12
    )
    assert np.ptp(case.baseline.emissions[:, 0, 2]) > 0
    result = simulate(china)
    odds = result.table("odds").query("event == 'peak_by' and period == 2023")
    assert odds["probability"].tolist() == [0.0]
    fan = result.table("fan").query("scenario == 'baseline' and period == 2024")
    np.testing.assert_allclose(fan["past"], china.array("co2")[0, -1:], rtol=1e-12)
    assert any("known up to 2024" in n.text.en for n in result.notes)


def test_an_asked_start_does_not_know_what_came_later(china):
    found = read_start(china, start=2023, gaps="refuse")
    assert found.seen == 2023
    assert found.later == (("CHN", 2024, china.array("co2")[0, -1]),)
    said = [n.text.en for n in simulate(china, start=2023).notes if "2024: +0.8%" in n.text.en]
    assert len(said) == 1
    assert not read_start(china.select(periods=range(2010, 2024)), start=None, gaps="refuse").later


def test_a_total_that_one_economy_lacks_is_known_of_none(world):
    pair = _changed(world.select(entities=["CHN", "IND"]), "co2", _hole_at_the_end)
    found = read_start(pair, start=None, gaps="refuse")
    assert found.seen == found.year == 2023
    assert [e for e, _, _ in found.later] == ["IND"]


def _hole_at_the_end(values):
    values[0, -1] = np.nan
    return values


def _hole(values):
    values[0, -2] = np.nan
    return values


@pytest.mark.parametrize(
    ("code", "break_it", "options"),
    [
        ("C459", lambda p: _changed(p, "co2_power", lambda v: v * 0.8), {}),
        ("M982", lambda p: p.select(series=[s for s in p.series if s != "co2_fugitive"]), {}),
        ("M983", lambda p: _changed(p, "grid_loss_share", _hole), {"start": 2023}),
        ("M984", lambda p: _changed(p, "co2_transport", lambda v: -v), {}),
        ("M985", lambda p: p.select(periods=range(2020, 2025)), {}),
    ],
)
def test_what_cannot_be_simulated_is_refused(china, code, break_it, options):
    with pytest.raises(ZhihengError) as caught:
        simulate(break_it(china), **options)
    assert caught.value.code == code
    assert caught.value.evidence


def test_economies_that_are_incomplete_are_named_when_left_out(world):
    found = read_start(world.select(entities=["CHN", "FJI"]), start=None, gaps="drop")
    assert found.left_out == ("FJI",)
    assert set(UNITS) <= set(found.series)


def test_shared_shocks_are_said_where_there_are_several_and_the_width_is_that_of_each(world):
    both, one = (
        prepare(read_start(world.select(entities=e), start=None, gaps="refuse"), draws=60,
                horizon=2040, seed=1).parameters.emissions
        for e in (["CHN", "IND"], ["CHN"])
    )  # fmt: skip
    middle = one[..., -1].mean()
    assert np.ptp(both[:, 0, -1]) == pytest.approx(np.ptp(one[:, 0, -1]), rel=0.2)
    assert abs(both[:, 0, -1].mean() - middle) < 0.5 * one[..., -1].std()
    found = methods["simulate"](world.select(entities=["CHN", "IND"]), draws=20, horizon=2030)
    assert any("share a part of their shocks" in n.text.en for n in found.notes)
