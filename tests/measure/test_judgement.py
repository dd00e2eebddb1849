"""Judgements from files and mappings: what is read, and what is refused by its cell."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.measure.judgement import read_best_worst, read_pairs

IDS = ("a", "b", "c")
FULL = ",a,b,c\na,1,3,1/2\nb,1/3,1,1/4\nc,2,4,1\n"
VECTORS = "indicator,best_to_others,others_to_worst\na,1,8\nb,8,1\nc,2,4\n"


@pytest.fixture
def write(tmp_path):
    def file(text, name="j.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding)
        return str(path)

    return file


def refused(code, read, judgement):
    with pytest.raises(ZhihengError) as caught:
        read(judgement, IDS)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value


def test_a_square_file_with_fractions_is_a_reciprocal_matrix(write):
    found = read_pairs(write(FULL), IDS).matrices[0]
    np.testing.assert_allclose(found, [[1, 3, 0.5], [1 / 3, 1, 0.25], [2, 4, 1]])
    np.testing.assert_array_equal(found * found.T, np.ones((3, 3)))


def test_the_upper_half_is_enough_and_order_is_by_name(write):
    half = ",c,a,b\nc,,2,4\na,,,3\nb,,,\n"
    np.testing.assert_allclose(
        read_pairs(write(half), IDS).matrices, read_pairs(write(FULL, "full.csv"), IDS).matrices
    )


def test_a_mapping_says_the_same_as_a_file(write):
    lists = {"a": [1, 3, "1/2"], "b": ["1/3", 1, "1/4"], "c": [2, 4, 1]}
    nested = {"a": {"a": 1, "b": 3, "c": 0.5}, "b": {"c": 0.25}, "c": {}}
    file = read_pairs(write(FULL), IDS).matrices
    for mapping in (lists, nested):
        np.testing.assert_allclose(read_pairs(mapping, IDS).matrices, file)
    vectors = {
        "best_to_others": {"a": 1, "b": 8, "c": 2},
        "others_to_worst": {"a": 8, "b": 1, "c": 4},
    }
    one, two = read_best_worst(vectors, IDS), read_best_worst(write(VECTORS, "v.csv"), IDS)
    np.testing.assert_array_equal(one.best_to_others, two.best_to_others)
    assert (one.best, one.worst) == (two.best, two.worst) == (0, 1)


def test_several_files_are_several_experts(write):
    found = read_pairs(f"{write(FULL)};{write(FULL, 'k.csv')}", IDS)
    assert len(found.experts) == len(found.matrices) == 2
    assert len(read_best_worst(f"{write(VECTORS)}; {write(VECTORS, 'w.csv')}", IDS).experts) == 2


def test_a_byte_order_mark_is_no_part_of_a_name(write):
    assert read_pairs(write(FULL, encoding="utf-8-sig"), IDS).matrices.shape == (1, 3, 3)


def test_a_third_typed_as_a_decimal_is_refused_with_both_cells(write):
    error = refused("M692", read_pairs, write(FULL.replace("b,1/3", "b,0.33")))
    row = error.evidence[0]
    assert row["cell"].endswith("j.csv!C2")
    assert row["mirror"].endswith("j.csv!B3")
    assert "1/3" in error.fix.en


def test_a_diagonal_that_is_not_one_is_refused(write):
    assert (
        refused("M692", read_pairs, write(FULL.replace("a,1,3", "a,2,3")))
        .evidence[0]["cell"]
        .endswith("!B2")
    )


@pytest.mark.parametrize("word", ["much", "-2", "0", "1/0", "nan", "inf"])
def test_a_cell_that_is_no_positive_number_is_refused(write, word):
    error = refused("M691", read_pairs, write(FULL.replace("a,1,3,", f"a,1,{word},")))
    assert error.evidence[0]["value"] == word
    assert error.evidence[0]["cell"].endswith("!C2")


def test_a_pair_without_comparison_is_refused(write):
    error = refused("M691", read_pairs, write(",a,b,c\na,1,3,\nb,1/3,1,1/4\nc,,4,1\n"))
    assert (error.evidence[0]["row"], error.evidence[0]["column"]) == ("a", "c")


@pytest.mark.parametrize(
    "text",
    ["", "x\n", ",a,b,c\na,1,2\n"],
)
def test_an_empty_or_ragged_file_is_refused(write, text):
    refused("M691", read_pairs, write(text))


def test_a_file_that_is_absent_or_no_text_is_refused(tmp_path):
    refused("M691", read_pairs, str(tmp_path / "no.csv"))
    refused("M691", read_pairs, "")
    (tmp_path / "bad.csv").write_bytes(b",\xff\xfe\x80")
    refused("M691", read_pairs, str(tmp_path / "bad.csv"))


def test_a_mapping_of_the_wrong_form_is_refused():
    refused("M691", read_pairs, {"a": [1, 2], "b": [1], "c": 3})


def test_names_that_are_not_the_indicators_are_listed(write):
    error = refused("M693", read_pairs, write(FULL.replace("c", "d")))
    assert {k for row in error.evidence for k in row} >= {"missing", "unknown"}
    refused("M693", read_pairs, write(FULL.replace("\nc,", "\nb,")))
    refused("M693", read_best_worst, write(VECTORS.replace("c,2", "d,2")))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("c,2,4", "c,1,4", "M691"),  # two best
        ("c,2,4", "c,2,1", "M691"),  # two worst
        ("c,2,4", "c,0.5,4", "M691"),
        ("c,2,4", "c,,4", "M691"),
        ("b,8,1", "b,7,1", "M692"),  # best over worst said twice
        ("best_to_others", "best", "M691"),
    ],
)
def test_best_worst_vectors_must_agree_with_themselves(write, old, new, code):
    refused(code, read_best_worst, write(VECTORS.replace(old, new)))


def test_experts_with_different_ends_cannot_be_joined(write):
    other = VECTORS.replace("a,1,8", "a,2,4").replace("c,2,4", "c,1,8")
    refused("M691", read_best_worst, f"{write(VECTORS)};{write(other, 'o.csv')}")
