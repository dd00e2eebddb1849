"""The method on panels: cuts, tables, named rules, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import libpysal
import numpy as np
import pandas as pd
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.markov import markov

REFERENCE = Path(__file__).parents[1] / "reference" / "markov"

# Quotients of whole numbers, and five linear equations.
ROUNDING = 1e-12


def panel(values, periods=None):
    y = np.asarray(values, dtype=float)
    when = list(periods or range(2000, 2000 + y.shape[1]))
    names = [f"r{i:02d}" for i in range(len(y))]
    return Panel.of({"y": y}, entities=names, periods=when, units={"y": "1"})


def walks(entities=20, periods=10):
    rng = np.random.default_rng(0)
    return panel(np.exp(rng.normal(size=(entities, periods)).cumsum(axis=1) * 0.3))


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        markov(*args, **options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


def test_state_incomes_in_quintiles_equal_the_stored_chain_of_giddy():
    table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
    years = [str(year) for year in range(1929, 2010)]
    long = table.melt(id_vars="Name", value_vars=years, var_name="year", value_name="income")
    long = long.assign(year=long.year.astype(int), income=long.income.astype(float))
    data = Panel.from_frame(long, entity="Name", period="year")
    found = markov(data, variable="income", classes=5, cut="per_period", draws=0)
    stored = json.loads((REFERENCE / "expected.json").read_text("utf-8"))
    want = stored["cases"]["income, 5 classes per period"]
    moves = found.table("transitions")
    np.testing.assert_array_equal(moves.n, np.ravel(want["counts"]))
    np.testing.assert_allclose(moves.probability, np.ravel(want["p"]), atol=ROUNDING)
    np.testing.assert_allclose(found.table("steady").steady, want["steady"], atol=ROUNDING)
    np.testing.assert_allclose(found.table("steady").sojourn, want["sojourn"], rtol=ROUNDING)


def test_rows_sum_to_one_and_counts_to_the_pairs():
    found = markov(walks(), variable="y", draws=50)
    moves = found.table("transitions")
    np.testing.assert_allclose(moves.groupby("from_class").probability.sum(), 1, rtol=ROUNDING)
    assert moves.n.sum() == 20 * 9
    assert list(found.table("counts").n) == list(moves.n)
    assert all(check.passed for check in found.checks)


def test_intervals_hold_the_estimate():
    moves = markov(walks(), variable="y", draws=300).table("transitions").dropna()
    assert len(moves)
    assert (moves.ci_low <= moves.probability).all()
    assert (moves.probability <= moves.ci_high).all()


def test_no_draws_give_no_intervals():
    moves = markov(walks(), variable="y", draws=0).table("transitions")
    assert moves.ci_low.isna().all()
    assert moves.std_error.isna().all()


def test_the_order_of_entities_does_not_matter_not_even_to_intervals():
    data = walks()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    one, two = (markov(p, variable="y", draws=100).table("transitions") for p in (data, mixed))
    pd.testing.assert_frame_equal(one, two)


def test_the_unit_does_not_matter():
    one = markov(walks(), variable="y", draws=0).table("counts")
    two = markov(walks(), variable="4 * y", draws=0).table("counts")
    pd.testing.assert_frame_equal(one, two)


def test_pooled_cuts_are_one_set_and_cuts_per_period_one_for_each():
    pooled = markov(walks(), variable="y", draws=0)
    yearly = markov(walks(), variable="y", cut="per_period", draws=0)
    assert pooled.tables["cuts"].keys == ("class",)
    assert len(pooled.tables["cuts"]) == 3
    assert yearly.tables["cuts"].keys == ("period", "class")
    assert len(yearly.tables["cuts"]) == 30
    assert "M824" in codes(yearly)
    assert "M824" not in codes(pooled)


def test_classes_per_period_keep_their_shares_by_construction():
    found = markov(walks(), variable="y", classes=4, cut="per_period", draws=0)
    np.testing.assert_allclose(found.table("steady").observed_share, 0.25)


def test_a_value_on_a_cut_goes_to_the_lower_class():
    # with three values and two classes the cut is the middle one, which joins the lowest
    found = markov(panel([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), variable="y", classes=2, draws=0)
    assert list(found.table("cuts").upper) == [2.0]
    assert list(found.table("counts").n) == [2, 0, 0, 1]


def test_a_lag_goes_by_period():
    data = panel([[1.0, 2, 3, 4], [4.0, 3, 2, 1]], periods=[2000, 2001, 2003, 2004])
    assert markov(data, variable="y", classes=2, draws=0).table("counts").n.sum() == 4
    assert markov(data, variable="y", classes=2, lag=2, draws=0).table("counts").n.sum() == 2
    refused("M821", data, variable="y", classes=2, lag=7)


def test_a_reducible_chain_has_no_steady_state_but_a_reason():
    climbing = panel([[1.0, 1, 2, 3], [1.0, 2, 2, 3], [1.0, 1, 1, 2], [2.0, 2, 3, 3]])
    found = markov(climbing, variable="y", classes=3, draws=0)
    note = next(n for n in found.notes if n.code == "M823")
    assert "{3}" in note.text.en
    assert note.level == "caution"
    assert found.table("steady").steady.isna().all()


def test_a_class_without_members_is_named():
    ties = panel([[0.0, 0, 0, 1], [0.0, 0, 1, 0], [0.0, 0, 0, 0], [0.0, 1, 0, 0]])
    found = markov(ties, variable="y", classes=4, draws=20)
    note = next(n for n in found.notes if n.code == "M822")
    assert "2, 3" in note.text.en
    row = found.table("transitions").set_index("from_class").loc[2]
    assert row.probability.isna().all()
    assert found.table("steady").steady.iloc[1] == 0


def test_a_class_entered_only_at_the_end_is_named():
    late = panel([[1.0, 1, 9], [1.0, 2, 2], [2.0, 1, 1], [2.0, 2, 1]])
    found = markov(late, variable="y", classes=12, draws=20)
    assert {"M825", "M823"} <= codes(found)


def test_a_class_on_one_entity_is_named_as_thin():
    data = panel([[1.0, 2, 1, 2]] * 5 + [[9.0, 9, 9, 1]])
    assert "M826" in codes(markov(data, variable="y", classes=3, draws=200))


def test_dropped_gaps_break_only_their_transitions():
    values = walks().array("y").copy()
    values[4, 3] = np.nan
    refused("M800", panel(values), variable="y")
    found = markov(panel(values), variable="y", gaps="drop", draws=0)
    assert found.table("counts").n.sum() == 20 * 9 - 2


def test_a_period_without_any_value_has_no_cuts_of_its_own():
    values = walks().array("y").copy()
    values[:, 3] = np.nan
    found = markov(panel(values), variable="y", cut="per_period", gaps="drop", draws=0)
    assert found.table("cuts").upper.isna().sum() == 3
    assert found.table("counts").n.sum() == 20 * 7


@pytest.mark.parametrize("wrong", [{"classes": 1}, {"lag": 0}, {"draws": -3}, {"level": 1.5}])
def test_options_out_of_range_are_refused(wrong):
    error = refused("M820", walks(), variable="y", **wrong)
    assert error.evidence[0]["option"] == next(iter(wrong))
