"""HTML pages that are named .xls: old web portals export them so."""

from __future__ import annotations

from html.parser import HTMLParser

from zhiheng.sources.encoding import decode
from zhiheng.sources.sheet import Cell, Range, Sheet, refuse_cells, refuse_columns, unreadable

MOST_SPAN = 1000


class _Tables(HTMLParser):
    """Collects the cells of every table; a nested table is text of its cell."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.file = name
        self.tables: list[tuple[list[list[Cell]], list[Range]]] = []
        self.depth = 0
        self.cells = 0
        self.text: list[str] | None = None
        self.span = (1, 1)
        self.taken: set[tuple[int, int]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append(([], []))
                self.taken = set()
        elif self.depth == 1 and tag == "tr":
            self._close()
            self.tables[-1][0].append([])
        elif self.depth == 1 and tag in ("td", "th"):
            self._close()
            given = dict(attrs)
            self.span = (_span(given.get("rowspan")), _span(given.get("colspan")))
            self.text = []

    def handle_endtag(self, tag: str) -> None:
        """Close a cell or a table."""
        if tag in ("td", "th", "tr") and self.depth == 1:
            self._close()
        elif tag == "table" and self.depth:
            self._close()
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        """Collect text of the open cell."""
        if self.text is not None:
            self.text.append(data)

    def _close(self) -> None:
        if self.text is None:
            return
        word = " ".join("".join(self.text).split())
        self.text = None
        rows, merged = self.tables[-1]
        if not rows:
            rows.append([])
        r, row = len(rows) - 1, rows[-1]
        while (r, len(row)) in self.taken:
            row.append(None)
        c, (high, wide) = len(row), self.span
        self.cells += high * wide
        refuse_cells(self.cells, self.file, "html")
        refuse_columns(c + wide, self.file, f"table {len(self.tables)}!A{r + 1}")
        row += [word or None, *([None] * (wide - 1))]
        if high * wide > 1:
            merged.append((r, c, r + high - 1, c + wide - 1))
            self.taken |= {(r + i, c + j) for i in range(1, high) for j in range(wide)}


def html_tables(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """The tables of an HTML page, one sheet each; addresses count from each table's first row.

    Raises
    ------
    ZhihengError
        S501 no text, S520 too large, S521 a page without a table.
    """
    reader = _Tables(name)
    reader.feed(decode(raw, name))
    reader.close()
    found = [(rows, merged) for rows, merged in reader.tables if any(any(r) for r in rows)]
    if not found:
        raise unreadable(name, "an HTML page without a table")
    return tuple(
        Sheet(f"table {i + 1}", rows, tuple(merged)) for i, (rows, merged) in enumerate(found)
    )


def _span(word: str | None) -> int:
    number = int(word) if word and word.isascii() and word.isdigit() and len(word) < 6 else 1
    return min(max(number, 1), MOST_SPAN)
