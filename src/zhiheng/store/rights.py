"""Who may see which rows: roles, grants, and the one predicate that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any, Literal, get_args

import ibis

from zhiheng.core.text import Text
from zhiheng.store.denials import not_allowed
from zhiheng.store.reader import RowFilter

Role = Literal["reader", "analyst", "steward", "admin"]
"""In rising order: read what is granted; run methods; keep data and grant them; keep accounts."""

Level = Literal["cell", "group"]
"""Rows as they are, or only sums over groups with small cells suppressed."""

ROLES: tuple[Role, ...] = get_args(Role)
EVERYBODY = "*"
"""Granted to this, data are open to every signed-in organisation."""
PLATFORM = "platform"
"""The organisation whose administrators keep organisations and all accounts."""

_NEEDS = {
    "reader": Text("读者", "reader"),
    "analyst": Text("分析员", "analyst"),
    "steward": Text("数据管理员", "steward"),
    "admin": Text("管理员", "administrator"),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks: a user, for an organisation, in a role.

    Attributes
    ----------
    user, organisation : str
    role : Role
        With an API key the lower of the roles of key and user.
    key : str
        Id of the API key, empty for a session by password.
    """

    user: str
    organisation: str
    role: Role
    key: str = ""

    def at_least(self, role: Role) -> bool:
        """Whether the role includes another."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def need(self, role: Role, action: Text) -> None:
        """Refuse an action to lower roles (A102)."""
        if not self.at_least(role):
            raise not_allowed(action, _NEEDS[role])

    @property
    def keeps_platform(self) -> bool:
        """Whether this is an administrator of the platform itself."""
        return self.organisation == PLATFORM and self.role == "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one organisation may see of another's dataset; an empty tuple means all.

    Attributes
    ----------
    organisation : str
        Who is granted; ``*`` for everybody.
    series, entities : tuple of str
    first, last : int or None
        Periods, both included.
    level : {"cell", "group"}
    reason, by, at : str
        Why, by whom and when (UTC).
    until : str
        Last day, ``2027-12-31``; empty without an end.
    """

    id: str
    dataset: str
    organisation: str
    series: tuple[str, ...]
    entities: tuple[str, ...]
    first: int | None
    last: int | None
    level: Level
    reason: str
    by: str
    at: str
    until: str = ""

    def holds(self, organisation: str, today: str) -> bool:
        """Whether it counts for an organisation on a day."""
        mine = self.organisation in (organisation, EVERYBODY)
        return mine and (not self.until or today <= self.until)


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def row_filter(grants: Sequence[Grant]) -> RowFilter:
    """The rows that some grants open: those that any one of them opens."""

    def rows(table: Any) -> Any:
        parts = [_opened(table, grant) for grant in grants]
        return reduce(lambda a, b: a | b, parts) if parts else ibis.literal(value=False)

    return rows


def _opened(table: Any, grant: Grant) -> Any:
    parts: list[Any] = []  # columns of Ibis have no types before the table is known
    if grant.series:
        parts.append(table.series.isin(list(grant.series)))
    if grant.entities:
        parts.append(table.entity.isin(list(grant.entities)))
    if grant.first is not None:
        parts.append(table.period >= grant.first)
    if grant.last is not None:
        parts.append(table.period <= grant.last)
    return reduce(lambda a, b: a & b, parts) if parts else ibis.literal(value=True)
