"""The form of the files on regions, as they are written; `regions` gives them meaning."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, EntryStatus, Listed, Words, read_csv, read_toml

Level = Literal["province", "economy", "firm"]
"""Of regions the first two; firms have series and index systems, but no list of names."""


class ProvinceRow(Entry):
    """One row of ``provinces.csv``."""

    code: str = Field(pattern=r"^\d{6}$")
    abbr_zh: str
    abbr_en: str
    zh: str
    full_zh: str
    en: str
    pinyin: str
    aliases: Listed
    zone4: str = ""
    zone3: str = ""
    tile_row: int
    tile_column: int
    data: bool


class EconomyRow(Entry):
    """One row of ``economies.csv``."""

    code: str = Field(pattern=r"^[A-Z]{3}$")
    zh: str
    en: str
    iso2: str = Field(pattern=r"^[A-Z]{2}$")
    aliases: Listed = ()
    continent: str
    groups: Listed = ()


class GroupRow(Entry):
    """One group of a grouping."""

    id: str
    zh: str
    en: str


class GroupingRow(Entry):
    """One grouping; without `column` it is a membership."""

    id: str
    level: Level
    column: str = ""
    status: EntryStatus
    source: str
    title: Words
    note: Words
    group: tuple[GroupRow, ...]


class GroupingFile(Entry):
    """The file ``groupings.toml``."""

    grouping: tuple[GroupingRow, ...]


class PairRow(Entry):
    """One row of ``adjacency.csv``."""

    a: str
    b: str
    kind: Literal["border", "link"]
    note_zh: str = ""
    note_en: str = ""


@cache
def province_rows() -> tuple[ProvinceRow, ...]:
    """All provinces as written."""
    return read_csv("regions/provinces.csv", ProvinceRow)


@cache
def economy_rows() -> tuple[EconomyRow, ...]:
    """All economies as written."""
    return read_csv("regions/economies.csv", EconomyRow)


class TotalsFile(Entry):
    """The file ``aggregates.toml``."""

    words: tuple[str, ...]


@cache
def total_words() -> tuple[str, ...]:
    """What sheets write for totals, averages and parts of the country."""
    return read_toml("regions/aggregates.toml", TotalsFile).words
