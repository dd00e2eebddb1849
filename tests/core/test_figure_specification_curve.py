"""Specification curves: sorted places, intervals, marks below, room for words."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pytest

from zhiheng.core.figures import build
from zhiheng.core.figures.layout import text_width
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
ANY = Text("标题", "Title")
LONG = Text("不含北京、天津、上海、重庆", "without Beijing, Tianjin, Shanghai and Chongqing")
N = 20


def drawn(lang: Any, width: int) -> dict[str, Any]:
    b = np.linspace(-0.4, 0.2, N)
    words = [Text("水平值", "levels"), LONG]
    tables = {
        "drawn": Table.of(["place"], place=np.arange(1, N + 1), estimate=b, ci_low=b - 0.3,
                          ci_high=b + 0.3, share_survives=(b < -0.3).astype(float)),
        "drawn_choices": Table.of(
            ["step", "choice", "place"], step=["sample"] * 2 * N,
            step_title_zh=["样本"] * 2 * N, step_title_en=["sample"] * 2 * N,
            choice=["a"] * N + ["b"] * N,
            choice_title_zh=[w.zh for w in words for _ in range(N)],
            choice_title_en=[w.en for w in words for _ in range(N)],
            place=np.tile(np.arange(1, N + 1), 2),
            share=np.concatenate([np.linspace(1, 0, N), np.linspace(0, 1, N)])),
    }  # fmt: skip
    figure = Figure("f", "specification_curve", "drawn", ANY, ANY, {"reference": 0})
    return build(figure, tables, lang=lang, width=width, theme=THEME)


def texts(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**v, "align": part["mark"]["align"], "size": part["mark"]["fontSize"]}
        for part in spec["layer"]
        if part["mark"]["type"] == "text"
        for v in part["data"]["values"]
    ]


def test_estimates_rise_from_left_to_right_and_stay_inside() -> None:
    spec = drawn("en", 600)
    [points] = [p["data"]["values"] for p in spec["layer"] if p["mark"]["type"] == "point"]
    assert [p["x"] for p in points] == sorted(p["x"] for p in points)
    assert [p["y"] for p in points] == sorted((p["y"] for p in points), reverse=True)
    assert all(0 <= p["high"] <= p["y"] <= p["low"] <= spec["height"] for p in points)
    assert len({p["point"] for p in points}) == 2


def test_a_choice_that_nobody_makes_at_a_place_has_no_mark_there() -> None:
    spec = drawn("en", 600)
    [marks] = [
        p["data"]["values"] for p in spec["layer"] if "colour" in (p["data"]["values"] or [{}])[0]
    ]
    assert len(marks) == 2 * (N - 1)
    assert max(m["y2"] for m in marks) <= spec["height"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [320, 600])
def test_words_have_their_room_and_do_not_meet(lang: str, width: int) -> None:
    spec = drawn(lang, width)
    left, size = spec["padding"]["left"], spec["width"]
    assert left + size + spec["padding"]["right"] == width
    found = texts(spec)
    for one in found:
        wide = text_width(one["text"], one["size"])
        start = one["x"] - wide if one["align"] == "right" else one["x"]
        assert start >= -left
        assert start + wide <= size + spec["padding"]["right"]
    rows = sorted(t["y"] for t in found if t["align"] == "right" and t["y"] > 160)
    assert all(b - a >= 10 for a, b in zip(rows, rows[1:], strict=False))
    said = "".join(t["text"] for t in found).replace(" ", "")
    assert LONG[lang].replace(" ", "") in said
