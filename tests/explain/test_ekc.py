"""Fitted curves against R, shapes that are planted, and what is never claimed."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.ekc import ekc

REFERENCE = Path(__file__).parents[1] / "reference" / "ekc"

# Two programs in double precision; R fits the powers of a shifted variable with all dummies.
PROGRAM = 1e-7
# clubSandwich takes matrix roots of the full dummy design of nearly collinear powers.
ROOTS = 1e-6


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]
    data = data.assign(year=data.year.astype(int)).rename(
        columns={"invest": "y", "value": "x", "capital": "w"}
    )
    return Panel.from_frame(data, entity="firm", period="year")


def produc_panel():
    data = munnell.load()
    made = data[["ST_ABB", "YR"]].assign(
        y=np.log(data.GSP.astype(float)),
        x=np.log(data.EMP.astype(float)),
        w=data.UNEMP.astype(float),
    )
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


PANELS = {"grunfeld": grunfeld_panel, "produc": produc_panel}


def run(case, **more):
    name, effects, degree = case.split("/")
    options = {"controls": ["w"], "effects": effects, "degree": int(degree)}
    return ekc(PANELS[name](), outcome="y", regressor="x", **options, **more)


def stored(file):
    cases = defaultdict(list)
    with (REFERENCE / file).open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]].append(row)
    return cases


@pytest.mark.parametrize("case", stored("slopes.csv"))
def test_slopes_and_their_errors_equal_r(case):
    table = run(case).tables["shape_test"]
    for row in stored("slopes.csv")[case]:
        found = table.row(table.find(row["point"]))
        for ours, theirs, close in (
            ("at", "at", PROGRAM), ("slope_there", "slope", PROGRAM), ("std_error", "se", PROGRAM),
            ("std_error_cr2", "se_cr2", ROOTS), ("df_few", "df_few", ROOTS),
        ):  # fmt: skip
            assert found[ours] == pytest.approx(float(row[theirs]), rel=close), ours


@pytest.mark.parametrize("case", stored("points.csv"))
def test_turning_points_and_sets_equal_r(case):
    (row,) = stored("points.csv")[case]
    result = run(case)
    found = result.tables["turning_point"].row(0)
    assert found["turning_point"] == pytest.approx(float(row["turning"]), rel=PROGRAM)
    assert found["std_error_delta"] == pytest.approx(float(row["se"]), rel=PROGRAM)
    pieces = result.tables["turning_set"].columns
    low, high = float(row["root_low"]), float(row["root_high"])
    if row["bounded"] == "TRUE":
        assert pieces["low"] == pytest.approx([low], rel=PROGRAM)
        assert pieces["high"] == pytest.approx([high], rel=PROGRAM)
    else:
        assert pieces["high"][0] == pytest.approx(low, rel=PROGRAM)
        assert pieces["low"][1] == pytest.approx(high, rel=PROGRAM)
        assert np.isinf([pieces["low"][0], pieces["high"][1]]).all()
        assert any(note.code == "M734" for note in result.notes)


def planted(curve, seed=0, low=0.0, high=10.0, noise=1.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, size=(30, 12))
    y = curve(x) + rng.normal(size=(30, 1)) + rng.normal(size=(1, 12))
    y += noise * rng.normal(size=x.shape)
    names = [f"r{i:02d}" for i in range(30)]
    return Panel.of({"y": y, "x": x}, entities=names, periods=range(2000, 2012), units={})


@pytest.mark.parametrize(
    ("curve", "degree", "shape", "turns"),
    [
        (lambda x: -((x - 6) ** 2) / 4, 2, "inverted_u", [6.0]),
        (lambda x: (x - 4) ** 2 / 4, 2, "u", [4.0]),
        (lambda x: x**3 / 3 - 5 * x**2 + 16 * x, 3, "n", [2.0, 8.0]),
        (lambda x: -(x**3) / 3 + 5 * x**2 - 16 * x, 3, "inverted_n", [2.0, 8.0]),
    ],
)
def test_planted_shapes_are_found_with_their_turning_points(curve, degree, shape, turns):
    result = ekc(planted(curve), outcome="y", regressor="x", degree=degree, level=0.01)
    assert result.tables["shape"].columns["shape"][0] == shape
    found = result.tables["turning_point"].columns
    np.testing.assert_allclose(found["turning_point"], turns, atol=0.3)
    assert set(found["in_range"]) == {"yes"}
    for low, high, turn in zip(found["fieller_low"], found["fieller_high"], turns, strict=True):
        assert low < turn < high
    assert len(result.figures[0].encodings["marks"]) == len(turns)
    assert all(check.passed for check in result.checks)


def test_a_curve_that_only_flattens_is_no_inverted_u_however_significant_its_square():
    flat = planted(lambda x: 6 * np.log(x), low=1.0, noise=0.5)
    result = ekc(flat, outcome="y", regressor="x")
    square = result.tables["coefficients"].columns["p_value"][1]
    assert square < 1e-4
    assert result.tables["shape"].columns["shape"][0] == "not_established"
    assert any(note.code == "M733" and note.level == "caution" for note in result.notes)
    said = " ".join(note.text.zh for note in result.notes if note.code == "M733")
    assert "倒 U" not in said


def test_a_cubic_without_turning_points_is_printed_as_having_none():
    result = ekc(planted(lambda x: (x - 5) ** 3 / 5 + 3 * x), outcome="y", regressor="x", degree=3)
    assert len(result.tables["turning_point"]) == 0
    assert result.tables["shape"].columns["turning_points"][0] == 0
    assert result.tables["shape"].columns["shape"][0] == "not_established"


@pytest.mark.slow
def test_the_u_test_seldom_finds_a_shape_in_a_monotone_curve():
    runs = 300
    # The slope is zero at the upper end: the edge of the null, where the test errs most.
    found = sum(
        ekc(planted(lambda x: -((x - 10) ** 2) / 10, seed), outcome="y", regressor="x")
        .tables["shape"].columns["shape"][0] != "not_established"
        for seed in range(runs)
    )  # fmt: skip
    # Five per cent and two binomial standard errors of 300 runs.
    assert found / runs <= 0.075


@pytest.mark.slow
def test_sets_hold_the_true_turning_point_as_often_as_said():
    runs, inside = 300, 0
    for seed in range(runs):
        result = ekc(planted(lambda x: (x - 4) ** 2 / 4, seed), outcome="y", regressor="x")
        found = result.tables["turning_point"].row(0)
        inside += found["fieller_low"] < 4 < found["fieller_high"]
    # Three binomial standard errors of 300 runs around 95 per cent.
    assert abs(inside / runs - 0.95) < 0.038


def test_units_move_the_turning_point_and_nothing_else():
    panel = grunfeld_panel()
    one = ekc(panel, outcome="y", regressor="x", controls=["w"], effects="entity")
    two = ekc(panel, outcome="7 * y", regressor="x * 0.001", controls=["w"], effects="entity")
    a, b = one.tables["turning_point"].columns, two.tables["turning_point"].columns
    for name in ("turning_point", "std_error_delta", "fieller_low", "fieller_high"):
        np.testing.assert_allclose(b[name], a[name] * 0.001, rtol=1e-7)
    for name in ("p_value", "p_few", "df_few"):
        c, d = (r.tables["shape_test"].columns[name] for r in (one, two))
        np.testing.assert_allclose(c, d, rtol=1e-6)


def test_the_drawn_curve_is_that_of_the_printed_coefficients():
    result = run("grunfeld/twoway/3")
    curve, beta = result.tables["curve"].columns, result.tables["coefficients"].columns["estimate"]
    at = curve["at"]
    own = beta[0] * at + beta[1] * at**2 + beta[2] * at**3
    np.testing.assert_allclose(np.diff(curve["fitted_difference"]), np.diff(own), atol=1e-8)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M727", {"degree": 4}),
        ("M727", {"level": 0}),
        ("M706", {"controls": ["x"]}),
        ("M702", {"regressor": "abs(-7) * 1"}),
        ("M703", {"controls": ["x^2"]}),
    ],
)
def test_what_cannot_be_estimated_is_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        ekc(grunfeld_panel(), **{"outcome": "y", "regressor": "x", **options})
    assert caught.value.code == code


def test_rows_with_gaps_are_left_out_only_when_asked():
    panel = grunfeld_panel()
    values = {s: panel.array(s).copy() for s in panel.series}
    values["x"][2, 3] = np.nan
    holes = Panel.of(values, entities=panel.entities, periods=panel.periods, units={})
    with pytest.raises(ZhihengError, match="M704"):
        ekc(holes, outcome="y", regressor="x")
    result = ekc(holes, outcome="y", regressor="x", gaps="drop")
    assert len(result.tables["dropped"]) == 1
    assert result.tables["fit"].columns["n"][0] == 199


def carbon(**units):
    rng = np.random.default_rng(0)
    names = ("co2_edgar", "co2_ceads", "co2_mine", "final_energy", "income")
    return Panel.of(
        {n: rng.uniform(1, 2, (20, 6)) for n in names},
        entities=[f"r{i:02d}" for i in range(20)], periods=range(2000, 2006), units=units,
    )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": "co2_edgar / co2_ceads"},
        {"outcome": "log(co2_edgar)", "controls": ["log(final_energy)"]},
        {"outcome": "co2_mine/final_energy", "boundaries": {"co2_mine": "territorial"}},
    ],
)
def test_accounts_of_two_boundaries_do_not_meet_in_one_curve(options):
    with pytest.raises(ZhihengError) as caught:
        ekc(carbon(), regressor="log(income)", **options)
    assert caught.value.code == "C432"


def test_income_in_current_prices_is_named():
    run = {"outcome": "log(co2_edgar)", "regressor": "log(income)"}
    named = ekc(carbon(income="CNY/person"), **run)
    said = [n.text.en for n in named.notes if n.code == "M836"]
    assert said[0].startswith("log(income) are in current prices")
    assert "M836" not in {n.code for n in ekc(carbon(income="CNY_2020/person"), **run).notes}
