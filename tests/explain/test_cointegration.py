"""Cointegration tests against two other programs, on planted relations, and what they refuse."""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.catalog.cointegration import cointegration_moments
from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures.build import build
from zhiheng.core.panel import Panel
from zhiheng.explain.cointegration import cointegration
from zhiheng.kernels.cointegration import Settings
from zhiheng.kernels.cointegration_draws import statistics

REFERENCE = Path(__file__).parents[1] / "reference" / "cointegration"
# Two programs, both in double precision, on the same equations.
PROGRAM = 1e-9
# The Bartlett window of the stored answers.
WINDOW = 3
OURS = {
    "kao/modified_df": "kao_rho_star",
    "kao/df": "kao_t_star",
    "kao/adf": "kao_adf",
    "kao/unadjusted_modified_df": "kao_rho",
    "kao/unadjusted_df": "kao_t",
    "panel/modified_pp": "group_rho",
    "panel/pp": "group_t",
    "panel/adf": "group_adf",
    "same/modified_variance_ratio": "panel_v",
    "same/modified_pp": "panel_rho",
    "same/pp": "panel_t",
    "same/adf": "panel_adf",
}
FAMILY = {"kao": "kao", "panel": "pedroni", "same": "pedroni"}


def made_panel():
    data = pd.read_csv(REFERENCE / "input.csv")
    return Panel.from_frame(data, entity="entity", period="period")


def stored():
    cases = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]][row["name"]] = (float(row["value"]), float(row["p"]))
    return cases


@pytest.mark.parametrize("case", stored())
def test_sixteen_statistics_equal_two_other_programs(case):
    regressors, trend, lags = case.split("/")
    k, panel = int(regressors), made_panel()
    z = np.stack([panel.array(name) for name in ("y", "x1", "x2")[: k + 1]], axis=-1)
    n, how = len(z), Settings(trend, int(lags), WINDOW)
    for name, (value, _) in stored()[case].items():
        family = FAMILY.get(name.split("/")[0], "westerlund")
        test = OURS.get(name, name)
        found = float(statistics(z[None], how, [family])[test][0])
        if family == "pedroni":  # the other program gives standardised values
            mean, variance = cointegration_moments(test, trend=trend, regressors=k)
            found = (found - np.sqrt(n) * mean) / np.sqrt(variance)
        assert found == pytest.approx(value, rel=PROGRAM), name


@pytest.mark.parametrize("trend", ["constant", "trend"])
def test_published_p_values_equal_the_other_programs(trend):
    # with 30 periods Newey and West's rule gives the window of the stored answers
    panel = made_panel()
    assert int(4 * (len(panel.periods) / 100) ** (2 / 9)) == WINDOW
    result = cointegration(
        panel, outcome="y", regressors=["x1", "x2"], trend=trend, lags=1, draws=99
    )
    table = result.tables["tests"]
    for name, (_, p) in stored()[f"2/{trend}/1"].items():
        row = table.row(table.find(OURS.get(name, name)))
        # normal distributions of three programs; values of 1e-12 and smaller are tails
        assert row["p_value"] == pytest.approx(p, rel=1e-6, abs=1e-12), name


def drawn_panel(root, *, growth=0.0, periods=20, entities=14):
    rng = np.random.default_rng(3)
    x = np.cumsum(rng.standard_normal((entities, periods)), axis=1)
    error = np.zeros((entities, periods + 50))
    shock = rng.standard_normal(error.shape)
    for t in range(1, periods + 50):
        error[:, t] = root * error[:, t - 1] + shock[:, t]
    rows = [
        (f"e{i:02d}", 2000 + t, x[i, t] + error[i, 50 + t] + growth * t, x[i, t])
        for i in range(entities)
        for t in range(periods)
    ]
    data = pd.DataFrame(rows, columns=["entity", "period", "y", "x"])
    return Panel.from_frame(data, entity="entity", period="period")


def test_a_planted_relation_is_found_and_its_absence_is_not():
    found = cointegration(drawn_panel(0.2), outcome="y", regressors=["x"], draws=199)
    assert (found.tables["tests"].columns["p_simulated"] < 0.02).sum() >= 14
    none = cointegration(drawn_panel(1.0), outcome="y", regressors=["x"], draws=199)
    assert (none.tables["tests"].columns["p_simulated"] > 0.05).sum() >= 14


def test_dependence_says_which_p_to_read():
    apart = cointegration(drawn_panel(1.0), outcome="y", regressors=["x"], draws=99)
    assert any("p_simulated can be read" in n.text.en for n in apart.notes)
    tied = cointegration(made_panel(), outcome="y", regressors=["x1"], draws=99)
    assert any("Read p_bootstrap" in n.text.en and n.level == "caution" for n in tied.notes)


def codes(result):
    return {note.code for note in result.notes if note.code}


def test_stationary_levels_are_a_finding_and_no_error():
    rng = np.random.default_rng(2)
    rows = [(f"e{i}", t, *rng.normal(size=2)) for i in range(12) for t in range(2000, 2020)]
    data = pd.DataFrame(rows, columns=["entity", "period", "y", "x"])
    panel = Panel.from_frame(data, entity="entity", period="period")
    result = cointegration(panel, outcome="y", regressors=["x"], draws=99)
    assert "M913" in codes(result)
    assert "M913" not in codes(
        cointegration(drawn_panel(1.0), outcome="y", regressors=["x"], draws=199)
    )


def test_series_that_grow_want_a_trend():
    options = {"outcome": "y", "regressors": ["x"], "draws": 99}
    assert "M915" not in codes(cointegration(drawn_panel(1.0), **options))
    grown = drawn_panel(1.0, growth=2.0)
    assert "M915" in codes(cointegration(grown, **options))
    assert "M915" not in codes(cointegration(grown, **options, trend="trend"))


def test_a_family_that_is_too_demanding_is_left_out_and_named():
    panel = made_panel()
    short = panel.select(periods=panel.periods[:8])
    result = cointegration(short, outcome="y", regressors=["x1", "x2"], draws=99)
    assert set(result.tables["tests"].columns["family"]) == {"kao", "pedroni"}
    assert "M914" in codes(result)
    with_trend = cointegration(panel, outcome="y", regressors=["x1"], trend="trend", draws=99)
    assert set(with_trend.tables["tests"].columns["family"]) == {"pedroni", "westerlund"}
    assert "M914" in codes(with_trend)


def test_eleven_periods_are_called_short():
    panel = made_panel()
    short = panel.select(periods=panel.periods[:11])
    result = cointegration(short, outcome="y", regressors=["x1"], draws=99)
    assert any("With 11 periods it is wrong" in n.text.en for n in result.notes)
    assert (result.tables["tests"].columns["power"] >= 0).all()


def test_the_figure_can_be_drawn(root):
    theme = tomllib.loads((root / "src/zhiheng/catalog/data/theme.toml").read_text("utf-8"))
    result = cointegration(made_panel(), outcome="y", regressors=["x1"], draws=99)
    for figure in result.figures:
        for lang in ("zh", "en"):
            assert build(figure, result.tables, lang=lang, width=640, theme=theme)


def refused(panel, **options):
    with pytest.raises(ZhihengError) as caught:
        cointegration(panel, **{"outcome": "y", "regressors": ["x1"], **options})
    assert caught.value.evidence
    assert caught.value.fix.zh
    return caught.value


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": ""},
        {"regressors": []},
        {"regressors": ["y"]},
        {"regressors": ["x1", "x1"]},
        {"tests": ["johansen"]},
        {"tests": []},
        {"lags": -1},
        {"lags": 9},
        {"root": 1.0},
        {"level": 0.0},
        {"draws": 10},
    ],
)
def test_options_at_odds_are_refused(options):
    assert refused(made_panel(), **options).code == "M911"


def test_few_entities_short_and_uneven_panels_are_refused_with_what_remains():
    panel = made_panel()
    few = refused(panel.select(entities=panel.entities[:9]))
    assert few.code == "M910"
    assert "panel_tests" in few.fix.en
    short = refused(panel.select(periods=panel.periods[:5]))
    assert short.code == "M910"
    assert {row.get("periods_needed") for row in short.evidence} >= {6, 7}
    assert refused(panel.select(periods=panel.periods[:1])).code == "M910"
    uneven = panel.select(periods=panel.periods[:10] + panel.periods[11:])
    assert refused(uneven).code == "M910"
    assert refused(panel, tests=["kao"], trend="trend").code == "M910"
    assert refused(panel.select(periods=panel.periods[:20]), lags=8).code == "M910"


def test_gaps_are_refused():
    data = pd.read_csv(REFERENCE / "input.csv")
    data.loc[4, "x1"] = np.nan
    assert refused(Panel.from_frame(data, entity="entity", period="period")).code == "M704"


@pytest.mark.parametrize("kind", ["flat", "line", "tied"])
def test_series_that_do_not_move_are_refused(kind):
    data = pd.read_csv(REFERENCE / "input.csv")
    one = data["entity"] == "r03"
    data.loc[one, "x1"] = {
        "flat": 1.0, "line": 3.0 * data["period"], "tied": 2 * data["y"] + 1,
    }[kind]  # fmt: skip
    found = refused(Panel.from_frame(data, entity="entity", period="period"))
    assert found.code == "M912"
    assert found.evidence[0]["entity"] == "r03"
