"""Makes input.csv and expected.json: truncated regression with thirty digits.

The score of the likelihood is written out in mpmath and set to zero by its root finder, starting
from the moments of the sample; the Hessian is checked to be negative definite. Nothing is taken
from zhiheng.

Run: python make.py   (with mpmath and numpy)
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from mpmath import cholesky, diff, erfc, exp, findroot, log, matrix, mp, mpf, pi, sqrt

HERE = Path(__file__).parent
mp.dps = 30


def sample(seed: int, n: int, beta: list[float], sigma: float) -> list[list[float]]:
    """Values above one around `beta`, drawn by rejection."""
    rng = np.random.default_rng(seed)
    rows = []
    while len(rows) < n:
        z = [rng.normal(), rng.uniform(20, 80)]
        d = beta[0] + beta[1] * z[0] + beta[2] * z[1] + sigma * rng.normal()
        if d > 1:
            rows.append([round(d, 6), round(z[0], 6), round(z[1], 6)])
    return rows


def loglik(rows: list[list[float]], par: list) -> object:
    """Normal density over the probability of lying above one."""
    *beta, lnsigma = par
    sigma = exp(lnsigma)
    total = mpf(0)
    for d, *z in rows:
        mean = beta[0] + sum(b * mpf(v) for b, v in zip(beta[1:], z, strict=True))
        density = exp(-(((mpf(d) - mean) / sigma) ** 2) / 2) / (sigma * sqrt(2 * pi))
        beyond = erfc((1 - mean) / sigma / sqrt(mpf(2))) / 2
        total += log(density) - log(beyond)
    return total


def maximise(rows: list[list[float]]) -> tuple[list, object]:
    d = np.array([r[0] for r in rows])
    z = np.array([[1.0, *r[1:]] for r in rows])
    plain = np.linalg.lstsq(z, d, rcond=None)[0]
    start = [mpf(v) for v in plain] + [log(mpf(float(np.std(d - z @ plain))))]

    def slope(*par: object) -> list:
        out = []
        for k in range(len(par)):
            order = tuple(int(j == k) for j in range(len(par)))
            out.append(diff(lambda *p: loglik(rows, list(p)), par, order))
        return out

    root = findroot(slope, start, tol=mpf(10) ** -16, maxsteps=60)
    par = list(root)
    bend = matrix(len(par))
    for i in range(len(par)):
        for j in range(len(par)):
            order = [0] * len(par)
            order[i] += 1
            order[j] += 1
            bend[i, j] = -diff(lambda *p: loglik(rows, list(p)), tuple(par), tuple(order))
    cholesky(bend)  # raises unless the point is a maximum
    return par, loglik(rows, par)


def main() -> None:
    cases = {
        "wide": sample(1, 40, [1.2, 0.3, 0.004], 0.4),
        "hard cut": sample(2, 60, [0.6, 0.25, 0.003], 0.45),
    }
    with (HERE / "input.csv").open("w", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["case", "d", "z1", "z2"])
        for name, rows in cases.items():
            lines.writerows([name, *row] for row in rows)
    found = {}
    for name, rows in cases.items():
        par, value = maximise(rows)
        found[name] = {
            "beta": [float(v) for v in par[:-1]],
            "sigma": float(exp(par[-1])),
            "loglik": float(value),
        }
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
