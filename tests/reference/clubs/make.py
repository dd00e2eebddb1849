"""Clubs of six made panels by convergence-clubs 0.1.2, in the convention of Stata psecta.

Run with that package installed: ``python make.py``. Writes input.csv and expected.json beside
itself. The panels: units on few growth paths that the clubs should find, with decaying noise.
"""

import json
import warnings
from pathlib import Path

import convergence_clubs as peer
import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SIZES = [
    (11, 40, 30, 3),
    (12, 40, 25, 4),
    (13, 30, 34, 2),
    (14, 60, 30, 5),
    (15, 25, 18, 3),
    (16, 45, 40, 4),
]


def made(seed, units, periods, groups):
    rng = np.random.default_rng(seed)
    t = np.arange(1, periods + 1)
    group = rng.integers(0, groups, units)
    x = 8 + (0.02 + 0.02 * group)[:, None] * t
    x = x + rng.normal(0, 0.3, (units, 1)) * t**-0.5 / np.log(t + 1)
    x = x + rng.normal(0, 0.02, (units, periods)) / t**0.3
    x = x + rng.normal(0, 0.4, (units, 1)) * t ** -rng.uniform(-0.1, 0.6, (units, 1))
    return np.round(x, 10)


def tested(model):
    return {"beta": model.beta, "std_error": model.std_err, "t": model.t_value}


def main():
    warnings.simplefilter("ignore")
    rows, expected = [], {}
    for seed, *size in SIZES:
        x = made(seed, *size)
        rows += [f"{seed},{i}," + ";".join(f"{v:.10f}" for v in row) for i, row in enumerate(x)]
        frame = pd.DataFrame(x)
        found = peer.find_clubs(frame, time_trim=1 / 3, convention="Stata")
        h = peer.cross_sectional_variation(frame)
        expected[str(seed)] = {
            "all": tested(peer.log_t_test(np.asarray(h), 1 / 3, "FQSB")),
            "clubs": [
                {"members": sorted(int(i) for i in c.ids), **tested(c.model)} for c in found.clubs
            ],
            "merged": [sorted(int(i) for i in c.ids) for c in peer.merge_clubs(found, "PS").clubs],
            "none": sorted(int(i) for i in found.divergent_ids),
        }
    (HERE / "input.csv").write_text("panel,unit,values\n" + "\n".join(rows) + "\n")
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
