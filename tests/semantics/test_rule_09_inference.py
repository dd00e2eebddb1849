"""Rule 9: the defaults are those that hold: clustered, few-cluster p beside, error named."""

from __future__ import annotations

import zhiheng as zh
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.registry import catalogue


def test_errors_are_clustered_by_entity_unless_told_otherwise() -> None:
    options = {o.name: o.default for o in catalogue()["panel_ols"].options}
    assert options["cluster"] == "entity"
    assert options["effects"] == "twoway"


def test_the_few_cluster_p_stands_beside_the_clustered_one() -> None:
    result = zh.methods["panel_ols"](example_panel("regions"), **example_options("panel_ols"))
    columns = result.tables["coefficients"].columns
    assert {"p_value", "p_few", "mde"} <= set(columns)
    assert any("CR1" in note.text.en or "cluster" in note.text.en for note in result.notes)
