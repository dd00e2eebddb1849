from __future__ import annotations

import pytest
from usual_run import usual_run

from zhiheng.catalog.columns import column, columns, table_title, tables
from zhiheng.core.registry import catalogue
from zhiheng.core.text import Text

VALUES = {"d": 3, "s": "x", "p": 0.5}


@pytest.mark.parametrize("name", sorted(columns()))
def test_every_format_prints(name: str) -> None:
    form = column(name).format
    value = VALUES.get(form, 0.123)
    assert form == "p" or format(value, form)


def test_a_bilingual_column_takes_the_label_of_its_stem() -> None:
    assert column("name_zh").label == Text("地区（中文）", "region (Chinese)")
    assert column("name_en").format == "s"


def test_a_name_that_is_not_ours_is_its_own_label() -> None:
    assert column("x1").label == Text.same("x1")
    assert table_title("index", "mine") == Text.same("mine")


def test_labels_of_one_table_are_told_apart() -> None:
    labels = [
        column(c).label for c in ("estimate", "std_error", "std_error_cr2", "p_value", "p_few")
    ]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_table_and_column_of_a_method_has_its_words(name: str) -> None:
    found = usual_run(name)
    assert set(found.tables) <= set(tables()[name])
    used = {c for table in found.tables.values() for c in table.columns}
    bare = {c for c in used if column(c).label == Text.same(c)}
    assert not bare
