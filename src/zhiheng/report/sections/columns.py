"""Printed columns, with labels and formats from the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zhiheng.catalog.columns import column, table_title
from zhiheng.core.text import Text
from zhiheng.report.model import TableBlock, TableColumn
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

NAME = "name"
"""Stands for the column pair name_zh / name_en, printed in the language of the page."""


def printed(
    names: Iterable[str], formats: Mapping[str, str] | None = None
) -> tuple[TableColumn, ...]:
    """Columns by name; `formats` overrides the catalog's format."""
    own = formats or {}
    return tuple(
        TableColumn(name, heading(column(name).label), own.get(name, column(name).format))
        for name in names
    )


def heading(label: Text) -> Text:
    """A label as the heading of a column: English with a capital, but for symbols such as p."""
    word = label.en.split(" ", 1)[0]
    return label if len(word) == 1 else Text(label.zh, label.en[0].upper() + label.en[1:])


def table_block(
    run: StudyRun,
    step: str,
    table: str,
    *,
    stub: Iterable[str],
    columns: Iterable[str],
    rows: Iterable[int] | None = None,
    caption: Text | None = None,
    formats: Mapping[str, str] | None = None,
    note: tuple[Sentence, ...] = (),
    long: bool = False,
) -> TableBlock:
    """A printed table of a step, all rows by default."""
    result = run.results[step]
    chosen = range(len(result.tables[table])) if rows is None else rows
    return TableBlock(
        step=step,
        table=table,
        caption=caption or table_title(result.method, table),
        stub=printed(stub),
        columns=printed(columns, formats),
        rows=tuple(chosen),
        note=note,
        long=long,
    )
