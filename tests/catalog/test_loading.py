from __future__ import annotations

import pytest

from zhiheng.catalog.loading import (
    Entry,
    Listed,
    Words,
    parse_csv,
    parse_toml,
    refuse_dangling,
    refuse_repeats,
)
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text


class Item(Entry):
    id: str
    title: Words
    weight: float = 1.0


class Book(Entry):
    name: str
    item: tuple[Item, ...]


class Row(Entry):
    code: str
    aliases: Listed = ()
    data: bool = False


GOOD = 'name = "a"\n\n[[item]]\nid = "x"\ntitle = { zh = "甲", en = "first" }\n'


def test_a_tree_is_read_into_frozen_records() -> None:
    book = parse_toml(GOOD, Book, where="f.toml")
    assert book.item[0].title == Text("甲", "first")
    with pytest.raises(ValueError, match="frozen"):
        book.name = "b"


def test_an_unknown_field_is_refused_with_file_and_line() -> None:
    source = GOOD + '\n[[item]]\nid = "y"\ntitle = { zh = "乙", en = "second" }\nwieght = 2\n'
    with pytest.raises(ZhihengError) as caught:
        parse_toml(source, Book, where="f.toml")
    (row,) = caught.value.evidence
    assert caught.value.code == "C411"
    assert (row["file"], row["line"], row["field"]) == ("f.toml", 10, "item.1.wieght")


def test_a_missing_language_is_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_toml(GOOD.replace('en = "first"', 'en = ""'), Book, where="f.toml")
    assert caught.value.code == "C411"
    with pytest.raises(ZhihengError) as caught:
        parse_toml(GOOD.replace(', en = "first"', ""), Book, where="f.toml")
    assert caught.value.code == "C411"


def test_what_is_no_toml_is_said_so() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_toml("name = ", Book, where="f.toml")
    assert caught.value.code == "C410"


def test_a_table_is_read_with_empty_cells_as_absent_fields() -> None:
    rows = parse_csv("\ufeffcode,aliases,data\n1,a; b ,true\n2,,\n", Row, where="f.csv")
    assert rows[0].aliases == ("a", "b")
    assert rows[0].data
    assert rows[1].aliases == ()


def test_a_wrong_cell_of_a_table_is_named_by_line() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_csv("code,data\n1,true\n2,perhaps\n", Row, where="f.csv")
    assert caught.value.code == "C411"
    assert caught.value.evidence[0]["line"] == 3


@pytest.mark.parametrize("body", ["1,a,true,extra\n", "1,a\n"])
def test_a_row_of_another_length_is_refused(body: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_csv("code,aliases,data\n" + body, Row, where="f.csv")
    assert caught.value.code == "C410"


def test_names_stand_once_and_point_at_something() -> None:
    with pytest.raises(ZhihengError) as caught:
        refuse_repeats(["a", "b", "a"], where="f", kind=Text("项", "item"))
    assert caught.value.code == "C412"
    with pytest.raises(ZhihengError) as caught:
        refuse_dangling([("a", "x"), ("b", "y")], ["x"], where="f")
    assert caught.value.code == "C413"
    assert caught.value.evidence[0]["names"] == "y"
