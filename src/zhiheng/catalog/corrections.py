"""What was done to compiled figures before they were embedded, cell by cell, and why."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, Words, read_csv, read_toml, refuse_repeats
from zhiheng.core.text import Text

Action = Literal["exclude", "mask", "repair", "status", "flag", "absent"]
Where = Literal["any", "zero", "repeat", "linear", "geometric", "equal"]


class Correction(Entry):
    """One recorded treatment of some cells.

    Attributes
    ----------
    action : str
        ``exclude`` the series, ``mask`` cells as missing, ``repair`` them to
        `value`, change their ``status``, ``flag`` a known oddity that is kept, or
        note that the compiled file has no such cell (``absent``).
    series : tuple of str
        Catalog names; the compiler's names for excluded series; ``*`` is all.
    entities, periods : tuple
        Empty for all; periods are spans, both ends included.
    where : str
        Narrows the cells by their values.
    cells : int
        How many stored cells are concerned; the build stops at another number.
    """

    id: str
    dataset: str
    series: tuple[str, ...]
    entities: tuple[str, ...] = ()
    periods: tuple[tuple[int, int], ...] = ()
    where: Where = "any"
    value: float | None = None
    action: Action
    status: Literal["", "observed", "revised", "estimated", "interpolated", "imputed"] = ""
    cells: int = Field(ge=0)
    reason: Words
    evidence: str


class Compiled(Entry):
    """How a column of a compiled file is read: its name and unit there and here."""

    dataset: str
    original: str
    name: str
    unit_stated: str = ""
    unit_read: str


class _Corrections(Entry):
    correction: tuple[Correction, ...]


@cache
def corrections(dataset: str = "") -> tuple[Correction, ...]:
    """The recorded corrections, of one data set or of all, in the order of the file."""
    found = read_toml("corrections.toml", _Corrections).correction
    refuse_repeats([c.id for c in found], where="corrections.toml", kind=Text("更正", "correction"))
    return tuple(c for c in found if dataset in ("", c.dataset))


@cache
def compiled(dataset: str) -> tuple[Compiled, ...]:
    """The columns of a compiled file that are shipped."""
    return tuple(c for c in read_csv("compiled.csv", Compiled) if c.dataset == dataset)
