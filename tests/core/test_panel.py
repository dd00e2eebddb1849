"""Panels: faults are shown by their rows, and nothing is changed unasked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel, Status
from zhiheng.core.units import UNSTATED


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"region": ["A", "A", "B"], "year": [2020, 2021, 2021], **columns})


def test_a_missing_row_is_a_gap_and_stays_one() -> None:
    panel = Panel.from_frame(frame(x=[1.0, 2.0, 3.0]), entity="region", period="year")
    assert np.isnan(panel.array("x")[1, 0])
    assert panel.status_of("x")[1, 0] == Status.ABSENT
    assert panel.gaps(["x"])[0]["period"] == 2020


def test_two_rows_for_one_cell_are_shown_not_averaged() -> None:
    df = pd.DataFrame({"region": ["A", "A"], "year": [2020, 2020], "x": [4.5, 4.7]})
    with pytest.raises(ZhihengError) as caught:
        Panel.from_frame(df, entity="region", period="year")
    assert caught.value.code == "D102"
    assert [row["x"] for row in caught.value.evidence] == [4.5, 4.7]


def test_text_in_a_number_cell_is_named_by_row_and_column() -> None:
    with pytest.raises(ZhihengError) as caught:
        Panel.from_frame(frame(x=["1", "abc", "3"]), entity="region", period="year")
    assert caught.value.code == "D103"
    assert caught.value.evidence[0] == {"row": 2, "column": "x", "value": "abc"}


@pytest.mark.parametrize(
    ("df", "code"),
    [
        (frame(), "D106"),
        (frame(x=[1.0, 2.0, 3.0]).assign(year=[2020, 2021.5, 2021]), "D104"),
        (frame(x=[1.0, 2.0, 3.0]).assign(region=["A", None, "B"]), "D108"),
        (frame(x=[1.0, np.inf, 3.0]), "D103"),
    ],
)
def test_each_fault_has_its_code(df: pd.DataFrame, code: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        Panel.from_frame(df, entity="region", period="year")
    assert caught.value.code == code
    assert caught.value.exit_code == 2


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(ZhihengError) as caught:
        Panel.from_frame(frame(x=[1.0, 2.0, 3.0]), entity="regoin", period="year")
    assert caught.value.evidence[0]["nearest"] == "region"


def test_a_series_without_a_unit_is_unstated() -> None:
    panel = Panel.from_frame(frame(x=[1.0, 2.0, 3.0]), entity="region", period="year")
    assert panel.units == {"x": UNSTATED}


def test_values_cannot_be_changed_in_place() -> None:
    panel = Panel.from_frame(frame(x=[1.0, 2.0, 3.0]), entity="region", period="year")
    with pytest.raises(ValueError, match="read-only"):
        panel.array("x")[0, 0] = 9.0


def test_a_selection_is_written_into_the_history() -> None:
    panel = Panel.from_frame(frame(x=[1.0, 2.0, 3.0]), entity="region", period="year")
    smaller = panel.select(entities=["B"])
    assert smaller.entities == ("B",)
    assert [step.name for step in smaller.steps] == ["from_frame", "select"]


def test_an_unknown_name_in_a_selection_names_the_nearest() -> None:
    panel = Panel.from_frame(frame(gdp=[1.0, 2.0, 3.0]), entity="region", period="year")
    with pytest.raises(ZhihengError) as caught:
        panel.array("gpd")
    assert "gdp" in caught.value.fix.en


@given(st.permutations(range(6)))
def test_row_order_of_the_frame_does_not_change_a_value(order: list[int]) -> None:
    df = pd.DataFrame({"region": list("AABBCC"), "year": [2020, 2021] * 3, "x": np.arange(6.0)})
    panel = Panel.from_frame(df, entity="region", period="year")
    mixed = Panel.from_frame(df.iloc[order], entity="region", period="year")
    mixed = mixed.select(entities=panel.entities)
    assert mixed.fingerprint == panel.fingerprint


def test_frame_gives_back_what_came_in() -> None:
    df = pd.DataFrame({"region": list("AABB"), "year": [1, 2] * 2, "x": [1.5, np.nan, 3.0, 4.0]})
    back = Panel.from_frame(df, entity="region", period="year").frame()
    np.testing.assert_array_equal(back["x"].to_numpy(), df["x"].to_numpy())
