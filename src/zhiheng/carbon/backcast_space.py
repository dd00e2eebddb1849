"""The space of lever settings: levels and starts as numbers from 0 to 1, run in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.backcast_goal import Goal, wrong
from zhiheng.carbon.simulate_draws import Case, level_table
from zhiheng.catalog.levers import Schedule, levers, schedules
from zhiheng.catalog.simulator import facts
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text
from zhiheng.kernels.simulator import run
from zhiheng.kernels.simulator_records import LEVERS, Paths

Array = NDArray[np.float64]

BATCH = 20_000
"""Draws x areas that are run together."""


@dataclass(frozen=True, slots=True)
class Space:
    """Settings that may be chosen.

    Attributes
    ----------
    names : tuple of str
        Levers, `K` of them.
    caps : ndarray, shape (K,)
        Largest level of each.
    earliest, latest : float
        First year of action, and the latest one that may be chosen; with equal ones only levels
        are chosen. Between whole years the schedules of both are mixed.
    """

    names: tuple[str, ...]
    caps: Array
    earliest: float
    latest: float

    @property
    def size(self) -> int:
        """How many numbers a setting has."""
        return len(self.names) * (2 if self.latest > self.earliest else 1)

    def levels(self, x: Array) -> Array:
        """Level of each lever, shape (..., K)."""
        return x[..., : len(self.names)] * self.caps

    def starts(self, x: Array) -> Array:
        """First year of each lever, shape (..., K)."""
        later = x[..., len(self.names) :]
        if not later.shape[-1]:
            return np.full((*x.shape[:-1], len(self.names)), self.earliest)
        return self.earliest + later * (self.latest - self.earliest)

    def settings(self, level: Array, start: Array) -> Array:
        """The settings with these levels and first years, shape (N,)."""
        share = level / self.caps
        if not self.latest > self.earliest:
            return share
        later = (start - self.earliest) / (self.latest - self.earliest)
        return np.concatenate([share, np.clip(later, 0.0, 1.0)])

    def delayed(self, months: float) -> Space:
        """The same space, beginning later; what may be chosen then could be chosen before."""
        earliest = self.earliest + months / 12.0
        return replace(self, earliest=earliest, latest=max(self.latest, earliest))

    def tables(self, x: Array, years: Sequence[int]) -> Array:
        """Levels of all levers by year for settings (C, N), shape (L, C, T)."""
        out = np.zeros((len(LEVERS), len(x), len(years)))
        level, start = self.levels(x), self.starts(x)
        for k, name in enumerate(self.names):
            shapes = _shapes(name, self.earliest, self.latest, years)
            at = start[:, k] - int(np.floor(self.earliest))
            low = np.minimum(np.floor(at).astype(np.intp), len(shapes) - 2)
            part = (at - low)[:, None]
            mixed = (1.0 - part) * shapes[low] + part * shapes[low + 1]
            out[LEVERS.index(name)] = level[:, k, None] * mixed
        return out


def _shapes(name: str, earliest: float, latest: float, years: Sequence[int]) -> Array:
    """A level of one over the years, for each whole first year, shape (Y, T)."""
    first = int(np.floor(earliest))
    whole = range(first, int(np.floor(latest)) + 2)
    # a start after the last simulated year is no action at all
    return np.stack(
        [
            level_table([Schedule(name, 1.0, start=y)], years)[LEVERS.index(name)]
            if y <= years[-1]
            else np.zeros(len(years))
            for y in whole
        ]
    )


def read_space(
    given: Mapping[str, Any] | Sequence[str] | None,
    *,
    start: int | None,
    latest: int | None,
    years: tuple[int, ...],
) -> tuple[Space, tuple[str, ...]]:
    """Read which levers may move and how far; also the levers left out for want of a cost.

    Raises
    ------
    ZhihengError
        C455/C456 an unknown lever or a cap out of range, M919 years out of range.
    """
    known = levers()
    left_out: tuple[str, ...] = ()
    if given is None:
        left_out = tuple(name for name, lever in known.items() if not lever.payer)
        caps = {name: lever.high for name, lever in known.items() if lever.payer}
    elif isinstance(given, Mapping):
        caps = {s.lever: s.level for s in _unscheduled(given)}
    else:
        given = [given] if isinstance(given, str) else given
        for name in given:
            if name not in known:
                raise unknown_name("C455", name, known, kind=Text("政策杠杆", "policy lever"))
        caps = {name: known[name].high for name in given}
    caps = {name: cap for name, cap in caps.items() if cap > 0}
    first = max(int(facts()["first_year"].value), years[1]) if start is None else start
    last = first if latest is None else latest
    if not caps:
        raise wrong(
            "levers", "{}", Text("至少给一个水平为正的杠杆。", "Give a lever with a level.")
        )
    if not years[1] <= first <= last <= years[-1]:
        raise wrong(
            "start / latest", f"{first} / {last}",
            Text("{a} 至 {b} 之间，先后有序。", "Between {a} and {b}, in order.")
            .format(a=years[1], b=years[-1]),
        )  # fmt: skip
    return Space(tuple(caps), np.array(list(caps.values())), first, last), left_out


def _unscheduled(given: Mapping[str, Any]) -> tuple[Schedule, ...]:
    """Levers with a largest level; years and shapes would be ignored, so they are refused."""
    found = schedules(given)
    for s in found:
        if s != Schedule(s.lever, s.level):
            raise wrong(
                "levers", f"{s.lever}={given[s.lever]}",
                Text(
                    "只写最高水平；年份由 start 与 latest 决定，形状为 linear。",
                    "Give the largest level alone; years follow from start and latest, the shape "
                    "is linear.",
                ),
            )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Runner:
    """Settings in, cost and margin out, over the draws of a case.

    Attributes
    ----------
    case : Case
    space : Space
    goal : Goal
    discount : float
    reach : float
        Probability that the goal has to have among the draws.
    """

    case: Case
    space: Space
    goal: Goal
    discount: float
    reach: float

    def __call__(self, x: Array) -> tuple[Array, Array]:
        """Expected discounted cost and the margin of the quantile `reach`, shapes (C,)."""
        cost, margin = self.draws(x)
        # the smallest value that a part `reach` of the draws does not exceed
        found = np.quantile(margin, self.reach, axis=1, method="inverted_cdf")
        return cost.mean(axis=1), found

    def draws(self, x: Array) -> tuple[Array, Array]:
        """Cost and margin of each draw, shapes (C, D)."""
        draws, areas = self.case.parameters.population.shape[:2]
        size = max(1, BATCH // (draws * areas))
        costs, margins = np.empty((2, len(x), draws))
        for first in range(0, len(x), size):
            part = x[first : first + size]
            paths = self.paths(part, only=("emissions", "net", "resource"))
            shape = len(part), draws
            costs[first : first + size] = self.present(paths.resource).reshape(shape)
            margins[first : first + size] = self.goal.margin(paths).reshape(shape)
        return costs, margins

    def paths(self, x: Array, *, only: Sequence[str] | None = None) -> Paths:
        """Paths of settings (C, N), settings first and draws within them."""
        tables = self.space.tables(x, self.case.years)
        draws = self.case.parameters.population.shape[0]
        # years first in memory, as the simulator reads them
        levels = np.moveaxis(np.repeat(np.moveaxis(tables, -1, 0), draws, axis=2), 0, -1)
        return run(
            self.case.start.state,
            self.case.parameters,
            levels,
            self.case.baseline,
            draws=np.tile(np.arange(draws), len(x)),
            only=only,
        )

    def present(self, flow: Array) -> Array:
        """Discounted sum over areas and years of a flow (D, A, T, ...)."""
        years = np.arange(flow.shape[2])
        weight = (1.0 + self.discount) ** -years
        return np.tensordot(flow.sum(axis=1), weight, axes=([1], [0]))
