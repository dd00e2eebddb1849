"""The few tables of accounts and grants: SQLite in a folder, or a schema of PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from zhiheng.store.engines import require
from zhiheng.store.per_thread import PerThread
from zhiheng.store.postgres import connect

Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """SQL with ``?`` for values; whoever changes something does it inside `change`."""

    def read(self, sql: str, *values: object) -> Rows:
        """The rows of a query."""
        ...

    def change(self) -> Any:
        """A context in which `read` and `run` are one transaction, one writer at a time."""
        ...

    def run(self, sql: str, *values: object) -> int:
        """Run a statement inside `change`; the number of rows that it touched."""
        ...

    def close(self) -> None:
        """Close what is open, in all threads."""
        ...


class FolderDatabase:
    """SQLite in a file of the platform's folder; a connection for each thread."""

    def __init__(self, path: Path, ddl: Iterable[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._each = PerThread(self._connect, lambda made: made.close())
        fresh = not path.exists()
        with self.change():
            for statement in ddl:
                self.run(statement)
        if fresh:
            path.chmod(0o600)  # it holds the hashes of passwords

    def read(self, sql: str, *values: object) -> Rows:
        """The rows of a query."""
        return self._connection().execute(sql, values).fetchall()

    @contextmanager
    def change(self) -> Generator[None]:
        """One transaction; it waits for others that write."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def run(self, sql: str, *values: object) -> int:
        """Run a statement; the number of rows that it touched."""
        return self._connection().execute(sql, values).rowcount

    def close(self) -> None:
        """Close what is open, in all threads."""
        self._each.close(everywhere=True)

    def _connection(self) -> sqlite3.Connection:
        return self._each.here()

    def _connect(self) -> sqlite3.Connection:
        # Only its own thread uses a connection; another may close it once that has ended.
        made = sqlite3.connect(
            self._path, isolation_level=None, timeout=30, check_same_thread=False
        )
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=FULL")
        return made


class PostgresDatabase:
    """A schema of a PostgreSQL database; a connection for each thread."""

    def __init__(self, address: str, schema: str, ddl: Iterable[str]) -> None:
        require("psycopg", "postgres")
        self._address, self._schema = address, schema
        self._each = PerThread[Any](
            self._connect, lambda made: made.close(), lambda made: not (made.closed or made.broken)
        )
        with self.change():
            self.run("SELECT pg_advisory_xact_lock(hashtext('zhiheng.platform'))")
            self.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            for statement in ddl:
                self.run(statement)

    def read(self, sql: str, *values: object) -> Rows:
        """The rows of a query."""
        return self._connection().execute(_percent(sql), values).fetchall()

    @contextmanager
    def change(self) -> Generator[None]:
        """One transaction; writers queue for the lock."""
        with self._connection().transaction():
            self.run("SELECT pg_advisory_xact_lock(hashtext('zhiheng.change'))")
            yield

    def run(self, sql: str, *values: object) -> int:
        """Run a statement; the number of rows that it touched."""
        return self._connection().execute(_percent(sql), values).rowcount

    def close(self) -> None:
        """Close what is open, in all threads."""
        self._each.close(everywhere=True)

    def _connection(self) -> Any:
        return self._each.here()

    def _connect(self) -> Any:
        made = connect(self._address)
        made.autocommit = True
        made.execute(f"SET search_path TO {self._schema}")
        return made


def _percent(sql: str) -> str:
    return sql.replace("?", "%s")
