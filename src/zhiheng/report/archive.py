"""A Word file that is the same bytes for the same content."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of our archives: the earliest that a zip can hold."""
CREATED = dt.datetime(2000, 1, 1)
"""The fixed date of our documents; the real one would make equal reports differ."""


def set_properties(document: Any, title: str) -> None:
    """Fixed core properties in place of the clock and of python-docx's own."""
    properties = document.core_properties
    properties.title = title
    properties.author = "Zhiheng"
    properties.last_modified_by = "Zhiheng"
    properties.comments = properties.subject = properties.keywords = properties.category = ""
    properties.created = properties.modified = CREATED
    properties.revision = 1


def to_bytes(document: Any) -> bytes:
    """The document as a file with fixed member dates."""
    raw = io.BytesIO()
    document.save(raw)
    return repack(raw.getvalue())


def repack(archive: bytes) -> bytes:
    """The same archive with fixed dates, attributes and compression."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        return pack({name: old.read(name) for name in old.namelist()})


def pack(members: dict[str, bytes]) -> bytes:
    """A zip archive of named members in the given order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            new.writestr(info, content, compresslevel=6)
    return out.getvalue()
