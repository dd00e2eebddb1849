"""What the parts of a plan say of each other, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from zhiheng.catalog.theory import theory
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.result import Json
from zhiheng.core.text import Text
from zhiheng.study.plan_parts import ClaimPlan, EdgePlan, ReportPlan

ALWAYS = ("levels", "differences", "reverse", "reverse_differences")
"""Without these an arrow has no evidence: the theory is simultaneous, so both directions."""
METHODS = {
    "levels": ("panel_ols",),
    "differences": ("panel_ols",),
    "reverse": ("panel_ols",),
    "reverse_differences": ("panel_ols",),
    "overlap": ("overlap_audit",),
    "arithmetic": ("arithmetic_null",),
    "survival": ("multiverse",),
    "design": ("iv", "did"),
}
"""Which methods may speak to which question on a claim or an arrow."""
MAY_REFUSE = ("arithmetic", "survival", "design")


class StepLike(Protocol):
    """What is read of a step."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def may_refuse(self) -> bool: ...  # noqa: D102
    @property
    def options(self) -> Mapping[str, Json]: ...  # noqa: D102


Parts = tuple[Sequence[ClaimPlan], Sequence[EdgePlan], ReportPlan]


def check_references(steps: Sequence[StepLike], parts: Parts, multiverse: str, where: str) -> None:
    """Refuse names that do not match and arrows that lack what their evidence rests on.

    `multiverse` is the name of the plan's own multiverse; empty where it has none.

    Raises
    ------
    ZhihengError
        P704 names of steps, P709 the steps of an arrow or of a claim.
    """
    claims, edges, report = parts
    ids = [step.id for step in steps]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    rows: list[Row] = [{"file": where, "step": i, "problem": "twice"} for i in twice]
    known = {*ids, multiverse}
    rows += [
        {"file": where, "in": place, "step": name, "problem": "missing"}
        for place, name in _named(claims, edges, report)
        if name not in known
    ]
    if rows:
        raise ZhihengError(
            "P704",
            Text("计划里的步骤对不上。", "Steps of the plan do not match."),
            evidence=rows,
            fix=Text("步骤名要唯一，引用要存在。", "Step ids must be unique and references exist."),
        )
    found = {step.id: step for step in steps}
    for claim in claims:
        _check_steps(f"claim {claim.id}", claim.steps, found, multiverse, where)
    for edge in edges:
        _check_edge(edge, found, multiverse, where)


def _named(
    claims: Sequence[ClaimPlan], edges: Sequence[EdgePlan], report: ReportPlan
) -> Iterator[tuple[str, str]]:
    for claim in claims:
        yield from ((f"claim {claim.id}", step) for step in claim.steps.values())
    for edge in edges:
        yield from ((f"edge {edge.edge}", step) for step in edge.steps.values())
    for table in report.tables:
        yield from ((f"table {table.id}", column.step) for column in table.columns)
    shown = (report.index, *report.overlap, *(s.step for s in report.channels))
    for name in (*shown, *report.carbon.steps()):
        if name:
            yield "report", name


def _check_edge(edge: EdgePlan, found: Mapping[str, StepLike], multiverse: str, where: str) -> None:
    place = f"edge {edge.edge}"
    lacking = [name for name in ALWAYS if name not in edge.steps]
    rows: list[Row] = [{"file": where, "in": place, "needs": name} for name in lacking]
    if rows:
        raise _unfit(rows)
    _check_steps(place, edge.steps, found, multiverse, where)
    arrow = theory().edge(edge.edge)  # an unknown arrow is C415, with the nearest names
    if "design" in edge.steps:
        _check_design(place, edge, found[edge.steps["design"]], arrow.estimators)
    survival = edge.steps.get("survival", multiverse)
    sign = found[survival].options.get("sign") if survival != multiverse else edge.sign
    if sign != edge.sign:
        raise _unfit([{"in": place, "survival": survival, "sign": str(sign), "edge": edge.sign}])


def _check_design(place: str, edge: EdgePlan, step: StepLike, allowed: Sequence[str]) -> None:
    """A design that theory allows for this arrow, about the same variable."""
    if step.method not in allowed:
        fits = ", ".join(m for m in METHODS["design"] if m in allowed) or "—"
        raise _unfit([{"in": place, "design": step.method, "allowed": fits}])
    driven = step.options.get("endogenous")
    if step.method == "iv" and edge.term not in (driven if isinstance(driven, list) else [driven]):
        raise _unfit([{"in": place, "design": step.id, "term": edge.term, "has": str(driven)}])


def _check_steps(
    place: str,
    steps: Mapping[str, str],
    found: Mapping[str, StepLike],
    multiverse: str,
    where: str,
) -> None:
    """Every question is known, is put to a method that can answer it, and may be refused."""
    rows: list[Row] = []
    for question, name in steps.items():
        if question not in METHODS:
            rows.append({"file": where, "in": place, "unknown": question})
        elif not (name == multiverse and question == "survival"):
            step = found[name]
            if step.method not in METHODS[question]:
                allowed = ", ".join(METHODS[question])
                rows.append({"in": place, "question": question, "step": name, "allowed": allowed})
            elif step.may_refuse and question not in MAY_REFUSE:
                rows.append({"in": place, "question": question, "may_refuse": name})
    if rows:
        raise _unfit(rows)


def _unfit(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "P709",
        Text(
            "主张或箭头所依据的步骤不合用。",
            "The steps that a claim or an arrow rests on will not do.",
        ),
        evidence=rows,
        fix=Text(
            "箭头要有 levels、differences 与反向的 reverse、reverse_differences；"
            "各问题只能由所列方法回答，前几项不能声明 may_refuse。",
            "An arrow needs levels, differences and, the other way round, reverse and "
            "reverse_differences; each question takes the methods listed, and these four may "
            "not be declared may_refuse.",
        ),
    )
