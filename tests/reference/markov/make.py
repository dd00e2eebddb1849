"""Makes expected.json: giddy's Markov chain of US state incomes, 1929 to 2009, in quintiles.

Run: python make.py        (giddy 2.3.8, mapclassify, libpysal with usjoin.csv)
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import libpysal
import mapclassify
import numpy as np
import pandas as pd
from giddy.markov import Markov

HERE = Path(__file__).parent
table = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
income = table[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)
relative = income / income.mean(axis=0)


def chain(classes: np.ndarray) -> dict[str, object]:
    found = Markov(classes, summary=False)
    return {
        "counts": found.transitions.tolist(),
        "p": found.p.tolist(),
        "steady": found.steady_state.tolist(),
        "sojourn": found.sojourn_time.tolist(),
    }


def per_period(values: np.ndarray, k: int) -> np.ndarray:
    return np.column_stack([mapclassify.Quantiles(year, k=k).yb for year in values.T])


def pooled(values: np.ndarray, k: int) -> np.ndarray:
    return mapclassify.Quantiles(values.ravel(), k=k).yb.reshape(values.shape)


five_years = relative[:, ::5]
cases = {
    "income, 5 classes per period": chain(per_period(income, 5)),
    "relative income, 4 classes pooled": chain(pooled(relative, 4)),
    "relative income every fifth year, 3 classes pooled": chain(pooled(five_years, 3)),
}
programs = {name: version(name) for name in ("giddy", "mapclassify", "libpysal", "numpy")}
document = {"programs": programs, "cases": cases}
(HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
