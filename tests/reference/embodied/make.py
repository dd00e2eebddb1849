"""Expected values of pymrio 0.7 for a seeded multi-regional system, and Miller and Blair.

Run in an environment with pymrio (LGPL; an oracle only): ``python make.py``. The system is
drawn here, so that no data of another project is stored.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pymrio

HERE = Path(__file__).parent
REGIONS, SECTORS, DEMAND = ["r1", "r2", "r3"], ["food", "ore", "steel", "power"], ["C", "I"]


def system():
    rng = np.random.default_rng(20261126)
    n, k = len(REGIONS) * len(SECTORS), len(REGIONS) * len(DEMAND)
    z = rng.gamma(0.7, 30.0, (n, n))
    home = np.kron(np.eye(len(REGIONS)), np.ones((len(SECTORS), len(SECTORS))))
    z = np.round(z * np.where(home > 0, 4.0, 0.5), 3)
    y = np.round(rng.gamma(1.0, 200.0, (n, k)), 3)
    f = np.round(rng.gamma(0.8, 400.0, (2, n)), 3)
    return z, y, f


def main():
    z, y, f = system()
    rows = pd.MultiIndex.from_product([REGIONS, SECTORS], names=["region", "sector"])
    final = pd.MultiIndex.from_product([REGIONS, DEMAND], names=["region", "category"])
    io = pymrio.IOSystem(
        Z=pd.DataFrame(z, rows, rows),
        Y=pd.DataFrame(y, rows, final),
        unit=pd.DataFrame({"unit": ["M"] * len(rows)}, index=rows),
    )
    names = ["co2", "so2"]
    io.ext = pymrio.Extension(
        "ext",
        F=pd.DataFrame(f, pd.Index(names, name="stressor"), rows),
        unit=pd.DataFrame({"unit": ["t", "t"]}, index=names),
    )
    io.calc_all()
    lines = ["region,," + ",".join([r for r, _ in rows] + [r for r, _ in final])]
    lines += ["sector,," + ",".join([s for _, s in rows] + [s for _, s in final])]
    lines += ["year,,2015"]
    lines += [
        f"{r},{s}," + ",".join(repr(float(v)) for v in [*z[i], *y[i]])
        for i, (r, s) in enumerate(rows)
    ]
    lines += [
        f",{name} [t]," + ",".join(repr(float(v)) for v in f[i]) for i, name in enumerate(names)
    ]
    (HERE / "input.csv").write_text("\n".join(lines) + "\n")
    expected = {
        "pymrio": pymrio.__version__,
        "output": io.x["indout"].tolist(),
        "multipliers": io.ext.M.to_numpy().tolist(),
        "production": io.ext.D_pba_reg.to_numpy().tolist(),
        "consumption": io.ext.D_cba_reg.to_numpy().tolist(),
        "exports": io.ext.D_exp_reg.to_numpy().tolist(),
        "imports": io.ext.D_imp_reg.to_numpy().tolist(),
    }
    # the bilateral trade of EEBT, written out: each region's own inverse on all that it sends
    size = len(SECTORS)
    x = z.sum(axis=1) + y.sum(axis=1)
    bilateral = np.zeros((len(names), len(REGIONS), len(REGIONS)))
    for r in range(len(REGIONS)):
        own = slice(r * size, (r + 1) * size)
        inverse = np.linalg.inv(np.eye(size) - z[own, own] / x[own])
        for c in range(len(REGIONS)):
            if c == r:
                continue
            to, buys = slice(c * size, (c + 1) * size), slice(2 * c, 2 * c + 2)
            sent = z[own, to].sum(axis=1) + y[own, buys].sum(axis=1)
            bilateral[:, r, c] = f[:, own] / x[own] @ inverse @ sent
    expected["bilateral"] = bilateral.tolist()
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
