"""The mirrors: R finds the same numbers, and the commands of Stata say what they should."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from zhiheng.core.panel import Panel
from zhiheng.report.mirror import DATA, mirror
from zhiheng.report.mirror_commands import Command
from zhiheng.report.mirror_r import r_text
from zhiheng.report.mirror_stata import stata_text
from zhiheng.report.replication import replication_pack
from zhiheng.study.plan import parse_plan
from zhiheng.study.run import run_study

# Two programs in double precision; R writes fifteen digits.
PROGRAM = 1e-9

HEAD = """
id = "mirrored"
title = { zh = "样例", en = "Sample" }
subtitle = { zh = "样例研究", en = "A sample study" }
question = { zh = "有关吗？", en = "Related?" }
seed = 11
[data]
level = ""
periods = [2015, 2021]
[variables.growth_x]
expression = "diff(x)"
title = { zh = "增量", en = "increment" }
[report]
index = "bare"
"""
STEP = '[[step]]\nid = "{id}"\nmethod = "{method}"\noptions = {{ {options} }}\n'
OLS = 'outcome = "y", regressors = ["growth_x", "z ^ 2"], draws = 0, gaps = "drop", '
FORMS = {
    "twoway": 'effects = "twoway"',
    "entity": 'effects = "entity"',
    "period": 'effects = "period"',
    "bare": 'effects = "none"',
    "trends": 'effects = "twoway", trends = true',
    "own-trends": 'effects = "entity", trends = true',
    "differences": 'effects = "twoway", transform = "first_difference"',
    "drift": 'effects = "entity", trends = true, transform = "first_difference"',
    "changes": 'effects = "none", transform = "first_difference"',
    "areg": 'effects = "twoway", small_sample = "areg"',
    "sss": 'effects = "entity", small_sample = "sss"',
    "cr1": 'effects = "twoway", small_sample = "cr1"',
    "none": 'effects = "twoway", small_sample = "none"',
}
STARTS = "r1 = 2017, r2 = 2017, r3 = 2019, r4 = 2019"
POLICY = f'outcome = "y * 1", treated = {{ {STARTS} }}, placebo = 0, '
POLICIES = {
    "policy": POLICY + 'controls = ["z"]',
    "events": POLICY + 'method = "event_study"',
    "cohorts": POLICY + 'method = "sun_abraham"',
    "cells": POLICY + 'method = "callaway_santanna", comparison = "not_yet"',
}
PLAN = HEAD + "".join(
    [STEP.format(id=i, method="panel_ols", options=OLS + o) for i, o in FORMS.items()]
    + [STEP.format(id=i, method="did", options=o) for i, o in POLICIES.items()]
    + [STEP.format(id="both", method="pvar", options='variables = ["x", "z"], draws = 0')]
)


@pytest.fixture(scope="module")
def data():
    """Fourteen regions with two gaps in a variable that the policies do not use."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(14, 8)).cumsum(axis=1)
    z = rng.normal(size=x.shape)
    return Panel.of(
        {"x": x, "z": z, "y": 0.3 * x + rng.normal(size=x.shape)},
        entities=[f"r{i}" for i in range(14)],
        periods=range(2014, 2022),
        units={"x": "1", "y": "1", "z": "1"},
    )


@pytest.fixture(scope="module")
def run(data):
    return run_study(parse_plan(PLAN, "mirrored"), panel=data)


def test_the_pack_holds_the_mirrors_and_one_table(run, data):
    with zipfile.ZipFile(io.BytesIO(replication_pack(run, b"{}", data))) as archive:
        assert {"mirror.do", "mirror.R", DATA} <= set(archive.namelist())
        assert "mirror.R" in archive.read("README.en.md").decode()


def test_the_table_holds_every_variable_to_the_last_bit(run):
    rows = list(csv.DictReader(io.StringIO(mirror(run)[DATA])))
    assert len(rows) == 14 * 7
    found = np.array([float(r["growth_x"]) for r in rows]).reshape(14, 7)
    np.testing.assert_array_equal(found, run.panel.array("growth_x"))
    squares = np.array([float(r["v1"]) for r in rows]).reshape(14, 7)
    np.testing.assert_array_equal(squares, run.panel.array("z") ** 2)
    first = run.results["policy"].tables["cohorts"].columns["cohort"]
    assert [float(r["cohort1"]) for r in rows[::7]] == first.tolist()
    treated = [float(r["treated1"]) for r in rows[7:14]]  # r1, from 2017 on
    assert treated == [0, 0, 1, 1, 1, 1, 1]


STATA = {
    "twoway": "xtreg y growth_x v1 i.period, fe vce(cluster id)",
    "entity": "xtreg y growth_x v1, fe vce(cluster id)",
    "period": "regress y growth_x v1 i.period, vce(cluster id)",
    "bare": "regress y growth_x v1, vce(cluster id)",
    "trends": "reghdfe y growth_x v1, absorb(id id#c.period period) vce(cluster id)",
    "own-trends": "reghdfe y growth_x v1, absorb(id id#c.period) vce(cluster id)",
    "differences": "regress D.y D.growth_x D.v1 i.period, vce(cluster id)",
    "drift": "reghdfe D.y D.growth_x D.v1, absorb(id) vce(cluster id)",
    "changes": "regress D.y D.growth_x D.v1, noconstant vce(cluster id)",
    "areg": "areg y growth_x v1 i.period, absorb(id) vce(cluster id)",
    "cr1": "xtreg y growth_x v1 i.period, fe vce(cluster id)",
    "policy": "xtreg v2 treated1 z i.period, fe vce(cluster id)",
    "events": "xtreg v2 i.cell_cohort2 i.period, fe vce(cluster id)",
    "cohorts": "xtreg v2 i.cell_cohort3 i.period, fe vce(cluster id)",
}


def test_each_estimate_has_its_command_of_stata(run, blocks):
    text = mirror(run)["mirror.do"]
    found = blocks(text, "*")
    assert set(found) == {step.id for step in run.plan.steps()}
    for step, command in STATA.items():
        assert found[step][-1] == command
    assert any("G/(G-1)" in line for line in found["cr1"])
    given = "ivar(id) time(period) gvar(cohort4) method(dripw) notyet"
    assert f"csdid v2, {given}" in found["cells"]
    assert "pvar x z, lags(1) fod td" in found["both"]
    assert "* v1 = z ^ 2" in text


def relation(**options):
    given = {"tests": ["kao", "pedroni", "westerlund"], "trend": "constant", "lags": 1}
    command = Command(
        "long", "cointegration", "y", ("x", "z"), {**given, "window": 2, "draws": 99, **options}
    )
    return stata_text([command], {}), r_text([command], {})


def test_cointegration_has_commands_of_stata_and_r():
    stata, r = relation()
    assert "xtcointtest kao y x z, lags(1) kernel(bartlett 2)\n" in stata
    assert "xtcointtest pedroni y x z, ar(same) lags(1) kernel(bartlett 2)\n" in stata
    assert "xtwest y x z, constant lags(1) lrwindow(2) bootstrap(99)\n" in stata
    assert 'westerlund_test(d, "y", c("x", "z"), "id",' in r
    stata, r = relation(trend="trend", tests=["kao", "pedroni"])
    assert "kao" not in stata.split("---")[1]
    assert "xtcointtest pedroni y x z, trend lags(1)" in stata
    assert "westerlund_test" not in r


def test_a_run_without_regressions_has_no_mirrors(data):
    plan = HEAD.replace("bare", "d") + STEP.format(
        id="d", method="sigma_convergence", options='variable = "y + 100", draws = 20'
    )
    assert mirror(run_study(parse_plan(plan, "other"), panel=data)) == {}


@pytest.mark.slow
def test_r_finds_the_same_estimates_and_errors(run, tmp_path, run_mirror):
    run_mirror(mirror(run), tmp_path)
    found = {}
    with (tmp_path / "mirror_results.csv").open() as lines:
        for row in csv.DictReader(lines):
            found[row["step"], row["term"]] = float(row["estimate"]), float(row["std_error"])
    assert len(found) == 2 * len(FORMS) + 2
    for step in FORMS:
        c = run.results[step].tables["coefficients"].columns
        for name, estimate, error in zip(
            ("growth_x", "v1"), c["estimate"], c["std_error"], strict=True
        ):
            np.testing.assert_allclose(found[step, name], (estimate, error), rtol=PROGRAM)
    row = run.results["policy"].tables["att"].row(0)
    wanted = row["estimate"], row["std_error"]
    np.testing.assert_allclose(found["policy", "treated1"], wanted, rtol=PROGRAM)
