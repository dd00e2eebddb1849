"""Sectors of input–output tables: their names, and how one list of them leads to another."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.loading import Entry, read_csv
from zhiheng.core.text import Text

IMPORTS = ".imports"
"""The ending of a row of imported inputs: ``01.imports`` stands beside ``01``."""
USE = "use."
"""The beginning of the name of a column of a table: ``use.01``, ``use.EX``."""


class Sector(Entry):
    """A sector or another row or column of a table; `target` is its sector in a shorter list."""

    code: str
    title_zh: str
    title_en: str
    short_zh: str = ""
    short_en: str = ""
    target: str = ""

    @property
    def title(self) -> Text:
        """Its official name."""
        return Text(self.title_zh, self.title_en)

    @property
    def short(self) -> Text:
        """A name that fits into a figure."""
        return Text(self.short_zh, self.short_en) if self.short_zh else self.title


class Link(Entry):
    """One line of a concordance: emissions of `source` belong to `target`."""

    source: str
    target: str


@cache
def sectors(classification: str) -> tuple[Sector, ...]:
    """The sectors of a classification, such as ``io42``, in their order."""
    return read_csv(f"sectors/{classification}.csv", Sector)


@cache
def concordance(name: str) -> tuple[Link, ...]:
    """The lines of a concordance; a source with several targets is shared out by a rule."""
    return read_csv(f"sectors/{name}.csv", Link)


@cache
def columns_of_use() -> dict[str, Text]:
    """Names of totals, final uses and parts of value added, by code."""
    return {c.code: c.title for c in sectors("columns")}


@cache
def row_labels(classification: str) -> dict[str, Text]:
    """Names of all rows of a table: sectors, imported inputs, value added, totals."""
    found = {s.code: s.short for s in sectors(classification)}
    imported = {
        code + IMPORTS: Text(f"{name.zh}（进口）", f"{name.en} (imported)")
        for code, name in found.items()
    }
    return {**found, **imported, **columns_of_use()}


@cache
def use_titles(classification: str) -> dict[str, Text]:
    """Names of all columns of a table, by series."""
    names = {s.code: s.short for s in sectors(classification)} | columns_of_use()
    return {USE + code: Text(f"使用：{name.zh}", f"Use: {name.en}") for code, name in names.items()}
