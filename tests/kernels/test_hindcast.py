"""Rolling origins: gates on the embedded countries, twins, known truth, no look ahead."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.kernels.hindcast import RIVALS, hindcast, judge_peaks, known_sizes, roll, trajectories
from zhiheng.kernels.outlook import Settings, kaya_outlook

# What the issue asks of the ten-year outlook on the fifty embedded economies.
WORSE, LOWEST, HIGHEST, SKILL = 0.005, 0.85, 0.95, 0.45
# A referee's trial on the same panel, printed with three digits.
TRIAL, PRINTED = {"constant": 0.253, "drift": 0.222, "half_drift": 0.187}, 5e-4
CHINA_HALF_DRIFT = 0.305


def world(*names):
    full = dataset("world")
    return np.log(np.stack([full.array(n) for n in names], axis=-1))


def kaya():
    co2, population, gdp = np.moveaxis(world("co2", "population", "gdp_real"), -1, 0)
    return np.stack([population, gdp - population, co2 - gdp], axis=-1)


def simulated(seed, entities=40, years=35, drift=0.02):
    rng = np.random.default_rng(seed)
    trend = rng.normal(0, drift, size=(entities, 1))
    return (trend + rng.normal(0, 0.03, size=(entities, years))).cumsum(axis=1)[..., None]


def test_the_referees_trial_is_reproduced():
    found = hindcast(world("co2"))
    for name, value in TRIAL.items():
        assert found.mae[name][-1] == pytest.approx(value, abs=PRINTED)
    china = dataset("world").entities.index("CHN")
    assert found.by_entity["half_drift"][china] == pytest.approx(CHINA_HALF_DRIFT, abs=PRINTED)


@pytest.mark.parametrize("chain", [False, True])
def test_the_gates_of_the_outlook_hold(chain):
    logs = kaya() if chain else world("co2")
    found = hindcast(logs, settings=Settings(prior=(1.0, 0.5, 0.5) if chain else 0.5))
    assert found.mae["outlook"][-1] <= found.mae["half_drift"][-1] + WORSE
    assert LOWEST <= found.coverage[1].mean() <= HIGHEST
    peaks = judge_peaks(logs, found)
    assert peaks.skill >= SKILL
    assert peaks.low < peaks.skill < peaks.high


def test_rivals_equal_their_definitions():
    logs = simulated(1)
    level, found = logs[..., 0], roll(logs, 5)
    e, o, h = 3, 20, 4
    came = level[e, o + h] - level[e, o]
    g = (level[e, o] - level[e, o - 10]) / 10
    wanted = {"constant": came, "drift": came - h * g, "half_drift": came - h * g / 2}
    for name, value in wanted.items():
        assert found.errors[name][e, o, h - 1] == pytest.approx(value)
    again = kaya_outlook(logs[:, : o + 1], 5)
    assert found.change[e, o, h - 1] == pytest.approx(again.change[e, h - 1])
    assert found.scale[e, o] == pytest.approx(again.scale[e])


def test_nothing_after_an_origin_changes_what_was_forecast_there():
    logs = simulated(2)
    later = logs.copy()
    later[:, 26:] += np.random.default_rng(9).normal(size=later[:, 26:].shape)
    one, other = roll(logs, 10), roll(later, 10)
    np.testing.assert_array_equal(one.change[:, :26], other.change[:, :26])
    np.testing.assert_array_equal(one.scale[:, :26], other.scale[:, :26])
    for h in (1, 10):
        np.testing.assert_array_equal(
            known_sizes(one.scores, 25, h), known_sizes(other.scores, 25, h)
        )
    np.testing.assert_array_equal(
        trajectories(one.scores, 25, 10), trajectories(other.scores, 25, 10)
    )


def test_an_interval_is_judged_only_where_a_past_outcome_calibrates_it():
    found = hindcast(world("co2"))
    assert found.origins[0] == 10
    assert found.judged[0] == 15
    assert all(len(known_sizes(found.rolling.scores, int(o), 10)) for o in found.judged)
    assert len(known_sizes(found.rolling.scores, int(found.judged[0]) - 1, 10)) == 0


def test_coverage_equals_a_plain_count():
    logs = simulated(3)
    found = hindcast(logs)
    origin = int(found.judged[-1])
    z = found.rolling.scores
    past = sorted(
        abs(z[e, o, 9]) for e in range(40) for o in range(5, origin - 9) if np.isfinite(z[e, o, 9])
    )
    assert len(past) == 40 * (origin - 9 - 5)
    bound = np.quantile(past, min(0.9 * (len(past) + 1) / len(past), 1))
    assert found.coverage[1, -1] == np.mean(np.abs(z[:, origin, 9]) <= bound)


def test_exchangeable_panels_are_covered_at_the_nominal_levels():
    # With full windows and fixed multipliers the scores of all origins are alike in distribution.
    # (Otherwise early forecasts are the worse ones and later intervals cover more than they say.)
    # Ten panels of forty entities and thirty origins: the standard error of the mean coverage is
    # about 0.01, since errors of overlapping origins move together.
    full = Settings(least=10, weight=1e9)
    runs = [hindcast(simulated(s, years=60), settings=full).coverage for s in range(10)]
    np.testing.assert_allclose(np.mean(runs, axis=(0, 2)), [0.5, 0.9], atol=0.04)


def test_probabilities_are_calibrated_where_the_truth_is_simulated():
    found = [judge_peaks(x, hindcast(x)) for x in map(simulated, range(100, 120))]
    p = np.concatenate([f.probability.ravel() for f in found])
    event = np.concatenate([f.event.ravel() for f in found])
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = (p >= low) & (p < high)
        # 8,000 overlapping cases; the groups hold hundreds of effective ones.
        assert abs(event[inside].mean() - p[inside].mean()) < 0.12
    assert np.mean([f.skill for f in found]) > 0.3


def test_events_equal_their_definition_and_climatology_is_known_at_the_origin():
    logs = world("co2")
    found = hindcast(logs)
    peaks = judge_peaks(logs, found)
    level = logs[..., 0]
    for k, o in enumerate(found.judged):
        wanted = level[:, o + 1 : o + 11].max(axis=1) <= level[:, : o + 1].max(axis=1)
        np.testing.assert_array_equal(peaks.event[:, k], wanted)
    first = level[:, 6:16].max(axis=1) <= level[:, :6].max(axis=1)
    assert peaks.climatology[0] == first.mean()


def test_every_rival_is_reported_at_every_horizon():
    found = hindcast(simulated(4), 7)
    assert set(found.mae) == set(RIVALS)
    assert all(v.shape == (7,) and np.isfinite(v).all() for v in found.mae.values())


def test_the_order_of_another_hindcast_is_found():
    # O-V27: sixty countries 1965-2023. Other countries and years, so the order and the size are
    # what can be compared: each error within 0.03, the skill within 0.1.
    found = hindcast(world("co2"))
    mae = [found.mae[name][-1] for name in ("constant", "drift", "half_drift")]
    assert mae == sorted(mae, reverse=True)
    np.testing.assert_allclose(mae, [0.279, 0.236, 0.196], atol=0.03)
    peaks = judge_peaks(world("co2"), found)
    assert peaks.skill == pytest.approx(0.59, abs=0.1)
    assert peaks.auc == pytest.approx(0.923, abs=0.05)
    assert peaks.event.mean() == pytest.approx(0.389, abs=0.05)
