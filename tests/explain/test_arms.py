"""Groups of an index side by side, against scores made by hand and dummies in statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.catalog.scope import scope
from zhiheng.catalog.systems import load_system
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate
from zhiheng.core.figures.build import build
from zhiheng.core.registry import methods
from zhiheng.explain.arms import arms
from zhiheng.explain.panel_ols import panel_ols
from zhiheng.measure.index import index

SYSTEM = "nqpf-triple-open"
OUTCOME = "log(co2_final_use / gdp_real)"
# Two programs on the same equations, with scores that go through a logarithm and a sum.
PROGRAM = 1e-8


def entropy_index(panel):
    """Global min-max and entropy weights as the textbook writes them, indicator by indicator."""
    parts, weights, groups = [], [], []
    for item in load_system(SYSTEM).indicators:
        v = evaluate(item.expression, panel, scope("province")).values
        z = (v - v.min()) / np.ptp(v)
        z = z if item.direction == "more" else 1 - z
        p = z / z.sum()
        some = p[p > 0]
        weights.append(1 + (some * np.log(some)).sum() / np.log(z.size))
        parts.append(z)
        groups.append(item.group)
    w = np.array(weights) / sum(weights)
    return np.stack(parts, axis=-1), w, np.array(groups)


def test_slopes_and_errors_equal_statsmodels_live():
    from statsmodels.regression.linear_model import OLS

    panel = example_panel("regions")
    e, t = (v.ravel() for v in np.indices((len(panel.entities), len(panel.periods))))
    dummies = np.hstack(
        [e[:, None] == np.arange(e.max() + 1), t[:, None] == np.arange(1, t.max() + 1)]
    )
    y = evaluate(OUTCOME, panel, scope("province")).values.ravel()
    control = evaluate("age65_share", panel, scope("province")).values.ravel()
    z, w, groups = entropy_index(panel)
    result = arms(
        panel, outcome=OUTCOME, system=SYSTEM, controls=["age65_share"], small_sample="areg"
    )
    table = result.tables["arms"]
    for group in dict.fromkeys(groups):
        own = groups == group
        pair = [(z[..., k] @ w[k] / w[k].sum()).ravel() for k in (own, ~own)]
        design = np.column_stack([*pair, control, dummies.astype(float)])
        fit = OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": e})
        for j, part in enumerate(("group", "rest")):
            row = table.row(table.find(str(group), part))
            assert row["estimate"] == pytest.approx(fit.params[j], rel=PROGRAM)
            assert row["std_error"] == pytest.approx(fit.bse[j], rel=PROGRAM)
        assert table.row(table.find(str(group), "group"))["weight"] == pytest.approx(w[own].sum())


def test_it_is_the_regression_that_a_study_writes_with_group_scores():
    panel = example_panel("regions")
    scores = index(panel, system=SYSTEM, draws=10).tables["groups"].where(group="industry").columns
    at = {
        (e, p): i for i, (e, p) in enumerate(zip(scores["entity"], scores["period"], strict=True))
    }
    grid = np.array([[at[e, p] for p in panel.periods] for e in panel.entities])
    more = panel.with_series("own", scores["score"][grid], unit="1")
    more = more.with_series("others", scores["rest"][grid], unit="1")
    fit = panel_ols(more, outcome=OUTCOME, regressors=["own", "others"], draws=0)
    found = arms(panel, outcome=OUTCOME, system=SYSTEM).tables["arms"]
    for j, part in enumerate(("group", "rest")):
        row, want = found.row(found.find("industry", part)), fit.tables["coefficients"].row(j)
        assert row["estimate"] == pytest.approx(want["estimate"], rel=PROGRAM)
        assert row["p_few"] == pytest.approx(want["p_few"], rel=1e-6)


def test_no_product_is_printed_and_shared_data_are_said():
    result = arms(example_panel("regions"), outcome=OUTCOME, system=SYSTEM)
    assert set(result.tables) == {"arms"}
    assert all(check.passed for check in result.checks)
    assert any(n.level == "caution" and "overlap_audit" in n.text.en for n in result.notes)


@pytest.mark.parametrize(
    ("code", "options"), [("M754", {"level": 1.0}), ("M752", {"weights": "given", "given": {}})]
)
def test_what_cannot_be_estimated_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        arms(example_panel("regions"), outcome=OUTCOME, system=SYSTEM, **options)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["arms", "heterogeneity", "mediation", "moderation", "power"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_of_this_family_can_be_drawn(name, lang):
    import tomllib
    from importlib import resources

    source = resources.files("zhiheng.catalog").joinpath("data/theme.toml")
    theme = tomllib.loads(source.read_text("utf-8"))
    result = methods[name](example_panel("regions"), **example_options(name))
    for figure in result.figures:
        assert build(figure, result.tables, lang=lang, width=720, theme=theme)["layer"]
