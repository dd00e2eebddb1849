"""The threshold method against other programs, planted regimes, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.threshold import threshold

REFERENCE = Path(__file__).parents[1] / "reference" / "threshold"

# pyxthreg solves normal equations of 200 rows: a few digits less than a projection.
PROGRAM = 1e-8


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]
    data = data.assign(year=data.year.astype(int)).rename(
        columns={"invest": "y", "value": "x", "capital": "w"}
    )
    return Panel.from_frame(data, entity="firm", period="year")


def run(panel=None, **more):
    options = {
        "outcome": "y", "regressor": "x", "threshold": "w", "controls": ["w"], "grid": 0,
        "bootstrap": 0,
    }  # fmt: skip
    return threshold(panel or grunfeld_panel(), **{**options, **more})


def stored(file, *, twoway, step):
    with (REFERENCE / file).open() as lines:
        rows = list(csv.DictReader(lines))
    return [r for r in rows if r["twoway"] == str(twoway) and r["step"] == str(step)]


@pytest.mark.parametrize("twoway", [False, True])
def test_sums_of_squares_equal_pyxthreg_at_every_candidate(twoway):
    result = run(effects="twoway" if twoway else "entity", regimes=2, variance="rows")
    tests = result.tables["tests"].columns
    ratios = result.tables["likelihood_ratio"]
    rows = stored("expected.csv", twoway=twoway, step=1)
    theirs = {float(r["candidate"]): float(r["ssr"]) for r in rows if r["ssr"]}
    ours = ratios.where(thresholds=1).columns
    sums = tests["ssr"][0] * (1 + ours["lr_statistic"] / 200)  # 200 rows
    shared = [(s, theirs[c]) for c, s in zip(ours["candidate"], sums, strict=True) if c in theirs]
    assert len(shared) > 150
    np.testing.assert_allclose(*np.transpose(shared), rtol=PROGRAM)
    best = min(theirs, key=theirs.get)
    assert result.tables["thresholds"].columns["estimate"][0] == best
    second = stored("expected.csv", twoway=twoway, step=2)
    least = min(float(r["ssr"]) for r in second if r["ssr"])
    assert tests["ssr"][1] == pytest.approx(least, rel=PROGRAM)


@pytest.mark.parametrize("twoway", [False, True])
def test_coefficients_and_clustered_errors_equal_dummy_variables(twoway):
    result = run(effects="twoway" if twoway else "entity")
    rows = stored("coefficients.csv", twoway=twoway, step=1)
    table = result.tables["coefficients"].where(thresholds=1).columns
    np.testing.assert_allclose(table["estimate"], [float(r["estimate"]) for r in rows], rtol=1e-8)
    counted = result.tables["fit"].columns["parameters"][1]
    small = np.sqrt(199 / (200 - counted))  # what xtreg's factor has beside G/(G-1)
    wanted = [float(r["se_cr1"]) * small for r in rows]
    np.testing.assert_allclose(table["std_error"], wanted, rtol=1e-7)


def planted(cuts, slopes, seed=0, shape=(40, 10)):
    rng = np.random.default_rng(seed)
    q, x = rng.uniform(0, 10, size=shape), rng.normal(size=shape)
    slope = np.array(slopes)[np.searchsorted(cuts, q)]
    y = slope * x + rng.normal(size=(shape[0], 1)) + 0.5 * rng.normal(size=shape)
    names = [f"r{i:02d}" for i in range(shape[0])]
    return Panel.of({"y": y, "x": x, "w": q}, entities=names, periods=range(shape[1]), units={})


@pytest.mark.parametrize("transform", ["within", "hansen1999"])
def test_planted_thresholds_are_found_in_the_right_number(transform):
    panel = planted([3.0, 7.0], [0.0, 1.0, -1.0])
    result = run(panel, controls=[], regimes=3, bootstrap=199, transform=transform)
    p = result.tables["tests"].columns["p_value"]
    assert p[0] == p[1] == 1 / 200
    assert p[2] > 0.05
    found = result.tables["thresholds"].where(thresholds=2)
    np.testing.assert_allclose(np.sort(found.columns["estimate"]), [3.0, 7.0], atol=0.15)
    slopes = result.tables["coefficients"].where(thresholds=2).columns["estimate"]
    np.testing.assert_allclose(slopes, [0.0, 1.0, -1.0], atol=0.2)
    assert any(note.code == "M731" for note in result.notes)  # the third does not stand
    assert all(check.passed for check in result.checks)


def test_no_threshold_is_claimed_where_there_is_none():
    result = run(planted([5.0], [1.0, 1.0]), controls=[], bootstrap=199)
    assert result.tables["tests"].columns["p_value"][0] > 0.05
    assert any(note.code == "M731" and note.level == "caution" for note in result.notes)


def test_tests_do_not_hang_on_the_order_of_entities_nor_on_units():
    panel = grunfeld_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    one = run(panel, bootstrap=99, regimes=2)
    two = run(mixed, bootstrap=99, regimes=2)
    three = run(panel, bootstrap=99, regimes=2, outcome="100 * y", regressor="x * 0.01")
    for other in (two, three):
        for name in ("f_statistic", "p_value", "critical_5"):
            a, b = one.tables["tests"].columns[name], other.tables["tests"].columns[name]
            np.testing.assert_allclose(a, b, rtol=1e-8)
        a, b = (r.tables["thresholds"].columns["estimate"] for r in (one, other))
        assert (a == b).all()


def test_the_divisor_scales_the_test_and_its_critical_values_and_leaves_p():
    one, two = (run(bootstrap=99, variance=v).tables["tests"].row(0) for v in ("degrees", "rows"))
    assert one["p_value"] == two["p_value"]
    for name in ("f_statistic", "critical_10", "critical_5", "critical_1"):
        assert two[name] == pytest.approx(one[name] * 20 / 19)


def test_an_ingredient_of_the_outcome_is_noted():
    result = run(outcome="y / w", controls=[])
    assert any(note.code == "M730" for note in result.notes)
    assert not any(note.code == "M730" for note in run().notes)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M727", {"regimes": 4}),
        ("M727", {"regimes": 0}),
        ("M727", {"trim": 0.5}),
        ("M727", {"trim": 0.3, "regimes": 3}),
        ("M727", {"bootstrap": -1}),
        ("M727", {"level": 1}),
        ("M727", {"threshold": "y"}),
        ("M729", {"least": 101}),
        ("M729", {"regimes": 3, "trim": 0.24}),
        ("M706", {"controls": ["x"]}),
        ("M702", {"regressor": "abs(-7) * 1"}),
        ("M604", {"transform": "both"}),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
    assert caught.value.fix.zh


def test_gaps_and_a_threshold_variable_that_is_constant_in_time_are_refused():
    panel = grunfeld_panel()
    values = {s: panel.array(s).copy() for s in panel.series}
    values["x"][2, 3] = np.nan
    holes = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError) as caught:
        run(holes)
    assert caught.value.code == "M726"
    assert caught.value.evidence[0]["period"] == panel.periods[3]
    values["x"][2, 3] = 1.0
    values["w"] = np.repeat(np.arange(10.0)[:, None], 20, axis=1)
    flat = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError, match="M728"):
        run(flat, controls=[])


def test_every_figure_says_how_to_read_it_and_draws_the_critical_value():
    result = run(bootstrap=9)
    assert [figure.kind for figure in result.figures] == ["curve", "interval"]
    assert round(float(result.figures[0].encodings["reference"]), 2) == 7.35
    for figure in result.figures:
        assert figure.reading.zh != figure.reading.en
