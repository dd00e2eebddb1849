"""A declared multiverse: every specification, its joint test, its roles and refusals."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.result import Result
from zhiheng.kernels.sensitivity import first_order

STORED = Path(__file__).parents[1] / "reference" / "multiverse"
CLOSE = 1e-9
"""Dummies on one side, projections on the other; measured 6e-14 standard errors."""
KEY = ("outcome", "term", "controls", "transform", "lag", "window", "sample")
SPACE: dict[str, Any] = {
    "outcomes": ["y1", "y2"],
    "treatments": ["x1", "x2", "x3"],
    "controls": {"c1": "confounder", "c2": "confounder", "m1": "mediator"},
    "sign": "-",
    "windows": ["2011-2019", "2013-2019"],
    "samples": {"core": ["e00", "e05"]},
    "draws": 99,
    "seed": 5,
}


@pytest.fixture(scope="module")
def panel() -> Panel:
    with (STORED / "input.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    entities = list(dict.fromkeys(r["entity"] for r in rows))
    years = sorted({int(r["year"]) for r in rows})
    shape = (len(entities), len(years))
    names = [n for n in rows[0] if n not in ("entity", "year")]
    values = {n: np.array([float(r[n]) for r in rows]).reshape(shape) for n in names}
    return Panel.of(values, entities=entities, periods=years, units=dict.fromkeys(names, "1"))


@pytest.fixture(scope="module")
def found(panel: Panel) -> Result:
    return methods["multiverse"](panel, **SPACE)


@pytest.fixture(scope="module")
def expected() -> Mapping[str, Any]:
    return json.loads((STORED / "expected.json").read_text("utf-8"))


def _worst(ours: np.ndarray, theirs: np.ndarray, size: np.ndarray) -> float:
    return float((np.abs(ours - theirs) / size).max())


def test_every_specification_equals_its_own_regression_on_dummies(
    found: Result, expected: Mapping[str, Any]
) -> None:
    curve = found.tables["curve"]
    rows = {tuple(curve.row(i)[k] for k in KEY): curve.row(i) for i in range(len(curve))}
    assert len(rows) == len(expected["specifications"]) == 2 * 2 * 2 * 3 * 5 * 3 * 2
    theirs = expected["specifications"]
    ours = [rows[tuple(one["key"])] for one in theirs]
    error = np.array([one["std_error"] for one in theirs])
    for column in ("estimate", "std_error"):
        stored = np.array([one[column] for one in theirs])
        assert _worst(np.array([o[column] for o in ours]), stored, error) <= CLOSE, column
    for column in ("n", "flagged", "p_wild"):
        assert [o[column] for o in ours] == [one[column] for one in theirs], column


def test_the_joint_test_equals_outcomes_rebuilt_one_by_one(
    found: Result, expected: Mapping[str, Any]
) -> None:
    table = found.tables["joint"]
    for scope, stored in expected["joint"].items():
        part = table.where(scope=scope)
        np.testing.assert_allclose(part.columns["observed"], stored["observed"], rtol=CLOSE)
        np.testing.assert_allclose(part.columns["null_mean"], stored["mean"], atol=CLOSE)
        np.testing.assert_allclose(part.columns["p_joint"], stored["p"], rtol=1e-12)


def test_a_mediator_is_a_control_in_flagged_specifications_only(found: Result) -> None:
    curve = found.tables["curve"]
    flagged = np.array(["m1" in c for c in curve.columns["controls"]])
    np.testing.assert_array_equal(flagged, curve.columns["flagged"])
    assert flagged.mean() == pytest.approx(1 / 5)
    assert np.isnan(curve.columns["curve_rank"][flagged].astype(float)).all()
    used = found.tables["joint"].where(scope="all").columns["specifications"]
    assert set(used.tolist()) == {int((~flagged).sum())}
    assert "M795" in {n.code for n in found.notes}
    roles = found.tables["controls"]
    assert roles.row(roles.find("m1"))["use_en"] == "in flagged specifications only"


def test_the_curve_is_sorted_and_shares_are_counts_of_it(found: Result) -> None:
    curve = found.tables["curve"].where(flagged=False)
    b = curve.columns["estimate"]
    assert (np.diff(b) >= 0).all()
    assert curve.columns["curve_rank"].tolist() == list(range(1, len(curve) + 1))
    survives = (b < 0) & (curve.columns["p_value"] <= 0.05)
    np.testing.assert_array_equal(survives, curve.columns["survives"])
    table = found.tables["survival"]
    for row in (table.row(i) for i in range(len(table))):
        step, choice = str(row["step"]), str(row["choice"])
        if step.startswith("control:"):
            inside = [step.split(":")[1] in c.split(", ") for c in curve.columns["controls"]]
            hit = np.array(inside) == (choice == "in")
        else:
            column = {"treatment_variable": "term"}.get(step, step)
            hit = curve.columns[column].astype(str) == choice
        assert row["specifications"] == hit.sum()
        assert row["share_sign"] == pytest.approx((b[hit] < 0).mean())
        assert row["share_survives"] == pytest.approx(survives[hit].mean())


def test_which_choice_moves_the_sign_is_a_first_order_share(found: Result) -> None:
    curve = found.tables["curve"].where(flagged=False)
    label = np.unique(curve.columns["transform"].astype(str), return_inverse=True)[1]
    right = (curve.columns["estimate"] < 0).astype(float)[:, None]
    table = found.tables["steps"]
    shown = table.row(table.find("transform"))["moves_sign"]
    assert shown == pytest.approx(first_order(right, label)[0])


def test_regressions_and_terms_are_margins_of_the_curve(found: Result) -> None:
    curve = found.tables["curve"].where(flagged=False)
    table = found.tables["regressions"]
    row = table.row(7)
    part = curve.where(**{k: row[k] for k in table.keys})
    assert len(part) == row["treatments"] == 3
    assert row["estimate_lowest"] == part.columns["estimate"].min()
    assert row["share_survives"] == pytest.approx(part.columns["survives"].astype(float).mean())
    terms = found.tables["terms"]
    one = terms.row(terms.find("x2"))
    hit = curve.where(term="x2")
    assert one["estimate_median"] == pytest.approx(np.median(hit.columns["estimate"]))


def test_traits_take_the_place_of_treatments_in_survival(panel: Panel) -> None:
    traits = {"x1": {"weights": "equal"}, "x2": {"weights": "equal"}, "x3": {"weights": "entropy"}}
    found = methods["multiverse"](panel, **{**SPACE, "traits": traits})
    part = found.tables["survival"].where(step="weights")
    assert part.columns["choice"].tolist() == ["equal", "entropy"]
    assert part.columns["specifications"].tolist() == [384, 192]


def test_leaving_each_out_has_a_sample_for_every_entity(panel: Panel) -> None:
    small = {**SPACE, "windows": [], "samples": {}, "lags": [0], "transforms": ["levels"]}
    found = methods["multiverse"](panel, **{**small, "leave_each_out": True})
    samples = found.tables["survival"].where(step="sample")
    assert len(samples) == len(panel.entities) + 1


def test_without_a_declared_sign_the_claim_is_that_of_the_median_and_says_so(
    panel: Panel,
) -> None:
    found = methods["multiverse"](panel, **{**SPACE, "sign": "any"})
    assert "M796" in {n.code for n in found.notes}
    assert (found.tables["joint"].columns["observed"] >= 0).all()


def test_units_of_a_treatment_move_nothing(panel: Panel, found: Result) -> None:
    moved = panel.with_series("big", panel.array("x1") * 1000 + 5, unit="1")
    again = methods["multiverse"](moved, **{**SPACE, "treatments": ["big", "x2", "x3"]})
    for table in ("joint", "steps", "regressions"):
        one, two = found.tables[table], again.tables[table]
        for name, values in one.columns.items():
            if values.dtype.kind == "f":
                np.testing.assert_allclose(values, two.columns[name], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("M790", {"controls": {"c1": "control"}}),
        ("M790", {"controls": {"c1": ""}}),
        ("M791", {"windows": ["2011-2050"]}),
        ("M791", {"windows": ["now"]}),
        ("M791", {"samples": {"core": ["e99"]}}),
        ("M791", {"lags": [-1]}),
        ("M791", {"lags": [0, 0]}),
        ("M791", {"transforms": ["squares"]}),
        ("M791", {"treatments": ["x1", "x1"]}),
        ("M791", {"outcomes": []}),
        ("M791", {"controls": {"x1": "confounder"}}),
        ("M792", {"controls": {f"c1 * {n}": "confounder" for n in range(2, 14)}}),
        ("M793", {"windows": ["2011-2012"]}),
        ("M793", {"samples": {"few": [f"e{i:02d}" for i in range(6)]}}),
        ("M794", {"controls": {"c1": "confounder", "c1 * 2": "confounder"}}),
        ("M794", {"controls": {"x1 * 2": "confounder"}}),
        ("M798", {"draws": 50}),
        ("M798", {"level": 1.0}),
        ("M799", {"traits": {"x1": {"weights": "equal"}}}),
        ("M799", {"traits": {"x9": {"weights": "equal"}}}),
    ],
)
def test_what_cannot_be_declared_or_estimated_is_refused(
    panel: Panel, code: str, change: dict[str, Any]
) -> None:
    with pytest.raises(ZhihengError) as caught:
        methods["multiverse"](panel, **{**SPACE, **change})
    assert caught.value.code == code
    assert caught.value.evidence
    assert caught.value.fix.zh


def test_a_missing_cell_is_named(panel: Panel) -> None:
    holed = panel.array("x2").copy()
    holed[3, 4] = np.nan
    gap = panel.with_series("holed", holed, unit="1")
    with pytest.raises(ZhihengError) as caught:
        methods["multiverse"](gap, **{**SPACE, "treatments": ["holed"]})
    assert caught.value.code == "M797"
    [row] = caught.value.evidence
    assert (row["entity"], row["period"], row["variable"]) == ("e03", 2015, "holed")
