"""The one exception type, and constructors for the errors that recur."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from zhiheng.core.text import Lang, Text

ExitCode = Literal[1, 2, 3]
Row = Mapping[str, object]

VERBATIM = "text"
"""The key of an evidence row that is printed as it stands, such as a caret line."""

MOST_ROWS = 8
"""How many offending rows a printed message shows; the object carries all of them."""


class ZhihengError(Exception):
    """What happened, the rows that show it, and the way out.

    The same object is a Python exception, a command-line message and an HTTP
    problem document, so that a user meets one wording everywhere.

    Parameters
    ----------
    code : str
        A letter and three digits, documented in ``docs/reference/errors.md``.
    what : Text
        The fact, in one sentence.
    fix : Text
        What the user can do about it.
    evidence : sequence of mappings
        The offending rows, with ``cell`` (sheet!cell) where they came from a sheet.
    exit_code : {1, 2, 3}
        1 a finding blocks a claim, 2 bad input, 3 our own fault.
    """

    def __init__(
        self,
        code: str,
        what: Text,
        *,
        fix: Text,
        evidence: Sequence[Row] = (),
        exit_code: ExitCode = 2,
    ) -> None:
        super().__init__(code, what, fix)
        self.code = code
        self.what = what
        self.fix = fix
        self.evidence: tuple[Row, ...] = tuple(dict(row) for row in evidence)
        self.exit_code: ExitCode = exit_code

    def message(self, lang: Lang) -> str:
        """The message in one language: fact, rows, fix."""
        label = {"zh": "处理", "en": "Fix"}[lang]
        rows = [f"  {line}" for line in _lines(self.evidence, lang)]
        return "\n".join([f"[{self.code}] {self.what[lang]}", *rows, f"{label}: {self.fix[lang]}"])

    def __str__(self) -> str:
        return f"{self.message('zh')}\n{self.message('en')}"

    def problem(self) -> dict[str, object]:
        """The error as a problem document (RFC 9457)."""
        return {
            "type": f"https://zhiheng.invalid/errors/{self.code}",
            "title": self.code,
            "status": {1: 409, 2: 422, 3: 500}[self.exit_code],
            "detail": {"zh": self.what.zh, "en": self.what.en},
            "fix": {"zh": self.fix.zh, "en": self.fix.en},
            "evidence": [dict(row) for row in self.evidence],
        }


def _lines(rows: Sequence[Row], lang: Lang) -> list[str]:
    lines = [_line(row, lang) for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        rest = len(rows) - MOST_ROWS
        lines.append({"zh": f"…… 另有 {rest} 行", "en": f"... and {rest} more"}[lang])
    return lines


def _line(row: Row, lang: Lang) -> str:
    if VERBATIM in row:
        return str(row[VERBATIM])
    return "  ".join(f"{k}={v[lang] if isinstance(v, Text) else v}" for k, v in row.items())


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known names that look most like `name`, best first."""
    return difflib.get_close_matches(name, list(known), n=most, cutoff=0.4)


def unknown_name(
    code: str, name: str, known: Iterable[str], *, kind: Text, evidence: Sequence[Row] = ()
) -> ZhihengError:
    """A name that is not in a list of known ones, with the nearest of them."""
    names = list(known)
    near = nearest(name, names) or sorted(names)[:3]
    return ZhihengError(
        code,
        Text("未知的{kind}“{name}”。", 'Unknown {kind} "{name}".').format(kind=kind, name=name),
        evidence=evidence,
        fix=Text(
            "改用已知名称，最接近的有：{near}。", "Use a known name; the nearest are: {near}."
        ).format(near=", ".join(near)),
    )
