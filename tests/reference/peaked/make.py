"""Write input.csv and expected.json; needs numpy and pymannkendall 1.4.3, not zhiheng."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pymannkendall as mk

HERE = Path(__file__).parent


def series() -> dict[str, list[float]]:
    """Rising, falling, flat, autocorrelated, tied and short-memory series of 24 years."""
    rng = np.random.default_rng(20261126)
    years = np.arange(24)
    walk = rng.normal(size=24).cumsum()
    return {
        "rising": (10 + 0.4 * years + rng.normal(size=24)).round(4).tolist(),
        "falling": (30 - 0.2 * years + rng.normal(size=24)).round(4).tolist(),
        "flat": (5 + rng.normal(size=24)).round(4).tolist(),
        "walk": (20 + walk).round(4).tolist(),
        "tied": np.repeat([3.0, 4.0, 4.0, 2.0, 5.0, 6.0], 4).tolist(),
        "humped": (40 - 0.1 * (years - 12) ** 2 + rng.normal(size=24)).round(4).tolist(),
    }


def main() -> None:
    """Make both files anew."""
    rows = series()
    with (HERE / "input.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["series", *range(2000, 2024)])
        for name, values in rows.items():
            writer.writerow([name, *values])
    found = {}
    for name, values in rows.items():
        plain, mended = mk.original_test(values), mk.hamed_rao_modification_test(values)
        found[name] = {
            "s": float(plain.s),
            "slope": float(plain.slope),
            "p": float(plain.p),
            "variance": float(plain.var_s),
            "p_hamed_rao": float(mended.p),
            "variance_hamed_rao": float(mended.var_s),
        }
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
