"""Coupling coordination: degrees, grades, and how far they depend on the recipe."""

from __future__ import annotations

import numpy as np

from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.audit import dated
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence


def coupling_section(run: StudyRun) -> Section | None:
    """Coordination of the last period with grades and, where drawn, intervals."""
    step = run.plan.report.coupling
    if not step:
        return None
    result = run.results[step]
    table = result.tables["coordination"]
    year = int(table.columns["period"].max())
    rows = np.flatnonzero(table.columns["period"] == year)
    rows = rows[np.argsort(-table.columns["coordination"][rows], kind="stable")]
    drawn = "coordination_low" in table.columns
    columns = ["coupling", "development", "coordination"]
    columns += ["coordination_low", "coordination_high"] if drawn else []
    columns += ["grade", "grade_low", "grade_high"] if drawn else ["grade"]
    blocks: list[Block] = [
        Paragraph(_sentences(step, table, rows.tolist(), year, _systems(run, step), drawn)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run, step, "coordination", caption=dated("coupling.caption", year),
            stub=[NAME, "grade_title"], columns=columns, rows=rows.tolist(), long=True,
        ),
    ]  # fmt: skip
    return Section("coupling", words("coupling.title"), tuple(blocks))


def _sentences(
    step: str, table: Table, rows: list[int], year: int, names: Text, drawn: bool
) -> tuple[Sentence, ...]:
    top, low = table.row(rows[0]), table.row(rows[-1])
    bind = {
        "step": step, "year": year, "names": names,
        "top": top["entity"], "top_name": Text(str(top["name_zh"]), str(top["name_en"])),
        "low": low["entity"], "low_name": Text(str(low["name_zh"]), str(low["name_en"])),
    }  # fmt: skip
    keys = ["coupling.lead", *(["coupling.interval"] if drawn else [])]
    return tuple(say(key, **bind) for key in keys)


def _systems(run: StudyRun, step: str) -> Text:
    """The systems in words."""
    table = run.results[step].tables.get("drivers")
    if table is None:
        return Text("各系统", "the systems")
    seen = dict.fromkeys(
        zip(table.columns["system_title_zh"], table.columns["system_title_en"], strict=True)
    )
    return Text("、".join(str(z) for z, _ in seen), ", ".join(str(e) for _, e in seen))
