"""Densities on panels: bandwidths, modes, the test, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.kernel_density import kernel_density

# Sums of a few dozen exponentials.
PROGRAM = 1e-10


def panel(y):
    values = np.asarray(y, dtype=float)
    return Panel.of(
        {"y": values},
        entities=[f"e{i:03d}" for i in range(len(values))],
        periods=range(2010, 2010 + values.shape[1]),
        units={"y": "1"},
    )


def normal(entities=60, periods=3):
    return panel(5 + np.random.default_rng(0).normal(size=(entities, periods)))


def codes(result):
    return {note.code for note in result.notes}


def refused(code, given, **options):
    with pytest.raises(ZhihengError) as caught:
        kernel_density(given, **{"variable": "y", **options})
    assert caught.value.code == code
    return caught.value


def test_densities_equal_those_of_scipy_on_a_common_grid():
    given = normal()
    result = kernel_density(given, variable="y", draws=0)
    found, width = result.table("density"), result.table("summary").set_index("period").bandwidth
    for t, (period, rows) in enumerate(found.groupby("period")):
        x = given.array("y")[:, t]
        other = stats.gaussian_kde(x, bw_method=width[period] / np.std(x, ddof=1))
        np.testing.assert_allclose(rows.probability_density, other(rows.value), atol=PROGRAM)
    assert found.groupby("value").size().eq(3).all()
    assert all(check.passed for check in result.checks)


@pytest.mark.parametrize("rule", ["silverman", "scott", "sheather_jones"])
def test_the_bandwidth_in_use_is_named(rule):
    result = kernel_density(normal(), variable="y", bandwidth=rule, draws=0)
    assert any("n^(" in n.text.en or "Sheather" in n.text.en for n in result.notes)
    assert (result.table("summary").bandwidth > 0).all()


def test_a_given_bandwidth_is_used_as_it_is_also_as_a_word():
    for given in (0.4, "0.4"):
        found = kernel_density(normal(), variable="y", bandwidth=given, draws=0)
        assert (found.table("summary").bandwidth == 0.4).all()


def test_two_clubs_are_seen_and_tested():
    rng = np.random.default_rng(1)
    y = np.concatenate([rng.normal(2, 0.3, (40, 2)), rng.normal(6, 0.3, (40, 2))])
    result = kernel_density(panel(y), variable="y", draws=199)
    summary = result.table("summary")
    assert (summary.modes == 2).all()
    assert (summary.p_calibrated < 0.05).all()
    assert (summary.p_dip < 0.05).all()
    np.testing.assert_allclose(np.sort(result.table("modes").value)[[0, -1]], [2, 6], atol=0.3)
    assert "M855" not in codes(result)


def test_peaks_by_chance_are_not_called_clubs():
    given = panel(np.random.default_rng(5).normal(10, 1, size=(30, 2)))
    result = kernel_density(given, variable="y", bandwidth=0.2, draws=199)
    assert (result.table("summary").modes > 1).any()
    assert {"M854", "M855"} <= codes(result)


def test_relative_values_have_a_mean_of_one_and_their_own_column():
    result = kernel_density(normal(), variable="y", relative=True, draws=0)
    np.testing.assert_allclose(result.table("summary")["mean"], 1)
    assert "relative_value" in result.table("density")


def test_a_narrow_kernel_gets_a_finer_grid():
    y = np.random.default_rng(0).lognormal(sigma=1.5, size=(80, 2))
    result = kernel_density(panel(y), variable="y", bandwidth="sheather_jones", draws=0)
    assert result.table("density").groupby("period").size().iloc[0] > 200
    assert all(check.passed for check in result.checks)


def test_chosen_periods_only_and_one_period_works():
    for given in ([2011], "2011", ["2011"]):
        found = kernel_density(normal(), variable="y", periods=given, draws=0)
        assert list(found.table("summary").period) == [2011]
    assert len(kernel_density(normal(periods=1), variable="y", draws=0).table("summary")) == 1
    error = refused("M847", normal(), periods=[1999])
    assert "1999" in error.what.en


def test_mass_below_zero_of_a_variable_that_is_never_negative_is_named():
    y = np.random.default_rng(0).exponential(size=(60, 2))
    assert "M856" in codes(kernel_density(panel(y), variable="y", draws=0))


def test_dropped_gaps_are_left_out_of_their_period():
    y = normal().array("y").copy()
    y[3, 1] = np.nan
    refused("M800", panel(y))
    found = kernel_density(panel(y), variable="y", draws=0, gaps="drop").table("summary")
    assert list(found.n) == [60, 59, 60]


def test_options_and_variables_that_will_not_do_are_refused():
    for wrong in ({"bandwidth": "wide"}, {"bandwidth": 0.0}, {"points": 10}, {"draws": 1}):
        assert refused("M844", normal(), **wrong).evidence
    for tight in ({"bandwidth": 0.001}, {"bandwidth": 0.05, "points": 100}):
        error = refused("M844", normal(), **tight)
        assert "points" in error.fix.en
    assert refused("M845", normal(), variable="0 * y").evidence
    assert refused("M841", normal(), variable="y - 100", relative=True).evidence
