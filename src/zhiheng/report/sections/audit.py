"""The index examined: coherence, dominance, what a year added, and conventions."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.coherence import coherence_rule
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun


def audit_section(run: StudyRun) -> Section | None:
    """What the index measures, and what of it is a choice of method."""
    step = run.plan.report.index
    if not step:
        return None
    tables = run.results[step].tables
    top = tables["dominance"].row(0)
    basis = Text(str(top["basis_title_zh"]), str(top["basis_title_en"]))
    lead = say("audit.dominance", index=step, basis=str(top["basis"]), basis_title=basis)
    blocks: list[Block] = [
        Paragraph((say("audit.lead"),)),
        Paragraph((lead,)),
        *_coherence(run, step),
        *_added(run, step),
        *_conventions(run),
    ]
    return Section("audit", words("audit.title"), tuple(blocks))


def _coherence(run: StudyRun, step: str) -> list[Block]:
    """The correlations that carry a remark; a sentence where none does."""
    flags = run.results[step].tables["coherence"].columns["flag"]
    quiet = [f.id for f in coherence_rule().flag_of if f.id == "fine"]
    rows = np.flatnonzero(~np.isin(flags.astype(str), quiet)).tolist()
    if not rows:
        return [Paragraph((say("audit.fine"),))]
    return [
        Paragraph((say("audit.flagged"),)),
        table_block(
            run, step, "coherence", caption=words("audit.flagged_caption"),
            stub=["indicator", "against", "relation_title", "flag_title"],
            columns=["correlation"], rows=rows,
        ),
    ]  # fmt: skip


def _added(run: StudyRun, step: str) -> list[Block]:
    """What the last period changed, by data and by method."""
    if "period_added" not in run.results[step].tables:
        return []
    table = run.results[step].tables["period_added"].columns
    year = int(table["period"][0])
    return [
        Paragraph((say("audit.added_lead", year=year),)),
        table_block(
            run, step, "period_added", caption=dated("audit.added_caption", year),
            stub=[NAME], columns=["rank_before", "rank", "change", "by_data", "by_method"],
            rows=np.argsort(table["rank"], kind="stable").tolist(),
            formats={"change": "+.3f"}, long=True,
        ),
    ]  # fmt: skip


def _conventions(run: StudyRun) -> list[Block]:
    step = run.plan.report.conventions
    if not step:
        return []
    result = run.results[step]
    usable = np.flatnonzero(result.tables["conventions"].columns["computable"]).tolist()
    return [
        Paragraph((say("audit.conventions_lead"),)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run, step, "conventions", caption=words("audit.conventions_caption"),
            stub=["convention_title", "leader"],
            columns=["most_moved", "moved_far", "kendall", "mean_change", "gap_change"],
            rows=usable,
        ),
        table_block(
            run, step, "flips", caption=words("audit.flips_caption"),
            stub=["conclusion_title", "stated", "dissent"], columns=["agree", "differ"],
        ),
        *_refused(run, step),
    ]  # fmt: skip


def _refused(run: StudyRun, step: str) -> list[Block]:
    """Conventions that do not hold on these data, and why."""
    usable = run.results[step].tables["conventions"].columns["computable"]
    rows = np.flatnonzero(~usable.astype(bool)).tolist()
    if not rows:
        return []
    caption = words("audit.refused_caption")
    stub = ["convention_title", "reason"]
    return [
        table_block(run, step, "conventions", caption=caption, stub=stub, columns=[], rows=rows)
    ]


def dated(key: str, year: int) -> Text:
    """A caption with the year filled in."""
    text = words(key)
    return Text(text.zh.replace("{$year}", str(year)), text.en.replace("{$year}", str(year)))
