"""``zhiheng run``: a study from plan to report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table as RichTable

from zhiheng.cli.printing import write_result
from zhiheng.core.result import Cell
from zhiheng.core.text import Lang, Text
from zhiheng.report.write import write_report
from zhiheng.sources.kinds import observe
from zhiheng.sources.tables import read_file
from zhiheng.study.cache import NoCache, default_cache
from zhiheng.study.evidence import EVIDENCE
from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study, study_panel
from zhiheng.study.run_types import StudyRun

HEADS = {
    "zh": ("箭头", "证据", "估计值", "p", "算术份额", "存活率", "反向 p"),
    "en": ("arrow", "evidence", "estimate", "p", "arithmetic", "survives", "p reverse"),
}
SHOWN = (
    ("estimate", ".3f"), ("p_few", ".3f"), ("overlap_share", ".0%"), ("share_survives", ".1%"),
    ("p_reverse", ".3f"),
)  # fmt: skip
VERDICTS = {
    "supported": Text("支持", "supported"),
    "not_supported": Text("不支持", "not supported"),
    "insufficient": Text("证据不足", "insufficient evidence"),
}


def run_and_write(
    study: str,
    out: Path,
    lang: Lang,
    *,
    extra: Sequence[Path] = (),
    fresh: bool = False,
    region: str = "",
) -> int:
    """Run a study, write the report to `out`, say the verdicts; returns the exit code."""
    started = time.perf_counter()
    console = Console()
    with _bar(console) as bar:
        run = run_with(study, bar, lang, extra=extra, fresh=fresh, region=region)
        bar.add_task({"zh": "写报告", "en": "writing the report"}[lang], total=None)
        paths = write_report(run, out, lang=lang)
    _say(console, run, paths, lang, time.perf_counter() - started)
    return 1 if any(c.blocks for c in run.claims) else 0


def run_with(
    study: str,
    bar: Progress,
    lang: Lang,
    *,
    extra: Sequence[Path] = (),
    fresh: bool = False,
    region: str = "",
) -> StudyRun:
    """Run a study on its data joined with the user's own, showing which step it is at."""
    plan = load_plan(study, region=region)
    panel = study_panel(plan)
    for path in extra:
        panel = panel.join(observe(read_file(path), path.name).panel())
    task = bar.add_task(plan.title[lang], total=None)

    def progress(name: str, done: int, of: int) -> None:
        bar.update(task, completed=done, total=of, description=f"{plan.title[lang]} {name}")

    cache = NoCache() if fresh else default_cache()
    return run_study(plan, panel=panel, cache=cache, progress=progress)


def print_evidence(
    study: str, lang: Lang, *, extra: Sequence[Path], out: Path | None, every: bool
) -> None:
    """Run a study and print what it has to say on each arrow of the theory."""
    console = Console()
    with _bar(console) as bar:
        found = run_with(study, bar, lang, extra=extra).results[EVIDENCE]
    if out is not None:
        for path in write_result(found, out):
            console.print(str(path))
        return
    table = found.tables["edges"]
    drawn = RichTable(*HEADS[lang])
    rows = [table.row(i) for i in range(len(table))]
    shown = [row for row in rows if every or row["status"] != "untested"]
    for row in shown:
        arrow = f"{row[f'from_title_{lang}']} → {row[f'to_title_{lang}']}"
        numbers = [_number(row[name], form) for name, form in SHOWN]
        drawn.add_row(arrow, str(row[f"status_title_{lang}"]), *numbers)
    console.print(drawn)
    for row in shown:
        console.print(f"· {row[f'reading_{lang}']}（{row[f'reason_{lang}']}）")


def _number(value: Cell, form: str) -> str:
    return format(value, form) if isinstance(value, float) else "—"


def _bar(console: Console) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True)


def _say(console: Console, run: StudyRun, paths: list[Path], lang: Lang, seconds: float) -> None:
    for claim in run.claims:
        console.print(f"{VERDICTS[claim.verdict][lang]}: {claim.text[lang]}  {claim.reason[lang]}")
    top = [p for p in paths if p.parent == paths[0].parent]
    console.print({"zh": "已写出：", "en": "Written:"}[lang] + ", ".join(str(p) for p in top))
    said = {"zh": "用时 {s:.1f} 秒；数字哈希 {h}", "en": "{s:.1f} s; number hash {h}"}[lang]
    console.print(said.format(s=seconds, h=run.number_hash[:16]))
