"""Scores under every recipe refuse what the index itself refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.measure.index_variants import index_variants


@pytest.mark.parametrize("score", [index_variants, methods["index"]])
def test_values_of_several_units_are_not_added_up_without_a_normalisation(score):
    x = np.random.default_rng(1).uniform(1, 2, (2, 6, 3))
    panel = Panel.of(
        {"mass": x[0], "money": x[1]},
        entities=list("abcdef"), periods=[1, 2, 3], units={"mass": "t", "money": "CNY"},
    )  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        score(panel, columns={"mass": "more", "money": "more"}, normalise="none")
    assert caught.value.code == "M627"
