"""Distances and ratios of a drawn panel, each programme written out and solved by HiGHS.

scipy only; zhiheng is not imported. ``python make.py`` writes input.csv and expected.json.
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

HERE = Path(__file__).parent
UNITS, PERIODS = 8, 3


def distance(o, reference, which, weak):
    """1 / min theta: energy or emissions alone shrink, the rest is held; (e, x, y, c) rows."""
    e, x, y, c = (reference[:, j] for j in range(4))
    k = len(reference)
    cost = np.append(np.zeros(k), 1.0)
    upper, bound = [], []
    upper.append(np.append(e, -o[0] if which == "energy" else 0.0))
    bound.append(0.0 if which == "energy" else o[0])
    upper.append(np.append(x, 0.0))
    bound.append(o[1])
    upper.append(np.append(-y, 0.0))
    bound.append(-o[2])
    row = np.append(c, -o[3] if which == "carbon" else 0.0)
    right = 0.0 if which == "carbon" else o[3]
    equal = ([row], [right]) if weak else (None, None)
    if not weak:
        upper.append(row)
        bound.append(right)
    found = linprog(cost, A_ub=upper, b_ub=bound, A_eq=equal[0], b_eq=equal[1], method="highs")
    return 1.0 / found.fun if found.status == 0 else None


def main():
    rng = np.random.default_rng(7)
    data = np.exp(
        0.4 * rng.normal(size=(UNITS, 1, 4)) + 0.15 * rng.normal(size=(UNITS, PERIODS, 4))
    )
    data = np.round(data, 6)
    lines = ["unit,period,energy,labour,output,emissions"]
    lines += [
        ",".join([f"u{i}", str(2000 + t), *(f"{v:.6f}" for v in data[i, t])])
        for i in range(UNITS)
        for t in range(PERIODS)
    ]
    (HERE / "input.csv").write_text("\n".join(lines) + "\n", "utf-8")
    pooled = data.reshape(-1, 4)
    out = {}
    for weak in (True, False):
        for which in ("energy", "carbon"):
            name = f"{which}/{'weak' if weak else 'strong'}"
            out[name] = {
                "own": [
                    [distance(data[i, t], data[:, t], which, weak) for t in range(PERIODS)]
                    for i in range(UNITS)
                ],
                "global": [
                    [distance(data[i, t], pooled, which, weak) for t in range(PERIODS)]
                    for i in range(UNITS)
                ],
                "ahead": [
                    [distance(data[i, t], data[:, t + 1], which, weak) for t in range(PERIODS - 1)]
                    for i in range(UNITS)
                ],
                "behind": [
                    [distance(data[i, t + 1], data[:, t], which, weak) for t in range(PERIODS - 1)]
                    for i in range(UNITS)
                ],
            }
    (HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
