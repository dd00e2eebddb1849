"""Whether an option may name a file of this machine: yes for its owner, never for a guest."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_CLOSED: ContextVar[bool] = ContextVar("zhiheng_local_files_closed", default=False)


def local_file(name: str, *, suffix: str = "") -> Path | None:
    """The file that an option names, or None when there is none or none may be read.

    Every option that takes "a catalog name or a file" asks here, so that a method which is
    run for somebody else (over HTTP) cannot read the disk of the server.

    Parameters
    ----------
    name : str
    suffix : str
        Such as ``.toml``, where only such files count.
    """
    if _CLOSED.get():
        return None
    path = Path(name)
    try:
        fits = (not suffix or path.suffix == suffix) and path.is_file()
    except (OSError, ValueError):
        return None  # too long for a name, or with a character that no name has
    return path if fits else None


@contextmanager
def no_local_files() -> Generator[None]:
    """Within, options cannot name files; it holds for the thread or task that enters it."""
    token = _CLOSED.set(True)
    try:
        yield
    finally:
        _CLOSED.reset(token)
