"""The chain in space, over groups and time, and what it implies: tables, notes, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import libpysal
import numpy as np
import pandas as pd
import pytest

import zhiheng as zh
from zhiheng.catalog.spatial import from_pairs
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.markov import markov

REFERENCE = Path(__file__).parents[1] / "reference" / "markov"
STORED = json.loads((REFERENCE / "expected_spatial.json").read_text("utf-8"))

# Quotients of whole numbers, and five linear equations.
ROUNDING = 1e-12

N = 24
RING = from_pairs([(f"r{i:02d}", f"r{(i + 1) % N:02d}") for i in range(N)], name="ring")


def panel(values):
    y = np.asarray(values, dtype=float)
    names = [f"r{i:02d}" for i in range(len(y))]
    periods = list(range(2000, 2000 + y.shape[1]))
    return Panel.of({"y": y}, entities=names, periods=periods, units={"y": "1"})


def walks(seed=0):
    rng = np.random.default_rng(seed)
    return panel(np.exp(rng.normal(size=(N, 12)).cumsum(axis=1) * 0.3))


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        markov(*args, **options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


@pytest.fixture(scope="module")
def incomes():
    table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
    years = [str(year) for year in range(1929, 2010)]
    income = table[years].to_numpy(dtype=float)
    names = [f"{i:02d}" for i in range(48)]
    data = Panel.of(
        {"relative": income / income.mean(axis=0), "income": income},
        entities=names,
        periods=list(range(1929, 2010)),
        units={},
    )
    pairs = [(names[a], names[b]) for a, b in STORED["pairs"]]
    return data, from_pairs(pairs, name="states48")


@pytest.mark.parametrize("name", ["k5", "k5_m4", "k3_m6", "k4_m4_per_period"])
def test_state_incomes_equal_the_stored_spatial_chains_of_giddy(incomes, name):
    data, weights = incomes
    case = STORED["spatial"][name]
    found = markov(
        data,
        variable="relative" if case["fixed"] else "income",
        classes=case["k"],
        lag_classes=case["m"],
        cut="pooled" if case["fixed"] else "per_period",
        spatial=weights,
        draws=0,
        permutations=0,
    )
    table = found.table("conditional")
    np.testing.assert_array_equal(table.n, np.ravel(case["counts"]))
    p = table.probability.fillna(0)
    np.testing.assert_allclose(p, np.ravel(case["p"]), atol=ROUNDING)
    row = found.table("homogeneity").set_index("hypothesis").loc["space"]
    assert row.lr_statistic == pytest.approx(case["LR"], rel=1e-10)
    assert row.q_statistic == pytest.approx(case["Q"], rel=1e-10)
    assert row.df == case["dof"]


def test_state_incomes_depend_on_their_neighbours_by_permutation_too(incomes):
    data, weights = incomes
    found = markov(
        data, variable="relative", classes=5, lag_classes=4, spatial=weights, draws=0,
        permutations=99,
    )  # fmt: skip
    row = found.table("homogeneity").set_index("hypothesis").loc["space"]
    assert row.p_q_permuted == pytest.approx(0.01)
    assert row.permutations == 99


def test_first_passages_and_mobility_equal_giddy(incomes):
    data, _ = incomes
    found = markov(data, variable="income", classes=5, cut="per_period", draws=0)
    passage = found.table("first_passage").first_passage
    np.testing.assert_allclose(passage, np.ravel(STORED["first_passage"]), rtol=1e-10)
    index = found.table("mobility").set_index("item").estimate
    assert index["shorrocks"] == pytest.approx(STORED["mobility"]["P"], abs=ROUNDING)
    assert index["determinant"] == pytest.approx(STORED["mobility"]["D"], abs=ROUNDING)


def test_lag_classes_add_up_to_the_plain_chain():
    found = markov(walks(), variable="y", spatial=RING, lag_classes=3, draws=0, permutations=0)
    by_lag = found.table("conditional").groupby(["from_class", "to_class"]).n.sum()
    np.testing.assert_array_equal(by_lag, found.table("counts").n)
    assert all(check.passed for check in found.checks)
    assert [f.name for f in found.figures] == [
        "transitions", "conditional_1", "conditional_2", "conditional_3",
    ]  # fmt: skip


def test_the_lag_can_be_cut_where_the_variable_is():
    found = markov(walks(), variable="y", spatial=RING, lag_cut="variable", draws=0, permutations=0)
    np.testing.assert_array_equal(found.table("lag_cuts").upper, found.table("cuts").upper)
    yearly = markov(
        walks(), variable="y", cut="per_period", spatial=RING, lag_cut="variable", draws=0,
        permutations=9,
    )  # fmt: skip
    np.testing.assert_array_equal(yearly.table("lag_cuts").upper, yearly.table("cuts").upper)
    assert yearly.tables["lag_cuts"].keys == ("period", "lag_class")
    refused("M870", walks(), variable="y", spatial=RING, lag_cut="variable", lag_classes=3)


def test_conditional_intervals_hold_the_estimate():
    found = markov(walks(), variable="y", classes=2, spatial=RING, draws=200, permutations=0)
    moves = found.table("conditional").dropna()
    assert len(moves)
    assert (moves.ci_low <= moves.probability).all()
    assert (moves.probability <= moves.ci_high).all()


def test_the_order_of_entities_does_not_matter_not_even_to_permutations():
    data = walks()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    groups = {e: "a" if i % 3 else "b" for i, e in enumerate(data.entities)}
    one, two = (
        markov(p, variable="y", spatial=RING, groups=groups, draws=50, permutations=50)
        for p in (data, mixed)
    )
    for name in one.tables:
        pd.testing.assert_frame_equal(one.table(name), two.table(name), rtol=1e-9)


def test_gaps_break_transitions_and_leave_the_lag_to_the_other_neighbours():
    values = walks().array("y").copy()
    values[4, 3] = np.nan
    found = markov(panel(values), variable="y", spatial=RING, gaps="drop", draws=0, permutations=0)
    assert found.table("conditional").n.sum() == N * 11 - 2


def test_cells_whose_neighbours_are_all_missing_are_in_no_lag_class():
    values = walks().array("y").copy()
    values[[3, 5], 2] = np.nan
    found = markov(panel(values), variable="y", spatial=RING, gaps="drop", draws=0, permutations=9)
    assert found.table("conditional").n.sum() == found.table("counts").n.sum() - 1
    assert "M873" in codes(found)


def test_an_empty_lag_class_is_named():
    found = markov(
        walks(), variable="y", spatial=RING, classes=6, lag_classes=8, draws=0, permutations=0
    )
    note = next(n for n in found.notes if n.code == "M873")
    empty = found.table("conditional").groupby(["lag_class", "from_class"]).n.sum() == 0
    first = empty[empty].index[0]
    assert f"{first[0]}:{first[1]}" in note.text.en


def test_fixed_cut_offs_replace_quantiles():
    data = walks()
    found = markov(data, variable="y", cut_offs=[0.8, 1.0, 1.5], draws=0)
    assert list(found.table("cuts").upper) == [0.8, 1.0, 1.5]
    below = (data.array("y") <= 0.8).mean()
    assert found.table("steady").observed_share[0] == pytest.approx(below)
    assert "cut_comparison" not in found.tables
    for wrong in ([1.0, 0.5], [1.0, 1.0], [float("nan")]):
        refused("M876", data, variable="y", cut_offs=wrong)
    refused("M604", data, variable="y", cut_offs=["a"])


def test_homogeneity_over_time_compares_consecutive_spells():
    rng = np.random.default_rng(1)
    calm = np.tile(rng.random((60, 1)), (1, 10))
    wild = rng.random((60, 10))
    found = markov(panel(np.hstack([calm, wild])), variable="y", classes=3, draws=0)
    row = found.table("homogeneity").set_index("hypothesis").loc["time"]
    assert row.regimes == 2
    assert row.p_q < 1e-6
    alone = markov(walks(), variable="y", spells=1, draws=0)
    assert "homogeneity" not in alone.tables


def test_homogeneity_over_groups_has_a_permutation_p():
    rng = np.random.default_rng(2)
    still = np.tile(rng.random((12, 1)), (1, 12)) + 0.001 * rng.random((12, 12))
    data = panel(np.vstack([still, rng.random((12, 12))]))
    groups = {e: "still" if i < 12 else "moving" for i, e in enumerate(data.entities)}
    found = markov(data, variable="y", classes=3, groups=groups, draws=0, permutations=199)
    row = found.table("homogeneity").set_index("hypothesis").loc["groups"]
    assert row.p_q_permuted == pytest.approx(1 / 200)


def test_forecasts_start_from_the_last_period_and_sum_to_one():
    found = markov(walks(), variable="y", horizon=4, lag=2, draws=100)
    ahead = found.table("forecast")
    assert sorted(set(ahead.period)) == [2011, 2013, 2015, 2017, 2019]
    np.testing.assert_allclose(ahead.groupby("period").class_share.sum(), 1, rtol=ROUNDING)
    later = ahead[ahead.period > 2011]
    assert (later.ci_low <= later.class_share + ROUNDING).all()
    assert (later.class_share <= later.ci_high + ROUNDING).all()
    assert "forecast" not in markov(walks(), variable="y", horizon=0, draws=0).tables


def test_a_reducible_chain_names_its_communicating_sets_and_what_is_not_reached():
    climbing = panel([[1.0, 1, 2, 3], [1.0, 2, 2, 3], [1.0, 1, 1, 2], [2.0, 2, 3, 3]])
    found = markov(climbing, variable="y", classes=3, draws=0)
    assert list(found.table("steady").communicating) == [1, 2, 3]
    assert list(found.table("steady").closed) == [False, False, True]
    passage = found.table("first_passage").set_index(["from_class", "to_class"])
    assert not passage.loc[(3, 1), "sure"]
    assert np.isnan(passage.loc[(3, 1), "first_passage"])
    assert passage.loc[(1, 3), "sure"]


def test_both_cuts_stand_side_by_side_and_disagreement_is_said():
    rng = np.random.default_rng(3)
    level = rng.normal(size=(N, 1))
    growing = level + np.linspace(0, 4, 12) + 0.05 * rng.normal(size=(N, 12))
    found = markov(panel(growing), variable="y", draws=200)
    assert "M874" in codes(found)
    both = found.table("cut_comparison")
    np.testing.assert_allclose(both.pooled, found.table("transitions").probability)
    yearly = markov(panel(growing), variable="y", cut="per_period", draws=0)
    np.testing.assert_allclose(both.per_period, yearly.table("transitions").probability)
    np.testing.assert_allclose(both.pooled, yearly.table("cut_comparison").pooled, rtol=ROUNDING)


def test_islands_are_refused_or_left_out_of_everything():
    names = [f"r{i:02d}" for i in range(N)]
    w = from_pairs([(names[i], names[i + 1]) for i in range(N - 2)], labels=names)
    error = refused("M866", walks(), variable="y", spatial=w)
    assert error.evidence[0]["entity"] == "r23"
    found = markov(walks(), variable="y", spatial=w, islands="drop", draws=0, permutations=0)
    assert found.table("counts").n.sum() == (N - 1) * 11
    assert "M882" in codes(found)


def test_options_out_of_range_are_refused():
    for wrong in ({"lag_classes": 1}, {"spells": 0}, {"horizon": -1}, {"permutations": -1}):
        error = refused("M870", walks(), variable="y", spatial=RING, **wrong)
        assert error.evidence[0]["option"] == next(iter(wrong))


def test_provinces_run_by_name():
    data = zh.data("provinces").select(periods=range(2013, 2023))
    found = markov(
        data, variable="urbanisation_rate", classes=3, spatial="provinces", groups="zones4",
        draws=50, permutations=50,
    )  # fmt: skip
    assert set(found.table("homogeneity").hypothesis) == {"time", "groups", "space"}
    assert "M868" in codes(found)
    assert found.params["weights"]["hash"]


# ------------------------------------------------------------------ coverage

PLANTED = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.05, 0.2, 0.75]])


@pytest.mark.slow
def test_intervals_hold_a_planted_transition_matrix_as_often_as_they_say():
    rng = np.random.default_rng(11)
    entities, periods, rounds = 150, 12, 400
    inside, all_cells = 0, 0
    for _ in range(rounds):
        state = np.empty((entities, periods), dtype=int)
        state[:, 0] = rng.integers(0, 3, size=entities)
        for t in range(1, periods):
            ends = PLANTED.cumsum(axis=1)[state[:, t - 1]]
            state[:, t] = (rng.random(entities)[:, None] > ends).sum(axis=1)
        data = panel(state.astype(float))
        found = markov(
            data, variable="y", cut_offs=[0.5, 1.5], draws=400, horizon=0, spells=1,
            seed=int(rng.integers(1 << 30)),
        ).table("transitions")  # fmt: skip
        want = PLANTED.ravel()
        inside += ((found.ci_low <= want) & (want <= found.ci_high)).sum()
        all_cells += 9
    # 3,600 cells in 400 rounds: 95 % with one to two points for few entities and noise
    assert inside / all_cells == pytest.approx(0.95, abs=0.02)
