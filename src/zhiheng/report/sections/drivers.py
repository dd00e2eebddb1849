"""Drivers: what moved emissions."""

from __future__ import annotations

from zhiheng.catalog.identities import identity
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.texts import say, words
from zhiheng.study.ledger import LARGE
from zhiheng.study.run_types import StudyRun


def drivers_section(run: StudyRun) -> Section | None:
    """The decomposition of emissions into factors."""
    step = run.plan.report.drivers
    if not step:
        return None
    result = run.results[step]
    first, last = run.panel.periods[0], run.panel.periods[-1]
    blocks: list[Block] = [
        Paragraph((say("drivers.lead", identity_title=_title(result)),)),
        *(FigureBlock(step, f.name) for f in result.figures),
        table_block(
            run, step, "effects", caption=_caption(result, first, last),
            stub=["factor_title"], columns=["effect", "relative_effect"],
            formats={"effect": LARGE},
        ),
    ]  # fmt: skip
    return Section("drivers", words("drivers.title"), tuple(blocks))


def _title(result: Result) -> Text:
    return identity(str(result.params["identity"])).title


def _caption(result: Result, first: int, last: int) -> Text:
    """What the table shows, between which periods, and in which unit."""
    base = words("drivers.caption")
    unit = option_word("unit", str(result.tables["effects"].columns["unit"][0]))
    zh = base.zh.replace("{$first}", str(first)).replace("{$last}", str(last))
    en = base.en.replace("{$first}", str(first)).replace("{$last}", str(last))
    return Text(f"{zh}（亿{unit.zh}）", f"{en} (million {unit.en})")
