"""Tables on a terminal: nothing cut, one language, parts side by side."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from zhiheng.cli.printing import print_result
from zhiheng.core.result import Result, Table

NUMBERS = {f"quantity_{i}": [1234.567890123 + i, -0.000123456789] for i in range(9)}
RESULT = Result(
    {
        "wide": Table.of(
            ("entity", "period"),
            entity=["150000", "440000"],
            name_zh=["内蒙古", "广东"],
            name_en=["Inner Mongolia", "Guangdong"],
            period=[2021, 2021],
            unit=["t_CO2", "t_CO2"],
            **NUMBERS,
        )
    },
    method="tapio",
)


@pytest.mark.parametrize("width", [60, 80, 120, 400])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_cell_is_cut_and_no_line_is_wider_than_the_terminal(lang, width):
    text = _printed(lang, width)
    assert "…" not in text
    assert all(f"{1234.567890123 + i:.6g}" in text for i in range(9))
    assert max(map(len, text.splitlines())) <= width


def test_only_the_language_asked_for_is_printed():
    assert "广东" in _printed("zh", 120)
    assert "Guangdong" not in _printed("zh", 120)
    assert "广东" not in _printed("en", 120)


def test_every_part_says_which_row_it_is():
    text = _printed("en", 80)
    assert text.count("440000") > 1
    assert text.count("440000") == text.count("Guangdong")


def test_a_unit_that_is_the_same_everywhere_is_said_once():
    assert _printed("en", 400).count("t CO2") == 1


def _printed(lang, width):
    out = io.StringIO()
    print_result(RESULT, Console(file=out, width=width), lang)
    return out.getvalue()
