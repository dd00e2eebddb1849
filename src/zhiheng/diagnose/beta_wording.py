"""Notes and figures of beta convergence: what the slope may be called, and what it may not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Level, Note, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.beta_models import Fitted


def notes(found: Table, sigma: Table, fitted: Sequence[Fitted], lag: int) -> list[Note]:
    """The reading, the exact form of the speed, and the cautions that apply."""
    said = [
        _reading(found, sigma),
        Note(
            Text(
                "增长取对数的年均差 (ln y_末 − ln y_初)/τ，b 是对 ln y_初 的斜率；"
                "速度 θ = −ln(1 + bτ)/τ，半程 ln2/θ，区间用 delta 法。"
                "区间与 p 用 CR2 标准误和 Satterthwaite 自由度，按地区聚类。",
                "Growth is (ln y_end - ln y_start)/tau per period and b its slope on ln y_start; "
                "speed theta = -ln(1 + b tau)/tau, half-life ln 2/theta, intervals by the delta "
                "method. Intervals and p use CR2 standard errors with Satterthwaite degrees of "
                "freedom, clustered by entity.",
            )
        ),
        Note(
            Text(
                "起点的测量误差使 b 偏负（回归均值）：误差同时进入起点和增长，符号相反。"
                "“反向”一行把增长对终点回归；若它为正而 b 为负，斜率可以只是均值回归。",
                "Measurement error at the start makes b too negative (regression to the mean): it "
                "enters start and growth with opposite signs. The row “reverse” regresses growth "
                "on the final level; where that is positive and b negative, b may be nothing else.",
            ),
            code="M776",
        ),
    ]
    biased = [one for one in fitted if one.biased]
    if biased:
        said.append(_nickell(found, biased))
    if lag > 1:
        said.append(
            Note(
                Text(
                    "相隔 {k} 期的增长彼此重叠，不是独立观测，只有聚类在照顾它。",
                    "Spans of {k} periods overlap and are not independent; only clustering "
                    "answers for it.",
                ).format(k=lag)
            )
        )
    return said + _undefined(found)


def figures() -> tuple[Figure, ...]:
    """The slopes with their intervals."""
    return (
        Figure(
            "slopes",
            "interval",
            "convergence",
            Text("增长对初始水平的斜率", "Slopes of growth on the initial level"),
            Text(
                "点在零的左边，表示起点低的增长快；它不等于差距缩小，差距看 σ。",
                "A point left of zero says that those who start lower grow faster; it does not "
                "say that gaps narrow, which is for sigma to say.",
            ),
            {
                "label": "model",
                "value": "estimate",
                "low": "ci_low",
                "high": "ci_high",
                "reference": 0,
            },
        ),
    )


def _reading(found: Table, sigma: Table) -> Note:
    """The word that slope and dispersion allow together."""
    low, high = (float(sigma.columns[c][0]) for c in ("ci_low", "ci_high"))
    b_low, b_high = (float(found.columns[c][found.find("absolute")]) for c in ("ci_low", "ci_high"))
    catches_up, falls_back = b_high < 0, b_low > 0
    level: Level = "note"
    if catches_up and high < 0:
        name = "converges"
    elif falls_back and low > 0:
        name = "diverges"
    elif catches_up and low > 0:
        name, level = "against", "caution"
    elif catches_up:
        name, level = "slope_only", "caution"
    else:
        name = "undecided"
    return Note(
        option_word("beta_reading", name), level=level, code="M777" if level == "caution" else ""
    )


def _nickell(found: Table, biased: Sequence[Fitted]) -> Note:
    row = found.find(biased[0].model)
    theta, mended = (float(found.columns[c][row]) for c in ("theta", "theta_corrected"))
    periods = int(biased[0].fit.absorber.mask.sum(axis=1).max())
    shown = "—" if np.isnan(mended) else f"{mended:.3f}"
    return Note(
        Text(
            "地区固定效应加上只有 {t} 段增长，b 偏负、速度偏大（Nickell 偏误）："
            "所示速度 {a:.3f}，校正后 {m}（— 表示没有小于一的解，速度与零分不开）。"
            "校正按 Bun–Carree 解出，假定误差同方差且互不相关。",
            "Entity effects with {t} spans of growth make b too negative and the speed too high "
            "(Nickell's bias): speed {a:.3f} as estimated, {m} as corrected (— where no solution "
            "lies below one and the speed cannot be told from zero). The correction solves Bun "
            "and Carree's equation and assumes errors of equal variance that do not depend on "
            "each other.",
        ).format(t=periods, a=theta, m=shown),
        level="caution",
        code="M778",
    )


def _undefined(found: Table) -> list[Note]:
    models = found.columns["model"] != "reverse"
    theta, life = found.columns["theta"], found.columns["half_life_high"]
    lost = [str(m) for m in found.columns["model"][models & (np.isnan(theta) | np.isnan(life))]]
    if not lost:
        return []
    titles = [option_word("beta_model", m) for m in lost]
    return [
        Note(
            Text(
                "下列模型的速度没有定义（1 + bτ ≤ 0）或其区间含零，半程没有上限，不给区间：{m}。",
                "In these models the speed is undefined (1 + b tau <= 0) or its interval holds "
                "zero, so the half-life has no upper end and gets no interval: {m}.",
            ).format(m=Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))),
            code="M779",
        )
    ]
