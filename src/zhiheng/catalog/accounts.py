"""Equations between series: totals that have to add up, ratios that have to fit their levels."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, Words, read_toml, refuse_repeats
from zhiheng.catalog.regions import Level
from zhiheng.core.text import Text

FILE = "accounts.toml"


class Account(Entry):
    """One equation.

    Attributes
    ----------
    kind : {"total", "ratio"}
        A total of parts, or a ratio beside its numerator and denominator.
    left, right : str
        Expressions over series of the level.
    tolerance : float
        Largest relative difference that is not remarked on.
    """

    id: str
    level: Level
    kind: Literal["total", "ratio"]
    left: str
    right: str
    tolerance: float = Field(gt=0, lt=1)
    title: Words


class _Accounts(Entry):
    account: tuple[Account, ...]


@cache
def accounts(level: str) -> tuple[Account, ...]:
    """The equations that series of a level have to satisfy."""
    found = read_toml(FILE, _Accounts).account
    refuse_repeats((a.id for a in found), where=FILE, kind=Text("核算式", "account"))
    return tuple(a for a in found if a.level == level)
