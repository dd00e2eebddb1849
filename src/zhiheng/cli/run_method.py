"""Run one method on a file or an embedded data set and print or write its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from zhiheng.catalog.embedded import dataset, datasets
from zhiheng.catalog.regions import is_region, region
from zhiheng.cli.printing import print_result, write_result
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.text import Lang, Text
from zhiheng.sources.kinds import observe


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the data is meant: ``2013-2022`` or one year, and entities to leave out."""

    window: str = ""
    without: str = ""

    def of(self, panel: Panel) -> Panel:
        """The part of a panel.

        Raises
        ------
        ZhihengError
            D113 a window that cannot be read or holds no period of the data; D107 an
            entity that the panel does not have.
        """
        found = panel.select(periods=self._periods(panel)) if self.window else panel
        names = [w.strip() for w in self.without.split(",") if w.strip()]
        if not names:
            return found
        gone = {region(n).code if is_region(n) else n for n in names}
        unknown = sorted(gone - set(panel.entities))
        if unknown:
            kind = Text("地区", "entity")
            raise unknown_name("D107", unknown[0], panel.entities, kind=kind)
        return found.select(entities=tuple(e for e in found.entities if e not in gone))

    def _periods(self, panel: Panel) -> tuple[int, ...]:
        ends = self.window.split("-")
        numbers = [int(e) for e in ends if e.strip().isdigit()]
        inside: tuple[int, ...] = ()
        if len(numbers) == len(ends) in (1, 2):
            inside = tuple(p for p in panel.periods if numbers[0] <= p <= numbers[-1])
        if not inside:
            raise ZhihengError(
                "D113",
                Text("窗口“{w}”里没有数据。", 'The window "{w}" holds no data.').format(
                    w=self.window
                ),
                evidence=[{"first": panel.periods[0], "last": panel.periods[-1]}],
                fix=Text("写成 2013-2022 或 2022。", "Write 2013-2022 or 2022."),
            )
        return inside


def run_method(
    name: str,
    file: str,
    options: Mapping[str, Any],
    *,
    cut: Cut,
    out: Path | None,
    table: str,
    lang: Lang,
) -> None:
    """Run method `name`; print its tables, or write them as CSV files to `out`."""
    panel, read = read_file(file)
    result = methods[name](cut.of(panel), **options)
    if table:
        result.table(table)
    console = Console()
    if out is not None:
        for path in write_result(result, out, table):
            console.print(str(path))
        return
    print_result(result, console, lang, only=table)
    for note in read:
        console.print(f"· {file}: {note[lang]}")


def read_panel(file: str) -> Panel:
    """The panel of an embedded data set, or of a clean CSV file."""
    return read_file(file)[0]


def read_file(file: str) -> tuple[Panel, Sequence[Text]]:
    """The panel of an embedded data set or of a file, and what was noted as it was read."""
    if file in {d.name for d in datasets()}:
        return dataset(file), ()
    path = Path(file)
    if not path.is_file():
        raise ZhihengError(
            "S504",
            Text("没有文件或内置数据“{f}”。", 'There is no file or data set "{f}".').format(f=file),
            fix=Text("内置数据：{d}。", "Embedded data sets: {d}.").format(
                d=", ".join(d.name for d in datasets())
            ),
        )
    found = observe(path.read_bytes(), path.name, own_labels=True)
    return found.panel(), found.notes
