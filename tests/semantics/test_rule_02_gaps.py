"""Rule 2: NaN means not observed; a method that cannot bear gaps names the rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate


def test_a_gap_stays_a_gap_through_an_expression() -> None:
    panel = zh.data("provinces")
    found = evaluate("rd_expenditure / gdp_current", panel, scope("province"))
    gap = np.isnan(panel.array("rd_expenditure")) | np.isnan(panel.array("gdp_current"))
    np.testing.assert_array_equal(np.isnan(found.values), gap)
    assert (found.status[gap] == zh.Status.ABSENT).all()


def test_the_status_of_a_result_is_the_weakest_of_its_inputs() -> None:
    panel = zh.data("provinces").select(periods=[2020], series=["gdp_current", "population"])
    status = panel.status.copy()
    status[3, 0, 1] = zh.Status.INTERPOLATED
    found = evaluate("gdp_current / population", replace(panel, status=status), scope("province"))
    assert found.status[3, 0] == zh.Status.INTERPOLATED
    assert found.status[4, 0] == zh.Status.OBSERVED


def test_a_method_names_the_missing_cells_and_the_ways_out() -> None:
    panel = zh.data("provinces").select(periods=range(2013, 2023))
    with pytest.raises(zh.ZhihengError) as caught:
        zh.methods["dagum"](panel, variable="rd_expenditure", groups="zones4")
    assert caught.value.evidence[0]["period"] == 2013
    assert caught.value.fix.en
