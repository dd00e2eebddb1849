"""The plan of a study: data, variables, steps and claims, declared before anything runs."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pydantic
from pydantic import Field

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.result import Json
from zhiheng.core.text import Text
from zhiheng.study.multiverse_plan import MULTIVERSE, MultiversePlan, check_multiverse
from zhiheng.study.plan_check import check_references
from zhiheng.study.plan_parts import (
    Added,
    ClaimPlan,
    DataPlan,
    EdgePlan,
    MatrixPlan,
    PlanPart,
    ReportPlan,
    StepData,
    StepPlan,
    Variable,
    Words,
)
from zhiheng.study.plan_region import about, named


class Plan(PlanPart):
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
                "channels": tuple(s for s in self.report.channels if s.step in ids),
                "carbon": self.report.carbon.within(ids),
                "tables": tuple(t for t in tables if t.columns),
            }
        )
        kept = {n: v for n, v in self.variables.items() if n not in variables}
        claims = tuple(c for c in self.claim if set(c.steps.values()) <= ids)
        edges = tuple(e for e in self.edge if set(e.steps.values()) <= {*ids, MULTIVERSE})
        changed = {"variables": kept, "claim": claims, "edge": edges, "report": report}
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
    may_refuse: bool = False
    data: StepData | None = None

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
        yield Step(name, plan.method, options, plan.add, plan.then, plan.may_refuse, plan.data)


def shipped_plans() -> list[str]:
    """The names of the studies that come with the package."""
    folder = resources.files("zhiheng.catalog").joinpath("data/studies")
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def load_plan(name: str, *, region: str = "") -> Plan:
    """Read a plan by its name in the package or by the path of a TOML file.

    `region` is a code that takes the place of the plan's own.

    Raises
    ------
    ZhihengError
        P701 no such plan, P702 not TOML, P703 a field is wrong or unknown, P704 a
        step id occurs twice or a claim names a step that does not exist, P709 an arrow
        of the theory whose steps do not suffice, P710 a region for a plan that has none.
    """
    path, folder = Path(name), Path()
    if name in shipped_plans():
        shipped = resources.files("zhiheng.catalog").joinpath(f"data/studies/{name}.toml")
        source = shipped.read_text("utf-8")
    elif path.suffix != ".toml" or not path.is_file():
        raise unknown_name("P701", name, shipped_plans(), kind=Text("研究计划", "study"))
    else:
        source, folder = path.read_text("utf-8"), path.parent
    return parse_plan(about(source, region, name) if region else source, name, folder=folder)


def parse_plan(source: str, where: str, *, folder: Path = Path()) -> Plan:
    """Read a plan from TOML text; `where` is named in errors."""
    try:
        document = named(tomllib.loads(source))
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
    shared = MULTIVERSE if plan.multiverse is not None else ""
    check_references(plan.steps(), (plan.claim, plan.edge, plan.report), shared, where)
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
