"""Rule 7: same inputs and seed give the same bytes; another seed is another run."""

from __future__ import annotations

import zhiheng as zh
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.wire import dumps


def test_two_calls_give_the_same_bytes() -> None:
    panel, options = example_panel("regions"), example_options("index")
    one = zh.methods["index"](panel, **options)
    assert dumps(one) == dumps(zh.methods["index"](panel, **options))


def test_the_seed_stands_in_the_parameters_and_matters() -> None:
    panel, options = example_panel("regions"), example_options("index")
    one = zh.methods["index"](panel, **{**options, "seed": 1})
    two = zh.methods["index"](panel, **{**options, "seed": 2})
    assert (one.params["seed"], two.params["seed"]) == (1, 2)
    assert dumps(one) != dumps(two)
