"""Intervals of Dagum's parts, and what moved the Gini coefficient between two periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups
from zhiheng.core.errors import unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.sample import FEW, bootstrap_note, few_note, trend_of
from zhiheng.diagnose.theil_wording import titled
from zhiheng.kernels.dagum import Dagum
from zhiheng.kernels.dagum_change import PARTS, Move, dagum_draws, gini_move
from zhiheng.kernels.resample import (
    change_interval,
    interval,
    level_interval,
    multiplicities,
)

Array = NDArray[np.float64]

# Differences of two sums of a few hundred terms of at most one.
ROUNDING = 1e-12
MOVES = ("gini", "reranking", "catching_up")


@dataclass(frozen=True, slots=True)
class Given:
    """What the tables are made from; entities are sorted by code.

    Attributes
    ----------
    values : ndarray, shape (entities, periods)
    mask : ndarray, shape (entities, periods)
    groups : Groups
    weights : ndarray of shape (draws, entities), or None
        How often each entity is drawn within its group.
    ends : tuple of int
        Positions of the two periods that are compared; equal where there is one only.
    level : float
    """

    panel: Panel
    values: Array
    mask: NDArray[np.bool_]
    groups: Groups
    weights: Array | None
    ends: tuple[int, int]
    level: float

    @property
    def freedom(self) -> int:
        """Entities less groups."""
        return len(self.values) - len(self.groups.ids)


def prepare(
    panel: Panel,
    sample: tuple[Array, NDArray[np.bool_]],
    groups: Groups,
    resampling: tuple[int, int, float],
    between: tuple[int | None, int | None],
) -> Given:
    """Sort entities and draw them within their groups.

    Parameters
    ----------
    sample : tuple
        Values and mask, shape (entities, periods).
    resampling : tuple
        Draws, seed and level.
    between : tuple
        The two periods to compare; first and last by default.

    Raises
    ------
    ZhihengError
        M847 a period that the panel does not have.
    """
    draws, seed, level = resampling
    order = np.argsort(np.array(panel.entities))
    own = Groups(groups.number[order], groups.ids, groups.titles)
    values, mask = sample[0][order], sample[1][order]
    weights = multiplicities(own.number, draws=draws, seed=seed) if draws else None
    first, last = between
    ends = (_position(panel, first, 0), _position(panel, last, len(panel.periods) - 1))
    return Given(panel, np.where(mask, values, 0.0), mask, own, weights, ends, level)


def _position(panel: Panel, period: int | None, default: int) -> int:
    if period is None:
        return default
    if period not in panel.periods:
        known = [str(p) for p in panel.periods]
        raise unknown_name("M847", str(period), known, kind=Text("时期", "period"))
    return panel.periods.index(period)


def tables(given: Given, found: Dagum) -> dict[str, Table]:
    """Intervals of the parts; for two periods their change and the two ways of the Gini."""
    drawn = None
    if given.weights is not None:
        size = len(given.groups.ids)
        drawn = dagum_draws(given.values, given.groups.number, size, given.weights, given.mask)
    out = {"intervals": _intervals(given, found, drawn)} if drawn is not None else {}
    if given.ends[0] != given.ends[1] and comparable(given):
        parts = _change_parts(given)
        out |= {"change_parts": parts, "mobility": _mobility(given)}
        if drawn is not None:
            whole = parts.where(part="gini")
            keep = ("period_from", "period", "n", "change", "ci_low", "ci_high")
            out["change"] = Table(("period_from", "period"), {k: whole.columns[k] for k in keep})
    return out


def _intervals(given: Given, found: Dagum, drawn: Array) -> Table:
    periods, size = len(given.panel.periods), len(PARTS)
    value = np.stack([getattr(found, name) for name in PARTS], axis=1)
    whole = np.where(found.gini > 0, found.gini, np.nan)[:, None]
    ends = level_interval(drawn, value, given.level, given.freedom)
    shares = interval(drawn / np.where(drawn[..., :1] > 0, drawn[..., :1], np.nan), given.level)
    return Table.of(
        ("period", "part"),
        period=np.repeat(np.array(given.panel.periods, dtype=np.int64), size),
        **titled("part", "dagum_component", PARTS, periods),
        value=value.ravel(),
        ci_low=ends[0].ravel(),
        ci_high=ends[1].ravel(),
        share=(value / whole).ravel(),
        share_low=shares[0].ravel(),
        share_high=shares[1].ravel(),
    )


def comparable(given: Given) -> bool:
    """Whether entities with something in each of the two periods were observed in both."""
    values, both = _both(given)
    return bool((values[both] > 0).any(axis=0).all()) and int(both.sum()) > 1


def _both(given: Given) -> tuple[Array, NDArray[np.bool_]]:
    """The two periods, and the entities observed in both."""
    ends = list(given.ends)
    return given.values[:, ends], np.logical_and(*given.mask[:, ends].T)


def _change_parts(given: Given) -> Table:
    """Changes of the Gini and its three parts among entities observed in both periods."""
    values, both = _both(given)
    mask = np.repeat(both[:, None], 2, axis=1)
    size = len(given.groups.ids)
    even = np.ones((1, len(values)))
    point = dagum_draws(values, given.groups.number, size, even, mask)[0]
    ends = np.full((2, len(PARTS)), np.nan)
    if given.weights is not None:
        drawn = dagum_draws(values, given.groups.number, size, given.weights, mask)
        moved = drawn[:, 1] - drawn[:, 0]
        ends = change_interval(moved, point[1] - point[0], given.level, given.freedom)
    change = point[1] - point[0]
    share = change / change[0] if abs(change[0]) > ROUNDING else np.full(len(change), np.nan)
    trend = [trend_of(*row) for row in zip(change, *ends, strict=True)]
    return Table.of(
        ("period_from", "period", "part"),
        **_when(given, len(PARTS)),
        **titled("part", "dagum_component", PARTS, 1),
        n=np.full(len(PARTS), int(both.sum())),
        start=point[0],
        end=point[1],
        change=change,
        ci_low=ends[0],
        ci_high=ends[1],
        share=share,
        **titled("trend", "trend", trend, 1),
    )


def _mobility(given: Given) -> Table:
    """``dG = overtaking - catching up``; signs as they add to the change."""
    values, both = _both(given)
    first, last = values[both].T
    point = _moves(gini_move(first, last, np.ones((1, len(first)))))[0]
    ends = np.full((2, len(MOVES)), np.nan)
    if given.weights is not None:
        drawn = _moves(gini_move(first, last, given.weights[:, both]))
        ends = change_interval(drawn, point, given.level, given.freedom)
    return Table.of(
        ("period_from", "period", "part"),
        **_when(given, len(MOVES)),
        **titled("part", "dagum_component", MOVES, 1),
        n=np.full(len(MOVES), int(both.sum())),
        contribution=point,
        ci_low=ends[0],
        ci_high=ends[1],
    )


def _moves(found: Move) -> Array:
    return np.stack([found.change, found.reranking, -found.catching_up], axis=1)


def _when(given: Given, rows: int) -> dict[str, NDArray[np.int64]]:
    a, b = (given.panel.periods[t] for t in given.ends)
    return {"period_from": np.full(rows, a), "period": np.full(rows, b)}


def checks(found: dict[str, Table]) -> tuple[Check, ...]:
    """The changes of the parts, and the two ways of the Gini, sum to its change."""
    if "change_parts" not in found:
        return ()
    change = found["change_parts"].columns["change"]
    moves = found["mobility"].columns["contribution"]
    return (
        Check(
            Text(
                "三部分的变化之和等于基尼系数的变化",
                "changes of the three parts sum to that of the Gini",
            ),
            float(change[1:].sum() - change[0]),
            ROUNDING,
        ),
        Check(
            Text(
                "换位与追赶之和等于基尼系数的变化",
                "overtaking and catching up sum to the change of the Gini",
            ),
            float(moves[1:].sum() - moves[0]),
            ROUNDING,
        ),
    )


def notes(given: Given) -> list[Note]:
    """How intervals were made, and what overtaking and catching up are."""
    said: list[Note] = []
    if given.weights is not None:
        said.append(bootstrap_note(len(given.weights), given.level, within=True))
        sizes = np.bincount(given.groups.number, minlength=len(given.groups.ids))
        few = [t for t, n in zip(given.groups.titles, sizes, strict=True) if n < FEW]
        said += [few_note(few)] if few else []
    if given.ends[0] == given.ends[1]:
        return said
    if not comparable(given):
        a, b = (given.panel.periods[t] for t in given.ends)
        said.append(
            Note(
                Text(
                    "{a} 与 {b} 两期都有观测的地区太少，不给出两期之间的变化。",
                    "Too few entities were observed in both {a} and {b}: no change between the two "
                    "is given.",
                ).format(a=a, b=b),
                level="caution",
                code="M849",
            )
        )
    else:
        said.append(
            Note(
                Text(
                    "两期之间的变化只用两期都有观测的地区。基尼系数的变化 = 换位 − 追赶"
                    "（Jenkins 与 Van Kerm，2006）：落后者增长更快而差距未缩小，是因为发生了赶超。",
                    "Changes between two periods use the entities observed in both. The change of "
                    "the Gini is overtaking minus catching up (Jenkins and Van Kerm 2006): "
                    "where those "
                    "behind grew faster and disparity stayed, they overtook.",
                )
            )
        )
    return said
