"""From results to verdicts: each claim passes every declared criterion, or says which it fails."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np

from zhiheng.core.errors import unknown_name
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.study.plan import ClaimPlan
from zhiheng.study.run_types import ClaimFinding, Criterion, Verdict


@cache
def limits(rule: str) -> Mapping[str, float]:
    """The declared limits of a rule, from ``claim_rules.toml``."""
    source = resources.files("zhiheng.catalog").joinpath("data/claim_rules.toml")
    return tomllib.loads(source.read_text("utf-8"))[rule]


def judge(claim: ClaimPlan, results: Mapping[str, Result]) -> ClaimFinding:
    """The verdict on one claim.

    Raises
    ------
    ZhihengError
        P705 the plan names a rule that does not exist.
    """
    rules = {"association": _association}
    if claim.rule not in rules:
        raise unknown_name("P705", claim.rule, rules, kind=Text("判定规则", "claim rule"))
    verdict, criteria = rules[claim.rule](claim, results)
    failed = [c.name for c in criteria if not c.passed]
    return ClaimFinding(
        claim=claim.id,
        text=claim.text,
        verdict=verdict,
        criteria=criteria,
        reason=_reason(verdict, failed),
        blocks=claim.mode == "assert" and verdict != "supported",
    )


def _association(
    claim: ClaimPlan, results: Mapping[str, Result]
) -> tuple[Verdict, tuple[Criterion, ...]]:
    """Supported only if the sign holds in levels, in differences, for all, beyond arithmetic."""
    limit = limits("association")
    sign = -1.0 if claim.sign == "-" else 1.0
    levels, differences = (claim.steps[k] for k in ("levels", "differences"))
    criteria = (
        *_signed(claim, results, levels, Text("水平值", "levels"), sign, limit["alpha"]),
        *_signed(
            claim, results, differences, Text("一阶差分", "first differences"), sign, limit["alpha"]
        ),
        *_robust_to_one(results[levels], levels, sign, limit),
        *_beyond_arithmetic(claim, results, limit["most_overlap"]),
    )
    if all(c.passed for c in criteria):
        return "supported", criteria
    opposite = [
        _coefficient(results[s], claim.term, "estimate") * sign < 0
        and _coefficient(results[s], claim.term, "p_few") < limit["alpha"]
        for s in (levels, differences)
    ]
    return ("not_supported" if all(opposite) else "insufficient"), criteria


def _signed(
    claim: ClaimPlan,
    results: Mapping[str, Result],
    step: str,
    where: Text,
    sign: float,
    alpha: float,
) -> tuple[Criterion, Criterion]:
    key = (claim.term,)
    estimate = _coefficient(results[step], claim.term, "estimate")
    p = _coefficient(results[step], claim.term, "p_few")
    return (
        Criterion(
            Text("{w}：方向与主张一致", "{w}: sign as claimed").format(w=where),
            step, "coefficients", key, "estimate", estimate, 0.0, bool(estimate * sign > 0),
        ),
        Criterion(
            Text("{w}：少聚类 p 值够小", "{w}: few-cluster p value small enough").format(w=where),
            step, "coefficients", key, "p_few", p, alpha, bool(p < alpha),
        ),
    )  # fmt: skip


def _robust_to_one(
    result: Result, step: str, sign: float, limit: Mapping[str, float]
) -> tuple[Criterion, ...]:
    """Nobody carries the result alone: leave-one-out p and the share of within variance."""
    table = result.tables["influence"]
    p = np.where(table.columns["estimate"] * sign > 0, table.columns["p_value"], 1.0)
    worst, heaviest = int(np.argmax(p)), int(np.argmax(table.columns["share"]))
    share = float(table.columns["share"][heaviest])
    return (
        Criterion(
            Text("去掉任何一个地区都成立", "holds without any one entity"),
            step, "influence", _key(table.key(worst)), "p_value",
            float(table.columns["p_value"][worst]), limit["alpha_leave_one_out"],
            bool(p[worst] < limit["alpha_leave_one_out"]),
        ),
        Criterion(
            Text("没有一个地区独占组内变异", "no entity dominates the within variance"),
            step, "influence", _key(table.key(heaviest)), "share",
            share, limit["most_concentration"], bool(share <= limit["most_concentration"]),
        ),
    )  # fmt: skip


def _beyond_arithmetic(
    claim: ClaimPlan, results: Mapping[str, Result], most: float
) -> tuple[Criterion, ...]:
    step = claim.steps.get("overlap", "")
    if not step:
        return ()
    table = results[step].tables["split"]
    row = table.find("shared")
    share = float(table.columns["share"][row])
    return (
        Criterion(
            Text("系数不主要来自共同成分的算术", "the coefficient is not mostly shared arithmetic"),
            step, "split", ("shared",), "share", share, most, bool(abs(share) <= most),
        ),
    )  # fmt: skip


def _coefficient(result: Result, term: str, column: str) -> float:
    table = result.tables["coefficients"]
    return float(table.columns[column][table.find(term)])


def _key(key: tuple[object, ...]) -> tuple[str | int, ...]:
    return tuple(k if isinstance(k, int) else str(k) for k in key)


def _reason(verdict: Verdict, failed: list[Text]) -> Text:
    if verdict == "supported":
        return Text("全部判据通过。", "Every criterion is met.")
    return Text("未通过：{f}。", "Not met: {f}.").format(
        f=Text("；".join(t.zh for t in failed), "; ".join(t.en for t in failed))
    )
