"""Shares of levers on a province: sums, orders, wedges, indices, refusals."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from zhiheng.carbon.lever_attribution import GROUPS, lever_attribution, ungrouped
from zhiheng.carbon.simulate_draws import level_table, prepare
from zhiheng.carbon.simulate_input import read_start
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.levers import scenario, schedules
from zhiheng.core.errors import ZhihengError
from zhiheng.kernels.simulator import run as simulate_paths

LEVERS = {"carbon_price": 200, "standards": 0.2, "sinks": 0.5}
SMALL = {"levers": LEVERS, "draws": 40, "horizon": 2040, "sobol": 0}
CLOSE = 1e-9  # relative to emissions; sums over draws of doubles


@cache
def panel():
    return dataset("provinces").select(entities=["130000"], periods=range(2013, 2023))


@cache
def case():
    return prepare(read_start(panel(), start=None, gaps="refuse"), draws=40, horizon=2040, seed=0)


def run(**options):
    return lever_attribution(panel(), **(SMALL | options))


@cache
def usual():
    return run()


def outcome(levers):
    c = case()
    return simulate_paths(
        c.start.state, c.parameters, level_table(schedules(levers), c.years), c.baseline
    )


def test_shares_sum_to_the_difference_of_two_plain_runs():
    shapley = usual().table("shapley")
    change = (outcome(LEVERS).emissions - case().baseline.emissions).sum(axis=1)[:, -1].mean()
    assert shapley.lever_effect.sum() == pytest.approx(change, rel=CLOSE)
    assert shapley.share.sum() == pytest.approx(1)
    assert all(check.passed for check in usual().checks)


def test_coming_first_is_a_run_of_that_lever_alone():
    shapley = usual().table("shapley").set_index("lever")
    for name, level in LEVERS.items():
        alone = (outcome({name: level}).emissions - case().baseline.emissions).sum(axis=1)
        assert shapley.effect_first[name] == pytest.approx(alone[:, -1].mean(), rel=CLOSE, abs=1)


def test_sinks_move_net_emissions_and_not_gross_ones():
    gross = usual().table("shapley").set_index("lever").lever_effect["sinks"]
    net = run(variable="net").table("shapley").set_index("lever").lever_effect["sinks"]
    assert gross == pytest.approx(0, abs=1e-3)
    assert net < 0


def test_wedges_fill_the_space_between_both_paths_every_year():
    wedges = usual().table("wedges")
    top = wedges.groupby("period").wedge_value.sum()
    expected = case().baseline.emissions.sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(top, expected, rtol=CLOSE)
    assert set(wedges.wedge) == {"scenario", *LEVERS}


def test_a_catalogued_scenario_is_taken_by_name():
    found = run(levers="moderate", draws=20, horizon=2035)
    assert set(found.table("shapley").lever) == {s.lever for s in scenario("moderate").schedules}


def test_one_lever_gets_everything_and_a_zero_level_is_no_lever():
    one = run(levers={"standards": 0.2, "ccus": 0}).table("shapley")
    assert one.lever.tolist() == ["standards"]
    assert one.share.tolist() == [1.0]


def test_the_order_of_levers_does_not_matter():
    turned = run(levers=dict(reversed(LEVERS.items()))).table("shapley").set_index("lever")
    here = usual().table("shapley").set_index("lever")
    np.testing.assert_allclose(
        turned.lever_effect[here.index], here.lever_effect, rtol=1e-9, atol=1e-3
    )


def test_drivers_sum_to_the_change_of_gross_emissions():
    change = (outcome(LEVERS).emissions - case().baseline.emissions).sum(axis=1)[:, -1].mean()
    assert usual().table("drivers").effect.sum() == pytest.approx(change, rel=CLOSE)


def test_every_drawn_parameter_stands_in_one_group_of_the_indices():
    assert ungrouped() == {"damped"}  # a series of numbers that is not drawn
    names = [n for group in GROUPS.values() for n in group]
    assert len(names) == len(set(names))


def test_sobol_indices_repeat_and_lie_in_their_intervals():
    one, two = (run(sobol=32).table("sobol") for _ in range(2))
    assert one.equals(two)
    moving = one[one.total_order > 0]
    assert (moving.total_order_low <= moving.total_order).all()
    assert set(one.uncertainty) == set(GROUPS)


def test_sobol_indices_are_parts_of_the_variance():
    found = run(sobol=8).table("sobol")
    names = [c for c in found.columns if "order" in c]
    assert len(names) == 6
    parts = found[names].to_numpy(float)
    assert ((parts >= 0) & (parts <= 1) | np.isnan(parts)).all()
    assert np.isfinite(parts).any()


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M919", {"levers": {}}),
        ("M919", {"levers": {"ccus": 0}}),
        ("M919", {"year": 2041}),
        ("M919", {"sobol": 12}),
        ("C455", {"levers": {"standrads": 0.1}}),
        ("C457", {"levers": "no_such"}),
    ],
)
def test_what_cannot_be_explained_is_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
