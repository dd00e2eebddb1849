"""Green efficiency: who stands on the frontier, what the others waste, and how it moved."""

from __future__ import annotations

import numpy as np

from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.audit import dated
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun


def efficiency_section(run: StudyRun) -> Section | None:
    """Scores of the last period, mean slacks, and change of productivity where the plan has it."""
    step = run.plan.report.efficiency
    if not step:
        return None
    result = run.results[step]
    table = result.tables["scores"]
    year = int(table.columns["period"].max())
    rows = np.flatnonzero(table.columns["period"] == year)
    rows = rows[np.argsort(table.columns["rank"][rows], kind="stable")]
    lead = say("efficiency.lead", step=step, year=year, units=len(rows), **_variables(run, result))
    blocks: list[Block] = [
        Paragraph((lead,)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run, step, "scores", caption=dated("efficiency.caption", year),
            stub=[NAME, "status_word"], columns=["score", "rank"], rows=rows.tolist(), long=True,
        ),
        Paragraph((say("efficiency.limits"),), style="caution"),
        *_productivity(run),
    ]  # fmt: skip
    return Section("efficiency", words("efficiency.title"), tuple(blocks))


def _variables(run: StudyRun, result: Result) -> dict[str, Text]:
    """Inputs and outputs of the programme in words."""
    found: dict[str, Text] = {}
    for role in ("inputs", "outputs", "undesirable"):
        given = result.params.get(role)
        names = [str(name) for name in given] if isinstance(given, list) else []
        titles = [run.panel.title(name) for name in names] or [Text("无", "none")]
        found[role] = Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
    return found


def _productivity(run: StudyRun) -> list[Block]:
    """The change of productivity over time."""
    step = run.plan.report.productivity
    if not step:
        return []
    result = run.results[step]
    return [
        Paragraph((say("efficiency.productivity"),)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run, step, "means", caption=words("efficiency.productivity_caption"),
            stub=["period_from", "period"],
            columns=["productivity_change", "efficiency_change", "technical_change"],
        ),
    ]  # fmt: skip
