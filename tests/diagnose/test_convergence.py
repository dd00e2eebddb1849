"""Sigma, beta and clubs as methods: other programs live, refusals, what may be said."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from zhiheng.catalog.examples import example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods

# Least squares by another factorisation, relative.
SAME = 1e-8


def panel_of(y, **more):
    y = np.asarray(y, dtype=float)
    series = {"y": y, **more}
    return Panel.of(
        series,
        entities=[f"e{i:02d}" for i in range(len(y))],
        periods=range(2001, 2001 + y.shape[1]),
        units={},
    )


def converging(seed, *, theta, entities=40, periods=11, noise=0.0):
    """Each entity closes the same share of its gap to a common path every year."""
    rng = np.random.default_rng(seed)
    gap = rng.normal(0, 0.5, (entities, 1)) * np.exp(-theta * np.arange(periods))
    return np.exp(10 + 0.03 * np.arange(periods) + gap + noise * rng.normal(size=gap.shape))


def sigma(panel, **options):
    return methods["sigma_convergence"](panel, variable="y", **{"draws": 200, **options})


def beta(panel, **options):
    return methods["beta_convergence"](panel, variable="y", **{"draws": 0, **options})


def row(result, table, *key):
    found = result.tables[table]
    return found.row(found.find(*key))


def codes(result):
    return {note.code for note in result.notes}


# ------------------------------------------------------------------ sigma


def test_a_panel_that_closes_in_is_said_to_narrow_and_its_mirror_to_widen():
    y = converging(1, theta=0.05, noise=0.002)
    one, two = sigma(panel_of(y)), sigma(panel_of(y[:, ::-1]))
    assert row(one, "trend", "sd_log")["verdict_title_en"] == "gaps narrowed"
    assert row(two, "trend", "sd_log")["verdict_title_en"] == "gaps widened"
    change = row(one, "trend", "sd_log")
    assert change["change_low"] < change["change"] < change["change_high"] < 0


def test_noise_around_constant_gaps_decides_nothing():
    rng = np.random.default_rng(2)
    y = np.exp(rng.normal(0, 0.4, (30, 1)) + rng.normal(0, 0.1, (30, 8)))
    assert row(sigma(panel_of(y)), "trend", "sd_log")["verdict_title_en"].startswith("undecided")


def test_the_trend_equals_statsmodels_with_the_lag_rule_as_stated():
    panel = example_panel("regions")
    found = methods["sigma_convergence"](panel, variable="gdp_real / population", draws=0)
    series = found.tables["sigma"].columns["dispersion"]
    time = np.array(panel.periods, dtype=float)
    theirs = sm.OLS(series, sm.add_constant(time)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 2, "use_correction": False}
    )
    line = row(found, "trend", "sd_log")
    assert line["lags"] == 2
    np.testing.assert_allclose(line["slope"], theirs.params[1], rtol=SAME)
    np.testing.assert_allclose(line["std_error_hac"], theirs.bse[1], rtol=1e-6)
    np.testing.assert_allclose(line["p_value"], theirs.pvalues[1], rtol=1e-5)


@pytest.mark.parametrize("name", ["sigma_convergence", "beta_convergence"])
def test_one_period_and_values_of_zero_are_refused(name):
    y = converging(1, theta=0.1)
    with pytest.raises(ZhihengError) as caught:
        methods[name](panel_of(y[:, :1]), variable="y")
    assert caught.value.code == "M770"
    y[3, 2] = 0.0
    with pytest.raises(ZhihengError) as caught:
        methods[name](panel_of(y), variable="y")
    assert caught.value.code == "M771"
    assert caught.value.evidence[0]["entity"] == "e03"
    assert caught.value.evidence[0]["period"] == 2003


# ------------------------------------------------------------------ beta


def test_the_cross_section_equals_statsmodels_live():
    rng = np.random.default_rng(4)
    y = converging(4, theta=0.03, noise=0.01)
    x = rng.normal(size=y.shape) + np.log(y)
    found = beta(panel_of(y, x=x), controls=["x"])
    growth = (np.log(y[:, -1]) - np.log(y[:, 0])) / 10
    for model, columns in (
        ("absolute", [np.log(y[:, 0])]),
        ("conditional", [np.log(y[:, 0]), x[:, 0]]),
        ("reverse", [np.log(y[:, -1])]),
    ):
        design = sm.add_constant(np.column_stack(columns))
        hc1, hc2 = (sm.OLS(growth, design).fit(cov_type=kind) for kind in ("HC1", "HC2"))
        line = row(found, "convergence", model)
        np.testing.assert_allclose(line["estimate"], hc1.params[1], rtol=SAME)
        np.testing.assert_allclose(line["std_error"], hc1.bse[1], rtol=SAME)
        # clusters of one row: CR2 is HC2
        np.testing.assert_allclose(line["std_error_cr2"], hc2.bse[1], rtol=1e-6)
    control = row(found, "controls", "conditional", "x")
    np.testing.assert_allclose(control["estimate"], hc1_of(growth, y, x).params[2], rtol=1e-6)


def hc1_of(growth, y, x):
    design = sm.add_constant(np.column_stack([np.log(y[:, 0]), x[:, 0]]))
    return sm.OLS(growth, design).fit(cov_type="HC1")


@pytest.mark.parametrize("effects", ["twoway", "entity", "period"])
@pytest.mark.parametrize("lag", [1, 3])
def test_the_panel_equals_linearmodels_live(effects, lag):
    from linearmodels.panel import PanelOLS

    y = converging(5, theta=0.08, noise=0.03)
    log = np.log(y)
    growth, level = (log[:, lag:] - log[:, :-lag]) / lag, log[:, :-lag]
    index = pd.MultiIndex.from_product([range(len(y)), range(growth.shape[1])])
    frame = pd.DataFrame({"g": growth.ravel(), "x": level.ravel()}, index=index)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = PanelOLS(
            frame["g"],
            frame[["x"]],
            entity_effects=effects in ("twoway", "entity"),
            time_effects=effects in ("twoway", "period"),
        ).fit(cov_type="clustered", cluster_entity=True, group_debias=False, debiased=False)
    line = row(beta(panel_of(y), effects=effects, lag=lag), "convergence", "panel")
    np.testing.assert_allclose(line["estimate"], theirs.params["x"], rtol=1e-7)


def test_speed_and_half_life_are_those_of_a_noiseless_panel():
    found = beta(panel_of(converging(3, theta=0.05, noise=1e-7)), effects="period")
    line = row(found, "convergence", "absolute")
    np.testing.assert_allclose(line["theta"], 0.05, rtol=1e-5)
    np.testing.assert_allclose(line["half_life"], np.log(2) / 0.05, rtol=1e-5)
    assert line["half_life_low"] < line["half_life"] < line["half_life_high"]
    assert row(found, "convergence", "reverse")["theta"] is None


def test_measurement_error_alone_makes_a_negative_slope_that_is_not_called_convergence():
    rng = np.random.default_rng(7)
    y = np.exp(10 + rng.normal(0, 0.3, (60, 1)) + rng.normal(0, 0.25, (60, 9)))
    found = beta(panel_of(y))
    absolute, reverse = (row(found, "convergence", m) for m in ("absolute", "reverse"))
    assert absolute["ci_high"] < 0
    assert reverse["ci_low"] > 0, "growth on the final level turns the sign"
    assert {"M776", "M777"} <= codes(found)
    assert not any("convergence in both senses" in note.text.en for note in found.notes)


def test_a_negative_slope_beside_a_rising_dispersion_is_said_not_to_be_convergence():
    rng = np.random.default_rng(9)
    first = rng.normal(0, 0.2, 200)
    last = 0.6 * first + rng.normal(0, 0.5, 200)
    y = np.exp(10 + np.linspace(0, 1, 6) * (last - first)[:, None] + first[:, None])
    found = beta(panel_of(y + rng.normal(0, 1, y.shape)))
    (said,) = [note for note in found.notes if note.code == "M777"]
    assert said.level == "caution"
    assert "no convergence" in said.text.en
    assert "不能称为收敛" in said.text.zh


def test_convergence_is_only_said_where_slope_and_dispersion_agree():
    found = beta(panel_of(converging(1, theta=0.05, noise=0.002)))
    assert any("convergence in both senses" in note.text.en for note in found.notes)
    assert "M777" not in codes(found)


def test_the_bias_of_entity_effects_is_named_with_the_corrected_speed_beside_it():
    found = beta(panel_of(converging(2, theta=0.1, noise=0.05)))
    line = row(found, "convergence", "panel")
    assert "M778" in codes(found)
    assert line["theta_corrected"] < line["theta"]
    assert "M778" not in codes(
        beta(panel_of(converging(2, theta=0.1, noise=0.05)), effects="period")
    )


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("M772", lambda y: {"panel": panel_of(y[:8])}),
        ("M773", lambda y: {"panel": panel_of(y, x=np.ones_like(y)), "controls": ["x"]}),
        ("M773", lambda y: {"panel": panel_of(y, x=np.log(y)), "controls": ["x"]}),
        ("M774", lambda y: {"panel": panel_of(y), "controls": ["y"]}),
        ("M775", lambda y: {"panel": panel_of(y), "lag": 10}),
        ("M820", lambda y: {"panel": panel_of(y), "lag": 0}),
    ],
)
def test_what_cannot_be_estimated_is_refused(code, change):
    with pytest.raises(ZhihengError) as caught:
        beta(**change(converging(1, theta=0.05, noise=0.01)))
    assert caught.value.code == code


@pytest.mark.slow
def test_the_planted_speed_lies_in_its_interval_as_often_as_stated():
    """Speed 0.04 with growth shocks, 40 entities: coverage of 95 % within 90 to 99 % of 300."""
    theta, hits = 0.04, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        gap = np.empty((40, 11))
        gap[:, 0] = rng.normal(0, 0.5, 40)
        for t in range(1, 11):
            gap[:, t] = np.exp(-theta) * gap[:, t - 1] + rng.normal(0, 0.02, 40)
        line = row(beta(panel_of(np.exp(10 + gap)), effects="period"), "convergence", "absolute")
        hits += line["theta_low"] < theta < line["theta_high"]
    assert 0.90 <= hits / 300 <= 0.99


# ------------------------------------------------------------------ clubs


def clubs(panel, **options):
    return methods["clubs"](panel, variable="y", **options)


def test_unfiltered_tables_agree_with_each_other():
    rng = np.random.default_rng(1)
    t = np.arange(1, 31)
    group = np.repeat([0, 1], 10)
    y = 8 + (0.02 + 0.04 * group)[:, None] * t + rng.normal(0, 0.3, (20, 1)) * t**-0.5
    y = y + rng.normal(0, 0.005, y.shape)
    found = clubs(panel_of(y), filter="none")
    listed, tested = found.tables["clubs"], found.tables["log_t"]
    for k in range(1, int(listed.columns["club"].max()) + 1):
        line = tested.row(tested.find("initial", k))
        assert line["n"] == (listed.columns["club"] == k).sum()
        assert line["converges"] == 1
    assert not tested.row(tested.find("all", 0))["converges"]
    assert len(found.tables["merging"]) == max(int(listed.columns["club"].max()) - 1, 0)
    same = clubs(panel_of(y), filter="none", merge=False).tables["clubs"].columns
    np.testing.assert_array_equal(same["club_merged"], same["club"])


@pytest.mark.parametrize(
    ("code", "options", "change"),
    [
        ("M890", {}, lambda y: y[:, :6]),
        ("M890", {"trim": 0.8}, lambda y: y),
        ("M891", {}, lambda y: y - 10.2),
        ("M892", {}, lambda y: np.concatenate([y, y[:1]])),
        ("M893", {"trim": 1.2}, lambda y: y),
        ("M893", {"smoothing": 0.0}, lambda y: y),
    ],
)
def test_what_the_log_t_test_does_not_allow_is_refused(code, options, change):
    y = np.log(converging(1, theta=0.05, noise=0.01))
    with pytest.raises(ZhihengError) as caught:
        clubs(panel_of(change(y)), **options)
    assert caught.value.code == code
    assert caught.value.evidence


def test_short_windows_and_entities_without_a_club_are_named():
    y = np.log(converging(1, theta=0.0, noise=0.05))
    found = clubs(panel_of(y))
    assert {"M895", "M896"} <= codes(found)
    outside = (found.tables["clubs"].columns["club"] == 0).any()
    assert ("M894" in codes(found)) == outside
