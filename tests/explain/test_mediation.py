"""Mediation against R and statsmodels, what it refuses, and what it never says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.mediation import mediation

REFERENCE = Path(__file__).parents[1] / "reference" / "mediation"

# R goes through all dummy variables, and its CR2 through roots of large matrices.
PROGRAM = 1e-8
ROOTS = 1e-6
# statsmodels simulates parameters and mediators: 500 draws leave a noise of about a tenth of a
# standard error.
SIMULATED = 0.25


def produc_panel():
    data = munnell.load()
    logs = {"y": "GSP", "x": "P_CAP", "m1": "PC", "m2": "EMP"}
    made = data[["ST_ABB", "YR"]].assign(w=data.UNEMP.astype(float))
    for name, source in logs.items():
        made[name] = np.log(data[source].astype(float))
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def run(**more):
    options = {"outcome": "y", "treatment": "x", "mediators": ["m1", "m2"], "controls": ["w"]}
    return mediation(produc_panel(), **options | more)


def stored():
    with (REFERENCE / "expected.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return {(r["case"], r["quantity"]): float(r["value"]) for r in rows}


def cell(result, table, column, *key):
    found = result.tables[table]
    return found.row(found.find(*key))[column]


@pytest.mark.parametrize("effects", ["twoway", "entity"])
def test_paths_products_and_sensitivity_equal_r(effects):
    parallel = run(effects=effects, small_sample="none", draws=100)
    serial = run(effects=effects, serial=True, draws=100)
    want = {q: v for (case, q), v in stored().items() if case == effects}

    def path(result, kind, route, column="estimate"):
        return cell(result, "paths", column, kind, route)

    found = {
        "total": path(parallel, "total", "x > y"),
        "direct": path(parallel, "direct", "x > y"),
        "serial_a2": path(serial, "a", "x > m2"),
        "serial_between": path(serial, "between", "m1 > m2"),
        "serial_chain": path(serial, "indirect", "x > m1 > m2 > y"),
    }
    for k in ("1", "2"):
        m = f"m{k}"
        found |= {
            f"a{k}": path(parallel, "a", f"x > {m}"),
            f"b{k}": path(parallel, "b", f"{m} > y"),
            f"indirect{k}": path(parallel, "indirect", f"x > {m} > y"),
            f"se_none_indirect{k}": path(parallel, "indirect", f"x > {m} > y", "std_error"),
            f"rho_{m}": cell(parallel, "sensitivity", "rho_zero", m),
            f"at_0.3_{m}": cell(parallel, "sensitivity_curve", "estimate", m, 0.3),
        }
    for quantity, value in found.items():
        assert value == pytest.approx(want[quantity], rel=PROGRAM), quantity
    few = {
        "p_few_a1": path(parallel, "a", "x > m1", "p_few"),
        "p_few_a2": cell(parallel, "two_step", "p_few", "m2"),
        "p_few_b_m1": path(parallel, "b", "m1 > y", "p_few"),
        "p_few_b_m2": path(parallel, "b", "m2 > y", "p_few"),
    }
    for quantity, value in few.items():
        assert value == pytest.approx(want[quantity], rel=ROOTS), quantity
    joint = max(want["p_few_a1"], want["p_few_b_m1"])
    assert path(parallel, "indirect", "x > m1 > y", "p_few") == pytest.approx(joint, rel=ROOTS)


def test_a_cross_section_equals_statsmodels_live():
    import pandas as pd
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.mediation import Mediation

    rng = np.random.default_rng(8)
    n = 300
    x, w = rng.normal(size=(2, n))
    m = 0.6 * x + 0.3 * w + rng.normal(size=n)
    y = 0.2 * x + 0.7 * m - 0.4 * w + rng.normal(size=n)
    frame = pd.DataFrame({"y": y, "x": x, "m": m, "w": w})
    one = np.ones(n)
    outcome, middle = OLS(y, np.column_stack([one, x, m, w])), OLS(m, np.column_stack([one, x, w]))
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002 -- statsmodels draws from the global generator
    try:
        fit = Mediation(outcome, middle, (1, 1), 2).fit(n_rep=500, method="parametric")
    finally:
        np.random.set_state(state)  # noqa: NPY002
    peer = fit.summary()
    made = frame.assign(entity=[f"e{i:03d}" for i in range(n)], period=2020)
    panel = Panel.from_frame(made, entity="entity", period="period")
    result = mediation(
        panel, outcome="y", treatment="x", mediators=["m"], controls=["w"], effects="none"
    )
    for kind, route, row in (
        ("indirect", "x > m > y", "ACME (average)"),
        ("direct", "x > y", "ADE (average)"),
        ("total", "x > y", "Total effect"),
    ):
        error = cell(result, "paths", "std_error", kind, route)
        got = cell(result, "paths", "estimate", kind, route)
        assert abs(got - peer.loc[row, "Estimate"]) < SIMULATED * error


def test_checks_pass_and_intervals_come_from_whole_regions():
    result = run(draws=400)
    assert all(check.passed for check in result.checks)
    table = result.tables["paths"].columns
    assert (table["ci_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["ci_high"]).all()
    assert np.isnan(table["p_few"][table["kind"] == "indirect_total"]).all()
    assert result.tables["fit"].columns["draws_undefined"][0] == 0


def test_an_ingredient_of_an_index_is_no_mediator_unless_it_is_purged():
    panel = example_panel("regions")
    options = {"outcome": "log(co2_final_use / gdp_real)", "system": "nqpf-triple-open"}
    through = "log(invention_grants)"
    with pytest.raises(ZhihengError) as caught:
        mediation(panel, mediators=[through], **options)
    assert caught.value.code == "M746"
    assert {row["series"] for row in caught.value.evidence} == {"invention_grants"}
    assert "purge" in caught.value.fix.en
    result = mediation(panel, mediators=[through], purge=True, draws=100, **options)
    assert "invention_grants" in result.series
    purged = [n for n in result.notes if "invention_grants_per_person" in n.text.en]
    assert purged
    assert purged[0].level == "caution"


def test_the_treatment_itself_cannot_be_purged():
    panel = example_panel("regions")
    with pytest.raises(ZhihengError) as caught:
        mediation(
            panel,
            outcome="age65_share",
            treatment="va_tertiary / gdp_current",
            mediators=["log(va_tertiary)"],
            purge=True,
        )
    assert caught.value.code == "M746"
    assert "purge=true" not in caught.value.fix.en


def test_a_common_denominator_is_reported_and_not_refused():
    panel = example_panel("regions")
    result = mediation(
        panel,
        outcome="age65_share",
        treatment="software_revenue / gdp_current",
        mediators=["tech_market_turnover / gdp_current"],
        draws=100,
    )
    relations = result.tables["overlaps"].columns["relation"].tolist()
    assert "common_denominator" in relations
    assert any(n.level == "caution" and "overlaps" in n.text.en for n in result.notes)


def test_scores_of_an_earlier_step_show_their_ingredients_or_are_refused():
    panel = produc_panel()
    from dataclasses import replace

    scored = replace(
        panel, definitions={"x": "@index.scores.score", "m1": "@index.groups.score", "m2": "@e.s.c"}
    )
    options = {"outcome": "y", "mediators": ["m1"], "draws": 100}
    with pytest.raises(ZhihengError, match="M747"):
        mediation(scored, treatment="x", **options)
    with pytest.raises(ZhihengError) as caught:
        mediation(scored, treatment="x", columns={"w": "more"}, **options)
    assert caught.value.code == "M746"
    assert "arms" in caught.value.fix.en
    with pytest.raises(ZhihengError, match="M747"):
        mediation(scored, treatment="w", **options | {"mediators": ["m2"]})


def test_theory_gives_the_sign_and_the_data_may_contradict_it():
    result = run(theory={"m1": "-", "m2": "nqpf-technology"}, draws=100)
    table = result.tables["two_step"]
    assert table.columns["theory_sign"].tolist() == ["-", "+"]
    assert table.columns["sign_agrees"].tolist() == ["no", "yes"]
    assert table.columns["argument_zh"][0] != table.columns["argument_zh"][1]
    assert any("Opposite" in note.text.en for note in result.notes)


def test_nothing_calls_a_mediation_complete():
    result = run(draws=100)
    words = " ".join(
        t.zh + t.en for t in [*(n.text for n in result.notes), *(f.reading for f in result.figures)]
    )
    for phrase in ("完全中介", "部分中介", "complete mediation", "full mediation", "partial"):
        assert phrase not in words.replace("partial correlation", "")


def test_row_order_does_not_matter():
    panel = produc_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    options = {"outcome": "y", "treatment": "x", "mediators": ["m1"], "draws": 200}
    one, two = mediation(panel, **options), mediation(mixed, **options)
    for name, values in one.tables["paths"].columns.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(two.tables["paths"].columns[name], values, rtol=1e-8)


def test_gaps_are_refused_or_listed():
    panel = produc_panel()
    values = {s: panel.array(s).copy() for s in panel.series}
    values["m1"][3, 2:5] = np.nan
    thin = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    options = {"outcome": "y", "treatment": "x", "mediators": ["m1"], "draws": 100}
    with pytest.raises(ZhihengError, match="M704"):
        mediation(thin, **options)
    result = mediation(thin, gaps="drop", **options)
    assert len(result.tables["dropped"]) == 3
    values["x"][0, 0] = np.nan
    thin = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError, match="M704"):
        mediation(thin, **options)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M748", {"mediators": []}),
        ("M748", {"mediators": ["m1"], "serial": True}),
        ("M748", {"draws": 20}),
        ("M748", {"level": 1.2}),
        ("M748", {"theory": {"m3": "+"}}),
        ("M748", {"theory": {"m1": "positive"}}),
        ("M706", {"mediators": ["m1", "m1"]}),
        ("M706", {"mediators": ["y"]}),
        ("M703", {"mediators": ["m1", "2 * m1"]}),
        ("M746", {"mediators": ["2 * x"]}),
        ("M747", {"treatment": None}),
        ("M751", {"treatment": None, "columns": {"x": "up"}}),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en


def test_the_example_runs():
    result = mediation(example_panel("regions"), **example_options("mediation"))
    assert len(result.tables["sensitivity"]) == 2
