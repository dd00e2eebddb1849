"""The tables of the question whether emissions have peaked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.peak_input import Emissions
from zhiheng.carbon.peak_odds import Forecast, Pool, Trial
from zhiheng.catalog.peaking import peaking
from zhiheng.catalog.targets import deadline_of
from zhiheng.core.result import Table
from zhiheng.kernels.hindcast import RIVALS
from zhiheng.kernels.peaking import exceeded, mann_kendall

Array = NDArray[np.float64]

SHOWN = 6
"""Regions in the fan: more plots than these cannot be read on a page."""
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
LEAST_TREND = 4
"""Years without which a rank test of a trend says nothing."""
CHINA = "CHN"


def _named(data: Emissions, times: int = 1) -> dict[str, list[str]]:
    names = [data.panel.name(e) for e in data.panel.entities]
    return {
        "entity": [e for e in data.panel.entities for _ in range(times)],
        "name_zh": [n.zh for n in names for _ in range(times)],
        "name_en": [n.en for n in names for _ in range(times)],
    }


def probability(data: Emissions, said: Sequence[Forecast], h: int, delta: float) -> Table:
    """Odds by region and origin, the year of the maximum so far, and what happened."""
    columns = _by_origin_of(data, said, h, delta)
    kept = ("period", "period_to", "probability", "maximum_period", "below_maximum", "held")
    return Table.of(
        ("entity", "period"), **_named(data, len(said)), **{name: columns[name] for name in kept}
    )


def levels(data: Emissions, said: Sequence[Forecast], h: int, delta: float) -> Table:
    """The maximum so far and the value at each origin."""
    columns = _by_origin_of(data, said, h, delta)
    kept = ("period", "maximum_period", "maximum", "latest")
    return Table.of(
        ("entity", "period"),
        **_named(data, len(said)),
        **{name: columns[name] for name in kept},
        unit=[data.unit] * len(columns["period"]),
    )


def _by_origin_of(
    data: Emissions, said: Sequence[Forecast], h: int, delta: float
) -> dict[str, Any]:
    """Columns of one row for each region and origin, regions first."""
    count = len(data.panel.entities)
    first, last = data.panel.periods[0], data.panel.periods[-1]
    parts: list[dict[str, Array | list[Any]]] = []
    for one in said:
        now = one.year - first
        past = data.values[:, : now + 1]
        parts.append(
            {
                "period": [one.year] * count,
                "period_to": [one.year + h] * count,
                "probability": one.probability[:, -1],
                "maximum_period": first + past.argmax(axis=1),
                "maximum": past.max(axis=1),
                "latest": past[:, -1],
                "below_maximum": 1 - past[:, -1] / past.max(axis=1),
                "held": _held(data, now, h, delta, last - first),
            }
        )
    joined = {k: np.stack([np.asarray(p[k]) for p in parts], axis=1).ravel() for k in parts[0]}
    return {k: list(v) if v.dtype.kind == "U" else v for k, v in joined.items()}


def _held(data: Emissions, now: int, h: int, delta: float, last: int) -> list[str]:
    """Whether the maximum held: yes, no, or open while the years are not over."""
    after = min(now + h, last) - now
    if after < 1:
        return ["open"] * len(data.values)
    broken = exceeded(np.log(data.values), now, after, float(np.log1p(delta)))[:, -1]
    return ["no" if b else ("yes" if after == h else "open") for b in broken]


def _bands(data: Emissions, said: Forecast) -> dict[str, Array]:
    """Low, inner low, middle, inner high and high [E, H] in the unit of the emissions."""
    start = np.log(data.values[:, said.year - data.panel.periods[0]])[:, None] + said.change
    inner, outer = (half[None] * said.scale[:, None] for half in said.half)
    return {
        "low": np.exp(start - outer),
        "inner_low": np.exp(start - inner),
        "middle": np.exp(start),
        "inner_high": np.exp(start + inner),
        "high": np.exp(start + outer),
    }


def path(data: Emissions, said: Forecast, h: int) -> Table:
    """Intervals of each later year, and odds that no year until then exceeds the maximum."""
    count = len(data.panel.entities)
    return Table.of(
        ("entity", "period"),
        **_named(data, h),
        period=np.tile(np.arange(1, h + 1) + said.year, count),
        **{name: values.ravel() for name, values in _bands(data, said).items()},
        probability=said.probability.ravel(),
        unit=[data.unit] * count * h,
    )


def fan(data: Emissions, said: Forecast, h: int) -> tuple[Table, int]:
    """Past and path of the largest emitters, and how many they are."""
    order = sorted(
        range(len(data.values)), key=lambda e: (-data.values[e, -1], data.panel.entities[e])
    )[:SHOWN]
    years = [*data.panel.periods, *range(said.year + 1, said.year + h + 1)]
    bands = _bands(data, said)
    past = data.values[order]
    blank = np.full((len(order), h), np.nan)
    # The fan opens at the last value, which has no width.
    before = np.full((len(order), past.shape[1] - 1), np.nan)
    columns = {
        name: np.concatenate([before, past[:, -1:], values[order]], axis=1).ravel()
        for name, values in bands.items()
    }
    names = [data.panel.name(data.panel.entities[e]) for e in order]
    rows = len(years)
    table = Table.of(
        ("entity", "period"),
        entity=[data.panel.entities[e] for e in order for _ in range(rows)],
        name_zh=[n.zh for n in names for _ in range(rows)],
        name_en=[n.en for n in names for _ in range(rows)],
        period=np.tile(np.array(years), len(order)),
        past=np.concatenate([past, blank], axis=1).ravel(),
        **columns,
        marked=np.tile(np.array(years) == (deadline_of("peak") or 0), len(order)),
        unit=[data.unit] * (rows * len(order)),
    )
    return table, len(order)


def _pools(pool: Pool, tried: Trial | None) -> list[str]:
    first = "panel" if pool.own else "countries"
    return [first, "panel"] if tried else [first]


def hindcast(pool: Pool, tried: Trial | None) -> Table:
    """Mean absolute errors of the logarithm, by forecast and horizon."""
    count, horizon = len(pool.skill.origins), pool.rolling.change.shape[2]
    rows: list[tuple[str, str, int, float, int]] = [
        (_pools(pool, tried)[0], rival, k + 1, float(pool.skill.mae[rival][k]), count)
        for rival in RIVALS
        for k in range(horizon)
    ]
    if tried:
        rows += [
            ("panel", rival, horizon, float(tried.errors[rival].mean()), len(tried.years))
            for rival in RIVALS
        ]
    pools, rivals, ahead, mae, n = zip(*rows, strict=True)
    return Table.of(
        ("pool", "forecast", "horizon"),
        pool=pools, forecast=rivals, horizon=np.array(ahead), mae=np.array(mae),
        origins=np.array(n),
    )  # fmt: skip


def skill(pool: Pool, tried: Trial | None) -> Table:
    """The measures that the odds are held to, with their bounds."""
    gates = peaking().gates
    found, peaks = pool.skill, pool.peaks
    half, ours = (float(found.mae[r][-1]) for r in ("half_drift", "outlook"))
    lowest, highest = gates.coverage
    first = _pools(pool, tried)[0]
    nan = float("nan")
    rows = [
        (first, "mae_outlook", ours, nan, nan, nan, half + gates.worse),
        (first, "mae_half_drift", half, nan, nan, nan, nan),
        (first, "coverage_50", float(found.coverage[0].mean()), nan, nan, nan, nan),
        (first, "coverage_90", float(found.coverage[1].mean()), nan, nan, lowest, highest),
        (first, "brier", peaks.brier, nan, nan, nan, nan),
        (first, "brier_climatology", peaks.reference, nan, nan, nan, nan),
        (first, "brier_skill", peaks.skill, peaks.low, peaks.high, gates.skill, nan),
        (first, "brier_skill_rate", peaks.skill_rate, nan, nan, nan, nan),
        (first, "auc", peaks.auc, nan, nan, nan, nan),
    ]
    if CHINA in pool.entities:
        e = pool.entities.index(CHINA)
        rows += [
            (first, f"china_{r}", float(found.by_entity[r][e]), nan, nan, nan, nan)
            for r in ("half_drift", "outlook")
        ]
    if tried:
        brier = float(((tried.probability - tried.event) ** 2).mean())
        base = float(((tried.climatology - tried.event) ** 2).mean())
        rows += [
            ("panel", name, value, nan, nan, nan, nan)
            for name, value in (
                ("mae_outlook", float(tried.errors["outlook"].mean())),
                ("mae_half_drift", float(tried.errors["half_drift"].mean())),
                ("coverage_50", float(tried.inside[0].mean())),
                ("coverage_90", float(tried.inside[1].mean())),
                ("brier", brier),
                ("brier_climatology", base),
            )
        ]
    pools, measures, *numbers = zip(*rows, strict=True)
    value, low, high, least, most = (np.array(n) for n in numbers)
    met = [_met(*row) for row in zip(value, least, most, strict=True)]
    return Table.of(
        ("pool", "record_measure"),
        pool=pools, record_measure=measures, value=value, low=low, high=high, at_least=least,
        at_most=most, met=met,
    )  # fmt: skip


def _met(value: float, least: float, most: float) -> str:
    if np.isnan(least) and np.isnan(most):
        return "none"
    return "yes" if (np.isnan(least) or value >= least) and not value > most else "no"


def by_origin(pool: Pool, tried: Trial | None) -> Table:
    """Errors, coverage and Brier scores of each origin at the longest horizon."""
    found, peaks = pool.skill, pool.peaks
    blank = np.full(len(found.origins) - len(found.judged), np.nan)

    def late(values: Array) -> Array:
        return np.concatenate([blank, values])

    parts: list[dict[str, Any]] = [
        {
            "pool": [_pools(pool, tried)[0]] * len(found.origins),
            "period": pool.first + found.origins,
            **{f"mae_{r}": found.by_origin[r] for r in RIVALS},
            "coverage_50": late(found.coverage[0]),
            "coverage_90": late(found.coverage[1]),
            "event_rate": late(peaks.event.mean(axis=0)),
            "mean_probability": late(peaks.probability.mean(axis=0)),
            "brier": late(((peaks.probability - peaks.event) ** 2).mean(axis=0)),
            "brier_climatology": late(((peaks.climatology - peaks.event) ** 2).mean(axis=0)),
        }
    ]
    if tried:
        parts.append(
            {
                "pool": ["panel"] * len(tried.years),
                "period": np.array(tried.years),
                **{f"mae_{r}": tried.errors[r].mean(axis=0) for r in RIVALS},
                "coverage_50": tried.inside[0],
                "coverage_90": tried.inside[1],
                "event_rate": tried.event.mean(axis=0),
                "mean_probability": tried.probability.mean(axis=0),
                "brier": ((tried.probability - tried.event) ** 2).mean(axis=0),
                "brier_climatology": ((tried.climatology - tried.event) ** 2).mean(axis=0),
            }
        )
    pools = [p for part in parts for p in part["pool"]]
    numbers = {k: np.concatenate([p[k] for p in parts]) for k in parts[0] if k != "pool"}
    return Table.of(("pool", "period"), pool=pools, **numbers)


def by_entity(pool: Pool) -> Table:
    """Errors, coverage and Brier scores of each entity of the pool at the longest horizon."""
    found, peaks = pool.skill, pool.peaks
    return Table.of(
        ("entity",),
        entity=pool.entities,
        name_zh=[n.zh for n in pool.names],
        name_en=[n.en for n in pool.names],
        **{f"mae_{r}": found.by_entity[r] for r in RIVALS},
        coverage_90=found.covered[1],
        brier=((peaks.probability - peaks.event) ** 2).mean(axis=1),
    )


def reliability(pool: Pool, tried: Trial | None) -> Table:
    """How often the maximum held, by the odds that were given."""
    given = [(_pools(pool, tried)[0], pool.peaks.probability, pool.peaks.event)]
    if tried:
        given.append(("panel", tried.probability, tried.event))
    rows: list[tuple[str, float, float, float, float, int]] = []
    for name, p, event in given:
        for low, high in zip(BINS, BINS[1:], strict=False):
            inside = (p >= low) & ((p < high) | (high == BINS[-1]))
            if inside.any():
                rows.append(
                    (name, low, high, float(p[inside].mean()), float(event[inside].mean()),
                     int(inside.sum()))
                )  # fmt: skip
    pools, low, high, predicted, happened, n = zip(*rows, strict=True)
    return Table.of(
        ("pool", "probability_low"),
        pool=pools, probability_low=np.array(low), probability_high=np.array(high),
        odds=[f"{a:.1f}\u2013{b:.1f}" for a, b in zip(low, high, strict=True)],
        predicted=np.array(predicted), happened=np.array(happened), n=np.array(n),
    )  # fmt: skip


def trend(data: Emissions) -> Table:
    """Mann-Kendall and Sen over all years, and since the maximum where that is long ago."""
    years = np.array(data.panel.periods)
    start = data.values.argmax(axis=1)
    spans = [("whole", e, 0) for e in range(len(data.values))]
    spans += [
        ("since_maximum", e, int(s)) for e, s in enumerate(start) if len(years) - s > LEAST_TREND
    ]
    rows: dict[tuple[int, str], tuple[Any, ...]] = {}
    for first in sorted({s for _, _, s in spans}):
        group = [(kind, e) for kind, e, s in spans if s == first]
        values = data.values[[e for _, e in group]][:, first:]
        found = mann_kendall(values)
        share = found.slope / values.mean(axis=1)
        for i, (kind, e) in enumerate(group):
            rows[e, kind] = (
                int(years[first]), len(years) - first, found.tau[i], found.slope[i], share[i],
                found.p[i], found.corrected[i], found.factor[i],
            )  # fmt: skip
    keys = sorted(rows, key=lambda k: (k[0], k[1] != "whole"))
    names = [data.panel.name(data.panel.entities[e]) for e, _ in keys]
    cells = [np.array(c) for c in zip(*(rows[k] for k in keys), strict=True)]
    return Table.of(
        ("entity", "trend_span"),
        entity=[data.panel.entities[e] for e, _ in keys],
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        trend_span=[kind for _, kind in keys],
        period_from=cells[0],
        period=np.full(len(keys), years[-1]),
        n=cells[1],
        kendall_tau=cells[2],
        sen_slope=cells[3],
        sen_slope_share=cells[4],
        p_independent=cells[5],
        p_autocorrelated=cells[6],
        variance_factor=cells[7],
        unit=[data.unit] * len(keys),
    )
