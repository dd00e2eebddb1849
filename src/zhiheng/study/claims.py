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
from zhiheng.study.plan_parts import ClaimPlan, EdgePlan
from zhiheng.study.refusals import REFUSAL, refusal
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
    criteria = association_criteria(claim, results)
    if all(c.passed for c in criteria):
        return "supported", criteria
    alpha, sign = limits("association")["alpha"], sign_of(claim)
    opposite = [
        coefficient(results[claim.steps[s]], claim.term, "estimate") * sign < 0
        and coefficient(results[claim.steps[s]], claim.term, "p_few") < alpha
        for s in ("levels", "differences")
    ]
    return ("not_supported" if all(opposite) else "insufficient"), criteria


def association_criteria(
    tested: ClaimPlan | EdgePlan, results: Mapping[str, Result]
) -> tuple[Criterion, ...]:
    """What an association has to pass, whether it is a claim's or an arrow's."""
    limit = limits("association")
    return (
        *_signed(tested, results, "levels", Text("水平值", "levels"), limit["alpha"]),
        *_signed(tested, results, "differences", Text("一阶差分", "first differences"),
                 limit["alpha"]),
        *_robust_to_one(tested, results, limit),
        *_mostly_arithmetic(tested, results, limit["most_overlap"]),
        *_beyond_arithmetic(tested, results),
    )  # fmt: skip


def sign_of(tested: ClaimPlan | EdgePlan) -> float:
    """The declared sign as a number."""
    return -1.0 if tested.sign == "-" else 1.0


def _signed(
    tested: ClaimPlan | EdgePlan,
    results: Mapping[str, Result],
    form: str,
    where: Text,
    alpha: float,
) -> tuple[Criterion, Criterion]:
    step, key = tested.steps[form], (tested.term,)
    estimate = coefficient(results[step], tested.term, "estimate")
    p = coefficient(results[step], tested.term, "p_few")
    return (
        Criterion(
            f"{form}_sign",
            Text("{w}：方向与主张一致", "{w}: sign as claimed").format(w=where),
            step, "coefficients", key, "estimate", estimate, 0.0,
            bool(estimate * sign_of(tested) > 0),
        ),
        Criterion(
            f"{form}_p",
            Text("{w}：少聚类 p 值够小", "{w}: few-cluster p value small enough").format(w=where),
            step, "coefficients", key, "p_few", p, alpha, bool(p < alpha),
        ),
    )  # fmt: skip


def _robust_to_one(
    tested: ClaimPlan | EdgePlan, results: Mapping[str, Result], limit: Mapping[str, float]
) -> tuple[Criterion, ...]:
    """Nobody carries the result alone: leave-one-out p and the share of within variance."""
    step = tested.steps["levels"]
    table = results[step].tables["influence"]
    claimed = table.columns["estimate"] * sign_of(tested) > 0
    p = np.where(claimed, table.columns["p_value"], 1.0)
    worst, heaviest = int(np.argmax(p)), int(np.argmax(table.columns["share"]))
    share = float(table.columns["share"][heaviest])
    return (
        Criterion(
            "without_one",
            Text("去掉任何一个地区都成立", "holds without any one entity"),
            step, "influence", _key(table.key(worst)), "p_value",
            float(table.columns["p_value"][worst]), limit["alpha_leave_one_out"],
            bool(p[worst] < limit["alpha_leave_one_out"]),
        ),
        Criterion(
            "concentration",
            Text("没有一个地区独占组内变异", "no entity dominates the within variance"),
            step, "influence", _key(table.key(heaviest)), "share",
            share, limit["most_concentration"], bool(share <= limit["most_concentration"]),
        ),
    )  # fmt: skip


def _mostly_arithmetic(
    tested: ClaimPlan | EdgePlan, results: Mapping[str, Result], most: float
) -> tuple[Criterion, ...]:
    step = tested.steps.get("overlap", "")
    if not step:
        return ()
    table = results[step].tables["split"]
    share = float(table.columns["share"][table.find("shared")])
    return (
        Criterion(
            "overlap",
            Text("系数不主要来自共同成分的算术", "the coefficient is not mostly shared arithmetic"),
            step, "split", ("shared",), "share", share, most, bool(abs(share) <= most),
        ),
    )  # fmt: skip


def _beyond_arithmetic(
    tested: ClaimPlan | EdgePlan, results: Mapping[str, Result]
) -> tuple[Criterion, ...]:
    """The part that shares nothing goes with the outcome; a refused test is no pass."""
    step = tested.steps.get("arithmetic", "")
    if not step:
        return ()
    code = refusal(results[step])
    if code:
        name = Text("算术零假设检验（拒绝：{c}）", "arithmetic null (refused: {c})").format(c=code)
        return (
            Criterion("arithmetic", name, step, REFUSAL, (), "code", np.nan, np.nan, passed=False),
        )
    row = results[step].tables["test"].row(0)
    p, most = float(str(row["p_arithmetic"])), float(str(row["p_limit"]))
    return (
        Criterion(
            "arithmetic",
            Text("算术零假设的 p 值够小", "p value of the arithmetic null small enough"),
            step, "test", (), "p_arithmetic", p, most, bool(p <= most),
        ),
    )  # fmt: skip


def coefficient(result: Result, term: str, column: str) -> float:
    """A number of a coefficient table."""
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
