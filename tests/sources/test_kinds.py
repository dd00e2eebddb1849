"""One door for every kind of file: told by its content, its options in the mapping file."""

from __future__ import annotations

import pytest
from source_shapes import shapes

from zhiheng.core.errors import ZhihengError
from zhiheng.sources import baci, comtrade, customs
from zhiheng.sources.kinds import KINDS, observe, read_any
from zhiheng.sources.questions import Answers
from zhiheng.sources.structured import FORMATS

SHAPES = shapes()
FORMAT_OF = {f.sniff: f for f in FORMATS}


@pytest.mark.parametrize("name", SHAPES)
def test_the_door_leads_to_the_parser_of_the_format(name):
    shape = SHAPES[name]
    form = FORMAT_OF[shape.sniff]
    kind = next(k for k in KINDS if k.sniff(shape.raw, name))
    assert kind.name == form.name
    assert kind.title == form.title


def test_a_format_without_open_options_is_read_at_once():
    name = next(n for n, s in SHAPES.items() if s.sniff is FORMATS[2].sniff)
    reading = read_any(SHAPES[name].raw, name)
    assert not reading.open
    assert len(reading.observations()) == sum(s.values for s in reading.series)
    assert reading.kind == FORMATS[2].title


def shape_of(module):
    return next((n, s) for n, s in SHAPES.items() if s.sniff is module.sniff)


def test_what_a_format_needs_is_asked_by_name():
    name, shape = shape_of(customs)
    with pytest.raises(ZhihengError) as caught:
        read_any(shape.raw, name)
    assert caught.value.code == "S548"
    assert caught.value.evidence[0]["option"] == "flow"
    assert "export" in str(caught.value.evidence[0]["missing"])


def test_options_of_trade_choose_rows_and_grouping():
    name, shape = shape_of(customs)
    options = {"flow": "export", "currency": "USD", "keep": ["partner"], "measure": "value"}
    found = observe(shape.raw, name, answers=Answers(options=options))
    direct = customs.parse(shape.raw, name, flow="export", currency="USD")
    wanted = direct.observations(keep=["partner"])
    assert list(found.series) == list(wanted.series)
    assert list(found.value) == list(wanted.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"flow": "export", "currency": "USD", "colour": "red"}, "colour"),
        ({"flow": "out", "currency": "USD"}, "flow"),
        ({"flow": "export", "currency": "USD", "keep": "partner"}, "keep"),
        ({"flow": ["export"], "currency": "USD"}, "flow"),
    ],
)
def test_options_that_cannot_be_are_named(options, said):
    name, shape = shape_of(customs)
    with pytest.raises(ZhihengError) as caught:
        observe(shape.raw, name, answers=Answers(options=options))
    assert caught.value.code == "S548"
    assert caught.value.evidence[0]["option"] == said


def test_the_second_file_of_a_format_is_read_from_its_path(tmp_path):
    name, shape = shape_of(baci)
    with pytest.raises(ZhihengError, match="S504"):
        read_any(shape.raw, name, answers=Answers(options={"countries": str(tmp_path / "no.csv")}))


def test_every_option_of_every_format_is_known_by_name():
    for form in FORMATS:
        assert form.known.isdisjoint({"raw", "name", "self"})
    assert {"select", "digits", "keep"} <= next(
        f for f in FORMATS if f.parse is comtrade.parse
    ).known


@pytest.mark.parametrize("raw", [b"", b"\x00" * 50, b"region,year,a\n", b"<html></html>"])
def test_what_is_nothing_is_refused_with_our_error(raw):
    with pytest.raises(ZhihengError):
        observe(raw, "nothing.bin")
