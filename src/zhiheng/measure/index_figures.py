"""The figures of an index."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.core.result import Figure, Json, Table
from zhiheng.core.text import Text

MOST_DRAWN = 60
"""More entities than this make no readable drawing of an order."""

TILED = "province"
"""The level whose regions have places on the tile map."""


def figures(level: str, made: Mapping[str, Table]) -> tuple[Figure, ...]:
    """Ranking with intervals, map, order, weights, and what moves a rank, as far as known."""
    last: Json = {"period": "last"}
    place: dict[str, Json] = {"label": "entity", "value": "score", "where": last}
    ranks = place | {"value": "rank", "low": "rank_low", "high": "rank_high"}
    found = [Figure("ranking", "rank_interval", "scores", RANKING, RANKING_READING, ranks)]
    if level == TILED:
        found.append(Figure("map", "tilemap", "scores", MAP, MAP_READING, place))
    if "effective" in made["weights"].columns:
        pair: dict[str, Json] = {"label": "indicator", "value": "nominal", "other": "effective"}
        found.append(Figure("weights", "dumbbell", "weights", WEIGHTS, WEIGHTS_READING, pair))
    if "partial_order" in made and len(made["order"]) <= MOST_DRAWN:
        found.append(Figure("order", "hasse", "partial_order", ORDER, ORDER_READING,
                            {"nodes": "order"}))  # fmt: skip
    if "sensitivity" in made and len(made["order"]) <= MOST_DRAWN:
        bars: dict[str, Json] = {
            "label": "entity", "part": "step", "value": "share",
            "sort_by": {"table": "scores", "column": "rank"},
        }  # fmt: skip
        found.append(Figure("steps", "parts", "sensitivity", STEPS, STEPS_READING, bars))
    return tuple(found)


RANKING = Text("名次与算法区间", "Ranks, with intervals over recipes")
RANKING_READING = Text(
    "圆点是本次算法给出的名次，横条是换用其他可接受的算法与权重时名次的 5% 至 95% 范围；"
    "两条横条相交的地区，先后取决于算法。",
    "The dot is the rank by this recipe, the bar spans 5 % to 95 % of the ranks under other "
    "admissible recipes and weights; where two bars meet, the order depends on the recipe.",
)
MAP = Text("得分的方格地图", "Scores on a tile map")
MAP_READING = Text(
    "每个方格是一个省级地区，大致按方位排列；颜色越深得分越高，无数据的地区照样画出。",
    "Each square is a provincial unit, placed roughly where it lies; darker means a higher "
    "score, and units without data are drawn too.",
)
WEIGHTS = Text("名义权重与有效权重", "Nominal and effective weights")
WEIGHTS_READING = Text(
    "空心点是规定的权重，实心点是该指标在得分差异中实际占的份额；两点相距越远，"
    "规定的权重越不说明问题。",
    "The hollow dot is the declared weight, the full dot the indicator's actual share in the "
    "differences of the score; the farther apart, the less the declared weight says.",
)

ORDER = Text("谁确定在谁之上（偏序图）", "Who surely stands above whom")
ORDER_READING = Text(
    "自上而下：有线相连的两个地区，上面的在几乎全部可接受的算法下都排在下面的之前；"
    "没有上下路径相连的，先后分不出来。",
    "From the top down: of two regions joined by a line the upper one ranks first under nearly "
    "all admissible recipes; where no path leads from one to the other, they cannot be told apart.",
)
STEPS = Text("哪一步方法在移动名次", "Which step of the method moves each rank")
STEPS_READING = Text(
    "每条是一个地区末期名次的方差；各段是各步单独解释的份额（一阶 Sobol 指数），"
    "不足一的部分出自各步的交互，没有横条的地区名次从不变动。",
    "A bar is the variance of a region's rank in the last period; its pieces are the shares that "
    "single steps explain (first-order Sobol' indices), what is left to one their interplay. A "
    "region without a bar never moves.",
)
