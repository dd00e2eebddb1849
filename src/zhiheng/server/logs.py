"""Structured logs: one JSON object a line, and no secret in any of them."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

NAME = "zhiheng.server"
SECRETS = (
    (re.compile(r"zh_[A-Za-z0-9]+_[A-Za-z0-9_\-]+"), "zh_…"),
    (re.compile(r"eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), "jwt…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (re.compile(r"\$argon2[^\s\"']+"), "$argon2…"),
    (re.compile(r"(?i)(postgres(?:ql)?://[^:/@\s]+):[^@\s]+@"), r"\1:…@"),
    (re.compile(r"(?i)(password['\"]?\s*[=:]\s*['\"]?)[^\s'\",}]+"), r"\1…"),
)
"""What looks like a secret, and what stands for it; the last line of defence, as the code
never logs headers, bodies or query strings."""


def logger() -> logging.Logger:
    """The logger of the server."""
    return logging.getLogger(NAME)


def redact(text: str) -> str:
    """A text without what looks like a key, a token or a password."""
    for pattern, stand_in in SECRETS:
        text = pattern.sub(stand_in, text)
    return text


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, logger, event, and the fields given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        row: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **fields,
        }
        if record.exc_info and record.exc_info[1] is not None:
            row["error"] = "".join(traceback.format_exception(record.exc_info[1]))
        return redact(json.dumps(row, ensure_ascii=False, default=str))


def to_stream(stream: TextIO, level: int = logging.INFO) -> logging.Handler:
    """Send the logs of the server, and those of uvicorn, to a stream as JSON lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name in (NAME, "uvicorn", "uvicorn.error"):
        target = logging.getLogger(name)
        target.handlers = [handler] if name != "uvicorn.error" else []
        target.setLevel(level)
        target.propagate = name == "uvicorn.error"
    return handler
