"""Notes, checks and figures of an index, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import STEPS, Choice, RecipeBook
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Check, Figure, Json, Note
from zhiheng.core.text import Text
from zhiheng.kernels.effective import EffectiveWeights
from zhiheng.kernels.ranks import RankDraws
from zhiheng.measure.composite import BOUNDED, Composite, Option, by_period
from zhiheng.measure.indicators import Indicators, unstated_units

Array = NDArray[np.float64]
ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""

TILED = "province"
"""The level whose regions have places on the tile map."""


def method_notes(data: Indicators, own: Composite, book: RecipeBook) -> list[Note]:
    """What was done, and what a score means under it."""
    choice = own.choice
    notes = [Note(_RECIPE.format(**_words(choice)))]
    if by_period(choice):
        notes.append(Note(_PERIODS, level="caution"))
    if choice.normalise in ("global", "zscore", "vector") or choice.weights == "entropy":
        notes.append(Note(_WINDOW))
    if choice.aggregation == "geometric":
        shift = book.geometric_shift if choice.normalise in BOUNDED else 0.0
        notes.append(Note((_SHIFT if shift else _NO_SHIFT).format(s=f"{shift:g}")))
    if choice.aggregation == "topsis":
        notes.append(Note(_TOPSIS))
    if choice.normalise == "none" and unstated_units(data):
        notes.append(Note(_UNSTATED, level="caution"))
    return [*notes, *_constant_notes(data, own)]


def _constant_notes(data: Indicators, own: Composite) -> list[Note]:
    """Which rule met columns that do not vary; values left as they are need none."""
    scaled = own.choice.normalise not in ("none", "vector")
    if not scaled and not own.choice.weights.startswith("entropy"):
        return []
    always, at_times = own.z.constant.all(axis=0), own.z.constant.any(axis=0)
    named = {
        _CONSTANT if scaled else _CONSTANT_RAW: np.flatnonzero(always),
        _CONSTANT_SOME: np.flatnonzero(at_times & ~always),
    }
    return [
        Note(text.format(n=", ".join(data.ids[i] for i in which)), level="caution", code="M630")
        for text, which in named.items()
        if len(which)
    ]


def interval_notes(
    found: Sequence[Option],
    book: RecipeBook,
    ranks: NDArray[np.int32],
    drawn: RankDraws,
    *,
    draws: int,
    seed: int,
) -> list[Note]:
    """What the rank intervals stand on, and where the call's own rank leaves them."""
    kept = [o.choice for o in found if o.recipe is not None]
    jitter = _FIXED if np.isinf(book.concentration) else _JITTER
    notes = [
        Note(
            _INTERVAL.format(
                draws=draws, recipes=len(kept), of=len(found), left=len(found) - len(kept),
                list=_listed(kept), seed=seed,
                jitter=jitter.format(n=f"{book.concentration:g}"),
            )
        )
    ]  # fmt: skip
    outside = int(((ranks < drawn.low) | (ranks > drawn.high)).sum())
    if outside:
        notes.append(Note(_OUTSIDE.format(n=outside, of=ranks.size), level="caution", code="M631"))
    return notes


def invalid_note(reason: Text) -> Note:
    """The call's own combination is one that the recipe book calls invalid."""
    return Note(_INVALID.format(why=reason), level="caution", code="M632")


def checks(
    own: Composite, scores: Array, terms: Array | None, effective: EffectiveWeights | None
) -> list[Check]:
    """Identities of the result; `scores` is (P, E), `terms` (E, P, K)."""
    found = [Check(WEIGHTS_CHECK, float(np.abs(own.weights.sum(axis=1) - 1).max()), ROUNDING)]
    if terms is not None:
        target = np.log(scores) if own.choice.aggregation == "geometric" else scores
        size = max(float(np.abs(terms).sum(axis=2).max()), 1e-300)
        worst = float(np.abs(terms.sum(axis=2) - target.T).max()) / size
        found.append(Check(SUM_CHECK, worst, ROUNDING))
    if effective is not None:
        kinds = (effective.pooled, effective.within_period, effective.within)
        sums = [abs(float(e.sum()) - 1) for e in kinds if np.isfinite(e).all()]
        if sums:
            found.append(Check(EFFECTIVE_CHECK, max(sums), ROUNDING))
    return found


def figures(level: str, *, weights: bool) -> tuple[Figure, ...]:
    """Ranking with intervals, map (where regions have tiles), nominal against effective weights."""
    last: Json = {"period": "last"}
    place: dict[str, Json] = {"label": "entity", "value": "score", "where": last}
    ranks = place | {"value": "rank", "low": "rank_low", "high": "rank_high"}
    found = [Figure("ranking", "rank_interval", "scores", RANKING, RANKING_READING, ranks)]
    if level == TILED:
        found.append(Figure("map", "tilemap", "scores", MAP, MAP_READING, place))
    if weights:
        pair: dict[str, Json] = {"label": "indicator", "value": "nominal", "other": "effective"}
        found.append(Figure("weights", "dumbbell", "weights", WEIGHTS, WEIGHTS_READING, pair))
    return tuple(found)


def _words(choice: Choice) -> dict[str, Text]:
    return {step: _word(step, getattr(choice, step)) for step in STEPS}


def _word(step: str, value: str) -> Text:
    return _AS_THEY_ARE if (step, value) == ("normalise", "none") else option_word(step, value)


def _listed(kept: Sequence[Choice]) -> Text:
    """The values of each step that take part, in words."""
    parts: list[Text] = []
    for step in STEPS:
        values = dict.fromkeys(getattr(choice, step) for choice in kept)
        words = [_word(step, value) for value in values]
        parts.append(Text(" / ".join(w.zh for w in words), " / ".join(w.en for w in words)))
    return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


WEIGHTS_CHECK = Text("权重之和为一", "weights sum to one")
SUM_CHECK = Text("各指标贡献之和等于得分", "contributions sum to the score")
EFFECTIVE_CHECK = Text("有效权重之和为一", "effective weights sum to one")

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

_RECIPE = Text(
    "标准化：{normalise}；赋权：{weights}；合成：{aggregation}。",
    "Normalisation: {normalise}; weights: {weights}; aggregation: {aggregation}.",
)
_AS_THEY_ARE = Text("不做，保留原值", "none, values as they are")
_PERIODS = Text(
    "标准化或权重逐期计算：得分只能在同一时期内比较，不能看升降。",
    "Scaling or weights are those of each period: scores compare within a period only, "
    "and their rise or fall means nothing.",
)
_WINDOW = Text(
    "界限和由数据得出的权重取自整个窗口：增减一个时期或地区，全部得分都会变；"
    "那是方法使然，不是数据修订。",
    "Bounds and weights that come from the data are those of the whole window: one period or "
    "entity more or less moves every score, by method and not by revised data.",
)
_SHIFT = Text(
    "几何合成前，标准化值移到 [{s}, 1]；贡献按对数得分计。",
    "Before the geometric mean, normalised values are moved to [{s}, 1]; contributions are to "
    "the logarithm of the score.",
)
_NO_SHIFT = Text(
    "几何合成不作平移；贡献按对数得分计。",
    "The geometric mean is taken without a shift; contributions are to the logarithm of the score.",
)
_TOPSIS = Text(
    "TOPSIS 得分不是各指标之和，因此没有贡献表，也没有有效权重。",
    "A TOPSIS score is no sum over indicators: it has neither contributions nor effective weights.",
)
_UNSTATED = Text(
    "没有标准化，单位也未说明：各列被当作同一尺度直接合成。",
    "Neither normalised nor with stated units: the columns were combined as if on one scale.",
)
_CONSTANT = Text(
    "没有变化的指标：{n}。标准化后处处为 0，熵权为 0。",
    "Indicators that do not vary: {n}. Normalised they are 0 everywhere, and their entropy "
    "weight is 0.",
)
_CONSTANT_RAW = Text(
    "没有变化的指标：{n}。熵权为 0。",
    "Indicators that do not vary: {n}. Their entropy weight is 0.",
)
_CONSTANT_SOME = Text(
    "在部分时期没有变化的指标：{n}。这些时期标准化后为 0。",
    "Indicators that do not vary in some periods: {n}. Normalised they are 0 in those periods.",
)
_INTERVAL = Text(
    "名次区间取自 {draws} 次抽取：每次从 {recipes} 种可接受的组合中等概率取一种，{jitter}；"
    "种子 {seed}。各步备选：{list}。共 {of} 种组合，{left} 种不成立或重复，理由见 recipes 表。"
    "rank_low 与 rank_high 是各期名次的 5% 与 95% 分位数（第 1 型）。"
    "这是方法选择的区间，不是抽样区间。",
    "Rank intervals come from {draws} draws: each takes one of {recipes} admissible recipes, "
    "all equally likely, {jitter}; seed {seed}. Alternatives by step: {list}. Of {of} "
    "combinations {left} are invalid or repeat another, for the reasons in the table of recipes. "
    "rank_low and rank_high are the 5 % and 95 % points (type 1) of the rank within the period. "
    "These are intervals over method choices, not sampling intervals.",
)
_JITTER = Text(
    "再按 Dirichlet(α = {n} × 权重) 抽取权重", "then weights from Dirichlet(alpha = {n} x weights)"
)
_FIXED = Text("权重不抖动", "its weights kept as they are")
_OUTSIDE = Text(
    "{of} 个名次中有 {n} 个落在自己的区间之外：对这些地区，本次算法不同于多数可接受的算法。",
    "{n} of {of} ranks lie outside their own interval: for these, this recipe differs from "
    "most admissible ones.",
)
_INVALID = Text(
    "本次的组合被列为不成立，未进入抽取：{why}。",
    "The combination of this call is listed as invalid and is not drawn: {why}.",
)
