"""Effects of a whole panel: the total, and every entity, sector and part on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.comparison import Pair, Plan, pair
from zhiheng.carbon.factors import Factors
from zhiheng.catalog.dimensions import Label
from zhiheng.catalog.scope import scope
from zhiheng.kernels.lmdi_forms import (
    Decomposition,
    Form,
    Method,
    attribution,
    chained,
    chained_attribution,
    decompose,
)

Array = NDArray[np.float64]
Group = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Own:
    """Members of the total, each decomposed on its own, and its share in the effects.

    Attributes
    ----------
    effects : ndarray, shape (targets, members, factors)
        Of the whole path.
    change : ndarray, shape (targets, members)
        Of the whole path: a difference, or a ratio.
    attributed : ndarray, shape (targets, members, factors)
        What the member contributes to the effects of the total (indices: less one).
    undefined : int
        Members without effects, because they start or end at zero.
    """

    effects: Array
    change: Array
    attributed: Array
    undefined: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """Effects of one side, emissions or sinks.

    Attributes
    ----------
    steps : Decomposition
        Of the total, [targets, steps, …].
    effects : ndarray, shape (targets, factors)
        Of the whole path.
    start, end : ndarray, shape (targets, steps)
        The total.
    limits : ndarray of bool, shape (targets, steps, leaves)
        Where a leaf starts or ends at zero.
    entities, sectors, parts : Own or None
        None where there is one only.
    """

    steps: Decomposition
    effects: Array
    start: Array
    end: Array
    limits: NDArray[np.bool_]
    entities: Own | None
    sectors: Own | None
    parts: Own | None


def analyse(
    data: Factors, plan: Plan, kept: NDArray[np.bool_], *, method: Method, form: Form
) -> Analysis:
    """Decompose the kept leaves of the data, [entity, part]."""
    values = np.concatenate([data.aggregate[..., None], data.factors], axis=-1)[None]
    ends = first_draw(pair(plan, values, data.spread, scope(data.panel.level), sink=kept))
    steps = decompose(ends.start, ends.end, ends.x0, ends.x1, method=method, form=form)
    regions, parts = len(plan.regions), len(data.parts)
    leaves = np.arange(regions * parts).reshape(regions, parts)
    given = attributed_steps(steps, ends, method, form)

    def own(groups: Sequence[Group]) -> Own | None:
        if len(groups) < 2:  # noqa: PLR2004  the total itself
            return None
        return _own(steps, ends, given, groups, plan, method=method, form=form)

    return Analysis(
        steps=steps,
        effects=whole(steps.effects, plan, form),
        start=ends.start.sum(axis=-1),
        end=ends.end.sum(axis=-1),
        limits=(ends.start == 0) != (ends.end == 0),
        entities=own(list(leaves)),
        sectors=own([leaves[:, at].ravel() for at in by_first(data.parts).values()]),
        parts=own([leaves[:, i] for i in range(parts)]) if _two_levels(data.parts) else None,
    )


def first_draw(ends: Pair) -> Pair:
    """The only draw of a pair."""
    return Pair(ends.start[0], ends.end[0], ends.x0[0], ends.x1[0])


def by_first(parts: Sequence[Label]) -> dict[str, list[int]]:
    """Positions of parts by their sector; empty without sectors."""
    out: dict[str, list[int]] = {}
    for i, label in enumerate(parts):
        if label:
            out.setdefault(label[0], []).append(i)
    return out


def _two_levels(parts: Sequence[Label]) -> bool:
    return any(len(label) > 1 for label in parts)


def whole(steps: Array, plan: Plan, form: Form, *, axis: int = 1) -> Array:
    """From steps to the whole path: chained, or the last comparison."""
    if plan.chained:
        return chained(steps, axis=axis, form=form)
    return np.take(steps, -1, axis=axis)


def attributed_steps(steps: Decomposition, ends: Pair, method: Method, form: Form) -> Array:
    """What each leaf contributes to the effects of each step, [targets, steps, leaves, factors]."""
    if form == "additive":
        return steps.parts
    return attribution(steps, ends.start, ends.end, ends.x0, ends.x1, method=method)


def _own(
    steps: Decomposition,
    ends: Pair,
    given: Array,
    groups: Sequence[Group],
    plan: Plan,
    *,
    method: Method,
    form: Form,
) -> Own:
    effects: list[Array] = []
    change: list[Array] = []
    attributed: list[Array] = []
    for g in groups:
        if method == "lmdi1" and form == "additive":
            each, moved = steps.parts[..., g, :].sum(axis=-2), None
        else:
            found = decompose(
                ends.start[..., g], ends.end[..., g], ends.x0[..., g, :], ends.x1[..., g, :],
                method=method, form=form,
            )  # fmt: skip
            each, moved = found.effects, found.change
        if moved is None:
            moved = ends.end[..., g].sum(axis=-1) - ends.start[..., g].sum(axis=-1)
        effects.append(whole(each, plan, form))
        change.append(whole(moved, plan, form))
        attributed.append(_path(given[..., g, :].sum(axis=-2), steps, plan, form))
    found_effects = np.stack(effects, axis=1)
    undefined = int(np.isnan(found_effects).any(axis=(0, 2)).sum())
    return Own(found_effects, np.stack(change, axis=1), np.stack(attributed, axis=1), undefined)


def _path(given: Array, steps: Decomposition, plan: Plan, form: Form) -> Array:
    if not plan.chained or form == "additive":
        return whole(given, plan, "additive")
    return chained_attribution(given, steps.effects, axis=1)
