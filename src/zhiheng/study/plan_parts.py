"""The parts of a plan as they stand in its file; see `zhiheng.study.plan`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from zhiheng.core.text import Text


def _text(value: Any) -> Any:
    return Text.of(value) if isinstance(value, Mapping) else value


Words = Annotated[Text, BeforeValidator(_text)]


class PlanPart(BaseModel):
    """What every part has: no unknown fields, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class LeftOut(PlanPart):
    """An entity that the study leaves out, and why."""

    entity: str
    why: Words


class DataPlan(PlanPart):
    """Which observations the study stands on; `region` is the one that it is about, if it is."""

    dataset: str = ""
    file: str = ""
    level: str
    region: str = ""
    periods: tuple[int, int]
    leave_out: tuple[LeftOut, ...] = ()
    incomplete: Literal["refuse", "leave_out"] = "refuse"


class Variable(PlanPart):
    """A named expression over base series or over scores added by a step.

    `unless_absent` says why its series may be missing: without them the variable
    and whatever rests on it are left out by name; otherwise that is an error.
    """

    expression: str
    title: Words
    unless_absent: Words | None = None


class Added(PlanPart):
    """A column of a step's result that later steps use as a series."""

    table: str
    column: str
    where: Mapping[str, str] = Field(default_factory=dict)
    title: Words


class StepData(PlanPart):
    """What one step stands on instead of the data of the study.

    Some of its entities or years, or an embedded data set of another level; nothing of the
    latter can be added to the data of the study.
    """

    dataset: str = ""
    entities: tuple[str, ...] = ()
    periods: tuple[int, int] | None = None


class StepPlan(PlanPart):
    """One method call; `over` multiplies it, one axis of named option sets at a time.

    With `may_refuse` the method's refusal is a result of the study, printed as such;
    without it a refusal ends the run.
    """

    id: str
    method: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    data: StepData | None = None
    may_refuse: bool = False
    over: Mapping[str, Mapping[str, Mapping[str, Any]]] = Field(default_factory=dict)
    add: Mapping[str, Added] = Field(default_factory=dict)
    then: Mapping[str, Variable] = Field(default_factory=dict)


class ClaimPlan(PlanPart):
    """A sentence to be tested; `assert` makes a failed one block the run (exit 1).

    `steps` are ``levels``, ``differences`` and, where index and outcome may share data,
    ``overlap`` (an `overlap_audit`) and ``arithmetic`` (an `arithmetic_null`).
    """

    id: str
    text: Words
    source: Words
    rule: str
    mode: Literal["ask", "assert"] = "ask"
    sign: Literal["+", "-"] = "-"
    term: str = ""
    steps: Mapping[str, str]


class EdgePlan(PlanPart):
    """Which steps speak to an arrow of the theory graph.

    `steps` are those of a claim and besides ``reverse`` and ``reverse_differences`` (the
    same regressions the other way round, always), ``survival`` (a `multiverse`, or
    ``multiverse`` for that of the plan) and ``design`` (an `iv` or a `did`).
    """

    edge: str
    term: str
    sign: Literal["+", "-"] = "-"
    steps: Mapping[str, str]


class MatrixPlan(PlanPart):
    """A file of claims to be tested for every computable index system and every window.

    Without `systems` all of the level are taken, without `windows` the whole span of the study.
    """

    claims: str = "papers"
    systems: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    weights: tuple[str, ...] = ("entropy", "equal")
    draws: int = 1000


class RegressionColumnPlan(PlanPart):
    """One column of a regression table and its yes/no rows."""

    step: str
    heading: Words
    marks: Mapping[str, bool] = Field(default_factory=dict)


class RegressionTable(PlanPart):
    """A regression table: which steps stand side by side."""

    id: str
    title: Words
    columns: tuple[RegressionColumnPlan, ...]
    terms: tuple[str, ...]


class ShownStep(PlanPart):
    """A step that the report shows as it is, with what to call it."""

    step: str
    title: Words


class CarbonPlan(PlanPart):
    """Steps on carbon, in the order in which each section shows them.

    `first` are figures of the first screen as ``step.figure``; the sections do not repeat them.
    """

    first: tuple[str, ...] = ()
    account: tuple[ShownStep, ...] = ()
    drivers: tuple[ShownStep, ...] = ()
    path: tuple[ShownStep, ...] = ()
    levers: tuple[ShownStep, ...] = ()

    def steps(self) -> tuple[str, ...]:
        """Every step that is named."""
        shown = (*self.account, *self.drivers, *self.path, *self.levers)
        return (*(f.partition(".")[0] for f in self.first), *(s.step for s in shown))

    def within(self, ids: Collection[str]) -> CarbonPlan:
        """Without what rests on other steps than these."""

        def kept(shown: tuple[ShownStep, ...]) -> tuple[ShownStep, ...]:
            return tuple(s for s in shown if s.step in ids)

        return CarbonPlan(
            first=tuple(f for f in self.first if f.partition(".")[0] in ids),
            account=kept(self.account),
            drivers=kept(self.drivers),
            path=kept(self.path),
            levers=kept(self.levers),
        )


class ReportPlan(PlanPart):
    """Which steps fill which part of the report."""

    index: str = ""
    conventions: str = ""
    coupling: str = ""
    efficiency: str = ""
    productivity: str = ""
    disparity: str = ""
    transitions: str = ""
    inequality: str = ""
    density: str = ""
    kernel: str = ""
    moran: str = ""
    clusters: str = ""
    conditional: str = ""
    sigma: str = ""
    beta: str = ""
    clubs: str = ""
    typology: str = ""
    drivers: str = ""
    overlap: tuple[str, ...] = ()
    channels: tuple[ShownStep, ...] = ()
    carbon: CarbonPlan = CarbonPlan()
    tables: tuple[RegressionTable, ...] = ()
