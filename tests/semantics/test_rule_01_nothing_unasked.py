"""Rule 1: nothing is filled, dropped, rounded, reordered, converted or averaged unasked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import zhiheng as zh
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.registry import catalogue


def test_values_come_back_bit_for_bit_in_the_order_given() -> None:
    rng = np.random.default_rng(1)
    df = pd.DataFrame({"r": ["z", "a"] * 3, "y": [3, 3, 1, 1, 2, 2], "x": rng.normal(size=6)})
    panel = zh.Panel.from_frame(df, entity="r", period="y")
    assert panel.entities == ("z", "a")
    for _, row in df.iterrows():
        e, t = panel.entities.index(row["r"]), panel.periods.index(row["y"])
        assert panel.array("x")[e, t] == row["x"]


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_method_leaves_its_panel_as_it_was(name: str) -> None:
    panel = example_panel(catalogue()[name].example)
    before = panel.fingerprint
    zh.methods[name](panel, **example_options(name))
    del panel.__dict__["fingerprint"]
    assert panel.fingerprint == before
