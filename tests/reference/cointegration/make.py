"""Make input.csv and expected.csv: ``python make.py``.

Needs openecon 0.3.20a2 (Apache-2.0) and Westerlund 0.1.2 (MIT) from PyPI; both are only run here.
openecon's panel ADF averages error variances without weights, so its value depends on the
units of each outcome. It is given a panel whose outcomes are divided by the root of the
weights, where both conventions agree; its other statistics do not change by that.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from openecon.econometrics.unitroot.xtcointtest import xtcointtest
from Westerlund import WesterlundTest

HERE = Path(__file__).parent
ENTITIES, PERIODS = 15, 30
REGRESSORS = (["x1"], ["x1", "x2"])
WINDOW = 3


def drawn() -> pd.DataFrame:
    """Half of the entities cointegrated; shared shocks; own scales; some drift."""
    rng = np.random.default_rng(20261126)
    shared = rng.normal(size=(PERIODS, 3))
    rows = []
    for i in range(ENTITIES):
        step = 0.6 * shared + rng.normal(size=(PERIODS, 3)) + [0.0, 0.1, 0.05]
        step[1:] += 0.3 * step[:-1]
        y, x1, x2 = np.cumsum(step, axis=0).T
        if i % 2:
            y = 0.5 * i + x1 - 0.4 * x2 + np.convolve(rng.normal(size=PERIODS), [1, 0.5])[:PERIODS]
        scale = 0.5 + i / 5
        for t in range(PERIODS):
            cells = (scale * y[t], x1[t], 10 + 3 * x2[t])
            rows.append((f"r{i:02d}", 1990 + t, *(round(float(c), 6) for c in cells)))
    return pd.DataFrame(rows, columns=["entity", "period", "y", "x1", "x2"])


def weights(data: pd.DataFrame, names: list[str], trend: str) -> pd.Series:
    """Long-run variance of the differenced regression, entity by entity."""
    found = {}
    for entity, part in data.groupby("entity"):
        step = np.diff(part[["y", *names]].to_numpy(), axis=0)
        right = step[:, 1:]
        if trend == "trend":
            right = np.column_stack([np.ones(len(step)), right])
        u = step[:, 0] - right @ np.linalg.lstsq(right, step[:, 0], rcond=None)[0]
        auto = [u[j:] @ u[: len(u) - j] / len(u) for j in range(WINDOW + 1)]
        found[entity] = auto[0] + 2 * sum(
            (1 - j / (WINDOW + 1)) * auto[j] for j in range(1, WINDOW + 1)
        )
    return data["entity"].map(found)


def main() -> None:
    data = drawn()
    data.to_csv(HERE / "input.csv", index=False)
    rows = []
    for names in REGRESSORS:
        for trend in ("constant", "trend"):
            for lags in (0, 1, 2):
                case = f"{len(names)}/{trend}/{lags}"
                common = {"panel": "entity", "time": "period", "lags": lags, "kernel_lags": WINDOW}
                if trend == "constant":
                    kao = xtcointtest(data, "y", names, test="kao", **common)
                    rows += [(case, f"kao/{k}", r.statistic, r.p_value) for k, r in kao.iterrows()]
                even = data.assign(y=data["y"] / np.sqrt(weights(data, names, trend)))
                for kind in ("panel", "same"):
                    found = xtcointtest(
                        even, "y", names, test="pedroni", ar=kind, deterministic=trend, **common
                    )
                    rows += [
                        (case, f"{kind}/{k}", r.statistic, r.p_value) for k, r in found.iterrows()
                    ]
                test = WesterlundTest(
                    data, "y", names, "entity", "period", lags=lags, leads=0, lrwindow=WINDOW,
                    constant=True, trend=trend == "trend",
                )  # fmt: skip
                found = test.run()
                for key in ("gt", "ga", "pt", "pa"):
                    name = key.capitalize()
                    rows.append((case, key, found["test_stats"][name], found["p_values"][name]))
    with (HERE / "expected.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["case", "name", "value", "p"])
        writer.writerows(rows)
    sys.stdout.write(f"{len(rows)} rows\n")


if __name__ == "__main__":
    main()
