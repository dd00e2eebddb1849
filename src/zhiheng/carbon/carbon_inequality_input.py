"""What `carbon_inequality` reads: emissions, people, output, and the factors between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import whole_entities
from zhiheng.carbon.factor_refusals import nominal
from zhiheng.carbon.factors import Factors, read_factors
from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.identities import identity as read_identity
from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

Array = NDArray[np.float64]

# Sums and products of published numbers in another order.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Amounts:
    """Emissions, and the bases over which they are spread, of the entities in use.

    Attributes
    ----------
    emissions : ndarray, shape (entities, periods)
    bases : mapping of str to ndarray
        ``population``, and ``output`` if it was given.
    """

    panel: Panel
    emissions: Array
    bases: Mapping[str, Array]
    unit: str
    left_out: tuple[str, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_amounts(
    panel: Panel,
    emissions: str,
    bases: Mapping[str, str],
    *,
    gaps: Literal["refuse", "drop"],
    boundaries: Mapping[str, str] | None,
) -> Amounts:
    """Evaluate emissions and bases; entities in the order of their codes.

    Raises
    ------
    ZhihengError
        C432, M800 gaps, M843 a base not above zero, M934 output in current prices, M936
        negative emissions.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    meaning, names = scope(panel.level), [emissions, *bases.values()]
    refuse_mixed(names, meaning, panel=panel, declared=boundaries)
    found = [evaluate(name, ordered, meaning) for name in names]
    if "output" in bases and in_current_prices(names[-1], found[-1].unit, panel, meaning):
        raise nominal(
            ordered,
            "output",
            bases["output"],
            found[-1].unit,
            Text(
                "产出 {a} 以当年价计，物价的变动会被读成单位产出排放之差。",
                "The output {a} is in current prices: changes of prices would pass for "
                "differences of emissions per output.",
            ),
        )
    values = np.stack([one.values for one in found], axis=-1)
    kept, values, left_out = whole_entities(ordered, names, values, gaps)
    _refuse_values(kept, names, values)
    return Amounts(
        panel=kept,
        emissions=values[..., 0],
        bases={key: values[..., i + 1] for i, key in enumerate(bases)},
        unit=found[0].unit,
        left_out=left_out,
        series=tuple(sorted({s for name in names for s in needs(name, meaning)})),
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )


def _refuse_values(panel: Panel, names: Sequence[str], values: Array) -> None:
    rows = panel.cells(values[..., :1] < 0, values, variable=names[:1])
    if rows:
        raise ZhihengError(
            "M936",
            Text(
                "排放有 {n} 个负值，洛伦兹曲线没有定义。",
                "{n} emissions are negative: there is no Lorenz curve of them.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text("用总排放，把碳汇另列。", "Use gross emissions and show sinks apart."),
        )
    wrong = np.zeros(values.shape, dtype=np.bool_)
    wrong[..., 1:] = values[..., 1:] <= 0
    if wrong.any():
        raise ZhihengError(
            "M843",
            Text(
                "人口或产出有不大于零的单元格。",
                "Population or output is not above zero somewhere.",
            ),
            evidence=panel.cells(wrong, values, variable=names),
            fix=Text("换一个大于零的量。", "Use a quantity above zero."),
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """The factors behind emissions per head.

    Attributes
    ----------
    identity : Identity
        Its first factor is the population.
    factors : ndarray, shape (entities, periods, factors - 1)
        All but the population; above zero.
    """

    identity: Identity
    factors: Array


def read_chain(
    panel: Panel,
    data: Amounts,
    written: str,
    *,
    gaps: Literal["refuse", "drop"],
    boundaries: Mapping[str, str] | None,
) -> tuple[Chain, Amounts]:
    """The identity of emissions, and the amounts of the entities that it is complete for.

    Raises
    ------
    ZhihengError
        M938 the identity is not one of these emissions per head, M945 a factor without a
        logarithm, and the refusals of `lmdi`.
    """
    meaning = read_identity(written)
    inside = panel.select(entities=data.panel.entities)
    factors = read_factors(inside, meaning, gaps=gaps, boundaries=boundaries)
    kept = [data.panel.entities.index(e) for e in factors.panel.entities]
    data = replace(
        data,
        panel=factors.panel,
        emissions=data.emissions[kept],
        bases={name: base[kept] for name, base in data.bases.items()},
        left_out=(*data.left_out, *factors.left_out),
    )
    _refuse_another(meaning, factors, data)
    inner = factors.factors[:, 0, :, 1:]
    if (inner <= 0).any():
        raise ZhihengError(
            "M945",
            Text(
                "恒等式的因素有为零的单元格，没有对数。",
                "Factors of the identity are zero in some cells: no logarithm exists.",
            ),
            evidence=data.panel.cells(
                inner <= 0, inner, variable=[f.id for f in meaning.factors[1:]]
            ),
            fix=Text(
                "去掉这些地区或时期，或不写 identity。",
                "Leave these entities or periods out, or leave identity out.",
            ),
        )
    return Chain(meaning, inner), data


def _refuse_another(meaning: Identity, factors: Factors, data: Amounts) -> None:
    """Refuse an identity of other emissions, without the population first, or with sectors."""
    size = np.maximum(data.emissions, np.finfo(np.float64).tiny)
    people = data.bases["population"]
    off = max(
        float((np.abs(factors.aggregate.sum(axis=1) - data.emissions) / size).max()),
        float((np.abs(factors.factors[:, 0, :, 0] - people) / people).max()),
    )
    if off > SAME or len(factors.parts) > 1:
        raise ZhihengError(
            "M938",
            Text(
                "恒等式不是这些排放的，第一个因素不是人口，或分了部门。",
                "The identity is not one of these emissions, its first factor is not the "
                "population, or it has sectors.",
            ),
            evidence=[{"left": meaning.left, "first factor": meaning.factors[0].expression}],
            fix=Text(
                "写成 排放: 人口 * 人均产出 * …，如 kaya。",
                "Write emissions: population * output per head * …, as in kaya.",
            ),
        )
