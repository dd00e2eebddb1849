"""From a study run to a document: which sentences, tables and figures, in which order."""

from __future__ import annotations

from zhiheng.report.model import Document, FigureBlock, Section
from zhiheng.report.sections import findings
from zhiheng.report.sections.audit import audit_section
from zhiheng.report.sections.carbon_account import carbon_account_section
from zhiheng.report.sections.carbon_drivers import carbon_drivers_section
from zhiheng.report.sections.carbon_levers import carbon_levers_section
from zhiheng.report.sections.carbon_path import carbon_path_section
from zhiheng.report.sections.channels import channels_section, multiverse_section
from zhiheng.report.sections.coupling import coupling_section
from zhiheng.report.sections.data import appendix_section, data_section
from zhiheng.report.sections.diagnosis import (
    convergence_section,
    distribution_section,
    space_section,
    verdicts_section,
)
from zhiheng.report.sections.drivers import drivers_section
from zhiheng.report.sections.efficiency import efficiency_section
from zhiheng.report.sections.gaps import gaps_section
from zhiheng.report.sections.index import index_section
from zhiheng.report.sections.mechanism import mechanism_section
from zhiheng.report.sections.methods import methods_section, replication_section
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import StudyRun


def build_document(run: StudyRun) -> Document:
    """Compose the report of a run; a part whose step the plan lacks is left out."""
    plan = run.plan
    sections: list[Section | None] = [
        data_section(run),
        index_section(run),
        audit_section(run),
        coupling_section(run),
        efficiency_section(run),
        gaps_section(run),
        distribution_section(run),
        space_section(run),
        convergence_section(run),
        verdicts_section(run),
        carbon_account_section(run),
        carbon_drivers_section(run),
        carbon_path_section(run),
        carbon_levers_section(run),
        mechanism_section(run),
        channels_section(run),
        multiverse_section(run),
        drivers_section(run),
        methods_section(run),
        replication_section(run),
        appendix_section(run),
    ]
    return Document(
        title=plan.title,
        subtitle=plan.subtitle,
        question=plan.question,
        findings=findings.findings(run),
        first_figures=_first_figures(run),
        sections=tuple(s for s in sections if s is not None),
    )


def _first_figures(run: StudyRun) -> tuple[FigureBlock, ...]:
    """Map and ranking of the index, then the figures on carbon that the plan puts first."""
    plan = run.plan.report
    index = run.results.get(plan.index)
    names = {figure.name for figure in index.figures} if index else set[str]()
    shown = [FigureBlock(plan.index, name) for name in ("map", "ranking") if name in names]
    for first in plan.carbon.first:
        step, _, name = first.partition(".")
        if not refusal(run.results[step]):
            shown.append(FigureBlock(step, name))
    return tuple(shown)
