"""Makes expected.json: pointpats' weighted standard deviational ellipses of seeded places.

Run: python make.py        (pointpats 2.5.5, numpy)
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pointpats.centrography import ellipse, weighted_mean_center

HERE = Path(__file__).parent
cases = []
for seed in range(6):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    at = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 2)) * 100 + rng.normal(size=2) * 500
    weights = rng.gamma(2.0, size=n)
    case = {
        "at": at.tolist(),
        "weights": weights.tolist(),
        "centre": np.asarray(weighted_mean_center(at, weights)).tolist(),
    }
    for name, options in (
        ("crimestat", {"method": "crimestat"}),
        ("yuill", {"method": "yuill", "crimestatCorr": False, "degfreedCorr": False}),
    ):
        major, minor, angle = ellipse(at, weights=weights, **options)
        # its angle is anticlockwise from east; ours clockwise from north
        north = float((90.0 - np.degrees(angle)) % 180.0)
        case[name] = {"major": float(major), "minor": float(minor), "rotation": north}
    cases.append(case)
programs = {name: version(name) for name in ("pointpats", "numpy")}
document = {"programs": programs, "cases": cases}
(HERE / "expected.json").write_text(json.dumps(document) + "\n")
