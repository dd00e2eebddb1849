"""Labels, units and number formats of the columns of result tables, and titles of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from pydantic import Field, RootModel

from zhiheng.catalog.loading import Entry, Words, read_toml
from zhiheng.core.text import Text

_LANGUAGES = {
    "_zh": Text("{t}（中文）", "{t} (Chinese)"),
    "_en": Text("{t}（英文）", "{t} (English)"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its label, canonical unit (empty where it varies) and number format.

    `format` is ``d``, ``.3f``, ``+.3f``, ``.1%``, ``.4g``, ``p`` (p values) or ``s`` (words).
    """

    name: str
    label: Text
    unit: str
    format: str


class _ColumnEntry(Entry):
    zh: str
    en: str
    format: str = Field(pattern=r"^([ds]|p|\+?\.\d[feg%])$")
    unit: str = ""


class _Columns(RootModel[dict[str, _ColumnEntry]]):
    pass


class _Tables(RootModel[dict[str, dict[str, Words]]]):
    pass


@cache
def columns() -> Mapping[str, Column]:
    """All catalogued columns by name."""
    entries = read_toml("columns.toml", _Columns).root
    return {n: Column(n, Text(e.zh, e.en), e.unit, e.format) for n, e in entries.items()}


def column(name: str) -> Column:
    """One column; ``x_zh`` and ``x_en`` take the label of ``x``.

    A name that is not catalogued is its own label: tables of a user's own series
    have such columns. Columns of our methods are all catalogued, and a test says so.
    """
    known = columns()
    if name in known:
        return known[name]
    stem, ending = name[:-3], name[-3:]
    if ending in _LANGUAGES and stem in known:
        label = _LANGUAGES[ending].format(t=known[stem].label)
        return replace(known[stem], name=name, label=label)
    return Column(name, Text.same(name), "", "s")


@cache
def tables() -> Mapping[str, Mapping[str, Text]]:
    """Titles of tables by method and table."""
    return read_toml("tables.toml", _Tables).root


def table_title(method: str, table: str) -> Text:
    """The title of a table of a method; the table's name where none is catalogued."""
    return tables().get(method, {}).get(table, Text.same(table))
