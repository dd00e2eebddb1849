"""Classes of a variable over time: where they are cut, and who is in which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import Variable
from zhiheng.kernels.markov import classify, count_by_entity, quantile_cuts

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of all cells.

    Attributes
    ----------
    cuts : ndarray, shape (1, k - 1) or (periods, k - 1)
        Upper ends of all classes but the highest.
    state : ndarray of int, shape (entities, periods)
    number : int
        How many classes.
    """

    cuts: Array
    state: NDArray[np.intp]
    number: int


def by_quantiles(data: Variable, classes: int, cut: str) -> Classes:
    """Quantile classes over all cells or within each period."""
    if cut == "pooled":
        cuts = quantile_cuts(data.values[data.mask], classes)[None, :]
    else:
        columns = zip(data.values.T, data.mask.T, strict=True)
        cuts = np.stack(
            [
                quantile_cuts(values[seen], classes) if seen.any() else np.full(classes - 1, np.nan)
                for values, seen in columns
            ]
        )
    return Classes(cuts, _states(data, cuts), classes)


def by_cut_offs(data: Variable, ends: Array) -> Classes:
    """Classes between cut-offs that the user gave."""
    cuts = ends[None, :]
    return Classes(cuts, _states(data, cuts), cuts.shape[1] + 1)


def read_cut_offs(cut_offs: Sequence[float] | str) -> Array:
    """Cut-offs as ascending numbers; the command line gives them as words.

    Raises
    ------
    ZhihengError
        M876 cut-offs that are not numbers in ascending order.
    """
    parts = cut_offs.split(",") if isinstance(cut_offs, str) else list(cut_offs)
    try:
        cuts = np.array([float(part) for part in parts], dtype=np.float64)
    except (TypeError, ValueError):
        cuts = np.array([np.nan])
    if not len(cuts) or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise ZhihengError(
            "M876",
            Text("固定分界须是递增的数。", "Cut-offs must be numbers in ascending order."),
            evidence=[{"cut_offs": ", ".join(map(str, parts))}],
            fix=Text("如 0.5,0.75,1,1.25。", "For example 0.5,0.75,1,1.25."),
        )
    return cuts


def _states(data: Variable, cuts: Array) -> NDArray[np.intp]:
    values = np.where(data.mask, data.values, 0.0)
    if len(cuts) == 1:
        return classify(values, cuts[0])
    columns = zip(values.T, cuts, strict=True)
    return np.stack([classify(column, ends) for column, ends in columns], axis=1)


def transitions(data: Variable, found: Classes, panel: Panel, lag: int) -> Array:
    """Transitions of each entity, shape (E, k, k).

    Raises
    ------
    ZhihengError
        M821 there is none.
    """
    periods = np.array(panel.periods, dtype=np.int64)
    counts = count_by_entity(found.state, data.mask, periods, classes=found.number, lag=lag)
    if counts.sum() > 0:
        return counts
    row: Row = {"periods": ", ".join(map(str, panel.periods)), "lag": lag}
    raise ZhihengError(
        "M821",
        Text(
            "没有相隔 {k} 期的两次观测，无法统计转移。",
            "No two observations lie {k} periods apart, so there is no transition to count.",
        ).format(k=lag),
        evidence=[row],
        fix=Text("加长窗口，或换一个滞后期数。", "Use a longer window or another lag."),
    )
