"""Makes input.csv and expected.csv: radial efficiency of a random panel, by DEAPack.

Run: python make.py   (Python 3.11, DEAPack 2.0.1, numpy, pandas; in an environment of its own)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from deapack import DEAData, RadialDEA

HERE = Path(__file__).parent


def sample() -> pd.DataFrame:
    """Forty units in two periods, three inputs and two outputs."""
    rng = np.random.default_rng(20241)
    rows = []
    for period in (2019, 2020):
        k, labour, e = (rng.lognormal(mean, 0.8, 40) for mean in (8, 2, 4))
        size = k**0.4 * labour**0.35 * e**0.25 * np.exp(-np.abs(rng.normal(0, 0.35, 40)))
        share = rng.uniform(0.2, 0.8, 40)
        units = [f"u{i:02d}" for i in range(40)]
        rows.append(
            pd.DataFrame(
                {"unit": units, "period": period, "k": k, "l": labour, "e": e, "y": size * share}
            ).assign(z=size * (1 - share) * 1e3)
        )
    return pd.concat(rows)


def main() -> None:
    panel = sample()
    panel.to_csv(HERE / "input.csv", index=False, float_format="%.17g")
    panel = pd.read_csv(HERE / "input.csv")
    parts = []
    for period, frame in panel.groupby("period"):
        data = DEAData.from_frame(frame, dmu="unit", inputs=["k", "l", "e"], outputs=["y", "z"])
        for returns in ("crs", "vrs", "nirs", "ndrs"):
            for orientation in ("input", "output"):
                found = RadialDEA(orientation=orientation, returns_to_scale=returns).fit(data)
                out = found.summary_frame[["dmu_id", "efficiency", "is_efficient"]]
                out = out.rename(columns={"dmu_id": "unit", "is_efficient": "efficient"})
                parts.append(out.assign(case=f"{orientation}-{returns}", period=period))
    table = pd.concat(parts)[["case", "period", "unit", "efficiency", "efficient"]]
    table["efficient"] = table["efficient"].astype(int)
    table.to_csv(HERE / "expected.csv", index=False, float_format="%.17g")


if __name__ == "__main__":
    main()
