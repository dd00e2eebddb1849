"""Makes input.csv and expected.json: the smoothed bootstrap of Simar and Wilson, written plainly.

Every programme is solved by scipy's HiGHS, every step is written out for one draw after another as
in Daraio and Simar (2007), pages 61-62; random numbers come from the same generator in the same
order. Units are sorted by name.

Run: python make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

HERE = Path(__file__).parent
DRAWS, SEED = 200, 7


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 9, (15, 2)).round(3)
    slack = np.exp(-np.abs(rng.normal(0, 0.3, 15)))
    y = (2 * x[:, 0] ** 0.4 * x[:, 1] ** 0.5 * slack).round(3)
    return x, y[:, None]


def radial(units: tuple, unit: int, frontier: tuple, side: str, returns: str) -> float:
    """Farrell's factor made one or more: 1 / theta for inputs, phi for outputs."""
    (x, y), (xr, yr) = units, frontier
    n, m, s = len(xr), x.shape[1], y.shape[1]
    if side == "input":
        cost = np.r_[1.0, np.zeros(n)]
        left = np.vstack([np.c_[-x[unit], xr.T], np.c_[np.zeros(s), -yr.T]])
        right = np.r_[np.zeros(m), -y[unit]]
    else:
        cost = np.r_[-1.0, np.zeros(n)]
        left = np.vstack([np.c_[np.zeros(m), xr.T], np.c_[y[unit], -yr.T]])
        right = np.r_[x[unit], np.zeros(s)]
    sums = {"A_eq": np.r_[0.0, np.ones(n)][None], "b_eq": [1.0]} if returns == "vrs" else {}
    found = linprog(cost, A_ub=left, b_ub=right, method="highs", **sums)
    assert found.status == 0
    return 1.0 / found.fun if side == "input" else -found.fun


def silverman(d: np.ndarray) -> float:
    inside = d[d > 1 + 1e-6]
    both = np.r_[inside, 2 - inside]
    q75, q25 = np.percentile(both, [75, 25])
    spread = np.std(both, ddof=1)
    h = 0.9 * min(spread, (q75 - q25) / 1.349) * len(both) ** (-1 / 5)
    return h * (len(both) / len(d)) ** (1 / 5) * np.std(d, ddof=1) / spread


def bootstrap(side: str, returns: str) -> dict:
    x, y = data()
    n = len(x)
    d = np.array([radial((x, y), i, (x, y), side, returns) for i in range(n)])
    h = silverman(d)
    rng = np.random.default_rng(SEED)
    picks = rng.integers(0, 2 * n, size=(DRAWS, n))
    noise = rng.standard_normal((DRAWS, n))
    both = np.r_[d, 2 - d]
    drawn = np.empty((DRAWS, n))
    for b in range(DRAWS):
        taken = both[picks[b]]
        rough = taken + h * noise[b]
        star = taken.mean() + (rough - taken.mean()) / np.sqrt(1 + h**2 / np.var(both, ddof=1))
        star = np.array([v if v >= 1 else 2 - v for v in star])
        xr, yr = x.copy(), y.copy()
        if side == "input":
            xr *= (star / d)[:, None]
        else:
            yr *= (d / star)[:, None]
        drawn[b] = [radial((x, y), i, (xr, yr), side, returns) for i in range(n)]
    bias = drawn.mean(axis=0) - d
    errors = drawn - d
    low, high = d - np.quantile(errors, 0.975, axis=0), d - np.quantile(errors, 0.025, axis=0)
    return {
        "bandwidth": h,
        "score": (1 / d).tolist(),
        "corrected": (1 / (d - bias)).tolist(),
        "low": (1 / high).tolist(),
        "high": (1 / low).tolist(),
        "ratio": (bias**2 / (3 * drawn.var(axis=0, ddof=1))).tolist(),
    }


def main() -> None:
    x, y = data()
    rows = [f"u{i:02d},2020,{x[i, 0]},{x[i, 1]},{y[i, 0]}" for i in range(len(x))]
    (HERE / "input.csv").write_text("\n".join(["unit,year,k,w,y", *rows]) + "\n")
    found = {"draws": DRAWS, "seed": SEED}
    for side in ("input", "output"):
        for returns in ("crs", "vrs"):
            found[f"{side} {returns}"] = bootstrap(side, returns)
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
