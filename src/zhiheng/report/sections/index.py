"""Index: the system, its weights, and who ranks where."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.recipes import load_recipes
from zhiheng.catalog.systems import load_system
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.texts import say, words
from zhiheng.study.run_types import StudyRun


def index_section(run: StudyRun) -> Section:
    """The system, its weights, and the ranks with intervals."""
    step = run.plan.report.index
    result = run.results[step]
    params = result.params
    system = load_system(str(params["system"]))
    admissible = int(np.sum(result.tables["recipes"].columns["admissible"]))
    lead = say(
        "index.lead",
        system_title=system.title,
        index_items=len(system.indicators),
        group_names=_join([g.title for g in system.groups]),
        **{o: option_word(o, str(params[o])) for o in ("normalise", "weights", "aggregation")},
    )
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
            run, step, "scores", caption=Text(
                words("index.ranks_caption").zh.replace("{$year}", str(last)),
                words("index.ranks_caption").en.replace("{$year}", str(last)),
            ),
            stub=[NAME], columns=["score", "rank", "rank_low", "rank_high"],
            rows=rows.tolist(), long=True,
        ),
    ]  # fmt: skip
    return Section("index", words("index.title"), tuple(blocks))


def _join(parts: list[Text]) -> Text:
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def _stub(weights: Table) -> list[str]:
    """The direction has a column only where indicators differ in it."""
    both = len(set(weights.columns["direction"])) > 1
    return ["title", "group_title", *(["direction"] if both else [])]
