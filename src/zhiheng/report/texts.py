"""The sentences of the report, kept as data in ``report/text``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from zhiheng.core.result import Cell
from zhiheng.core.text import Text
from zhiheng.study.sentences import Sentence


@cache
def _all() -> dict[str, Any]:
    folder = resources.files("zhiheng.report").joinpath("text")
    read = [folder.joinpath(f"{name}.toml").read_text("utf-8") for name in ("report", "carbon")]
    return {key: entry for text in read for key, entry in tomllib.loads(text).items()}


def words(key: str) -> Text:
    """The text at a dotted key, such as ``data.title``."""
    node: Any = _all()
    for part in key.split("."):
        node = node[part]
    return Text.of(node)


def say(key: str, **bind: Cell | Text) -> Sentence:
    """The sentence at a dotted key with its names bound."""
    return Sentence(words(key), bind)
