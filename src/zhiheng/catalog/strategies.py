"""Strategies by stage: what the literature advises to the low, the middle and the high."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, Words, read_toml, stems
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text


class StageStrategy(Entry):
    """The advice to one stage, in our words and in those of the source."""

    id: Literal["low", "middle", "high"]
    title: Words
    strategy: Words
    quotation: Words


class Strategy(Entry):
    """A strategy with one piece of advice per stage; `paper` is an entry of the theory graph."""

    title: Words
    paper: str
    section: str
    quotation: Words
    stage: tuple[StageStrategy, ...] = Field(min_length=3, max_length=3)


@cache
def load_strategy(name: str) -> Strategy:
    """One strategy of the catalog.

    Raises
    ------
    ZhihengError
        M783 there is none of this name.
    """
    if name not in stems("strategies"):
        raise unknown_name("M783", name, stems("strategies"), kind=Text("策略", "strategy"))
    return read_toml(f"strategies/{name}.toml", Strategy)
