"""Covariances, between and random effects of the regression method, against other programs."""

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
# plm's random effects pass through a quasi-demeaning of their own; the contrast of two
# covariances in Hausman's statistic cancels leading digits.
CONTRAST = 1e-8
# linearmodels' two-step estimate and matrix roots in clubSandwich cost digits.
ROOTS = 1e-7
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
KINDS = {
    "classical": {"covariance": "classical"},
    "hc0": {"covariance": "hc0"},
    "entity": {"small_sample": "none"},
    "period": {"small_sample": "none", "cluster": "period"},
    "two_way": {"small_sample": "none", "cluster": "two_way"},
    "driscoll_kraay": {"covariance": "driscoll_kraay", "lag": 2, "factor": "plm"},
    "newey_west": {"covariance": "newey_west", "lag": 2, "factor": "plm"},
}


def thinned(panel):
    """The rows that the makers leave out of their unbalanced cases."""
    i = np.arange(1, len(panel.entities) + 1)[:, None]
    t = np.arange(len(panel.periods))[None, :]
    values = {s: panel.array(s).copy() for s in panel.series}
    for array in values.values():
        array[(7 * i + 3 * t) % 11 == 0] = np.nan
    return Panel.of(values, entities=panel.entities, periods=panel.periods, units=panel.units)


def run(case, **options):
    name, effects, rows = case.split("/")
    panel = PANELS[name]()
    if rows == "thin":
        panel = thinned(panel)
    given = {"gaps": "drop", "draws": 0, "influence": False, "effects": effects} | options
    return panel_ols(panel, outcome="y", regressors=TERMS[name], **given)


def errors_of(case, **options):
    return run(case, **options).tables["coefficients"].columns["std_error"]


def stored(file):
    cases = defaultdict(list)
    with (REFERENCE / file).open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]].append(row)
    return cases


def ordered(rows, column, terms):
    """A column of R's output in our order; R's constant comes first."""
    of = {row["term"].replace("(Intercept)", "const"): row[column] for row in rows}
    return np.array([float(of[term] or "nan") for term in terms])


@pytest.mark.parametrize("case", stored("expected_errors.csv"))
def test_estimates_and_every_kind_of_error_equal_plm(case):
    rows = stored("expected_errors.csv")[case]
    table = run(case).tables["coefficients"].columns
    terms = list(table["term"])
    np.testing.assert_allclose(table["estimate"], ordered(rows, "estimate", terms), rtol=PROGRAM)
    compared = 0
    for column, options in KINDS.items():
        expected = ordered(rows, column, terms)
        if np.isfinite(expected).all():
            np.testing.assert_allclose(errors_of(case, **options), expected, rtol=PROGRAM)
            compared += 1
    assert compared >= (1 if "between" in case else 6)
    if "random" in case:
        np.testing.assert_allclose(
            table["std_error_cr2"], ordered(rows, "se_cr2", terms), rtol=ROOTS
        )
        np.testing.assert_allclose(table["df_few"], ordered(rows, "df_cr2", terms), rtol=ROOTS)


@pytest.mark.parametrize("data", ["grunfeld", "produc"])
def test_variance_components_and_hausman_tests_equal_plm(data):
    with (REFERENCE / "expected_hausman.csv").open() as lines:
        row = {r["data"]: r for r in csv.DictReader(lines)}[data]
    result = run(f"{data}/random/full", small_sample="none")
    parts = result.tables["components"].row(0)
    assert parts["sigma_error"] ** 2 == pytest.approx(float(row["sigma2_error"]), rel=PROGRAM)
    assert parts["sigma_entity"] ** 2 == pytest.approx(float(row["sigma2_entity"]), rel=PROGRAM)
    for name in ("theta_random", "theta_min", "theta_max"):
        assert parts[name] == pytest.approx(float(row["theta"]), rel=PROGRAM)
    tests = result.tables["hausman"]
    for name in ("hausman", "mundlak"):
        found = tests.row(tests.find(name))
        assert found["test_statistic"] == pytest.approx(float(row[name]), rel=CONTRAST)
        assert found["p_value"] == pytest.approx(float(row[f"{name}_p"]), rel=1e-6)
        assert found["df"] == int(row["df"])


@pytest.mark.parametrize("case", stored("expected_errors_pyfixest.csv"))
def test_errors_equal_pyfixest(case):
    rows = stored("expected_errors_pyfixest.csv")[case]
    options = {
        "driscoll_kraay": {"covariance": "driscoll_kraay", "lag": 2, "factor": "fixest"},
        "two_way": {"cluster": "two_way"},
        "period": {"cluster": "period"},
    }
    for column, given in options.items():
        expected = ordered(rows, column, TERMS["grunfeld"])
        np.testing.assert_allclose(errors_of(case, **given), expected, rtol=PROGRAM)


def test_published_cases_v01_to_v03_in_every_convention(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    first, second, third = (cases[i]["expected"] for i in ("V01", "V02", "V03"))
    for effects, name in (("entity", "FE"), ("twoway", "twoways")):
        found = errors_of(f"grunfeld/{effects}/full", covariance="classical")
        expected = [first[name][t][1] for t in TERMS["grunfeld"]]
        np.testing.assert_allclose(found, expected, rtol=PRINTED)
    random = run("grunfeld/random/full")
    expected = [first["RE"][t] for t in (*TERMS["grunfeld"], "const")]
    np.testing.assert_allclose(
        random.tables["coefficients"].columns["estimate"], expected, rtol=PRINTED
    )
    classic = random.tables["hausman"].row(0)
    np.testing.assert_allclose(
        [classic["test_statistic"], classic["p_value"]], first["Hausman_chi2_df2_p"], rtol=2e-7
    )
    kernel = {"covariance": "driscoll_kraay", "lag": 2}
    for effects, factor, name in (
        ("entity", "plm", "plm_vcovSCC_HC0"),
        ("entity", "linearmodels", "linearmodels_kernel_bw2_debiased"),
        ("entity", "fixest", "pyfixest_DK_lag2 (fixest ssc)"),
        ("twoway", "plm", "two-way FE plm"),
        ("twoway", "linearmodels", "two-way linearmodels"),
    ):
        found = errors_of(f"grunfeld/{effects}/full", factor=factor, **kernel)
        np.testing.assert_allclose(found, second[name], rtol=5e-7)  # seven digits are printed
    found = errors_of("produc/twoway/full", factor="plm", **kernel)
    np.testing.assert_allclose(found, third["FE_tw_DK2_se"], rtol=PRINTED)


@pytest.mark.parametrize("rows", ["full", "thin"])
@pytest.mark.parametrize("data", ["grunfeld", "produc"])
def test_random_effects_equal_linearmodels_live(data, rows):
    from linearmodels.panel import RandomEffects

    panel = PANELS[data]()
    frame = (panel if rows == "full" else thinned(panel)).frame().dropna()
    frame = frame.set_index(["entity", "period"]).assign(const=1.0)
    model = RandomEffects(frame.y, frame[[*TERMS[data], "const"]])
    case = f"{data}/random/{rows}"
    found = run(case, covariance="classical").tables["coefficients"].columns
    fit = model.fit(cov_type="unadjusted")
    np.testing.assert_allclose(found["estimate"], fit.params, rtol=ROOTS)
    np.testing.assert_allclose(found["std_error"], fit.std_errors, rtol=ROOTS)
    fit = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    np.testing.assert_allclose(errors_of(case), fit.std_errors, rtol=ROOTS)


@pytest.mark.parametrize("rows", ["full", "thin"])
@pytest.mark.parametrize("effects", ["entity", "twoway"])
def test_driscoll_kraay_and_hc1_equal_linearmodels_live(effects, rows):
    from linearmodels.panel import PanelOLS

    panel = produc_panel()
    frame = (panel if rows == "full" else thinned(panel)).frame().dropna()
    frame = frame.set_index(["entity", "period"])
    model = PanelOLS(
        frame.y, frame[TERMS["produc"]], entity_effects=True, time_effects=effects == "twoway"
    )
    case = f"produc/{effects}/{rows}"
    fit = model.fit(cov_type="kernel", bandwidth=3)
    found = errors_of(case, covariance="driscoll_kraay", lag=3, factor="linearmodels")
    np.testing.assert_allclose(found, fit.std_errors, rtol=ROOTS)
    fit = model.fit(cov_type="robust")
    np.testing.assert_allclose(errors_of(case, covariance="hc1"), fit.std_errors, rtol=ROOTS)


def test_a_lag_is_a_distance_in_time_and_not_in_rows():
    panel = produc_panel()
    without = panel.select(periods=[p for p in panel.periods if p != 1978])
    values = {s: panel.array(s).copy() for s in panel.series}
    for array in values.values():
        array[:, panel.periods.index(1978)] = np.nan
    holed = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    for covariance in ("driscoll_kraay", "newey_west"):
        options = {"outcome": "y", "regressors": ["lpc"], "covariance": covariance, "draws": 0}
        one = panel_ols(without, lag=2, factor="plm", **options)
        two = panel_ols(holed, lag=2, factor="plm", gaps="drop", **options)
        np.testing.assert_allclose(
            one.tables["coefficients"].columns["std_error"],
            two.tables["coefficients"].columns["std_error"],
            rtol=PROGRAM,
        )


def test_driscoll_kraay_in_a_short_panel_carries_a_caution_and_a_few_cluster_p():
    result = run("grunfeld/twoway/full", covariance="driscoll_kraay")
    assert [note.code for note in result.notes if note.level == "caution"] == ["M713"]
    assert np.isfinite(result.tables["coefficients"].columns["p_few"]).all()
    assert result.tables["fit"].columns["df"][0] == 19
    rng = np.random.default_rng(4)
    values = {"y": rng.normal(size=(12, 31)), "x": rng.normal(size=(12, 31))}
    long = Panel.of(values, entities=[f"e{i}" for i in range(12)], periods=range(31), units={})
    found = panel_ols(long, outcome="y", regressors=["x"], covariance="driscoll_kraay", draws=0)
    assert all(note.level == "note" for note in found.notes)


def test_a_two_way_covariance_that_is_not_positive_is_repaired_and_said():
    rng = np.random.default_rng(0)
    e, p = 12, 10
    hit = 0
    for _ in range(40):
        x, y = rng.normal(size=(2, e, p))
        y = y - y.mean(axis=0) - y.mean(axis=1, keepdims=True)
        panel = Panel.of(
            {"y": y, "x": x, "z": rng.normal(size=(e, p))},
            entities=[f"e{i}" for i in range(e)],
            periods=range(p),
            units={},
        )
        result = panel_ols(
            panel, outcome="y", regressors=["x", "z"], cluster="two_way", draws=0, influence=False
        )
        hit += any("Cameron" in note.text.en for note in result.notes if note.level == "caution")
    assert 0 < hit < 40


def test_the_between_regression_is_least_squares_of_means():
    panel = thinned(produc_panel())
    found = panel_ols(
        panel, outcome="y", regressors=["lpc", "unemp"], effects="between", gaps="drop", draws=0
    )
    means = [np.nanmean(panel.array(s), axis=1) for s in ("y", "lpc", "unemp")]
    design = np.column_stack([means[1], means[2], np.ones(48)])
    expected = np.linalg.lstsq(design, means[0], rcond=None)[0]
    table = found.tables["coefficients"]
    np.testing.assert_allclose(table.columns["estimate"], expected, rtol=PROGRAM)
    assert list(table.columns["term"]) == ["lpc", "unemp", "const"]
    assert all(check.passed for check in found.checks)


def test_hausman_without_a_distribution_is_said():
    result = run("produc/random/full")  # plm prints 9.53 here without a word
    assert any("Hausman" in n.text.en for n in result.notes if n.level == "caution")
    found = run("grunfeld/random/full")
    assert all(n.level == "note" for n in found.notes)


def test_a_time_invariant_regressor_has_a_random_effect_and_no_part_in_the_test():
    panel = produc_panel()
    size = np.log(1 + np.arange(48.0))[:, None] * np.ones((1, 17))
    panel = panel.with_series("coast", size, unit="1")
    result = panel_ols(panel, outcome="y", regressors=["lpc", "coast"], effects="random", draws=0)
    assert list(result.tables["coefficients"].columns["term"]) == ["lpc", "coast", "const"]
    assert result.tables["hausman"].columns["df"].tolist() == [1, 1]
    with pytest.raises(ZhihengError) as caught:
        panel_ols(panel, outcome="y", regressors=["coast"], effects="random", draws=0)
    assert caught.value.code == "M709"


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M709", {"covariance": "classical", "cluster": "period"}),
        ("M709", {"covariance": "hc1", "lag": 2}),
        ("M709", {"factor": "plm"}),
        ("M709", {"covariance": "driscoll_kraay", "lag": -1}),
        ("M709", {"covariance": "driscoll_kraay", "lag": 20}),
        ("M706", {"effects": "random", "trends": True}),
        ("M709", {"effects": "random", "transform": "first_difference"}),
        ("M709", {"effects": "between", "covariance": "driscoll_kraay"}),
        ("M709", {"effects": "between", "cluster": "two_way"}),
        ("M703", {"effects": "random", "regressors": ["value", "2 * value"]}),
        ("M703", {"effects": "between", "regressors": ["value", "2 * value"]}),
        ("M702", {"effects": "between", "regressors": ["value", "abs(-7) * 1"]}),
        ("M707", {"effects": "random", "outcome": "abs(-7) * 1"}),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(code, options):
    given = {"outcome": "y", "regressors": ["value"]} | options
    with pytest.raises(ZhihengError) as caught:
        panel_ols(grunfeld_panel(), **given)
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en


def test_clustering_by_few_periods_is_refused():
    panel = produc_panel().select(periods=list(range(1970, 1977)))
    for cluster in ("period", "two_way"):
        with pytest.raises(ZhihengError, match="M709"):
            panel_ols(panel, outcome="y", regressors=["lpc"], cluster=cluster)


@pytest.mark.parametrize("effects", ["random", "between"])
def test_row_order_and_units_do_not_matter(effects):
    panel = produc_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    one = panel_ols(panel, outcome="y", regressors=TERMS["produc"], effects=effects, seed=3)
    two = panel_ols(mixed, outcome="y", regressors=TERMS["produc"], effects=effects, seed=3)
    for name, values in one.tables["coefficients"].columns.items():
        if name != "term":
            np.testing.assert_allclose(
                values, two.tables["coefficients"].columns[name], rtol=1e-7, err_msg=name
            )
    scaled = panel_ols(
        panel, outcome="y", regressors=["100 * lpcap", *TERMS["produc"][1:]], effects=effects
    )
    a, b = (r.tables["coefficients"].columns for r in (one, scaled))
    np.testing.assert_allclose(a["estimate"][0], 100 * b["estimate"][0], rtol=1e-7)
    np.testing.assert_allclose(a["statistic"], b["statistic"], rtol=1e-6)
