"""Data: what was used, what was left out, and what is known to be wrong."""

from __future__ import annotations

from zhiheng.report.model import Block, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.texts import say, words
from zhiheng.study.account import DATA
from zhiheng.study.run_types import StudyRun
from zhiheng.study.system_account import SYSTEM


def data_section(run: StudyRun) -> Section:
    """Used, refused and why."""
    first, last = run.panel.periods[0], run.panel.periods[-1]
    tables = run.results[DATA].tables
    blocks: list[Block] = [
        Paragraph((say("data.lead", first=first, last=last), say("data.left_out"))),
    ]
    if len(tables["left_out"]):
        blocks.append(
            table_block(
                run, DATA, "left_out", caption=words("data.left_caption"),
                stub=["name", "reason"], columns=[], long=True,
            )
        )  # fmt: skip
    if len(tables["absent"]):
        blocks.append(Paragraph((say("data.absent_lead"),)))
        blocks.append(
            table_block(
                run, DATA, "absent", caption=words("data.absent_caption"),
                stub=["title", "reason"], columns=[], long=True,
            )
        )  # fmt: skip
    if len(tables["breaks"]):
        blocks.append(Paragraph((say("data.breaks_lead"),)))
        blocks.append(
            table_block(
                run, DATA, "breaks", caption=words("data.breaks_caption"),
                stub=["title", "span", "what", "action"], columns=[], long=True,
            )
        )  # fmt: skip
    return Section("data", words("data.title"), tuple(blocks))


def appendix_section(run: StudyRun) -> Section:
    """Every indicator with what it stands for, every base series with publisher and licence."""
    blocks: list[Block] = []
    if SYSTEM in run.results:
        blocks.append(
            table_block(
                run, SYSTEM, "items", caption=words("data.items_caption"),
                stub=["title", "stands_for", "source", "trap"], columns=[], long=True,
            )
        )  # fmt: skip
    series = table_block(
        run, DATA, "series", caption=words("data.series_caption"),
        stub=["title", "unit", "publisher", "licence", "status"],
        columns=["values", "gaps", "estimated"], long=True,
    )  # fmt: skip
    blocks.append(series)
    if "beside" in run.results[DATA].tables:
        blocks.append(
            table_block(
                run, DATA, "beside", caption=words("data.beside_caption"),
                stub=["title", "unit", "publisher", "licence"], columns=["values", "gaps"],
                long=True,
            )
        )  # fmt: skip
    return Section("appendix", words("data.appendix"), tuple(blocks))
