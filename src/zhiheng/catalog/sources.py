"""Publishers of the catalogued series: licence, citation, and by whose hands the figures came."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.loading import Entry, Words, read_toml, refuse_repeats
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text


class Source(Entry):
    """One publisher's collection.

    Attributes
    ----------
    via : str
        Who compiled the file that was read, with that file's licence.
    licence : str
        What the figures themselves may be used under.
    may_ship : bool
        Whether the figures may stand in a package.
    read : str
        The day on which the compiled file was read.
    """

    id: str
    publisher: Words
    title: Words
    via: str
    licence: str
    citation: str
    url: str
    may_ship: bool
    read: str
    note: Words | None = None


class _Sources(Entry):
    source: tuple[Source, ...]


@cache
def sources() -> tuple[Source, ...]:
    """Every catalogued source."""
    found = read_toml("sources.toml", _Sources).source
    refuse_repeats([s.id for s in found], where="sources.toml", kind=Text("来源", "source"))
    return found


def source(name: str) -> Source:
    """The source of an id; raises C420 for an unknown one."""
    found = {s.id: s for s in sources()}
    if name not in found:
        raise unknown_name("C420", name, found, kind=Text("来源", "source"))
    return found[name]
