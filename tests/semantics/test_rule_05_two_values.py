"""Rule 5: two values for one cell are an error that shows both, unless a priority decides."""

from __future__ import annotations

import pytest

import zhiheng as zh
from zhiheng.sources.tables import parse

ROWS = (
    "region,year,series,value,unit,source\n"
    "北京,2022,gdp_current,41611,亿元,first\n北京,2022,gdp_current,45222,亿元,revised\n"
)


def test_both_values_are_shown() -> None:
    with pytest.raises(zh.ZhihengError) as caught:
        parse(ROWS.encode(), "gdp.csv").panel()
    values = [row["value"] for row in caught.value.evidence]
    assert values == [41611e8, 45222e8]


def test_a_declared_priority_decides_and_the_loser_is_in_the_history() -> None:
    panel = parse(ROWS.encode(), "gdp.csv").panel(prefer=["revised", "first"])
    assert panel.array("gdp_current")[0, 0] == 45222e8
    assert "1 values set aside" in panel.steps[-1].detail
    assert "first" in panel.steps[-1].detail
