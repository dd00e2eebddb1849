"""Makes expected.json: indices of productivity from DEAPack.

DEAPack is GPL-3; it is only run here, nothing of it is copied. `julia.csv` holds the five units of
two periods of test/malmluen.jl of DataEnvelopmentAnalysis.jl (MIT), `panel.csv` a random panel
written by this script.

Run: python make.py   (in an environment with DEAPack==2.0.1)
"""

from __future__ import annotations

import json
from pathlib import Path

import deapack as dp
import numpy as np
import pandas as pd

HERE = Path(__file__).parent
FACTORS = ["productivity_change", "efficiency_change", "technical_change"]


def random_panel() -> pd.DataFrame:
    """Ten units, four periods: growth, unit shocks, two inputs, two outputs, two bad outputs."""
    rng = np.random.default_rng(20261125)
    rows = []
    size = rng.lognormal(0.0, 0.8, 10)
    skill = -np.abs(rng.normal(0.0, 0.3, 10))
    for t in range(4):
        for i in range(10):
            k, w = size[i] * rng.lognormal(0, 0.2, 2) * (10, 4)
            effort = skill[i] + 0.04 * t + rng.normal(0, 0.08)
            y = 8 * (k / 10) ** 0.4 * (w / 4) ** 0.6 * np.exp(effort) * rng.lognormal(0, 0.1, 2)
            b = size[i] * rng.lognormal(0.5, 0.3, 2) * (1, 30)
            rows.append((f"u{i}", 2019 + t, k, w, y[0], 3 * y[1], b[0], b[1]))
    frame = pd.DataFrame(rows, columns=["unit", "year", "k", "w", "y", "v", "b", "c"])
    return frame.round(4)


def run(model: object, frame: pd.DataFrame, inputs: list, outputs: list, bad: list) -> list:
    data = dp.DEAData.from_frame(
        frame, inputs=inputs, outputs=outputs, bad_outputs=bad or None, dmu="unit", period="year"
    )
    found = model.fit(data).summary_frame
    found = found.sort_values(["dmu_id", "comparison_period"])
    return [
        [row.dmu_id, int(row.base_period), int(row.comparison_period)]
        + [None if pd.isna(row[c]) else float(row[c]) for c in FACTORS]
        for _, row in found.iterrows()
    ]


def malmquist(orientation: str, returns: str) -> object:
    return dp.MalmquistProductivityIndex(orientation=orientation, returns_to_scale=returns)


def pooled(orientation: str, returns: str) -> object:
    return dp.GlobalMalmquistProductivityIndex(orientation=orientation, returns_to_scale=returns)


LUENBERGER = {
    "apz": dp.APZMalmquistLuenbergerProductivityIndex,
    "cfg": dp.MalmquistLuenbergerProductivityIndex,
    "gml": dp.GlobalMalmquistLuenbergerProductivityIndex,
}


def main() -> None:
    panel = random_panel()
    panel.to_csv(HERE / "panel.csv", index=False)
    julia = pd.read_csv(HERE / "julia.csv")
    found = {}
    for name, model in LUENBERGER.items():
        found[f"julia {name}"] = run(model(), julia, ["x"], ["y"], ["b"])
        found[f"panel {name} 1"] = run(model(), panel, ["k", "w"], ["y"], ["b"])
        found[f"panel {name} 2"] = run(model(), panel, ["k", "w"], ["y", "v"], ["b", "c"])
    for side in ("input", "output"):
        for returns in ("crs", "vrs"):
            key = f"panel malmquist {side} {returns}"
            found[key] = run(malmquist(side, returns), panel, ["k", "w"], ["y", "v"], [])
    found["panel global output crs"] = run(
        pooled("output", "crs"), panel, ["k", "w"], ["y", "v"], []
    )
    lines = [f' "{k}": {json.dumps(v)}' for k, v in found.items()]
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
