"""Versions: a version is a list of content-hashed files, and its manifest is written last."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Frequency
from zhiheng.core.text import Text
from zhiheng.store import files

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2})?Z?)?)?")
FORMAT = 2
"""The form of manifests that this version writes; later ones are refused, never guessed at."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One immutable file, with what a reader must know before opening it.

    Attributes
    ----------
    sha256 : str
        Hash of the Parquet bytes, which is the name of the object.
    content : str
        Hash of the rows, the same in every engine.
    level, frequency : str
        Of all its observations; a file never mixes two.
    series, sources, vintages : tuple of str
        What stands in it, so that a query opens only what it needs.
    licence, steward : str
        On what terms the figures came, and who answers for them.
    notes : tuple of {"zh", "en"}
        Rules that the parser applied.
    labels : bool
        Whether it names entities that the catalog does not know.
    """

    sha256: str
    rows: int
    origin: str
    content: str = ""
    level: str | None = None
    frequency: Frequency = "A"
    series: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    vintages: tuple[str, ...] = ()
    licence: str = ""
    steward: str = ""
    notes: tuple[Mapping[str, str], ...] = ()
    labels: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the store: the files that make it up, and the one before it.

    `findings` are judgements on its cells; they never touch a value. `parent_hash` is the
    hash of the whole manifest before, so that no old one can be altered unnoticed.
    `created` is UTC and no part of the id: equal content, equal id.
    """

    number: int
    files: tuple[StoredFile, ...]
    parent: str
    note: str
    findings: tuple[StoredFile, ...] = ()
    created: str = ""
    parent_hash: str = ""

    @property
    def id(self) -> str:
        """Number and content hash: equal content, equal id."""
        parts: list[Any] = [[f.sha256 for f in self.files], self.parent]
        if self.findings:
            parts.append([f.sha256 for f in self.findings])
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return f"{self.number:06d}-{digest[:12]}"

    @property
    def hash(self) -> str:
        """Hash of the whole manifest, notes and dates included."""
        return hashlib.sha256(_body(self).encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Number of observations."""
        return sum(f.rows for f in self.files)


def encode(version: Version) -> str:
    """The manifest as text, sealed with its own hash."""
    document = {**json.loads(_body(version)), "format": FORMAT, "seal": version.hash}
    return json.dumps(document, ensure_ascii=False, indent=1)


def decode(text: str, where: str) -> Version:
    """Read a manifest.

    Raises
    ------
    ZhihengError
        S601 it cannot be read or its seal is broken, S603 a later form.
    """
    try:
        document = json.loads(text)
        form = int(document.get("format", 1))
    except (ValueError, AttributeError, TypeError) as error:
        raise broken(where, repr(error)) from error
    if form > FORMAT:
        raise ZhihengError(
            "S603",
            Text("数据库由更新的版本写成。", "The store was written by a later version."),
            evidence=[{"manifest": where, "format": form, "known": FORMAT}],
            fix=Text("升级 zhiheng 后再读。", "Upgrade zhiheng, then read it."),
        )
    try:
        version = Version(
            number=document["number"],
            files=tuple(_file(f) for f in document["files"]),
            parent=document["parent"],
            note=document["note"],
            findings=tuple(_file(f) for f in document.get("findings", ())),
            created=document.get("created", ""),
            parent_hash=document.get("parent_hash", ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise broken(where, repr(error)) from error
    if document.get("seal", version.hash) != version.hash:
        raise broken(where, "seal")
    return version


def broken(where: str, detail: str) -> ZhihengError:
    """The error of a manifest that cannot be trusted."""
    return ZhihengError(
        "S601",
        Text("版本清单损坏或被改动。", "A manifest is damaged or was altered."),
        evidence=[{"manifest": where, "error": detail}],
        fix=Text(
            "运行 zhiheng data verify，再用 zhiheng data repair 从副本恢复。",
            "Run zhiheng data verify, then restore it from a copy with zhiheng data repair.",
        ),
    )


def next_version(
    before: Version | None,
    *,
    add: Sequence[StoredFile] = (),
    findings: Sequence[StoredFile] = (),
    note: str,
    created: str,
) -> Version:
    """The version that follows `before` when files are added to it."""
    old = before or Version(0, (), "", "")
    return Version(
        number=old.number + 1,
        files=_distinct((*old.files, *add)),
        parent=before.id if before else "",
        note=note,
        findings=_distinct((*old.findings, *findings)),
        created=created,
        parent_hash=before.hash if before else "",
    )


def write_object(folder: Path, data: bytes) -> str:
    """Put bytes into the object folder under their hash; an equal file is left as it is."""
    sha = hashlib.sha256(data).hexdigest()
    target = folder / f"{sha}.parquet"
    if not target.exists():
        files.write_whole(target, data)
    return sha


def write_manifest(folder: Path, version: Version) -> bool:
    """Publish a version; False when another writer has taken the number.

    The name holds only the number, so that two writers cannot both have it. Its
    appearance is the one moment at which the version comes to exist.
    """
    return files.write_first(folder / f"{version.number:06d}.json", encode(version).encode())


def numbers(folder: Path) -> dict[int, Path]:
    """Published manifests by number; half-written files are not among them."""
    found = {int(p.name[:6]): p for p in folder.glob("*.json") if p.name[:6].isdigit()}
    return dict(sorted(found.items()))


def versions(folder: Path) -> list[Version]:
    """All published versions, oldest first; half-written files are not among them."""
    return [decode(p.read_text("utf-8"), p.name) for p in numbers(folder).values()]


def pick(known: Sequence[Version], wanted: str) -> Version:
    """The version of an id, a number or a date; the newest when `wanted` is empty.

    Parameters
    ----------
    wanted : str
        ``000003-5f0c…``, ``3``, ``2026-11-26``, ``2026-11`` or ``2026-11-26T10:30`` (UTC);
        a date means the last version that existed at its end.

    Raises
    ------
    ZhihengError
        S510 the store is empty, S511 no such version, S602 none is so old.
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
        if wanted in (version.id, str(version.number), f"{version.number:06d}"):
            return version
    if _DATE.fullmatch(wanted):
        return _as_of(known, wanted.replace(" ", "T").removesuffix("Z"))
    raise unknown_name("S511", wanted, [v.id for v in known], kind=Text("版本", "version"))


def _as_of(known: Sequence[Version], date: str) -> Version:
    # "2026-11" <= every instant of that month, and "~" sorts after digits, "-", "T" and ":".
    held = [v for v in known if v.created and v.created <= date + "~"]
    if held:
        return held[-1]
    raise ZhihengError(
        "S602",
        Text("{d} 时库里还没有版本。", "The store had no version at {d}.").format(d=date),
        evidence=[{"first": known[0].id, "created": known[0].created or "?"}],
        fix=Text("用更晚的日期或版本号。", "Use a later date, or the id of a version."),
    )


def _distinct(items: Sequence[StoredFile]) -> tuple[StoredFile, ...]:
    found: dict[str, StoredFile] = {}
    for item in items:
        found.setdefault(item.sha256, item)
    return tuple(found.values())


def _body(version: Version) -> str:
    return json.dumps(asdict(version), ensure_ascii=False, sort_keys=True)


def _file(entry: Mapping[str, Any]) -> StoredFile:
    known = {f.name for f in fields(StoredFile)}
    made = StoredFile(**{k: v for k, v in entry.items() if k in known})
    listed = {k: tuple(getattr(made, k)) for k in ("series", "sources", "vintages", "notes")}
    return replace(made, **listed)
