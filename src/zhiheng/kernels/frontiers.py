"""Units of a panel against frontiers of periods, pooled periods, windows and groups.

Every frontier is spanned by the observations of some set; the evaluated units may belong to
it or not. Efficiency is one on the frontier, larger the better, and NaN where the frontier
gives no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea import Efficiency, Quantities
from zhiheng.kernels.dea_radial import directional, radial
from zhiheng.kernels.dea_records import INFEASIBLE, OPTIMAL
from zhiheng.kernels.dea_sbm import sbm

Array = NDArray[np.float64]
Kind = Literal["radial", "ddf", "sbm"]
Returns = Literal["crs", "vrs"]
Orientation = Literal["none", "input", "output"]
Frontier = Literal["own", "next", "previous", "pooled"]

# How far a target may exceed the largest observed value before it counts as beyond it.
CAP = 1e-9
# A directional distance this near to minus one leaves nothing of the outputs: no index.
NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Cube:
    """Quantities of entities in periods: `x`, `y`, `b` of shape (E, T, number of each)."""

    x: Array
    y: Array
    b: Array

    def at(
        self,
        periods: NDArray[np.intp] | int | None = None,
        entities: NDArray[np.intp] | None = None,
    ) -> Quantities:
        """The observations of some entities in some periods, entity by entity; all by default."""
        e, t = self.x.shape[:2]
        rows = np.arange(e) if entities is None else entities
        columns = np.arange(t) if periods is None else np.atleast_1d(periods)
        cut = np.ix_(rows, columns)
        n = len(rows) * len(columns)
        return Quantities(*(v[cut].reshape(n, v.shape[2]) for v in (self.x, self.y, self.b)))


@dataclass(frozen=True, slots=True)
class Model:
    """How distance to a frontier is measured.

    Attributes
    ----------
    kind : {"radial", "ddf", "sbm"}
    returns : {"crs", "vrs"}
    orientation : {"none", "input", "output"}
        Of radial and slacks-based measures.
    inputs_move : bool
        Whether the direction of a directional distance reduces inputs too.
    weak : bool
        Whether undesirable outputs are bound to desirable ones.
    capped : bool
        Whether the target may not have more undesirable output than any reference unit.
    """

    kind: Kind
    returns: Returns = "crs"
    orientation: Orientation = "none"
    inputs_move: bool = False
    weak: bool = False
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Against:
    """Efficiency against a frontier, and how far the programmes are from proven.

    Attributes
    ----------
    efficiency : ndarray
        NaN where there is no answer.
    residual : float
        Worst residual of the certificates.
    stalled : ndarray of bool
        Where the programme was neither solved nor proven to have no solution.
    """

    efficiency: Array
    residual: float
    stalled: NDArray[np.bool_]


def efficiency(
    units: Quantities,
    model: Model,
    reference: Quantities | None = None,
    *,
    member: NDArray[np.int64] | None = None,
) -> Against:
    """Efficiency of units against a frontier; against their own one by default.

    Farrell's efficiency, ``1 / (1 + D)`` of a directional distance along the unit's own
    quantities, or the slacks-based one.
    """
    found = _solved(units, model, reference, member)
    # a unit of the reference is its own feasible point: no proof to the contrary can be right
    proven = (found.status == OPTIMAL) | ((found.status == INFEASIBLE) & (reference is not None))
    if model.kind != "ddf":
        return Against(found.score, _worst(found), ~proven)
    left = 1.0 + found.score
    good = left > NOTHING
    if model.capped:
        top = (reference or units).b.max(axis=0)
        good &= (units.b * (1.0 - found.score[:, None]) <= top * (1.0 + CAP)).all(axis=1)
    value = np.where(good, 1.0 / np.where(good, left, 1.0), np.nan)
    return Against(value, _worst(found), ~proven)


def _solved(
    units: Quantities, model: Model, reference: Quantities | None, member: NDArray[np.int64] | None
) -> Efficiency:
    if model.kind == "radial":
        side = "input" if model.orientation == "input" else "output"
        return radial(units, reference, returns=model.returns, orientation=side, member=member)
    if model.kind == "sbm":
        return sbm(
            units, reference, returns=model.returns, orientation=model.orientation, member=member
        )
    way = Quantities(units.x * model.inputs_move, units.y, units.b)
    bound = "weak" if model.weak else "strong"
    return directional(
        units, way, reference, returns=model.returns, disposability=bound, member=member
    )


def _worst(found: Efficiency) -> float:
    known = np.concatenate([found.primal_residual, found.dual_residual])
    known = known[np.isfinite(known)]
    return float(known.max()) if known.size else 0.0


def against(cube: Cube, model: Model, frontier: Frontier) -> Against:
    """Every entity in every period against one kind of frontier.

    Parameters
    ----------
    frontier : {"own", "next", "previous", "pooled"}
        That of its own period, of the period after or before it, or of all periods.

    Returns
    -------
    Against
        ``efficiency`` of shape (E, T); (E, T - 1) for ``next``, which has no last period,
        and for ``previous``, which has no first.
    """
    e, t = cube.x.shape[:2]
    if frontier == "pooled":
        return _shaped(efficiency(cube.at(), model), (e, t))
    shift = {"own": 0, "next": 1, "previous": -1}[frontier]
    pairs = [(p, p + shift) for p in range(t) if 0 <= p + shift < t]
    each = [efficiency(cube.at(p), model, None if shift == 0 else cube.at(r)) for p, r in pairs]
    return _stacked(each, axis=1)


def _shaped(found: Against, shape: tuple[int, ...]) -> Against:
    return Against(found.efficiency.reshape(shape), found.residual, found.stalled.reshape(shape))


def _stacked(each: list[Against], *, axis: int) -> Against:
    return Against(
        np.stack([one.efficiency for one in each], axis=axis),
        max(one.residual for one in each),
        np.stack([one.stalled for one in each], axis=axis),
    )


def by_group(cube: Cube, model: Model, group: NDArray[np.intp], *, pool: bool) -> Against:
    """Every unit against the frontier of its own group.

    Parameters
    ----------
    group : ndarray of int, shape (E,)
        Numbers from zero on. One and the same number everywhere gives the metafrontier.
    pool : bool
        Whether all periods span one frontier; else each period has its own.

    Returns
    -------
    Against
        ``efficiency`` of shape (E, T).
    """
    e, t = cube.x.shape[:2]
    out, stalled, worst = np.full((e, t), np.nan), np.zeros((e, t), dtype=bool), 0.0
    for g in np.unique(group):
        rows = np.flatnonzero(group == g)
        for periods in [np.arange(t)] if pool else np.arange(t)[:, None]:
            found = efficiency(cube.at(periods, rows), model)
            cut = np.ix_(rows, periods)
            out[cut] = found.efficiency.reshape(len(rows), len(periods))
            stalled[cut] = found.stalled.reshape(len(rows), len(periods))
            worst = max(worst, found.residual)
    return Against(out, worst, stalled)


def in_windows(cube: Cube, model: Model, width: int) -> Against:
    """Every unit against the frontiers of all windows of periods that it lies in.

    Returns
    -------
    Against
        ``efficiency`` of shape (windows, E, width): entities in the periods of each window.

    References
    ----------
    Charnes, Clark, Cooper and Golany (1985) Annals of Operations Research 2: 95-112.
    """
    e, t = cube.x.shape[:2]
    each = [
        _shaped(efficiency(cube.at(np.arange(first, first + width)), model), (e, width))
        for first in range(t - width + 1)
    ]
    return _stacked(each, axis=0)
