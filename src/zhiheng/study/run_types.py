"""What a study run holds; the report reads this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zhiheng.core.panel import Panel
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.study.plan import Plan

Verdict = Literal["supported", "not_supported", "insufficient"]
EdgeStatus = Literal["untested", "arithmetic", "association", "insufficient", "identified"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One test that a claim has to pass, and whether it did.

    `value` is NaN where the step refused to answer; that is not a pass.
    """

    id: str
    name: Text
    step: str
    table: str
    key: tuple[str | int, ...]
    column: str
    value: float
    limit: float
    passed: bool


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """The verdict on one claim, with the criteria that led to it."""

    claim: str
    text: Text
    verdict: Verdict
    criteria: tuple[Criterion, ...]
    reason: Text
    blocks: bool


@dataclass(frozen=True, slots=True)
class EdgeFinding:
    """What the run has to say on one arrow of the theory graph.

    Attributes
    ----------
    numbers : mapping
        By column of the table ``edges``; what is absent was not asked or not answered.
    reason : Text
        What the status stands on.
    reading : Text
        The arrow in words that the status allows; only `identified` is put causally.
    """

    edge: str
    status: EdgeStatus
    numbers: Mapping[str, float]
    reason: Text
    reading: Text
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOutEntity:
    """An entity that is not in the study, and why."""

    entity: str
    name: Text
    why: Text


@dataclass(frozen=True, slots=True)
class StudyRun:
    """A finished run: a pure function of data hash, plan hash and code version.

    Attributes
    ----------
    results : mapping of step to Result
    panel : Panel
        The panel after all steps: base series, variables, scores.
    panels : mapping of step to Panel
        Those of the steps that stand on other data than the study.
    """

    plan: Plan
    panel: Panel
    results: Mapping[str, Result]
    left_out: tuple[LeftOutEntity, ...]
    claims: tuple[ClaimFinding, ...]
    edges: tuple[EdgeFinding, ...]
    data_hash: str
    plan_hash: str
    code_version: str
    number_hash: str
    byte_hash: str
    seconds: Mapping[str, float]
    panels: Mapping[str, Panel] = field(default_factory=dict[str, Panel])

    def panel_of(self, step: str) -> Panel:
        """The panel that a step stands on: that of the study, or one of its own."""
        return self.panels.get(step, self.panel)
