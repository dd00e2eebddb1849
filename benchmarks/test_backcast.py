"""A back-cast of one province, and shares of its levers over all subsets of them."""

from __future__ import annotations

import pytest

from zhiheng.carbon.backcast import backcast
from zhiheng.carbon.lever_attribution import lever_attribution
from zhiheng.catalog.embedded import dataset

TEN = {
    "carbon_price": 200, "energy_price": 0.2, "subsidy": 0.2, "research": 0.5, "standards": 0.2,
    "industrial_shift": 0.05, "green_finance": 50, "electrification": 0.3, "sinks": 0.5,
    "ccus": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def province():
    return dataset("provinces").select(entities=["130000"], periods=range(2015, 2023))


def test_zhiheng_cheapest_levers_at_200_draws(benchmark, province):
    options = {"goal": "level", "year": 2035, "bound": 0.7, "draws": 200, "delays": []}
    benchmark.pedantic(backcast, (province,), options, rounds=1, warmup_rounds=1)


def test_zhiheng_shares_of_ten_levers_in_1024_runs_of_20_draws(benchmark, province):
    options = {"levers": TEN, "draws": 20, "sobol": 0}
    benchmark.pedantic(lever_attribution, (province,), options, rounds=1, warmup_rounds=1)
