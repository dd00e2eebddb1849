"""Is the store what it says it is: hashes against names, manifests against their chain, rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store import files, manifest, schema
from zhiheng.store.archive import OBJECTS, VERSIONS, FolderArchive
from zhiheng.store.manifest import StoredFile, Version

Kind = Literal["missing", "hash", "rows", "content", "unreadable", "manifest", "chain", "number"]
WORDS: dict[str, Text] = {
    "missing": Text("数据文件不在", "the data file is gone"),
    "hash": Text("字节与名称里的散列不符", "the bytes do not match the hash in the name"),
    "rows": Text("行数与清单不符", "the number of rows is not that of the manifest"),
    "content": Text("内容与清单不符", "the rows are not those of the manifest"),
    "unreadable": Text("数据文件读不出", "the data file cannot be read"),
    "manifest": Text("清单损坏或被改动", "the manifest is damaged or was altered"),
    "chain": Text("与上一版本的链断了", "the chain to the version before is broken"),
    "number": Text("版本号不连续", "the numbers of versions have a gap"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be.

    `name` is an object hash or the name of a manifest; `version` is the first version that
    suffers from it (0 where it cannot be told).
    """

    kind: Kind
    name: str
    version: int

    @property
    def text(self) -> Text:
        """What is wrong, in words."""
        return WORDS[self.kind]


def verify_folder(archive: FolderArchive) -> tuple[Fault, ...]:
    """Check every manifest and every object of a folder; nothing is changed.

    Leftovers of interrupted imports are no fault: no version names them, and `sweep`
    lists them.
    """
    faults: list[Fault] = []
    sound: list[Version] = []
    for number, path in manifest.numbers(archive.folder / VERSIONS).items():
        try:
            sound.append(manifest.decode(path.read_text("utf-8"), path.name))
        except (ZhihengError, UnicodeDecodeError):
            faults.append(Fault("manifest", path.name, number))
    faults += chain_faults(sound)
    faults += _object_faults(sound, lambda item: check_object(archive.path(item), item))
    return tuple(faults)


def chain_faults(versions: Sequence[Version]) -> Iterator[Fault]:
    """Gaps in the numbers, and parents that are not what their child remembers."""
    before: Version | None = None
    for version in versions:
        name = f"{version.number:06d}.json"
        if version.number != (before.number if before else 0) + 1:
            yield Fault("number", name, version.number)
        elif before and (
            version.parent != before.id or version.parent_hash not in ("", before.hash)
        ):
            yield Fault("chain", name, version.number)
        before = version


def check_object(path: Path, item: StoredFile) -> Kind | None:
    """What is wrong with the object of a file, if anything."""
    if not path.is_file():
        return "missing"
    raw = path.read_bytes()
    if files.hash_of(path) != item.sha256:
        return "hash"
    try:
        table = pq.read_table(io.BytesIO(raw))
    except (pa.ArrowException, OSError):
        return "unreadable"
    return check_rows(table, item)


def check_rows(table: Any, item: StoredFile) -> Kind | None:
    """What is wrong with the rows of a file, wherever they were kept."""
    if len(table) != item.rows:
        return "rows"
    if item.content and schema.content_hash(table) != item.content:
        return "content"
    return None


def verify_rows(
    versions: Sequence[Version], read: Callable[[StoredFile, bool], Any]
) -> tuple[Fault, ...]:
    """Check a store without files: the chain, and the hash of the rows of each file.

    Parameters
    ----------
    read : callable (file, is it of findings) to Arrow table
    """
    findings = {f.sha256 for v in versions for f in v.findings}

    def check(item: StoredFile) -> Kind | None:
        return check_rows(read(item, item.sha256 in findings), item)

    return (*chain_faults(versions), *_object_faults(versions, check))


def _object_faults(
    versions: Iterable[Version], check: Callable[[StoredFile], Kind | None]
) -> Iterator[Fault]:
    seen: set[str] = set()
    for version in versions:
        for item in (*version.files, *version.findings):
            if item.sha256 in seen:
                continue
            seen.add(item.sha256)
            kind = check(item)
            if kind:
                yield Fault(kind, item.sha256, version.number)


def objects_in(folder: Path) -> dict[str, Path]:
    """The objects of a store by hash, whether a version names them or not."""
    return {p.stem: p for p in sorted((folder / OBJECTS).glob("*.parquet")) if p.name[0] != "."}
