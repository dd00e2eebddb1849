"""Theil measures on panels: tables, nesting, weights, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.theil import theil

# Sums of a few dozen terms of order one.
ROUNDING = 1e-11
CODES = ("110000", "310000", "330000", "420000", "430000", "610000", "620000", "210000", "220000")
PATHS = {
    "110000": "east/north", "310000": "east/south", "330000": "east/south",
    "420000": "inner/central", "430000": "inner/central", "610000": "inner/west",
    "620000": "inner/west", "210000": "inner/northeast", "220000": "inner/northeast",
}  # fmt: skip


def panel(periods=3, **more):
    rng = np.random.default_rng(0)
    values = {"y": rng.lognormal(size=(9, periods)), "n": rng.uniform(1, 9, (9, periods)), **more}
    units = dict.fromkeys(values, "1")
    return Panel.of(values, entities=CODES, periods=range(2020, 2020 + periods), units=units)


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        theil(*args, **options)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value


def test_parts_sum_to_the_total_in_every_period_and_measure():
    found = theil(panel(), variable="y", groups=PATHS, population="n", alpha=2).table(
        "decomposition"
    )
    wide = found.pivot(index=["period", "measure"], columns="part", values="value")
    parts = wide[["theil_between", "theil_between_2", "theil_within"]].sum(axis=1)
    np.testing.assert_allclose(parts, wide["theil_total"], atol=ROUNDING)
    assert set(found.measure) == {"theil_t", "theil_l", "ge"}
    inside = (found.ci_low <= found.value) & (found.value <= found.ci_high)
    assert inside.mean() > 0.8


def test_one_grouping_has_no_middle_part():
    found = theil(panel(), variable="y", groups="zones4").table("decomposition")
    assert list(found.part.unique()) == ["theil_total", "theil_between", "theil_within"]


def test_two_catalogued_groupings_nest_when_they_do():
    mine = dict.fromkeys(CODES, "all")
    one = theil(panel(), variable="y", groups="zones4", draws=0).table("decomposition")
    two = theil(panel(), variable="y", groups="zones4/zones4", draws=0).table("decomposition")
    middle = two[two.part == "theil_between_2"].value
    np.testing.assert_allclose(middle, 0, atol=ROUNDING)
    between = one[one.part == "theil_between"].value.to_numpy()
    np.testing.assert_allclose(two[two.part == "theil_between"].value, between, rtol=ROUNDING)
    whole = theil(panel(), variable="y", groups=mine, draws=0).table("decomposition")
    np.testing.assert_allclose(whole[whole.part == "theil_between"].value, 0, atol=ROUNDING)


def test_groups_say_what_they_hold_and_add():
    result = theil(panel(), variable="y", groups=PATHS, population="n")
    found = result.table("groups")
    total = result.table("decomposition").set_index(["period", "measure", "part"]).value
    for (period, measure), rows in found[found.group_level == 2].groupby(["period", "measure"]):
        assert rows.weight_share.sum() == pytest.approx(1)
        assert rows.value_share.sum() == pytest.approx(1)
        assert rows.contribution.sum() == pytest.approx(total[period, measure, "theil_within"])


def test_sources_of_the_change_of_l_sum_to_it():
    result = theil(panel(), variable="y", groups="zones4", population="n")
    change = result.table("change").set_index(["measure", "part"]).change
    sources = result.table("change_sources").contribution.sum()
    assert sources == pytest.approx(change["theil_l", "theil_total"], abs=ROUNDING)


def test_without_population_the_sizes_of_groups_move_nothing():
    found = theil(panel(), variable="y", groups="zones4").table("change_sources")
    assert found.set_index("part").contribution["source_sizes"] == pytest.approx(0, abs=ROUNDING)


def test_one_period_has_no_change():
    result = theil(panel(1), variable="y", groups="zones4")
    assert set(result.tables) == {"decomposition", "groups"}
    assert [f.name for f in result.figures] == ["parts"]


def test_no_draws_give_no_intervals_and_no_verdict():
    result = theil(panel(), variable="y", groups="zones4", draws=0)
    assert result.table("decomposition").ci_low.isna().all()
    assert set(result.table("change").trend) == {"no_interval"}


def test_zeros_leave_l_out_with_a_note():
    y = panel().array("y").copy()
    y[0, 1] = 0
    result = theil(panel(y=y), variable="y", groups="zones4")
    assert "M850" in {n.code for n in result.notes}
    found = result.table("decomposition").set_index(["period", "measure", "part"]).value
    assert np.isnan(found[2021, "theil_l", "theil_total"])
    assert found[2021, "theil_t", "theil_total"] > 0
    assert all(check.passed for check in result.checks)


def test_groups_of_two_or_three_are_named():
    result = theil(panel(), variable="y", groups="zones4")
    assert "M852" in {n.code for n in result.notes}


def test_dropped_gaps_leave_other_periods_alone():
    y = panel().array("y").copy()
    whole = theil(panel(), variable="y", groups="zones4", draws=0).table("decomposition")
    y[2, 1] = np.nan
    some = theil(panel(y=y), variable="y", groups="zones4", draws=0, gaps="drop")
    found = some.table("decomposition")
    for period in (2020, 2022):
        np.testing.assert_array_equal(
            found[found.period == period].value, whole[whole.period == period].value
        )
    refused("M800", panel(y=y), variable="y", groups="zones4")


def test_what_cannot_be_measured_is_refused_with_its_cells():
    given = panel()
    refused("M840", given, variable="y - 1", groups="zones4")
    refused("M841", given, variable="0 * y", groups="zones4")
    refused("M843", given, variable="y", groups="zones4", population="n - 5")
    refused("M820", given, variable="y", groups="zones4", draws=1)


def test_groups_that_straddle_or_differ_in_depth_are_refused():
    straddle = refused("M842", panel(), variable="y", groups="zones3/zones4")
    assert straddle.evidence[0]["group"] == "northeast"
    refused("M842", panel(), variable="y", groups={**PATHS, "110000": "east"})
    refused("M842", panel(), variable="y", groups={**PATHS, "110000": "east/"})
