"""Difference in differences against other programs, and what it refuses."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.did import did

REFERENCE = Path(__file__).parents[1] / "reference" / "did"

# Two programs, both in double precision, on the same equations.
PROGRAM = 1e-9
# The logit of csdid stops when its deviance settles, ours when its probabilities do.
LOGIT = 1e-8
# pyfixest absorbs effects by iteration with a tolerance of its own.
ITERATED = 1e-6
# The table of cases prints single cells with seven decimals.
PRINTED = 5e-8


@pytest.fixture(scope="module")
def panel():
    return Panel.from_frame(pd.read_csv(REFERENCE / "input.csv"), entity="id", period="year")


@pytest.fixture(scope="module")
def expected():
    found = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            error = float(row["error"]) if row["error"] else None
            found[row["case"]][row["key"]] = (float(row["estimate"]), error)
    return found


def run(panel, **options):
    return did(panel, **{"outcome": "y", "treated": "first", "placebo": 0, **options})


def rows(table, *keys):
    """Estimates and errors of a table by the text of its key."""
    out = {}
    for i in range(len(table)):
        row = table.row(i)
        out["-".join(str(row[k]) for k in keys)] = (row["estimate"], row.get("std_error"))
    return out


def compare(found, wanted, tolerance):
    assert set(wanted) <= set(found)
    for key, (estimate, error) in wanted.items():
        np.testing.assert_allclose(found[key][0], estimate, rtol=tolerance, atol=1e-12, err_msg=key)
        if error is not None:
            np.testing.assert_allclose(found[key][1], error, rtol=tolerance, err_msg=key)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain", {}),
        ("not_yet", {"comparison": "not_yet"}),
        ("dr", {"controls": ["x"]}),
        ("reg", {"controls": ["x"], "adjust": "regression"}),
    ],
)
def test_cells_and_averages_equal_csdid(panel, expected, name, options):
    tables = run(panel, method="callaway_santanna", **options).tables
    compare(rows(tables["group_time"], "cohort", "period"), expected[f"csdid/{name}/cell"], LOGIT)
    compare(rows(tables["event"], "event_time"), expected[f"csdid/{name}/event"], LOGIT)
    named = {"simple": "overall", "group": "by_cohort", "dynamic": "by_event"}
    wanted = {named.get(k, "by_period"): v for k, v in expected[f"csdid/{name}/att"].items()}
    compare(rows(tables["att"], "aggregate"), wanted, LOGIT)


def test_regressions_equal_pyfixest(panel, expected):
    for name, options in (("twfe", {}), ("twfe_x", {"controls": ["x"]})):
        found = rows(run(panel, **options).tables["att"], "aggregate")
        compare(found, expected[f"pyfixest/{name}/att"], ITERATED)
    for method in ("event_study", "sun_abraham"):
        found = rows(run(panel, method=method).tables["event"], "event_time")
        compare(found, expected[f"pyfixest/{method}/event"], ITERATED)


def test_averages_and_comparisons_equal_diff_diff(panel, expected):
    for method, key in (("callaway_santanna", "simple"), ("sun_abraham", "overall")):
        wanted = expected[f"diff_diff/{method}/att"][key][0]
        found = run(panel, method=method).tables["att"].columns["estimate"][0]
        np.testing.assert_allclose(found, wanted, rtol=PROGRAM)
    bacon = run(panel).tables["bacon"]
    for column in ("weight", "estimate"):
        pairs = expected[f"diff_diff/bacon/{column}"]
        assert len(pairs) == len(bacon)
        for key, (wanted, _) in pairs.items():
            row = bacon.row(bacon.find(*map(int, key.split("-"))))
            np.testing.assert_allclose(row[column], wanted, rtol=PROGRAM)


def test_published_case_v10(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    frame = pd.read_csv(shared / "reference" / cases["V10"]["data"])
    frame = frame.astype({"year": int}).drop(columns="treat")
    panel = Panel.from_frame(frame, entity="countyreal", period="year")
    options = {"outcome": "lemp", "treated": "first_treat", "placebo": 0}
    tables = did(panel, method="callaway_santanna", **options).tables
    wanted = cases["V10"]["expected"]
    first = tables["group_time"].where(cohort=2004).columns["estimate"]
    np.testing.assert_allclose(first, wanted["ATT_gt_2004"], atol=PRINTED)
    whole = tables["att"].row(0)
    np.testing.assert_allclose(whole["estimate"], wanted["simple_ATT"], rtol=PROGRAM)
    np.testing.assert_allclose(whole["std_error"], wanted["se_analytic"], rtol=PROGRAM)
    # R did prints "P-value for pre-test of parallel trends assumption: 0.16812" (its vignette).
    assert tables["pretrend"].row(0)["p_value"] == pytest.approx(0.16812, abs=5e-6)
    assert did(panel, method="sun_abraham", **options).tables["att"].row(0)[
        "estimate"
    ] == pytest.approx(wanted["simple_ATT"])


# ------------------------------------------------------------------------ its own rules


def test_three_ways_to_say_who_is_treated_agree(panel):
    by_year = run(panel)
    first = panel.array("first")
    status = (first > 0) & (np.array(panel.periods) >= first)
    more = panel.with_series("d", status.astype(float), unit="1")
    listed = {e: int(f) for e, f in zip(panel.entities, first[:, 0], strict=True) if f}
    for treated in ("d", listed, {k: str(v) for k, v in listed.items()}):
        other = run(more, treated=treated)
        for name in ("att", "event", "bacon", "cohorts"):
            for column, values in by_year.tables[name].columns.items():
                assert (other.tables[name].columns[column] == values).all(), (name, column)


def test_identities_hold_and_staggered_two_way_effects_are_flagged(panel):
    result = run(panel)
    assert all(check.passed for check in result.checks)
    assert len(result.checks) == 3
    flagged = [n for n in result.notes if n.code == "M909"]
    assert [n.level for n in flagged] == ["caution"]
    robust = run(panel, method="callaway_santanna")
    assert not [n for n in robust.notes if n.code == "M909"]
    # Effects grow, so two-way fixed effects fall short of every honest average.
    assert result.tables["att"].row(0)["estimate"] < robust.tables["att"].row(0)["estimate"]


def test_one_cohort_is_the_difference_of_differences_and_is_not_split(panel):
    some = panel.select(
        where=lambda e: panel.array("first")[panel.entities.index(e), 0] in (0, 2013)
    )
    result = run(some)
    assert "bacon" not in result.tables
    y, d = some.array("y"), some.array("first")[:, 0] > 0
    change = y[:, 3:].mean(axis=1) - y[:, :3].mean(axis=1)
    wanted = change[d].mean() - change[~d].mean()
    assert result.tables["att"].row(0)["estimate"] == pytest.approx(wanted)


def test_leads_and_lags_choose_what_is_printed(panel):
    whole, cut = run(panel), run(panel, leads=3, lags=2)
    assert cut.tables["event"].columns["event_time"].tolist() == [-3, -2, 0, 1, 2]
    for key, row in rows(cut.tables["event"], "event_time").items():
        assert row == rows(whole.tables["event"], "event_time")[key]


def test_the_last_cohort_serves_where_nobody_is_never_treated(panel):
    treated = panel.select(where=lambda e: panel.array("first")[panel.entities.index(e), 0] > 0)
    result = run(treated, method="callaway_santanna")
    assert max(result.tables["group_time"].columns["period"]) == 2015
    assert 2016 not in result.tables["group_time"].columns["cohort"]
    short = treated.select(periods=range(2010, 2016))
    again = run(short, method="callaway_santanna")
    assert rows(result.tables["att"], "aggregate") == rows(again.tables["att"], "aggregate")


def test_the_placebo_is_near_zero_and_small_p_goes_with_a_large_effect(panel):
    for method in ("twfe", "event_study", "sun_abraham", "callaway_santanna"):
        result = run(panel, method=method, placebo=300)
        row = result.tables["placebo"].row(0)
        assert row["estimate"] == pytest.approx(result.tables["att"].row(0)["estimate"])
        assert abs(row["placebo_mean"]) < 0.1
        assert row["placebo_low"] < 0 < row["placebo_high"]
        outside = not row["placebo_low"] < row["estimate"] < row["placebo_high"]
        assert outside == (row["p_value"] < 0.06), method


def test_entities_treated_throughout_are_refused_or_listed(panel):
    first = panel.array("first").copy()
    first[first == 2013] = 2009
    other = panel.with_series("early", first, unit="1")
    with pytest.raises(ZhihengError) as caught:
        run(other, treated="early")
    assert caught.value.code == "M902"
    assert len(caught.value.evidence) == 8
    result = run(other, treated="early", always_treated="drop")
    assert len(result.tables["dropped"]) == 8 * 8
    assert len(result.tables["cohorts"]) == 32


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M900", {"treated": "x"}),
        ("M900", {"treated": {"nowhere": 2013}}),
        ("M900", {"treated": {"1": "soon"}}),
        ("M900", {"treated": "off"}),
        ("M901", {"treated": "first * 0"}),
        ("M901", {"treated": {str(i): 2013 for i in range(1, 41)}}),
        ("M702", {"controls": ["first"]}),
        ("M703", {"controls": ["x", "2 * x"]}),
        ("M706", {"controls": ["y"]}),
        ("M905", {"level": 0.0}),
        ("M905", {"leads": -1}),
        ("M905", {"placebo": -1}),
        ("M604", {"method": "psm"}),
        ("X304", {"outcome": "z"}),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_reason(panel, code, options):
    off = np.zeros(panel.values.shape[:2])
    off[3, 2:4] = 1
    panel = panel.with_series("off", off, unit="1")
    with pytest.raises(ZhihengError) as caught:
        run(panel, **options)
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en


def test_holes_in_time_few_entities_and_separation_are_refused(panel):
    with pytest.raises(ZhihengError, match="M903"):
        run(panel.select(periods=[2010, 2012, 2013, 2014]))
    few = panel.select(entities=panel.entities[:4] + panel.entities[-4:])
    for method in ("twfe", "callaway_santanna"):
        with pytest.raises(ZhihengError, match="M701"):
            run(few, method=method)
    apart = panel.with_series("s", panel.array("first") + panel.array("x") * 1e-3, unit="1")
    with pytest.raises(ZhihengError, match="M904") as caught:
        run(apart, method="callaway_santanna", controls=["s"])
    assert caught.value.evidence[0]["cohort"] == 2013


def test_a_cohort_of_one_entity_has_no_joint_test_and_says_so(panel):
    first = panel.array("first").copy()
    first[panel.entities.index("9")] = 2014
    other = panel.with_series("alone", first, unit="1")
    for method, made in (("twfe", True), ("sun_abraham", False), ("callaway_santanna", False)):
        result = run(other, treated="alone", method=method)
        assert (result.tables["pretrend"].row(0)["p_value"] is not None) == made
        assert any("single entity" in note.text.en for note in result.notes) != made


def test_figures_are_drawn_in_both_languages(panel):
    from zhiheng.core.figures.build import build
    from zhiheng.report.drawing import theme

    result = run(panel)
    assert [f.name for f in result.figures] == ["event_study", "comparisons"]
    for figure in result.figures:
        for lang in ("zh", "en"):
            assert build(figure, result.tables, lang=lang, width=600, theme=theme())
