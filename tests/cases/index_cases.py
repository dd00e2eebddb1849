"""Small panels, systems and recipe books that the tests of the index share."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.index import index

SYSTEM = """
id = "made"
level = "province"
title = { zh = "自拟体系", en = "made-up system" }
citation = "none"
used = [2000, 2001]
weight_method = "given"
status = "verified"
[[group]]
id = "one"
title = { zh = "第一组", en = "first group" }
[[group]]
id = "two"
title = { zh = "第二组", en = "second group" }
"""
ITEM = """
[[indicator]]
id = "{id}"
title = {{ zh = "指标{id}", en = "item {id}" }}
expression = "{expression}"
unit = "1"
direction = "{direction}"
scale = "intensive"
group = "{group}"
weight = {weight}
source = {{ zh = "自拟", en = "made up" }}
status = "verified"
"""
ITEMS = (
    {"id": "a", "expression": "x0 / x1", "direction": "more", "group": "one", "weight": 0.2},
    {"id": "b", "expression": "x1", "direction": "less", "group": "one", "weight": 0.3},
    {"id": "c", "expression": "x2", "direction": "more", "group": "two", "weight": 0.5},
)
BOOK = """
id = "one"
title = {{ zh = "单一", en = "single" }}
concentration = {concentration}
geometric_shift = 0.01
"""


def panel_of(values, units=None, **more):
    e, p, k = values.shape
    return Panel.of(
        {f"x{i}": values[:, :, i] for i in range(k)},
        entities=[f"r{i}" for i in range(e)],
        periods=range(2001, 2001 + p),
        units=units or {},
        **more,
    )


def made(shape=(7, 4, 3), seed=1):
    return panel_of(np.random.default_rng(seed).lognormal(size=shape))


def columns(panel, directions="more"):
    words = [directions] * len(panel.series) if isinstance(directions, str) else directions
    return dict(zip(panel.series, words, strict=True))


def run(panel, directions="more", **options):
    return index(panel, columns=columns(panel, directions), **({"draws": 60} | options))


def system_file(tmp_path, items=ITEMS):
    path = tmp_path / "made.toml"
    path.write_text(SYSTEM + "".join(ITEM.format(**item) for item in items), "utf-8")
    return str(path)


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        index(panel, **options)
    assert caught.value.code == code
    return caught.value
