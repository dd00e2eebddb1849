"""The coefficient with and without flagged cells equals a regression on a panel with gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel, Status
from zhiheng.core.registry import methods
from zhiheng.core.result import Result, Table
from zhiheng.study.health_effect import health_effect, read_formula


def made(filled: int = 12) -> Panel:
    """30 rows; in some the regressor is interpolated over six years, hiding its effect."""
    rng = np.random.default_rng(3)
    shape = (30, 14)
    x = np.round(100 + rng.normal(0, 5, shape).cumsum(axis=1), 2)
    y = np.round(50 + 2 * x + rng.normal(0, 1, shape), 2)
    for e in range(filled):
        x[e, 4:10] = np.round(np.linspace(x[e, 3], x[e, 10], 8)[1:-1], 2)
    y[20, 7] *= 100
    return Panel.of(
        {"y": y, "x": x}, entities=[f"e{i:02d}" for i in range(30)], periods=range(2001, 2015),
        units={"y": "1", "x": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def panel() -> Panel:
    return made()


def test_it_equals_the_regression_on_a_panel_with_gaps(panel: Panel) -> None:
    audit = methods["health"](panel)
    found = health_effect(panel, audit, outcome="y", regressors=("x",))
    values = panel.values.copy()
    values[:12, 4:10, 1] = np.nan
    holes = replace(
        panel, values=values, status=np.where(np.isnan(values), -1, panel.status).astype(np.int8)
    )
    plain = methods["panel_ols"](
        holes, outcome="y", regressors=["x"], gaps="drop", draws=0, influence=False
    )
    table = found.tables["coefficients"]
    row, want = table.row(table.find("observed", "x")), plain.tables["coefficients"].row(0)
    for column in ("estimate", "std_error", "p_value"):
        assert row[column] == pytest.approx(want[column], rel=1e-12)  # the same sums
    fit = found.table("fit").set_index("sample")
    assert fit.n.to_dict() == {"all": 420, "observed": 420 - 72, "clean": 420 - 73}
    assert fit.flagged_cells.to_dict() == {"all": 0, "observed": 72, "clean": 73}


def test_taking_out_what_is_wrong_brings_the_planted_effect_back(panel: Panel) -> None:
    found = health_effect(panel, methods["health"](panel), outcome="y", regressors=("x",))
    table = found.table("coefficients").set_index("sample").estimate
    assert abs(table["clean"] - 2) < 0.05 < abs(table["all"] - 2)  # noqa: PLR2004
    assert np.array_equal(panel.values, made().values)


def test_without_findings_nothing_changes() -> None:
    panel = made(0).select(entities=[f"e{i:02d}" for i in range(20)])
    found = health_effect(panel, methods["health"](panel), outcome="y", regressors=("x",))
    assert found.table("coefficients").estimate.nunique() == 1
    assert not len(found.tables["removed"])


@pytest.mark.parametrize("formula", ["y", "~ x", "y ~", "y ~ x +", "y ~ x + + z"])
def test_formulas_that_cannot_be_read(formula: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        read_formula(formula)
    assert caught.value.code == "D133"


def test_plus_signs_in_parentheses_belong_to_their_term() -> None:
    assert read_formula("log(a + b) ~ (c + d) / e + f") == ("log(a + b)", ("(c + d) / e", "f"))


def test_too_little_observed_is_said(panel: Panel) -> None:
    every = [(e, p) for e in panel.entities for p in panel.periods]
    cells = Table.of(
        ("entity", "period"),
        entity=[e for e, _ in every],
        period=np.array([p for _, p in every]),
        series=["x"] * len(every),
        suggested=["interpolated"] * len(every),
    )
    with pytest.raises(ZhihengError) as caught:
        health_effect(panel, Result({"cells": cells}), outcome="y", regressors=("x",))
    assert caught.value.code == "D134"


def test_cells_that_the_source_calls_interpolated_go_as_well() -> None:
    panel = made(0).select(entities=[f"e{i:02d}" for i in range(20)])
    status = panel.status.copy()
    status[3, 2:6, 1] = Status.INTERPOLATED
    told = replace(panel, status=status)
    found = health_effect(told, methods["health"](told), outcome="y", regressors=("x",))
    assert found.table("fit").flagged_cells.tolist() == [0, 4, 4]
