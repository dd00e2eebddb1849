"""What can be done: levers, what they cost whom, the cheapest set, abatement."""

from __future__ import annotations

from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.study.run_types import StudyRun

EXHIBITS = {
    "simulate": Exhibit(plain("levers")),
    "backcast": Exhibit(plain("backcast")),
    "macc": Exhibit(plain("macc")),
}


def carbon_levers_section(run: StudyRun) -> Section | None:
    """Levers with their evidence, money by actor, plans and abatement costs."""
    return carbon_section(run, "levers", run.plan.report.carbon.levers, EXHIBITS)
