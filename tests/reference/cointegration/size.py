"""Measure size and power of every p value: ``PYTHONPATH=src python size.py``; prints tables.

A panel is drawn, all three p values are computed as the method does (199 draws each), and the
share below five percent is counted.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from scipy import stats

from zhiheng.catalog.cointegration import cointegration_moments
from zhiheng.kernels.cointegration import LARGE_REJECTS, Settings
from zhiheng.kernels.cointegration_draws import bootstrap, law, measured_scale, statistics, walks
from zhiheng.kernels.error_correction import null_model
from zhiheng.kernels.unit_roots import simulated_p

LEVEL, DRAWS = 0.05, 199
Maker = Callable[[np.random.Generator, int, int, int], np.ndarray]


def equal(rng, n, t, k):
    return np.cumsum(rng.standard_normal((n, t, k + 1)), axis=1)


def unequal(rng, n, t, k):
    """Deviations of changes differ by entity, log-normal with deviation 0.7."""
    return equal(rng, n, t, k) * np.exp(0.7 * rng.standard_normal((n, 1, 1)))


def shared(rng, n, t, k):
    """A shock that all entities share, 1.5 times as large as the own one (correlation 0.69)."""
    common = 1.5 * rng.standard_normal((1, t, k + 1))
    return np.cumsum(common + rng.standard_normal((n, t, k + 1)), axis=1)


def related(root: float, common: float = 0.0) -> Maker:
    """Cointegrated, errors with the given root and a shared part."""

    def make(rng, n, t, k):
        x = np.cumsum(
            common * rng.standard_normal((1, t, k)) + rng.standard_normal((n, t, k)), axis=1
        )
        shock = common * rng.standard_normal((1, t + 60)) + rng.standard_normal((n, t + 60))
        error = np.zeros(shock.shape)
        for s in range(1, t + 60):
            error[:, s] = root * error[:, s - 1] + shock[:, s]
        y = x.sum(axis=2) + error[:, 60:]
        return np.concatenate([y[..., None], x], axis=2)

    return make


def published(test: str, value: float, n: int, trend: str, k: int) -> float:
    if test.startswith("kao"):
        return float(stats.norm.cdf(value))
    mean, variance = cointegration_moments(test, trend=trend, regressors=k)
    value = value * np.sqrt(n) if test in ("gt", "ga", "pa") else value
    score = (value - np.sqrt(n) * mean) / np.sqrt(variance)
    return float(stats.norm.sf(score) if test in LARGE_REJECTS else stats.norm.cdf(score))


def measure(make: Maker, n: int, t: int, *, k=1, trend="constant", lags=0, panels=2000):
    """Shares below the level by test: published, simulated, bootstrap."""
    how = Settings(trend, lags, int(4 * (t / 100) ** (2 / 9)))
    families = ("kao", "pedroni", "westerlund")[trend == "trend" :]
    hits = defaultdict(lambda: np.zeros(3))
    rng = np.random.default_rng(2026)
    for r in range(panels):
        z = make(rng, n, t, k)
        common = {"draws": DRAWS, "how": how, "families": families}
        null = law(walks(measured_scale(z), t), z.size, seed=2 * r, **common)
        boot = law(bootstrap(null_model(z, how), t), z.size, seed=2 * r + 1, **common)
        for test, value in statistics(z[None], how, families).items():
            v, large = float(value[0]), test in LARGE_REJECTS
            p = (
                published(test, v, n, trend, k),
                simulated_p(v, null[test], large=large),
                simulated_p(v, boot[test], large=large),
            )
            hits[test] += np.array(p) <= LEVEL
    return {test: h / panels for test, h in hits.items()}


CASES = (
    ("equal", equal, 30, 11, {}),
    ("unequal", unequal, 30, 11, {}),
    ("shared", shared, 30, 11, {}),
    ("equal", equal, 30, 30, {"panels": 1000}),
    ("unequal", unequal, 30, 30, {"panels": 1000}),
    ("shared", shared, 30, 30, {"panels": 1000}),
    ("equal, trend", equal, 30, 11, {"trend": "trend", "panels": 1000}),
    ("equal, 2 regressors, 1 lag", equal, 30, 16, {"k": 2, "lags": 1, "panels": 1000}),
    ("power, root .5", related(0.5), 30, 11, {"panels": 500}),
    ("power, root .5, shared", related(0.5, 1.0), 30, 11, {"panels": 500}),
    ("power, root .5", related(0.5), 30, 30, {"panels": 500}),
)

if __name__ == "__main__":
    for name, make, n, t, more in CASES:
        sys.stdout.write(f"\n{name}, {n} x {t}\n")
        for test, share in measure(make, n, t, **more).items():
            sys.stdout.write(f"{test:14}" + "".join(f"{s:8.3f}" for s in share) + "\n")
        sys.stdout.flush()
