"""Drivers: what moved emissions."""

from __future__ import annotations

from zhiheng.catalog.identities import identity
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun


def drivers_section(run: StudyRun) -> Section | None:
    """The decomposition of emissions into factors."""
    step = run.plan.report.drivers
    if not step:
        return None
    result = run.results[step]
    first, last = run.panel.periods[0], run.panel.periods[-1]
    caption = words("drivers.caption")
    caption = Text(
        caption.zh.replace("{$first}", str(first)).replace("{$last}", str(last)),
        caption.en.replace("{$first}", str(first)).replace("{$last}", str(last)),
    )
    title = identity(str(result.params["identity"])).title
    blocks: list[Block] = [
        Paragraph((say("drivers.lead", identity_title=title),)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run,
            step,
            "effects",
            caption=caption,
            stub=["factor_title"],
            columns=["effect", "relative_effect"],
        ),
    ]
    return Section("drivers", words("drivers.title"), tuple(blocks))
