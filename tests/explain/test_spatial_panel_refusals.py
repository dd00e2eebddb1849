"""What a spatial panel model says of itself, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.examples import example_panel
from zhiheng.catalog.spatial import contiguity
from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_pairs
from zhiheng.core.panel import Panel
from zhiheng.explain.spatial_panel import spatial_panel


def column(result, table, name):
    return np.asarray(result.tables[table].columns[name])


def effects(result, kind):
    table = result.tables["effects"].columns
    return np.asarray(table["estimate"])[np.asarray(table["effect_kind"]) == kind]


def provinces():
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
