"""Ridges and contours: heights, scales, shades."""

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
YEARS = list(range(2013, 2023))


def ridges() -> dict[str, Any]:
    curve = np.exp(-(np.linspace(-3, 3, 30) ** 2))
    tables = {"density": Table.of(["period", "value"], period=np.repeat(YEARS, 30),
                                  value=np.tile(np.linspace(0.2, 2.4, 30), 10),
                                  density=np.tile(curve, 10))}  # fmt: skip
    figure = Figure("f", "ridgeline", "density", ANY, ANY)
    return build(figure, tables, lang="en", width=760, theme=THEME)


def contour() -> dict[str, Any]:
    a, b = np.repeat(np.linspace(10, 90, 12), 12), np.tile(np.linspace(0, 120, 12), 12)
    tables = {"kernel": Table.of(["from_value", "to_value"], from_value=a, to_value=b,
                                 density=np.exp(-(((a - b) / 15) ** 2)))}  # fmt: skip
    figure = Figure("f", "contour", "kernel", ANY, ANY)
    return build(figure, tables, lang="en", width=760, theme=THEME)


def test_a_ridge_stands_on_its_line_and_the_highest_fills_its_room() -> None:
    spec = ridges()
    areas = [part["data"]["values"] for part in spec["layer"] if part["mark"]["type"] == "area"]
    assert len(areas) == len(YEARS)
    feet = [points[0]["y2"] for points in areas]
    assert feet == sorted(feet)
    assert feet[-1] == spec["height"]
    assert min(p["y"] for points in areas for p in points) >= 0


def test_on_a_scale_of_its_own_every_ridge_is_equally_high() -> None:
    tables = {"density": Table.of(["period", "value"], period=[1, 1, 1, 2, 2, 2],
                                  value=[0.0, 1, 2] * 2, density=[0.0, 1, 0, 0, 9, 0])}  # fmt: skip
    one = Figure("f", "ridgeline", "density", ANY, ANY, {"own_scale": True})
    spec = build(one, tables, lang="zh", width=500, theme=THEME)
    areas = [part["data"]["values"] for part in spec["layer"] if part["mark"]["type"] == "area"]
    tall = [max(p["y2"] - p["y"] for p in points) for points in areas]
    assert tall[0] == pytest.approx(tall[1])


def test_a_contour_shades_from_light_to_dark_around_its_ridge() -> None:
    spec = contour()
    areas = [part for part in spec["layer"] if part["mark"]["type"] == "area"]
    colours = [part["mark"]["color"] for part in areas]
    assert colours == sorted(colours, key=THEME["scale"]["sequential"].index)
    widths = [max(v["y2"] - v["y"] for v in part["data"]["values"]) for part in areas]
    assert widths == sorted(widths, reverse=True)


def test_two_heaps_in_a_contour_are_two_areas() -> None:
    ends = np.linspace(0, 10, 41)
    heaps = np.exp(-((ends - 2) ** 2)) + np.exp(-((ends - 8) ** 2))
    tables = {"kernel": Table.of(
        ["from_value", "to_value"], from_value=np.repeat([4.0, 5, 6], 41),
        to_value=np.tile(ends, 3), density=np.tile(heaps, 3),
    )}  # fmt: skip
    spec = build(Figure("f", "contour", "kernel", ANY, ANY), tables, lang="zh", width=600,
                 theme=THEME)  # fmt: skip
    dark = THEME["scale"]["sequential"][-1]
    areas = [part for part in spec["layer"] if part["mark"].get("color") == dark
             and part["mark"]["type"] == "area"]  # fmt: skip
    assert len(areas) == 2  # noqa: PLR2004
