"""The table of conventions against plain loops and against a count made elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from index_cases import columns, made, panel_of

from zhiheng.core.panel import Panel
from zhiheng.kernels.impute import fill
from zhiheng.measure.conventions import conventions

REFERENCE = Path(__file__).parents[1] / "reference" / "conventions"
# sums of a few dozen terms, input with six decimals on both sides
CLOSE = 1e-12


@pytest.fixture(scope="module")
def found():
    panel = Panel.from_frame(pd.read_csv(REFERENCE / "input.csv"), entity="entity", period="period")
    return conventions(panel, columns=dict.fromkeys(panel.series, "more"))


def test_every_convention_equals_plain_loops(found):
    table = found.table("conventions").set_index("convention")
    for name, expected in json.loads((REFERENCE / "expected.json").read_text()).items():
        row = table.loc[name]
        assert row.computable == (expected is not None)
        if expected is None:
            assert "exceeds one" in row.reason_en
            continue
        assert row.leader == expected["leader"]
        for column in ("most_moved", "moved_far", "kendall", "mean_change"):
            assert row[column] == pytest.approx(expected[column], abs=CLOSE), (name, column)


def test_the_shift_by_one_moves_seventeen_of_fifty_one_countries(asem):
    # the count was made with medians in place of the gaps
    panel = panel_of(fill(asem["over"][:, None, :], "period_median"))
    directions = {
        f"x{k}": "more" if m["Direction"] == "1" else "less" for k, m in enumerate(asem["items"])
    }
    table = conventions(panel, columns=directions).table("conventions").set_index("convention")
    assert table.moved_far["shift_one"] == 17
    assert table.most_moved["shift_one"] == 24
    assert table.most_moved["shift_hundredth"] <= 4


def test_counts_of_agreement_cover_every_convention_that_speaks(found):
    table, all_of_them = found.table("flips"), found.table("conventions")
    spoken = table.set_index("conclusion")
    computable = int(all_of_them.computable.sum())
    assert (spoken.agree + spoken.differ)["leader"] == computable
    assert (spoken.agree + spoken.differ)["mean"] == all_of_them.mean_change.notna().sum()
    assert (table.agree >= 1).all(), "the first convention agrees with itself"


def test_a_single_indicator_flips_nothing_that_order_alone_decides():
    panel = made((7, 4, 1))
    table = conventions(panel, columns=columns(panel)).table("conventions")
    assert (table.most_moved.dropna() == 0).all()


def test_one_period_states_no_change():
    panel = panel_of(np.random.default_rng(1).lognormal(size=(6, 1, 3)))
    found = conventions(panel, columns=columns(panel))
    assert set(found.table("flips").conclusion) == {"leader", "top_three", "bottom_three"}
