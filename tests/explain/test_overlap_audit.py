"""The overlap audit: what is shared is named, and the slope splits exactly."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.overlap_audit import overlap_audit
from zhiheng.explain.panel_ols import panel_ols

REFERENCE = Path(__file__).parents[1] / "reference" / "overlap_audit"
# R solves on all dummy variables, here on swept columns; both in double precision.
PROGRAM = 1e-9
INDEX = {"pc / emp": "more", "hwy / emp": "more", "unemp": "less"}
R_NAMES = {"capital": "pc / emp", "roads": "hwy / emp", "unemployment": "unemp"}


def produc():
    data = munnell.load().rename(columns={"ST_ABB": "state", "YR": "year"})
    names = {
        "GSP": "gsp",
        "EMP": "emp",
        "PC": "pc",
        "P_CAP": "pcap",
        "HWY": "hwy",
        "UNEMP": "unemp",
    }
    data = data.rename(columns=names)[["state", "year", *names.values()]]
    return Panel.from_frame(
        data.astype(dict.fromkeys(names.values(), float)), entity="state", period="year"
    )


def audit(panel=None, **more):
    options = {"outcome": "log(gsp / emp)", "columns": INDEX, "controls": ["log(pcap)"]} | more
    return overlap_audit(panel or produc(), **options)


def stored():
    with (REFERENCE / "expected.csv").open() as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("weights", ["entropy", "equal"])
@pytest.mark.parametrize("effects", ["twoway", "trends"])
def test_the_split_equals_r(weights, effects):
    rows = [r for r in stored() if r["weights"] == weights and r["effects"] == effects]
    result = audit(weights=weights, trends=effects == "trends")
    table = result.tables["by_indicator"]
    for row in rows:
        found = table.row(table.find(R_NAMES[row["indicator"]]))
        for name in ("weight", "estimate", "variance_share"):
            assert found[name] == pytest.approx(float(row[name]), rel=PROGRAM, abs=1e-12)
    total = result.tables["split"].row(2)
    assert total["estimate"] == pytest.approx(float(rows[0]["slope"]), rel=PROGRAM)


def test_a_common_denominator_is_named_and_its_part_is_split_off():
    result = audit()
    overlaps = result.tables["overlaps"]
    found = {
        (overlaps.row(i)["indicator"], overlaps.row(i)["relation"]) for i in range(len(overlaps))
    }
    assert found == {("pc / emp", "common_denominator"), ("hwy / emp", "common_denominator")}
    split = result.tables["split"]
    shared, rest, total = (split.row(i) for i in range(3))
    assert (shared["part"], rest["part"], total["part"]) == ("shared", "rest", "total")
    assert shared["indicators"] == 2
    assert shared["estimate"] + rest["estimate"] == pytest.approx(total["estimate"])
    assert shared["share"] + rest["share"] == pytest.approx(1.0)
    assert any(note.level == "caution" for note in result.notes)
    assert all(check.passed for check in result.checks)


def test_the_total_is_the_coefficient_that_panel_ols_prints():
    panel = produc()
    result = audit(panel, weights="equal")
    z = np.zeros((48, 17))
    for name, direction in INDEX.items():
        top, _, bottom = name.partition(" / ")
        x = panel.array(top) / (panel.array(bottom) if bottom else 1.0)
        x = x if direction == "more" else -x
        z += (x - x.min()) / (x.max() - x.min()) / 3
    more = panel.with_series("z", z, unit="1")
    fit = panel_ols(more, outcome="log(gsp / emp)", regressors=["z", "log(pcap)"], draws=0)
    slope = fit.tables["coefficients"].row(0)
    full = result.tables["slopes"].row(0)
    for name in ("estimate", "std_error", "p_value"):
        assert full[name] == pytest.approx(slope[name], rel=1e-9)
    assert result.tables["split"].row(2)["estimate"] == pytest.approx(slope["estimate"], rel=1e-9)


def test_without_the_shared_indicators_another_slope_is_estimated():
    slopes = audit().tables["slopes"]
    assert [slopes.row(i)["index"] for i in range(len(slopes))] == ["full", "without_shared"]
    assert slopes.row(1)["weight"] < 1.0


def test_nothing_shared_is_a_finding_too():
    result = audit(outcome="log(gsp)", columns={"pc": "more", "unemp": "less"})
    assert len(result.tables["overlaps"]) == 0
    split = result.tables["split"]
    assert split.row(0)["estimate"] == 0.0
    assert split.row(1)["share"] == pytest.approx(1.0)
    assert any("No indicator" in note.text.en for note in result.notes)
    assert len(result.tables["slopes"]) == 1


def test_an_index_that_shares_everything_blocks_a_claim():
    result = audit(outcome="log(gsp / emp)", columns={"pc / emp": "more", "hwy / emp": "more"})
    assert result.blocked
    assert result.tables["split"].row(0)["share"] == pytest.approx(1.0)


def test_a_control_that_is_an_ingredient_of_the_outcome_is_named():
    result = audit(controls=["log(emp)"], columns={"unemp": "less", "hwy": "more"})
    row = result.tables["overlaps"].row(0)
    assert (row["indicator"], row["role"], row["weight"]) == ("log(emp)", "control", None)


def test_a_variable_of_the_study_is_opened_to_its_ingredients():
    panel = produc()
    y = np.log(panel.array("gsp") / panel.array("emp"))
    named = panel.with_series("productivity", y, unit="1", definition="log(gsp / emp)")
    one, two = audit(named, outcome="productivity"), audit(named)
    assert len(one.tables["overlaps"]) == len(two.tables["overlaps"]) == 2
    closed = panel.with_series("score", y, unit="1", definition="@index.scores.score")
    assert len(audit(closed, outcome="score").tables["overlaps"]) == 0


@given(st.sampled_from(["twoway", "entity"]), st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=10, deadline=None)
def test_units_do_not_change_the_shares(effects, a, b):
    panel = produc()
    values = panel.values.copy()
    values[..., panel.series.index("pc")] *= a
    values[..., panel.series.index("hwy")] *= b
    one, two = audit(panel, effects=effects), audit(replace(panel, values=values), effects=effects)
    for name in ("share", "variance_share"):
        old, new = (r.tables["by_indicator"].columns[name] for r in (one, two))
        np.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M751", {"columns": None}),
        ("M751", {"columns": {"pc": "up"}}),
        ("M752", {"normalise": "zscore"}),
        ("M752", {"weights": "given", "given": {"unemp": 1.0}}),
        ("M706", {"controls": ["pc", "pc"]}),
        ("M706", {"controls": ["log(gsp / emp)"]}),
        ("X304", {"columns": {"pcx": "more"}}),
    ],
)
def test_what_cannot_be_audited_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        audit(**options)
    assert caught.value.code == code
    assert caught.value.fix.zh


def test_gaps_are_named():
    panel = produc()
    values = panel.values.copy()
    values[3, 2, panel.series.index("unemp")] = np.nan
    with pytest.raises(ZhihengError, match="M704") as caught:
        audit(replace(panel, values=values))
    assert caught.value.evidence[0]["variable"] == "unemp"


def test_given_weights_are_used_as_shares():
    result = audit(weights="given", given={"pc / emp": 2, "hwy / emp": 1, "unemp": 1})
    np.testing.assert_allclose(result.tables["by_indicator"].columns["weight"], [0.5, 0.25, 0.25])
