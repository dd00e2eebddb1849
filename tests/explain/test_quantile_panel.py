"""The quantile regression against R, its intervals, and what it refuses."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.quantile_panel import quantile_panel

REFERENCE = Path(__file__).parents[1] / "reference" / "quantile_panel"

# R solves the dummy regressions by Householder, and the last step by a linear programme.
PROGRAM = 1e-8


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]
    data = data.assign(year=data.year.astype(int)).rename(
        columns={"invest": "y", "value": "x", "capital": "w"}
    )
    return Panel.from_frame(data, entity="firm", period="year")


def produc_panel():
    data = munnell.load()
    made = data[["ST_ABB", "YR"]].assign(
        y=np.log(data.GSP.astype(float)),
        x=np.log(data.EMP.astype(float)),
        w=data.UNEMP.astype(float),
    )
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


PANELS = {"grunfeld": grunfeld_panel, "produc": produc_panel}


def run(case="grunfeld/entity", **more):
    name, effects = case.split("/")
    options = {"outcome": "y", "regressors": ["x", "w"], "effects": effects, "draws": 100}
    return quantile_panel(PANELS[name](), **{**options, **more})


def stored():
    cases = defaultdict(list)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]].append(row)
    return cases


@pytest.mark.parametrize("case", stored())
def test_slopes_equal_r(case):
    result = run(case)
    table, moments = result.tables["coefficients"], result.tables["moments"]
    for row in stored()[case]:
        term = row["term"]
        found = table.row(table.find(float(row["tau"]), term))["estimate"]
        assert found == pytest.approx(float(row["slope"]), rel=PROGRAM)
        for moment in ("location", "scale"):
            found = moments.row(moments.find(moment, term))["estimate"]
            assert found == pytest.approx(float(row[moment]), rel=PROGRAM)
    share = result.tables["fit"].columns["scale_not_positive"][0]
    assert share == pytest.approx(float(stored()[case][0]["low"]))
    assert any("零或" in n.text.zh or "不为正" in n.text.zh for n in result.notes) == (share > 0)


@pytest.mark.slow
def test_intervals_hold_the_true_slope_about_as_often_as_said():
    runs, inside = 200, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        x = rng.uniform(1, 3, size=(40, 20))
        y = 2 * x + rng.normal(size=(40, 1)) + (0.5 + x) * rng.normal(size=(40, 20))
        panel = Panel.of(
            {"y": y, "x": x}, entities=[f"r{i:02d}" for i in range(40)], periods=range(20), units={}
        )
        result = quantile_panel(
            panel, outcome="y", regressors=["x"], quantiles=[0.5], draws=199, seed=seed
        )
        row = result.tables["coefficients"].row(0)
        inside += row["ci_low"] < 2 < row["ci_high"]
    # Percentile intervals of forty entities: three binomial standard errors of 200 runs.
    assert abs(inside / runs - 0.95) < 0.047


def test_the_order_of_entities_does_not_matter():
    panel = grunfeld_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    options = {"outcome": "y", "regressors": ["x", "w"], "draws": 100}
    one, two = quantile_panel(panel, **options), quantile_panel(mixed, **options)
    for name in ("estimate", "std_error_bootstrap", "ci_low", "ci_high"):
        a, b = (r.tables["coefficients"].columns[name] for r in (one, two))
        np.testing.assert_allclose(a, b, rtol=1e-8)
    assert all(check.passed for check in one.checks)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M727", {"quantiles": [0.5, 0.25]}),
        ("M727", {"quantiles": [0.0]}),
        ("M727", {"quantiles": []}),
        ("M727", {"draws": 10}),
        ("M727", {"level": 1.0}),
        ("M706", {"regressors": ["x", "x"]}),
        ("M703", {"regressors": ["x", "2 * x"]}),
        ("M604", {"effects": "period"}),
    ],
)
def test_what_cannot_be_estimated_is_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code


def test_gaps_are_refused_by_name():
    panel = grunfeld_panel()
    values = {s: panel.array(s).copy() for s in panel.series}
    values["x"][2, 3] = np.nan
    holes = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError) as caught:
        quantile_panel(holes, outcome="y", regressors=["x"])
    assert caught.value.code == "M735"
    assert caught.value.evidence[0]["period"] == panel.periods[3]
