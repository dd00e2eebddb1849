"""Accounts, datasets and grants behind their rights, each request in the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.store.archive import now
from zhiheng.store.audit import AuditLog
from zhiheng.store.denials import bad_value, closed, not_allowed, unknown
from zhiheng.store.directory import DatasetInfo, Directory, Key, Organisation, User
from zhiheng.store.rights import EVERYBODY, PLATFORM, Grant, Level, Principal

_ACCOUNTS = Text("管理账户", "keep accounts")
_SHARE = Text("管理这个数据集", "keep this dataset")
_PLATFORM_ADMIN = Text("平台管理员", "administrator of the platform")
_STEWARD = Text("该数据集管理机构的数据管理员", "steward in the organisation of the dataset")
MICRO_OPEN = Text(
    "微观数据不能按单元格向所有机构开放", "micro data cannot be opened cell by cell to everybody"
)


class Accounts:
    """What may be done with accounts, datasets and grants, and by whom.

    Every method takes the principal that asks as `by`, checks its right and writes the
    audit log; a refusal is written too.
    """

    def __init__(self, directory: Directory, log: AuditLog) -> None:
        self._directory = directory
        self._log = log

    # ------------------------------------------------------------- organisations

    def bootstrap(self, name: str, password: str) -> Principal:
        """Make the first user, an administrator of the platform; A104 once there is one.

        Parameters
        ----------
        name : str
        password : str
            Hash of the password.
        """
        if not self._directory.has_organisation(PLATFORM):
            self._directory.add_organisation(PLATFORM, Text("平台", "Platform"), PLATFORM)
        user = self._directory.add_user(name, PLATFORM, "admin", password, only=True)
        made = Principal(user.name, user.organisation, user.role)
        with self._change(made, "bootstrap"):
            return made

    def has_users(self) -> bool:
        """Whether there is any user yet."""
        return bool(self._directory.users())

    def add_organisation(self, by: Principal, id: str, name: Text, kind: str) -> Organisation:
        """Enter an organisation; for administrators of the platform."""
        with self._change(by, "add_organisation", id=id, kind=kind):
            _need_platform(by)
            return self._directory.add_organisation(id, name, kind)

    def organisations(self, by: Principal) -> list[Organisation]:
        """All organisations: whoever shares must be able to name the other side."""
        del by
        return self._directory.organisations()

    # --------------------------------------------------------------------- users

    def add_user(
        self, by: Principal, name: str, organisation: str, role: str, password: str
    ) -> User:
        """Enter a user of one's own organisation, or of any for the platform's administrators."""
        with self._change(by, "add_user", user=name, of=organisation, role=role):
            _need_accounts(by, organisation)
            return self._directory.add_user(name, organisation, role, password)

    def users(self, by: Principal) -> list[User]:
        """The users of one's organisation; all for the platform's administrators."""
        by.need("admin", _ACCOUNTS)
        return self._directory.users(None if by.keeps_platform else by.organisation)

    def set_active(self, by: Principal, name: str, *, active: bool) -> None:
        """Open or close an account; open sessions of it end."""
        with self._change(by, "set_active", user=name, active=active):
            self._kept(by, name)
            if name == by.user and not active:
                raise bad_value([{"field": "active", "value": "自己 · oneself"}])
            self._directory.change_user(name, active=active)

    def set_password(self, by: Principal, name: str, password: str) -> None:
        """Set the hash of a password: one's own, or that of an account that one keeps."""
        with self._change(by, "set_password", user=name):
            if name != by.user or by.key:
                self._kept(by, name)
            self._directory.change_user(name, password=password)

    def password_hash(self, name: str) -> str | None:
        """The stored hash of a user, for signing in."""
        return self._directory.password_hash(name)

    def principal(self, name: str) -> Principal:
        """A user who has proved to be one (A101 unknown, A106 closed)."""
        user = self.user(name)
        return Principal(user.name, user.organisation, user.role)

    def user(self, name: str) -> User:
        """The record of an active user (A103, A106)."""
        found = self._directory.user(name)
        if found is None:
            raise unknown("user", name)
        if not found.active:
            raise closed("user", name)
        return found

    def _kept(self, by: Principal, name: str) -> User:
        """A user whose account `by` keeps; others are as if they were not there."""
        by.need("admin", _ACCOUNTS)
        found = self._directory.user(name)
        if found is None or not (by.keeps_platform or found.organisation == by.organisation):
            raise unknown("user", name)
        return found

    # ---------------------------------------------------------------------- keys

    def add_key(self, by: Principal, *, role: str = "reader", days: int = 90) -> tuple[Key, str]:
        """Make an API key for oneself, of a role not above one's own; not with another key."""
        with self._change(by, "add_key", role=role, days=days):
            user = self.user(by.user)
            if by.key:
                raise not_allowed(
                    Text("用密钥再造密钥", "make a key with a key"),
                    Text("口令登录", "signing in by password"),
                )
            return self._directory.add_key(user, role, days)

    def keys(self, by: Principal) -> list[Key]:
        """One's own keys, without their secrets."""
        return self._directory.keys(by.user)

    def revoke_key(self, by: Principal, id: str) -> None:
        """Close one of one's own keys."""
        with self._change(by, "revoke_key", id=id):
            self._directory.revoke_key(id, by.user)

    def by_key(self, text: str) -> Principal:
        """Whoever an API key belongs to (A101, A106)."""
        return self._directory.by_key(text)

    # ------------------------------------------------------------------ datasets

    def add_dataset(
        self,
        by: Principal,
        id: str,
        title: Text,
        licence: str,
        *,
        micro: bool = False,
        description: Text | None = None,
    ) -> DatasetInfo:
        """Enter a dataset kept by one's own organisation; for its stewards."""
        with self._change(by, "add_dataset", id, licence=licence, micro=micro):
            by.need("steward", _SHARE)
            info = DatasetInfo(id, title, by.organisation, licence, micro, description or title)
            self._directory.add_dataset(info)
            return info

    def datasets(self, by: Principal) -> list[DatasetInfo]:
        """The datasets of which one may see something."""
        return [info for info in self._directory.datasets() if self._may_see(by, info)]

    def dataset(self, by: Principal, id: str) -> DatasetInfo:
        """A dataset that one may see something of (A103)."""
        for info in self._directory.datasets():
            if info.id == id and self._may_see(by, info):
                return info
        raise unknown("dataset", id)

    def set_groups(self, by: Principal, dataset: str, groups: dict[str, str]) -> None:
        """Say to which group (a region, a trade) each entity belongs; replaces what was said."""
        with self._change(by, "set_groups", dataset, entities=len(groups)):
            self._keep(by, dataset)
            bad = [{"entity": e[:80], "group": g[:80]} for e, g in groups.items() if not (e and g)]
            if bad or not groups:
                raise bad_value(bad or [{"field": "groups", "value": "—"}])
            self._directory.set_groups(dataset, groups)

    # -------------------------------------------------------------------- grants

    def grant(
        self,
        by: Principal,
        dataset: str,
        organisation: str,
        *,
        series: Sequence[str] = (),
        entities: Sequence[str] = (),
        first: int | None = None,
        last: int | None = None,
        level: Level = "cell",
        reason: str,
        until: str = "",
    ) -> Grant:
        """Open part of a dataset to an organisation, or to everybody (``*``).

        Parameters
        ----------
        series, entities : sequence of str
            As they are stored; all when empty.
        first, last : int, optional
            Periods, both included.
        level : {"cell", "group"}
            Rows, or sums over groups with small cells suppressed.
        reason : str
            Why; it stands in the audit log.
        until : str
            Last day, ``2027-12-31``.
        """
        what = {"to": organisation, "series": list(series), "entities": list(entities),
                "first": first, "last": last, "level": level, "until": until}  # fmt: skip
        with self._change(by, "grant", dataset, why=reason, **what) as details:
            info = self._keep(by, dataset)
            made = Grant(
                secrets.token_hex(6), dataset, organisation, tuple(series), tuple(entities),
                first, last, level, reason, by.user, now(), until,
            )  # fmt: skip
            self._check_grant(made, info)
            self._directory.add_grant(made)
            details["id"] = made.id
            return made

    def grants(self, by: Principal, dataset: str) -> list[Grant]:
        """All grants of a dataset for its stewards; for others those that they hold."""
        info = self.dataset(by, dataset)
        found = self._directory.grants(dataset)
        if info.organisation == by.organisation:
            return found
        return [g for g in found if g.organisation in (by.organisation, EVERYBODY)]

    def revoke(self, by: Principal, grant: str, reason: str) -> None:
        """Take a grant back; its record stays."""
        known = {g.id: g for g in self._directory.grants()}
        dataset = known[grant].dataset if grant in known else ""
        with self._change(by, "revoke", dataset, why=reason, id=grant):
            if grant not in known:
                raise unknown("grant", grant)
            self._keep(by, dataset)
            self._directory.revoke(grant)

    def _check_grant(self, made: Grant, info: DatasetInfo) -> None:
        known = made.organisation == EVERYBODY or self._directory.has_organisation(
            made.organisation
        )
        if not known:
            raise unknown("organisation", made.organisation)
        span = made.first is None or made.last is None or made.first <= made.last
        open_micro = info.micro and made.level == "cell" and made.organisation == EVERYBODY
        checks: dict[str, tuple[object, bool]] = {
            "reason": (made.reason, bool(made.reason.strip())),
            "level": (made.level, made.level in ("cell", "group")),
            "first, last": (f"{made.first}, {made.last}", span),
            "until": (made.until, not made.until or _is_date(made.until)),
            "organisation": (f"{MICRO_OPEN.zh} · {MICRO_OPEN.en}", not open_micro),
            "series, entities": ("", all([*made.series, *made.entities])),
        }
        bad: list[Row] = [{"field": k, "value": str(v)} for k, (v, ok) in checks.items() if not ok]
        if bad:
            raise bad_value(bad)

    # -------------------------------------------------------------------- inside

    def _may_see(self, by: Principal, info: DatasetInfo) -> bool:
        if info.organisation == by.organisation:
            return True
        held = [self._directory.held(info.id, by.organisation, level) for level in _LEVELS]
        return any(held)

    def _keep(self, by: Principal, dataset: str) -> DatasetInfo:
        """A dataset that `by` keeps: A103 when it is not seen, A102 when it is another's."""
        info = self.dataset(by, dataset)
        if info.organisation != by.organisation:
            raise not_allowed(_SHARE, _STEWARD)
        by.need("steward", _SHARE)
        return info

    @contextmanager
    def _change(
        self, by: Principal, action: str, dataset: str = "", *, why: str = "", **what: Any
    ) -> Generator[dict[str, Any]]:
        """A change: logged before it is made and after, so that none can be made unlogged."""
        self._note(by, action, dataset, why, "begun", what)
        with self._said(by, action, dataset, why, what):
            yield what

    @contextmanager
    def _said(
        self, by: Principal, action: str, dataset: str, why: str, what: dict[str, Any]
    ) -> Generator[None]:
        try:
            yield
        except ZhihengError as error:
            self._note(by, action, dataset, why, f"refused {error.code}", what)
            raise
        self._note(by, action, dataset, why, "done", what)

    def _note(
        self, by: Principal, action: str, dataset: str, why: str, outcome: str, what: dict[str, Any]
    ) -> None:
        self._log.append(
            {"who": by.user, "organisation": by.organisation, "key": by.key, "action": action,
             "dataset": dataset, "why": why, "outcome": outcome, "what": what},
            durable=action != "read",
        )  # fmt: skip


_LEVELS: tuple[Level, ...] = ("cell", "group")


def _need_platform(by: Principal) -> None:
    if not by.keeps_platform:
        raise not_allowed(_ACCOUNTS, _PLATFORM_ADMIN)


def _need_accounts(by: Principal, organisation: str) -> None:
    if organisation != by.organisation:
        _need_platform(by)
    by.need("admin", _ACCOUNTS)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
