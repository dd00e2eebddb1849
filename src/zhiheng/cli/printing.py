"""Results on a terminal and as CSV files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from zhiheng.catalog.columns import column, table_title
from zhiheng.catalog.wording import option_word, worded
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Lang

MOST_ROWS = 40
"""Rows printed per table; ``--out`` writes all of them."""


_MORE = {
    "zh": "…… 共 {n} 行，用 --out 写出全部",
    "en": "... {n} rows in all; --out writes them",
}


def print_result(result: Result, console: Console, lang: Lang, *, only: str = "") -> None:
    """Print tables, notes and checks of a result."""
    for name, table in result.tables.items():
        if only in ("", name):
            for part in _drawn(result.method, name, table, lang, console.width):
                console.print(part)
    for note in result.notes:
        mark = {"note": "·", "caution": "!", "blocks": "✗"}[note.level]
        console.print(f"{mark} {note.text[lang]}")
    for check in result.checks:
        mark = "✓" if check.passed else "✗"
        console.print(f"{mark} {check.name[lang]}: {check.residual:.2e} ≤ {check.tolerance:.0e}")


def write_result(result: Result, out: Path, only: str = "") -> list[Path]:
    """Write each table as UTF-8 CSV, numbers in full; returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for name, table in result.tables.items():
        if only not in ("", name):
            continue
        path = out / f"{result.method}.{name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(table.columns)
            writer.writerows(table.row(i).values() for i in range(len(table)))
        paths.append(path)
    if only in ("", "paths"):
        paths += _write_scenario(result, out)
    return paths


def _write_scenario(result: Result, out: Path) -> list[Path]:
    """Simulated paths once more in the IAMC format, which other models read."""
    from zhiheng.report.iamc_file import paths_of, scenario_csv

    if paths_of(result) is None:
        return []
    path = out / f"{result.method}.paths.iamc.csv"
    path.write_bytes(scenario_csv(result))
    return [path]


class _Shown(NamedTuple):
    """A printed column: its name in the table, heading, cells, and the room it needs."""

    name: str
    heading: str
    cells: list[str]
    number: bool

    @property
    def room(self) -> int:
        """Characters that leave every cell whole; headings may break, long words may too."""
        cells = max((cell_len(c) for c in self.cells), default=1)
        return min(max(cells, min(cell_len(self.heading), 8), min(len(self.name), 16)), 40)


def _drawn(method: str, name: str, table: Table, lang: Lang, width: int) -> list[RichTable]:
    """The table, cut into as many parts side by side as the width asks for."""
    columns = _columns(table, lang)
    same, columns = _constant(table, columns, lang)
    title = f"{name} · {table_title(method, name)[lang]}"
    parts = _parts(columns, len([c for c in columns if c.name in _keys(table, lang)]), width)
    drawn: list[RichTable] = []
    for number, part in enumerate(parts):
        head = title if len(parts) == 1 else f"{title} ({number + 1}/{len(parts)})"
        said = head if number or not same else f"{head}\n{same}"
        one = RichTable(title=said, title_justify="left")
        for c in part:
            one.add_column(
                f"{c.heading}\n[dim]{c.name}[/dim]",
                justify="right" if c.number else "left",
                min_width=min(c.room, max(width - 4, 1)),
                overflow="fold",
            )
        for cells in zip(*(c.cells for c in part), strict=True):
            one.add_row(*map(escape, cells))
        drawn.append(one)
    if len(table) > MOST_ROWS and drawn:
        drawn[-1].caption = _MORE[lang].format(n=len(table))
    return drawn


def _columns(table: Table, lang: Lang) -> list[_Shown]:
    """Columns in words: of a pair in two languages the one asked for."""
    other = "_en" if lang == "zh" else "_zh"
    names = [c for c in table.columns if not (c.endswith(other) and _twin(c, table))]
    rows = [table.row(i) for i in range(min(len(table), MOST_ROWS))]
    return [
        _Shown(
            c,
            (column(c[:-3]) if _twin(c, table) else column(c)).label[lang],
            [_cell(c, row[c], lang) for row in rows],
            table.columns[c].dtype.kind in "fi",
        )
        for c in names
    ]


def _twin(name: str, table: Table) -> bool:
    """Whether a column is one of a pair in two languages."""
    stem = name[:-3]
    return name[-3:] in ("_zh", "_en") and {f"{stem}_zh", f"{stem}_en"} <= set(table.columns)


def _constant(table: Table, columns: list[_Shown], lang: Lang) -> tuple[str, list[_Shown]]:
    """Words that are the same in every row, said once above the table."""
    keys = _keys(table, lang)
    once = [
        c
        for c in columns
        if c.name not in keys and not c.number and len(c.cells) > 1 and len(set(c.cells)) == 1
        and len(table) <= MOST_ROWS
    ]  # fmt: skip
    said = "; ".join(f"{c.heading}: {c.cells[0]}" for c in once)
    return said, [c for c in columns if c not in once]


def _keys(table: Table, lang: Lang) -> set[str]:
    """What tells a row: the key columns, and the name beside a code."""
    titles = {f"{k}_title_{lang}" for k in table.keys} | {f"name_{lang}"}
    return set(table.keys) | (titles & set(table.columns))


def _parts(columns: list[_Shown], keys: int, width: int) -> list[list[_Shown]]:
    """Columns in order, in parts that fit; each repeats the first `keys` that tell the row."""
    lead = columns[:keys]
    if sum(c.room + 3 for c in lead) > width // 2:
        lead = lead[:2] if sum(c.room + 3 for c in lead[:2]) <= width // 2 else lead[:1]
    parts, used = [list(lead)], sum(c.room + 3 for c in lead) + 1
    start = used
    for c in columns[len(lead) :]:
        if used + c.room + 3 > width and len(parts[-1]) > len(lead):
            parts.append(list(lead))
            used = start
        parts[-1].append(c)
        used += c.room + 3
    return parts


def _cell(name: str, value: Any, lang: Lang) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text.replace("inf", "∞") if text in ("inf", "-inf") else text
    if isinstance(value, str) and worded(name):
        return option_word(name, value)[lang]
    return str(value)
