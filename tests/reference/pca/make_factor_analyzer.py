"""KMO and Bartlett's test by factor_analyzer 0.5.1 (GPL-2; only its numbers are kept).

Run: python make_factor_analyzer.py with factor_analyzer installed.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pandas as pd
from factor_analyzer.factor_analyzer import calculate_bartlett_sphericity, calculate_kmo

HERE = Path(__file__).parent


def main() -> None:
    x = pd.read_csv(HERE / "input.csv").drop(columns=["state", "year"])
    chi2, p = calculate_bartlett_sphericity(x)
    each, whole = calculate_kmo(x)
    found = {
        "version": importlib.metadata.version("factor_analyzer"),
        "chi2": float(chi2),
        "p": float(p),
        "kmo": float(whole),
        "adequacy": dict(zip(x.columns, map(float, each), strict=True)),
    }
    (HERE / "expected_factor_analyzer.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
