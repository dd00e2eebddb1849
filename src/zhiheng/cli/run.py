"""``zhiheng run``: a study from plan to report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from zhiheng.core.text import Lang, Text
from zhiheng.report.write import write_report
from zhiheng.sources.tables import parse, read_file
from zhiheng.study.cache import NoCache, default_cache
from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study, study_panel
from zhiheng.study.run_types import StudyRun

VERDICTS = {
    "supported": Text("支持", "supported"),
    "not_supported": Text("不支持", "not supported"),
    "insufficient": Text("证据不足", "insufficient evidence"),
}


def run_and_write(
    study: str, out: Path, lang: Lang, *, extra: Sequence[Path] = (), fresh: bool = False
) -> int:
    """Run a study, write the report to `out`, say the verdicts; returns the exit code."""
    started = time.perf_counter()
    plan = load_plan(study)
    panel = study_panel(plan)
    for path in extra:
        panel = panel.join(parse(read_file(path), path.name).panel())
    console = Console()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(plan.title[lang], total=None)

        def progress(name: str, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=f"{plan.title[lang]} {name}")

        cache = NoCache() if fresh else default_cache()
        run = run_study(plan, panel=panel, cache=cache, progress=progress)
        bar.update(task, description={"zh": "写报告", "en": "writing the report"}[lang])
        paths = write_report(run, out, lang=lang)
    _say(console, run, paths, lang, time.perf_counter() - started)
    return 1 if any(c.blocks for c in run.claims) else 0


def _say(console: Console, run: StudyRun, paths: list[Path], lang: Lang, seconds: float) -> None:
    for claim in run.claims:
        console.print(f"{VERDICTS[claim.verdict][lang]}: {claim.text[lang]}  {claim.reason[lang]}")
    top = [p for p in paths if p.parent == paths[0].parent]
    console.print({"zh": "已写出：", "en": "Written:"}[lang] + ", ".join(str(p) for p in top))
    said = {"zh": "用时 {s:.1f} 秒；数字哈希 {h}", "en": "{s:.1f} s; number hash {h}"}[lang]
    console.print(said.format(s=seconds, h=run.number_hash[:16]))
