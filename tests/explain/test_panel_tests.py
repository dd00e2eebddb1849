"""Panel tests against plm and the table of cases, and what they refuse."""

from __future__ import annotations

import csv
import json
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures.build import build
from zhiheng.core.panel import Panel
from zhiheng.explain.panel_tests import panel_tests

REFERENCE = Path(__file__).parents[1] / "reference" / "panel_tests"

# Two programs, both in double precision, on the same equations.
PROGRAM = 1e-8
# The table of cases prints eight significant digits.
PRINTED = 5e-8
# Names of plm's tests.
OURS = {"Pm": "choi_pm", "invnormal": "choi_z", "sclm": "scaled_lm", "bcsclm": "corrected_lm"}


def made_panel():
    data = pd.read_csv(REFERENCE / "input.csv")
    return Panel.from_frame(data, entity="entity", period="period")


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]  # the tenfold table of plm has no eleventh firm
    return Panel.from_frame(data.assign(year=data.year.astype(int)), entity="firm", period="year")


def stored():
    cases = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            name = OURS.get(row["name"], row["name"])
            cases[row["case"]][name] = (float(row["value"]), float(row["p"]))
    return cases


def check(table, variable, expected):
    for name, (value, p) in expected.items():
        row = table.row(table.find(variable, name))
        assert row["test_statistic"] == pytest.approx(value, rel=PROGRAM), name
        # plm only brackets the p value of CIPS and we leave it to the simulation
        if name == "cips":
            assert row["p_value"] is None
        else:
            assert row["p_value"] == pytest.approx(p, rel=1e-6, abs=1e-300), name


@pytest.mark.parametrize("case", [c for c in stored() if "/" in c])
def test_unit_roots_equal_plm(case):
    variable, trend, lags = case.split("/")
    result = panel_tests(
        made_panel(), variables=[variable], trend=trend, adf_lags=int(lags), draws=99
    )
    check(result.tables["unit_roots"], variable, stored()[case])


def test_dependence_equals_plm():
    result = panel_tests(made_panel(), variables=["x"], outcome="y", regressors=["x"], draws=99)
    check(result.tables["cross_section"], "x", stored()["x"])
    check(result.tables["cross_section"], "residuals", stored()["residuals"])


def test_grunfeld_equals_plm_and_the_published_case_v01():
    result = panel_tests(
        grunfeld_panel(), outcome="invest", regressors=["value", "capital"], draws=99
    )
    check(result.tables["cross_section"], "residuals", stored()["grunfeld"])


def test_published_case_v01(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V01"]["expected"]["PesaranCD_z"]
    result = panel_tests(
        grunfeld_panel(), outcome="invest", regressors=["value", "capital"], draws=99
    )
    table = result.tables["cross_section"]
    found = table.row(table.find("residuals", "cd"))["test_statistic"]
    assert found == pytest.approx(expected, rel=PRINTED)


def test_short_tables_are_not_stretched():
    panel = made_panel()
    short = panel.select(periods=panel.periods[:9])
    table = panel_tests(short, variables=["x"], draws=99).tables["unit_roots"]
    for name in ("levinlin", "ips", "cips"):
        row = table.row(table.find("x", name))
        assert row["p_value"] is None
        assert 0 < row["p_simulated"] <= 1
    assert table.row(table.find("x", "madwu"))["p_value"] is not None


def test_power_with_nine_periods_is_poor_and_said():
    panel = made_panel()
    short = panel.select(periods=panel.periods[:9])
    result = panel_tests(short, variables=["x"], draws=499)
    power = result.tables["unit_roots"].columns["power"]
    assert (power < 0.3).all()
    assert any(n.level == "caution" and "12 entities, 9 periods" in n.text.en for n in result.notes)
    longer = panel_tests(panel, variables=["x"], draws=499)
    assert (longer.tables["unit_roots"].columns["power"] > power).all()


def refused(panel, **options):
    with pytest.raises(ZhihengError) as caught:
        panel_tests(panel, **options)
    assert caught.value.evidence
    return caught.value.code


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"variables": ["x", "x"]},
        {"outcome": "y"},
        {"regressors": ["x"]},
        {"outcome": "y", "regressors": ["y"]},
        {"variables": ["x"], "adf_lags": 9},
        {"variables": ["x"], "root": 1.0},
        {"variables": ["x"], "level": 0.0},
        {"variables": ["x"], "draws": 10},
    ],
)
def test_options_at_odds_are_refused(options):
    assert refused(made_panel(), **options) == "M717"


def test_short_small_or_uneven_panels_are_refused():
    panel = made_panel()
    assert refused(panel.select(periods=panel.periods[:1]), variables=["x"]) == "M716"
    assert refused(panel.select(periods=panel.periods[:5]), variables=["x"]) == "M716"
    assert refused(panel.select(entities=panel.entities[:4]), variables=["x"]) == "M716"
    uneven = panel.select(periods=panel.periods[:10] + panel.periods[11:])
    assert refused(uneven, variables=["x"]) == "M716"


def test_series_that_do_not_vary_and_tied_regressors_are_named():
    panel = made_panel()
    x = panel.array("x").copy()
    arrays = {s: panel.array(s) for s in panel.series} | {"twice": 2 * x}
    arrays["flat"] = np.where(np.arange(12)[:, None] == 3, 7.0, x)
    wide = Panel.of(arrays, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError) as caught:
        panel_tests(wide, variables=["flat"])
    assert caught.value.code == "M725"
    assert [row["entity"] for row in caught.value.evidence] == [panel.entities[3]]
    assert refused(wide, outcome="y", regressors=["x", "twice"]) == "M725"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_can_be_drawn(lang, root):
    theme = tomllib.loads((root / "src/zhiheng/catalog/data/theme.toml").read_text("utf-8"))
    result = panel_tests(made_panel(), outcome="y", regressors=["x"], draws=99)
    for figure in result.figures:
        assert build(figure, result.tables, lang=lang, width=640, theme=theme)
