"""Notes and figures of panel tests, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text

SUMS_CHECK = Text(
    "CD 统计量：逐对相加等于先加总再平方", "CD from pairs equals CD from sums over entities"
)
LOW_POWER = 0.5
"""A test that finds a stationary panel less often than a coin does not speak for a unit root."""

Setting = tuple[str, int, float, float, int, int]


def notes(tables: Mapping[str, Table], power: Mapping[str, float], setting: Setting) -> list[Note]:
    """How the p values came about, what the tests can see, and what dependence does to them."""
    trend, lags, root, level, entities, periods = setting
    found = [_how(trend, lags, periods), _power(power, root, level, (entities, periods))]
    cross = tables["cross_section"]
    rejected = [
        str(cross.columns["variable"][i])
        for i in range(len(cross))
        if cross.columns["test"][i] == "cd" and cross.columns["p_value"][i] < level
    ]
    if rejected:
        found.append(_dependent(rejected))
    if "residuals" in cross.columns["variable"]:
        found.append(_residuals())
    return found


def _how(trend: str, lags: int, periods: int) -> Note:
    which = option_word("unit_root_trend", trend)
    return Note(
        Text(
            "单位根回归含{w}，滞后差分 {l} 阶；p_value 按已发表的渐近分布与矩（同 R plm，"
            "表未覆盖 {t} 期或没有发表 p 值的留空），p_simulated 由同样大小的独立随机游走面板"
            "模拟，短面板以它为准。",
            "Unit-root regressions have {w} and {l} lagged changes. p_value uses published laws "
            "and moments (as R plm; empty where tables do not reach {t} periods or no p value is "
            "published); p_simulated comes from drawn panels of independent random walks of this "
            "very size, and is the one to read in short panels.",
        ).format(w=which, l=lags, t=periods)
    )


def _power(power: Mapping[str, float], root: float, level: float, size: tuple[int, int]) -> Note:
    low = min(power.values()) < LOW_POWER
    words = [f"{option_word('panel_test', k).en} {v:.0%}" for k, v in power.items()]
    zh = [f"{option_word('panel_test', k).zh} {v:.0%}" for k, v in power.items()]
    return Note(
        Text(
            "功效（本次模拟，{n} 个地区、{t} 期、真实根 {r}、水平 {a:.0%}）：{p}。"
            "功效低的检验没有拒绝，不是单位根的证据。",
            "Power, simulated in this run for {n} entities, {t} periods, a true root of {r} and "
            "level {a:.0%}: {p}. Where power is low, not rejecting is no evidence for a unit root.",
        ).format(n=size[0], t=size[1], r=root, a=level, p=Text("、".join(zh), ", ".join(words))),
        level="caution" if low else "note",
    )


def _dependent(names: list[str]) -> Note:
    return Note(
        Text(
            "截面相关（CD 拒绝）：{n}。LLC、IPS、Fisher 类检验与其模拟 p 值都假定各地区独立，"
            "此时会过度拒绝；看 CIPS。回归的标准误也应考虑共同冲击。",
            "Entities are dependent (CD rejects): {n}. LLC, IPS and Fisher tests, and their "
            "simulated p values, assume independence and then reject too often: read CIPS. "
            "Standard errors of a regression should allow for common shocks as well.",
        ).format(n=Text("、".join(names), ", ".join(names))),
        level="caution",
    )


def _residuals() -> Note:
    return Note(
        Text(
            "残差来自只含地区效应的回归：加入时期效应后 CD 的分布不再是标准正态。"
            "LM 在地区多、时期少时过度拒绝，修正值只对这里的残差有效。",
            "Residuals are those with entity effects only: with period effects CD is no longer "
            "standard normal. LM rejects too often when entities are many and periods few; its "
            "correction holds for these residuals only.",
        )
    )


def figures() -> tuple[Figure, ...]:
    """Average correlation of entities, by variable."""
    return (
        Figure(
            name="dependence",
            kind="bar",
            table="dependence",
            title=Text("各地区之间的平均相关", "Average correlation between entities"),
            reading=Text(
                "柱长是所有地区两两相关系数的平均；远离零，说明各地区受同样的冲击。",
                "A bar is the average correlation over all pairs of entities; far from zero, they "
                "share shocks.",
            ),
            encodings={"label": "variable", "value": "mean_correlation", "reference": 0},
        ),
    )
