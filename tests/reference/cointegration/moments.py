"""Draw the moments that standardise statistics: ``PYTHONPATH=src python moments.py``.

Panels of 200 independent entities with 1,000 periods; the mean of a statistic over the root of
N, and for single entities the variance, against the published ones in the catalog. It also
settles the number of regressors that a published column belongs to.
"""

from __future__ import annotations

import sys

import numpy as np

from zhiheng.catalog.cointegration import cointegration_moments
from zhiheng.kernels.cointegration import Settings, pedroni
from zhiheng.kernels.error_correction import westerlund

ENTITIES, PERIODS, PANELS = 200, 1000, 60
# The ADF statistics share the moments of the t statistics and are not listed.
ROOT_N = ("panel_v", "panel_rho", "panel_t", "group_rho", "group_t", "pt")


def drawn(regressors: int, trend: str, panels: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1999)
    how = Settings(trend, 0, 0)
    found: list[dict[str, np.ndarray]] = []
    for _ in range(panels):
        z = np.cumsum(rng.standard_normal((1, ENTITIES, PERIODS, regressors + 1)), axis=2)
        one = {**pedroni(z, how), **westerlund(z, how)}
        one = {k: v for k, v in one.items() if not k.endswith("adf")}
        found.append({k: v / np.sqrt(ENTITIES) if k in ROOT_N else v for k, v in one.items()})
    return {k: np.concatenate([f[k] for f in found]) for k in found[0]}


if __name__ == "__main__":
    panels = int(sys.argv[1]) if len(sys.argv) > 1 else PANELS
    wanted = [(int(a), sys.argv[3]) for a in sys.argv[2].split(",")] if len(sys.argv) > 3 else [
        (k, trend) for k in (1, 2, 3) for trend in ("constant", "trend")
    ]  # fmt: skip
    for k, trend in wanted:
        for test, values in drawn(k, trend, panels).items():
            mean, variance = cointegration_moments(test, trend=trend, regressors=k) or (0, 0)
            error = values.std(ddof=1) / np.sqrt(len(values))
            own = ENTITIES * values.var(ddof=1)
            sys.stdout.write(
                f"{k} {trend:9}{test:10} mean {values.mean():9.3f} ({error:.3f}) published "
                f"{mean:9.3f}   variance {own:8.3f} published {variance:8.3f}\n"
            )
        sys.stdout.flush()
