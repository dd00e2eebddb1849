"""Write input.csv: logarithms of Munnell's data of 48 states, demeaned by state; then make.R."""

from pathlib import Path

import numpy as np
from linearmodels.datasets import munnell

data = munnell.load()
columns = {"y": "GSP", "x1": "P_CAP", "x2": "PC", "x3": "EMP"}
made = data[["ST_ABB"]].assign(**{k: np.log(data[v].astype(float)) for k, v in columns.items()})
made["x4"] = data.UNEMP.astype(float)
names = [*columns, "x4"]
made[names] -= made.groupby("ST_ABB")[names].transform("mean")
made[names].to_csv(Path(__file__).parent / "input.csv", index=False, float_format="%.17g")
