"""Spatial panel models against other programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell

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
