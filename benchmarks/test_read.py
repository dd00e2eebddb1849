"""Reading 500,000 cells: a clean long table, and a sheet whose layout has to be found out.

Times are of the processor, so that other work on the machine does not count.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from zhiheng.catalog.regions import provinces
from zhiheng.sources.kinds import observe, read_any

CELLS, TARGET = 500_000, 4.0  # seconds of one core
NAMES = [p.name.zh for p in provinces() if p.has_data]


def clean() -> bytes:
    values = np.random.default_rng(0).random(CELLS) * 1e4
    rows = ["region,year,series,value,unit"]
    keys = ((n, y, s) for s in range(1000) for y in range(2000, 2018) for n in NAMES)
    rows += [f"{n},{y},s{s},{v:.4f},亿元" for v, (n, y, s) in zip(values, keys, strict=False)]
    return "\n".join(rows).encode()


def messy() -> bytes:
    """The layout of the portal: blocks of regions by years, one below the other."""
    values = iter((np.random.default_rng(0).random(CELLS + 2000) * 1e4).tolist())
    years = ",".join(f"{y}年" for y in range(2023, 2003, -1))
    blocks = CELLS // (len(NAMES) * 20)
    lines: list[str] = []
    for k in range(blocks):
        lines += [f"指标：指标{k}号(亿元)", f"地区,{years}"]
        lines += [f"{n},{','.join(f'{next(values):.2f}' for _ in range(20))}" for n in NAMES]
        lines.append("")
    return "\n".join(lines).encode("gb18030")


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("door", [observe, read_any], ids=["quick", "asking"])
def test_clean(benchmark, door) -> None:
    raw = clean()
    benchmark.pedantic(lambda: door(raw, "f.csv"), rounds=3, iterations=1, warmup_rounds=1)
    if door is observe:
        assert benchmark.stats.stats.median <= TARGET


@pytest.mark.benchmark(timer=time.process_time)
def test_messy(benchmark) -> None:
    raw = messy()
    found = benchmark.pedantic(lambda: read_any(raw, "f.csv"), rounds=3, iterations=1)
    assert not found.open
    assert sum(t.values for t in found.tables) > 0.99 * CELLS
    assert benchmark.stats.stats.median <= TARGET
