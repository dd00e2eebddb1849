"""Makes input.csv and expected.json: q, p and interactions of seeded strata.

Run: python make.py        (py-geodetector 0.2.1, pandas, numpy)
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from geodetector import GeoDetector

HERE = Path(__file__).parent
rng = np.random.default_rng(7)
n = 120
one, two, three = rng.integers(0, 4, n), rng.integers(0, 3, n), rng.integers(0, 6, n)
y = 10 + 2.0 * one + 1.5 * (two == 1) * one + rng.normal(size=n) * 3
table = pd.DataFrame({"y": y, "one": one, "two": two, "three": three})
table.to_csv(HERE / "input.csv", index=False, float_format="%.17g")
found = GeoDetector(table, "y", ["one", "two", "three"])
factors = found.factor_detector()
both, kinds = found.interaction_detector(relationship=True)
pairs = [("one", "two"), ("one", "three"), ("two", "three")]
document = {
    "programs": {name: version(name) for name in ("py-geodetector", "pandas", "numpy", "scipy")},
    "factors": {
        c: {"q": float(factors.loc["q statistic", c]), "p": float(factors.loc["p value", c])}
        for c in factors.columns
    },
    "interactions": [
        {"a": a, "b": b, "q": float(both.loc[b, a]), "kind": str(kinds.loc[b, a])} for a, b in pairs
    ],
}
(HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
