"""The small types: Text, errors, tables, registry options."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.hashing import digest, table_digest
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.core.wire import dumps, loads


def test_a_text_without_one_language_is_refused() -> None:
    with pytest.raises(ValueError, match="both languages"):
        Text("有", " ")


def test_an_error_speaks_both_languages_and_shows_rows_and_fix() -> None:
    error = ZhihengError(
        "D102", Text("两个值。", "Two values."), fix=Text("留一个。", "Keep one."),
        evidence=[{"cell": "Sheet1!C7", "value": 4.5}],
    )  # fmt: skip
    for part in ("两个值。", "Two values.", "cell=Sheet1!C7", "留一个。", "Keep one."):
        assert part in str(error)
    assert error.problem()["status"] == 422


def test_a_long_list_of_rows_is_cut_in_print_and_whole_in_the_object() -> None:
    rows = [{"row": i} for i in range(30)]
    error = ZhihengError("D1", Text("甲", "a"), fix=Text("乙", "b"), evidence=rows)
    assert len(error.evidence) == 30
    assert "22 more" in error.message("en")


def test_an_unknown_name_lists_the_nearest() -> None:
    error = unknown_name(
        "C4", "Shanxii", ["Shanxi", "Shaanxi", "Beijing"], kind=Text("地区", "region")
    )
    assert "Shanxi" in error.fix.en
    assert "Beijing" not in error.fix.en


def table() -> Table:
    return Table.of(["name"], name=["甲", "乙"], value=[1.5, np.nan], n=[1, 2], ok=[True, False])


def test_a_row_is_found_by_its_key() -> None:
    assert table().row(table().find("乙")) == {"name": "乙", "value": None, "n": 2, "ok": False}
    with pytest.raises(KeyError):
        table().find("丙")


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="unequal"):
        Table.of(["a"], a=["x"], b=[1.0, 2.0])


def test_a_result_survives_the_wire_without_loss() -> None:
    result = Result(
        tables={"t": table()},
        figures=(Figure("f", "bar", "t", Text("题", "title"), Text("读", "read"), {"x": "n"}),),
        notes=(Note(Text("注", "note"), "caution", "X1"),),
        checks=(Check(Text("和", "sum"), 1e-17, 1e-9),),
        method="m", params={"a": 0.1}, inputs="ff", series=("co2",),
    )  # fmt: skip
    back = loads(dumps(result))
    assert dumps(back) == dumps(result)
    assert table_digest(back.tables) == table_digest(result.tables)
    np.testing.assert_array_equal(back.table("t")["value"], result.table("t")["value"])


def test_a_check_with_nan_does_not_pass() -> None:
    assert not Check(Text("和", "sum"), float("nan"), 1.0).passed


def test_table_hashes_ignore_the_last_bits_and_nothing_more() -> None:
    one = {"t": Table.of(["a"], a=["x"], v=[0.1 + 0.2])}
    two = {"t": Table.of(["a"], a=["x"], v=[0.3])}
    three = {"t": Table.of(["a"], a=["x"], v=[0.3 + 1e-8])}
    assert table_digest(one) == table_digest(two) != table_digest(three)
    assert digest(one["t"].columns["v"]) != digest(two["t"].columns["v"])


def test_an_unknown_table_lists_those_that_exist() -> None:
    with pytest.raises(ZhihengError) as caught:
        Result(tables={"scores": table()}).table("score")
    assert "scores" in caught.value.fix.en


def test_a_row_with_an_empty_key_is_found_by_its_own_key() -> None:
    table = Table.of(["id", "since"], id=["a", "b"], since=[float("nan"), 2020.0], value=[1.0, 2.0])
    assert [table.find(*table.key(row)) for row in range(len(table))] == [0, 1]
