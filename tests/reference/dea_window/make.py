"""Makes expected.json: window analysis, from DEAPack run on the units of each window.

DEAPack is GPL-3; it is only run here, nothing of it is copied. `input.csv` is panel.csv of
../malmquist.

Run: python make.py   (in an environment with DEAPack==2.0.1)
"""

from __future__ import annotations

import json
from pathlib import Path

import deapack as dp
import pandas as pd

HERE = Path(__file__).parent


def windows(make: object, frame: pd.DataFrame, bad: list, width: int) -> list:
    years = sorted(frame["year"].unique())
    rows = []
    for i in range(len(years) - width + 1):
        part = frame[frame["year"].isin(years[i : i + width])]
        data = dp.DEAData.from_frame(
            part, inputs=["k", "w"], outputs=["y", "v"], bad_outputs=bad or None, dmu="key"
        )
        found = make().fit(data).summary_frame.set_index("dmu_id")["efficiency"]
        rows += [[int(years[i]), *key.split("|"), float(found[key])] for key in sorted(found.index)]
    return rows


def main() -> None:
    frame = pd.read_csv(HERE / "input.csv")
    frame["key"] = frame["unit"] + "|" + frame["year"].astype(str)
    found = {}
    for returns in ("crs", "vrs"):
        for width in (2, 3):
            found[f"radial input {returns} {width}"] = windows(
                lambda r=returns: dp.RadialDEA(orientation="input", returns_to_scale=r),
                frame, [], width,
            )  # fmt: skip
            found[f"sbm none {returns} {width}"] = windows(
                lambda r=returns: dp.UndesirableSBM(returns_to_scale=r), frame, ["b", "c"], width
            )
    lines = [f' "{k}": {json.dumps(v)}' for k, v in found.items()]
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
