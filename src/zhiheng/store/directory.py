"""Organisations, users, keys, datasets and grants: the records, and nothing about who may ask.

`Platform` is the door; it checks rights and writes the audit log. Passwords come as hashes
and keys as secrets of which only a hash is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast, get_args

from zhiheng.core.text import Text
from zhiheng.store.archive import now
from zhiheng.store.database import Database
from zhiheng.store.denials import bad_value, closed, not_signed_in, taken, unknown
from zhiheng.store.rights import ROLES, Grant, Level, Principal, Role, today

OrganisationKind = Literal[
    "province", "department", "firm", "bank", "research", "public", "platform"
]
KINDS: tuple[OrganisationKind, ...] = get_args(OrganisationKind)
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_DAYS = 730
"""Days that an API key may live at most."""

DDL = (
    "CREATE TABLE IF NOT EXISTS organisations (id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, "
    "name_en TEXT NOT NULL, kind TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, organisation TEXT NOT NULL "
    "REFERENCES organisations, role TEXT NOT NULL, password TEXT NOT NULL, "
    "active INTEGER NOT NULL, changed TEXT NOT NULL, stamp INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, user_name TEXT NOT NULL "
    "REFERENCES users, role TEXT NOT NULL, hash TEXT NOT NULL, created TEXT NOT NULL, "
    "expires TEXT NOT NULL, revoked INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS datasets (id TEXT PRIMARY KEY, title_zh TEXT NOT NULL, "
    "title_en TEXT NOT NULL, organisation TEXT NOT NULL REFERENCES organisations, "
    "licence TEXT NOT NULL, micro INTEGER NOT NULL, about_zh TEXT NOT NULL, "
    "about_en TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS grants (id TEXT PRIMARY KEY, dataset TEXT NOT NULL "
    "REFERENCES datasets, organisation TEXT NOT NULL, series TEXT NOT NULL, "
    "entities TEXT NOT NULL, first BIGINT, last BIGINT, level TEXT NOT NULL, "
    "reason TEXT NOT NULL, by_user TEXT NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL, "
    "revoked TEXT NOT NULL)",
    # The same rights row by row, for the policy of PostgreSQL.
    "CREATE TABLE IF NOT EXISTS rights (grant_id TEXT NOT NULL, dataset TEXT NOT NULL, "
    "organisation TEXT NOT NULL, series TEXT NOT NULL, entity TEXT NOT NULL, first BIGINT, "
    "last BIGINT, level TEXT NOT NULL, until TEXT NOT NULL, revoked TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS rights_of ON rights (dataset, organisation)",
    "CREATE TABLE IF NOT EXISTS groups (dataset TEXT NOT NULL, entity TEXT NOT NULL, "
    "group_name TEXT NOT NULL, PRIMARY KEY (dataset, entity))",
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A province, department, firm, bank or institute that shares data or reads them."""

    id: str
    name: Text
    kind: OrganisationKind


@dataclass(frozen=True, slots=True)
class User:
    """A person's account; `stamp` grows with every change that must end open sessions."""

    name: str
    organisation: str
    role: Role
    active: bool
    stamp: int


@dataclass(frozen=True, slots=True)
class Key:
    """An API key; its secret is shown once, when it is made."""

    id: str
    user: str
    role: Role
    created: str
    expires: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset: what it is, who keeps it, and on what terms.

    `micro` says that its entities are firms or persons, so that outsiders see sums only.
    """

    id: str
    title: Text
    organisation: str
    licence: str
    micro: bool
    description: Text


class Directory:
    """The records of a platform."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------ accounts

    def organisations(self) -> list[Organisation]:
        """All of them, by id."""
        sql = "SELECT id, name_zh, name_en, kind FROM organisations ORDER BY id"
        return [Organisation(i, Text(zh, en), kind) for i, zh, en, kind in self._db.read(sql)]

    def add_organisation(self, id: str, name: Text, kind: str) -> Organisation:
        """Enter an organisation (A104, A105)."""
        _check({"id": (id, bool(NAME.fullmatch(id))), "kind": (kind, kind in KINDS),
                "name": (name.zh, bool(name.zh.strip() and name.en.strip()))})  # fmt: skip
        with self._db.change():
            if self._db.read("SELECT 1 FROM organisations WHERE id = ?", id):
                raise taken("organisation", id)
            self._db.run(
                "INSERT INTO organisations VALUES (?, ?, ?, ?, ?)",
                id,
                name.zh,
                name.en,
                kind,
                now(),
            )
        return Organisation(id, name, cast(OrganisationKind, kind))

    def has_organisation(self, id: str) -> bool:
        """Whether there is one of this id."""
        return bool(self._db.read("SELECT 1 FROM organisations WHERE id = ?", id))

    def users(self, organisation: str | None = None) -> list[User]:
        """Users of one organisation, or all."""
        sql = "SELECT name, organisation, role, active, stamp FROM users"
        rows = self._db.read(f"{sql} ORDER BY name")
        found = [_user(row) for row in rows]
        return [u for u in found if organisation in (None, u.organisation)]

    def user(self, name: str) -> User | None:
        """One user."""
        sql = "SELECT name, organisation, role, active, stamp FROM users WHERE name = ?"
        rows = self._db.read(sql, name)
        return _user(rows[0]) if rows else None

    def add_user(
        self, name: str, organisation: str, role: str, password: str, *, only: bool = False
    ) -> User:
        """Enter a user; with `only` just where there is none yet, whose A102 is the caller's."""
        _check({"name": (name, bool(NAME.fullmatch(name))), "role": (role, role in ROLES)})
        if not self.has_organisation(organisation):
            raise unknown("organisation", organisation)
        with self._db.change():
            others = self._db.read("SELECT name FROM users")
            if (name,) in others or (only and others):
                raise taken("user", name)
            self._db.run(
                "INSERT INTO users VALUES (?, ?, ?, ?, 1, ?, 1)",
                name, organisation, role, password, now(),
            )  # fmt: skip
        return User(name, organisation, cast(Role, role), active=True, stamp=1)

    def change_user(self, name: str, *, active: bool | None = None, password: str = "") -> None:
        """Open or close an account, or set its password; open sessions of it end."""
        with self._db.change():
            if active is not None:
                self._db.run("UPDATE users SET active = ? WHERE name = ?", int(active), name)
            if password:
                self._db.run("UPDATE users SET password = ? WHERE name = ?", password, name)
            sql = "UPDATE users SET stamp = stamp + 1, changed = ? WHERE name = ?"
            if not self._db.run(sql, now(), name):
                raise unknown("user", name)

    def password_hash(self, name: str) -> str | None:
        """The stored hash of a user's password."""
        rows = self._db.read("SELECT password FROM users WHERE name = ?", name)
        return rows[0][0] if rows else None

    # ---------------------------------------------------------------------- keys

    def add_key(self, user: User, role: str, days: int) -> tuple[Key, str]:
        """Make a key; the text is all that can be used and is not kept."""
        _check({"role": (role, role in ROLES), "days": (days, 1 <= days <= MOST_DAYS)})
        id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        expires = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = Key(id, user.name, cast(Role, role), now(), expires, revoked=False)
        with self._db.change():
            self._db.run(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, 0)",
                id, user.name, role, _digest(secret), made.created, expires,
            )  # fmt: skip
        return made, f"zh_{id}_{secret}"

    def keys(self, user: str) -> list[Key]:
        """Keys of a user, the newest last."""
        sql = (
            "SELECT id, user_name, role, created, expires, revoked FROM keys WHERE user_name = ? "
            "ORDER BY created, id"
        )
        return [
            Key(id, name, role, created, expires, bool(revoked))
            for id, name, role, created, expires, revoked in self._db.read(sql, user)
        ]

    def revoke_key(self, id: str, user: str) -> None:
        """Close a key of a user (A103)."""
        with self._db.change():
            sql = "UPDATE keys SET revoked = 1 WHERE id = ? AND user_name = ?"
            if not self._db.run(sql, id, user):
                raise unknown("key", id)

    def by_key(self, text: str) -> Principal:
        """Whoever a key belongs to (A101, A106)."""
        prefix, _, rest = text.partition("_")
        id, _, secret = rest.partition("_")
        sql = "SELECT user_name, role, hash, expires, revoked FROM keys WHERE id = ?"
        rows = self._db.read(sql, id) if prefix == "zh" and id.isalnum() else []
        kept = rows[0][2] if rows else "0" * 64
        # Compared in constant time, and also when there is no such key.
        if not secrets.compare_digest(kept, _digest(secret)) or not rows:
            raise not_signed_in()
        name, role, _, expires, revoked = rows[0]
        user = self.user(name)
        if revoked or expires < now() or user is None or not user.active:
            raise closed("key", id)
        lower = min(ROLES.index(user.role), ROLES.index(cast(Role, role)))
        return Principal(user.name, user.organisation, ROLES[lower], id)

    # ------------------------------------------------------------------ datasets

    def add_dataset(self, info: DatasetInfo) -> None:
        """Enter a dataset; its steward's organisation sees all of it."""
        _check({
            "id": (info.id, bool(NAME.fullmatch(info.id))),
            "licence": (info.licence, bool(info.licence.strip())),
            "title": (info.title.zh, bool(info.title.zh.strip() and info.title.en.strip())),
        })  # fmt: skip
        with self._db.change():
            if self._db.read("SELECT 1 FROM datasets WHERE id = ?", info.id):
                raise taken("dataset", info.id)
            self._db.run(
                "INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                info.id, info.title.zh, info.title.en, info.organisation, info.licence,
                int(info.micro), info.description.zh, info.description.en, now(),
            )  # fmt: skip
            self._db.run(
                "INSERT INTO rights VALUES ('steward', ?, ?, '', '', NULL, NULL, 'cell', '', '')",
                info.id, info.organisation,
            )  # fmt: skip

    def datasets(self) -> list[DatasetInfo]:
        """All of them, by id."""
        sql = (
            "SELECT id, title_zh, title_en, organisation, licence, micro, about_zh, about_en "
            "FROM datasets ORDER BY id"
        )
        return [
            DatasetInfo(i, Text(zh, en), org, licence, bool(micro), Text(a, b))
            for i, zh, en, org, licence, micro, a, b in self._db.read(sql)
        ]

    def set_groups(self, dataset: str, groups: dict[str, str]) -> None:
        """Say to which group each entity of a dataset belongs; replaces what was said."""
        with self._db.change():
            self._db.run("DELETE FROM groups WHERE dataset = ?", dataset)
            for entity, group in sorted(groups.items()):
                self._db.run("INSERT INTO groups VALUES (?, ?, ?)", dataset, entity, group)

    def groups(self, dataset: str) -> dict[str, str]:
        """The group of each entity of a dataset."""
        sql = "SELECT entity, group_name FROM groups WHERE dataset = ?"
        return dict(self._db.read(sql, dataset))

    # -------------------------------------------------------------------- grants

    def add_grant(self, grant: Grant) -> None:
        """Enter a grant, in whole and row by row."""
        with self._db.change():
            self._db.run(
                "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                grant.id, grant.dataset, grant.organisation, json.dumps(grant.series),
                json.dumps(grant.entities), grant.first, grant.last, grant.level, grant.reason,
                grant.by, grant.at, grant.until,
            )  # fmt: skip
            for series in grant.series or ("",):
                for entity in grant.entities or ("",):
                    self._db.run(
                        "INSERT INTO rights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                        grant.id, grant.dataset, grant.organisation, series, entity, grant.first,
                        grant.last, grant.level, grant.until,
                    )  # fmt: skip

    def grants(self, dataset: str | None = None) -> list[Grant]:
        """Grants that have not been revoked, oldest first."""
        sql = (
            "SELECT id, dataset, organisation, series, entities, first, last, level, reason, "
            "by_user, at, until FROM grants WHERE revoked = '' ORDER BY at, id"
        )
        found = [_grant(row) for row in self._db.read(sql)]
        return [g for g in found if dataset in (None, g.dataset)]

    def revoke(self, id: str) -> None:
        """Take a grant back; its record stays."""
        with self._db.change():
            for table, column in (("grants", "id"), ("rights", "grant_id")):
                self._db.run(f"UPDATE {table} SET revoked = ? WHERE {column} = ?", now(), id)

    def held(self, dataset: str, organisation: str, level: Level) -> list[Grant]:
        """Grants of a dataset that count for an organisation today."""
        day = today()
        found = [g for g in self.grants(dataset) if g.holds(organisation, day)]
        return [g for g in found if g.level == level]


def _user(row: Sequence[Any]) -> User:
    name, organisation, role, active, stamp = row
    return User(name, organisation, role, bool(active), stamp)


def _grant(row: Sequence[Any]) -> Grant:
    id, dataset, organisation, series, entities, *rest = row
    return Grant(
        id, dataset, organisation, tuple(json.loads(series)), tuple(json.loads(entities)), *rest
    )


def _digest(secret: str) -> str:
    # Secrets are 256 random bits, so a plain hash is as good as a slow one.
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(values: dict[str, tuple[object, bool]]) -> None:
    bad = [{"field": name, "value": str(v)[:80]} for name, (v, fine) in values.items() if not fine]
    if bad:
        raise bad_value(bad)
