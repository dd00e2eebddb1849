"""Makes expected_spatial.json: giddy's spatial chain, first passages and mobility of US incomes.

Run: python make_spatial.py    (giddy 2.3.8, mapclassify, libpysal with usjoin.csv, states48.gal)
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import libpysal
import mapclassify
import numpy as np
import pandas as pd
from giddy.ergodic import mfpt
from giddy.markov import Markov, Spatial_Markov
from giddy.mobility import markov_mobility

HERE = Path(__file__).parent
table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
income = table[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)
relative = income / income.mean(axis=0)
w = libpysal.io.open(libpysal.examples.get_path("states48.gal")).read()
w.transform = "r"
pairs = sorted([int(i), int(j)] for i, around in w.neighbors.items() for j in around)


def spatial(k: int, m: int, *, fixed: bool) -> dict[str, object]:
    y = relative if fixed else income
    found = Spatial_Markov(y, w, fixed=fixed, k=k, m=m)
    return {
        "k": k,
        "m": m,
        "fixed": fixed,
        "counts": found.T.tolist(),
        "p": found.P.tolist(),
        "steady": [np.asarray(s).tolist() for s in found.S],
        "LR": float(found.LR),
        "Q": float(found.Q),
        "dof": int(found.dof_hom),
        "p_LR": float(found.LR_p_value),
    }


classes = np.column_stack([mapclassify.Quantiles(y, k=5).yb for y in income.T])
chain = Markov(classes, summary=False)
reducible = np.array([[0.5, 0.5, 0], [0.2, 0.8, 0], [0, 0, 1.0]])
document = {
    "programs": {n: version(n) for n in ("giddy", "mapclassify", "libpysal", "numpy")},
    "pairs": pairs,
    "spatial": {
        "k5": spatial(5, 5, fixed=True),
        "k5_m4": spatial(5, 4, fixed=True),
        "k3_m6": spatial(3, 6, fixed=True),
        "k4_m4_per_period": spatial(4, 4, fixed=False),
    },
    "first_passage": mfpt(chain.p).tolist(),
    "mobility": {m: float(markov_mobility(chain.p, measure=m)) for m in ("P", "D", "L2")}
    | {
        m: float(markov_mobility(chain.p, measure=m, ini=np.array([0.1, 0.2, 0.2, 0.4, 0.1])))
        for m in ("B1", "B2")
    },
    "reducible": {
        "p": reducible.tolist(),
        "first_passage": [
            [None if np.isinf(v) else v for v in row] for row in mfpt(reducible).tolist()
        ],
    },
}
(HERE / "expected_spatial.json").write_text(json.dumps(document) + "\n")
