"""Dynamic panels against gretl and plm, published digits, and what is refused."""

from __future__ import annotations

import csv
import json
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures.build import build
from zhiheng.core.panel import Panel
from zhiheng.explain.gmm import gmm

REFERENCE = Path(__file__).parents[1] / "reference" / "gmm"

# Double precision, but weights of 113 instruments are inverted: condition numbers cost digits.
PROGRAM = 1e-6
# Weights of the system on states have condition 1e9; arithmetic with 40 digits gives our values
# to 3e-8, gretl loses the rest.
ILL_CONDITIONED = 2e-3
# The table of cases prints six significant digits.
PRINTED = 5e-6

OPTIONS = {
    "table4b": {
        "outcome": "n",
        "regressors": ["w", "k", "ys"],
        "lags": 2,
        "regressor_lags": {"w": 1, "ys": 1},
    },
    "system": {
        "outcome": "n",
        "regressors": ["w", "k"],
        "regressor_lags": {"w": 1, "k": 1},
        "endogenous": ["w", "k"],
        "instruments": "system",
    },
    "predetermined": {
        "outcome": "n",
        "regressors": ["w", "k"],
        "endogenous": ["w"],
        "predetermined": ["k"],
        "gmm_lags": [2, 4],
        "collapse": True,
    },
    "exogenous": {
        "outcome": "n",
        "regressors": ["w", "k"],
        "predetermined": ["w"],
        "instruments": "system",
        "gmm_lags": [2, 3],
    },
    "states": {
        "outcome": "y",
        "regressors": ["lpc", "lemp"],
        "endogenous": ["lpc"],
        "gmm_lags": [2, 4],
        "collapse": True,
    },
}
OPTIONS["states_system"] = OPTIONS["states"] | {"instruments": "system"}
WAYS = {
    "full": {"h_matrix": "full"},
    "block": {"h_matrix": "block"},
    "constant": {"effects": "individual"},
}


@pytest.fixture(scope="module")
def employment(shared):
    """EmplUK, unbalanced: 140 firms, seven to nine years."""
    data = pd.read_csv(shared / "reference" / "data" / "EmplUK.csv")
    names = {"emp": "n", "wage": "w", "capital": "k", "output": "ys"}
    made = data[["firm", "year"]].assign(**{v: np.log(data[k]) for k, v in names.items()})
    made["firm"] = "firm " + made.firm.astype(str)
    return Panel.from_frame(made, entity="firm", period="year")


def states_panel():
    data = munnell.load()
    logs = {"y": "GSP", "lpc": "P_CAP", "lemp": "EMP"}
    # plm's pc is private capital, Munnell's PC here
    logs["lpc"] = "PC"
    made = data[["ST_ABB", "YR"]].assign(
        **{k: np.log(data[v].astype(float)) for k, v in logs.items()}
    )
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def stored():
    cases = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            cases[f"{row['program']}:{row['case']}"][row["name"]] = float(row["value"])
    return cases


def run(panel, case):
    name, *ways, steps = case.split("/")
    options = OPTIONS[name] | {"gaps": "drop", "steps": steps}
    for way in ways:
        options |= WAYS[way]
    return gmm(panel, **options)


def compare(result, expected, *, case):
    close = ILL_CONDITIONED if "states_system" in case else PROGRAM
    table = result.tables["coefficients"].columns
    beta = [v for k, v in expected.items() if k.startswith("beta:")]
    errors = [v for k, v in expected.items() if k.startswith("se:")]
    np.testing.assert_allclose(table["estimate"][: len(beta)], beta, rtol=close)
    np.testing.assert_allclose(table["std_error"][: len(beta)], errors, rtol=close)
    tests = result.tables["tests"]
    found = {t: tests.row(i) for i, t in enumerate(tests.columns["test"])}
    for name in {"ar1", "ar2", "hansen"} & expected.keys():
        assert found[name]["test_statistic"] == pytest.approx(expected[name], rel=close), name
    if "df" in expected:
        assert found["hansen"]["degrees"] == expected["df"]
    if "sargan" in expected and "block" not in case:
        fit = result.tables["fit"].row(0)
        # gretl 2022c divides the squares of a system's differences by its rows in levels
        ratio = fit["n_levels"] / fit["n_differences"] if fit["n_levels"] else 1.0
        assert found["sargan"]["test_statistic"] * ratio == pytest.approx(
            expected["sargan"], rel=close
        )


@pytest.mark.parametrize("case", [c for c in stored() if "states" not in c])
def test_employment_equals_gretl_and_plm(employment, case):
    compare(run(employment, case.split(":")[1]), stored()[case], case=case)


@pytest.mark.parametrize("case", [c for c in stored() if "states" in c])
def test_states_equal_gretl_and_plm(case):
    compare(run(states_panel(), case.split(":")[1]), stored()[case], case=case)


def test_published_case_v08(shared, employment):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V08"]["expected"]
    terms = {"n_1": "lag(n, 1)", "n_2": "lag(n, 2)", "w": "w", "k": "k"}
    for steps, name in (("one", "onestep_robust"), ("two", "twostep_Windmeijer")):
        result = run(employment, f"table4b/{steps}")
        table = result.tables["coefficients"]
        for term, value in expected[name].items():
            if term in terms:
                row = table.row(table.find(terms[term]))
                found = [row["estimate"], row["std_error"]]
                np.testing.assert_allclose(found, value, rtol=PRINTED)
    tests = result.tables["tests"]
    hansen = tests.row(tests.find("hansen"))
    assert hansen["test_statistic"] == pytest.approx(
        expected["twostep_Windmeijer"]["Hansen_chi2_25"], rel=PRINTED
    )
    assert hansen["degrees"] == 25


def test_the_lag_stands_between_fixed_effects_and_pooled_least_squares(employment):
    result = run(employment, "system/full/two")
    bounds = result.tables["bounds"]
    value = {m: bounds.row(bounds.find(m, "lag(n, 1)"))["estimate"] for m in ("pooled", "within")}
    ours = bounds.row(bounds.find("gmm", "lag(n, 1)"))["estimate"]
    assert value["within"] < ours < value["pooled"]
    assert not any(note.code == "M724" for note in result.notes)


def test_difference_in_hansen_is_the_difference_of_two_hansens():
    system, apart = run(states_panel(), "states_system/two"), run(states_panel(), "states/two")
    one, two = system.tables["tests"], apart.tables["tests"]
    row = one.row(one.find("hansen_levels"))
    gap = one.row(one.find("hansen"))["test_statistic"]
    gap -= two.row(two.find("hansen"))["test_statistic"]
    assert row["test_statistic"] == pytest.approx(gap)
    assert row["degrees"] == 2


def refused(panel, **options):
    with pytest.raises(ZhihengError) as caught:
        gmm(panel, **options)
    assert caught.value.evidence
    return caught.value


def test_more_instruments_than_entities_are_refused_and_collapse_is_offered():
    options = OPTIONS["states"] | {"collapse": False, "gmm_lags": [2]}
    error = refused(states_panel(), **options)
    assert error.code == "M718"
    assert "collapse" in error.fix.en
    assert error.evidence[0]["instruments"] > error.evidence[0]["entities"]
    result = gmm(states_panel(), **options, steps="one")
    assert result.blocked
    assert any(note.code == "M719" for note in result.notes)


@pytest.mark.parametrize(
    "options",
    [
        {"lags": 0},
        {"gmm_lags": [1, 3]},
        {"gmm_lags": [4, 2]},
        {"gmm_lags": []},
        {"endogenous": ["gdp"]},
        {"endogenous": ["lpc"], "predetermined": ["lpc"]},
        {"regressor_lags": {"lemp": -1}},
        {"regressors": ["y"], "endogenous": []},
        {"level": 1.5},
    ],
)
def test_options_at_odds_are_refused(options):
    assert refused(states_panel(), **(OPTIONS["states"] | options)).code == "M717"


def test_short_or_broken_panels_are_refused():
    panel = states_panel()
    short = panel.select(periods=panel.periods[:2])
    assert refused(short, **OPTIONS["states"]).code == "M716"
    assert refused(panel.select(periods=panel.periods[:1]), **OPTIONS["states"]).code == "M716"
    broken = panel.select(periods=panel.periods[:5] + panel.periods[6:])
    assert refused(broken, **OPTIONS["states"]).code == "M716"
    few = panel.select(entities=panel.entities[:9])
    assert refused(few, **OPTIONS["states"]).code == "M716"


def test_what_does_not_vary_or_is_tied_is_named():
    panel = states_panel()
    flat = np.broadcast_to(np.arange(48.0)[:, None], (48, 17))
    arrays = {s: panel.array(s) for s in panel.series}
    more = arrays | {"coast": flat, "sum": arrays["lpc"] + arrays["lemp"]}
    wide = Panel.of(more, entities=panel.entities, periods=panel.periods, units={})
    for added, named in (("coast", {"coast"}), ("sum", {"lpc", "lemp", "sum"})):
        error = refused(wide, **(OPTIONS["states"] | {"regressors": ["lpc", "lemp", added]}))
        assert error.code == "M720"
        assert {row["term"] for row in error.evidence} == named


def test_too_few_instruments_are_refused():
    error = refused(
        states_panel(), outcome="y", regressors=["lpc"], endogenous=["lpc"], gmm_lags=[17],
        collapse=True,
    )  # fmt: skip
    assert error.code == "M721"


def test_correlated_errors_block_the_result(employment):
    result = gmm(
        employment, outcome="n", regressors=["w", "k"], gmm_lags=[2], gaps="drop", effects="twoway"
    )
    tests = result.tables["tests"]
    p = tests.row(tests.find("ar2"))["p_value"]
    assert (p < 0.05) == any(n.code == "M722" and n.level == "blocks" for n in result.notes)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_can_be_drawn(lang, root):
    theme = tomllib.loads((root / "src/zhiheng/catalog/data/theme.toml").read_text("utf-8"))
    result = run(states_panel(), "states_system/two")
    for figure in result.figures:
        assert build(figure, result.tables, lang=lang, width=640, theme=theme)
