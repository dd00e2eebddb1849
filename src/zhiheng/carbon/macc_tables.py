"""Tables of a curve of abatement costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zhiheng.carbon.macc_input import Plan
from zhiheng.catalog.technologies import reference, technology
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table

if TYPE_CHECKING:
    from zhiheng.carbon.macc import Curve

OUTER = (0.05, 0.95)
"""Quantiles of the intervals: nine draws in ten."""


def measures(plan: Plan, curve: Curve, unit: str, money: str) -> Table:
    """One row a measure, in merit order."""
    order = np.argsort(curve.rank[0])
    cost, drawn = curve.cost, slice(1, None)
    low, high = _band(cost[drawn])
    rank_low, rank_high = np.quantile(curve.rank[drawn], OUTER, axis=0, method="nearest")
    naive = np.empty(len(order), dtype=np.intp)
    naive[np.argsort(cost[0], kind="stable")] = np.arange(1, len(order) + 1)
    columns = {
        "cost_per_tonne": cost[0],
        "cost_low": low,
        "cost_high": high,
        "probability_negative": (cost[drawn] < 0).mean(axis=0),
        "abated": curve.kept[0],
        "net_benefit": curve.benefit[0],
        "rank": curve.rank[0],
        "rank_low": rank_low,
        "rank_high": rank_high,
        "rank_by_cost": naive,
    }
    return Table.of(
        ("abatement_measure",),
        **_named(plan, order),
        **{name: values[order] for name, values in columns.items()},
        unit=[unit] * len(order),
        benefit_unit=[f"{money}/year"] * len(order),
        abated_unit=[plan.sources.unit] * len(order),
    )


def _band(cost: np.ndarray) -> np.ndarray:
    """Outer quantiles; between an infinite cost per tonne and a finite one nothing is mixed."""
    whole = np.isfinite(cost).all(axis=0)
    mixed = np.quantile(np.where(whole, cost, 0.0), OUTER, axis=0)
    return np.where(whole, mixed, np.quantile(cost, OUTER, axis=0, method="nearest"))


def bars(plan: Plan, curve: Curve, unit: str) -> Table:
    """The bars of the curve: where each begins and ends, and how high it is."""
    order = np.argsort(curve.rank[0])
    kept = curve.kept[0][order]
    end = np.cumsum(kept)
    return Table.of(
        ("abatement_measure",),
        **_named(plan, order),
        bar_from=end - kept,
        bar_to=end,
        cost_per_tonne=curve.cost[0][order],
        unit=[unit] * len(order),
        abated_unit=[plan.sources.unit] * len(order),
    )


def overlap(plan: Plan, curve: Curve) -> Table:
    """Tonnes alone, one after the other and beside the others; what bounds them."""
    order = np.argsort(curve.rank[0])
    ready = [technology(m.technology).readiness if m.technology else None for m in plan.measures]
    columns = {
        "installed": curve.installed[:, -1],
        "abated_alone": curve.alone[0],
        "abated_in_order": curve.ordered,
        "abated": curve.kept[0],
        "cost_alone": curve.lonely,
        "cost_per_tonne": curve.cost[0],
        "readiness_low": np.array([r.low if r else np.nan for r in ready], dtype=float),
        "readiness_high": np.array([r.high if r else np.nan for r in ready], dtype=float),
    }
    return Table.of(
        ("abatement_measure",),
        **_named(plan, order),
        emission_source=[plan.sources.names[plan.source[i]] for i in order],
        **{name: values[order] for name, values in columns.items()},
        abated_unit=[plan.sources.unit] * len(order),
    )


def sources(plan: Plan, curve: Curve) -> Table:
    """What each source emits and what is left of it; the plain sum beside it."""
    size = len(plan.sources.names)
    abated = np.bincount(plan.source, curve.kept[0], minlength=size)
    plain = np.bincount(plan.source, curve.alone[0], minlength=size)
    return Table.of(
        ("emission_source",),
        emission_source=list(plan.sources.names),
        emissions_start=plan.sources.emissions[:, -1],
        emissions_year=curve.emitted,
        abated=abated,
        remaining=curve.emitted - abated,
        abated_plain_sum=plain,
        overlap=plain - abated,
        n=np.bincount(plan.source, minlength=size),
        unit=[plan.sources.unit] * size,
    )


def vintages(plan: Plan, curve: Curve, money: str) -> Table:
    """How far the stock is renewed in each year, and what a unit bought then costs."""
    size, years = curve.installed.shape
    rows = np.repeat(np.arange(size), years)
    return Table.of(
        ("abatement_measure", "period"),
        **_named(plan, rows),
        period=np.tile(curve.years.astype(np.int64), size),
        installed=curve.installed.ravel(),
        capex=(curve.learned * plan.drawn.capex[0][:, None]).ravel(),
        unit=[money] * len(rows),
    )


def reversals(plan: Plan, curve: Curve, unit: str, money: str) -> Table:
    """Pairs that pay, of which cost per tonne puts the worse one first."""
    worse, better = curve.pairs.T
    other = _named(plan, better)
    return Table.of(
        ("abatement_measure", "better_measure"),
        **_named(plan, worse),
        **{k.replace("abatement_measure", "better_measure"): v for k, v in other.items()},
        cost_per_tonne=curve.cost[0][worse],
        better_cost=curve.cost[0][better],
        net_benefit=curve.benefit[0][worse],
        better_benefit=curve.benefit[0][better],
        abated=curve.kept[0][worse],
        better_abated=curve.kept[0][better],
        unit=[unit] * len(worse),
        benefit_unit=[f"{money}/year"] * len(worse),
        abated_unit=[plan.sources.unit] * len(worse),
    )


def figures(plan: Plan) -> Table:
    """Figures of the catalogue that were used, with source and status."""
    used = list(dict.fromkeys((t.id, f.quantity) for _, t, f in plan.figures))
    by_key = {(t.id, f.quantity): (t, f) for _, t, f in plan.figures}
    pairs = [by_key[key] for key in used]
    return Table.of(
        ("technology", "quantity"),
        technology=[t.id for t, _ in pairs],
        technology_title_zh=[t.title.zh for t, _ in pairs],
        technology_title_en=[t.title.en for t, _ in pairs],
        quantity=[f.quantity for _, f in pairs],
        value=np.array([f.value for _, f in pairs]),
        unit=[f.unit.replace("EUR", f.money) if f.money else f.unit for _, f in pairs],
        status=[f.status for _, f in pairs],
        source=[reference(f.reference).citation for _, f in pairs],
    )


def by_entity(panel: Panel, plan: Plan, curve: Curve) -> Table:
    """Tonnes of each entity: those of a source in proportion to what the entity emits of it."""
    total = plan.sources.by_entity.sum(axis=1, keepdims=True)
    share = plan.sources.by_entity / total
    per_source = np.bincount(plan.source, curve.kept[0], minlength=len(share))
    abated = per_source @ share
    emitted = curve.emitted @ share
    names = [panel.name(e) for e in panel.entities]
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        emissions_year=emitted,
        abated=abated,
        remaining=emitted - abated,
        unit=[plan.sources.unit] * len(names),
    )


def _named(plan: Plan, rows: np.ndarray) -> dict[str, list[str]]:
    titles = [m.name() for m in plan.measures]
    return {
        "abatement_measure": [plan.measures[i].id for i in rows],
        "abatement_measure_title_zh": [titles[i].zh for i in rows],
        "abatement_measure_title_en": [titles[i].en for i in rows],
    }
