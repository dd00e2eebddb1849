"""Is a word of a sheet a region, a total of regions, or neither: asked of every cell."""

from __future__ import annotations

import re
from functools import lru_cache

from zhiheng.catalog.region_files import total_words
from zhiheng.catalog.region_names import spelling
from zhiheng.catalog.regions import is_region, region_at
from zhiheng.sources.sheet import Cell
from zhiheng.sources.words import clean, unmarked

_TWICE = re.compile(r"(?P<zh>[\u3400-\u9fff]+)\s*(?P<en>[A-Za-z][A-Za-z .,'()-]+)$")
"""Bilingual yearbooks name a region twice in one cell: 北京 Beijing."""


def is_place(cell: Cell) -> bool:
    """Whether a cell names a region or a total; digits alone are taken for numbers."""
    return isinstance(cell, str) and (is_total(cell) or is_known(cell))


@lru_cache(maxsize=100_000)
def is_known(word: str) -> bool:
    """Whether a text names a catalogued region."""
    name = place_word(word)
    return bool(name) and not name.isdigit() and is_region(name)


@lru_cache(maxsize=100_000)
def is_total(word: str) -> bool:
    """Whether a text names a total, an average or a part of the country."""
    return spelling(place_word(word)) in _totals()


@lru_cache(maxsize=100_000)
def place_word(word: str) -> str:
    """The name in a cell, without footnote mark, list mark and numbering."""
    name = unmarked(clean(word).lstrip("#◎○●·*").strip())[0]
    match = _TWICE.match(name)
    if match is None or is_region(name):
        return name
    hits = region_at({"zh": match["zh"], "en": match["en"].strip()})
    same = len(hits) == 2 and hits["zh"].code == hits["en"].code
    total = all(spelling(match[k]) in _totals() for k in ("zh", "en"))
    return match["zh"] if same or total else name


@lru_cache(maxsize=1)
def _totals() -> frozenset[str]:
    return frozenset(spelling(w) for w in total_words())
