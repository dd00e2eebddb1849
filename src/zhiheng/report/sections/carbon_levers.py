"""What can be done: levers, what they cost whom, the cheapest set, abatement."""

from __future__ import annotations

from zhiheng.core.text import Text
from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.report.sections.carbon_path import record_of
from zhiheng.report.sections.columns import NAME
from zhiheng.report.sections.shown import Shown
from zhiheng.report.texts import say
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence


def levers(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """What a lever is, and the record of the fan that they move."""
    return (say("carbon.levers", title=title), *record_of(run, step))


def backcast(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """What is looked for; its fan is that of the simulator and has the same record."""
    del step
    found = [s for s, r in run.results.items() if r.method == "simulate" and not refusal(r)]
    return (say("carbon.backcast", title=title), *(record_of(run, found[0]) if found else ()))


EXHIBITS = {
    "simulate": Exhibit(
        levers,
        (
            Shown(
                "levers",
                ("lever_title", "unit", "evidence_title"),
                ("level_set", "lever_low", "lever_high", "effect_alone", "cost_per_t"),
                large=("effect_alone",),
                unit="t_CO2",
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
    "backcast": Exhibit(
        backcast,
        (
            Shown(
                "plan",
                ("lever_title", "unit", "evidence_grade"),
                ("lever_level", "lever_cap", "cap_share", "action_year"),
                formats=(("action_year", ".0f"),),
            ),
            Shown(
                "outcome",
                ("policy_case",),
                ("probability", "probability_low", "probability_high", "present_cost"),
                large=("present_cost",),
                formats=(("probability_low", ".3f"), ("probability_high", ".3f")),
            ),
            Shown(
                "costs",
                ("actor",),
                ("present_cost", "cost_low", "cost_high", "present_transfers"),
                large=("present_cost", "cost_low", "cost_high", "present_transfers"),
            ),
            Shown(
                "delay",
                ("months", "aim_met"),
                ("present_cost", "extra_cost", "extra_per_month", "probability_search"),
                large=("present_cost", "extra_cost", "extra_per_month"),
            ),
        ),
        ("plan", "path"),
    ),
    "macc": Exhibit(
        plain("macc"),
        (
            Shown(
                "measures",
                ("abatement_measure",),
                (
                    "cost_per_tonne",
                    "cost_low",
                    "cost_high",
                    "probability_negative",
                    "rank",
                    "rank_low",
                    "rank_high",
                ),
                formats=tuple((c, ",.0f") for c in ("cost_per_tonne", "cost_low", "cost_high")),
            ),
            Shown(
                "measures",
                ("abatement_measure", "abated_unit", "benefit_unit"),
                ("abated", "net_benefit"),
                plain=("abated", "net_benefit"),
            ),
            Shown(
                "overlap",
                ("abatement_measure", "emission_source", "abated_unit"),
                (
                    "installed",
                    "abated_alone",
                    "abated_in_order",
                    "abated",
                    "readiness_low",
                    "readiness_high",
                ),
                plain=("abated_alone", "abated_in_order", "abated"),
                long=True,
            ),
            Shown(
                "reversals",
                ("abatement_measure", "better_measure", "benefit_unit"),
                ("cost_per_tonne", "better_cost", "net_benefit", "better_benefit"),
                plain=("net_benefit", "better_benefit"),
            ),
            Shown("figures", ("technology", "quantity", "source"), ("value",), long=True),
        ),
    ),
}


def carbon_levers_section(run: StudyRun) -> Section | None:
    """Levers with their evidence, money by actor, plans and abatement costs."""
    return carbon_section(run, "levers", run.plan.report.carbon.levers, EXHIBITS)
