"""Sections on carbon: the account, what drove it, where it is heading, what can be done.

Each method has a lead, its figures, its tables and its own remarks; numbers in the leads are
references. What a remark says, such as on which past a fan is calibrated, is never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zhiheng.catalog.columns import table_title
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Result
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.sections.shown import Shown, rows_of
from zhiheng.report.texts import say, words
from zhiheng.study.ledger import LARGE
from zhiheng.study.plan_parts import ShownStep
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

Lead = Callable[[StudyRun, str, Text], tuple[Sentence, ...]]
"""From a run, a step and its title to the sentences that open it."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What is shown of a method: opening sentences, figures by name, tables.

    Without `figures` all of them are shown; `after` are sentences that close it.
    """

    lead: Lead
    tables: tuple[Shown, ...] = ()
    figures: tuple[str, ...] | None = None
    remarks: bool = True


def plain(key: str) -> Lead:
    """A lead without numbers."""

    def lead(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
        del run
        return (say(f"carbon.{key}", step=step, title=title),)

    return lead


def carbon_section(
    run: StudyRun, name: str, shown: Sequence[ShownStep], exhibits: Mapping[str, Exhibit]
) -> Section | None:
    """A section of steps, each as its method is shown."""
    blocks: list[Block] = []
    for one in shown:
        blocks += _one(run, one, exhibits)
    if not blocks:
        return None
    return Section(f"carbon-{name}", words(f"carbon.{name}_title"), tuple(blocks))


def _one(run: StudyRun, shown: ShownStep, exhibits: Mapping[str, Exhibit]) -> list[Block]:
    result = run.results[shown.step]
    if refusal(result):
        return [Paragraph((say("carbon.refused", what=shown.title),), "note")]
    exhibit = exhibits[result.method]
    blocks: list[Block] = [Paragraph(exhibit.lead(run, shown.step, shown.title))]
    blocks += _figures(run, shown.step, result, exhibit)
    blocks += [
        table_block(
            run, shown.step, one.table, stub=one.stub, columns=one.present(result),
            rows=rows_of(result, one), long=one.long, caption=_caption(result, one, shown.title),
            formats=dict.fromkeys(one.large, LARGE),
        )
        for one in exhibit.tables
        if one.table in result.tables and rows_of(result, one)
    ]  # fmt: skip
    return [*blocks, *(remarks(result) if exhibit.remarks else [])]


def _figures(run: StudyRun, step: str, result: Result, exhibit: Exhibit) -> list[Block]:
    """The figures of a step that the first screen does not show."""
    drawn = [f.name for f in result.figures if _worth_drawing(result, f)]
    wanted = drawn if exhibit.figures is None else [n for n in exhibit.figures if n in drawn]
    first = set(run.plan.report.carbon.first)
    return [FigureBlock(step, name) for name in wanted if f"{step}.{name}" not in first]


def _worth_drawing(result: Result, figure: Figure) -> bool:
    """One bar compares nothing, and a table without rows draws nothing."""
    return len(result.tables[figure.table]) > (1 if figure.kind == "bar" else 0)


def remarks(result: Result) -> list[Block]:
    """What the method says of its numbers: rules in one paragraph, cautions each on its own."""
    rules = [_said(n.text) for n in result.notes if n.level == "note"]
    cautions = dict.fromkeys(n.text for n in result.notes if n.level != "note")
    out: list[Block] = [Paragraph(tuple(rules), "note")] if rules else []
    return [*out, *(Paragraph((_said(one),), "caution") for one in cautions)]


def _said(text: Text) -> Sentence:
    return Sentence(Text("{$remark}", "{$remark} "), {"remark": text})


def _caption(result: Result, shown: Shown, about: Text) -> Text:
    """The title of the table, what it is about, and the unit of its large columns."""
    title = table_title(result.method, shown.table)
    zh, en = f"{title.zh}：{about.zh}", f"{title.en}: {about.en}"
    units = {str(u) for u in result.tables[shown.table].columns.get("unit", ())}
    if len(units) != 1 or not shown.large:
        return Text(zh, en)
    unit = option_word("unit", units.pop())
    return Text(f"{zh}（亿{unit.zh}）", f"{en} (million {unit.en})")
