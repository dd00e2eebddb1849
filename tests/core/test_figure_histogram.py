"""Histograms of draws: every draw is counted, and the observed value stands where it is."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pytest

from zhiheng.core.figures import build
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
ANY = Text("标题", "Title")


def drawn(values: Any, observed: float, width: int = 760) -> dict[str, Any]:
    tables = {
        "null": Table.of(["number"], number=range(len(values)), statistic=values),
        "test": Table.of([], statistic=[observed], low=[-1.0], high=[1.0]),
    }
    places = {"observed": "statistic", "low": "low", "high": "high"}
    marks = {role: {"table": "test", "column": column} for role, column in places.items()}
    figure = Figure("f", "histogram", "null", ANY, ANY, {"value": "statistic", **marks})
    return build(figure, tables, lang="en", width=width, theme=THEME)


def layers(spec: dict[str, Any], kind: str, colour: str) -> list[dict[str, Any]]:
    found = [
        part["data"]["values"]
        for part in spec["layer"]
        if part["mark"]["type"] == kind and part["mark"].get("color") == colour
    ]
    return found[0] if found else []


def test_every_draw_stands_in_one_bar() -> None:
    values = np.random.default_rng(1).normal(size=400)
    spec = drawn(values, -2.0)
    bars = layers(spec, "rect", THEME["scale"]["sequential"][2])
    heights = np.array([b["y2"] - b["y"] for b in bars])
    # the tallest bar is a whole number of draws, and so is every other on its scale
    counts = next(
        c for n in range(1, 401)
        if np.allclose(c := heights / heights.max() * n, np.round(c), atol=1e-6)
        and np.round(c).sum() == 400
    )  # fmt: skip
    assert np.round(counts).sum() == len(values)


@pytest.mark.parametrize("width", [358, 760])
def test_the_observed_value_may_lie_outside_of_all_draws(width: int) -> None:
    spec = drawn(np.linspace(-1, 1, 99), -6.0, width)
    (line,) = layers(spec, "rule", THEME["colour"]["second"])
    bars = layers(spec, "rect", THEME["scale"]["sequential"][2])
    assert 0 <= line["x"] < min(b["x"] for b in bars)


def test_draws_that_are_all_alike_are_drawn() -> None:
    spec = drawn(np.full(50, 0.5), 0.5)
    assert len(layers(spec, "rect", THEME["scale"]["sequential"][2])) == 1
