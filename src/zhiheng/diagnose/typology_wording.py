"""Notes and figures of stages, peers and partners."""

from __future__ import annotations

from zhiheng.catalog.strategies import Strategy
from zhiheng.catalog.theory import theory
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.typology_input import Compared


def notes(
    panel: Panel,
    options: tuple[bool, int, int],
    other: Compared,
    advice: Strategy,
) -> list[Note]:
    """Rules of cutting, what the odds are and are not, and where the strategy comes from."""
    fixed, lag, recent = options
    said = [
        Note(
            Text(
                "阶段：{r}，恰在分界上的归入较低一级。离开的概率属于阶段，不属于某个地区；"
                "相隔 {k} 期，区间是整个地区重抽与转移次数的精确二项区间二者的外包。",
                "Stages: {r}; a value exactly on a cut goes to the lower one. The odds of leaving "
                "belong to the stage, not to one entity; over {k} periods, each interval is the "
                "envelope of resampling whole entities and of the exact binomial one over "
                "transitions.",
            ).format(
                r=Text("按给定的两个分界", "by the two given cuts")
                if fixed
                else Text("全部年份合并的三分位", "terciles over all periods together"),
                k=lag,
            )
        ),
        Note(
            Text(
                "共同增长会把所有地区推过固定分界；“逐期”一栏按当期三分位分级，只看相对位次，两者应一起读。",
                "Common growth carries everybody over fixed cuts; the rule “per period” cuts "
                "within each period and sees relative position only. Read both together.",
            )
        ),
        Note(
            Text(
                "方向是最近 {n} 期（{a}—{b}）的线性趋势的符号，rank_change 为正表示名次上升。",
                "The direction is the sign of the line through the last {n} periods ({a} to {b}); "
                "a positive rank_change is a rise.",
            ).format(n=recent, a=panel.periods[-recent], b=panel.periods[-1])
        ),
        Note(
            Text(
                "梯度策略取自{c}，原文说的是贸易韧性；用于别的变量只是类比，不是证据。",
                "The gradient strategy is that of {c}, which speaks of trade resilience; attached "
                "to another variable it is an analogy and no evidence.",
            ).format(c=theory().paper(advice.paper).citation),
            level="caution",
            code="M782",
        ),
    ]
    return [*said, _pairs(other)]


def _pairs(other: Compared) -> Note:
    if not other.names:
        return Note(
            Text(
                "没有给出 compare，因此不列可学对象与互补伙伴。",
                "Nothing was given to compare by, so no peers and partners are listed.",
            )
        )
    return Note(
        Text(
            "可学对象：变量高于自己的地区里，在比较变量上最近的（末期 Z 分数的均方根距离）；"
            "互补伙伴：按比较优势，即各自剖面减去自身均值后，对方之长补己之短且对方确实更高；"
            "先列互有所补的，再列单方面的。"
            "二者只说像不像、补不补，不说结对会有什么效果。",
            "Peers: among entities with more of the variable, the nearest in what is compared "
            "(root mean square of z-scores, last period). Partners, by comparative advantage: each "
            "profile less its own mean, their strengths on one's weaknesses where they are ahead; "
            "those who gain from each other first. Both say who is alike or complementary, not "
            "what pairing would bring.",
        )
    )


def figures() -> tuple[Figure, ...]:
    """The odds of leaving each stage."""
    return (
        Figure(
            "leaving",
            "interval",
            "stage_odds",
            Text("离开各阶段的概率", "Odds of leaving each stage"),
            Text(
                "点是概率，线是区间；低阶段的点越靠左，越难跨越，高阶段的点越靠左，越稳固。",
                "Points are odds and lines intervals; the further left the low stage, the harder "
                "it is to leave, the further left the high one, the firmer it stands.",
            ),
            {
                "label": "stage",
                "value": "leave",
                "low": "ci_low",
                "high": "ci_high",
                "where": {"rule": "per_period"},
                "reference": 0,
            },
        ),
    )
