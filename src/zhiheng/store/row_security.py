"""Row-level security: PostgreSQL itself shows an organisation only the rows it is granted.

Whoever reads for an organisation does so on a connection in the role `READER_ROLE`, which
owns nothing and may read observations and findings only; the policy asks the setting
``zhiheng.organisation``. Rights are gathered once for a query (an InitPlan), never once
for each row; a correlated condition was thirty times slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store.manifest import StoredFile, Version
from zhiheng.store.postgres import Connections, PostgresArchive, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from zhiheng.store.archive import Incoming

READER_ROLE = "zhiheng_reader"
SETTING = "zhiheng.organisation"
BOTH = "chr(31)"
"""Stands between series and entity where a right is for pairs."""

RIGHTS_VIEW = f"""
CREATE OR REPLACE VIEW rights_now WITH (security_barrier) AS
SELECT dataset, series, entity, first, last FROM rights
WHERE level = 'cell' AND revoked = ''
  AND organisation IN (current_setting('{SETTING}', true), '*')
  AND (until = '' OR until >= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
"""


def prepare_role(address: str, schema: str) -> None:
    """Make the role and the view of rights; A108 where this account may not.

    Parameters
    ----------
    schema : str
        Where the tables of the platform stand.
    """
    import psycopg

    with connect(address) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('zhiheng.role'))")
        try:
            there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER_ROLE,))
            if there.fetchone() is None:
                connection.execute(f"CREATE ROLE {READER_ROLE} NOLOGIN NOBYPASSRLS")
            connection.execute(f"GRANT {READER_ROLE} TO CURRENT_USER")
        except psycopg.errors.InsufficientPrivilege as error:
            raise ZhihengError(
                "A108",
                Text(
                    "数据库账户不能建立只读角色 {r}。",
                    "The database account may not make the reading role {r}.",
                ).format(r=READER_ROLE),
                evidence=[{"reason": str(error).strip().splitlines()[0]}],
                fix=Text(
                    "请数据库管理员执行：CREATE ROLE {r} NOLOGIN; GRANT {r} TO 本账户。",
                    "Ask the database administrator for: CREATE ROLE {r} NOLOGIN; "
                    "GRANT {r} TO this account.",
                ).format(r=READER_ROLE),
            ) from None
        connection.execute(f"SET LOCAL search_path TO {schema}")
        connection.execute(RIGHTS_VIEW)
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {READER_ROLE}")
        connection.execute(f"GRANT SELECT ON {schema}.rights_now TO {READER_ROLE}")


def secure(address: str, name: str, dataset: str, platform: str) -> None:
    """Put the policy on the tables of one dataset.

    Parameters
    ----------
    name, platform : str
        Schemas of the dataset and of the platform.
    dataset : str
        Its id: lower-case letters, digits and underscores.
    """
    with connect(address) as connection:
        connection.execute(f"GRANT USAGE ON SCHEMA {name} TO {READER_ROLE}")
        for table in ("observations", "findings"):
            whole = f"{name}.{table}"
            connection.execute(f"GRANT SELECT ON {whole} TO {READER_ROLE}")
            connection.execute(f"ALTER TABLE {whole} ENABLE ROW LEVEL SECURITY")
            connection.execute(f"DROP POLICY IF EXISTS granted ON {whole}")
            connection.execute(
                f"CREATE POLICY granted ON {whole} FOR SELECT TO {READER_ROLE} "
                f"USING ({_condition(whole, dataset, platform)})"
            )


def _condition(table: str, dataset: str, platform: str) -> str:
    mine = f"FROM {platform}.rights_now r WHERE r.dataset = '{dataset}'"
    ever = "r.first IS NULL AND r.last IS NULL"
    return f"""
    (SELECT EXISTS (SELECT 1 {mine} AND r.series = '' AND r.entity = '' AND {ever}))
    OR series = ANY (ARRAY(SELECT r.series {mine} AND r.series <> '' AND r.entity = '' AND {ever}))
    OR entity = ANY (ARRAY(SELECT r.entity {mine} AND r.series = '' AND r.entity <> '' AND {ever}))
    OR (series || {BOTH} || entity) = ANY (ARRAY(
        SELECT r.series || {BOTH} || r.entity {mine}
        AND r.series <> '' AND r.entity <> '' AND {ever}))
    OR ((SELECT EXISTS (SELECT 1 {mine} AND NOT ({ever}))) AND EXISTS (
        SELECT 1 {mine} AND NOT ({ever})
        AND r.series IN ('', {table}.series) AND r.entity IN ('', {table}.entity)
        AND {table}.period >= coalesce(r.first, {table}.period)
        AND {table}.period <= coalesce(r.last, {table}.period)))
    """


class RestrictedConnections(Connections):
    """Connections in the reading role, which sees nothing until an organisation is set."""

    def enter(self, connection: Any) -> None:
        """Give up the rights of the owner for as long as the connection lives."""
        connection.execute(f"SELECT set_config('{SETTING}', '', false)")
        connection.execute(f"SET ROLE {READER_ROLE}")
        connection.commit()


class SecuredArchive(PostgresArchive):
    """Versions from the owner, rows through the policy: what one organisation may read."""

    def __init__(
        self, owner: PostgresArchive, connections: Connections, name: str, organisation: str
    ) -> None:
        # Not the constructor above: nothing is created by a reader.
        self._owner, self._connections, self._own = owner, connections, False
        self._name, self._organisation = name, organisation

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        return self._owner.versions()

    def about(self, item: StoredFile) -> dict[str, Any]:
        """The description kept with a file."""
        return self._owner.about(item)

    def run(self, query: ir.Table) -> Any:
        """Run a query in the reading role, for this organisation."""
        connection = self._connections.here().con
        connection.execute(f"SELECT set_config('{SETTING}', %s, false)", (self._organisation,))
        try:
            return query.to_pyarrow()
        finally:
            connection.execute(f"SELECT set_config('{SETTING}', '', false)")
            connection.commit()

    def publish(self, incoming: Sequence[Incoming], *, note: str, expect: str | None) -> Version:
        """A reader publishes nothing."""
        raise TypeError("a secured archive is for reading")
