"""Figures of carbon: flows that conserve, fans with marked years, wedges, gauges, levers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import flow_figures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures import build
from zhiheng.core.figures.sankey_layout import Flow, crossing, layout, stages
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Text

THEME = tomllib.loads(
    resources.files("zhiheng.catalog").joinpath("data/theme.toml").read_text("utf-8")
)
ANY = Text("标题", "Title")
ROUNDING = 1e-6  # px; sums of some hundred floats of at most 1e3 px


def drawn(kind: str, lang: Any = "en", width: int = 760, **change: Any) -> dict[str, Any]:
    table, base = flow_figures.FIGURES[kind]
    figure = Figure(kind, kind, table, ANY, ANY, {**base, **change})
    return build(figure, flow_figures.TABLES, lang=lang, width=width, theme=THEME)


def marks(spec: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from (part for part in spec["layer"] if part["mark"]["type"] == kind)


def shown(spec: dict[str, Any]) -> list[str]:
    return [v["text"] for part in marks(spec, "text") for v in part["data"]["values"]]


names = st.sampled_from("abcdefgh")
flows = st.lists(
    st.builds(Flow, names, names, st.floats(1e-3, 1e3)), min_size=1, max_size=14
).filter(lambda found: any(f.source != f.target for f in found))


@settings(max_examples=80, deadline=None)
@given(flows)
def test_a_node_is_as_high_as_the_larger_of_what_enters_and_leaves(found: list[Flow]) -> None:
    placed = layout(found, height=300, gap=12)
    scales = {b.height / b.value for b in placed.blocks.values()}
    assert max(scales) - min(scales) <= ROUNDING * max(scales)
    for key, block in placed.blocks.items():
        if block.passing:
            continue
        inflow = sum(f.value for f in found if f.target == key)
        outflow = sum(f.value for f in found if f.source == key)
        assert block.value == pytest.approx(max(inflow, outflow))


@settings(max_examples=80, deadline=None)
@given(flows)
def test_ribbons_leave_and_enter_inside_their_nodes_and_do_not_overlap(found: list[Flow]) -> None:
    placed = layout(found, height=300, gap=12)
    sides: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for p in placed.pieces:
        sides.setdefault((p.start, "out"), []).append((p.start_top, p.thickness))
        sides.setdefault((p.end, "in"), []).append((p.end_top, p.thickness))
    for (key, _), spans in sides.items():
        block = placed.blocks[key]
        at = block.top
        for top, thick in sorted(spans):
            assert top >= at - ROUNDING
            at = top + thick
        assert at <= block.top + block.height + ROUNDING


@settings(max_examples=80, deadline=None)
@given(flows)
def test_nodes_of_a_stage_do_not_overlap_and_stay_in_the_drawing(found: list[Flow]) -> None:
    placed = layout(found, height=300, gap=12)
    for stage in range(placed.stages):
        at = 0.0
        mine = [b for b in placed.blocks.values() if b.stage == stage]
        for block in sorted(mine, key=lambda b: (b.top, b.top + b.height)):
            assert block.top >= at - ROUNDING
            at = block.top + block.height
        assert at <= 300 + ROUNDING  # noqa: PLR2004  (the height asked for)


@settings(max_examples=40, deadline=None)
@given(flows)
def test_the_same_flows_give_the_same_drawing(found: list[Flow]) -> None:
    assert layout(found, height=300, gap=12) == layout(list(found), height=300, gap=12)


def test_flows_go_forward_and_ends_stand_in_the_last_stage() -> None:
    found = [Flow("a", "b", 1.0), Flow("b", "c", 1.0), Flow("a", "d", 1.0)]
    assert stages(found) == {"a": 0, "b": 1, "c": 2, "d": 2}


def test_a_circle_is_drawn_and_does_not_run_for_ever() -> None:
    found = [Flow("a", "b", 2.0), Flow("b", "c", 2.0), Flow("c", "a", 1.0), Flow("c", "c", 1.0)]
    assert stages(found) == {"a": 0, "b": 1, "c": 2}
    assert {p.flow for p in layout(found, height=100, gap=5).pieces} == {0, 1, 2}


def test_sweeps_undo_a_crossing() -> None:
    found = [Flow("a", "z", 1.0), Flow("b", "y", 1.0), Flow("a", "y", 0.1), Flow("b", "z", 0.1)]
    placed = layout(found, height=100, gap=5)
    rows = [sorted((k for k, b in placed.blocks.items() if b.stage == s),
                   key=lambda k: placed.blocks[k].top) for s in (0, 1)]  # fmt: skip
    segments = [(n, f.source, f.target) for n, f in enumerate(found)]
    best = min(crossing([rows[0], list(other)], segments, found)
               for other in (["y", "z"], ["z", "y"]))  # fmt: skip
    assert crossing(rows, segments, found) == best


def test_a_negative_flow_is_refused_by_name() -> None:
    table = Table.of(["source"], source=["a", "b"], target=["b", "c"], value=[1.0, -3.0])
    figure = Figure("f", "sankey", "t", ANY, ANY, {})
    with pytest.raises(ZhihengError) as caught:
        build(figure, {"t": table}, lang="zh", width=500, theme=THEME)
    assert caught.value.code == "R813"
    assert caught.value.evidence[0]["flow"] == "b → c"


def test_flows_without_a_value_are_not_drawn() -> None:
    words = " ".join(shown(drawn("sankey")))
    assert "unknown" not in words
    assert "none" not in words


def test_a_flow_too_small_for_its_digits_is_not_printed_as_zero() -> None:
    table = Table.of(["source", "target"], source=["a", "b"], target=["c", "c"],
                     value=[50.0, 0.001])  # fmt: skip
    spec = build(Figure("f", "sankey", "t", ANY, ANY), {"t": table}, lang="en", width=760,
                 theme=THEME)  # fmt: skip
    assert "b <0.1" in shown(spec)


def test_a_fan_marks_its_years_and_says_them() -> None:
    spec = drawn("fan")
    dashed = [p for p in marks(spec, "rule") if p["mark"].get("strokeDash") == [4, 3]]
    assert [len(p["data"]["values"]) for p in dashed] == [2, 2]
    assert {"2030", "2060"} <= set(shown(spec))


def test_panels_of_a_fan_have_scales_of_their_own_and_their_unit() -> None:
    words = shown(drawn("fan"))
    assert any(w.startswith("co2 (million t") for w in words)
    assert "−20" in words or "−15" in words


def test_history_is_drawn_once_and_ends_before_the_fan() -> None:
    spec = drawn("fan")
    ink = [p for p in marks(spec, "line") if p["mark"]["color"] == THEME["colour"]["ink"]]
    assert [len(p["data"]["values"]) for p in ink] == [2, 2]


@pytest.mark.parametrize("width", [358, 760])
def test_the_inner_band_lies_inside_the_outer_one(width: int) -> None:
    areas = list(marks(drawn("fan", width=width), "area"))
    outer = [a for a in areas if a["mark"]["opacity"] < 0.3]  # noqa: PLR2004  (the light one)
    inner = [a for a in areas if a["mark"]["opacity"] > 0.3]  # noqa: PLR2004  (the dark one)
    for a, b in zip(outer, inner, strict=True):
        for x, y in zip(a["data"]["values"], b["data"]["values"], strict=True):
            assert abs(x["y"] - x["y2"]) > abs(y["y"] - y["y2"]) > 0


def test_the_upper_line_of_a_wedge_is_the_sum_of_its_groups() -> None:
    spec = drawn("wedge")
    (line,) = (p["data"]["values"] for p in marks(spec, "line"))
    (area,) = (p["data"]["values"] for p in marks(spec, "area"))
    sums = np.sum(list(flow_figures.PARTS.values()), axis=0)
    zero = next(v["y"] for v in area if v["part"] == 0)
    base = [v for v in area if v["part"] == 0]
    scale = (base[0]["y2"] - zero) / flow_figures.PARTS["remaining"][0]
    assert [p["y"] for p in line] == pytest.approx(list(zero + scale * sums))


def test_a_contribution_that_raises_emissions_hangs_below_the_scenario() -> None:
    (area,) = (p["data"]["values"] for p in marks(drawn("wedge"), "area"))
    rebound = next(v for v in area if v["part"] == 2 and v["y"] != v["y2"])  # noqa: PLR2004  (third group)
    assert rebound["y2"] > rebound["y"]  # px grow downwards


def test_a_gauge_prints_the_share_and_marks_what_lies_beyond() -> None:
    words = shown(drawn("gauge"))
    assert any("79%" in w for w in words)
    assert "share ◆" in words
    assert any("112%" in w for w in words)
    assert any(w.endswith("no target") for w in words)


def test_a_row_without_target_has_no_bar() -> None:
    rects = [v for p in marks(drawn("gauge"), "rect") for v in p["data"]["values"] if "stop" in v]
    assert len({v["y"] + v["y2"] for v in rects}) == 2  # noqa: PLR2004  (rows with a target)


def test_a_lever_stands_where_its_level_is_and_never_leaves_its_range() -> None:
    spec = drawn("lever_board")
    track, done = [p["data"]["values"] for p in marks(spec, "rule") if p["mark"].get("strokeCap")]
    share = [(d["x2"] - t["x"]) / (t["x2"] - t["x"]) for t, d in zip(track, done, strict=True)]
    assert share == pytest.approx([95 / 600, 0.9 / 2, 1.0])
    assert "9 Mt" in shown(spec)


def test_an_effect_that_is_missing_is_not_drawn_as_zero() -> None:
    spec = drawn("lever_board")
    (bars,) = (p["data"]["values"] for p in marks(spec, "rect"))
    assert len(bars) == 2  # noqa: PLR2004  (levers with an effect)
    assert "−42.1" in shown(spec)


def test_the_unit_of_a_heading_is_not_broken() -> None:
    table, base = flow_figures.FIGURES["lever_board"]
    given = {**base, "effect_unit": "吨 CO2", "effect_title": "told"}
    figure = Figure("f", "lever_board", table, ANY, ANY, given)
    names = {"told": Text("独自实施的累计净排放效应之和", "the sum of effects when alone")}
    for lang, ends in (("zh", "（）"), ("en", "()")):
        spec = build(figure, flow_figures.TABLES, lang=lang, width=760, theme=THEME, names=names)
        (said,) = [text for text in shown(spec) if "CO₂" in text]
        assert said[0] == ends[0]
        assert said[-1] == ends[1]
