"""Findings on carbon for the first screen: odds of a peak, and what moved emissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from zhiheng.catalog.levers import scenario
from zhiheng.catalog.targets import deadline_of
from zhiheng.core.result import Cell, Table
from zhiheng.core.text import Text
from zhiheng.report.model import Finding
from zhiheng.report.texts import say
from zhiheng.study.plan_parts import ShownStep
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import StudyRun

MOST = 3
"""Findings of each section on the first screen."""


def carbon_findings(run: StudyRun) -> tuple[Finding, ...]:
    """One for the first step of each method that has a sentence to say, odds first."""
    plan = run.plan.report.carbon
    out: list[Finding] = []
    said: set[str] = set()
    for shown in (*plan.path, *plan.drivers):
        result = run.results[shown.step]
        maker = _MAKERS.get(result.method)
        if maker is None or refusal(result) or result.method in said:
            continue
        found = maker(run, shown)
        out += [found] if found else []
        said.add(result.method)
    return tuple(out[:MOST])


def _peaked(run: StudyRun, shown: ShownStep) -> Finding | None:
    """The odds of the largest emitter of the last year."""
    tables = run.results[shown.step].tables
    table = tables["probability"]
    year = int(table.columns["period"].max())
    last = table.where(period=year)
    emitted = tables["levels"].where(period=year)
    largest = str(emitted.columns["entity"][int(np.argmax(emitted.columns["latest"]))])
    row = table.row(table.find(largest, year))
    bind: dict[str, str | int | Text] = {
        "peaked": shown.step,
        "entity": str(row["entity"]),
        "year": year,
        "name": _name(row) if len(last) > 1 else shown.title,
        "years": int(str(row["period_to"])) - year,
        "top": int(str(row["maximum_period"])),
        "pool": str(tables["skill"].columns["pool"][0]),
    }
    now = "number_now" if bind["top"] == year else "number"
    return _finding("peak", "carbon-path", bind, number=now)


def _lmdi(run: StudyRun, shown: ShownStep) -> Finding | None:
    """The factors that raised and lowered emissions most; none where all go one way."""
    table = run.results[shown.step].tables.get("effects")
    if table is None or table.keys != ("factor",):
        return None
    effects = table.columns["effect"]
    up, down = int(np.argmax(effects)), int(np.argmin(effects))
    if effects[up] <= 0 or effects[down] >= 0:
        return None
    bind: dict[str, str | int | Text] = {
        "title": shown.title,
        "drivers": shown.step,
        "up": str(table.columns["factor"][up]),
        "down": str(table.columns["factor"][down]),
        "up_name": _titled(table, up),
        "down_name": _titled(table, down),
    }
    return _finding("drivers", "carbon-drivers", bind)


def _simulate(run: StudyRun, shown: ShownStep) -> Finding | None:
    """The odds of the goals for the whole, or for the largest emitter."""
    table = run.results[shown.step].tables["outcome"]
    peak, neutral = deadline_of("peak"), deadline_of("neutrality")
    if peak is None or neutral is None:
        return None
    row = table.row(int(np.argmax(table.columns["start_emissions"])))
    bind: dict[str, str | int | Text] = {
        "path": shown.step,
        "entity": str(row["entity"]),
        "title": shown.title,
        "peak": peak,
        "neutral": neutral,
        "horizon": int(run.results[shown.step].tables["hindcast"].columns["horizon"].max()),
    }
    beside = _with_levers(run, shown.step)
    if beside is None:
        return _finding("path", "carbon-path", bind)
    bind |= {"levers": beside[0], "scenario": beside[1]}
    return _finding("path", "carbon-path", bind, suffix="_levers")


def _with_levers(run: StudyRun, step: str) -> tuple[str, Text] | None:
    """The shown run of the same start with the levers of a scenario, and what it is called."""
    about = next(s for s in run.plan.steps() if s.id == step)
    start = run.results[step].tables["outcome"].columns["start_emissions"]
    options = {s.id: s.options for s in run.plan.steps() if s.data == about.data}
    for shown in run.plan.report.carbon.levers:
        result = run.results[shown.step]
        levers = options.get(shown.step, {}).get("levers")
        if result.method != "simulate" or refusal(result) or not isinstance(levers, str):
            continue
        if np.array_equal(start, result.tables["outcome"].columns["start_emissions"]):
            return shown.step, scenario(levers).title
    return None


_MAKERS: dict[str, Callable[[StudyRun, ShownStep], Finding | None]] = {
    "peaked": _peaked,
    "simulate": _simulate,
    "lmdi": _lmdi,
}


def _finding(
    key: str,
    section: str,
    bind: dict[str, str | int | Text],
    *,
    number: str = "number",
    suffix: str = "",
) -> Finding:
    parts = (f"title{suffix}", f"{number}{suffix}", "interval", f"reservation{suffix}")
    title, figure, interval, reservation = (
        say(f"carbon.findings.{key}.{p}", **bind) for p in parts
    )
    return Finding(title, figure, interval, reservation, "described", section)


def _name(row: Mapping[str, Cell]) -> Text:
    return Text(str(row["name_zh"]), str(row["name_en"]))


def _titled(table: Table, row: int) -> Text:
    return Text(
        str(table.columns["factor_title_zh"][row]), str(table.columns["factor_title_en"][row])
    )
