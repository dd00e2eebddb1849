"""What can be done: levers, what they cost whom, the cheapest set, abatement."""

from __future__ import annotations

from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.report.sections.columns import NAME
from zhiheng.report.sections.shown import Shown
from zhiheng.study.run_types import StudyRun

EXHIBITS = {
    "simulate": Exhibit(
        plain("levers"),
        (
            Shown(
                "levers",
                ("lever_title", "lever_unit", "evidence"),
                ("level_set", "lever_low", "lever_high", "effect_alone", "cost_per_t"),
                large=("effect_alone",),
                long=True,
            ),
            Shown(
                "lever_notes",
                ("lever_title", "lever_shape", "entry_status", "source"),
                ("first_year", "full_year"),
                long=True,
                formats=(("first_year", ".0f"), ("full_year", ".0f")),
            ),
            Shown(
                "totals",
                (NAME, "total_of", "unit"),
                ("low", "median", "high"),
                long=True,
                large=("low", "median", "high"),
            ),
            Shown(
                "money",
                ("actor", "period"),
                ("low", "median", "high", "transfers"),
                periods=(2030, 2060),
                alone=True,
                large=("low", "median", "high", "transfers"),
            ),
        ),
        ("levers", "wedge"),
    ),
    "backcast": Exhibit(plain("backcast")),
    "macc": Exhibit(plain("macc")),
}


def carbon_levers_section(run: StudyRun) -> Section | None:
    """Levers with their evidence, money by actor, plans and abatement costs."""
    return carbon_section(run, "levers", run.plan.report.carbon.levers, EXHIBITS)
