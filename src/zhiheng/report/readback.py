"""Read the finished page back: every run of digits must lie where it can be traced.

A number of a finding is a button with a ledger address (class ``n``); a year,
caption number or other label is tagged (class ``q``); figures name their
result table; equations and references are what they are. Anything else is a
number that nobody can trace, and the page must not be written.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_UNSEEN = frozenset({"script", "style", "template", "title"})
_TRACED = frozenset({"n", "q"})
_AROUND = 24  # characters of context


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append((tag, self._inside() or _allowed(tag, dict(attrs))))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # an element closed in its own tag, as in SVG and MathML, holds no text

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._inside():
            self.found += [_context(data, m) for m in re.finditer(r"\d+(?:[.,]\d+)*", data)]

    def _inside(self) -> bool:
        return bool(self.open) and self.open[-1][1]


def _allowed(tag: str, attrs: dict[str, str | None]) -> bool:
    if tag in _UNSEEN or tag == "math":
        return True
    if tag == "figure":
        return bool(attrs.get("data-ledger"))
    classes = set((attrs.get("class") or "").split())
    if tag == "button" and "n" in classes:
        return bool(attrs.get("data-n"))
    return bool(classes & _TRACED) or "data-references" in attrs


def _context(data: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    return " ".join(data[start:end].split())


def untagged_html(html: str) -> list[str]:
    """Every run of digits of the visible text that cannot be traced, with some context.

    Parameters
    ----------
    html : str
        The finished page.

    Returns
    -------
    list of str
        Empty when rule 8 holds.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def refuse_orphans(html: str) -> None:
    """Raise R803 when the page holds a number without an address."""
    found = untagged_html(html)
    if found:
        raise ZhihengError(
            "R803",
            Text(
                "网页里有 {n} 个无出处的数字。", "The page holds {n} numbers without a source."
            ).format(n=len(found)),
            evidence=[{"text": f"…{context}…"} for context in found],
            fix=Text(
                "改为台账引用，或标为标签。", "Cite them from the ledger, or tag them as labels."
            ),
            exit_code=3,
        )
