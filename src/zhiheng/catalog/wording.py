"""How option values and states are written for a reader."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from zhiheng.core.text import Text


@cache
def _all() -> dict[str, dict[str, dict[str, str]]]:
    source = resources.files("zhiheng.catalog").joinpath("data/wording.toml")
    return tomllib.loads(source.read_text("utf-8"))


def worded(option: str) -> bool:
    """Whether the values of an option or state have words."""
    return option in _all()


def option_word(option: str, value: str) -> Text:
    """The wording of one value of an option or state; the value itself where none is catalogued."""
    entry = _all().get(option, {}).get(value)
    return Text.of(entry) if entry else Text.same(value)
