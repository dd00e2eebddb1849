"""Distribution dynamics on panels: persistence, the long run, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.stochastic_kernel import stochastic_kernel


def panel(y, periods=None):
    values = np.asarray(y, dtype=float)
    return Panel.of(
        {"y": values},
        entities=[f"e{i:03d}" for i in range(len(values))],
        periods=periods or range(2010, 2010 + values.shape[1]),
        units={"y": "1"},
    )


def autoregression(rho, entities=60, periods=8, seed=0):
    rng = np.random.default_rng(seed)
    y = np.empty((entities, periods))
    y[:, 0] = rng.normal(0, 1 / np.sqrt(1 - rho**2), entities)
    for t in range(1, periods):
        y[:, t] = rho * y[:, t - 1] + rng.normal(size=entities)
    return panel(10 + y)


def run(given, **options):
    return stochastic_kernel(given, **{"variable": "y", "relative": False, "draws": 30, **options})


def codes(result):
    return {note.code for note in result.notes}


def refused(code, given, **options):
    with pytest.raises(ZhihengError) as caught:
        run(given, **options)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value


def test_all_checks_pass_and_the_long_run_integrates_to_one():
    result = run(autoregression(0.7))
    assert all(check.passed for check in result.checks)
    found = result.table("ergodic")
    for _, rows in found.groupby("curve", sort=False):
        step = np.diff(rows.value).mean()
        assert rows.probability_density.sum() * step == pytest.approx(1, abs=2e-3)


def test_the_long_run_of_an_autoregression_lies_in_its_interval():
    result = run(autoregression(0.5, entities=150), draws=99)
    found = result.table("ergodic")
    found = found[found.curve == "long_run"]
    truth = np.exp(-0.5 * (found.value - 10) ** 2 * 0.75) * np.sqrt(0.75 / (2 * np.pi))
    near = (found.value > 8.5) & (found.value < 11.5)
    # point by point at 95 %, points hang together, and kernels widen the law a little
    hit = (found.ci_low <= 1.1 * truth) & (truth * 0.9 <= found.ci_high)
    assert hit[near].mean() > 0.8


def test_persistence_and_return_to_the_mean_are_read_from_quantiles():
    slow = run(autoregression(0.95)).table("persistence")
    fast = run(autoregression(0.2)).table("persistence")
    assert slow.stay.mean() > fast.stay.mean()
    assert fast.p_up.iloc[0] > 0.7
    assert fast.p_down.iloc[-1] > 0.7
    np.testing.assert_allclose(slow.p_down + slow.stay + slow.p_up, 1)
    assert (
        (slow.expected_low <= slow.expected_end) & (slow.expected_end <= slow.expected_high)
    ).all()


def test_one_club_gathers_at_its_mean_and_two_part_in_between():
    one = run(autoregression(0.5, entities=200)).table("crossings")
    assert list(one.crossing) == ["gathers"]
    assert one.value[0] == pytest.approx(10, abs=0.3)
    rng = np.random.default_rng(1)
    y = np.empty((200, 6))
    y[:, 0] = np.where(rng.random(200) < 0.5, -1, 1) + rng.normal(0, 0.6, 200)
    for t in range(1, 6):
        x = y[:, t - 1]
        y[:, t] = x + 0.5 * (x - x**3).clip(-2, 2) + rng.normal(0, 0.25, 200)
    two = run(panel(10 + y), bandwidth=0.6).table("crossings")
    assert list(two.crossing) == ["gathers", "parts", "gathers"]
    assert two.value[1] == pytest.approx(10, abs=0.35)


def test_lag_goes_by_period_and_not_by_row():
    y = autoregression(0.5, periods=4).array("y")
    holes = panel(y, periods=[2010, 2011, 2013, 2014])
    assert run(holes).table("dynamics").n[0] == 2 * 60
    assert run(holes, lag=3).table("dynamics").n[0] == 2 * 60


def test_the_half_life_of_an_autoregression_is_recovered():
    found = run(autoregression(0.8, entities=400)).table("dynamics")
    assert found.second_eigenvalue[0] == pytest.approx(0.8, abs=0.06)
    assert found.deviation_half_life[0] == pytest.approx(np.log(0.5) / np.log(0.8), rel=0.35)


def test_levels_and_a_far_long_run_are_cautions():
    assert "M858" in codes(run(autoregression(0.5)))
    trend = np.random.default_rng(0).normal(10, 3, (40, 1)) + np.zeros((1, 4))
    still = panel(trend + np.random.default_rng(1).normal(0, 0.01, (40, 4)))
    found = codes(run(still, draws=0))
    assert {"M848", "M859"} <= found


def test_upright_and_adaptive_kernels_are_named():
    result = run(autoregression(0.5), aligned=False, adaptive=True)
    assert any("upright, adaptive" in note.text.en for note in result.notes)


def test_the_printed_kernel_holds_seen_starts_only():
    given = autoregression(0.5)
    found = run(given, points=30).table("kernel")
    starts = given.array("y")[:, :-1]
    assert found.from_value.min() >= starts.min()
    assert found.from_value.max() <= starts.max()
    assert (found.groupby("from_value").size() == 30).all()


def test_relative_values_need_a_positive_mean():
    result = run(autoregression(0.5), relative=True)
    assert "relative_value" in result.table("persistence")
    refused("M841", autoregression(0.5), variable="y - 100", relative=True)


def test_one_period_or_too_long_a_lag_is_refused():
    refused("M846", panel(np.random.default_rng(0).normal(size=(20, 1))))
    error = refused("M846", autoregression(0.5), lag=20)
    assert "kernel_density" in error.fix.en


def test_options_and_variables_that_will_not_do_are_refused():
    given = autoregression(0.5)
    for wrong in (
        {"lag": 0}, {"bandwidth": 0.0}, {"band": -1.0}, {"points": 10}, {"points": 500},
        {"draws": 1}, {"level": 0.0},
    ):  # fmt: skip
        refused("M844", given, **wrong)
    refused("M845", given, variable="0 * y")


def test_a_dropped_gap_breaks_the_transitions_to_and_from_it():
    y = autoregression(0.5, periods=3).array("y").copy()
    y[0, 1] = np.nan
    refused("M800", panel(y))
    found = run(panel(y), gaps="drop").table("dynamics")
    assert (found.n[0], found.entities[0]) == (2 * 59, 59)
