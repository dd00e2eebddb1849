"""Measures of inequality on panels: trends, the zero point, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.inequality import inequality

# Sums of a few dozen terms of order one.
ROUNDING = 1e-11


def panel(y, **more):
    values = {"y": np.asarray(y, dtype=float), **more}
    rows, cols = values["y"].shape
    return Panel.of(
        values,
        entities=[f"e{i:02d}" for i in range(rows)],
        periods=range(2010, 2010 + cols),
        units=dict.fromkeys(values, "1"),
    )


def spread_out(entities=40, factor=2.0):
    """Values whose logs spread by a factor."""
    z = np.random.default_rng(0).normal(size=entities)
    return panel(np.stack([np.exp(0.3 * z), np.exp(0.4 * z), np.exp(0.3 * factor * z)], axis=1))


def codes(result):
    return {note.code for note in result.notes}


def test_widening_is_said_when_all_intervals_show_it():
    result = inequality(spread_out(), variable="y")
    trend = result.table("trend")
    assert set(trend.trend) == {"widened"}
    assert (trend.ci_low < trend.change).all()
    assert (trend.change < trend.ci_high).all()
    assert any("扩大" in note.text.zh for note in result.notes)
    assert all(check.passed for check in result.checks)


def test_narrowing_is_the_same_backwards():
    result = inequality(spread_out(factor=0.5), variable="y")
    assert set(result.table("trend").trend) == {"narrowed"}


def test_noise_is_not_called_a_trend():
    rng = np.random.default_rng(3)
    result = inequality(panel(rng.lognormal(size=(30, 2))), variable="y")
    assert "unclear" in set(result.table("trend").trend)
    assert "M853" in codes(result) or any("不能断定" in n.text.zh for n in result.notes)


def test_a_trend_that_hangs_on_the_zero_point_is_a_caution_with_its_turning_shift():
    base = np.linspace(0.05, 0.95, 30)
    data = panel(np.stack([base, 0.3 + 1.15 * base], axis=1))  # level up, absolute gaps up
    result = inequality(data, variable="y")
    assert "M851" in codes(result)
    shifts = result.table("shifts").set_index(["shift", "measure"])
    assert shifts.sign["as_is", "gini"] == "falls"
    assert (shifts.xs("gini_absolute", level="measure").sign == "rises").all()
    turn = shifts.turning_shift["as_is", "gini"]
    moved = data.array("y") + turn
    again = inequality(panel(moved), variable="y", draws=0).table("trend").set_index("measure")
    assert again.change["gini"] == pytest.approx(0, abs=1e-10)


def test_a_trend_that_does_not_hang_on_it_is_said_so():
    result = inequality(spread_out(), variable="y")
    assert "M851" not in codes(result)
    assert any("零点检验" in note.text.zh for note in result.notes)


def test_population_weights_are_repeated_rows():
    y = np.random.default_rng(1).lognormal(size=(12, 2))
    times = np.random.default_rng(2).integers(1, 4, 12)
    weighted = panel(y, n=np.repeat(times[:, None], 2, axis=1).astype(float))
    one = inequality(weighted, variable="y", population="n", draws=0).table("measures")
    two = inequality(panel(np.repeat(y, times, axis=0)), variable="y", draws=0).table("measures")
    np.testing.assert_allclose(one.value, two.value, rtol=ROUNDING)


def test_one_period_has_measures_and_no_trend():
    result = inequality(panel(np.random.default_rng(0).lognormal(size=(25, 1))), variable="y")
    assert set(result.tables) == {"measures"}
    assert [f.name for f in result.figures] == ["gini"]


def test_no_draws_give_no_intervals_and_no_verdict():
    result = inequality(spread_out(), variable="y", draws=0)
    assert result.table("measures").ci_low.isna().all()
    assert set(result.table("trend").trend) == {"no_interval"}


def test_zeros_leave_logs_out_and_few_entities_are_named():
    y = np.random.default_rng(0).lognormal(size=(10, 2))
    y[0, 0] = 0
    result = inequality(panel(y), variable="y")
    assert {"M850", "M857"} <= codes(result)
    found = result.table("measures").set_index(["period", "measure"]).value
    assert np.isnan(found[2010, "theil_l"])
    assert found[2010, "gini"] > 0
    assert all(check.passed for check in result.checks)


def test_what_cannot_be_measured_is_refused_with_its_cells():
    given = spread_out()
    for code, options in (
        ("M840", {"variable": "y - 1"}),
        ("M841", {"variable": "0 * y"}),
        ("M843", {"variable": "y", "population": "y - 1"}),
        ("M844", {"variable": "y", "epsilon": 0.0}),
        ("M820", {"variable": "y", "level": 1.0}),
    ):
        with pytest.raises(ZhihengError) as caught:
            inequality(given, **options)
        assert caught.value.code == code
        assert caught.value.evidence
