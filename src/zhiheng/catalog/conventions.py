"""Conventions of the literature for computing an index, as data."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml, refuse_repeats
from zhiheng.catalog.recipes import Choice
from zhiheng.core.text import Text


class Convention(Entry):
    """One way in which published indices are computed.

    Attributes
    ----------
    entropy_shift : float
        Added to normalised values before the entropy is taken.
    entropy_count : {"cells", "entities", "periods"}
        The number whose logarithm scales the entropy.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    treatment: str = "none"
    normalise: str
    weights: str
    aggregation: str = "additive"
    entropy_shift: float = Field(default=0.0, ge=0)
    entropy_count: Literal["cells", "entities", "periods"] = "cells"
    source: Words
    status: EntryStatus

    @property
    def choice(self) -> Choice:
        """The steps of an index under this convention."""
        return Choice(self.treatment, self.normalise, self.weights, self.aggregation)

    @property
    def own_entropy(self) -> bool:
        """Whether its entropy weights are not those of the index."""
        return self.entropy_shift > 0 or self.entropy_count != "cells"


class _File(Entry):
    convention: tuple[Convention, ...] = Field(min_length=2)


@cache
def conventions() -> tuple[Convention, ...]:
    """All conventions of the catalog, the first of them the one to compare with."""
    found = read_toml("conventions.toml", _File).convention
    refuse_repeats((c.id for c in found), where="conventions.toml", kind=Text("惯例", "convention"))
    return found
