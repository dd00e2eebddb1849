"""The weighted, normalised indicators whose sum is an index, with bounds and weights frozen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.systems import load_system
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import weigh

Normalise = Literal["global", "per_period", "zscore"]
WeightRule = Literal["equal", "equal_by_group", "entropy", "entropy_per_period", "given"]
SIGNS = {"more": 1.0, "less": -1.0}


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator: what it is called, how it is computed, which way is better."""

    id: str
    expression: str
    direction: str
    group: str
    title: Text
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The terms of an additive index.

    Attributes
    ----------
    values : ndarray, shape (entities, periods, indicators)
        Weight times normalised value.
    weights : ndarray, shape (indicators,)
        Averaged over periods where each period has its own.
    level : str
        Whose catalogue gives names in the expressions their meaning.
    """

    items: tuple[Item, ...]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    series: tuple[str, ...]
    notes: tuple[Note, ...]
    level: str

    @property
    def ids(self) -> list[str]:
        """The indicators' names, in order."""
        return [item.id for item in self.items]


def read_parts(
    panel: Panel,
    *,
    system: str | None,
    columns: Mapping[str, str] | None,
    recipe: tuple[Normalise, WeightRule],
    given: Mapping[str, float] | None,
    without: Collection[str] = (),
) -> Parts:
    """Compute the parts of an index from a catalogued system or from named columns.

    Indicators named in `without` are left out before bounds and weights are computed.

    Raises
    ------
    ZhihengError
        M704 gaps, M751 what the index is made of is not clear, M752 a recipe that
        does not work.
    """
    items, level = read_items(panel, system, columns)
    items = tuple(item for item in items if item.id not in without)
    expressions = [item.expression for item in items]
    data = read_variables(panel, expressions, gaps="refuse", level=level)
    signs = np.array([SIGNS[item.direction] for item in items])
    z = normalise(data.values, signs, recipe[0])
    if recipe[1].startswith("entropy") and z.values.min() < 0:
        raise _recipe(
            Text(
                "熵权需要非负的标准化值。",
                "Entropy weights need normalised values of zero or more.",
            )
        )
    w = weigh(
        z, recipe[1], groups=[item.group for item in items], given=_given(items, recipe[1], given)
    )
    if not np.isfinite(w).all():
        raise _recipe(
            Text("没有一个指标有变化，无从赋权。", "No indicator varies, so none has a weight.")
        )
    return Parts(items, w * z.values, w.mean(axis=0), data.series, data.notes, level)


def read_items(
    panel: Panel, system: str | None, columns: Mapping[str, str] | None
) -> tuple[tuple[Item, ...], str]:
    """What an index is made of, and whose catalogue gives the names their meaning (M751)."""
    if (system is None) == (not columns):
        raise ZhihengError(
            "M751",
            Text(
                "要给出指标体系或列，且只给一样。", "Give an index system or columns, and only one."
            ),
            fix=Text(
                "写 system=… 或 columns={序列: more|less}。",
                "Write system=… or columns={series: more|less}.",
            ),
        )
    if system is not None:
        return _of_system(panel, system)
    chosen = dict(columns or {})
    for name, direction in chosen.items():
        if direction not in SIGNS:
            kind = Text(f"{name} 的方向", f"direction of {name}")
            raise unknown_name("M751", str(direction), SIGNS, kind=kind)
    return tuple(Item(c, c, d, "", Text.same(c)) for c, d in chosen.items()), panel.level


def _of_system(panel: Panel, name: str) -> tuple[tuple[Item, ...], str]:
    system = load_system(name)
    wanting = [i for i in system.indicators if not i.expression]
    if wanting:  # an index of some of its items is another index
        raise ZhihengError(
            "M751",
            Text(
                "指标体系 {s} 有 {n} 项没有可计算的表达式，不会近似。",
                "{n} items of {s} have no expression to compute, and none is approximated.",
            ).format(s=name, n=len(wanting)),
            evidence=[{"item": i.id, "title": i.title} for i in wanting],
            fix=Text(
                "换一个体系，或用 columns 给出各项。", "Choose another system, or give columns."
            ),
        )
    items = tuple(
        Item(i.id, i.expression, i.direction, i.group, i.title, i.weight) for i in system.indicators
    )
    return items, panel.level or system.level


def _given(
    items: Sequence[Item], rule: WeightRule, given: Mapping[str, float] | None
) -> NDArray[np.float64] | None:
    if rule != "given":
        return None
    own = {item.id: item.weight for item in items if item.weight is not None}
    weights = own if given is None else given
    missing = [item.id for item in items if item.id not in weights]
    if missing or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise _recipe(
            Text(
                "weights=given 需要每个指标的非负权重：{n}。",
                "weights=given needs a weight of zero or more for each indicator: {n}.",
            ).format(n=", ".join(missing) or "-")
        )
    return np.array([float(weights[item.id]) for item in items])


def _recipe(what: Text) -> ZhihengError:
    return ZhihengError(
        "M752",
        what,
        fix=Text("换一种标准化或赋权。", "Choose another normalisation or weighting."),
    )
