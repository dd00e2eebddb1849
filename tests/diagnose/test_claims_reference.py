"""Stored plain sums for the statistics of claims and the odds of stages."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods

REFERENCE = Path(__file__).parents[1] / "reference" / "claim_tests"
# Sums of at most 144 terms of order one.
ROUNDING = 1e-12


@pytest.fixture(scope="module")
def typed() -> tuple[Panel, dict[str, float]]:
    with (REFERENCE / "input.csv").open(encoding="utf-8") as handle:
        found = list(csv.DictReader(handle))
    years = [name for name in found[0] if name != "entity"]
    y = np.array([[float(row[t]) for t in years] for row in found])
    panel = Panel.of(
        {"y": y},
        entities=[row["entity"] for row in found],
        periods=[int(t) for t in years],
        units={},
    )
    expected = json.loads((REFERENCE / "expected.json").read_text("utf-8"))
    return panel, expected


def test_statistics_of_claims_equal_plain_sums(typed):
    panel, expected = typed
    table = methods["claim_tests"](panel, variables=["y"], claims="papers", draws=10).tables[
        "tests"
    ]
    seen = set()
    for i in range(len(table)):
        line = table.row(i)
        key = f"{line['statistic_name']}/{line['variant']}"
        np.testing.assert_allclose(line["estimate"], expected[key], atol=ROUNDING, err_msg=key)
        seen.add(key)
    assert seen == set(expected)


def test_odds_of_stages_equal_plain_counts(typed):
    panel, expected = typed
    table = methods["typology"](panel, variable="y", draws=10).tables["stage_odds"]
    for rule in ("pooled", "per_period"):
        low, middle, high = (table.row(table.find(rule, k)) for k in (1, 2, 3))
        found = {
            "leave_low": low["leave"],
            "stay_high": 1 - high["leave"],
            "rise_minus_fall": middle["up"] - middle["down"],
        }
        for name, value in found.items():
            np.testing.assert_allclose(value, expected[f"{name}/{rule}"], atol=ROUNDING)
