"""Production-theoretical decomposition: drivers of emissions with frontiers of best practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import production_wording as wording
from zhiheng.carbon.production_input import Inputs, read_production
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.kernels.dea_radial import Disposability
from zhiheng.kernels.production_decomposition import FACTORS, Frontier, Split, decompose

Array = NDArray[np.float64]

# Products of seven ratios in double precision, and sums of their logarithms.
CLOSURE = 1e-10


@method(
    zh="生产理论分解（PDA）：潜在排放系数与强度、产出、效率与技术七个因素", example="neighbours"
)
def production_decomposition(
    panel: Panel,
    *,
    emissions: str,
    energy: str,
    output: str,
    inputs: Sequence[str] = (),
    frontier: Frontier = "global",
    returns: Literal["crs", "vrs"] = "crs",
    disposability: Disposability = "weak",
    boundaries: Mapping[str, str] | None = None,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Decompose a change of emissions into seven factors with production frontiers.

    Use it to part what LMDI calls intensity into what the best of the panel could do
    (potential), how far each unit is from them (efficiency) and how the best themselves moved
    (technology). Efficiency is relative to the units of the panel, and a frontier of few
    units says little. It is arithmetic on distance functions and no causal statement.

    Parameters
    ----------
    panel : Panel
        Two periods or more of comparable units.
    emissions, energy, output : str
        Series or expressions above zero; output in constant prices.
    inputs : list of str
        Further inputs, such as labour and capital.
    frontier : {"global", "adjacent"}
        One frontier of all periods: always an answer, but a new period changes old numbers.
        Or those of the two periods of a step: units that surpass everybody of the other
        period have no answer there and stay empty.
    returns : {"crs", "vrs"}
    disposability : {"weak", "strong"}
        Whether emissions can be cut at no cost.
    boundaries : mapping, optional
        Boundary of series of your own, such as ``{"co2": "territorial"}``.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropping leaves the whole entity out.

    Raises
    ------
    ZhihengError
        C432 two boundaries, M800 gaps, M831 one period, M934 output in current prices, M945
        values that are not above zero.

    References
    ----------
    Zhou and Ang (2008) Energy Economics 30(3): 1054-1067.
    """
    names = (inputs,) if isinstance(inputs, str) else tuple(inputs)
    data = read_production(panel, (emissions, energy, output, *names), gaps=gaps,
                           boundaries=boundaries)  # fmt: skip
    found = decompose(
        data.production, frontier=frontier, returns=returns, disposability=disposability
    )
    tables = {
        "effects": _effects(found, data),
        "factors": _factors(found, data),
        "by_period": _by_period(found, data),
        "distances": _distances(found, data),
    }
    notes = [*data.notes, *wording.notes(found, data, frontier=frontier)]
    return Result(tables, wording.figures(), tuple(notes), _checks(found, data), data.series)


def _titled(times: int) -> dict[str, list[str]]:
    titles = [option_word("production_factor", f) for f in FACTORS]
    return {
        "factor": list(FACTORS) * times,
        "factor_title_zh": [t.zh for t in titles] * times,
        "factor_title_en": [t.en for t in titles] * times,
    }


def _solved(found: Split) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(found.ratios).all(axis=-1), dtype=np.bool_)


def _effects(found: Split, data: Inputs) -> Table:
    """Sums over the steps that have an answer, and the ratio over all of them on average."""
    solved = _solved(found)
    effect, logs = found.effects[solved].sum(axis=0), np.log(found.ratios[solved])
    if not solved.any():  # nothing is known, which is not the same as no effect
        effect, logs = np.full(len(FACTORS), np.nan), np.full((1, len(FACTORS)), np.nan)
    c = data.production.emissions
    change = float((c[:, 1:] - c[:, :-1])[solved].sum())
    start = float(c[:, 0].sum())
    return Table.of(
        ("factor",),
        **_titled(1),
        effect=effect,
        share=effect / change if change else np.full(len(effect), np.nan),
        relative_effect=effect / start,
        mean_ratio=np.exp(logs.mean(axis=0)),
        unit=[data.unit] * len(effect),
    )


def _factors(found: Split, data: Inputs) -> Table:
    entities, steps, size = found.ratios.shape
    names = [data.panel.name(e) for e in data.panel.entities]
    periods = np.array(data.panel.periods, dtype=np.int64)
    each = steps * size
    return Table.of(
        ("entity", "period_from", "period", "factor"),
        entity=[e for e in data.panel.entities for _ in range(each)],
        name_zh=[n.zh for n in names for _ in range(each)],
        name_en=[n.en for n in names for _ in range(each)],
        period_from=np.tile(np.repeat(periods[:-1], size), entities),
        period=np.tile(np.repeat(periods[1:], size), entities),
        **_titled(entities * steps),
        factor_ratio=found.ratios.ravel(),
        effect=found.effects.ravel(),
        unit=[data.unit] * found.ratios.size,
    )


def _by_period(found: Split, data: Inputs) -> Table:
    """Effects of every step, over the units that have an answer in it."""
    solved = _solved(found)
    effect = np.where(solved[..., None], found.effects, 0.0).sum(axis=0)
    effect = np.where(np.asarray(solved.any(axis=0))[:, None], effect, np.nan)
    steps, size = effect.shape
    periods = np.array(data.panel.periods, dtype=np.int64)
    return Table.of(
        ("period_from", "period", "factor"),
        period_from=np.repeat(periods[:-1], size),
        period=np.repeat(periods[1:], size),
        **_titled(steps),
        effect=effect.ravel(),
        n=np.repeat(solved.sum(axis=0), size),
        unit=[data.unit] * effect.size,
    )


def _distances(found: Split, data: Inputs) -> Table:
    entities, periods = found.energy_distance.shape
    names = [data.panel.name(e) for e in data.panel.entities]
    production = data.production
    return Table.of(
        ("entity", "period"),
        entity=[e for e in data.panel.entities for _ in range(periods)],
        name_zh=[n.zh for n in names for _ in range(periods)],
        name_en=[n.en for n in names for _ in range(periods)],
        period=np.tile(np.array(data.panel.periods, dtype=np.int64), entities),
        energy_distance=found.energy_distance.ravel(),
        carbon_distance=found.carbon_distance.ravel(),
        potential_energy=(production.energy / found.energy_distance).ravel(),
        potential_emissions=(production.emissions / found.carbon_distance).ravel(),
    )


def _checks(found: Split, data: Inputs) -> tuple[Check, ...]:
    c, solved = data.production.emissions, _solved(found)
    ratio = c[:, 1:] / c[:, :-1]
    product = np.abs(found.ratios.prod(axis=-1) / ratio - 1)[solved]
    left = np.abs(found.effects.sum(axis=-1) - (c[:, 1:] - c[:, :-1])) / np.maximum(
        c[:, 1:], c[:, :-1]
    )
    best = min(float(np.nanmin(found.energy_distance)), float(np.nanmin(found.carbon_distance)))
    return (
        Check(wording.PRODUCT_CHECK, float(product.max(initial=0.0)), CLOSURE),
        Check(wording.SUM_CHECK, float(left[solved].max(initial=0.0)), CLOSURE),
        Check(wording.FRONTIER_CHECK, min(best - 1.0, 0.0), 1e-7),
    )
