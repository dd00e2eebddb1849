"""Versions in PostgreSQL, for a store that many share: the same queries on the same rows.

Observations lie in one table, with the hash of the file that brought them; a version is a row
that lists files, written in the transaction that brings its rows. So a version is visible
whole or not at all. An import is never updated; nothing here deletes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import ibis
import ibis.expr.types as ir

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store import manifest, schema
from zhiheng.store.archive import Incoming, follow
from zhiheng.store.engines import require
from zhiheng.store.integrity import Fault, verify_rows
from zhiheng.store.manifest import StoredFile, Version
from zhiheng.store.per_thread import PerThread

SCHEMA_NAME = "zhiheng"
_TYPES = {"string": "text", "int64": "bigint", "double": "double precision", "int8": "smallint"}


def _columns(arrow: Any) -> str:
    """Columns without nulls, said as one check.

    From NOT NULL Ibis concludes that no result of an aggregation can be null either,
    and its answers then fail to convert.
    """
    names = ", ".join(f'"{f.name}"' for f in arrow)
    listed = ", ".join(f'"{f.name}" {_TYPES[str(f.type)]}' for f in arrow)
    return f"{listed}, CHECK (({names}) IS NOT NULL)"


def ddl(name: str = SCHEMA_NAME) -> str:
    """What a new store needs. `object` is the hash that names the file in a folder, too."""
    return _DDL.replace(SCHEMA_NAME + ".", name + ".").replace(
        f"EXISTS {SCHEMA_NAME};", f"EXISTS {name};"
    )


_DDL = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME};
CREATE TABLE IF NOT EXISTS {SCHEMA_NAME}.versions (
  number integer PRIMARY KEY, id text UNIQUE NOT NULL, manifest text NOT NULL);
CREATE TABLE IF NOT EXISTS {SCHEMA_NAME}.files (
  object text PRIMARY KEY, rows bigint NOT NULL, about text NOT NULL);
CREATE TABLE IF NOT EXISTS {SCHEMA_NAME}.observations (
  object text NOT NULL REFERENCES {SCHEMA_NAME}.files, {_columns(schema.SCHEMA)});
CREATE TABLE IF NOT EXISTS {SCHEMA_NAME}.findings (
  object text NOT NULL REFERENCES {SCHEMA_NAME}.files, {_columns(schema.FINDING_SCHEMA)});
CREATE INDEX IF NOT EXISTS observations_series ON {SCHEMA_NAME}.observations (series, object);
CREATE INDEX IF NOT EXISTS observations_object ON {SCHEMA_NAME}.observations (object);
CREATE INDEX IF NOT EXISTS findings_object ON {SCHEMA_NAME}.findings (object);
"""


def connect(address: str) -> Any:
    """A psycopg connection whose `with` block is one transaction (S600 when out of reach)."""
    require("psycopg", "postgres")
    import psycopg

    try:
        return psycopg.connect(address)
    except psycopg.OperationalError as error:
        raise unreachable(address, error) from None


class Connections:
    """One Ibis connection for each thread that lives."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._each = PerThread[Any](
            self._connect,
            lambda made: made.disconnect(),
            lambda made: not (made.con.closed or made.con.broken),
        )

    def here(self) -> Any:
        """The connection of this thread."""
        return self._each.here()

    def close(self, *, everywhere: bool = False) -> None:
        """Close the connection of this thread, or those of all threads."""
        self._each.close(everywhere=everywhere)

    def _connect(self) -> Any:
        import psycopg

        # Parts, not the address: what Ibis is given may turn up in its messages.
        parts = urlsplit(self._address)
        try:
            made = ibis.postgres.connect(
                host=parts.hostname or "localhost",
                port=parts.port or 5432,
                user=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                database=parts.path.lstrip("/") or None,
            )
        except psycopg.OperationalError as error:
            raise unreachable(self._address, error) from None
        self.enter(made.con)
        return made

    def enter(self, connection: Any) -> None:
        """Prepare a connection that queries will use; the owner needs nothing."""


class PostgresArchive:
    """A PostgreSQL database as the place of a store.

    Parameters
    ----------
    address : str
        ``postgresql://user:password@host:port/database``; it is never printed.
    name : str
        The schema of the database in which this store stands.
    connections : Connections, optional
        Shared with other stores in the same database; own ones by default.

    Raises
    ------
    ZhihengError
        S600 the extra is not installed or the server cannot be reached.
    """

    def __init__(
        self, address: str, name: str = SCHEMA_NAME, *, connections: Connections | None = None
    ) -> None:
        self._address, self._name = address, name
        self._own = connections is None
        self._connections = connections or Connections(address)
        with self.connect() as connection:
            # Two processes that open a new database at once would both create the tables.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('zhiheng.store'))")
            connection.execute(ddl(self._name))

    def connect(self) -> Any:
        """A connection whose `with` block is one transaction."""
        return connect(self._address)

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        sql = f"SELECT id, manifest FROM {self._name}.versions ORDER BY number"
        found = self._ibis().con.execute(sql).fetchall()
        self._ibis().con.commit()
        return [manifest.decode(text, id_) for id_, text in found]

    def observations(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of observations."""
        return self._rows("observations", items, schema.SCHEMA)

    def findings(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of findings."""
        return self._rows("findings", items, schema.FINDING_SCHEMA)

    def about(self, item: StoredFile) -> dict[str, Any]:
        """The description that came with a file."""
        sql = f"SELECT about FROM {self._name}.files WHERE object = %s"
        row = self._ibis().con.execute(sql, (item.sha256,)).fetchone()
        self._ibis().con.commit()
        return json.loads(row[0]) if row else {}

    def run(self, query: ir.Table) -> Any:
        """Run a query; the Arrow table that comes back has no published types."""
        return query.to_pyarrow()

    def publish(self, incoming: Sequence[Incoming], *, note: str, expect: str | None) -> Version:
        """Copy the rows and write the version in one transaction."""
        with self.connect() as connection:
            for item in incoming:
                _copy(connection, item, self._name)
            # Writers queue here, after their rows are in; readers are not held up.
            connection.execute(f"LOCK TABLE {self._name}.versions IN EXCLUSIVE MODE")
            sql = f"SELECT id, manifest FROM {self._name}.versions ORDER BY number DESC LIMIT 1"
            known = [manifest.decode(text, id_) for id_, text in connection.execute(sql)]
            version = follow(known, incoming, note=note, expect=expect)
            connection.execute(
                f"INSERT INTO {self._name}.versions VALUES (%s, %s, %s)",
                (version.number, version.id, manifest.encode(version)),
            )
        return version

    def verify(self) -> tuple[Fault, ...]:
        """Check the chain of versions, and the hash of the rows of each file."""

        def read(item: StoredFile, finding: bool) -> Any:  # noqa: FBT001  called by position
            arrow = schema.FINDING_SCHEMA if finding else schema.SCHEMA
            table = self.findings([item]) if finding else self.observations([item])
            return schema.conform(self.run(table), arrow)

        return verify_rows(self.versions(), read)

    def _rows(self, name: str, items: Sequence[StoredFile], arrow: Any) -> ir.Table:
        table = self._ibis().table(name, database=self._name)
        held = table.filter(table.object.isin([f.sha256 for f in items]))
        # PostgreSQL has no one-byte integer, the other engines do.
        return held.select(*arrow.names).mutate(status=held.status.cast("int8"))

    def close(self) -> None:
        """Close the connections of all threads, unless they are shared with other stores."""
        if self._own:
            self._connections.close(everywhere=True)

    def _ibis(self) -> Any:
        return self._connections.here()


def _copy(connection: Any, item: Incoming, schema_name: str) -> None:
    """Bring the rows of a file, unless they are there already."""
    about = json.dumps(schema.about_of(item.raw), ensure_ascii=False)
    fresh = connection.execute(
        f"INSERT INTO {schema_name}.files VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (item.entry.sha256, item.entry.rows, about),
    ).rowcount
    if not fresh:
        return
    name = "findings" if item.finding else "observations"
    types = ["text", *(_COPY_TYPES[str(f.type)] for f in item.table.schema)]
    columns = ", ".join(f'"{c}"' for c in ("object", *item.table.column_names))
    sql = f"COPY {schema_name}.{name} ({columns}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types)
        lists = [item.table[c].to_pylist() for c in item.table.column_names]
        for row in zip(*lists, strict=True):
            copy.write_row((item.entry.sha256, *row))


_COPY_TYPES = {"string": "text", "int64": "int8", "double": "float8", "int8": "int2"}


def unreachable(address: str, error: Exception) -> ZhihengError:
    """The error of a server that does not answer; the password is left out."""
    parts = urlsplit(address)
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if parts.password:
        reason = reason.replace(parts.password, "***").replace(unquote(parts.password), "***")
    return ZhihengError(
        "S600",
        Text("连不上数据库服务器。", "The database server cannot be reached."),
        evidence=[
            {"host": parts.hostname or "", "port": parts.port or 5432, "database": parts.path[1:]},
            {"reason": reason},
        ],
        fix=Text(
            "检查地址、权限和服务器是否在运行。", "Check the address, the rights and that it runs."
        ),
    )
