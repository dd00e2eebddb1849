"""``zhiheng audit``: the health of a data file, and what it does to a regression."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from zhiheng.cli.printing import write_result
from zhiheng.cli.run_method import Cut, read_panel
from zhiheng.core.registry import methods
from zhiheng.core.text import Lang
from zhiheng.report.health import Printed, health_report
from zhiheng.report.health_files import write_health
from zhiheng.study.health_effect import health_effect, read_formula


def audit_file(
    file: str, lang: Lang, *, regression: str, out: Path | None, cut: Cut, confidence: float
) -> None:
    """Check a file; print what was found, or write two pages and every table to `out`."""
    named = read_formula(regression) if regression else None
    panel = cut.of(read_panel(file))
    found = methods["health"](panel, confidence=confidence)
    effect = None
    if named is not None:
        effect = health_effect(panel, found, outcome=named[0], regressors=named[1])
    report = health_report(panel, found, effect, Path(file).name)
    console = Console()
    console.print(report.verdict[lang])
    if out is None:
        for table in report.tables:
            console.print(_rich(table, lang))
        console.print(report.limits[lang])
        return
    paths = write_health(report, out, lang=lang)
    paths += write_result(found, out)
    paths += write_result(effect, out) if effect is not None else []
    for path in paths:
        console.print(str(path))


def _rich(table: Printed, lang: Lang) -> RichTable:
    note = table.note[lang] if table.note is not None else None
    drawn = RichTable(title=table.caption[lang], title_justify="left", caption=note)
    for i, word in enumerate(table.head):
        drawn.add_column(word[lang], justify="left" if i < table.words else "right")
    for row in table.rows:
        drawn.add_row(*(text[lang] for text in row))
    return drawn
