"""Gaps: disparity by groups, and who moves."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.regions import grouping
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun


def gaps_section(run: StudyRun) -> Section | None:
    """Dagum decomposition and transition probabilities."""
    plan = run.plan.report
    if not plan.disparity:
        return None
    gap = run.results[plan.disparity]
    last = run.panel.periods[-1]
    lead = say(
        "gaps.lead",
        gap=plan.disparity,
        last=last,
        grouping=grouping(str(gap.params["groups"])).title,
    )
    blocks: list[Block] = [Paragraph((lead,))]
    blocks += [FigureBlock(plan.disparity, f.name) for f in gap.figures]
    blocks.append(
        table_block(
            run, plan.disparity, "decomposition", caption=words("gaps.caption"),
            stub=["period"], columns=["gini", "within", "between", "transvariation"],
        )
    )  # fmt: skip
    if plan.transitions:
        moves = run.results[plan.transitions]
        seen = np.flatnonzero(moves.tables["transitions"].columns["probability"] > 0).tolist()
        blocks.append(Paragraph((say("gaps.moves"),)))
        blocks += [FigureBlock(plan.transitions, f.name) for f in moves.figures[:1]]
        blocks.append(
            table_block(
                run, plan.transitions, "transitions", caption=words("gaps.moves_caption"),
                stub=["from_class", "to_class"], columns=["probability", "ci_low", "ci_high"],
                rows=seen,
            )
        )  # fmt: skip
    return Section("gaps", words("gaps.title"), tuple(blocks))
