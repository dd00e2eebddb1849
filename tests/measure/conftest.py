"""The ASEM data of COINr, read in place."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from zhiheng.core.panel import Panel
from zhiheng.kernels.impute import fill


def number(text):
    return float("nan") if text in ("NA", "") else float(text)


@pytest.fixture(scope="package")
def asem(shared):
    """Indicators over their denominators, the tree, and what COINr printed."""
    folder = shared / "reference" / "data"
    read = {
        name: list(csv.DictReader((folder / f"ASEM_{name}.csv").read_text("utf-8").splitlines()))
        for name in ("iData", "iMeta", "COINr_results")
    }
    data, meta = read["iData"], read["iMeta"]
    items = [m for m in meta if m["Type"] == "Indicator"]
    raw = np.array([[number(row[m["iCode"]]) for m in items] for row in data])
    below = np.array(
        [[1.0 if m["Denominator"] == "NA" else number(row[m["Denominator"]]) for m in items]
         for row in data]
    )  # fmt: skip
    names = sorted({row["EurAsia_group"] for row in data})
    groups = np.array([names.index(row["EurAsia_group"]) for row in data])
    over = raw / below
    x = fill(over[:, None, :], "group_mean", groups=groups)
    codes = [row["uCode"] for row in data]
    panel = Panel.of(
        {f"s{k}": x[:, :, k] for k in range(len(items))}, entities=codes, periods=[2018], units={}
    )
    results = {row["uCode"]: row for row in read["COINr_results"]}
    return {"panel": panel, "items": items, "meta": meta, "results": results, "over": over}
