"""Effects by cohort and period: definitions written out, laws, and a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels import group_time as cells

ROUNDING = 1e-10
seeds = st.integers(0, 2**32 - 1)


def made(seed, entities=20, periods=6):
    rng = np.random.default_rng(seed)
    start = rng.permutation(np.r_[2, 2, 2, 4, 4, 5, 5, np.full(entities - 7, periods)])
    x = rng.normal(size=(entities, periods, 1))
    return rng.normal(size=(entities, periods)).cumsum(axis=1) + x[..., 0], x, start


@given(seeds, st.sampled_from(["never", "not_yet"]))
def test_cells_without_covariates_are_differences_of_mean_changes(seed, comparison):
    y, x, start = made(seed)
    found = cells.group_time(y, x[..., :0], start, comparison=comparison, adjust="doubly_robust")
    for g, t, estimate in zip(found.cohort, found.period, found.effects.estimate, strict=True):
        base = g - 1 if t >= g else t - 1
        other = [
            i for i in range(20)
            if (start[i] == 6 if comparison == "never" else start[i] > max(t, base))
            and start[i] != g
        ]  # fmt: skip
        change = y[:, t] - y[:, base]
        assert estimate == pytest.approx(change[start == g].mean() - change[other].mean())
    np.testing.assert_allclose(found.effects.influence.mean(axis=0), 0, atol=ROUNDING)


@given(seeds)
def test_regression_adjustment_is_the_gap_to_what_the_untreated_predict(seed):
    y, x, start = made(seed)
    found = cells.group_time(y, x, start, comparison="never", adjust="regression")
    j = int(np.flatnonzero((found.cohort == 2) & (found.period == 4))[0])
    change, design = y[:, 4] - y[:, 1], np.c_[np.ones(20), x[:, 1]]
    beta = np.linalg.lstsq(design[start == 6], change[start == 6], rcond=None)[0]
    wanted = (change - design @ beta)[start == 2].mean()
    assert found.effects.estimate[j] == pytest.approx(wanted)


@given(seeds, st.sampled_from(["never", "not_yet"]))
def test_the_linear_form_of_the_average_is_the_average(seed, comparison):
    y, x, start = made(seed)
    found = cells.group_time(y, x[..., :0], start, comparison=comparison, adjust="regression")
    whole = cells.average(found, start, found.period >= found.cohort)
    form = cells.cell_weights(y, start, comparison)
    assert (y * form[start]).sum() == pytest.approx(whole.estimate[0], abs=1e-9)


@given(seeds, st.floats(0.1, 50), st.sampled_from(["doubly_robust", "regression"]))
def test_units_and_common_shifts_of_the_outcome(seed, scale, adjust):
    y, x, start = made(seed)
    options = {"comparison": "never", "adjust": adjust}
    try:
        plain = cells.group_time(y, x, start, **options)
        moved = cells.group_time(scale * (y + np.arange(6.0)), x, start, **options)
    except cells.NoOverlap:
        return
    np.testing.assert_allclose(
        moved.effects.estimate, scale * plain.effects.estimate, rtol=1e-6, atol=1e-7 * scale
    )


def test_errors_equal_the_variance_of_two_means():
    y, x, start = made(3)
    found = cells.group_time(y, x[..., :0], start, comparison="never", adjust="doubly_robust")
    j = int(np.flatnonzero((found.cohort == 2) & (found.period == 3))[0])
    change = y[:, 3] - y[:, 1]
    parts = [change[start == g].var() / (start == g).sum() for g in (2, 6)]
    assert found.effects.std_error[j] == pytest.approx(np.sqrt(sum(parts)))


def test_separation_is_refused_and_names_the_cell():
    y, x, start = made(5)
    x = np.where(start[:, None, None] < 6, 5.0, -5.0) + 0.01 * x
    with pytest.raises(cells.NoOverlap) as caught:
        cells.group_time(y, x, start, comparison="never", adjust="doubly_robust")
    assert (caught.value.cohort, caught.value.period) == (2, 1)


def test_a_planted_effect_is_recovered_and_covered():
    """400 panels of 60 entities; 95 % intervals cover the truth 95.25 % of the time."""
    rng = np.random.default_rng(11)
    start = np.r_[np.full(12, 3), np.full(12, 5), np.full(36, 7)]
    since = np.maximum(np.arange(7) - start[:, None] + 1, 0)
    truth = (since * 0.5)[since > 0].mean()
    inside, errors = 0, []
    for _ in range(400):
        y = rng.normal(size=(60, 1)) + rng.normal(size=(60, 7)) + 0.5 * since
        found = cells.group_time(
            y, np.zeros((60, 7, 0)), start, comparison="never", adjust="regression"
        )
        whole = cells.average(found, start, found.period >= found.cohort)
        errors.append(whole.estimate[0] - truth)
        inside += abs(errors[-1]) < 1.96 * whole.std_error[0]
    assert abs(np.mean(errors)) < 3 * np.std(errors) / 20
    assert 0.91 < inside / 400 < 0.97
