"""The shared platform: datasets of many organisations, each seeing what it is granted.

This is the one door to shared data. In a folder the rows are filtered here; in PostgreSQL
the database filters them itself, and here once more.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store import audit, directory, row_security, schema
from zhiheng.store.accounts import Accounts
from zhiheng.store.archive import FolderArchive
from zhiheng.store.audit import AuditLog, FolderAudit, Head, PostgresAudit
from zhiheng.store.database import Database, FolderDatabase, PostgresDatabase
from zhiheng.store.denials import bad_value, not_allowed
from zhiheng.store.directory import DatasetInfo, Directory
from zhiheng.store.findings import Finding
from zhiheng.store.manifest import Version
from zhiheng.store.postgres import Connections, PostgresArchive
from zhiheng.store.reader import Reader
from zhiheng.store.rights import Grant, Principal, row_filter
from zhiheng.store.store import Store
from zhiheng.store.sums import How, sums

SCHEMA = "zhiheng_platform"
"""Where the tables of accounts and rights stand in PostgreSQL."""
MOST_ROWS = 100_000
"""Rows that one page of observations holds at most."""
_CELLS = Text("读取单元格", "read single cells")
_CELL_GRANT = Text("单元格级授权", "a grant of cells")
_GROUPS = Text("各组汇总需要先登记分组", "groups must be registered before sums over them")


class Platform(Accounts):
    """Organisations, users, datasets, grants and an audit log, over one store a dataset.

    Use it where several organisations share data. One person with files needs a `Store`
    only. Make it with `Platform.open`.
    """

    def __init__(self, place: _FolderPlace | _PostgresPlace) -> None:
        super().__init__(Directory(place.database), place.log)
        self._place = place
        self._stores: dict[str, Store] = {}
        self._readers: dict[object, Reader] = {}
        self._lock = threading.Lock()

    @staticmethod
    def open(address: Path | str) -> Platform:
        """Open a platform, or make an empty one.

        Parameters
        ----------
        address : Path or str
            A folder, or ``postgresql://user@host/database``.

        Raises
        ------
        ZhihengError
            S600 the server cannot be reached, A108 the account may not make a reading role.
        """
        text = str(address)
        if text.startswith(("postgresql://", "postgres://")):
            return Platform(_PostgresPlace(text))
        return Platform(_FolderPlace(Path(address)))

    @property
    def address_kind(self) -> str:
        """``folder`` or ``postgresql``."""
        return self._place.kind

    def close(self) -> None:
        """Close all that is open."""
        self._place.close()

    def check(self) -> dict[str, bool]:
        """Whether accounts can be read and the audit log has a readable head."""
        found: dict[str, bool] = {}
        for name, look in (("accounts", self._directory.organisations), ("audit", self._log.head)):
            try:
                look()
                found[name] = True
            except (ZhihengError, OSError):
                found[name] = False
        return found

    # ------------------------------------------------------------------- reading

    def versions(self, by: Principal, dataset: str) -> list[dict[str, Any]]:
        """Versions, oldest first; sizes and notes for the keeping organisation only."""
        info = self.dataset(by, dataset)
        own = info.organisation == by.organisation
        return [
            {"id": v.id, "number": v.number, "created": v.created,
             "rows": v.rows if own else None, "note": v.note if own else None}
            for v in self._store(dataset).versions()
        ]  # fmt: skip

    def reader(self, by: Principal, dataset: str) -> Reader:
        """The dataset as the principal may see it (A102 sums only, A103).

        What is read through it is not in the audit log; the other methods write it.
        """
        info = self.dataset(by, dataset)
        if info.organisation == by.organisation:
            return self._store(dataset)
        held = self._directory.held(dataset, by.organisation, "cell")
        if not held:
            raise not_allowed(_CELLS, _CELL_GRANT)
        key = (dataset, by.organisation, tuple(held))
        with self._lock:
            if key not in self._readers:
                if len(self._readers) >= 256:
                    self._readers.clear()
                self._readers[key] = self._restricted(dataset, by.organisation, held)
            return self._readers[key]

    def panel(
        self, by: Principal, dataset: str, series: Sequence[str], *, why: str = "", **selection: Any
    ) -> Panel:
        """A panel of what the principal may see; parameters as in `Reader.panel`."""
        what = {"series": list(series), **selection}
        with self._said(by, "read", dataset, why, what):
            made = self.reader(by, dataset).panel(list(series), **selection)
            what["cells"] = int((~np.isnan(made.values)).sum())
            return made

    def observations(
        self,
        by: Principal,
        dataset: str,
        *,
        series: Sequence[str] = (),
        entities: Sequence[str] = (),
        first: int | None = None,
        last: int | None = None,
        version: str = "",
        limit: int = 10_000,
        after: str = "",
        why: str = "",
    ) -> tuple[Any, str]:
        """One page of rows as an Arrow table, and the cursor of the next (empty at the end).

        Parameters
        ----------
        limit : int
            Rows of a page, 1 to 100,000.
        after : str
            The cursor that came with the page before: it holds for the same selection.
        """
        start = _cursor(after, limit)
        what: dict[str, Any] = {"series": list(series), "entities": list(entities), "first": first,
                                "last": last, "version": version, "from": start}  # fmt: skip
        with self._said(by, "read", dataset, why, what):
            reader = self.reader(by, dataset)
            rows = reader.selected(
                series=tuple(series), entities=tuple(entities), first=first, last=last,
                version=version,
            ).order_by(list(schema.ORDER))  # fmt: skip
            found = schema.conform(reader.run(rows.limit(limit + 1, offset=start)))
            more = len(found) > limit
            what["rows"] = min(len(found), limit)
            return found.slice(0, limit), str(start + limit) if more else ""

    def inventory(self, by: Principal, dataset: str, version: str = "") -> Any:
        """Series, units, spans and counts of what the principal may see."""
        what: dict[str, Any] = {"inventory": True, "version": version}
        with self._said(by, "read", dataset, "", what):
            return self.reader(by, dataset).inventory(version)

    def findings(self, by: Principal, dataset: str, version: str = "") -> tuple[Finding, ...]:
        """The findings on what the principal may see."""
        what: dict[str, Any] = {"findings": True, "version": version}
        with self._said(by, "read", dataset, "", what):
            found = self.reader(by, dataset).findings(version)
            what["rows"] = len(found)
            return found

    def aggregate(
        self, by: Principal, dataset: str, series: Sequence[str], *, how: How = "sum", why: str = ""
    ) -> Any:
        """Sums over groups with small cells suppressed: what is open of micro data.

        Always of the newest version and of whole groups, so that two answers cannot be
        subtracted from one another. A column ``suppressed`` says what is held back; the
        group ``*`` is the total.

        Parameters
        ----------
        series : sequence of str
        how : {"sum", "mean", "count"}

        Raises
        ------
        ZhihengError
            A102 no grant, A105 no groups are registered or `how` is unknown.
        """
        what: dict[str, Any] = {"series": list(series), "how": how}
        with self._said(by, "aggregate", dataset, why, what):
            info = self.dataset(by, dataset)
            groups = self._directory.groups(dataset)
            if not groups or how not in ("sum", "mean", "count"):
                bad = {"field": "groups", "value": f"{_GROUPS.zh} · {_GROUPS.en}"}
                raise bad_value([{"field": "how", "value": how} if groups else bad])
            panel = self._for_groups(by, info, series)
            return sums(panel, groups, how)

    def _for_groups(self, by: Principal, info: DatasetInfo, series: Sequence[str]) -> Panel:
        """All cells of the series; what grants leave out of them is left out as whole series."""
        if info.organisation != by.organisation:
            held = self._directory.held(info.id, by.organisation, "group")
            whole = [g for g in held if not g.entities and g.first is None and g.last is None]
            named = {s for g in whole for s in g.series}
            everything = any(not g.series for g in whole)
            if not whole or not (everything or set(series) <= named):
                raise not_allowed(
                    Text("读取这些序列的汇总", "read sums of these series"),
                    Text("组级授权", "a grant of groups"),
                )
        return self._store(info.id).panel(list(series))

    # ------------------------------------------------------------------- writing

    def add_dataset(self, by: Principal, id: str, *args: Any, **more: Any) -> DatasetInfo:
        """Enter a dataset and make its place."""
        info = super().add_dataset(by, id, *args, **more)
        self._store(id)
        return info

    def import_(
        self,
        by: Principal,
        dataset: str,
        observations: Observations,
        *,
        note: str = "",
        expect: str | None = None,
    ) -> Version:
        """Import observations as a new version; for stewards of the dataset.

        Parameters as in `Store.add`; the licence is the dataset's.
        """
        with self._change(by, "import", dataset, why=note, rows=len(observations)) as what:
            info = self._keep(by, dataset)
            version = self._store(dataset).add(
                observations, note=note, licence=info.licence, steward=info.organisation,
                expect=expect,
            )  # fmt: skip
            what["version"] = version.id
            return version

    def annotate(
        self, by: Principal, dataset: str, findings: Sequence[Finding], *, note: str = ""
    ) -> Version:
        """Lay findings beside the newest version; for stewards of the dataset."""
        with self._change(by, "annotate", dataset, why=note, findings=len(findings)) as what:
            self._keep(by, dataset)
            version = self._store(dataset).annotate(findings, note=note)
            what["version"] = version.id
            return version

    # --------------------------------------------------------------------- audit

    def audit(self, by: Principal, *, first: int = 1, limit: int = 1000) -> list[dict[str, Any]]:
        """Lines of the audit log.

        Administrators of the platform see all; those of an organisation what its people
        did and what was done with its datasets; others what they did themselves.
        """
        own = {d.id for d in self._directory.datasets() if d.organisation == by.organisation}
        found: list[dict[str, Any]] = []
        for line in self._log.lines(first):
            record = json.loads(line)
            mine = record["who"] == by.user and record["organisation"] == by.organisation
            house = by.at_least("admin") and (
                record["organisation"] == by.organisation or record["dataset"] in own
            )
            if by.keeps_platform or house or mine:
                found.append(record)
            if len(found) >= limit:
                break
        return found

    def audit_export(self, by: Principal) -> bytes:
        """The whole log as lines of JSON, for a third party to verify; for the platform."""
        if not by.keeps_platform:
            raise not_allowed(
                Text("导出审计日志", "export the audit log"),
                Text("平台管理员", "administrator of the platform"),
            )
        return "".join(f"{line}\n" for line in self._log.lines()).encode()

    def audit_head(self) -> Head:
        """The last line of the log; noted elsewhere it proves that nothing was cut off."""
        return self._log.head()

    # -------------------------------------------------------------------- inside

    def _store(self, dataset: str) -> Store:
        with self._lock:
            if dataset not in self._stores:
                self._stores[dataset] = self._place.store(dataset)
            return self._stores[dataset]

    def _restricted(self, dataset: str, organisation: str, held: Sequence[Grant]) -> Reader:
        if dataset not in self._stores:
            self._stores[dataset] = self._place.store(dataset)
        reader = self._place.restricted(self._stores[dataset], dataset, organisation)
        return reader.seen_by(row_filter(held))


class _FolderPlace:
    """A platform in a folder."""

    kind = "folder"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.database: Database = FolderDatabase(folder / "platform.sqlite", directory.DDL)
        self.log: AuditLog = FolderAudit(folder / "audit.jsonl")

    def store(self, dataset: str) -> Store:
        return Store(FolderArchive(self._folder / "datasets" / dataset))

    def restricted(self, store: Store, dataset: str, organisation: str) -> Reader:
        del dataset, organisation
        return store

    def close(self) -> None:
        self.database.close()


class _PostgresPlace:
    """A platform in a PostgreSQL database: a schema for accounts and one for each dataset."""

    kind = "postgresql"

    def __init__(self, address: str) -> None:
        self._address = address
        self.database: Database = PostgresDatabase(address, SCHEMA, (*directory.DDL, *audit.DDL))
        self.log: AuditLog = PostgresAudit(self.database)
        row_security.prepare_role(address, SCHEMA)
        self._owner = Connections(address)
        self._readers = row_security.RestrictedConnections(address)

    def store(self, dataset: str) -> Store:
        name = _schema_of(dataset)
        archive = PostgresArchive(self._address, name, connections=self._owner)
        row_security.secure(self._address, name, dataset, SCHEMA)
        return Store(archive)

    def restricted(self, store: Store, dataset: str, organisation: str) -> Reader:
        owner = store.archive
        if not isinstance(owner, PostgresArchive):
            raise TypeError("the store of a PostgreSQL platform stands in PostgreSQL")
        name = _schema_of(dataset)
        return Reader(row_security.SecuredArchive(owner, self._readers, name, organisation))

    def close(self) -> None:
        self.database.close()
        self._owner.close(everywhere=True)
        self._readers.close(everywhere=True)


def _schema_of(dataset: str) -> str:
    return f"zhiheng_ds_{dataset}"


def _cursor(after: str, limit: int) -> int:
    fine = (not after or (after.isdecimal() and len(after) < 16)) and 1 <= limit <= MOST_ROWS
    if not fine:
        raise bad_value([{"field": "after, limit", "value": f"{after[:40]}, {limit}"}])
    return int(after or 0)
