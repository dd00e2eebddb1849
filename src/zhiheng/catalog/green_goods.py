"""Environmental goods by customs code: which lines of trade count as green."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.loading import Entry, read_csv, refuse_repeats
from zhiheng.core.text import Text


class GreenGood(Entry):
    """One line of the combined list of environmental goods of the OECD (CLEG), HS 2007.

    Attributes
    ----------
    hs2007 : str
        Six digits. Thirteen of the codes no longer exist in HS 2022; a table in a later
        edition needs a concordance first.
    medium : str
        Environmental medium as the list abbreviates it, such as ``WAT`` or ``REP``.
    friends, pegs, apec : bool
        The lists that name it: Friends' list, PEGS, APEC.
    core_cleg, core_cleg_plus : bool
    """

    hs2007: str
    medium: str
    friends: bool
    pegs: bool
    apec: bool
    core_cleg: bool
    core_cleg_plus: bool


@cache
def green_goods() -> tuple[GreenGood, ...]:
    """The 248 lines of the list, in order of code."""
    found = read_csv("trade/oecd_cleg_hs2007.csv", GreenGood)
    refuse_repeats(
        [g.hs2007 for g in found], where="trade/oecd_cleg_hs2007.csv", kind=Text("编码", "code")
    )
    return found


def green_codes(list_: str = "cleg") -> frozenset[str]:
    """Codes of one list: ``cleg`` (all), ``apec``, ``pegs``, ``friends``, ``core_cleg``."""
    found = green_goods()
    if list_ == "cleg":
        return frozenset(g.hs2007 for g in found)
    return frozenset(g.hs2007 for g in found if getattr(g, list_))
