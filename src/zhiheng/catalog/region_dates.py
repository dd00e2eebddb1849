"""Names of regions that held for some years only: merged, abolished, or newly made."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, Listed, read_csv
from zhiheng.catalog.region_names import spelling
from zhiheng.core.text import Text


class DatedName(Entry):
    """One row of ``dated.csv``.

    Attributes
    ----------
    names : tuple of str
        Every spelling.
    first, last : int
        First and last year in which statistics use the name; 0 where there is no end.
    into : str
        The region that its territory belongs to before `first` or after `last`.
    """

    names: Listed
    first: int = 0
    last: int = 0
    into_zh: str
    into_en: str
    source: str
    status: Literal["verified", "recalled"]


@cache
def dated_names() -> tuple[DatedName, ...]:
    """All names with dates."""
    return read_csv("regions/dated.csv", DatedName)


def is_dated(name: str) -> bool:
    """Whether a name holds for some years only."""
    return spelling(name) in _index()


def outside(name: str, periods: Iterable[int]) -> Text | None:
    """What is wrong with a name in some years, or None.

    Parameters
    ----------
    name : str
        As in a sheet.
    periods : iterable of int
        Years for which the sheet gives it values.
    """
    found = _index().get(spelling(name))
    if found is None:
        return None
    wrong = sorted(y for y in periods if y < found.first or (found.last and y > found.last))
    if not wrong:
        return None
    return Text(
        "“{n}”只在 {f} 至 {l} 年成立，表里却有 {a} 至 {b} 年的值；那时属于{i}",
        '"{n}" holds from {f} to {l}, the sheet has values for {a} to {b}; it then belongs to {j}',
    ).format(
        n=name, f=found.first or "—", l=found.last or "—", a=wrong[0], b=wrong[-1],
        i=found.into_zh, j=found.into_en,
    )  # fmt: skip


@cache
def _index() -> dict[str, DatedName]:
    return {spelling(n): row for row in dated_names() for n in row.names}
