"""Mobility between classes: transition probabilities with intervals, and the long run."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import markov_wording as wording
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.variable import Gaps, Variable, read_variable
from zhiheng.kernels.markov import (
    Intervals,
    bootstrap,
    classify,
    count_by_entity,
    pairs,
    probabilities,
    quantile_cuts,
    steady_state,
)

Cut = Literal["pooled", "per_period"]

# A row of probabilities is a handful of quotients that add up to one.
ROUNDING = 1e-12


@method(zh="马尔可夫转移：分位数分级、转移概率及其区间、稳态分布", example="regions")
def markov(
    panel: Panel,
    *,
    variable: str,
    classes: int = 4,
    cut: Cut = "pooled",
    lag: int = 1,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Estimate how entities move between quantile classes from one period to another.

    Use it to describe persistence and mobility of a distribution. It assumes one
    chain for all entities and periods, without memory beyond the present class;
    it explains nothing. Pooled cuts keep classes fixed over time and mix
    mobility with common growth; cuts per period show moves relative to others.

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
    lag : int
        Periods from start to end of a transition, counted by period, not by row;
        with more than one, transitions overlap.
    draws : int
        Resamples of whole entities for errors and percentile intervals; 0 for none.
    seed : int
        Seed of the resamples.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; a dropped one breaks the transitions to
        and from it.

    Raises
    ------
    ZhihengError
        M800 gaps, M820 an option out of range, M821 no transition to count.

    References
    ----------
    Anderson and Goodman (1957) Ann. Math. Stat. 28(1): 89-110; Quah (1993)
    European Economic Review 37(2-3): 426-434.
    """
    check_numbers(classes=classes, lag=lag, draws=draws, level=level)
    data = read_variable(panel, variable, gaps=gaps)
    periods = np.array(panel.periods, dtype=np.int64)
    cuts = _cuts(data, classes, cut)
    state = _states(data, cuts)
    by_entity = count_by_entity(state, data.mask, periods, classes=classes, lag=lag)
    counts = by_entity.sum(axis=0)
    _refuse_no_transition(panel, counts, lag)
    p = probabilities(counts)
    found = bootstrap(by_entity, draws=draws, seed=seed, level=level) if draws else None
    steady = steady_state(counts)
    members = np.bincount(state[data.mask], minlength=classes)
    tables = {
        "transitions": _transitions(p, counts, found),
        "counts": _counts(counts),
        "steady": _steady(p, members, steady.share),
        "cuts": _cut_table(panel, cuts, cut),
    }
    notes = [*data.notes, *wording.rule_notes(cut, lag, draws, level)]
    notes += wording.class_notes(members, counts, found)
    notes += wording.steady_notes(steady)
    checks = _checks(p, counts, data, periods, lag)
    return Result(tables, (_figure(),), tuple(notes), checks, data.series)


def _cuts(data: Variable, classes: int, cut: Cut) -> NDArray[np.float64]:
    """Upper ends of the classes, one row for all periods or one for each."""
    if cut == "pooled":
        return quantile_cuts(data.values[data.mask], classes)[None, :]
    columns = zip(data.values.T, data.mask.T, strict=True)
    return np.stack(
        [
            quantile_cuts(values[seen], classes) if seen.any() else np.full(classes - 1, np.nan)
            for values, seen in columns
        ]
    )


def _states(data: Variable, cuts: NDArray[np.float64]) -> NDArray[np.intp]:
    values = np.where(data.mask, data.values, 0.0)
    if len(cuts) == 1:
        return classify(values, cuts[0])
    columns = zip(values.T, cuts, strict=True)
    return np.stack([classify(column, ends) for column, ends in columns], axis=1)


def _transitions(
    p: NDArray[np.float64], counts: NDArray[np.float64], found: Intervals | None
) -> Table:
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


def _counts(counts: NDArray[np.float64]) -> Table:
    whole = counts.astype(np.int64).ravel()
    return Table.of(("from_class", "to_class"), **_classes(len(counts)), n=whole)


def _classes(k: int) -> dict[str, NDArray[np.int64]]:
    start, end = np.divmod(np.arange(k * k), k)
    return {"from_class": start + 1, "to_class": end + 1}


def _steady(
    p: NDArray[np.float64], members: NDArray[np.int64], share: NDArray[np.float64]
) -> Table:
    stay = np.diagonal(p)
    leaves = stay < 1.0
    wait = np.divide(1.0, 1.0 - stay, out=np.full(len(p), np.nan), where=leaves)
    return Table.of(
        ("class",),
        **{"class": np.arange(1, len(p) + 1)},
        observed_share=members / members.sum(),
        steady=share,
        sojourn=wait,
    )


def _cut_table(panel: Panel, cuts: NDArray[np.float64], cut: Cut) -> Table:
    periods, ends = cuts.shape
    number = np.tile(np.arange(1, ends + 1), periods)
    if cut == "pooled":
        return Table.of(("class",), **{"class": number}, upper=cuts.ravel())
    when = np.repeat(np.array(panel.periods, dtype=np.int64), ends)
    return Table.of(("period", "class"), period=when, **{"class": number}, upper=cuts.ravel())


def _checks(
    p: NDArray[np.float64],
    counts: NDArray[np.float64],
    data: Variable,
    periods: NDArray[np.int64],
    lag: int,
) -> tuple[Check, ...]:
    start, end = pairs(periods, lag)
    observed = int((data.mask[:, start] & data.mask[:, end]).sum())
    rows = p[counts.sum(axis=1) > 0].sum(axis=1)
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


def _refuse_no_transition(panel: Panel, counts: NDArray[np.float64], lag: int) -> None:
    if counts.sum() > 0:
        return
    raise ZhihengError(
        "M821",
        Text(
            "没有相隔 {k} 期的两次观测，无法统计转移。",
            "No two observations lie {k} periods apart, so there is no transition to count.",
        ).format(k=lag),
        evidence=[{"periods": ", ".join(map(str, panel.periods)), "lag": lag}],
        fix=Text("加长窗口，或换一个滞后期数。", "Use a longer window or another lag."),
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
