"""The code version of a run: the hash of the package's own files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import zhiheng


@cache
def code_version() -> str:
    """Hash of every source and catalog file of the package, 16 hexadecimal digits."""
    root = Path(zhiheng.__path__[0])
    h = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            h.update(path.relative_to(root).as_posix().encode())
            h.update(path.read_bytes())
    return h.hexdigest()[:16]
