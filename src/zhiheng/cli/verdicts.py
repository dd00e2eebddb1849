"""``zhiheng verdicts``: claims of the literature against data, all systems and windows at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from zhiheng.cli.printing import write_result
from zhiheng.cli.run_method import read_panel
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Lang
from zhiheng.study.claim_matrix import claim_matrix

HEADS = {
    "zh": ("主张", "变量", "支持", "不支持", "证据不足", "其中测法矛盾", "小结"),
    "en": (
        "claim", "variable", "supported", "not supported", "insufficient", "of these in conflict",
        "in short",
    ),
}  # fmt: skip
COUNTS = ("supported", "not_supported", "insufficient", "conflicting")
MARKS = {"note": "·", "caution": "!", "blocks": "✗"}


def print_verdicts(
    file: str,
    lang: Lang,
    *,
    claims: str,
    systems: Sequence[str],
    windows: Sequence[str],
    draws: int,
    seed: int,
    out: Path | None,
) -> None:
    """Test a file of claims and print who says what; with `out` write every table as CSV."""
    found = claim_matrix(
        read_panel(file), claims=claims, wanted=systems, windows=windows, draws=draws, seed=seed
    )
    console = Console()
    if out is not None:
        for path in write_result(found, out):
            console.print(str(path))
        return
    console.print(_summary(found.tables["summary"], lang))
    console.print(_cells(found, lang))
    for note in found.notes:
        console.print(f"{MARKS[note.level]} {note.text[lang]}")


def _summary(table: Table, lang: Lang) -> RichTable:
    heads = HEADS[lang]
    drawn = RichTable(heads[0], *heads[2:])
    for i in range(len(table)):
        row = table.row(i)
        counts = [str(row[c]) for c in COUNTS]
        drawn.add_row(str(row[f"claim_title_{lang}"]), *counts, str(row[f"holds_{lang}"]))
    return drawn


def _cells(found: Result, lang: Lang) -> RichTable:
    """One row for each claim and variable, one column for each window."""
    table = found.tables["verdicts"]
    rows = [table.row(i) for i in range(len(table))]
    windows = list(dict.fromkeys(f"{r['period_from']}-{r['period']}" for r in rows))
    grid: dict[tuple[str, str], dict[str, str]] = {}
    for r in rows:
        key = str(r[f"claim_title_{lang}"]), str(r[f"variable_title_{lang}"])
        grid.setdefault(key, {})[f"{r['period_from']}-{r['period']}"] = str(
            r[f"verdict_title_{lang}"]
        )
    drawn = RichTable(*HEADS[lang][:2], *windows)
    last = ""
    for (claim, variable), cells in grid.items():
        drawn.add_row(claim if claim != last else "", variable, *(cells[w] for w in windows))
        last = claim
    return drawn
