"""Notes and figures of cointegration tests, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.cointegration import Settings

SUMS_CHECK = Text(
    "CD 统计量：逐对相加等于先加总再平方", "CD from pairs equals CD from sums over entities"
)
LOW_POWER = 0.5
"""A test that finds a cointegrated panel less often than a coin does not speak against one."""
SHORT = 50
"""Periods below which published p values of these tests are far off; measured, see the proof."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Options and size that the notes speak of."""

    how: Settings
    root: float
    level: float
    entities: int
    periods: int
    lacking: tuple[Row, ...]


def notes(
    panel: Panel, tables: Mapping[str, Table], setting: Setting, grown: Sequence[str]
) -> list[Note]:
    """How p values came about, which to read, and what makes the question void."""
    found = [_how(setting), _which(tables["dependence"], setting), _power(tables["tests"], setting)]
    if still := _stationary(tables, setting.level):
        found.append(_void(_joined(panel, still)))
    if grown:
        found.append(_growing(_joined(panel, grown)))
    return [*found, *_left_out(setting.lacking)]


def _joined(panel: Panel, names: Sequence[str]) -> Text:
    titles = [panel.title(name) for name in names]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))


def _how(setting: Setting) -> Note:
    short = setting.periods < SHORT
    which = option_word("unit_root_trend", setting.how.trend)
    text = Text(
        "零假设是没有协整。回归含{w}，滞后差分 {l} 阶，Bartlett 窗宽 {b}。"
        "p_value 按长面板的标准正态分布，矩取自已发表的表",
        "The null is no cointegration. Regressions have {w} and {l} lagged changes; the Bartlett "
        "window is {b}. p_value takes the normal law of long panels with published moments",
    ).format(w=which, l=setting.how.lags, b=setting.how.window)
    end = Text("。", ".")
    if short:
        end = Text(
            "：{t} 期时它是错的，有的检验在零假设下拒绝七成以上，有的从不拒绝；"
            "看 p_simulated 或 p_bootstrap。",
            ". With {t} periods it is wrong: some tests then reject more than seven true nulls in "
            "ten and some never reject. Read p_simulated or p_bootstrap.",
        ).format(t=setting.periods)
    return Note(Text(text.zh + end.zh, text.en + end.en), level="caution" if short else "note")


def _which(table: Table, setting: Setting) -> Note:
    row = table.row(table.find("errors"))
    p, mean = float(row["p_value"] or 0.0), float(row["mean_correlation"] or 0.0)
    if p < setting.level:
        return Note(
            Text(
                "各地区的误差相关（平均 {r:.2f}，CD 拒绝）：p_simulated 假定各地区独立，"
                "会过度拒绝；看 p_bootstrap，它整期重抽，保留截面相关。",
                "Errors of entities are correlated (on average {r:.2f}, CD rejects): p_simulated "
                "assumes independence and rejects too often. Read p_bootstrap, which draws whole "
                "periods and keeps the dependence.",
            ).format(r=mean),
            level="caution",
        )
    return Note(
        Text(
            "看不出各地区的误差相关（平均 {r:.2f}）：p_simulated 可用；p_bootstrap 此时偏保守。",
            "No dependence is seen between errors of entities (on average {r:.2f}): p_simulated "
            "can be read; p_bootstrap is then on the cautious side.",
        ).format(r=mean)
    )


def _power(table: Table, setting: Setting) -> Note:
    power = table.columns["power"]
    low, high = int(np.argmin(power)), int(np.argmax(power))
    zh, en = table.columns["test_title_zh"], table.columns["test_title_en"]
    poor = bool(np.median(power) < LOW_POWER)
    return Note(
        Text(
            "功效（本次模拟，{n} 个地区、{t} 期、各地区独立、误差的根 {r}、水平 {a:.0%}）："
            "{x}最低，{p:.0%}；{y}最高，{q:.0%}。功效低的检验没有拒绝，不说明没有长期关系。",
            "Power, simulated in this run for {n} independent entities, {t} periods, errors with "
            "a root of {r} and level {a:.0%}: lowest {p:.0%} ({x}), highest {q:.0%} ({y}). Where "
            "power is low, not rejecting is no evidence against a long-run relation.",
        ).format(
            n=setting.entities, t=setting.periods, r=setting.root, a=setting.level,
            p=float(power[low]), q=float(power[high]),
            x=Text(zh[low], en[low]), y=Text(zh[high], en[high]),
        ),
        level="caution" if poor else "note",
    )  # fmt: skip


def _stationary(tables: Mapping[str, Table], level: float) -> list[str]:
    """Variables whose unit root is rejected by CIPS, or by IPS where entities do not depend."""
    roots, cross = tables["unit_roots"].columns, tables["dependence"].columns
    tied = dict(zip(cross["variable"], cross["p_value"] < level, strict=True))
    found: dict[str, None] = {}
    for name, test, p in zip(roots["variable"], roots["test"], roots["p_simulated"], strict=True):
        if p <= level and (test == "cips" or not tied[name]):
            found[str(name)] = None
    return list(found)


def _void(names: Text) -> Note:
    return Note(
        Text(
            "水平值看来平稳（单位根被拒绝）：{n}。协整只对有单位根的序列才有意义；对平稳序列拒绝“无协整”"
            "不说明长期关系。平稳的变量可直接用水平值回归。",
            "Levels look stationary (a unit root is rejected): {n}. Cointegration is a question "
            "about series with unit roots; for stationary ones a rejection of no cointegration "
            "says nothing of a long-run relation. They can be regressed in levels as they are.",
        ).format(n=names),
        level="caution",
        code="M913",
    )


def _growing(names: Text) -> Note:
    return Note(
        Text(
            "有增长：{n}。只含常数的检验假定没有漂移；改用 trend=trend 再看一次。",
            "These grow: {n}. Tests with a constant only assume no drift; look again with "
            "trend=trend.",
        ).format(n=names),
        level="caution",
        code="M915",
    )


def _left_out(lacking: Sequence[Row]) -> list[Note]:
    found: list[Note] = []
    for row in lacking:
        name = option_word("cointegration_family", str(row["test"]))
        if row["reason"] == "trend":
            text = Text(
                "{f}没有带趋势的形式，未计算；其余检验照常。",
                "{f} tests have no form with a trend and are left out; the others remain.",
            ).format(f=name)
        else:
            text = Text(
                "{f}要 {n} 期，这里 {t} 期，未计算；其余检验照常。"
                "减少 lags 或 regressors 可使它可算。",
                "{f} tests need {n} periods and there are {t}: left out; the others remain. Fewer "
                "lags or regressors would bring them back.",
            ).format(f=name, n=row["periods_needed"], t=row["periods"])
        found.append(Note(text, level="caution", code="M914"))
    return found


def figures() -> tuple[Figure, ...]:
    """The p value that keeps dependence, by test."""
    return (
        Figure(
            name="p_bootstrap",
            kind="bar",
            table="tests",
            title=Text("各协整检验的自助 p 值", "Bootstrap p of each cointegration test"),
            reading=Text(
                "条从 0.05 起；伸向左边的检验在百分之五水平上拒绝“没有协整”。",
                "Bars start at 0.05; a bar to the left rejects no cointegration at five percent.",
            ),
            encodings={"label": "test", "value": "p_bootstrap", "reference": 0.05},
        ),
    )
