"""The audit log: who read or changed what, when and why, in a chain that nobody can mend.

Each line is a JSON object with the hash of the line before it and its own. Whoever holds
the lines can verify them without us:

    sha256(prev + canonical JSON of the line without "hash") == hash

where canonical means keys sorted, no blanks, UTF-8. A line that was altered, taken out,
put in or moved breaks the chain; lines cut off at the end are seen by whoever has noted a
later `head`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store import files
from zhiheng.store.archive import now
from zhiheng.store.database import Database

START = "0" * 64
"""What the first line names as the one before it."""

DDL = ("CREATE TABLE IF NOT EXISTS audit (n BIGINT PRIMARY KEY, line TEXT NOT NULL)",)


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: its number and hash. Noted elsewhere, it proves that nothing was cut off."""

    n: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification found.

    Attributes
    ----------
    lines : int
    head : Head
    faults : tuple of mappings
        ``line`` and ``fault``: altered, chain, number, unreadable, missing.
    """

    lines: int
    head: Head
    faults: tuple[Mapping[str, object], ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class AuditLog(Protocol):
    """Appends lines, and gives them back; there is nothing else it can do."""

    def append(self, record: Mapping[str, Any], *, durable: bool) -> Head:
        """Add a line; `durable` waits until it would survive a loss of power."""
        ...

    def lines(self, first: int = 1, limit: int | None = None) -> list[str]:
        """Lines from a number on."""
        ...

    def head(self) -> Head:
        """The last line."""
        ...


class FolderAudit:
    """A log in one file, to which processes append in turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.parent / "audit"
        self._lock.mkdir(parents=True, exist_ok=True)

    def append(self, record: Mapping[str, Any], *, durable: bool) -> Head:
        """Add a line under a lock."""
        with files.lock(self._lock, alone=True):
            line, head = _next(record, self.head())
            with self._path.open("ab") as handle:
                handle.write(line.encode() + b"\n")
                handle.flush()
                if durable:
                    os.fsync(handle.fileno())
        return head

    def lines(self, first: int = 1, limit: int | None = None) -> list[str]:
        """Lines from a number on."""
        if not self._path.is_file():
            return []
        found = self._path.read_text("utf-8").splitlines()
        return found[first - 1 : None if limit is None else first - 1 + limit]

    def head(self) -> Head:
        """The last line, found from the end of the file."""
        if not self._path.is_file():
            return Head(0, START)
        with self._path.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            back = 4096
            while True:
                handle.seek(max(0, size - back))
                tail = handle.read().rstrip(b"\n")
                if b"\n" in tail or back >= size:
                    break
                back *= 4
        return _head_of(tail.rsplit(b"\n", 1)[-1].decode()) if tail else Head(0, START)


class PostgresAudit:
    """A log in a table that refuses to change or lose a row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.change():
            for statement in _GUARD:
                database.run(statement)

    def append(self, record: Mapping[str, Any], *, durable: bool) -> Head:
        """Add a line; the transaction is durable in any case."""
        del durable
        with self._database.change():
            line, head = _next(record, self.head())
            self._database.run("INSERT INTO audit VALUES (?, ?)", head.n, line)
        return head

    def lines(self, first: int = 1, limit: int | None = None) -> list[str]:
        """Lines from a number on."""
        most = 1 << 60 if limit is None else limit
        sql = "SELECT line FROM audit WHERE n >= ? ORDER BY n LIMIT ?"
        return [line for (line,) in self._database.read(sql, first, most)]

    def head(self) -> Head:
        """The last line."""
        found = self._database.read("SELECT line FROM audit ORDER BY n DESC LIMIT 1")
        return _head_of(found[0][0]) if found else Head(0, START)


_GUARD = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE OR REPLACE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE OR REPLACE TRIGGER audit_all BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)


def verify(lines: Iterable[str], expect: Head | None = None) -> AuditReport:
    """Check a log, or an export of it, from its first line.

    Parameters
    ----------
    lines : iterable of str
    expect : Head, optional
        A head noted earlier: the line must be there, with this hash.
    """
    faults: list[Mapping[str, object]] = []
    before, count, seen = Head(0, START), 0, expect is None or expect.n == 0
    for count, line in enumerate(lines, 1):  # noqa: B007
        try:
            record = json.loads(line)
            n, prev, own = int(record["n"]), str(record["prev"]), str(record.pop("hash"))
        except (ValueError, KeyError, TypeError, AttributeError):
            faults.append({"line": count, "fault": "unreadable"})
            continue
        if own != _hash(record):
            faults.append({"line": count, "fault": "altered"})
        if prev != before.hash:
            faults.append({"line": count, "fault": "chain"})
        if n != before.n + 1:
            faults.append({"line": count, "fault": "number"})
        before = Head(n, own)
        seen = seen or (expect is not None and before == expect)
    if not seen and expect is not None:
        faults.append({"line": expect.n, "fault": "missing"})
    return AuditReport(count, before, tuple(faults))


def require_sound(report: AuditReport) -> None:
    """Raise A107 when a verification found a fault."""
    if not report.sound:
        raise ZhihengError(
            "A107",
            Text("审计日志不完整或被改动。", "The audit log is not whole, or was altered."),
            evidence=report.faults,
            fix=Text(
                "保全现状，与此前记下的链首核对，并通知管理机构。",
                "Keep it as it is, compare it with a head that was noted, and tell the steward.",
            ),
            exit_code=1,
        )


def _next(record: Mapping[str, Any], before: Head) -> tuple[str, Head]:
    line = {**record, "n": before.n + 1, "at": now(), "prev": before.hash}
    line["hash"] = _hash(line)
    return _canonical(line), Head(before.n + 1, line["hash"])


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256((str(record["prev"]) + _canonical(record)).encode()).hexdigest()


def _canonical(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _head_of(line: str) -> Head:
    try:
        record = json.loads(line)
        return Head(int(record["n"]), str(record["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ZhihengError(
            "A107",
            Text("审计日志的最后一行读不懂。", "The last line of the audit log cannot be read."),
            evidence=[{"text": line[:200]}],
            fix=Text(
                "保全现状；核对后由管理员处理。", "Keep it as it is, and ask an administrator."
            ),
            exit_code=1,
        ) from error
