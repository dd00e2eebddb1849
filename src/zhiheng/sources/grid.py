"""A sheet as text cells with addresses: what every parser of tables starts from."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.encoding import decode


@dataclass(frozen=True, slots=True)
class Grid:
    """A header row and the rows below it, all as stripped text."""

    name: str
    sha: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def address(self, row: int, column: int) -> str:
        """The address of a cell as a spreadsheet shows it: row 0 is the first below the header."""
        return f"{column_letters(column)}{row + 2}"

    @property
    def file(self) -> str:
        """File name with the first digits of its hash."""
        return f"{self.name}#{self.sha[:12]}"


@contextmanager
def no_collection() -> Generator[None, None, None]:
    """Pause the collector of cycles while millions of cells are made, none of them in a cycle."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def read_csv(raw: bytes, name: str) -> Grid:
    """Read a clean CSV: one header row, as many cells in each row as in the header.

    Raises
    ------
    ZhihengError
        S501 the bytes are not text, S502 empty, S503 rows of unequal length.
    """
    lines = _lines(decode(raw, name), name)
    if len(lines) < 2:  # noqa: PLR2004
        raise ZhihengError(
            "S502",
            Text("文件 {f} 没有数据行。", "The file {f} has no data rows.").format(f=name),
            fix=Text("第一行写列名，其下写数据。", "Put column names first and data below."),
        )
    header, rows = lines[0], lines[1:]
    uneven = [i for i, row in enumerate(rows) if len(row) != len(header)]
    if uneven:
        raise ZhihengError(
            "S503",
            Text(
                "{n} 行的列数与表头不同。", "{n} rows have another number of cells than the header."
            ).format(n=len(uneven)),
            evidence=[{"file": name, "row": i + 2, "cells": len(rows[i])} for i in uneven],
            fix=Text("检查多余或缺少的逗号。", "Look for a comma too many or too few."),
        )
    return Grid(name, hashlib.sha256(raw).hexdigest(), header, tuple(rows))


def _lines(text: str, name: str) -> list[tuple[str, ...]]:
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise ZhihengError(
            "S501",
            Text("文件 {f} 不是文本表格。", "The file {f} is not a text table.").format(f=name),
            evidence=[{"file": name, "error": str(error)}],
            fix=Text("另存为 UTF-8 编码的 CSV。", "Save it as CSV in UTF-8."),
        ) from None
    if any(c.isspace() for c in set(text) - {"\n", "\r"}):  # a file without blanks needs no trim
        return [line for line in (tuple(c.strip() for c in row) for row in rows) if any(line)]
    return [tuple(row) for row in rows if any(row)]


def column_letters(column: int) -> str:
    """``0`` is A, ``26`` is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
