"""What publishers print above a column, and the series of the catalog that it is."""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, Listed, read_csv, refuse_dangling
from zhiheng.catalog.region_names import spelling
from zhiheng.catalog.series import all_series

OWN = "own"
"""Among the series of a title: it may also be a series of its own."""


class TitleRow(Entry):
    """One row of ``titles.csv``.

    Attributes
    ----------
    title : str
        As printed, without its unit.
    series : tuple of str
        The series that it can be; more than one is a question to the user.
    portal : str
        The series that it is in an export of the portal of the National Bureau of Statistics.
    """

    level: Literal["province", "economy", "firm"]
    title: str
    series: Listed
    portal: str = ""


@cache
def _titles() -> dict[tuple[str, str], TitleRow]:
    rows = read_csv("titles.csv", TitleRow)
    named = [(r, s) for r in rows for s in (*r.series, r.portal) if s not in ("", OWN)]
    pairs = [(r.title, f"{r.level}/{s}") for r, s in named]
    refuse_dangling(pairs, [f"{s.level}/{s.name}" for s in all_series()], where="titles.csv")
    return {(r.level, spelling(r.title)): r for r in rows}


@cache
def _own_titles() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for s in all_series():
        for title in (s.title_zh, s.title_en):
            found.setdefault((s.level, spelling(title)), []).append(s.name)
    return found


def titled(word: str, level: str, *, portal: bool = False) -> tuple[str, ...]:
    """The series that a printed name can stand for, at one level.

    Parameters
    ----------
    word : str
        Without unit; case, spaces and brackets do not matter.
    level : str
    portal : bool
        Whether the file is an export of the portal, which decides between vintages.

    Returns
    -------
    tuple of str
        Empty if it is no series of the catalog.
    """
    row = _titles().get((level, spelling(word)))
    if row is not None:
        found = (row.portal,) if portal and row.portal else row.series
        return () if found == (OWN,) else tuple(s for s in found if s != OWN or len(found) > 1)
    return tuple(dict.fromkeys(_own_titles().get((level, spelling(word)), ())))
