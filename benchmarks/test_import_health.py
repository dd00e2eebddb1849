"""500,000 cells from a CSV: read, stored as a version and checked, as an import does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhiheng.core.registry import methods
from zhiheng.sources.kinds import observe
from zhiheng.store.store import Store

ENTITIES, PERIODS, SERIES = 50, 20, 500


@pytest.fixture(scope="module")
def raw() -> bytes:
    """A long table of growing series, with two decimals as publishers print them."""
    rng = np.random.default_rng(1)
    steps = rng.normal(0.05, 0.05, (ENTITIES, PERIODS, SERIES))
    values = np.exp(rng.normal(5, 1, (ENTITIES, 1, SERIES)) + np.cumsum(steps, axis=1))
    lines = ["firm,year,series,value"]
    lines += [
        f"f{e:03d},{2000 + t},s{s:03d},{values[e, t, s]:.2f}"
        for e in range(ENTITIES)
        for t in range(PERIODS)
        for s in range(SERIES)
    ]
    return "\n".join(lines).encode()


def test_read_store_and_check(benchmark, raw, tmp_path_factory):
    def whole() -> int:
        folder: Path = tmp_path_factory.mktemp("store")
        found = observe(raw, "large.csv", own_labels=True)
        Store(folder).add(found, note="large")
        return len(methods["health"](found.panel()).tables["findings"])

    benchmark.pedantic(whole, rounds=2, warmup_rounds=0)
    benchmark.extra_info["cells"] = ENTITIES * PERIODS * SERIES
