"""Significance stars: one convention, tied to p values, for every document.

The convention ``***``, ``**``, ``*`` for 1 %, 5 % and 10 % is the one that the
American Economic Association's journals used until they dropped stars, that
Chinese economics journals print, and that Stata's ``outreg2`` and ``esttab``
call ``star(* 0.10 ** 0.05 *** 0.01)``.
"""

from __future__ import annotations

from zhiheng.core.result import Cell

STARS: tuple[tuple[float, str], ...] = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
"""Largest p value of each mark, strictest first."""


def stars(p: Cell) -> str:
    """The mark of one p value; a missing p value has none.

    Parameters
    ----------
    p : float or None
        Two-sided p value in 0 … 1.
    """
    if not isinstance(p, float | int):
        return ""
    return next((mark for limit, mark in STARS if float(p) <= limit), "")
