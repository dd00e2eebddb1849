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
        (Shown("effects", ("factor_title",), ("effect", "relative_effect", "low", "high"),
               large=("effect", "low", "high")),
         Shown("change", ("period_from", "period"), ("start", "end", "change", "relative_change"),
               large=("start", "end", "change"))),
    ),
    "tapio": Exhibit(
        plain("tapio"),
        (Shown("windows", (NAME, "period_from", "period", "state_title"),
               ("emissions_growth", "activity_growth", "elasticity"), long=True),
         Shown("efforts", (NAME, "period_from", "period", "factor_title"),
               ("relative_effect", "effort_elasticity", "effort_index"), long=True)),
    ),
    "stirpat": Exhibit(
        plain("stirpat"),
        (Shown("coefficients", ("term",),
               ("estimate", "std_error", "p_value", "p_few", "ci_low", "ci_high", "vif")),
         Shown("differences", ("term",), ("estimate", "std_error", "p_few", "ci_low", "ci_high")),
         Shown("fit", ("estimator_title",), ("n", "entities", "r2_within"))),
        ("coefficients",),
    ),
    "ekc": Exhibit(
        plain("ekc"),
        (Shown("shape_test", ("point",), ("at", "slope_there", "std_error", "p_value", "p_few")),
         Shown("turning_point", ("extremum", "in_range"),
               ("turning_point", "delta_low", "delta_high", "share_below"))),
        ("curve",),
    ),
    "production_decomposition": Exhibit(
        plain("production_decomposition"),
        (Shown("effects", ("factor_title",), ("effect", "relative_effect", "mean_ratio"),
               large=("effect",)),),
        ("effects",),
    ),
    "carbon_inequality": Exhibit(
        plain("carbon_inequality"),
        (Shown("inequality", ("spread_over_title", "measure_title"),
               ("value", "ci_low", "ci_high"), last=True),
         Shown("decomposition", ("measure_title", "part_title"), ("value", "share"), last=True),
         Shown("groups", ("group_title", "per_head_unit"),
               ("people_share", "emissions_share", "emissions_per_head"), last=True)),
        ("lorenz", "by_factor"),
    ),
}  # fmt: skip


def carbon_drivers_section(run: StudyRun) -> Section | None:
    """Decompositions and the links between growth and emissions."""
    return carbon_section(run, "drivers", run.plan.report.carbon.drivers, EXHIBITS)
