"""The health check of half a million cells: 31 provinces, 40 years, 403 series; wanted within 5 s.

No peer does this on panels; `pandas` beside it only computes second differences per row,
which is the first step of one of the checks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhiheng.core.panel import Panel
from zhiheng.diagnose.health import health
from zhiheng.kernels.forensics_scan import scan

SHAPE = (403, 31, 40)
TIMES = np.arange(1985, 2025, dtype=np.float64)


def made():
    """Rows that grow by five per cent, rounded, with one fill, copy and slip in each series."""
    rng = np.random.default_rng(0)
    level = rng.lognormal(6, 2, size=SHAPE[:2])[..., None]
    v = np.round(level * np.exp(rng.normal(0.05, 0.05, SHAPE).cumsum(axis=2)), 3)
    for s in range(SHAPE[0]):
        e, t = rng.integers(0, 31, 3), int(rng.integers(1, 34))
        v[s, e[0], t : t + 4] = np.linspace(v[s, e[0], t - 1], v[s, e[0], t + 4], 6)[1:-1]
        v[s, e[1], t : t + 3] = v[s, e[1], t - 1]
        v[s, e[2], t] *= 100
    return v


def test_kernel_500_000_cells(benchmark):
    v = made()
    found = benchmark.pedantic(scan, args=(v, TIMES), rounds=5, iterations=1, warmup_rounds=1)
    assert len(found) > 1000


def test_method_500_000_cells(benchmark):
    v = made()
    panel = Panel.of(
        {f"s{i}": v[i] for i in range(len(v))}, entities=[f"e{i:02d}" for i in range(31)],
        periods=range(1985, 2025), units={},
    )  # fmt: skip
    found = benchmark.pedantic(health, args=(panel,), rounds=3, iterations=1, warmup_rounds=1)
    assert len(found.tables["findings"]) > 1000
    assert benchmark.stats.stats.max <= 5


def test_pandas_second_differences_only(benchmark):
    v = made()
    frame = pd.DataFrame({
        "row": np.repeat(np.arange(SHAPE[0] * SHAPE[1]), SHAPE[2]), "value": v.ravel(),
    })  # fmt: skip
    benchmark.pedantic(
        lambda: frame.groupby("row").value.diff().groupby(frame.row).diff(), rounds=3, iterations=1
    )
