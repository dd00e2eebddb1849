"""The findings of the first screen: what was found, how sure, what to mind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.report.model import Finding
from zhiheng.report.sections.carbon_findings import carbon_findings
from zhiheng.report.texts import say
from zhiheng.study.run_types import ClaimFinding, StudyRun

VERDICTS = {
    "supported": Text("支持", "supported"),
    "not_supported": Text("不支持", "not supported"),
    "insufficient": Text("证据不足", "evidence insufficient"),
}


def findings(run: StudyRun) -> tuple[Finding, ...]:
    """Ranking, gap, the first claim and carbon, each where the plan has it."""
    found: list[Finding] = []
    if run.plan.report.index:
        found.append(rank_finding(run))
    if run.plan.report.disparity:
        found.append(gap_finding(run))
    found += [association_finding(run, claim) for claim in run.claims[:1]]
    return (*found, *carbon_findings(run))


def rank_finding(run: StudyRun) -> Finding:
    """Who leads in the last year, and how sure that is."""
    step = run.plan.report.index
    scores = run.results[step].tables["scores"]
    last = int(max(scores.columns["period"]))
    year = scores.where(period=last)
    order = np.lexsort((-year.columns["score"], year.columns["rank"]))
    width = year.columns["rank_high"] - year.columns["rank_low"]
    rows = {"top": int(order[0]), "second": int(order[1]), "widest": int(np.argmax(width))}
    bind: dict[str, str | int | Text] = {"index": step, "year": last}
    for name, row in rows.items():
        bind[name] = str(year.columns["entity"][row])
        bind[f"{name}_name"] = entity_name(year, int(row))
    return Finding(
        title=say("findings.rank.title", **bind),
        number=say("findings.rank.number", **bind),
        interval=say(f"findings.rank.{_certainty(width, rows)}", **bind),
        reservation=say("findings.rank.reservation", **bind),
        verdict="described",
        section="index",
    )


def _certainty(width: NDArray[np.float64], rows: Mapping[str, int]) -> str:
    """Which wording of the interval fits: nobody, the first, or both never move."""
    if width[rows["top"]]:
        return "interval"
    return "interval_sure" if width[rows["second"]] else "interval_both"


def gap_finding(run: StudyRun) -> Finding:
    """Whether the gap between regions widened, with an interval."""
    step = run.plan.report.disparity
    change = run.results[step].tables["change"]
    low, high = float(change.columns["ci_low"][0]), float(change.columns["ci_high"][0])
    direction = Text("没有可辨的变化", "shows no discernible change")
    if low > 0:
        direction = Text("扩大", "widened")
    elif high < 0:
        direction = Text("缩小", "narrowed")
    first, last = (int(change.columns[c][0]) for c in ("period_from", "period"))
    bind: dict[str, str | int | Text] = {
        "gap": step, "first": first, "last": last, "direction": direction,
    }  # fmt: skip
    return Finding(
        title=say("findings.gap.title", **bind),
        number=say("findings.gap.number", **bind),
        interval=say("findings.gap.interval", **bind),
        reservation=say("findings.gap.reservation", **bind),
        verdict="described",
        section="gaps",
    )


def association_finding(run: StudyRun, claim: ClaimFinding) -> Finding:
    """The verdict on a claim of association."""
    plan = next(c for c in run.plan.claim if c.id == claim.claim)
    levels = plan.steps["levels"]
    heavy, heavy_name = heaviest(run, levels)
    bind: dict[str, str | int | Text] = {
        "claim_text": claim.text,
        "verdict_text": VERDICTS[claim.verdict],
        "levels": levels,
        "differences": plan.steps["differences"],
        "term": plan.term,
        "heavy": heavy,
        "heavy_name": heavy_name,
    }
    return Finding(
        title=say("findings.association.title", **bind),
        number=say("findings.association.number", **bind),
        interval=say("findings.association.interval", **bind),
        reservation=say("findings.association.reservation", **bind),
        verdict=claim.verdict,
        section="mechanism",
    )


def heaviest(run: StudyRun, step: str) -> tuple[str, Text]:
    """The entity with the largest share of the within variance, and its name."""
    table = run.results[step].tables["influence"]
    row = int(np.argmax(table.columns["share"]))
    return str(table.columns["entity"][row]), entity_name(table, row)


def entity_name(table: Table, row: int) -> Text:
    """The name of the entity of a row, from its name columns."""
    if "name_zh" not in table.columns:
        return Text.same(str(table.columns["entity"][row]))
    return Text(str(table.columns["name_zh"][row]), str(table.columns["name_en"][row]))
