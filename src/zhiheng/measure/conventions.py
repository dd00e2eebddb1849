"""The same data under each documented convention, and which conclusions flip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.conventions import Convention
from zhiheng.catalog.conventions import conventions as known_conventions
from zhiheng.catalog.recipes import load_recipes
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import score
from zhiheng.kernels.ranks import rank
from zhiheng.kernels.weights import entropy
from zhiheng.measure.composite import Composite, Settings, by_period, composer
from zhiheng.measure.indicators import Indicators, read_indicators

Array = NDArray[np.float64]
FAR = 5
"""Ranks by which an entity counts as moved far; stated in the column's label."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Scores and ranks (P, E) under a convention, or why it cannot be computed."""

    convention: Convention
    scores: Array | None
    ranks: NDArray[np.int32] | None
    reason: Text | None


@method(zh="惯例对照：同一数据在各种通行算法下的结论，哪些会翻转", example="regions")
def conventions(
    panel: Panel,
    *,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    recipes: str = "default",
) -> Result:
    """Compute an index under each documented convention and list the conclusions that flip.

    Use it before a ranking or a trend is published: a conclusion that holds under one
    convention only is a choice of method. It covers the conventions of the catalog
    (normalisation, entropy and its shifts, weighting, aggregation), not every possible one.

    Parameters
    ----------
    panel : Panel
        Complete in every indicator.
    system : str, optional
        An index system of the catalog, or the path of a TOML file of that form.
    columns : mapping of str to str, optional
        Instead of `system`: series or expressions, each with its direction.
    recipes : str
        The recipe book whose shift and rule for outliers hold.

    Returns
    -------
    Result
        Tables ``conventions``: leader, mean, gap and moved ranks under each, against the
        first one; ``flips``: for each conclusion how many conventions agree, and which
        do not.

    Raises
    ------
    ZhihengError
        M620 to M626 as :func:`index`.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators.
    """
    data = read_indicators(panel, system=system, columns=columns)
    book = load_recipes(recipes)
    compose = composer(data, book, Settings())
    found = [_outcome(one, data, compose(one.choice)) for one in known_conventions()]
    base = next(o for o in found if o.ranks is not None)
    table = _conventions_table(panel, found, base)
    flips = _flips_table(panel, found, base)
    return Result(
        {"conventions": table, "flips": flips},
        (_figure(),),
        (*data.notes, *_notes(found, flips)),
        (Check(_BASE_CHECK, float(table.columns["most_moved"][found.index(base)]), 0.0),),
        data.series,
    )


def _outcome(convention: Convention, data: Indicators, made: Composite | Text) -> Outcome:
    if isinstance(made, Text):
        return Outcome(convention, None, None, made)
    weights = made.weights
    if convention.own_entropy:
        own = _entropy_weights(convention, made)
        if isinstance(own, Text):
            return Outcome(convention, None, None, own)
        weights = own
    scores = score(made.prepared, weights)
    return Outcome(convention, scores, rank(scores), None)


def _entropy_weights(convention: Convention, made: Composite) -> Array | Text:
    """Pooled entropy of shifted values, or scaled by the logarithm of another number."""
    entities, periods, _ = made.z.values.shape
    shifted = replace(made.z, values=made.z.values + convention.entropy_shift)
    e = entropy(shifted).entropy
    count = {"cells": entities * periods, "entities": entities, "periods": periods}
    number = count[convention.entropy_count]
    if number < 2:
        return _ONE_ONLY
    spread = 1.0 - e * np.log(entities * periods) / np.log(number)
    if (spread < 0).any():
        return _ABOVE_ONE
    return spread / spread.sum(axis=1, keepdims=True)


def _conventions_table(panel: Panel, found: Sequence[Outcome], base: Outcome) -> Table:
    none = Text.same("-")
    leaders = [_best(panel, o, 1) for o in found]
    names = [panel.name(one[0]) if one else none for one in leaders]
    moved = [_moved(o, base) for o in found]
    return Table.of(
        ("convention",),
        convention=[o.convention.id for o in found],
        convention_title_zh=[o.convention.title.zh for o in found],
        convention_title_en=[o.convention.title.en for o in found],
        computable=np.array([o.reason is None for o in found]),
        reason_zh=[(o.reason or none).zh for o in found],
        reason_en=[(o.reason or none).en for o in found],
        leader=[one[0] if one else "-" for one in leaders],
        leader_zh=[n.zh for n in names],
        leader_en=[n.en for n in names],
        mean_change=np.array([_change(o, _mean) for o in found]),
        gap_change=np.array([_change(o, _gap) for o in found]),
        most_moved=np.array([m.max() if m is not None else np.nan for m in moved]),
        moved_far=np.array([(m >= FAR).sum() if m is not None else np.nan for m in moved]),
        kendall=np.array([_kendall(o, base) for o in found]),
        source_zh=[o.convention.source.zh for o in found],
        source_en=[o.convention.source.en for o in found],
        status=[o.convention.status for o in found],
    )


def _moved(one: Outcome, base: Outcome) -> Array | None:
    """Ranks by which each entity moves in the last period."""
    if one.ranks is None or base.ranks is None:
        return None
    return np.abs(one.ranks[-1] - base.ranks[-1]).astype(np.float64)


def _mean(scores: Array) -> Array:
    return scores.mean(axis=1)


def _gap(scores: Array) -> Array:
    """Coefficient of variation; not defined for scores that are not positive."""
    if (scores <= 0).all(axis=1).any() or (scores < 0).any():
        return np.full(len(scores), np.nan)
    return scores.std(axis=1) / scores.mean(axis=1)


def _change(one: Outcome, statistic: Callable[[Array], Array]) -> float:
    """First to last period; NaN where scores of different periods do not compare."""
    if one.scores is None or len(one.scores) < 2 or by_period(one.convention.choice):
        return float("nan")
    found = statistic(one.scores)
    return float(found[-1] - found[0])


def _kendall(one: Outcome, base: Outcome) -> float:
    """Kendall's tau-b of the rankings of the last period."""
    if one.ranks is None or base.ranks is None:
        return float("nan")
    a, b = np.triu_indices(one.ranks.shape[1], k=1)
    x, y = (np.sign(r[-1][a] - r[-1][b]) for r in (one.ranks, base.ranks))
    size = np.sqrt(float((x != 0).sum()) * float((y != 0).sum()))
    return float((x * y).sum()) / size if size else float("nan")


def _best(panel: Panel, one: Outcome, count: int) -> tuple[str, ...]:
    """The best entities of the last period, or the last ones for a negative count; ties by code."""
    if one.ranks is None:
        return ()
    order = sorted(zip(one.ranks[-1].tolist(), panel.entities, strict=True))
    chosen = order[:count] if count > 0 else order[count:]
    return tuple(sorted(entity for _, entity in chosen))


def _said(panel: Panel, one: Outcome) -> dict[str, tuple[str, ...]]:
    """What a convention says on each conclusion, as far as it says anything."""
    found = {
        "leader": _best(panel, one, 1),
        "top_three": _best(panel, one, 3),
        "bottom_three": _best(panel, one, -3),
    }
    for name, statistic in (("mean", _mean), ("gap", _gap)):
        change = _change(one, statistic)
        if np.isfinite(change) and change != 0:
            found[name] = ("rises",) if change > 0 else ("falls",)
    return {k: v for k, v in found.items() if v}


def _flips_table(panel: Panel, found: Sequence[Outcome], base: Outcome) -> Table:
    """Each conclusion of the first convention, with those that say something else."""
    own = _said(panel, base)
    others = {o.convention: _said(panel, o) for o in found}
    rows: list[dict[str, object]] = []
    for name, stated in own.items():
        against = [c.title for c, said in others.items() if name in said and said[name] != stated]
        asked = sum(name in said for said in others.values())
        words = [_DIRECTION[w] if w in _DIRECTION else panel.name(w) for w in stated]
        rows.append(
            {
                "conclusion": name,
                "conclusion_title_zh": _CONCLUSION[name].zh,
                "conclusion_title_en": _CONCLUSION[name].en,
                "stated_zh": "、".join(w.zh for w in words),
                "stated_en": ", ".join(w.en for w in words),
                "agree": asked - len(against),
                "differ": len(against),
                "dissent_zh": "；".join(t.zh for t in against) or "-",
                "dissent_en": "; ".join(t.en for t in against) or "-",
            }
        )
    return Table.of(("conclusion",), **{key: [row[key] for row in rows] for key in rows[0]})


def _notes(found: Sequence[Outcome], flips: Table) -> list[Note]:
    out = [
        Note(_OUT.format(c=o.convention.title, why=o.reason)) for o in found if o.reason is not None
    ]
    flipped = int((flips.columns["differ"] > 0).sum())
    text = _FLIPPED.format(n=flipped, of=len(flips), c=sum(o.reason is None for o in found))
    return [Note(text, level="caution" if flipped else "note", code="M619"), *out]


def _figure() -> Figure:
    return Figure(
        "moved", "bar", "conventions", MOVED, MOVED_READING,
        {"label": "convention", "value": "most_moved", "format": ".0f"},
    )  # fmt: skip


MOVED = Text("换一种惯例，名次最多移动几位", "The most that a rank moves under another convention")
MOVED_READING = Text(
    "每条是一种通行算法：与第一种相比，末期名次变动最大的地区移动了几位。",
    "Each bar is a documented convention: by how many places the rank that moves most differs "
    "from that of the first convention, in the last period.",
)
_FLIPPED = Text(
    "在 {c} 种可计算的惯例下，{of} 条结论中有 {n} 条不是人人同意：它们取决于算法，见 flips 表。",
    "Under {c} computable conventions {n} of {of} conclusions are not shared by all: they depend "
    "on the method, see the table flips.",
)
_OUT = Text("未计算“{c}”：{why}。", 'Not computed, "{c}": {why}.')
_DIRECTION = {"rises": Text("上升", "rises"), "falls": Text("下降", "falls")}
_CONCLUSION = {
    "leader": Text("末期第一名", "first in the last period"),
    "top_three": Text("末期前三名（不计次序）", "the three best in the last period"),
    "bottom_three": Text("末期后三名（不计次序）", "the three last in the last period"),
    "mean": Text("平均得分首末期的升降", "whether the mean rose from first to last period"),
    "gap": Text("变异系数首末期的升降", "whether the coefficient of variation rose"),
}
_ONE_ONLY = Text("个数为一，对数为零", "the number is one, and its logarithm zero")
_ABOVE_ONE = Text(
    "熵大于一，权重为负：这种写法不成立",
    "the entropy exceeds one and weights are negative: this form does not hold",
)
_BASE_CHECK = Text("对照惯例自身不动", "the convention compared with moves nothing")
