"""Mobility between classes: transition probabilities with intervals, space, and the long run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog import spatial_notes
from zhiheng.catalog.entity_groups import read_groups
from zhiheng.catalog.spatial import Islands, weights_for
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose import markov_long_run as long_run
from zhiheng.diagnose import markov_space as space
from zhiheng.diagnose import markov_wording as wording
from zhiheng.diagnose.markov_input import (
    Classes,
    by_cut_offs,
    by_quantiles,
    read_cut_offs,
    transitions,
)
from zhiheng.diagnose.ranges import check_numbers, check_spatial_numbers
from zhiheng.diagnose.variable import Gaps, Variable, read_variable
from zhiheng.kernels.markov import Intervals, intervals, pairs, probabilities, resample
from zhiheng.kernels.markov import steady_state as steady_state_of
from zhiheng.kernels.mobility import communicating

Array = NDArray[np.float64]
Cut = Literal["pooled", "per_period"]

# A row of probabilities is a handful of quotients that add up to one.
ROUNDING = 1e-12


@method(
    zh="马尔可夫转移：转移概率及其区间、空间马尔可夫、同质性检验、流动性、首达时间与稳态",
    example="neighbours",
)
def markov(
    panel: Panel,
    *,
    variable: str,
    classes: int = 4,
    cut: Cut = "pooled",
    cut_offs: Sequence[float] | None = None,
    lag: int = 1,
    spatial: str | SpatialWeights | None = None,
    lag_classes: int | None = None,
    lag_cut: Literal["own", "variable"] = "own",
    islands: Islands = "refuse",
    groups: str | Mapping[str, str] | None = None,
    spells: int = 2,
    horizon: int = 5,
    permutations: int = 999,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Estimate how entities move between classes, alone and given the class of their neighbours.

    Use it to describe persistence and mobility of a distribution, and whether
    both depend on the surroundings. It assumes one chain for all entities and
    periods (tested over time, over groups and over neighbours), without memory
    beyond the present class; it explains nothing. Pooled cuts keep classes fixed
    over time and mix mobility with common growth; cuts per period show moves
    relative to others.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression.
    classes : int
        Number of quantile classes, two or more; class 1 is the lowest.
    cut : {"pooled", "per_period"}
        Quantiles (type 7, linear interpolation) over all cells or within each
        period. A value exactly on a cut belongs to the lower class.
    cut_offs : sequence of float, optional
        Ascending upper ends of all classes but the highest, instead of quantiles.
    lag : int
        Periods from start to end of a transition, counted by period, not by row;
        with more than one, transitions overlap.
    spatial : str or SpatialWeights, optional
        Weights for the spatial chain: a name of the catalog (``provinces``), a CSV
        file, or in Python a record of ``zhiheng.spatial``.
    lag_classes : int, optional
        Number of quantile classes of the spatial lag; by default as many as classes.
    lag_cut : {"own", "variable"}
        Cut the lag at its own quantiles, or where the variable is cut.
    islands : {"refuse", "drop"}
        Entities without a neighbour in the panel: refuse, or leave them out.
    groups : str or mapping, optional
        A catalogued grouping, or entity to group: homogeneity over groups is tested.
    spells : int
        Consecutive spells of time over which homogeneity is tested; 1 for no test.
    horizon : int
        Steps of `lag` periods for which class shares are carried forward; 0 for none.
    permutations : int
        Random positions (space) and dealings (groups) for the permutation p; 0 for none.
    draws : int
        Resamples of whole entities for errors and percentile intervals; 0 for none.
    seed : int
        Seed of resamples and permutations.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; a dropped one breaks the transitions to
        and from it, and its neighbours' lag rests on the others.

    Raises
    ------
    ZhihengError
        M800 gaps, M820 an option out of range, M821 no transition to count, M865
        weights that lack an entity, M866 islands, M867 unreadable weights, M870 an
        option out of range, M876 cut-offs not ascending.

    References
    ----------
    Anderson and Goodman (1957) Ann. Math. Stat. 28(1): 89-110; Quah (1993)
    European Economic Review 37(2-3): 426-434; Rey (2001) Geographical Analysis
    33(3): 195-214; Bickenbach and Bode (2003) International Regional Science
    Review 26(3): 363-392; Kemeny and Snell (1960) Finite Markov Chains.
    """
    check_numbers(classes=classes, lag=lag, draws=draws, level=level)
    check_spatial_numbers(
        lag_classes=(lag_classes or 2, 2), spells=(spells, 1), horizon=(horizon, 0),
        permutations=(permutations, 0),
    )  # fmt: skip
    ends = read_cut_offs(cut_offs) if cut_offs else None
    weights, inside = _weights(panel, spatial, islands)
    data = read_variable(inside, variable, gaps=gaps)
    found = by_quantiles(data, classes, cut) if ends is None else by_cut_offs(data, ends)
    by_entity = transitions(data, found, inside, lag)
    counts = by_entity.sum(axis=0)
    drawn = resample(by_entity, draws=draws, seed=seed) if draws else None
    spread = intervals(drawn, counts, level=level) if drawn is not None else None
    steady = steady_state_of(counts)
    members = np.bincount(found.state[data.mask], minlength=found.number)
    tables = {
        "transitions": _transitions(probabilities(counts), counts, spread),
        "counts": _counts(counts),
        "steady": _steady(counts, members, steady.share),
        "cuts": _cut_table(inside, found.cuts),
        "mobility": long_run.mobility_table(counts, drawn, level=level, lag=lag),
        "first_passage": long_run.passage_table(counts, lag),
    }
    notes: list[Note] = [*data.notes, *wording.rule_notes(cut, lag, draws, level, cut_offs)]
    notes += wording.class_notes(members, counts, spread)
    notes += wording.steady_notes(steady)
    figures, checks = [_figure()], [*_checks(counts, data, inside, lag)]
    if horizon:
        share, last = _last_shares(data, found, inside)
        tables["forecast"] = long_run.forecast_table(
            counts, drawn, share, last=last, horizon=horizon, lag=lag, level=level
        )
        notes.append(wording.forecast_note(last, lag))
    tests = _tests(data, found, inside, lag, spells)
    if groups:
        tests.append(
            long_run.over_groups(
                by_entity, read_groups(inside, groups), permutations=permutations, seed=seed
            )
        )
    if weights is not None:
        around = space.conditional(
            data, found, inside, weights,
            cuts=space.lag_cuts(found, lag_classes=lag_classes, lag_cut=lag_cut, cut=cut),
            lag=lag, draws=draws, permutations=permutations, seed=seed, level=level,
        )  # fmt: skip
        tables |= space.conditional_tables(around, inside)
        tests.append(around.tested)
        figures += space.conditional_figures(around)
        checks += space.conditional_checks(around, counts)
        notes += spatial_notes.weight_notes(weights, panel, inside)
        notes += wording.conditional_notes(around.counts, around.without_lag, lag_cut)
    if tests:
        tables["homogeneity"] = long_run.homogeneity_table(tests)
        notes += wording.homogeneity_notes(tests)
    if not cut_offs:
        tables["cut_comparison"] = _other_cut(data, found, inside, lag, cut=cut, counts=counts)
        notes += wording.cut_notes(tables["cut_comparison"], spread, cut)
    params = {} if weights is None else {"weights": spatial_notes.reference(weights)}
    return Result(tables, tuple(figures), tuple(notes), tuple(checks), data.series, params=params)


def _weights(
    panel: Panel, spatial: str | SpatialWeights | None, islands: Islands
) -> tuple[SpatialWeights | None, Panel]:
    """Weights and panel with entities in the order of their ids, so that draws do not depend."""
    ordered = panel.select(entities=sorted(panel.entities))
    return (None, ordered) if spatial is None else weights_for(ordered, spatial, islands=islands)


def _tests(
    data: Variable, found: Classes, panel: Panel, lag: int, spells: int
) -> list[long_run.Tested]:
    """Homogeneity over spells of time, when there are two starts of transitions or more."""
    start, end = pairs(np.array(panel.periods, dtype=np.int64), lag)
    k = found.number
    seen = data.mask[:, start] & data.mask[:, end]
    cell = found.state[:, start] * k + found.state[:, end] + np.arange(len(start)) * k * k
    counts = np.bincount(cell[seen], minlength=len(start) * k * k).reshape(len(start), k, k)
    tested = long_run.over_time(counts.astype(np.float64), spells)
    return [tested] if tested else []


def _other_cut(
    data: Variable, found: Classes, panel: Panel, lag: int, *, cut: str, counts: Array
) -> Table:
    """The chain under the other way of cutting, beside this one."""
    other = by_quantiles(data, found.number, "per_period" if cut == "pooled" else "pooled")
    theirs = transitions(data, other, panel, lag).sum(axis=0)
    return long_run.cut_comparison(*((counts, theirs) if cut == "pooled" else (theirs, counts)))


def _last_shares(data: Variable, found: Classes, panel: Panel) -> tuple[Array, int]:
    """Shares of the classes in the last period that has a value, and that period."""
    last = int(np.flatnonzero(data.mask.any(axis=0))[-1])
    members = np.bincount(found.state[data.mask[:, last], last], minlength=found.number)
    return members / members.sum(), panel.periods[last]


def _transitions(p: Array, counts: Array, found: Intervals | None) -> Table:
    gap = np.full(p.shape, np.nan)
    return Table.of(
        ("from_class", "to_class"),
        **_classes(len(p)),
        n=counts.astype(np.int64).ravel(),
        probability=p.ravel(),
        std_error=(found.std_error if found else gap).ravel(),
        ci_low=(found.low if found else gap).ravel(),
        ci_high=(found.high if found else gap).ravel(),
    )


def _counts(counts: Array) -> Table:
    whole = counts.astype(np.int64).ravel()
    return Table.of(("from_class", "to_class"), **_classes(len(counts)), n=whole)


def _classes(k: int) -> dict[str, NDArray[np.int64]]:
    start, end = np.divmod(np.arange(k * k), k)
    return {"from_class": start + 1, "to_class": end + 1}


def _steady(counts: Array, members: NDArray[np.int64], share: Array) -> Table:
    p = probabilities(counts)
    stay = np.diagonal(p)
    leaves = stay < 1.0
    wait = np.divide(1.0, 1.0 - stay, out=np.full(len(p), np.nan), where=leaves)
    set_of, closed = communicating(counts)
    return Table.of(
        ("class",),
        **{"class": np.arange(1, len(p) + 1)},
        observed_share=members / members.sum(),
        steady=share,
        sojourn=wait,
        communicating=set_of + 1,
        closed=closed,
    )


def _cut_table(panel: Panel, cuts: Array) -> Table:
    periods, ends = cuts.shape
    number = np.tile(np.arange(1, ends + 1), periods)
    if periods == 1 and len(panel.periods) != 1:
        return Table.of(("class",), **{"class": number}, upper=cuts.ravel())
    when = np.repeat(np.array(panel.periods, dtype=np.int64), ends)
    return Table.of(("period", "class"), period=when, **{"class": number}, upper=cuts.ravel())


def _checks(counts: Array, data: Variable, panel: Panel, lag: int) -> tuple[Check, ...]:
    start, end = pairs(np.array(panel.periods, dtype=np.int64), lag)
    observed = int((data.mask[:, start] & data.mask[:, end]).sum())
    rows = probabilities(counts)[counts.sum(axis=1) > 0].sum(axis=1)
    return (
        Check(
            Text("每行转移概率之和为一", "each row of probabilities sums to one"),
            float(np.abs(rows - 1.0).max()),
            ROUNDING,
        ),
        Check(
            Text("计数之和等于可配对的观测数", "counts sum to the pairs of observations"),
            float(counts.sum() - observed),
            0.0,
        ),
    )


def _figure() -> Figure:
    return Figure(
        "transitions",
        "heatmap",
        "transitions",
        Text("谁在移动：各级之间的转移概率", "Who moves: transition probabilities between classes"),
        Text(
            "行是起点的级，列是终点的级，数越大越常见；对角线上的数高，说明位次稳固。",
            "Rows are the class at the start, columns the class at the end; high numbers on the "
            "diagonal mean that positions are firm.",
        ),
        {"row": "from_class", "column": "to_class", "value": "probability", "count": "n"},
    )
