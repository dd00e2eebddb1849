"""Index: the system, its weights, and who ranks where."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.recipes import load_recipes
from zhiheng.catalog.systems import load_system
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.audit import dated
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence


def index_section(run: StudyRun) -> Section | None:
    """The system, its weights, and the ranks with intervals."""
    step = run.plan.report.index
    if not step:
        return None
    result = run.results[step]
    params = result.params
    admissible = int(np.sum(result.tables["recipes"].columns["admissible"]))
    lead = _lead(result)
    uncertainty = say(
        "index.uncertainty",
        draws=int(str(params["draws"])),
        recipes=admissible,
        concentration=f"{load_recipes(str(params['recipes'])).concentration:g}",
    )
    scores = result.tables["scores"]
    last = int(max(scores.columns["period"]))
    rows = np.flatnonzero(scores.columns["period"] == last)
    rows = rows[np.argsort(scores.columns["rank"][rows], kind="stable")]
    blocks: list[Block] = [
        Paragraph((lead,)),
        Paragraph((say("index.weights_lead"),)),
        FigureBlock(step, "weights"),
        table_block(
            run, step, "weights", caption=words("index.weights_caption"),
            stub=_stub(result.tables["weights"]),
            columns=["nominal", "effective", "effective_within_period", "effective_within"],
            long=True,
        ),
        Paragraph((uncertainty,)),
        table_block(
            run, step, "scores", caption=dated("index.ranks_caption", last),
            stub=[NAME], columns=["score", "rank", "rank_low", "rank_high"],
            rows=rows.tolist(), long=True,
        ),
    ]  # fmt: skip
    blocks += _order(run, step, last)
    blocks += _steps(run, step)
    return Section("index", words("index.title"), tuple(blocks))


def _join(parts: list[Text]) -> Text:
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def _order(run: StudyRun, step: str, last: int) -> list[Block]:
    """Who surely stands above whom, from the top level down."""
    if "order" not in run.results[step].tables:
        return []
    table = run.results[step].tables["order"].columns
    rows = np.lexsort((table["surely_above"], table["level"]))
    return [
        Paragraph((say("index.order_lead"),)),
        *_figure(run, step, "order"),
        table_block(
            run, step, "order", caption=dated("index.order_caption", last),
            stub=[NAME], columns=["level", "surely_above", "surely_below", "incomparable"],
            rows=rows.tolist(), long=True,
        ),
    ]  # fmt: skip


def _figure(run: StudyRun, step: str, name: str) -> list[Block]:
    """A figure of the step, where it has it."""
    return [FigureBlock(step, f.name) for f in run.results[step].figures if f.name == name]


def _steps(run: StudyRun, step: str) -> list[Block]:
    """Which step of the method moves ranks."""
    found = _figure(run, step, "steps")
    return [Paragraph((say("index.steps_lead"),)), *found] if found else []


def _lead(result: Result) -> Sentence:
    """What the index is made of: a catalogued system, or columns that the plan names."""
    params = result.params
    how = {o: option_word(o, str(params[o])) for o in ("normalise", "weights", "aggregation")}
    if not isinstance(params.get("system"), str):
        items = len(result.tables["weights"])
        return say("index.lead_columns", index_items=items, **how)
    system = load_system(str(params["system"]))
    return say(
        "index.lead",
        system_title=system.title,
        index_items=len(system.indicators),
        group_names=_join([g.title for g in system.top_groups]),
        **how,
    )


def _stub(weights: Table) -> list[str]:
    """Group and direction have a column only where indicators differ in them."""
    both = len(set(weights.columns["direction"])) > 1
    grouped = any(weights.columns["group"])
    return ["title", *(["group_title"] if grouped else []), *(["direction"] if both else [])]
