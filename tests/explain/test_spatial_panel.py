"""Spatial panel models against other programs, and what they refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell

from zhiheng.catalog.embedded import dataset
from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_matrix, from_pairs
from zhiheng.core.panel import Panel
from zhiheng.explain.spatial_panel import spatial_panel
from zhiheng.kernels.links import Links
from zhiheng.kernels.spatial_ml import frame, linear_model
from zhiheng.kernels.spatial_spectrum import log_determinant, spectrum

REFERENCE = Path(__file__).parents[1] / "reference" / "spatial_panel"
EXPECTED = json.loads((REFERENCE / "expected.json").read_text("utf-8"))

# spatialreg stops its search at 1e-12 in the objective, which leaves rho seven digits or so, and
# everything else follows rho.
SEARCH = 5e-7
# spatialreg takes rho's variance from a trace and the same rho.
ERRORS = 1e-6
# The same search on 384 rows of block weights, flatter by its dummy variables.
BLOCKS = 5e-5
# The table of cases prints values of splm, whose search has its own tolerance.
PRINTED = 5e-8


def columbus():
    data = pd.read_csv(REFERENCE / "columbus.csv").assign(year=1980)
    data["id"] = data["id"].astype(str)
    return Panel.from_frame(data, entity="id", period="year")


def pairs(name, *, directed=False, standardisation="row"):
    with (REFERENCE / name).open() as lines:
        found = sorted((row["a"], row["b"]) for row in csv.DictReader(lines))
    return from_pairs(found, directed=directed, standardisation=standardisation, name=name)


def states():
    data = munnell.load()
    data = data[data.YR >= 1979]
    made = data[["ST_ABB", "YR"]].assign(
        y=np.log(data.GSP), emp=np.log(data.EMP), pc=np.log(data.PC)
    )
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def column(result, table, name):
    return np.asarray(result.tables[table].columns[name])


def effects(result, kind):
    table = result.tables["effects"].columns
    return np.asarray(table["estimate"])[np.asarray(table["effect_kind"]) == kind]


WEIGHTS = {
    "columbus": lambda: pairs("pairs.csv"),
    "nearest": lambda: pairs("nearest.csv", directed=True),
}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("model", ["sar", "sdm", "sem"])
def test_a_cross_section_equals_spatialreg(weights, model):
    expected = EXPECTED[weights][model]
    result = spatial_panel(
        columbus(),
        outcome="crime",
        regressors=["income", "home"],
        spatial=WEIGHTS[weights](),
        model=model,
        effects="none",
    )
    estimate = column(result, "coefficients", "estimate")
    np.testing.assert_allclose(estimate[0], expected["rho"], rtol=SEARCH)
    np.testing.assert_allclose(estimate[1:], expected["beta"], rtol=10 * SEARCH)
    error = column(result, "coefficients", "std_error_ml")
    np.testing.assert_allclose(error[0], expected["rho_se"], rtol=ERRORS)
    np.testing.assert_allclose(error[1:], expected["beta_se"], rtol=ERRORS)
    assert column(result, "fit", "loglik")[0] == pytest.approx(expected["loglik"], rel=1e-10)
    assert column(result, "fit", "sigma2")[0] == pytest.approx(expected["sigma2"], rel=ERRORS)
    if model != "sem":
        for kind in ("direct", "indirect", "total"):
            np.testing.assert_allclose(effects(result, kind), expected[kind], rtol=10 * SEARCH)
    tests = dict(
        zip(result.tables["tests"].columns["test"], column(result, "tests", "test_statistic"),
            strict=True)
    )  # fmt: skip
    for name, value in EXPECTED[weights]["lm"].items():
        assert tests[name] == pytest.approx(value, rel=1e-9)


def test_symmetric_weights_that_are_not_standardised_equal_spatialreg_and_the_full_matrix():
    # a tenth of the binary weights, declared as weights of 0.1
    binary = pairs("pairs.csv", standardisation="none")
    tenth = from_matrix(binary.matrix / 10, binary.labels, standardisation="none")
    result = spatial_panel(
        columbus(), outcome="crime", regressors=["income", "home"], spatial=tenth,
        model="sar", effects="none",
    )  # fmt: skip
    expected = EXPECTED["binary"]["sar"]
    estimate = column(result, "coefficients", "estimate")
    np.testing.assert_allclose(estimate[0], expected["rho"], rtol=SEARCH)
    np.testing.assert_allclose(effects(result, "direct"), expected["direct"], rtol=10 * SEARCH)
    np.testing.assert_allclose(effects(result, "total"), expected["total"], rtol=10 * SEARCH)


@pytest.mark.parametrize("effect", ["none", "entity", "period", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sdm", "sem"])
def test_a_panel_equals_spatialreg_with_dummy_variables(effect, model):
    expected = EXPECTED[f"states_{effect}"][model]
    result = spatial_panel(
        states(),
        outcome="y",
        regressors=["emp", "pc"],
        spatial=pairs("states.csv", directed=True),
        model=model,
        effects=effect,
        correction="none",
    )
    role = np.asarray(result.tables["coefficients"].columns["role"])
    estimate = column(result, "coefficients", "estimate")
    error = column(result, "coefficients", "std_error_ml")
    slopes = (role == "own") | (role == "neighbours")
    np.testing.assert_allclose(estimate[0], expected["rho"], rtol=BLOCKS)
    np.testing.assert_allclose(error[0], expected["rho_se"], rtol=BLOCKS)
    np.testing.assert_allclose(estimate[slopes], expected["beta"], rtol=BLOCKS)
    np.testing.assert_allclose(error[slopes], expected["beta_se"], rtol=BLOCKS)
    assert column(result, "fit", "loglik")[0] == pytest.approx(expected["loglik"], rel=1e-8)


def produc_of(folder):
    data = pd.read_csv(folder / "Produc.csv")
    logs = {"y": "gsp", "lpcap": "pcap", "lpc": "pc", "lemp": "emp"}
    made = data[["state", "year", "unemp"]].assign(**{k: np.log(data[v]) for k, v in logs.items()})
    weights = pd.read_csv(folder / "usaww.csv", index_col=0)
    return Panel.from_frame(made, entity="state", period="year"), from_matrix(
        weights.to_numpy(), list(weights.index), directed=True
    )


def test_published_case_v04_of_splm(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V04"]["expected"]
    panel, weights = produc_of(shared / "reference" / "data")
    terms = ["lpcap", "lpc", "lemp", "unemp"]

    def run(model, effect):
        return spatial_panel(
            panel, outcome="y", regressors=terms, spatial=weights, model=model, effects=effect,
            correction="none", lag_order="splm",
        )  # fmt: skip

    one, two, error = run("sar", "entity"), run("sar", "twoway"), run("sem", "twoway")
    named = ((one, "SAR_ind", "lambda"), (two, "SAR_tw", "lambda"), (error, "SEM_tw", "rho"))
    for result, name, key in named:
        estimate = column(result, "coefficients", "estimate")
        found = [estimate[0], column(result, "coefficients", "std_error_ml")[0]]
        np.testing.assert_allclose(found, expected[name][key], rtol=PRINTED)
        assert estimate[1 + terms.index("lemp")] == pytest.approx(
            expected[name]["lemp"], rel=PRINTED
        )
        if "logLik" in expected[name]:
            assert column(result, "fit", "loglik")[0] == pytest.approx(
                expected[name]["logLik"], rel=PRINTED
            )
    lm = dict(zip(one.tables["tests"].columns["test"], column(one, "tests", "test_statistic"),
                  strict=True))  # fmt: skip
    names = {"lml": "lm_lag", "lme": "lm_error", "rlml": "lm_lag_robust", "rlme": "lm_error_robust"}
    for theirs, ours in names.items():
        assert lm[ours] == pytest.approx(expected["LM"][theirs], rel=PRINTED)
    for kind in ("direct", "indirect", "total"):
        value = expected["SAR_ind_impacts lemp"][kind]
        assert effects(one, kind)[terms.index("lemp")] == pytest.approx(value, rel=PRINTED)


def test_published_case_v21_of_spatialreg(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V21"]["expected"]
    result = spatial_panel(
        columbus(), outcome="crime", regressors=["income", "home"], spatial=pairs("pairs.csv"),
        effects="none",
    )  # fmt: skip
    estimate = column(result, "coefficients", "estimate")
    assert estimate[0] == pytest.approx(expected["rho"], rel=SEARCH)
    np.testing.assert_allclose(estimate[1:], expected["coef"], rtol=SEARCH)
    for i, name in enumerate(("INC", "HOVAL")):
        for kind, value in expected[name].items():
            assert effects(result, kind)[i] == pytest.approx(value, rel=10 * SEARCH)


def cigar_of(folder):
    data = pd.read_csv(folder / "Cigar.csv")
    weights = pd.read_csv(folder / "usa46.csv", index_col=0)
    labels = dict(zip(sorted(data.state.unique()), weights.index, strict=True))
    made = pd.DataFrame(
        {
            "state": data.state.map(labels),
            "year": data.year,
            "y": np.log(data.sales),
            "logp": np.log(data.price / data.cpi),
            "logy": np.log(data.ndi / data.cpi),
        }
    )
    return Panel.from_frame(made, entity="state", period="year"), from_matrix(
        weights.to_numpy(), list(weights.index)
    )


def test_published_case_v06_is_near_and_its_rho_is_no_maximum(shared):
    """SDPDmod reads the determinant from a grid of 0.001, a step function, and stops on a step.

    Given its rho, its coefficients are ours to the digits printed; its likelihood is lower.
    """
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    expected = cases["V06"]["expected"]
    panel, weights = cigar_of(shared / "reference" / "data")
    for name, effect in (("ind", "entity"), ("tw", "twoway")):
        rho = np.atleast_1d(expected[name]["rho"])[0]
        result = spatial_panel(
            panel, outcome="y", regressors=["logp", "logy"], spatial=weights, effects=effect,
            correction="none", lag_order="splm",
        )  # fmt: skip
        assert abs(column(result, "coefficients", "estimate")[0] - rho) < 0.005
        y, x = panel.array("y"), np.stack([panel.array("logp"), panel.array("logy")], axis=-1)
        at = weights.select(panel.entities)
        s = spectrum(Links(at.starts, at.columns, at.values))
        f = frame(s, y.shape[1], effect, lag="splm")
        design = np.concatenate([x, s.lag(x)], axis=-1)
        filtered = f.remove(y) - rho * f.lagged(y)
        beta = linear_model(filtered, design, f).beta
        there = [expected[name][k] for k in ("logp", "logy", "Wlogp", "Wlogy")]
        np.testing.assert_allclose(beta, there, rtol=PRINTED)
        variance = ((filtered - f.remove(design) @ beta) ** 2).mean()
        height = -y.size / 2 * (np.log(2 * np.pi * variance) + 1)
        height += y.shape[1] * float(log_determinant(rho, s.values))
        assert height < column(result, "fit", "loglik")[0]
    error = column(result, "coefficients", "std_error_ml")[0]
    assert error == pytest.approx(expected["tw"]["rho"][1], rel=5e-3)
    corrected = (
        spatial_panel(panel, outcome="y", regressors=["logp", "logy"], spatial=weights)
        .tables["coefficients"]
        .columns["estimate"][0]
    )
    assert abs(corrected - expected["tw_LeeYu"]["rho"][0]) < 0.01


@pytest.mark.filterwarnings("ignore")  # spreg 1.9.0 uses what pandas 3 deprecates
def test_coefficients_of_a_cross_section_equal_spreg_live():
    spreg = pytest.importorskip("spreg", reason="spreg is not installed")
    from libpysal.weights import W

    panel, weights = columbus(), pairs("pairs.csv")
    at = weights.select(panel.entities)
    neighbours = {
        i: [int(j) for j in at.columns[at.starts[i] : at.starts[i + 1]]] for i in range(49)
    }
    w = W(neighbours, silence_warnings=True)
    w.transform = "r"
    y = panel.array("crime")
    x = np.concatenate([panel.array("income"), panel.array("home")], axis=1)
    theirs = spreg.ML_Lag(y, x, w, slx_lags=1, method="full")
    result = spatial_panel(
        panel, outcome="crime", regressors=["income", "home"], spatial=weights, effects="none"
    )
    estimate = column(result, "coefficients", "estimate")
    np.testing.assert_allclose(theirs.betas[:-1].ravel(), estimate[1:], rtol=1e-5)
    assert float(theirs.rho) == pytest.approx(estimate[0], rel=1e-5)


# ------------------------------------------------------------------------------- behaviour


def provinces():
    from zhiheng.catalog.examples import example_panel

    return example_panel("neighbours")


TERMS = {
    "outcome": "log(co2_final_use / gdp_real)",
    "regressors": ["urbanisation_rate", "age65_share"],
    "spatial": "provinces",
}


def made_panel(entities, periods, **columns):
    units = dict.fromkeys(columns, "")
    return Panel.of(columns, entities=entities, periods=periods, units=units)


@pytest.mark.parametrize("model", ["sdm", "sar", "sem", "slx"])
def test_intervals_p_values_and_parts_tell_one_story(model):
    result = spatial_panel(provinces(), **TERMS, model=model)
    assert all(check.passed for check in result.checks)
    c = result.tables["coefficients"].columns
    outside = (c["ci_low"] > 0) | (c["ci_high"] < 0)
    assert (outside == (c["p_value"] < 0.05)).all()
    np.testing.assert_allclose(
        effects(result, "direct") + effects(result, "indirect"), effects(result, "total")
    )
    if model in ("sem", "slx"):
        own = column(result, "coefficients", "estimate")[np.asarray(c["role"]) == "own"]
        np.testing.assert_allclose(effects(result, "direct"), own)
    if model == "sem":
        assert (effects(result, "indirect") == 0).all()
        assert np.isnan(column(result, "effects", "p_value")[1])


def test_likelihoods_are_nested_and_tests_ask_for_their_degrees_of_freedom():
    every = ("sdm", "sar", "sem", "slx")
    fits = {m: spatial_panel(provinces(), **TERMS, model=m, draws=0) for m in every}
    height = {m: column(r, "fit", "loglik")[0] for m, r in fits.items()}
    table = fits["sdm"].tables["tests"]
    for nested in ("sar", "sem", "slx"):
        row = table.row(table.find(f"lr_{nested}"))
        assert row["test_statistic"] == pytest.approx(2 * (height["sdm"] - height[nested]))
        assert row["df"] == (1 if nested == "slx" else 2)
    assert table.row(table.find("lr_ols"))["df"] == 3
    assert np.isnan(column(fits["sdm"], "effects", "std_error_simulated")).all()


def test_few_units_and_missing_corrections_are_said():
    codes = {n.code for n in spatial_panel(provinces(), **TERMS, correction="none").notes}
    assert {"M742", "M743"} <= codes
    assert "M743" not in {n.code for n in spatial_panel(provinces(), **TERMS).notes}


def test_lee_yu_with_entity_effects_changes_the_variance_only():
    plain, corrected = (
        spatial_panel(provinces(), **TERMS, effects="entity", correction=c, draws=0)
        for c in ("none", "lee_yu")
    )
    np.testing.assert_allclose(
        column(plain, "coefficients", "estimate"), column(corrected, "coefficients", "estimate")
    )
    ratio = column(corrected, "fit", "sigma2") / column(plain, "fit", "sigma2")
    assert ratio[0] == pytest.approx(5 / 4)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M736", {"regressors": []}),
        ("M736", {"regressors": ["age65_share", "age65_share"]}),
        ("M736", {"draws": 1}),
        ("M736", {"level": 1.0}),
        ("M736", {"lag_order": "splm"}),
        ("M738", {"regressors": ["urbanisation_rate", "2 * urbanisation_rate"]}),
        ("M738", {"regressors": ["0 * urbanisation_rate + 1"]}),
        ("M741", {"outcome": "3 * urbanisation_rate"}),
        ("M866", {"spatial": "provinces_borders"}),
        ("M867", {"spatial": "provincs"}),
    ],
)
def test_what_cannot_be_estimated_is_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        spatial_panel(provinces(), **{**TERMS, **options})
    assert caught.value.code == code
    assert caught.value.fix.en
    assert caught.value.evidence or options.get("regressors") == []


def test_a_lag_that_its_regressor_fixes_is_named():
    panel = provinces()
    n = len(panel.entities)
    names = [f"e{i:02d}" for i in range(n)]
    y, x = np.random.default_rng(0).normal(size=(2, n, 4))
    made = made_panel(names, [1, 2, 3, 4], y=y, x=x)
    # everyone is everyone's neighbour: without period means W x is -x / (n - 1)
    everyone = from_pairs([(a, b) for i, a in enumerate(names) for b in names[:i]])
    with pytest.raises(ZhihengError) as caught:
        spatial_panel(made, outcome="y", regressors=["x"], spatial=everyone, effects="twoway")
    assert caught.value.code == "M738"
    assert {row["column"] for row in caught.value.evidence} == {"x", "W·x"}


def test_weights_must_be_row_standardised_where_it_matters():
    from zhiheng.catalog.spatial import contiguity

    plain = contiguity(standardisation="none")
    with pytest.raises(ZhihengError) as caught:
        spatial_panel(provinces(), **{**TERMS, "spatial": plain})
    assert caught.value.code == "M737"
    found = spatial_panel(
        provinces(),
        **{**TERMS, "spatial": contiguity(standardisation="spectral")},
        effects="entity",
    )
    assert column(found, "fit", "rho_high")[0] == pytest.approx(1.0)
    missing = from_pairs([("110000", "120000"), ("120000", "130000")])
    with pytest.raises(ZhihengError, match="M865"):
        spatial_panel(provinces(), **{**TERMS, "spatial": missing})


def test_a_cross_section_takes_no_effects_and_few_entities_are_refused():
    one = dataset("provinces").select(entities=provinces().entities, periods=[2020])
    with pytest.raises(ZhihengError, match="M736"):
        spatial_panel(one, **TERMS)
    assert spatial_panel(one, **TERMS, effects="none", draws=0).tables["fit"].columns["n"][0] == 30
    few = provinces().select(entities=["110000", "120000", "130000", "140000"])
    with pytest.raises(ZhihengError, match="M740"):
        spatial_panel(few, **TERMS)


def test_islands_can_be_left_out_and_are_named():
    result = spatial_panel(provinces(), **{**TERMS, "spatial": "provinces_borders"}, islands="drop")
    assert column(result, "fit", "entities")[0] == 29
    assert any(n.code == "M882" for n in result.notes)


def test_an_outcome_that_moves_as_one_has_no_maximum():
    panel = provinces()
    n = len(panel.entities)
    rng = np.random.default_rng(0)
    y = np.array([0.0, 50, -20, 70, 10])[None, :] + 1e-9 * rng.normal(size=(n, 5))
    made = made_panel(panel.entities, panel.periods, y=y, x=rng.normal(size=(n, 5)))
    with pytest.raises(ZhihengError) as caught:
        spatial_panel(
            made, outcome="y", regressors=["x"], spatial="provinces", model="sar", effects="entity"
        )
    assert caught.value.code == "M739"
