"""``plan.lock``: what exactly was run, so that anybody can tell whether it was the same."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from importlib import metadata

import zhiheng
from zhiheng.report.ledger_file import identity
from zhiheng.study.run_types import StudyRun

NUMERIC = ("numpy", "scipy", "pandas", "pint")
"""Packages whose version can move a number; they are pinned in the lock and in the pack."""

Value = str | int


def plan_lock(run: StudyRun, files: Mapping[str, bytes]) -> bytes:
    """The lock of a run as TOML text.

    Parameters
    ----------
    run : StudyRun
    files : mapping of file name to bytes
        The other files of the report; their hashes are listed, so that a file
        changed by hand shows.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    tables: dict[str, Mapping[str, Value]] = {
        "identity": {"study": run.plan.id, "seed": run.plan.seed, **identity(run)},
        "python": {"version": platform.python_version(), "zhiheng": _own_version()},
        "packages": numeric_versions(),
        "files": hashes,
    }
    body = "\n".join(_table(name, values) for name, values in tables.items())
    return f"{body}\n[plan]\ntext = {_literal(run.plan.source_text)}\n".encode()


def numeric_versions() -> dict[str, str]:
    """The installed versions of the numeric packages."""
    return {name: metadata.version(name) for name in NUMERIC}


def _own_version() -> str:
    try:
        return metadata.version(zhiheng.__name__)
    except metadata.PackageNotFoundError:
        return "uninstalled"


def _table(name: str, values: Mapping[str, Value]) -> str:
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Value) -> str:
    """A TOML value; JSON text is also a TOML basic string."""
    return json.dumps(value, ensure_ascii=False)


def _literal(text: str) -> str:
    """Several lines as they stand where TOML allows it, else as a basic string."""
    plain = "'''" not in text and not text.endswith("'") and "\r" not in text
    return f"'''\n{text}'''" if plain else _value(text)
