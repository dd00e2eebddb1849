"""Makes expected.json: measures of inequality of US state incomes, by another program.

Gini, Theil T and Atkinson come from `inequality` (PySAL, BSD-3-Clause).

Run: pip install inequality==1.1.2 libpysal; python make.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import libpysal
import numpy as np
from inequality.atkinson import atkinson
from inequality.gini import Gini
from inequality.theil import Theil

HERE = Path(__file__).parent
YEARS = ("1929", "1949", "1969", "1989", "2009")

with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
    rows = list(csv.DictReader(lines))
found = {}
for year in YEARS:
    y = np.array([float(row[year]) for row in rows])
    found[year] = {
        "gini": float(Gini(y).g),
        "theil_t": float(Theil(y).T),
        "atkinson_half": float(atkinson(y, 0.5)),
        "atkinson_one": float(atkinson(y, 1)),
    }
(HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")
