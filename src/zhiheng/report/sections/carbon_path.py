"""Where emissions are heading: odds of a peak, paths with their record, targets and budgets."""

from __future__ import annotations

from zhiheng.core.text import Text
from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.report.sections.columns import NAME
from zhiheng.report.sections.shown import Shown
from zhiheng.report.texts import say
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

EXHIBITS = {
    "peaked": Exhibit(
        lambda run, step, title: _peaked(run, step, title),
        (Shown("probability", (NAME,),
               ("probability", "maximum_period", "below_maximum"), last=True, long=True),
         Shown("skill", ("pool", "measure", "met"), ("value", "low", "high", "at_least", "at_most"),
               long=True)),
        ("odds", "fan"),
    ),
    "targets": Exhibit(plain("targets")),
    "carbon_budget": Exhibit(plain("carbon_budget")),
    "simulate": Exhibit(plain("simulate")),
}  # fmt: skip


def carbon_path_section(run: StudyRun) -> Section | None:
    """Odds, fans with hindcasts, gaps to targets."""
    return carbon_section(run, "path", run.plan.report.carbon.path, EXHIBITS)


def _peaked(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """What is asked, and the record of such odds."""
    skill = run.results[step].tables["skill"]
    pool = str(skill.columns["pool"][0])
    said = [say("carbon.peaked", title=title), say("carbon.peaked_record", step=step, pool=pool)]
    if "china_outlook" in skill.columns["measure"]:
        said.append(say("carbon.peaked_china", step=step, pool=pool))
    if pool == "countries":
        said.append(say("carbon.peaked_countries"))
    return tuple(said)
