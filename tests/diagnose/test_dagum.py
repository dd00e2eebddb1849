"""The method on panels: tables, groups, gaps, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.dagum import dagum

# Sums of a dozen terms of at most one.
ROUNDING = 1e-12
CODES = ("110000", "310000", "420000", "430000", "610000", "620000", "210000", "220000")
TOY = {"values": [1, 2, 3, 4, 3, 5, 7, 2, 6, 8, 9], "groups": "AAAABBBCCCC"}


def panel(values, entities=None):
    y = np.asarray(values, dtype=float)
    names = entities or [f"r{i}" for i in range(len(y))]
    periods = range(2020, 2020 + y.shape[1])
    return Panel.of({"y": y}, entities=names, periods=list(periods), units={"y": "1"})


def toy():
    made = panel(np.array(TOY["values"], dtype=float)[:, None])
    return made, dict(zip(made.entities, TOY["groups"], strict=True))


def random_panel(periods=4):
    rng = np.random.default_rng(0)
    return panel(rng.lognormal(size=(len(CODES), periods)), CODES)


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        dagum(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_the_toy_of_three_groups():
    data, groups = toy()
    row = dagum(data, variable="y", groups=groups).tables["decomposition"].row(0)
    parts = [row[name] for name in ("gini", "within", "between", "transvariation")]
    wanted = [0.31636363636, 0.07454545455, 0.19090909091, 0.05090909091]
    np.testing.assert_allclose(np.array(parts, dtype=float), wanted, atol=1e-11)
    shares = [row[f"share_{name}"] for name in ("within", "between", "transvariation")]
    assert sum(map(float, shares)) == pytest.approx(1)


def test_a_catalogued_grouping_names_its_groups_in_both_languages():
    found = dagum(random_panel(), variable="y", groups="zones4").table("within_groups")
    assert list(found.group.unique()) == ["east", "central", "west", "northeast"]
    assert list(found.group_title_zh.unique()) == ["东部", "中部", "西部", "东北"]


def test_tables_add_up():
    result = dagum(random_panel(), variable="y", groups="zones4")
    whole = result.table("decomposition").set_index("period")
    pairs = result.table("pairs").groupby("period")
    inside = result.table("within_groups").groupby("period")
    np.testing.assert_allclose(pairs.net.sum(), whole.between, atol=ROUNDING)
    np.testing.assert_allclose(pairs.transvariation.sum(), whole.transvariation, atol=ROUNDING)
    np.testing.assert_allclose(pairs.gross_between.sum(), whole.gross_between, atol=ROUNDING)
    np.testing.assert_allclose(inside.contribution.sum(), whole.within, atol=ROUNDING)
    np.testing.assert_allclose(inside.value_share.sum(), 1, atol=ROUNDING)
    np.testing.assert_allclose(inside.population_share.sum(), 1, atol=ROUNDING)
    assert all(check.passed for check in result.checks)


def test_groups_may_be_written_as_pairs():
    data, groups = toy()
    written = ",".join(f"{k}={v}" for k, v in groups.items())
    one, two = (dagum(data, variable="y", groups=g) for g in (groups, written))
    np.testing.assert_array_equal(
        one.tables["decomposition"].columns["within"], two.tables["decomposition"].columns["within"]
    )


def test_an_expression_may_stand_for_the_variable():
    plain = dagum(random_panel(), variable="y", groups="zones4")
    scaled = dagum(random_panel(), variable="1000 * y", groups="zones4")
    assert scaled.series == ("y",)
    np.testing.assert_allclose(
        scaled.table("decomposition").gini, plain.table("decomposition").gini, rtol=ROUNDING
    )


def test_the_change_has_an_interval_of_resampled_entities():
    data = random_panel()
    found = dagum(data, variable="y", groups="zones4", draws=400)
    row = found.table("change").iloc[0]
    ginis = found.table("decomposition").gini
    assert (row.period_from, row.period) == (2020, 2023)
    assert row.change == pytest.approx(ginis.iloc[-1] - ginis.iloc[0], abs=ROUNDING)
    assert row.ci_low < row.change < row.ci_high


def test_no_draws_and_one_period_give_no_change():
    assert "change" not in dagum(random_panel(), variable="y", groups="zones4", draws=0).tables
    assert "change" not in dagum(random_panel(1), variable="y", groups="zones4").tables


def test_parts_have_intervals_and_their_changes_sum_to_that_of_the_gini():
    result = dagum(random_panel(), variable="y", groups="zones4", draws=300)
    inside = result.table("intervals")
    assert ((inside.ci_low <= inside.value) & (inside.value <= inside.ci_high)).mean() > 0.8
    assert (inside.share_low >= 0).all()
    change = result.table("change_parts").set_index("part").change
    assert change.drop("gini").sum() == pytest.approx(change["gini"], abs=ROUNDING)
    moves = result.table("mobility").set_index("part").contribution
    assert moves["reranking"] + moves["catching_up"] == pytest.approx(moves["gini"], abs=ROUNDING)
    assert moves["reranking"] >= 0
    assert all(check.passed for check in result.checks)


def test_any_two_periods_can_be_compared_and_an_unknown_one_is_refused():
    result = dagum(random_panel(), variable="y", groups="zones4", change_from=2021, change_to=2022)
    row = result.table("change").iloc[0]
    assert (row.period_from, row.period) == (2021, 2022)
    assert (
        "2021"
        in refused("M847", random_panel(), variable="y", groups="zones4", change_from=1921).fix.en
    )


def test_periods_without_a_common_entity_have_no_change():
    values = random_panel(2).array("y").copy()
    values[:4, 0] = np.nan
    values[4:, 1] = np.nan
    result = dagum(panel(values, CODES), variable="y", groups="zones4", gaps="drop")
    assert "change_parts" not in result.tables
    assert "M849" in {note.code for note in result.notes}
    assert all(check.passed for check in result.checks)


def test_a_group_of_one_is_a_named_rule():
    data = random_panel().select(entities=CODES[:7])
    found = dagum(data, variable="y", groups="zones4")
    note = next(n for n in found.notes if n.code == "M814")
    assert "north-east" in note.text.en
    inside = found.table("within_groups")
    assert (inside[inside.group == "northeast"].gini == 0).all()


def test_a_group_of_zeros_is_a_named_rule():
    values = random_panel().array("y").copy()
    values[:2] = 0
    found = dagum(panel(values, CODES), variable="y", groups="zones4")
    assert "east" in next(n for n in found.notes if n.code == "M816").text.en
    assert found.table("within_groups").gini.isna().sum() == 4


def test_gaps_are_refused_with_their_cells():
    values = random_panel().array("y").copy()
    values[3, 2] = np.nan
    error = refused("M800", panel(values, CODES), variable="y", groups="zones4")
    assert error.evidence[0]["entity"] == "430000"
    assert error.evidence[0]["period"] == 2022


def test_dropped_gaps_are_counted_and_leave_other_periods_alone():
    values = random_panel().array("y").copy()
    whole = dagum(panel(values, CODES), variable="y", groups="zones4").table("decomposition")
    values[3, 2] = np.nan
    found = dagum(panel(values, CODES), variable="y", groups="zones4", gaps="drop")
    some = found.table("decomposition")
    assert list(some.n) == [8, 8, 7, 8]
    assert any("430000/2022" in n.text.en for n in found.notes)
    np.testing.assert_array_equal(some.gini[[0, 1, 3]], whole.gini[[0, 1, 3]])
    rest = panel(np.delete(values[:, [2]], 3, axis=0), [c for c in CODES if c != "430000"])
    alone = dagum(rest, variable="y", groups="zones4").table("decomposition")
    assert some.gini[2] == pytest.approx(alone.gini[0], abs=ROUNDING)


def test_a_group_without_observations_is_named():
    values = random_panel().array("y").copy()
    values[6:, 1] = np.nan
    found = dagum(panel(values, CODES), variable="y", groups="zones4", gaps="drop")
    note = next(n for n in found.notes if n.code == "M815")
    assert "north-east (2021)" in note.text.en
    assert all(check.passed for check in found.checks)


def test_negative_values_are_refused_with_their_cells():
    error = refused("M812", random_panel(), variable="y - 1", groups="zones4")
    assert error.evidence
    assert all(float(str(row["value"])) < 0 for row in error.evidence)


def test_a_period_without_a_positive_value_is_refused():
    values = random_panel().array("y").copy()
    values[:, 1] = 0
    error = refused("M813", panel(values, CODES), variable="y", groups="zones4")
    assert [row["period"] for row in error.evidence] == [2021]


def test_entities_without_a_group_are_refused():
    error = refused("M810", random_panel(), variable="y", groups={"110000": "A"})
    assert [row["entity"] for row in error.evidence] == list(CODES[1:])


def test_unknown_groupings_and_entities_show_the_nearest():
    assert "zones4" in refused("C403", random_panel(), variable="y", groups="zones5").fix.en
    error = refused("M811", random_panel(), variable="y", groups={"11000": "A"})
    assert "110000" in error.fix.en


@pytest.mark.parametrize("wrong", ["110000=", "=A", "110000=A,,310000=B", {}, {"110000": ""}])
def test_groups_that_cannot_be_read_are_refused(wrong):
    refused("M811", random_panel(), variable="y", groups=wrong)


@pytest.mark.parametrize("wrong", [{"draws": -1}, {"draws": 1}, {"level": 0.0}, {"level": 1.0}])
def test_options_out_of_range_are_refused(wrong):
    refused("M820", random_panel(), variable="y", groups="zones4", **wrong)
