"""Measures and their sources of emissions read into arrays, with everything that is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import macc_errors as errors
from zhiheng.catalog.measures import Measure, Range, read_measures
from zhiheng.catalog.scope import scope
from zhiheng.catalog.technologies import Technology, TechnologyFigure, technology
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.kernels.abatement import triangular

Array = NDArray[np.float64]

EMISSIONS = frozenset({"t_CO2", "t_CO2e"})
POINT = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Sources:
    """Emissions that measures act on.

    Attributes
    ----------
    names : tuple of str
        Series or expressions, `S` of them.
    emissions : ndarray, shape (S, P)
        Summed over entities, in each period of the panel.
    by_entity : ndarray, shape (S, E)
        In the last period.
    unit : str
    """

    names: tuple[str, ...]
    emissions: Array
    by_entity: Array
    unit: str
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Quantities of the measures; the first row holds the likely values, draws follow.

    Shapes are (1 + D, M), money a year and unit unless said otherwise.
    """

    capex: Array  # of one unit, before learning
    life: Array
    opex: Array
    saving: Array
    abatement: Array  # tonnes a year and unit
    part: Array  # of the source, fully installed


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the method works on.

    Attributes
    ----------
    source : ndarray of int, shape (M,)
        Position of the source of each measure.
    stock_life, start, learning, growth : ndarray, shape (M,)
    figures : list of (measure, figure)
        Figures of the catalogue that the measures rest on.
    """

    measures: tuple[Measure, ...]
    sources: Sources
    source: NDArray[np.intp]
    drawn: Drawn
    stock_life: Array
    start: NDArray[np.intp]
    learning: Array
    growth: Array
    figures: tuple[tuple[str, Technology, TechnologyFigure], ...]
    ranged: bool


def read_plan(
    panel: Panel,
    *,
    measures: Mapping[str, Any] | str,
    source: str,
    money: str,
    prices: Mapping[str, Any],
    exchange: Mapping[str, Any],
    baseline: float,
    draws: int,
    seed: int,
) -> Plan:
    """Read measures, refuse what cannot be, and draw their quantities.

    `baseline` is what emissions are multiplied with between the last period and the year of the
    curve.
    """
    found = read_measures(measures)
    sources = _sources(panel, found, source)
    at = np.array([sources.names.index(m.source or source) for m in found])
    figures: list[tuple[str, Technology, TechnologyFigure]] = []
    capex = [_capex(m, money, exchange, figures) for m in found]
    life = [m.life or _catalogued(m, "life", figures) for m in found]
    learning = [_learning(m, figures) for m in found]
    opex = [_opex(m, c, figures) for m, c in zip(found, capex, strict=True)]
    _refuse_values(found, life, capex)
    rng = np.random.default_rng(seed)

    def draw(ranges: Sequence[Range]) -> Array:
        low, mode, high = (np.array([getattr(r, k) for r in ranges]) for k in Range.__slots__)
        drawn = triangular(low, mode, high, rng.random((draws, len(ranges))))
        return np.concatenate([mode[None], drawn])

    abatement = draw([m.abatement for m in found])
    emitted = sources.emissions[at, -1] * baseline
    part = _part(found, draw, abatement, emitted)
    drawn = Drawn(
        capex=draw(capex),
        life=draw(life),
        opex=draw(opex),
        saving=draw([m.saving for m in found]) + _fuel(found, prices, draw),
        abatement=abatement,
        part=part,
    )
    _refuse_part(found, part, emitted, sources, at)
    return Plan(
        measures=found,
        sources=sources,
        source=at,
        drawn=drawn,
        stock_life=np.array([m.stock_life or drawn.life[0, i] for i, m in enumerate(found)]),
        start=np.array([panel.periods[-1] if m.start is None else m.start for m in found]),
        learning=np.array(learning),
        growth=np.array([m.growth for m in found]),
        figures=tuple(figures),
        ranged=bool(any(np.ptp(getattr(drawn, k), axis=0).any() for k in Drawn.__slots__)),
    )


def _sources(panel: Panel, measures: Sequence[Measure], default: str) -> Sources:
    names = tuple(dict.fromkeys(m.source or default for m in measures))
    meaning = scope(panel.level)
    found = [evaluate(name, panel, meaning) for name in names]
    values = np.stack([one.values for one in found], axis=-1)
    if not np.isfinite(values).all():
        raise errors.missing(panel.cells(~np.isfinite(values), expression=names))
    wrong = [
        {"source": n, "unit": one.unit}
        for n, one in zip(names, found, strict=True)
        if one.unit not in EMISSIONS
    ]
    if wrong or len({one.unit for one in found}) > 1:
        raise errors.no_emissions(
            wrong or [{"source": n, "unit": f.unit} for n, f in zip(names, found, strict=True)]
        )
    if (values < 0).any() or not (values[:, -1].sum(axis=0) > 0).all():
        last = np.zeros(values.shape, dtype=np.bool_)
        last[:, -1] = values[:, -1].sum(axis=0) <= 0
        raise errors.not_positive(panel.cells((values < 0) | last, values, expression=names))
    nested = [
        {"whole": a, "part": b}
        for a in names for b in names if b.startswith((a + ".", a + "_"))
    ]  # fmt: skip
    if nested:
        raise errors.nested(nested)
    emissions = np.moveaxis(values, -1, 0)
    series = sorted({one for name in names for one in needs(name, meaning)})
    return Sources(names, emissions.sum(axis=1), emissions[:, :, -1], found[0].unit, tuple(series))


def _catalogued(
    m: Measure, quantity: Any, figures: list[tuple[str, Technology, TechnologyFigure]]
) -> Range:
    """The catalogued figure of the technology of a measure."""
    known = technology(m.technology) if m.technology else None
    figure = known.of(quantity) if known else None
    if known is None or figure is None:
        raise errors.incomplete(m.id, str(quantity), m.technology)
    figures.append((m.id, known, figure))
    return Range(figure.value, figure.value, figure.value)


def _capex(
    m: Measure,
    money: str,
    exchange: Mapping[str, Any],
    figures: list[tuple[str, Technology, TechnologyFigure]],
) -> Range:
    if m.capex is not None:
        return m.capex
    found = _catalogued(m, "capex", figures)
    basis = figures[-1][2].money
    if basis == money:
        return found
    if basis not in exchange:
        raise errors.other_money(m.id, basis, money)
    value = found.mode * errors.positive_number(exchange[basis], f"exchange.{basis}")
    return Range(value, value, value)


def _opex(
    m: Measure, capex: Range, figures: list[tuple[str, Technology, TechnologyFigure]]
) -> Range:
    """Yearly cost; the catalogued share of a catalogued capex where nothing is given."""
    known = technology(m.technology) if m.technology and m.capex is None else None
    figure = known.of("opex_share") if known else None
    if known is None or figure is None or m.opex != POINT:
        return m.opex
    figures.append((m.id, known, figure))
    value = capex.mode * figure.value
    return Range(value, value, value)


def _learning(m: Measure, figures: list[tuple[str, Technology, TechnologyFigure]]) -> float:
    if m.learning is not None or not m.growth or not m.technology:
        return m.learning or 0.0
    return _catalogued(m, "learning", figures).mode


def _part(measures: Sequence[Measure], draw: Any, abatement: Array, emitted: Array) -> Array:
    """Part of its source that each abates alone when fully installed, shape (1 + D, M)."""
    for m in measures:
        if (m.potential is None) == (m.units is None):
            raise errors.potential_or_units(m.id)
    given = draw([m.potential or m.units or POINT for m in measures])
    counted = np.array([m.units is not None for m in measures])
    return np.where(counted, given * abatement / emitted, given)


def _fuel(measures: Sequence[Measure], prices: Mapping[str, Any], draw: Any) -> Array:
    """Yearly value of saved fuel; measures that save the same fuel share its drawn price."""
    names = list(dict.fromkeys(m.fuel for m in measures if m.fuel))
    ranges = [errors.price(prices, name) for name in names]
    drawn = draw([*ranges, POINT])
    at = np.array([names.index(m.fuel) if m.fuel else len(names) for m in measures])
    return drawn[:, at] * draw([m.fuel_saved for m in measures])


def _refuse_values(
    measures: Sequence[Measure], life: Sequence[Range], capex: Sequence[Range]
) -> None:
    rows: list[Any] = []
    for m, n, k in zip(measures, life, capex, strict=True):
        checks = (
            ("life", n.low, n.low > 0),
            ("abatement", m.abatement.low, m.abatement.low > 0),
            ("capex", k.low, k.low >= 0),
            ("stock_life", m.stock_life or 1.0, (m.stock_life or 1.0) > 0),
            ("learning", m.learning or 0.0, 0 <= (m.learning or 0.0) < 1),
            ("growth", m.growth, m.growth >= 0),
        )
        rows += [{"measure": m.id, "field": f, "value": v} for f, v, good in checks if not good]
    if rows:
        raise errors.out_of_range(rows)


def _refuse_part(
    measures: Sequence[Measure], part: Array, emitted: Array, sources: Sources, at: NDArray[np.intp]
) -> None:
    worst, least = part.max(axis=0), part.min(axis=0)
    rows = [
        {
            "measure": m.id,
            "source": sources.names[at[i]],
            "potential": float(worst[i] if worst[i] > 1 else least[i]),
            "abated": float(worst[i] * emitted[i]),
            "emissions": float(emitted[i]),
        }
        for i, m in enumerate(measures)
        if not 0 < least[i] <= worst[i] <= 1
    ]
    if rows:
        raise errors.beyond_source(rows)
