"""The year step against a scalar twin, and the laws of the simulator."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from simulator_case import TOP, levels, parameters, state
from simulator_twin import WithSink, twin

from zhiheng.kernels.simulator import calibrate, run, take, take_paths
from zhiheng.kernels.simulator_records import LEVERS

# The twin adds and multiplies in another order: rounding of some ten thousand operations.
TWIN = 1e-10
CLOSED = 1e-9
# Levels rise in each step, so a fall of emissions may be as small as rounding makes it.
ROUNDING = 1e-12
YEARS = 12


@pytest.fixture(scope="module")
def case():
    s, p = state(), parameters(draws=3, years=YEARS)
    return s, p, calibrate(s, p)


def test_the_baseline_equals_the_scalar_twin(case):
    s, p, base = case
    for d in range(3):
        for a in range(2):
            rows = twin(s, p, d, a, levels(YEARS))
            for name in rows[0]:
                want = [row[name] for row in rows]
                np.testing.assert_allclose(getattr(base, name)[d, a, 1:], want, rtol=TWIN)


@pytest.mark.parametrize("given", [{name: TOP[name]} for name in LEVERS] + [TOP])
def test_a_run_with_levers_equals_the_scalar_twin(case, given):
    s, p, base = case
    table = levels(YEARS, start=3, **given)
    found = run(s, p, table, base)
    for d in range(2):
        for a in range(2):
            one = WithSink(s, a)
            rows = twin(
                one, p, d, a, table, base.scale[d, a], base.spending[d, a], base.plant[d, a]
            )
            for name in ("emissions", "net", "energy", "captured"):
                want = [row[name] for row in rows]
                np.testing.assert_allclose(getattr(found, name)[d, a, 1:], want, rtol=TWIN)
            money = np.array([row["money"] for row in rows])
            size = np.abs(base.spending[d, a]).max()
            np.testing.assert_allclose(found.money[d, a, 1:], money, atol=TWIN * size)


def test_without_levers_the_run_repeats_the_baseline_bit_by_bit(case):
    s, p, base = case
    again = run(s, p, np.zeros((len(LEVERS), YEARS)), base)
    for f in fields(base):
        assert np.array_equal(getattr(base, f.name), getattr(again, f.name)), f.name
    assert not again.money.any()
    assert not again.resource.any()


def test_the_baseline_follows_the_outlook_of_each_draw(case):
    _, p, base = case
    ratio = base.emissions / base.emissions[..., :1]
    np.testing.assert_allclose(ratio, np.exp(p.emissions), rtol=CLOSED)


def test_accounts_close_in_every_year_under_all_levers(case):
    s, p, base = case
    found = run(s, p, levels(YEARS, **TOP), base)
    assert max(found.balance.max(), found.kaya.max()) <= CLOSED
    parts = found.direct + found.indirect + found.process - found.captured
    np.testing.assert_allclose(parts, found.emissions, rtol=CLOSED)
    np.testing.assert_allclose(found.carriers.sum(axis=-1), found.energy, rtol=CLOSED)
    np.testing.assert_allclose(found.emissions - found.removed, found.net, rtol=CLOSED)


def test_transfers_sum_to_zero_and_money_to_the_real_cost(case):
    s, p, base = case
    found = run(s, p, levels(YEARS, **TOP), base)
    size = np.abs(found.money).max()
    assert np.abs(found.transfers.sum(axis=-1)).max() <= CLOSED * size
    assert np.abs(found.money.sum(axis=-1) + found.resource).max() <= CLOSED * size
    assert np.abs(found.transfers).max() > 0


FALLS = {
    "carbon_price": "emissions",
    "energy_price": "energy",
    "subsidy": "emissions",
    "research": "emissions",
    "standards": "emissions",
    "green_finance": "emissions",
    "electrification": "direct",
    "sinks": "net",
    "ccus": "emissions",
}


@pytest.mark.parametrize("name", FALLS)
def test_more_of_a_lever_moves_every_draw_the_way_its_note_says(name):
    s, p = state(3, seed=5), parameters(draws=40, areas=3, seed=6)
    base = calibrate(s, p)
    last = base
    for part in (0.1, 0.4, 0.7, 1.0):
        found = run(s, p, levels(**{name: TOP[name] * part}), base)
        now, was = getattr(found, FALLS[name]), getattr(last, FALLS[name])
        assert (now <= was * (1 + ROUNDING)).all()
        assert (now < was).any()
        last = found


def test_shifting_industry_lowers_emissions_where_industry_is_the_more_intensive():
    s = state(2)
    energy = s.energy.copy()
    energy[:, 1] *= 20.0
    s = replace(s, energy=energy)
    p = parameters(draws=20)
    base = calibrate(s, p)
    last = base
    for part in (0.25, 0.5, 1.0):
        found = run(s, p, levels(industrial_shift=TOP["industrial_shift"] * part), base)
        assert (found.emissions <= last.emissions * (1 + ROUNDING)).all()
        last = found
    assert (last.emissions[..., -1] < base.emissions[..., -1]).all()


def test_the_order_of_draws_does_not_matter(case):
    s, p, base = case
    order = np.array([2, 0, 1])
    turned = take(p, order)
    found = run(s, turned, levels(YEARS, **TOP))
    want = run(s, p, levels(YEARS, **TOP), base)
    assert np.array_equal(found.emissions, want.emissions[order])


def test_blocks_do_not_matter(case, monkeypatch):
    s, p, base = case
    want = run(s, p, levels(YEARS, **TOP), base)
    monkeypatch.setattr("zhiheng.kernels.simulator.BLOCK", 2)
    found = run(s, p, levels(YEARS, **TOP))
    for f in fields(want):
        np.testing.assert_array_equal(getattr(want, f.name), getattr(found, f.name))


@pytest.mark.parametrize("processors", [1, 2, 3])
def test_the_number_of_processors_does_not_matter(case, monkeypatch, processors):
    s, p, base = case
    want = run(s, p, levels(YEARS, **TOP), base)
    monkeypatch.setattr("zhiheng.kernels.simulator.BLOCK", 2)
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    found = run(s, p, levels(YEARS, **TOP), base)
    for f in fields(want):
        np.testing.assert_array_equal(getattr(want, f.name), getattr(found, f.name))


def test_each_lever_alone_in_one_batch_equals_a_run_of_its_own(case):
    s, p, base = case
    names = [*TOP, "none"]
    own = [levels(YEARS, **({n: TOP[n]} if n in TOP else {})) for n in names]
    draws = np.tile(np.arange(3), len(names))
    table = np.repeat(np.stack(own, axis=1), 3, axis=1)
    batch = run(s, p, table, base, draws=draws)
    for k, name in enumerate(names):
        alone = run(s, p, own[k], base)
        for f in fields(alone):
            if f.name not in ("balance", "kaya"):
                found = getattr(batch, f.name)[3 * k : 3 * k + 3]
                np.testing.assert_array_equal(found, getattr(alone, f.name), err_msg=name)


def test_only_what_is_asked_for_is_kept(case):
    s, p, base = case
    whole = run(s, p, levels(YEARS, **TOP), base)
    some = run(s, p, levels(YEARS, **TOP), base, only=("net", "money"))
    np.testing.assert_array_equal(some.net, whole.net)
    np.testing.assert_array_equal(some.money, whole.money)
    assert np.isnan(some.emissions).all()
    assert some.carriers.shape == whole.carriers.shape


def test_levels_may_differ_by_draw(case):
    s, p, base = case
    table = np.zeros((len(LEVERS), 3, YEARS))
    table[0, 1, 4:] = 300.0
    found = run(s, p, table, base)
    alone = run(s, take(p, slice(1, 2)), levels(YEARS, carbon_price=300.0))
    np.testing.assert_array_equal(found.emissions[1], alone.emissions[0])
    np.testing.assert_array_equal(found.emissions[0], base.emissions[0])


def test_areas_do_not_influence_each_other(case):
    s, p, base = case
    alone = replace(
        s,
        **{
            name: getattr(s, name)[:1]
            for name in (
                "energy", "emission_factor", "fossil_factor", "population", "gdp", "shares",
                "process", "sink",
            )
        },
    )  # fmt: skip
    cut = replace(
        p,
        **{
            name: getattr(p, name)[:, :1]
            for name in (
                "population", "affluence", "emissions", "structure", "preference", "build",
            )
        },
    )  # fmt: skip
    found = run(alone, cut, levels(YEARS, **TOP))
    want = run(s, p, levels(YEARS, **TOP), base)
    np.testing.assert_array_equal(found.emissions[:, 0], want.emissions[:, 0])


def test_energy_measured_in_another_unit_scales_emissions_factors_inversely(case):
    s, p, base = case
    per = 29.3076  # GJ in a tonne of coal equivalent
    other = replace(
        s,
        energy=s.energy * per,
        emission_factor=s.emission_factor / per,
        fossil_factor=s.fossil_factor / per,
    )
    p2 = replace(
        p,
        price=p.price / per,
        plant_cost=p.plant_cost / per,
        effects=replace(
            p.effects,
            standard_cost=p.effects.standard_cost / per,
            electrification_cost=p.effects.electrification_cost / per,
        ),
    )
    found = run(other, p2, levels(YEARS, **TOP))
    want = run(s, p, levels(YEARS, **TOP), base)
    np.testing.assert_allclose(found.net, want.net, rtol=TWIN)
    np.testing.assert_allclose(found.money, want.money, rtol=1e-8, atol=1.0)
    np.testing.assert_allclose(found.energy, want.energy * per, rtol=TWIN)


def test_taking_draws_cuts_every_array(case):
    _, p, base = case
    assert take(p, slice(0, 1)).population.shape[0] == 1
    assert take_paths(base, slice(0, 1)).money.shape[0] == 1
