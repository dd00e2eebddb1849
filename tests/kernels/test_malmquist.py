"""Change of productivity: stored answers of other programs, HiGHS live, and laws."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import dea_brute as brute
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.frontiers import Cube, Model, against, by_group, in_windows
from zhiheng.kernels.malmquist import (
    adjacent,
    chain_residual,
    cumulated,
    decomposition_residual,
    geometric_mean,
    pooled,
    pure_and_scale,
)

REFERENCE = Path(__file__).parents[1] / "reference"

# Two solvers with residuals of about 1e-13 on scaled rows, and ratios of four answers.
# Measured 7e-14.
STORED = 1e-11
# HiGHS was asked for 1e-10 of residuals; the answers differ by 5e-15 at most.
PEER = 1e-9
# The same optimum from other units or orders.
SAME = 1e-9

APZ, CFG = Model("ddf", capped=True), Model("ddf", weak=True)
LUENBERGER = {"apz": APZ, "cfg": CFG, "gml": CFG}
COLUMNS = {"1": (["k", "w"], ["y"], ["b"]), "2": (["k", "w"], ["y", "v"], ["b", "c"])}


def cube_of(name, inputs, outputs, bad):
    lines = (REFERENCE / name).read_text("utf-8").splitlines()
    rows = sorted(csv.DictReader(lines), key=lambda r: (r["unit"], r["year"]))
    e, t = (len({r[k] for r in rows}) for k in ("unit", "year"))

    def grid(names):
        return np.array([[float(r[n]) for n in names] for r in rows]).reshape(e, t, len(names))

    return Cube(grid(inputs), grid(outputs), grid(bad))


def made(seed, e=8, t=3, m=2, s=1, r=1):
    rng = np.random.default_rng(seed)
    return Cube(*(rng.lognormal(2, 0.6, (e, t, width)) for width in (m, s, r)))


def index(cube, model, *, common=False):
    own = against(cube, model, "own").efficiency
    if common:
        return pooled(own, against(cube, model, "pooled").efficiency)
    ahead, behind = (against(cube, model, name).efficiency for name in ("next", "previous"))
    return adjacent(own, ahead, behind)


def stored(key):
    answers = json.loads((REFERENCE / "malmquist" / "expected.json").read_text("utf-8"))[key]
    return np.array([[np.nan if v is None else v for v in row[3:]] for row in answers])


def compare(change, key):
    """All three numbers where the other program has them, and nothing where it has none."""
    theirs = stored(key)
    kept = (change.productivity, change.efficiency, change.technical)
    mine = np.column_stack([v.ravel() for v in kept])
    none = np.isnan(theirs[:, 0])
    np.testing.assert_array_equal(np.isnan(mine[:, 0]), none)
    np.testing.assert_allclose(mine[~none], theirs[~none], rtol=STORED)
    return int(none.sum())


# ------------------------------------------------------------------ stored answers


@pytest.mark.parametrize("kind", list(LUENBERGER))
def test_five_units_of_two_periods_equal_the_other_program(kind):
    cube = cube_of("malmquist/julia.csv", ["x"], ["y"], ["b"])
    none = compare(index(cube, LUENBERGER[kind], common=kind == "gml"), f"julia {kind}")
    assert none == (1 if kind == "cfg" else 0)


@pytest.mark.parametrize("columns", ["1", "2"])
@pytest.mark.parametrize("kind", list(LUENBERGER))
def test_a_random_panel_equals_the_other_program_infeasible_cells_included(kind, columns):
    cube = cube_of("malmquist/panel.csv", *COLUMNS[columns])
    change = index(cube, LUENBERGER[kind], common=kind == "gml")
    none = compare(change, f"panel {kind} {columns}")
    assert (none == 0) == (kind == "gml")


@pytest.mark.parametrize("returns", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_the_radial_index_equals_the_other_program(side, returns):
    cube = cube_of("malmquist/panel.csv", ["k", "w"], ["y", "v"], [])
    compare(index(cube, Model("radial", returns, side)), f"panel malmquist {side} {returns}")


def test_the_radial_index_of_pooled_periods_equals_the_other_program():
    cube = cube_of("malmquist/panel.csv", ["k", "w"], ["y", "v"], [])
    compare(index(cube, Model("radial", "crs", "output"), common=True), "panel global output crs")


def test_equals_the_tests_of_the_julia_package():
    """Printed with ten digits; its technology without a cap gives the same for these units."""
    cube = cube_of("malmquist/julia.csv", ["x"], ["y"], ["b"])
    apz = index(cube, APZ)
    expected = [1.3702375781, 1.1, 1.125977836, 0.91624569458, 1.2792042981]
    np.testing.assert_allclose(apz.productivity[:, 0], expected, rtol=1e-9)
    change = [1.0, 0.9625, 1.027173913, 119 / 144, 21 / 22]
    np.testing.assert_allclose(apz.efficiency[:, 0], change, rtol=1e-9)
    every = index(cube, Model("ddf", inputs_move=True, capped=True)).productivity[:, 0]
    moving = [
        1.3237752650585946,
        1.0400628679223047,
        1.118033988749895,
        0.9045340337332908,
        1.1677484162422844,
    ]
    np.testing.assert_allclose(every, moving, rtol=1e-12)


def test_equals_the_shared_table_of_cases(shared):
    cases = json.loads((shared / "reference" / "cases.json").read_text("utf-8"))
    expected = next(c["expected"] for c in cases if c["id"] == "V25")
    lines = (shared / "reference" / "data" / "malmluen_julia.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(lines))

    def grid(name):
        return np.array([float(r[name]) for r in rows]).reshape(2, 5).T[..., None]

    cube = Cube(grid("x"), grid("y"), grid("b"))
    apz = index(cube, APZ)
    for name, values in (("ML", apz.productivity), ("EC", apz.efficiency), ("TC", apz.technical)):
        np.testing.assert_allclose(values[:, 0], expected["APZ"][name], rtol=1e-9)
    cfg = index(cube, CFG).productivity[:, 0]
    for mine, theirs in zip(cfg, expected["CFG"]["ML"], strict=True):
        assert np.isnan(mine) if theirs == "infeasible" else mine == pytest.approx(theirs, abs=1e-6)
    gml = index(cube, CFG, common=True).productivity[:, 0]
    np.testing.assert_allclose(gml, expected["Global ML"], atol=1e-6)


# ------------------------------------------------------------------ brute force


@pytest.mark.parametrize(("weak", "returns"), [(True, "crs"), (False, "crs"), (True, "vrs")])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=8)
def test_distances_across_periods_equal_highs(weak, returns, seed):
    cube = made(seed, e=5)
    found = against(cube, Model("ddf", returns, weak=weak), "next").efficiency
    for t in range(2):
        units, ahead = (tuple(v[:, p] for v in (cube.x, cube.y, cube.b)) for p in (t, t + 1))
        way = (0 * units[0], units[1], units[2])
        for o in range(5):
            beta = brute.directional(*units, way, ahead, o, returns=returns, weak=weak)
            gone = np.isnan(beta) or beta < -1 + 1e-8
            assert np.isnan(found[o, t]) == gone
            if not gone:
                assert found[o, t] == pytest.approx(1 / (1 + beta), rel=PEER)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6)
def test_group_and_window_frontiers_equal_highs(seed):
    cube = made(seed, e=6)
    group = np.array([0, 1, 0, 1, 1, 0])
    found = by_group(cube, Model("sbm"), group, pool=True).efficiency
    plain = Cube(cube.x, cube.y, cube.b[..., :0])
    windows = in_windows(plain, Model("radial", "vrs", "output"), 2).efficiency
    for g in (0, 1):
        q = cube.at(entities=np.flatnonzero(group == g))
        ref = (q.x, q.y, q.b)
        theirs = [brute.sbm(*ref, ref, o) for o in range(len(q))]
        np.testing.assert_allclose(found[group == g].ravel(), theirs, rtol=PEER)
    for w in (0, 1):
        q = cube.at(np.array([w, w + 1]))
        theirs = [
            brute.radial(q.x, q.y, (q.x, q.y), o, returns="vrs", orientation="output")
            for o in range(len(q))
        ]
        np.testing.assert_allclose(windows[w].ravel(), theirs, rtol=PEER)


# ------------------------------------------------------------------ laws


@pytest.mark.parametrize("model", [APZ, CFG, Model("sbm")])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_the_pooled_index_multiplies_along_periods_and_splits_exactly(model, seed):
    cube = made(seed, t=4)
    common = against(cube, model, "pooled").efficiency
    change = pooled(against(cube, model, "own").efficiency, common)
    assert np.isfinite(change.productivity).all()
    assert decomposition_residual(change) < SAME
    assert chain_residual(change, common) < SAME
    direct = pooled(common[:, [0, -1]], common[:, [0, -1]]).productivity[:, 0]
    np.testing.assert_allclose(cumulated(change.productivity)[:, -1], direct, rtol=SAME)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_the_adjacent_index_splits_exactly_where_it_has_an_answer(seed):
    assert decomposition_residual(index(made(seed), CFG)) < SAME


@pytest.mark.parametrize("model", [APZ, CFG])
@given(seed=st.integers(0, 10_000), size=st.floats(1e-3, 1e3))
@settings(max_examples=8)
def test_units_of_measurement_do_not_matter(model, seed, size):
    cube = made(seed)
    scaled = Cube(cube.x * [size, 1], cube.y / size, cube.b * size**2)
    one, two = index(cube, model), index(scaled, model)
    np.testing.assert_allclose(two.productivity, one.productivity, rtol=1e-7)


def test_doubling_output_with_the_same_inputs_doubles_the_radial_index():
    cube = made(3, t=1, r=0)
    two = Cube(*(np.concatenate([v, k * v], axis=1) for v, k in
                 ((cube.x, 1), (cube.y, 2), (cube.b, 1))))  # fmt: skip
    change = index(two, Model("radial", "crs", "output"))
    np.testing.assert_allclose(change.productivity, 2, rtol=SAME)
    np.testing.assert_allclose(change.efficiency, 1, rtol=SAME)


def test_both_orientations_agree_under_constant_returns():
    cube = made(5, r=0)
    one, two = (index(cube, Model("radial", "crs", side)) for side in ("input", "output"))
    np.testing.assert_allclose(one.productivity, two.productivity, rtol=SAME)


def test_nothing_changes_where_nothing_moved():
    cube = made(7, t=1)
    still = Cube(*(np.repeat(v, 3, axis=1) for v in (cube.x, cube.y, cube.b)))
    for common in (True, False):
        change = index(still, CFG, common=common)
        for factor in (change.productivity, change.efficiency, change.technical):
            np.testing.assert_allclose(factor, 1, rtol=SAME)


def test_pure_and_scale_parts_multiply_to_the_change_of_efficiency():
    cube = made(9, e=12)
    constant = against(cube, Model("sbm"), "own").efficiency
    variable = against(cube, Model("sbm", "vrs"), "own").efficiency
    pure, scale = pure_and_scale(constant, variable)
    np.testing.assert_allclose(pure * scale, constant[:, 1:] / constant[:, :-1], rtol=SAME)


@given(seed=st.integers(0, 10_000), pool=st.booleans())
@settings(max_examples=10)
def test_no_unit_is_nearer_to_the_metafrontier_than_to_its_own(seed, pool):
    cube = made(seed, e=9)
    group = np.arange(9) % 3
    for model in (Model("sbm"), Model("sbm", "vrs")):
        own = by_group(cube, model, group, pool=pool).efficiency
        meta = by_group(cube, model, np.zeros(9, dtype=int), pool=pool).efficiency
        assert (meta <= own + SAME).all()
        assert (own <= 1 + SAME).all()
        assert (meta > 0).all()


@pytest.mark.parametrize("returns", ["crs", "vrs"])
@pytest.mark.parametrize("pooled_periods", [True, False])
def test_the_metafrontier_equals_the_other_program(returns, pooled_periods):
    answers = json.loads((REFERENCE / "dea_metafrontier" / "expected.json").read_text("utf-8"))
    cube = cube_of("dea_metafrontier/input.csv", *COLUMNS["2"])
    names = sorted(answers["groups"])
    group = np.array([int(answers["groups"][n] == "south") for n in names])
    rows = answers[f"sbm {returns} {'pooled' if pooled_periods else 'period'}"]
    meta = by_group(cube, Model("sbm", returns), 0 * group, pool=pooled_periods)
    own = by_group(cube, Model("sbm", returns), group, pool=pooled_periods)
    mine = np.column_stack([meta.efficiency.ravel(), own.efficiency.ravel()])
    np.testing.assert_allclose(mine, [r[2:] for r in rows], rtol=STORED)


@pytest.mark.parametrize("returns", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_the_radial_metafrontier_equals_the_other_program(side, returns):
    answers = json.loads((REFERENCE / "dea_metafrontier" / "expected.json").read_text("utf-8"))
    cube = cube_of("dea_metafrontier/input.csv", ["k", "w"], ["y", "v"], [])
    group = np.array([int(answers["groups"][n] == "south") for n in sorted(answers["groups"])])
    model = Model("radial", returns, side)
    meta = by_group(cube, model, 0 * group, pool=True).efficiency.ravel()
    own = by_group(cube, model, group, pool=True).efficiency.ravel()
    theirs = [r[2:] for r in answers[f"radial {side} {returns} pooled"]]
    np.testing.assert_allclose(np.column_stack([meta, own, meta / own]), theirs, rtol=STORED)


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("returns", ["crs", "vrs"])
def test_windows_equal_the_other_program(returns, width):
    answers = json.loads((REFERENCE / "dea_window" / "expected.json").read_text("utf-8"))
    for name, bad in (("radial input", []), ("sbm none", ["b", "c"])):
        cube = cube_of("dea_window/input.csv", ["k", "w"], ["y", "v"], bad)
        kind, side = name.split()
        found = in_windows(cube, Model(kind, returns, side), width).efficiency
        theirs = [r[3] for r in answers[f"{name} {returns} {width}"]]
        np.testing.assert_allclose(found.ravel(), theirs, rtol=STORED)


def test_a_step_without_an_answer_ends_the_cumulated_path_and_leaves_the_mean():
    factors = np.array([[1.1, np.nan, 1.2], [1.0, 2.0, 1.0]])
    path = cumulated(factors)
    assert np.isnan(path[0, 1:]).all()
    assert geometric_mean(factors, axis=0)[1] == pytest.approx(2.0)
    assert np.isnan(geometric_mean(np.full((2, 1), np.nan), axis=0)[0])
