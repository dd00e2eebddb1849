"""Transitions given the class of the neighbours: the spatial Markov chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose.markov_input import Classes
from zhiheng.diagnose.markov_long_run import Tested
from zhiheng.diagnose.variable import Variable
from zhiheng.kernels.homogeneity import homogeneity, permutation_p, statistics
from zhiheng.kernels.markov import Intervals, bootstrap, probabilities, steady_state
from zhiheng.kernels.spatial_markov import (
    LagCuts,
    Links,
    count_by_regime,
    lag_classes,
    permuted_positions,
    spatial_lag,
)

Array = NDArray[np.float64]

# Rows of probabilities are quotients of whole numbers that add up to one.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Conditional:
    """The chain of each lag class.

    Attributes
    ----------
    counts : ndarray, shape (m, k, k)
    cuts : ndarray, shape (1, m - 1) or (periods, m - 1)
    found : Intervals or None
    steady : ndarray, shape (m, k)
        NaN where the chain of a lag class is reducible.
    tested : Tested
    without_lag : int
        Observed cells whose neighbours are all missing.
    """

    counts: Array
    cuts: Array
    found: Intervals | None
    steady: Array
    tested: Tested
    without_lag: int


def links_of(weights: SpatialWeights) -> Links:
    """Spatial weights as kernels take them."""
    return Links(weights.starts, weights.columns, weights.values)


def lag_cuts(classes: Classes, *, lag_classes: int | None, lag_cut: str, cut: str) -> LagCuts:
    """How the lag is cut: by quantiles of its own, or where the variable is cut.

    Raises
    ------
    ZhihengError
        M870 a number of lag classes beside cuts that fix it.
    """
    if lag_cut == "variable":
        if lag_classes not in (None, classes.number):
            raise _too_many(lag_classes, classes.number)
        return LagCuts(classes.number, classes.cuts)
    return LagCuts(lag_classes or classes.number, None, cut == "per_period")


def conditional(
    data: Variable,
    classes: Classes,
    panel: Panel,
    weights: SpatialWeights,
    *,
    cuts: LagCuts,
    lag: int,
    draws: int,
    permutations: int,
    seed: int,
    level: float,
) -> Conditional:
    """Estimate one transition matrix per class of the spatial lag and test that they are one."""
    links, periods = links_of(weights), np.array(panel.periods, dtype=np.int64)
    around = spatial_lag(links, data.values, data.mask)
    regime, ends = lag_classes(around, data.mask, cuts)
    shape = (cuts.classes, classes.number)
    by_entity = count_by_regime(classes.state, regime, data.mask, periods, shape=shape, lag=lag)
    counts = by_entity.sum(axis=0)
    found = bootstrap(by_entity, draws=draws, seed=seed, level=level) if draws else None
    tested = Tested("space", cuts.classes, homogeneity(counts))
    if permutations:
        dealt = permuted_positions(
            links, data.values, data.mask, classes.state, periods, classes=classes.number,
            cuts=cuts, lag=lag, permutations=permutations, seed=seed,
        )  # fmt: skip
        lr, q = statistics(dealt)
        p_lr, p_q = permutation_p(tested.found.lr, lr), permutation_p(tested.found.q, q)
        tested = Tested("space", cuts.classes, tested.found, p_lr, p_q, permutations)
    steady = np.stack([steady_state(c).share for c in counts])
    lost = int((data.mask & ~np.isfinite(around)).sum())
    return Conditional(counts, ends, found, steady, tested, lost)


def _too_many(lag_classes: int | None, classes: int) -> ZhihengError:
    return ZhihengError(
        "M870",
        Text(
            "lag_cut=variable 时滞后级数就是变量的级数。",
            "With lag_cut=variable there are as many lag classes as classes.",
        ),
        evidence=[{"lag_classes": lag_classes, "classes": classes}],
        fix=Text("去掉 lag_classes，或用 lag_cut=own。", "Drop lag_classes, or say lag_cut=own."),
    )


def conditional_tables(found: Conditional, panel: Panel) -> dict[str, Table]:
    """The tables of the spatial chain."""
    m, k, _ = found.counts.shape
    p = probabilities(found.counts)
    gap = np.full(p.shape, np.nan)
    regime, start, end = (i.ravel() + 1 for i in np.indices(p.shape))
    spread = found.found
    tables = {
        "conditional": Table.of(
            ("lag_class", "from_class", "to_class"),
            lag_class=regime,
            from_class=start,
            to_class=end,
            n=found.counts.astype(np.int64).ravel(),
            probability=p.ravel(),
            std_error=(spread.std_error if spread else gap).ravel(),
            ci_low=(spread.low if spread else gap).ravel(),
            ci_high=(spread.high if spread else gap).ravel(),
        ),
        "conditional_steady": Table.of(
            ("lag_class", "class"),
            lag_class=np.repeat(np.arange(1, m + 1), k),
            **{"class": np.tile(np.arange(1, k + 1), m)},
            steady=found.steady.ravel(),
        ),
    }
    periods, ends = found.cuts.shape
    number = np.tile(np.arange(1, ends + 1), periods)
    if periods == 1:
        tables["lag_cuts"] = Table.of(("lag_class",), lag_class=number, upper=found.cuts.ravel())
    else:
        when = np.repeat(np.array(panel.periods, dtype=np.int64), ends)
        tables["lag_cuts"] = Table.of(
            ("period", "lag_class"), period=when, lag_class=number, upper=found.cuts.ravel()
        )
    return tables


def conditional_checks(found: Conditional, total: Array) -> list[Check]:
    """Rows sum to one, and the chains of all lag classes add up to the plain chain."""
    p = probabilities(found.counts)
    rows = p.sum(axis=-1)[found.counts.sum(axis=-1) > 0]
    checks = [
        Check(
            Text("各滞后级每行转移概率之和为一", "rows of conditional probabilities sum to one"),
            float(np.abs(rows - 1.0).max(initial=0.0)),
            ROUNDING,
        )
    ]
    if not found.without_lag:
        gap = float(np.abs(found.counts.sum(axis=0) - total).max())
        checks.append(
            Check(
                Text("各滞后级转移次数之和等于总次数", "counts by lag class add up to all counts"),
                gap,
                0.0,
            )
        )
    return checks


def conditional_figures(found: Conditional) -> list[Figure]:
    """One heat map per lag class, drawn alike so that they compare."""
    return [
        Figure(
            f"conditional_{c}",
            "heatmap",
            "conditional",
            Text(
                "邻居处于第 {c} 级时的转移概率", "Transitions when neighbours are in class {c}"
            ).format(c=c),
            Text(
                "与其他滞后级的图逐格比较：同一起点，邻居不同，去向是否不同；n 小的格不可靠。",
                "Compare square by square with the other lag classes: same start, other neighbours;"
                " squares with a small n are not reliable.",
            ),
            {
                "row": "from_class",
                "column": "to_class",
                "value": "probability",
                "count": "n",
                "where": {"lag_class": c},
            },
        )
        for c in range(1, len(found.counts) + 1)
    ]
