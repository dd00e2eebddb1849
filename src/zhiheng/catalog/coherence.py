"""When a correlation inside an index deserves a remark."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import Field

from zhiheng.catalog.loading import Entry, Words, read_toml
from zhiheng.core.text import Text


class CoherenceFlag(Entry):
    """A remark on correlations below `below`, for the relations that it concerns."""

    id: str
    title: Words
    below: float = Field(le=2)
    relations: tuple[str, ...]


class CoherenceRule(Entry):
    """Flags in rising order, and what each relation is called.

    Attributes
    ----------
    flag_of : tuple of CoherenceFlag
        The first one that concerns the relation and lies above the correlation holds.
    unknown : CoherenceFlag
        Where a correlation does not exist.
    """

    source: Words
    relation: Mapping[str, Words]
    flag_of: tuple[CoherenceFlag, ...]
    unknown: CoherenceFlag

    def flag(self, relation: str, correlation: float) -> CoherenceFlag:
        """The remark on one correlation."""
        held = (f for f in self.flag_of if relation in f.relations and correlation < f.below)
        return next(held, self.unknown)

    def title(self, flag: str) -> Text:
        """The wording of a flag."""
        return next((f.title for f in self.flag_of if f.id == flag), self.unknown.title)


@cache
def coherence_rule() -> CoherenceRule:
    """The rule of the catalog."""
    return read_toml("coherence.toml", CoherenceRule)
