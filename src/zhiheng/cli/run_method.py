"""Run one method on a file or an embedded data set and print or write its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from zhiheng.catalog.embedded import dataset, datasets
from zhiheng.cli.printing import print_result, write_result
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.text import Lang, Text
from zhiheng.sources.tables import parse


def run_method(
    name: str, file: str, options: Mapping[str, Any], *, out: Path | None, table: str, lang: Lang
) -> None:
    """Run method `name`; print its tables, or write them as CSV files to `out`."""
    result = methods[name](read_panel(file), **options)
    if table:
        result.table(table)
    console = Console()
    if out is not None:
        for path in write_result(result, out, table):
            console.print(str(path))
        return
    print_result(result, console, lang, only=table)


def read_panel(file: str) -> Panel:
    """The panel of an embedded data set, or of a clean CSV file."""
    if file in {d.name for d in datasets()}:
        return dataset(file)
    path = Path(file)
    if not path.is_file():
        raise ZhihengError(
            "S504",
            Text("没有文件或内置数据“{f}”。", 'There is no file or data set "{f}".').format(f=file),
            fix=Text("内置数据：{d}。", "Embedded data sets: {d}.").format(
                d=", ".join(d.name for d in datasets())
            ),
        )
    return parse(path.read_bytes(), path.name, own_labels=True).panel()
