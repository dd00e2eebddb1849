"""Rule 6: every value has a vintage, and vintages do not stand in for one another."""

from __future__ import annotations

import numpy as np

import zhiheng as zh
from zhiheng.sources.tables import parse


def test_a_vintage_is_kept_with_the_value() -> None:
    rows = "region,year,series,value,unit,vintage\n北京,2022,gdp_current,1,亿元,2023-02\n"
    panel = parse(rows.encode(), "f.csv").panel()
    assert panel.origins[panel.origin[0, 0, 0]].vintage == "2023-02"


def test_every_embedded_value_has_an_origin_with_a_vintage() -> None:
    panel = zh.data("provinces")
    held = ~np.isnan(panel.values)
    assert (panel.origin[held] >= 0).all()
    assert all(origin.vintage for origin in panel.origins)


def test_first_release_and_revised_output_are_two_series() -> None:
    panel = zh.data("provinces")
    t = panel.periods.index(2022)
    first, now = panel.array("gdp_first_release")[0, t], panel.array("gdp_current")[0, t]
    assert first != now
