"""Efficiency as methods: stored and published answers, what is printed, and what is refused."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.dea_directional import dea_directional
from zhiheng.measure.dea_radial import dea_radial
from zhiheng.measure.dea_sbm import dea_sbm

REFERENCE = Path(__file__).parents[1] / "reference"

# Another program over the same programmes, in double precision; measured is below 1e-12.
PROGRAM = 1e-9
# The shared table of cases prints seven to ten digits.
PRINTED = 5e-7

ROLES = {"inputs": ["k", "l", "e"], "outputs": ["y"], "undesirable": ["c", "w"]}


def panel(periods=(2020,), **series):
    """A panel of series given as [entity, period] or [entity]."""
    values = {k: np.asarray(v, dtype=float) for k, v in series.items()}
    values = {k: v if v.ndim == 2 else v[:, None] for k, v in values.items()}
    n = len(next(iter(values.values())))
    return Panel.of(
        values,
        entities=[f"u{i:02d}" for i in range(n)],
        periods=list(periods),
        units=dict.fromkeys(values, "1"),
    )


def read(path):
    with path.open() as lines:
        return list(csv.DictReader(lines))


def stored(method):
    """The input of a stored case as a panel, and its answers by case in the panel's order."""
    rows = read(REFERENCE / method / "input.csv")
    names = [k for k in rows[0] if k not in ("unit", "period")]
    cube = np.array([[float(r[k]) for k in names] for r in rows]).reshape(2, 40, len(names))
    given = panel((2019, 2020), **{k: cube[:, :, i].T for i, k in enumerate(names)})
    answers = defaultdict(dict)
    for row in read(REFERENCE / method / "expected.csv"):
        value = row.get("score") or row.get("efficiency") or row.get("distance") or "nan"
        answers[row["case"]][row["unit"], int(row["period"])] = float(value)
    return given, answers


def compare(found, answers, column="score"):
    table = found.table("scores").set_index(["entity", "period"])[column]
    mine = np.array([table[key] for key in answers])
    theirs = np.array(list(answers.values()))
    known = np.isfinite(theirs)
    assert known.sum() > 20
    np.testing.assert_allclose(mine[known], theirs[known], rtol=0, atol=PROGRAM)
    assert all(check.passed for check in found.checks)


def test_slacks_based_scores_equal_deapack():
    given, cases = stored("dea_sbm")
    for case, answers in cases.items():
        kind, orientation, returns = case.split("-")
        roles = ROLES if kind == "undesirable" else {**ROLES, "undesirable": []}
        options = {"orientation": orientation, "returns": returns, "super": kind == "super"}
        compare(dea_sbm(given, **roles, **options), answers)


def test_radial_scores_equal_deapack():
    given, cases = stored("dea_radial")
    for case, answers in cases.items():
        orientation, returns = case.split("-")
        roles = {"inputs": ["k", "l", "e"], "outputs": ["y", "z"]}
        compare(dea_radial(given, **roles, orientation=orientation, returns=returns), answers)


def test_directional_distances_equal_deapack():
    given, cases = stored("dea_directional")
    for case, answers in cases.items():
        direction, disposability, returns = case.split("-")
        options = {"direction": direction, "disposability": disposability, "returns": returns}
        compare(dea_directional(given, **ROLES, **options), answers, "beta")


# ------------------------------------------------------------------ published answers


def case(shared, number):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    entry = next(c for c in cases if c["id"] == number)
    with (shared / "reference" / entry["data"]).open() as lines:
        rows = list(csv.reader(lines))
    numbers = np.array([[float(v) for v in row[1:]] for row in rows[1:]])
    names = [f"v{i}" for i in range(numbers.shape[1])]
    return panel(**dict(zip(names, numbers.T, strict=True))), entry["expected"]


def scores(found):
    return found.table("scores")["score"].to_numpy()


def test_the_slacks_based_table_of_tone_2001(shared):
    given, expected = case(shared, "V22")
    roles = {"inputs": ["v0", "v1"], "outputs": ["v2", "v3"]}
    found = dea_sbm(given, **roles)
    np.testing.assert_allclose(scores(found), expected["SBM_CRS"], rtol=0, atol=PRINTED)
    slack = found.table("slacks")["slack"].to_numpy().reshape(5, 4)
    np.testing.assert_allclose(slack[:, :2], expected["s_minus"], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(slack[:, 2:], expected["s_plus"], rtol=0, atol=PRINTED)
    radial = dea_radial(given, **roles)
    np.testing.assert_allclose(scores(radial), expected["CCR_I"], rtol=0, atol=PRINTED)
    # D has a score of one and yet a slack: radially efficient, and not efficient
    assert list(radial.table("scores")["efficient"]) == [0, 0, 1, 0, 1]


@pytest.mark.parametrize("returns", ["crs", "vrs"])
def test_the_undesirable_table_of_tone_2003(shared, returns):
    given, expected = case(shared, "V23")
    found = dea_sbm(given, inputs=["v0"], outputs=["v1"], undesirable=["v2"], returns=returns)
    np.testing.assert_allclose(scores(found), expected[returns.upper()], rtol=0, atol=PRINTED)


def test_the_super_efficient_power_plants_of_tone_2002(shared):
    given, expected = case(shared, "V24")
    roles = {"inputs": ["v0", "v1", "v2", "v3"], "outputs": ["v4", "v5"], "super": True}
    mine = {
        "superCCR_I": dea_radial(given, **roles),
        "superSBM_I": dea_sbm(given, **roles, orientation="input"),
        "superSBM_non": dea_sbm(given, **roles),
    }
    for name, found in mine.items():
        np.testing.assert_allclose(scores(found), expected[name], rtol=0, atol=PRINTED)
        assert "M644" in {note.code for note in found.notes}
        assert found.blocked  # six units and six variables


def test_the_translation_of_hua_and_bian_2007(shared):
    given, expected = case(shared, "V28")
    found = dea_radial(
        given,
        inputs=["v0", "v1"],
        outputs=["v2", "v3"],
        undesirable=["v4"],
        undesirable_as="translation",
        translation=[1500],
        orientation="output",
        returns="vrs",
    )
    np.testing.assert_allclose(scores(found)[:5], expected["first5"], rtol=0, atol=PRINTED)
    assert scores(found)[23] == pytest.approx(expected["DMU24"], abs=PRINTED)
    slack = found.table("slacks").set_index(["entity", "variable"])
    row = slack.loc[("u23", "v4")]
    # constant minus target is the translated output: the target is again in natural units
    assert row["target"] == pytest.approx(1500 - (1500 - row["value"]) / scores(found)[23], abs=1)


# ---------------------------------------------------------------------- what is printed


def made(n=20, periods=(2019, 2020)):
    rng = np.random.default_rng(7)
    names = ("k", "l", "e", "y", "c", "w")
    return panel(periods, **{k: rng.lognormal(0, 0.6, (n, len(periods))) for k in names})


def test_a_pooled_frontier_holds_every_cell_against_all_of_them():
    given = made()
    own, pooled = (dea_sbm(given, **ROLES, frontier=f) for f in ("period", "pooled"))
    a, b = scores(own), scores(pooled)
    assert (b <= a + PROGRAM).all()
    assert (b < a - 0.01).any()
    stacked = panel(**{k: given.array(k).ravel() for k in given.series})
    np.testing.assert_allclose(b, scores(dea_sbm(stacked, **ROLES)), rtol=0, atol=PROGRAM)
    peers = pooled.table("peers")
    assert (peers["peer_period"] != peers["period"]).any()
    same = own.table("peers")
    assert (same["peer_period"] == same["period"]).all()


def test_gaps_lead_from_values_to_targets_and_score_ranks_within_periods():
    found = dea_sbm(made(), **ROLES)
    slack = found.table("slacks")
    sign = np.where(slack["role_en"] == "desirable output", -1, 1)
    np.testing.assert_allclose(slack["value"] - sign * slack["gap"], slack["target"], rtol=1e-8)
    np.testing.assert_allclose(slack["gap"], slack["slack"], rtol=1e-8, atol=1e-8)
    table = found.table("scores")
    for _, one in table.groupby("period"):
        best = one.sort_values("score", ascending=False)["rank"]
        assert best.is_monotonic_increasing
        assert (one["rank"] == 1).sum() == one["efficient"].sum()


def test_a_panel_of_one_period_works_and_has_no_map():
    found = dea_sbm(made(periods=(2020,)), **ROLES)
    assert [f.name for f in found.figures] == ["ranking", "mean_slacks"]


def test_tables_keep_the_order_of_the_panel():
    given = made().select(entities=["u05", "u19", *[f"u{i:02d}" for i in range(5)]])
    table = dea_sbm(given, **ROLES).table("scores")
    assert list(dict.fromkeys(table["entity"])) == list(given.entities)
    whole = dea_sbm(given.select(entities=sorted(given.entities)), **ROLES).table("scores")
    one, two = (t.set_index(["entity", "period"])["score"] for t in (table, whole))
    np.testing.assert_array_equal(one, two.loc[one.index])


def test_units_without_a_solution_are_named_and_get_no_number():
    found = dea_sbm(
        made(), inputs=["k"], outputs=["y"], returns="vrs", orientation="input", super=True
    )
    table = found.table("scores")
    none = table[table["status"] == "infeasible"]
    assert len(none)
    assert none["score"].isna().all()
    assert none["rank"].isna().all()
    note = next(n for n in found.notes if n.code == "M645")
    assert none["entity"].iloc[0] in note.text.en


def test_super_efficiency_keeps_the_score_of_the_inefficient():
    for method, more in ((dea_sbm, {}), (dea_radial, {"undesirable_as": "input"})):
        plain, above = (method(made(), **ROLES, **more, super=s) for s in (False, True))
        one, two = plain.table("scores"), above.table("scores")
        np.testing.assert_array_equal(one["efficient"], two["efficient"])
        low = one["efficient"] == 0
        np.testing.assert_allclose(two["score"][low], one["score"][low], rtol=0, atol=PROGRAM)
        assert (two["score"][~low] >= 1 - PROGRAM).all()
        assert (two["score"][~low] > 1.001).any()


def test_a_direction_in_natural_units_counts_steps():
    given = made()
    one = dea_directional(given, **ROLES, direction={"y": 0.5, "c": 0.1})
    two = dea_directional(given, **ROLES, direction={"y": "1.0", "c": "0.2"})
    a, b = (f.table("scores") for f in (one, two))
    np.testing.assert_allclose(a["beta"], 2 * b["beta"], rtol=0, atol=PROGRAM)
    assert "score" not in a
    assert (a.loc[a["efficient"] == 1, "rank"] == 1).all()


def test_strong_disposability_finds_at_least_as_far_to_go():
    weak, strong = (
        dea_directional(made(), **ROLES, disposability=d).table("scores")["beta"]
        for d in ("weak", "strong")
    )
    assert (strong >= weak - PROGRAM).all()


def without(given, entity, period):
    """The panel of one period and without one entity."""
    return given.select(entities=[e for e in given.entities if e != entity], periods=[period])


@pytest.mark.parametrize("method", [dea_sbm, dea_directional])
def test_influence_is_what_leaving_a_unit_out_of_the_data_does(method):
    given = made()
    found = method(given, **ROLES)
    before = found.table("scores").set_index(["entity", "period"])
    peers = found.table("peers")
    rows = found.table("influence")
    assert len(rows) == before["efficient"].sum()
    assert rows["serves"].max() > 3
    for _, row in rows.iterrows():
        after = method(without(given, row["entity"], row["period"]), **ROLES).table("scores")
        rise = after.set_index("entity")["score"] - before.xs(row["period"], level=1)["score"]
        mine = peers[(peers["peer"] == row["entity"]) & (peers["period"] == row["period"])]
        served = [e for e in mine["entity"] if not before.loc[(e, row["period"]), "efficient"]]
        assert row["serves"] == len(served)
        others = rise.drop([row["entity"], *served])
        low = [e for e in others.index if not before.loc[(e, row["period"]), "efficient"]]
        assert (others[low].abs() < PROGRAM).all()
        if served:
            assert row["rise_without"] == pytest.approx(rise[served].mean(), abs=PROGRAM)
            assert row["largest_change"] == pytest.approx(rise[served].max(), abs=PROGRAM)
            assert row["most_changed_en"] == rise[served].idxmax()


def test_influence_over_a_pooled_frontier_counts_other_periods():
    found = dea_sbm(made(), **ROLES, frontier="pooled")
    rows, peers = found.table("influence"), found.table("peers")
    low = found.table("scores").set_index(["entity", "period"])["efficient"] == 0
    for _, row in rows.iterrows():
        same = (peers["peer"] == row["entity"]) & (peers["peer_period"] == row["period"])
        keys = list(zip(peers["entity"][same], peers["period"][same], strict=True))
        assert row["serves"] == sum(low[k] for k in keys)
    assert (rows["rise_without"].dropna() >= -PROGRAM).all()


# ----------------------------------------------------------------------- what is refused


def refused(method, given, **options):
    with pytest.raises(ZhihengError) as caught:
        method(given, **options)
    assert caught.value.evidence
    return caught.value


def changed(name, value):
    given = made()
    series = {k: given.array(k).copy() for k in given.series}
    series[name][3, 1] = value
    return panel((2019, 2020), **series)


def test_variables_that_make_no_model_are_refused():
    given = made()
    assert refused(dea_sbm, given, inputs=[], outputs=["y"]).code == "M640"
    assert refused(dea_sbm, given, inputs=["k"], outputs=["k"]).code == "M640"
    twin = refused(dea_sbm, given, inputs=["k", "k * 1000"], outputs=["y"])
    assert twin.code == "M648"


def test_gaps_zeros_and_negatives_are_refused_by_entity_period_and_variable():
    for method, more in ((dea_sbm, {}), (dea_directional, {})):
        error = refused(method, changed("c", np.nan), **ROLES, **more)
        assert error.code == "M641"
        row = error.evidence[0]
        assert (row["entity"], row["period"], row["variable"]) == ("u03", 2020, "c")
    assert refused(dea_sbm, changed("k", 0.0), **ROLES).code == "M642"
    assert refused(dea_directional, changed("y", -1.0), **ROLES).code == "M642"
    dea_directional(changed("k", 0.0), **ROLES)


def test_a_variable_that_nobody_has_is_refused():
    given = made()
    series = {k: given.array(k).copy() for k in given.series}
    series["w"][:, 1] = 0.0
    error = refused(dea_directional, panel((2019, 2020), **series), **ROLES)
    assert error.code == "M643"
    assert error.evidence[0]["period"] == 2020


def test_radial_models_want_to_be_told_how_to_read_undesirable_outputs():
    given = made()
    assert refused(dea_radial, given, **ROLES).code == "M646"
    options = {**ROLES, "undesirable_as": "translation"}
    assert refused(dea_radial, given, **options, returns="crs").code == "M646"
    low = refused(dea_radial, given, **options, returns="vrs", translation=[0.1, 99])
    assert low.code == "M646"
    found = dea_radial(given, **options, returns="vrs", orientation="input")
    more = dea_radial(given, **options, returns="vrs", orientation="input", translation=[99, 99])
    np.testing.assert_allclose(scores(found), scores(more), rtol=0, atol=PROGRAM)


@pytest.mark.parametrize("direction", ["inward", {"y": -1}, {"nobody": 1}, {"y": 0}])
def test_a_direction_that_leads_nowhere_is_refused(direction):
    assert refused(dea_directional, made(), **ROLES, direction=direction).code == "M647"


def test_few_units_are_a_caution_and_fewer_block_claims():
    few = dea_sbm(made(10), **ROLES)
    assert {n.code: n.level for n in few.notes}["M644"] == "caution"
    assert dea_sbm(made(5), **ROLES).blocked
    assert "M644" not in {n.code for n in dea_sbm(made(20), **ROLES).notes}
