"""An inventory of 31 regions, 20 years, 20 sectors and 17 fuels; a plain loop beside it."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon.inventory import inventory
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.series import fuels
from zhiheng.core.panel import Panel
from zhiheng.kernels.inventory import propagated, simulated

REGIONS, YEARS, SECTORS = 31, 20, 20


def table():
    rng = np.random.default_rng(0)
    units = {"t_CO2/t": "t", "t_CO2/m^3": "m^3"}
    values = {
        f"activity.s{s}.{f.fuel}": rng.uniform(0, 1e6, (REGIONS, YEARS))
        for s in range(SECTORS)
        for f in fuels()
    }
    return Panel.of(
        values, entities=[f"r{i}" for i in range(REGIONS)], periods=range(2003, 2003 + YEARS),
        units={f"activity.s{s}.{f.fuel}": units[f.unit] for s in range(SECTORS) for f in fuels()},
    )  # fmt: skip


def lines():
    rng = np.random.default_rng(0)
    factor = np.arange(17, dtype=np.intp)
    return rng.uniform(0, 1e6, (30, 20, 17)), np.full(17, 0.05), np.full(17, 0.06), factor


def plain_loop(panel):
    """What a script does: one cell at a time."""
    by_name = {f.fuel: f.value for f in fuels()}
    out = 0.0
    for k, name in enumerate(panel.series):
        ef = by_name[name.split(".")[-1]]
        for e in range(len(panel.entities)):
            for p in range(len(panel.periods)):
                out += float(panel.values[e, p, k]) * ef
    return out


def test_zhiheng_on_sectors_by_fuels(benchmark):
    data = table()
    result = benchmark.pedantic(inventory, args=(data,), rounds=2, iterations=1)
    total = float(result.tables["totals"].columns["scope_1"].sum())
    np.testing.assert_allclose(total, plain_loop(data), rtol=1e-9)


def test_plain_loop_on_sectors_by_fuels(benchmark):
    benchmark.pedantic(plain_loop, args=(table(),), rounds=1, iterations=1)


def test_zhiheng_on_embedded_final_use(benchmark):
    data = dataset("provinces").select(periods=range(2003, 2023), where=lambda e: e != "540000")
    benchmark(inventory, data, basis="final")


def test_propagation(benchmark):
    benchmark(propagated, *lines())


def test_thousand_draws(benchmark):
    def run():
        return simulated(*lines(), draws=1000, rng=np.random.default_rng(0))

    benchmark.pedantic(run, rounds=2, iterations=1)
