"""Mend a store and clear it of leftovers: every step is listed, and none is taken unasked."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.store import files, manifest
from zhiheng.store.archive import OBJECTS, VERSIONS, FolderArchive
from zhiheng.store.integrity import Fault, check_object, objects_in, verify_folder
from zhiheng.store.manifest import StoredFile, Version

DROPPED = "dropped"
"""Where versions that cannot be mended are put; nothing in there is read or deleted."""

YOUNG = 24 * 3600.0
"""Seconds that a leftover is spared where the system has no locks: an import may be running."""

Deed = Literal["restore", "set_aside", "delete"]
WORDS: dict[str, Text] = {
    "restore": Text("从副本恢复", "restored from the copy"),
    "set_aside": Text("移到 dropped/", "moved to dropped/"),
    "delete": Text("删除残留", "leftover deleted"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One step that was taken, or would be in a dry run."""

    deed: Deed
    path: Path
    size: int

    @property
    def text(self) -> Text:
        """The step in words."""
        return WORDS[self.deed]


def repair(
    archive: FolderArchive, *, copy: Path | None = None, drop: bool = False, dry: bool = False
) -> tuple[Action, ...]:
    """Mend a store from another copy of it, or step back to the last sound version.

    What the copy has whole is taken from it, after its hash was checked. Versions that
    stay broken are put aside only when `drop` says so, together with all that build on them.

    Parameters
    ----------
    copy : Path, optional
        Folder of another copy of this store.
    drop : bool
        Put versions aside from the first broken one on.
    dry : bool
        Only say what would be done.

    Raises
    ------
    ZhihengError
        S596 something stays broken and `drop` was not given; nothing was changed.
    """
    with files.lock(archive.folder, alone=True):
        faults = verify_folder(archive)
        if not faults:
            return ()
        found = _from_copy(archive, copy, faults) if copy else {}
        first = _first_broken(archive, faults, found)
        if first and not drop:
            raise _beyond_repair(faults, found)
        actions = [Action("restore", t, s.stat().st_size) for t, s in found.items()]
        late = [p for n, p in _numbers(archive).items() if first and n >= first]
        actions += [Action("set_aside", p, p.stat().st_size if p.exists() else 0) for p in late]
        if not dry:
            for target, source in found.items():
                if target not in late:
                    files.write_whole(target, source.read_bytes())
            for path in late:
                _set_aside(archive.folder, path)
        return tuple(a for a in actions if not (a.deed == "restore" and a.path in late))


def sweep(archive: FolderArchive, *, dry: bool = True) -> tuple[Action, ...]:
    """Delete what no version names: objects and parts of interrupted imports.

    It waits until no import is running. A dry run, the default, only lists. A store with a
    broken manifest is not swept, since the manifest may name what looks like a leftover.

    Raises
    ------
    ZhihengError
        S601 a manifest cannot be read.
    """
    with files.lock(archive.folder, alone=True):
        known = manifest.versions(archive.folder / VERSIONS)
        named = {f.sha256 for v in known for f in (*v.files, *v.findings)}
        paths = [p for sha, p in objects_in(archive.folder).items() if sha not in named]
        for name in (OBJECTS, VERSIONS):
            paths += sorted((archive.folder / name).glob(f".*{files.PART}"))
        if not files.locking():
            paths = [p for p in paths if time.time() - p.stat().st_mtime > YOUNG]
        actions = tuple(Action("delete", p, p.stat().st_size) for p in paths)
        if not dry:
            for action in actions:
                action.path.unlink(missing_ok=True)
        return actions


def _numbers(archive: FolderArchive) -> dict[int, Path]:
    return manifest.numbers(archive.folder / VERSIONS)


def _from_copy(archive: FolderArchive, copy: Path, faults: Sequence[Fault]) -> dict[Path, Path]:
    """Where in the copy each broken file stands whole."""
    other = FolderArchive(copy)
    found: dict[Path, Path] = {}
    theirs = _readable(manifest.numbers(copy / VERSIONS))
    ours = _readable(_numbers(archive))
    items = {f.sha256: f for v in (*theirs, *ours) for f in (*v.files, *v.findings)}
    if any(f.kind in ("manifest", "number", "chain") for f in faults):
        kept = {v.hash for v in ours}
        for version in theirs:
            path = manifest.numbers(copy / VERSIONS)[version.number]
            if version.hash not in kept and _fits(version, ours):
                found[archive.folder / VERSIONS / path.name] = path
                found |= _objects_of(version, archive, other)
    for fault in faults:
        item = items.get(fault.name)
        if item is not None and check_object(other.path(item), item) is None:
            found[archive.path(item)] = other.path(item)
    return found


def _objects_of(version: Version, archive: FolderArchive, other: FolderArchive) -> dict[Path, Path]:
    """Objects that a restored manifest names and that we lack."""
    items: Sequence[StoredFile] = (*version.files, *version.findings)
    lacking = [i for i in items if check_object(archive.path(i), i) is not None]
    return {
        archive.path(i): other.path(i) for i in lacking if check_object(other.path(i), i) is None
    }


def _fits(version: Version, ours: Sequence[Version]) -> bool:
    """Whether a manifest of the copy belongs into our chain.

    Its number must be free or broken with us, and our neighbours must agree with it: a
    copy that went its own way must not be mixed in.
    """
    by_number = {v.number: v for v in ours}
    if version.number in by_number:
        return False
    before, after = by_number.get(version.number - 1), by_number.get(version.number + 1)
    return (before is None or version.parent_hash == before.hash) and (
        after is None or after.parent_hash == version.hash
    )


def _readable(paths: dict[int, Path]) -> list[Version]:
    found: list[Version] = []
    for path in paths.values():
        try:
            found.append(manifest.decode(path.read_text("utf-8"), path.name))
        except (ZhihengError, UnicodeDecodeError):
            continue
    return found


def _first_broken(archive: FolderArchive, faults: Sequence[Fault], found: dict[Path, Path]) -> int:
    """The first version that is still broken when all that was found is put back; 0 if none."""
    paths = _numbers(archive)
    paths |= {int(t.name[:6]): s for t, s in found.items() if t.suffix == ".json"}
    expected, before = 1, None
    lost = {f.name for f in faults if archive.folder / OBJECTS / f"{f.name}.parquet" not in found}
    for number in sorted(paths):
        try:
            version = manifest.decode(paths[number].read_text("utf-8"), "")
        except (ZhihengError, UnicodeDecodeError):
            return number
        linked = before is None or (
            version.parent == before.id and version.parent_hash in ("", before.hash)
        )
        broken = lost & {f.sha256 for f in (*version.files, *version.findings)}
        if number != expected or not linked or broken:
            return number
        expected, before = number + 1, version
    return 0


def _set_aside(folder: Path, path: Path) -> None:
    target = folder / DROPPED / f"{time.time_ns()}-{path.name}"
    target.parent.mkdir(exist_ok=True)
    shutil.move(path, target)


def _beyond_repair(faults: Sequence[Fault], found: dict[Path, Path]) -> ZhihengError:
    names = {p.stem for p in found} | {p.name for p in found}
    left = [f for f in faults if f.name not in names]
    return ZhihengError(
        "S596",
        Text("有损坏的版本无法恢复；什么也没有改。", "Some versions stay broken; nothing changed."),
        evidence=[{"what": f.text, "name": f.name[:20], "version": f.version} for f in left],
        fix=Text(
            "用 --copy 指出另一份副本；或用 --drop 退回最后一个完好的版本，后面的移到 dropped/。",
            "Name another copy with --copy, or step back to the last sound version with --drop.",
        ),
    )
