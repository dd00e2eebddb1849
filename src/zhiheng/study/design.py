"""Whether a design that could identify an arrow passes its own tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.core.result import Result, Table
from zhiheng.core.text import Text
from zhiheng.study.claims import coefficient, limits, sign_of
from zhiheng.study.plan_parts import EdgePlan
from zhiheng.study.refusals import REFUSAL, refusal
from zhiheng.study.run_types import Criterion


def design_criteria(edge: EdgePlan, results: Mapping[str, Result]) -> tuple[Criterion, ...]:
    """What the design of an arrow has to pass; empty where the plan names none.

    Passing is necessary, not sufficient: that an instrument is as good as random, or that
    trends would have been parallel, is argued in the plan and cannot be computed.
    """
    step = edge.steps.get("design", "")
    if not step:
        return ()
    code = refusal(results[step])
    if code:
        name = Text("识别设计（拒绝：{c}）", "the design (refused: {c})").format(c=code)
        return (Criterion("design", name, step, REFUSAL, (), "code", np.nan, np.nan, passed=False),)
    alpha = limits("association")["alpha"]
    if results[step].method == "iv":
        return _instrument(edge, step, results[step], alpha)
    return _policy(edge, step, results[step], alpha)


def _instrument(edge: EdgePlan, step: str, result: Result, alpha: float) -> tuple[Criterion, ...]:
    """Sign, strength, an Anderson-Rubin p that holds under weakness, overidentification."""
    estimate = coefficient(result, edge.term, "estimate")
    strength, tests = result.tables["strength"], result.tables["tests"]
    row = strength.find(edge.term)
    several = bool(np.isnan(strength.columns["f_effective"][row]))
    column = "f_conditional" if several else "f_effective"
    limit = np.nan if several else float(strength.columns["f_critical"][row])
    found = [
        Criterion(
            "design_sign",
            Text("工具变量估计：方向与主张一致", "instrumented estimate: sign as claimed"),
            step, "coefficients", (edge.term,), "estimate", estimate, 0.0,
            bool(estimate * sign_of(edge) > 0),
        ),
        Criterion(
            "design_strength",
            Text("工具变量不弱", "the instruments are not weak"),
            step, "strength", (edge.term,), column, float(strength.columns[column][row]), limit,
            not bool(strength.columns["weak"][row]),
        ),
        _test(tests, step, "anderson_rubin", alpha, small=True),
    ]  # fmt: skip
    names = tests.columns["test"].tolist()
    over = [n for n in ("hansen_j", "sargan") if n in names]
    return (*found, *(_test(tests, step, n, alpha, small=False) for n in over[:1]))


def _policy(edge: EdgePlan, step: str, result: Result, alpha: float) -> tuple[Criterion, ...]:
    """Sign and p of the effect, no trend before it, and rarer than starts at random."""
    overall = result.tables["att"]
    key = overall.key(0)
    estimate, p = (float(overall.columns[c][0]) for c in ("estimate", "p_value"))
    before = float(result.tables["pretrend"].columns["p_value"][0])
    found = [
        Criterion(
            "design_sign",
            Text("政策效应：方向与主张一致", "effect of the policy: sign as claimed"),
            step, "att", (str(key[0]),), "estimate", estimate, 0.0,
            bool(estimate * sign_of(edge) > 0),
        ),
        Criterion(
            "design_p",
            Text("政策效应：p 值够小", "effect of the policy: p value small enough"),
            step, "att", (str(key[0]),), "p_value", p, alpha, bool(p < alpha),
        ),
        Criterion(
            "design_pretrend",
            Text("政策之前没有不同的趋势", "no different trend before the policy"),
            step, "pretrend", (), "p_value", before, alpha, bool(before >= alpha),
        ),
    ]  # fmt: skip
    if "placebo" in result.tables:
        placebo = float(result.tables["placebo"].columns["p_value"][0])
        found.append(
            Criterion(
                "design_placebo",
                Text("随机起点很少得到这么大的效应", "starts at random seldom give such an effect"),
                step, "placebo", (), "p_value", placebo, alpha, bool(placebo < alpha),
            )
        )  # fmt: skip
    return tuple(found)


def _test(table: Table, step: str, name: str, alpha: float, *, small: bool) -> Criterion:
    """A test of the design that has to reject (`small`) or must not."""
    row = table.find(name)
    p = float(table.columns["p_value"][row])
    title = Text(str(table.columns["test_title_zh"][row]), str(table.columns["test_title_en"][row]))
    wanted = Text("应当拒绝", "has to reject") if small else Text("不应拒绝", "must not reject")
    return Criterion(
        f"design_{name}",
        Text("{t}（{w}）", "{t} ({w})").format(t=title, w=wanted),
        step, "tests", (name,), "p_value", p, alpha, bool(p < alpha) if small else bool(p >= alpha),
    )  # fmt: skip
