"""What a run has to say on each arrow of the theory graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zhiheng.catalog.theory import Edge, theory
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Text
from zhiheng.study import evidence_wording as wording
from zhiheng.study.claims import association_criteria, coefficient, limits
from zhiheng.study.design import design_criteria
from zhiheng.study.plan import Plan
from zhiheng.study.plan_parts import EdgePlan
from zhiheng.study.refusals import refusal
from zhiheng.study.run_types import Criterion, EdgeFinding, EdgeStatus

EVIDENCE = "evidence"
"""The name under which this result stands beside those of the steps."""
NUMBERS = (
    "estimate", "ci_low", "ci_high", "p_few", "estimate_differences", "p_differences",
    "estimate_reverse", "p_reverse", "p_reverse_differences", "heavy_share", "overlap_share",
    "p_arithmetic", "share_survives", "p_joint",
)  # fmt: skip
"""Columns of the table ``edges`` that hold a number of this run."""


def weigh(plan: Plan, panel: Panel, results: Mapping[str, Result]) -> tuple[EdgeFinding, ...]:
    """Evidence status of the arrows that the plan tests, and of those true by construction.

    ``arithmetic``: an association in levels that is mostly shared ingredients or no more
    than shared data give by themselves, or an effect that is a part of the index.
    ``identified``: a design says so and passes its own tests. ``association``: every
    criterion of a claim is met. ``insufficient``: it was tried and that failed. All
    others stay ``untested``.
    """
    tested = tuple(_one(edge, panel, results) for edge in plan.edge)
    done = {finding.edge for finding in tested}
    index = results.get(plan.report.index)
    system = str(index.params.get("system") or "") if index else ""
    parts = [
        wording.construction(edge)
        for edge in theory().edges
        if edge.id not in done and _is_part(edge, system, plan)
    ]
    return (*tested, *parts)


def _is_part(edge: Edge, system: str, plan: Plan) -> bool:
    """Whether the effect is a group of the very index that measures the cause."""
    causes = theory().measures(edge.from_, plan.data.level)
    effects = theory().measures(edge.to, plan.data.level)
    whole = any(m.system == system and not m.group for m in causes)
    return bool(system) and whole and any(m.system == system and m.group for m in effects)


def _one(edge: EdgePlan, panel: Panel, results: Mapping[str, Result]) -> EdgeFinding:
    criteria = association_criteria(edge, results)
    design = design_criteria(edge, results)
    numbers = _numbers(edge, results)
    status = _status(criteria, design, numbers)
    outcome = str(results[edge.steps["levels"]].params["outcome"])
    method = results[edge.steps["design"]].method if "design" in edge.steps else ""
    return EdgeFinding(
        edge=edge.edge,
        status=status,
        numbers=numbers,
        reason=wording.reason(design if status == "identified" else criteria),
        reading=wording.reading(
            status, panel.title(edge.term), panel.title(outcome), edge.sign, method
        ),
        steps=tuple(step for step in edge.steps.values() if step in results),
    )


def _status(
    criteria: Sequence[Criterion], design: Sequence[Criterion], numbers: Mapping[str, float]
) -> EdgeStatus:
    passed = {c.id: c.passed for c in criteria}
    if design and all(c.passed for c in design):
        return "identified"
    share = abs(numbers.get("overlap_share", 0.0))
    answered = "p_arithmetic" in numbers
    by_chance = answered and share > 0 and not passed["arithmetic"]
    mostly = share > 1 - limits("association")["most_overlap"]
    if passed["levels_sign"] and passed["levels_p"] and (mostly or by_chance):
        return "arithmetic"
    return "association" if all(passed.values()) else "insufficient"


def _numbers(edge: EdgePlan, results: Mapping[str, Result]) -> dict[str, float]:
    steps = edge.steps
    levels = results[steps["levels"]]
    outcome = str(levels.params["outcome"])
    found = {c: coefficient(levels, edge.term, c) for c in NUMBERS[:4]}
    for name, step, term in (
        ("differences", "differences", edge.term),
        ("reverse", "reverse", outcome),
        ("reverse_differences", "reverse_differences", outcome),
    ):
        found[f"estimate_{name}"] = coefficient(results[steps[step]], term, "estimate")
        found[f"p_{name}"] = coefficient(results[steps[step]], term, "p_few")
    found["heavy_share"] = float(levels.tables["influence"].columns["share"].max())
    # A share of a coefficient that cannot be told from zero is a ratio to noise.
    if "overlap" in steps and found["p_few"] < limits("association")["alpha_leave_one_out"]:
        table = results[steps["overlap"]].tables["split"]
        found["overlap_share"] = float(table.columns["share"][table.find("shared")])
    if "arithmetic" in steps and not refusal(results[steps["arithmetic"]]):
        test = results[steps["arithmetic"]].tables["test"]
        found["p_arithmetic"] = float(test.columns["p_arithmetic"][0])
    if "survival" in steps and not refusal(results[steps["survival"]]):
        found |= _survival(results[steps["survival"]].tables["joint"], outcome)
    return {name: value for name, value in found.items() if name in NUMBERS}


def _survival(joint: Table, outcome: str) -> dict[str, float]:
    """How many declared specifications have the claimed sign and significance."""
    scopes = joint.columns["scope"].tolist()
    row = joint.find(outcome if outcome in scopes else "all", "share_significant")
    share, p = (float(joint.columns[c][row]) for c in ("observed", "p_joint"))
    return {"share_survives": share, "p_joint": p}


def evidence_account(edges: Sequence[EdgeFinding], results: Mapping[str, Result]) -> Result:
    """The theory graph: nodes, and every arrow with the evidence of this run."""
    graph = theory()
    found = {e.edge: e for e in edges}
    titles = {node.id: node.title for node in graph.nodes}
    status = [found[e.id].status if e.id in found else "untested" for e in graph.edges]
    readings = [found[e.id].reading if e.id in found else _untested(titles, e) for e in graph.edges]
    nobody = Text("没有步骤检验它", "no step tests it")
    reasons = [found[e.id].reason if e.id in found else nobody for e in graph.edges]
    numbers = {
        name: np.array(
            [found[e.id].numbers.get(name, np.nan) if e.id in found else np.nan
             for e in graph.edges], dtype=np.float64
        )
        for name in NUMBERS
    }  # fmt: skip
    return Result(
        tables={
            "nodes": Table.of(
                ["id"],
                id=[n.id for n in graph.nodes],
                **_pair("name", [n.title for n in graph.nodes]),
                kind=[n.kind for n in graph.nodes],
                x=np.array([n.x for n in graph.nodes], dtype=np.float64),
                y=np.array([n.y for n in graph.nodes], dtype=np.float64),
            ),
            "edges": Table.of(
                ["edge"],
                edge=[e.id for e in graph.edges],
                **{"from": [e.from_ for e in graph.edges], "to": [e.to for e in graph.edges]},
                **_pair("from_title", [titles[e.from_] for e in graph.edges]),
                **_pair("to_title", [titles[e.to] for e in graph.edges]),
                sign=[e.sign for e in graph.edges],
                status=status,
                **_pair("status_title", [option_word("edge_status", s) for s in status]),
                **numbers,
                **_pair("reading", readings),
                **_pair("reason", reasons),
            ),
        },
        figures=(wording.graph_figure(),),
        method=EVIDENCE,
        series=tuple(sorted({s for e in edges for step in e.steps for s in results[step].series})),
    )


def _untested(titles: Mapping[str, Text], edge: Edge) -> Text:
    return wording.reading("untested", titles[edge.from_], titles[edge.to], edge.sign, "")


def _pair(name: str, texts: Sequence[Text]) -> dict[str, list[str]]:
    """A bilingual column as two: ``name_zh`` and ``name_en``."""
    return {f"{name}_zh": [t.zh for t in texts], f"{name}_en": [t.en for t in texts]}
