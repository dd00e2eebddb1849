"""Figure files: named by order, sharp enough for print, alike twice."""

from __future__ import annotations

import struct

import pytest

from zhiheng.report.figure_files import draw_figures, figure_blocks

PRINTED = 15 / 2.54
"""Width on the page in inches."""


@pytest.fixture
def drawn(document, run):
    return draw_figures(document, run)


def test_files_are_numbered_by_order_and_language(drawn):
    assert list(drawn.files) == [
        f"01-ranking.{lang}.{kind}" for lang in ("zh", "en") for kind in ("svg", "png")
    ]


def test_a_picture_has_at_least_200_dots_per_inch_on_the_page(drawn):
    picture = drawn.pictures_in("zh")["index", "ranking"]
    (width,) = struct.unpack(">I", picture[16:20])
    assert width / PRINTED >= 200


def test_each_language_draws_its_own_names(drawn):
    assert "北京" in drawn.files["01-ranking.zh.svg"].decode()
    assert "Beijing" in drawn.files["01-ranking.en.svg"].decode()


def test_the_shipped_font_is_the_first_choice(drawn):
    text = drawn.files["01-ranking.zh.svg"].decode()
    assert 'font-family="Zhiheng Sans' in text


def test_drawing_twice_gives_the_same_bytes(document, run, drawn):
    again = draw_figures(document, run, langs=["zh"])
    assert again.files["01-ranking.zh.svg"] == drawn.files["01-ranking.zh.svg"]
    assert again.files["01-ranking.zh.png"] == drawn.files["01-ranking.zh.png"]


def test_a_figure_that_stands_twice_is_drawn_once(document):
    assert len(list(figure_blocks(document))) == 1


def test_a_drawing_does_not_depend_on_the_drawings_before_it():
    """vl-convert numbers clip paths on from one drawing to the next; ours start anew."""
    from zhiheng.report.vega import _own_ids

    one = '<g clip-path="url(#clip3)"/><g clip-path="url(#clip7)"/><clipPath id="clip3"/>'
    two = '<g clip-path="url(#clip9)"/><g clip-path="url(#clip12)"/><clipPath id="clip9"/>'
    assert _own_ids(one) == _own_ids(two)
    assert 'url(#clip1)"/><clipPath id="clip0"' in _own_ids(one)
