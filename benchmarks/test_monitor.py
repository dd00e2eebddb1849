"""A hundred meters by hour for three years, pandas beside it; decoupling of 10,000 regions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhiheng.carbon.monitor import monitor
from zhiheng.core.panel import Panel
from zhiheng.kernels.decoupling import growth, states

METERS, HOURS = 100, 24 * 365 * 3
START = 24 * 18628  # 2021-01-01


def panel():
    rng = np.random.default_rng(0)
    hour = np.arange(HOURS)
    shape = 100 + 30 * np.sin(2 * np.pi * hour / 24)
    values = np.round(shape * np.exp(0.05 * rng.normal(size=(METERS, HOURS))), 1)
    return Panel.of(
        {"power": values}, entities=[f"m{i:03d}" for i in range(METERS)],
        periods=START + hour, units={"power": "kWh"}, frequency="H",
    )  # fmt: skip


def test_zhiheng_keeps_the_accounts_of_a_hundred_meters(benchmark):
    data = panel()
    devices = {e: f"s{i % 5}/electricity" for i, e in enumerate(data.entities)}
    benchmark.pedantic(
        monitor, args=(data,), kwargs={"devices": devices, "grid": 0.5}, rounds=3, iterations=1
    )


def test_pandas_sums_them_by_month_only(benchmark):
    data = panel()
    frame = pd.DataFrame(
        {"v": data.array("power").ravel(), "m": np.repeat(np.arange(METERS) % 5, HOURS)}
    )
    when = pd.to_datetime(np.array(data.periods) * 3600, unit="s") + pd.Timedelta(hours=8)
    frame["t"] = np.tile(when, METERS)

    def sums():
        return frame.groupby(["m", frame.t.dt.strftime("%Y-%m")]).v.sum()

    benchmark.pedantic(sums, rounds=1, iterations=1)


def test_zhiheng_classifies_two_hundred_thousand_steps(benchmark):
    rng = np.random.default_rng(0)
    c, g = (np.exp(rng.normal(size=(10_000, 21)).cumsum(axis=1) * 0.05) for _ in range(2))

    def run():
        one, other = growth(c[:, :-1], c[:, 1:]), growth(g[:, :-1], g[:, 1:])
        return states(one, other, 0.8, 1.2)

    benchmark(run)
