"""Notes and figures of dynamic panels, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain.gmm_input import Dynamic
from zhiheng.kernels.moment_stack import Stack, Weighting

ORDER_CHECK = Text("一阶条件 X'ZAZ'u = 0 成立", "the first-order condition X'ZAZ'u = 0 holds")

NEAR_ONE = 0.9
"""A p of Hansen's test above this is itself suspicious: too many instruments (Roodman 2009)."""

_WEIGHTING: dict[Weighting, Text] = {
    "full": Text(
        "H 为独立同方差误差的协方差 [[DD', D], [D', I]]，同 Stata xtabond2 h(3)、gretl 缺省、R plm",
        "H is the covariance of independent errors, [[DD', D], [D', I]], as Stata xtabond2 h(3), "
        "gretl by default and R plm",
    ),
    "block": Text(
        "H 为分块对角 [[DD', 0], [0, I]]，同 Ox DPD、gretl --dpdstyle、xtabond2 h(2)",
        "H is block-diagonal, [[DD', 0], [0, I]], as Ox DPD, gretl --dpdstyle and xtabond2 h(2)",
    ),
    "identity": Text("H 为单位阵，同 xtabond2 h(1)", "H is the identity, as xtabond2 h(1)"),
}


def notes(model: Dynamic, stacked: Stack, tables: Mapping[str, Table], level: float) -> list[Note]:
    """What was done, and what the diagnostics forbid to say."""
    found = [_errors(model), _weights(model), _dummies(model)]
    count, entities = stacked.z.shape[-1], stacked.entities
    if count > entities:
        found.append(_too_many(count, entities))
    tests = {str(t): i for i, t in enumerate(tables["tests"].columns["test"])}
    p = tables["tests"].columns["p_value"]
    found += _correlated(float(p[tests["ar1"]]), float(p[tests["ar2"]]), level)
    found += _overidentified(float(p[tests["hansen"]]), level)
    found += _bounded(tables["bounds"], model)
    return [*found, _few(entities)]


def _errors(model: Dynamic) -> Note:
    if model.steps == "one":
        return Note(
            Text(
                "一步估计，标准误对地区内任意相关与异方差稳健，未作小样本调整，"
                "同 gretl dpanel、R plm vcovHC、Stata xtabond2 robust。",
                "One step; errors are robust to any dependence within an entity, without a "
                "small-sample factor, as gretl dpanel, R plm vcovHC and Stata xtabond2 robust.",
            )
        )
    return Note(
        Text(
            "两步估计，标准误经 Windmeijer（2005）校正；未校正的标准误另列一栏，有限样本下偏小。",
            "Two steps with Windmeijer's (2005) correction; the uncorrected error stands in its "
            "own column and is too small in finite samples.",
        )
    )


def _weights(model: Dynamic) -> Note:
    which = _WEIGHTING[model.h_matrix]
    return Note(
        Text(
            "第一步权重：{h}。系统估计换一个 H，一步的系数会变，请与所比软件对齐。",
            "First-step weights: {h}. In a system another H gives other one-step estimates: match "
            "it with the program you compare with.",
        ).format(h=which)
    )


def _dummies(model: Dynamic) -> Note:
    if model.effects == "twoway":
        return Note(
            Text(
                "含时期虚拟变量（不列出）；系统中它们只作水平方程的工具变量。",
                "Period dummies are included and not listed; in a system they instrument the "
                "levels only.",
            )
        )
    return Note(Text("不含时期效应。", "No period effects."))


def _too_many(count: int, entities: int) -> Note:
    return Note(
        Text(
            "工具变量 {l} 个，多于地区 {n} 个：汉森检验没有意义，系数偏向最小二乘。"
            "用 collapse 或缩短 gmm_lags。",
            "{l} instruments for {n} entities: Hansen's test means nothing here and estimates "
            "lean towards least squares. Use collapse or fewer gmm_lags.",
        ).format(l=count, n=entities),
        level="blocks",
        code="M719",
    )


def _correlated(first: float, second: float, level: float) -> list[Note]:
    out: list[Note] = []
    if second < level:
        out.append(
            Note(
                Text(
                    "AR(2) 检验拒绝（p = {p:.3f}）：误差有序列相关，滞后二期的工具变量无效，"
                    "系数不能引用。把 gmm_lags 的起点后移，或增加滞后。",
                    "AR(2) rejects (p = {p:.3f}): errors are correlated, instruments at lag two "
                    "are not valid and the estimates cannot be cited. Start gmm_lags later or "
                    "add lags.",
                ).format(p=second),
                level="blocks",
                code="M722",
            )
        )
    if first >= 2 * level:
        out.append(
            Note(
                Text(
                    "AR(1) 检验没有拒绝（p = {p:.3f}）：差分残差本应一阶负相关，"
                    "检验功效不足，AR(2) 不拒绝也说明不了什么。",
                    "AR(1) does not reject (p = {p:.3f}), though differenced errors should be "
                    "correlated: the test lacks power, and AR(2) not rejecting says little.",
                ).format(p=first),
                level="caution",
                code="M722",
            )
        )
    return out


def _overidentified(p: float, level: float) -> list[Note]:
    if p < level:
        text = Text(
            "汉森检验拒绝（p = {p:.3f}）：工具变量或模型至少一处不成立。",
            "Hansen's test rejects (p = {p:.3f}): some instruments, or the model, do not hold.",
        )
        return [Note(text.format(p=p), level="blocks", code="M723")]
    if p > NEAR_ONE:
        text = Text(
            "汉森检验 p = {p:.3f}，接近一：工具变量过多时检验会失去拒绝的能力，不是好消息。",
            "Hansen's p = {p:.3f} is close to one: with many instruments the test cannot reject; "
            "this is no good news.",
        )
        return [Note(text.format(p=p), level="caution", code="M723")]
    if np.isnan(p):
        text = Text(
            "恰好识别，没有过度识别检验。", "Exactly identified: no test of overidentification."
        )
        return [Note(text)]
    return []


def _bounded(bounds: Table, model: Dynamic) -> list[Note]:
    """Bond's check on the first lag: within is biased down, pooled up."""
    term = model.names[0]
    value = {
        name: float(bounds.columns["estimate"][bounds.find(name, term)])
        for name in ("pooled", "gmm", "within")
    }
    low, high = sorted((value["within"], value["pooled"]))
    if low <= value["gmm"] <= high or np.isnan(low + high):
        return []
    return [
        Note(
            Text(
                "滞后项 {g:.3f} 落在固定效应 {w:.3f} 与混合回归 {p:.3f} 之外（Bond 2002 的检查）："
                "工具变量弱，或模型有误。",
                "The lag, {g:.3f}, lies outside the range of fixed effects {w:.3f} and pooled "
                "least squares {p:.3f} (the check of Bond 2002): instruments are weak or the "
                "model is wrong.",
            ).format(g=value["gmm"], w=value["within"], p=value["pooled"]),
            level="caution",
            code="M724",
        )
    ]


def _few(entities: int) -> Note:
    return Note(
        Text(
            "p 值按正态分布（渐近，同 Stata、gretl 与 plm）；p_t 改用自由度为地区数减一的 t 分布。"
            "地区为 {n} 个：GMM 的依据是地区数很大，{n} 个地区的区间偏窄。",
            "p values are asymptotic, from the normal (as Stata, gretl and plm); p_t uses t with "
            "entities less one. There are {n} entities; GMM is justified by many, and with so "
            "many intervals tend to be too short.",
        ).format(n=entities),
        level="caution" if entities <= 50 else "note",
    )


def figures() -> tuple[Figure, ...]:
    """Coefficients, and the lag beside its bounds."""
    words = {"value": "estimate", "low": "ci_low", "high": "ci_high", "reference": 0}
    return (
        Figure(
            name="coefficients",
            kind="interval",
            table="coefficients",
            title=Text("系数与区间", "Coefficients with intervals"),
            reading=Text(
                "点是 GMM 估计值，横线是置信区间；横线跨过零线，就不能说系数异于零。",
                "A point is a GMM estimate, its line the confidence interval; a line across zero "
                "means that no difference from zero can be claimed.",
            ),
            encodings={"label": "term", **words},
        ),
        Figure(
            name="bounds",
            kind="interval",
            table="bounds",
            title=Text("滞后项：三种估计", "The lag by three estimators"),
            reading=Text(
                "混合回归高估滞后项，固定效应低估；可信的 GMM 估计在两者之间。",
                "Pooled least squares overstates the lag and fixed effects understate it; a "
                "credible GMM estimate lies between them.",
            ),
            encodings={"label": "model", **words},
        ),
    )
