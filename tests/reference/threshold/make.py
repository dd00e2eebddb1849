"""Makes expected.csv and coefficients.csv: sums of squares and slopes of another program.

Run in an environment of its own: pip install pyxthreg==0.0.3 statsmodels==0.15.0 pandas
Then: python make.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from pyxthreg.core import twoway_within_transform, within_transform
from pyxthreg.inference import get_standard_errors
from pyxthreg.plotting import sweep_threshold_for_lr
from statsmodels.datasets import grunfeld

HERE = Path(__file__).parent
TRIM = 0.05
data = grunfeld.load_pandas().data
data = data[data.firm != "American Steel"].sort_values(["firm", "year"]).reset_index(drop=True)
N, T = data.firm.nunique(), data.year.nunique()


def columns(*names: str) -> np.ndarray:
    return np.ascontiguousarray(data[list(names)].to_numpy(dtype=np.float64))


def dummies_fit(cuts: list[float], *, twoway: bool) -> tuple[float, np.ndarray, np.ndarray]:
    """Least squares on all dummies, clustered by firm with G/(G-1) only."""
    q = data.capital.to_numpy()
    regime = np.searchsorted(np.sort(cuts), q, side="left")  # at or below a cut: below it
    x = [data.value.to_numpy() * (regime == k) for k in range(len(cuts) + 1)]
    design = np.column_stack([*x, data.capital, pd.get_dummies(data.firm, dtype=float)])
    if twoway:
        years = pd.get_dummies(data.year, dtype=float).to_numpy()[:, 1:]
        design = np.column_stack([design, years])
    codes = data.firm.astype("category").cat.codes.to_numpy()
    fit = sm.OLS(data.invest, design).fit()
    robust = fit.get_robustcov_results("cluster", groups=codes, use_correction=False)
    k = len(cuts) + 2
    return float(fit.ssr), np.asarray(fit.params)[:k], robust.bse[:k] * np.sqrt(N / (N - 1))


sweeps, slopes = [], []
for twoway in (False, True):
    change = twoway_within_transform if twoway else within_transform
    y, controls = change(columns("invest"), N, T), change(columns("capital"), N, T)
    x, q = columns("value"), columns("capital").ravel()
    grid = np.unique(q)
    fixed: list[float] = []
    for step in (1, 2):
        ssr = sweep_threshold_for_lr(y, controls, x, q, N, T, grid, np.array(fixed), TRIM, twoway)
        for at, value in zip(grid, ssr, strict=True):
            sweeps.append((twoway, step, at, value if np.isfinite(value) else np.nan))
        best = float(grid[int(np.argmin(ssr))])
        fixed = sorted([*fixed, best])
        own, beta, error = dummies_fit(fixed, twoway=twoway)
        assert abs(own / ssr.min() - 1) < 1e-8  # two programs agree before anything is stored
        robust = get_standard_errors(y, controls, x, q, N, T, np.array(fixed), twoway, robust=True)
        peer = np.roll(np.asarray(robust[0]).ravel(), -1)  # pyxthreg lists the control first
        assert np.allclose(peer, beta, rtol=1e-7), (peer, beta)
        for name, b, e in zip(
            [*(f"regime {i + 1}" for i in range(len(fixed) + 1)), "control"],
            beta,
            error,
            strict=True,
        ):
            slopes.append((twoway, step, best, name, b, e))
pd.DataFrame(sweeps, columns=["twoway", "step", "candidate", "ssr"]).to_csv(
    HERE / "expected.csv", index=False
)
pd.DataFrame(slopes, columns=["twoway", "step", "threshold", "term", "estimate", "se_cr1"]).to_csv(
    HERE / "coefficients.csv", index=False
)
