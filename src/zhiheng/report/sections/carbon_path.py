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

MILESTONES = (2025, 2030, 2035, 2040, 2050)
"""Years of plans and goals for which a printed table of every year would be too long.

Not the last one: paths end there, so that every one of them has had its highest year.
"""


def simulate(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """What is simulated, and the record of its fan."""
    return (say("carbon.simulate", title=title), *record_of(run, step))


def record_of(run: StudyRun, step: str) -> tuple[Sentence, ...]:
    """The hindcast behind the fans of a simulation, China by itself."""
    table = run.results[step].tables["hindcast"]
    horizon = int(table.columns["horizon"].max())
    samples = [str(s) for s in dict.fromkeys(table.columns["sample"])]
    known = {"countries": "economies"} if run.panel_of(step).level == "economy" else {}
    keys = {s: f"carbon.simulate_{known.get(s, s)}" for s in samples}
    return tuple(say(key, step=step, sample=s, horizon=horizon) for s, key in keys.items())


def peaked(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """What is asked, and the record of such odds."""
    skill = run.results[step].tables["skill"]
    pool = str(skill.columns["pool"][0])
    said = [say("carbon.peaked", title=title), say("carbon.peaked_record", step=step, pool=pool)]
    if "china_outlook" in skill.columns["record_measure"]:
        said.append(say("carbon.peaked_china", step=step, pool=pool))
    if pool == "countries":
        said.append(say("carbon.peaked_countries"))
    return tuple(said)


EXHIBITS = {
    "peaked": Exhibit(
        peaked,
        (Shown("probability", (NAME, "maximum_period"), ("probability", "below_maximum"),
               last=True, long=True, sort="probability"),
         Shown("skill", ("pool", "record_measure", "met"),
               ("value", "low", "high", "at_least", "at_most"), long=True)),
        ("odds", "fan"),
    ),
    "targets": Exhibit(
        plain("targets"),
        (Shown("gaps", (NAME, "target_id", "target_state", "period", "deadline"),
               ("progress", "recent_pace", "required_pace", "off_track"), long=True),
         Shown("missing", ("target_id", "lacking", "deadline"), ()),
         Shown("reported", ("target_id", "period"),
               ("reported", "measured", "difference_reported"))),
    ),
    "carbon_budget": Exhibit(
        plain("carbon_budget"),
        (Shown("spread", (NAME,),
               ("share_latest", "smallest_share", "largest_share", "allowance_middle",
                "use_at_present"),
               long=True, large=("allowance_middle", "use_at_present")),
         Shown("rules", ("equity_title", "principle", "source"), ())),
    ),
    "simulate": Exhibit(
        simulate,
        (Shown("outcome", (NAME,),
               ("start_emissions", "peak_median", "end_median", "peak_odds", "neutral_odds"),
               long=True, large=("start_emissions", "peak_median", "end_median"),
               sort="start_emissions"),
         Shown("hindcast", ("sample", "rival"), ("horizon", "mae", "coverage_50", "coverage_90",
                                                 "n")),
         Shown("odds", ("event", "period"), ("probability",), periods=MILESTONES, alone=True)),
        ("fan",),
    ),
}  # fmt: skip


def carbon_path_section(run: StudyRun) -> Section | None:
    """Odds, fans with hindcasts, gaps to targets."""
    return carbon_section(run, "path", run.plan.report.carbon.path, EXHIBITS)
