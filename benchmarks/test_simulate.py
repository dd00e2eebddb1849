"""The simulator: draws of one province, all provinces, and the answer to a moved lever.

The peer is the same equations one number at a time (tests/cases/simulator_twin.py), as a
spreadsheet or a system-dynamics interpreter would work them out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "cases"))

from simulator_case import TOP, levels, parameters, state  # noqa: E402
from simulator_twin import twin  # noqa: E402

from zhiheng.carbon.simulate_draws import level_table, prepare  # noqa: E402
from zhiheng.carbon.simulate_input import read_start  # noqa: E402
from zhiheng.catalog.embedded import dataset  # noqa: E402
from zhiheng.catalog.levers import schedules  # noqa: E402
from zhiheng.core.registry import methods  # noqa: E402
from zhiheng.kernels.simulator import calibrate, run  # noqa: E402

YEARS = range(2015, 2023)


def provinces(*codes):
    data = dataset("provinces")
    chosen = codes or tuple(e for e in data.entities if e != "540000")
    return data.select(entities=chosen, periods=list(YEARS))


@pytest.mark.parametrize(("draws", "areas"), [(10_000, 1), (1_000, 31)])
def test_a_run_with_every_lever(benchmark, draws, areas):
    s, p = state(areas), parameters(draws, areas)
    base = calibrate(s, p)
    benchmark.pedantic(run, args=(s, p, levels(**TOP), base), rounds=3, iterations=1)


@pytest.mark.parametrize(("draws", "areas"), [(10_000, 1), (1_000, 31)])
def test_a_calibration(benchmark, draws, areas):
    s, p = state(areas), parameters(draws, areas)
    benchmark.pedantic(calibrate, args=(s, p), rounds=3, iterations=1)


def test_a_moved_lever_with_500_draws_of_one_province(benchmark):
    start = read_start(provinces("440000"), start=None, gaps="refuse")
    case = prepare(start, draws=500, horizon=2060, seed=1)
    prices = iter(np.linspace(100.0, 200.0, 1000))

    def move():
        table = level_table(schedules({"carbon_price": float(next(prices))}), case.years)
        return run(start.state, case.parameters, table, case.baseline, ready=case.ready)

    benchmark.pedantic(move, rounds=10, iterations=1)


def test_the_whole_answer_to_a_moved_lever(benchmark):
    panel = provinces("440000")
    methods["simulate"](panel, draws=500)
    prices = iter(np.linspace(100.0, 200.0, 1000))

    def move():
        return methods["simulate"](panel, draws=500, levers={"carbon_price": float(next(prices))})

    benchmark.pedantic(move, rounds=10, iterations=1)


def test_the_whole_answer_with_three_levers(benchmark):
    panel = provinces("440000")
    methods["simulate"](panel, draws=500)
    prices = iter(np.linspace(100.0, 200.0, 1000))

    def move():
        price = float(next(prices))
        levers = {"carbon_price": price, "subsidy": price / 1000, "standards": price / 1000}
        return methods["simulate"](panel, draws=500, levers=levers)

    benchmark.pedantic(move, rounds=10, iterations=1)


def test_the_whole_method_on_thirty_provinces(benchmark):
    panel = provinces()
    methods["simulate"](panel, draws=20)  # the record of the countries is made once
    seeds = iter(range(10, 100))

    def whole():
        return methods["simulate"](panel, levers={"carbon_price": 200.0}, seed=next(seeds))

    benchmark.pedantic(whole, rounds=2, iterations=1)


def test_one_number_at_a_time(benchmark):
    """Ten draws of one province: a thousandth of the first case."""
    s, p = state(1), parameters(10, 1)
    base = calibrate(s, p)
    table = levels(**TOP)

    def draws():
        return [twin(s, p, d, 0, table, base.scale[d, 0], None, None) for d in range(10)]

    found = benchmark.pedantic(draws, rounds=2, iterations=1)
    ours = run(s, p, table, base)
    want = [row["emissions"] for row in found[0]]
    np.testing.assert_allclose(ours.emissions[0, 0, 1:], want, rtol=1e-10)
