"""Text tables of any make: encoding, delimiter, quoting."""

from __future__ import annotations

import csv
import io
import re

from zhiheng.sources.encoding import decode
from zhiheng.sources.sheet import Cell, Sheet, refuse_cells, refuse_columns, unreadable

DELIMITERS = (",", "\t", ";", "|")
_PLAIN = re.compile(r"\s*-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?\s*")
SAMPLE = 200
"""Lines from which the delimiter is guessed."""


def delimited(raw: bytes, name: str) -> Sheet:
    """The one sheet of a text file.

    Raises
    ------
    ZhihengError
        S501 no text, S520 too many cells or columns, S521 quotes that do not end.
    """
    text = decode(raw, name)
    delimiter = guess_delimiter(text)
    refuse_cells(text.count(delimiter) + text.count("\n"), name, "csv")
    csv.field_size_limit(2**20)
    rows: list[list[Cell]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            refuse_columns(len(row), name, f"A{len(rows) + 1}")
            rows.append([_cell(word) for word in row])
    except csv.Error as error:
        raise unreadable(name, str(error), cell=f"A{len(rows) + 1}") from None
    return Sheet(name.rsplit(".", 1)[0], rows, plain=True)


def _cell(word: str) -> Cell:
    """Plain numbers at once as numbers, all else as it stands."""
    if word and (word[-1].isdigit() or word[-1].isspace()) and _PLAIN.fullmatch(word):
        return float(word)
    return word or None


def guess_delimiter(text: str) -> str:
    """The delimiter that splits most of the first lines into the same number of cells."""
    lines = [line for line in text[:200_000].splitlines()[:SAMPLE] if line.strip()]
    best, score = ",", (0.0, 0.0)
    for mark in DELIMITERS:
        counts = [line.count(mark) for line in lines]
        often = max(set(counts), key=counts.count) if counts else 0
        share = counts.count(often) / len(counts) if counts and often else 0.0
        if (share, often) > score:
            best, score = mark, (share, often)
    return best
