"""Makes input.csv and expected.csv: directional distances of a random panel, by DEAPack.

Run: python make.py   (Python 3.11, DEAPack 2.0.1, numpy, pandas; in an environment of its own)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from deapack import DEAData, EnvironmentalDirectionalDistanceDEA, KuosmanenWeakDisposalDDF

HERE = Path(__file__).parent


def sample() -> pd.DataFrame:
    """Forty units in two periods: Cobb-Douglas with inefficiency, two pollutants tied to `e`."""
    rng = np.random.default_rng(20242)
    rows = []
    for period in (2019, 2020):
        k, labour, e = (rng.lognormal(mean, 0.8, 40) for mean in (8, 2, 4))
        y = k**0.4 * labour**0.35 * e**0.25 * np.exp(-np.abs(rng.normal(0, 0.35, 40)))
        c = e**0.8 * np.exp(rng.normal(0.3, 0.3, 40))
        w = e**0.6 * np.exp(rng.normal(-5, 0.4, 40))
        units = [f"u{i:02d}" for i in range(40)]
        rows.append(
            pd.DataFrame(
                {"unit": units, "period": period, "k": k, "l": labour, "e": e}
                | {"y": y, "c": c, "w": w}
            )
        )
    return pd.concat(rows)


def models() -> dict[str, object]:
    """Case by the names of the options here: direction, disposability, returns."""
    ddf = EnvironmentalDirectionalDistanceDEA
    found: dict[str, object] = {}
    for name, inputs in (("outputs", "zeros"), ("all", "observed")):
        found[f"{name}-weak-crs"] = ddf(
            input_direction=inputs, returns_to_scale="crs", disposability="weak"
        )
        found[f"{name}-weak-vrs"] = KuosmanenWeakDisposalDDF(input_direction=inputs)
        for returns in ("crs", "vrs"):
            found[f"{name}-strong-{returns}"] = ddf(
                input_direction=inputs, returns_to_scale=returns, disposability="strong"
            )
    return found


def main() -> None:
    panel = sample()
    panel.to_csv(HERE / "input.csv", index=False, float_format="%.17g")
    panel = pd.read_csv(HERE / "input.csv")
    parts = []
    for period, frame in panel.groupby("period"):
        data = DEAData.from_frame(
            frame, dmu="unit", inputs=["k", "l", "e"], outputs=["y"], bad_outputs=["c", "w"]
        )
        for case, model in models().items():
            out = model.fit(data).summary_frame[["dmu_id", "distance"]]
            out = out.rename(columns={"dmu_id": "unit"})
            parts.append(out.assign(case=case, period=period))
    table = pd.concat(parts)[["case", "period", "unit", "distance"]]
    table.to_csv(HERE / "expected.csv", index=False, float_format="%.17g")


if __name__ == "__main__":
    main()
