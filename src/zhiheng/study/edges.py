"""What a run has to say on each arrow of the theory graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zhiheng.core.result import Result
from zhiheng.study.claims import limits
from zhiheng.study.plan import EdgePlan
from zhiheng.study.run_types import EdgeFinding, EdgeStatus


def weigh(edges: Sequence[EdgePlan], results: Mapping[str, Result]) -> tuple[EdgeFinding, ...]:
    """Evidence status of the arrows that the plan tests; all others stay untested.

    An arrow is ``arithmetic`` when most of its coefficient is shared ingredients,
    ``association`` when sign and few-cluster p hold in levels and in differences,
    ``insufficient`` when it was tried and that failed. ``identified`` needs a
    design, which no method of this version offers.
    """
    return tuple(_one(edge, results) for edge in edges)


def _one(edge: EdgePlan, results: Mapping[str, Result]) -> EdgeFinding:
    share = _overlap_share(edge, results)
    return EdgeFinding(edge.edge, _status(edge, results, share), edge.step, edge.term, share)


def _overlap_share(edge: EdgePlan, results: Mapping[str, Result]) -> float | None:
    if not edge.overlap:
        return None
    table = results[edge.overlap].tables["split"]
    return float(table.columns["share"][table.find("shared")])


def _status(edge: EdgePlan, results: Mapping[str, Result], share: float | None) -> EdgeStatus:
    limit = limits("association")
    sign = -1.0 if edge.sign == "-" else 1.0
    passed: list[bool] = []
    for step in (edge.step, edge.differences):
        table = results[step].tables["coefficients"]
        row = table.find(edge.term)
        estimate = float(table.columns["estimate"][row])
        p = float(table.columns["p_few"][row])
        passed.append(bool(estimate * sign > 0 and p < limit["alpha"]))
    if share is not None and np.abs(share) > 1 - limit["most_overlap"]:
        return "arithmetic"
    return "association" if all(passed) else "insufficient"
