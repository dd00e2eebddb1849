"""Disparity by nested groups: Theil measures that split without a remainder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import theil_wording as wording
from zhiheng.diagnose.nesting import read_nested
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.sample import Sample, read_sample, trend_of
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels.resample import (
    change_interval,
    interval,
    level_interval,
    multiplicities,
)
from zhiheng.kernels.theil import Nested, log_shift, nested, nested_draws

Array = NDArray[np.float64]
Drawn = Mapping[str, Array]
Sure = tuple[float, int]
"""One minus the coverage, and the degrees of freedom: entities less strata."""

# Sums of a few hundred terms; the index itself may be a few units large.
ROUNDING = 1e-11


@method(zh="泰尔指数：多层嵌套分组的精确分解与区间", example="regions")
def theil(
    panel: Panel,
    *,
    variable: str,
    groups: str | Mapping[str, str],
    population: str | None = None,
    alpha: float | None = None,
    draws: int = 999,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Decompose Theil T and L exactly by any number of nested groupings, with intervals.

    Use it when groups do not overlap in membership and the parts must add up: between
    zones, between provinces inside zones, between cities inside provinces. T weighs
    groups by their share of the variable, L by their share of entities or people. It
    needs a true zero: not growth rates, logs or z-scores; on a min-max index levels
    depend on where the zero was put (see `inequality`).

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression; zero or more. With a population it is read per head.
    groups : str or mapping
        Catalogued groupings joined by ``/`` from coarse to fine, or a mapping of entity to
        a path such as ``east/coast``.
    population : str
        A series or an expression above zero that weighs the entities; each counts once by
        default.
    alpha : float
        Adds the generalised entropy measure GE(alpha) beside T = GE(1) and L = GE(0).
    draws : int
        Resamples of entities within the coarsest groups; 0 for none.
    seed : int
        Seed of the resamples.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropped ones are left out of their period.

    Raises
    ------
    ZhihengError
        M800 gaps, M810 entities without a group, M811 groups that cannot be read, M820 an
        option out of range, M840 negative values, M841 a period without a positive value,
        M842 groups that are not nested, M843 a population not above zero.

    References
    ----------
    Theil (1967) Economics and Information Theory; Shorrocks (1980) Econometrica 48(3):
    613-625; Mookherjee and Shorrocks (1982) Economic Journal 92(368): 886-902.
    """
    check_numbers(draws=draws, level=level)
    data = read_sample(panel, variable, population, gaps=gaps)
    named = read_nested(data.panel, groups)
    levels = [(one.number, len(one.ids)) for one in named]
    orders = {"theil_t": 1.0, "theil_l": 0.0}
    if alpha is not None and float(alpha) not in orders.values():
        orders["ge"] = float(alpha)
    found = {k: nested(data.values, data.base, levels, a) for k, a in orders.items()}
    weights = multiplicities(named[0].number, draws=draws, seed=seed) if draws else None
    drawn: dict[str, Array] = {}
    if weights is not None:
        for name, order in orders.items():
            drawn[name] = nested_draws(data.values, data.base, levels, order, weights)
    parts = wording.components(named)
    sure = level, len(data.values) - len(named[0].ids)
    tables = {
        "decomposition": _decomposition(data, found, drawn, parts, sure),
        "groups": _groups(data, found, named),
    }
    if data.several:
        tables["change"] = _change(data, found, drawn, parts, sure)
        tables["change_sources"] = _sources(data, named[0], weights, sure)
    notes = wording.notes(data, named, found, draws=draws, level=level, alpha=orders.get("ge"))
    figures = wording.figures(several=data.several)
    checks = [*_checks(data, found, levels, orders), *_source_check(tables)]
    return Result(tables, figures, (*data.notes, *notes), tuple(checks), data.series)


def _values(found: Nested) -> Array:
    """Total and parts, shape (periods, 2 + levels)."""
    return np.concatenate([found.total[:, None], found.parts], axis=1)


def _decomposition(
    data: Sample, found: Mapping[str, Nested], drawn: Drawn, parts: Mapping[str, Text], sure: Sure
) -> Table:
    size = len(parts)
    value = np.stack([_values(one) for one in found.values()], axis=1)
    share = value / np.where(value[..., :1] > 0, value[..., :1], np.nan)
    level, free = sure
    periods, measures = value.shape[:2]
    low, high = _ends(found, drawn, lambda d, v: level_interval(d, v, level, free), periods)
    share_low, share_high = _ends(found, drawn, lambda d, _: interval(_shares(d), level), periods)
    return Table.of(
        ("period", "measure", "part"),
        period=np.repeat(data.periods, measures * size),
        **wording.titled("measure", "inequality_measure", np.repeat(list(found), size), periods),
        **_components(parts, periods * measures),
        value=value.ravel(),
        ci_low=low.ravel(),
        ci_high=high.ravel(),
        share=share.ravel(),
        share_low=share_low.ravel(),
        share_high=share_high.ravel(),
    )


def _shares(drawn: Array) -> Array:
    return drawn / np.where(drawn[..., :1] > 0, drawn[..., :1], np.nan)


def _ends(found: Mapping[str, Nested], drawn: Drawn, of: wording.Of, rows: int) -> Array:
    """Interval ends by a rule for draws and points, shape (2, rows, measures, parts)."""
    if not drawn:
        size = _values(next(iter(found.values()))).shape[1]
        return np.full((2, rows, len(found), size), np.nan)
    return np.stack([of(drawn[name], _values(one)) for name, one in found.items()], axis=2)


def _components(parts: Mapping[str, Text], times: int) -> dict[str, list[str]]:
    return {
        "part": list(parts) * times,
        "kind": ["total" if name == "theil_total" else "part" for name in parts] * times,
        "part_title_zh": [t.zh for t in parts.values()] * times,
        "part_title_en": [t.en for t in parts.values()] * times,
    }


def _groups(data: Sample, found: Mapping[str, Nested], named: tuple[Groups, ...]) -> Table:
    """Every group of every level: its shares, mean, inner inequality and what that adds."""
    blocks = [
        _block(data, measure, one, (k, group))
        for measure, one in found.items()
        for k, group in enumerate(named)
    ]
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return Table.of(("period", "measure", "group_level", "group"), **columns)


def _block(
    data: Sample, measure: str, one: Nested, where: tuple[int, Groups]
) -> dict[str, NDArray[Any]]:
    """The rows of one measure and one level of grouping."""
    k, group = where
    at, periods, size = one.levels[k], len(data.periods), len(group.ids)
    total = np.where(one.total > 0, one.total, np.nan)[:, None]
    words: dict[str, list[str]] = {
        **wording.titled("measure", "inequality_measure", [measure], size * periods),
        "group": list(group.ids) * periods,
        "group_title_zh": [t.zh for t in group.titles] * periods,
        "group_title_en": [t.en for t in group.titles] * periods,
    }
    return {
        "period": np.repeat(data.periods, size),
        **{name: np.array(values, dtype=object) for name, values in words.items()},
        "group_level": np.full(size * periods, k + 1),
        "weight_share": at.share.ravel(),
        "value_share": at.value_share.ravel(),
        "mean": at.mean.ravel(),
        "inner": at.inside.ravel(),
        "contribution": at.contribution.ravel(),
        "share": (at.contribution / total).ravel(),
    }


def _change(
    data: Sample, found: Mapping[str, Nested], drawn: Drawn, parts: Mapping[str, Text], sure: Sure
) -> Table:
    size, measures = len(parts), len(found)
    value = np.stack([_values(one)[[0, -1]] for one in found.values()], axis=1)
    change = value[1] - value[0]
    low, high = _ends(
        found, drawn, lambda d, v: change_interval(d[:, -1:] - d[:, :1], v[-1:] - v[:1], *sure), 1
    )[:, 0]
    trend = [trend_of(*row) for row in zip(change.ravel(), low.ravel(), high.ravel(), strict=True)]
    return Table.of(
        ("measure", "part"),
        **wording.titled("measure", "inequality_measure", np.repeat(list(found), size), 1),
        **_components(parts, measures),
        period_from=np.full(size * measures, data.periods[0]),
        period=np.full(size * measures, data.periods[-1]),
        start=value[0].ravel(),
        end=value[1].ravel(),
        change=change.ravel(),
        ci_low=low.ravel(),
        ci_high=high.ravel(),
        **wording.titled("trend", "trend", np.array(trend), 1),
    )


def _sources(data: Sample, group: Groups, weights: Array | None, sure: Sure) -> Table:
    """What moved Theil L: inequality inside groups, their sizes, their means."""
    ends = data.values[:, [0, -1]], data.base[:, [0, -1]]
    one = log_shift(*ends, group.number, len(group.ids), np.ones((1, len(group.number))))
    point = np.array([one.inner[0], one.sizes[0], one.means[0]])
    usable = bool((ends[0][ends[1] > 0] > 0).all())
    point = np.where(usable, point, np.nan)
    low = high = np.full(3, np.nan)
    if weights is not None and usable:
        many = log_shift(*ends, group.number, len(group.ids), weights)
        drawn = np.stack([many.inner, many.sizes, many.means], axis=1)
        low, high = change_interval(drawn, point, *sure)
    names = ["source_inner", "source_sizes", "source_means"]
    return Table.of(
        ("part",),
        **wording.titled("part", "theil_source", names, 1),
        period_from=np.full(3, data.periods[0]),
        period=np.full(3, data.periods[-1]),
        contribution=point,
        ci_low=low,
        ci_high=high,
    )


def _checks(
    data: Sample, found: Mapping[str, Nested], levels: wording.Levels, orders: Mapping[str, float]
) -> tuple[Check, ...]:
    """The parts sum to the total, and the two roads to every part agree."""
    even = np.ones((1, len(data.values)))
    sums, roads = [0.0], [0.0]
    for name, one in found.items():
        known = np.isfinite(one.total)
        sums += list(np.abs(one.parts.sum(axis=1) - one.total)[known])
        other = nested_draws(data.values, data.base, levels, orders[name], even)[0]
        roads += list(np.abs(other[known] - _values(one)[known]).ravel())
    return (
        Check(
            Text("各部分之和等于总体泰尔指数", "the parts sum to the total"),
            float(np.max(sums)),
            ROUNDING,
        ),
        Check(
            Text(
                "按组求和与按组均值求差两种算法一致",
                "sums over groups and differences of group means agree",
            ),
            float(np.max(roads)),
            ROUNDING,
        ),
    )


def _source_check(tables: Mapping[str, Table]) -> tuple[Check, ...]:
    """What moved Theil L sums to its change, where L is defined at both ends."""
    if "change_sources" not in tables:
        return ()
    change = tables["change"]
    whole = change.columns["change"][change.find("theil_l", "theil_total")]
    parts = float(tables["change_sources"].columns["contribution"].sum())
    if not (np.isfinite(whole) and np.isfinite(parts)):
        return ()
    return (
        Check(
            Text("三个来源之和等于泰尔 L 的变化", "the three sources sum to the change of Theil L"),
            parts - float(whole),
            ROUNDING,
        ),
    )
