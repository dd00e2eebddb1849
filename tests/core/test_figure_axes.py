from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from zhiheng.core.figures import build
from zhiheng.core.figures.layout import decimals
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
ANY = Text("标题", "Title")


@pytest.mark.parametrize("most", [0.3, 1.25, 12.5, 40.0])
def test_an_axis_prints_every_tick_without_rounding(most: float) -> None:
    table = Table.of(["factor"], factor=["a", "b"], effect=[most / 7, most])
    figure = Figure("bars", "bar", "t", ANY, ANY, {"label": "factor", "value": "effect"})
    spec = build(figure, {"t": table}, lang="en", width=760, theme=THEME)
    axes = [a for a in _all(spec, "axis") if a and a.get("values")]
    assert axes
    for axis in axes:
        digits = int(axis["format"].removeprefix(",.").removesuffix("f"))
        assert all(round(tick, digits) == tick for tick in axis["values"])


def test_whole_steps_need_no_decimals() -> None:
    assert [decimals(x) for x in (0.0, 2.5, -0.25, 100.0)] == [0, 1, 2, 0]


def _all(node: Any, key: str) -> Iterator[Any]:
    """Every value of a key anywhere in a spec."""
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        node = list(node.values())
    if isinstance(node, list):
        for member in node:
            yield from _all(member, key)
