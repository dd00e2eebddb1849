"""Makes expected.json: efficiency against group frontiers and the metafrontier, from DEAPack.

DEAPack is GPL-3; it is only run here, nothing of it is copied. It has the radial metafrontier of
pooled periods; the slacks-based one and that of single periods come from its plain models, run
once on all units and once on each group. `input.csv` is panel.csv of ../malmquist.

Run: python make.py   (in an environment with DEAPack==2.0.1)
"""

from __future__ import annotations

import json
from pathlib import Path

import deapack as dp
import pandas as pd

HERE = Path(__file__).parent
GROUP = {f"u{i}": "south" if i % 3 else "north" for i in range(10)}


def scores(model: object, frame: pd.DataFrame, bad: list) -> pd.Series:
    data = dp.DEAData.from_frame(
        frame, inputs=["k", "w"], outputs=["y", "v"], bad_outputs=bad or None, dmu="key"
    )
    return model.fit(data).summary_frame.set_index("dmu_id")["efficiency"].astype(float)


def meta_and_group(make: object, frame: pd.DataFrame, bad: list, *, pooled: bool) -> list:
    frames = [frame] if pooled else [part for _, part in frame.groupby("year")]
    rows = []
    for part in frames:
        meta = scores(make(), part, bad)
        group = pd.concat([scores(make(), g, bad) for _, g in part.groupby("group")])
        rows += [[*key.split("|"), meta[key], group[key]] for key in meta.index]
    return sorted(rows)


def official(orientation: str, returns: str, frame: pd.DataFrame) -> list:
    """The metafrontier of DEAPack itself, which pools the periods."""
    data = dp.DEAData.from_frame(
        frame, inputs=["k", "w"], outputs=["y", "v"], dmu="key", group="group"
    )
    model = dp.RadialMetafrontierDEA(orientation=orientation, returns_to_scale=returns)
    found = model.fit(data).summary_frame
    names = ["metafrontier_efficiency", "group_efficiency", "metatechnology_ratio"]
    return sorted(
        [*row["dmu_id"].split("|"), *(float(row[n]) for n in names)] for _, row in found.iterrows()
    )


def main() -> None:
    frame = pd.read_csv(HERE / "input.csv")
    frame["group"] = frame["unit"].map(GROUP)
    frame["key"] = frame["unit"] + "|" + frame["year"].astype(str)
    found = {"groups": GROUP}
    for returns in ("crs", "vrs"):

        def sbm(returns: str = returns) -> object:
            return dp.UndesirableSBM(returns_to_scale=returns)

        for pooled in (True, False):
            key = f"sbm {returns} {'pooled' if pooled else 'period'}"
            found[key] = meta_and_group(sbm, frame, ["b", "c"], pooled=pooled)
        for side in ("input", "output"):
            found[f"radial {side} {returns} pooled"] = official(side, returns, frame)
    lines = [f' "{k}": {json.dumps(v)}' for k, v in found.items()]
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
