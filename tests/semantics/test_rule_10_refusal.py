"""Rule 10: a refusal is a result: it is said, not smoothed over."""

from __future__ import annotations

import pytest

import zhiheng as zh
from zhiheng.catalog.examples import example_options, example_panel


def test_too_few_clusters_are_refused_with_the_reason() -> None:
    panel = example_panel("regions")
    with pytest.raises(zh.ZhihengError) as caught:
        zh.methods["panel_ols"](
            panel.select(entities=panel.entities[:8]), **example_options("panel_ols")
        )
    assert caught.value.code == "M701"
    assert caught.value.fix.zh


def test_an_arrow_that_nobody_tested_stays_untested() -> None:
    from zhiheng.catalog.theory import theory

    assert {edge.status for edge in theory().edges} == {"untested"}
