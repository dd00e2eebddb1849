"""Spatial panels with lags in time or random effects: other programs, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell
from scipy import optimize

from zhiheng.catalog.examples import example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_matrix, from_pairs
from zhiheng.core.panel import Panel
from zhiheng.explain.spatial_panel import spatial_panel
from zhiheng.kernels.links import Links
from zhiheng.kernels.spatial_dynamic import past_of, score_bias, whole
from zhiheng.kernels.spatial_ml import frame, inverse, lag_fit, linear_model
from zhiheng.kernels.spatial_spectrum import spectrum

REFERENCE = Path(__file__).parents[1] / "reference" / "spatial_panel"
RANDOM = json.loads((REFERENCE / "expected_random.json").read_text("utf-8"))
SDPDMOD = json.loads((REFERENCE / "expected_sdpdmod.json").read_text("utf-8"))
# R's search stops at 1e-9 in rho, on a height that is flat there; nlme prints variances to ten
# digits.
SEARCH = 2e-6
# The vignette prints six or seven digits.
PRINTED = 6e-7
TERMS = {
    "outcome": "log(co2_final_use / gdp_real)",
    "regressors": ["urbanisation_rate", "age65_share"],
    "spatial": "provinces",
}


def column(result, table, name):
    return np.asarray(result.tables[table].columns[name])


def listed(result):
    return result.tables["tests"]


def states():
    data = munnell.load()
    data = data[data.YR >= 1979]
    made = data[["ST_ABB", "YR"]].assign(
        y=np.log(data.GSP), emp=np.log(data.EMP), pc=np.log(data.PC)
    )
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def neighbours():
    with (REFERENCE / "states.csv").open() as lines:
        found = sorted((row["a"], row["b"]) for row in csv.DictReader(lines))
    return from_pairs(found, directed=True, name="states")


@pytest.mark.parametrize("model", ["sar", "sdm", "sem", "slx"])
def test_random_effects_equal_a_search_around_nlme(model):
    expected = RANDOM[model]
    result = spatial_panel(
        states(), outcome="y", regressors=["emp", "pc"], spatial=neighbours(), model=model,
        effects="random", draws=0,
    )  # fmt: skip
    estimate = column(result, "coefficients", "estimate")
    slopes = estimate if model == "slx" else estimate[1:]
    if model != "slx":
        assert estimate[0] == pytest.approx(expected["rho"], rel=SEARCH)
    np.testing.assert_allclose(slopes, expected["beta"], rtol=10 * SEARCH)
    assert column(result, "fit", "loglik")[0] == pytest.approx(expected["loglik"], rel=1e-10)
    for name in ("sigma2", "effect_variance"):
        assert column(result, "fit", name)[0] == pytest.approx(expected[name], rel=10 * SEARCH)
    names = list(result.tables["tests"].columns["test"])
    assert "hausman" in names
    assert "lr_pooled" in names


def cigar(folder, effects, *, durbin=False, dynamic="both"):
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
    panel = Panel.from_frame(made, entity="state", period="year")
    w = from_matrix(weights.to_numpy(), list(weights.index))
    at = w.select(panel.entities)
    s = spectrum(Links(at.starts, at.columns, at.values))
    f = whole(frame(s, 29, effects, correction="lee_yu"), 29)
    y, x = panel.array("y"), np.stack([panel.array("logp"), panel.array("logy")], axis=-1)[:, 1:]
    parts = [past_of(y, f, dynamic), x, *([s.lag(x)] if durbin else [])]
    return panel, w, f, y[:, 1:], np.concatenate(parts, axis=-1)


def at_rho(rho, y, x, f, dynamic):
    """The model at a given rho, and the parameters after the bias is removed."""
    plain = linear_model(y - rho * f.spectrum.lag(y), x, f)
    fit = lag_fit(y, x, f, rho, plain.beta, float((plain.residuals**2).sum()) / f.rows)
    step = inverse(fit.information) @ score_bias(fit, f, dynamic) * len(f.values)
    return fit, np.concatenate([[rho], fit.beta, [fit.sigma2]]) + step


def test_lags_in_time_equal_sdpdmod_at_its_rho(shared):
    """Its rho stands on a grid of 0.001; given that, estimates and corrections are ours."""
    *_, f, y, x = cigar(shared / "reference" / "data", "entity")
    names = ("rho", "time", "space_time", "logp", "logy")
    before, after = (SDPDMOD[f"sar_entity_{k}"] for k in ("plain", "corrected"))
    fit, corrected = at_rho(before["rho"][0], y, x, f, "both")
    np.testing.assert_allclose(fit.beta, [before[n][0] for n in names[1:]], atol=PRINTED)
    np.testing.assert_allclose(corrected[:-1], [after[n][0] for n in names], atol=PRINTED)
    # its errors add a fourth moment of reduced-form residuals to the information
    error = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(error, [before[n][1] for n in names], rtol=2e-3)

    *_, f, y, x = cigar(shared / "reference" / "data", "entity", dynamic="time")
    after = SDPDMOD["sar_entity_time_corrected"]

    def gap(rho):
        return at_rho(rho, y, x, f, "time")[1][0] - after["rho"][0]

    rho = optimize.brentq(gap, 0.05, 0.15)
    corrected = at_rho(rho, y, x, f, "time")[1]
    expected = [after[n][0] for n in ("time", "logp", "logy")]
    np.testing.assert_allclose(corrected[1:-1], expected, atol=3 * PRINTED)


def test_the_two_way_run_of_sdpdmod_lies_lower_on_the_same_likelihood(shared):
    """Published case V06, dynamic: SDPDmod's two-way estimates are not at a maximum."""
    panel, w, f, y, x = cigar(shared / "reference" / "data", "twoway", durbin=True)
    result = spatial_panel(
        panel, outcome="y", regressors=["logp", "logy"], spatial=w, dynamic="both", draws=0
    )
    plain = column(result, "coefficients", "estimate_uncorrected")
    printed = SDPDMOD["sdm_twoway_corrected"]
    there = [
        printed[n][0] for n in ("rho", "time", "space_time", "logp", "logy", "W_logp", "W_logy")
    ]
    sigma2 = column(result, "fit", "sigma2")[0]

    def height(p):
        return lag_fit(y, x, f, p[0], np.asarray(p[1:]), sigma2).log_likelihood

    ours = column(result, "coefficients", "estimate")
    assert height(ours) > height(there) + 1
    assert height(plain) > height(ours)
    # all but rho and what moves with it agree to two digits
    np.testing.assert_allclose(ours[[1, 3, 4]], np.array(there)[[1, 3, 4]], atol=0.006)


def provinces():
    return example_panel("neighbours")


def made_panel(periods, seed=0, *, carried=0.4):
    """Provinces with an outcome that carries over, or that wanders for ever."""
    entities = provinces().entities
    rng = np.random.default_rng(seed)
    x, e = rng.normal(size=(2, len(entities), periods))
    y = np.zeros_like(x)
    for t in range(1, periods):
        y[:, t] = carried * y[:, t - 1] + x[:, t] + e[:, t]
    columns = {"y": y, "x": x}
    return Panel.of(
        columns, entities=entities, periods=list(range(2000, 2000 + periods)),
        units=dict.fromkeys(columns, ""),
    )  # fmt: skip


def run(panel, **options):
    return spatial_panel(panel, outcome="y", regressors=["x"], spatial="provinces", **options)


@pytest.mark.parametrize("dynamic", ["time", "space", "both"])
@pytest.mark.parametrize("model", ["sdm", "sar", "slx"])
def test_short_and_long_run_tell_one_story(dynamic, model):
    result = run(made_panel(16), dynamic=dynamic, model=model)
    assert all(check.passed for check in result.checks)
    assert len(result.checks) == 3
    table = result.tables["coefficients"].columns
    found = dict(zip(table["role"], table["estimate"], strict=True))
    lags = [found.get(k, 0.0) for k in ("time", "space_time")]
    rho = found.get("spatial", 0.0)
    slopes = found["own"] + found.get("neighbours", 0.0)
    later = column(result, "long_run", "estimate")
    assert later[2] == pytest.approx(slopes / (1 - rho - sum(lags)))
    assert column(result, "fit", "periods")[0] == 15
    assert {f.table for f in result.figures} == {"effects", "long_run"}
    names = list(listed(result).columns["test"])
    assert {"wald_static", "wald_unit"} <= set(names)
    assert not {"lm_lag", "lr_sem", "wald_sem"} & set(names)


def test_few_periods_and_uncorrected_lags_are_said():
    codes = {n.code for n in run(made_panel(9), dynamic="time", draws=0).notes}
    assert "M756" in codes
    codes = {n.code for n in run(made_panel(18), dynamic="time", draws=0).notes}
    assert "M756" not in codes
    plain = run(made_panel(18), dynamic="time", correction="none", draws=0)
    assert "M756" in {n.code for n in plain.notes}
    table = plain.tables["coefficients"].columns
    np.testing.assert_array_equal(table["estimate"], table["estimate_uncorrected"])


def test_without_random_effects_in_the_data_the_edge_is_said():
    found = [
        run(made_panel(6, seed, carried=0.0), effects="random", model="sar", draws=0)
        for seed in range(6)
    ]
    zero = [r for r in found if column(r, "fit", "effect_variance")[0] == 0]
    assert zero
    assert all("M757" in {n.code for n in r.notes} for r in zero)
    table = listed(zero[0])
    assert table.row(table.find("lr_pooled"))["test_statistic"] == pytest.approx(0, abs=1e-8)


def test_quasi_likelihood_changes_errors_and_nothing_else():
    plain, robust = (
        spatial_panel(provinces(), **TERMS, effects="period", covariance=c, draws=0)
        for c in ("ml", "qml")
    )
    np.testing.assert_array_equal(
        column(plain, "coefficients", "estimate"), column(robust, "coefficients", "estimate")
    )
    ratio = column(robust, "coefficients", "std_error_qml") / column(
        plain, "coefficients", "std_error_ml"
    )
    assert 1e-4 < np.abs(ratio - 1).max() < 0.5
    assert any("拟极大似然" in n.text.zh for n in robust.notes)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M736", {"dynamic": "time", "effects": "period"}),
        ("M736", {"dynamic": "time", "effects": "random"}),
        ("M736", {"dynamic": "both", "model": "sem"}),
        ("M736", {"dynamic": "both", "lag_order": "splm", "correction": "none"}),
        ("M736", {"effects": "random", "covariance": "qml"}),
        ("M736", {"random_errors": "anselin"}),
        ("M755", {"dynamic": "time"}),
    ],
)
def test_what_does_not_go_together_is_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        spatial_panel(provinces(), **{**TERMS, **options})
    assert caught.value.code == code
    assert caught.value.fix.en
    assert caught.value.evidence


def test_an_outcome_that_wanders_for_ever_has_no_long_run():
    with pytest.raises(ZhihengError) as caught:
        run(made_panel(20, carried=1.02), dynamic="time", model="sar", effects="entity")
    assert caught.value.code == "M745"
    assert caught.value.evidence[0]["modulus"] >= 1


def test_both_error_forms_of_random_effects_stand_on_a_flat_likelihood():
    forms = [
        spatial_panel(
            states(), outcome="y", regressors=["emp", "pc"], spatial=neighbours(), model="sem",
            effects="random", random_errors=form, draws=0,
        )
        for form in ("kkp", "anselin")
    ]  # fmt: skip
    assert all(check.passed for result in forms for check in result.checks)
    heights = [column(result, "fit", "loglik")[0] for result in forms]
    assert heights[1] == pytest.approx(751.6285, abs=1e-3)
    assert heights[0] != pytest.approx(heights[1], abs=0.1)
