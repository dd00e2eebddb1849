"""The factors of an identity read from a panel, with the proof that they multiply up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import factor_refusals as refuse
from zhiheng.carbon.sectors import Spread, spread, totals
from zhiheng.carbon.telescope import closes
from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.dimensions import Label
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import unknown_name
from zhiheng.core.expression import Scope, evaluate, names, needs, parse
from zhiheng.core.expression.evaluation import Evaluated
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

# Largest relative distance between the product of the factors and the left-hand side. A tenth
# of the bound on the residual: two ends that deviate by this much still close within it.
DEVIATION = 1e-11
# Parts that add up to a published total but for rounding of its digits are not remarked on.
ROUNDED = 1e-6

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Factors:
    """Values of an identity on a panel without gaps.

    Attributes
    ----------
    panel : Panel
        The entities in use.
    parts : tuple of labels
        Sectors, or sectors and their parts; one empty label without a mark.
    aggregate : ndarray, shape (entities, parts, periods)
    factors : ndarray, shape (entities, parts, periods, factors)
        Not negative; of sinks both are absolute values.
    sink : ndarray of bool, shape (entities, parts)
        What is negative throughout.
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
    empty : int
        Cells in which a ratio is zero over zero because the part itself is zero.
    apart : float
        Largest relative distance of the sum over parts from the total that the panel holds.
    spread : Spread
        The rows and the identity as evaluated.
    """

    panel: Panel
    parts: tuple[Label, ...]
    aggregate: Array
    factors: Array
    sink: NDArray[np.bool_]
    unit: str
    deviation: float
    by_construction: bool
    current_money: tuple[str, ...]
    left_out: tuple[str, ...]
    empty: int
    apart: float
    spread: Spread
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_factors(
    panel: Panel,
    identity: Identity,
    *,
    gaps: Literal["refuse", "drop"],
    sinks: Literal["refuse", "apart"] = "refuse",
    prices: Literal["refuse", "allow"] = "refuse",
    sectors: Sequence[str] | None = None,
    boundaries: Mapping[str, str] | None = None,
) -> Factors:
    """Evaluate an identity and prove that it holds.

    Raises
    ------
    ZhihengError
        C432 boundaries that do not go together, C435/M955/M956 sectors, M800 gaps, M832 the
        product of the factors is not the left-hand side, M833 negative values, M839 current
        prices, M954 two price bases.
    """
    meaning = scope(panel.level)
    wide = spread(panel, identity, meaning, sectors=sectors)
    written = unmarked(identity)
    _refuse_unused(boundaries or {}, written, meaning)
    refuse_mixed(written, meaning, panel=panel, declared=boundaries)
    expressions = [wide.identity.left, *(f.expression for f in wide.identity.factors)]
    if prices == "refuse":
        refuse.price_bases(panel, written, meaning)
    found = [evaluate(expression, wide.panel, meaning) for expression in expressions]
    money = _current_factors(panel, identity, written[1:], found[1:], meaning)
    if money and prices == "refuse":
        by_id = {f.id: e for f, e in zip(identity.factors, written[1:], strict=True)}
        money_in = {name: by_id[name] for name in money}
        raise refuse.current_prices(panel, money_in, meaning)
    values, empty = cube(wide, found, expressions, meaning)
    complete = np.asarray(np.isfinite(values).all(axis=(1, 2, 3)), dtype=np.bool_)
    shown = [identity.left, *(f.id for f in identity.factors)]
    inside = [tuple(n.name for n in names(parse(e))) for e in written]
    address = refuse.Address(panel, wide.parts, shown, inside)
    if not complete.all() and (gaps == "refuse" or not complete.any()):
        raise refuse.missing(address, ~np.isfinite(values))
    kept = panel
    if not complete.all():
        whole = [e for e, c in zip(panel.entities, complete, strict=True) if c]
        kept, values = panel.select(entities=whole), values[complete]
    address = replace(address, panel=kept)
    sink = np.asarray(
        (values[..., 0] <= 0).all(axis=-1) & (values[..., 0] < 0).any(axis=-1), dtype=np.bool_
    )
    refuse.negative(address, values, sink, apart=sinks == "apart")
    if sink.any():
        values = np.where(sink[..., None, None], np.abs(values), values)
    refuse.total_among_parts(address, values[..., 0])
    deviation = _deviation(address, wide, values, meaning)
    by_construction = not wide.by_product and closes(wide.identity, meaning, wide.panel.series)
    if not by_construction and not wide.by_product:
        refuse.other_unit(identity, found, meaning)
    signed = np.where(sink[..., None], -values[..., 0], values[..., 0])
    return Factors(
        panel=kept,
        parts=wide.parts,
        aggregate=values[..., 0],
        factors=values[..., 1:],
        sink=sink,
        unit=found[0].unit,
        deviation=deviation,
        by_construction=by_construction,
        current_money=tuple(money),
        left_out=tuple(e for e, c in zip(panel.entities, complete, strict=True) if not c),
        empty=int(empty[complete].sum()),
        apart=_apart(kept, written[0], signed, wide, meaning),
        spread=wide,
        series=_stands_on(panel, wide, expressions, meaning),
        notes=tuple(dict.fromkeys(n for one in found for n in one.notes if n.code != "X311")),
    )


def _refuse_unused(
    boundaries: Mapping[str, str], expressions: Sequence[str], meaning: Scope
) -> None:
    """Refuse a boundary of a series that the identity does not hold: a slip of the pen."""
    used = {n.name for e in expressions for n in names(parse(e))}
    used |= {n for e in expressions for n in needs(e, meaning)}
    for name in boundaries:
        if name not in used:
            raise unknown_name("C436", name, sorted(used), kind=Text("序列", "series"))


def unmarked(identity: Identity) -> list[str]:
    """The left-hand side and the factors with the families instead of the marked names."""
    out = [identity.left, *(f.expression for f in identity.factors)]
    for plain in sorted(identity.marked, key=len, reverse=True):
        out = [e.replace(plain, identity.marked[plain][0]) for e in out]
    return out


def cube(
    wide: Spread, found: Sequence[Evaluated], expressions: Sequence[str], meaning: Scope
) -> tuple[Array, NDArray[np.bool_]]:
    """All values [entity, part, period, left and factors], and where zero over zero stood.

    A ratio that is zero over zero in a part that is itself zero has no value and needs none:
    the part's logarithmic mean is zero there, so that the ratio has no effect. One stands in.
    """
    values = np.stack([one.values for one in found], axis=-1)
    parts = len(wide.parts)
    nothing = values[..., :1] == 0
    if not (nothing & np.isnan(values)).any():
        empty = np.zeros(values.shape, dtype=np.bool_)
    else:
        known = [_known(wide.panel, e, meaning) for e in expressions]
        empty = nothing & np.isnan(values) & np.stack(known, axis=-1)
    filled = np.where(empty, 1.0, values)
    rows, periods, width = values.shape
    shape = (rows // parts, parts, periods, width)
    return filled.reshape(shape), empty.reshape(shape)


def _known(panel: Panel, expression: str, meaning: Scope) -> NDArray[np.bool_]:
    """Where all base series of an expression are observed."""
    stored = [n for n in needs(expression, meaning) if n in panel.series]
    arrays = [np.isfinite(panel.array(n)) for n in stored]
    shape = (len(panel.entities), len(panel.periods))
    return np.asarray(np.logical_and.reduce([np.ones(shape, np.bool_), *arrays]), dtype=np.bool_)


def _current_factors(
    panel: Panel,
    identity: Identity,
    written: Sequence[str],
    found: Sequence[Evaluated],
    meaning: Scope,
) -> list[str]:
    """The factors in money of their own year."""
    return [
        f.id
        for f, expression, one in zip(identity.factors, written, found, strict=True)
        if in_current_prices(expression, one.unit, panel, meaning)
    ]


def _deviation(address: refuse.Address, wide: Spread, values: Array, meaning: Scope) -> float:
    left, product = values[..., 0], values[..., 1:].prod(axis=-1)
    size = np.maximum(left, product)
    off = np.divide(np.abs(product - left), size, out=np.zeros_like(left), where=size > 0)
    if off.max() <= DEVIATION:
        return float(off.max())
    raise refuse.unequal(address, wide, values, off, bound=DEVIATION, meaning=meaning)


def _apart(panel: Panel, left: str, signed: Array, wide: Spread, meaning: Scope) -> float:
    """How far the parts are from the total that the panel holds itself, if it holds one."""
    stored = needs(left, meaning) <= set(panel.series)
    if not wide.identity.dimensions or not (stored or wide.by_product):
        return 0.0
    total = evaluate(left, totals(panel, left, meaning), meaning).values
    summed = signed.sum(axis=1)
    size = np.maximum(np.abs(total), np.abs(summed))
    off = np.divide(np.abs(total - summed), size, out=np.zeros_like(size), where=size > 0)
    worst = float(np.nanmax(off, initial=0.0))
    if wide.by_product and worst > DEVIATION:
        raise refuse.parts_miss_total(panel, wide, total, summed)
    return worst if worst > ROUNDED else 0.0


def _stands_on(
    panel: Panel, wide: Spread, expressions: Sequence[str], meaning: Scope
) -> tuple[str, ...]:
    """The stored series behind the identity, parts opened to the series that they are."""
    used = {n for e in expressions for n in needs(e, meaning)}
    families = {plain: family for plain, (family, _) in wide.identity.marked.items()}
    out: set[str] = set()
    for name in used:
        family = families.get(name, name)
        if name in panel.series:
            out.add(name)
        else:
            below = {s for s in panel.series if s.startswith(family + ".")}
            out |= below or {name}
    return tuple(sorted(out))
