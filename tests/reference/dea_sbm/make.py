"""Makes input.csv and expected.csv: slacks-based scores of a random panel, by DEAPack.

Run: python make.py   (Python 3.11, DEAPack 2.0.1, numpy, pandas; in an environment of its own)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from deapack import SBM, DEAData, InputSBM, OutputSBM, ToneSuperSBM, UndesirableSBM

HERE = Path(__file__).parent
INPUTS, OUTPUTS, BAD = ["k", "l", "e"], ["y"], ["c", "w"]


def sample() -> pd.DataFrame:
    """Forty units in two periods: Cobb-Douglas with inefficiency, two pollutants tied to `e`."""
    rng = np.random.default_rng(20240)
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


def scored(case: str, model: object, frame: pd.DataFrame, bad: list[str]) -> pd.DataFrame:
    data = DEAData.from_frame(
        frame, dmu="unit", inputs=INPUTS, outputs=OUTPUTS, bad_outputs=bad or None
    )
    found = model.fit(data)
    out = found.summary_frame[["dmu_id", "score"]].rename(columns={"dmu_id": "unit"})
    return out.assign(case=case, period=int(frame["period"].iloc[0]))


def main() -> None:
    panel = sample()
    panel.to_csv(HERE / "input.csv", index=False, float_format="%.17g")
    panel = pd.read_csv(HERE / "input.csv")
    parts = []
    for _, frame in panel.groupby("period"):
        for returns in ("crs", "vrs"):
            options = {"returns_to_scale": returns}
            parts += [
                scored(f"undesirable-none-{returns}", UndesirableSBM(**options), frame, BAD),
                scored(f"plain-none-{returns}", SBM(**options), frame, []),
                scored(f"plain-input-{returns}", InputSBM(**options), frame, []),
                scored(f"plain-output-{returns}", OutputSBM(**options), frame, []),
            ]
            model = ToneSuperSBM(orientation="non-oriented", **options)
            parts.append(scored(f"super-none-{returns}", model, frame, []))
        for orientation in ("input", "output"):  # DEAPack offers these with constant returns only
            model = ToneSuperSBM(orientation=orientation)
            parts.append(scored(f"super-{orientation}-crs", model, frame, []))
    table = pd.concat(parts)[["case", "period", "unit", "score"]]
    table.to_csv(HERE / "expected.csv", index=False, float_format="%.17g")


if __name__ == "__main__":
    main()
