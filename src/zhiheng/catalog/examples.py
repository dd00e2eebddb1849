"""Small panels and options on which every method can be tried."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from zhiheng.catalog.embedded import dataset
from zhiheng.core.errors import unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text


@cache
def _examples() -> dict[str, Any]:
    source = resources.files("zhiheng.catalog").joinpath("data/examples.toml")
    return tomllib.loads(source.read_text("utf-8"))


def example_panel(name: str) -> Panel:
    """A small panel of real data, cut from an embedded data set.

    Raises
    ------
    ZhihengError
        C405 there is no example of this name.
    """
    known = _examples()["panel"]
    if name not in known:
        raise unknown_name("C405", name, known, kind=Text("示例", "example"))
    entry = known[name]
    full = dataset(entry["dataset"])
    first, last = entry["periods"]
    return full.select(
        entities=entry.get("entities"), periods=[p for p in full.periods if first <= p <= last]
    )


def example_options(method: str) -> Mapping[str, Any]:
    """The options with which a method runs on its example."""
    return _examples()["options"].get(method, {})
