"""Sections on carbon: the account, what drove it, where it is heading, what can be done.

Each method has a lead, its figures, its tables and its own remarks; numbers in the leads are
references. What a remark says, such as on which past a fan is calibrated, is never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from zhiheng.catalog.columns import table_title
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Result
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.sections.shown import Shown, rows_of
from zhiheng.report.texts import say, words
from zhiheng.study.ledger import LARGE
from zhiheng.study.plan_parts import ShownStep
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

MOST_ROWS = 60
"""A longer table is left to the workbook."""
FEWEST = {"bar": 2, "scatter": 8, "heatmap": 16}
"""Rows without which a kind of figure shows nothing."""
Lead = Callable[[StudyRun, str, Text], tuple[Sentence, ...]]
"""From a run, a step and its title to the sentences that open it."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What is shown of a method: opening sentences, figures by name, tables.

    Without `figures` all of them are shown.
    """

    lead: Lead
    tables: tuple[Shown, ...] = ()
    figures: tuple[str, ...] | None = None


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
    blocks += _figures(run, shown, result, exhibit)
    tables = [replace(t, only=shown.only) for t in exhibit.tables]
    blocks += [
        table_block(
            run, shown.step, one.table, stub=_stub(result, one), columns=one.present(result),
            rows=rows_of(result, one), long=one.long, caption=_caption(result, one, shown.title),
            formats=_formats(one),
        )
        for one in tables
        if one.table in result.tables and _worth_printing(result, one)
    ]  # fmt: skip
    return [*blocks, *remarks(result, said=_said_before(run, shown))]


def _figures(run: StudyRun, shown: ShownStep, result: Result, exhibit: Exhibit) -> list[Block]:
    """The figures of a step that the first screen does not show."""
    drawn = [f.name for f in result.figures if _worth_drawing(result, f)]
    names = exhibit.figures if shown.figures is None else shown.figures
    wanted = drawn if names is None else [n for n in names if n in drawn]
    first = set(run.plan.report.carbon.first)
    return [FigureBlock(shown.step, n) for n in wanted if f"{shown.step}.{n}" not in first]


def _worth_drawing(result: Result, figure: Figure) -> bool:
    """One bar compares nothing, a few dots or cells show no pattern."""
    return len(result.tables[figure.table]) >= FEWEST.get(figure.kind, 1)


def _said_before(run: StudyRun, shown: ShownStep) -> set[Text]:
    """Remarks of the steps that the report shows before this one."""
    plan = run.plan.report.carbon
    every = (*plan.account, *plan.drivers, *plan.path, *plan.levers)
    before = every[: every.index(shown)]
    return {note.text for one in before for note in run.results[one.step].notes}


def remarks(result: Result, *, said: Collection[Text] = ()) -> list[Block]:
    """What the method says of its numbers: rules in one paragraph, cautions each on its own.

    What has been `said` of an earlier step in the same words is not said again.
    """
    fresh = [note for note in result.notes if note.text not in said]
    rules = [_said(note.text) for note in fresh if note.level == "note"]
    cautions = dict.fromkeys(note.text for note in fresh if note.level != "note")
    out: list[Block] = [Paragraph(tuple(rules), "note")] if rules else []
    return [*out, *(Paragraph((_said(one),), "caution") for one in cautions)]


def _said(text: Text) -> Sentence:
    """A remark of a method as a sentence; its full stop is set by the writer."""
    en = text.en.rstrip(".")
    bare = Text(text.zh.rstrip("。"), en[:1].upper() + en[1:])
    return Sentence(Text.same("{$remark}"), {"remark": bare})


def _worth_printing(result: Result, shown: Shown) -> bool:
    """Not the table without rows, the one too long, or the one whose parts are the whole."""
    rows = rows_of(result, shown)
    if not 0 < len(rows) <= MOST_ROWS or (shown.alone and not _alone(result)):
        return False
    parts = result.tables[shown.table].columns[shown.parts][rows] if shown.parts else ()
    return not shown.parts or len(set(parts)) > 1


def _formats(shown: Shown) -> dict[str, str]:
    """Formats that differ from those of the catalog."""
    whole = dict.fromkeys(shown.plain, ",.0f")
    return {**dict(shown.formats), **whole, **dict.fromkeys(shown.large, LARGE)}


def _stub(result: Result, shown: Shown) -> tuple[str, ...]:
    """The names of the rows; that of the only entity says nothing."""
    entities = result.tables[shown.table].columns.get("entity", ())
    alone = bool(shown.only) or len(set(entities)) == 1
    heads = shown.heads(result)
    return tuple(c for c in heads if not (alone and c == NAME)) or heads


def _alone(result: Result) -> bool:
    """Whether the result is about one entity."""
    seen = {e for t in result.tables.values() for e in t.columns.get("entity", ())}
    return len(seen) == 1


def _caption(result: Result, shown: Shown, about: Text) -> Text:
    """The title of the table, what it is about, and the unit of its large columns."""
    title = table_title(result.method, shown.table)
    zh, en = f"{title.zh}：{about.zh}", f"{title.en}: {about.en}"
    units = {str(u) for u in result.tables[shown.table].columns.get("unit", ())}
    units = {shown.unit} if shown.unit else units
    if len(units) != 1 or not (shown.large or shown.formats):
        return Text(zh, en)
    unit = option_word("unit", units.pop())
    if not shown.large:
        return _measured(zh, en, unit)
    large = Text(f"亿{unit.zh}", f"million {unit.en}")
    if shown.unit:  # of one column among others
        return _measured(zh, en, Text("效应：{u}", "effect: {u}").format(u=large))
    return _measured(zh, en, large)


def _measured(zh: str, en: str, unit: Text) -> Text:
    """A title and its unit in parentheses, or behind a semicolon where the unit has its own."""
    if "（" in unit.zh:
        return Text(f"{zh}；单位：{unit.zh}", f"{en} ({unit.en})")
    return Text(f"{zh}（{unit.zh}）", f"{en} ({unit.en})")
