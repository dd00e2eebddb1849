"""What moved emissions: factors of an identity, decoupling, elasticities, gaps."""

from __future__ import annotations

from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.report.sections.columns import NAME
from zhiheng.report.sections.shown import Shown
from zhiheng.study.run_types import StudyRun

EXHIBITS = {
    "lmdi": Exhibit(
        plain("lmdi"),
        (Shown("effects", ("factor_title",), ("effect", "share", "relative_effect", "low", "high"),
               large=("effect", "low", "high")),
         Shown("change", ("period_from", "period"), ("start", "end", "change", "relative_change"),
               large=("start", "end", "change"))),
    ),
    "tapio": Exhibit(
        plain("tapio"),
        (Shown("windows", (NAME, "period_from", "period", "state_title"),
               ("emissions_growth", "activity_growth", "elasticity"), long=True),
         Shown("efforts", (NAME, "factor_title"),
               ("relative_effect", "effort_elasticity", "effort_index"), long=True)),
    ),
    "stirpat": Exhibit(plain("stirpat")),
    "ekc": Exhibit(plain("ekc")),
    "pda": Exhibit(plain("pda")),
    "carbon_inequality": Exhibit(plain("carbon_inequality")),
}  # fmt: skip


def carbon_drivers_section(run: StudyRun) -> Section | None:
    """Decompositions and the links between growth and emissions."""
    return carbon_section(run, "drivers", run.plan.report.carbon.drivers, EXHIBITS)
