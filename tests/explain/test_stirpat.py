"""STIRPAT: exact recovery, arithmetic that is refused or measured, ridge, turning points."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.panel_ols import panel_ols
from zhiheng.explain.stirpat import stirpat

# Case O-V11 asks for 1e-6; squares of logarithms around nine lose a few digits.
RECOVERY = 1e-9


def exact():
    """The panel of case O-V11: six units, twelve years, no noise."""
    i, t = np.arange(6)[:, None], np.arange(12)[None]
    p = np.exp(3 + 0.3 * i + 0.01 * t + 0.05 * np.sin(i * t))
    a = np.exp(8 + 0.2 * i + 0.06 * t + 0.03 * np.cos(i + t))
    tech = np.exp(-0.2 * i - 0.02 * t + 0.04 * np.sin(t))
    log = 0.1 * i + 0.9 * np.log(p) + 1.4 * np.log(a) - 0.06 * np.log(a) ** 2 + 0.5 * np.log(tech)
    return Panel.of(
        {"I": np.exp(log), "P": p, "A": a, "T": tech},
        entities=[f"u{n}" for n in range(6)], periods=range(12), units={},
    )  # fmt: skip


def noisy(entities=24, periods=12, seed=0, curve=0.0, gap=None):
    rng = np.random.default_rng(seed)
    shape = entities, periods
    p = rng.normal(size=(entities, 1)) + 0.02 * rng.normal(size=shape).cumsum(axis=1)
    a = 9 + 0.5 * rng.normal(size=shape)
    t = 0.3 * rng.normal(size=shape) + 0.5 * (a - 9)
    y = rng.normal(size=(entities, 1)) + 0.8 * p + 1.1 * (a - 9) + curve * (a - 9) ** 2
    y = y + 0.4 * t + 0.1 * rng.normal(size=shape)
    made = {"I": np.exp(y), "P": np.exp(p), "A": np.exp(a), "T": np.exp(t), "s": rng.random(shape)}
    if gap:
        made["T"][gap] = np.nan
    return Panel.of(
        made, entities=[f"r{n:02d}" for n in range(entities)], periods=range(2000, 2000 + periods),
        units={},
    )  # fmt: skip


def run(panel=None, **options):
    given = {"impact": "I", "population": "P", "affluence": "A", "technology": ["T"]}
    return stirpat(panel or noisy(), **{**given, **options})


def codes(result):
    return {note.code for note in result.notes}


def refused(code, panel=None, **options):
    with pytest.raises(ZhihengError) as caught:
        run(panel, **options)
    assert caught.value.code == code
    return caught.value


def test_case_v11_is_recovered_exactly_with_its_turning_point():
    result = run(exact(), quadratic=True)
    table = result.table("coefficients")
    np.testing.assert_allclose(table.estimate, [0.9, 1.4, -0.06, 0.5], atol=RECOVERY)
    turn = result.tables["turning_point"].row(0)
    assert turn["turning_point"] == pytest.approx(116618.90399762252, rel=1e-7)
    assert (turn["extremum"], turn["in_range"]) == ("maximum", "no")
    assert {"M944", "M949"} <= codes(result)
    assert result.blocked


def test_estimates_equal_those_of_the_panel_regression_on_logarithms():
    ours = run(controls=["s"], effects="twoway").table("coefficients")
    theirs = panel_ols(
        noisy(), outcome="log(I)", regressors=["log(P)", "log(A)", "log(T)", "s"], draws=0,
        influence=False,
    ).table("coefficients")  # fmt: skip
    for column in ("estimate", "std_error", "p_value", "std_error_cr2", "df_few", "p_few"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-8, err_msg=column)


def test_first_differences_stand_beside_every_estimate():
    ours = run().table("differences")
    theirs = panel_ols(
        noisy(), outcome="log(I)", regressors=["log(P)", "log(A)", "log(T)"], effects="entity",
        transform="first_difference", draws=0, influence=False,
    ).table("coefficients")  # fmt: skip
    np.testing.assert_allclose(ours.estimate, theirs.estimate, rtol=1e-8)
    np.testing.assert_allclose(ours.std_error, theirs.std_error, rtol=1e-8)


def test_a_planted_maximum_is_found_inside_the_data_with_both_intervals():
    turn = run(noisy(curve=-0.8), quadratic=True).tables["turning_point"].row(0)
    true = np.exp(9 + 1.1 / 1.6)
    assert turn["in_range"] == "yes"
    assert turn["ci_low_turning"] < true < turn["ci_high_turning"]
    assert turn["fieller_low"] < true < turn["fieller_high"]


def test_the_curve_peaks_at_the_printed_turning_point():
    result = run(noisy(curve=-0.8), quadratic=True)
    curve = result.table("curve")
    turn = np.log(result.tables["turning_point"].columns["turning_point"][0])
    best = curve["at"][curve["fitted_difference"].idxmax()]
    assert abs(best - turn) <= np.diff(curve["at"])[0]


def test_a_straight_line_has_no_bounded_turning_point():
    assert "M734" in codes(run(quadratic=True))


def test_ridge_at_zero_is_least_squares_and_shrinks_from_there():
    zero = run(estimator="ridge", ridge_k=0.0, draws=0).table("coefficients")
    np.testing.assert_allclose(zero.estimate, run().table("coefficients").estimate, rtol=1e-9)
    much = run(estimator="ridge", ridge_k=1e4, draws=0).table("coefficients")
    assert (np.abs(much.estimate) < 1e-3 * np.abs(zero.estimate)).all()


def test_the_ridge_trace_passes_through_the_printed_estimates():
    result = run(estimator="ridge", draws=50)
    k = result.tables["ridge_choice"].columns["ridge_k"][0]
    trace = result.table("ridge_trace")
    at = trace[trace.ridge_k == k].set_index("term").estimate
    table = result.table("coefficients").set_index("term")
    np.testing.assert_allclose(at[table.index], table.estimate, rtol=1e-10)
    assert (table.vif_ridge <= table.vif).all()
    assert all(check.passed for check in result.checks)


def test_ridge_intervals_are_seeded_and_hold_the_estimate():
    one, two = (run(estimator="ridge", draws=199).table("coefficients") for _ in range(2))
    assert one.equals(two)
    assert ((one.ci_low < one.estimate) & (one.estimate < one.ci_high)).all()


def test_collinear_technology_is_shrunk_and_its_inflation_printed():
    panel = noisy()
    twin = panel.array("T") * np.exp(0.01 * np.random.default_rng(5).normal(size=(24, 12)))
    both = panel.with_series("T2", twin, unit="1")
    result = run(both, technology=["T", "T2"], estimator="ridge", draws=0)
    table = result.table("coefficients").set_index("term")
    assert table.vif["log(T)"] > 100
    assert table.vif_ridge["log(T)"] < table.vif["log(T)"]


def test_the_kaya_identity_is_refused_and_says_what_arithmetic_gives():
    error = refused("M943", technology=["I / (P * A)"])
    assert [row["coefficient by arithmetic"] for row in error.evidence] == [1.0, 1.0, 1.0]


def test_a_power_of_the_identity_is_refused_too():
    refused("M943", technology=["(I / P)^2 / A"])


def test_the_slope_of_arithmetic_alone_is_what_unrelated_series_give():
    """I and E have nothing to do with each other; I/E then has the slope that is printed."""
    rng = np.random.default_rng(3)
    shape = 60, 20
    made = {k: np.exp(s * rng.normal(size=shape)) for k, s in
            {"I": 1.0, "E": 2.0, "P": 0.5, "A": 0.5}.items()}  # fmt: skip
    panel = Panel.of(made, entities=[f"r{n:02d}" for n in range(60)], periods=range(20), units={})
    result = stirpat(panel, impact="I", population="P", affluence="A", technology=["I / E"])
    row = result.tables["arithmetic"].row(0)
    # variances one and four: 1 / (1 + 4); sampling error of 1,140 rows is about 0.01
    assert row["arithmetic_slope"] == pytest.approx(0.2, abs=0.03)
    assert row["estimate"] == pytest.approx(row["arithmetic_slope"], abs=0.03)
    assert row["arithmetic_share"] == pytest.approx(1.0, abs=0.15)
    assert "M947" in codes(result)


def test_nothing_shared_leaves_an_empty_table_and_no_caution():
    result = run()
    assert len(result.tables["arithmetic"]) == 0
    assert "M947" not in codes(result)


def test_with_few_regions_there_are_estimates_and_no_p_values():
    result = run(noisy(entities=8))
    table = result.table("coefficients")
    assert np.isfinite(table.estimate).all()
    assert table[["std_error", "p_value", "ci_low", "p_few"]].isna().all(axis=None)
    assert "M942" in codes(result)
    assert result.blocked


def test_pooled_has_one_constant_and_says_so():
    result = run(estimator="pooled", effects="twoway")
    panel = noisy()
    x = np.column_stack([np.ones(288), *(np.log(panel.array(k)).ravel() for k in "PAT")])
    want = np.linalg.lstsq(x, np.log(panel.array("I")).ravel(), rcond=None)[0][1:]
    np.testing.assert_allclose(result.table("coefficients").estimate, want, rtol=1e-8)


def test_constant_controls_are_kept_out_of_differences_with_the_reason():
    panel = noisy()
    fixed = np.repeat(np.random.default_rng(0).random((24, 1)), 12, axis=1)
    result = run(panel.with_series("fixed", fixed, unit="1"), controls=["fixed"],
                 estimator="pooled")  # fmt: skip
    assert "differences" not in result.tables
    assert "M948" in codes(result)


def test_values_without_a_logarithm_are_refused_with_their_cells():
    panel = noisy()
    bad = panel.array("T").copy()
    bad[3, 4] = 0.0
    error = refused("M945", panel.with_series("Z", bad, unit="1"), technology=["Z"])
    assert (error.evidence[0]["entity"], error.evidence[0]["period"]) == ("r03", 2004)


def test_gaps_are_refused_or_listed():
    holes = noisy(gap=(2, 3))
    refused("M704", holes)
    result = run(holes, gaps="drop")
    assert len(result.tables["dropped"]) == 1
    assert result.tables["fit"].columns["n"][0] == 24 * 12 - 1


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M941", {"technology": ["P"]}),
        ("M941", {"level": 0.0}),
        ("M941", {"draws": -1}),
        ("M941", {"ridge_k": -1.0}),
        ("M703", {"technology": ["T", "T * T"]}),
    ],
)
def test_what_cannot_be_meant_is_refused(code, options):
    refused(code, **options)


def test_two_rows_an_entity_are_too_few():
    refused("M946", noisy(entities=2, periods=2))
    refused("M946", noisy(entities=3, periods=2), quadratic=True)


@pytest.mark.slow
def test_ridge_intervals_hold_the_truth_about_as_often_as_said():
    runs, inside = 200, np.zeros(3)
    for seed in range(runs):
        table = run(noisy(seed=seed), estimator="ridge", draws=199, seed=seed).table("coefficients")
        inside += (table.ci_low < [0.8, 1.1, 0.4]) & (table.ci_high > [0.8, 1.1, 0.4])
    # Percentile intervals of 24 clusters run short; three binomial errors of 200 runs are .046.
    assert (inside / runs > 0.87).all()


def test_a_k_without_ridge_is_refused_not_ignored():
    error = refused("M941", ridge_k=0.5)
    assert {row["option"] for row in error.evidence} == {"ridge_k", "estimator"}


def test_the_range_of_k_in_resamples_goes_by_the_level():
    wide, narrow = (
        run(estimator="ridge", draws=99, level=level).table("ridge_choice").iloc[0]
        for level in (0.05, 0.6)
    )
    assert wide.ridge_k_low < narrow.ridge_k_low
    assert narrow.ridge_k_high < wide.ridge_k_high


def test_without_a_fieller_set_nothing_is_said_of_where_it_lies():
    ridge = run(estimator="ridge", quadratic=True, draws=50).table("turning_point").iloc[0]
    assert np.isnan(ridge.fieller_low)
    assert ridge.set_in_range == ""


def test_affluence_in_current_prices_is_named():
    data = noisy()
    priced = Panel.of(
        {s: data.array(s) for s in data.series}, entities=data.entities, periods=data.periods,
        units={"A": "CNY/person", "T": "CNY_2020"},
    )  # fmt: skip
    notes = [n for n in run(priced).notes if n.code == "M836"]
    assert notes[0].text.zh.startswith("A 以当年价计")
    assert "M836" not in codes(run())
