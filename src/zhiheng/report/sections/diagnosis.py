"""Sections that show results as they are: a lead, figures, tables; one entry for each result.

The leads say what a table shows and what it cannot show; numbers stand in the tables alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import NAME, table_block
from zhiheng.report.sections.shown import Shown, rows_of
from zhiheng.report.texts import say, words
from zhiheng.study.claim_matrix import MATRIX
from zhiheng.study.run_types import StudyRun


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown of one result: the field of the plan, figures by name, tables."""

    plan: str
    figures: tuple[str, ...]
    tables: tuple[Shown, ...]


DISTRIBUTION = (
    Part(
        "inequality", ("trend",),
        (Shown("trend", ("measure_title",),
               ("start", "end", "change", "ci_low", "ci_high")),
         Shown("shifts", ("shift_title", "measure_title"),
               ("start", "end", "change", "turning_shift"))),
    ),
    Part("density", ("ridgeline",),
         (Shown("summary", ("period",),
                ("mean", "spread", "bandwidth", "modes", "p_calibrated", "p_dip")),)),
    Part("kernel", ("kernel",),
         (Shown("persistence", ("quantile",),
                ("relative_value", "p_down", "stay", "stay_low", "stay_high", "p_up")),)),
)  # fmt: skip
SPACE = (
    Part("moran", ("global", "scatter"),
         (Shown("global", ("period",),
                ("moran", "z", "p_value", "p_permutation", "geary")),)),
    Part("clusters", ("map",),
         (Shown("clusters", ("quadrant",), ("members", "significant_members"), last=True),)),
    Part("conditional", ("conditional_1", "conditional_4"),
         (Shown("homogeneity", ("hypothesis",),
                ("regimes", "lr_statistic", "df", "p_lr", "p_lr_permuted")),)),
)  # fmt: skip
CONVERGENCE = (
    Part("sigma", ("sigma",),
         (Shown("trend", ("measure_title",),
                ("start", "end", "change", "change_low", "change_high")),)),
    Part("beta", ("slopes",),
         (Shown("convergence", ("model_title",),
                ("estimate", "std_error_cr2", "p_few", "theta", "half_life", "theta_corrected")),
          Shown("spatial", ("model_title",),
                ("spatial_parameter", "p_lr_ols", "direct_effect", "indirect_effect",
                 "total_effect", "total_low", "total_high", "theta")))),
    Part("clubs", ("paths",),
         (Shown("log_t", ("stage_title", "club"), ("n", "estimate", "statistic")),
          Shown("clubs", (NAME, "club_merged"), ("path_first", "path_last"), long=True))),
    Part("typology", ("leaving",),
         (Shown("stages", (NAME, "stage_title", "direction_title"),
                ("value", "leave", "ci_low", "ci_high", "rank", "rank_change"), long=True),
          Shown("peers", (NAME, "peer_title"), ("distance_z", "lead"),
                where=("place", "1"), long=True),
          Shown("strategies", ("stage_title", "strategy", "quotation"), ()))),
)  # fmt: skip


def distribution_section(run: StudyRun) -> Section | None:
    """How unequal, of which shape, and where the distribution is heading."""
    return _section(run, "distribution", DISTRIBUTION)


def space_section(run: StudyRun) -> Section | None:
    """Whether neighbours resemble each other, where they cluster, and whether they matter."""
    return _section(run, "space", SPACE)


def convergence_section(run: StudyRun) -> Section | None:
    """Whether gaps narrow, who catches up with whom, and who stands at which stage."""
    return _section(run, "convergence", CONVERGENCE)


def verdicts_section(run: StudyRun) -> Section | None:
    """The claims of papers over index systems and windows."""
    if MATRIX not in run.results:
        return None
    tables = run.results[MATRIX].tables
    claims = len(tables["summary"])
    blocks: list[Block] = [
        Paragraph((say("verdicts.lead", claims=claims, systems=len(tables["systems"])),)),
        *(FigureBlock(MATRIX, f.name) for f in run.results[MATRIX].figures),
        table_block(
            run, MATRIX, "summary", caption=words("verdicts.summary_caption"),
            stub=["claim_title"],
            columns=["supported", "not_supported", "insufficient", "conflicting", "tested"],
        ),
        table_block(
            run, MATRIX, "verdicts", caption=words("verdicts.verdicts_caption"),
            stub=["claim_title", "variable_title", "verdict_title"],
            columns=["estimate", "ci_low", "ci_high"], rows=_own(run), long=True,
        ),
        table_block(
            run, MATRIX, "sources", caption=words("verdicts.sources_caption"),
            stub=["claim_title", "quotation", "source", "criterion"], columns=[],
        ),
    ]  # fmt: skip
    return Section("verdicts", words("verdicts.title"), tuple(blocks))


def _own(run: StudyRun) -> list[int]:
    """Verdicts on the index system of the study; the workbook holds those on all of them."""
    index = run.results.get(run.plan.report.index)
    system = str(index.params.get("system") if index else "").replace("-", "_")
    variables = run.results[MATRIX].tables["verdicts"].columns["variable"]
    mine = [n for n, name in enumerate(variables) if str(name).startswith(f"{system}_")]
    return mine or list(range(len(variables)))


def _section(run: StudyRun, name: str, parts: Sequence[Part]) -> Section | None:
    blocks: list[Block] = []
    for part in parts:
        step = str(getattr(run.plan.report, part.plan))
        if step:
            blocks += _part(run, step, f"{name}.{part.plan}", part)
    if not blocks:
        return None
    return Section(name, words(f"{name}.title"), tuple(blocks))


def _part(run: StudyRun, step: str, key: str, part: Part) -> list[Block]:
    result = run.results[step]
    drawn = {f.name for f in result.figures}
    shown = [t for t in part.tables if t.table in result.tables and len(result.tables[t.table])]
    blocks: list[Block] = [Paragraph((say(key),))]
    blocks += [FigureBlock(step, name) for name in part.figures if name in drawn]
    blocks += [
        table_block(
            run, step, t.table, stub=t.stub, columns=t.columns, rows=rows_of(result, t), long=t.long
        )
        for t in shown
    ]
    return blocks
