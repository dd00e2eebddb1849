"""The multiverse of a plan: index recipes crossed with regressions, declared and hashed before."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.result import Result
from zhiheng.measure.index_variants import index_variants
from zhiheng.study.multiverse import index_multiverse
from zhiheng.study.plan import Plan, parse_plan
from zhiheng.study.run import prepare, run_study, study_panel

SMALL = """
[multiverse]
index = "index"
outcomes = ["ln_co2_final", "ln_co2_edgar"]
sign = "-"
transforms = ["levels", "first_difference"]
lags = [0]
draws = 99
[multiverse.controls]
urbanisation_rate = "confounder"
fiscal_share = "confounder"
age65_share = "confounder"
"""


def text() -> str:
    """The shipped plan without its own multiverse."""
    folder = resources.files("zhiheng.catalog").joinpath("data/studies")
    before, _, rest = folder.joinpath("provinces.toml").read_text("utf-8").partition("[multiverse]")
    return before + rest[rest.index("# -----") :]


def plan_with(table: str) -> Plan:
    return parse_plan(text() + table, "provinces")


def inputs(plan: Plan) -> tuple[Plan, Panel]:
    plan = plan.leaving_out(("ln_co2_edgar",))
    return plan, prepare(plan, study_panel(plan), scope(plan.data.level)).panel


@pytest.fixture(scope="module")
def found() -> Result:
    plan, panel = inputs(plan_with(SMALL))
    assert plan.multiverse is not None
    step = next(s for s in plan.steps() if s.id == "index")
    return index_multiverse(panel, plan.multiverse, step.options, plan.seed)


def test_every_admissible_recipe_meets_every_declared_regression(found: Result) -> None:
    recipes = found.tables["recipes"]
    assert len(recipes) >= 50
    assert len(found.tables["curve"]) == len(recipes) * 8 * 2
    steps = set(found.tables["survival"].columns["step"].tolist())
    assert {"treatment", "normalise", "weights", "aggregation", "transform"} <= steps
    assert all(check.passed for check in found.checks)


def test_the_first_recipe_is_the_index_of_the_plan_in_the_regression_of_the_plan(
    found: Result,
) -> None:
    plan, panel = inputs(plan_with(SMALL))
    step = next(s for s in plan.steps() if s.id == "index")
    scores = methods["index"](panel, **{**step.options, "draws": 0}).tables["scores"]
    grid = np.full((len(panel.entities), len(panel.periods)), np.nan)
    for i in range(len(scores)):
        row = scores.row(i)
        grid[panel.entities.index(row["entity"]), panel.periods.index(row["period"])] = row["score"]
    own = panel.with_series("own", grid, unit="1")
    fit = methods["panel_ols"](
        own,
        outcome="ln_co2_final",
        regressors=["own", "urbanisation_rate", "fiscal_share", "age65_share"],
        draws=0,
    ).tables["coefficients"]
    curve = found.tables["curve"].where(
        term="index_variant_1",
        transform="levels",
        controls="urbanisation_rate, fiscal_share, age65_share",
    )
    ratio = grid.std() / panel.array("ln_co2_final").std()
    row = fit.row(fit.find("own"))
    assert curve.row(0)["estimate"] == pytest.approx(row["estimate"] * ratio, rel=1e-9)
    assert curve.row(0)["p_value"] == pytest.approx(row["p_value"], rel=1e-9)


def test_survival_by_recipe_counts_the_recipes_with_that_choice(found: Result) -> None:
    recipes, curve = found.tables["recipes"], found.tables["curve"]
    chosen = set(recipes.where(weights="entropy").columns["term"].tolist())
    hit = np.array([t in chosen for t in curve.columns["term"]])
    table = found.tables["survival"]
    row = table.row(table.find("weights", "entropy"))
    assert row["specifications"] == hit.sum()
    assert row["share_survives"] == pytest.approx(
        curve.columns["survives"][hit].astype(float).mean()
    )


def test_what_is_shared_frozen_and_left_out_is_said(found: Result) -> None:
    said = " ".join(n.text.en for n in found.notes)
    assert "computed again in every draw they come out the same" in said
    assert "P723" in {n.code for n in found.notes}
    assert "gdp_current" in found.series
    assert not any(s.startswith("index_variant") for s in found.series)


def test_drawn_weights_stay_around_their_recipe_and_do_not_depend_on_the_order_of_regions() -> None:
    _, panel = inputs(plan_with(SMALL))
    made = index_variants(panel, system="nqpf-triple-open", weight_draws=2, seed=4)
    own = {v.choice: v.scores for v in made.found if v.draw == 0}
    assert len(made.found) == 3 * len(own)
    for one in made.found:
        near = np.corrcoef(one.scores.ravel(), own[one.choice].ravel())[0, 1]
        assert near > 0.9
        assert (one.draw == 0) == bool(np.array_equal(one.scores, own[one.choice]))
    mixed = panel.select(entities=tuple(reversed(panel.entities)))
    again = index_variants(mixed, system="nqpf-triple-open", weight_draws=2, seed=4)
    for one, two in zip(made.found, again.found, strict=True):
        np.testing.assert_allclose(one.scores, two.scores[::-1], rtol=1e-9)


@pytest.mark.slow
def test_the_run_of_a_plan_keeps_the_result_under_its_name() -> None:
    run = run_study(plan_with(SMALL))
    kept = run.results["multiverse"]
    assert {"curve", "joint", "survival", "steps"} <= set(kept.tables)
    without = text().replace(', survival = "multiverse"', "")
    plain = run_study(parse_plan(without, "provinces"))
    assert run.plan_hash != plain.plan_hash


def test_the_declared_space_is_part_of_the_plan_and_so_of_its_hash() -> None:
    base = plan_with(SMALL).model_dump(mode="json", fallback=str)
    wider = plan_with(SMALL.replace("lags = [0]", "lags = [0, 1]"))
    assert base["multiverse"]["lags"] == [0]
    assert wider.model_dump(mode="json", fallback=str) != base


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ("P720", SMALL.replace('age65_share = "confounder"\n', "")),
        ("P720", SMALL.replace('fiscal_share = "confounder"', 'fiscal_share = "control"')),
        ("P721", SMALL.replace('index = "index"', 'index = "gap"')),
        ("P721", SMALL.replace('index = "index"', 'index = "nowhere"')),
        ("P703", SMALL.replace('sign = "-"', 'sign = "down"')),
        ("P703", SMALL.replace("lags = [0]", "lag = [0]")),
    ],
)
def test_a_plan_that_does_not_declare_its_multiverse_is_refused_before_it_runs(
    code: str, table: str
) -> None:
    with pytest.raises(ZhihengError) as caught:
        plan_with(table)
    assert caught.value.code == code
    assert caught.value.evidence


def test_a_confounder_that_is_an_ingredient_of_the_index_is_refused() -> None:
    table = SMALL + 'it_employment_share = "confounder"\n'
    plan, panel = inputs(plan_with(table))
    assert plan.multiverse is not None
    step = next(s for s in plan.steps() if s.id == "index")
    with pytest.raises(ZhihengError) as caught:
        index_multiverse(panel, plan.multiverse, step.options, plan.seed)
    assert caught.value.code == "P722"
    assert caught.value.evidence[0]["indicator"] == "it_employment_share"
    declared = plan.multiverse.model_copy(
        update={"controls": {**plan.multiverse.controls, "it_employment_share": "ingredient"}}
    )
    found = index_multiverse(panel, declared, step.options, plan.seed)
    assert found.tables["curve"].columns["flagged"].any()
