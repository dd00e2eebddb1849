"""The regression method against other programs, its laws, and what it refuses."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.panel_ols import panel_ols

REFERENCE = Path(__file__).parents[1] / "reference" / "panel_ols"

# Two programs, both in double precision, on the same equations.
PROGRAM = 1e-9
# clubSandwich takes matrix roots of the full dummy design, which costs two digits more.
ROOTS = 1e-8
# The table of cases prints some of its values with eight significant digits.
PRINTED = 5e-8


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]  # the tenfold table of plm has no eleventh firm
    data = data.assign(year=data.year.astype(int)).rename(columns={"invest": "y"})
    return Panel.from_frame(data, entity="firm", period="year")


def produc_panel():
    data = munnell.load()
    logs = {"y": "GSP", "lpcap": "P_CAP", "lpc": "PC", "lemp": "EMP"}
    made = data[["ST_ABB", "YR"]].assign(unemp=data.UNEMP.astype(float))
    for name, source in logs.items():
        made[name] = np.log(data[source].astype(float))
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


PANELS = {"grunfeld": grunfeld_panel, "produc": produc_panel}
TERMS = {"grunfeld": ["value", "capital"], "produc": ["lpcap", "lpc", "lemp", "unemp"]}
OPTIONS = {
    "trends": {"effects": "twoway", "trends": True},
    "twoway_lm": {"effects": "twoway"},
    "difference": {"effects": "twoway", "transform": "first_difference"},
    "difference_trends": {
        "effects": "twoway",
        "transform": "first_difference",
        "trends": True,
    },
}


def thinned(panel):
    """The rows that make.R leaves out of its unbalanced cases."""
    i = np.arange(1, len(panel.entities) + 1)[:, None]
    t = np.arange(len(panel.periods))[None, :]
    values = {s: panel.array(s).copy() for s in panel.series}
    for array in values.values():
        array[(7 * i + 3 * t) % 11 == 0] = np.nan
    return Panel.of(values, entities=panel.entities, periods=panel.periods, units=panel.units)


def run(case, **more):
    name, effects, rows = case.split("/")
    panel = PANELS[name]()
    if rows == "thin":
        panel = thinned(panel)
    options = OPTIONS.get(effects, {"effects": effects}) | {"gaps": "drop", "draws": 0} | more
    return panel_ols(panel, outcome="y", regressors=TERMS[name], **options)


def stored(file):
    cases = defaultdict(list)
    with (REFERENCE / file).open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]].append(row)
    return cases


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


@pytest.mark.parametrize("case", stored("expected.csv"))
def test_estimates_and_errors_equal_r(case):
    rows = stored("expected.csv")[case]
    for kind in ("none", "sss", "cr1", "areg"):
        if rows[0][f"se_{kind}"]:
            table = run(case, small_sample=kind, influence=False).tables["coefficients"].columns
            np.testing.assert_allclose(table["std_error"], column(rows, f"se_{kind}"), rtol=PROGRAM)
    found = run(case, influence=False)
    table = found.tables["coefficients"].columns
    assert found.tables["fit"].columns["n"][0] == int(rows[0]["n"])
    np.testing.assert_allclose(table["estimate"], column(rows, "estimate"), rtol=PROGRAM)
    np.testing.assert_allclose(table["std_error_cr2"], column(rows, "se_cr2"), rtol=ROOTS)
    np.testing.assert_allclose(table["df_few"], column(rows, "df_few"), rtol=ROOTS)
    np.testing.assert_allclose(table["p_few"], column(rows, "p_few"), rtol=ROOTS)


@pytest.mark.parametrize("case", stored("expected_pyfixest.csv"))
def test_errors_equal_pyfixest_and_p_values_wildboottest(case):
    rows = stored("expected_pyfixest.csv")[case]
    table = run(case, draws=9999).tables["coefficients"].columns
    np.testing.assert_allclose(table["estimate"], column(rows, "estimate"), rtol=PROGRAM)
    np.testing.assert_allclose(table["std_error"], column(rows, "se_stata"), rtol=PROGRAM)
    np.testing.assert_allclose(table["p_value"], column(rows, "p_value"), rtol=ROOTS)
    # Of 1,024 patterns, those as far out as the data's own tie with it: one pair may be counted
    # differently, as wildboottest asks for "greater" and rounding decides.
    np.testing.assert_allclose(table["p_wild"], column(rows, "p_wild"), atol=2 / 1024)


def test_published_cases_v01_to_v03(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    first, second, third = (cases[i]["expected"] for i in ("V01", "V02", "V03"))
    one, two = run("grunfeld/entity/full"), run("grunfeld/twoway/full")
    for result, name in ((one, "FE"), (two, "twoways")):
        expected = [first[name][t][0] for t in TERMS["grunfeld"]]
        found = result.tables["coefficients"].columns["estimate"]
        np.testing.assert_allclose(found, expected, rtol=PRINTED)
    plain = run("grunfeld/entity/full", small_sample="none").tables["coefficients"].columns
    expected = second["cluster(firm) plm Arellano HC0"]
    np.testing.assert_allclose(plain["std_error"], expected, rtol=PRINTED)
    for effects, name in (("entity", "FE_ind"), ("twoway", "FE_tw")):
        found = run(f"produc/{effects}/full").tables["coefficients"].columns["estimate"]
        expected = [third[name][t] for t in TERMS["produc"]]
        np.testing.assert_allclose(found, expected, rtol=PRINTED)


@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("rows", ["full", "thin"])
def test_estimates_equal_linearmodels_live(effects, rows):
    from linearmodels.panel import PanelOLS

    panel = produc_panel()
    frame = (panel if rows == "full" else thinned(panel)).frame().dropna()
    frame = frame.set_index(["entity", "period"])
    model = PanelOLS(
        frame.y, frame[TERMS["produc"]], entity_effects=True, time_effects=effects == "twoway"
    )
    # Left alone it multiplies by N/(N - absorbed effects), but only with two effects.
    options = {"debiased": False, "auto_df": False, "count_effects": False}
    fit = model.fit(cov_type="clustered", cluster_entity=True, **options)
    found = run(f"produc/{effects}/{rows}", small_sample="none").tables["coefficients"].columns
    np.testing.assert_allclose(found["estimate"], fit.params, rtol=PROGRAM)
    np.testing.assert_allclose(found["std_error"], fit.std_errors, rtol=ROOTS)


@pytest.mark.filterwarnings("ignore")  # pyfixest 0.60.0 uses what pandas 3 deprecates
def test_errors_equal_pyfixest_live():
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is not installed")
    frame = produc_panel().frame()
    # The entity effect stands last: with "entity + period" pyfixest 0.60.0 does not count the
    # period effects as parameters.
    fit = pyfixest.feols(
        "y ~ lpcap + lpc + lemp + unemp | period + entity", frame, vcov={"CRV1": "entity"}
    )
    found = run("produc/twoway/full").tables["coefficients"].columns
    np.testing.assert_allclose(found["estimate"], fit.coef(), rtol=1e-7)
    np.testing.assert_allclose(found["std_error"], fit.se(), rtol=1e-7)


def test_intervals_p_values_and_standard_errors_tell_one_story():
    result = run("produc/twoway/full", level=0.1)
    c = result.tables["coefficients"].columns
    np.testing.assert_allclose(c["statistic"], c["estimate"] / c["std_error"])
    outside = (c["ci_low"] > 0) | (c["ci_high"] < 0)
    assert (outside == (c["p_value"] < 0.1)).all()
    assert result.tables["fit"].columns["df"][0] == 47
    assert all(check.passed for check in result.checks)


def test_influence_is_of_the_first_regressor_and_sums_to_one():
    table = run("grunfeld/twoway/full").tables["influence"]
    assert table.columns["share"].sum() == pytest.approx(1.0)
    without = [f for f in grunfeld_panel().entities if f != "General Motors"]
    panel = grunfeld_panel().select(entities=without)
    with pytest.raises(ZhihengError, match="M701"):  # nine are left, and nine are too few
        panel_ols(panel, outcome="y", regressors=TERMS["grunfeld"])
    row = table.row(table.find("General Motors"))
    assert row["share"] > 0.5
    assert (
        abs(row["estimate"])
        < 0.6 * run("grunfeld/twoway/full").tables["coefficients"].row(0)["estimate"]
    )


def test_row_order_does_not_matter():
    panel = produc_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    one = panel_ols(panel, outcome="y", regressors=TERMS["produc"], seed=3)
    two = panel_ols(mixed, outcome="y", regressors=TERMS["produc"], seed=3)
    for name in ("estimate", "std_error", "std_error_cr2", "df_few", "p_wild", "mde"):
        a, b = (r.tables["coefficients"].columns[name] for r in (one, two))
        np.testing.assert_allclose(a, b, rtol=ROOTS)
    forth = one.tables["influence"].columns["estimate"]
    back = two.tables["influence"].columns["estimate"][::-1]
    np.testing.assert_allclose(forth, back, rtol=1e-7)


def test_the_same_seed_gives_the_same_bytes():
    one, two = run("produc/twoway/full", draws=499), run("produc/twoway/full", draws=499)
    for name, table in one.tables.items():
        for key, values in table.columns.items():
            other = two.tables[name].columns[key]
            assert values.tolist() == other.tolist()
    assert one.params["seed"] == 1
    assert one.params["draws"] == 499


def test_expressions_are_regressors_too():
    result = panel_ols(
        produc_panel(), outcome="y", regressors=["lpcap", "exp(lemp)"], draws=0, influence=False
    )
    assert result.tables["coefficients"].columns["term"].tolist() == ["lpcap", "exp(lemp)"]
    assert result.series == ("lemp", "lpcap", "y")


def test_gaps_are_named_and_dropped_only_when_asked():
    panel = thinned(grunfeld_panel())
    with pytest.raises(ZhihengError) as caught:
        panel_ols(panel, outcome="y", regressors=["value"])
    assert caught.value.code == "M704"
    assert len(caught.value.evidence) == 2 * 18
    result = panel_ols(panel, outcome="y", regressors=["value"], gaps="drop", draws=0)
    assert result.tables["fit"].columns["rows_dropped"][0] == 18
    assert len(result.tables["dropped"]) == 18
    assert any(note.level == "caution" for note in result.notes)


def test_an_entity_with_one_row_is_no_cluster():
    panel = grunfeld_panel()
    values = {s: panel.array(s).copy() for s in panel.series}
    extra = {s: np.vstack([v, np.full((1, 20), np.nan)]) for s, v in values.items()}
    for array in extra.values():
        array[-1, 4] = 7.0
    more = Panel.of(extra, entities=(*panel.entities, "new"), periods=panel.periods, units={})
    result = panel_ols(more, outcome="y", regressors=["value"], gaps="drop", draws=0)
    assert result.tables["fit"].columns["entities"][0] == 10
    assert ("new", 1939) in [result.tables["dropped"].key(i) for i in range(20)]


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M702", {"regressors": ["value", "abs(-7) * 1"]}),
        ("M703", {"regressors": ["value", "2 * value"]}),
        ("M706", {"regressors": []}),
        ("M706", {"regressors": ["value", "value"]}),
        ("M706", {"regressors": ["y"]}),
        ("M706", {"regressors": ["value"], "effects": "period", "trends": True}),
        ("M706", {"regressors": ["value"], "level": 1.5}),
        ("M706", {"regressors": ["value"], "draws": -1}),
        ("M708", {"regressors": ["3 * y"]}),
        ("M604", {"regressors": ["value"], "effects": "both"}),
        ("X304", {"regressors": ["valeu"]}),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        panel_ols(grunfeld_panel(), outcome="y", **options)
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en


def test_a_flat_outcome_and_too_short_a_panel_are_refused():
    panel = grunfeld_panel()
    with pytest.raises(ZhihengError, match="M707"):
        panel_ols(panel, outcome="abs(-2) * 1", regressors=["value"])
    short = panel.select(periods=[1935])
    with pytest.raises(ZhihengError, match="M705"):
        panel_ols(short, outcome="y", regressors=["value"])


def test_every_figure_says_how_to_read_it_in_both_languages():
    result = run("grunfeld/twoway/full")
    assert [figure.kind for figure in result.figures] == ["interval", "bar"]
    for figure in result.figures:
        assert figure.table in result.tables
        assert figure.title.zh != figure.title.en
        assert figure.reading.zh != figure.reading.en
