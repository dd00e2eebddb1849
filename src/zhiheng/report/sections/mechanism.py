"""Mechanism: the theory graph with the evidence of this run, and the regressions behind it."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.columns import column
from zhiheng.core.text import Text
from zhiheng.report.model import (
    Block,
    FigureBlock,
    Paragraph,
    RegressionBlock,
    RegressionColumn,
    Section,
)
from zhiheng.report.sections.columns import NAME, heading, printed, table_block
from zhiheng.report.sections.findings import heaviest
from zhiheng.report.texts import say, words
from zhiheng.study.account import CLAIMS, ROBUSTNESS
from zhiheng.study.evidence import EVIDENCE
from zhiheng.study.plan_parts import RegressionTable
from zhiheng.study.run_types import StudyRun

FIT = ("n", "entities", "r2_within")


def mechanism_section(run: StudyRun) -> Section | None:
    """Arrows, claims, regressions, influence and overlap."""
    plan = run.plan.report
    if not plan.tables:
        return None
    blocks: list[Block] = [Paragraph((say("mechanism.lead"),))]
    if run.edges:
        blocks.append(FigureBlock(EVIDENCE, "graph", wide=True))
        blocks.append(
            table_block(
                run, EVIDENCE, "edges", caption=words("mechanism.edges_caption"),
                stub=["from_title", "to_title", "status_title"],
                columns=["estimate", "ci_low", "ci_high", "p_few", "p_differences", "heavy_share"],
                long=True, rows=_tested(run),
            )
        )  # fmt: skip
        blocks.append(
            table_block(
                run, EVIDENCE, "edges", caption=words("mechanism.doubts_caption"),
                stub=["from_title", "to_title"],
                columns=["overlap_share", "p_arithmetic", "share_survives", "p_joint",
                         "p_reverse", "p_reverse_differences"],
                long=True, rows=_tested(run),
            )
        )  # fmt: skip
        blocks.append(
            table_block(
                run, EVIDENCE, "edges", caption=words("mechanism.readings_caption"),
                stub=["reading", "reason"], columns=[], rows=_tested(run), long=True,
            )
        )  # fmt: skip
    blocks += _claims(run)
    for table in plan.tables:
        blocks.append(_regression(run, table))
        blocks += _after(run, table)
    blocks += _robustness(run)
    blocks += _overlaps(run)
    return Section("mechanism", words("mechanism.title"), tuple(blocks))


def _tested(run: StudyRun) -> list[int]:
    status = run.results[EVIDENCE].tables["edges"].columns["status"]
    return [i for i, s in enumerate(status) if s != "untested"]


def _claims(run: StudyRun) -> list[Block]:
    if not run.claims:
        return []
    blocks: list[Block] = [Paragraph((say("mechanism.claims_lead"),))]
    owner = run.results[CLAIMS].tables["criteria"].columns["claim"]
    for claim in run.claims:
        caption, text = words("mechanism.claims_caption"), claim.text
        block = table_block(
            run, CLAIMS, "criteria",
            caption=Text(f"{caption.zh}：{text.zh}", f"{caption.en}: {text.en}"),
            stub=["criterion", "entity_title", "passed_title"], columns=["value", "limit"],
            formats={"value": ".3f", "limit": ".2f"}, long=True,
            rows=np.flatnonzero(owner == claim.claim).tolist(),
        )  # fmt: skip
        blocks.append(block)
    return blocks


def _regression(run: StudyRun, table: RegressionTable) -> RegressionBlock:
    marks = list(dict.fromkeys(m for c in table.columns for m in c.marks))
    return RegressionBlock(
        caption=table.title,
        terms=tuple((term, series_title(run, term)) for term in table.terms),
        models=tuple(RegressionColumn(c.step, c.heading, c.marks) for c in table.columns),
        marks=tuple((m, heading(column(m).label)) for m in marks),
        fit=printed(FIT),
        note=(say("mechanism.regression_note", one="1 %", five="5 %", ten="10 %", power="80 %"),),
    )


def _after(run: StudyRun, table: RegressionTable) -> list[Block]:
    """The influence of single entities behind the first model of a table."""
    if table.id not in {"levels", "main"}:
        return []
    step = table.columns[0].step
    heavy, name = heaviest(run, step)
    blocks: list[Block] = [
        Paragraph((say("mechanism.influence_lead", levels=step, heavy=heavy, heavy_name=name),))
    ]
    result = run.results[step]
    if any(f.name == "influence" for f in result.figures):
        blocks.append(FigureBlock(step, "influence"))
    heaviest_first = np.argsort(-result.tables["influence"].columns["share"], kind="stable")
    blocks.append(
        table_block(
            run, step, "influence", caption=words("mechanism.influence_caption"),
            stub=[NAME], columns=["share", "estimate", "std_error", "p_value"],
            rows=heaviest_first[:5].tolist(),
        )
    )  # fmt: skip
    return blocks


def _robustness(run: StudyRun) -> list[Block]:
    return [
        Paragraph((say("mechanism.robustness_lead"),)),
        table_block(
            run, ROBUSTNESS, "models", caption=words("mechanism.robustness_caption"),
            stub=["model_title", "term_title"],
            columns=["estimate", "p_value", "p_few", "p_wild", "mde", "heavy_share", "p_without"],
            long=True,
        ),
    ]  # fmt: skip


def _overlaps(run: StudyRun) -> list[Block]:
    blocks: list[Block] = []
    for step in run.plan.report.overlap:
        result = run.results[step]
        blocks.append(Paragraph((say("mechanism.overlap_lead", overlap=step),)))
        blocks.append(
            table_block(
                run, step, "split", caption=words("mechanism.split_caption"),
                stub=["part_title"], columns=["estimate", "share"],
            )
        )  # fmt: skip
        if len(result.tables["overlaps"]):
            blocks.append(
                table_block(
                    run, step, "overlaps", caption=words("mechanism.overlap_caption"),
                    stub=["indicator_title", "series_title", "relation_title"], columns=["weight"],
                    long=True,
                )
            )  # fmt: skip
    return blocks


def series_title(run: StudyRun, name: str) -> Text:
    """The title of a variable, an added score or a base series."""
    from zhiheng.catalog.series import series as series_info

    plan = run.plan
    if name in plan.variables:
        return plan.variables[name].title
    for step in plan.step:
        if name in step.add:
            return step.add[name].title
        if name in step.then:
            return step.then[name].title
    info = series_info(name, plan.data.level)
    return info.title if info else Text.same(name)
