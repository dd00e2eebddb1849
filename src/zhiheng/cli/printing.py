"""Results on a terminal and as CSV files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from zhiheng.catalog.columns import column, table_title
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Lang

MOST_ROWS = 40
"""Rows printed per table; ``--out`` writes all of them."""


def print_result(result: Result, console: Console, lang: Lang, *, only: str = "") -> None:
    """Print tables, notes and checks of a result."""
    for name, table in result.tables.items():
        if only in ("", name):
            console.print(_rich(result.method, name, table, lang))
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


def _rich(method: str, name: str, table: Table, lang: Lang) -> RichTable:
    drawn = RichTable(title=f"{name} · {table_title(method, name)[lang]}", title_justify="left")
    hidden = "name_en" if lang == "zh" else "name_zh"
    shown = [c for c in table.columns if c != hidden]
    for c in shown:
        number = table.columns[c].dtype.kind in "fi"
        drawn.add_column(
            f"{column(c).label[lang]}\n[dim]{c}[/dim]", justify="right" if number else "left"
        )
    for i in range(min(len(table), MOST_ROWS)):
        row = table.row(i)
        drawn.add_row(*(_cell(row[c]) for c in shown))
    if len(table) > MOST_ROWS:
        more = {
            "zh": "…… 共 {n} 行，用 --out 写出全部",
            "en": "... {n} rows in all; --out writes them",
        }
        drawn.caption = more[lang].format(n=len(table))
    return drawn


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("inf", "∞") if text in ("inf", "-inf") else text
