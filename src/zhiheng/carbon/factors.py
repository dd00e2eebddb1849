"""The factors of an identity read from a panel, with the proof that they multiply up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.telescope import closes, leftover
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Scope, evaluate, needs
from zhiheng.core.expression.evaluation import Evaluated
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

# Largest relative distance between the product of the factors and the left-hand side. A tenth
# of the bound on the residual: two ends that deviate by this much still close within it.
DEVIATION = 1e-11


@dataclass(frozen=True, slots=True)
class Factors:
    """Values of an identity on a panel without gaps.

    Attributes
    ----------
    panel : Panel
        The entities in use.
    aggregate : ndarray, shape (entities, periods)
    factors : ndarray, shape (entities, periods, factors)
    unit : str
        Of the aggregate.
    deviation : float
        Largest relative distance of the product of the factors from the aggregate.
    by_construction : bool
        Whether the factors telescope symbolically, not just in these data.
    current_money : tuple of str
        Factors in prices of their own year.
    left_out : tuple of str
        Entities without a complete history.
    """

    panel: Panel
    aggregate: NDArray[np.float64]
    factors: NDArray[np.float64]
    unit: str
    deviation: float
    by_construction: bool
    current_money: tuple[str, ...]
    left_out: tuple[str, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_factors(panel: Panel, identity: Identity, *, gaps: Literal["refuse", "drop"]) -> Factors:
    """Evaluate an identity and prove that it holds.

    Raises
    ------
    ZhihengError
        M800 gaps, M832 the product of the factors is not the left-hand side,
        M833 negative values.
    """
    meaning = scope(panel.level)
    expressions = [identity.left, *(f.expression for f in identity.factors)]
    found = [evaluate(expression, panel, meaning) for expression in expressions]
    values = np.stack([one.values for one in found], axis=-1)
    seen = np.isfinite(values)
    complete = np.asarray(seen.all(axis=(1, 2)), dtype=np.bool_)
    if not seen.all() and (gaps == "refuse" or not complete.any()):
        raise _missing(panel, expressions, seen)
    kept = panel.select(entities=[e for e, c in zip(panel.entities, complete, strict=True) if c])
    values = values[complete]
    _refuse_negative(kept, expressions, values)
    deviation = _deviation(kept, identity, values, meaning)
    by_construction = closes(identity, meaning, panel.series)
    if not by_construction:
        _refuse_other_unit(identity, found, meaning)
    money = [
        f.id
        for f, one in zip(identity.factors, found[1:], strict=True)
        if meaning.units.is_current_money(one.unit)
    ]
    return Factors(
        panel=kept,
        aggregate=values[..., 0],
        factors=values[..., 1:],
        unit=found[0].unit,
        deviation=deviation,
        by_construction=by_construction,
        current_money=tuple(money),
        left_out=tuple(e for e, c in zip(panel.entities, complete, strict=True) if not c),
        series=tuple(sorted({name for e in expressions for name in needs(e, meaning)})),
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )


def _deviation(
    panel: Panel, identity: Identity, values: NDArray[np.float64], meaning: Scope
) -> float:
    left, product = values[..., 0], values[..., 1:].prod(axis=-1)
    size = np.maximum(left, product)
    off = np.divide(np.abs(product - left), size, out=np.zeros_like(left), where=size > 0)
    if off.max() <= DEVIATION:
        return float(off.max())
    rows = [
        {
            "entity": panel.entities[e],
            "period": panel.periods[t],
            "left": float(left[e, t]),
            "product": float(product[e, t]),
            "residual": float(product[e, t] - left[e, t]),
        }
        for e, t in _worst(off)
    ]
    raise _open(identity, [{"product / left": _rest(identity, meaning, panel)}, *rows])


def _worst(off: NDArray[np.float64]) -> list[tuple[int, int]]:
    order = np.argsort(-off, axis=None, kind="stable")[: int((off > DEVIATION).sum())]
    e, t = np.unravel_index(order, off.shape)
    return [(int(i), int(j)) for i, j in zip(e, t, strict=True)]


def _rest(identity: Identity, meaning: Scope, panel: Panel) -> str:
    return str(leftover(identity, meaning, panel.series))


def _refuse_other_unit(identity: Identity, found: Sequence[Evaluated], meaning: Scope) -> None:
    units = [one.unit for one in found]
    if UNSTATED in units:
        return
    product = units[1]
    for unit in units[2:]:
        product = meaning.units.product(product, unit)
    if product != units[0]:
        raise _open(identity, [{"unit of the left": units[0], "unit of the product": product}])


def _open(identity: Identity, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M832",
        Text(
            "恒等式不成立：各因素之积不等于 {x}。",
            "The identity does not hold: the product of its factors is not {x}.",
        ).format(x=identity.left),
        evidence=rows,
        fix=Text(
            "补上或删去因素，使分子分母逐一约去；余下的部分见 product / left。",
            "Add or remove factors until numerators and denominators cancel; what remains is shown "
            "as product / left.",
        ),
    )


def _missing(panel: Panel, expressions: Sequence[str], seen: NDArray[np.bool_]) -> ZhihengError:
    rows = panel.cells(~seen, expression=expressions)
    return ZhihengError(
        "M800",
        Text(
            "恒等式有 {n} 个单元格没有值（缺失，或零除以零）。",
            "{n} cells of the identity have no value (a gap, or zero over zero).",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个窗口或地区范围；或写明 gaps=drop，不完整的地区整个不参与并被列出。",
            "Choose other periods or entities; or say gaps=drop: incomplete entities are left out "
            "whole and listed.",
        ),
    )


def _refuse_negative(panel: Panel, expressions: Sequence[str], values: NDArray[np.float64]) -> None:
    rows = panel.cells(values < 0, values, expression=expressions)
    if rows:
        raise ZhihengError(
            "M833",
            Text(
                "恒等式有 {n} 个负值，对数平均没有定义。",
                "{n} values of the identity are negative, for which the logarithmic mean is "
                "undefined.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "把排放与碳汇分开分解，不分解净额。",
                "Decompose emissions and sinks apart, not their net amount.",
            ),
        )
