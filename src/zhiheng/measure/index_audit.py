"""What an index is made of: coherence, dominance, and what one more period changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.coherence import coherence_rule
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import series
from zhiheng.core.expression import needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Prepared, prepare, prepare_nested, score
from zhiheng.kernels.coherence import correlations, cronbach_alpha
from zhiheng.kernels.means import MEANS
from zhiheng.kernels.ranks import rank
from zhiheng.measure.composite import Composer, Composite
from zhiheng.measure.indicators import Indicators

Array = NDArray[np.float64]
LINES = ("global", "zscore", "vector", "none", "fixed_base", "goalposts", "target")
"""Normalisations that are a line, which can be held fast while a period is added."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns whose correlation is judged: an indicator and what it should go with."""

    first: str
    second: str
    relation: str
    correlation: float


def coherence_table(panel: Panel, data: Indicators, z: Array, groups: dict[str, Array]) -> Table:
    """Correlations inside groups and with the level above, over all cells, each with its flag.

    `groups` are the scores of groups and, last, of the index, each of shape (P, E).
    """
    cells = z.reshape(-1, z.shape[2])
    between = correlations(cells)
    above = correlations(np.column_stack([cells, *(g.T.ravel() for g in groups.values())]))
    place = {name: z.shape[2] + n for n, name in enumerate(groups)}
    pairs: list[Pair] = []
    for a, b in combinations(range(len(data.items)), 2):
        if data.items[a].group == data.items[b].group:
            one, two = data.items[a].id, data.items[b].id
            pairs.append(Pair(one, two, "siblings", float(between[a, b])))
    for name, column in place.items():
        under = data.inside.get(name, data.ids)
        pairs += [
            Pair(item, name, "to_group" if name in data.inside else "to_index",
                 float(above[k, column]))
            for k, item in enumerate(data.ids) if item in under
        ]  # fmt: skip
    return _pairs_table(pairs)


def _pairs_table(pairs: Sequence[Pair]) -> Table:
    rule = coherence_rule()
    flags = [rule.flag(pair.relation, pair.correlation) for pair in pairs]
    relations = [rule.relation[pair.relation] for pair in pairs]
    return Table.of(
        ("indicator", "against"),
        indicator=[pair.first for pair in pairs],
        against=[pair.second for pair in pairs],
        relation=[pair.relation for pair in pairs],
        relation_title_zh=[r.zh for r in relations],
        relation_title_en=[r.en for r in relations],
        correlation=np.array([pair.correlation for pair in pairs]),
        flag=[flag.id for flag in flags],
        flag_title_zh=[flag.title.zh for flag in flags],
        flag_title_en=[flag.title.en for flag in flags],
    )


def reliability_table(data: Indicators, z: Array) -> Table:
    """Cronbach's alpha of each group and of the whole, on normalised values."""
    cells = z.reshape(-1, z.shape[2])
    whole = {g: members for g, members in data.inside.items() if len(members) > 1}
    titles = [*(data.group_titles[g] for g in whole), Text("全部指标", "all indicators")]
    columns = [np.isin(data.ids, members) for members in whole.values()]
    columns.append(np.ones(len(data.ids), dtype=bool))
    return Table.of(
        ("group",),
        group=[*whole, "index"],
        group_title_zh=[t.zh for t in titles],
        group_title_en=[t.en for t in titles],
        items=np.array([c.sum() for c in columns], dtype=np.int64),
        cronbach_alpha=np.array([cronbach_alpha(cells[:, c]) for c in columns]),
    )


def dominance_table(
    panel: Panel, data: Indicators, nominal: Array, effective: Array | None
) -> Table:
    """Weight by what indicators stand on: those with the same base series count as one.

    A series that is part of another one counts as that other one, so that four kinds of
    research cost over revenue are one thing: research cost over revenue.
    """
    level = panel.level
    bases = [
        tuple(sorted({_root(s, level) for s in needs(item.expression, scope(level))}))
        for item in data.items
    ]
    unique = sorted(set(bases))
    member = np.array([[base == one for base in bases] for one in unique], dtype=np.float64)
    words = [_names(one, level) for one in unique]
    unknown = np.full(len(unique), np.nan)
    share = member @ nominal
    order = np.argsort(-share, kind="stable")
    return Table.of(
        ("basis",),
        basis=["+".join(unique[i]) for i in order],
        basis_title_zh=[words[i].zh for i in order],
        basis_title_en=[words[i].en for i in order],
        items=member.sum(axis=1)[order].astype(np.int64),
        nominal=share[order],
        effective=unknown if effective is None else (member @ effective)[order],
    )


def dominance_notes(table: Table, count: int) -> list[Note]:
    """The heaviest basis in words, where several indicators are one thing or one weighs most."""
    rows = [table.row(i) for i in range(len(table))]
    heavy = [r for r in rows if int(str(r["items"])) > 1 or float(str(r["nominal"])) > 0.5]
    if not heavy or count < 3:
        return []
    row = max(heavy, key=lambda r: float(str(r["nominal"])))
    share = float(str(row["nominal"]))
    text = Text(
        "{n} 项指标（共 {k} 项）出自同一组基础序列：{b}；它们合占名义权重的 {w:.1%}。",
        "{n} of {k} indicators stand on the same base series, {b}: "
        "they carry {w:.1%} of the nominal weight.",
    ).format(
        n=row["items"], k=count, w=share,
        b=Text(str(row["basis_title_zh"]), str(row["basis_title_en"])),
    )  # fmt: skip
    return [Note(text, level="caution" if share > 0.5 else "note", code="M616")]


def scale_notes(data: Indicators) -> list[Note]:
    """A warning where counts and volumes stand beside ratios in one index."""
    large = [item.id for item in data.items if item.scale == "extensive"]
    small = [item.id for item in data.items if item.scale == "intensive"]
    if not large or not small:
        return []
    text = Text(
        "{n} 项是总量指标（{l}），其余是比率：地区规模会经由总量指标进入得分。",
        "{n} indicators are counts or volumes ({l}) and the others ratios: the size of a region "
        "enters its score through the former.",
    ).format(n=len(large), l=", ".join(large))
    return [Note(text, level="caution", code="M617")]


def period_added_table(
    panel: Panel, data: Indicators, own: Composite, compose_before: Composer | None
) -> Table | None:
    """What the last period changed: new data under the old method, and the method itself.

    The score of the last period as it is published now, less that of the period before
    as it was published then, is the change by data (both under the bounds and weights
    of the shorter window) plus the change by method (the last period under the longer
    window less the same under the shorter one). None where the rule cannot be held fast.
    """
    before = compose_before(own.choice) if compose_before is not None else None
    if not isinstance(before, Composite) or own.unit is not None:
        return None
    if own.choice.normalise not in LINES:
        return None
    if own.choice.treatment != "none" or not set(own.choice.aggregation.split("/")) <= set(MEANS):
        return None
    values, direction = data.oriented()
    z = (values[:, -1:] * direction - before.z.offset[-1]) / np.where(
        before.z.scale[-1] == 0, 1.0, before.z.scale[-1]
    )
    z = np.where(before.z.constant[-1], 0.0, z)
    with np.errstate(invalid="ignore", divide="ignore"):  # below the old minimum: not defined
        held = score(_like(before.prepared, z, own), before.weights[-1:])[0]
    if not np.isfinite(held).all():
        return None
    then, now = score(before.prepared, before.weights), score(own.prepared, own.weights)
    ranks = [rank(one) for one in (then[-1], now[-2], now[-1])]
    names = [panel.name(e) for e in panel.entities]
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=np.full(len(names), panel.periods[-1], dtype=np.int64),
        score_before=then[-1],
        score=now[-1],
        change=now[-1] - then[-1],
        by_data=held - then[-1],
        by_method=now[-1] - held,
        rank_before=ranks[0].astype(np.int64),
        rank_before_revised=ranks[1].astype(np.int64),
        rank=ranks[2].astype(np.int64),
    )


def _like(prepared: Prepared, z: Array, own: Composite) -> Prepared:
    """The last period under the rule of the shorter window."""
    if prepared.rule == "nested":
        return prepare_nested(z, prepared.levels, shift=own.shift)
    return prepare(z, prepared.rule, shift=own.shift, power=prepared.power)


def _root(name: str, level: str) -> str:
    """What a series is part of, to the outermost."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        found = series(name, level)
        wider = (found.parent or next(iter(found.subset_of), "")) if found else ""
        if not wider:
            return name
        name = wider
    return name


def _names(basis: Sequence[str], level: str) -> Text:
    titles = [
        found.title if (found := series(name, level)) is not None else Text.same(name)
        for name in basis
    ]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
