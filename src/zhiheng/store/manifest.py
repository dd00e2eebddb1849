"""Versions: a version is a list of content-hashed files, and its manifest is written last."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One immutable Parquet file of observations."""

    sha256: str
    rows: int
    origin: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the store: the files that make it up, and the one before it."""

    number: int
    files: tuple[StoredFile, ...]
    parent: str
    note: str

    @property
    def id(self) -> str:
        """Number and content hash: equal content, equal id."""
        content = json.dumps([[f.sha256 for f in self.files], self.parent])
        return f"{self.number:06d}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def write_object(folder: Path, data: bytes) -> str:
    """Put bytes into the object folder under their hash; an equal file is left as it is."""
    sha = hashlib.sha256(data).hexdigest()
    target = folder / f"{sha}.parquet"
    if not target.exists():
        _write_and_rename(target, data)
    return sha


def write_manifest(folder: Path, version: Version) -> None:
    """Publish a version; the rename is the one moment at which it comes to exist."""
    text = json.dumps(asdict(version), ensure_ascii=False, indent=1)
    _write_and_rename(folder / f"{version.id}.json", text.encode())


def versions(folder: Path) -> list[Version]:
    """All published versions, oldest first; half-written files are not among them."""
    found: list[Version] = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        files = tuple(StoredFile(**f) for f in document["files"])
        found.append(Version(document["number"], files, document["parent"], document["note"]))
    return found


def pick(known: Sequence[Version], wanted: str) -> Version:
    """The version of this id or number; the newest when `wanted` is empty.

    Raises
    ------
    ZhihengError
        S510 the store is empty, S511 no such version.
    """
    if not known:
        raise ZhihengError(
            "S510",
            Text("数据库里还没有数据。", "The store holds no data yet."),
            fix=Text("先导入一个文件。", "Import a file first."),
        )
    if not wanted:
        return known[-1]
    for version in known:
        if wanted in (version.id, str(version.number)):
            return version
    raise unknown_name("S511", wanted, [v.id for v in known], kind=Text("版本", "version"))


def _write_and_rename(target: Path, data: bytes) -> None:
    """Write beside the target, flush to disk, then rename: the name appears with all its bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with part.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
