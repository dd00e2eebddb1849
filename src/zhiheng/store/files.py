"""Bytes on disk: whole or not at all, and never two under one name."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Generator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows: there `sweep` spares what is younger than a day
    fcntl = None

PART = ".part"
"""What a file is called while it is being written."""


def hash_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    h = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(1 << 20):
            h.update(piece)
    return h.hexdigest()


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, flush to disk, then rename: the name appears with all its bytes."""
    part = _write_part(target, data)
    part.replace(target)
    _flush_folder(target.parent)


def write_first(target: Path, data: bytes) -> bool:
    """Write a file that must not exist yet; False when another writer was first.

    A hard link either makes the name, with all bytes behind it, or fails because the name
    is taken. So of two writers exactly one gets the number, and a kill at any moment
    leaves the name whole or absent.
    """
    part = _write_part(target, data)
    try:
        os.link(part, target)
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    _flush_folder(target.parent)
    return True


def locking() -> bool:
    """Whether this system can hold a lock that a kill releases."""
    return fcntl is not None


@contextlib.contextmanager
def lock(folder: Path, *, alone: bool) -> Generator[None]:
    """Hold the lock of a store: importers share it, whoever deletes holds it alone.

    The system releases it when the process ends, killed or not, so it can never be stale.
    """
    if fcntl is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _write_part(target: Path, data: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
    with part.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    return part


def _flush_folder(folder: Path) -> None:
    """Make the name itself durable; a system that cannot open a folder needs no such step."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
