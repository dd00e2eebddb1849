"""Rule 8: a number in a document resolves to a cell; an orphan fails the build."""

from __future__ import annotations

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.study.sentences import Label, Number, Sentence


def test_a_digit_in_a_template_is_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        Sentence(Text("增长了 3 倍", "It tripled"))
    assert caught.value.code == "R801"


def test_a_symbol_with_a_digit_is_a_word() -> None:
    assert Sentence(Text("CO2 排放", "CO2 emissions")).tokens("zh")


def test_both_languages_cite_the_same_numbers() -> None:
    with pytest.raises(ZhihengError):
        Sentence(Text("{a.t[x].v:d} 个", "{a.t[y].v:d} of them"))


def test_a_reference_carries_step_table_key_and_column() -> None:
    sentence = Sentence(
        Text(
            "{$who}得 {index.scores[$who,2022].score:.3f}",
            "{$who}: {index.scores[$who,2022].score:.3f}",
        ),
        {"who": "110000"},
    )
    label, _, number = sentence.tokens("zh")
    assert isinstance(label, Label)
    assert isinstance(number, Number)
    assert str(number.address) == "index.scores[110000,2022].score"
    assert number.address.key == ("110000", 2022)


def test_an_unbound_name_is_refused() -> None:
    with pytest.raises(ZhihengError):
        Sentence(Text("{$who}", "{$who}"))
