"""Small panels and options on which every method can be tried."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

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
    if "file" in entry:
        return _drawn(entry)
    full = dataset(entry["dataset"])
    first, last = entry["periods"]
    return full.select(
        entities=entry.get("entities"), periods=[p for p in full.periods if first <= p <= last]
    )


def _drawn(entry: Mapping[str, Any]) -> Panel:
    """A panel of drawn numbers: rows of device, period, series and value."""
    source = resources.files("zhiheng.catalog").joinpath("data", entry["file"])
    rows = list(csv.DictReader(source.read_text("utf-8").splitlines()))
    entities = sorted({r["entity"] for r in rows})
    periods = sorted({int(r["period"]) for r in rows})
    series = list(entry["units"])
    values = {s: np.full((len(entities), len(periods)), np.nan) for s in series}
    for r in rows:
        place = entities.index(r["entity"]), periods.index(int(r["period"]))
        values[r["series"]][place] = float(r["value"])
    return Panel.of(
        values, entities=entities, periods=periods, units=entry["units"],
        frequency=entry["frequency"],
    )  # fmt: skip


def example_options(method: str) -> Mapping[str, Any]:
    """The options with which a method runs on its example."""
    return _examples()["options"].get(method, {})
