from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from typing import Any

import flow_figures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures import KINDS, Theme, Tile, build
from zhiheng.core.figures.canvas import magnitude, tick
from zhiheng.core.figures.grids import breaks
from zhiheng.core.figures.layout import keep_apart, nice_bounds, running, stops, text_width, wrap
from zhiheng.core.figures.theme import luminance
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import LANGS, Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
WIDTHS = (358, 500, 760)
ANY = Text("标题", "Title")
PLACES = [("110000", "北京", "Beijing"), ("150000", "内蒙古", "Inner Mongolia"),
          ("230000", "黑龙江", "Heilongjiang"), ("540000", "西藏", "Tibet")]  # fmt: skip
TILES = {
    code: Tile(i % 2, i // 2, Text(zh, en), Text(zh, en[:2].upper()))
    for i, (code, zh, en) in enumerate(PLACES)
}
NAMES = {
    "software": Text(
        "规模以上工业企业研究与试验发展人员全时当量",
        "Industrial research staff, full-time equivalent",
    ),
    "nominal": Text("名义权重", "Nominal weight"),
    "effective": Text("有效权重", "Effective weight"),
    "gini": Text("总基尼系数", "Overall Gini"),
}  # fmt: skip
YEARS = list(range(2013, 2023))

TABLES = {
    "scores": Table.of(
        ["entity", "period"],
        entity=[c for c, _, _ in PLACES[:3]] * 2,
        name_zh=[z for _, z, _ in PLACES[:3]] * 2,
        name_en=[e for _, _, e in PLACES[:3]] * 2,
        period=[2021] * 3 + [2022] * 3,
        score=[0.2, 0.9, 0.4, 0.3, 0.2, 0.8],
        rank=[3, 1, 2, 2, 3, 1], rank_low=[2, 1, 1, 1, 2, 1], rank_high=[3, 2, 3, 3, 3, 2],
    ),
    "weights": Table.of(
        ["indicator"], indicator=["software", "b", "c"],
        nominal=[0.2, 0.3, 0.5], effective=[-0.1, 0.4, 0.7],
    ),
    "coefficients": Table.of(
        ["term"], term=["software", "b"], estimate=[-0.9, 0.3], ci_low=[-1.6, -0.1],
        ci_high=[-0.2, 0.7], shared=[True, False],
    ),
    "decomposition": Table.of(
        ["period"], period=YEARS, between=np.linspace(0.2, 0.1, 10), within=[0.05] * 10,
        transvariation=[0.04] * 10, gini=np.linspace(0.29, 0.19, 10),
    ),
    "transitions": Table.of(
        ["from_class", "to_class"], from_class=[1, 1, 2, 2], to_class=[1, 2, 1, 2],
        probability=[0.9, 0.1, 0.03, 0.97], n=[90, 10, 3, 97],
    ),
    "density": Table.of(
        ["period", "relative_value"], period=np.repeat(YEARS, 30),
        relative_value=np.tile(np.linspace(0.2, 2.4, 30), 10),
        density=np.tile(np.exp(-((np.linspace(-3, 3, 30)) ** 2)), 10),
        low=np.tile(0.8 * np.exp(-((np.linspace(-3, 3, 30)) ** 2)), 10),
        high=np.tile(1.2 * np.exp(-((np.linspace(-3, 3, 30)) ** 2)), 10),
    ),
    "kernel": Table.of(
        ["from_value", "to_value"], from_value=np.repeat(np.linspace(10, 90, 12), 12),
        to_value=np.tile(np.linspace(0, 120, 12), 12),
        density=np.exp(-((np.repeat(np.linspace(10, 90, 12), 12)
                          - np.tile(np.linspace(0, 120, 12), 12)) / 15) ** 2),
    ),
    "points": Table.of(
        ["entity"], entity=[c for c, _, _ in PLACES], name_zh=[z for _, z, _ in PLACES],
        name_en=[e for _, _, e in PLACES], nominal=[-1.4, 0.2, 0.9, 2.1],
        effective=[-0.9, 0.4, -0.3, 1.2], cluster=["LL", "NS", "HL", "HH"],
        cluster_zh=["低—低（低值相邻）", "不显著", "高—低（高值在低值中）", "高—高（高值相邻）"],
        cluster_en=["low among low", "not significant", "high among low", "high among high"],
    ),
    "points_by_period": Table.of(
        ["entity", "period"], entity=[c for c, _, _ in PLACES[:3] for _ in YEARS],
        name_zh=[z for _, z, _ in PLACES[:3] for _ in YEARS],
        name_en=[e for _, _, e in PLACES[:3] for _ in YEARS], period=[*YEARS] * 3,
        cluster=["HH"] * 10 + ["HL", "NS"] * 5 + ["LL"] * 10,
    ),
    "effects": Table.of(["factor"], factor=["a", "software", "c"], effect=[800.0, -950.5, 20.25]),
    "nodes": Table.of(
        ["id"], id=["x", "m", "y"], name_zh=["新质生产力", "科技创新", "绿色发展"],
        name_en=["new-quality productive forces", "technology", "green development"],
        x=[0.0, 500.0, 1000.0], y=[300.0, 100.0, 300.0], kind=["cause", "arm", "outcome"],
    ),
    "edges": Table.of(
        ["edge"], edge=["a", "b", "c"], **{"from": ["x", "m", "y"]}, to=["m", "y", "x"],
        status=["untested", "association", "insufficient"], sign=["+", "-", "+"],
    ),
    "order": Table.of(
        ["entity"], entity=[c for c, _, _ in PLACES], name_zh=[z for _, z, _ in PLACES],
        name_en=[e for _, _, e in PLACES], level=[1, 2, 2, 3],
    ),
    "pairs": Table.of(
        ["better", "worse"], better=["110000", "110000", "150000", "110000"],
        worse=["150000", "230000", "540000", "540000"], next=[True, True, True, False],
    ),
    "null": Table.of(
        ["number"], number=range(1, 200), statistic=np.random.default_rng(1).normal(-2, 1, 199),
    ),
    "test": Table.of([], statistic=[-4.2], null_low=[-3.7], null_high=[-0.4]),
    "drawn": Table.of(
        ["place"], place=[1, 2, 3], estimate=[-0.8, -0.2, 0.3], ci_low=[-1.2, -0.6, -0.1],
        ci_high=[-0.4, 0.2, 0.7], share_survives=[1.0, 0.4, 0.0],
    ),
    "drawn_choices": Table.of(
        ["step", "choice", "place"], step=["weights"] * 6,
        choice=["software", "software", "software", "b", "b", "b"], place=[1, 2, 3] * 2,
        share=[1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
    ),
    "curves": Table.of(
        ["cluster", "nominal"], cluster=["one"] * 3 + ["another with a long name"] * 3,
        nominal=[1.0, 2.0, 3.0] * 2, effective=[9.0, -1234.5, 7.0, 2.0, float("nan"), 4.0],
        low=[8.0, -1300.0, float("nan"), 1.0, 1.0, 1.0], high=[10.0, -1200.0, 8.0, 3.0, 3.0, 5.0],
    ),
    "steps": Table.of(
        ["entity", "step"], entity=[c for c, _, _ in PLACES[:3] for _ in range(3)],
        name_zh=[z for _, z, _ in PLACES[:3] for _ in range(3)],
        name_en=[e for _, _, e in PLACES[:3] for _ in range(3)],
        step=["normalise", "weights", "software"] * 3,
        share=[0.2, 0.3, float("nan"), 0.5, 0.6, 0.2, 0.0, 0.0, 0.0],
    ),
    **flow_figures.TABLES,
}  # fmt: skip

FIGURES = {
    "rank_interval": ("scores", {"where": {"period": "last"}}),
    "tilemap": ("scores", {"where": {"period": "last"}}),
    "dumbbell": ("weights", {}),
    "interval": ("coefficients", {}),
    "bar": ("coefficients", {"label": "term", "value": "estimate", "colour": "shared"}),
    "waterfall": ("effects", {}),
    "stack": ("decomposition", {"parts": ["between", "within"], "line": "gini"}),
    "line": ("decomposition", {"parts": ["between", "within", "gini"]}),
    "heatmap": ("transitions", {"count": "n"}),
    "class_grid": ("points_by_period", {"category": "cluster", "order": ["HH", "HL", "LL"]}),
    "graph": ("edges", {"nodes": "nodes"}),
    "hasse": ("pairs", {"nodes": "order"}),
    "parts": ("steps", {"sort_by": {"table": "scores", "column": "rank"}}),
    "ridgeline": ("density", {"x": "relative_value", "low": "low", "high": "high",
                              "reference": 1}),
    "contour": ("kernel", {"unit": "万元"}),
    "histogram": ("null", {"value": "statistic", **{
        role: {"table": "test", "column": column}
        for role, column in (("observed", "statistic"), ("low", "null_low"),
                             ("high", "null_high"))}}),
    "specification_curve": ("drawn", {"choices": "drawn_choices", "reference": 0}),
    "curve": ("curves", {"x": "nominal", "value": "effective", "colour": "cluster", "low": "low",
                         "high": "high", "reference": 7.35, "marks": [1.5, 99.0], "most": 8.0}),
    "scatter": ("points", {"x": "nominal", "y": "effective", "colour": "cluster", "fit": True}),
    **flow_figures.FIGURES,
}  # fmt: skip


def figure(kind: str, **encodings: Any) -> Figure:
    table, base = FIGURES[kind]
    return Figure(kind, kind, table, ANY, ANY, {**base, **encodings})


def drawn(kind: str, lang: Any = "zh", width: int = 760, **encodings: Any) -> dict[str, Any]:
    return build(
        figure(kind, **encodings), TABLES, lang=lang, width=width, theme=THEME, names=NAMES,
        tiles=TILES,
    )  # fmt: skip


def texts(spec: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for part in spec["layer"]:
        if part["mark"]["type"] == "text":
            for value in part["data"]["values"]:
                yield part["mark"], value


CASES = [(k, lang, w) for k in FIGURES for lang in LANGS for w in WIDTHS]


def test_every_kind_is_tried() -> None:
    assert set(FIGURES) == set(KINDS)


@pytest.mark.parametrize(("kind", "lang", "width"), CASES)
def test_no_word_leaves_the_picture(kind: str, lang: Any, width: int) -> None:
    spec = drawn(kind, lang, width)
    pad = spec["padding"]
    assert pad["left"] + spec["width"] + pad["right"] == width
    for mark, value in texts(spec):
        wide = text_width(value["text"], mark["fontSize"])
        left = value["x"] - {"left": 0.0, "center": wide / 2, "right": wide}[mark["align"]]
        # one px of slack: positions are rounded, widths are estimated on the wide side
        assert left >= -pad["left"] - 1, value
        assert left + wide <= spec["width"] + pad["right"] + 1, value
        half = mark["fontSize"] / 2
        assert value["y"] - half >= -pad["top"] - 1, value
        assert value["y"] + half <= spec["height"] + pad["bottom"] + 1, value


@pytest.mark.parametrize(("kind", "lang", "width"), CASES)
def test_a_spec_is_plain_json(kind: str, lang: Any, width: int) -> None:
    assert json.loads(json.dumps(drawn(kind, lang, width), allow_nan=False))


@pytest.mark.parametrize("kind", FIGURES)
def test_vl_convert_draws_every_kind_as_wide_as_asked(kind: str) -> None:
    vl_convert = pytest.importorskip("vl_convert", reason="needs the extra `report`")
    svg = vl_convert.vegalite_to_svg(drawn(kind, "zh", 500))
    assert 'width="500"' in svg[:300]


@pytest.mark.parametrize(
    ("kind", "change"),
    [("bar", {"value": "nothing"}), ("line", {"parts": ["gini", "nothing"]}),
     ("tilemap", {"where": {"nothing": 1}})],
)  # fmt: skip
def test_an_unknown_column_is_named_with_the_known_ones(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(ZhihengError) as caught:
        drawn(kind, **change)
    assert caught.value.code == "R810"
    assert "nothing" in caught.value.what.en


def test_an_unknown_kind_is_an_error_with_the_nearest() -> None:
    odd = Figure("f", "barr", "scores", ANY, ANY)
    with pytest.raises(ZhihengError) as caught:
        build(odd, TABLES, lang="zh", width=500, theme=THEME)
    assert caught.value.code == "R811"
    assert "bar" in caught.value.message("en")


def test_the_last_period_is_chosen_and_the_best_rank_stands_on_top() -> None:
    labels = [v["text"] for m, v in texts(drawn("rank_interval", "en")) if m["align"] == "right"]
    assert labels[:3] == ["Heilongjiang", "Beijing", "Inner Mongolia"]
    assert labels[3:] == ["1  [1, 2]", "2  [1, 3]", "3  [2, 3]"]


def test_a_region_without_data_is_drawn_and_said_so() -> None:
    spec = drawn("tilemap", "zh")
    unknown = [v for layer in spec["layer"] for v in layer["data"]["values"]
               if v.get("known") is False]  # fmt: skip
    assert {v["label"] for v in unknown} == {"西藏", "无数据"}
    assert "无数据" in [v["text"] for _, v in texts(spec)]


def test_the_waterfall_ends_at_the_sum_of_its_effects() -> None:
    shown = [v["text"] for _, v in texts(drawn("waterfall", "en"))]
    assert "Total" in shown
    assert "−130.2" in shown


@pytest.mark.parametrize(
    ("most", "lang", "divisor", "word"),
    [(2022, "zh", 1, ""), (2.4e9, "zh", 1e8, "亿"), (2.4e9, "en", 1e9, "billion"),
     (3e5, "zh", 1e4, "万"), (3e5, "en", 1e3, "thousand")],
)  # fmt: skip
def test_large_numbers_are_printed_in_a_customary_unit(
    most: float, lang: Any, divisor: float, word: str
) -> None:
    found = magnitude([-most, 1.0], lang)
    assert (found.divisor, found.word) == (divisor, word)


def test_minus_signs_are_true_minus_signs() -> None:
    for kind in ("interval", "dumbbell", "bar"):
        assert not any("-0" in v["text"] for _, v in texts(drawn(kind)))


def test_flagged_bars_carry_a_mark_besides_their_colour() -> None:
    shown = [v["text"] for _, v in texts(drawn("bar", "en"))]
    assert sum("◆" in text for text in shown) == 2  # noqa: PLR2004  (one bar and its key)


def test_arrows_differ_by_more_than_colour() -> None:
    edges = Theme.of(THEME).edge.values()
    looks = [(e.dash, e.width) for e in edges]
    assert len(set(looks)) == len(looks)


def test_lightness_carries_the_order_of_the_scale() -> None:
    light = [luminance(c) for c in Theme.of(THEME).sequential]
    assert all(a > b for a, b in pairwise(light))


@pytest.mark.parametrize("name", ["sequential", "parts"])
def test_words_on_every_fill_have_enough_contrast(name: str) -> None:
    theme = Theme.of(THEME)
    for fill in getattr(theme, name):
        a, b = sorted((luminance(fill), luminance(theme.on(fill))))
        assert (b + 0.05) / (a + 0.05) >= 4.5  # WCAG 2.1 AA, small text


def test_lines_and_words_read_on_paper() -> None:
    theme = Theme.of(THEME)
    colours = [*theme.lines, theme.colour["ink"], theme.colour["muted"], theme.colour["accent"]]
    for colour in colours:
        assert 1.05 / (luminance(colour) + 0.05) >= 4  # lines need 3, words 4.5


def test_parts_of_a_stack_stay_apart_in_grey() -> None:
    grey = sorted(luminance(c) ** (1 / 3) for c in Theme.of(THEME).parts[:4])
    assert min(b - a for a, b in pairwise(grey)) > 0.12


words = st.text(alphabet="省级地区指数技术abcdefgh IT/，R&D", min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(words, min_size=1, max_size=8), width=st.integers(320, 900))
def test_any_label_finds_room(labels: list[str], width: int) -> None:
    table = Table.of(["k"], k=labels, v=np.linspace(-1, 1, len(labels)))
    f = Figure("f", "bar", "t", ANY, ANY, {"label": "k", "value": "v"})
    spec = build(f, {"t": table}, lang="en", width=width, theme=THEME)
    assert spec["width"] >= width * 0.3
    for mark, value in texts(spec):
        if mark["align"] == "right":
            wide = text_width(value["text"], mark["fontSize"])
            assert value["x"] - wide >= -spec["padding"]["left"] - 1


@given(text=words, width=st.integers(40, 400), lines=st.integers(1, 3))
def test_broken_lines_fit_and_lose_nothing_unmarked(text: str, width: int, lines: int) -> None:
    out = wrap(text, 12, width, lines)
    assert len(out) <= lines
    assert all(text_width(line, 12) <= width for line in out)
    if not any(line.endswith("…") for line in out):
        assert "".join(out).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_kept_apart_keep_their_order(places: list[float]) -> None:
    out = keep_apart(places, 14, 0, 400)
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [out[i] for i in order]
    assert all(b - a >= 14 - 1e-9 for a, b in pairwise(moved))  # rounding of sums
    assert all(-1e-9 <= y <= 400 + 1e-9 for y in moved)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_axis_bounds_hold_the_data_in_few_steps(low: float, extent: float) -> None:
    first, last, step = nice_bounds(low, low + extent)
    slack = step * 1e-6 + 1e-12 * abs(low)  # rounding of the ticks, and of the values themselves
    assert first <= low + slack
    assert last >= low + extent - slack
    assert 1 <= round((last - first) / step) <= 12


@given(st.lists(st.floats(0, 1), min_size=5, max_size=40, unique=True))
def test_classes_of_the_map_hold_about_equally_many(values: list[float]) -> None:
    ends = breaks(values)
    counts = np.histogram(values, [-1, *ends])[0]
    assert ends[-1] == max(values)
    assert counts.max() - counts.min() <= 2  # ends belong to one class, so one off on either side


def test_a_grid_of_classes_has_a_square_for_every_row_in_the_colour_of_its_class():
    spec = drawn("class_grid")
    squares = spec["layer"][0]["data"]["values"]
    assert len(squares) == 30
    assert {s["colour"] for s in squares[:10]} == {THEME["classes"]["HH"]}
    assert sum(not s["known"] for s in squares) == 5
    assert len({(s["x"], s["y"]) for s in squares}) == 30


def test_a_heatmap_of_something_else_names_its_own_sides():
    words = [v["text"] for _, v in texts(drawn("heatmap", down_zh="地区", across_zh="时期"))]
    assert "↓ 地区    → 时期" in words
    words = [v["text"] for _, v in texts(drawn("heatmap"))]
    assert any("本期所在类" in w for w in words)
    low, high = drawn("heatmap", tall=20), drawn("heatmap")
    assert low["height"] < high["height"]


def test_words_of_a_key_run_on_until_the_line_is_full() -> None:
    assert running([30, 30, 30, 90, 10], 70) == [(0, 0), (30, 0), (0, 1), (0, 2), (0, 3)]
    assert running([], 70) == []


def test_ticks_have_the_digits_that_their_step_needs() -> None:
    assert [tick(v, 0.25) for v in stops((-0.25, 0.5, 0.25))] == ["−0.25", "0.00", "0.25", "0.50"]
    assert [tick(v, 0.5, share=True) for v in stops((0.0, 1.0, 0.5))] == ["0%", "50%", "100%"]
    assert tick(0.125, 0.125, share=True) == "12.5%"
