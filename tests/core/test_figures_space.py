"""Figures of space: the map of classes without order, and the scatter."""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import combinations

import pytest

from zhiheng.core.figures import Theme, Tile, build
from zhiheng.core.figures.layout import text_width
from zhiheng.core.figures.theme import luminance
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import LANGS, Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
ANY = Text("标题", "Title")
CODES = ["110000", "150000", "230000", "540000"]
NAMES = {c: Text(z, e) for c, z, e in zip(CODES, "京蒙黑藏", ["BJ", "NM", "HL", "XZ"], strict=True)}
TILES = {c: Tile(i % 2, i // 2, NAMES[c], NAMES[c]) for i, c in enumerate([*CODES, "710000"][:4])}
TABLE = Table.of(
    ["entity"],
    entity=CODES[:3],
    x=[-1.0, 0.5, 2.0],
    y=[-0.5, 0.0, 1.5],
    cluster=["LL", "NS", "HH"],
    cluster_zh=["低—低", "不显著", "高—高"],
    cluster_en=["low among low", "not significant", "high among high"],
)
MAP = {"label": "entity", "category": "cluster", "order": ["HH", "HL", "LH", "LL", "NS"]}


def drawn(kind, lang="zh", width=500, table=TABLE, **encodings):
    figure = Figure("f", kind, "t", ANY, ANY, encodings)
    return build(
        figure, {"t": table}, lang=lang, width=width, theme=THEME, names=NAMES, tiles=TILES
    )


def values(spec):
    return [v for part in spec["layer"] for v in part["data"]["values"]]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [358, 760])
def test_no_word_of_the_class_map_leaves_the_picture(lang, width):
    spec = drawn("tilemap", lang, width, **MAP)
    pad = spec["padding"]
    assert pad["left"] + spec["width"] + pad["right"] == width
    for part in spec["layer"]:
        if part["mark"]["type"] == "text":
            for v in part["data"]["values"]:
                wide = text_width(v["text"], part["mark"]["fontSize"])
                left = v["x"] - (wide / 2 if part["mark"]["align"] == "center" else 0)
                assert left >= -pad["left"] - 1
                assert left + wide <= spec["width"] + pad["right"] + 1
                assert v["y"] >= -pad["top"]


def test_the_class_map_colours_by_class_and_says_which_are_present():
    spec = drawn("tilemap", **MAP)
    fill = {v["label"]: v["colour"] for v in values(spec) if "label" in v}
    classes = THEME["classes"]
    assert fill["京"] == fill["低—低"] == classes["LL"]
    assert fill["黑"] == fill["高—高"] == classes["HH"]
    assert "低—高" not in fill
    key = [v["text"] for v in values(spec) if "text" in v]
    assert key.index("高—高") < key.index("低—低") < key.index("不显著")


def test_a_region_outside_of_the_table_is_drawn_without_data():
    unknown = {v["label"] for v in values(drawn("tilemap", **MAP)) if v.get("known") is False}
    assert unknown == {"藏", "无数据"}


def test_classes_stay_apart_in_grey_from_what_is_not_significant():
    classes = {k: luminance(v) ** (1 / 3) for k, v in THEME["classes"].items()}
    for cluster in ("HH", "LL"):
        for other in ("HL", "LH", "NS"):
            assert abs(classes[cluster] - classes[other]) > 0.2
    for family in ("HH HL LH LL NS", "complete mostly partly poor"):
        for one, two in combinations(family.split(), 2):
            assert THEME["classes"][one] != THEME["classes"][two]
    states = [c for k, c in THEME["classes"].items() if k.endswith("coupling")]
    assert len(states) == len(set(states)) == 8


def test_words_on_every_class_have_enough_contrast():
    theme = Theme.of(THEME)
    for fill in theme.classes.values():
        a, b = sorted((luminance(fill), luminance(theme.on(fill))))
        assert (b + 0.05) / (a + 0.05) >= 4.5  # WCAG 2.1 AA, small text


def test_a_theme_without_classes_still_draws():
    assert Theme.of({k: v for k, v in THEME.items() if k != "classes"}).category("HH")


def test_the_fitted_line_of_points_on_a_line_passes_through_them():
    table = Table.of(["entity"], entity=CODES, x=[0.0, 1, 2, 3], y=[1.0, 3, 5, 7])
    spec = drawn("scatter", table=table, x="x", y="y", label="entity", fit=True)
    line = next(p for p in spec["layer"] if p["mark"]["type"] == "line")["data"]["values"]
    dots = next(p for p in spec["layer"] if p["mark"]["type"] == "point")["data"]["values"]
    for end, dot in ((line[0], dots[0]), (line[1], dots[3])):
        assert end["x"] == pytest.approx(dot["x"])
        assert end["y"] == pytest.approx(dot["y"])


def test_points_that_lie_on_each_other_do_not_print_words_on_each_other():
    many = [f"p{i}" for i in range(30)]
    table = Table.of(["entity"], entity=many, x=[0.0] * 29 + [9.0], y=[0.0] * 29 + [9.0])
    spec = drawn("scatter", table=table, x="x", y="y", label="entity")
    shown = [v for v in values(spec) if v.get("text", "").startswith("p") and "i" not in v]
    spans = [
        (v["x"], v["x"] + text_width(v["text"], THEME["type"]["small"]), v["y"]) for v in shown
    ]
    for (a, b, y), (c, d, z) in combinations(spans, 2):
        assert b <= c or d <= a or abs(y - z) > 10
    assert 1 <= len(shown) < 5


def test_a_point_without_a_value_is_left_out():
    table = Table.of(["entity"], entity=CODES[:3], x=[0.0, 1.0, None], y=[0.0, 1.0, 2.0])
    spec = drawn("scatter", table=table, x="x", y="y", label="entity", fit=True)
    dots = next(p for p in spec["layer"] if p["mark"]["type"] == "point")["data"]["values"]
    assert len(dots) == 2
