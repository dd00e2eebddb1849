"""Finished steps on disk, so that a second run costs nothing."""

from __future__ import annotations

import os
from pathlib import Path

from zhiheng.core.result import Result
from zhiheng.core.wire import dumps, loads


class NoCache:
    """Keeps nothing."""

    def get(self, key: str) -> Result | None:
        """Nothing is ever found."""
        del key

    def put(self, key: str, result: Result) -> None:
        """Nothing is kept."""
        del key, result


class Cache:
    """Results by the hash of method, options, input and code.

    A file that cannot be read counts as absent: the step runs again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Result | None:
        """The kept result, or None."""
        path = self.folder / f"{key}.json"
        try:
            return loads(path.read_text("utf-8"))
        except (OSError, ValueError, KeyError):
            return None

    def put(self, key: str, result: Result) -> None:
        """Keep a result; the file appears whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{key}.{os.getpid()}.part"
        part.write_text(dumps(result), "utf-8")
        part.replace(self.folder / f"{key}.json")


def default_cache() -> Cache:
    """The cache below ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Cache(Path(home) / "zhiheng" / "steps")
