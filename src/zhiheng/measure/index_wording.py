"""Notes, checks and figures of an index, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import STEPS, Choice, RecipeBook
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Check, Note
from zhiheng.core.text import Text
from zhiheng.kernels.effective import EffectiveWeights
from zhiheng.kernels.means import MEANS, forward
from zhiheng.kernels.ranks import RankDraws
from zhiheng.measure.admissible import Option
from zhiheng.measure.composite import Composite, by_period
from zhiheng.measure.indicators import Indicators, unstated_units

Array = NDArray[np.float64]
ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""

WHOLE_WINDOW = ("global", "zscore", "rank", "vector", "target")
"""Normalisations whose bounds are those of the whole window."""

NOT_FROM_DATA = ("equal", "equal_by_group", "given", "ahp", "bwm")
"""Weights that no data move."""


def method_notes(data: Indicators, own: Composite, book: RecipeBook) -> list[Note]:
    """What was done, and what a score means under it."""
    choice = own.choice
    notes = [Note(_RECIPE.format(**_words(choice)))]
    if by_period(choice):
        notes.append(Note(_PERIODS, level="caution"))
    if choice.normalise in WHOLE_WINDOW or choice.weights not in NOT_FROM_DATA:
        notes.append(Note(_WINDOW))
    rules = choice.aggregation.split("/")
    if rules != ["additive"] and set(rules) <= set(MEANS):
        notes.append(Note((_SHIFT if own.shift else _NO_SHIFT).format(s=f"{own.shift:g}")))
    elif choice.aggregation != "additive":
        notes.append(Note(_NO_SUM.format(rule=_word("aggregation", choice.aggregation))))
    if choice.normalise == "none" and unstated_units(data):
        notes.append(Note(_UNSTATED, level="caution"))
    notes += _cell_notes(data, own)
    return [*notes, *_constant_notes(data, own)]


def _cell_notes(data: Indicators, own: Composite) -> list[Note]:
    """Cells that were filled, treated or cut at a bound."""
    found: list[Note] = []
    filled = int(data.filled.sum())
    if filled:
        text = _FILLED.format(n=filled, of=data.filled.size)
        found.append(Note(text, level="caution", code="M618"))
    treated = [
        i for i, action in zip(data.ids, own.treated.actions, strict=True) if action != "none"
    ]
    if treated:
        rest = [i for i, a in zip(data.ids, own.treated.actions, strict=True) if a == "not_passed"]
        found.append(Note(_TREATED.format(n=", ".join(treated), left=", ".join(rest) or "-")))
    if own.z.outside:
        found.append(Note(_CUT.format(n=own.z.outside), level="caution"))
    return found


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
                list=_listed(kept), seed=seed, failed=drawn.failed,
                jitter=jitter.format(n=f"{book.concentration:g}"),
            )
        )
    ]  # fmt: skip
    if drawn.failed:
        notes.append(Note(_FAILED.format(n=drawn.failed), level="caution", code="M633"))
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
        target = forward(own.prepared.rule, own.prepared.power)(scores)
        size = max(float(np.abs(terms).sum(axis=2).max()), 1e-300)
        worst = float(np.abs(terms.sum(axis=2) - target.T).max()) / size
        found.append(Check(SUM_CHECK, worst, ROUNDING))
    if effective is not None:
        kinds = (effective.pooled, effective.within_period, effective.within)
        sums = [abs(float(e.sum()) - 1) for e in kinds if np.isfinite(e).all()]
        if sums:
            found.append(Check(EFFECTIVE_CHECK, max(sums), ROUNDING))
    return found


def _words(choice: Choice) -> dict[str, Text]:
    return {step: _word(step, getattr(choice, step)) for step in STEPS}


def _word(step: str, value: str) -> Text:
    if (step, value) == ("normalise", "none"):
        return _AS_THEY_ARE
    words = [option_word(step, one) for one in value.split("/")]
    return Text(" → ".join(w.zh for w in words), " → ".join(w.en for w in words))


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

_RECIPE = Text(
    "异常值：{treatment}；标准化：{normalise}；赋权：{weights}；合成：{aggregation}。",
    "Outliers: {treatment}; normalisation: {normalise}; weights: {weights}; "
    "aggregation: {aggregation}.",
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
    "非线性平均只对正值有定义：标准化值先移到 [{s}, 1]；贡献按所平均的变换（几何平均即对数）计。",
    "A mean other than the weighted sum needs positive values: normalised values are first moved "
    "to [{s}, 1]; contributions are to the transform that is averaged, such as the logarithm.",
)
_NO_SHIFT = Text(
    "合成前不作平移；贡献按所平均的变换（几何平均即对数）计。",
    "Values are averaged without a shift; contributions are to the transform that is averaged, "
    "such as the logarithm.",
)
_NO_SUM = Text(
    "{rule}得分不是各指标之和，因此没有贡献表；有效权重一列换成一阶 Sobol 份额，即单凭该指标"
    "能解释的得分方差，各项之和不必为一。",
    "{rule} is no sum over indicators: there are no contributions, and first-order Sobol' shares "
    "stand in for effective weights: what an indicator explains of the score by itself. They need "
    "not sum to one.",
)
_FILLED = Text(
    "{of} 个格子中有 {n} 个按声明的规则填补；scores 表的 soft_share "
    "是得分中落在未观测格子上的权重。",
    "{n} of {of} cells were filled by the declared rule; soft_share in the scores is the weight "
    "that stands on cells nobody observed.",
)
_TREATED = Text(
    "按偏度—峰度规则处理的指标：{n}；处理后仍不达标的：{left}。动过的点数见 treatment 表。",
    "Indicators treated by the rule of skewness and kurtosis: {n}; still beyond it: {left}. The "
    "table treatment counts the points that moved.",
)
_CUT = Text(
    "{n} 个格子超出声明的界限，取界限值。",
    "{n} cells lie beyond the declared bounds and were set to the bound.",
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
    "算不出的排名 {failed} 次。这是方法选择的区间，不是抽样区间。",
    "Rank intervals come from {draws} draws: each takes one of {recipes} admissible recipes, "
    "all equally likely, {jitter}; seed {seed}. Alternatives by step: {list}. Of {of} "
    "combinations {left} are invalid or repeat another, for the reasons in the table of recipes. "
    "rank_low and rank_high are the 5 % and 95 % points (type 1) of the rank within the period. "
    "{failed} rankings failed. These are intervals over method choices, not sampling intervals.",
)
_JITTER = Text(
    "再按 Dirichlet(α = {n} × 权重) 抽取权重", "then weights from Dirichlet(alpha = {n} x weights)"
)
_FIXED = Text("权重不抖动", "its weights kept as they are")
_FAILED = Text(
    "{n} 次逐期排名里有得分算不出来，这些地区在其中排到末位；区间因此偏宽。",
    "In {n} rankings of a period some score was not a number; those entities stand last there, "
    "which widens the intervals.",
)
_OUTSIDE = Text(
    "{of} 个名次中有 {n} 个落在自己的区间之外：对这些地区，本次算法不同于多数可接受的算法。",
    "{n} of {of} ranks lie outside their own interval: for these, this recipe differs from "
    "most admissible ones.",
)
_INVALID = Text(
    "本次的组合被列为不成立，未进入抽取：{why}。",
    "The combination of this call is listed as invalid and is not drawn: {why}.",
)
