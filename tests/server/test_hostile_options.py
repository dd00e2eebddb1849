"""Options of the right kind and the wrong content: a refusal with a reason, never a fault."""

from __future__ import annotations

from typing import Any

import pytest

from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.registry import Option, catalogue, methods
from zhiheng.server.inputs import MOST_CLASSES, MOST_NUMBER, MOST_SIZE, REPEATS

WORDS: list[Any] = ["", "x", " ", "gdp_current", "1/0", "("]
NUMBERS: list[Any] = [-1.0, 0.0, 0.5, MOST_NUMBER]
LISTS: list[Any] = [[], ["x"], ["gdp_current"], [1], [[1]], [{}], [True], ["population"] * 2]
MAPPINGS: list[Any] = [{}, {"x": "more"}, {"population": 1}, {"a": [1]}, {"population": {}},
                       {"x": "gdp_current"}]  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "string": WORDS, "number": NUMBERS, "boolean": [True, False], "list": LISTS,
    "mapping": MAPPINGS, "name_or_mapping": WORDS + MAPPINGS, "list_or_mapping": LISTS + MAPPINGS,
    "name_or_number": WORDS + NUMBERS, "name_or_weights": WORDS,
}  # fmt: skip


def values(option: Option) -> list[Any]:
    if option.choices:
        return list(option.choices)
    if option.type != "integer":
        return VALUES[option.type]
    if option.name in REPEATS or option.name == "seed":
        return [-1, 0, 1]
    return [-1, 0, 1, MOST_CLASSES if "class" in option.name else MOST_SIZE]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*catalogue()])
def test_no_option_is_a_fault(name: str) -> None:
    info = catalogue()[name]
    panel, usual = example_panel(info.example), dict(example_options(name))
    usual |= {k: 20 for k in usual if k in REPEATS}
    faults: list[str] = []
    for option in info.options:
        for value in values(option):
            try:
                methods[name](panel, **{**usual, option.name: value})
            except ZhihengError:
                continue
            except Exception as error:
                faults.append(f"{option.name}={value!r}: {error!r}")
    assert faults == []
