"""Bootstrap and second stage as methods: what they print and what they refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.dea_bootstrap import dea_bootstrap
from zhiheng.measure.dea_second_stage import dea_second_stage

REFERENCE = Path(__file__).parents[1] / "reference" / "dea_bootstrap"
# Quantiles and means of draws whose programmes are solved to 1e-12 by two solvers.
STORED = 1e-8


def panel(rows=24, cols=2, seed=1):
    """Inefficiency rises with z; the frontier is x^0.6."""
    rng = np.random.default_rng(seed)
    x, z, q = rng.uniform(1, 9, (3, rows, cols))
    d = 1 + np.abs(0.1 + 0.05 * z + rng.normal(0, 0.15, (rows, cols)))
    return Panel.of(
        {"x": x, "y": x**0.6 / d, "z": z, "q": q},
        entities=[f"e{i:02d}" for i in range(rows)],
        periods=list(range(2019, 2019 + cols)),
        units=dict.fromkeys("xyzq", "1"),
    )


def refused(method, given, **options):
    with pytest.raises(ZhihengError) as caught:
        method(given, **options)
    assert caught.value.evidence
    return caught.value.code


ONE = {"inputs": ["x"], "outputs": ["y"]}


@pytest.mark.parametrize("returns", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_the_method_prints_what_the_bootstrap_written_out_finds(side, returns):
    answer = json.loads((REFERENCE / "expected.json").read_text("utf-8"))
    rows = list(csv.DictReader((REFERENCE / "input.csv").read_text("utf-8").splitlines()))
    given = Panel.of(
        {k: np.array([[float(r[k])] for r in rows]) for k in ("k", "w", "y")},
        entities=[r["unit"] for r in rows],
        periods=[2020],
        units=dict.fromkeys(("k", "w", "y"), "t"),
    )
    found = dea_bootstrap(
        given, inputs=["k", "w"], outputs=["y"], orientation=side, returns=returns,
        draws=answer["draws"], seed=answer["seed"],
    ).table("scores")  # fmt: skip
    expected = answer[f"{side} {returns}"]
    names = {"efficiency": "score", "corrected": "corrected", "ci_low": "low", "ci_high": "high"}
    for mine, theirs in names.items():
        np.testing.assert_allclose(found[mine], expected[theirs], rtol=STORED)
    np.testing.assert_array_equal(found["advisable"] == "yes", np.array(expected["ratio"]) > 1)


def test_correction_lowers_every_score_and_intervals_lie_in_bounds():
    found = dea_bootstrap(panel(), **ONE, draws=300)
    scores = found.table("scores")
    assert (scores["bias"] > 0).all()
    assert (scores["ci_low"] < scores["ci_high"]).all()
    assert ((scores["ci_low"] > 0) & (scores["ci_high"] <= 1 + 1e-9)).all()
    assert all(check.passed for check in found.checks)
    frontiers = found.table("frontiers")
    assert len(frontiers) == 2
    assert (frontiers["on_frontier"] >= 1).all()


def test_pooled_periods_are_one_frontier_and_one_bandwidth_can_be_given():
    found = dea_bootstrap(panel(), **ONE, draws=100, frontier="pooled", bandwidth=0.05)
    frontiers = found.table("frontiers")
    assert frontiers["n"].tolist() == [48]
    assert frontiers["bandwidth"].tolist() == [0.05]


def test_the_seed_decides_the_draws():
    one, two, other = (
        dea_bootstrap(panel(), **ONE, draws=100, seed=s).table("scores")["corrected"]
        for s in (4, 4, 5)
    )
    assert one.equals(two)
    assert not one.equals(other)


def test_what_cannot_be_drawn_from_is_refused():
    given = panel()
    assert refused(dea_bootstrap, given, **ONE, draws=50) == "M668"
    with pytest.raises(ZhihengError, match="M604"):
        dea_bootstrap(given, **ONE, seed=-1)
    with pytest.raises(ZhihengError, match="M604"):
        dea_second_stage(given, **ONE, regressors=["z"], seed=-1)
    assert refused(dea_bootstrap, given, **ONE, bandwidth=0.0) == "M668"
    assert refused(dea_bootstrap, given, **ONE, bandwidth=float("nan")) == "M668"
    few = given.select(entities=given.entities[:3])
    assert refused(dea_bootstrap, few, inputs=["x", "z"], outputs=["y", "q"]) == "M667"


def test_the_slope_of_inefficiency_is_found_by_both_algorithms():
    for algorithm in (1, 2):
        found = dea_second_stage(panel(60), **ONE, regressors=["z"], algorithm=algorithm, draws=200)
        row = found.table("coefficients").set_index("term").loc["z"]
        assert row["ci_low"] < 0.05 < row["ci_high"]
        assert row["excludes_zero"] == "yes"
        assert all(check.passed for check in found.checks)


def test_algorithm_one_leaves_efficient_units_out_and_says_how_many():
    found = dea_second_stage(panel(), **ONE, regressors=["z"], draws=100)
    scores, fit = found.table("scores"), found.table("fit")
    assert ((scores["efficiency"] < 1) == (scores["in_regression"] == "yes")).all()
    assert fit["excluded"][0] == (scores["in_regression"] == "no").sum() > 0
    assert fit["n"][0] + fit["excluded"][0] == 48


def test_algorithm_two_takes_all_units_and_prints_corrected_scores():
    found = dea_second_stage(panel(), **ONE, regressors=["z"], algorithm=2, draws=100)
    scores = found.table("scores")
    assert (scores["corrected"] < scores["efficiency"]).all()
    assert (scores["in_regression"] == "yes").all()


def test_units_of_a_regressor_do_not_change_its_standardised_effect():
    one, two = (
        dea_second_stage(panel(), **ONE, regressors=[z], draws=100).table("coefficients")
        for z in ("z", "1000 * z")
    )
    np.testing.assert_allclose(one["per_sd"], two["per_sd"], rtol=1e-6)
    np.testing.assert_allclose(one["per_sd_low"], two["per_sd_low"], rtol=1e-6)


def test_a_regressor_made_of_the_output_is_named():
    found = dea_second_stage(panel(), **ONE, regressors=["z", "y / x"], draws=100)
    note = next(n for n in found.notes if n.code == "M679")
    assert "y / x" in note.text.en
    assert "z:" not in note.text.en


def test_regressors_and_samples_that_do_not_do_are_refused():
    given = panel()
    values = given.values.copy()
    values[3, 1, 2] = np.nan
    gap = Panel.of(
        {name: values[..., i] for i, name in enumerate("xyzq")},
        entities=given.entities, periods=given.periods, units=dict.fromkeys("xyzq", "1"),
    )  # fmt: skip
    assert refused(dea_second_stage, gap, **ONE, regressors=["z"]) == "M669"
    assert refused(dea_second_stage, given, **ONE, regressors=["z", "2 * z"]) == "M670"
    assert refused(dea_second_stage, given, **ONE, regressors=["z - z"]) == "M670"
    assert refused(dea_second_stage, given, **ONE, regressors=[]) == "M670"
    assert refused(dea_second_stage, given, **ONE, regressors=["z"], algorithm=3) == "M662"
    assert refused(dea_second_stage, given, **ONE, regressors=["z"], draws=20) == "M668"
    few = given.select(entities=given.entities[:3], periods=[2019])
    assert refused(dea_second_stage, few, **ONE, regressors=["z"]) == "M671"


def test_a_likelihood_without_maximum_is_refused():
    """Most units near the frontier and a few far inside: no truncated normal looks like it."""
    rng = np.random.default_rng(3)
    d = 1 + np.exp(rng.normal(-5, 3.0, (60, 1)))
    given = Panel.of(
        {"x": np.ones((60, 1)), "y": 1 / d, "z": rng.normal(size=(60, 1))},
        entities=[f"e{i:02d}" for i in range(60)],
        periods=[2020],
        units=dict.fromkeys("xyz", "1"),
    )
    assert refused(dea_second_stage, given, **ONE, regressors=["z"], draws=100) == "M672"
