"""The plan of a study: data, variables, steps and claims, declared before anything runs."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.result import Json
from zhiheng.core.text import Text
from zhiheng.study.multiverse_plan import MultiversePlan, check_multiverse


def _text(value: Any) -> Any:
    return Text.of(value) if isinstance(value, Mapping) else value


Words = Annotated[Text, BeforeValidator(_text)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class LeftOut(_Model):
    """An entity that the study leaves out, and why."""

    entity: str
    why: Words


class DataPlan(_Model):
    """Which observations the study stands on."""

    dataset: str = ""
    file: str = ""
    level: str
    periods: tuple[int, int]
    leave_out: tuple[LeftOut, ...] = ()
    incomplete: Literal["refuse", "leave_out"] = "refuse"


class Variable(_Model):
    """A named expression over base series or over scores added by a step.

    `unless_absent` says why its series may be missing: without them the variable
    and whatever rests on it are left out by name; otherwise that is an error.
    """

    expression: str
    title: Words
    unless_absent: Words | None = None


class Added(_Model):
    """A column of a step's result that later steps use as a series."""

    table: str
    column: str
    where: Mapping[str, str] = Field(default_factory=dict)
    title: Words


class StepPlan(_Model):
    """One method call; `over` multiplies it, one axis of named option sets at a time."""

    id: str
    method: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    over: Mapping[str, Mapping[str, Mapping[str, Any]]] = Field(default_factory=dict)
    add: Mapping[str, Added] = Field(default_factory=dict)
    then: Mapping[str, Variable] = Field(default_factory=dict)


class ClaimPlan(_Model):
    """A sentence to be tested; `assert` makes a failed one block the run (exit 1)."""

    id: str
    text: Words
    source: Words
    rule: str
    mode: Literal["ask", "assert"] = "ask"
    sign: Literal["+", "-"] = "-"
    term: str = ""
    steps: Mapping[str, str]


class EdgePlan(_Model):
    """Which step speaks to an arrow of the theory graph."""

    edge: str
    step: str
    term: str
    differences: str
    overlap: str = ""
    sign: Literal["+", "-"] = "-"


class MatrixPlan(_Model):
    """A file of claims to be tested for every computable index system and every window.

    Without `systems` all of the level are taken, without `windows` the whole span of the study.
    """

    claims: str = "papers"
    systems: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    weights: tuple[str, ...] = ("entropy", "equal")
    draws: int = 1000


class ReportPlan(_Model):
    """Which steps fill which part of the report."""

    index: str
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
    tables: tuple[RegressionTable, ...] = ()


class RegressionTable(_Model):
    """A regression table: which steps stand side by side."""

    id: str
    title: Words
    columns: tuple[RegressionColumnPlan, ...]
    terms: tuple[str, ...]


class RegressionColumnPlan(_Model):
    """One column of a regression table and its yes/no rows."""

    step: str
    heading: Words
    marks: Mapping[str, bool] = Field(default_factory=dict)


class Plan(_Model):
    """A whole study."""

    id: str
    title: Words
    subtitle: Words
    question: Words
    seed: int
    data: DataPlan
    variables: Mapping[str, Variable] = Field(default_factory=dict)
    step: tuple[StepPlan, ...]
    claim: tuple[ClaimPlan, ...] = ()
    edge: tuple[EdgePlan, ...] = ()
    matrix: MatrixPlan | None = None
    multiverse: MultiversePlan | None = None
    report: ReportPlan
    source_text: str = Field(default="", exclude=True, repr=False)
    folder: Path = Field(default=Path(), exclude=True, repr=False)

    without: tuple[str, ...] = Field(default=(), exclude=True)

    def steps(self) -> tuple[Step, ...]:
        """All method calls in order, with `over` multiplied out and `without` left out."""
        every = (step for plan in self.step for step in _multiply(plan))
        return tuple(step for step in every if not step.rests_on(self.without))

    def leaving_out(self, variables: tuple[str, ...]) -> Plan:
        """The plan without some variables and without what rests on them."""
        thin = self.model_copy(update={"without": variables})
        ids = {step.id for step in thin.steps()}
        tables = tuple(
            t.model_copy(update={"columns": tuple(c for c in t.columns if c.step in ids)})
            for t in self.report.tables
        )
        report = self.report.model_copy(
            update={
                "overlap": tuple(s for s in self.report.overlap if s in ids),
                "tables": tuple(t for t in tables if t.columns),
            }
        )
        kept = {n: v for n, v in self.variables.items() if n not in variables}
        claims = tuple(c for c in self.claim if set(c.steps.values()) <= ids)
        changed = {"variables": kept, "claim": claims, "report": report}
        return thin.model_copy(
            update={**changed, "multiverse": _thinned(self.multiverse, variables)}
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One method call with its final options."""

    id: str
    method: str
    options: Mapping[str, Json]
    add: Mapping[str, Added]
    then: Mapping[str, Variable]

    def rests_on(self, variables: tuple[str, ...]) -> bool:
        """Whether an option names one of these variables."""
        return any(word in variables for word in option_words(self.options))


def _thinned(wanted: MultiversePlan | None, gone: tuple[str, ...]) -> MultiversePlan | None:
    """The multiverse without some outcomes and controls; None where no outcome is left."""
    if wanted is None:
        return None
    outcomes = tuple(o for o in wanted.outcomes if o not in gone)
    controls = {n: role for n, role in wanted.controls.items() if n not in gone}
    thin = wanted.model_copy(update={"outcomes": outcomes, "controls": controls})
    return thin if outcomes else None


def option_words(options: Mapping[str, Json]) -> list[str]:
    """Every string in the options of a step, lists opened."""
    parts = [v if isinstance(v, list) else [v] for v in options.values()]
    return [word for part in parts for word in part if isinstance(word, str)]


def _multiply(plan: StepPlan) -> Iterator[Step]:
    axes = [[(axis, value) for value in values] for axis, values in plan.over.items()]
    for combination in itertools.product(*axes):
        options: dict[str, Json] = dict(plan.options)
        for axis, value in combination:
            options.update(plan.over[axis][value])
        name = plan.id.format(**dict(combination))
        yield Step(name, plan.method, options, plan.add, plan.then)


for _model in (ReportPlan, RegressionTable, Plan):
    _model.model_rebuild()


def shipped_plans() -> list[str]:
    """The names of the studies that come with the package."""
    folder = resources.files("zhiheng.catalog").joinpath("data/studies")
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def load_plan(name: str) -> Plan:
    """Read a plan by its name in the package or by the path of a TOML file.

    Raises
    ------
    ZhihengError
        P701 no such plan, P702 not TOML, P703 a field is wrong or unknown, P704 a
        step id occurs twice or a claim names a step that does not exist.
    """
    path = Path(name)
    if name in shipped_plans():
        source = resources.files("zhiheng.catalog").joinpath(f"data/studies/{name}.toml")
        return parse_plan(source.read_text("utf-8"), name)
    if path.suffix != ".toml" or not path.is_file():
        raise unknown_name("P701", name, shipped_plans(), kind=Text("研究计划", "study"))
    return parse_plan(path.read_text("utf-8"), str(path), folder=path.parent)


def parse_plan(source: str, where: str, *, folder: Path = Path()) -> Plan:
    """Read a plan from TOML text; `where` is named in errors."""
    try:
        document = tomllib.loads(source)
        plan = Plan.model_validate({**document, "source_text": source, "folder": folder})
    except tomllib.TOMLDecodeError as error:
        raise ZhihengError(
            "P702",
            Text("计划文件不是合法的 TOML。", "The plan is not valid TOML."),
            evidence=[{"file": where, "error": str(error)}],
            fix=Text("按所示行列修改。", "Mend the line and column shown."),
        ) from error
    except pydantic.ValidationError as error:
        raise _wrong_fields(where, error) from error
    _check_references(plan, where)
    if plan.multiverse is not None:
        added = {name for step in plan.step for name in (*step.add, *step.then)}
        check_multiverse(plan.multiverse, plan.steps(), added, where)
    return plan


def _wrong_fields(where: str, error: pydantic.ValidationError) -> ZhihengError:
    rows = [
        {"file": where, "field": ".".join(map(str, e["loc"])), "error": e["msg"]}
        for e in error.errors(include_url=False)
    ]
    return ZhihengError(
        "P703",
        Text("计划有 {n} 个字段不对。", "{n} fields of the plan are wrong.").format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "按所示字段修改；字段表见文档。", "Mend the fields shown; the docs list them all."
        ),
    )


def _check_references(plan: Plan, where: str) -> None:
    ids = [step.id for step in plan.steps()]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    rows: list[Row] = [{"file": where, "step": i, "problem": "twice"} for i in twice]
    named = [(f"claim {c.id}", s) for c in plan.claim for s in c.steps.values()]
    named += [(f"edge {e.edge}", s) for e in plan.edge for s in (e.step, e.differences)]
    named += [(f"table {t.id}", c.step) for t in plan.report.tables for c in t.columns]
    named += [("report", s) for s in (plan.report.index, *plan.report.overlap)]
    rows += [
        {"file": where, "in": a, "step": s, "problem": "missing"} for a, s in named if s not in ids
    ]
    if rows:
        raise ZhihengError(
            "P704",
            Text("计划里的步骤对不上。", "Steps of the plan do not match."),
            evidence=rows,
            fix=Text("步骤名要唯一，引用要存在。", "Step ids must be unique and references exist."),
        )
