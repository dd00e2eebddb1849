"""Production-theoretical decomposition of a change of emissions, with distance functions.

Notation of the module: `E` units, `T` periods, `S = T - 1` steps; energy `e`, other inputs
`x`, output `y`, emissions `c`. ``De`` and ``Dc`` are Shephard distances: by how much energy
(emissions) alone could be divided, everything else held, and still be possible. Then

    c = (c / Dc) / e  *  (e / De) / y  *  y  *  Dc  *  De

and the change of each distance splits into getting closer to the frontier and the move of
the frontier, so that seven ratios multiply to ``c1 / c0`` exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea import ON_FRONTIER, Quantities, Returns
from zhiheng.kernels.dea_radial import Disposability, directional
from zhiheng.kernels.dea_records import OPTIMAL
from zhiheng.kernels.lmdi import log_mean

Array = NDArray[np.float64]
Frontier = Literal["global", "adjacent"]

FACTORS: tuple[str, ...] = (
    "potential_carbon_factor",
    "potential_energy_intensity",
    "output",
    "carbon_efficiency",
    "carbon_technology",
    "energy_efficiency",
    "energy_technology",
)
"""The seven ratios, in the order of the last axis."""


@dataclass(frozen=True, slots=True)
class Production:
    """Quantities of all units and periods; all above zero.

    Attributes
    ----------
    energy, output, emissions : ndarray, shape (E, T)
    inputs : ndarray, shape (E, T, m)
        Other inputs, maybe none.
    """

    energy: Array
    output: Array
    emissions: Array
    inputs: Array

    def of(self, period: int) -> Quantities:
        """The units of one period."""
        x = np.concatenate([self.energy[:, period, None], self.inputs[:, period]], axis=-1)
        return Quantities.of(x, self.output[:, period, None], self.emissions[:, period, None])

    def pooled(self) -> Quantities:
        """The units of all periods, period by period."""
        every = [self.of(t) for t in range(self.energy.shape[1])]
        return Quantities(*(np.concatenate([getattr(q, k) for q in every]) for k in "xyb"))


@dataclass(frozen=True, slots=True)
class Split:
    """The decomposition of every unit and step.

    Attributes
    ----------
    ratios : ndarray, shape (E, S, 7)
        In the order of `FACTORS`; NaN where a distance has no answer.
    effects : ndarray, shape (E, S, 7)
        In the unit of emissions, by the logarithmic mean; they sum to the change.
    energy_distance, carbon_distance : ndarray, shape (E, T)
        Against the frontier of the unit's own period; one is on it.
    """

    ratios: Array
    effects: Array
    energy_distance: Array
    carbon_distance: Array


Distance = Callable[[Quantities, Quantities | None], Array]


def decompose(
    data: Production,
    *,
    frontier: Frontier = "global",
    returns: Returns = "crs",
    disposability: Disposability = "weak",
) -> Split:
    """Seven ratios that multiply to the change of emissions, and their additive effects.

    Parameters
    ----------
    data : Production
    frontier : {"global", "adjacent"}
        One frontier of all periods, which always has an answer but changes when a period is
        added; or the geometric mean over the frontiers of the two periods, which may have
        none for a unit that surpasses everybody of the other period.
    returns, disposability
        See `dea_radial.directional`.

    References
    ----------
    Zhou and Ang (2008) Energy Economics 30(3): 1054-1067.
    """

    def energy(units: Quantities, reference: Quantities | None) -> Array:
        return _distance(units, reference, "x", returns, disposability)

    def carbon(units: Quantities, reference: Quantities | None) -> Array:
        return _distance(units, reference, "b", returns, disposability)

    measure = _global if frontier == "global" else _adjacent
    own_e, eff_e, tech_e = measure(data, energy)
    own_c, eff_c, tech_c = measure(data, carbon)
    c, e, y = (_ratio(v) for v in (data.emissions, data.energy, data.output))
    ratios = np.stack(
        [c / e / (eff_c * tech_c), e / y / (eff_e * tech_e), y, eff_c, tech_c, eff_e, tech_e],
        axis=-1,
    )
    weight = log_mean(data.emissions[:, 1:], data.emissions[:, :-1])
    return Split(ratios, weight[..., None] * np.log(ratios), own_e, own_c)


def _ratio(values: Array) -> Array:
    return values[:, 1:] / values[:, :-1]


def _distance(
    units: Quantities,
    reference: Quantities | None,
    kind: Literal["x", "b"],
    returns: Returns,
    disposability: Disposability,
) -> Array:
    """Shephard's distance in energy (the first input) or in emissions alone, shape (E,)."""
    x, b = np.zeros_like(units.x), np.zeros_like(units.b)
    if kind == "x":
        x[:, 0] = units.x[:, 0]
    else:
        b[:] = units.b
    direction = Quantities(x, np.zeros_like(units.y), b)
    answer = directional(units, direction, reference, returns=returns, disposability=disposability)
    left = 1.0 - answer.score
    good = (answer.status == OPTIMAL) & (left > 0)
    found = np.divide(1.0, left, out=np.full(left.shape, np.nan), where=good)
    return np.where(np.abs(found - 1.0) <= ON_FRONTIER, 1.0, found)


def _own(data: Production, distance: Distance) -> Array:
    return np.stack([distance(data.of(t), None) for t in range(data.energy.shape[1])], axis=1)


def _global(data: Production, distance: Distance) -> tuple[Array, Array, Array]:
    """Own distances, and the change of efficiency and of technology against one frontier."""
    own = _own(data, distance)
    pooled = distance(data.pooled(), None).reshape(own.shape[1], own.shape[0]).T
    return own, _ratio(own), _ratio(pooled / own)


def _adjacent(data: Production, distance: Distance) -> tuple[Array, Array, Array]:
    """The same against the frontiers of the two periods of a step."""
    own = _own(data, distance)
    steps = range(own.shape[1] - 1)
    ahead = np.stack([distance(data.of(t), data.of(t + 1)) for t in steps], axis=1)
    behind = np.stack([distance(data.of(t + 1), data.of(t)) for t in steps], axis=1)
    technology = np.sqrt(behind / own[:, 1:] * own[:, :-1] / ahead)
    return own, _ratio(own), technology
