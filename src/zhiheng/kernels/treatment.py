"""Outliers before normalisation: which columns are treated, how, and what it did.

Arrays have the shape (E, P, K). A column is one indicator over the whole panel: a point
is an outlier of all periods together, so that treatment never differs between years.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.normalise import ROUNDING

Array = NDArray[np.float64]
Treatment = Literal["none", "skew_kurtosis", "winsorise", "log", "box_cox"]
Action = Literal["none", "winsorised", "log", "box_cox", "not_passed"]


@dataclass(frozen=True, slots=True)
class OutlierRule:
    """When a column counts as distorted by outliers, and how many points may be pulled in.

    A column passes unless ``|skewness| > skewness`` and ``kurtosis > kurtosis`` hold
    together; both are the sample coefficients G1 and G2 (excess) of Joanes and Gill.
    """

    skewness: float
    kurtosis: float
    most: int


@dataclass(frozen=True, slots=True)
class Treated:
    """Treated values with what happened to each column.

    Attributes
    ----------
    values : ndarray, shape (E, P, K)
    moved : ndarray of bool, shape (E, P, K)
        Points pulled in by winsorisation.
    actions : tuple of str, length K
        ``"not_passed"`` where the rule was tried and the column still does not pass.
    before, after : ndarray, shape (2, K)
        Skewness and excess kurtosis.
    """

    values: Array
    moved: NDArray[np.bool_]
    actions: tuple[Action, ...]
    before: Array
    after: Array


def treat(x: Array, how: Treatment, rule: OutlierRule) -> Treated:
    """Treat the columns that outliers distort, or all of them, by one declared rule.

    Use it where a few extreme units would otherwise set the bounds of min-max scaling.
    It changes what an indicator says of the units it moves; read the tables of what moved.

    Parameters
    ----------
    x : ndarray, shape (E, P, K)
        Finite.
    how : {"none", "skew_kurtosis", "winsorise", "log", "box_cox"}
        ``"skew_kurtosis"``: columns that do not pass are winsorised, up to `rule.most`
        points; where that does not suffice the column is taken back and its logarithm
        used (Becker et al. 2022). ``"winsorise"``: the same without the second step.
        ``"log"``: ``ln(x - min + range / 100)`` of every column that does not pass,
        mirrored where the long tail is on the left.
        ``"box_cox"``: the power that maximises the likelihood, on
        ``x - min + range / 100`` of every column that does not pass, likewise.
    rule : OutlierRule

    References
    ----------
    Becker, Caperna, Del Sorbo, Norlen, Papadimitriou, Saisana (2022) JOSS 7(78): 4567;
    OECD and JRC (2008), Handbook, step 4; Joanes and Gill (1998) The Statistician 47: 183.
    """
    columns = x.reshape(-1, x.shape[2])
    before = _moments(columns)
    values, moved = columns.copy(), np.zeros(columns.shape, dtype=bool)
    actions: list[Action] = ["none"] * x.shape[2]
    failing = np.flatnonzero(~_passes(before, rule)) if how != "none" else ()
    for k in failing:
        values[:, k], moved[:, k], actions[k] = _column(columns[:, k], how, rule)
    return Treated(
        values.reshape(x.shape), moved.reshape(x.shape), tuple(actions), before, _moments(values)
    )


def _column(x: Array, how: Treatment, rule: OutlierRule) -> tuple[Array, NDArray[np.bool_], Action]:
    if how in ("skew_kurtosis", "winsorise"):
        y, moved = winsorise(x, rule)
        if _passes(_moments(y[:, None]), rule)[0]:
            return y, moved, "winsorised"
        if how == "winsorise":
            return y, moved, "not_passed"
    transform: Callable[[Array], Array] = _box_cox if how == "box_cox" else np.log
    # the long tail is the one to be drawn in, so that a mirrored column is treated alike
    side = 1.0 if _moments(x[:, None])[0, 0] >= 0 else -1.0
    y = side * transform(_positive(side * x))
    passed = bool(_passes(_moments(y[:, None]), rule)[0])
    name: Action = "box_cox" if how == "box_cox" else "log"
    return y, np.zeros(len(x), dtype=bool), name if passed else "not_passed"


def winsorise(x: Array, rule: OutlierRule) -> tuple[Array, NDArray[np.bool_]]:
    """Set the extreme point to its neighbour until the column passes or `rule.most` are moved.

    The end is that to which the column leans at each step; tied extremes move together.
    """
    y, moved = x.copy(), np.zeros(len(x), dtype=bool)
    while moved.sum() < rule.most:
        moments = _moments(y[:, None])
        if _passes(moments, rule)[0]:
            break
        high = moments[0, 0] >= 0
        end = y == (y.max() if high else y.min())
        y[end] = y[~end].max() if high else y[~end].min()
        moved |= end
    return y, moved


def _positive(x: Array) -> Array:
    """Moved so that the smallest value lies a hundredth of the range above zero."""
    low, high = x.min(), x.max()
    return x - low + 0.01 * (high - low)


def _box_cox(x: Array) -> Array:
    return np.asarray(stats.boxcox(x)[0], dtype=np.float64)


def _moments(columns: Array) -> Array:
    """Sample skewness and excess kurtosis of each column; zero where it does not vary."""
    spread, size = np.ptp(columns, axis=0), np.abs(columns).max(axis=0)
    still = spread <= ROUNDING * size
    # of distances in units of the range, so that neither tiny nor huge values lose digits
    z = np.where(still, 0.0, (columns - columns.min(axis=0)) / np.where(still, 1.0, spread))
    z[:, still] = np.arange(len(z))[:, None]
    if len(z) < 4:  # the sample coefficients are not defined: nothing can be called an outlier
        return np.zeros((2, columns.shape[1]))
    found = np.stack([stats.skew(z, axis=0, bias=False), stats.kurtosis(z, axis=0, bias=False)])
    return np.where(still, 0.0, found)


def _passes(moments: Array, rule: OutlierRule) -> NDArray[np.bool_]:
    return ~((np.abs(moments[0]) > rule.skewness) & (moments[1] > rule.kurtosis))
