"""Elasticities by driver: which factor of an identity loosened emissions from the activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.factors import DEVIATION, Factors, read_factors
from zhiheng.carbon.tapio_input import Pair, Window
from zhiheng.carbon.telescope import closes
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.identities import identity as read_identity
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import parse
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.decoupling import Growth
from zhiheng.kernels.lmdi import effects

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drivers:
    """An identity of the emissions, and which of its factors make up the activity.

    Attributes
    ----------
    activity : tuple of bool
        Whether each factor belongs to the activity; none does where the activity is no
        product of them.
    """

    identity: Identity
    data: Factors
    activity: tuple[bool, ...]


def read_drivers(
    panel: Panel,
    pair: Pair,
    activity: str,
    written: str,
    *,
    gaps: Literal["refuse", "drop"],
    boundaries: Mapping[str, str] | None = None,
) -> tuple[Drivers, Pair]:
    """Read the identity and keep the entities that it is complete for.

    Raises
    ------
    ZhihengError
        M938 the identity is not one of the emissions, and the refusals of `lmdi`.
    """
    meaning = read_identity(written)
    inside = panel.select(entities=pair.panel.entities)
    data = read_factors(inside, meaning, gaps=gaps, boundaries=boundaries)
    kept = [pair.panel.entities.index(e) for e in data.panel.entities]
    fitting = replace(
        pair,
        panel=data.panel,
        emissions=pair.emissions[kept],
        activity=pair.activity[kept],
        left_out=(*pair.left_out, *data.left_out),
        series=tuple(sorted({*pair.series, *data.series})),
    )
    size = np.maximum(np.abs(fitting.emissions), np.finfo(np.float64).tiny)
    off = np.abs(data.aggregate.sum(axis=1) - fitting.emissions) / size
    if off.max() > DEVIATION:
        raise _another(meaning, float(off.max()))
    return Drivers(meaning, data, _part_of_activity(data.panel, meaning, activity)), fitting


def _part_of_activity(panel: Panel, identity: Identity, activity: str) -> tuple[bool, ...]:
    """The leading factors whose product telescopes to the activity."""
    meaning, factors = scope(panel.level), identity.factors
    parse(activity)
    for count in range(1, len(factors) + 1):
        part = replace(identity, left=activity, factors=factors[:count])
        if closes(part, meaning, panel.series):
            return tuple(i < count for i in range(len(factors)))
    return tuple(False for _ in factors)


def step_shares(drivers: Drivers) -> Array:
    """Effects relative to emissions at the start of each step, (entities, steps, factors)."""
    places = np.arange(drivers.data.aggregate.shape[-1])
    return _shares(drivers, places[:-1], places[1:])


def window_shares(drivers: Drivers, windows: Sequence[Window], *, chain: bool) -> Array:
    """The same over windows, (entities, windows, factors)."""
    if chain:
        steps = step_shares(drivers)
        return np.stack([steps[:, w.first : w.last].sum(axis=1) for w in windows], axis=1)
    first, last = (
        np.array(ends) for ends in zip(*((w.first, w.last) for w in windows), strict=True)
    )
    return _shares(drivers, first, last)


def _shares(drivers: Drivers, first: NDArray[np.intp], last: NDArray[np.intp]) -> Array:
    """Effects of all sectors together over emissions at the start."""
    amount, factors = drivers.data.aggregate, drivers.data.factors
    found = effects(amount[..., first], amount[..., last], factors[..., first, :],
                    factors[..., last, :]).sum(axis=1)  # fmt: skip
    start = amount[..., first].sum(axis=1)
    return found / np.where(start > 0, start, np.nan)[..., None]


def elasticities(shares: Array, activity: Growth) -> Array:
    """Effects over the growth of the activity; they sum to the elasticity of emissions."""
    g = np.where(activity.rate == 0, np.nan, activity.rate)
    return shares / g[..., None]


def effort_index(shares: Array, inside: Sequence[bool]) -> Array:
    """What the other factors took off, over what the activity put on; NaN unless it added."""
    mine = np.array(inside)
    pushed = shares[..., mine].sum(axis=-1)
    taken = 0.0 - shares[..., ~mine].sum(axis=-1)  # no minus zero
    out = np.full(pushed.shape, np.nan)
    return np.divide(taken, pushed, out=out, where=pushed > 0)


def _another(identity: Identity, off: float) -> ZhihengError:
    return ZhihengError(
        "M938",
        Text(
            "恒等式分解的是 {x}，不是所给的排放。",
            "The identity decomposes {x}, not the emissions that are given.",
        ).format(x=identity.left),
        evidence=[{"left of the identity": identity.left, "relative difference": off}],
        fix=Text(
            "让 emissions 与恒等式左边一致，口径也就一致。",
            "Make emissions the left-hand side of the identity; the boundary is then the same.",
        ),
    )
