"""Text tables of any make: encoding, delimiter, quoting."""

from __future__ import annotations

import csv
import io
import re

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.sheet import Cell, Sheet, refuse_cells, refuse_columns, unreadable

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = (",", "\t", ";", "|")
_PLAIN = re.compile(r"\s*-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?\s*")
SAMPLE = 200
"""Lines from which the delimiter is guessed."""


def decode(raw: bytes, name: str) -> str:
    """The text of a file: by its byte-order mark, else UTF-8, UTF-16 without mark, GB 18030.

    Raises
    ------
    ZhihengError
        S501 the bytes are no text in any of these.
    """
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return _strict(raw, encoding, name)
    for encoding in ("utf-8", _wide(raw), "gb18030"):
        if not encoding:
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text
    raise _no_text(name)


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


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark shows as zero bytes at every other place."""
    head = raw[:4000]
    if len(head) < 4 or len(raw) % 2:
        return ""
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) < len(head) // 8:
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _is_text(text: str) -> bool:
    odd = sum(text.count(chr(c)) for c in range(32) if chr(c) not in "\t\r\n\f\x0b")
    return "\x00" not in text and odd * 100 <= len(text)


def _strict(raw: bytes, encoding: str, name: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise _no_text(name) from None
    if not _is_text(text):
        raise _no_text(name)
    return text


def _no_text(name: str) -> ZhihengError:
    return ZhihengError(
        "S501",
        Text("文件 {f} 不是文本表格。", "The file {f} is not a text table.").format(f=name),
        evidence=[{"cell": f"{name}!A1"}],
        fix=Text("另存为 UTF-8 编码的 CSV。", "Save it as CSV in UTF-8."),
    )
