"""Seven ratios: distances against programmes written out, closure, and what each one sees."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.kernels.production_decomposition import FACTORS, Production, decompose

REFERENCE = Path(__file__).parents[1] / "reference" / "production_decomposition"
# HiGHS solves to a feasibility of 1e-7 or better; these small programmes agree far beyond it.
SOLVER = 1e-8
CLOSURE = 1e-10
unhurried = settings(deadline=None, max_examples=20)


def stored():
    with (REFERENCE / "input.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    units, periods = sorted({r["unit"] for r in rows}), sorted({r["period"] for r in rows})
    cube = np.empty((len(units), len(periods), 4))
    for r in rows:
        cell = units.index(r["unit"]), periods.index(r["period"])
        cube[cell] = [float(r[k]) for k in ("energy", "labour", "output", "emissions")]
    return Production(cube[..., 0], cube[..., 2], cube[..., 3], cube[..., 1:2])


def expected(name, key):
    table = json.loads((REFERENCE / "expected.json").read_text("utf-8"))[name][key]
    return np.array([[np.nan if v is None else v for v in row] for row in table])


@pytest.mark.parametrize("disposability", ["weak", "strong"])
@pytest.mark.parametrize("frontier", ["global", "adjacent"])
def test_distances_and_ratios_equal_programmes_written_out(frontier, disposability):
    data = stored()
    found = decompose(data, frontier=frontier, disposability=disposability)
    want = {}
    for which in ("energy", "carbon"):
        name = f"{which}/{disposability}"
        own, pooled = expected(name, "own"), expected(name, "global")
        ahead, behind = expected(name, "ahead"), expected(name, "behind")
        want[which] = own
        efficiency = own[:, 1:] / own[:, :-1]
        if frontier == "global":
            technology = (pooled / own)[:, 1:] / (pooled / own)[:, :-1]
        else:
            technology = np.sqrt(behind / own[:, 1:] * own[:, :-1] / ahead)
        at = FACTORS.index(f"{which}_efficiency")
        np.testing.assert_allclose(found.ratios[..., at], np.where(
            np.isfinite(found.ratios[..., at]), efficiency, np.nan), rtol=SOLVER)  # fmt: skip
        np.testing.assert_allclose(found.ratios[..., at + 1], technology, rtol=SOLVER)
    np.testing.assert_allclose(found.energy_distance, want["energy"], rtol=SOLVER)
    np.testing.assert_allclose(found.carbon_distance, want["carbon"], rtol=SOLVER)


def drawn(seed, units=6, periods=3, inputs=1):
    rng = np.random.default_rng(seed)
    cube = np.exp(0.3 * rng.normal(size=(units, periods, 3 + inputs)))
    return Production(cube[..., 0], cube[..., 1], cube[..., 2], cube[..., 3:])


@unhurried
@given(st.integers(0, 10_000), st.sampled_from(["global", "adjacent"]), st.integers(0, 2))
def test_ratios_multiply_to_the_change_and_effects_sum_to_it(seed, frontier, inputs):
    data = drawn(seed, inputs=inputs)
    found = decompose(data, frontier=frontier)
    c = data.emissions
    solved = np.isfinite(found.ratios).all(axis=-1)
    np.testing.assert_allclose(
        found.ratios.prod(axis=-1)[solved], (c[:, 1:] / c[:, :-1])[solved], rtol=CLOSURE
    )
    np.testing.assert_allclose(
        found.effects.sum(axis=-1)[solved], (c[:, 1:] - c[:, :-1])[solved], atol=CLOSURE
    )


@unhurried
@given(st.integers(0, 10_000))
def test_the_global_frontier_always_has_an_answer_and_distances_are_one_or_more(seed):
    found = decompose(drawn(seed))
    assert np.isfinite(found.ratios).all()
    assert min(found.energy_distance.min(), found.carbon_distance.min()) >= 1 - 1e-9


@unhurried
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_units_of_measurement_do_not_matter(seed, unit):
    data = drawn(seed)
    other = Production(data.energy * unit, data.output, data.emissions / unit, data.inputs)
    np.testing.assert_allclose(decompose(other).ratios, decompose(data).ratios, rtol=1e-6)


def test_growing_alike_in_everything_is_output_and_nothing_else():
    data = drawn(3, periods=1)
    grown = [np.repeat(v, 2, axis=1) for v in (data.energy, data.output, data.emissions)]
    for v in grown:
        v[:, 1] *= 1.5
    inputs = np.repeat(data.inputs, 2, axis=1)
    inputs[:, 1] *= 1.5
    for frontier in ("global", "adjacent"):
        found = decompose(Production(*grown, inputs), frontier=frontier)
        want = np.ones(7)
        want[FACTORS.index("output")] = 1.5
        np.testing.assert_allclose(found.ratios, np.broadcast_to(want, (6, 1, 7)), rtol=1e-9)
