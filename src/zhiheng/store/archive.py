"""Where versions live: the few things that a place must do for a store to stand on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import ibis.expr.types as ir
import pyarrow.parquet as pq

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store import files, manifest
from zhiheng.store.engines import DuckEngine, Engine
from zhiheng.store.manifest import StoredFile, Version

if TYPE_CHECKING:
    from zhiheng.store.integrity import Fault

OBJECTS, VERSIONS = "objects", "versions"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way in: its entry, its bytes as Parquet and its rows as an Arrow table."""

    entry: StoredFile
    raw: bytes
    table: Any
    finding: bool = False


class Archive(Protocol):
    """A folder or a database that keeps versions; `zhiheng.store.store.Store` stands on it."""

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        ...

    def observations(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of observations."""
        ...

    def findings(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of findings."""
        ...

    def about(self, item: StoredFile) -> dict[str, Any]:
        """The description kept with a file: names of entities and notes."""
        ...

    def run(self, query: ir.Table) -> Any:
        """Run a query; the Arrow table that comes back has no published types."""
        ...

    def publish(self, incoming: Sequence[Incoming], *, note: str, expect: str | None) -> Version:
        """Add files as one new version: all of them or none."""
        ...

    def verify(self) -> tuple[Fault, ...]:
        """Everything that is not as the manifests say."""
        ...

    def close(self) -> None:
        """Close what is open, in whatever thread."""
        ...


class FolderArchive:
    """Versions in a folder: ``objects/`` holds the data files, ``versions/`` the manifests."""

    def __init__(self, folder: Path, engine: Engine | None = None) -> None:
        self.folder = folder
        self._engine = engine or DuckEngine()
        self._read: dict[str, Version] = {}

    def versions(self) -> list[Version]:
        """All versions, oldest first; a manifest is read once, as it never changes."""
        return [self._manifest(p) for p in manifest.numbers(self.folder / VERSIONS).values()]

    def observations(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of observations."""
        return self._engine.read([self._existing(item) for item in items])

    def findings(self, items: Sequence[StoredFile]) -> ir.Table:
        """The rows of some files of findings."""
        return self._engine.read([self._existing(item) for item in items])

    def about(self, item: StoredFile) -> dict[str, Any]:
        """The description in the footer of a file."""
        kept = pq.read_metadata(self._existing(item)).metadata or {}
        return json.loads(kept.get(b"zhiheng", b"{}"))

    def run(self, query: ir.Table) -> Any:
        """Run a query in the engine of this archive."""
        return self._engine.run(query)

    def publish(self, incoming: Sequence[Incoming], *, note: str, expect: str | None) -> Version:
        """Write the objects, then the manifest; whoever finds the number taken tries the next.

        Nothing of the other writer is lost: the manifest is made again from the newest version.
        """
        with files.lock(self.folder, alone=False):
            for item in incoming:
                manifest.write_object(self.folder / OBJECTS, item.raw)
            while True:
                # The newest manifest alone: an import must not grow slower with the history.
                paths = list(manifest.numbers(self.folder / VERSIONS).values())
                known = [self._manifest(p) for p in paths[-1:]]
                version = follow(known, incoming, note=note, expect=expect)
                if manifest.write_manifest(self.folder / VERSIONS, version):
                    return version

    def verify(self) -> tuple[Fault, ...]:
        """Check every manifest and every object."""
        from zhiheng.store.integrity import verify_folder

        return verify_folder(self)

    def close(self) -> None:
        """A folder holds nothing open."""

    def path(self, item: StoredFile) -> Path:
        """Where the object of a file stands."""
        return self.folder / OBJECTS / f"{item.sha256}.parquet"

    def _manifest(self, path: Path) -> Version:
        # Size and time tell a manifest that a repair put back from the one before.
        stat = path.stat()
        key = f"{path.name}:{stat.st_size}:{stat.st_mtime_ns}"
        if key not in self._read:
            self._read[key] = manifest.decode(path.read_text("utf-8"), path.name)
        return self._read[key]

    def _existing(self, item: StoredFile) -> Path:
        path = self.path(item)
        if not path.is_file():
            raise missing_object(item)
        return path


def follow(
    known: Sequence[Version], incoming: Sequence[Incoming], *, note: str, expect: str | None
) -> Version:
    """The version that comes after the newest one.

    Raises
    ------
    ZhihengError
        S590 the newest version is not the one that the caller built upon.
    """
    head = known[-1] if known else None
    if expect is not None and expect != (head.id if head else ""):
        raise ZhihengError(
            "S590",
            Text("别人先写入了一个版本。", "Somebody else has written a version first."),
            evidence=[{"expected": expect or "-", "newest": head.id if head else "-"}],
            fix=Text(
                "看过差异后在最新版本上重做。",
                "Look at the differences, then redo it on the newest.",
            ),
        )
    return manifest.next_version(
        head,
        add=[i.entry for i in incoming if not i.finding],
        findings=[i.entry for i in incoming if i.finding],
        note=note,
        created=now(),
    )


def now() -> str:
    """The present in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def missing_object(item: StoredFile) -> ZhihengError:
    """The error of a version whose data file is gone."""
    return ZhihengError(
        "S591",
        Text("版本里的一个数据文件不在了。", "A data file of the version is gone."),
        evidence=[{"object": item.sha256[:12], "origin": item.origin, "rows": item.rows}],
        fix=Text(
            "运行 zhiheng data verify，再用 zhiheng data repair 从副本恢复。",
            "Run zhiheng data verify, then restore it from a copy with zhiheng data repair.",
        ),
    )
